//! How nodes are kept: in as few bytes as may be, because nodes are most of what a document takes.

use super::source::Span;
use super::tree::{NodeId, Style};

/// A node of a document in 8 bytes: where it begins, how it is written, of which [`Kind`] it is, and what the kind says
/// of the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    start: u32,
    rest: u32,
}

/// What is in the last [`BITS`] of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The length of text that is the bytes of the node.
    Written,
    /// The length of text that is the bytes of the node between its quotes, with them.
    Quoted,
    /// The place of the one before among the maps.
    Map,
    /// The place of the one before among the lists.
    List,
    /// The length of what is null or a boolean, and below it which of them.
    Word,
    /// The length of a whole number, and below it the number.
    Small,
    /// A place among what is wide.
    Wide,
}

/// A file of the largest size that is read has room for about as many collections or numbers: `[1,1,1]`.
const BITS: u32 = 26;
const MOST: u32 = (1 << BITS) - 1;

/// Bits of a word, and of a small number.
const WORD: u32 = 2;
const NUMBER: u32 = 16;

const NULL: u32 = 2;

const STYLES: [Style; 8] = [
    Style::Plain,
    Style::SingleQuoted,
    Style::DoubleQuoted,
    Style::Literal,
    Style::Folded,
    Style::Flow,
    Style::Block,
    Style::Alias,
];

impl Node {
    #[inline]
    fn new(start: u32, style: Style, kind: Kind, low: u32) -> Self {
        Self { start, rest: (style as u32) << (BITS + 3) | (kind as u32) << BITS | low }
    }

    /// A node that is yet to become a list or map.
    #[inline]
    pub(super) fn open(style: Style, is_map: bool) -> Self {
        Self::new(0, style, if is_map { Kind::Map } else { Kind::List }, 0)
    }

    /// Text without quotes, which is these bytes of the source; nothing for more of them than a node can say.
    #[inline]
    pub(super) fn written(span: Span) -> Option<Self> {
        let length = span.end - span.start;
        (length <= MOST).then(|| Self::new(span.start, Style::Plain, Kind::Written, length))
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        match self.rest >> BITS & 7 {
            0 => Kind::Written,
            1 => Kind::Quoted,
            2 => Kind::Map,
            3 => Kind::List,
            4 => Kind::Word,
            5 => Kind::Small,
            _ => Kind::Wide,
        }
    }

    #[inline]
    pub(super) fn style(self) -> Style {
        STYLES[(self.rest >> (BITS + 3)) as usize]
    }

    #[inline]
    fn low(self) -> u32 {
        self.rest & MOST
    }

    #[inline]
    fn place(self) -> usize {
        self.low() as usize
    }

    /// The bytes of what is [`Kind::Written`].
    #[inline]
    pub(super) fn text(self) -> Span {
        Span { start: self.start, end: self.start + self.low() }
    }

    /// The bytes of what is [`Kind::Quoted`], without its quotes.
    #[inline]
    pub(super) fn quoted(self) -> Span {
        Span { start: self.start + 1, end: self.start + self.low() - 1 }
    }

    /// Which of them what is [`Kind::Word`] is: a boolean, or null.
    #[inline]
    pub(super) fn word(self) -> Option<bool> {
        let word = self.low() & ((1 << WORD) - 1);
        (word != NULL).then_some(word == 1)
    }

    /// The number that is [`Kind::Small`].
    #[inline]
    pub(super) fn small(self) -> i64 {
        i64::from(self.low() & ((1 << NUMBER) - 1))
    }
}

/// A value before it is packed into a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Range of the source.
    Borrowed(Span),
    /// Range of the text that the documents have beside the source.
    Owned(Span),
    /// Text of several lines that is made when it is asked for.
    Late,
    Alias(NodeId),
}

/// Where a list or map ends, and up to where its elements or entries are among those of the documents: they begin where
/// those of the one before end, because both are kept when they end. Before the first of a kind is one that ends at 0.
#[derive(Clone, Copy, Debug)]
struct Collection {
    end: u32,
    until: u32,
}

/// What takes more bytes than a node has.
#[derive(Debug, Default)]
pub(super) struct More {
    maps: Vec<Collection>,
    lists: Vec<Collection>,
    wide: Vec<Wide>,
}

/// A value, and where its node ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wide {
    Word { end: u32, value: Option<bool> },
    Int { end: u32, value: i64 },
    Uint { end: u32, value: u64 },
    Float { end: u32, value: f64 },
    Borrowed { end: u32, text: Span },
    Owned { end: u32, text: Span },
    Late { end: u32 },
    Alias { end: u32, target: NodeId },
}

