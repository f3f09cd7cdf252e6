//! Writing YAML that kubectl reads back as what was meant.
//!
//! The writer is `serde-saphyr`. `serde_yaml` and its forks leave `yes`, `on`, `1_000` and `<<` unquoted,
//! which kubectl then reads as booleans, numbers and merge keys. Whatever is written is read back with our own
//! reader before anyone sees it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::octal;
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
            read_back(&json).is_some_and(|read| is_read_as(value, &read))
        }
        _ => false,
    };
    if !same {
        return Err(EmitError::RoundTrip);
    }
    Arc::try_unwrap(source).map_or_else(|source| Ok(source.text.clone()), |source| Ok(source.text))
}

/// Reads JSON of any depth: the value that it is of has taken that much stack already.
fn read_back(json: &str) -> Option<Json> {
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.disable_recursion_limit();
    reader.into_iter().next()?.ok()
}

/// Whether `read` is what kubectl makes of `value`: the same, but that it reads a whole number written as a fraction
/// (`1.0`) as an integer.
fn is_read_as(value: &Json, read: &Json) -> bool {
    match (value, read) {
        (Json::Number(value), Json::Number(read)) if value.is_f64() && !read.is_f64() => {
            value.as_f64() == read.as_f64()
        }
        (Json::Array(values), Json::Array(read)) => {
            values.len() == read.len() && values.iter().zip(read).all(|(value, read)| is_read_as(value, read))
        }
        (Json::Object(values), Json::Object(read)) => {
            values.len() == read.len()
                && values.iter().all(|(key, value)| read.get(key).is_some_and(|read| is_read_as(value, read)))
        }
        _ => value == read,
    }
}

/// Writes one Kubernetes object for people too: modes of files, which are numbers, are followed by a comment with the
/// octal digits that `ls` and `chmod` show.
///
/// # Errors
/// [`EmitError`].
pub fn to_manifest(value: &Json) -> Result<String, EmitError> {
    to_yaml(value).map(octal::comment)
}

/// Writes several objects as one stream.
///
/// # Errors
/// [`EmitError`].
pub fn to_stream(values: &[Json]) -> Result<String, EmitError> {
    let documents = values.iter().map(to_yaml).collect::<Result<Vec<_>, _>>()?;
    Ok(documents.join("---\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_read_as;

    #[test]
    fn a_fraction_may_become_an_integer_and_never_the_reverse() {
        assert!(is_read_as(&json!({"a": [1.0, 2]}), &json!({"a": [1, 2]})));
        assert!(!is_read_as(&json!(1), &json!(1.0)));
        assert!(!is_read_as(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992.0)));
        assert!(!is_read_as(&json!(1.5), &json!(1)));
        assert!(!is_read_as(&json!([1.0]), &json!([1, 1])));
        assert!(!is_read_as(&json!({"a": 1.0}), &json!({"b": 1})));
        assert!(!is_read_as(&json!("1.0"), &json!(1)));
    }
}
