//! A pattern's `pattern.yaml` as a definition, and what is wrong where it cannot be one.

use std::sync::Arc;

use crate::describe::{Place, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Definition;
use crate::pattern::catalogue::folders::Folder;
use crate::words::{did_you_mean, nearest};
use crate::yaml::{self, Source};

/// The file as far as it can be read, and what is wrong with it.
pub(super) fn read(folder: &Folder) -> (Option<Spanned>, Vec<Finding>) {
    let Some(text) = folder.file("pattern.yaml") else { return (None, Vec::new()) };
    let source = Arc::new(Source::from_text(folder.display("pattern.yaml"), text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    let mut findings = Vec::from_iter(refusal.map(|refusal| crate::kube::refused(&refusal, &source)));
    let Some(document) = documents.first() else { return (None, findings) };
    for duplicate in document.written_twice() {
        let place = Place { source: Arc::clone(&source), span: document.span(duplicate.lost.key) };
        findings.push(Finding::error(place.label(""), format!("`{}` is duplicated", document.key(&duplicate.lost))));
    }
    (Some(Spanned::from_node(document, document.root())), findings)
}

/// The definition, or what serde says against it at the place it says it of.
pub(super) fn of(root: &Spanned) -> Result<Definition, Box<Finding>> {
    let (error, path) = match Definition::read(&root.to_json()) {
        Ok(definition) => return Ok(definition),
        Err(wrong) => wrong,
    };
    let message = error.to_string();
    let mut at = root;
    for segment in &path {
        let next = match segment {
            serde_path_to_error::Segment::Map { key } => at.get(key),
            serde_path_to_error::Segment::Seq { index } => at.items().get(*index),
            _ => None,
        };
        at = next.unwrap_or(at);
    }
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (subject, known) = names.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    if message.starts_with("unknown field") {
        let place = member_below(root, subject).unwrap_or(&at.place);
        let meant = nearest(subject, known.iter().copied());
        let label = meant.map_or_else(String::new, did_you_mean);
        let finding = Finding::error(place.label(label), format!("pattern.yaml has no key `{subject}` here"));
        return Err(Box::new(finding.help("`patterns explain https --source` prints a whole pattern")));
    }
    let message = if message.starts_with("missing field") {
        format!("pattern.yaml needs `{subject}` here")
    } else {
        let mut names = path.iter().filter_map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => Some(key.as_str()),
            _ => None,
        });
        in_words(&message, names.next_back().unwrap_or("pattern.yaml"))
    };
    let finding = Finding::error(at.place.label(""), message);
    Err(Box::new(finding.help("`patterns explain https --source` prints a whole pattern")))
}

/// What serde says of a value, in our words.
fn in_words(message: &str, name: &str) -> String {
    let noun = |serde: &str| match serde.split([' ', ',']).next().unwrap_or_default() {
        "map" | "struct" => "a map".to_owned(),
        "sequence" => "a list".to_owned(),
        "string" => "a text".to_owned(),
        "integer" => "a number".to_owned(),
        "floating" => "a fraction".to_owned(),
        "boolean" => "true or false".to_owned(),
        "null" | "unit" => "nothing".to_owned(),
        "u16" => "a port number".to_owned(),
        "u32" | "u64" | "usize" | "i64" => "a whole number".to_owned(),
        _ => serde.to_owned(),
    };
    let wrong = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match wrong.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, wanted)) => {
            let wanted = wanted.strip_prefix("a ").or_else(|| wanted.strip_prefix("an ")).unwrap_or(wanted);
            format!("`{name}` takes {}, not {}", noun(wanted), noun(found))
        }
        None => message.to_owned(),
    }
}

/// The key of that name, wherever it is, outside of `params`.
fn member_below<'a>(value: &'a Spanned, key: &str) -> Option<&'a Place> {
    if let Some(member) = value.member(key) {
        return Some(&member.key_place);
    }
    let members = value.members().iter().filter(|member| member.key != "params").map(|member| &member.value);
    members.chain(value.items()).find_map(|inner| member_below(inner, key))
}
