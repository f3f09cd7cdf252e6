//! What the program reads of Kubernetes' objects, as Rust types.
//!
//! They contain only the fields that the program uses: all fields and their types are in [`super::decode`]. What is
//! compared as a whole, such as the actions of probes and the sources of volumes, is complete. Reading is lenient: a
//! value of another type counts as empty, and decoding reports the mistake.

mod meta;
mod objects;
mod pods;
mod volumes;

use crate::kube::decode;
use crate::text::Text;
use crate::yaml::{Document, Entry, Key, Keys, NodeId, Value, work};

pub use meta::*;
pub use objects::*;
pub use pods::*;
pub use volumes::*;

/// A type that a node can be read as.
pub trait Read: Sized {
    /// Reads a node, whatever it is.
    fn read(document: &Document, node: NodeId) -> Self;
}

/// A field among the entries of a map. Null is absence.
#[inline(never)]
fn present(document: &Document, map: &[Entry], key: Key<'_>) -> Option<NodeId> {
    document.find(map, key).map(|entry| entry.value()).filter(|node| !document.is_null(*node))
}

fn field<T: Read + Default>(document: &Document, (map, keys): (&[Entry], Keys), key: Key<'_>) -> T {
    if !keys.may_have(key) {
        return T::default();
    }
    present(document, map, key).map_or_else(T::default, |node| T::read(document, node))
}

/// Declares types: each field with its key.
macro_rules! types {
    ($($name:ident { $($field:ident: $type:ty = $key:literal,)* })*) => {$(
        #[derive(Clone, Debug, Default, PartialEq)]
        #[allow(missing_docs, reason = "the names are those of Kubernetes")]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl super::Read for $name {
            #[inline(never)]
            #[allow(unused_variables, reason = "a type without fields")]
            fn read(document: &crate::yaml::Document, node: crate::yaml::NodeId) -> Self {
                let map = document.entries(node);
                let map = (map, crate::yaml::Keys::of(map));
                Self { $($field: super::field(document, map, const { crate::yaml::Key::new($key) }),)* }
            }
        }
    )*};
}
use types;

/// A number, or the name of one.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of Kubernetes")]
pub enum IntOrString {
    Int(i32),
    String(Text),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

/// An amount as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantity(pub Text);

/// A list as it is read: it never grows.
pub type List<T> = Box<[T]>;

/// A map of texts, in the order of its keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Map<T>(List<(Text, T)>);

/// Labels, and what else maps texts to texts.
pub type Labels = Map<Text>;

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(List::default())
    }
}

impl<T> Map<T> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&T> {
        work::count(1);
        let at = self.0.binary_search_by(|(other, _)| other.as_str().cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Whether it has a key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Its keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &T)> {
        self.into_iter()
    }

    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().map(|(key, _)| key)
    }

    /// Its values.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<'a, T> IntoIterator for &'a Map<T> {
    type Item = (&'a Text, &'a T);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (Text, T)>, fn(&'a (Text, T)) -> (&'a Text, &'a T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

impl<T> FromIterator<(Text, T)> for Map<T> {
    /// Of equal keys the last one counts.
    fn from_iter<I: IntoIterator<Item = (Text, T)>>(entries: I) -> Self {
        let mut all: Vec<(Text, T)> = entries.into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        Self(all.into())
    }
}

impl<T, const N: usize> From<[(Text, T); N]> for Map<T> {
    fn from(entries: [(Text, T); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// An object of which only the kind is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known;

impl Read for Known {
    fn read(_: &Document, _: NodeId) -> Self {
        Self
    }
}

impl<T: Read> Read for Option<T> {
    fn read(document: &Document, node: NodeId) -> Self {
        (!document.is_null(node)).then(|| T::read(document, node))
    }
}

impl<T: Read> Read for Box<T> {
    fn read(document: &Document, node: NodeId) -> Self {
        Self::new(T::read(document, node))
    }
}

impl<T: Read> Read for List<T> {
    fn read(document: &Document, node: NodeId) -> Self {
        document.items(node).iter().map(|item| T::read(document, *item)).collect()
    }
}

impl<T: Read> Read for Map<T> {
    fn read(document: &Document, node: NodeId) -> Self {
        let entries = document.entries(node).iter();
        entries.map(|entry| (Text::from(&*document.key(entry)), T::read(document, entry.value()))).collect()
    }
}

impl Read for Text {
    fn read(document: &Document, node: NodeId) -> Self {
        decode::text(document, node).into()
    }
}

impl Read for bool {
    fn read(document: &Document, node: NodeId) -> Self {
        document.value(node) == Value::Bool(true)
    }
}

impl Read for i32 {
    fn read(document: &Document, node: NodeId) -> Self {
        decode::whole(document, node).and_then(|number| Self::try_from(number).ok()).unwrap_or_default()
    }
}

impl Read for i64 {
    fn read(document: &Document, node: NodeId) -> Self {
        decode::whole(document, node).unwrap_or_default()
    }
}

impl Read for IntOrString {
    fn read(document: &Document, node: NodeId) -> Self {
        match document.value(node) {
            Value::Str(text) => Self::String(text.into()),
            _ => Self::Int(i32::read(document, node)),
        }
    }
}

impl Read for Quantity {
    fn read(document: &Document, node: NodeId) -> Self {
        Self(decode::quantity(document, node).map_or_else(|_| Text::from("0"), |text| Text::from(&*text)))
    }
}
