//! What kubectl refuses to read, without the secrets that are in it.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::diagnostic::Finding;
use crate::secret_texts::by_form;
use crate::words::is_secret_name;
use crate::yaml::{Refusal, Source, Span};

/// The parts of a text between separators, and which of them hold a Secret: what kubectl refuses there may not be
/// shown. Elsewhere the values under names of secrets may not.
#[derive(Debug)]
pub struct RefusedSecrets<'text> {
    text: &'text str,
    /// Where each part's separator is, the part itself, and whether it says `kind: Secret`.
    parts: Vec<(usize, Span, bool)>,
    by_name: OnceCell<Vec<Span>>,
}

impl<'text> RefusedSecrets<'text> {
    /// Looks through a text once.
    #[must_use]
    pub fn of(text: &'text str) -> Self {
        let is_separator = |line: &str| {
            line.strip_prefix("---").is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#'))
        };
        let mut parts = vec![(0, 0)];
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            // A separator that is inside the Secret by mistake leaves its rest without its own kind.
            if is_separator(line) && has_kind(&text[at + line.len()..]) {
                parts.push((at, at + line.len()));
            }
            at += line.len();
        }
        let ends = parts.iter().skip(1).map(|(separator, _)| *separator).chain([text.len()]);
        let parts = parts.iter().zip(ends).map(|((separator, start), end)| {
            let end = end.max(*start);
            (*separator, Span::new(*start, end), names_a_secret(&text[*start..end]))
        });
        Self { text, parts: parts.collect(), by_name: OnceCell::new() }
    }

    /// The bytes around a refusal that may not be shown, if it is in a Secret: of each line all but the key.
    pub fn around(&self, refusal: Span) -> impl Iterator<Item = Span> {
        let next = self.parts.partition_point(|(separator, ..)| *separator <= refusal.range().start).max(1);
        let part = self.parts.get(next - 1).filter(|(.., is_secret)| *is_secret).map(|(_, part, _)| *part);
        part.into_iter().flat_map(|part| values(self.text, part))
    }

    /// The values under names of secrets, and passwords in addresses, in order.
    #[must_use]
    pub fn by_name(&self) -> &[Span] {
        self.by_name.get_or_init(|| {
            let mut all = by_name(self.text);
            all.extend(by_form(self.text).into_iter().map(|range| Span::new(range.start, range.end)));
            all.sort_unstable();
            all
        })
    }

    /// What a refusal says, without the bytes of a secret.
    #[must_use]
    pub fn message(&self, refusal: &Refusal) -> String {
        masked(&refusal.message, &self.hidden_beside(refusal))
    }

    /// What to do about a refusal, without the bytes of a secret.
    #[must_use]
    pub fn help(&self, refusal: &Refusal) -> Option<String> {
        refusal.help.as_deref().map(|help| masked(help, &self.hidden_beside(refusal)))
    }

    /// What is hidden on the lines of a refusal.
    fn hidden_beside(&self, refusal: &Refusal) -> Vec<&'text str> {
        let range = refusal.span.range();
        let start = self.text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let end =
            self.text.get(range.end..).and_then(|after| after.find('\n')).map_or(self.text.len(), |at| range.end + at);
        let lines = Span::new(start, end.max(start));
        let next = self.parts.partition_point(|(separator, ..)| *separator <= range.start).max(1);
        let is_secret = self.parts.get(next - 1).is_some_and(|(.., is_secret)| *is_secret);
        let of_secret = is_secret.then(|| values(self.text, lines)).into_iter().flatten();
        let from = self.by_name().partition_point(|span| span.range().end <= start);
        let of_names = self.by_name()[from..].iter().copied().take_while(|span| span.range().start < end);
        of_secret.chain(of_names).filter_map(|span| self.text.get(span.range())).collect()
    }
}

/// A refusal as something to show.
#[must_use]
pub fn refused(refusal: &Refusal, source: &Arc<Source>) -> Finding {
    let secrets = RefusedSecrets::of(&source.text);
    let (message, help) = (secrets.message(refusal), secrets.help(refusal));
    Finding { message, help, ..Finding::of_refusal(refusal.clone(), source) }
}

/// Takes out what a message quotes of hidden texts.
fn masked(message: &str, hidden: &[&str]) -> String {
    let repeats = |quoted: &str| {
        let words = quoted.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() > 1);
        words.into_iter().any(|word| hidden.iter().any(|text| text.contains(word)))
    };
    // `quote it: "…"`, whose text may hold quotes itself
    let behind = message.find(": \"").or_else(|| message.find(": '")).map_or(message.len(), |at| at + 2);
    let (before, quoted) = message.split_at(behind);
    let mut out = String::with_capacity(message.len());
    for (number, piece) in before.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        out.push_str(if number % 2 == 1 && repeats(piece) { "…" } else { piece });
    }
    if repeats(quoted) { out.trim_end_matches([' ', ':']).to_owned() } else { out + quoted }
}

/// The bytes of lines but for keys.
fn values(text: &str, lines: Span) -> Vec<Span> {
    let mut at = lines.range().start;
    let mut all = Vec::new();
    for line in text.get(lines.range()).unwrap_or_default().split_inclusive('\n') {
        let start = at;
        at += line.len();
        all.push(Span::new(start + key_end(line).unwrap_or(0), at));
    }
    all
}

