//! Where the string parameters of a pattern are, and how a value gets there.

use patterns::pattern::Definition;
use serde_json::{Map, Value, json};

/// A string parameter: its place in the pattern's parameters, and its schema.
pub struct Place {
    /// As in `sticky.cookie`.
    pub name: String,
    pub schema: Value,
    path: Vec<Step>,
    params: Value,
    documents: Vec<Value>,
    /// Where the entry's parameters are in the first document.
    pointer: String,
}

#[derive(Clone)]
enum Step {
    Member(String, Value),
    Item,
    /// A key of a map, with a value for it.
    Key(Value),
}

/// The example's documents, the entry of the pattern written as a map.
pub fn example(text: &str, definition: &Definition) -> Vec<Value> {
    use serde::Deserialize as _;
    let documents =
        serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).expect("YAML"));
    let mut documents: Vec<Value> = documents.collect();
    let root = &mut documents[0];
    root.as_object_mut().expect("a map").remove("environments");
    let pointer = pointer(root, definition);
    let (parent, _) = pointer.rsplit_once('/').expect("below something");
    if let Some(name) = root.pointer(parent).and_then(Value::as_str).map(str::to_owned) {
        *root.pointer_mut(parent).expect("there") = json!({name: {}});
    }
    let params = root.pointer_mut(&pointer).expect("the entry");
    if !params.is_object() {
        let main = definition.main.as_ref();
        *params = match (params.take(), main) {
            (Value::Null, _) | (_, None) => json!({}),
            (value, Some(main)) => json!({main: value}),
        };
    }
    documents
}

fn pointer(root: &Value, definition: &Definition) -> String {
    let name = &definition.name;
    if definition.is_shape() {
        return format!("/shape/{name}");
    }
    let entries = root["use"].as_array().expect("uses something");
    let at = entries.iter().position(|entry| entry == name || entry.get(name).is_some()).expect("uses the pattern");
    format!("/use/{at}/{name}")
}

/// All string parameters of a pattern, below maps and lists too.
pub fn places(documents: &[Value], definition: &Definition) -> Vec<Place> {
    let pointer = pointer(&documents[0], definition);
    let params = documents[0].pointer(&pointer).cloned().unwrap_or_else(|| json!({}));
    let mut found = Vec::new();
    walk(&definition.params, &mut Vec::new(), "", &mut found);
    let place = |(name, path, schema): (String, Vec<Step>, Value)| Place {
        name,
        schema,
        path,
        params: params.clone(),
        documents: documents.to_vec(),
        pointer: pointer.clone(),
    };
    found.into_iter().map(place).collect()
}

fn walk(schema: &Value, path: &mut Vec<Step>, name: &str, found: &mut Vec<(String, Vec<Step>, Value)>) {
    for branch in schema["anyOf"].as_array().into_iter().flatten() {
        walk(branch, path, name, found);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    if types.contains(&json!("string")) && schema["enum"].is_null() {
        found.push((name.to_owned(), path.clone(), schema.clone()));
    }
    let mut below = |step: Step, more: &str, schema: &Value| {
        path.push(step);
        walk(schema, path, &format!("{name}{more}"), found);
        path.pop();
    };
    for (member, property) in schema["properties"].as_object().into_iter().flatten() {
        below(Step::Member(member.clone(), schema.clone()), &format!(".{member}"), property);
    }
    if schema["items"].is_object() {
        below(Step::Item, "[]", &schema["items"]);
    }
    if schema["propertyNames"].is_object() {
        below(Step::Key(valid(&schema["additionalProperties"])), "{}", &schema["propertyNames"]);
    }
}

impl Place {
    /// The description with a value in this place; none if the value cannot be there.
    pub fn put(&self, value: &str) -> Option<Vec<Value>> {
        let mut documents = self.documents.clone();
        *documents[0].pointer_mut(&self.pointer)? = build(&self.path, value, Some(&self.params));
        Some(documents)
    }
}

fn build(path: &[Step], value: &str, there: Option<&Value>) -> Value {
    let Some((step, rest)) = path.split_first() else { return json!(value) };
    match step {
        Step::Item => json!([build(rest, value, None)]),
        Step::Key(member) => json!({value: member}),
        Step::Member(name, schema) => {
            let mut members: Map<String, Value> = there.and_then(Value::as_object).cloned().unwrap_or_default();
            for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                members.entry(required).or_insert_with(|| valid(&schema["properties"][required]));
            }
            let below = build(rest, value, members.get(name));
            members.insert(name.clone(), below);
            Value::Object(members)
        }
    }
}

/// Some value that the schema takes.
fn valid(schema: &Value) -> Value {
    if let Some(choices) = schema["enum"].as_array() {
        return choices[0].clone();
    }
    if let Some(branch) = schema["anyOf"].get(0) {
        return valid(branch);
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([valid(&schema["items"])]),
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            required.map(|name| (name.to_owned(), valid(&schema["properties"][name]))).collect()
        }
        _ => json!(sample(schema)),
    }
}

/// A text that follows the schema's format.
pub fn sample(schema: &Value) -> String {
    let text = match schema["format"].as_str().unwrap_or_default() {
        "image" => "registry.example.com/a:1",
        "path" | "log-path" => "/var/log/a/a.log",
        "http-path" => "/a",
        "duration" | "lease" | "timeout" => "10s",
        "env-name" => "A",
        "secret-ref" => "secret/a/b",
        "configmap-ref" => "configmap/a",
        "url" | "http-url" => "https://git.example.com/a",
        "percent" => "50%",
        "quantity" => "1Gi",
        "target" => "external/a.example.com:80",
        "shard-address" => "a.example.com:80",
        "hash-key" => "header/a",
        "label" => "a=b",
        "cron" => "0 3 * * *",
        _ => "a",
    };
    text.to_owned()
}
