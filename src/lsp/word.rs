//! The word that a cursor is in.

use std::ops::Range;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'text> {
    /// The word.
    pub text: &'text str,
    /// Where it is.
    pub range: Range<usize>,
    /// The parameter that it names, if it stands for one: `${tag}`.
    pub hole: Option<&'text str>,
}

/// The word around a byte, of letters, digits and what joins them in names.
#[must_use]
pub fn word(text: &str, offset: usize) -> Option<Word<'_>> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    let before = text.get(..offset)?;
    let start = before
        .rfind(|letter| !is_part(letter))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let end = text[offset..].find(|letter| !is_part(letter)).map_or(text.len(), |at| offset + at);
    let word = text.get(start..end).filter(|word| !word.is_empty())?;
    let is_hole = text[..start].ends_with("${") && text[end..].starts_with('}');
    Some(Word { text: word, range: start..end, hole: is_hole.then_some(word) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let of = |text: &'static str, at| word(text, at).map(|word| (word.text, word.hole.is_some()));
        assert_eq!(of("é: ab-c, d", 5), Some(("ab-c", false)));
        assert_eq!(of("x: 'v${tag}'", 8), Some(("tag", true)));
        assert_eq!((of(" ", 0), of("", 0), of("a", 9)), (None, None, None));
        assert_eq!(of("😀b", 4), Some(("b", false)));
    }
}
