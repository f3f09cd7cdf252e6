//! Words of messages.

use crate::kube::{Object, Path, Segment};
use crate::words::{clip, is_secret_name};
use crate::yaml::{NodeId, Value};

/// A value as written, in backticks; for what is secret only "this value".
pub fn shown(object: &Object, node: NodeId) -> String {
    if is_secret(object, node) {
        return "this value".to_owned();
    }
    format!("`{}`", clip(object.document.raw(node).trim_end()))
}

/// Whether a node holds what a Secret keeps, or a value under a name that says so.
fn is_secret(object: &Object, node: NodeId) -> bool {
    let document = &object.document;
    let path = Path::between(document, object.node, node);
    let in_secret =
        object.id.kind == "Secret" && matches!(path.fields().first(), Some(&("data" | "stringData" | "metadata")));
    let name = match path.0.as_slice() {
        [above @ .., Segment::Key(value)] if value == "value" => {
            let step = |at, step: &Segment| match step {
                Segment::Key(key) => document.get(at, key),
                Segment::Item(index) => document.items(at).get(*index).copied(),
            };
            above.iter().try_fold(object.node, step).and_then(|map| document.get_str(map, "name"))
        }
        [.., Segment::Key(key)] => Some(key.as_str()),
        _ => None,
    };
    in_secret || name.is_some_and(is_secret_name)
}

/// What a node holds, as a noun: "the number 420", "a list".
pub fn reading(object: &Object, node: NodeId) -> String {
    match object.document.value(node) {
        Value::Bool(value) if !is_secret(object, node) => format!("the boolean {value}"),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) if !is_secret(object, node) => {
            format!("the number {}", object.document.to_json(node))
        }
        other => format!("a {}", other.type_name()),
    }
}

/// What is at a path, as the subject of "… wants a string" or "… are strings".
pub fn subject(path: &Path) -> (String, bool) {
    use Segment::{Item, Key};
    match path.0.as_slice() {
        [.., Key(env), Item(_), Key(value)] if env == "env" && value == "value" => ("env values".to_owned(), true),
        [.., Key(map), Key(_)] if is_string_map(map) => (map.clone(), true),
        [Key(map), Key(_)] if matches!(map.as_str(), "data" | "stringData") => (format!("values of `{map}`"), true),
        [.., Key(list), Item(_)] => (format!("items of `{list}`"), true),
        _ => (path.field().map_or_else(|| "it".to_owned(), |field| format!("`{field}`")), false),
    }
}

fn is_string_map(name: &str) -> bool {
    matches!(name, "labels" | "annotations" | "matchLabels" | "nodeSelector")
}

pub use crate::words::is_placeholder;

/// A key as it is written, without its quotes.
pub fn bare(raw: &str) -> &str {
    raw.trim_matches(['"', '\''])
}

/// The first character of a text that looks like a space or like nothing at all and that YAML takes as a letter, with its name.
pub fn look_alike(text: &str) -> Option<String> {
    let found = text.chars().find(|character| is_look_alike(*character))?;
    let name = match found {
        '\u{a0}' | '\u{202f}' => "a no-break space",
        '\u{200b}'..='\u{200d}' | '\u{2060}' => "a character without width",
        '\u{feff}' => "a byte order mark",
        '\u{ad}' => "a soft hyphen",
        _ => "a space other than that of the keyboard",
    };
    Some(format!("{name} (U+{:04X})", u32::from(found)))
}

/// The text without them.
pub fn without_look_alikes(text: &str) -> String {
    text.chars().filter(|character| !is_look_alike(*character)).collect::<String>().trim().to_owned()
}

fn is_look_alike(character: char) -> bool {
    (character.is_whitespace() && !character.is_ascii() && character != '\u{85}')
        || matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}
