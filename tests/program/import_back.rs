//! The round trip: what `gen` makes of each example is imported, and generated again. `tests/import/round-trip.yaml` says
//! which examples come back exactly, and why each of the others does not; it changes with what the importer can.
//!
//! One comes back if the objects are the same again, of a description without `patch`, `extra`, `adopt` and `ignore`.

use std::collections::BTreeMap;

use crate::support::{documents, generate, patterns, patterns_with};
use serde_json::Value;

/// Objects by kind, namespace and name, without what says which description made them.
fn objects(stream: &str) -> BTreeMap<String, Value> {
    fn plain(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if let Some(annotations) = members.get_mut("annotations").and_then(Value::as_object_mut) {
                    annotations.retain(|key, _| {
                        !["patterns/source", "patterns/from", "patterns/uses"].contains(&key.as_str())
                    });
                }
                members.values_mut().for_each(plain);
            }
            Value::Array(items) => items.iter_mut().for_each(plain),
            _ => {}
        }
    }
    let named = documents(stream).into_iter().map(|mut object| {
        plain(&mut object);
        let metadata = &object["metadata"];
        (format!("{} {} {}", object["kind"], metadata["namespace"], metadata["name"]), object)
    });
    named.collect()
}

/// Why the objects of a description do not come back; nothing if they do.
fn difference(made: &str) -> Option<String> {
    let run = patterns_with(&["import", "--format", "json", "-"], made.as_bytes());
    let report: Value = match serde_json::from_str(&run.stdout) {
        Ok(report) => report,
        Err(_) => return Some(run.stderr),
    };
    assert_eq!(report["fields"]["lost"], 0, "{report}");
    if let Some(left) = report["left"].as_array().and_then(|left| left.first()) {
        return Some(format!("{} stays: {}", left["object"], left["why"]));
    }
    let texts: Vec<&str> =
        report["documents"].as_array()?.iter().filter_map(|document| document["description"].as_str()).collect();
    let text = texts.join("---\n");
    for document in documents(&text) {
        if let Some(hatch) = ["patch", "extra", "adopt", "ignore"].iter().find(|key| document.get(*key).is_some()) {
            return Some(format!("{} has {hatch}: {}", document["name"], document[*hatch]));
        }
    }
    let again = generate(&text);
    if again.code != 0 {
        return Some(again.stderr);
    }
    let (before, after) = (objects(made), objects(&again.stdout));
    let keys = before.keys().chain(after.keys());
    let other = keys.into_iter().find(|key| before.get(*key) != after.get(*key))?;
    Some(format!("{other}: {:?}\nis now {:?}", before.get(other), after.get(other)))
}

#[test]
#[cfg_attr(debug_assertions, ignore = "generates and imports each example of the catalogue: a minute in a debug build")]
fn examples_come_back_as_far_as_the_lists_say() {
    let files = crate::import::examples(&["patterns", "examples", "tests/diagram"]);
    let lists = documents(&std::fs::read_to_string("tests/import/round-trip.yaml").unwrap()).remove(0);
    let back: Vec<&str> = lists["back"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let others: Vec<&str> = lists["others"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut wrong: Vec<String> = Vec::new();
    for file in &files {
        let made = patterns(&["gen", file]);
        if made.code != 0 {
            // files beside descriptions
            continue;
        }
        let why = difference(&made.stdout);
        let is_back = back.contains(&file.as_str());
        let is_not = others.contains(&file.as_str());
        if is_back == is_not || is_back == why.is_some() {
            let why = why.unwrap_or_else(|| "it comes back".to_owned());
            wrong.push(format!("{file}: {}", why.chars().take(600).collect::<String>()));
        }
    }
    for gone in back.iter().chain(&others).filter(|file| !files.iter().any(|there| there == **file)) {
        wrong.push(format!("{gone}: there is no such example"));
    }
    assert!(wrong.is_empty(), "the lists say something else of:\n{}", wrong.join("\n"));
}
