//! Caddyfiles (caddyserver/caddy: caddyconfig/caddyfile/lexer.go, parse.go) and Corefiles, which are read alike.

use std::ops::Range;

use super::{Collector, DEPTH};

/// Sites and their directives, the heads around them as segments. The block without an address holds what is global,
/// `(name)` and `&(name)` what sites import.
pub(super) fn read(found: &mut Collector<'_>) {
    let text = found.text;
    let mut reader = Reader {
        found,
        path: Vec::new(),
        blocks: Vec::new(),
        last_block: 0,
        is_bare: false,
        is_continued: false,
        passed_over: 0,
    };
    let (mut at, mut line) = (0, Vec::new());
    while words_of_line(text, &mut at, &mut line) {
        if line.len() == 1 && text[line[0].clone()] == *"}" {
            reader.close();
            continue;
        }
        let opens = line.last().is_some_and(|last| text[last.clone()] == *"{");
        if opens {
            line.pop();
        }
        if reader.path.is_empty() && !reader.is_bare {
            reader.head(&line, opens);
        } else {
            reader.directive(&line, opens);
        }
    }
    let is_closed = reader.path.is_empty() || reader.is_bare && reader.path.len() == 1;
    reader.found.is_whole &= is_closed && !reader.is_continued;
}

/// Where in a Caddyfile its lines are read.
struct Reader<'read, 'text> {
    found: &'read mut Collector<'text>,
    /// The heads of the open blocks.
    path: Vec<String>,
    /// The numbers of these.
    blocks: Vec<usize>,
    last_block: usize,
    /// Without braces the whole file is one site.
    is_bare: bool,
    /// Whether the addresses of a site go on with the next line.
    is_continued: bool,
    /// So many open blocks are deeper than is read.
    passed_over: usize,
}

impl Reader<'_, '_> {
    fn close(&mut self) {
        if self.passed_over > 0 {
            self.passed_over -= 1;
        } else if self.path.pop().is_none() {
            self.found.is_whole = false;
        } else {
            self.blocks.pop();
        }
    }

    fn open(&mut self, head: &str) {
        self.last_block += 1;
        self.path.push(head.to_owned());
        self.blocks.push(self.last_block);
    }

    /// A line outside of all blocks: addresses of a site, the name of a snippet, or nothing before what is global.
    fn head(&mut self, line: &[Range<usize>], opens: bool) {
        let text = self.found.text;
        let word = |range: &Range<usize>| &text[range.clone()];
        let root = match line.first().map(word) {
            None => "global",
            Some(name) if name.starts_with(['(', '&']) => "snippet",
            Some(_) => "site",
        };
        if root == "site" {
            for address in line {
                for piece in word(address).split(',').filter(|piece| !piece.is_empty()) {
                    let from = address.start + (piece.as_ptr() as usize - word(address).as_ptr() as usize);
                    let range = from..from + piece.len();
                    self.found.add(&["site".to_owned()], self.last_block, piece.to_owned(), range);
                }
            }
            self.is_continued = !opens && line.last().is_some_and(|last| word(last).ends_with(','));
            self.is_bare = !opens && !self.is_continued;
            if self.is_bare {
                self.path.push("site".to_owned());
                self.blocks.push(0);
            }
        }
        if opens {
            self.open(root);
        }
    }

    /// A line inside of a block.
    fn directive(&mut self, line: &[Range<usize>], opens: bool) {
        let text = self.found.text;
        let word = |range: &Range<usize>| &text[range.clone()];
        let Some((name, rest)) = line.split_first() else {
            self.passed_over += usize::from(opens);
            return;
        };
        if self.passed_over == 0
            && let (Some(first), Some(last)) = (rest.first(), rest.last())
        {
            let value = rest.iter().map(|one| bare(word(one))).collect::<Vec<_>>().join(" ");
            let range = match rest {
                [only] if bare(word(only)).len() < only.len() => only.start + 1..only.end - 1,
                _ => first.start..last.end,
            };
            self.path.push(word(name).to_owned());
            self.found.add(&self.path, self.blocks.last().copied().unwrap_or(0), value, range);
            self.path.pop();
        }
        if opens && (self.passed_over > 0 || self.path.len() >= DEPTH) {
            self.passed_over += 1;
            self.found.is_whole = false;
        } else if opens {
            self.open(word(name));
        }
    }
}

/// A word without the quotes around it.
fn bare(word: &str) -> &str {
    ['"', '`'].into_iter().find_map(|quote| word.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(word)
}

/// The words of the next line that has any; whether there is one. A quoted word may hold ends of lines.
fn words_of_line(text: &str, at: &mut usize, words: &mut Vec<Range<usize>>) -> bool {
    words.clear();
    let bytes = text.as_bytes();
    while let Some(next) = bytes.get(*at) {
        match next {
            b'\n' => {
                *at += 1;
                if !words.is_empty() {
                    return true;
                }
            }
            b'\\' if text[*at + 1..].starts_with('\n') => *at += 2,
            b'\\' if text[*at + 1..].starts_with("\r\n") => *at += 3,
            b'#' => *at = text[*at..].find('\n').map_or(text.len(), |length| *at + length),
            quote @ (b'"' | b'`') => {
                let start = *at;
                *at += 1;
                loop {
                    match bytes.get(*at) {
                        None => break,
                        Some(b'\\') if *quote == b'"' => *at += 2,
                        Some(end) if end == quote => {
                            *at += 1;
                            break;
                        }
                        Some(_) => *at += 1,
                    }
                }
                *at = (*at).min(text.len());
                while !text.is_char_boundary(*at) {
                    *at += 1;
                }
                words.push(start..*at);
            }
            _ => {
                let rest = &text[*at..];
                let blanks =
                    rest.len() - rest.trim_start_matches(|sign: char| sign.is_whitespace() && sign != '\n').len();
                if blanks > 0 {
                    *at += blanks;
                    continue;
                }
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                words.push(*at..*at + length);
                *at += length;
            }
        }
    }
    !words.is_empty()
}
