//! Addresses in the texts of a container: what it talks to, by its arguments and environment.

use crate::kube::ContainerView;
use crate::yaml::NodeId;

/// A text of a container and its node.
#[derive(Clone, Copy, Debug)]
pub struct Text<'object> {
    /// The text.
    pub text: &'object str,
    /// Its node.
    pub node: NodeId,
    /// The variable that it is the value of; none for words of the command line.
    pub variable: Option<&'object str>,
}

/// The command line and environment of a container.
#[must_use]
pub fn texts<'object>(view: &ContainerView<'object>) -> Vec<Text<'object>> {
    let document = &view.pod.object.document;
    let container = view.container;
    let most = [&container.command, &container.args].map(|words| words.as_ref().map_or(0, |words| words.len()));
    let mut texts = Vec::with_capacity(most[0] + most[1] + container.env.as_ref().map_or(0, |env| env.len()));
    for (field, words) in [("command", &container.command), ("args", &container.args)] {
        let nodes = view.at(&[field]).map_or(&[][..], |list| document.items(list));
        for (text, node) in words.iter().flatten().zip(nodes) {
            texts.push(Text { text, node: *node, variable: None });
        }
    }
    let nodes = view.at(&["env"]).map_or(&[][..], |list| document.items(list));
    for (variable, node) in container.env.iter().flatten().zip(nodes) {
        if let (Some(text), Some(node)) = (&variable.value, document.get(*node, "value")) {
            texts.push(Text { text, node, variable: Some(&variable.name) });
        }
    }
    texts
}

/// A host with or without a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'text> {
    /// The host as written.
    pub host: &'text str,
    /// The port.
    pub port: Option<u16>,
    /// Where in the text it begins.
    pub at: usize,
    /// How many bytes of the text it takes.
    pub len: usize,
}

impl Address<'_> {
    /// Whether this is the Pod itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host)
    }
}

/// Whether a host is the Pod itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let is_v4 = || host.starts_with("127.") && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    matches!(host, "localhost" | "::1" | "[::1]" | "localhost.localdomain") || is_v4()
}

/// Every word of a text that can be a host, with the port that follows it.
#[must_use]
pub fn addresses(text: &str) -> Vec<Address<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.as_bytes()[at..].iter().position(|byte| is_part(*byte)) {
        let word = address_at(text, at + start);
        found.extend(word.address);
        at = word.end;
    }
    found
}

/// Whether a byte can be a part of a host with its port.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']')
}

/// A word of a text that may be a host with its port.
pub(super) struct Word<'text> {
    /// What it is, if it is one.
    pub address: Option<Address<'text>>,
    /// Where it ends.
    pub end: usize,
}

/// The word around a byte that is a part of it.
pub(super) fn address_at(text: &str, at: usize) -> Word<'_> {
    let (before, after) = text.as_bytes().split_at(at);
    let start = before.iter().rposition(|byte| !is_part(*byte)).map_or(0, |last| last + 1);
    let end = after.iter().position(|byte| !is_part(*byte)).map_or(text.len(), |first| at + first);
    let word = &text[start..end];
    let len = word.trim_end_matches([':', '.']).len();
    let address = host_and_port(word).map(|(host, port)| Address { host, port, at: start, len });
    Word { address, end }
}

fn host_and_port(word: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = word.strip_prefix("[::1]") {
        return Some(("[::1]", rest.strip_prefix(':').and_then(|port| port.parse().ok())));
    }
    if !word.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let (host, rest) = word.split_once(':').map_or((word, None), |(host, rest)| (host, Some(rest)));
    // `host:port:weight` is how twemproxy writes it
    let port = rest.and_then(|rest| rest.split(':').next()).and_then(|port| port.parse().ok());
    Some((host.trim_end_matches('.'), port))
}

/// Whether a number is in a text by itself.
#[must_use]
pub fn mentions_number(text: &str, number: u16) -> bool {
    let digits = number.to_string();
    text.match_indices(&digits).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + digits.len()..].chars().next();
        !before.is_some_and(|character| character.is_ascii_digit() || character == '.')
            && !after.is_some_and(|character| character.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{addresses, mentions_number};

    #[test]
    fn hosts_and_ports() {
        let all = |text| addresses(text).iter().map(|one| (one.host, one.port)).collect::<Vec<_>>();
        assert_eq!(all("redis://localhost:6379/0"), [("redis", None), ("localhost", Some(6379)), ("0", None)]);
        assert_eq!(all("- cache-0.cache:11211:1"), [("cache-0.cache", Some(11211))]);
        assert_eq!(all("a-0.a:1,a-1.a:2"), [("a-0.a", Some(1)), ("a-1.a", Some(2))]);
        assert_eq!(all("http://[::1]:80"), [("http", None), ("[::1]", Some(80))]);
        assert_eq!(all("ä:5 é"), []);
    }

    #[test]
    fn numbers_by_themselves() {
        assert!(mentions_number("tcp:0.0.0.0:5432", 5432));
        assert!(!mentions_number("15432", 5432) && !mentions_number("54321", 5432));
    }
}
