//! Host names that the run's configuration, arguments and environment ask for.

use super::config::ConfigFile;
use super::hosts::{ordinals, pairs};
use super::text::texts;
use crate::kube::{Object, PodView, Typed};

/// A host name and the text that asks for it.
#[derive(Clone, Debug)]
pub struct Asked<'run> {
    /// The text: of a ConfigMap, or of a container's environment or arguments.
    pub file: ConfigFile<'run>,
    /// The name, a part of the text.
    pub host: &'run str,
}

/// Every host name of an object's texts that is written where only a host can be: in a URL, before a port, or as the
/// whole value of a variable for hosts.
#[must_use]
pub fn asked(object: &Object) -> Vec<Asked<'_>> {
    let mut found = Vec::new();
    for file in files_of(object, names_hosts) {
        let text = file.text();
        let mut add = |host| found.push(Asked { file: file.clone(), host });
        hosts(text, &mut add);
        if is_for_hosts(file.name) && is_host(text) {
            add(text);
        }
    }
    found
}

/// Whether a text of several lines names Pods.
pub(super) fn names_pods(lines: &str) -> bool {
    ordinals(lines).next().is_some()
}

/// Whether a text of several lines has a host in it: each is in one of its lines.
fn names_hosts(lines: &str) -> bool {
    let mut has_any = false;
    hosts(lines, &mut |_| has_any = true);
    has_any
}

/// The texts of one object that may name hosts: of ConfigMaps, environments, arguments, and the names that Services
/// stand for. Of texts of several lines those that may, by their lines as they are written: most dashboards and scripts
/// name nothing, and need not be made.
pub(super) fn files_of(object: &Object, may_name: fn(&str) -> bool) -> Vec<ConfigFile<'_>> {
    let mut found = Vec::new();
    let document = &object.document;
    match &object.typed {
        Some(Typed::ConfigMap(_)) => {
            let data = document.get(object.node, "data").map_or(&[][..], |data| document.entries(data));
            let text = |entry: &crate::yaml::Entry| {
                let (name, node) = (document.str(entry.key)?, entry.value());
                if document.is_late(node) && !may_name(document.raw(node)) {
                    return None;
                }
                Some(ConfigFile::of_text(object, node, name, document.str(node)?))
            };
            found.extend(data.iter().filter_map(text));
        }
        Some(Typed::Service(_)) => found.extend(external_name(object)),
        _ => {
            for view in object.pods().flat_map(PodView::containers) {
                found.extend(texts(&view).into_iter().map(|text| {
                    let name = text.variable.unwrap_or_default();
                    ConfigFile::of_text(object, text.node, name, text.text)
                }));
            }
        }
    }
    found
}

fn external_name(object: &Object) -> Option<ConfigFile<'_>> {
    let node = object.document.at(object.node, &["spec", "externalName"])?;
    Some(ConfigFile::of_text(object, node, "externalName", object.document.str(node)?))
}

/// Whether a part of a text is in a comment: of configuration, a script or SQL.
#[must_use]
pub fn is_comment(text: &str, part: &str) -> bool {
    Comments::of(text).hold(part)
}

/// Which parts of a text are in comments. Parts that are asked for in their order are told in one pass over the text,
/// however long its lines are.
#[derive(Debug)]
pub struct Comments<'text> {
    text: &'text str,
    /// How far the text was looked at.
    seen: usize,
    /// Where the line of that place begins, and whether ` #` is in it.
    line: usize,
    has_sharp: bool,
    has_lines: bool,
    /// Whether there may be any.
    may_hold: bool,
}

impl<'text> Comments<'text> {
    /// Those of a text.
    #[must_use]
    pub fn of(text: &'text str) -> Self {
        let may_hold =
            memchr::memchr2(b'#', b';', text.as_bytes()).is_some() || text.contains("//") || text.contains("--");
        Self { text, seen: 0, line: 0, has_sharp: false, has_lines: text.contains('\n'), may_hold }
    }

    /// Whether a part of the text is in a comment.
    pub fn hold(&mut self, part: &str) -> bool {
        let at = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if !self.may_hold || self.text.get(..at).is_none() {
            return false;
        }
        if at < self.seen {
            (self.seen, self.line, self.has_sharp) = (0, 0, false);
        }
        if let Some(end) = self.text[self.seen..at].rfind('\n') {
            self.line = self.seen + end + 1;
            (self.seen, self.has_sharp) = (self.line, false);
        }
        // the blank may be the last that was looked at
        let from = self.seen.saturating_sub(1).max(self.line);
        self.has_sharp |= memchr::memmem::find(&self.text.as_bytes()[from..at], b" #").is_some();
        self.seen = at;
        let start = self.text[self.line..at].trim_start();
        self.has_sharp
            || start.starts_with(['#', ';'])
            || start.starts_with("//")
            || start.starts_with("--") && self.has_lines
    }
}

/// Whether the value of a variable or key is a host, by its name.
fn is_for_hosts(name: &str) -> bool {
    const ENDS: [&str; 7] = ["HOST", "HOSTNAME", "HOSTS", "ADDR", "ADDRESS", "SERVER", "ENDPOINT"];
    ENDS.iter().any(|end| {
        let Some((rest, last)) = name.len().checked_sub(end.len()).and_then(|at| name.split_at_checked(at)) else {
            return false;
        };
        let is_whole = rest.is_empty() || rest.ends_with(['_', '-', '.']) || rest.eq_ignore_ascii_case("PG");
        is_whole && last.eq_ignore_ascii_case(end)
    })
}

