//! What templates and expressions are made of: values, as JSON, as text and for people, within limits.

use std::io::{self, Write as _};

use minijinja::value::Value as Hole;
use minijinja::{Environment, Error, ErrorKind};
use serde_json::Value as Json;

use crate::files;
use crate::limits;

/// A value as a filter of ours looks at it: no larger than what a template may write.
pub(super) fn json_of(value: &Hole) -> Result<Json, Error> {
    let bytes = written(value)?;
    serde_json::from_slice(&bytes).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// No Kubernetes object holds as many of anything.
const MAX_ELEMENTS: usize = 100_000;

/// The elements of a list, or the keys of a map.
pub(super) fn elements(value: &Hole) -> Result<impl Iterator<Item = Hole>, Error> {
    let elements: Vec<Hole> = value.try_iter()?.take(MAX_ELEMENTS + 1).collect();
    if elements.len() > MAX_ELEMENTS {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("a list of more than {MAX_ELEMENTS} elements")));
    }
    Ok(elements.into_iter())
}

/// A value as JSON.
fn written(value: &Hole) -> Result<Vec<u8>, Error> {
    let mut out = Bounded(Vec::new());
    serde_json::to_writer(&mut out, value).map_err(|error| {
        let kind = if error.is_io() { ErrorKind::WriteFailure } else { ErrorKind::BadSerialization };
        Error::new(kind, error.to_string())
    })?;
    Ok(out.0)
}

/// A value for people to read.
pub(super) fn shown(value: &Hole) -> Result<String, Error> {
    let mut out = Bounded(Vec::new());
    write!(out, "{value}").map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))?;
    String::from_utf8(out.0).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// An environment in which no template runs forever.
pub(super) fn fuelled() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(limits::INSTRUCTIONS.most));
    environment
}

/// What a template writes, up to a limit.
pub(super) struct Bounded(pub Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > limits::RENDERED.count() {
            return Err(files::too_large(limits::RENDERED));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An error of an included template says little without its cause.
pub(super) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A value as JSON that YAML 1.1 reads back the same: what YAML takes for a line break or refuses is escaped.
pub(super) fn json(value: &Hole) -> Result<String, Error> {
    let text = String::from_utf8(written(value)?)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    let special = |character: char| {
        matches!(character, '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    if !text.contains(special) {
        return Ok(text);
    }
    let escape = |character: char| {
        if special(character) { format!("\\u{:04x}", character as u32) } else { character.to_string() }
    };
    Ok(text.chars().map(escape).collect())
}

/// Outside of YAML each format has its own escapes: text must go through a filter that knows them.
pub(super) fn plain(value: &Hole) -> Result<String, Error> {
    if value.is_number() || matches!(value.kind(), minijinja::value::ValueKind::Bool) {
        return Ok(value.to_string());
    }
    Err(Error::new(ErrorKind::BadEscape, "text in a template that is not YAML needs a filter of its format"))
}
