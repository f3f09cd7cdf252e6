//! Sorting where speed does not matter. The standard library's sort is compiled anew for each type and comparison, and
//! takes 8 KB of the program each time.

use std::cmp::Ordering;

/// Sorts a list, and leaves what compares as equal in its order, as [`slice::sort_by`] does.
pub fn by<T>(all: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let places = sorted(all.len(), &mut |a, b| compare(&all[a], &all[b]));
    arrange(all, places);
}

/// Sorts a list by a key, and leaves what has the same in its order, as [`slice::sort_by_key`] does.
pub fn by_key<T, K: Ord>(all: &mut [T], mut key: impl FnMut(&T) -> K) {
    by(all, |a, b| key(a).cmp(&key(b)));
}

/// The places of so many elements in the order in which they should be.
#[inline(never)]
fn sorted(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

/// Puts in each place what is at the place that is named for it.
#[inline(never)]
fn arrange<T>(all: &mut [T], mut places: Vec<usize>) {
    for start in 0..places.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut places[at], at);
            if from == start {
                break;
            }
            all.swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{by, by_key};

    #[test]
    fn lists_are_sorted_as_the_standard_library_sorts_them() {
        let mut random = 1_u32;
        for length in 0..200 {
            let mut next = || {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                random >> 28
            };
            let list: Vec<(u32, String)> = (0..length).map(|number| (next(), number.to_string())).collect();
            let (mut expected, mut one, mut other) = (list.clone(), list.clone(), list);
            expected.sort_by_key(|(key, _)| *key);
            by_key(&mut one, |(key, _)| *key);
            by(&mut other, |a, b| a.0.cmp(&b.0));
            assert_eq!(one, expected);
            assert_eq!(other, expected);
        }
    }
}
