//! Strict decoding of an object, as on the API server, but continuing after a mistake.
//!
//! Every mistake is recorded at its node, so one wrong type does not hide the next. What counts as a mistake follows
//! `k8s.io/apimachinery/pkg/runtime/serializer/json` with strict decoding: unknown fields (case-sensitive), values of
//! another type; null is absence. The fields are listed in [`table`].

mod former;
mod homes;
mod table;

use std::borrow::Cow;

use super::bytes::base64;
use super::versions::FieldHistory;
use crate::go::{self, Quantity};
use crate::yaml::{Document, Entry, Key, NodeId, Value};

pub use former::former_field;
pub use homes::{Home, home_of_field, home_of_fields};
pub use table::{KINDS, Struct};
use table::{Of, Type, Wrap};

const API_VERSION: Key<'_> = Key::new("apiVersion");
const KIND: Key<'_> = Key::new("kind");

/// Something that strict decoding refuses.
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

/// The result of decoding.
#[derive(Debug, Default)]
pub struct Decoded {
    /// What a strict decode refuses.
    pub problems: Vec<Problem>,
    /// The fields that depend on the version.
    pub versioned: Vec<Versioned>,
    /// Whether it calls itself something else than what it is decoded as.
    pub is_other: bool,
}

/// Decodes a node as a type.
pub fn decode(document: &Document, node: NodeId, of: &'static Struct) -> Decoded {
    let mut run = Run { document, found: Decoded::default() };
    run.fields(node, of);
    run.found
}

/// Decodes a node as an object of a kind.
pub fn decode_object(document: &Document, node: NodeId, kind: (&str, &str), of: &'static Struct) -> Decoded {
    let mut run = Run { document, found: Decoded::default() };
    // The types of some kinds insist on their own name, of others not.
    let insists = of.insists_on_its_name();
    for entry in run.entries(node) {
        let named = [(API_VERSION, kind.0), (KIND, kind.1)];
        let insisted = named.into_iter().find(|(key, _)| insists && document.is_under(entry, *key));
        if let Some((_, expected)) = insisted {
            run.text(entry.value());
            let is = text(document, entry.value());
            if is != expected {
                let expected = format!("invalid value: string {is:?}, expected {expected}");
                run.problem(node, ProblemKind::Malformed { expected });
                run.found.is_other = true;
                break;
            }
        } else {
            run.field(node, of, *entry);
        }
    }
    run.found
}

/// The number, if it is an integer: Go's decoder accepts `80.0`, which YAML has already turned into 80.
pub(super) fn whole(document: &Document, node: NodeId) -> Option<i64> {
    match document.value(node) {
        Value::Null => Some(0),
        Value::Int(value) => Some(value),
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9.2e18 => Some(value as i64),
        _ => None,
    }
}

/// A scalar's text as written, for use where a string is expected.
pub(super) fn text(document: &Document, node: NodeId) -> &str {
    let other = || if document.is_null(node) { "" } else { document.raw(node) };
    document.str(node).unwrap_or_else(other)
}

/// `Quantity.UnmarshalJSON` accepts a number as its text.
pub(super) fn quantity(document: &Document, node: NodeId) -> Result<Cow<'_, str>, ProblemKind> {
    let text = match document.value(node) {
        Value::Str(text) => Cow::Borrowed(text.trim()),
        Value::Null => return Ok(Cow::Borrowed("0")),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => Cow::Owned(document.to_json(node)),
        _ => return Err(ProblemKind::WrongType { expected: "a quantity such as 500m or 1Gi" }),
    };
    if Quantity::parse(&text).is_none() {
        return Err(ProblemKind::Malformed { expected: "a quantity such as 500m or 1Gi".to_owned() });
    }
    Ok(text)
}

/// One decode: what it reads, and what it has found.
struct Run<'doc> {
    document: &'doc Document,
    found: Decoded,
}

impl<'doc> Run<'doc> {
    fn problem(&mut self, node: NodeId, kind: ProblemKind) {
        self.found.problems.push(Problem { node, kind });
    }

    #[cold]
    fn wrong(&mut self, node: NodeId, expected: &'static str) {
        self.problem(node, ProblemKind::WrongType { expected });
    }

    /// The value of a field or of an element, whatever it is wrapped in.
    fn value(&mut self, node: NodeId, Type { wrap, of }: Type) {
        match wrap {
            Wrap::Nothing => self.one(node, of),
            Wrap::List => {
                for item in self.items(node) {
                    self.one(*item, of);
                }
            }
            Wrap::Map => self.map(node, |run, value| run.one(value, of)),
            Wrap::MapOfLists => self.map(node, |run, value| run.value(value, Type { wrap: Wrap::List, of })),
        }
    }

    fn one(&mut self, node: NodeId, of: Of) {
        match of {
            Of::Type(number) => {
                if let Some(of) = table::TYPES.get(usize::from(number)) {
                    self.fields(node, of);
                }
            }
            Of::Text => self.text(node),
            Of::Boolean => {
                if !matches!(self.document.value(node), Value::Bool(_) | Value::Null) {
                    self.wrong(node, "a boolean");
                }
            }
            Of::I32 => self.integer(node, i64::from(i32::MIN)..=i64::from(i32::MAX), "a whole number of 32 bits"),
            Of::I64 => self.integer(node, i64::MIN..=i64::MAX, "a whole number of 64 bits"),
            Of::NumberOrText => self.number_or_text(node),
            Of::Quantity => {
                if let Err(kind) = quantity(self.document, node) {
                    self.problem(node, kind);
                }
            }
            Of::Bytes => self.bytes(node),
            Of::Time => self.time(node, go::is_rfc3339),
            Of::MicroTime => self.time(node, go::is_rfc3339_micro),
            Of::Any => {}
        }
    }

