//! A serde deserializer over the tree, strict as the API server's decoder and able to go on after a mistake.
//!
//! Every mistake is recorded at its node and a harmless value takes its place, so one wrong type does not hide
//! the next. What counts as a mistake follows `k8s.io/apimachinery/pkg/runtime/serializer/json` with
//! strict decoding: unknown fields (case-sensitive), values of another type; null is absence.

mod access;

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

use self::access::{Fields, Items};
use super::bytes::{base64, to_base64};
use super::time;
use super::validation::Quantity;
use super::versions::FieldHistory;
use crate::yaml::{Document, NodeId, Value};

/// Something that a strict decode refuses.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where: the key of an unknown field, the value otherwise.
    pub node: NodeId,
    /// What.
    pub kind: ProblemKind,
}

/// Kinds of [`Problem`].
#[derive(Clone, Debug)]
pub enum ProblemKind {
    /// The type has no such field.
    UnknownField {
        /// Kubernetes' name of the type: `ContainerPort`.
        type_name: &'static str,
        /// The fields it has.
        known: &'static [&'static str],
    },
    /// Some supported versions of Kubernetes have the field, and others do not.
    OtherVersion {
        /// Kubernetes' name of the type.
        type_name: &'static str,
        /// Which versions have it.
        history: &'static FieldHistory,
    },
    /// The value has another type than the field.
    WrongType {
        /// The type of the field, as a noun with its article: "a string".
        expected: &'static str,
    },
    /// A key of a map of strings that YAML 1.1 reads as a boolean, so that the map gets another key.
    BooleanKey,
    /// The text of a field with a format of its own does not follow it.
    Malformed {
        /// What was expected: "a time such as 2006-01-02T15:04:05Z".
        expected: String,
    },
}

/// A field that not every supported version reads.
#[derive(Clone, Copy, Debug)]
pub struct Versioned {
    /// The map that holds it.
    pub owner: NodeId,
    /// Its key.
    pub key: NodeId,
    /// Its value.
    pub value: NodeId,
    /// Which versions have and read it.
    pub history: &'static FieldHistory,
}

/// What a decode has found.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The value; none only where a mistake left nothing to go on with.
    pub value: Option<T>,
    /// What a strict decode refuses.
    pub problems: Vec<Problem>,
    /// The fields that depend on the version.
    pub versioned: Vec<Versioned>,
}

/// Decodes a node as `T`.
pub fn decode<'doc, T: de::Deserialize<'doc>>(document: &'doc Document, node: NodeId) -> Decoded<T> {
    let (problems, versioned) = (RefCell::default(), RefCell::default());
    let cursor = Cursor { document, node, problems: &problems, versioned: &versioned, mode: Mode::Typed };
    let decoded = T::deserialize(cursor);
    let (mut problems, versioned) = (problems.into_inner(), versioned.into_inner());
    let value = match decoded {
        Ok(value) => Some(value),
        Err(Failure { node: at, message }) => {
            let kind = ProblemKind::Malformed { expected: message };
            problems.push(Problem { node: at.unwrap_or(node), kind });
            None
        }
    };
    Decoded { value, problems, versioned }
}

/// An error of a field's own `Deserialize`; the innermost value that failed is noted on the way out.
#[derive(Debug)]
struct Failure {
    node: Option<NodeId>,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self { node: None, message: message.to_string() }
    }
}

impl Failure {
    fn at(mut self, node: NodeId) -> Self {
        self.node.get_or_insert(node);
        self
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Typed,
    /// Inside a field that holds any JSON (`RawExtension`, `JSON`).
    Any,
}

#[derive(Clone, Copy)]
struct Cursor<'doc, 'run> {
    document: &'doc Document,
    node: NodeId,
    problems: &'run RefCell<Vec<Problem>>,
    versioned: &'run RefCell<Vec<Versioned>>,
    mode: Mode,
}

impl<'doc> Cursor<'doc, '_> {
    fn value(self) -> Value<'doc> {
        self.document.value(self.node)
    }

    fn at(self, node: NodeId) -> Self {
        Self { node, ..self }
    }

    fn problem(self, kind: ProblemKind) {
        self.problems.borrow_mut().push(Problem { node: self.node, kind });
    }

    fn wrong(self, expected: &'static str) {
        self.problem(ProblemKind::WrongType { expected });
    }

    /// The number, if it is whole: Go's decoder takes `80.0`, which YAML has already turned into 80.
    fn whole(self) -> Option<i64> {
        match self.value() {
            Value::Null => Some(0),
            Value::Int(value) => Some(value),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9.2e18 => Some(value as i64),
            _ => None,
        }
    }

    /// A scalar's text as written, to use where a string was wanted.
    fn text(self) -> &'doc str {
        match self.value() {
            Value::Str(text) => text,
            Value::Null => "",
            _ => {
                self.wrong("a string");
                self.document.raw(self.node)
            }
        }
    }
}

/// Declares the integer methods, which differ in range alone.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ty, $bits:literal;)*) => {$(
        fn $method<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
            let value = self.whole().and_then(|value| <$type>::try_from(value).ok());
            if value.is_none() {
                self.wrong(match self.value() {
                    Value::Int(_) | Value::Uint(_) => concat!("a whole number of ", $bits, " bits"),
                    _ => "a whole number",
                });
            }
            visitor.$visit(value.unwrap_or_default())
        }
    )*};
}

