//! Formats of names and texts: `k8s.io/apimachinery/pkg/util/validation` and `pkg/api/validate/content`.
//!
//! Each takes a text and returns what is wrong with it, as the rest of a sentence that begins with the
//! field's name. All are plain scans: no regular expression is compiled for a manifest.

use std::borrow::Cow;

/// `IsDNS1123Label`
pub fn dns_label(text: &str) -> Option<&'static str> {
    if text.len() > 63 {
        return Some("is longer than the 63 characters of a DNS label");
    }
    (!is_label(text.as_bytes(), false))
        .then_some("is not a DNS label: lower-case letters, digits and `-`, a letter or digit at both ends")
}

/// `IsDNS1123Subdomain`
pub fn dns_subdomain(text: &str) -> Option<&'static str> {
    if text.len() > 253 {
        return Some("is longer than the 253 characters of a DNS name");
    }
    (!labels(text).all(|label| is_label(label, false)))
        .then_some("is not a DNS name: lower-case letters, digits, `-` and `.`, a letter or digit at both ends")
}

/// `IsDNS1035Label`
pub fn dns_1035_label(text: &str) -> Option<&'static str> {
    if let Some(rule) = dns_label(text) {
        return Some(rule);
    }
    text.starts_with(|first: char| first.is_ascii_digit())
        .then_some("starts with a digit, which names of Services may do only since v1.36")
}

/// The same label as a name in the API itself: a version, a resource, a kind in lower case.
pub fn api_label(text: &str) -> Option<&'static str> {
    dns_1035_label(text)
        .map(|_| "is not a name in the API: up to 63 lower-case letters, digits and `-`, beginning with a letter")
}

/// The same label as a version of an API: `v1beta1`.
pub fn version_label(text: &str) -> Option<&'static str> {
    (dns_1035_label(text).is_some()).then_some("is not a version such as v1 or v1beta1")
}

/// `IsDNS1123SubdomainWithUnderscore`
pub fn dns_subdomain_with_underscore(text: &str) -> Option<&'static str> {
    if text.len() > 253 {
        return Some("is longer than the 253 characters of a DNS name");
    }
    (!labels(text).all(|label| is_label(label.strip_prefix(b"_").unwrap_or(label), true)))
        .then_some("is not a DNS name: lower-case letters, digits, `_`, `-` and `.`")
}

/// `IsDNS1123Subdomain` of the text in lower case.
pub fn dns_subdomain_caseless(text: &str) -> Option<&'static str> {
    dns_subdomain(&lowercase(text))
}

/// The labels of a name. They are too short for a search that prepares itself for each.
fn labels(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| *byte == b'.')
}

fn is_label(bytes: &[u8], underscore: bool) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(|byte| alphanumeric(*byte))
        && bytes.last().is_some_and(|byte| alphanumeric(*byte))
        && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-' || underscore && *byte == b'_')
}

/// `IsWildcardDNS1123Subdomain`
pub fn wildcard_subdomain(text: &str) -> Option<&'static str> {
    if text.len() > 253 {
        return Some("is longer than the 253 characters of a DNS name");
    }
    let rest = text.strip_prefix("*.").unwrap_or("");
    (!labels(rest).all(|label| is_label(label, false))).then_some("is not a wildcard: `*.` and then a DNS name")
}

/// `IsFullyQualifiedDomainName`
pub fn fully_qualified_domain(text: &str) -> Option<&'static str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if let Some(problem) = dns_subdomain(text) {
        return Some(problem);
    }
    if !text.contains('.') {
        return Some("has no dot: a full name has at least two labels");
    }
    text.split('.').find_map(dns_label)
}

/// `IsQualifiedName`, also the format of label keys: `name` or `example.com/name`.
pub fn qualified_name(text: &str) -> Option<&'static str> {
    let is_slash = |byte: u8| byte == b'/';
    let at = text.bytes().position(is_slash);
    let (prefix, name) = match at.map(|at| (&text[..at], &text[at + 1..])) {
        Some((_, name)) if name.bytes().any(is_slash) => {
            return Some("has more than one `/`: `example.com/name` at most");
        }
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    match prefix {
        Some("") => return Some("has nothing before its `/`: a DNS name goes there"),
        Some(prefix) if dns_subdomain(prefix).is_some() => return Some("has no DNS name before its `/`"),
        _ => {}
    }
    if name.is_empty() {
        return Some("has no name");
    }
    if name.len() > 63 {
        return Some("has a name of more than 63 characters");
    }
    (!is_label_text(name))
        .then_some("is not a qualified name: letters, digits, `-`, `_` and `.`, a letter or digit at both ends")
}

