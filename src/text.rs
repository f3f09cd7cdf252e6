//! Texts that are kept in large numbers, of which few differ.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;

use arcstr::ArcStr;

/// A text that shares its memory with equal ones: the names, labels and images of one application are written many
/// times, and a text for each would take more memory than the manifests. It takes one pointer, where `Arc<str>` takes two.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(ArcStr);

/// How many of the texts that a thread met last are found again, and how long they are at most.
const RECENT: usize = 512;
const LONGEST: usize = 64;

thread_local! {
    static MET: RefCell<Vec<Text>> = RefCell::new(vec![Text::default(); RECENT]);
}

impl Text {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        if text.len() > LONGEST {
            return Self(text.into());
        }
        MET.with_borrow_mut(|met| match met.get_mut(place(text.as_bytes())) {
            Some(last) if last.as_str() == text => last.clone(),
            Some(last) => {
                *last = Self(text.into());
                last.clone()
            }
            None => Self(text.into()),
        })
    }
}

/// Where a text is looked for: its length and both ends tell most texts apart.
fn place(text: &[u8]) -> usize {
    let bits = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let ends = match (text.first_chunk(), text.last_chunk()) {
        (None, None) => text.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
        (first, last) => bits(first) ^ bits(last).rotate_left(29),
    };
    let mixed = (ends ^ text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize % RECENT
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, formatter)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        *self.0 == **other
    }
}

impl PartialEq<Text> for str {
    fn eq(&self, other: &Text) -> bool {
        *self == *other.0
    }
}

impl PartialEq<Text> for &str {
    fn eq(&self, other: &Text) -> bool {
        **self == *other.0
    }
}

impl PartialEq<Text> for String {
    fn eq(&self, other: &Text) -> bool {
        **self == *other.0
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, RECENT, Text};

    #[test]
    fn equal_texts_share_their_memory_and_others_do_not() {
        for text in ["", "a", "kind", "metadata", "app.kubernetes.io/name", &"x".repeat(LONGEST)] {
            let (one, other) = (Text::from(text), Text::from(text));
            assert_eq!(one, text);
            assert_eq!(one.as_ptr(), other.as_ptr());
        }
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(Text::from(long.as_str()), long);
    }

    #[test]
    fn texts_that_meet_in_one_place_stay_what_they_are() {
        let texts: Vec<Text> = (0..10 * RECENT).map(|number| Text::from(format!("shop-{number}").as_str())).collect();
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(*text, format!("shop-{number}"));
        }
    }
}
