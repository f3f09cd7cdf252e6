//! Steps that pass messages on through topics: every topic that a step takes has a writer, and nothing goes round
//! in circles.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

use crate::describe::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::words::{did_you_mean, nearest};

/// Where a pattern's parameters say what flows where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The parameter that is the bus.
    pub bus: String,
    /// The parameter that holds the steps by name.
    pub steps: String,
    /// The parameter that lists topics written by others.
    pub external: String,
    /// Keys of a step whose topics it takes: a text, a list, or the keys of a map.
    pub takes: Vec<String>,
    /// Keys of a step whose topics it writes.
    pub gives: Vec<String>,
    /// Words in place of a topic that name none.
    pub ends: Vec<String>,
    /// The key of a step that divides its topic among consumers.
    pub shards: String,
}

/// Steps in one flow: each is its own workload.
const MOST: usize = 200;

/// A step and its topics.
struct Step<'a> {
    member: &'a Member,
    takes: Vec<(&'a str, &'a Place)>,
    gives: Vec<(&'a str, &'a Place)>,
    shards: bool,
}

impl Flow {
    /// What does not fit together.
    pub(crate) fn check(&self, params: &Spanned) -> Vec<Finding> {
        let members = params.get(&self.steps).map(Spanned::members).unwrap_or_default();
        if let Some(member) = members.get(MOST) {
            let message = format!("a flow has at most {MOST} steps");
            let finding = Finding::error(member.key_place.label("one too many"), message);
            return vec![finding.help("make it two documents that share a topic")];
        }
        let steps: Vec<Step<'_>> = members.iter().map(|member| self.step(member)).collect();
        let external = params.get(&self.external).map(Spanned::items).unwrap_or_default();
        let external: Vec<&str> = external.iter().filter_map(Spanned::text).collect();
        let mut findings = check_repeated(&steps);
        findings.extend(check_writers(&steps, &external, &self.external));
        findings.extend(check_shards(&steps));
        if let Some(bus) = params.get(&self.bus).filter(|bus| bus.text().is_some_and(|bus| bus.starts_with("nats://")))
        {
            findings.extend(check_partitions(&steps, bus));
        }
        if let Some((first, rest)) = cycle(&steps).split_first() {
            findings.push(circle(first, rest));
        }
        findings
    }

    fn step<'a>(&self, member: &'a Member) -> Step<'a> {
        let named = |keys: &[String]| {
            let values = keys.iter().filter_map(|key| member.value.get(key));
            values.flat_map(topics).filter(|(topic, _)| !self.ends.iter().any(|end| end == topic)).collect()
        };
        let shards = member.value.get(&self.shards).is_some();
        Step { member, takes: named(&self.takes), gives: named(&self.gives), shards }
    }
}

fn topics(value: &Spanned) -> Vec<(&str, &Place)> {
    match &value.kind {
        Kind::Text(text) => vec![(text.as_str(), &value.place)],
        Kind::List(items) => items.iter().filter_map(|item| Some((item.text()?, &item.place))).collect(),
        Kind::Map(members) => members.iter().map(|member| (member.key.as_str(), &member.key_place)).collect(),
        _ => Vec::new(),
    }
}

fn check_repeated(steps: &[Step<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for topics in steps.iter().flat_map(|step| [&step.takes, &step.gives]) {
        let mut seen = HashMap::new();
        for (topic, place) in topics {
            if let Some(first) = seen.insert(topic, place) {
                findings.push(
                    Finding::error(place.label("again"), format!("`{topic}` is duplicated in one step"))
                        .label(first.label("here"))
                        .because("each message would be passed on twice"),
                );
            }
        }
    }
    findings
}

fn check_writers(steps: &[Step<'_>], external: &[&str], parameter: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let written: BTreeSet<&str> =
        steps.iter().flat_map(|step| &step.gives).map(|(topic, _)| *topic).chain(external.iter().copied()).collect();
    for (topic, place) in steps.iter().flat_map(|step| &step.takes) {
        if written.contains(topic) {
            continue;
        }
        let label = nearest(topic, written.iter().copied()).map_or_else(|| "taken here".to_owned(), did_you_mean);
        findings.push(
            Finding::error(place.label(label), format!("no step writes `{topic}`"))
                .because("a step that reads it would wait forever")
                .help(format!("if something else writes it: {parameter}: [{topic}]")),
        );
    }
    findings
}

/// A consumer of a sharded topic counts on one key staying with one consumer; a writer without the key breaks that.
fn check_shards(steps: &[Step<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for sharder in steps.iter().filter(|step| step.shards) {
        for (topic, place) in &sharder.gives {
            let others = steps.iter().filter(|step| step.member.key != sharder.member.key);
            for (_, other) in others.flat_map(|step| &step.gives).filter(|(other, _)| other == topic) {
                findings.push(
                    Finding::error(other.label("also written here"), format!("`{topic}` has two writers, and one of them shards it"))
                        .label(place.label("sharded here"))
                        .because("messages from the other writer would land on any shard, but a consumer relies on each key staying on one shard")
                        .help("give the other writer its own topic, and merge before sharding"),
                );
            }
        }
    }
    findings
}

fn check_partitions(steps: &[Step<'_>], bus: &Spanned) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in steps.iter().filter(|step| step.shards) {
        findings.push(
            Finding::error(step.member.key_place.label("shards a topic"), "NATS has no partitions to shard by")
                .label(bus.place.label("the bus"))
                .because("consumers of a JetStream subject share its messages regardless of key")
                .help("use `split` with a condition for each part, or a Kafka bus"),
        );
    }
    findings
}

/// The first circle of steps, in the order of the flow; empty if there is none.
fn cycle<'s, 'a>(steps: &'s [Step<'a>]) -> Vec<&'s Step<'a>> {
    let mut takers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        for (topic, _) in &step.takes {
            takers.entry(topic).or_default().push(at);
        }
    }
    let next = |at: usize| -> Vec<usize> {
        steps[at].gives.iter().filter_map(|(topic, _)| takers.get(topic)).flatten().copied().collect()
    };
    let mut done = vec![false; steps.len()];
    for start in 0..steps.len() {
        if done[start] {
            continue;
        }
        // a path through the flow, and for each step on it those that are left to try
        let mut path: Vec<(usize, Vec<usize>)> = vec![(start, next(start))];
        while let Some((at, left)) = path.last_mut() {
            let Some(to) = left.pop() else {
                done[*at] = true;
                path.pop();
                continue;
            };
            if let Some(from) = path.iter().position(|(at, _)| *at == to) {
                return path[from..].iter().map(|(at, _)| &steps[*at]).collect();
            }
            if !done[to] {
                path.push((to, next(to)));
            }
        }
    }
    Vec::new()
}

fn circle(first: &Step<'_>, rest: &[&Step<'_>]) -> Finding {
    let finding = Finding::error(first.member.key_place.label("begins here"), "this flow has a cycle");
    let finding =
        rest.iter().fold(finding, |finding, step| finding.label(step.member.key_place.label("continues here")));
    finding
        .because("messages would circulate through these steps forever, and the topics would fill up")
        .help("have one of them write to a topic that no earlier step reads")
}
