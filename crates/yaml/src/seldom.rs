//! Lists that nearly all documents have none of.

use std::ops::Deref;

/// A list that takes no more room than a pointer as long as it is empty.
#[derive(Clone, Debug)]
pub struct Seldom<T>(Option<Box<All<T>>>);

#[derive(Clone, Debug)]
struct All<T>(Vec<T>);

impl<T> Seldom<T> {
    /// Adds one at the end.
    pub fn push(&mut self, one: T) {
        self.0.get_or_insert_with(|| Box::new(All(Vec::new()))).0.push(one);
    }

    /// Takes out those that are not wanted.
    pub fn retain(&mut self, is_wanted: impl FnMut(&T) -> bool) {
        let Some(mut all) = self.0.take() else { return };
        all.0.retain(is_wanted);
        *self = all.0.into();
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<Vec<T>> for Seldom<T> {
    fn from(all: Vec<T>) -> Self {
        Self((!all.is_empty()).then(|| Box::new(All(all))))
    }
}

impl<T> Deref for Seldom<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.0.as_ref().map_or(&[], |all| &all.0)
    }
}

impl<'all, T> IntoIterator for &'all Seldom<T> {
    type Item = &'all T;
    type IntoIter = std::slice::Iter<'all, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Seldom;

    #[test]
    fn what_is_added_is_there_until_it_is_taken_out() {
        let mut seldom = Seldom::default();
        assert!(seldom.is_empty());
        seldom.push(1);
        seldom.push(2);
        assert_eq!(*seldom, [1, 2]);
        seldom.clear();
        assert_eq!(seldom.iter().next(), None::<&i32>);
        assert_eq!(*Seldom::from(vec![3]), [3]);
    }
}
