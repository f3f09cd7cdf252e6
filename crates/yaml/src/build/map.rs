//! Maps: merge keys and duplicate keys are settled here, in go-yaml's order (`decoder.mapping` and `decoder.merge` in
//! `go.yaml.in/yaml/v2/decode.go`).

use std::collections::{HashMap, HashSet};

use super::{Builder, Frame};
use crate::key::print;
use crate::refusal::Refusal;
use crate::tree::{Duplicate, Entry, NodeId, ORDERED, Style, Value};

/// A map under construction: the last of the document's entries. Finds an earlier entry of the same key, by hash once the
/// map is large.
struct MapBuilder {
    start: usize,
    /// The [`Key::place`](crate::key::Key::place) of each key: one that has none of these is new.
    places: u64,
    index: Option<HashMap<String, usize>>,
    /// The places of entries that came in by `<<`.
    merged: HashSet<usize>,
}

/// Up to here, looking through all entries is faster than hashing: most of the time it is known that there is nothing to
/// find.
const SMALL: usize = 64;

/// Whether two of the entries may have the same key.
fn may_share(entries: &[Entry]) -> bool {
    let (mut places, mut shared) = (0_u64, 0);
    for entry in entries {
        let place = 1 << entry.place();
        shared |= places & place;
        places |= place;
    }
    shared != 0
}

impl Builder<'_> {
    /// Keeps the entries of a map; returns where they end among those of the documents.
    pub(super) fn map(&mut self, frame: &Frame) -> Result<usize, Refusal> {
        let first = frame.first as usize;
        let start = self.tree.entries.len();
        if frame.has_odd_keys || !self.merge_keys.is_empty() || may_share(&self.pending[first..]) {
            self.settle_keys(first)?;
        } else {
            self.tree.entries.extend_from_slice(&self.pending[first..]);
        }
        let within = start..self.tree.entries.len();
        if within.len() > ORDERED {
            let order = self.tree.order(within.clone());
            self.tree.orders.push(order);
        }
        Ok(within.end)
    }

    /// Keeps the entries of a map of which some may be merged, refused or lost.
    #[inline(never)]
    fn settle_keys(&mut self, first: usize) -> Result<(), Refusal> {
        let mut map = MapBuilder { start: self.tree.entries.len(), places: 0, index: None, merged: HashSet::new() };
        for at in first..self.pending.len() {
            let mut entry = self.pending[at];
            if !self.merge_keys.is_empty() && self.is_merge_key(entry.key) {
                self.merge(entry.value(), &mut map)?;
                continue;
            }
            if self.tree.written(entry.key).is_none() {
                self.check_key(entry.key)?;
                entry.print = print(self.tree.key_text(entry.key).as_bytes());
            }
            if let Some(duplicate) = self.set(&mut map, entry, false) {
                self.draft.duplicates.push(duplicate);
            }
        }
        Ok(())
    }

    /// Sets a key. Returns what was lost if the key was there already.
    fn set(&mut self, map: &mut MapBuilder, entry: Entry, is_merged: bool) -> Option<Duplicate> {
        let tree = &mut self.tree;
        let place = 1 << entry.place();
        let next = tree.entries.len() - map.start;
        if map.places & place == 0 && map.index.is_none() {
            map.places |= place;
            if is_merged {
                map.merged.insert(next);
            }
            tree.entries.push(entry);
            return None;
        }
        let entries = &tree.entries[map.start..];
        // Merge keys can make a map larger than it is written.
        if map.index.is_none() && entries.len() > SMALL {
            let keys = entries.iter().enumerate();
            map.index = Some(keys.map(|(at, entry)| (tree.key(entry).into_owned(), at)).collect());
        }
        let is_same = |other: &Entry| other.print == entry.print && tree.key(other) == tree.key(&entry);
        let found = match &map.index {
            Some(index) => index.get(tree.key(&entry).as_ref()).copied(),
            None => entries.iter().position(is_same),
        };
        let Some(at) = found else {
            if let Some(index) = &mut map.index {
                index.insert(tree.key(&entry).into_owned(), entries.len());
            }
            if is_merged {
                map.merged.insert(next);
            }
            tree.entries.push(entry);
            return None;
        };
        let old = entries[at];
        // `1:` and `"1":` are two keys in Go's map and one in JSON. Which survives there is chance: in a small
        // map the later in seven runs of eight, and the first in the run that was recorded.
        if std::mem::discriminant(&tree.value(old.key)) != std::mem::discriminant(&tree.value(entry.key)) {
            return Some(Duplicate { lost: entry, kept: old, is_merged: false });
        }
        tree.entries[map.start + at] = entry;
        let was_merged = map.merged.contains(&at);
        if !is_merged {
            map.merged.remove(&at);
        }
        Some(Duplicate { lost: old, kept: entry, is_merged: was_merged })
    }

    fn is_merge_key(&self, key: NodeId) -> bool {
        self.merge_keys.binary_search(&key).is_ok()
    }

    fn merge(&mut self, from: NodeId, into: &mut MapBuilder) -> Result<(), Refusal> {
        match self.tree.value(from) {
            Value::Map(_) => self.merge_map(from, into),
            // Earlier maps of a list win, so they are laid on last.
            Value::List(_) if self.tree.style(from) != Style::Alias => {
                for item in self.tree.items(from).to_vec().into_iter().rev() {
                    if !matches!(self.tree.value(item), Value::Map(_)) {
                        return Err(self.bad_merge(item));
                    }
                    self.merge_map(item, into);
                }
            }
            _ => return Err(self.bad_merge(from)),
        }
        Ok(())
    }

    fn merge_map(&mut self, from: NodeId, into: &mut MapBuilder) {
        for at in 0..self.tree.entries(from).len() {
            if let Some(entry) = self.tree.entries(from).get(at).copied() {
                self.set(into, entry, true);
            }
        }
    }

    fn bad_merge(&self, node: NodeId) -> Refusal {
        Refusal::new(self.tree.span(node), "`<<` merges a map, or a list of maps")
            .help("quote the key if it is meant as text: \"<<\"")
    }

    fn check_key(&self, key: NodeId) -> Result<(), Refusal> {
        let kind = match self.tree.value(key) {
            Value::Null => "null",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Uint(_) => "a number above 9223372036854775807",
            _ => return Ok(()),
        };
        let span = self.tree.span(key);
        let refusal = Refusal::new(span, format!("{kind} cannot be a key"))
            .because("kubectl converts YAML to JSON, where every key is a string");
        Err(refusal.help("quote the key"))
    }
}
