//! Building [`Document`]s from a flat sequence of scalars and brackets, as both readers produce it.

mod collection;
mod map;
mod room;

pub(super) use collection::Form;

use std::collections::HashMap;
use std::sync::Arc;

use collection::{Anchored, Frame};
use room::{COPIED, Size};

use super::key::print;
use super::refusal::{Refusal, beginning};
use super::scalar::Resolved;
use super::seldom::Seldom;
use super::source::{Source, Span, narrow};
use super::stored::{Node, Stored};
use super::tree::{Comment, Document, Duplicate, Entry, NodeId, Style, Tree};
use crate::limits;

/// The text of a scalar.
pub(super) enum Scalar {
    /// Exactly these bytes of the source.
    Borrowed(Span),
    /// Something else, after escapes or folding.
    Owned(String),
}

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
        let Self { span, root, duplicates, comments, .. } = self;
        Document { span, root: root.unwrap_or(NodeId(0)), tree: Arc::clone(tree), duplicates, comments }
    }
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

/// Collects the nodes of one document after the other: each from [`Builder::begin`] to [`Builder::finish`].
pub(super) struct Builder<'src> {
    source: &'src Arc<Source>,
    tree: Tree,
    /// How much of the tree is of finished documents.
    finished: Size,
    draft: Draft,
    frames: Vec<Frame>,
    /// Of the open maps the keys, of the open lists the elements as keys without a print.
    pending: Vec<Entry>,
    /// Where the last scalar, alias or collection that is complete is.
    last: Span,
    anchors: HashMap<usize, Anchor>,
    anchored: Vec<Anchored>,
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
const DEEP: usize = 16;

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
            last: Span::default(),
            anchors: HashMap::new(),
            anchored: Vec::new(),
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
        self.anchored.clear();
        self.merge_keys.clear();
        (self.decoded, self.from_aliases, self.bytes, self.budget) = (1, 0, 0, 0);
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
                let node = self.add(node, span);
                self.place(node);
            }
            None => self.simple_scalar(span, Style::Plain, Scalar::Borrowed(span), Resolved::Str),
        }
    }

    /// The same for a key of a map, of which these are the bytes.
    #[inline]
    pub(super) fn plain_key(&mut self, span: Span, text: &[u8]) {
        match (Node::written(span), self.frames.last_mut()) {
            (Some(node), Some(frame)) => {
                frame.expects_key = false;
                let key = self.add(node, span);
                self.pending.push(Entry { key, print: print(text) });
            }
            _ => self.plain_text(span),
        }
    }

    /// The same for text of several lines that is made when it is asked for: without quotes, or a literal.
    pub(super) fn late_text(&mut self, span: Span, style: Style) {
        let node = self.tree.more.node(span, Stored::Late, style);
        let node = self.add(node, span);
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
        let packed = self.tree.more.node(node, value, style);
        self.add(packed, node)
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
        let node = self.add(node, span);
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
        if let (Some(root), Some(dropped)) = (self.draft.root, self.draft.dropped) {
            self.tree.dropped.push((root, dropped));
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
            self.tree.dropped.clear();
            return Arc::new(tree);
        }
        let mut tree = std::mem::replace(&mut self.tree, Tree::new(self.source));
        tree.shrink();
        Arc::new(tree)
    }

    #[inline]
    fn add(&mut self, node: Node, span: Span) -> NodeId {
        let id = NodeId(narrow(self.tree.nodes.len()));
        self.tree.nodes.push(node);
        self.last = span;
        id
    }

    #[inline]
    fn place(&mut self, node: NodeId) {
        match self.frames.last_mut() {
            None => {
                self.draft.root.get_or_insert(node);
            }
            // the value of the key before it
            Some(frame) if frame.form == Form::Map && !frame.expects_key => frame.expects_key = true,
            Some(frame) if frame.form == Form::Map => {
                frame.expects_key = false;
                let print = self.tree.written(node).map(print);
                frame.has_odd_keys |= print.is_none();
                self.pending.push(Entry { key: node, print: print.unwrap_or_default() });
            }
            Some(_) => self.pending.push(Entry { key: node, print: 0 }),
        }
    }
}

fn too_many_copies(span: Span) -> Refusal {
    let (limit, factor) = (limits::ALIASES, limits::ALIAS_FACTOR);
    Refusal::new(span, format!("aliases copy more than {limit}, or {factor} times the file, from here on"))
        .because("kubectl expands every alias, and the API server accepts 3 MiB per request (limit alias-bytes, see `patterns explain limits`)")
        .help("split the file, or generate the copies")
}

pub(super) fn unknown_anchor(span: Span, name: &str) -> Refusal {
    Refusal::new(span, format!("`{}` refers to an anchor that this document does not define", beginning(name, 40)))
        .because("anchors are not valid across `---`")
        .help("quote it if it is meant as text, such as a wildcard host")
}
