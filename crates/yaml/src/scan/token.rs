//! The words that YAML text is made of.

use super::super::build::Scalar;
use super::super::tree::Style;

/// What a token is.
pub(super) enum Kind {
    /// `%YAML 1.1`
    Version(u8, u8),
    /// `%TAG !e! tag:example.com:`
    TagPrefix(Box<Tag>),
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    StreamEnd,
    /// Before the first dash of an indented list.
    BlockSequence,
    /// Before the first key of an indented map.
    BlockMapping,
    /// Where indentation goes back.
    BlockEnd,
    /// `[`
    FlowSequence,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMapping,
    /// `}`
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or before a key that its `:` has proved to be one.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias,
    /// `&name`
    Anchor,
    Tag(Box<Tag>),
    Scalar(Style, Scalar),
}

/// `!!str` has the handle `!!` and the suffix `str`; without a handle the suffix is the whole tag.
#[derive(Clone)]
pub(super) struct Tag {
    pub(super) handle: String,
    pub(super) suffix: String,
}

pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which entry of the scanner's keys may still turn this token into a key.
    pub(super) key: Option<usize>,
}
