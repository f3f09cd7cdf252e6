//! Mistakes of decoding as the server reports them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::near::nearest;
use super::{Cause, Reason, Target};
use crate::diagnostic::Fix;
use crate::kube::{Object, Problem, ProblemKind};
use crate::words::did_you_mean;
use crate::yaml::{Document, NodeId, Style, Value, edit};

/// What a strict decode of an object refuses.
pub fn causes(object: &Object, target: Target) -> Vec<Cause> {
    let problems: Vec<&Problem> = object.problems.iter().filter(|problem| counts(problem, target)).collect();
    if problems.is_empty() {
        return Vec::new();
    }
    let wanted = problems.iter().map(|problem| problem.node).collect();
    let paths = paths(&object.document, object.node, &wanted);
    let spelt = |problem: &Problem| paths.get(&problem.node).cloned().unwrap_or_default();
    problems.into_iter().map(|problem| cause(object, problem, spelt(problem))).collect()
}

fn counts(problem: &Problem, target: Target) -> bool {
    match problem.kind {
        ProblemKind::OtherVersion { history, .. } => !history.exists_in(target),
        // The map gets another key than its author meant, which the server cannot know.
        ProblemKind::BooleanKey => false,
        _ => true,
    }
}

fn cause(object: &Object, problem: &Problem, (path, name): Spelt) -> Cause {
    let document = &object.document;
    let (reason, message, help) = match &problem.kind {
        ProblemKind::UnknownField { type_name, known } => {
            let near = nearest(&name, known);
            let message = format!("{} has no field `{name}`", owner(type_name));
            (Reason::UnknownField, message, near.map(did_you_mean))
        }
        ProblemKind::OtherVersion { type_name, history } => {
            let message = format!("{} has a field `{name}` only {}", owner(type_name), history.times());
            (Reason::UnknownField, message, None)
        }
        ProblemKind::WrongType { expected } => {
            let message =
                format!("`{name}` must be {expected}, but this is {}", article(document, problem.node, expected));
            (Reason::WrongType, message, quote(object, problem.node, expected))
        }
        ProblemKind::BooleanKey => (Reason::WrongType, format!("`{name}` is a boolean here"), None),
        ProblemKind::Malformed { expected } => (Reason::Malformed, format!("`{name}` is not {expected}"), None),
    };
    let fix = match &problem.kind {
        ProblemKind::WrongType { expected } => quotes(document, problem.node, expected),
        _ => None,
    };
    Cause { reason, path, node: problem.node, message, help, fix }
}

fn owner(type_name: &str) -> String {
    if type_name.is_empty() { "this map".to_owned() } else { format!("`{type_name}`") }
}

fn article(document: &Document, node: NodeId, expected: &str) -> String {
    match document.value(node) {
        // Whole numbers are no secrets.
        Value::Int(_) | Value::Uint(_) | Value::Float(_) if expected.starts_with("a whole number") => {
            document.raw(node).to_owned()
        }
        value => format!("a {}", value.type_name()),
    }
}

/// Whether a scalar is where a text belongs and only lacks quotes.
fn lacks_quotes(document: &Document, node: NodeId, expected: &str) -> bool {
    let is_scalar = matches!(document.value(node), Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_));
    is_scalar && expected == "a string" && document.style(node) == Style::Plain
}

/// What to write instead. What a Secret holds is not repeated.
fn quote(object: &Object, node: NodeId, expected: &str) -> Option<String> {
    let document = &object.document;
    lacks_quotes(document, node, expected).then(|| match object.id.kind.as_str() {
        "Secret" => "write it in quotes".to_owned(),
        _ => format!("write \"{}\"", document.raw(node)),
    })
}

/// Plain booleans and numbers hold nothing that quotes would have to escape.
fn quotes(document: &Document, node: NodeId, expected: &str) -> Option<Fix> {
    if !lacks_quotes(document, node, expected) {
        return None;
    }
    let edit = edit::scalar(document, node, &format!("\"{}\"", document.raw(node)))?;
    Some(Fix { title: "quote it".to_owned(), safe: true, edits: vec![edit] })
}

/// The path that leads to a key or value, and its last name.
type Spelt = (String, String);

/// A key or value on the way through an object.
struct Visit<'object> {
    node: NodeId,
    /// The visit of what holds it; the root's is its own.
    from: usize,
    step: Segment<'object>,
}

enum Segment<'object> {
    Root,
    Key(Cow<'object, str>),
    Index(usize),
}

/// The paths from `root` to some keys and values: one walk for all of them.
fn paths(document: &Document, root: NodeId, wanted: &HashSet<NodeId>) -> HashMap<NodeId, Spelt> {
    let mut found = HashMap::new();
    let mut visits = vec![Visit { node: root, from: 0, step: Segment::Root }];
    let mut work = vec![0];
    while let Some(at) = work.pop() {
        let node = visits[at].node;
        if wanted.contains(&node) {
            found.entry(node).or_insert_with(|| spell(&visits, at));
        }
        if found.len() == wanted.len() {
            break;
        }
        match document.value(node) {
            Value::Map(entries) => {
                for entry in entries {
                    visits.push(Visit { node: entry.value(), from: at, step: Segment::Key(document.key(entry)) });
                    work.push(visits.len() - 1);
                    let key = entry.key;
                    if wanted.contains(&key) {
                        found.entry(key).or_insert_with(|| spell(&visits, visits.len() - 1));
                    }
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    visits.push(Visit { node: *item, from: at, step: Segment::Index(index) });
                    work.push(visits.len() - 1);
                }
            }
            _ => {}
        }
    }
    found
}

fn spell(visits: &[Visit<'_>], at: usize) -> Spelt {
    let mut steps = Vec::new();
    let mut here = at;
    while !matches!(visits[here].step, Segment::Root) {
        steps.push(&visits[here].step);
        here = visits[here].from;
    }
    let (mut path, mut name) = Spelt::default();
    for step in steps.into_iter().rev() {
        match step {
            Segment::Root => {}
            Segment::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                name = key.clone().into_owned();
            }
            Segment::Index(index) => {
                let index = format!("[{index}]");
                path.push_str(&index);
                name.push_str(&index);
            }
        }
    }
    (path, name)
}
