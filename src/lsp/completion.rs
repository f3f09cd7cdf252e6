//! What may be written at the cursor: in descriptions, in `.patterns.yaml`, and the rules of an ignore.

use std::collections::BTreeSet;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, Range, TextEdit,
};
use serde_json::Value as Json;

use super::catalogue::{Known, Place, pattern_at};
use super::cursor::{self, Cursor, Slot, Step};
use super::folders::Seen;
use super::hover::without_environment;
use super::positions::Encoding;
use super::shape::Shape;
use crate::kube::validation::Target;
use crate::lint;
use crate::pattern::{self, Definition};
use crate::project;
use crate::rules;

/// So many images of the workspace are offered.
const MOST_IMAGES: usize = 50;

/// What may be written.
struct Offer {
    /// The word.
    word: String,
    /// What is inserted, without the indentation of its further lines.
    text: String,
    /// Whether that is a snippet.
    is_snippet: bool,
    kind: CompletionItemKind,
    /// A few words beside it.
    detail: Option<String>,
    /// What it is for.
    about: Option<String>,
}

impl Offer {
    fn new(word: impl Into<String>, kind: CompletionItemKind) -> Self {
        let word = word.into();
        Self { text: word.clone(), word, is_snippet: false, kind, detail: None, about: None }
    }

    fn about(self, about: Option<&str>) -> Self {
        Self { about: about.map(str::to_owned), ..self }
    }
}

/// What may be written at a byte of a text.
#[must_use]
pub fn at(seen: Seen<'_>, offset: usize, takes_snippets: bool, encoding: Encoding) -> Vec<CompletionItem> {
    let text = seen.buffer.text.as_str();
    let cursor = cursor::at(text, offset);
    let is_settings = seen.buffer.path.as_ref().is_some_and(|path| path.ends_with(project::FILE_NAME));
    let (start, offers) = match cursor.slot {
        Slot::Comment => of_ignore(text, offset),
        Slot::Key | Slot::Value { .. } if is_settings => (cursor.start, of_settings(&cursor)),
        Slot::Key | Slot::Value { .. } if seen.file.is_description() || is_begun(text, &cursor) => {
            (cursor.start, of_description(seen, &cursor))
        }
        Slot::Text | Slot::Key | Slot::Value { .. } => return Vec::new(),
    };
    let Some(written) = text.get(start..offset.min(text.len())) else { return Vec::new() };
    let column = written_column(text, start);
    let range = Range {
        start: encoding.position(&seen.file.source, start),
        end: encoding.position(&seen.file.source, start + written.len()),
    };
    let item = |(at, offer): (usize, Offer)| {
        let is_snippet = offer.is_snippet && takes_snippets;
        let new_text = if offer.is_snippet && !takes_snippets { without_stops(&offer.text) } else { offer.text };
        let new_text = new_text.replace('\n', &format!("\n{}", " ".repeat(column)));
        CompletionItem {
            label: offer.word.clone(),
            kind: Some(offer.kind),
            detail: offer.detail,
            documentation: offer.about.map(Documentation::String),
            // In the order of the schema, which is that of reading.
            sort_text: Some(format!("{at:04}")),
            filter_text: Some(offer.word),
            insert_text_format: Some(if is_snippet { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
            ..CompletionItem::default()
        }
    };
    offers.into_iter().enumerate().map(item).collect()
}

/// Whether a document has begun that becomes a description, or may: one that says `patterns:`, or nothing yet.
fn is_begun(text: &str, cursor: &Cursor) -> bool {
    let document = text[cursor.document..].split("\n---").next().unwrap_or_default();
    "patterns".starts_with(document.trim()) || document.lines().any(|line| line.starts_with("patterns:"))
}

fn written_column(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |before| before + 1);
    text[line..at].chars().count()
}

/// A snippet as plain text: `${1:shop}` is `shop`.
fn without_stops(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(stop) = rest.strip_prefix('{') {
            let (inside, after) = stop.split_once('}').unwrap_or((stop, ""));
            out.push_str(inside.split_once(':').map_or("", |(_, default)| default));
            rest = after;
        } else {
            rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        }
    }
    out + rest
}

/// The rules that an ignore may name.
fn of_ignore(text: &str, offset: usize) -> (usize, Vec<Offer>) {
    let line_start = text[..offset].rfind('\n').map_or(0, |before| before + 1);
    let line = &text[line_start..offset];
    let is_ignore = line.contains("patterns:") && line.contains("ignore");
    match line.rfind(['[', ',']).filter(|_| is_ignore && !line.contains(']')) {
        Some(bracket) => {
            let rest = &line[bracket + 1..];
            (offset - rest.trim_start().len(), of_rules())
        }
        None => (offset, Vec::new()),
    }
}

