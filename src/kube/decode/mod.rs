//! A serde deserializer over the tree, strict as the API server's decoder and able to go on after a mistake.
//!
//! Every mistake is recorded at its node and a harmless value takes its place, so one wrong type does not hide
//! the next. What counts as a mistake follows `k8s.io/apimachinery/pkg/runtime/serializer/json` with
//! strict decoding: unknown fields (case-sensitive), values of another type; null is absence.

mod access;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

use self::access::{Fields, Items};
use super::bytes::{base64, to_base64};
use super::versions::FieldHistory;
use crate::go::{self, Quantity};
use crate::yaml::{Document, Entry, NodeId, Value};

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
    let run = Run { document, problems: RefCell::default(), versioned: RefCell::default() };
    let decoded = T::deserialize(Cursor { run: &run, node, mode: Mode::Typed });
    let (mut problems, versioned) = (run.problems.into_inner(), run.versioned.into_inner());
    let value = match decoded {
        Ok(value) => Some(value),
        Err(Failure(failure)) => {
            let kind = ProblemKind::Malformed { expected: failure.message };
            problems.push(Problem { node: failure.node.unwrap_or(node), kind });
            None
        }
    };
    Decoded { value, problems, versioned }
}

/// An error of a field's own `Deserialize`; the innermost value that failed is noted on the way out. Boxed: every
/// field of every type returns one, and nearly none ever does.
#[derive(Debug)]
struct Failure(Box<FailureAt>);

#[derive(Debug)]
struct FailureAt {
    node: Option<NodeId>,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(Box::new(FailureAt { node: None, message: message.to_string() }))
    }
}

impl Failure {
    fn at(mut self, node: NodeId) -> Self {
        self.0.node.get_or_insert(node);
        self
    }
}

/// One decode: what it reads, and what it has found.
struct Run<'doc> {
    document: &'doc Document,
    problems: RefCell<Vec<Problem>>,
    versioned: RefCell<Vec<Versioned>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Typed,
    /// Inside a field that holds any JSON (`RawExtension`, `JSON`).
    Any,
}

/// A node to decode.
///
/// serde makes a copy of each generic method for each of some 450 types of Kubernetes. So these hold next to nothing:
/// what does not depend on the type is in methods that are not generic and not inlined. With all of it in the generic
/// ones, the decoder takes three times as long to compile on the release profile, and is half as large again.
#[derive(Clone, Copy)]
struct Cursor<'doc, 'run> {
    run: &'run Run<'doc>,
    node: NodeId,
    mode: Mode,
}

