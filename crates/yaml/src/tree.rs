//! A document as a tree in which every node knows its bytes.
//!
//! Nodes live in one arena and refer to each other by number: cheap to make, cheap to drop, and no depth of nesting can
//! overflow the stack. Many small documents of one file share an arena, because each would need several blocks of memory.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::key::{Key, is_same, place};
use super::late::Late;
use super::scalar::{json_float, key_float};
use super::seldom::Seldom;
use super::source::{Source, Span};
use super::stored::{Kind, More, Node, Wide};
use super::work;

/// A node's number in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The number.
    #[must_use]
    #[inline]
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `[…]` or `{…}`
    Flow,
    /// An indented list or map.
    Block,
    /// `*name`
    Alias,
}

/// A node's value as kubectl resolves it, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'doc> {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean, `yes` and `on` included.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// Any other number; never infinite, never NaN.
    Float(f64),
    /// A string.
    Str(&'doc str),
    /// A list.
    List(&'doc [NodeId]),
    /// A map, merge keys applied and overridden duplicates gone.
    Map(&'doc [Entry]),
}

impl Value<'_> {
    /// The name of the type, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "number",
            Self::Str(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

/// One `key: value` of a map, in 5 bytes: there are nearly as many as nodes. So its fields can be copied, and not
/// referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, packed)]
pub struct Entry {
    /// The key's node; its text as JSON is [`Tree::key`].
    pub key: NodeId,
    /// See [`Key::print`].
    pub(super) print: u8,
}

impl Entry {
    /// Whether this is the key's node.
    #[inline]
    #[must_use]
    pub fn is_at(self, key: NodeId) -> bool {
        let own = self.key;
        own == key
    }

    /// The value's node: the one after the key's, because nodes are numbered as they begin and no list or map is a key.
    #[inline]
    #[must_use]
    pub fn value(self) -> NodeId {
        NodeId(self.key.0 + 1)
    }

    /// The [`Key::print`] of its key.
    #[inline]
    #[must_use]
    pub fn print(self) -> u8 {
        self.print
    }

    /// The [`Key::place`] of its key.
    #[inline]
    #[must_use]
    pub fn place(self) -> usize {
        place(self.print) as usize
    }
}

/// A key that is duplicated in one map: kubectl keeps the later value and says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Duplicate {
    /// The entry that is lost.
    pub lost: Entry,
    /// The entry that wins.
    pub kept: Entry,
    /// Whether the lost one came in by `<<`.
    pub is_merged: bool,
}

/// A comment, without its `#`.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// The whole comment, `#` included, line break excluded.
    pub span: Span,
}

/// One YAML document (or JSON value of a stream) of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// The bytes from its first line to the next separator.
    pub span: Span,
    pub(super) root: NodeId,
    pub(super) tree: Arc<Tree>,
    /// Duplicate keys, in order of the losing key.
    pub duplicates: Seldom<Duplicate>,
    /// Comments that mention `patterns:`; others are not kept.
    pub comments: Seldom<Comment>,
}

impl Document {
    /// The outermost node.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// Duplicate keys of maps as they are written: to replace one that came in by `<<` is the point of that.
    pub fn written_twice(&self) -> impl Iterator<Item = &Duplicate> {
        self.duplicates.iter().filter(|duplicate| !duplicate.is_merged)
    }

    /// Bytes after `...` that kubectl drops in silence, if any of them is more than space or comment.
    #[must_use]
    pub fn dropped(&self) -> Option<Span> {
        let all = &*self.tree.dropped;
        let at = all.binary_search_by_key(&self.root, |(root, _)| *root).ok()?;
        all.get(at).map(|(_, dropped)| *dropped)
    }
}

impl Deref for Document {
    type Target = Tree;

    #[inline]
    fn deref(&self) -> &Tree {
        &self.tree
    }
}

/// Up to this many entries, looking through all of them takes no longer than a search in order.
pub(super) const ORDERED: usize = 255;

