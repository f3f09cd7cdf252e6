//! A value of a description that remembers where it was written, through merging and substitution.

use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::Label;
use crate::sort;
use crate::yaml::{Document, NodeId, Source, Span, Value};

/// Bytes of a description.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes.
    pub span: Span,
}

impl Place {
    /// Labels the bytes.
    #[must_use]
    pub fn label(&self, text: impl Into<String>) -> Label {
        Label::span(&self.source, self.span, text)
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Spanned {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub place: Place,
}

/// Kinds of values.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Spanned>),
    /// A map: of a file in its order, of a description in that of its keys.
    Map(Vec<Member>),
    /// A value that could not be made, which is reported where it should have come from.
    Lost,
}

impl Spanned {
    /// Whether this or a value below it could not be made.
    pub(super) fn is_lost(&self) -> bool {
        match &self.kind {
            Kind::Lost => true,
            Kind::List(items) => items.iter().any(Self::is_lost),
            Kind::Map(members) => members.iter().any(|member| member.value.is_lost()),
            _ => false,
        }
    }
}

/// One `key: value`.
#[derive(Clone, Debug)]
pub struct Member {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub key_place: Place,
    /// The value.
    pub value: Spanned,
}

impl Member {
    /// What the key looks like where YAML reads something else: `n`, which is `false`.
    #[must_use]
    pub fn misread(&self) -> Option<&str> {
        let written = self.key_place.source.slice(self.key_place.span);
        (written != self.key && !written.starts_with(['"', '\'', '!', '&', '*', '?'])).then_some(written)
    }
}

impl Spanned {
    /// Copies a node out of its document.
    #[must_use]
    pub fn from_node(document: &Document, node: NodeId) -> Self {
        let place = |node| Place { source: Arc::clone(&document.source), span: document.span(node) };
        let kind = match document.value(node) {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(value),
            Value::Int(value) => Kind::Number(value.into()),
            Value::Uint(value) => Kind::Number(value.into()),
            Value::Float(value) => Number::from_f64(value).map_or(Kind::Null, Kind::Number),
            Value::Str(text) => Kind::Text(text.to_owned()),
            Value::List(items) => Kind::List(items.iter().map(|item| Self::from_node(document, *item)).collect()),
            Value::Map(entries) => Kind::Map(
                entries
                    .iter()
                    .map(|entry| Member {
                        key: document.key(entry).into_owned(),
                        key_place: place(entry.key),
                        value: Self::from_node(document, entry.value()),
                    })
                    .collect(),
            ),
        };
        Self { kind, place: place(node) }
    }

    /// The value under a key, if this is a map that has it; null is no value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|member| &member.value)
    }

    /// The member under a key, unless its value is null.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.key == key && !matches!(member.value.kind, Kind::Null))
    }

    /// Takes keys without a value out of maps. A key of a map in a list names something even so: `- topz:`; and so do
    /// the keys of this map where `names` says so.
    pub(super) fn drop_nulls(&mut self, names: bool) {
        match &mut self.kind {
            Kind::Map(members) => {
                members.retain(|member| names || !matches!(member.value.kind, Kind::Null));
                for member in members {
                    member.value.drop_nulls(false);
                }
            }
            Kind::List(items) => items.iter_mut().for_each(|item| item.drop_nulls(true)),
            _ => {}
        }
    }

    /// All members; none if this is not a map.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Map(members) => members,
            _ => &[],
        }
    }

    /// All elements; none if this is not a list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Puts the members of maps into the order of their keys: of all maps, or of those that a member of one of these names
    /// holds and of all below them.
    pub(super) fn sort_maps(&mut self, under: Option<&[&str]>) {
        match &mut self.kind {
            Kind::Map(members) => {
                if under.is_none() {
                    sort::by(members, |one, other| one.key.cmp(&other.key));
                }
                for member in members {
                    member.value.sort_maps(under.filter(|names| !names.contains(&member.key.as_str())));
                }
            }
            Kind::List(items) => items.iter_mut().for_each(|item| item.sort_maps(under)),
            _ => {}
        }
    }

    /// Where a text is a key or a value somewhere below, in the order of the file.
    #[must_use]
    pub fn places_of(&self, text: &str) -> Vec<&Place> {
        let mut found = Vec::new();
        self.collect_places(text, &mut found);
        sort::by_key(&mut found, |place| place.span.start);
        found
    }

    fn collect_places<'a>(&'a self, text: &str, found: &mut Vec<&'a Place>) {
        match &self.kind {
            Kind::List(items) => items.iter().for_each(|item| item.collect_places(text, found)),
            Kind::Map(members) => {
                for member in members {
                    if member.key == text {
                        found.push(&member.key_place);
                    }
                    member.value.collect_places(text, found);
                }
            }
            Kind::Text(own) if own == text => found.push(&self.place),
            Kind::Number(own) if own.to_string() == text => found.push(&self.place),
            _ => {}
        }
    }

    /// Takes a member out of a map.
    pub fn remove(&mut self, key: &str) -> Option<Member> {
        let Kind::Map(members) = &mut self.kind else { return None };
        let at = members.iter().position(|member| member.key == key)?;
        Some(members.remove(at))
    }

    /// The value without its places.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match &self.kind {
            Kind::Null | Kind::Lost => Json::Null,
            Kind::Bool(value) => Json::Bool(*value),
            Kind::Number(value) => Json::Number(value.clone()),
            Kind::Text(text) => Json::String(text.clone()),
            Kind::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(members) => Json::Object(
                members.iter().map(|member| (member.key.clone(), member.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The JSON type's name.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null | Kind::Lost => "null",
            Kind::Bool(_) => "boolean",
            Kind::Number(number) if number.is_i64() || number.is_u64() => "integer",
            Kind::Number(_) => "number",
            Kind::Text(_) => "string",
            Kind::List(_) => "array",
            Kind::Map(_) => "object",
        }
    }
}
