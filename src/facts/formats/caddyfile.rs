//! Caddyfiles (caddyserver/caddy: caddyconfig/caddyfile/lexer.go, parse.go) and Corefiles, which are read alike.

use std::ops::Range;

use super::{Collector, DEPTH};

/// Sites and their directives, the heads around them as segments. The block without an address holds what is global,
/// `(name)` and `&(name)` what sites import.
pub(super) fn read(found: &mut Collector<'_>) {
    let text = found.text;
    let mut path: Vec<String> = Vec::new();
    let mut blocks: Vec<usize> = Vec::new();
    let mut block = 0;
    // without braces the whole file is one site
    let mut is_bare = false;
    let mut is_continued = false;
    let mut passed_over = 0_usize;
    let mut at = 0;
    let mut line = Vec::new();
    while words_of_line(text, &mut at, &mut line) {
        let word = |range: &Range<usize>| &text[range.clone()];
        if line.len() == 1 && word(&line[0]) == "}" {
            if passed_over > 0 {
                passed_over -= 1;
            } else if path.pop().is_none() {
                found.is_whole = false;
            } else {
                blocks.pop();
            }
            continue;
        }
        let opens = line.last().is_some_and(|last| word(last) == "{");
        if opens {
            line.pop();
        }
        if path.is_empty() && !is_bare {
            let root = match line.first().map(word) {
                None => "global",
                Some(name) if name.starts_with(['(', '&']) => "snippet",
                Some(_) => "site",
            };
            if root == "site" {
                for address in &line {
                    let start = address.start;
                    for piece in word(address).split(',').filter(|piece| !piece.is_empty()) {
                        let from = start + (piece.as_ptr() as usize - word(address).as_ptr() as usize);
                        found.add(&["site".to_owned()], block, piece.to_owned(), from..from + piece.len());
                    }
                }
                is_continued = !opens && line.last().is_some_and(|last| word(last).ends_with(','));
                is_bare = !opens && !is_continued;
                if is_bare {
                    path.push("site".to_owned());
                    blocks.push(0);
                }
            }
            if opens {
                block += 1;
                path.push(root.to_owned());
                blocks.push(block);
            }
            continue;
        }
        let Some((name, rest)) = line.split_first() else {
            passed_over += usize::from(opens);
            continue;
        };
        if passed_over == 0
            && let (Some(first), Some(last)) = (rest.first(), rest.last())
        {
            let value = rest.iter().map(|one| bare(word(one))).collect::<Vec<_>>().join(" ");
            let range = match rest {
                [only] if bare(word(only)).len() < only.len() => only.start + 1..only.end - 1,
                _ => first.start..last.end,
            };
            path.push(word(name).to_owned());
            found.add(&path, blocks.last().copied().unwrap_or(0), value, range);
            path.pop();
        }
        if opens {
            if passed_over > 0 || path.len() >= DEPTH {
                passed_over += 1;
                found.is_whole = false;
            } else {
                block += 1;
                path.push(word(name).to_owned());
                blocks.push(block);
            }
        }
    }
    found.is_whole &= path.is_empty() || is_bare && path.len() == 1;
    found.is_whole &= !is_continued;
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
