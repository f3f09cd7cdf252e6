//! The way back from a place in a text to its line, its column and its byte in the file.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::source::{Encoding, Source, narrow};

/// A place in a file as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode scalar values, from 1.
    pub column: usize,
    /// Byte in the file as it is on disk, from 0.
    pub offset: usize,
}

/// Where the lines of a text begin, and how many characters precede a place.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// How often a place was asked for.
    asked: AtomicUsize,
    /// The last place for which line breaks were counted, and how many are before it.
    counted: AtomicU64,
    starts: OnceLock<Vec<u32>>,
    counts: OnceLock<Vec<Count>>,
}

/// How many places of a text are told by counting line breaks: a table of all lines takes as long as counting a few dozen
/// times.
const COUNTED: usize = 8;

/// Lines of most manifests have more bytes.
const SHORTEST: usize = 20;

/// Bytes between two entries of the table of characters. Less is counted each time.
const BLOCK: usize = 4096;

/// How much of a text precedes a byte.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Unicode scalar values.
    characters: usize,
    /// Units of UTF-16.
    units: usize,
}

impl Count {
    /// With the bytes that follow. A character counts with its first byte.
    fn and(self, bytes: &[u8]) -> Self {
        let begins = |byte: &&u8| **byte & 0xc0 != 0x80;
        // past U+FFFF, which takes four bytes, a character is two units
        let pairs = bytes.iter().filter(|byte| **byte >= 0xf0).count();
        let characters = bytes.iter().filter(begins).count();
        Self { characters: self.characters + characters, units: self.units + characters + pairs }
    }
}

impl Source {
    /// Line, column and raw byte of a place in the text.
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let mut at = (at as usize).min(self.text.len());
        let (line, start) = self.line_of(at);
        let offset = self.raw_offset(at);
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        Position { line, column: self.between(start, at).characters + 1, offset }
    }

    /// The number of the line that a place is in, and where it begins.
    fn line_of(&self, at: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..at];
        let is_known = self.lines.starts.get().is_some() || self.lines.asked.fetch_add(1, Ordering::Relaxed) >= COUNTED;
        let counted = self.lines.counted.load(Ordering::Relaxed);
        let (place, breaks) = (usize::try_from(counted >> 32).unwrap_or_default(), counted & u64::from(u32::MAX));
        // places are asked for in their order, and none before had a return
        let (new, breaks) = before.get(place..).map_or((before, 0), |new| (new, breaks));
        if is_known || memchr::memchr(b'\r', new).is_some() {
            let starts = self.line_starts();
            let line = starts.partition_point(|&start| start as usize <= at).max(1);
            return (line, starts[line - 1] as usize);
        }
        let breaks = usize::try_from(breaks).unwrap_or_default() + memchr::memchr_iter(b'\n', new).count();
        self.lines.counted.store(u64::from(narrow(at)) << 32 | u64::from(narrow(breaks)), Ordering::Relaxed);
        (breaks + 1, memchr::memrchr(b'\n', before).map_or(0, |end| end + 1))
    }

    /// The units of UTF-16 between two places.
    #[must_use]
    pub fn units(&self, start: usize, at: usize) -> usize {
        self.between(start, at).units
    }

    /// What is between the beginning of a line and a place in it, which may be megabytes behind: a whole file of JSON is
    /// often one line.
    fn between(&self, start: usize, at: usize) -> Count {
        if at - start <= BLOCK {
            return Count::default().and(&self.text.as_bytes()[start..at]);
        }
        let (all, before) = (self.before(at), self.before(start));
        Count { characters: all.characters - before.characters, units: all.units - before.units }
    }

    /// How much precedes a byte, from the table of what precedes each block.
    fn before(&self, at: usize) -> Count {
        let bytes = self.text.as_bytes();
        let counts = self.lines.counts.get_or_init(|| {
            let mut count = Count::default();
            let next = |block| {
                let before = count;
                count = count.and(block);
                before
            };
            bytes.chunks(BLOCK).map(next).collect()
        });
        let last = (at / BLOCK).min(counts.len().saturating_sub(1));
        counts.get(last).copied().unwrap_or_default().and(&bytes[last * BLOCK..at])
    }

    /// The byte on disk that a place in the text came from.
    #[must_use]
    pub fn raw_offset(&self, at: usize) -> usize {
        let raw = match self.encoding {
            Encoding::Utf8 { mark } => {
                // Each U+FFFD of three bytes stands for one.
                let before = self.replaced.partition_point(|place| (*place as usize) < at);
                at + if mark { 3 } else { 0 } - 2 * before
            }
            Encoding::Utf16 { .. } => 2 + 2 * self.before(at.min(self.text.len())).units,
        };
        raw.min(self.raw_len)
    }

    /// Byte at which each line begins; the first is 0.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            // room for as many as most manifests have: what is not written to takes none
            let mut starts = Vec::with_capacity(1 + bytes.len() / SHORTEST);
            starts.push(0);
            for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
                // a return before a line break belongs to it
                if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                    starts.push(narrow(at + 1));
                }
            }
            starts
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_counted_and_looked_up() {
        for text in ["a\n\nbä\nc", "a\r\nb\rc\n", "", "\n"] {
            let (asked_late, text) = (Source::from_text("a.yaml", text), text.to_owned());
            let _ = asked_late.line_starts();
            for at in 0..=u32::try_from(text.len()).unwrap_or_default() {
                let source = Source::from_text("a.yaml", text.clone());
                assert_eq!(source.position(at), asked_late.position(at), "{text:?} {at}");
                for next in 0..=u32::try_from(text.len()).unwrap_or_default() {
                    let source = Source::from_text("a.yaml", text.clone());
                    let both = [at, next].map(|at| source.position(at));
                    assert_eq!(both, [at, next].map(|at| asked_late.position(at)), "{text:?} {at} {next}");
                }
            }
        }
    }

    /// A line of several blocks with characters of one to four bytes, so that blocks begin inside of some.
    #[test]
    fn columns_of_long_lines_are_counted() {
        let text = format!("a\n{}\nb", "xä密🔑".repeat(3 * BLOCK / 10));
        let source = Source::from_text("a.yaml", text.clone());
        let (mut line, mut column) = (1, 1);
        for (at, character) in text.char_indices() {
            let position = source.position(narrow(at));
            assert_eq!((position.line, position.column, position.offset), (line, column, at));
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
    }

    #[test]
    fn bytes_of_utf_16_are_units_before() {
        let text = format!("{}\n", "xä密🔑".repeat(3 * BLOCK / 10));
        let bytes: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let source = Source::decode("a.yaml", bytes).expect("it is small");
        assert_eq!(source.text, text);
        let mut offset = 2;
        for (at, character) in text.char_indices() {
            assert_eq!(source.raw_offset(at), offset, "{at}");
            offset += 2 * character.len_utf16();
        }
    }
}