    fn text(&mut self, node: NodeId) {
        if !self.document.is_str(node) && !self.document.is_null(node) {
            self.wrong(node, "a string");
        }
    }

    /// A whole number in a range, or a mistake that names the width in bits.
    fn integer(&mut self, node: NodeId, range: std::ops::RangeInclusive<i64>, expected: &'static str) {
        if whole(self.document, node).is_none_or(|value| !range.contains(&value)) {
            let is_number = matches!(self.document.value(node), Value::Int(_) | Value::Uint(_));
            self.wrong(node, if is_number { expected } else { "a whole number" });
        }
    }

    /// `IntOrString.UnmarshalJSON`: a string, or a number of 32 bits.
    fn number_or_text(&mut self, node: NodeId) {
        let is_number = || whole(self.document, node).is_some_and(|value| i32::try_from(value).is_ok());
        if self.document.str(node).is_none() && !is_number() {
            self.wrong(node, "a whole number or a string");
        }
    }

    fn items(&mut self, node: NodeId) -> &'doc [NodeId] {
        let items = self.document.items(node);
        if items.is_empty() && !matches!(self.document.value(node), Value::List(_) | Value::Null) {
            self.wrong(node, "a list");
        }
        items
    }

    fn entries(&mut self, node: NodeId) -> &'doc [Entry] {
        let entries = self.document.entries(node);
        if entries.is_empty() && !matches!(self.document.value(node), Value::Map(_) | Value::Null) {
            self.wrong(node, "a map");
        }
        entries
    }

    /// Bytes in base64. Go reads a list of numbers as bytes too.
    fn bytes(&mut self, node: NodeId) {
        let is_byte = |node: &NodeId| matches!(self.document.value(*node), Value::Int(0..=255) | Value::Null);
        match self.document.value(node) {
            Value::Str(text) => {
                if base64(text).is_none() {
                    self.problem(node, ProblemKind::Malformed { expected: "base64".to_owned() });
                }
            }
            Value::Null => {}
            Value::List(items) if items.iter().all(is_byte) => {}
            _ => self.wrong(node, "a text in base64"),
        }
    }

    fn time(&mut self, node: NodeId, is_time: fn(&str) -> bool) {
        match self.document.value(node) {
            Value::Null => {}
            Value::Str(text) if is_time(text) => {}
            Value::Str(_) => {
                let expected = "a time such as 2006-01-02T15:04:05.000000Z".to_owned();
                self.problem(node, ProblemKind::Malformed { expected });
            }
            _ => self.wrong(node, "a string"),
        }
    }

    /// A map of texts to anything.
    fn map(&mut self, node: NodeId, each: impl Fn(&mut Self, NodeId)) {
        let document = self.document;
        for entry in self.entries(node) {
            let is_boolean = || matches!(document.value(entry.key), Value::Bool(_));
            if !document.is_str(entry.key) && is_boolean() && document.raw(entry.key) != document.key(entry) {
                self.problem(entry.key, ProblemKind::BooleanKey);
            }
            each(self, entry.value());
        }
    }

    /// A map of fields that a type knows.
    fn fields(&mut self, node: NodeId, of: &'static Struct) {
        let document = self.document;
        let is_object = of.is_object();
        for entry in self.entries(node) {
            if is_object && [API_VERSION, KIND].iter().any(|key| document.is_under(entry, *key)) {
                // Any text will do in an object inside another, such as a claim template.
                self.text(entry.value());
            } else {
                self.field(node, of, *entry);
            }
        }
    }

    fn field(&mut self, owner: NodeId, of: &'static Struct, entry: Entry) {
        let history = of.histories().iter().find(|history| self.document.is_under(&entry, history.key()));
        if let Some(history) = history {
            self.found.versioned.push(Versioned { owner, key: entry.key, value: entry.value(), history });
            if history.comes_or_goes() {
                self.problem(entry.key, ProblemKind::OtherVersion { type_name: of.name, history });
            }
            if let Some((type_name, known)) = history.gone_type() {
                self.texts(entry.value(), type_name, known);
            }
        }
        if let Some(holds) = of.holds_entry(self.document, entry) {
            if !self.document.is_null(entry.value()) {
                self.value(entry.value(), holds);
            }
        } else if history.is_none() {
            // The types are those of the newest version: a field that went before it has been noted by its history.
            self.problem(entry.key, ProblemKind::UnknownField { type_name: of.name, known: of.fields });
        }
    }

    /// A type whose fields are all texts, and which the table does not have.
    fn texts(&mut self, node: NodeId, type_name: &'static str, known: &'static [&'static str]) {
        for entry in self.entries(node) {
            if known.contains(&&*self.document.key(entry)) {
                self.text(entry.value());
            } else {
                self.problem(entry.key, ProblemKind::UnknownField { type_name, known });
            }
        }
    }
}
