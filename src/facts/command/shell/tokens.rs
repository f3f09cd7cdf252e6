//! A script's words and operators.

use super::{Part, ShellWord, TCP};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(ShellWord),
    /// `;`, `&`, `&&`, `||`, `|`, `(`, `)`, `;;`, a line break.
    Operator(&'static str),
    /// A redirection from or to a socket.
    Socket(ShellWord),
}

/// Splits a script into words and operators. Other redirections, here-documents and comments are left out.
pub(super) fn tokens(script: &str) -> Vec<Token> {
    split(script).0
}

/// The words of a script and its operators, and the files that its redirections write.
pub(super) fn split(script: &str) -> (Vec<Token>, Vec<ShellWord>) {
    let bytes = script.as_bytes();
    let mut tokens = Vec::new();
    let mut outputs = Vec::new();
    let mut at = 0;
    let mut redirects = false;
    let mut writes = false;
    // the ends of the here-documents that begin behind this line
    let mut documents: Vec<String> = Vec::new();
    while at < bytes.len() {
        let rest = &script[at..];
        let operator = ["\n", ";;", ";", "&&", "||", "|", "(", ")"].into_iter().find(|sign| rest.starts_with(sign));
        if rest.starts_with([' ', '\t', '\r']) {
            at += 1;
        } else if rest.starts_with("\\\n") {
            at += 2;
        } else if rest.starts_with('#') {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("<<") && !rest.starts_with("<<<") {
            at += if rest.starts_with("<<-") { 3 } else { 2 };
            at += script[at..].find(|sign| sign != ' ').unwrap_or(0);
            let (delimiter, end) = word(script, at);
            at = end.max(at);
            documents.push(delimiter.literal().unwrap_or_default().to_owned());
        } else if rest.starts_with('\n') && !documents.is_empty() {
            tokens.push(Token::Operator(";"));
            at += 1;
            for delimiter in documents.drain(..) {
                at = behind_document(script, at, &delimiter);
            }
        } else if rest.starts_with(['<', '>']) || (rest.starts_with("&>") && !rest.starts_with("&&")) {
            let sign = &rest[..rest.find(|sign| !matches!(sign, '<' | '>' | '&' | '|')).unwrap_or(rest.len())];
            at += sign.len();
            redirects = true;
            // `2>&1` goes to what is open
            writes = sign.contains('>') && !sign.ends_with('&');
        } else if let Some(operator) = operator {
            tokens.push(Token::Operator(if operator == "\n" { ";" } else { operator }));
            at += operator.len();
        } else if rest.starts_with('&') {
            tokens.push(Token::Operator("&"));
            at += 1;
        } else {
            let (word, end) = word(script, at);
            let is_descriptor = bytes.get(end).is_some_and(|next| matches!(next, b'<' | b'>'))
                && script[at..end].bytes().all(|byte| byte.is_ascii_digit());
            if !is_descriptor {
                match (std::mem::take(&mut redirects), word.parts.first()) {
                    (false, _) => tokens.push(Token::Word(word)),
                    (true, Some(Part::Text(start))) if start.starts_with(TCP) => tokens.push(Token::Socket(word)),
                    (true, _) if writes => outputs.push(word),
                    (true, _) => {}
                }
            }
            at = end.max(at + 1);
        }
    }
    (tokens, outputs)
}

/// Where the here-document that begins at a place ends: behind the line that is its delimiter.
fn behind_document(script: &str, start: usize, delimiter: &str) -> usize {
    let mut at = start;
    for line in script[start..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\n', '\r']).trim_start_matches('\t') == delimiter {
            break;
        }
    }
    at
}

