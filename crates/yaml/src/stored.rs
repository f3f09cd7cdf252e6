//! How nodes are kept: in as few bytes as may be, because nodes are most of what a document takes.

use super::seldom::Seldom;
use super::source::Span;
use super::tree::Style;

/// A node of a document. Everything in it is kept as bytes, which have no alignment: it takes 14 of them, and not 32.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    span: Packed,
    pub value: Stored,
    pub style: Style,
}

impl Node {
    pub(super) fn new(span: Span, value: Stored, style: Style) -> Self {
        Self { span: span.into(), value, style }
    }

    #[inline]
    pub(super) fn span(&self) -> Span {
        self.span.span()
    }
}

/// A value as stored. Texts are ranges, so that most scalars cost no allocation. What needs more than four bytes is in
/// the document's list of what is wide, and here is its place there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    Null,
    Bool(bool),
    /// A whole number that fits.
    Small([u8; 4]),
    /// The text is the bytes of the node.
    Written,
    /// The text is the bytes of the node between its quotes.
    Quoted,
    /// A list whose elements are there among those of the document.
    List(Few),
    /// A map whose entries are there among those of the document.
    Map(Few),
    Alias([u8; 4]),
    Int(Place),
    Uint(Place),
    Float(Place),
    /// Range of the source.
    Borrowed(Place),
    /// Range of the document's own text.
    Owned(Place),
    LongList(Place),
    LongMap(Place),
}

/// A range as bytes.
#[derive(Clone, Copy, Debug)]
struct Packed([u8; 4], [u8; 4]);

impl From<Span> for Packed {
    fn from(span: Span) -> Self {
        Self(span.start.to_ne_bytes(), span.end.to_ne_bytes())
    }
}

impl Packed {
    #[inline]
    fn span(self) -> Span {
        Span { start: u32::from_ne_bytes(self.0), end: u32::from_ne_bytes(self.1) }
    }
}

/// A range of a few that does not lie far away: where it begins in 24 bits, how many there are in 8.
#[derive(Clone, Copy, Debug)]
pub(super) struct Few([u8; 4]);

impl Few {
    #[inline]
    fn of(range: Span) -> Option<Self> {
        let count = range.end - range.start;
        (range.start < 1 << 24 && count < 1 << 8).then(|| Self((range.start << 8 | count).to_ne_bytes()))
    }

    #[inline]
    pub(super) fn range(self) -> std::ops::Range<usize> {
        let packed = u32::from_ne_bytes(self.0);
        let start = (packed >> 8) as usize;
        start..start + (packed & 0xFF) as usize
    }
}

/// A place among what is wide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place([u8; 4]);

/// What takes more bytes than a node has.
#[derive(Debug, Default)]
pub(super) struct Wide(Seldom<u64>);

impl Wide {
    #[inline]
    pub(super) fn get(&self, Place(at): Place) -> u64 {
        self.0.get(u32::from_ne_bytes(at) as usize).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn span(&self, at: Place) -> Span {
        let both = self.get(at);
        #[expect(clippy::cast_possible_truncation, reason = "two halves")]
        Span { start: (both >> 32) as u32, end: both as u32 }
    }

    pub(super) fn number(&mut self, value: u64) -> Place {
        let at = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push(value);
        Place(at.to_ne_bytes())
    }

    pub(super) fn range(&mut self, span: Span) -> Place {
        self.number(u64::from(span.start) << 32 | u64::from(span.end))
    }

    #[inline]
    pub(super) fn int(&mut self, value: i64) -> Stored {
        match i32::try_from(value) {
            Ok(small) => Stored::Small(small.to_ne_bytes()),
            Err(_) => Stored::Int(self.number(value.cast_unsigned())),
        }
    }

    /// The text of a node that is these bytes of the source.
    #[inline]
    pub(super) fn text(&mut self, node: Span, text: Span) -> Stored {
        if text == node {
            Stored::Written
        } else if text.start == node.start + 1 && text.end + 1 == node.end {
            Stored::Quoted
        } else {
            Stored::Borrowed(self.range(text))
        }
    }

    #[inline]
    pub(super) fn list(&mut self, range: Span) -> Stored {
        Few::of(range).map_or_else(|| Stored::LongList(self.range(range)), Stored::List)
    }

    #[inline]
    pub(super) fn map(&mut self, range: Span) -> Stored {
        Few::of(range).map_or_else(|| Stored::LongMap(self.range(range)), Stored::Map)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The same in as much memory as it takes.
    pub(super) fn copy(&self) -> Self {
        Self(self.0.to_vec().into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Few, Node, Span, Stored, Wide};

    #[test]
    fn a_node_takes_no_more_than_it_says() {
        assert_eq!(size_of::<Node>(), 14);
    }

    #[test]
    fn ranges_come_back_whether_they_are_near_or_far() {
        let mut wide = Wide::default();
        for (start, end) in [(0, 0), (7, 262), (7, 263), ((1 << 24) - 1, 1 << 24), (1 << 24, 1 << 24), (3, u32::MAX)] {
            let span = Span { start, end };
            let range = match wide.list(span) {
                Stored::List(few) => few.range(),
                Stored::LongList(place) => wide.span(place).range(),
                other => panic!("{other:?}"),
            };
            assert_eq!(range, span.range());
        }
        assert!(Few::of(Span { start: 0, end: 256 }).is_none());
    }
}
