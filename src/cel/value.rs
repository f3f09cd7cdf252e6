//! Values of expressions, each with the place in the manifest that it was read from.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::rc::Rc;

use super::opaque::{Quantity, Semver, Url};
use crate::yaml::{NodeId, Span};

/// A value and where it was read.
#[derive(Clone, Debug)]
pub struct Item {
    /// The value.
    pub value: Value,
    /// Where it was read.
    pub origin: Origin,
}

/// The bytes of the judged object that a value was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Origin {
    /// It was not read from the object.
    #[default]
    Nowhere,
    /// From one node.
    Node {
        /// The node.
        node: NodeId,
        /// What to underline: the node, or the key of a map or list that runs over many lines.
        mark: NodeId,
        /// The node's bytes.
        span: Span,
    },
    /// From several.
    Several,
}

/// A value.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the variants are CEL's types")]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Rc<str>),
    Bytes(Rc<[u8]>),
    List(Rc<List>),
    /// Sorted by key.
    Map(Rc<Map>),
    /// Seconds since 1970 and nanoseconds, 0 to 999,999,999.
    Timestamp(i64, u32),
    /// Nanoseconds.
    Duration(i64),
    /// The type of a value, by its name.
    Type(&'static str),
    Optional(Option<Rc<Item>>),
    Quantity(Quantity),
    Ip(IpAddr),
    Cidr(IpAddr, u8),
    Url(Rc<Url>),
    Semver(Rc<Semver>),
    /// A format by its name.
    Format(&'static str),
    /// What only a cluster knows, and why.
    Unknown(&'static str),
    /// A field of which only a cluster knows whether it is there.
    Perhaps(&'static str),
}

/// A list.
#[derive(Debug, Default)]
pub struct List {
    /// The elements.
    pub items: Vec<Item>,
    /// How it compares.
    pub kind: ListKind,
}

/// `x-kubernetes-list-type`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    /// Order counts.
    #[default]
    Atomic,
    /// Order does not count.
    Unordered,
}

/// A map.
#[derive(Debug, Default)]
pub struct Map {
    /// The entries, sorted by key.
    pub entries: Vec<(Key, Item)>,
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the types that keys can have")]
pub enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    String(Rc<str>),
}

impl Origin {
    /// Where two values together were read. Of a value and a part of it, the part.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nowhere, origin) | (origin, Self::Nowhere) => origin,
            (Self::Node { node: a, span: outer, .. }, Self::Node { node: b, span: inner, .. }) => {
                if a == b || inner.contains(outer) {
                    self
                } else if outer.contains(inner) {
                    other
                } else {
                    Self::Several
                }
            }
            _ => Self::Several,
        }
    }

    /// This place, or another where this is none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Nowhere { other } else { self }
    }
}

impl From<Value> for Item {
    fn from(value: Value) -> Self {
        Self { value, origin: Origin::Nowhere }
    }
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::String(Rc::from(text))
    }

    /// A list in which order counts.
    #[must_use]
    pub fn list(items: Vec<Item>) -> Self {
        Self::List(Rc::new(List { items, kind: ListKind::Atomic }))
    }

    /// A map; of entries with one key the last counts.
    #[must_use]
    pub fn map(mut entries: Vec<(Key, Item)>) -> Self {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.reverse();
        entries.dedup_by(|a, b| a.0 == b.0);
        entries.reverse();
        Self::Map(Rc::new(Map { entries }))
    }

    /// A map with names as keys.
    #[must_use]
    pub fn object(fields: Vec<(&str, Self)>) -> Self {
        Self::map(fields.into_iter().map(|(name, value)| (Key::String(Rc::from(name)), value.into())).collect())
    }

    /// The name of its type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(..) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Cidr(..) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Unknown(_) | Self::Perhaps(_) => "unknown",
        }
    }

    /// The order of two values of one type, or of numbers; nothing where there is none.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) | (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (Self::Uint(a), Self::Uint(b)) => Some(a.cmp(b)),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Uint(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
            (Self::Uint(a), Self::Int(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
            (Self::Int(a), Self::Double(b)) => compare_float(i128::from(*a), *b),
            (Self::Uint(a), Self::Double(b)) => compare_float(i128::from(*a), *b),
            (Self::Double(a), Self::Int(b)) => compare_float(i128::from(*b), *a).map(Ordering::reverse),
            (Self::Double(a), Self::Uint(b)) => compare_float(i128::from(*b), *a).map(Ordering::reverse),
            (Self::String(a), Self::String(b)) => Some(a.cmp(b)),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            (Self::Timestamp(a, b), Self::Timestamp(c, d)) => Some((a, b).cmp(&(c, d))),
            _ => None,
        }
    }

    /// Why it is unknown, if it is.
    #[must_use]
    pub fn unknown(&self) -> Option<&'static str> {
        match self {
            Self::Unknown(why) | Self::Perhaps(why) => Some(why),
            _ => None,
        }
    }

    /// The key that this value is, if it can be one.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Bool(value) => Some(Key::Bool(*value)),
            Self::Int(value) => Some(Key::Int(*value)),
            Self::Uint(value) => Some(Key::Uint(*value)),
            Self::String(text) => Some(Key::String(Rc::clone(text))),
            _ => None,
        }
    }
}

/// A whole number and a fraction, without rounding the first.
fn compare_float(whole: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // beyond these every 64-bit number is smaller or greater
    if float >= 1e20 {
        return Some(Ordering::Less);
    }
    if float <= -1e20 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the range, as was just seen")]
    let floor = float.floor() as i128;
    Some(whole.cmp(&floor).then(if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less }))
}

impl Key {
    /// The value of a key.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::String(text) => Value::String(Rc::clone(text)),
        }
    }
}

impl Map {
    /// The entry under a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Item> {
        let order = |key: &Key| match key {
            Key::String(text) => (**text).cmp(name),
            _ => Ordering::Less,
        };
        let found = self.entries.binary_search_by(|(key, _)| order(key)).ok()?;
        Some(&self.entries[found].1)
    }

    /// The entry under a key; numbers of different types are compared by value.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Item> {
        let find = |key: &Key| {
            let found = self.entries.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
            Some(&self.entries[found].1)
        };
        let whole = match key {
            Value::Int(value) => Some(i128::from(*value)),
            Value::Uint(value) => Some(i128::from(*value)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "only whole numbers, and what does not fit is not a key"
            )]
            Value::Double(value) if value.fract() == 0.0 => Some(*value as i128),
            Value::String(text) => return self.field(text),
            _ => return find(&key.key()?),
        }?;
        let int = i64::try_from(whole).ok().and_then(|value| find(&Key::Int(value)));
        int.or_else(|| find(&Key::Uint(u64::try_from(whole).ok()?)))
    }
}
