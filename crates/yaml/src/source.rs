//! One input file: its bytes as text, and the way back from a place in the text to a place in the file.

use super::position::Lines;

/// A half-open range of bytes in [`Source::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    #[must_use]
    #[inline]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: narrow(start), end: narrow(end.max(start)) }
    }

    /// The empty range at `at`.
    #[must_use]
    #[inline]
    pub fn empty(at: usize) -> Self {
        Self::new(at, at)
    }

    /// The range as `usize`, ready to slice with.
    #[must_use]
    #[inline]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies wholly inside this range.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// [`Source::decode`] refuses files past `u32::MAX` bytes, so this never saturates in practice.
#[inline]
pub(super) fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Spans in order, those that meet as one.
fn merged<'span>(spans: impl Iterator<Item = &'span Span>) -> Vec<Span> {
    let mut all: Vec<Span> = spans.copied().collect();
    all.sort_unstable_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Span> = Vec::with_capacity(all.len());
    for span in all {
        match merged.last_mut().filter(|last| last.end >= span.start) {
            Some(last) => last.end = last.end.max(span.end),
            None => merged.push(span),
        }
    }
    merged
}

/// How kubectl's file visitor turns the bytes into text: a byte-order mark decides, otherwise UTF-8
/// with U+FFFD for what is not (`k8s.io/cli-runtime/pkg/resource/visitor.go`, `unicode.BOMOverride`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8 { mark: bool },
    Utf16 { little_endian: bool },
}

/// One input file, decoded.
#[derive(Debug)]
pub struct Source {
    /// Path as the user gave it, or `<stdin>`.
    pub name: String,
    /// The text, always ending in a line break (kubectl's line reader adds the last one).
    pub text: String,
    pub(super) encoding: Encoding,
    /// Where in `text` a U+FFFD stands for one byte that is not UTF-8.
    pub(super) replaced: Vec<u32>,
    pub(super) raw_len: usize,
    /// Whether the last line break is not in the file.
    adds_break: bool,
    /// What is masked in this copy, in order and apart from each other.
    masks: Vec<Span>,
    pub(super) lines: Lines,
}

impl Source {
    /// Decodes `bytes` as kubectl does.
    ///
    /// # Errors
    /// A file of more than `u32::MAX` bytes of text.
    pub fn decode(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, TooLarge> {
        let raw_len = bytes.len();
        let (encoding, mut text, replaced) = match bytes.as_slice() {
            [0xEF, 0xBB, 0xBF, rest @ ..] => {
                let (text, replaced) = lossy(rest);
                (Encoding::Utf8 { mark: true }, text, replaced)
            }
            [0xFF, 0xFE, rest @ ..] => {
                (Encoding::Utf16 { little_endian: true }, utf16(rest, u16::from_le_bytes), Vec::new())
            }
            [0xFE, 0xFF, rest @ ..] => {
                (Encoding::Utf16 { little_endian: false }, utf16(rest, u16::from_be_bytes), Vec::new())
            }
            _ => match String::from_utf8(bytes) {
                Ok(text) => (Encoding::Utf8 { mark: false }, text, Vec::new()),
                Err(error) => {
                    let (text, replaced) = lossy(error.as_bytes());
                    (Encoding::Utf8 { mark: false }, text, replaced)
                }
            },
        };
        let adds_break = !text.is_empty() && !text.ends_with('\n');
        if adds_break {
            text.push('\n');
        }
        if u32::try_from(text.len()).is_err() {
            return Err(TooLarge);
        }
        let lines = Lines::default();
        let masks = Vec::new();
        Ok(Self { name: name.into(), text, encoding, replaced, raw_len, adds_break, masks, lines })
    }

    /// A text that is in no file.
    #[must_use]
    pub fn from_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name: name.into(),
            encoding: Encoding::Utf8 { mark: false },
            replaced: Vec::new(),
            raw_len: text.len(),
            adds_break: false,
            masks: Vec::new(),
            lines: Lines::default(),
            text,
        }
    }

    /// A copy in which every character of `spans` is an x; places and columns stay where they were, and what was YAML
    /// is YAML still, in which `*` would name an anchor.
    #[must_use]
    pub fn masked(&self, spans: &[Span]) -> Self {
        let mut text = self.text.clone();
        for span in spans {
            if let Some(secret) = text.get(span.range()) {
                let mask: String = secret.chars().map(mask).collect();
                text.replace_range(span.range(), &mask);
            }
        }
        Self {
            name: self.name.clone(),
            text,
            encoding: self.encoding,
            replaced: self.replaced.clone(),
            raw_len: self.raw_len,
            adds_break: self.adds_break,
            masks: merged(self.masks.iter().chain(spans)),
            lines: Lines::default(),
        }
    }

    /// Whether a byte of this copy is part of a mask.
    #[must_use]
    pub fn is_masked(&self, at: usize) -> bool {
        let behind = self.masks.partition_point(|span| span.range().start <= at);
        behind.checked_sub(1).is_some_and(|last| self.masks[last].range().contains(&at))
    }

    /// A copy that messages call by another name.
    #[must_use]
    pub fn renamed(&self, name: String) -> Self {
        Self { name, ..self.masked(&[]) }
    }

    /// The same file with another text. It has to end in a line break, as [`Source::text`] does.
    #[must_use]
    pub fn with_text(&self, mut text: String) -> Self {
        // the break that is not in the file is one character, whatever the others are
        if self.adds_break && text.ends_with("\r\n") {
            text.truncate(text.len() - 2);
            text.push('\n');
        }
        let encoding = self.encoding;
        let raw_len = text.len();
        let lines = Lines::default();
        let name = self.name.clone();
        let (replaced, masks, adds_break) = (Vec::new(), Vec::new(), self.adds_break);
        let mut source = Self { name, text, encoding, replaced, raw_len, adds_break, masks, lines };
        source.raw_len = source.bytes().len();
        source
    }

    /// The bytes of the file, if it [is editable](Source::is_editable).
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mark: &[u8] = if self.encoding == (Encoding::Utf8 { mark: true }) { &[0xEF, 0xBB, 0xBF] } else { &[] };
        [mark, &self.text.as_bytes()[..self.written_length()]].concat()
    }

    /// The text of a range.
    #[must_use]
    #[inline]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The same range, widened where it would cut a character.
    pub(super) fn whole_characters(&self, span: Span) -> Span {
        let start = whole_before(&self.text, span.start as usize);
        let mut end = (span.end as usize).clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end)
    }

    /// The length of the text without a line break that is not in the file.
    pub(super) fn written_length(&self) -> usize {
        self.text.len() - usize::from(self.adds_break)
    }

    /// Where bytes that are not UTF-8 were replaced by U+FFFD.
    pub fn replaced(&self) -> impl Iterator<Item = Span> + '_ {
        self.replaced.iter().map(|&at| Span::new(at as usize, at as usize + 3))
    }

    /// Whether a byte in the text is the same byte in the file, so that byte edits are possible.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        matches!(self.encoding, Encoding::Utf8 { .. }) && self.replaced.is_empty()
    }
}

