//! Inside lists and maps: the elements, and the fields with what strict decoding says about their names.

use std::borrow::Cow;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::super::versions::FieldHistory;
use super::{Cursor, Failure, Mode, ProblemKind, Versioned};
use crate::yaml::{Entry, NodeId, Value};

pub(super) struct Items<'doc, 'run> {
    pub parent: Cursor<'doc, 'run>,
    pub items: std::slice::Iter<'doc, NodeId>,
}

impl<'doc> SeqAccess<'doc> for Items<'doc, '_> {
    type Error = Failure;

    fn next_element_seed<S: DeserializeSeed<'doc>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        let Some(&item) = self.items.next() else { return Ok(None) };
        seed.deserialize(self.parent.at(item)).map(Some).map_err(|failure| failure.at(item))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The fields of a map, in order.
pub(super) struct Fields<'doc, 'run> {
    parent: Cursor<'doc, 'run>,
    type_name: &'static str,
    known: &'static [&'static str],
    /// Of this type's fields.
    histories: &'static [FieldHistory],
    entries: std::slice::Iter<'doc, Entry>,
    current: Option<Entry>,
}

impl<'doc, 'run> Fields<'doc, 'run> {
    /// Of a map that a type of this name reads, which knows these fields; without a name for a map of anything.
    #[inline(never)]
    pub(super) fn of(parent: Cursor<'doc, 'run>, type_name: &'static str, known: &'static [&'static str]) -> Self {
        let histories = FieldHistory::all_of(type_name);
        Self { parent, type_name, known, histories, entries: parent.entries().iter(), current: None }
    }

    /// The next key that the type is to see, with its node.
    #[inline(never)]
    fn next_key(&mut self) -> Option<(Cow<'doc, str>, NodeId)> {
        loop {
            self.current = self.entries.next().copied();
            let entry = self.current?;
            let key = self.parent.run.document.key(&entry);
            if !self.is_identity(&key, &entry) {
                self.note(&key, &entry);
                return Some((key, entry.key));
            }
        }
    }

    /// Kind and version of an object inside another, such as a claim template: any text will do there, and
    /// the type's own reader would insist on its name.
    fn is_identity(&self, key: &str, entry: &Entry) -> bool {
        let is_object = self.known.starts_with(&["apiVersion", "kind", "metadata"]);
        if !is_object || !matches!(key, "apiVersion" | "kind") {
            return false;
        }
        self.parent.at(entry.value).text();
        true
    }

    /// What strict decoding and other versions say about a key.
    fn note(&self, key: &str, entry: &Entry) {
        let document = self.parent.run.document;
        if let Some(history) = self.histories.iter().find(|history| history.field() == key) {
            let versioned = Versioned { owner: self.parent.node, key: entry.key, value: entry.value, history };
            self.parent.run.versioned.borrow_mut().push(versioned);
            if history.comes_or_goes() {
                self.parent.at(entry.key).problem(ProblemKind::OtherVersion { type_name: self.type_name, history });
            }
            if let Some((type_name, known)) = history.gone_type() {
                texts(self.parent.at(entry.value), type_name, known);
            }
        }
        let is_map_of_anything = self.type_name.is_empty() && self.parent.mode == Mode::Typed;
        if is_map_of_anything && matches!(document.value(entry.key), Value::Bool(_)) && document.raw(entry.key) != key {
            self.parent.at(entry.key).problem(ProblemKind::BooleanKey);
        }
    }

    /// A field that its type ignores is one that it does not have.
    #[inline(never)]
    fn unknown(&self, entry: &Entry) {
        // The types are those of the newest version: a field that went before it has been noted by its history.
        let document = self.parent.run.document;
        let has_history = || FieldHistory::of(self.type_name, &document.key_text(entry.key)).is_some();
        if self.parent.mode == Mode::Typed && !has_history() {
            let kind = ProblemKind::UnknownField { type_name: self.type_name, known: self.known };
            self.parent.at(entry.key).problem(kind);
        }
    }
}

impl<'doc> MapAccess<'doc> for Fields<'doc, '_> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'doc>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        let Some((key, node)) = self.next_key() else { return Ok(None) };
        let key: de::value::CowStrDeserializer<'doc, Failure> = key.into_deserializer();
        seed.deserialize(key).map(Some).map_err(|failure| failure.at(node))
    }

    #[inline(never)]
    fn next_value_seed<S: DeserializeSeed<'doc>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        let Some(entry) = self.current else { return Err(de::Error::custom("a value without a key")) };
        seed.deserialize(Field { fields: self, entry }).map_err(|failure| failure.at(entry.value))
    }
}

/// Decodes a type whose fields are all texts, and which no Rust type stands for.
fn texts(value: Cursor<'_, '_>, type_name: &'static str, known: &'static [&'static str]) {
    let document = value.run.document;
    match value.value() {
        Value::Map(entries) => {
            for entry in entries {
                if known.contains(&&*document.key(entry)) {
                    value.at(entry.value).text();
                } else {
                    value.at(entry.key).problem(ProblemKind::UnknownField { type_name, known });
                }
            }
        }
        Value::Null => {}
        _ => value.wrong("a map"),
    }
}

/// The value of a field.
#[derive(Clone, Copy)]
struct Field<'fields, 'doc, 'run> {
    fields: &'fields Fields<'doc, 'run>,
    entry: Entry,
}

impl<'doc, 'run> Field<'_, 'doc, 'run> {
    fn value(self) -> Cursor<'doc, 'run> {
        self.fields.parent.at(self.entry.value)
    }
}

/// Hands every method but `deserialize_ignored_any` to the value.
macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.value().$method(visitor)
        }
    )*};
}

impl<'doc> Deserializer<'doc> for Field<'_, 'doc, '_> {
    type Error = Failure;

    forward!(
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_option deserialize_unit deserialize_seq deserialize_map deserialize_identifier
    );

    fn deserialize_ignored_any<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.fields.unknown(&self.entry);
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'doc>>(self, name: &'static str, visitor: V) -> Result<V::Value, Failure> {
        self.value().deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_struct<V: Visitor<'doc>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.value().deserialize_struct(name, fields, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'doc>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failure> {
        self.value().deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'doc>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.value().deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'doc>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.value().deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'doc>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.value().deserialize_any(visitor)
    }
}
