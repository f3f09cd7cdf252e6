//! Lists and maps: begun before what is in them, complete when they end.

use super::{Anchor, Builder, NODE};
use crate::limits;
use crate::refusal::Refusal;
use crate::source::{Span, narrow};
use crate::stored::Node;
use crate::tree::{NodeId, Style};

/// An open list or map.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) node: NodeId,
    pub(super) start: Span,
    /// Where what this collection holds begins in [`Builder::pending`].
    pub(super) first: u32,
    pub(super) column: u32,
    pub(super) form: Form,
    pub(super) style: Style,
    pub(super) has_anchor: bool,
    /// Whether the next node is a key.
    pub(super) expects_key: bool,
    /// Whether a key is more than its bytes.
    pub(super) has_odd_keys: bool,
}

/// A list or map, and how it is indented.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Form {
    Map,
    List,
    /// A list whose dashes are in the column of the key above.
    Unindented,
}

/// A list or map that has an anchor and is not at its end.
pub(super) struct Anchored {
    anchor: usize,
    /// [`Builder::decoded`] when it began.
    decoded: u64,
    /// [`Builder::bytes`] when it began.
    bytes: u64,
}

impl Builder<'_> {
    /// Whether the next node would be the key of a map.
    pub(in super::super) fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.expects_key)
    }

    /// Begins a list or map.
    ///
    /// # Errors
    /// Deeper nesting than Go's JSON reader takes, which reads what the YAML is turned into.
    pub(in super::super) fn open(
        &mut self,
        start: Span,
        style: Style,
        anchor: usize,
        is_map: bool,
    ) -> Result<(), Refusal> {
        if self.frames.len() >= limits::DEPTH.count() {
            let message = format!("nesting is deeper than {} levels", limits::DEPTH);
            return Err(Refusal::new(start, message)
                .because("kubectl does not read deeper nesting (limit depth, see `patterns explain limits`)"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Open);
            self.anchored.push(Anchored { anchor, decoded: self.decoded, bytes: self.bytes });
        }
        self.begin_collection(start, style, if is_map { Form::Map } else { Form::List }, 0, anchor != 0);
        self.decoded += 1;
        self.bytes = self.bytes.saturating_add(NODE);
        Ok(())
    }

    /// The same for what begins in a column, in a document without anchors that is not nested deeply.
    pub(in super::super) fn open_block(&mut self, at: usize, form: Form, column: usize) {
        self.begin_collection(Span::empty(at), Style::Block, form, narrow(column), false);
    }

    #[inline]
    fn begin_collection(&mut self, start: Span, style: Style, form: Form, column: u32, has_anchor: bool) {
        let is_map = form == Form::Map;
        // before what is in it, so that each value comes after its key
        let node = self.add(Node::open(style, is_map), self.last);
        self.place(node);
        let first = narrow(self.pending.len());
        let (expects_key, has_odd_keys) = (is_map, false);
        self.frames.push(Frame { node, start, first, column, form, style, has_anchor, expects_key, has_odd_keys });
    }

    /// The form and column of the innermost open list or map, if it is a block.
    #[inline]
    pub(in super::super) fn innermost(&self) -> Option<(Form, usize)> {
        self.frames.last().map(|frame| (frame.form, frame.column as usize))
    }

    /// How many lists and maps are open.
    #[inline]
    pub(in super::super) fn depth(&self) -> usize {
        self.frames.len()
    }

    pub(in super::super) fn close(&mut self, end: Span) -> Result<(), Refusal> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let is_empty = self.pending.len() == frame.first as usize;
        let span = match frame.style {
            Style::Flow => frame.start.to(end),
            _ if is_empty => frame.start,
            // A block collection ends where its last child does; the parser's own end is the next token.
            _ => self.first_span(&frame).to(self.last),
        };
        self.end_collection(&frame, span)?;
        if frame.has_anchor
            && let Some(Anchored { anchor, decoded, bytes }) = self.anchored.pop()
        {
            let (cost, bytes) = (self.decoded - decoded, self.bytes - bytes);
            self.anchors.insert(anchor, Anchor::Done { node: frame.node, cost, bytes });
        }
        Ok(())
    }

    /// Ends what [`Builder::open_block`] began, and which is not empty.
    pub(in super::super) fn close_block(&mut self) -> Result<(), Refusal> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.end_collection(&frame, Span { start: frame.start.start, end: self.last.end })
    }

    #[inline]
    fn end_collection(&mut self, frame: &Frame, span: Span) -> Result<(), Refusal> {
        let first = frame.first as usize;
        let until = if frame.form == Form::Map { self.map(frame)? } else { self.list(first) };
        self.pending.truncate(first);
        if let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) {
            self.tree.more.close(node, span, until);
        }
        self.last = span;
        Ok(())
    }

    /// A list begins at its first dash, which the parser reports; a map at its first key.
    fn first_span(&self, frame: &Frame) -> Span {
        let first = self.tree.span(self.pending[frame.first as usize].key);
        if frame.form == Form::Map && frame.start.start > first.start { first } else { frame.start }
    }

    /// Keeps the elements of a list; returns where they end among those of the documents.
    fn list(&mut self, first: usize) -> usize {
        self.tree.items.extend(self.pending[first..].iter().map(|item| item.key));
        self.tree.items.len()
    }
}