/// Reads the word at a place: the word and where it ends.
fn word(script: &str, start: usize) -> (ShellWord, usize) {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = String::new();
    let mut at = start;
    let mut quoted_empty = false;
    let flush = |text: &mut String, parts: &mut Vec<Part>| {
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(text)));
        }
    };
    while let Some(sign) = script[at..].chars().next() {
        match sign {
            '\'' => {
                quoted_empty = true;
                let rest = &script[at + 1..];
                let end = rest.find('\'').unwrap_or(rest.len());
                text.push_str(&rest[..end]);
                at = (at + end + 2).min(script.len());
            }
            '"' => {
                quoted_empty = true;
                at += 1;
                while let Some(inner) = script[at..].chars().next() {
                    match inner {
                        '"' => break,
                        '\\' => {
                            at += 1;
                            let Some(next) = script[at..].chars().next() else { break };
                            match next {
                                '\n' => {}
                                '"' | '\\' | '$' | '`' => text.push(next),
                                other => text.extend(['\\', other]),
                            }
                            at += next.len_utf8();
                        }
                        '$' | '`' => {
                            flush(&mut text, &mut parts);
                            let (mut part, end) = expansion(script, at);
                            if let Part::Variable { quoted, .. } = &mut part {
                                *quoted = true;
                            }
                            push(part, &mut text, &mut parts);
                            at = end;
                        }
                        other => {
                            text.push(other);
                            at += other.len_utf8();
                        }
                    }
                }
                at = (at + 1).min(script.len());
            }
            '\\' => {
                at += 1;
                if let Some(next) = script[at..].chars().next() {
                    if next != '\n' {
                        text.push(next);
                    }
                    at += next.len_utf8();
                }
            }
            '$' | '`' => {
                flush(&mut text, &mut parts);
                let (part, end) = expansion(script, at);
                push(part, &mut text, &mut parts);
                at = end;
            }
            ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => break,
            other => {
                text.push(other);
                at += other.len_utf8();
            }
        }
    }
    flush(&mut text, &mut parts);
    if parts.is_empty() && quoted_empty {
        parts.push(Part::Text(String::new()));
    }
    (ShellWord { parts, range: start..at }, at)
}

fn push(part: Part, text: &mut String, parts: &mut Vec<Part>) {
    match part {
        Part::Text(more) => text.push_str(&more),
        part => parts.push(part),
    }
}

/// Reads what a `$` or a backquote begins: the part and where it ends.
fn expansion(script: &str, at: usize) -> (Part, usize) {
    let rest = &script[at..];
    if let Some(inner) = rest.strip_prefix('`') {
        return (Part::Unknown, at + 1 + inner.find('`').map_or(inner.len(), |end| end + 1));
    }
    if rest.starts_with("$(") {
        return (Part::Unknown, closing(script, at + 2, '(', ')'));
    }
    if rest.starts_with("${") {
        let end = closing(script, at + 2, '{', '}');
        let inner = script[at + 2..end].strip_suffix('}').unwrap_or(&script[at + 2..end]);
        let name_end = inner.find(|sign: char| !is_name(sign)).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(name_end);
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return (Part::Unknown, end);
        }
        let default = [":-", "-", ":=", "="].iter().find_map(|sign| rest.strip_prefix(sign));
        return match default {
            Some(default) if !default.contains(['$', '`', '"', '\'', '\\']) => {
                (Part::Variable { name: name.to_owned(), default: Some(default.to_owned()), quoted: false }, end)
            }
            None if rest.is_empty() || rest.starts_with(":?") || rest.starts_with('?') => {
                (Part::Variable { name: name.to_owned(), default: None, quoted: false }, end)
            }
            _ => (Part::Unknown, end),
        };
    }
    let name_end = rest[1..].find(|sign: char| !is_name(sign)).unwrap_or(rest.len() - 1);
    let name = &rest[1..=name_end];
    if name.is_empty() {
        // `$?`, `$!`, `$@`, a `$` by itself
        let special = rest[1..].chars().next().filter(|sign| matches!(sign, '?' | '!' | '@' | '*' | '#' | '$' | '-'));
        return match special {
            Some(_) => (Part::Unknown, at + 2),
            None => (Part::Text("$".to_owned()), at + 1),
        };
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return (Part::Unknown, at + 2);
    }
    (Part::Variable { name: name.to_owned(), default: None, quoted: false }, at + 1 + name.len())
}

pub(super) fn is_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// Where what was opened before `at` is closed, quotes left alone; the end of the script where it never is.
fn closing(script: &str, at: usize, open: char, close: char) -> usize {
    let mut depth = 1;
    let mut quote = None;
    let mut signs = script[at..].char_indices();
    while let Some((offset, sign)) = signs.next() {
        match (quote, sign) {
            (None, '\'' | '"') => quote = Some(sign),
            (Some(open), sign) if sign == open => quote = None,
            (None | Some('"'), '\\') => drop(signs.next()),
            (None, sign) if sign == open => depth += 1,
            (None, sign) if sign == close => {
                depth -= 1;
                if depth == 0 {
                    return at + offset + sign.len_utf8();
                }
            }
            _ => {}
        }
    }
    script.len()
}
