//! What a description makes, taken apart for a program to run it.

use std::path::Path;

use serde_json::Value;

use crate::support;

/// The objects of a description.
pub struct Generated(Vec<Value>);

impl Generated {
    /// Expands a description.
    pub fn from(description: &str) -> Self {
        let run = support::generate(description);
        assert_eq!(run.code, 0, "{}", run.stderr);
        Self(support::documents(&run.stdout))
    }

    /// Expands a description of a file.
    pub fn of_file(file: &Path) -> Self {
        let run = support::patterns(&["gen", file.to_str().expect("UTF-8")]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        Self(support::documents(&run.stdout))
    }

    /// The container of that name, in whatever Pod it is.
    pub fn container(&self, name: &str) -> &Value {
        let pods = self.0.iter().filter_map(|object| object.pointer("/spec/template/spec"));
        let lists = pods.flat_map(|pod| [&pod["initContainers"], &pod["containers"]]);
        let mut all = lists.filter_map(Value::as_array).flatten();
        all.find(|container| container["name"] == name).unwrap_or_else(|| panic!("no container {name}"))
    }

    /// A file of the one `ConfigMap` whose name begins so.
    pub fn file(&self, map: &str, file: &str) -> String {
        let name = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let found = self.0.iter().find(|object| object["kind"] == "ConfigMap" && name(object).starts_with(map));
        let text = found.and_then(|object| object["data"][file].as_str());
        text.unwrap_or_else(|| panic!("no ConfigMap {map}… with {file}")).to_owned()
    }

    /// The file of that name in every `ConfigMap` that has one, with the map's name.
    pub fn files(&self, file: &str) -> Vec<(String, String)> {
        let text = |object: &Value| {
            Some((object["metadata"]["name"].as_str()?.to_owned(), object["data"][file].as_str()?.to_owned()))
        };
        self.0.iter().filter(|object| object["kind"] == "ConfigMap").filter_map(text).collect()
    }

    /// The arguments of a workload's first container.
    pub fn args(&self, kind: &str, name: &str) -> Vec<String> {
        let found = self.0.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        let args = found.and_then(|object| object.pointer("/spec/template/spec/containers/0/args")?.as_array());
        let args = args.unwrap_or_else(|| panic!("no {kind}/{name} with arguments"));
        args.iter().map(|arg| arg.as_str().expect("an argument is text").to_owned()).collect()
    }

    /// The arguments of a container, with what is different outside of a Pod replaced.
    pub fn container_args(&self, name: &str, replacements: &[(&str, &str)]) -> Vec<String> {
        let args = self.container(name)["args"].as_array().expect("it has arguments");
        let text: Vec<&str> = args.iter().map(|arg| arg.as_str().expect("text")).collect();
        let all = replacements.iter().fold(text.join("\n"), |text, (from, to)| replace(&text, from, to));
        all.lines().map(str::to_owned).collect()
    }
}

/// The text with a part that must be there replaced.
pub fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from} in\n{text}");
    text.replace(from, to)
}
