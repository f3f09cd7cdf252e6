//! The manifests that `patterns gen` writes, and the real agent: every container that runs it is started with the very
//! flags that the manifest carries, so a flag that drifts fails here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "helpers of tests are tests")]

mod agent_common;
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use agent_common::{Agent, ask, free_port, scratch, until};
use clap::Parser as _;
use patterns::agent::cli::Cli;
use serde::Deserialize as _;
use serde_json::Value;
use support::binary;

const LIMIT: Duration = Duration::from_secs(10);

/// All descriptions of the project.
fn descriptions() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let patterns = files(root.join("patterns")).flat_map(files).map(|pattern| pattern.join("example.yaml"));
    let mut all: Vec<_> = patterns.chain(files(root.join("examples"))).filter(|file| file.is_file()).collect();
    all.sort();
    all
}

/// What a description becomes, as objects.
fn generated(description: &Path) -> Vec<Value> {
    let output = Command::new(binary()).arg("gen").arg(description).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap())
        .filter(|object| !object.is_null())
        .collect()
}

/// The arguments of every container below that runs the agent.
fn agents(value: &Value, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| agents(item, found)),
        Value::Object(fields) => {
            if fields.get("image").and_then(Value::as_str).is_some_and(|image| image.contains("patterns-agent")) {
                let args = fields.get("args").and_then(Value::as_array).cloned().unwrap_or_default();
                found.push(args.iter().map(|arg| arg.as_str().unwrap().to_owned()).collect());
            }
            fields.values().for_each(|field| agents(field, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_agent_starts_with_the_flags_that_manifests_carry() {
    let mut roles = BTreeSet::new();
    for description in descriptions() {
        let objects = generated(&description);
        let mut found = Vec::new();
        for object in &objects {
            agents(object, &mut found);
        }
        for args in found {
            let words = std::iter::once("patterns-agent").chain(args.iter().map(String::as_str));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{}: {args:?}: {error}", description.display());
            }
            roles.insert(args[0].clone());
            starts(&description, &objects, args).await;
        }
    }
    for role in ["elect", "gather", "health", "introspect", "queue", "join", "reload", "topz"] {
        assert!(roles.contains(role), "no manifest runs {role}; those that do: {roles:?}");
    }
}

/// Roles that need a cluster check everything else before they miss it.
async fn starts(description: &Path, objects: &[Value], mut args: Vec<String>) {
    let status = free_port();
    for arg in &mut args {
        match arg.split_once('=') {
            Some(("--listen" | "--api", _)) => {
                *arg = format!("{}127.0.0.1:{}", &arg[..=arg.find('=').unwrap()], free_port());
            }
            Some(("--status", _)) => *arg = format!("--status=127.0.0.1:{status}"),
            Some(("--watch", _)) => *arg = format!("--watch={}", watched().display()),
            Some(("--job" | "--create", path)) if path.starts_with('/') => *arg = mounted(objects, arg),
            _ => {}
        }
    }
    let words: Vec<_> = args.iter().map(String::as_str).collect();
    let mut agent = Agent::start(&words, &[("POD_NAME", "pod-x"), ("POD_NAMESPACE", "default")]);
    if ["elect", "queue", "join"].contains(&words[0]) {
        agent.end(LIMIT).await;
        assert!(
            agent.log().contains("no API server to talk to"),
            "{}: {args:?}: {}",
            description.display(),
            agent.log()
        );
    } else {
        let ready = format!("http://127.0.0.1:{status}/readyz");
        until(&format!("{} {args:?} is ready", description.display()), LIMIT, || async {
            ask("GET", &ready).await.is_some_and(|answer| answer.0 == 200)
        })
        .await;
    }
}

/// A folder with a file in it.
fn watched() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watched");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("limits.conf"), "all\n").unwrap();
    folder
}

/// The file of a ConfigMap that the flag's path is mounted from, as a file of this machine.
fn mounted(objects: &[Value], flag: &str) -> String {
    let (name, path) = flag.split_once('=').unwrap();
    let key = path.rsplit('/').next().unwrap();
    let mut maps = objects.iter().filter(|object| object["kind"] == "ConfigMap");
    let text = maps.find_map(|map| map["data"][key].as_str()).unwrap_or_else(|| panic!("no ConfigMap has {key}"));
    let file = scratch(key);
    std::fs::write(&file, text).unwrap();
    format!("{name}={}", file.display())
}
