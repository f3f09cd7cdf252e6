//! Examples ask of their images what these answer, and give them the memory that they run in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use crate::support::objects::pods;
use crate::support::{documents, files, patterns, relative};
use patterns::go::Quantity;
use rayon::prelude::*;
use serde_json::Value;

/// Images of the reader's own, which answer what the description says.
const OWN: &str = "registry.example.com/";

/// What `tests/fixtures/answers.yaml` says, by image without its tag.
fn answers() -> BTreeMap<String, Value> {
    let text = std::fs::read_to_string("tests/fixtures/answers.yaml").unwrap();
    documents(&text).remove(0).as_object().unwrap().clone().into_iter().collect()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    items(&spec["initContainers"]).chain(items(&spec["containers"]))
}

/// The image without its tag or digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap();
    name.rfind(':').filter(|colon| !name[*colon..].contains('/')).map_or(name, |colon| &name[..colon])
}

/// The container that answers at the port of a probe: a name is its own, a number may be another's.
fn answering<'a>(spec: &'a Value, own: &'a Value, port: &Value) -> &'a Value {
    let declares = |container: &&Value| items(&container["ports"]).any(|one| one["containerPort"] == *port);
    let there = if port.is_string() { own } else { containers(spec).find(declares).unwrap_or(own) };
    // the proxy in front passes requests on to the app
    let is_passed_on = repository(there["image"].as_str().unwrap_or_default()) == "ghostunnel/ghostunnel";
    if is_passed_on && there["name"] != own["name"] { own } else { there }
}

/// Whether a container is given content or a configuration of the Pod's: a file, a folder or arguments that hold it.
fn is_configured(spec: &Value, container: &Value) -> bool {
    let mounted = |volume: &&Value| items(&container["volumeMounts"]).any(|mount| mount["name"] == volume["name"]);
    let scratch = |volume: &Value| volume["name"] == "tmp";
    items(&spec["volumes"]).filter(mounted).any(|volume| !scratch(volume))
}

/// What an example asks in vain, and how much it asks.
fn judge(path: &str, answers: &BTreeMap<String, Value>) -> (Vec<String>, usize) {
    let (mut wrong, mut asked) = (Vec::new(), 0);
    let run = patterns(&["gen", path]);
    assert_eq!(run.code, 0, "{path}: {}", run.stderr);
    for (pod, template) in pods(&documents(&run.stdout)) {
        let spec = &template["spec"];
        for container in containers(spec) {
            let image = container["image"].as_str().unwrap_or_default();
            let known = answers.get(repository(image));
            let least = known.and_then(|known| known["memory"].as_str()).and_then(Quantity::parse);
            let limit = container.pointer("/resources/limits/memory").and_then(Value::as_str).and_then(Quantity::parse);
            if least.zip(limit).is_some_and(|(least, limit)| limit.compare(least).is_lt()) {
                wrong.push(format!("{path}: {pod}: {image} does not run in its limit of memory"));
            }
            for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
                let Some(get) = container[probe].get("httpGet") else { continue };
                let answering = answering(spec, container, &get["port"]);
                let image = answering["image"].as_str().unwrap_or_default();
                if image.starts_with(OWN) {
                    continue;
                }
                asked += 1;
                let Some(known) = answers.get(repository(image)) else {
                    wrong.push(format!("{path}: {pod}: nothing is known of what {image} answers: tests/fixtures/answers.yaml does not have it"));
                    continue;
                };
                let of = if is_configured(spec, answering) { "configured" } else { "plain" };
                let asks = get["path"].as_str().unwrap_or("/").split('?').next().unwrap();
                if !items(&known[of]).chain(items(&known["plain"])).any(|path| path == asks) {
                    wrong.push(format!("{path}: {pod}: {image} does not answer {asks} ({of})"));
                }
            }
        }
    }
    (wrong, asked)
}

#[test]
fn examples_ask_what_their_images_answer() {
    let answers = answers();
    let all = ["examples", "patterns"].iter().flat_map(|folder| files(folder, ".yaml"));
    let paths: Vec<String> = all
        .map(|path| relative(&path))
        .filter(|path| path.contains("/example") || path.starts_with("examples/") && !path.contains("own-pattern"))
        .collect();
    let judged: Vec<(Vec<String>, usize)> = paths.par_iter().map(|path| judge(path, &answers)).collect();
    let wrong: Vec<&str> = judged.iter().flat_map(|(wrong, _)| wrong).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let asked: usize = judged.iter().map(|(_, asked)| asked).sum();
    assert!(asked > 40, "only {asked} probes were looked at");
}

#[test]
fn an_image_that_answers_nothing_is_found() {
    let answers = answers();
    assert!(answers["tomcat"].as_object().unwrap().is_empty());
    assert_eq!(repository("localhost:5000/a/b:1@sha256:0"), "localhost:5000/a/b");
    assert_eq!(repository("localhost:5000/a/b"), "localhost:5000/a/b");
}