/// The hosts of a text: after `://` and what precedes the user's `@`, and before a port.
fn hosts<'text>(text: &'text str, add: &mut impl FnMut(&'text str)) {
    let bytes = text.as_bytes();
    // `/` comes right before the digits
    for colon in pairs(bytes, b':', b'/'..=b'9') {
        if bytes[colon + 1..].starts_with(b"//") {
            let rest = &text[colon + 3..];
            let authority = &rest[..rest.find(|letter: char| !is_of_authority(letter)).unwrap_or(rest.len())];
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let host = &host[..host.find(':').unwrap_or(host.len())];
            // with a port the host is found before that
            let has_port =
                || authority.match_indices(host).any(|(at, _)| authority[at + host.len()..].starts_with(':'));
            if is_host(host) && !has_port() {
                add(host);
            }
        } else if bytes.get(colon + 1).is_some_and(u8::is_ascii_digit) {
            let digits = bytes[colon + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let after = bytes.get(colon + 1 + digits);
            let before = &text[..colon];
            let start = before
                .rfind(|letter: char| !is_of_host(letter))
                .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
            let host = &before[start..];
            let is_port = (2..=5).contains(&digits)
                && !after.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.' || *byte == b'@');
            // `name/repository:16` is an image or a path, and `key=a:b:16` is something else
            let is_path = before[..start].ends_with('/') && !before[..start].ends_with("//");
            if is_port && is_host(host) && !is_path && !before[..start].ends_with(':') {
                add(host);
            }
        }
    }
}

fn is_of_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_')
}

fn is_of_authority(letter: char) -> bool {
    is_of_host(letter) || matches!(letter, '@' | ':' | '%' | '$' | '(' | ')' | '{' | '}' | '!' | '*' | '~' | '+')
}

/// Whether a text is a name that Services can have, or one of theirs in full.
fn is_host(text: &str) -> bool {
    let is_label = |label: &[u8]| match label {
        [first, .., last] => *first != b'-' && *last != b'-',
        [only] => *only != b'-',
        [] => false,
    };
    let is_of_label = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let bytes = text.as_bytes();
    bytes.len() <= 253
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.iter().all(is_of_label)
        && bytes.split(|byte| *byte == b'.').all(is_label)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{asked, files_of, hosts, is_comment, is_for_hosts, names_hosts, names_pods};
    use crate::kube::File;
    use crate::yaml::Source;

    /// Of texts of several lines only those are looked at that may name something.
    #[test]
    fn lines_of_a_config_map_name_what_they_do() {
        let of = |data: &str| {
            let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}");
            let file = File::read(&Arc::new(Source::from_text("a.yaml", text)));
            let files = files_of(&file.objects[0], |lines| names_hosts(lines) || names_pods(lines)).len();
            let hosts = asked(&file.objects[0]).iter().map(|asked| asked.host.to_owned()).collect::<Vec<_>>();
            (files, hosts)
        };
        let named = |data: &str, host: &str| assert_eq!(of(data), (1, vec![host.to_owned()]), "{data}");
        named("  a: |\n    a = 1\n    b = redis://cache/0\n", "cache");
        named("  a: |-\n    a = 1\n    b = cache:6379", "cache");
        named("  a: a = 1\n    b = cache:6379\n", "cache");
        named("  a: |\n    cache:6379\n", "cache");
        named("  REDIS_HOST: |-\n    cache\n", "cache");
        assert_eq!(of("  a: |\n    a = 1\n    b = cache-0.cache\n"), (1, Vec::new()), "a Pod");
        for none in ["  a: |\n    a = 1\n    b: 6379\n", "  a: |\n    cache:\n    6379\n", "  a: b\n    c-0\n    .d\n"]
        {
            assert_eq!(of(none), (0, Vec::new()), "{none}");
        }
    }

    fn all(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        hosts(text, &mut |host| found.push(host));
        found
    }

    #[test]
    fn hosts_of_a_text() {
        assert_eq!(all("redis://cache:6379/0"), ["cache"]);
        assert_eq!(all("postgres://shop:secret@db.shop/shop?x=y"), ["db.shop"]);
        assert_eq!(all("postgres://shop:1234@db:5432/shop"), ["db"]);
        assert_eq!(all("http://api"), ["api"]);
        assert_eq!(all("a-0.a:1234,a-1.a:1234"), ["a-0.a", "a-1.a"]);
        assert_eq!(
            all("registry.example.com/app/cache:16 12:30 ä:80 Cache:80 x:1.5 http://$(HOST)/"),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn variables_and_comments() {
        assert!(is_for_hosts("DB_HOST") && is_for_hosts("PGHOST") && is_for_hosts("redis.host"));
        assert!(!is_for_hosts("GHOST") && !is_for_hosts("DB_NAME"));
        let text = "a: 1\n# b-0.b:80\nc-0.c:80 # d-0.d:80";
        assert!(is_comment(text, &text[7..12]) && is_comment(text, &text[27..32]));
        assert!(!is_comment(text, &text[16..21]));
        let mut comments = super::Comments::of(text);
        for at in 0..text.len() {
            assert_eq!(comments.hold(&text[at..]), is_comment(text, &text[at..]), "{at}");
        }
    }
}
