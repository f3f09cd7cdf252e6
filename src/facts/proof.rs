//! How sure a fact is, and what shows it.

use crate::diagnostic::Label;
use crate::kube::Object;
use crate::yaml::{NodeId, Span};

/// How sure a fact is, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Something that cannot be seen may say otherwise.
    Unknown,
    /// By convention: a program that is not described calls an option or variable so.
    Likely,
    /// A documented default that nothing displaces.
    Default,
    /// Written here.
    Said,
}

impl Certainty {
    /// Whether an error may rest on it: written, or a documented default.
    #[must_use]
    pub fn is_certain(self) -> bool {
        self >= Self::Default
    }

    /// As `explain` writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Likely => "likely",
            Self::Default => "default",
            Self::Said => "said",
        }
    }
}

/// Where a fact is written: a node of an object, or a piece of its text.
#[derive(Clone, Copy, Debug)]
pub struct Location<'run> {
    /// The object; a ConfigMap's text is in another one than the container.
    pub object: &'run Object,
    /// The node.
    pub node: NodeId,
    /// Where in the node's decoded text: start and length in bytes.
    pub piece: Option<(usize, usize)>,
}

impl<'run> Location<'run> {
    /// A whole node.
    #[must_use]
    pub fn node(object: &'run Object, node: NodeId) -> Self {
        Self { object, node, piece: None }
    }

    /// A piece of the same text.
    #[must_use]
    pub fn piece(self, start: usize, len: usize) -> Self {
        Self { piece: Some((start, len)), ..self }
    }

    /// The bytes of the manifest; of the whole node where the piece is written in another way (escapes, folding).
    #[must_use]
    pub fn span(&self) -> Span {
        let document = &self.object.document;
        let whole = document.span(self.node);
        let Some((start, len)) = self.piece.filter(|(_, len)| *len > 0) else { return whole };
        let Some(text) = document.str(self.node) else { return whole };
        let Some(piece) = text.get(start..start + len) else { return whole };
        // the raw text holds it as often as the decoded one does
        let before = text[..start].matches(piece).count();
        let raw = document.raw(self.node);
        raw.match_indices(piece).nth(before).map_or(whole, |(at, _)| {
            let start = whole.range().start + at;
            Span::new(start, start + len)
        })
    }
}

/// What shows a fact.
#[derive(Clone, Debug)]
pub struct Proof<'run> {
    /// Where it is written.
    pub place: Location<'run>,
    /// What it shows, in a few words: "`--http-address`", "by default of oauth2-proxy".
    pub shows: String,
}

impl<'run> Proof<'run> {
    /// A proof at a place.
    #[must_use]
    pub fn new(place: Location<'run>, shows: impl Into<String>) -> Self {
        Self { place, shows: shows.into() }
    }

    /// Labels the place.
    #[must_use]
    pub fn label(&self, text: impl Into<String>) -> Label {
        Label::span(&self.place.object.document.source, self.place.span(), text)
    }
}
