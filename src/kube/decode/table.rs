//! The types of Kubernetes' objects: which fields they have, and what these hold.
//!
//! `types.txt` says it; `build.rs` makes constants of that, so that nothing is read when the program starts.

use std::sync::OnceLock;

use super::super::places::Places;
use super::super::versions::FieldHistory;
use crate::yaml::{Document, Entry, Key};

/// A type with fields.
#[derive(Debug)]
pub struct Struct {
    /// Kubernetes' name of it.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [&'static str],
    places: &'static Places,
    types: &'static [Type],
    histories: OnceLock<&'static [FieldHistory]>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub wrap: Wrap,
    pub of: Of,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Wrap {
    Nothing,
    List,
    Map,
    MapOfLists,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    /// A number in [`TYPES`].
    Type(u16),
    Text,
    Boolean,
    I32,
    I64,
    NumberOrText,
    Quantity,
    /// In base64.
    Bytes,
    Time,
    MicroTime,
    /// Any JSON.
    Any,
}

const fn of(
    name: &'static str,
    fields: &'static [&'static str],
    places: &'static Places,
    types: &'static [Type],
) -> Struct {
    Struct { name, fields, places, types, histories: OnceLock::new() }
}

include!(concat!(env!("OUT_DIR"), "/types.rs"));

impl Struct {
    /// The type of a kind; nothing for a kind that is not in the table.
    #[must_use]
    pub fn of_kind(api_version: &str, kind: &str) -> Option<&'static Self> {
        let at = KINDS.iter().position(|known| *known == (api_version, kind))?;
        TYPES.get(usize::from(*OF_KINDS.get(at)?))
    }

    /// What the metadata of every object is.
    #[must_use]
    pub fn metadata() -> &'static Self {
        &TYPES[METADATA]
    }

    /// The type that Kubernetes calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.name == name)
    }

    /// What a field holds.
    pub(super) fn holds(&self, field: &str) -> Option<Type> {
        self.find(Key::new(field).place(), |name| name == field)
    }

    /// What the field that an entry is holds.
    pub(super) fn holds_entry(&self, document: &Document, entry: Entry) -> Option<Type> {
        self.find(entry.place(), |name| document.is_text(entry.key, name))
    }

    fn find(&self, place: usize, is_asked: impl Fn(&str) -> bool) -> Option<Type> {
        let at = self.places.find(place, |at| self.fields.get(at).is_some_and(|name| is_asked(name)))?;
        self.types.get(at).copied()
    }

    /// The fields that not every version has.
    #[inline]
    pub(super) fn histories(&self) -> &'static [FieldHistory] {
        self.histories.get_or_init(|| FieldHistory::all_of(self.name))
    }

    pub(super) fn is_object(&self) -> bool {
        self.fields.starts_with(&["apiVersion", "kind", "metadata"])
    }

    pub(super) fn insists_on_its_name(&self) -> bool {
        self.fields.starts_with(&["apiVersion", "kind"]) && !self.is_object()
    }
}

#[cfg(test)]
mod tests {
    use super::TYPES;

    #[test]
    fn each_field_holds_what_the_table_says() {
        for of in &TYPES {
            assert_eq!(of.fields.len(), of.types.len(), "{}", of.name);
            for (field, holds) in of.fields.iter().zip(of.types) {
                assert_eq!(format!("{:?}", of.holds(field)), format!("{:?}", Some(holds)), "{} {field}", of.name);
            }
            assert!(of.holds("").is_none() && of.holds("absent").is_none(), "{}", of.name);
        }
    }
}