impl Wide {
    #[inline(never)]
    fn end(self) -> u32 {
        match self {
            Self::Word { end, .. }
            | Self::Int { end, .. }
            | Self::Uint { end, .. }
            | Self::Float { end, .. }
            | Self::Borrowed { end, .. }
            | Self::Owned { end, .. }
            | Self::Late { end }
            | Self::Alias { end, .. } => end,
        }
    }
}

impl More {
    /// With room for so many lists and maps.
    pub(super) fn with_room(collections: usize) -> Self {
        let (maps, lists) = (Vec::with_capacity(collections), Vec::with_capacity(collections / 2));
        Self { maps, lists, wide: Vec::new() }
    }

    /// Packs a value into a node, and keeps what does not fit.
    pub(super) fn node(&mut self, span: Span, value: Stored, style: Style) -> Node {
        let (length, end) = (span.end - span.start, span.end);
        let word = |value: Option<bool>| value.map_or(NULL, u32::from) | length << WORD;
        let is_within = |bits: u32| length <= MOST >> bits;
        let node = |kind, low| Node::new(span.start, style, kind, low);
        let wide = match value {
            Stored::Null if is_within(WORD) => return node(Kind::Word, word(None)),
            Stored::Bool(value) if is_within(WORD) => return node(Kind::Word, word(Some(value))),
            Stored::Borrowed(text) if text == span && is_within(0) => return node(Kind::Written, length),
            Stored::Borrowed(text) if text.start == span.start + 1 && text.end + 1 == end && is_within(0) => {
                return node(Kind::Quoted, length);
            }
            Stored::Int(value) => match u16::try_from(value) {
                Ok(small) if is_within(NUMBER) => return node(Kind::Small, u32::from(small) | length << NUMBER),
                _ => Wide::Int { end, value },
            },
            Stored::Null => Wide::Word { end, value: None },
            Stored::Bool(value) => Wide::Word { end, value: Some(value) },
            Stored::Uint(value) => Wide::Uint { end, value },
            Stored::Float(value) => Wide::Float { end, value },
            Stored::Borrowed(text) => Wide::Borrowed { end, text },
            Stored::Owned(text) => Wide::Owned { end, text },
            Stored::Late => Wide::Late { end },
            Stored::Alias(target) => Wide::Alias { end, target },
        };
        let place = narrow(self.wide.len());
        self.wide.push(wide);
        node(Kind::Wide, place)
    }

    /// Makes a node a list or map that ends here, and says where it is and where its elements or entries end, which are
    /// those after the last ones of its kind.
    pub(super) fn close(&mut self, node: &mut Node, span: Span, until: usize) {
        let kind = node.kind();
        let all = if kind == Kind::Map { &mut self.maps } else { &mut self.lists };
        if all.is_empty() {
            all.push(Collection { end: 0, until: 0 });
        }
        *node = Node { start: span.start, rest: node.rest & !MOST | narrow(all.len() - 1) };
        all.push(Collection { end: span.end, until: narrow(until) });
    }

    #[inline]
    pub(super) fn span(&self, node: Node) -> Span {
        let low = node.low();
        let end = match node.kind() {
            Kind::Written | Kind::Quoted => node.start + low,
            Kind::Word => node.start + (low >> WORD),
            Kind::Small => node.start + (low >> NUMBER),
            Kind::Map => self.maps.get(node.place() + 1).map_or(node.start, |of| of.end),
            Kind::List => self.lists.get(node.place() + 1).map_or(node.start, |of| of.end),
            Kind::Wide => self.wide.get(node.place()).map_or(node.start, |wide| wide.end()),
        };
        Span { start: node.start, end }
    }

    /// The places of the entries of what is [`Kind::Map`].
    #[inline]
    pub(super) fn entries(&self, node: Node) -> std::ops::Range<usize> {
        within(&self.maps, node.place())
    }

    /// The places of the elements of what is [`Kind::List`].
    #[inline]
    pub(super) fn items(&self, node: Node) -> std::ops::Range<usize> {
        within(&self.lists, node.place())
    }

    /// What is [`Kind::Wide`].
    #[inline]
    pub(super) fn wide(&self, node: Node) -> Wide {
        self.wide.get(node.place()).copied().unwrap_or(Wide::Word { end: node.start, value: None })
    }

    /// Whether an alias is among all nodes.
    pub(super) fn has_aliases(&self) -> bool {
        self.wide.iter().any(|wide| matches!(wide, Wide::Alias { .. }))
    }

    /// The place of what is [`Kind::Wide`], and of how many.
    pub(super) fn place(&self, node: Node) -> (usize, usize) {
        (node.place(), self.wide.len())
    }

