//! Building [`Document`]s from a flat sequence of scalars and brackets, as both readers produce it.

mod map;

use std::collections::HashMap;
use std::sync::Arc;

use super::late::Late;
use super::refusal::{Refusal, beginning};
use super::scalar::Resolved;
use super::seldom::Seldom;
use super::source::{Source, Span};
use super::stored::{More, Node, Stored};
use super::tree::{Comment, Document, Duplicate, NodeId, Style, Tree};
use crate::limits;

/// The text of a scalar.
pub(super) enum Scalar {
    /// Exactly these bytes of the source.
    Borrowed(Span),
    /// Something else, after escapes or folding.
    Owned(String),
}

/// Documents of more nodes, or more bytes of text besides the source, keep the memory that they grew in: copying would
/// double it. Smaller ones may share theirs, up to as many.
const COPIED: (usize, usize) = (4096, 64 << 10);

/// A document that has no [`Tree`] yet, because others may come to be in the same.
#[derive(Default)]
pub(super) struct Draft {
    span: Span,
    root: Option<NodeId>,
    duplicates: Seldom<Duplicate>,
    comments: Seldom<Comment>,
    dropped: Option<Span>,
}

impl Draft {
    /// The document, in the tree that the builder sealed after it.
    pub(super) fn within(self, tree: &Arc<Tree>) -> Document {
        let Self { span, root, duplicates, comments, dropped } = self;
        let root = root.unwrap_or(NodeId(0));
        Document { source: Arc::clone(&tree.source), span, root, tree: Arc::clone(tree), duplicates, comments, dropped }
    }
}

struct Frame {
    node: NodeId,
    start: Span,
    style: Style,
    anchor: usize,
    is_map: bool,
    /// Where this collection's children begin in [`Builder::pending`].
    first: usize,
    /// [`Builder::decoded`] when the collection began.
    decoded: u64,
    /// [`Builder::bytes`] when the collection began.
    bytes: u64,
}

/// What an alias can refer to.
#[derive(Clone, Copy)]
enum Anchor {
    /// Its node is still being read: an alias to it would contain itself.
    Open,
    Done {
        node: NodeId,
        /// How many nodes go-yaml decodes to expand it.
        cost: u64,
        /// How many bytes it is when it is expanded, about.
        bytes: u64,
    },
}

/// How much is in a tree: of nodes, items, entries, what is kept beside them, and text.
type Size = (usize, usize, usize, (usize, usize, usize), usize);

impl Tree {
    fn new(source: &Arc<Source>) -> Self {
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
        }
    }

    fn size(&self) -> Size {
        (self.nodes.len(), self.items.len(), self.entries.len(), self.more.len(), self.unescaped.len())
    }

    /// Drops what came later.
    fn truncate(&mut self, (nodes, items, entries, more, unescaped): Size) {
        self.nodes.truncate(nodes);
        self.items.truncate(items);
        self.entries.truncate(entries);
        self.orders.truncate(self.orders.partition_point(|order| order.first < entries));
        self.more.truncate(more);
        self.unescaped.truncate(unescaped);
    }

    /// The same in as much memory as it takes.
    pub(super) fn copy(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            nodes: self.nodes.as_slice().to_vec(),
            items: self.items.as_slice().to_vec(),
            entries: self.entries.as_slice().to_vec(),
            orders: self.orders.clone(),
            more: self.more.copy(),
            unescaped: self.unescaped.as_str().to_owned(),
            late: Late::default(),
        }
    }

    /// Gives back what growing left over: documents stay as long as the run does.
    fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.items.shrink_to_fit();
        self.entries.shrink_to_fit();
        self.more.shrink();
        self.unescaped.shrink_to_fit();
        self.late.clear();
    }
}

/// Collects the nodes of one document after the other: each from [`Builder::begin`] to [`Builder::finish`].
pub(super) struct Builder<'src> {
    source: &'src Arc<Source>,
    tree: Tree,
    /// How much of the tree is of finished documents.
    finished: Size,
    draft: Draft,
    frames: Vec<Frame>,
    pending: Vec<NodeId>,
    anchors: HashMap<usize, Anchor>,
    /// Scalars that merge if they are keys, in order.
    merge_keys: Vec<NodeId>,
    decoded: u64,
    from_aliases: u64,
    /// How many bytes the nodes are so far, aliases expanded.
    bytes: u64,
    /// What aliases of this file may still copy.
    pub(super) budget: u64,
}

/// How deep manifests mostly are.
pub(super) const DEEP: usize = 16;

/// What a node takes beside its text: brackets, commas, colons.
const NODE: u64 = 4;

impl<'src> Builder<'src> {
    pub(super) fn new(source: &'src Arc<Source>) -> Self {
        Self {
            source,
            tree: Tree::new(source),
            finished: Size::default(),
            draft: Draft::default(),
            frames: Vec::with_capacity(DEEP),
            pending: Vec::with_capacity(4 * DEEP),
            anchors: HashMap::new(),
            merge_keys: Vec::new(),
            decoded: 1,
            from_aliases: 0,
            bytes: 0,
            budget: 0,
        }
    }