/// The entries of a map in the order of their keys.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Where the first entry is among those of the tree.
    pub first: usize,
    /// The places of all entries, counted from there.
    pub places: Box<[u32]>,
}

/// The nodes of a document, and of others of the same file.
#[derive(Debug)]
pub struct Tree {
    /// The file they are in.
    pub source: Arc<Source>,
    pub(super) nodes: Vec<Node>,
    pub(super) items: Vec<NodeId>,
    pub(super) entries: Vec<Entry>,
    /// Of maps with many entries, by where these are.
    pub(super) orders: Vec<Order>,
    pub(super) more: More,
    /// Text of scalars that escapes, folding or indentation make different from their bytes.
    pub(super) unescaped: String,
    pub(super) late: Late,
    /// What is dropped after some of the documents, in order of their roots.
    pub(super) dropped: Seldom<(NodeId, Span)>,
}

impl Tree {
    /// Where a node is. An alias is where `*name` is, not where the anchor is.
    #[must_use]
    pub fn span(&self, node: NodeId) -> Span {
        self.more.span(self.node(node))
    }

    /// How a node is written.
    #[must_use]
    pub fn style(&self, node: NodeId) -> Style {
        self.node(node).style()
    }

    /// What a node is, aliases followed.
    #[must_use]
    pub fn value(&self, node: NodeId) -> Value<'_> {
        let at = self.node(node);
        match at.kind() {
            Kind::Written => Value::Str(self.source.slice(at.text())),
            Kind::Quoted => Value::Str(self.source.slice(at.quoted())),
            Kind::Map => Value::Map(self.entries.get(self.more.entries(at)).unwrap_or(&[])),
            Kind::List => Value::List(self.items.get(self.more.items(at)).unwrap_or(&[])),
            Kind::Word => at.word().map_or(Value::Null, Value::Bool),
            Kind::Small => Value::Int(at.small()),
            Kind::Wide => self.wide_value(at),
        }
    }

    #[inline(never)]
    fn wide_value(&self, node: Node) -> Value<'_> {
        match self.more.wide(node) {
            Wide::Word { value, .. } => value.map_or(Value::Null, Value::Bool),
            Wide::Int { value, .. } => Value::Int(value),
            Wide::Uint { value, .. } => Value::Uint(value),
            Wide::Float { value, .. } => Value::Float(value),
            Wide::Borrowed { text, .. } => Value::Str(self.source.slice(text)),
            Wide::Owned { text, .. } => Value::Str(self.owned(text)),
            Wide::Late { .. } => Value::Str(self.late_text(node)),
            Wide::Alias { target, .. } => self.value(target),
        }
    }

    #[inline(never)]
    fn late_text(&self, node: Node) -> &str {
        let (place, count) = self.more.place(node);
        self.late.text(place, count, node.style() == Style::Literal, self.source.slice(self.more.span(node)))
    }

    /// The bytes of a node as written.
    #[must_use]
    pub fn raw(&self, node: NodeId) -> &str {
        self.source.slice(self.span(node))
    }

    /// A key as it is in the JSON that kubectl sends: `yes:` is `true`, `0644:` is `420`.
    #[must_use]
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "entries are looked at in lists")]
    pub fn key(&self, entry: &Entry) -> Cow<'_, str> {
        self.key_text(entry.key)
    }

    /// The text of a key's node.
    #[must_use]
    #[inline]
    pub fn key_text(&self, key: NodeId) -> Cow<'_, str> {
        self.str(key).map_or_else(|| self.seldom_key(key), Cow::Borrowed)
    }

    /// The text of a key that is not a text.
    #[inline(never)]
    fn seldom_key(&self, key: NodeId) -> Cow<'_, str> {
        match self.value(key) {
            Value::Str(text) => Cow::Borrowed(text),
            Value::Bool(true) => Cow::Borrowed("true"),
            Value::Bool(false) => Cow::Borrowed("false"),
            Value::Int(value) => Cow::Owned(value.to_string()),
            Value::Uint(value) => Cow::Owned(value.to_string()),
            Value::Float(value) => Cow::Owned(key_float(value)),
            Value::Null | Value::List(_) | Value::Map(_) => Cow::Borrowed(""),
        }
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    #[inline]
    pub fn entries(&self, node: NodeId) -> &[Entry] {
        // asked for more than anything else, so not by way of `value`
        let at = self.node(node);
        match at.kind() {
            Kind::Map => self.entries.get(self.more.entries(at)).unwrap_or(&[]),
            _ => self.seldom_entries(at),
        }
    }

    /// The entries of what is not written as a map.
    #[inline(never)]
    fn seldom_entries(&self, node: Node) -> &[Entry] {
        match node.kind() {
            Kind::Wide => self.target(node).map_or(&[], |target| self.entries(target)),
            _ => &[],
        }
    }

    /// The elements of a list; none for anything else.
    #[must_use]
    pub fn items(&self, node: NodeId) -> &[NodeId] {
        let at = self.node(node);
        match at.kind() {
            Kind::List => self.items.get(self.more.items(at)).unwrap_or(&[]),
            Kind::Wide => self.target(at).map_or(&[], |target| self.items(target)),
            _ => &[],
        }
    }

    /// Whether it is a string, aliases followed.
    #[must_use]
    #[inline]
    pub fn is_str(&self, node: NodeId) -> bool {
        let at = self.node(node);
        match at.kind() {
            Kind::Written | Kind::Quoted => true,
            Kind::Wide => match self.more.wide(at) {
                Wide::Borrowed { .. } | Wide::Owned { .. } | Wide::Late { .. } => true,
                Wide::Alias { target, .. } => self.is_str(target),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether it is `null`, `~` or nothing, aliases followed.
    #[must_use]
    #[inline]
    pub fn is_null(&self, node: NodeId) -> bool {
        let at = self.node(node);
        match at.kind() {
            Kind::Word => at.word().is_none(),
            Kind::Wide => match self.more.wide(at) {
                Wide::Word { value, .. } => value.is_none(),
                Wide::Alias { target, .. } => self.is_null(target),
                _ => false,
            },
            _ => false,
        }
    }

    /// The node that holds what another is: what an alias refers to, else the node itself.
    #[must_use]
    pub fn referred(&self, node: NodeId) -> NodeId {
        let at = self.node(node);
        match at.kind() {
            Kind::Wide => self.target(at).map_or(node, |target| self.referred(target)),
            _ => node,
        }
    }

    /// What an alias refers to.
    fn target(&self, node: Node) -> Option<NodeId> {
        match self.more.wide(node) {
            Wide::Alias { target, .. } => Some(target),
            _ => None,
        }
    }

    /// The entry of a map under `key`.
    #[must_use]
    #[inline]
    pub fn entry(&self, map: NodeId, key: &str) -> Option<Entry> {
        self.entry_of(map, Key::new(key)).copied()
    }

    /// The entry of a map under a key whose print is known.
    #[must_use]
    pub fn entry_of(&self, map: NodeId, key: Key<'_>) -> Option<&Entry> {
        let at = self.node(map);
        match at.kind() {
            Kind::Map => {
                let within = self.more.entries(at);
                let first = within.start;
                let entries = self.entries.get(within)?;
                if entries.len() > ORDERED { self.find_in_order(entries, first, key) } else { self.find(entries, key) }
            }
            Kind::Wide => self.entry_of(self.target(at)?, key),
            _ => None,
        }
    }

    /// The order of the keys of these entries.
    pub(super) fn order(&self, within: Range<usize>) -> Order {
        let entries = &self.entries[within.clone()];
        let mut places: Vec<u32> = (0..).take(entries.len()).collect();
        places.sort_by_cached_key(|place| entries.get(*place as usize).map(|entry| self.key(entry)));
        Order { first: within.start, places: places.into() }
    }

    /// The entry under a key among many.
    #[inline(never)]
    fn find_in_order<'doc>(&'doc self, entries: &'doc [Entry], first: usize, key: Key<'_>) -> Option<&'doc Entry> {
        let Ok(at) = self.orders.binary_search_by_key(&first, |order| order.first) else {
            return self.find(entries, key);
        };
        let places = &self.orders.get(at)?.places;
        let is_asked = |place: &u32| {
            work::count(1);
            entries.get(*place as usize).map(|entry| self.key(entry)).as_deref().cmp(&Some(key.text()))
        };
        entries.get(*places.get(places.binary_search_by(is_asked).ok()?)? as usize)
    }

    /// The entry under a key among those of a map.
    #[must_use]
    #[inline]
    pub fn find<'doc>(&self, entries: &'doc [Entry], key: Key<'_>) -> Option<&'doc Entry> {
        entries.iter().find(|entry| self.is_under(entry, key))
    }

    /// Whether an alias is in it: else what is below a node is within its bytes.
    #[must_use]
    pub fn has_aliases(&self) -> bool {
        self.more.has_aliases()
    }

    /// Whether the key of an entry is this.
    #[must_use]
    #[inline]
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "entries are looked at in lists")]
    pub fn is_under(&self, entry: &Entry, key: Key<'_>) -> bool {
        work::count(1);
        entry.print == key.print() && self.is_text(entry.key, key.text())
    }

    /// Whether the text of a key's node is this.
    #[must_use]
    #[inline]
    pub fn is_text(&self, node: NodeId, key: &str) -> bool {
        self.written(node).map_or_else(|| self.is_seldom_key(node, key), |written| is_same(written, key.as_bytes()))
    }

    /// Whether the text of a key that is not written as it is, is this.
    #[inline(never)]
    fn is_seldom_key(&self, node: NodeId, key: &str) -> bool {
        self.key_text(node) == key
    }

    /// The text of a node without quotes, which is its bytes: what nearly all keys are.
    #[inline]
    pub(super) fn written(&self, node: NodeId) -> Option<&[u8]> {
        let at = self.node(node);
        let bytes = (at.kind() == Kind::Written).then(|| self.source.text.as_bytes())?;
        bytes.get(at.text().range())
    }

    /// The texts of a node and of all below it, but for keys and for what is under the key `skipped`, in the order in which
    /// they are written. What an alias repeats is not repeated.
    pub fn strings(&self, node: NodeId, skipped: &str) -> impl Iterator<Item = &str> {
        let mut open = vec![node];
        std::iter::from_fn(move || {
            loop {
                let node = open.pop()?;
                if self.style(node) == Style::Alias {
                    continue;
                }
                match self.value(node) {
                    Value::Str(text) => return Some(text),
                    Value::List(items) => open.extend(items.iter().rev()),
                    Value::Map(entries) => {
                        let kept = entries.iter().rev().filter(|entry| !self.is_text(entry.key, skipped));
                        open.extend(kept.map(|entry| entry.value()));
                    }
                    _ => {}
                }
            }
        })
    }

    /// Whether two nodes are the same JSON, in whichever order their keys are.
    #[must_use]
    pub fn is_same(&self, one: NodeId, other: NodeId) -> bool {
        match (self.value(one), self.value(other)) {
            (Value::Str(one), Value::Str(other)) => one == other,
            (Value::List(one), Value::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| self.is_same(*one, *other))
            }
            (Value::Map(own), Value::Map(others)) => {
                let is_same = |(own, beside): (&Entry, &Entry)| {
                    let key = self.key(own);
                    // mostly the keys are in the same order
                    let is_beside = self.is_text(beside.key, &key);
                    let found = if is_beside { Some(beside) } else { self.entry_of(other, Key::new(&key)) };
                    found.is_some_and(|found| self.is_same(own.value(), found.value()))
                };
                own.len() == others.len() && own.iter().zip(others).all(is_same)
            }
            (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => false,
            _ => self.to_json(one) == self.to_json(other),
        }
    }

    /// The value of a map under `key`.
    #[must_use]
    pub fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.entry(map, key).map(Entry::value)
    }

    /// The node at the end of a path of keys.
    #[must_use]
    pub fn at(&self, from: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(from, |node, key| self.get(node, key))
    }

    /// A node's text, if it is a string.
    #[must_use]
    pub fn str(&self, node: NodeId) -> Option<&str> {
        let at = self.node(node);
        match at.kind() {
            Kind::Written => Some(self.source.slice(at.text())),
            Kind::Quoted => Some(self.source.slice(at.quoted())),
            Kind::Wide => match self.wide_value(at) {
                Value::Str(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// At least as many bytes as a node's text has, if it is a string. A text of several lines is not made for this.
    #[must_use]
    pub fn str_len_at_most(&self, node: NodeId) -> Option<usize> {
        let at = self.node(node);
        match at.kind() {
            Kind::Wide => match self.more.wide(at) {
                // its lines without their indentation, and a break at the end
                Wide::Late { .. } => Some(self.more.span(at).range().len() + 1),
                Wide::Alias { target, .. } => self.str_len_at_most(target),
                _ => self.str(node).map(str::len),
            },
            _ => self.str(node).map(str::len),
        }
    }

    /// Whether it is written as a text of several lines, which is made when it is asked for.
    #[must_use]
    pub fn is_late(&self, node: NodeId) -> bool {
        let at = self.node(node);
        at.kind() == Kind::Wide && matches!(self.more.wide(at), Wide::Late { .. })
    }

    /// The text under `key`, if it is a string.
    #[must_use]
    pub fn get_str(&self, map: NodeId, key: &str) -> Option<&str> {
        self.get(map, key).and_then(|node| self.str(node))
    }

    /// Writes a node as the JSON that kubectl would send: keys sorted, numbers as Go writes them.
    #[must_use]
    pub fn to_json(&self, node: NodeId) -> String {
        let mut out = String::new();
        self.write_json(node, &mut out);
        out
    }

    /// Depth is bounded by the reader's nesting limit; the work list keeps it off the call stack.
    fn write_json(&self, node: NodeId, out: &mut String) {
        enum Step<'doc> {
            Node(NodeId),
            Key(Cow<'doc, str>),
            Text(&'static str),
        }
        let mut steps = vec![Step::Node(node)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Text(text) => out.push_str(text),
                Step::Key(key) => {
                    push_json_string(&key, out);
                    out.push(':');
                }
                Step::Node(node) => match self.value(node) {
                    Value::Null => out.push_str("null"),
                    Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
                    Value::Int(value) => out.push_str(&value.to_string()),
                    Value::Uint(value) => out.push_str(&value.to_string()),
                    Value::Float(value) => out.push_str(&json_float(value)),
                    Value::Str(text) => push_json_string(text, out),
                    Value::List(items) => {
                        out.push('[');
                        steps.push(Step::Text("]"));
                        for (index, item) in items.iter().enumerate().rev() {
                            steps.push(Step::Node(*item));
                            if index > 0 {
                                steps.push(Step::Text(","));
                            }
                        }
                    }
                    Value::Map(entries) => {
                        out.push('{');
                        steps.push(Step::Text("}"));
                        let mut sorted: Vec<_> = entries.iter().map(|entry| (self.key(entry), entry.value())).collect();
                        sorted.sort_by(|a, b| a.0.cmp(&b.0));
                        for (index, (key, value)) in sorted.into_iter().enumerate().rev() {
                            steps.push(Step::Node(value));
                            steps.push(Step::Key(key));
                            if index > 0 {
                                steps.push(Step::Text(","));
                            }
                        }
                    }
                },
            }
        }
    }

    fn owned(&self, text: Span) -> &str {
        self.unescaped.get(text.range()).unwrap_or("")
    }

    #[inline]
    fn node(&self, node: NodeId) -> Node {
        work::count(1);
        self.nodes[node.0 as usize]
    }
}

fn push_json_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
