//! What of schemas is prepared once and not for each value: regular expressions, and the values of long enumerations. Each
//! when a value is first compared with it: definitions have hundreds, and few are asked for.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use regex_lite::Regex;

use crate::go::regex;
use crate::kube::FastMap;
use crate::yaml::{Document, NodeId};

/// Enumerations with more values are prepared.
const LONG: usize = 16;

/// What has been asked for.
#[derive(Debug, Default)]
pub struct Prepared {
    /// Nothing for a pattern that could not be compiled.
    patterns: Kept<Option<Arc<Regex>>>,
    /// Values as JSON.
    enumerations: Kept<Arc<HashSet<String>>>,
}

/// By document and node.
type Kept<T> = Mutex<FastMap<(usize, NodeId), T>>;

impl Prepared {
    /// The regular expression of a `pattern`, if it could be compiled; others are not judged.
    pub fn pattern(&self, document: &Document, pattern: NodeId) -> Option<Arc<Regex>> {
        let compile = || document.str(pattern).and_then(regex::compile).map(Arc::new);
        kept(&self.patterns, document, pattern, compile)
    }

    /// Whether the values of an `enum` have one that is this as JSON.
    pub fn enumerates(&self, document: &Document, values: NodeId, json: &str) -> bool {
        let items = document.items(values);
        if items.len() <= LONG {
            return items.iter().any(|value| document.to_json(*value) == json);
        }
        let all = || Arc::new(items.iter().map(|value| document.to_json(*value)).collect());
        kept(&self.enumerations, document, values, all).contains(json)
    }
}

/// What is kept for a node, made when it is first asked for.
fn kept<T: Clone>(all: &Kept<T>, document: &Document, node: NodeId, make: impl FnOnce() -> T) -> T {
    // what tells documents apart while they live
    let address = std::ptr::from_ref(document).addr();
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry((address, node)).or_insert_with(make).clone()
}