    /// Begins a document, and drops one that was begun and not finished.
    pub(super) fn begin(&mut self) {
        self.tree.truncate(self.finished);
        self.draft = Draft::default();
        self.frames.clear();
        self.pending.clear();
        self.anchors.clear();
        self.merge_keys.clear();
        (self.decoded, self.from_aliases, self.bytes, self.budget) = (1, 0, 0, 0);
    }

    /// Whether the next node would be the key of a map.
    pub(super) fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_map && (self.pending.len() - frame.first).is_multiple_of(2))
    }

    pub(super) fn comment(&mut self, span: Span) {
        self.draft.comments.push(Comment { span });
    }

    pub(super) fn dropped(&mut self, span: Span) {
        self.draft.dropped = Some(span);
    }

    pub(super) fn scalar(
        &mut self,
        span: Span,
        style: Style,
        anchor: usize,
        text: Scalar,
        resolved: Resolved,
        is_merge: bool,
    ) -> Result<(), Refusal> {
        self.decoded += 1;
        self.check_aliases(span)?;
        if let Resolved::Float(value) = resolved
            && !value.is_finite()
            && !self.expects_key()
        {
            return Err(Refusal::new(span, format!("`{}` has no form in JSON", self.source.slice(span)))
                .because("kubectl sends JSON to the API server, and JSON has no infinity or NaN")
                .help("quote it if it is meant as text"));
        }
        let length = NODE
            + match &text {
                Scalar::Borrowed(span) => span.range().len() as u64,
                Scalar::Owned(text) => text.len() as u64,
            };
        self.bytes = self.bytes.saturating_add(length);
        let node = self.store(span, style, text, resolved);
        if is_merge {
            self.merge_keys.push(node);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Done { node, cost: 1, bytes: length });
        }
        self.place(node);
        Ok(())
    }

    /// The same for a scalar without an anchor that merges nothing, in a document without aliases.
    pub(super) fn simple_scalar(&mut self, span: Span, style: Style, text: Scalar, resolved: Resolved) {
        let node = self.store(span, style, text, resolved);
        self.place(node);
    }

    /// The same for text without quotes that is these bytes of the source.
    #[inline]
    pub(super) fn plain_text(&mut self, span: Span) {
        match Node::written(span) {
            Some(node) => {
                let node = self.add(node);
                self.place(node);
            }
            None => self.simple_scalar(span, Style::Plain, Scalar::Borrowed(span), Resolved::Str),
        }
    }

    /// The same for text of several lines that is made when it is asked for: without quotes, or a literal.
    pub(super) fn late_text(&mut self, span: Span, style: Style) {
        let node = self.tree.more.node(span, Stored::Late, style);
        let node = self.add(node);
        self.place(node);
    }

    #[inline]
    fn store(&mut self, node: Span, style: Style, text: Scalar, resolved: Resolved) -> NodeId {
        let value = match resolved {
            Resolved::Null => Stored::Null,
            Resolved::Bool(value) => Stored::Bool(value),
            Resolved::Int(value) => Stored::Int(value),
            Resolved::Uint(value) => Stored::Uint(value),
            Resolved::Float(value) => Stored::Float(value),
            Resolved::Str => match text {
                Scalar::Borrowed(text) => Stored::Borrowed(text),
                Scalar::Owned(text) => {
                    let start = self.tree.unescaped.len();
                    self.tree.unescaped.push_str(&text);
                    Stored::Owned(Span::new(start, self.tree.unescaped.len()))
                }
            },
        };
        let node = self.tree.more.node(node, value, style);
        self.add(node)
    }

    /// Begins a list or map.
    ///
    /// # Errors
    /// Deeper nesting than Go's JSON reader takes, which reads what the YAML is turned into.
    pub(super) fn open(&mut self, start: Span, style: Style, anchor: usize, is_map: bool) -> Result<(), Refusal> {
        if self.frames.len() >= limits::DEPTH.count() {
            let message = format!("nesting is deeper than {} levels", limits::DEPTH);
            return Err(Refusal::new(start, message)
                .because("kubectl does not read deeper nesting (limit depth, see SECURITY.md)"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Open);
        }
        // before what is in it, so that each value comes after its key
        let node = self.add(Node::open(style, is_map));
        self.place(node);
        let first = self.pending.len();
        self.frames.push(Frame { node, start, style, anchor, is_map, first, decoded: self.decoded, bytes: self.bytes });
        self.decoded += 1;
        self.bytes = self.bytes.saturating_add(NODE);
        Ok(())
    }

    pub(super) fn close(&mut self, end: Span) -> Result<(), Refusal> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let last = self.pending[frame.first..].last().map(|node| self.tree.span(*node));
        let span = match (frame.style, last) {
            (Style::Flow, _) => frame.start.to(end),
            // A block collection ends where its last child does; the parser's own end is the next token.
            (_, Some(last)) => self.first_span(&frame).to(last),
            (_, None) => frame.start,
        };
        let until = if frame.is_map { self.map(&frame)? } else { self.list(&frame) };
        self.pending.truncate(frame.first);
        if let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) {
            self.tree.more.close(node, span, until);
        }
        if frame.anchor != 0 {
            let (cost, bytes) = (self.decoded - frame.decoded, self.bytes - frame.bytes);
            self.anchors.insert(frame.anchor, Anchor::Done { node: frame.node, cost, bytes });
        }
        Ok(())
    }

    /// A list begins at its first dash, which the parser reports; a map at its first key.
    fn first_span(&self, frame: &Frame) -> Span {
        let first = self.tree.span(self.pending[frame.first]);
        if frame.is_map && frame.start.start > first.start { first } else { frame.start }
    }

    pub(super) fn alias(&mut self, span: Span, id: usize) -> Result<(), Refusal> {
        let name = self.source.slice(span);
        let (target, cost, bytes) = match self.anchors.get(&id) {
            Some(Anchor::Done { node, cost, bytes }) => (*node, *cost, *bytes),
            Some(Anchor::Open) => {
                return Err(Refusal::new(span, format!("`{}` would contain itself", beginning(name, 40))));
            }
            None => return Err(unknown_anchor(span, name)),
        };
        self.decoded = self.decoded.saturating_add(1).saturating_add(cost);
        self.from_aliases = self.from_aliases.saturating_add(cost);
        self.check_aliases(span)?;
        self.bytes = self.bytes.saturating_add(bytes);
        self.budget = self.budget.checked_sub(bytes).ok_or_else(|| too_many_copies(span))?;
        let node = self.tree.more.node(span, Stored::Alias(target), Style::Alias);
        let node = self.add(node);
        self.place(node);
        Ok(())
    }

    fn check_aliases(&self, span: Span) -> Result<(), Refusal> {
        if self.from_aliases > 100 && self.is_alias_bomb() {
            return Err(Refusal::new(span, "aliases expand to too much").because(
                "kubectl refuses documents that consist mostly of alias expansions (go-yaml, `allowedAliasRatio`)",
            ));
        }
        Ok(())
    }

    /// go-yaml's guard: 99 % may come from aliases up to 400,000 nodes, falling to 10 % at 4,000,000.
    #[expect(clippy::cast_precision_loss, reason = "counts this large are refused before precision matters")]
    fn is_alias_bomb(&self) -> bool {
        const LOW: u64 = 400_000;
        const HIGH: u64 = 4_000_000;
        let allowed = match self.decoded {
            decoded if decoded <= LOW => 0.99,
            decoded if decoded >= HIGH => 0.10,
            decoded => 0.99 - 0.89 * ((decoded - LOW) as f64 / (HIGH - LOW) as f64),
        };
        self.decoded > 1000 && self.from_aliases as f64 / self.decoded as f64 > allowed
    }

    /// The finished document; a document without any node is null.
    pub(super) fn finish(&mut self, span: Span) -> Draft {
        if self.draft.root.is_none() {
            let nothing = Span::empty(span.start as usize);
            self.simple_scalar(nothing, Style::Plain, Scalar::Borrowed(nothing), Resolved::Null);
        }
        self.finished = self.tree.size();
        Draft { span, ..std::mem::take(&mut self.draft) }
    }

    /// Whether there is so much in the tree that no more should be added.
    pub(super) fn is_full(&self) -> bool {
        self.tree.nodes.len() > COPIED.0 || self.tree.unescaped.len() > COPIED.1
    }

    /// The tree of what was finished since the last one was sealed.
    pub(super) fn seal(&mut self) -> Arc<Tree> {
        self.tree.truncate(self.finished);
        self.finished = Size::default();
        if !self.is_full() {
            let tree = self.tree.copy();
            self.tree.truncate(self.finished);
            return Arc::new(tree);
        }
        let mut tree = std::mem::replace(&mut self.tree, Tree::new(self.source));
        tree.shrink();
        Arc::new(tree)
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        self.tree.nodes.push(node);
        id
    }

    fn place(&mut self, node: NodeId) {
        if self.frames.is_empty() {
            self.draft.root.get_or_insert(node);
        } else {
            self.pending.push(node);
        }
    }

    /// Keeps the elements of a list; returns where they end among those of the documents.
    fn list(&mut self, frame: &Frame) -> usize {
        self.tree.items.extend_from_slice(&self.pending[frame.first..]);
        self.tree.items.len()
    }
}

fn too_many_copies(span: Span) -> Refusal {
    let (limit, factor) = (limits::ALIASES, limits::ALIAS_FACTOR);
    Refusal::new(span, format!("aliases copy more than {limit}, or {factor} times the file, from here on"))
        .because("kubectl expands every alias, and the API server accepts 3 MiB per request (limit alias-bytes, see SECURITY.md)")
        .help("split the file, or generate the copies")
}

pub(super) fn unknown_anchor(span: Span, name: &str) -> Refusal {
    Refusal::new(span, format!("`{}` refers to an anchor that this document does not define", beginning(name, 40)))
        .because("anchors are not valid across `---`")
        .help("quote it if it is meant as text, such as a wildcard host")
}
