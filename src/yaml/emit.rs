//! Writing YAML that kubectl reads back as what was meant.
//!
//! The writer is `serde-saphyr`. `serde_yaml` and its forks leave `yes`, `on`, `1_000` and `<<` unquoted,
//! which kubectl then reads as booleans, numbers and merge keys. Whatever is written is read back with our own
//! reader before anyone sees it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::read::{as_kubectl, read};
use super::source::Source;

/// Why nothing was written: a mistake of ours, not of the user's.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The writer refused a value.
    #[error("cannot write this as YAML: {0}")]
    Write(String),
    /// What was written reads back as something else.
    #[error("what was written would be read back differently")]
    RoundTrip,
}

/// Writes one object as one YAML document without a separator.
///
/// # Errors
/// [`EmitError`].
pub fn to_yaml(value: &Json) -> Result<String, EmitError> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: true,
        // a long line stays one line: folding is hard to read and to diff
        folded_wrap_chars: usize::MAX,
    };
    let text =
        serde_saphyr::to_string_with_options(value, options).map_err(|error| EmitError::Write(error.to_string()))?;
    let source = Arc::new(Source::from_text("", text));
    let (documents, refusal) = as_kubectl(read(&source));
    let same = match documents.as_slice() {
        [document] if refusal.is_none() => {
            let json = document.to_json(document.root());
            serde_json::from_str::<Json>(&json).is_ok_and(|read| read == *value)
        }
        _ => false,
    };
    if !same {
        return Err(EmitError::RoundTrip);
    }
    Arc::try_unwrap(source).map_or_else(|source| Ok(source.text.clone()), |source| Ok(source.text))
}

/// Writes several objects as one stream.
///
/// # Errors
/// [`EmitError`].
pub fn to_stream(values: &[Json]) -> Result<String, EmitError> {
    let documents = values.iter().map(to_yaml).collect::<Result<Vec<_>, _>>()?;
    Ok(documents.join("---\n"))
}
