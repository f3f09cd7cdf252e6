//! JSON for programs that people look at, too: what a terminal obeys, and what turns the direction of writing, is in
//! it as an escape. JSON asks that only of the characters below U+0020 (RFC 8259, section 7).

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::excerpt::is_control;

/// Writes a value on one line, with a line break after it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serializer(&mut *out))?;
    writeln!(out)
}

/// What writes values so.
pub fn serializer<W: io::Write>(out: W) -> Serializer<W, Escaping> {
    Serializer::with_formatter(out, Escaping)
}

/// The same of text that is JSON already: such characters are in its strings only.
#[must_use]
pub fn text(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        // the breaks of a text with several lines are between its values
        if is_control(character) && !matches!(character, '\n' | '\t') {
            escape(character, &mut escaped);
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn escape(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Escapes them in each string.
#[derive(Debug)]
pub struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.contains(is_control) {
            CompactFormatter.write_string_fragment(out, &text(fragment))
        } else {
            CompactFormatter.write_string_fragment(out, fragment)
        }
    }
}
