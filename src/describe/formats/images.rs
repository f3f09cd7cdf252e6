//! References of images, by distribution's grammar (distribution/reference: regexp.go, normalize.go).

use super::Mistake;

/// The longest name of an image, without tag and digest (`RepositoryNameTotalLengthMax`).
const LONGEST_NAME: usize = 255;

/// The longest tag.
const LONGEST_TAG: usize = 128;

/// An image that a registry can have.
pub(super) fn image(text: &str) -> Option<Mistake> {
    let bad = |character: char| character.is_whitespace() || character.is_control() || !character.is_ascii();
    if let Some((_, reference)) = text.split_once("://") {
        return Some(Mistake::new("an image reference has no scheme").help(format!("write {}", lower(reference))));
    }
    if text.is_empty() || text.contains(bad) || text.starts_with(['/', ':', '@', '-']) {
        return Some(Mistake::new("an image is a reference such as registry.example.com/shop:1.7.0"));
    }
    if let Some(hole) = hole(text) {
        return Some(
            Mistake::new(format!("`{hole}` has to be filled in: no registry has such an image"))
                .because("what is generated is applied as it is")
                .help("declare params: {tag: {type: string}}, write \"registry.example.com/shop:${tag}\" and give the value with --set tag=1.7.0"),
        );
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    digest.and_then(check_digest).or_else(|| check_name(path, text)).or_else(|| check_tag(tag?))
}

/// A reference with its repository in lower case; the tag keeps its letters.
fn lower(reference: &str) -> String {
    let slash = reference.rfind('/').map_or(0, |at| at + 1);
    let end = reference[slash..].find([':', '@']).map_or(reference.len(), |at| slash + at);
    format!("{}{}", reference[..end].to_ascii_lowercase(), &reference[end..])
}

fn check_digest(digest: &str) -> Option<Mistake> {
    let (algorithm, hex) = digest.split_once(':').unwrap_or(("", digest));
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => 0,
    };
    let is_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let fits = length > 0 && hex.len() == length && hex.bytes().all(is_hex);
    (!fits).then(|| Mistake::new("a digest is sha256: and 64 hexadecimal digits, in lower case"))
}

fn check_name(path: &str, whole: &str) -> Option<Mistake> {
    let is_host = |first: &str| first.contains(['.', ':']) || first == "localhost" || first != first.to_lowercase();
    let host = path.split_once('/').filter(|(first, _)| is_host(first));
    if let Some((host, _)) = host.filter(|(host, _)| !is_registry(host)) {
        return Some(
            Mistake::new(format!("`{host}` cannot be a registry"))
                .because("a registry is a host name, with a port if need be")
                .help("write registry.example.com/shop:1.7.0 or registry.example.com:5000/shop:1.7.0"),
        );
    }
    let repository = host.map_or(path, |(_, repository)| repository);
    let ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    if repository.is_empty() || !repository.bytes().all(ok) {
        let lower = lower(whole);
        // `IMAGE` waits to be filled in
        let has_letters = whole.contains(|letter: char| letter.is_ascii_lowercase());
        let is_name = has_letters && lower != whole && image(&lower).is_none();
        let help = if is_name { lower } else { "a reference such as registry.example.com/shop:1.7.0".to_owned() };
        return Some(
            Mistake::new("the repository of an image is lower-case letters, digits, `-`, `_`, `.` and `/`")
                .help(format!("write {help}")),
        );
    }
    if let Some(part) = repository.split('/').find(|part| !is_component(part)) {
        let part = if part.is_empty() { "an empty part".to_owned() } else { format!("`{part}`") };
        return Some(Mistake::new(format!("the repository of an image cannot have {part}")).because(
            "each part begins and ends with a letter or digit; between two of these is one `.`, one or two `_`, or `-`",
        ));
    }
    (path.len() > LONGEST_NAME).then(|| Mistake::new(format!("an image's name has at most {LONGEST_NAME} characters")))
}

