//! Names that are nearly another: what a message suggests, and slips of the pen.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

/// So many known names are looked at for one that is meant, in their order.
const LOOKED_AT: usize = 2000;
/// So many letters are compared with letters for it: 500 names of 32 letters with one of as many.
const COMPARED: usize = 512_000;
/// So many names are compared with it if they may be like it at all, and as many again if they may be a slip of it: two
/// letters at most are others.
const LIKELY: usize = 500;
const SLIPS: usize = 2;
/// How like a known name is at least that is suggested.
const LIKE: f64 = 0.55;

/// The name most like `name`, if one is like it at all. However many are known and however long they are, it takes a
/// bounded time: many wrong names may be looked up among many.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = Letters::of(name);
    let (mut room, mut likely, mut slips) = (COMPARED, LIKELY, LIKELY);
    let mut best: Option<(f64, &str)> = None;
    for other in known.into_iter().take(LOOKED_AT) {
        if is_same_but_for_case(name, other) {
            return Some(other);
        }
        let least = best.map_or(LIKE, |(likeness, _)| likeness);
        let others = Letters::of(other);
        if letters.likeness_at_most(&others) <= least {
            continue;
        }
        let is_slip = letters.edits_at_least(&others) <= SLIPS;
        let is_late = likely == 0;
        if is_late && (slips == 0 || !is_slip) {
            continue;
        }
        let Some(left) = room.checked_sub(letters.count.saturating_mul(others.count)) else { continue };
        room = left;
        let tries = if is_late { &mut slips } else { &mut likely };
        *tries -= 1;
        let likeness = strsim::normalized_damerau_levenshtein(name, other);
        if likeness > least {
            best = Some((likeness, other));
        }
    }
    best.map(|(_, other)| other)
}

/// How many letters two names are apart, if at most `most`: more, less, changed or swapped. Names of more than a thousand
/// letters are not compared.
#[must_use]
pub fn edits_within(most: usize, name: &str, other: &str) -> Option<usize> {
    if name == other {
        return Some(0);
    }
    let (one, two) = (Letters::of(name), Letters::of(other));
    if one.count.saturating_mul(two.count) > 1 << 20 || one.edits_at_least(&two) > most {
        return None;
    }
    Some(strsim::damerau_levenshtein(name, other)).filter(|edits| *edits <= most)
}

fn is_same_but_for_case(name: &str, other: &str) -> bool {
    if name.is_ascii() && other.is_ascii() {
        name.eq_ignore_ascii_case(other)
    } else {
        name.to_lowercase() == other.to_lowercase()
    }
}

/// How often the letters of a name are in it. Letters that share a number count as the same.
struct Letters {
    count: usize,
    of: [u16; 32],
}

impl Letters {
    fn of(name: &str) -> Self {
        let mut letters = Self { count: 0, of: [0; 32] };
        for letter in name.chars() {
            letters.count += 1;
            let of = &mut letters.of[letter as usize % 32];
            *of = of.saturating_add(1);
        }
        letters
    }

    /// How many letters two names are apart at least: each edit gives a name one letter that it lacks.
    fn edits_at_least(&self, other: &Self) -> usize {
        let longer = self.count.max(other.count);
        if longer > usize::from(u16::MAX) {
            return self.count.abs_diff(other.count);
        }
        let common: usize = self.of.iter().zip(&other.of).map(|(one, two)| usize::from(*one.min(two))).sum();
        longer - common
    }

    /// How like two names are at most, from 0 to 1.
    fn likeness_at_most(&self, other: &Self) -> f64 {
        let longer = self.count.max(other.count);
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = self.edits_at_least(other) as f64 / longer.max(1) as f64;
        1.0 - share
    }
}

/// Names to look up slips of the pen in: what is one edit away, in time that does not grow with their number.
#[derive(Debug, Default)]
pub struct Slips<'a> {
    /// Names by the numbers of what they are and of what is left of them without one letter.
    known: HashMap<u64, Vec<&'a str>, RandomState>,
    forms: Forms,
}

impl<'a> Slips<'a> {
    /// So many names that differ in one letter only are looked at.
    const MOST: usize = 8;

    /// Adds a name.
    pub fn add(&mut self, name: &'a str) {
        for form in self.forms.of(name) {
            let names = self.known.entry(form).or_default();
            if names.len() < Self::MOST && !names.contains(&name) {
                names.push(name);
            }
        }
    }

    /// A name that another becomes with one letter more, less, changed or swapped with its neighbour. Names that
    /// differ in digits alone are different names, and short ones are one edit from anything.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&'a str> {
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
        let is_slip = |known: &&str| {
            *known != name
                && known.len().min(name.len()) >= 4
                && letters(known) != letters(name)
                && strsim::osa_distance(known, name) == 1
        };
        self.forms.of(name).filter_map(|form| self.known.get(&form)).flatten().copied().filter(is_slip).min()
    }
}

