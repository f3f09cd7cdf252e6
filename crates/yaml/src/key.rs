//! Keys that maps are asked for.

use super::tree::Entry;

/// A key, and a number by which most keys differ: comparing that first spares nearly all comparisons of texts. Of a key
/// that is written in the program the compiler knows the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'text> {
    text: &'text str,
    print: u8,
}

impl<'text> Key<'text> {
    /// The key of this text.
    #[must_use]
    #[inline]
    pub const fn new(text: &'text str) -> Self {
        Self { text, print: print(text.as_bytes()) }
    }

    /// Its text.
    #[must_use]
    #[inline]
    pub const fn text(self) -> &'text str {
        self.text
    }

    /// Its number: keys of different numbers are different.
    #[must_use]
    #[inline]
    pub const fn print(self) -> u8 {
        self.print
    }

    /// One of [`PLACES`], by its number.
    #[must_use]
    #[inline]
    pub const fn place(self) -> usize {
        place(self.print) as usize
    }
}

/// With more entries nearly every bit would be set.
const MANY: usize = 128;

/// Which keys a map may have: a bit for each. Most of what a map is asked for it does not have, and this says so without
/// looking at its entries.
#[derive(Clone, Copy, Debug)]
pub struct Keys(u64);

impl Keys {
    /// The keys of these entries.
    #[must_use]
    #[inline]
    pub fn of(entries: &[Entry]) -> Self {
        if entries.len() > MANY {
            return Self(u64::MAX);
        }
        Self(entries.iter().fold(0, |keys, entry| keys | bit(entry.print)))
    }

    /// These keys.
    #[must_use]
    pub const fn these(texts: &[&str]) -> Self {
        let (mut keys, mut at) = (0, 0);
        while at < texts.len() {
            keys |= bit(print(texts[at].as_bytes()));
            at += 1;
        }
        Self(keys)
    }

    /// These and the others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether one of the others may be among them.
    #[must_use]
    #[inline]
    pub const fn may_share(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether a key may be among them.
    #[must_use]
    #[inline]
    pub const fn may_have(self, key: Key<'_>) -> bool {
        self.0 & bit(key.print) != 0
    }
}

/// How many places keys have by their numbers: one bit of [`Keys`] each.
pub const PLACES: usize = 64;

/// The place of a print.
#[inline]
pub(super) const fn place(print: u8) -> u8 {
    print >> 2
}

#[inline]
const fn bit(print: u8) -> u64 {
    1 << place(print)
}

/// Of the length, and the first, middle and last byte. This factor gave the fewest collisions of places among keys that
/// maps have together.
#[inline]
pub(super) const fn print(bytes: &[u8]) -> u8 {
    let length = bytes.len();
    if length == 0 {
        return 0;
    }
    let [low, ..] = length.to_le_bytes();
    let all = u32::from_be_bytes([low, bytes[0], bytes[length / 2], bytes[length - 1]]);
    let [print, ..] = all.wrapping_mul(0x6988_F669).to_be_bytes();
    print
}

/// Whether two texts are the same. Keys are short: two comparisons of eight bytes take less than to ask for one of any
/// length.
#[inline]
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (ends::<8>(one), ends::<8>(other)) {
        (Some(of_one), Some(of_other)) if one.len() <= 16 => of_one == of_other,
        (None, None) => match (ends::<4>(one), ends::<4>(other)) {
            (Some(of_one), Some(of_other)) => of_one == of_other,
            _ => one == other,
        },
        _ => one == other,
    }
}

/// The first and the last bytes, which may overlap.
#[inline]
fn ends<const COUNT: usize>(text: &[u8]) -> Option<([u8; COUNT], [u8; COUNT])> {
    Some((*text.first_chunk()?, *text.last_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::{Key, Keys, is_same};
    use crate::{Source, as_kubectl, read};

    /// Keys of every form, of maps of every form, and of a map with more entries than one byte counts.
    #[test]
    fn every_key_of_a_map_is_found_and_may_be_had() {
        let mut text = "base: &base {plain: 1, \"quo\\ted\": 2, 'it''s': 3}\nalias: *base\n".to_owned();
        text.push_str(
            "merged:\n  <<: *base\n  plain: 4\n  7: 5\n  yes: 6\n  1.5: 7\n  0o17: 8\n  é: 9\n  ? long\n  : 10\n",
        );
        text.push_str("large: &large\n");
        for number in 0..300 {
            let _ = writeln!(text, "  key-{number}: {number}");
        }
        text.push_str("  7: again\n  key-7: again\nalso large: *large\nlarger:\n  <<: *large\n  more: 1\n");
        let (documents, refusal) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
        assert!(refusal.is_none(), "{refusal:?}");
        let document = &documents[0];
        let mut count = 0;
        for top in document.entries(document.root()) {
            let entries = document.entries(top.value());
            let keys = Keys::of(entries);
            for entry in entries {
                let text = document.key(entry);
                let key = Key::new(&text);
                assert!(keys.may_have(key) && document.is_under(entry, key), "{text}");
                assert_eq!(document.entry(top.value(), &text), Some(*entry), "{text}");
                assert!(keys.may_share(Keys::these(&["absent", &text])), "{text}");
                count += 1;
            }
            assert_eq!(document.entry(top.value(), "absent"), None);
        }
        assert_eq!(count, 3 + 3 + 9 + 301 + 301 + 302);
        let again = document.at(document.root(), &["also large", "key-7"]).map(|node| document.raw(node));
        assert_eq!(again, Some("again"));
        let merged = document.get(document.root(), "merged");
        let value = |key: &str| merged.and_then(|map| document.get(map, key)).map(|node| document.raw(node));
        assert_eq!(["plain", "7", "true", "1.5", "15", "it's"].map(value), ["4", "5", "6", "7", "8", "3"].map(Some));
        assert_eq!(["yes", "0o17", "<<", ""].map(value), [None; 4]);
    }

    /// Of all lengths around those that are compared at once, with one byte of difference in every place.
    #[test]
    fn texts_that_differ_in_one_byte_are_not_the_same() {
        let text: Vec<u8> = (b'!'..b'z').collect();
        for length in 0..=40 {
            let one = &text[..length];
            assert!(is_same(one, one), "{length}");
            assert!(!is_same(one, &text[..=length]) && !is_same(&text[..=length], one), "{length}");
            for at in 0..length {
                let mut other = one.to_vec();
                other[at] ^= 1;
                assert!(!is_same(one, &other) && !is_same(&other, one), "{length} {at}");
            }
        }
    }

    #[test]
    fn a_key_of_nothing_is_a_key() {
        assert_eq!(Key::new("").print(), 0);
        assert!(!Keys::of(&[]).may_have(Key::new("")) && Keys::these(&[""]).may_have(Key::new("")));
    }
}
