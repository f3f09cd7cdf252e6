//! The value of a field, as the server's types read it.

use super::Field;
use crate::go::Quantity;
use crate::yaml::Value;

/// `k8s.io/apimachinery/pkg/util/intstr`
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IntOrString<'a> {
    /// A number.
    Int(i64),
    /// A name or a percentage.
    Str(&'a str),
}

impl<'a> Field<'a> {
    /// The text; empty if there is none.
    #[must_use]
    pub fn str(self) -> &'a str {
        self.opt_str().unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn opt_str(self) -> Option<&'a str> {
        self.run.document.str(self.node()?)
    }

    /// At least as many bytes as the text has. Long texts are not made for this.
    #[must_use]
    pub fn str_len_at_most(self) -> usize {
        self.node().and_then(|node| self.run.document.str_len_at_most(node)).unwrap_or_default()
    }

    /// The text, or the server's default for an empty one.
    #[must_use]
    pub fn str_or(self, default: &'static str) -> &'a str {
        self.opt_str().filter(|text| !text.is_empty()).unwrap_or(default)
    }

    /// Whether the text is empty or missing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        if let Some(text) = self.opt_str() {
            return text.is_empty();
        }
        match self.value() {
            Value::List(_) | Value::Map(_) => self.len() == 0,
            Value::Null => true,
            _ => false,
        }
    }

    /// Whether it is a map.
    #[must_use]
    pub fn is_map(self) -> bool {
        matches!(self.value(), Value::Map(_))
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self.value(), Value::List(_))
    }

    /// The number; zero if there is none.
    #[must_use]
    pub fn int(self) -> i64 {
        self.opt_int().unwrap_or_default()
    }

    /// The number.
    #[must_use]
    pub fn opt_int(self) -> Option<i64> {
        match self.value() {
            Value::Int(value) => Some(value),
            #[expect(clippy::cast_possible_truncation, reason = "decoding has let only whole numbers in range pass")]
            Value::Float(value) => Some(value as i64),
            _ => None,
        }
    }

    /// The number, or the server's default for zero.
    #[must_use]
    pub fn int_or(self, default: i64) -> i64 {
        self.opt_int().filter(|value| *value != 0).unwrap_or(default)
    }

    /// Whether it says true.
    #[must_use]
    pub fn is_true(self) -> bool {
        self.value() == Value::Bool(true)
    }

    /// Whether it says false.
    #[must_use]
    pub fn is_false(self) -> bool {
        self.value() == Value::Bool(false)
    }

    /// A number or a text; nothing where it is missing.
    #[must_use]
    pub fn int_or_string(self) -> Option<IntOrString<'a>> {
        match self.value() {
            Value::Str(text) => Some(IntOrString::Str(text)),
            _ => self.opt_int().map(IntOrString::Int),
        }
    }

    /// The value as it is written.
    #[must_use]
    pub fn raw(self) -> &'a str {
        self.node().map_or("", |node| self.run.document.raw(node))
    }

    /// The quantity; a null in a list of resources is zero.
    #[must_use]
    pub fn quantity(self) -> Quantity {
        self.opt_quantity().unwrap_or_default()
    }

    /// The quantity.
    #[must_use]
    pub fn opt_quantity(self) -> Option<Quantity> {
        match self.value() {
            Value::Str(text) => Quantity::parse(text.trim()),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
                Quantity::parse(&self.run.document.to_json(self.node()?))
            }
            _ => None,
        }
    }

    /// The value as JSON; empty if there is none.
    #[must_use]
    pub fn json(self) -> String {
        self.node().map_or_else(String::new, |node| self.run.document.to_json(node))
    }

    /// Whether it is the same as another value of the object.
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        match (self.node(), other.node()) {
            (Some(one), Some(other)) => self.run.document.is_same(one, other),
            (one, other) => one == other,
        }
    }

    /// How long the value is as JSON.
    #[must_use]
    pub fn json_len(self) -> usize {
        self.json().len()
    }

    /// How many elements or entries it has.
    #[must_use]
    pub fn len(self) -> usize {
        match self.value() {
            Value::List(items) if self.run.dropped.is_empty() => items.len(),
            Value::List(items) => items.iter().filter(|item| !self.run.is_dropped(**item)).count(),
            Value::Map(entries) => entries.len(),
            _ => 0,
        }
    }
}
