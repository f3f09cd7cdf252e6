//! A pattern whose own files are at fault.

use std::sync::Arc;

use crate::describe::Place;
use crate::diagnostic::{Finding, Label};
use crate::pattern::catalogue::folders::Folder;
use crate::yaml::{Source, Span};

/// What is wrong with a pattern's file, and where.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    message: String,
    at: Option<(Arc<Source>, Span)>,
    /// Whether a limit ended it, which a description that asks for much can reach.
    is_limit: bool,
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { message, at: None, is_limit: false }
    }
}

impl Fault {
    /// Something wrong at some bytes.
    pub(crate) fn at(source: Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), at: Some((source, span)), is_limit: false }
    }

    /// The same where `is_limit` says that a limit ended it.
    pub(super) fn by_limit(self, is_limit: bool) -> Self {
        Self { is_limit, ..self }
    }

    /// Something wrong on a line of a template, counted from 1.
    pub(super) fn on_line(source: Arc<Source>, line: usize, message: String) -> Self {
        let start: usize = source.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let length = source.text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let indent = source.text.get(start..start + length).map_or(0, |line| line.len() - line.trim_start().len());
        let span = Span::new((start + indent).min(source.text.len()), (start + length).min(source.text.len()));
        Self::at(source, span, message)
    }

    /// In words for the author of the pattern; `place` is where to point if it knows no better.
    pub(crate) fn for_author(self, place: &Place) -> Finding {
        match self.at {
            Some((source, span)) => Finding::error(Label::span(&source, span, ""), self.message),
            None => Finding::error(place.label(""), self.message),
        }
    }

    /// In words for the author of the description: a bug of ours, or a mistake in their own folder.
    pub(crate) fn for_user(self, folder: &Folder, place: &Place) -> Finding {
        let name = folder.name();
        if folder.path().is_none() && self.is_limit {
            let message = format!("this document is too large to be generated: {}", self.message);
            return Finding::error(place.label(""), message)
                .because("templates have fixed limits, whatever the size of the description")
                .help("split the document, or move long lists of variables into files or a ConfigMap");
        }
        if folder.path().is_none() {
            return Finding::error(
                place.label(""),
                format!(
                    "internal error in a built-in template: {}{}",
                    self.message,
                    self.at.as_ref().map_or_else(String::new, |(source, span)| format!(
                        " ({}:{})",
                        source.name,
                        source.position(span.start).line
                    ))
                ),
            )
            .because("no description should be able to cause this; please report it");
        }
        match self.at {
            Some((source, span)) => Finding::error(Label::span(&source, span, ""), self.message)
                .label(place.label(format!("`{name}` is used here"))),
            None => Finding::error(place.label(""), format!("`{name}` is broken: {}", self.message)),
        }
    }
}
