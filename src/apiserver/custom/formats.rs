//! Formats of texts in schemas: `k8s.io/kube-openapi/pkg/validation/strfmt`, and in
//! `apiextensions-apiserver/pkg/apiserver/validation/formats.go` which of them a server knows.

mod numbers;
mod times;

use std::net::IpAddr;

use super::super::formats::{dns_label, dns_subdomain};
use super::super::ip;
use numbers::{is_card, is_isbn10, is_isbn13, is_social_security};
pub use times::duration;
use times::{is_date, is_date_time};

/// The formats of Kubernetes' own names came with 1.34; a server reads schemas as the version before it would
/// (`DefaultCompatibilityVersion`).
const NAMES_SINCE: u8 = 35;

/// Whether a text is surely not of a format. Formats that the server does not know are nothing to it, and so are
/// texts that cannot be told here, such as names in other scripts.
pub fn breaks(format: &str, text: &str, minor: u8) -> bool {
    // names are compared without dashes
    match format.replace('-', "").as_str() {
        "bsonobjectid" => text.len() != 24 || !is_hex(text),
        "uri" => !is_uri(text),
        "email" => !text.contains('@'),
        "hostname" => text.is_ascii() && !is_hostname(text),
        "ipv4" => !text.contains('.') || ip::parse_sloppy(text).is_none(),
        "ipv6" => !text.contains(':') || text.parse::<IpAddr>().is_err(),
        "cidr" => !is_cidr(text),
        "mac" => !is_mac(text),
        "uuid" => !is_uuid(text, None),
        "uuid3" => !is_uuid(text, Some('3')),
        "uuid4" => !is_uuid(text, Some('4')),
        "uuid5" => !is_uuid(text, Some('5')),
        "isbn" => !is_isbn10(text) && !is_isbn13(text),
        "isbn10" => !is_isbn10(text),
        "isbn13" => !is_isbn13(text),
        "creditcard" => !is_card(text),
        "ssn" => !is_social_security(text),
        "hexcolor" => {
            let digits = text.strip_prefix('#').unwrap_or(text);
            !matches!(digits.len(), 3 | 6) || !is_hex(digits)
        }
        "rgbcolor" => !is_rgb(text),
        "byte" => !is_base64(text),
        "date" => !is_date(text),
        "duration" => duration(text).is_none(),
        "datetime" => !is_date_time(text),
        "k8sshortname" => minor >= NAMES_SINCE && dns_label(text).is_some(),
        "k8slongname" => minor >= NAMES_SINCE && dns_subdomain(text).is_some(),
        _ => false,
    }
}

/// Whether a server knows the format of a text.
pub fn is_known(format: &str, minor: u8) -> bool {
    const KNOWN: [&str; 24] = [
        "bsonobjectid",
        "uri",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "cidr",
        "mac",
        "uuid",
        "uuid3",
        "uuid4",
        "uuid5",
        "isbn",
        "isbn10",
        "isbn13",
        "creditcard",
        "ssn",
        "hexcolor",
        "rgbcolor",
        "byte",
        "password",
        "date",
        "duration",
        "datetime",
    ];
    let name = format.replace('-', "");
    KNOWN.contains(&&*name) || minor >= NAMES_SINCE && matches!(&*name, "k8sshortname" | "k8slongname")
}

/// Whether a server of that minor version knows a format of values of a type.
pub fn is_known_of(of_type: &str, format: &str, minor: u8) -> bool {
    match of_type {
        "" | "string" => is_known(format, minor),
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        _ => false,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `url.ParseRequestURI`, as far as it surely fails: no scheme and no path from the root, or what cannot be sent.
fn is_uri(text: &str) -> bool {
    let scheme = text.split(['/', '?']).next().unwrap_or_default().split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    };
    let is_sendable = !text.bytes().any(|byte| byte < b' ' || byte == 0x7f);
    is_sendable && (text == "*" || text.starts_with('/') || scheme.is_some_and(is_scheme))
}

/// `HostnamePattern`, of ASCII.
fn is_hostname(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"$+<=>^`|~".contains(&byte);
    let all = |part: &str| part.bytes().all(is_letter);
    if text.len() > 255 || text.split('.').any(|part| part.len() > 63) {
        return false;
    }
    let Some((labels, last)) = text.rsplit_once('.') else {
        let rest = text.get(1..).unwrap_or_default();
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        return text.bytes().next().is_some_and(is_letter) && rest.len() <= 62 && all(rest);
    };
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(|byte| is_letter(*byte))
            && bytes.last().is_some_and(|byte| is_letter(*byte))
            && bytes.iter().all(|byte| is_letter(*byte) || *byte == b'-')
    };
    last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic()) && labels.split('.').all(is_label)
}