fn of_rules() -> Vec<Offer> {
    let rule = |rule: &'static rules::Rule| Offer {
        detail: Some(format!("{}, {}", rule.id.family, rule.level.name())),
        about: Some(rule.summary()),
        ..Offer::new(rule.id.name, CompletionItemKind::CONSTANT)
    };
    rules::all().map(rule).collect()
}

fn of_settings(cursor: &Cursor) -> Vec<Offer> {
    let schema = pattern::settings_schema(project::grammar(), lint::settings_schema());
    let names = cursor.names();
    let is_rule_name = names == ["lint", "rules"] || names.ends_with(&["exceptions", "[]", "rule"]);
    if is_rule_name {
        let suffix = if names.last() == Some(&"rules") { ": " } else { "" };
        return of_rules()
            .into_iter()
            .map(|offer| Offer { text: format!("{}{suffix}", offer.word), ..offer })
            .collect();
    }
    if names == ["target"] {
        return of_targets();
    }
    of_shapes(&Shape::new(&schema, None).at(&cursor.path), cursor)
}

fn of_description(seen: Seen<'_>, cursor: &Cursor) -> Vec<Offer> {
    let text = &seen.buffer.text[cursor.document..];
    if !text.lines().any(|line| line.starts_with("patterns:")) && cursor.path.is_empty() && cursor.keys.is_empty() {
        return vec![of_start()];
    }
    let known = Known::of(seen);
    let path = without_environment(&cursor.path);
    if let Some(place) = pattern_at(path) {
        return of_patterns(&known, place, cursor);
    }
    let names: Vec<&str> =
        path.iter().map(|step| if let Step::Key(key) = step { key.as_str() } else { "[]" }).collect();
    match names.as_slice() {
        ["target"] => return of_targets(),
        ["images"] => return of_roles(&known),
        ["environments"] => return of_environments(&known, cursor),
        ["ignore", "[]", "rule"] => return of_rules(),
        _ if names.last() == Some(&"image") && matches!(cursor.slot, Slot::Value { .. }) => {
            return of_images(seen, &known);
        }
        _ => {}
    }
    let schema = known.schema();
    let mut offers = Vec::new();
    if matches!(cursor.slot, Slot::Value { .. }) && known.is_reference(path) {
        offers.extend(of_documents(seen, cursor));
    }
    offers.extend(of_shapes(&Shape::new(&schema, Some("document")).at(path), cursor));
    if cursor.path.is_empty() {
        offers.retain(|offer| !cursor.keys.contains(&offer.word));
    }
    if matches!(cursor.slot, Slot::Value { may_be_map: false }) {
        let params = params(text).into_iter();
        offers.extend(params.map(|name| Offer {
            text: format!("${{{name}}}"),
            detail: Some("a parameter of this description".to_owned()),
            ..Offer::new(format!("${{{name}}}"), CompletionItemKind::VARIABLE)
        }));
    }
    offers
}

/// A whole description to fill in.
fn of_start() -> Offer {
    Offer {
        text: "patterns: v1\nname: ${1:shop}\napp:\n  image: ${2:registry.example.com/shop:1.7.0}\n  port: ${3:8080}\nshape:\n  replicated:\n    replicas: ${4:2}\n".to_owned(),
        is_snippet: true,
        about: Some("a whole description to fill in".to_owned()),
        ..Offer::new("patterns", CompletionItemKind::SNIPPET)
    }
}

