//! Image references as the kubelet reads them: `ParseNormalizedNamed` in `github.com/distribution/reference`.

/// An image reference in its parts, whether or not a kubelet could pull it:
/// `registry.example.com:5000/shop/api:1.7@sha256:…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'text> {
    /// With its registry: `registry.example.com:5000/shop/api`.
    pub repository: &'text str,
    /// `1.7`, if there is one.
    pub tag: Option<&'text str>,
    /// `sha256:…`, if there is one.
    pub digest: Option<&'text str>,
}

impl<'text> Reference<'text> {
    /// The parts of a text.
    #[must_use]
    pub fn of(image: &'text str) -> Self {
        let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
        let folder = name.rfind('/').map_or(0, |slash| slash + 1);
        match name[folder..].find(':') {
            Some(colon) => {
                let (repository, tag) = (&name[..folder + colon], &name[folder + colon + 1..]);
                Self { repository, tag: Some(tag), digest }
            }
            None => Self { repository: name, tag: None, digest },
        }
    }

    /// The last segment of the repository: `api`.
    #[must_use]
    pub fn name(self) -> &'text str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }

    /// The pull policy of a container that has none: `SetDefaults_Container` in kubernetes,
    /// `pkg/apis/core/v1/defaults.go`.
    #[must_use]
    pub fn pull_policy(self) -> &'static str {
        let is_latest = self.digest.is_none() && self.tag.is_none_or(|tag| tag == "latest");
        if is_latest { "Always" } else { "IfNotPresent" }
    }
}

/// Why no kubelet can pull an image of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `https://…`, `docker://…`
    Scheme,
    /// Space within or around it.
    Space,
    /// Nothing after the last colon.
    EmptyTag,
    /// More than one tag.
    SecondTag,
    /// An upper-case letter in the repository.
    UpperCase,
    /// A tag of characters that tags do not have.
    Tag,
    /// Something other than `algorithm:hex` after `@`.
    Digest,
    /// Only a digest's 64 hexadecimal digits.
    Identifier,
    /// Anything else.
    Form,
}

/// Reads an image reference; nothing where it is one.
#[must_use]
pub fn refusal(image: &str) -> Option<Refusal> {
    if image.contains("://") {
        return Some(Refusal::Scheme);
    }
    if image.contains(char::is_whitespace) {
        return Some(Refusal::Space);
    }
    if image.len() == 64 && image.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Some(Refusal::Identifier);
    }
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let (domain, rest) = split_domain(name);
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    if path.chars().any(char::is_uppercase) {
        return Some(Refusal::UpperCase);
    }
    match tag {
        Some("") => return Some(Refusal::EmptyTag),
        Some(tag) if tag.contains(':') => return Some(Refusal::SecondTag),
        Some(tag) if !is_tag(tag) => return Some(Refusal::Tag),
        _ => {}
    }
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return Some(Refusal::Digest);
    }
    let is_name = domain.is_none_or(is_domain) && path.split('/').all(is_component);
    // the whole name may have 255 bytes, the repository without domain
    (!is_name || path.len() > 255).then_some(Refusal::Form)
}

/// `splitDockerDomain`
fn split_domain(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first == "localhost" || first.contains(['.', ':']) || first.chars().any(char::is_uppercase) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

/// `domainAndPort`
fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !domain.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_label = |label: &str| {
        let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        is_end(label.bytes().next())
            && is_end(label.bytes().last())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match v6 {
        Some(v6) => !v6.is_empty() && v6.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'),
        None => host.split('.').all(is_label),
    };
    is_host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `pathComponent`: lower-case letters and digits, separated by one `.`, one or two `_`, or any number of `-`.
fn is_component(component: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    let separators = component.split(|letter: char| letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    is_end(component.bytes().next())
        && is_end(component.bytes().last())
        && component.bytes().all(is_known)
        && separators.into_iter().all(|part| matches!(part, "." | "_" | "__") || part.bytes().all(|byte| byte == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// `digestPat`, and the length that goes with the algorithms that are registered.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::{Reference, Refusal, refusal};

    #[test]
    fn parts() {
        for (image, repository, tag, digest, name, policy) in [
            ("nginx", "nginx", None, None, "nginx", "Always"),
            ("nginx:1.27", "nginx", Some("1.27"), None, "nginx", "IfNotPresent"),
            ("r.example.com:5000/a/b", "r.example.com:5000/a/b", None, None, "b", "Always"),
            ("r.example.com:5000/a/b:latest", "r.example.com:5000/a/b", Some("latest"), None, "b", "Always"),
            ("a/b:1@sha256:0a", "a/b", Some("1"), Some("sha256:0a"), "b", "IfNotPresent"),
            ("b:latest@sha256:0a", "b", Some("latest"), Some("sha256:0a"), "b", "IfNotPresent"),
            ("a:", "a", Some(""), None, "a", "IfNotPresent"),
            ("", "", None, None, "", "Always"),
        ] {
            let parts = Reference::of(image);
            assert_eq!(parts, Reference { repository, tag, digest }, "{image}");
            assert_eq!((parts.name(), parts.pull_policy()), (name, policy), "{image}");
        }
    }

    #[test]
    fn references() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for image in [
            "nginx",
            "nginx:1.27",
            "library/nginx",
            "registry.example.com:5000/a/b:c",
            "localhost/a",
            "localhost:5000/a",
            "[::1]:5000/a:1",
            "ACME/app",
            "a__b/c-d--e.f:V1_x",
            &format!("a@{digest}"),
            &format!("r.example.com/a:1@{digest}"),
        ] {
            assert_eq!(refusal(image), None, "{image}");
        }
        for (image, why) in [
            ("https://registry.example.com/a", Refusal::Scheme),
            ("docker://a:1", Refusal::Scheme),
            ("a b", Refusal::Space),
            ("a:", Refusal::EmptyTag),
            ("a:1:2", Refusal::SecondTag),
            ("acme/App:1", Refusal::UpperCase),
            ("App", Refusal::UpperCase),
            ("a:-1", Refusal::Tag),
            ("a:1+2", Refusal::Tag),
            ("a:v1/b", Refusal::Form),
            ("a@latest", Refusal::Digest),
            ("a@sha256:abc", Refusal::Digest),
            (&"0a".repeat(32), Refusal::Identifier),
            ("a//b", Refusal::Form),
            ("/a", Refusal::Form),
            ("a/", Refusal::Form),
            ("a..b", Refusal::Form),
            ("-a", Refusal::Form),
            ("a___b", Refusal::Form),
            ("", Refusal::Form),
            ("ä", Refusal::Form),
            ("a.example.com:port/b", Refusal::Form),
        ] {
            assert_eq!(refusal(image), Some(why), "{image}");
        }
    }
}
