//! One look at a text for many marks at once.

use std::ops::Range;

/// Marks to look for, at most 64. Of each, the two bytes that are rarest tell nearly always that it is not there.
pub(super) struct Marks<const COUNT: usize> {
    texts: [&'static [u8]; COUNT],
    /// Where in each mark its rarest two bytes are.
    places: [usize; COUNT],
    /// Which groups of marks have a byte as the first of their two, and which as the second.
    first: [u8; 256],
    second: [u8; 256],
    /// The marks of each group.
    groups: [u64; 8],
}

/// Bytes that texts have more often than others, the most frequent first.
const FREQUENT: &[u8] = b" etsoianrp\ncdlhmuxyfbg-.v,/kw0T1S:";

/// Pairs of bytes that are tried between two questions whether one of them was found.
const STEP: usize = 8;

impl<const COUNT: usize> Marks<COUNT> {
    pub(super) const fn new(texts: [&'static [u8]; COUNT]) -> Self {
        assert!(COUNT <= 64);
        let mut made = Self { texts, places: [0; COUNT], first: [0; 256], second: [0; 256], groups: [0; 8] };
        let mut number = 0;
        while number < COUNT {
            let mark = texts[number];
            let place = rarest_pair(mark);
            made.places[number] = place;
            let group = group(mark[place + 1]);
            made.first[mark[place] as usize] |= 1 << group;
            made.second[mark[place + 1] as usize] |= 1 << group;
            made.groups[group] |= 1 << number;
            number += 1;
        }
        made
    }

    /// Which marks a text has.
    pub(super) fn of(&self, text: &str) -> Found {
        let bytes = text.as_bytes();
        let mut found = Found(0);
        let mut at = 0;
        while let Some(pairs) = bytes.get(at..).and_then(|rest| rest.first_chunk::<{ STEP + 1 }>()) {
            let may_be = (0..STEP).fold(0, |groups, step| groups | self.groups_of(pairs[step], pairs[step + 1]));
            if may_be != 0 {
                (at..at + STEP).for_each(|at| self.try_at(bytes, at, &mut found));
            }
            at += STEP;
        }
        (at..bytes.len().saturating_sub(1)).for_each(|at| self.try_at(bytes, at, &mut found));
        found
    }

    pub(super) fn mark(&self, number: usize) -> &'static [u8] {
        self.texts[number]
    }

    /// Where one of the marks is. The quick search takes longer to prepare than to look at most values.
    pub(super) fn places<'a>(&self, text: &'a str, number: usize) -> impl Iterator<Item = usize> + use<'a, COUNT> {
        const SHORT: usize = 512;
        let (bytes, mark) = (text.as_bytes(), self.texts[number]);
        let is_short = text.len() < SHORT;
        let first = mark.first().filter(|_| is_short);
        let short = first.map(|first| memchr::memchr_iter(*first, bytes).filter(|at| bytes[*at..].starts_with(mark)));
        let long = (!is_short).then(|| memchr::memmem::find_iter(bytes, mark));
        short.into_iter().flatten().chain(long.into_iter().flatten())
    }

    /// The groups of marks that may have these two bytes.
    #[inline]
    fn groups_of(&self, first: u8, second: u8) -> u8 {
        self.first[usize::from(first)] & self.second[usize::from(second)]
    }

    #[inline]
    fn try_at(&self, bytes: &[u8], at: usize, found: &mut Found) {
        let groups = self.groups_of(bytes[at], bytes[at + 1]);
        if groups != 0 {
            self.compare(bytes, at, groups, found);
        }
    }

    /// Compares the marks of some groups with the text around two bytes.
    fn compare(&self, bytes: &[u8], at: usize, groups: u8, found: &mut Found) {
        for group in ones(groups.into()) {
            for number in ones(self.groups[group] & !found.0) {
                let (mark, place) = (self.texts[number], self.places[number]);
                let is_pair = mark[place] == bytes[at] && mark[place + 1] == bytes[at + 1];
                if is_pair && at.checked_sub(place).is_some_and(|start| bytes[start..].starts_with(mark)) {
                    found.0 |= 1 << number;
                }
            }
        }
    }
}

/// The numbers of the bits that are set.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(number)
    })
}

/// Where two bytes of a mark begin that few texts have beside each other.
const fn rarest_pair(mark: &[u8]) -> usize {
    let (mut place, mut least, mut at) = (0, usize::MAX, 0);
    while at + 1 < mark.len() {
        let frequency = frequency(mark[at]) + frequency(mark[at + 1]);
        if frequency < least {
            (place, least) = (at, frequency);
        }
        at += 1;
    }
    place
}

const fn frequency(byte: u8) -> usize {
    let mut at = 0;
    while at < FREQUENT.len() {
        if FREQUENT[at] == byte {
            return FREQUENT.len() - at;
        }
        at += 1;
    }
    0
}

/// A group of marks by the second of their two bytes, spread so that pairs of one mark's first and another's second byte
/// are rare in manifests.
const fn group(second: u8) -> usize {
    (second.wrapping_mul(29) >> 5) as usize
}

/// The marks that a text has, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found(u64);

impl Found {
    /// That all of so many marks may be there.
    #[cfg(test)]
    pub(super) fn all(count: usize) -> Self {
        Self(u64::MAX >> (64 - count))
    }

    #[cfg(test)]
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, number: usize) -> bool {
        self.0 >> number & 1 != 0
    }

    pub(super) fn has_none(self) -> bool {
        self.0 == 0
    }

    pub(super) fn numbers(self) -> impl Iterator<Item = usize> {
        ones(self.0)
    }

    /// Those of the marks with these numbers, counted from the first of them.
    pub(super) fn among(self, numbers: Range<usize>) -> impl Iterator<Item = usize> {
        let all = self.0 >> numbers.start;
        ones(if numbers.len() < 64 { all & ((1 << numbers.len()) - 1) } else { all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks<5> = Marks::new([b"://", b"token ", b"a.b", b"zz", b"-----BEGIN "]);

    fn found(text: &str) -> Vec<usize> {
        MARKS.of(text).among(0..5).collect()
    }

    #[test]
    fn marks_are_found_wherever_they_are() {
        for (number, mark) in MARKS.texts.iter().enumerate() {
            let mark = std::str::from_utf8(mark).unwrap();
            for before in 0..20 {
                for behind in 0..20 {
                    let text = format!("{}{mark}{}", "é".repeat(before), "x".repeat(behind));
                    assert_eq!(found(&text), [number], "{text}");
                    assert!(MARKS.of(&text).has(number) && !MARKS.of(&text).has_none());
                    let cut: String = text.replacen(mark, &mark[1..], 1);
                    assert_eq!(found(&cut), [0; 0], "{cut}");
                }
            }
        }
        assert_eq!(found("zza.b://token"), [0, 2, 3]);
        assert_eq!(found("a:/b token:"), [0; 0]);
        assert_eq!(found(""), [0; 0]);
    }

    #[test]
    fn marks_are_told_by_their_rarest_bytes() {
        assert_eq!(["://", "eyJ", "token "].map(|mark| rarest_pair(mark.as_bytes())), [0, 1, 1]);
    }

    #[test]
    fn a_range_of_marks_is_counted_from_its_first() {
        let all = Found(0b1011 | 1 << 63);
        assert_eq!(all.among(0..64).collect::<Vec<_>>(), [0, 1, 3, 63]);
        assert_eq!(all.among(1..4).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(all.among(4..5).count(), 0);
    }
}
