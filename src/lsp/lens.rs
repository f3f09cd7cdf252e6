//! What a description makes: above each of its documents, and as a text to look at.

use lsp_types::{CodeLens, Command};
use serde_json::{Value as Json, json};

use super::folders::Seen;
use super::positions::Encoding;
use crate::describe::Options;
use crate::expand::{self, Expanded};
use crate::pattern;
use crate::words::clip;
use crate::yaml::{Span, emit};

/// The command that prints the manifests of a description, as `patterns gen` does.
pub const SHOW: &str = "patterns.show";

/// The command that prints what `patterns explain` says of a description.
pub const EXPLAIN: &str = "patterns.explain";

/// How many objects a lens names at most.
const NAMED: usize = 4;

/// A lens above each document, and above each of its environments.
#[must_use]
pub fn of(seen: Seen<'_>, encoding: Encoding) -> Vec<CodeLens> {
    let mut lenses = Vec::new();
    if !seen.file.is_description() {
        return lenses;
    }
    if let Some(expanded) = expand(seen, None) {
        for description in &expanded.descriptions {
            let place = &description.name_place;
            let of_it = |made: &&pattern::Made| made.origin.span == place.span;
            let names: Vec<String> = expanded.made.iter().filter(of_it).map(name).collect();
            let is_own = place.source.name == seen.file.source.name;
            let span = if is_own { place.span } else { Span::empty(0) };
            lenses.push(lens(seen, span, format!("makes {}", counted(&names)), None, encoding));
        }
    }
    for document in &seen.file.documents {
        let Some(environments) = document.get(document.root(), "environments") else { continue };
        for entry in document.entries(environments) {
            let environment = document.key(entry).into_owned();
            let title = format!("show with `{}`", clip(&environment));
            lenses.push(lens(seen, document.span(entry.key), title, Some(&environment), encoding));
        }
    }
    lenses
}

fn lens(seen: Seen<'_>, span: Span, title: String, environment: Option<&str>, encoding: Encoding) -> CodeLens {
    let arguments = vec![json!(seen.buffer.uri), json!(environment)];
    CodeLens {
        range: encoding.range(&seen.file.source, span),
        command: Some(Command { title, command: SHOW.to_owned(), arguments: Some(arguments) }),
        data: None,
    }
}

/// `Deployment/shop, Service/shop and 3 more`
fn counted(names: &[String]) -> String {
    let (first, rest) = names.split_at(names.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    if names.is_empty() { "nothing".to_owned() } else { first.join(", ") + &more }
}

fn name(made: &pattern::Made) -> String {
    let text = |pointer: &str| clip(made.object.pointer(pointer).and_then(Json::as_str).unwrap_or_default());
    format!("{}/{}", text("/kind"), text("/metadata/name"))
}

fn expand(seen: Seen<'_>, environment: Option<&str>) -> Option<Expanded> {
    let options = Options { environment: environment.map(str::to_owned), ..Options::default() };
    expand::expand_text(&seen.file.source, &seen.path(), &[], options).ok()
}

/// What a description makes, as text.
///
/// # Errors
/// A text that is not a description, or one with mistakes: they are shown as diagnostics.
pub fn text(seen: Seen<'_>, command: &str, environment: Option<&str>) -> Result<String, String> {
    if !seen.file.is_description() {
        return Err("this is not a description; a description starts with `patterns: v1`".to_owned());
    }
    let Some(expanded) = expand(seen, environment) else {
        return Err("the description has mistakes, or parameters without a value; see its diagnostics".to_owned());
    };
    if command == EXPLAIN {
        return Ok(pattern::overview(&expanded.catalogue, &expanded.descriptions, &expanded.made));
    }
    let objects: Vec<Json> = expanded.made.into_iter().map(|made| made.object).collect();
    emit::to_stream(&objects).map_err(|error| error.to_string())
}
