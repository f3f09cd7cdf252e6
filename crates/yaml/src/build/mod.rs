//! Building a [`Document`] from a flat sequence of scalars and brackets, as both readers produce it.

mod map;

use std::collections::HashMap;
use std::sync::Arc;

use super::refusal::{Refusal, beginning};
use super::scalar::Resolved;
use super::seldom::Seldom;
use super::source::{Source, Span};
use super::stored::{Node, Stored, Wide};
use super::tree::{Comment, Document, Entry, NodeId, Style};
use crate::limits;

/// The text of a scalar.
pub(super) enum Scalar {
    /// Exactly these bytes of the source.
    Borrowed(Span),
    /// Something else, after escapes or folding.
    Owned(String),
}

/// What building takes beside the document: kept from one document of a file to the next.
#[derive(Default)]
pub(super) struct Buffers {
    nodes: Vec<Node>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    wide: Wide,
    unescaped: String,
    frames: Vec<Frame>,
    pending: Vec<NodeId>,
}

/// Documents with more nodes, or more bytes of text of their own, keep the memory that they grew in: copying would double
/// it.
const COPIED: (usize, usize) = (4096, 64 << 10);

struct Frame {
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

/// Collects nodes; see [`Builder::finish`].
pub(super) struct Builder<'src> {
    source: &'src Arc<Source>,
    document: Document,
    frames: Vec<Frame>,
    pending: Vec<NodeId>,
    anchors: HashMap<usize, Anchor>,
    root: Option<NodeId>,
    /// Scalars that merge if they are keys, in order.
    merge_keys: Vec<NodeId>,
    decoded: u64,
    from_aliases: u64,
    /// How many bytes the nodes are so far, aliases expanded.
    bytes: u64,
    /// What aliases of this file may still copy.
    pub(super) budget: u64,
}

/// What a node takes beside its text: brackets, commas, colons.
const NODE: u64 = 4;

impl<'src> Builder<'src> {
    pub(super) fn new(source: &'src Arc<Source>, span: Span, buffers: &mut Buffers) -> Self {
        let Buffers { nodes, items, entries, wide, unescaped, frames, pending } = std::mem::take(buffers);
        let document = Document {
            source: Arc::clone(source),
            span,
            root: NodeId(0),
            nodes,
            items,
            entries,
            wide,
            unescaped,
            duplicates: Seldom::default(),
            comments: Seldom::default(),
            dropped: None,
        };
        Self {
            source,
            document,
            frames,
            pending,
            anchors: HashMap::new(),
            root: None,
            merge_keys: Vec::new(),
            decoded: 1,
            from_aliases: 0,
            bytes: 0,
            budget: 0,
        }
    }

