//! Every key of a description in every wrong form: one mistake, which shows the right form.
//!
//! The keys are read from the grammar, so that a new one joins by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use patterns::describe::{self, Options};
use patterns::diagnostic::Finding;
use patterns::yaml::Source;
use serde_json::Value;

const APP: &str = "image: \"registry.example.com/shop:1\"";

fn read(text: &str) -> Vec<Finding> {
    let source = Arc::new(Source::from_text("shop.yaml", text));
    describe::read(&source, None, &Options::default()).1
}

/// A description with one more key, at its top or in its app.
fn with(is_app: bool, key: &str, value: &str) -> String {
    let name = if !is_app && key == "name" { String::new() } else { "name: shop\n".to_owned() };
    let own = if !is_app && key == "app" { String::new() } else { format!("app: {{{APP}}}\n") };
    if !is_app {
        return format!("patterns: v1\n{name}{own}{key}: {value}\n");
    }
    if key == "image" {
        return format!("patterns: v1\nname: shop\napp: {{image: {value}}}\n");
    }
    let port = if key == "port" { "" } else { "port: 8080, " };
    format!("patterns: v1\nname: shop\napp: {{{APP}, {port}{key}: {value}}}\n")
}

/// The types that a schema takes, as JSON Schema calls them.
fn types(schema: &Value) -> Vec<&'static str> {
    const KNOWN: [&str; 6] = ["object", "array", "string", "integer", "number", "boolean"];
    let branches = schema["anyOf"].as_array().map_or_else(|| vec![schema], |branches| branches.iter().collect());
    let of = |branch: &'_ Value| -> Vec<String> {
        match &branch["type"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let taken: Vec<String> = branches.into_iter().flat_map(of).collect();
    KNOWN.into_iter().filter(|known| taken.iter().any(|taken| taken == known)).collect()
}

