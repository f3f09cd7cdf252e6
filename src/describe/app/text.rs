//! Texts of a container: commands, arguments and values, as they were written.

use super::super::spanned::{Kind, Spanned};
use crate::command_secrets::Words;
use crate::diagnostic::Finding;
use crate::secret_texts::{holds_secret, in_value, is_plain, is_secret};
use crate::yaml::Span;

/// Reads a container, and goes on after a mistake, so that all of them show in one run.
#[derive(Default)]
pub(super) struct AppReader {
    /// What is wrong with what has been read.
    pub findings: Vec<Finding>,
}

impl AppReader {
    /// A command or its arguments.
    pub fn texts(&mut self, list: Option<&Spanned>) -> Vec<String> {
        let items = list.map(Spanned::items).unwrap_or_default();
        let mut texts = Vec::with_capacity(items.len());
        let mut words = Words::default();
        for item in items {
            let Some(text) = self.scalar(item) else { continue };
            if text.contains('\0') {
                self.findings.push(
                    Finding::error(item.place.label(""), "an argument cannot hold the character U+0000")
                        .because("arguments are C strings, which end there"),
                );
            }
            self.findings.extend(check_argument(item, &text, &mut words));
            texts.push(text);
        }
        texts
    }

    /// A scalar as the text that was written. Where YAML reads something else out of it than what is
    /// there (`0644`, `yes`, `1_000`), only the author knows which was meant.
    pub fn scalar(&mut self, value: &Spanned) -> Option<String> {
        if let Kind::Text(text) = &value.kind {
            return Some(text.clone());
        }
        let written = value.place.source.slice(value.place.span);
        let canonical = match &value.kind {
            Kind::Number(_) | Kind::Bool(_) => value.to_json().to_string(),
            _ => return None,
        };
        let same_number = written.parse::<f64>().is_ok() && !has_leading_zero(written);
        if written == canonical || written.contains("${") || written.is_empty() {
            return Some(canonical);
        }
        if same_number && matches!(value.kind, Kind::Number(_)) {
            return Some(written.to_owned());
        }
        self.findings.push(
            Finding::error(
                value.place.label(""),
                format!("YAML reads `{written}` as {canonical}, but this value is text"),
            )
            .because("descriptions are read as YAML 1.1, as kubectl does")
            .help(format!("write \"{written}\"")),
        );
        None
    }
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
}

/// A variable that is named like a secret and holds a plain value, or a value that has one in it.
/// References to files and addresses are none.
#[must_use]
pub fn looks_like_secret(name: &str, value: &str) -> bool {
    is_secret(name, value) || holds_secret(value)
}

/// That an argument, or a word of a check's command, is a secret in the open.
fn check_argument(item: &Spanned, text: &str, words: &mut Words) -> Option<Finding> {
    // asked first, for it remembers the word
    let from = words.secret_from(text).filter(|from| is_plain(&text[*from..]));
    (from.is_some() || holds_secret(text)).then(|| {
        let before = word_before_secret(text).map_or_else(String::new, |word| format!("behind `{word}`"));
        Finding::error(item.place.label(before), "this is a plaintext secret")
            .hide(from.and_then(|from| behind_option(item, text, from)).unwrap_or(item.place.span))
            .because("arguments show in the Pod's spec and in every process list")
            .help("put it into `env` as secret/<name>/<key>, and refer to it as $(NAME)")
    })
}

/// Where the value of an option is that is written as it is, so that the option itself is shown: `--password=…`.
fn behind_option(item: &Spanned, text: &str, from: usize) -> Option<Span> {
    let whole = item.place.span;
    let at =
        item.place.source.slice(whole).find(text).filter(|_| text.starts_with('-') && text[..from].ends_with('='))?;
    let start = whole.range().start + at + from;
    Some(Span::new(start, whole.range().end))
}

/// The word in front of the first secret of a script, `PGPASSWORD=`: all of the script is hidden, and may be long.
fn word_before_secret(text: &str) -> Option<&str> {
    let first = in_value(text).into_iter().map(|secret| secret.start).min()?;
    let is_quote = |letter: char| matches!(letter, '"' | '\'' | '\\');
    let before = text[..first].trim_end_matches(is_quote).trim_end();
    let word = before.rsplit(|letter: char| letter.is_whitespace() || is_quote(letter)).next()?;
    (text.contains(char::is_whitespace) && !word.is_empty() && word.len() <= 60).then_some(word)
}

/// What of a command is a secret in the open.
pub(super) fn check_command(items: &[Spanned]) -> Vec<Finding> {
    let mut words = Words::default();
    items.iter().filter_map(|item| check_argument(item, item.text()?, &mut words)).collect()
}
