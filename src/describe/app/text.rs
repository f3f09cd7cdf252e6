//! Texts of a container: commands, arguments and values, as they were written.

use super::super::formats::has_password;
use super::super::spanned::{Kind, Spanned};
use crate::command_secrets::Words;
use crate::diagnostic::Finding;
use crate::words::is_secret_name;

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
            if is_secret_argument(&text) || is_secret_word(&mut words, &text) {
                self.findings.push(
                    Finding::error(item.place.label(""), "this is a plaintext secret")
                        .hide(item.place.span)
                        .because("arguments show in the Pod's spec and in every process list")
                        .help("put it into `env` as secret/<name>/<key>, and refer to it as $(NAME)"),
                );
            }
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
                value.place.label(format!("is {canonical} in YAML")),
                "this is text in the container, but YAML reads it differently",
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

/// A variable that is named like a secret and holds a plain value, or a value that is one by its form.
/// References to files and addresses are none.
#[must_use]
pub fn looks_like_secret(name: &str, value: &str) -> bool {
    let named = is_secret_name(name);
    let pointer = value.is_empty() || value.starts_with('/') || value.starts_with("$(") || value.contains("://");
    // a switch: whether there is a password, not which
    let flag = FLAGS.iter().any(|flag| value.eq_ignore_ascii_case(flag));
    (named && !pointer && !flag) || is_secret_by_form(value)
}

/// What a switch says.
const FLAGS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "0", "1", "enabled", "disabled"];

/// A private key, or an address with a password in it.
fn is_secret_by_form(value: &str) -> bool {
    has_password(value) || is_data_source(value) || (value.contains("-----BEGIN") && value.contains("PRIVATE KEY"))
}

/// An address as Go's drivers of `MySQL` take it, with a password: `shop:s3cret@tcp(db:3306)/shop`.
fn is_data_source(value: &str) -> bool {
    let Some((login, rest)) = value.rsplit_once('@') else { return false };
    let is_network = ["tcp(", "tcp6(", "unix(", "udp("].iter().any(|network| rest.starts_with(network));
    let password = login.split_once(':').map_or("", |(_, password)| password);
    is_network && !password.is_empty() && !password.starts_with('$') && !login.contains(char::is_whitespace)
}

/// The word after `--password`, or `-px` of `mysql`, as the command before it takes it.
pub(crate) fn is_secret_word(words: &mut Words, word: &str) -> bool {
    let from = words.secret_from(word);
    // `--password=x` is looked at by itself
    !word.contains('=') && from.is_some_and(|from| looks_like_secret("PASSWORD", &word[from..]))
}

/// `--password=…` as an argument.
fn is_secret_argument(argument: &str) -> bool {
    let option = argument.strip_prefix('-').and_then(|option| option.trim_start_matches('-').split_once('='));
    is_secret_by_form(argument) || option.is_some_and(|(name, value)| looks_like_secret(name, value))
}
