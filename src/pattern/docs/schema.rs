//! One JSON Schema for descriptions, with the parameters of every pattern, for editors to complete from.
//!
//! It is made from the grammar and the patterns' own schemas, so it cannot drift from them; what only the whole of
//! a description shows (ports, references, chains) is left to `gen`.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use crate::describe::{embedded, format_pattern, grammar};
use crate::kube::versions::Target;
use crate::pattern::catalogue::definition::Definition;
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::plan::containers::of_the_app;

/// The schema of one document (JSON Schema draft 7, which editors know).
#[must_use]
pub fn editor_schema(catalogue: &Catalogue) -> Json {
    let definitions: Vec<&Definition> = catalogue.folders().filter_map(|folder| folder.definition().ok()).collect();
    let whole = Converter { partial: false, holes: true };
    let mut patterns = Map::new();
    for definition in &definitions {
        patterns.insert(format!("pattern-{}", definition.name), whole.pattern(definition));
    }
    let (shapes, uses): (Vec<&Definition>, Vec<&Definition>) =
        definitions.into_iter().partition(|definition| definition.is_shape());
    let document = document(&whole, &shapes, &uses);
    let partial = document_in_part(&shapes);
    let mut environment = partial.clone();
    if let Some(properties) = environment["properties"].as_object_mut() {
        properties.retain(|key, _| !matches!(key.as_str(), "environments" | "extends"));
    }
    let mut all = json!({
        "hole": {"type": "string", "pattern": "\\$\\{[^}]+\\}", "description": "a parameter of this description"},
        "document": document,
        "environment": environment,
        "partial": partial,
    });
    if let Some(all) = all.as_object_mut() {
        all.extend(patterns);
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A pattern description",
        "type": "object",
        "required": ["patterns", "name"],
        "defaultSnippets": [{
            "label": "description",
            "description": "a whole description to fill in",
            "body": {
                "patterns": "v1",
                "name": "${1:shop}",
                "app": {"image": "${2:registry.example.com/shop:1.7.0}", "port": "^${3:8080}"},
                "shape": {"replicated": {"replicas": "^${4:2}"}},
            },
        }],
        "if": {"required": ["extends"]},
        "then": {"$ref": "#/definitions/partial"},
        "else": {"$ref": "#/definitions/document"},
        "definitions": all,
    })
}

/// The schema of `pattern.yaml`, the definition of a pattern.
#[must_use]
pub fn definition_schema() -> &'static Json {
    static SCHEMA: OnceLock<Json> = OnceLock::new();
    SCHEMA.get_or_init(|| embedded("definition.yaml", include_str!("../catalogue/definition.yaml")))
}

/// The schema of `.patterns.yaml`, of its grammar and that of its `lint`.
#[must_use]
pub fn settings_schema(project: &Json, lint: &Json) -> Json {
    let converter = Converter { partial: false, holes: false };
    let mut schema = converter.convert(project);
    schema["properties"]["lint"] = converter.convert(lint);
    offer_targets(&mut schema["properties"]["target"]);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("Settings of a project: .patterns.yaml");
    schema
}

fn document(converter: &Converter, shapes: &[&Definition], uses: &[&Definition]) -> Json {
    let mut document = converter.convert(grammar());
    let properties = &mut document["properties"];
    properties["shape"] = one_of_patterns(shapes, "the topology, one pattern (default: replicated)");
    let names: Vec<&str> = uses.iter().map(|definition| definition.name.as_str()).collect();
    let hole = json!({"$ref": "#/definitions/hole"});
    let map = one_of_patterns(uses, "a pattern and its parameters");
    properties["use"] = json!({
        "type": "array",
        "description": "patterns in the Pod, in start order",
        "items": {"anyOf": [{"type": "string", "enum": names}, map, hole]},
    });
    properties["environments"] = json!({
        "type": "object",
        "description": "partial documents by environment; `false` leaves the document out of one",
        "defaultSnippets": [{"label": "environment", "body": {"${1:prod}": {"${2:shape}": "$3"}}}],
        "additionalProperties": {"anyOf": [{"const": false}, {"$ref": "#/definitions/environment"}]},
    });
    offer_targets(&mut properties["target"]);
    document
}

/// Adds the versions that there are to the schema of a target, which may also be a number or name a patch release.
fn offer_targets(target: &mut Json) {
    let versions: Vec<String> =
        (Target::OLDEST.minor()..=Target::NEWEST.minor()).map(|minor| format!("1.{minor}")).collect();
    let own = std::mem::take(target);
    let description = own["description"].clone();
    *target = json!({"description": description, "anyOf": [{"type": "string", "enum": versions}, own]});
}

/// A document that is laid over another: nothing is required, null takes a value back, `use` goes by names.
fn document_in_part(shapes: &[&Definition]) -> Json {
    let mut document = Converter { partial: true, holes: true }.convert(grammar());
    let names: Map<String, Json> = shapes.iter().map(|shape| (shape.name.clone(), json!(true))).collect();
    let properties = &mut document["properties"];
    properties["shape"] = json!({"type": ["object", "null"], "properties": names, "additionalProperties": false, "not": {"minProperties": 2}});
    properties["use"] = json!({"type": ["array", "null"], "items": {"type": ["string", "object"]}});
    properties["params"] = json!({"type": "object"});
    properties["environments"] = json!({"type": "object"});
    document
}

