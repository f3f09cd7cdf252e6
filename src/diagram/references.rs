//! Addresses in text: arguments, variables, configuration.

/// An address that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'text> {
    /// `http` of `http://…`.
    pub scheme: Option<&'text str>,
    /// The host, without credentials.
    pub host: &'text str,
    /// The port, if it is written.
    pub port: Option<u16>,
    /// The path after it.
    pub path: &'text str,
    /// Whether the text before it says that somebody listens there.
    pub listens: bool,
    /// Whether it stands alone between quotes.
    pub quoted: bool,
}

impl Address<'_> {
    /// This Pod itself.
    pub(super) fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.starts_with("127.") || self.host == "::1"
    }
}

/// Flags and directives after which an address is the program's own.
const LISTENING: &[&str] =
    &["listen", "bind", "--api", "--status", "--http-address", "--health-addr", "--metrics-addr", "--admin"];

/// All addresses in a text that say so themselves: by a scheme, a port, quotes, or by being all of it.
pub(super) fn addresses(text: &str) -> Vec<Address<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(length) = text[at..].find(is_host_character) {
        let start = at + length;
        let end = text[start..].find(|c| !is_host_character(c)).map_or(text.len(), |length| start + length);
        at = end;
        let (host, before, after) = (&text[start..end], &text[..start], &text[end..]);
        // The rest of a path is no host.
        if host.starts_with(['.', '-']) && !host.starts_with("--") || before.ends_with('/') && !before.ends_with("://")
        {
            continue;
        }
        let host = if host == "1" && before.ends_with("[::") && after.starts_with(']') { "::1" } else { host };
        let (before, after) = if host == "::1" { (&before[..before.len() - 3], &after[1..]) } else { (before, after) };
        let scheme = scheme(before);
        let port = port(after);
        let quoted = before.ends_with(['"', '\'']) && after.starts_with(['"', '\'']);
        if scheme.is_none() && port.is_none() && !quoted && host.len() != text.trim().len() {
            continue;
        }
        // `user:password@host`: what stands in front of the `@` is no address.
        if is_credentials(after) {
            continue;
        }
        let rest = port.map_or(after, |port| &after[1 + port.1..]);
        let path = if rest.starts_with('/') { word(rest) } else { "" };
        let line = before.rsplit('\n').next().unwrap_or(before);
        let listens = LISTENING.iter().any(|word| line.contains(word));
        found.push(Address { scheme, host, port: port.map(|(port, _)| port), path, listens, quoted });
    }
    found
}

fn is_host_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '{' | '}')
}

/// The port and how many digits it takes.
fn port(after: &str) -> Option<(u16, usize)> {
    let digits = after.strip_prefix(':')?;
    let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let next = digits[length..].chars().next();
    if next.is_some_and(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '@' | '_' | '-')) {
        return None;
    }
    digits[..length].parse().ok().filter(|port| *port > 0).map(|port| (port, length))
}

fn scheme(before: &str) -> Option<&str> {
    let before = match before.strip_suffix('@') {
        // What stands between the scheme and the host are credentials.
        Some(user) => {
            let start = user.rfind("://")?;
            let is_user = !user[start + 3..].contains(['/', ' ', '\n', '"', '\'']);
            is_user.then(|| &before[..start + 3])?
        }
        None => before,
    };
    let before = before.strip_suffix("://")?;
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+').map_or(0, |at| at + 1);
    Some(&before[start..]).filter(|scheme| !scheme.is_empty())
}

fn is_credentials(after: &str) -> bool {
    let end = after.find(['/', ' ', '\n', '"', '\'', ',', ';']).unwrap_or(after.len());
    after[..end].contains('@')
}

fn word(text: &str) -> &str {
    &text[..text.find([' ', '\n', '"', '\'', ';', ',', '}', '?', '#', '&', '<', '>']).unwrap_or(text.len())]
}

/// Whether a text holds this number as a number of its own.
pub(super) fn mentions_number(text: &str, number: u16) -> bool {
    let number = number.to_string();
    text.match_indices(&number).any(|(at, _)| {
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '.';
        !text[..at].ends_with(is_part) && !text[at + number.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<String> {
        let show = |address: &Address<'_>| {
            let scheme = address.scheme.map_or_else(String::new, |scheme| format!("{scheme}://"));
            let port = address.port.map_or_else(String::new, |port| format!(":{port}"));
            format!("{scheme}{}{port}{}{}", address.host, address.path, if address.listens { " listens" } else { "" })
        };
        addresses(text).iter().map(show).collect()
    }

    #[test]
    fn what_says_that_it_is_an_address() {
        assert_eq!(seen("--target=127.0.0.1:8080"), ["127.0.0.1:8080"]);
        assert_eq!(seen("--listen=127.0.0.1:4040"), ["127.0.0.1:4040 listens"]);
        assert_eq!(seen("--webhook-url=http://127.0.0.1:8080/-/reload"), ["http://127.0.0.1:8080/-/reload"]);
        assert_eq!(seen("redis://[::1]:6379"), ["redis://::1:6379"]);
        assert_eq!(seen("cache"), ["cache"]);
        assert_eq!(seen(".host = \"dictionary\";"), ["dictionary"]);
        assert_eq!(seen("http://leaf-{i}.leaf:3000/"), ["http://leaf-{i}.leaf:3000/"]);
        assert_eq!(seen("server a:1;\n listen 127.0.0.1:2;"), ["a:1", "127.0.0.1:2 listens"]);
        assert_eq!(seen("no address here, at 12:30.5"), [""; 0]);
    }

    #[test]
    fn credentials_are_left_out() {
        assert_eq!(seen("mysql://root:secret@db:3306/x"), ["mysql://db:3306/x"]);
        assert_eq!(seen("https://token@git.example.com/site"), ["https://git.example.com/site"]);
    }

    #[test]
    fn numbers_of_their_own() {
        assert!(mentions_number("port_value: 6379}", 6379));
        assert!(!mentions_number("16379", 6379) && !mentions_number("1.6379", 6379));
    }
}