fn of_patterns(known: &Known, place: Place, cursor: &Cursor) -> Vec<Offer> {
    let definitions = known.catalogue.folders().filter_map(|folder| folder.definition().ok());
    let fits = |definition: &&Definition| definition.is_shape() == (place == Place::Shape);
    let offer = |definition: &Definition| {
        let required: Vec<&str> =
            definition.params["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let name = &definition.name;
        let in_map = place == Place::Shape && cursor.slot == Slot::Key || !required.is_empty();
        let text = match (required.as_slice(), &definition.main) {
            ([], _) if !in_map => name.clone(),
            ([], _) => format!("{name}: {{$0}}"),
            ([one], Some(main)) if one == main => format!("{name}: ${{1:{main}}}"),
            (all, _) => {
                let stops: Vec<String> =
                    all.iter().enumerate().map(|(at, name)| format!("{name}: ${{{}:{name}}}", at + 1)).collect();
                format!("{name}: {{{}}}", stops.join(", "))
            }
        };
        Offer {
            is_snippet: text.contains('$'),
            text,
            detail: Some(definition.family.clone()),
            ..Offer::new(name.clone(), CompletionItemKind::CLASS).about(Some(&definition.summary))
        }
    };
    definitions.filter(fits).map(offer).collect()
}

fn of_targets() -> Vec<Offer> {
    let version = |minor: u8| Offer::new(format!("\"1.{minor}\""), CompletionItemKind::ENUM_MEMBER);
    (Target::OLDEST.0..=Target::NEWEST.0).map(version).collect()
}

fn of_roles(known: &Known) -> Vec<Offer> {
    let role = |(name, image): (&String, &pattern::Image)| Offer {
        text: format!("{name}: {}", image.image),
        detail: Some(image.image.clone()),
        ..Offer::new(name.clone(), CompletionItemKind::PROPERTY)
    };
    known.catalogue.images().iter().map(role).collect()
}

/// The environments that the project's outputs generate and this document does not say.
fn of_environments(known: &Known, cursor: &Cursor) -> Vec<Offer> {
    let names: BTreeSet<&str> =
        known.project.outputs.iter().flat_map(|output| &output.environments).map(|(name, _)| name.as_str()).collect();
    let missing = names.into_iter().filter(|name| !cursor.keys.iter().any(|key| key == name));
    missing
        .map(|name| Offer {
            text: format!("{name}: {{$0}}"),
            is_snippet: true,
            detail: Some("an environment of .patterns.yaml".to_owned()),
            ..Offer::new(name, CompletionItemKind::MODULE)
        })
        .collect()
}

/// The images of the catalogue, and those that the workspace's manifests run.
fn of_images(seen: Seen<'_>, known: &Known) -> Vec<Offer> {
    let pods = seen.workspace.objects().flat_map(crate::kube::Object::pods);
    let in_use =
        pods.flat_map(crate::kube::PodView::containers).filter_map(|container| container.container.image.clone());
    let in_use: BTreeSet<String> = in_use.filter(|image| !image.is_empty()).take(MOST_IMAGES * 20).collect();
    let own = in_use.into_iter().take(MOST_IMAGES).map(|image| Offer::new(image, CompletionItemKind::FILE));
    let of_role = known.catalogue.images().iter().map(|(role, image)| Offer {
        detail: Some(format!("the image of {role}")),
        ..Offer::new(image.image.clone(), CompletionItemKind::FILE)
    });
    own.chain(of_role).collect()
}

/// The other documents of the file.
fn of_documents(seen: Seen<'_>, cursor: &Cursor) -> Vec<Offer> {
    let own = &seen.buffer.text[cursor.document..];
    let mut names = Vec::new();
    for document in documents(&seen.buffer.text) {
        let is_own = document.as_ptr() == own.as_ptr();
        let name = document.lines().find_map(|line| line.strip_prefix("name:")).map(str::trim);
        names.extend(name.filter(|name| !name.is_empty() && !is_own));
    }
    let document = |name: &str| Offer {
        detail: Some("a document of this file".to_owned()),
        ..Offer::new(name, CompletionItemKind::REFERENCE)
    };
    names.into_iter().map(document).collect()
}

/// The documents of a text, by its separators.
fn documents(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.starts_with("---") {
            starts.push(at);
        }
    }
    starts
        .into_iter()
        .filter_map(|start| text.get(start..))
        .map(|text| text.split("\n---").next().unwrap_or(text))
        .collect()
}