impl<'doc> Deserializer<'doc> for Cursor<'doc, '_> {
    type Error = Failure;

    integers!(
        deserialize_i8 visit_i8 i8, "8";
        deserialize_i16 visit_i16 i16, "16";
        deserialize_i32 visit_i32 i32, "32";
        deserialize_i64 visit_i64 i64, "64";
        deserialize_u8 visit_u8 u8, "8";
        deserialize_u16 visit_u16 u16, "16";
        deserialize_u32 visit_u32 u32, "32";
        deserialize_u64 visit_u64 u64, "64";
    );

    fn deserialize_any<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.mode == Mode::Typed {
            return self.int_or_string(visitor);
        }
        match self.value() {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Int(value) => visitor.visit_i64(value),
            Value::Uint(value) => visitor.visit_u64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Str(text) => visitor.visit_borrowed_str(text),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_bool(match self.value() {
            Value::Bool(value) => value,
            Value::Null => false,
            _ => {
                self.wrong("a boolean");
                false
            }
        })
    }

    fn deserialize_f64<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        #[expect(clippy::cast_precision_loss, reason = "the field is a float")]
        visitor.visit_f64(match self.value() {
            Value::Int(value) => value as f64,
            Value::Uint(value) => value as f64,
            Value::Float(value) => value,
            Value::Null => 0.0,
            _ => {
                self.wrong("a number");
                0.0
            }
        })
    }

    fn deserialize_f32<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_f64(visitor)
    }

    /// Bytes: no other type of Kubernetes asks for a borrowed text.
    fn deserialize_str<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        let is_byte = |node: &NodeId| matches!(self.document.value(*node), Value::Int(0..=255) | Value::Null);
        match self.value() {
            Value::Str(text) => {
                let Some(bytes) = base64(text) else {
                    self.problem(ProblemKind::Malformed { expected: "base64".to_owned() });
                    return visitor.visit_borrowed_str("");
                };
                visitor.visit_string(to_base64(&bytes))
            }
            // Go reads a list of numbers as bytes too.
            Value::List(items) if items.iter().all(is_byte) => visitor.visit_borrowed_str(""),
            _ => {
                self.wrong("a text in base64");
                visitor.visit_borrowed_str("")
            }
        }
    }

    fn deserialize_string<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_option<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.value() == Value::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'doc>>(self, name: &'static str, visitor: V) -> Result<V::Value, Failure> {
        match name {
            "Quantity" => visitor.visit_newtype_struct(self.quantity().into_deserializer()),
            "Time" => visitor.visit_newtype_struct(self.time(time::is_rfc3339).into_deserializer()),
            "MicroTime" => visitor.visit_newtype_struct(self.time(time::is_rfc3339_micro).into_deserializer()),
            _ => visitor.visit_newtype_struct(Self { mode: Mode::Any, ..self }),
        }
    }

    fn deserialize_seq<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        let items = match self.value() {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong("a list");
                &[]
            }
        };
        visitor.visit_seq(Items { parent: self, items: items.iter() })
    }

    fn deserialize_map<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.fields("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'doc>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.fields(name, fields, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'doc>>
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

impl<'doc> Cursor<'doc, '_> {
    fn fields<V: Visitor<'doc>>(
        self,
        type_name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let entries = match self.value() {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.wrong("a map");
                &[]
            }
        };
        let histories = FieldHistory::all_of(type_name);
        visitor.visit_map(Fields { parent: self, type_name, known, histories, entries: entries.iter(), current: None })
    }

    /// `IntOrString.UnmarshalJSON`: a string, or a number of 32 bits.
    fn int_or_string<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        if let Value::Str(text) = self.value() {
            return visitor.visit_borrowed_str(text);
        }
        let value = self.whole().and_then(|value| i32::try_from(value).ok());
        if value.is_none() {
            self.wrong("a whole number or a string");
        }
        visitor.visit_i32(value.unwrap_or_default())
    }

    /// `Quantity.UnmarshalJSON` takes a number for its text.
    fn quantity(self) -> String {
        let text = match self.value() {
            Value::Str(text) => text.trim().to_owned(),
            Value::Null => return "0".to_owned(),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => self.document.to_json(self.node),
            _ => {
                self.wrong("a quantity such as 500m or 1Gi");
                return "0".to_owned();
            }
        };
        if Quantity::parse(&text).is_none() {
            self.problem(ProblemKind::Malformed { expected: "a quantity such as 500m or 1Gi".to_owned() });
            return "0".to_owned();
        }
        text
    }

    fn time(self, is_time: fn(&str) -> bool) -> &'doc str {
        const EPOCH: &str = "1970-01-01T00:00:00Z";
        match self.value() {
            // What our own type cannot hold becomes the epoch: only the server's verdict counts here.
            Value::Str(text) if is_time(text) => {
                if text.parse::<k8s_openapi::jiff::Timestamp>().is_ok() {
                    text
                } else {
                    EPOCH
                }
            }
            Value::Null => EPOCH,
            Value::Str(_) => {
                let micro = is_time("2006-01-02T15:04:05.000000Z");
                let example = if micro { "2006-01-02T15:04:05.000000Z" } else { "2006-01-02T15:04:05Z" };
                self.problem(ProblemKind::Malformed { expected: format!("a time such as {example}") });
                EPOCH
            }
            _ => {
                self.wrong("a string");
                EPOCH
            }
        }
    }
}
