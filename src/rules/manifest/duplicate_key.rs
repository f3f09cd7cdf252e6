use std::collections::HashSet;
use std::sync::Arc;

use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::{Document, NodeId, Value};

/// A key that is duplicated in one map.
pub static RULE: Rule = rule!("duplicate_key.md", Error, Check::Document(check));

fn check(document: &Arc<Document>, found: &mut Findings<'_>) {
    if document.duplicates.is_empty() {
        return;
    }
    let live = live_keys(document);
    for duplicate in &document.duplicates {
        // A key that came in by `<<` still lives in the map that it came from: overriding it is the point.
        if live.contains(&duplicate.lost.key) {
            continue;
        }
        let key = clip(&document.key(&duplicate.kept));
        let (lost, kept) = (duplicate.lost.key, duplicate.kept.key);
        let is_same_text = document.raw(lost) == document.raw(kept);
        let message = if is_same_text {
            format!("`{key}` is duplicated in this map; the first is silently lost")
        } else {
            format!(
                "`{}` and `{}` are the same key; one of them is silently lost",
                document.raw(lost),
                document.raw(kept)
            )
        };
        found
            .at(lost, message)
            .here("this one is lost")
            .and(kept, "this one is kept")
            .because("kubectl keeps the last of two equal keys and drops the others before the API server sees them")
            .help("merge the two, or remove one of them");
    }
}

/// The keys of all maps as they are written.
fn live_keys(document: &Document) -> HashSet<NodeId> {
    let mut live = HashSet::new();
    let mut open = vec![document.root()];
    let mut seen = HashSet::new();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        match document.value(node) {
            Value::List(items) => open.extend(items),
            Value::Map(entries) => {
                for entry in entries {
                    live.insert(entry.key);
                    open.push(entry.value());
                }
            }
            _ => {}
        }
    }
    live
}
