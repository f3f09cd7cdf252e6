//! The `pattern`s of schemas, compiled once.

use std::collections::HashMap;

use regex_lite::Regex;

use crate::go::regex;
use crate::yaml::{Document, NodeId};

/// Compiles the patterns of a schema and of all below it.
pub fn compile(document: &Document, node: NodeId, patterns: &mut Patterns) {
    let mut work = vec![node];
    while let Some(node) = work.pop() {
        if let Some(pattern) = document.get(node, "pattern")
            && let Some(regex) = document.str(pattern).and_then(regex::compile)
        {
            patterns.insert((address(document), pattern), regex);
        }
        work.extend(document.entries(node).iter().map(|entry| entry.value()));
        work.extend(document.items(node));
    }
}

/// What tells documents apart while they live.
pub fn address(document: &Document) -> usize {
    std::ptr::from_ref(document).addr()
}

/// Patterns that could be compiled, by document and node; others are not judged.
pub type Patterns = HashMap<(usize, NodeId), Regex>;
