//! Mistakes of decoding as the server reports them.

use super::super::{Object, Problem, ProblemKind};
use super::{Cause, Reason, Target};
use crate::diagnostic::{Edit, Fix};
use crate::yaml::{Document, NodeId, Style, Value};

/// What a strict decode of an object refuses.
pub fn causes(object: &Object, target: Target) -> Vec<Cause> {
    let problems = object.problems.iter().filter(|problem| counts(problem, target));
    problems.map(|problem| cause(object, problem)).collect()
}

fn counts(problem: &Problem, target: Target) -> bool {
    match problem.kind {
        ProblemKind::OtherVersion { history, .. } => !history.exists_in(target),
        // The map gets another key than its author meant, which the server cannot know.
        ProblemKind::BooleanKey => false,
        _ => true,
    }
}

fn cause(object: &Object, problem: &Problem) -> Cause {
    let document = &object.document;
    let (path, name) = path(document, object.node, problem.node);
    let (reason, message, help) = match &problem.kind {
        ProblemKind::UnknownField { type_name, known } => {
            let near = nearest(&name, known);
            let message = format!("{} has no field `{name}`", owner(type_name));
            (Reason::UnknownField, message, near.map(|near| format!("did you mean `{near}`?")))
        }
        ProblemKind::OtherVersion { type_name, history } => {
            let message = format!("{} has a field `{name}` {} only", owner(type_name), history.times());
            (Reason::UnknownField, message, None)
        }
        ProblemKind::WrongType { expected } => {
            let message =
                format!("`{name}` must be {expected}, and this is {}", article(document, problem.node, expected));
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

/// Whether a scalar stands where a text belongs and only lacks quotes.
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
    lacks_quotes(document, node, expected).then(|| {
        let edit = Edit::replace(document.span(node), format!("\"{}\"", document.raw(node)));
        Fix { title: "quote it".to_owned(), safe: true, edits: vec![edit] }
    })
}

/// The known name that a wrong one is closest to.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |field: &&str| strsim::damerau_levenshtein(&field.to_lowercase(), &name.to_lowercase());
    known
        .iter()
        .map(|field| (distance(field), *field))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, field)| field)
}

/// The path that leads from `root` to a key or value, and its last name.
fn path(document: &Document, root: NodeId, target: NodeId) -> (String, String) {
    let mut work = vec![(root, String::new(), String::new())];
    while let Some((node, path, name)) = work.pop() {
        if node == target {
            return (path, name);
        }
        match document.value(node) {
            Value::Map(entries) => {
                for entry in entries {
                    let key = document.key(entry).into_owned();
                    let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if entry.key == target {
                        return (inner, key);
                    }
                    work.push((entry.value, inner, key));
                }
            }
            Value::List(items) => work.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| (*item, format!("{path}[{index}]"), format!("{name}[{index}]"))),
            ),
            _ => {}
        }
    }
    (String::new(), String::new())
}
