//! Files that a program has rendered from others, and where each of their lines comes from.

use std::path::PathBuf;
use std::sync::Arc;

use crate::yaml::{Source, Span};

/// A file that rendering started from.
#[derive(Debug)]
pub struct OriginFile {
    /// Its text, named as messages name it.
    pub source: Arc<Source>,
    /// Where it is, without links and dots.
    pub path: PathBuf,
}

/// A line of such a file, without the spaces around it, or a part of one.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The file.
    pub file: Arc<OriginFile>,
    /// The line's bytes, or a part of them.
    pub span: Span,
    /// Whether it says what the rendered line says, though it may be written in another way.
    pub is_same: bool,
}

/// Where the lines of a rendered file come from.
#[derive(Debug)]
pub struct Rendered {
    /// The number of the rendering in the run: what one rendering makes is applied together.
    pub unit: u32,
    /// By the number of the line, from 0: where it comes from, or the nearest thing around it that comes from a file.
    lines: Vec<Origin>,
    /// Byte at which each line begins.
    starts: Vec<u32>,
    /// Whether comments survive the rendering. Where they do not, those of the origins count.
    pub keeps_comments: bool,
    /// Whether nothing else in the run is rendered from the same files: what is unused here is unused.
    pub is_only: bool,
    /// What tells this rendering from others of the same files: `with ci/a-values.yaml`, `in overlays/dev`.
    pub by: String,
}

/// The place in an origin that bytes of a rendered file come from.
#[derive(Debug)]
pub struct OriginPlace<'rendered> {
    /// The file.
    pub file: &'rendered Arc<OriginFile>,
    /// Its bytes.
    pub span: Span,
    /// Whether what is there says what was rendered.
    pub is_same: bool,
}

impl Rendered {
    /// Of a text, with the origin of each of its lines.
    #[must_use]
    pub fn new(unit: u32, text: &str, lines: Vec<Origin>, keeps_comments: bool, by: String) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let starts = starts.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { unit, lines, starts, keeps_comments, is_only: true, by }
    }

    /// Where bytes of the rendered `text` come from; nothing if it has no lines.
    #[must_use]
    pub fn place(&self, text: &str, span: Span) -> Option<OriginPlace<'_>> {
        let line = self.starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let origin = self.lines.get(line).or(self.lines.last())?;
        let (shown, start) = self.line(text, line);
        let whole = OriginPlace { file: &origin.file, span: origin.span, is_same: origin.is_same };
        let written = origin.file.source.slice(origin.span);
        // the first key of an item may be elsewhere in its origin
        let dash = if written.starts_with('-') { 0 } else { shown.len() - shown.trim_start_matches(['-', ' ']).len() };
        let (shown, start) = (&shown[dash..], start + dash);
        if written != shown {
            return Some(whole);
        }
        let from = (span.range().start.saturating_sub(start)).min(shown.len());
        let to = (span.range().end.saturating_sub(start)).clamp(from, shown.len());
        let at = origin.span.range().start;
        Some(OriginPlace { span: Span::new(at + from, at + to), is_same: true, ..whole })
    }

    /// The line of some bytes of the rendered `text`, without the spaces around it.
    #[must_use]
    pub fn shown<'text>(&self, text: &'text str, span: Span) -> &'text str {
        self.line(text, self.starts.partition_point(|start| *start <= span.start).saturating_sub(1)).0
    }

    /// The files that lines come from, each once for each run of lines.
    pub fn files(&self) -> impl Iterator<Item = &Arc<OriginFile>> {
        let mut last = None;
        self.lines.iter().map(|origin| &origin.file).filter(move |file| {
            let is_new = last != Some(Arc::as_ptr(file));
            last = Some(Arc::as_ptr(file));
            is_new
        })
    }

    fn line<'text>(&self, text: &'text str, number: usize) -> (&'text str, usize) {
        let start = self.starts.get(number).map_or(text.len(), |start| *start as usize);
        let end = self.starts.get(number + 1).map_or(text.len(), |next| *next as usize);
        trimmed(text, start, end)
    }
}

/// A part of a text without the spaces around it, and where it begins.
#[must_use]
pub fn trimmed(text: &str, start: usize, end: usize) -> (&str, usize) {
    let line = text.get(start..end).unwrap_or_default();
    let content = line.trim_start();
    (content.trim_end(), start + line.len() - content.len())
}
