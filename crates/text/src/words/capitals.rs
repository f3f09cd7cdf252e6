//! Names of values, in capitals where the value belongs, and orders to write one.

/// Whether a value is nothing but the name of a value, in capitals: `namespace: NAMESPACE`, `storage: SIZE`, or has one
/// among its words: `disk-HOSTNAME`, `REPLACEME-canary`, `shop.LB_IP_DASHED.example.com`. It proves something only
/// where the server refuses it.
#[must_use]
pub fn is_name_of_a_value(text: &str) -> bool {
    LAST.contains(&text)
        || is_left_to_the_reader(text)
        || text.split(BETWEEN_WORDS).any(|word| is_word_for_a_value(word, text))
}

/// Whether a value is one word in capitals, which is the name of a value where only a number or base64 can be:
/// `NUM_NODES`, `REDACTED`, `XXXX`. What programs and people write for no value or an endless one is none.
#[must_use]
pub fn is_in_capitals(text: &str) -> bool {
    const VALUES: [&str; 13] =
        ["NULL", "NONE", "NIL", "NAN", "INF", "INFINITY", "AUTO", "TRUE", "FALSE", "YES", "NO", "ON", "OFF"];
    text.len() > 1
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        // quantities: `3M`, and `E1` of `1E1`
        && text.bytes().filter(u8::is_ascii_uppercase).count() > 1
        && !VALUES.contains(&text)
}

/// Whether a text says in other ways that its reader has to write it: `...`, `...base64-encoded-key...`,
/// `FILLED BY THE OPERATOR`, `FILLED_BY_OPERATOR`, the address `A.B.C.D`, also within a host.
fn is_left_to_the_reader(text: &str) -> bool {
    let is_of_dots = text.starts_with("...") && text.ends_with("...") || text.starts_with('…') && text.ends_with('…');
    let is_shouted = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_sentence = text.contains([' ', '_'])
        && text.split([' ', '_']).all(is_shouted)
        && text.split([' ', '_']).any(|word| DONE.contains(&word));
    is_of_dots || is_sentence || text.contains("A.B.C.D") && is_address_of_letters(text)
}

/// What says of a value who writes it.
const DONE: [&str; 7] = ["FILLED", "REPLACED", "GENERATED", "INJECTED", "PROVIDED", "POPULATED", "OVERRIDDEN"];

/// Whether `A.B.C.D` is four labels by itself.
fn is_address_of_letters(text: &str) -> bool {
    text.split("A.B.C.D").zip(text.split("A.B.C.D").skip(1)).any(|(before, after)| {
        let is_end = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_ascii_alphanumeric());
        is_end(before.chars().next_back()) && is_end(after.chars().next())
    })
}

/// What is between the words of a host or a name.
const BETWEEN_WORDS: [char; 4] = ['-', '.', '/', ':'];

/// Whether one word of a value is the name of a value or an order to write one, or joins such a name to others with
/// underscores where the rest is in small letters (`gke.GKE_LB_IP_DASHED.example.com`).
fn is_word_for_a_value(word: &str, text: &str) -> bool {
    let is_in_capitals = || word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if word.len() < 4 || !word.starts_with(|first: char| first.is_ascii_uppercase()) || !is_in_capitals() {
        return false;
    }
    let firsts = || LAST.iter().chain(&["MY", "YOUR"]);
    let is_of_two = || firsts().filter_map(|first| word.strip_prefix(first)).any(|rest| LAST.contains(&rest));
    let has_value_among_small = || {
        text.bytes().any(|byte| byte.is_ascii_lowercase())
            && word.contains('_')
            && word.split('_').any(|part| LAST.contains(&part))
    };
    LAST.contains(&word) || is_an_order(word) || is_of_two() || has_value_among_small()
}

/// Whether a value of a text in YAML may be such a name: a quick look.
#[must_use]
pub fn may_hold_name_of_a_value(raw: &str) -> bool {
    if ["...", "…", "A.B.C.D"].iter().any(|mark| raw.contains(mark)) {
        return true;
    }
    let bytes = raw.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let mut start = 0;
    bytes.iter().enumerate().any(|(at, byte)| {
        if byte.is_ascii_uppercase() || *byte == b'_' {
            // the shortest are `ID` and `IP`
            return at > start
                && is_end(bytes.get(at + 1))
                && start.checked_sub(1).is_none_or(|at| is_end(bytes.get(at)));
        }
        start = at + 1;
        false
    })
}