    /// How many maps and lists there are, and how much else.
    pub(super) fn len(&self) -> (usize, usize, usize) {
        (self.maps.len(), self.lists.len(), self.wide.len())
    }

    /// Drops what came later.
    pub(super) fn truncate(&mut self, (maps, lists, wide): (usize, usize, usize)) {
        self.maps.truncate(maps);
        self.lists.truncate(lists);
        self.wide.truncate(wide);
    }

    /// The same in as much memory as it takes.
    pub(super) fn copy(&self) -> Self {
        let (maps, lists) = (self.maps.as_slice().to_vec(), self.lists.as_slice().to_vec());
        Self { maps, lists, wide: self.wide.as_slice().to_vec() }
    }

    /// Gives back what growing left over.
    pub(super) fn shrink(&mut self) {
        self.maps.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.wide.shrink_to_fit();
    }
}

#[inline]
fn within(all: &[Collection], place: usize) -> std::ops::Range<usize> {
    match all.get(place..).and_then(<[Collection]>::first_chunk) {
        Some([before, own]) => before.until as usize..own.until as usize,
        None => 0..0,
    }
}

/// Files are not so large that this saturates.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(MOST).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::{Collection, Kind, MOST, More, Node, NodeId, STYLES, Span, Stored, Style, Wide};
    use crate::tree::Entry;

    #[test]
    fn a_node_takes_no_more_than_it_says() {
        assert_eq!((size_of::<Node>(), size_of::<Collection>(), size_of::<Wide>()), (8, 8, 16));
        assert_eq!(size_of::<Entry>(), 5);
    }

    #[test]
    fn a_node_keeps_how_it_is_written() {
        for (number, style) in STYLES.into_iter().enumerate() {
            assert_eq!(style as usize, number);
            let node = More::default().node(Span::new(1, 1), Stored::Null, style);
            assert_eq!((node.style(), node.kind(), node.word()), (style, Kind::Word, None));
        }
    }

    #[test]
    fn values_come_back_whether_they_are_small_or_wide() {
        let mut more = More::default();
        let most = MOST as usize;
        for length in [0, 2, 5, 1023, 1024, most >> 2, (most >> 2) + 1, most, most + 1] {
            let span = Span::new(7, 7 + length);
            for value in [None, Some(true), Some(false)] {
                let node = more.node(span, value.map_or(Stored::Null, Stored::Bool), Style::Plain);
                let found = match node.kind() {
                    Kind::Word => node.word(),
                    _ => match more.wide(node) {
                        Wide::Word { value, .. } => value,
                        other => panic!("{other:?}"),
                    },
                };
                assert_eq!((found, more.span(node)), (value, span));
            }
            for value in [0, 1, -1, 65535, 65536, i64::MAX, i64::MIN] {
                let node = more.node(span, Stored::Int(value), Style::Plain);
                let found = match node.kind() {
                    Kind::Small => node.small(),
                    _ => match more.wide(node) {
                        Wide::Int { value, .. } => value,
                        other => panic!("{other:?}"),
                    },
                };
                assert_eq!((found, more.span(node)), (value, span));
            }
            for text in [span, Span::new(8, 6 + length.max(2)), Span::new(1, 2)] {
                let node = more.node(span, Stored::Borrowed(text), Style::Plain);
                let found = match node.kind() {
                    Kind::Written => node.text(),
                    Kind::Quoted => node.quoted(),
                    _ => match more.wide(node) {
                        Wide::Borrowed { text, .. } => text,
                        other => panic!("{other:?}"),
                    },
                };
                assert_eq!((found, more.span(node)), (text, span));
            }
        }
        let alias = more.node(Span::new(3, 5), Stored::Alias(NodeId(9)), Style::Alias);
        assert!(matches!(more.wide(alias), Wide::Alias { end: 5, target: NodeId(9) }));
    }

    #[test]
    fn collections_have_what_they_are_closed_with() {
        let mut more = More::default();
        let mut closed = Vec::new();
        for (is_map, span, until) in
            [(true, Span::new(4, 90), 1 << 25), (false, Span::new(5, 6), 7), (true, Span::new(91, 92), (1 << 25) + 300)]
        {
            let mut node = Node::open(Style::Block, is_map);
            more.close(&mut node, span, until);
            assert_eq!((node.style(), more.span(node)), (Style::Block, span));
            closed.push(node);
        }
        let [before, list, after] = closed.as_slice() else { panic!("{closed:?}") };
        assert_eq!([before, list, after].map(|node| node.kind()), [Kind::Map, Kind::List, Kind::Map]);
        assert_eq!((more.entries(*before), more.items(*list)), (0..1 << 25, 0..7));
        assert_eq!(more.entries(*after), 1 << 25..(1 << 25) + 300);
    }
}
