//! The words of rules: only a field that one of them names is asked for its type.

use std::borrow::Cow;

use super::names::{escape, is_reserved};
use crate::kube::FastMap;

/// The words of the rules around a schema, and in how many of their expressions each is.
#[derive(Default)]
pub(super) struct Words<'run>(FastMap<&'run str, usize>);

impl<'run> Words<'run> {
    /// Adds those of an expression.
    pub fn enter(&mut self, expression: &'run str) {
        for word in words(expression) {
            *self.0.entry(word).or_default() += 1;
        }
    }

    /// Takes out those of an expression that was added.
    pub fn leave(&mut self, expression: &str) {
        for word in words(expression) {
            if let Some(count) = self.0.get_mut(word) {
                *count -= 1;
            }
        }
    }

    /// Whether an expression may name a property: as it is called or as it is escaped.
    pub fn name(&self, property: &str) -> bool {
        let has = |word: &str| self.0.get(word).is_some_and(|count| *count > 0);
        match escape(property) {
            Some(Cow::Borrowed(name)) => has(name),
            Some(Cow::Owned(escaped)) => has(&escaped) || is_reserved(property) && has(property),
            None => false,
        }
    }
}

/// All that may be a name in an expression, and words of its texts and comments.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let is_other = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    expression.split(is_other).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn an_expression_names_fields_as_they_are_called_or_escaped() {
        let mut words = Words::default();
        let text = "has(self.spec.?size) && self.a__dash__b.__namespace__ == 'old' // if";
        words.enter(text);
        for name in ["spec", "size", "a-b", "namespace", "old", "if"] {
            assert!(words.name(name), "{name}");
        }
        for name in ["dash", "b", "siz", "spec.size", "", "1"] {
            assert!(!words.name(name), "{name}");
        }
        words.enter("self.size");
        words.leave(text);
        assert!(words.name("size") && !words.name("spec") && !words.name("a-b"));
    }
}
