//! Where a word is written in a document, to pass over what is without it.

use memchr::memmem;

use crate::yaml::{Document, NodeId, Span};

/// Where a word is written below a node.
#[derive(Debug)]
pub enum Mentions {
    /// At these bytes of the file, in order.
    At(Vec<u32>),
    /// Anywhere: aliases may bring it from elsewhere.
    Anywhere,
}

impl Mentions {
    /// Of a word as it is written in a node.
    #[must_use]
    pub fn of(document: &Document, node: NodeId, word: &str) -> Self {
        if document.has_aliases() {
            return Self::Anywhere;
        }
        let start = document.span(node).start;
        let places = memmem::find_iter(document.raw(node).as_bytes(), word);
        Self::At(places.map(|at| start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))).collect())
    }

    /// Whether it may be in these bytes.
    #[must_use]
    pub fn may_be_in(&self, span: Span) -> bool {
        match self {
            Self::At(places) => {
                places.get(places.partition_point(|place| *place < span.start)).is_some_and(|place| *place < span.end)
            }
            Self::Anywhere => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Mentions;
    use crate::yaml::{Source, as_kubectl, read};

    #[test]
    fn a_word_is_in_what_is_around_it() {
        let looks = |text: &str| {
            let (documents, _) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
            let document = &documents[0];
            let mentions = Mentions::of(document, document.root(), "word");
            let span = |key: &str| document.span(document.get(document.root(), key).unwrap_or(document.root()));
            ["a", "b", "c"].map(|key| mentions.may_be_in(span(key)))
        };
        assert_eq!(looks("a: {b: {word: 1}}\nb: {}\nc: [{a: wo}, 'a word']\n"), [true, false, true]);
        assert_eq!(looks("a: {b: 1}\nb: '*word'\nc: rd\n"), [false, true, false]);
        assert_eq!(looks("a: &word {word: 1}\nb: *word\nc: rd\n"), [true, true, true]);
    }
}
