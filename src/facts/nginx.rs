//! As much of nginx's configuration as shows where it listens and what it passes requests to.

use super::text::{Address, addresses};

/// One directive, simple or the head of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive<'text> {
    /// Name and arguments, quotes kept.
    pub words: Vec<&'text str>,
    /// The heads of the blocks around it, outermost first, as numbers of directives.
    pub inside: Vec<usize>,
    /// Whether it is the head of a block.
    pub is_block: bool,
}

impl<'text> Directive<'text> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'text str {
        self.words.first().copied().unwrap_or_default()
    }
}

/// What a text says, read as nginx reads its configuration.
#[derive(Debug)]
pub struct Reading<'text> {
    /// The directives in order; few and odd ones for a text that is not an nginx configuration.
    pub directives: Vec<Directive<'text>>,
    /// The last word of the first directive that a `}` follows where its `;` should be.
    pub unended: Option<&'text str>,
    /// Whether every directive and block has its end; if not, nginx does not start with the text, and what it does not
    /// say may be in what is lost.
    pub is_whole: bool,
}

/// The directives of a text in order.
#[must_use]
pub fn directives(text: &str) -> Vec<Directive<'_>> {
    read(text).directives
}

/// How deep blocks may nest.
pub(super) const DEPTH: usize = 32;

/// Reads words as nginx does (`ngx_conf_read_token`): quotes count at the begin of a word, a backslash
/// takes the next character in, and `}` ends a block only at the begin of a word.
#[must_use]
pub fn read(text: &str) -> Reading<'_> {
    let mut all: Vec<Directive<'_>> = Vec::new();
    let mut unended = None;
    let mut words = Vec::new();
    let mut inside = Vec::new();
    let (mut depth, mut is_whole) = (0_usize, true);
    let mut characters = text.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        match character {
            '#' => while characters.next_if(|(_, next)| *next != '\n').is_some() {},
            ';' | '{' => {
                if !words.is_empty() {
                    all.push(Directive {
                        words: std::mem::take(&mut words),
                        inside: inside.clone(),
                        is_block: character == '{',
                    });
                }
                if character == '{' {
                    // deeper than any real configuration: what is in there says nothing
                    depth += 1;
                    if depth <= DEPTH {
                        inside.push(all.len().saturating_sub(1));
                    } else {
                        is_whole = false;
                    }
                }
            }
            '}' => {
                unended = unended.or(words.last().copied());
                is_whole &= words.is_empty() && depth > 0;
                words.clear();
                if depth <= DEPTH {
                    inside.pop();
                }
                depth = depth.saturating_sub(1);
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
    is_whole &= words.is_empty() && depth == 0;
    Reading { directives: all, unended, is_whole }
}

/// The host of an upstream's `server`.
#[must_use]
pub fn upstream_host<'text>(server: &Directive<'text>) -> Option<Address<'text>> {
    addresses(server.words.get(1)?).into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::{directives, read};

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
    }

    #[test]
    fn a_brace_ends_a_block_only_at_the_begin_of_a_word() {
        let text = "location ~ ^/\\{a\\;}b$ { set $a ${b}; } location / { return 204 }";
        let all = directives(text);
        assert_eq!(all[0].words, ["location", "~", "^/\\{a\\;}b$"]);
        assert_eq!(all[1].words, ["set", "$a", "${b}"]);
        assert_eq!(read(text).unended, Some("204"));
        assert_eq!(read("a { b c; } d {}").unended, None);
        for (text, is_whole) in
            [("a b; c {}", true), ("", true), ("a { b }", false), ("a b", false), ("a {", false), ("a b; }", false)]
        {
            assert_eq!(read(text).is_whole, is_whole, "{text}");
        }
    }

    #[test]
    fn any_text_is_read() {
        for text in ["", "}", "{{{", "a \"b", "$", "é{", "a: [b, c]", "${", "'\\"] {
            let _ = read(text);
        }
    }
}