/// Numbers for texts, and for what is left of them without one letter. Two names that differ in one letter, lack one, or
/// have two changed places, have such a rest in common. Equal rests have equal numbers, and others hardly ever: which
/// ones would is another matter in each run.
#[derive(Debug)]
pub struct Forms {
    /// What a place counts more than the one behind it.
    base: u64,
}

impl Default for Forms {
    fn default() -> Self {
        Self { base: RandomState::new().hash_one(0) | 1 }
    }
}

impl Forms {
    /// A text, and the same without each of its letters, in their order. Kubernetes' names have at most 253.
    pub fn of(&self, text: &str) -> impl Iterator<Item = u64> + use<> {
        let add = |number: u64, byte: u8| number.wrapping_mul(self.base).wrapping_add(u64::from(byte) + 1);
        let whole = text.bytes().fold(0, add);
        let mut heads: Vec<(u64, u64)> = Vec::with_capacity(text.len());
        let mut head = 0;
        for letter in text.chars().take(253) {
            let after = letter.encode_utf8(&mut [0; 4]).bytes().fold(head, add);
            heads.push((head, after));
            head = after;
        }
        // what is behind a letter weighs the same with and without it
        let mut weight = 1_u64;
        let mut rests = Vec::with_capacity(heads.len() + 1);
        let behind = text.chars().count().saturating_sub(heads.len());
        let mut letters = text.chars().rev();
        for letter in letters.by_ref().take(behind) {
            weight = (0..letter.len_utf8()).fold(weight, |weight, _| weight.wrapping_mul(self.base));
        }
        for ((before, after), letter) in heads.into_iter().rev().zip(letters) {
            rests.push(whole.wrapping_sub(after.wrapping_mul(weight)).wrapping_add(before.wrapping_mul(weight)));
            weight = (0..letter.len_utf8()).fold(weight, |weight, _| weight.wrapping_mul(self.base));
        }
        rests.push(whole);
        rests.into_iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearest_does_not_hang_on_how_it_is_sought() {
        let plain = |name: &str, known: &[&'static str]| {
            let likeness = |other: &str| {
                if other.to_lowercase() == name.to_lowercase() {
                    1.0
                } else {
                    strsim::normalized_damerau_levenshtein(name, other)
                }
            };
            let all = known.iter().map(|other| (likeness(other), *other));
            let best =
                all.fold(None, |best: Option<(f64, &str)>, next| best.filter(|best| best.0 >= next.0).or(Some(next)));
            best.filter(|(likeness, _)| *likeness > LIKE).map(|(_, other)| other)
        };
        let words = [
            "postgres",
            "Postgres",
            "shop-config",
            "shop-conf",
            "web-1",
            "web-2",
            "db",
            "",
            "größe",
            "grösse",
            "image",
            "imagePullPolicy",
            "imagePullSecrets",
            "volumeMounts",
            "volumes",
            "containerPort",
            "aabb",
            "abab",
            "bbaa",
        ];
        for name in words.into_iter().chain(["postgers", "imagepull", "volumeMoutns", "configshop", "xabab", "GRÖSSE"])
        {
            assert_eq!(nearest(name, words), plain(name, &words), "{name}");
            for other in words {
                let edits = strsim::damerau_levenshtein(name, other);
                for most in 0..4 {
                    assert_eq!(
                        edits_within(most, name, other),
                        Some(edits).filter(|edits| *edits <= most),
                        "{name} {other}"
                    );
                }
            }
        }
    }

    #[test]
    fn long_names_are_not_compared() {
        let long = "x".repeat(100_000);
        let longer = format!("{long}y");
        assert_eq!(nearest(&long, [longer.as_str()]), None);
        assert_eq!(edits_within(2, &long, &longer), None);
    }

    #[test]
    fn forms_are_equal_where_texts_are() {
        let forms = Forms::default();
        let number = |text: &str| forms.of(text).next().unwrap();
        let long = "é".repeat(300);
        for text in ["", "a", "aa", "shop-config", "größe", "→x→", long.as_str()] {
            let without = |(at, letter): (usize, char)| [&text[..at], &text[at + letter.len_utf8()..]].concat();
            let plain = std::iter::once(text.to_owned()).chain(text.char_indices().take(253).map(without));
            assert_eq!(
                forms.of(text).collect::<Vec<_>>(),
                plain.map(|text| number(&text)).collect::<Vec<_>>(),
                "{text}"
            );
        }
        assert_ne!(number("ab"), number("ba"));
    }

    #[test]
    fn slips_are_one_edit_away() {
        let mut slips = Slips::default();
        for name in ["postgres", "shop-config", "web-1", "db"] {
            slips.add(name);
        }
        for name in ["postgress", "postgre", "postgrse", "pastgres"] {
            assert_eq!(slips.of(name), Some("postgres"), "{name}");
        }
        for name in ["postgres", "postgresql", "shop-conf", "web-2", "dc", ""] {
            assert_eq!(slips.of(name), None, "{name}");
        }
    }
}