/// The maps whose keys are tried: the description's own and the app's.
fn maps() -> [(bool, &'static Value); 2] {
    let grammar = describe::grammar();
    [(false, grammar), (true, &grammar["properties"]["app"])]
}

#[test]
fn a_value_of_another_type_is_one_mistake_with_the_right_form() {
    let values = [("object", "{a: b}"), ("array", "[a]"), ("string", "text"), ("integer", "7"), ("boolean", "true")];
    let mut wrong = Vec::new();
    for (is_app, map) in maps() {
        for (key, schema) in map["properties"].as_object().unwrap() {
            // a description is known by it, whatever it says
            if key == "patterns" {
                continue;
            }
            let taken = types(schema);
            for (kind, value) in values {
                if taken.contains(&kind) || (kind == "integer" && taken.contains(&"number")) {
                    continue;
                }
                let text = with(is_app, key, value);
                let findings = read(&text);
                let one = findings.len() == 1 && findings[0].help.as_ref().is_some_and(|help| !help.is_empty());
                if !one {
                    let said: Vec<_> = findings.iter().map(|finding| (&finding.message, &finding.help)).collect();
                    wrong.push(format!("{text}{said:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong, such as\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n\n"));
}

#[test]
fn what_kubernetes_calls_it_is_one_mistake_with_our_form() {
    let mut wrong = Vec::new();
    for (is_app, map) in maps() {
        for (key, form) in map["x-wrong"].as_object().unwrap() {
            let text = with(is_app, key, "{requests: {cpu: 1}}");
            let findings = read(&text);
            if findings.len() != 1 || findings[0].help.as_deref() != form.as_str() {
                wrong.push(format!("{text}{findings:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Each right form that a message shows can be read where it is shown.
#[test]
fn the_forms_that_messages_show_are_right() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (is_app, map) in maps() {
        for (key, schema) in map["properties"].as_object().unwrap() {
            let Some(example) = schema["x-example"].as_str() else { continue };
            let first = example.split(", or ").next().unwrap();
            // a file or another document would have to be there; every document here begins with `patterns`
            if matches!(key.as_str(), "files" | "extends" | "shared" | "paths" | "patterns") {
                continue;
            }
            let Some(value) = first.strip_prefix(&format!("{key}: ")) else {
                wrong.push(format!("{key}: its example is of another key: {example}"));
                continue;
            };
            tried += 1;
            let text = with(is_app, key, value).replace("app: {account: robot}", "");
            let findings = read(&text);
            if !findings.is_empty() {
                wrong.push(format!("{text}{:?}", findings.iter().map(|finding| &finding.message).collect::<Vec<_>>()));
            }
        }
    }
    assert!(tried > 30, "{tried}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn kubernetes_own_words_deeper_down() {
    let cases = [
        (
            "resources: {cpu: 1, memory: 1Gi, limit: {memory: 1Gi, nvidia.com/gpu: 1}}",
            "the request of a device is its limit",
        ),
        ("resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}", "resources: {cpu: 250m"),
        ("health: {httpGet: {path: /up, port: 80}, periodSeconds: 3}", "health: /healthz"),
        ("health: {ready: {exec: {command: [x]}}}", "health: {command:"),
        ("volumes: {a: {emptyDir: {}, mountPath: /a}}", "cache: {size: 1Gi"),
        ("volumes: {a: {persistentVolumeClaim: {claimName: x}, mount: /a}}", "data: {claim: app-data"),
        ("ports: {a: {containerPort: 80}}", "admin: 9901"),
        ("envFrom: [{secretRef: {name: api}}]", "secret/api"),
        ("env: {A: {secretKeyRef: {name: a, key: b}}}", "TOKEN: secret/api/token"),
        ("shared: {a: {mountPath: /a}}", "public: /srv/public"),
    ];
    for (keys, form) in cases {
        let findings = read(&format!("patterns: v1\nname: shop\napp: {{{APP}, port: 8080, {keys}}}\n"));
        let said: Vec<_> = findings.iter().map(|finding| (&finding.message, &finding.help)).collect();
        assert!(
            findings.len() == 1 && findings[0].help.as_ref().is_some_and(|help| help.contains(form)),
            "{keys} {said:?}"
        );
    }
    let top = read("patterns: v1\nname: shop\nimage: \"registry.example.com/shop:1\"\nport: 8080\n");
    assert_eq!(top.len(), 1, "{top:?}");
    assert_eq!(top[0].help.as_deref(), Some("app: {image: …, port: …}"));
}

/// Keys of the description or of its app in a map that has others, with where they belong.
#[test]
fn keys_in_another_map_than_theirs() {
    let cases = [
        (
            "app: {image: a:1, schedule: x}",
            "`app` has no key `schedule`: the description has",
            "beside `app`: schedule: ",
        ),
        ("app: {image: a:1, replicas: 2}", "`app` has no key `replicas`", "beside `app`: shape: {replicated: "),
        (
            "app: {image: a:1, labels: {a: b}}",
            "`app` has no key `labels`: the description has",
            "beside `app`: labels: ",
        ),
        ("app: {image: a:1, cron: x}", "`app` has no key `cron`", "beside `app`: schedule: "),
        ("app: {image: a:1, secrets: [a]}", "`app` has no key `secrets`", "app: {env: {TOKEN: secret/api/token}}"),
        ("app: {image: a:1, hostPID: true}", "`app` has no key `hostPID`", "beside `app`: host: [pid]"),
    ];
    for (keys, message, help) in cases {
        let findings = read(&format!("patterns: v1\nname: shop\n{keys}\n"));
        let said: Vec<_> = findings.iter().map(|finding| (&finding.message, &finding.help)).collect();
        let [finding] = findings.as_slice() else { panic!("{keys} {said:?}") };
        assert_eq!(finding.message, message);
        assert!(finding.help.as_ref().is_some_and(|text| text.starts_with(help)), "{keys} {said:?}");
    }
}

#[test]
fn a_path_or_a_size_instead_of_a_volume() {
    for volumes in ["{/data: {size: 1Gi}}", "{data: 10Gi}", "[data]", "{data: /data}"] {
        let findings = read(&format!("patterns: v1\nname: shop\napp: {{{APP}, volumes: {volumes}}}\n"));
        let help = findings.first().and_then(|finding| finding.help.as_deref()).unwrap_or_default();
        assert!(help.contains("data: {claim: data, create: {size: 10Gi}, mount: /data}"), "{volumes} {help}");
    }
}
