//! What becomes of each document of a file: it is read, or kubectl would refuse it and why.

use super::source::{Span, whole_before};
use super::tree::Document;
use crate::limits;

/// One document of a file, or the reason why there is none.
#[derive(Debug)]
pub enum Part {
    /// A document; its root is null where kubectl would skip it.
    Document(Document),
    /// A place where kubectl gives up. The parts after it are ours alone.
    Refused(Refusal),
}

/// Why kubectl would refuse a file, and where.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The bytes at fault.
    pub span: Span,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The mechanism, if the message does not say it.
    pub why: Option<&'static str>,
    /// What to do.
    pub help: Option<String>,
    /// Whether kubectl also loses the document that ends here.
    pub loses_previous: bool,
}

impl Refusal {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), why: None, help: None, loses_previous: false }
    }

    pub(super) fn because(mut self, why: &'static str) -> Self {
        self.why = Some(why);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// At most `longest` bytes of a text, for messages.
pub(super) fn beginning(text: &str, longest: usize) -> &str {
    &text[..whole_before(text, longest)]
}

/// The refusal of all documents from `at` on, past the limit.
pub(super) fn too_many_documents(at: usize) -> Refusal {
    let message = format!("the file has more than {} documents; no more are read", limits::DOCUMENTS);
    Refusal::new(Span::empty(at), message)
        .because("each one takes memory even if it is empty (limit documents, see `patterns explain limits`)")
        .help("split the file")
}