/// The parameters that a document declares.
fn params(document: &str) -> Vec<String> {
    let Some(at) = document.find("\nparams:").map(|at| at + 1).or_else(|| document.starts_with("params:").then_some(0))
    else {
        return Vec::new();
    };
    let block = &document[at..];
    let end = block.match_indices('\n').find(|(at, _)| !block[at + 1..].starts_with([' ', '#', '\n', '}']));
    let block = &block[..end.map_or(block.len(), |(at, _)| at)];
    // The keys of the map under `params`, wherever the cursor would be at its end.
    let indented = block.lines().nth(1).map(|line| line.len() - line.trim_start().len());
    let mut names: Vec<String> = Vec::new();
    if let Some((_, flow)) =
        block.split_once('{').filter(|_| block.lines().next().is_some_and(|line| line.contains('{')))
    {
        let flow = flow.trim_end();
        let inside = flow.strip_suffix('}').unwrap_or(flow);
        names.extend(cursor::at(&format!("{{{inside}"), usize::MAX).keys);
    } else if let Some(column) = indented {
        let own = |line: &&str| line.len() - line.trim_start().len() == column;
        let name = |line: &str| line.trim().split_once(':').map(|(name, _)| name.to_owned());
        names.extend(block.lines().skip(1).filter(own).filter_map(name));
    }
    names.retain(|name| name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')));
    names
}

/// The keys and values that schemas allow.
fn of_shapes(shapes: &[Shape<'_>], cursor: &Cursor) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let takes_keys = matches!(cursor.slot, Slot::Key | Slot::Value { may_be_map: true });
    if takes_keys {
        for (name, shape) in shapes.iter().flat_map(|shape| shape.properties()) {
            if !cursor.keys.iter().any(|key| key == name) && !offers.iter().any(|offer| offer.word == name) {
                offers.push(of_key(name, shape, cursor.in_flow));
            }
        }
    }
    if matches!(cursor.slot, Slot::Value { .. }) {
        for schema in shapes.iter().map(|shape| shape.schema()) {
            let choices = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
            offers.extend(
                choices.filter_map(Json::as_str).map(|choice| Offer::new(choice, CompletionItemKind::ENUM_MEMBER)),
            );
            if schema["type"] == "boolean" {
                offers.extend(["true", "false"].map(|word| Offer::new(word, CompletionItemKind::VALUE)));
            }
            if let Some(default) = schema.get("default").filter(|default| default.is_number() || default.is_string()) {
                let word = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
                let detail = Some("default".to_owned());
                offers.push(Offer { detail, ..Offer::new(word, CompletionItemKind::VALUE) });
            }
        }
        let mut seen = BTreeSet::new();
        offers.retain(|offer| seen.insert(offer.word.clone()));
    }
    offers
}

/// A key, with the keys that its map needs.
fn of_key(name: &str, shape: Shape<'_>, in_flow: bool) -> Offer {
    let about = shape.description();
    let forms = shape.at(&[]);
    let schemas: Vec<&Json> = forms.iter().map(|form| form.schema()).collect();
    // A parameter may stand for anything, and null for nothing.
    let is_of = |name: &'static str| {
        let real = schemas.iter().filter(|schema| schema["type"] != "null" && schema["pattern"] != super::HOLE);
        let mut real = real.map(|schema| &schema["type"]).peekable();
        real.peek().is_some() && real.all(|of| of == name)
    };
    let required: Vec<&str> = schemas
        .iter()
        .find(|schema| schema["type"] == "object")
        .and_then(|schema| schema["required"].as_array())
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let text = if is_of("object") && in_flow {
        let stops: Vec<String> = required.iter().enumerate().map(|(at, name)| format!("{name}: ${}", at + 1)).collect();
        format!("{name}: {{{}$0}}", stops.join(", "))
    } else if is_of("object") {
        let stop = |(at, name): (usize, &&str)| format!("\n  {name}: ${}", at + 1);
        let stops = required.iter().enumerate().map(stop).collect::<Vec<_>>().concat();
        if stops.is_empty() { format!("{name}:\n  $0") } else { format!("{name}:{stops}") }
    } else if is_of("array") && in_flow {
        format!("{name}: [$0]")
    } else if is_of("array") {
        format!("{name}:\n  - $0")
    } else {
        format!("{name}: ")
    };
    Offer { is_snippet: text.contains('$'), text, ..Offer::new(name, CompletionItemKind::PROPERTY).about(about) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_as_plain_text() {
        assert_eq!(without_stops("a: ${1:x}, b: $2, {$0}"), "a: x, b: , {}");
        assert_eq!((without_stops("$"), without_stops("${")), (String::new(), String::new()));
    }

    #[test]
    fn parameters_of_a_document() {
        assert_eq!(params("name: a\nparams:\n  tag: {type: string}\n  n:\n    type: integer\napp: {}\n"), ["tag", "n"]);
        assert_eq!(params("params: {tag: {type: string}, n: {default: 1}}\n"), ["tag", "n"]);
        assert_eq!((params("name: a\n"), params("params:"), params("params: {")), (vec![], vec![], vec![]));
    }

    #[test]
    fn documents_of_a_text() {
        assert_eq!(documents("a: 1\n---\nb: 2\n"), ["a: 1", "b: 2\n"]);
        assert_eq!(documents("---\na: 1\n").len(), 2);
    }
}