/// Where the value of a line begins, behind the colon.
fn key_end(line: &str) -> Option<usize> {
    line.find(": ").or_else(|| line.trim_end().strip_suffix(':').map(str::len)).map(|colon| colon + 1)
}

/// Line by line, for there is no tree: what is beside `name: DB_PASSWORD` in an element of a list, and what is
/// behind `DB_PASSWORD:`, with the lines that go on with it.
fn by_name(text: &str) -> Vec<Span> {
    let mut all = Vec::new();
    let mut element: Vec<(usize, &str)> = Vec::new();
    // the indentation of the key whose value goes on
    let mut goes_on: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_start_matches(' ');
        let indentation = line.len() - bare.len();
        if bare.trim().is_empty() {
            continue;
        }
        let ends = element.first().is_some_and(|(_, first)| indentation <= first.len() - first.trim_start().len());
        if bare.starts_with('-') || ends {
            of_element(&element, &mut all);
            element.clear();
        }
        if bare.starts_with('-') || !element.is_empty() {
            element.push((start, line));
        }
        if goes_on.is_some_and(|key| indentation > key) {
            all.push(Span::new(start, at));
            continue;
        }
        goes_on = None;
        let Some(value) = key_end(bare) else { continue };
        let key = bare[..value - 1].trim_matches([' ', '-', '"', '\'', '{']);
        // the names in a map under it say what they hold
        if is_secret_name(key) && !bare[value..].trim().is_empty() {
            all.push(Span::new(start + indentation + value, at));
            goes_on = Some(indentation);
        }
    }
    of_element(&element, &mut all);
    all
}

/// Hides the values of an element of a list that is named as a secret.
fn of_element(lines: &[(usize, &str)], all: &mut Vec<Span>) {
    let is_named = |line: &str| {
        let Some((_, name)) = line.split_once("name:") else { return false };
        let name = name.trim_start_matches([' ', '"', '\'']);
        let end = name.find([',', '}', '"', '\'', ' ', '\n', '\r']).unwrap_or(name.len());
        is_secret_name(&name[..end])
    };
    if !lines.iter().any(|(_, line)| is_named(line)) {
        return;
    }
    for (start, line) in lines {
        let from = match line.split_once("name:") {
            // `- {name: DB_PASSWORD, value: …}`
            Some((before, name)) => {
                let comma = name.find(',').unwrap_or(name.len());
                let value = name[comma..].find(':').map_or(name.len(), |colon| comma + colon + 1);
                before.len() + "name:".len() + value
            }
            None => key_end(line).unwrap_or(0),
        };
        if from < line.len() {
            all.push(Span::new(start + from, start + line.len()));
        }
    }
}

/// Whether the document that a text begins with says which kind it is.
fn has_kind(text: &str) -> bool {
    text.lines()
        .take_while(|line| !line.starts_with("---"))
        .any(|line| line.trim_start_matches(['{', '"', ' ']).starts_with("kind"))
}

/// Whether a text, readable or not, says `kind: Secret`.
#[must_use]
pub fn names_a_secret(text: &str) -> bool {
    const WORD: &str = "Secret";
    memchr::memmem::find_iter(text.as_bytes(), WORD).any(|at| {
        let before = text[..at].trim_end_matches([' ', '"', '\'', '\t']);
        let before = before.strip_suffix(':').unwrap_or_default();
        let after = &text[at + WORD.len()..];
        let after = after.strip_prefix("List").unwrap_or(after);
        !after.starts_with(char::is_alphanumeric) && before.trim_end_matches(['"', '\'', ' ']).ends_with("kind")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<&str> {
        let spans = by_name(text);
        spans.iter().map(|span| text[span.range()].trim()).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn variables_are_hidden_line_by_line() {
        let text = "env:\n- name: DB_PASSWORD\n  value: hunter2\n- {name: API_TOKEN, value: abc}\n- name: MODE\n  value: fast\n\
                    - valeu: \"hunter3\n  name: AWS_SECRET_ACCESS_KEY\nimage: nginx\n";
        assert_eq!(hidden(text), ["hunter2", "abc}", "\"hunter3"]);
        let text = "- name: A_TOKEN\n  valueFrom:\n    secretKeyRef: {name: a, key: b}\n- name: B\n  value: c\n";
        assert_eq!(hidden(text), ["b}"]);
    }

    #[test]
    fn keys_are_hidden_with_the_lines_that_go_on() {
        let text = "data:\n  DB_PASSWORD: |\n    hunter2\n\n    x: y\n  MODE: fast\n  token: 'hunter3\nsecret:\n  secretName: a\n";
        assert_eq!(hidden(text), ["|", "hunter2", "x: y", "'hunter3"]);
    }

    #[test]
    fn messages_quote_no_hidden_text() {
        let hidden = ["@hunter2 x"];
        assert_eq!(masked("no value can start with `@hunter2`", &hidden), "no value can start with `…`");
        assert_eq!(masked("quote it: \"@hunter2 \\\" x\"", &hidden), "quote it");
        assert_eq!(masked("write `\\\\` for a backslash", &hidden), "write `\\\\` for a backslash");
        assert_eq!(masked("write `key: value`, or indent", &hidden), "write `key: value`, or indent");
    }
}
