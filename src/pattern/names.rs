//! Names that templates and the program make alike: of ports, of volumes, and of what is named by its content.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

/// What stands for the hash until the spec is whole. No name of a description can hold it.
pub(crate) const JOB_MARK: &str = "-@spec@";

/// Eight hexadecimal digits that stand for some content.
#[must_use]
pub(crate) fn short_hash(content: &[u8]) -> String {
    format!("{:.8}", format!("{:x}", Sha256::digest(content)))
}

/// The digits for the content of a `ConfigMap`, whatever the order of its keys.
#[must_use]
pub(crate) fn hash_of(content: &Json) -> String {
    let mut content = content.clone();
    content.sort_all_objects();
    short_hash(content.to_string().as_bytes())
}

/// A name for the volume at a path: `/var/log/shop` is `var-log-shop`. A path that does not survive as a DNS
/// label keeps apart by a hash.
pub(crate) fn volume_name(path: &str) -> String {
    let plain: String = path.trim_matches('/').chars().map(|c| if c == '/' { '-' } else { c }).collect();
    let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = plain.starts_with(|c: char| c.is_ascii_lowercase());
    if starts
        && plain.len() <= 40
        && plain.chars().all(ok)
        && !plain.ends_with('-')
        && !path.trim_matches('/').contains('-')
    {
        return plain;
    }
    let kept: String = plain.chars().map(|c| c.to_ascii_lowercase()).filter(|c| ok(*c)).take(30).collect();
    format!("path-{}-{}", kept.trim_matches('-'), short_hash(path.as_bytes())).replace("--", "-")
}

/// A port's name: unique in the Pod, at most 15 characters (`IsValidPortName`), as a person would shorten it.
/// `entries` are the names of all entries of the Pod.
#[must_use]
pub(crate) fn port_name<'a>(entry: &str, port: &str, entries: impl IntoIterator<Item = &'a str>) -> String {
    let short = shortened(entry, port);
    let is_unique = entries.into_iter().all(|other| other == entry || shortened(other, port) != short);
    if is_unique { short } else { hashed(&format!("{entry}-{port}")) }
}

/// The name of the port of a part that is in front of the app; its templates know no other part.
#[must_use]
pub(crate) fn part_port_name(part: &str) -> String {
    let short = shortened(part, "main");
    if short == part { short } else { hashed(part) }
}

fn hashed(whole: &str) -> String {
    let digest = short_hash(whole.as_bytes());
    let kept: String = whole.replace("--", "-").chars().take(9).collect();
    format!("{}-{}", kept.trim_end_matches('-'), &digest[..5])
}

fn whole(entry: &str, port: &str) -> String {
    let whole = if port == "main" { entry.to_owned() } else { format!("{entry}-{port}") };
    whole.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

fn shortened(entry: &str, port: &str) -> String {
    let whole = whole(entry, port);
    let has_letter = whole.bytes().any(|byte| byte.is_ascii_lowercase());
    // `http` and `app` are the app's.
    if whole == "http" || whole == "app" || !has_letter {
        return format!("use-{whole}").chars().take(15).collect();
    }
    if whole.len() <= 15 {
        return whole;
    }
    let room = if port == "main" { 15 } else { 15_usize.saturating_sub(port.len() + 1).max(3) };
    let mut kept = String::new();
    // Whole words as far as they fit, else the first one up to a consonant: `introsp-status`.
    for word in entry.split('-').filter(|word| !word.is_empty()) {
        if kept.is_empty() {
            let cut: String = word.chars().take(room).collect();
            let cut = if cut.len() < word.len() { cut.trim_end_matches(['a', 'e', 'i', 'o', 'u']) } else { &cut };
            cut.clone_into(&mut kept);
        } else if kept.len() + 1 + word.len() <= room {
            kept = format!("{kept}-{word}");
        } else {
            break;
        }
    }
    if port == "main" { kept } else { format!("{kept}-{port}").chars().take(15).collect() }
}

#[cfg(test)]
mod tests {
    use super::port_name;

    #[test]
    fn names_are_short_and_different() {
        for (entry, port, name) in [
            ("topz", "main", "topz"),
            ("topz", "status", "topz-status"),
            ("introspect", "status", "introsp-status"),
            ("my-very-long-sidecar", "main", "my-very-long"),
            ("averyveryverylongname", "main", "averyveryveryl"),
            ("http", "main", "use-http"),
            ("app", "main", "use-app"),
            ("a--b", "main", "a-b"),
            ("1234", "main", "use-1234"),
        ] {
            let short = port_name(entry, port, [entry, "other"]);
            assert_eq!(short, name);
            assert!(short.len() <= 15 && !short.ends_with('-'), "{short}");
        }
        let entries = ["introspect-one", "introspect-two"];
        let [one, two] = entries.map(|entry| port_name(entry, "status", entries));
        assert!(one != two && one.len() <= 15, "{one} {two}");
        assert_ne!(port_name("a--b", "main", ["a--b", "a-b"]), port_name("a-b", "main", ["a--b", "a-b"]));
    }
}