/// The text in lower case, which most texts are.
fn lowercase(text: &str) -> Cow<'_, str> {
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { text.into() } else { text.to_lowercase().into() }
}

/// `IsQualifiedName` of the text in lower case: annotations, provisioners.
pub fn qualified_name_caseless(text: &str) -> Option<&'static str> {
    qualified_name(&lowercase(text))
}

/// `IsDomainPrefixedKey` of the text in lower case: `example.com/name`.
pub fn domain_prefixed_key(text: &str) -> Option<&'static str> {
    let text = lowercase(text);
    qualified_name(&text).or_else(|| (!text.contains('/')).then_some("has no domain before a `/`"))
}

/// `validateFullyQualifiedName` of devices: `example.com/name`.
pub fn device_attribute(text: &str) -> Option<&'static str> {
    let identifier = |name: &str| {
        let mut bytes = name.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        first && name.len() <= 32 && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match text.split('/').collect::<Vec<_>>()[..] {
        [domain, name] if !domain.is_empty() && domain.len() <= 63 && dns_subdomain(domain).is_none() => {
            (!identifier(name)).then_some("has no identifier of letters, digits and `_` behind its `/`")
        }
        // The server looks no further at more slashes.
        [_, _, _, ..] => None,
        _ => Some("is not an attribute of a device: `example.com/name`"),
    }
}

/// The same before v1.37, in any case.
pub fn device_attribute_caseless(text: &str) -> Option<&'static str> {
    device_attribute(&lowercase(text))
}

/// `ValidateSignerName`: `example.com/name`.
pub fn signer_name(text: &str) -> Option<&'static str> {
    let Some((domain, path)) = text.split_once('/').filter(|(_, path)| !path.contains('/')) else {
        return Some("is not a signer: `example.com/name`");
    };
    if domain.len() > 253 || text.len() > 571 {
        return Some("is longer than the name of a signer can be");
    }
    if domain.split('.').any(|label| dns_label(label).is_some()) || !domain.contains('.') {
        return Some("has no domain with a dot before its `/`");
    }
    (path.split('.').any(|label| dns_subdomain(label).is_some())).then_some("has no DNS name behind its `/`")
}

/// `ValidateClusterTrustBundleName`: a DNS name, behind its signer and `:` if it has one. The signer is not judged.
pub fn trust_bundle_name(text: &str) -> Option<&'static str> {
    let Some((signer, name)) = text.rsplit_once(':') else { return dns_subdomain(text) };
    if signer.is_empty() || signer.contains('/') {
        return Some("begins with no signer in the form `example.com:name:`");
    }
    dns_subdomain(name)
}

/// `IsValidLabelValue`
pub fn label_value(text: &str) -> Option<&'static str> {
    if text.len() > 63 {
        return Some("is longer than the 63 characters of a label");
    }
    (!text.is_empty() && !is_label_text(text))
        .then_some("is not a label value: letters, digits, `-`, `_` and `.`, a letter or digit at both ends")
}

fn is_label_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `IsValidPortName`: the IANA service name.
pub fn port_name(text: &str) -> Option<&'static str> {
    if text.len() > 15 {
        return Some("is longer than the 15 characters of a port name");
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Some("is not a port name: lower-case letters, digits and `-`");
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Some("is not a port name: it needs at least one letter");
    }
    (text.contains("--") || text.starts_with('-') || text.ends_with('-'))
        .then_some("is not a port name: `-` must be single and between other characters")
}

/// `IsRelaxedEnvVarName`
pub fn env_name(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("is empty");
    }
    (!text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'='))
        .then_some("is not a name of a variable: printable ASCII without `=`")
}

/// `IsConfigMapKey`
pub fn config_key(text: &str) -> Option<&'static str> {
    if text.len() > 253 {
        return Some("is longer than the 253 characters of a key");
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Some("is not a key: letters, digits, `-`, `_` and `.`");
    }
    (text == "." || text.starts_with("..")).then_some("is not a key: it becomes a file name, and may not lead upwards")
}

/// `IsValidPercent`
pub fn percent(text: &str) -> Option<&'static str> {
    let digits = text.strip_suffix('%').unwrap_or("");
    (digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some("is not a percentage: digits and then `%`")
}

/// `IsHTTPHeaderName`
pub fn http_header_name(text: &str) -> Option<&'static str> {
    (text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .then_some("has a header whose name is not of letters, digits and `-`")
}

/// `IsPathSegmentName`: what can be between two slashes of a URL.
pub fn path_segment(text: &str) -> Option<&'static str> {
    (text == "." || text == ".." || text.contains(['/', '%'])).then_some("cannot be part of a URL: no `/`, no `%`")
}

