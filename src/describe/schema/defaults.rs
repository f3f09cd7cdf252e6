//! The defaults of a schema.

use serde_json::{Map, Value as Json};

use super::variants;

/// The value with the schema's defaults filled in wherever a member is absent or null; null where there is none,
/// so that a template can ask for every parameter.
#[must_use]
pub fn with_defaults(schema: &Json, value: &Json) -> Json {
    let schema = schema.get("anyOf").and_then(Json::as_array).map_or(schema, |branches| {
        branches
            .iter()
            .find(|branch| branch.get("type").is_none_or(|types| accepts_json(types, value)))
            .unwrap_or(schema)
    });
    let (schema, others) = variants::of_json(schema, value);
    match value {
        Json::Object(members) => {
            let mut filled: Map<String, Json> = others.into_iter().map(|name| (name.to_owned(), Json::Null)).collect();
            let properties = schema.get("properties").and_then(Json::as_object);
            for (name, property) in properties.into_iter().flatten() {
                match members.get(name).filter(|value| !value.is_null()) {
                    Some(value) => filled.insert(name.clone(), with_defaults(property, value)),
                    None => filled.insert(name.clone(), property.get("default").cloned().unwrap_or_default()),
                };
            }
            for (name, value) in members {
                if filled.get(name).is_none_or(Json::is_null) && !value.is_null() {
                    let rest = schema.get("additionalProperties").unwrap_or(&Json::Null);
                    filled.insert(name.clone(), with_defaults(rest, value));
                }
            }
            Json::Object(filled)
        }
        Json::Array(items) => {
            let item_schema = schema.get("items").unwrap_or(&Json::Null);
            Json::Array(items.iter().map(|item| with_defaults(item_schema, item)).collect())
        }
        other => other.clone(),
    }
}

fn accepts_json(types: &Json, value: &Json) -> bool {
    let name = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    match types {
        Json::Array(types) => types.iter().any(|wanted| wanted == name),
        one => one == name || (one == "number" && name == "integer"),
    }
}