/// The file holds more text than a span can address (4 GiB).
#[derive(Debug, thiserror::Error)]
#[error("the file is larger than 4 GiB")]
pub struct TooLarge;

/// The last place up to `at`, and in the text, that falls into no character.
pub(super) fn whole_before(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// UTF-8 with every invalid byte replaced, remembering where.
pub(super) fn lossy(bytes: &[u8]) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // Go's decoder replaces byte by byte, so an invalid run of three bytes is three U+FFFD.
        for _ in chunk.invalid() {
            replaced.push(narrow(text.len()));
            text.push('\u{FFFD}');
        }
    }
    (text, replaced)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text: String =
        char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if bytes.len() % 2 == 1 {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// A character of as many bytes that tells nothing; lines and indentation stay.
fn mask(character: char) -> char {
    match character.len_utf8() {
        _ if character.is_whitespace() => character,
        1 => 'x',
        2 => '×',
        3 => 'ₓ',
        _ => '𝗑',
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Source, Span};
    use crate::{self as yaml, Part};

    #[test]
    fn what_is_masked_is_yaml_of_the_same_columns() {
        let secrets =
            ["hunter2", "'a: b'", "\"#x, {y}\"", "*anchor", "pässwörd", "密码", "🔑k", "|\n  a\n  b: c", "{a: b}"];
        for secret in secrets {
            let text = format!("token: {secret}\n");
            let start = "token: ".len();
            let masked = Source::from_text("a.yaml", text.clone()).masked(&[Span::new(start, start + secret.len())]);
            assert_eq!(masked.text.len(), text.len(), "{secret}");
            let columns = |text: &str| text.lines().map(|line| line.chars().count()).collect::<Vec<_>>();
            assert_eq!(columns(&masked.text), columns(&text), "{secret}");
            let kept = masked.text[start..].chars().filter(|character| secret.contains(*character));
            assert!(kept.filter(|character| !character.is_whitespace() && *character != 'x').count() == 0, "{secret}");
            let read = yaml::read(&Arc::new(masked));
            let [Part::Document(document)] = read.as_slice() else { panic!("{secret}: {read:?}") };
            assert!(document.get_str(document.root(), "token").is_some(), "{secret}");
        }
    }
}