/// `IsDomainPrefixedPath`
pub fn domain_prefixed_path(text: &str) -> Option<&'static str> {
    let Some((host, path)) = text.split_once('/').filter(|(host, path)| !host.is_empty() && !path.is_empty()) else {
        return Some("is not a domain and path: `example.com/name`");
    };
    if dns_subdomain(host).is_some() {
        return Some("does not begin with a DNS name");
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    (!path.bytes().all(allowed)).then_some("has a path with characters that are not allowed in a URL")
}

/// The IANA time zones that a server can load (`lib/time/zoneinfo.zip` of Go), one a line, sorted.
const TIME_ZONES: &str = include_str!("time_zones.txt");

/// `validateTimeZone`
pub fn time_zone(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("is empty: leave it out, or name a zone");
    }
    if text.eq_ignore_ascii_case("local") {
        return Some("names no zone: `Local` differs between servers");
    }
    (!TIME_ZONES.lines().any(|zone| zone == text)).then_some("is not a time zone of the IANA list")
}

/// `sysctl` names with `.` or `/` between their parts.
pub fn sysctl_name(text: &str) -> Option<&'static str> {
    let segment = |part: &str| is_label(part.replace('_', "-").as_bytes(), false);
    (text.len() > 253 || !text.split(['.', '/']).all(segment)).then_some("is not a name of a sysctl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(format: fn(&str) -> Option<&'static str>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(format(text), None, "{text:?} is refused");
        }
        for text in bad {
            assert!(format(text).is_some(), "{text:?} is taken");
        }
    }

    #[test]
    fn names() {
        let long = "a".repeat(64);
        table(dns_label, &["a", "0", "a--b", "1-a"], &["", "A", "-a", "a-", "a.b", "a_b", "é", &long]);
        table(dns_1035_label, &["a", "a--b", "a-1"], &["", "A", "0", "1-a", "-a", "a-", "a.b", &long]);
        table(dns_subdomain, &["a", "a.b", "0.1", &long], &["", "a..b", ".a", "a.", "A.b", "a_b", &"a".repeat(254)]);
        table(dns_subdomain_with_underscore, &["_a.b", "a_b"], &["__a", "a_", "", "_"]);
        table(wildcard_subdomain, &["*.a.b"], &["*", "*.", "a.*.b", "**.a", "*a.b"]);
        table(fully_qualified_domain, &["a.b", "a.b."], &["a", "", "a..b"]);
        let good = ["a", "A.b_c-1", "x.y/Z"];
        table(qualified_name, &good, &["", "/a", "a/", "a/b/c", "-a", "a b", "X/a", &long, "a/é"]);
        table(label_value, &["", "a", "A.b_c-1"], &["-a", "a-", "a/b", " ", &long]);
        table(config_key, &["a", ".dockerconfigjson", "A_b-c.d", "a.."], &["", ".", "..", "..a", "a b", "a/b"]);
        table(env_name, &["A", "a.b", "1", "a b"], &["", "a=b", "é", "\n"]);
        table(port_name, &["http", "a-1", "1a"], &["", "80", "a--b", "-a", "a-", "A", "a_b", "abcdefghijklmnop"]);
        table(path_segment, &["a", "a:b", ""], &[".", "..", "a/b", "a%b"]);
        table(domain_prefixed_path, &["a.b/c", "a/b/c"], &["", "a", "/a", "a/", "A/b", "a/ b"]);
        table(domain_prefixed_key, &["a.b/c", "A/b"], &["", "a", "a/", "/a", "a/b/c"]);
        table(device_attribute, &["a.b/c", "a/_c1"], &["", "a", "/a", "a/", "a/b-c", "a/1", "a_b/c", "A/b"]);
        table(device_attribute_caseless, &["A.b/C"], &["", "a", "A_b/c"]);
        table(signer_name, &["a.b/c", "a.b/c.d"], &["", "a/b", "a.b", "a.b/", "a.b/c/d", "A.b/c", "a.b/_"]);
        table(trust_bundle_name, &["a", "a.b:c:d", "a:b"], &["", ":a", "a.b:c:", "a/b:c", "a.b:c:D", "a_b"]);
        table(sysctl_name, &["net.core.somaxconn", "a/b-c"], &["", "A", "a..b", "-a"]);
    }

    #[test]
    fn percentages_headers_zones() {
        table(percent, &["0%", "150%"], &["", "%", "5", "-1%", "1.5%", "5%%"]);
        table(http_header_name, &["X-A", "a1"], &["", "X_A", "a b"]);
        table(time_zone, &["Europe/Berlin", "Etc/UTC", "UTC"], &["", "Local", "europe/berlin", "../UTC", "Mars/Base"]);
        assert!(TIME_ZONES.lines().is_sorted());
    }
}