/// A host name or address, with or without a port.
fn is_registry(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let is_name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => is_address(address),
        None => name.split('.').all(is_label),
    };
    is_name && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A part of a repository's path (`path-component`).
fn is_component(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = part.split(is_word).filter(|separator| !separator.is_empty());
    let is_separator = |separator: &str| matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
    part.starts_with(is_word) && part.ends_with(is_word) && separators.into_iter().all(is_separator)
}

fn check_tag(tag: &str) -> Option<Mistake> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
        && tag.len() <= LONGEST_TAG;
    (!fits).then(|| {
        Mistake::new(format!("`{tag}` cannot be a tag"))
            .because("a tag is at most 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two")
            .help("write registry.example.com/shop:1.7.0")
    })
}

/// What another program or a person has to fill in, as it is written.
fn hole(text: &str) -> Option<&str> {
    const HOLES: &[(&str, &str)] =
        &[("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">"), ("@@", "@@"), ("%", "%"), ("[[", "]]")];
    HOLES.iter().find_map(|(open, close)| {
        let at = text.find(open)?;
        let end = text[at + open.len()..].find(close).filter(|end| *end > 0)?;
        Some(&text[at..at + open.len() + end + close.len()])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        image(text).map(|mistake| mistake.message).unwrap_or_default()
    }

    #[test]
    fn what_a_registry_can_have_is_an_image() {
        let digest = format!("a.example.com/a:1@sha256:{}", "0a".repeat(32));
        let long = format!("a.example.com/a@sha512:{}", "0a".repeat(64));
        for text in [
            "redis",
            "redis:8.10.1",
            "library/redis",
            "acme/shop_app:v1",
            "acme/shop__app:v1",
            "acme/a---b:1",
            "localhost/shop:1",
            "localhost:5000/shop",
            "registry.example.com:5000/team/shop.web:1.7.0-rc.1_2",
            "192.0.2.1:5000/shop:1",
            "[2001:db8::1]:5000/shop:1",
            "Registry.example.com/shop:Tag_1",
            "MYREGISTRY/shop:1",
            "k8s.gcr.io/pause:3.9",
            "a.example.com/a:_1",
            "a.example.com/a:my__tag__1",
            &digest,
            &long,
        ] {
            assert_eq!(message(text), "", "{text}");
        }
    }

    #[test]
    fn what_has_yet_to_be_filled_in_is_named() {
        for (text, hole) in [
            ("a.example.com/a:<tag>", "<tag>"),
            ("a.example.com/a:%TAG%", "%TAG%"),
            ("a.example.com/a:$(TAG)", "$(TAG)"),
            ("a.example.com/a:${TAG}", "${TAG}"),
            ("${REGISTRY}/a:1", "${REGISTRY}"),
            ("<registry>/a:1", "<registry>"),
            ("a.example.com/a:{{.Tag}}", "{{.Tag}}"),
            ("a.example.com/a:@@TAG@@", "@@TAG@@"),
        ] {
            assert_eq!(message(text), format!("`{hole}` has to be filled in: no registry has such an image"));
        }
    }

    #[test]
    fn what_no_registry_can_have_is_refused() {
        for text in [
            "a.example.com/a:%s",
            "a.example.com/a:$TAG",
            "a.example.com/a:",
            "a.example.com/a:.1",
            "a.example.com/a:-1",
            "a.example.com/a:1+build",
            "a.example.com/a:1:2",
            "a.example.com/A:1",
            "a.example.com//a:1",
            "a.example.com/a/:1",
            "a.example.com/a..b:1",
            "a.example.com/a_-b:1",
            "a.example.com/-a:1",
            "a_b.example.com/a:1",
            "a.example.com:port/a:1",
            "a.example.com/a@sha256:12",
            "a.example.com/a@sha512:12",
            "a.example.com/a@md5:00",
            &format!("a.example.com/a:{}", "1".repeat(129)),
            &format!("a.example.com/{}:1", "a".repeat(250)),
        ] {
            assert!(!message(text).is_empty(), "{text}");
        }
    }
}