impl<'doc> Cursor<'doc, '_> {
    #[inline(never)]
    fn value(self) -> Value<'doc> {
        self.run.document.value(self.node)
    }

    fn at(self, node: NodeId) -> Self {
        Self { node, ..self }
    }

    fn problem(self, kind: ProblemKind) {
        self.run.problems.borrow_mut().push(Problem { node: self.node, kind });
    }

    #[cold]
    fn wrong(self, expected: &'static str) {
        self.problem(ProblemKind::WrongType { expected });
    }

    #[inline(never)]
    fn is_null(self) -> bool {
        self.value() == Value::Null
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

    /// A whole number from `min` to `max`, or nothing and a mistake that names the width in bits.
    #[inline(never)]
    fn integer(self, min: i64, max: i64, expected: &'static str) -> i64 {
        let value = self.whole().filter(|value| (min..=max).contains(value));
        if value.is_none() {
            self.wrong(match self.value() {
                Value::Int(_) | Value::Uint(_) => expected,
                _ => "a whole number",
            });
        }
        value.unwrap_or_default()
    }

    #[inline(never)]
    fn boolean(self) -> bool {
        match self.value() {
            Value::Bool(value) => value,
            Value::Null => false,
            _ => {
                self.wrong("a boolean");
                false
            }
        }
    }

    #[inline(never)]
    fn float(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "the field is a float")]
        match self.value() {
            Value::Int(value) => value as f64,
            Value::Uint(value) => value as f64,
            Value::Float(value) => value,
            Value::Null => 0.0,
            _ => {
                self.wrong("a number");
                0.0
            }
        }
    }

    /// A scalar's text as written, to use where a string was wanted.
    #[inline(never)]
    fn text(self) -> &'doc str {
        match self.value() {
            Value::Str(text) => text,
            Value::Null => "",
            _ => {
                self.wrong("a string");
                self.run.document.raw(self.node)
            }
        }
    }

    #[inline(never)]
    fn items(self) -> &'doc [NodeId] {
        match self.value() {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong("a list");
                &[]
            }
        }
    }

    #[inline(never)]
    fn entries(self) -> &'doc [Entry] {
        match self.value() {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.wrong("a map");
                &[]
            }
        }
    }

    /// The text of bytes in base64, as the server writes it back.
    #[inline(never)]
    fn bytes(self) -> Cow<'doc, str> {
        let is_byte = |node: &NodeId| matches!(self.run.document.value(*node), Value::Int(0..=255) | Value::Null);
        match self.value() {
            Value::Str(text) => match base64(text) {
                Some(bytes) => return Cow::Owned(to_base64(&bytes)),
                None => self.problem(ProblemKind::Malformed { expected: "base64".to_owned() }),
            },
            // Go reads a list of numbers as bytes too.
            Value::List(items) if items.iter().all(is_byte) => {}
            _ => self.wrong("a text in base64"),
        }
        Cow::Borrowed("")
    }

    /// `IntOrString.UnmarshalJSON`: a string, or a number of 32 bits.
    fn number_for_text(self) -> i32 {
        let value = self.whole().and_then(|value| i32::try_from(value).ok());
        if value.is_none() {
            self.wrong("a whole number or a string");
        }
        value.unwrap_or_default()
    }

    /// `Quantity.UnmarshalJSON` takes a number for its text.
    fn quantity(self) -> String {
        let text = match self.value() {
            Value::Str(text) => text.trim().to_owned(),
            Value::Null => return "0".to_owned(),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => self.run.document.to_json(self.node),
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
/// Declares the integer methods, which differ in range alone.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ty, $bits:literal;)*) => {$(
        fn $method<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
            let (min, max) = (i64::try_from(<$type>::MIN), i64::try_from(<$type>::MAX));
            let value = self.integer(min.unwrap_or(0), max.unwrap_or(i64::MAX), concat!("a whole number of ", $bits, " bits"));
            visitor.$visit(<$type>::try_from(value).unwrap_or_default())
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
        match (self.mode, self.value()) {
            (_, Value::Str(text)) => visitor.visit_borrowed_str(text),
            (Mode::Typed, _) => visitor.visit_i32(self.number_for_text()),
            (Mode::Any, Value::Null) => visitor.visit_unit(),
            (Mode::Any, Value::Bool(value)) => visitor.visit_bool(value),
            (Mode::Any, Value::Int(value)) => visitor.visit_i64(value),
            (Mode::Any, Value::Uint(value)) => visitor.visit_u64(value),
            (Mode::Any, Value::Float(value)) => visitor.visit_f64(value),
            (Mode::Any, Value::List(_)) => self.deserialize_seq(visitor),
            (Mode::Any, Value::Map(_)) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_bool(self.boolean())
    }

    fn deserialize_f64<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_f64(self.float())
    }

    fn deserialize_f32<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_f64(visitor)
    }

    /// Bytes: no other type of Kubernetes asks for a borrowed text.
    fn deserialize_str<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.bytes() {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_string<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_option<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'doc>>(self, name: &'static str, visitor: V) -> Result<V::Value, Failure> {
        match name {
            "Quantity" => visitor.visit_newtype_struct(self.quantity().into_deserializer()),
            "Time" => visitor.visit_newtype_struct(self.time(go::is_rfc3339).into_deserializer()),
            "MicroTime" => visitor.visit_newtype_struct(self.time(go::is_rfc3339_micro).into_deserializer()),
            _ => visitor.visit_newtype_struct(Self { mode: Mode::Any, ..self }),
        }
    }

    #[inline(never)]
    fn deserialize_seq<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(Items { parent: self, items: self.items().iter() })
    }

    #[inline(never)]
    fn deserialize_map<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(Fields::of(self, "", &[]))
    }

    #[inline(never)]
    fn deserialize_struct<V: Visitor<'doc>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_map(Fields::of(self, name, fields))
    }

    fn deserialize_ignored_any<V: Visitor<'doc>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'doc>>
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}