    /// Whether the next node would be the key of a map.
    pub(super) fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_map && (self.pending.len() - frame.first).is_multiple_of(2))
    }

    pub(super) fn comment(&mut self, span: Span) {
        self.document.comments.push(Comment { span });
    }

    pub(super) fn dropped(&mut self, span: Span) {
        self.document.dropped = Some(span);
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
        let value = self.store(span, text, resolved);
        let node = self.add(Node::new(span, value, style));
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
        let value = self.store(span, text, resolved);
        let node = self.add(Node::new(span, value, style));
        self.place(node);
    }

    /// The same for text without quotes that is these bytes of the source.
    #[inline]
    pub(super) fn plain_text(&mut self, span: Span) {
        let node = self.add(Node::new(span, Stored::Written, Style::Plain));
        self.place(node);
    }

    #[inline]
    fn store(&mut self, node: Span, text: Scalar, resolved: Resolved) -> Stored {
        let wide = &mut self.document.wide;
        match resolved {
            Resolved::Null => Stored::Null,
            Resolved::Bool(value) => Stored::Bool(value),
            Resolved::Int(value) => wide.int(value),
            Resolved::Uint(value) => Stored::Uint(wide.number(value)),
            Resolved::Float(value) => Stored::Float(wide.number(value.to_bits())),
            Resolved::Str => match text {
                Scalar::Borrowed(text) => wide.text(node, text),
                Scalar::Owned(text) => {
                    let start = self.document.unescaped.len();
                    self.document.unescaped.push_str(&text);
                    Stored::Owned(wide.range(Span::new(start, self.document.unescaped.len())))
                }
            },
        }
    }

    /// Begins a list or map.
    ///
    /// # Errors
    /// Deeper nesting than Go's JSON reader takes, which reads what the YAML is turned into.
    pub(super) fn open(&mut self, start: Span, style: Style, anchor: usize, is_map: bool) -> Result<(), Refusal> {
        if self.frames.len() >= limits::DEPTH.count() {
            let message = format!("nesting is deeper than {} levels", limits::DEPTH);
            return Err(Refusal::new(start, message).because("kubectl does not read deeper nesting"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Open);
        }
        let first = self.pending.len();
        self.frames.push(Frame { start, style, anchor, is_map, first, decoded: self.decoded, bytes: self.bytes });
        self.decoded += 1;
        self.bytes = self.bytes.saturating_add(NODE);
        Ok(())
    }

    pub(super) fn close(&mut self, end: Span) -> Result<(), Refusal> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let last = self.pending[frame.first..].last().map(|node| self.document.span(*node));
        let span = match (frame.style, last) {
            (Style::Flow, _) => frame.start.to(end),
            // A block collection ends where its last child does; the parser's own end is the next token.
            (_, Some(last)) => self.first_span(&frame).to(last),
            (_, None) => frame.start,
        };
        let value = if frame.is_map { self.map(&frame)? } else { self.list(&frame) };
        self.pending.truncate(frame.first);
        let node = self.add(Node::new(span, value, frame.style));
        if frame.anchor != 0 {
            let (cost, bytes) = (self.decoded - frame.decoded, self.bytes - frame.bytes);
            self.anchors.insert(frame.anchor, Anchor::Done { node, cost, bytes });
        }
        self.place(node);
        Ok(())
    }

    /// A list begins at its first dash, which the parser reports; a map at its first key.
    fn first_span(&self, frame: &Frame) -> Span {
        let first = self.document.span(self.pending[frame.first]);
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
        let node = self.add(Node::new(span, Stored::Alias(target.0.to_ne_bytes()), Style::Alias));
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
    pub(super) fn finish(mut self, span: Span, buffers: &mut Buffers) -> Document {
        self.document.span = span;
        self.document.root = match self.root {
            Some(root) => root,
            None => self.add(Node::new(Span::empty(span.start as usize), Stored::Null, Style::Plain)),
        };
        if self.document.nodes.len() > COPIED.0 || self.document.unescaped.len() > COPIED.1 {
            self.document.shrink();
            return self.document;
        }
        let of = &self.document;
        let document = Document {
            source: Arc::clone(&of.source),
            nodes: of.nodes.as_slice().to_vec(),
            items: of.items.as_slice().to_vec(),
            entries: of.entries.as_slice().to_vec(),
            wide: of.wide.copy(),
            unescaped: of.unescaped.as_str().to_owned(),
            duplicates: std::mem::take(&mut self.document.duplicates),
            comments: std::mem::take(&mut self.document.comments),
            ..self.document
        };
        self.give_back(buffers);
        document
    }

    /// Gives the memory back for the next document.
    pub(super) fn give_back(self, buffers: &mut Buffers) {
        let Self { document: Document { mut nodes, mut items, mut entries, mut wide, mut unescaped, .. }, .. } = self;
        let Self { mut frames, mut pending, .. } = self;
        nodes.clear();
        items.clear();
        entries.clear();
        wide.clear();
        unescaped.clear();
        frames.clear();
        pending.clear();
        *buffers = Buffers { nodes, items, entries, wide, unescaped, frames, pending };
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.document.nodes.len()).unwrap_or(u32::MAX));
        self.document.nodes.push(node);
        id
    }

    fn place(&mut self, node: NodeId) {
        if self.frames.is_empty() {
            self.root.get_or_insert(node);
        } else {
            self.pending.push(node);
        }
    }

    fn list(&mut self, frame: &Frame) -> Stored {
        let start = self.document.items.len();
        self.document.items.extend_from_slice(&self.pending[frame.first..]);
        self.document.wide.list(Span::new(start, self.document.items.len()))
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
