//! Keys and values of a schema.

use std::collections::BTreeSet;

use lsp_types::CompletionItemKind;
use serde_json::Value as Json;

use super::super::cursor::{Cursor, Slot};
use super::super::shape::Shape;
use super::Offer;

/// The keys and values that schemas allow.
pub(super) fn of_shapes(shapes: &[Shape<'_>], cursor: &Cursor) -> Vec<Offer> {
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
        let real = schemas.iter().filter(|schema| schema["type"] != "null" && schema["pattern"] != super::super::HOLE);
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