/// `net.ParseCIDR`, with leading zeroes.
fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Some(address) = ip::parse_sloppy(address) else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    all_digits(length) && length.parse::<u32>().is_ok_and(|length| length <= most)
}

/// `net.ParseMAC`
fn is_mac(text: &str) -> bool {
    let (separator, digits, counts) = if text.contains(':') {
        (':', 2, [6, 8, 20])
    } else if text.contains('-') {
        ('-', 2, [6, 8, 20])
    } else {
        ('.', 4, [3, 4, 10])
    };
    let groups: Vec<&str> = text.split(separator).take(21).collect();
    counts.contains(&groups.len()) && groups.iter().all(|group| group.len() == digits && is_hex(group))
}

/// Digits in groups of 8, 4, 4, 4 and 12, with or without dashes between them.
fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut rest = text;
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((group, tail)) = rest.split_at_checked(length) else { return false };
        let first = group.chars().next().unwrap_or_default().to_ascii_lowercase();
        let fits = match (index, version) {
            (2, Some(version)) => first == version,
            (3, Some('4' | '5')) => matches!(first, '8' | '9' | 'a' | 'b'),
            _ => true,
        };
        if !is_hex(group) || !fits {
            return false;
        }
        rest = tail;
    }
    rest.is_empty()
}

fn is_rgb(text: &str) -> bool {
    let is_number = |part: &str| {
        let part = part.trim_matches([' ', '\t', '\n', '\x0c', '\r']);
        all_digits(part) && (part == "0" || !part.starts_with('0')) && part.parse::<u8>().is_ok()
    };
    let inner = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|inner| inner.split(',').count() == 3 && inner.split(',').all(is_number))
}

/// The alphabet of RFC 4648, padded, and not empty.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    !digits.is_empty()
        && text.len().is_multiple_of(4)
        && padding <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let table = [
            ("bsonobjectid", &["507f1f77bcf86cd799439011"][..], &["", "507f1f77"][..]),
            ("uri", &["/a", "https://a.b/c", "mailto:a"], &["", "a", "a/b:c", "1a:b"]),
            ("email", &["a@b.c"], &["", "a.b"]),
            ("hostname", &["a", "a-b", "a.bc", "1.a-b-c.de", "é"], &["", "a-b-c", "a.b", "-a.bc", "a_b"]),
            ("ipv4", &["1.2.3.4", "010.0.0.1", "::ffff:1.2.3.4"], &["", "1.2.3", "::1"]),
            ("ipv6", &["::1"], &["", "1.2.3.4", "::1%eth0"]),
            ("cidr", &["10.0.0.1/8", "::/0"], &["10.0.0.1", "10.0.0.0/33", "a/1", "::/129"]),
            ("mac", &["01:23:45:67:89:ab", "0123.4567.89ab"], &["", "01:23", "01:23-45:67:89:ab"]),
            ("uuid", &["00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"], &["", "0"]),
            ("uuid4", &["00000000-0000-4000-8000-000000000000"], &["00000000-0000-3000-8000-000000000000"]),
            ("isbn", &["0321751043", "978-0321751041"], &["", "0321751044"]),
            ("creditcard", &["4111 1111 1111 1111"], &["", "4111111111111112"]),
            ("ssn", &["111-22-3333", "111 22 3333"], &["111223333", "11-222-3333"]),
            ("hexcolor", &["#fff", "A0B0C0"], &["", "#ff", "#ggg"]),
            ("rgbcolor", &["rgb(0, 1,255)"], &["rgb(0,1)", "rgb(0,1,256)", "rgb(00,1,2)"]),
            ("byte", &["YQ==", "YWJj"], &["", "YQ", "YQ=", "Y-=="]),
            ("date", &["2024-02-29"], &["", "2023-02-29", "2024-2-1"]),
            (
                "date-time",
                &["2024-02-29T23:59:59Z", "2024-01-01t00:00:00.5+01:00"],
                &["", "2024-01-01", "2024-01-01T24:00:00Z"],
            ),
            ("duration", &["1h", "1d", "2 weeks", "x 3 min"], &["", "1", "h", "1x"]),
            ("k8s-short-name", &["a-b"], &["", "a.b", "A"]),
            ("no-format", &["", "x"], &[]),
        ];
        for (format, good, bad) in table {
            for text in good {
                assert!(!breaks(format, text, 37), "{format} {text:?}");
            }
            for text in bad {
                assert!(breaks(format, text, 37), "{format} {text:?}");
            }
        }
        assert!(!breaks("k8s-short-name", "A", 34));
        assert_eq!(duration("1d"), Some(86_400_000_000_000));
    }
}
