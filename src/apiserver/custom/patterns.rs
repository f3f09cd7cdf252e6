//! The `pattern`s of schemas, each compiled when a value is first compared with it: definitions have hundreds, and few are
//! asked for.

use std::sync::{Arc, Mutex, PoisonError};

use regex_lite::Regex;

use crate::go::regex;
use crate::kube::FastMap;
use crate::yaml::{Document, NodeId};

/// The patterns that have been asked for.
#[derive(Debug, Default)]
pub struct Patterns(Mutex<Known>);

/// By document and node; nothing for a pattern that could not be compiled.
type Known = FastMap<(usize, NodeId), Option<Arc<Regex>>>;

impl Patterns {
    /// The pattern at a node of a schema; nothing if it is none, or if the engine here knows less than Go's.
    pub fn at(&self, document: &Document, node: NodeId) -> Option<Arc<Regex>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || document.str(node).and_then(regex::compile).map(Arc::new);
        known.entry((address(document), node)).or_insert_with(compile).clone()
    }
}

/// What tells documents apart while they live.
fn address(document: &Document) -> usize {
    std::ptr::from_ref(document).addr()
}
