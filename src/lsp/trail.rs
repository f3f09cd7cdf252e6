//! Which node of a tree a byte is in, and the way down to it.

use crate::kube::{File, Index, Object, Selector};
use crate::yaml::{Document, NodeId, Value};

/// The way down to a byte.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The keys on the way, that of the last entry included.
    pub fields: Vec<String>,
    /// The maps and lists on the way, the outermost first.
    pub around: Vec<NodeId>,
    /// The innermost node: a key, or a value.
    pub node: NodeId,
    /// Whether that is a key.
    pub is_key: bool,
}

/// The way from a node down to the innermost one that holds a byte, or ends at it.
#[must_use]
pub fn at(document: &Document, from: NodeId, at: usize) -> Trail {
    let holds = |node: NodeId| {
        let span = document.span(node).range();
        span.start <= at && at <= span.end
    };
    let mut trail = Trail { fields: Vec::new(), around: Vec::new(), node: from, is_key: false };
    loop {
        let next = match document.value(trail.node) {
            Value::Map(entries) => {
                let next = entries.partition_point(|entry| document.span(entry.key).range().start <= at);
                // What merge keys bring is not where the others are.
                let Some(entry) = next.checked_sub(1).and_then(|next| entries.get(next)) else { break };
                trail.fields.push(document.key(entry).into_owned());
                trail.is_key = holds(entry.key);
                if trail.is_key {
                    trail.around.push(trail.node);
                    trail.node = entry.key;
                    break;
                }
                if !holds(entry.value()) {
                    trail.fields.pop();
                    break;
                }
                entry.value()
            }
            Value::List(items) => {
                let next = items.partition_point(|item| document.span(*item).range().start <= at);
                let Some(item) = next.checked_sub(1).and_then(|next| items.get(next)).filter(|item| holds(**item))
                else {
                    break;
                };
                *item
            }
            _ => break,
        };
        // An alias leads back into what is somewhere else.
        if !holds(next) || trail.around.len() > crate::limits::DEPTH.count() {
            break;
        }
        trail.around.push(trail.node);
        trail.node = next;
    }
    trail
}

impl Trail {
    /// The keys, to compare with.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.fields.iter().map(String::as_str).collect()
    }
}

/// The object of a file that a byte is in.
#[must_use]
pub fn object(file: &File, at: usize) -> Option<&Object> {
    let holds = |object: &&Object| {
        let span = object.document.span(object.node).range();
        span.start <= at && at <= span.end
    };
    // Of a list's items, the one that begins last.
    file.objects.iter().rev().find(holds)
}

/// How many workloads of one selector are shown at most.
const MOST: usize = 16;

/// The workloads that a selector matches: those that are applied with its object if there are any, else those of its
/// folder, else those of the run. To look at them nothing needs to be proven.
#[must_use]
pub fn selected<'run>(index: &Index<'run>, from: &Object, selector: &Selector<'_>) -> Vec<&'run Object> {
    let matching = index.matching(from, selector);
    let reached: Vec<_> = matching.iter().filter_map(|object| Some((index.reach(from, object)?, object))).collect();
    let Some(nearest) = reached.iter().map(|(reach, _)| *reach).min() else { return Vec::new() };
    reached.into_iter().filter(|(reach, _)| *reach == nearest).map(|(_, object)| object).take(MOST).collect()
}
