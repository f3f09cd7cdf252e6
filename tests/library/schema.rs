//! `patterns schema`: what editors complete descriptions from, judged by a validator of JSON Schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use crate::support::folder::own_folder;
use crate::support::{documents, files, patterns, relative};
use serde_json::Value;

fn validator(args: &[&str]) -> jsonschema::Validator {
    let run = patterns(&[&["schema"][..], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let schema: Value = serde_json::from_str(&run.stdout).expect("JSON");
    jsonschema::draft7::meta::validate(&schema).expect("a JSON Schema");
    jsonschema::draft7::new(&schema).expect("a schema that compiles")
}

fn complaints(validator: &jsonschema::Validator, text: &str) -> Vec<String> {
    let documents = documents(text);
    let complaint = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    documents.iter().flat_map(|document| validator.iter_errors(document).map(complaint)).collect()
}

#[test]
fn every_example_is_valid() {
    let validator = validator(&["--catalogue", "examples/own-pattern/patterns"]);
    let mut seen = 0;
    for path in files("patterns", "example.yaml").into_iter().chain(files("examples", ".yaml")) {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("patterns: v1") {
            assert_eq!(complaints(&validator, &text), Vec::<String>::new(), "{}", relative(&path));
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// Mistakes that one document shows by itself.
#[test]
fn mistakes_are_invalid() {
    let validator = validator(&[]);
    for name in ["manifest", "missing", "shape-and-use", "target-type", "unknown-keys"] {
        let path = format!("tests/errors/{name}.yaml");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|_| "patterns: v1\nname: shop\ntarget: [1.33]\n".to_owned());
        assert!(!complaints(&validator, &text).is_empty(), "{name}");
    }
    let shop = |rest: &str| format!("patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\n{rest}");
    assert_eq!(complaints(&validator, &shop("use: [topz, https: shop-tls]")), Vec::<String>::new());
    for wrong in [
        "use: [htps: shop-tls]",
        "use: [https: {secrt: shop-tls}]",
        "use: [https: {secret: shop-tls, port: many}]",
        "use: [replicated]",
        "shape: {replicated: {replicas: 0}}",
        "shape: {replicated: {}, sharded: 3}",
        "expose: {hots: shop.example.com}",
        "isolate: maybe",
        "app2: {}",
        "environments: {prod: {ap: {port: 1}}}",
    ] {
        assert!(!complaints(&validator, &shop(wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn holes_and_partial_documents_are_valid() {
    let validator = validator(&[]);
    let text = "
patterns: v1
name: shop
params: {shards: {type: integer, default: 3}, tag: {type: string, default: '1'}}
app: {image: 'registry.example.com/shop:${tag}', port: '${shards}', resources: '${tag}'}
shape: {sharded: {shards: '${shards}'}}
environments:
  prod: {params: {shards: 6}, app: {drain: 20s}, expose: null, use: [db: {to: service/db}]}
---
patterns: v1
name: shop
extends: other.yaml
app: {port: 8081}
";
    assert_eq!(complaints(&validator, text), Vec::<String>::new());
}

#[test]
fn a_new_description_generates_as_it_stands() {
    let folder = own_folder("new");
    for path in files("patterns", "pattern.yaml") {
        let name = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let run = patterns(&["new", &name]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
        assert!(run.stdout.starts_with(&format!("# {name}: ")), "{name}");
        let file = folder.join(format!("{name}.yaml"));
        std::fs::write(&file, &run.stdout).unwrap();
        let run = patterns(&["gen", file.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
    }
    let run = patterns(&["new", "htps"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "error: no pattern is called `htps`; did you mean `https`?\n"));
    let run = patterns(&["new", "nothing-like-it"]);
    assert!(run.code == 2 && run.stderr.contains("`patterns new` lists them"), "{}", run.stderr);
    let run = patterns(&["new"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("new-list", run.stdout);
}

/// `patterns schema --pattern` knows the keys that are read, and every pattern of ours is one.
#[test]
fn definitions_of_patterns_are_valid() {
    let validator = validator(&["--pattern"]);
    let mut seen = 0;
    for path in files("patterns", "pattern.yaml").into_iter().chain(files("examples", "pattern.yaml")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(complaints(&validator, &text), Vec::<String>::new(), "{}", relative(&path));
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    for wrong in ["name: a", "name: a\nfamily: b\nsummary: c\nliterature: d\nparams: {}\nport: 1"] {
        assert!(!complaints(&validator, wrong).is_empty(), "{wrong}");
    }
    let schema: Value = serde_json::from_str(&patterns(&["schema", "--pattern"]).stdout).unwrap();
    let mut offered: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    // What serde says of a key that there is not names those that there are.
    let unknown = serde_json::json!({"no such key": 1});
    let error = serde_json::from_value::<patterns::pattern::Definition>(unknown).unwrap_err().to_string();
    let (_, known) = error.split_once("expected one of ").unwrap();
    let mut known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    offered.sort_unstable();
    known.sort_unstable();
    assert_eq!(offered, known);
}

/// An editor completes from an empty line: nothing says that one key more is too many, and versions are offered.
#[test]
fn schemas_complete_from_an_empty_line() {
    for args in [&["schema"][..], &["schema", "--settings"]] {
        let text = patterns(args).stdout;
        assert!(!text.contains("maxProperties"), "{args:?}");
        assert!(text.contains("\"1.34\""), "{args:?}");
    }
    let schema: Value = serde_json::from_str(&patterns(&["schema"]).stdout).unwrap();
    assert_eq!(schema["defaultSnippets"][0]["body"]["patterns"], "v1");
    assert!(schema["definitions"]["document"]["properties"]["environments"]["defaultSnippets"].is_array());
}
