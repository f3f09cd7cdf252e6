//! Many names that the program knows, such as those of the fields of a large type, by the numbers of keys: found without
//! looking at each.

use crate::yaml::{Key, PLACES};

/// Where in a list of names a key is looked for.
#[derive(Debug)]
pub(super) struct Places<Next: ?Sized = [u8]> {
    /// For each [`Key::place`] the first name there, counted from 1.
    first: [u8; PLACES],
    /// For each name the next at the same place.
    next: Next,
}

impl<const COUNT: usize> Places<[u8; COUNT]> {
    /// Of these names.
    #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 256")]
    pub(super) const fn of(names: [&str; COUNT]) -> Self {
        assert!(COUNT < 256);
        let (mut first, mut next, mut at) = ([0; PLACES], [0; COUNT], COUNT);
        while at > 0 {
            let place = Key::new(names[at - 1]).place();
            next[at - 1] = first[place];
            first[place] = at as u8;
            at -= 1;
        }
        Self { first, next }
    }
}

impl Places {
    /// Which of the names a key at this place is.
    #[inline]
    pub(super) fn find(&self, place: usize, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mut number = *self.first.get(place)?;
        loop {
            let at = usize::from(number).checked_sub(1)?;
            if is_it(at) {
                return Some(at);
            }
            number = *self.next.get(at)?;
        }
    }
}
