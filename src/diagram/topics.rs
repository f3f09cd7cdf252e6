//! Topics of a message bus: what the steps of a stream read and write, by Bento's configuration or by the
//! variables that our own steps are given.

use std::sync::Arc;

use serde_json::Value as Json;

use super::pod::Told;
use crate::yaml::{self, Part, Source};

/// A topic that a container reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub name: String,
    /// `kafka:9092`
    pub bus: String,
    /// Read, or else written.
    pub is_read: bool,
}

/// The topics that a container is told of.
pub(super) fn of(told: &Told) -> Vec<Topic> {
    let mut topics = Vec::new();
    for file in told.files.iter().filter(|file| file.text.contains("input:") && file.text.contains("output:")) {
        let source = Arc::new(Source::from_text(file.path.as_str(), file.text.as_str()));
        for part in yaml::read(&source) {
            let Part::Document(document) = part else { continue };
            let Ok(json) = serde_json::from_str::<Json>(&document.to_json(document.root())) else { continue };
            collect(&json["input"], true, &mut topics);
            collect(&json["output"], false, &mut topics);
        }
    }
    let variable = |name: &str| told.env.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.as_str());
    let bus = variable("STREAM_BUS").map(address).unwrap_or_default();
    for (name, is_read) in [("STREAM_FROM", true), ("STREAM_TO", false)] {
        topics.extend(variable(name).map(|name| Topic { name: name.to_owned(), bus: bus.clone(), is_read }));
    }
    let mut kept: Vec<Topic> = Vec::new();
    for topic in topics {
        if !topic.name.contains("${") && !kept.contains(&topic) {
            kept.push(topic);
        }
    }
    kept
}

/// Finds the inputs and outputs of a bus, however deep they are in brokers and switches.
fn collect(json: &Json, is_read: bool, topics: &mut Vec<Topic>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect(item, is_read, topics)),
        Json::Object(members) => {
            for (key, value) in members {
                if key.starts_with("kafka") || key.starts_with("nats") {
                    of_bus(value, is_read, topics);
                } else {
                    collect(value, is_read, topics);
                }
            }
        }
        _ => {}
    }
}

fn of_bus(json: &Json, is_read: bool, topics: &mut Vec<Topic>) {
    let brokers = ["seed_brokers", "addresses", "urls"].iter().find_map(|name| json[name].get(0)?.as_str());
    let bus = brokers.map(address).unwrap_or_default();
    let lists = json["topics"].as_array().into_iter().flatten();
    let names = lists.chain([&json["topic"], &json["subject"]]).filter_map(Json::as_str);
    topics.extend(names.map(|name| Topic { name: name.to_owned(), bus: bus.clone(), is_read }));
}

/// A bus without its scheme and credentials.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ',', '?']).next().unwrap_or(rest);
    host.rsplit('@').next().unwrap_or(host).to_owned()
}
