//! Sizes of values and the arithmetic of estimates, which saturates as in cel-go.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::text::Text;

/// How many characters, bytes or elements a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// At least.
    pub least: u64,
    /// At most.
    pub most: u64,
}

impl Size {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { least: 0, most: u64::MAX };

    /// Exactly so many.
    pub const fn fixed(count: u64) -> Self {
        Self { least: count, most: count }
    }

    /// Of both behind each other.
    pub const fn add(self, other: Self) -> Self {
        Self { least: self.least.saturating_add(other.least), most: self.most.saturating_add(other.most) }
    }

    /// The one as many times as the other says.
    pub const fn multiply(self, other: Self) -> Self {
        Self { least: self.least.saturating_mul(other.least), most: self.most.saturating_mul(other.most) }
    }

    /// Of one or the other.
    pub fn union(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// What it costs at most to look at all of it, at a price for each.
    pub fn times(self, price: f64) -> u64 {
        times(self.most, price)
    }
}

/// So many at a price, rounded up (`multiplyByCostFactor`).
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cel-go counts in doubles, and a double beyond the range becomes the largest number in both languages"
)]
pub fn times(count: u64, price: f64) -> u64 {
    let count = count as f64;
    if count > 0.0 && price > 0.0 && count > u64::MAX as f64 / price {
        return u64::MAX;
    }
    (count * price).ceil() as u64
}

/// How large the values of a schema can be: the sizes of `DeclType` in `k8s.io/apiserver/pkg/cel`.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    most: u64,
    parts: Parts,
}

#[derive(Clone, Debug, Default)]
enum Parts {
    #[default]
    None,
    Fields(BTreeMap<Text, Bound>),
    Items(Box<Bound>),
    Entries(Box<Bound>),
}

impl Bound {
    /// A value without parts; 0 for numbers and booleans.
    #[must_use]
    pub fn leaf(most: u64) -> Self {
        Self { most, parts: Parts::None }
    }

    /// A list of at most so many elements.
    #[must_use]
    pub fn list(most: u64, item: Self) -> Self {
        Self { most, parts: Parts::Items(Box::new(item)) }
    }

    /// A map of at most so many entries.
    #[must_use]
    pub fn map(most: u64, value: Self) -> Self {
        Self { most, parts: Parts::Entries(Box::new(value)) }
    }

    /// An object; its fields by the names that expressions use.
    #[must_use]
    pub fn object(fields: BTreeMap<Text, Self>) -> Self {
        Self { most: 0, parts: Parts::Fields(fields) }
    }

    /// The largest size of what a path leads to; its first word is the variable, whichever it is.
    pub(super) fn follow<'w>(&self, mut path: impl Iterator<Item = &'w Rc<str>>) -> Option<Size> {
        let mut bound = self;
        path.next()?;
        for word in path {
            bound = match (&**word, &bound.parts) {
                (ITEMS | VALUES, Parts::Items(inner) | Parts::Entries(inner)) => inner,
                // the server gives keys no size
                (KEYS, Parts::Entries(_)) => &Self { most: 0, parts: Parts::None },
                (ITEMS | VALUES | KEYS, _) => return None,
                (field, Parts::Fields(fields)) => fields.get(field)?,
                _ => return None,
            };
        }
        Some(Size { least: 0, most: bound.most })
    }
}

/// The word of a path for the elements of a list.
pub const ITEMS: &str = "@items";
/// The word of a path for the values of a map.
pub const VALUES: &str = "@values";
/// The word of a path for the keys of a map.
pub const KEYS: &str = "@keys";
/// The word of a path for the places in a list.
pub const INDICES: &str = "@indices";

/// The way from a variable to a value. Like the slices that cel-go keeps, two paths can share their words, and the one
/// that is made longer last changes what the other says: estimates depend on it.
#[derive(Clone, Debug, Default)]
pub struct Path {
    words: Rc<RefCell<Vec<Rc<str>>>>,
    length: usize,
    room: usize,
}

impl Path {
    /// The path of a variable.
    pub fn of(variable: &str) -> Self {
        Self::default().with(variable)
    }

    /// The path of a part.
    pub fn with(&self, word: &str) -> Self {
        let word = Rc::from(word);
        if self.length < self.room {
            let mut words = self.words.borrow_mut();
            match words.get_mut(self.length) {
                Some(place) => *place = word,
                None => words.push(word),
            }
            return Self { words: Rc::clone(&self.words), length: self.length + 1, room: self.room };
        }
        let mut words: Vec<Rc<str>> = self.words.borrow().iter().take(self.length).cloned().collect();
        words.push(word);
        Self { words: Rc::new(RefCell::new(words)), length: self.length + 1, room: (2 * self.room).max(1) }
    }

    /// The size of what it leads to, or of the elements there, as the words are now.
    pub fn size_in(&self, bound: &Bound, of_elements: bool) -> Option<Size> {
        let items = [Rc::from(ITEMS)];
        let more = if of_elements && self.length > 0 { &items[..] } else { &[] };
        bound.follow(self.words.borrow().iter().take(self.length).chain(more))
    }
}
