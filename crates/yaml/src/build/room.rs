//! How much memory the nodes of documents grow in, and how much they keep.

use std::sync::Arc;

use crate::late::Late;
use crate::seldom::Seldom;
use crate::source::Source;
use crate::stored::More;
use crate::tree::Tree;

/// Documents of more nodes, or more bytes of text besides the source, keep the memory that they grew in: copying would
/// double it. Smaller ones may share theirs, up to as many.
pub(super) const COPIED: (usize, usize) = (4096, 64 << 10);

/// How much is in a tree: of nodes, items, entries, what is kept beside them, and text.
pub(super) type Size = (usize, usize, usize, (usize, usize, usize), usize);

impl Tree {
    pub(super) fn new(source: &Arc<Source>) -> Self {
        // about as many as its bytes make in most manifests: growing by and by takes longer
        let nodes = (source.text.len() / 12).min(COPIED.0);
        Self {
            source: Arc::clone(source),
            nodes: Vec::with_capacity(nodes),
            items: Vec::with_capacity(nodes / 16),
            entries: Vec::with_capacity(nodes / 2),
            orders: Vec::new(),
            more: More::with_room(nodes / 4),
            unescaped: String::new(),
            late: Late::default(),
            dropped: Seldom::default(),
        }
    }

    pub(super) fn size(&self) -> Size {
        (self.nodes.len(), self.items.len(), self.entries.len(), self.more.len(), self.unescaped.len())
    }

    /// Drops what came later.
    pub(super) fn truncate(&mut self, (nodes, items, entries, more, unescaped): Size) {
        self.nodes.truncate(nodes);
        self.items.truncate(items);
        self.entries.truncate(entries);
        self.orders.truncate(self.orders.partition_point(|order| order.first < entries));
        self.more.truncate(more);
        self.unescaped.truncate(unescaped);
    }

    /// The same in as much memory as it takes.
    pub(in super::super) fn copy(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            nodes: self.nodes.as_slice().to_vec(),
            items: self.items.as_slice().to_vec(),
            entries: self.entries.as_slice().to_vec(),
            orders: self.orders.clone(),
            more: self.more.copy(),
            unescaped: self.unescaped.as_str().to_owned(),
            late: Late::default(),
            dropped: self.dropped.clone(),
        }
    }

    /// Gives back what growing left over: documents stay as long as the run does.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.items.shrink_to_fit();
        self.entries.shrink_to_fit();
        self.more.shrink();
        self.unescaped.shrink_to_fit();
        self.late.clear();
    }
}
