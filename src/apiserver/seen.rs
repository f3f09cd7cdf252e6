//! What was met before in a list.

use std::hash::Hash;

use crate::kube::FastSet;

/// Most lists have no more: to compare with each takes less than to make a table of them.
const FEW: usize = 8;

/// What was met before.
#[derive(Debug, Default)]
pub struct Seen<T> {
    few: [T; FEW],
    count: usize,
    /// All of them, once there are more than a few.
    many: FastSet<T>,
}

impl<T: Copy + Eq + Hash> Seen<T> {
    /// Whether it was met.
    pub fn contains(&self, one: &T) -> bool {
        if self.many.is_empty() { self.few[..self.count].contains(one) } else { self.many.contains(one) }
    }

    /// Notes that it is met; whether it was not before.
    pub fn insert(&mut self, one: T) -> bool {
        if !self.many.is_empty() {
            return self.many.insert(one);
        }
        if self.few[..self.count].contains(&one) {
            return false;
        }
        if let Some(next) = self.few.get_mut(self.count) {
            *next = one;
            self.count += 1;
        } else {
            self.many.extend(self.few);
            self.many.insert(one);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Seen};

    #[test]
    fn each_is_new_once() {
        let mut seen = Seen::default();
        for one in 1..=3 * FEW {
            assert!(!seen.contains(&0) && !seen.contains(&one) && seen.insert(one), "{one}");
            assert!((1..=one).all(|before| seen.contains(&before) && !seen.insert(before)), "{one}");
        }
    }
}