/// A map of exactly one pattern.
fn one_of_patterns(definitions: &[&Definition], description: &str) -> Json {
    let reference = |definition: &&Definition| {
        (definition.name.clone(), json!({"$ref": format!("#/definitions/pattern-{}", definition.name)}))
    };
    json!({
        "type": "object",
        "description": description,
        "properties": definitions.iter().map(reference).collect::<Map<_, _>>(),
        "additionalProperties": false,
        "minProperties": 1,
        // Not `maxProperties`: editors offer nothing where one more key would be too many, and count the key that is
        // being written.
        "not": {"minProperties": 2},
    })
}

/// From our subset of JSON Schema, where maps are closed and formats are ours, to the standard's words.
struct Converter {
    /// Nothing is required, and null takes a value back.
    partial: bool,
    /// Values may be parameters.
    holes: bool,
}

impl Converter {
    /// What is under a pattern's name: its parameters, its main one alone, or nothing.
    fn pattern(&self, definition: &Definition) -> Json {
        let mut params = self.convert(&definition.params);
        // a pattern that is a container itself has forms
        let is_container = definition.params.get("x-container").is_some();
        let map = if is_container { params.pointer_mut("/anyOf/1") } else { Some(&mut params) };
        let properties = map.and_then(|map| map.get_mut("properties")).and_then(Json::as_object_mut);
        if let (false, Some(properties)) = (definition.is_shape(), properties) {
            if !is_container && (definition.image.is_some() || !definition.images.is_empty()) {
                let resources = &grammar()["properties"]["app"]["properties"]["resources"];
                properties.entry("resources").or_insert_with(|| self.member(resources));
            }
            properties.insert(
                "as".to_owned(),
                json!({"type": "string", "description": "the name of this entry (default: the pattern's)"}),
            );
        }
        let mut forms = vec![params];
        if let Some(main) = &definition.main {
            let main = &definition.params["properties"][main];
            // a map is the parameters themselves
            if main["type"] != "object" {
                forms.push(self.member(main));
            }
        }
        if definition.params["required"].as_array().is_none_or(Vec::is_empty) {
            forms.push(json!({"type": "null"}));
        }
        json!({"description": definition.summary, "anyOf": forms})
    }

    fn convert(&self, schema: &Json) -> Json {
        let Some(members) = schema.as_object() else { return schema.clone() };
        if let Some(more) = schema.get("x-container") {
            return self.container(more, schema);
        }
        if schema.get("x-volumes").is_some() {
            return self.convert(&grammar()["properties"]["app"]["properties"]["volumes"]);
        }
        let mut out = Map::new();
        for (key, value) in members {
            let converted = match key.as_str() {
                "properties" | "patternProperties" => {
                    let members = value.as_object().into_iter().flatten();
                    members.map(|(name, schema)| (name.clone(), self.member(schema))).collect()
                }
                "items" | "additionalProperties" => self.member(value),
                "propertyNames" => self.convert(value),
                "anyOf" | "oneOf" => value.as_array().into_iter().flatten().map(|form| self.convert(form)).collect(),
                "required" if self.partial => continue,
                "format" => {
                    if let Some(pattern) = value.as_str().and_then(format_pattern) {
                        out.insert("pattern".to_owned(), json!(pattern));
                    }
                    continue;
                }
                key if key.starts_with("x-") => continue,
                _ => value.clone(),
            };
            out.insert(key.clone(), converted);
        }
        let is_map = out.get("type").is_some_and(|kind| kind == "object");
        let has_forms = out.contains_key("anyOf") || out.contains_key("oneOf");
        if is_map && !has_forms && !out.contains_key("additionalProperties") {
            out.insert("additionalProperties".to_owned(), json!(false));
        }
        if schema.get("x-reference").is_some() && schema.get("type").or_else(|| schema.get("anyOf")).is_none() {
            let service = json!({
                "type": "object",
                "required": ["service"],
                "properties": {"service": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535}},
                "additionalProperties": false,
            });
            out.insert("anyOf".to_owned(), json!([{"type": "string"}, service]));
        }
        Json::Object(out)
    }

    /// A value in its place: it may also be a hole for a parameter, and in a partial document null.
    fn member(&self, schema: &Json) -> Json {
        let converted = self.convert(schema);
        let free = |key: &str| converted.get(key).is_none();
        let takes_any_text = converted["type"] == "string" && ["const", "enum", "pattern"].into_iter().all(free);
        if !converted.is_object() || (takes_any_text && !self.partial) || !(self.holes || self.partial) {
            return converted;
        }
        let description = converted["description"].clone();
        let mut forms = vec![converted, json!({"$ref": "#/definitions/hole"})];
        if self.partial {
            forms.push(json!({"type": "null"}));
        }
        let mut member = json!({"anyOf": forms});
        if !description.is_null() {
            member["description"] = description;
        }
        member
    }

    /// A container of the user's that is not the app: the keys of `app`, and more; or its image alone.
    fn container(&self, more: &Json, schema: &Json) -> Json {
        let description = &schema["description"];
        let mut container = self.convert(&grammar()["properties"]["app"]);
        let own = more.as_object().into_iter().flatten().map(|(name, schema)| (name.clone(), self.member(schema)));
        if let Some(properties) = container["properties"].as_object_mut() {
            let without = schema["x-without"].as_array().into_iter().flatten().filter_map(Json::as_str);
            of_the_app(schema).chain(without).for_each(|key| drop(properties.shift_remove(key)));
            properties.extend(own);
        }
        let mut forms = json!({"anyOf": [{"type": "string"}, container]});
        if !description.is_null() {
            forms["description"] = description.clone();
        }
        forms
    }
}