/// Whether a text asks for another: `CHANGEME`, `your-domain.example.com`.
pub(super) fn is_an_order(text: &str) -> bool {
    const ORDERS: [&str; 8] =
        ["changeme", "change-me", "replaceme", "replace-me", "fillmein", "todo", "fixme", "placeholder"];
    // an underscore in small letters, since a name may begin with `replace-`
    const STARTS: [&str; 7] = ["your-", "your_", "Your-", "Your_", "replace_", "insert_", "changeme_"];
    let is_order = |order: &str| {
        let dashed = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
        text.len() == order.len() && text.bytes().map(dashed).eq(order.bytes())
    };
    // the first letter tells nearly always
    let first = text.as_bytes().first().map_or(0, u8::to_ascii_lowercase);
    matches!(first, b'c' | b'f' | b'i' | b'p' | b'r' | b't' | b'y')
        && (ORDERS.iter().any(|order| is_order(order)) || STARTS.iter().any(|start| text.starts_with(start)))
}

/// Whether the name of a value in capitals is where the value belongs, as documentation writes it (`gs://BUCKET_NAME`).
/// Capitals alone prove nothing: `MY_APP` may be what an author wants to call it.
pub(super) fn names_a_value(text: &str) -> bool {
    const FIRST: [&str; 6] = ["YOUR", "REPLACE", "CHANGE", "INSERT", "ENTER", "FILL"];
    shouted_parts(text).any(|part| {
        let first = part.split(['_', '-']).next().unwrap_or_default();
        let last = part.rsplit_once('_').map(|(_, last)| last);
        last.is_some_and(|last| LAST.contains(&last))
            || first.len() < part.len() && (FIRST.contains(&first) || part.contains("REPLACE"))
    })
}

/// The parts of a text of several words in capitals: `BUCKET_NAME`.
fn shouted_parts(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut end = 0;
    memchr::memchr2_iter(b'_', b'-', bytes).filter_map(move |at| {
        // Most are between small letters, and need no look at the rest.
        let is_small = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
        if at < end || is_small(bytes.get(at + 1)) || at.checked_sub(1).is_some_and(|at| is_small(bytes.get(at))) {
            return None;
        }
        let start = bytes[..at].iter().rposition(|byte| !is_inside(byte)).map_or(0, |last| last + 1);
        end = bytes[at..].iter().position(|byte| !is_inside(byte)).map_or(text.len(), |first| at + first);
        text.get(start..end).filter(|part| part.bytes().all(|letter| !letter.is_ascii_lowercase()))
    })
}

/// Words that values are named after in documentation.
const LAST: [&str; 44] = [
    "NAME",
    "NAMESPACE",
    "ID",
    "DOMAIN",
    "HOST",
    "HOSTNAME",
    "FQDN",
    "URL",
    "URI",
    "IP",
    "ADDRESS",
    "CIDR",
    "PORT",
    "PROJECT",
    "REGION",
    "ZONE",
    "LOCATION",
    "CLUSTER",
    "ACCOUNT",
    "EMAIL",
    "ARN",
    "BUCKET",
    "REGISTRY",
    "REPOSITORY",
    "REPO",
    "IMAGE",
    "TAG",
    "VERSION",
    "SHA",
    "DIGEST",
    "CAPACITY",
    "SIZE",
    "QUANTITY",
    "COUNT",
    "NUMBER",
    "REPLICAS",
    "LIMIT",
    "REQUEST",
    "CPU",
    "MEMORY",
    "PLACEHOLDER",
    "HERE",
    "VALUE",
    "BASE64",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_values_are_told_from_other_capitals() {
        for text in [
            "NAMESPACE",
            "ID",
            "REPLACEME-canary",
            "hello.GKE_LB_IP_DASHED.sslip.io",
            "bootstrap-token-YOUR_TOKEN_ID",
            "disk-wipe-HOSTNAME",
            "NAMESPACE-kibana.dev.example.com",
            "CLUSTERNAMESPACE",
            "MY-REGISTRY.EXAMPLE/IMAGE",
            "CLUSTER-NAME",
            "https://HOST/path",
            "shop:VERSION",
            "...",
            "…",
            "...base64-encoded-key...",
            "FILLED BY THE OPERATOR",
            "FILLED_BY_OPERATOR",
            "TO BE REPLACED",
            "A.B.C.D",
            "whatever.A.B.C.D.nip.io",
            "https://A.B.C.D:8443",
            "nifi.MYDOMAIN.com",
        ] {
            assert!(is_name_of_a_value(text), "{text}");
            assert!(may_hold_name_of_a_value(&format!("name: {text}\n")), "{text}");
        }
        for text in [
            "",
            "SHOP",
            "SHOP-DB",
            "API-GATEWAY",
            "shop-API",
            "web-PROD",
            "SHOP_SETTINGS",
            "My_App",
            "user-ID",
            "NAMESPACES-a",
            "..",
            "a...b",
            "STAND_BY",
            "SET BY DEFAULT",
            "FILLED",
            "AA.B.C.D",
            "A.B.C.DE",
            "A.B.C",
            "aNAME",
            "Name",
            "V1.2",
            "shop_NAME",
        ] {
            assert!(!is_name_of_a_value(text), "{text}");
        }
    }
}
