//! As much of nginx's configuration as shows where it listens and what it passes requests to.

use super::address::{Address, addresses, is_loopback};

/// One directive, simple or the head of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive<'text> {
    /// Name and arguments, quotes kept.
    pub words: Vec<&'text str>,
    /// The heads of the blocks around it, outermost first, as numbers of directives.
    pub inside: Vec<usize>,
}

impl<'text> Directive<'text> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'text str {
        self.words.first().copied().unwrap_or_default()
    }
}

/// The directives of a text in order; few and odd ones for a text that is no nginx configuration.
#[must_use]
pub fn directives(text: &str) -> Vec<Directive<'_>> {
    read(text).0
}

/// The last word of the first directive that a `}` follows where its `;` should be.
#[must_use]
pub fn unended(text: &str) -> Option<&str> {
    read(text).1
}

/// Reads words as nginx does (`ngx_conf_read_token`): quotes count at the begin of a word, a backslash
/// takes the next character in, and `}` ends a block only at the begin of a word.
fn read(text: &str) -> (Vec<Directive<'_>>, Option<&str>) {
    let mut all: Vec<Directive<'_>> = Vec::new();
    let mut unended = None;
    let mut words = Vec::new();
    let mut inside = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        match character {
            '#' => while characters.next_if(|(_, next)| *next != '\n').is_some() {},
            ';' | '{' => {
                if !words.is_empty() {
                    all.push(Directive { words: std::mem::take(&mut words), inside: inside.clone() });
                    if character == '{' {
                        inside.push(all.len() - 1);
                    }
                }
            }
            '}' => {
                unended = unended.or(words.last().copied());
                words.clear();
                inside.pop();
            }
            space if space.is_whitespace() => {}
            quote @ ('"' | '\'') => {
                let mut end = text.len();
                while let Some((at, next)) = characters.next() {
                    if next == '\\' {
                        characters.next();
                    } else if next == quote {
                        end = at + 1;
                        break;
                    }
                }
                words.push(&text[start..end]);
            }
            _ => {
                let mut end = start + character.len_utf8();
                let mut last = character;
                while let Some((at, next)) = characters.next_if(|(_, next)| {
                    // `${name}` is part of a word
                    last == '\\' || !(next.is_whitespace() || ";{".contains(*next)) || *next == '{' && last == '$'
                }) {
                    // what a backslash takes in means nothing itself
                    last = if last == '\\' { ' ' } else { next };
                    end = at + next.len_utf8();
                }
                words.push(&text[start..end]);
            }
        }
    }
    (all, unended)
}

/// A `listen` directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen<'text> {
    /// The argument.
    pub text: &'text str,
    /// The port.
    pub port: u16,
    /// Whether it is bound to loopback.
    pub is_loopback: bool,
}

fn listen(text: &str) -> Option<Listen<'_>> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    Some(Listen { text, port: port.parse().ok()?, is_loopback: is_loopback(host) })
}

/// Where a configuration listens.
#[must_use]
pub fn listens(text: &str) -> Vec<Listen<'_>> {
    let all = directives(text);
    let arguments = all.iter().filter(|directive| directive.name() == "listen").filter_map(|one| one.words.get(1));
    arguments.filter_map(|text| listen(text)).collect()
}

/// What requests are passed to, by `server` of an `upstream` and by `…_pass`.
#[must_use]
pub fn upstream_hosts(text: &str) -> Vec<Address<'_>> {
    let all = directives(text);
    let is_upstream =
        |directive: &Directive<'_>| directive.inside.last().is_some_and(|head| matches!(all[*head].name(), "upstream"));
    let targets = all.iter().filter(|directive| {
        (directive.name() == "server" && is_upstream(directive)) || directive.name().ends_with("_pass")
    });
    let mut found = Vec::new();
    for target in targets.filter_map(|directive| directive.words.get(1)) {
        let rest = target.split_once("://").map_or(*target, |(_, rest)| rest);
        found.extend(addresses(rest).into_iter().next());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{directives, listens, unended, upstream_hosts};

    const TEXT: &str = "\
# a comment; with { signs }
http {
  upstream shards { hash $request_uri consistent; server web-0.web:80; server \"web-1.web:80\" weight=2; }
  split_clients \"${cookie_uid}\" $to { 10% new; * old; }
  server { listen 127.0.0.1:8080 ssl; location / { proxy_pass http://shards/${x}y; } }
}";

    #[test]
    fn blocks_and_words() {
        let all = directives(TEXT);
        let names: Vec<_> = all.iter().map(super::Directive::name).collect();
        assert_eq!(
            names,
            [
                "http",
                "upstream",
                "hash",
                "server",
                "server",
                "split_clients",
                "10%",
                "*",
                "server",
                "listen",
                "location",
                "proxy_pass"
            ]
        );
        assert_eq!(all[2].inside, [0, 1]);
        let listens = listens(TEXT);
        assert_eq!((listens[0].port, listens[0].is_loopback), (8080, true));
        let hosts: Vec<_> = upstream_hosts(TEXT).iter().map(|one| (one.host, one.port)).collect();
        assert_eq!(hosts, [("web-0.web", Some(80)), ("web-1.web", Some(80)), ("shards", None)]);
    }

    #[test]
    fn a_brace_ends_a_block_only_at_the_begin_of_a_word() {
        let text = "location ~ ^/\\{a\\;}b$ { set $a ${b}; } location / { return 204 }";
        let all = directives(text);
        assert_eq!(all[0].words, ["location", "~", "^/\\{a\\;}b$"]);
        assert_eq!(all[1].words, ["set", "$a", "${b}"]);
        assert_eq!(unended(text), Some("204"));
        assert_eq!(unended("a { b c; } d {}"), None);
    }

    #[test]
    fn any_text_is_read() {
        for text in ["", "}", "{{{", "a \"b", "$", "é{", "a: [b, c]", "${", "'\\"] {
            let _ = (directives(text), listens(text), upstream_hosts(text));
        }
    }
}
