//! What may be written in a description.

use std::collections::BTreeSet;

use lsp_types::CompletionItemKind;
use serde_json::Value as Json;

use super::super::catalogue::{Known, PatternKey, pattern_at};
use super::super::cursor::{self, Cursor, Segment, Slot};
use super::super::folders::Seen;
use super::super::hover::without_environment;
use super::super::shape::Shape;
use super::shapes::of_shapes;
use super::{MOST_IMAGES, Offer, of_rules};
use crate::kube::versions::Target;
use crate::pattern::{self, Definition};

pub(super) fn of_description(seen: Seen<'_>, cursor: &Cursor) -> Vec<Offer> {
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
        path.iter().map(|step| if let Segment::Key(key) = step { key.as_str() } else { "[]" }).collect();
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

fn of_patterns(known: &Known, place: PatternKey, cursor: &Cursor) -> Vec<Offer> {
    let definitions = known.catalogue.folders().filter_map(|folder| folder.definition().ok());
    let fits = |definition: &&Definition| definition.is_shape() == (place == PatternKey::Shape);
    let offer = |definition: &Definition| {
        let required: Vec<&str> =
            definition.params["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let name = &definition.name;
        let in_map = place == PatternKey::Shape && cursor.slot == Slot::Key || !required.is_empty();
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

pub(super) fn of_targets() -> Vec<Offer> {
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
        pods.flat_map(crate::kube::PodView::containers).filter_map(|container| container.container.image.as_ref());
    let in_use: BTreeSet<String> =
        in_use.filter(|image| !image.is_empty()).take(MOST_IMAGES * 20).map(ToString::to_string).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

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
