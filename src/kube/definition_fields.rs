//! A strict decode of custom resource definitions: the types of `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1`
//! as a table. Decoding them into Rust types would cost several kilobytes for each of the thousands of schemas in a
//! definition, and would hide what the server's own decoder lets pass in them.

use super::decode::{Decoded, Problem, ProblemKind, decode};
use super::places::Places;
use crate::yaml::{Document, Entry, NodeId, Value};

/// The type of a field.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Flag,
    Number,
    Whole32,
    Whole64,
    Any,
    Texts,
    Anys,
    One(&'static Struct),
    List(&'static Struct),
    Map(&'static Struct),
    /// A schema or a boolean, read without strictness.
    SchemaOrFlag,
    /// A schema or a list of them, read without strictness; anything else is nothing.
    SchemaOrList,
}

/// A type with fields: their names, and their types in the same order.
struct Struct {
    name: &'static str,
    names: &'static [&'static str],
    places: &'static Places,
    types: &'static [Type],
}

impl Struct {
    /// The type of the field that an entry is.
    fn holds(&self, document: &Document, entry: Entry) -> Option<Type> {
        let is_it = |at: usize| self.names.get(at).is_some_and(|name| document.is_text(entry.key, name));
        self.types.get(self.places.find(entry.place(), is_it)?).copied()
    }
}

macro_rules! structs {
    ($($constant:ident $name:literal { $($field:literal $type:expr,)* })*) => {
        $(static $constant: Struct = Struct {
            name: $name,
            names: &[$($field),*],
            places: &Places::of([$($field),*]),
            types: &[$($type),*],
        };)*
    };
}

structs! {
    DEFINITION "CustomResourceDefinition" {
        "apiVersion" Type::Text,
        "kind" Type::Text,
        "metadata" Type::Any,
        "spec" Type::One(&SPEC),
        "status" Type::Any,
    }
    SPEC "CustomResourceDefinitionSpec" {
        "conversion" Type::One(&CONVERSION),
        "group" Type::Text,
        "names" Type::One(&NAMES),
        "preserveUnknownFields" Type::Flag,
        "scope" Type::Text,
        "versions" Type::List(&VERSION),
    }
    NAMES "CustomResourceDefinitionNames" {
        "categories" Type::Texts,
        "kind" Type::Text,
        "listKind" Type::Text,
        "plural" Type::Text,
        "shortNames" Type::Texts,
        "singular" Type::Text,
    }
    CONVERSION "CustomResourceConversion" {
        "strategy" Type::Text,
        "webhook" Type::One(&WEBHOOK),
    }
    WEBHOOK "WebhookConversion" {
        "clientConfig" Type::One(&CLIENT),
        "conversionReviewVersions" Type::Texts,
    }
    CLIENT "WebhookClientConfig" {
        "caBundle" Type::Text,
        "service" Type::One(&SERVICE),
        "url" Type::Text,
    }
    SERVICE "ServiceReference" {
        "name" Type::Text,
        "namespace" Type::Text,
        "path" Type::Text,
        "port" Type::Whole32,
    }
    VERSION "CustomResourceDefinitionVersion" {
        "additionalPrinterColumns" Type::List(&COLUMN),
        "deprecated" Type::Flag,
        "deprecationWarning" Type::Text,
        "name" Type::Text,
        "schema" Type::One(&VALIDATION),
        "selectableFields" Type::List(&SELECTABLE),
        "served" Type::Flag,
        "storage" Type::Flag,
        "subresources" Type::One(&SUBRESOURCES),
    }
    COLUMN "CustomResourceColumnDefinition" {
        "description" Type::Text,
        "format" Type::Text,
        "jsonPath" Type::Text,
        "name" Type::Text,
        "priority" Type::Whole32,
        "type" Type::Text,
    }
    SELECTABLE "SelectableField" {
        "jsonPath" Type::Text,
    }
    SUBRESOURCES "CustomResourceSubresources" {
        "scale" Type::One(&SCALE),
        "status" Type::One(&NOTHING),
    }
    NOTHING "CustomResourceSubresourceStatus" {}
    SCALE "CustomResourceSubresourceScale" {
        "labelSelectorPath" Type::Text,
        "specReplicasPath" Type::Text,
        "statusReplicasPath" Type::Text,
    }
    VALIDATION "CustomResourceValidation" {
        "openAPIV3Schema" Type::One(&SCHEMA),
    }
    DOCUMENTATION "ExternalDocumentation" {
        "description" Type::Text,
        "url" Type::Text,
    }
    RULE "ValidationRule" {
        "fieldPath" Type::Text,
        "message" Type::Text,
        "messageExpression" Type::Text,
        "optionalOldSelf" Type::Flag,
        "reason" Type::Text,
        "rule" Type::Text,
    }
    SCHEMA "JSONSchemaProps" {
        "$ref" Type::Text,
        "$schema" Type::Text,
        "additionalItems" Type::SchemaOrFlag,
        "additionalProperties" Type::SchemaOrFlag,
        "allOf" Type::List(&SCHEMA),
        "anyOf" Type::List(&SCHEMA),
        "default" Type::Any,
        "definitions" Type::Map(&SCHEMA),
        "dependencies" Type::Any,
        "description" Type::Text,
        "enum" Type::Anys,
        "example" Type::Any,
        "exclusiveMaximum" Type::Flag,
        "exclusiveMinimum" Type::Flag,
        "externalDocs" Type::One(&DOCUMENTATION),
        "format" Type::Text,
        "id" Type::Text,
        "items" Type::SchemaOrList,
        "maxItems" Type::Whole64,
        "maxLength" Type::Whole64,
        "maxProperties" Type::Whole64,
        "maximum" Type::Number,
        "minItems" Type::Whole64,
        "minLength" Type::Whole64,
        "minProperties" Type::Whole64,
        "minimum" Type::Number,
        "multipleOf" Type::Number,
        "not" Type::One(&SCHEMA),
        "nullable" Type::Flag,
        "oneOf" Type::List(&SCHEMA),
        "pattern" Type::Text,
        "patternProperties" Type::Map(&SCHEMA),
        "properties" Type::Map(&SCHEMA),
        "required" Type::Texts,
        "title" Type::Text,
        "type" Type::Text,
        "uniqueItems" Type::Flag,
        "x-kubernetes-embedded-resource" Type::Flag,
        "x-kubernetes-int-or-string" Type::Flag,
        "x-kubernetes-list-map-keys" Type::Texts,
        "x-kubernetes-list-type" Type::Text,
        "x-kubernetes-map-type" Type::Text,
        "x-kubernetes-preserve-unknown-fields" Type::Flag,
        "x-kubernetes-validations" Type::List(&RULE),
    }
}

/// What a strict decode of a definition refuses.
pub fn problems(document: &Document, node: NodeId) -> Vec<Problem> {
    let metadata =
        document.get(node, "metadata").map(|metadata| decode(document, metadata, super::decode::Struct::metadata()));
    let mut problems = metadata.map_or_else(Vec::new, |Decoded { problems, .. }| problems);
    let mut reader = Reader { document, problems: &mut problems, is_strict: true };
    reader.value(node, Type::One(&DEFINITION));
    problems
}

struct Reader<'run> {
    document: &'run Document,
    problems: &'run mut Vec<Problem>,
    /// Whether unknown fields are refused.
    is_strict: bool,
}

impl Reader<'_> {
    fn wrong(&mut self, node: NodeId, expected: &'static str) {
        self.problems.push(Problem { node, kind: ProblemKind::WrongType { expected } });
    }

    fn value(&mut self, node: NodeId, of: Type) {
        let document = self.document;
        let value = document.value(node);
        let is_whole = |low: f64, high: f64| match value {
            #[expect(clippy::cast_precision_loss, reason = "compared with bounds far from the last digits")]
            Value::Int(number) => (low..=high).contains(&(number as f64)),
            Value::Float(number) => number.fract() == 0.0 && (low..=high).contains(&number),
            _ => false,
        };
        match (of, value) {
            (_, Value::Null)
            | (Type::Any, _)
            | (Type::Text, Value::Str(_))
            | (Type::Flag | Type::SchemaOrFlag, Value::Bool(_))
            | (Type::Number, Value::Int(_) | Value::Uint(_) | Value::Float(_))
            | (Type::Anys, Value::List(_)) => {}
            (Type::Text, _) => self.wrong(node, "a string"),
            (Type::Flag, _) => self.wrong(node, "a boolean"),
            (Type::Number, _) => self.wrong(node, "a number"),
            (Type::Whole32, _) if is_whole(-2_147_483_648.0, 2_147_483_647.0) => {}
            (Type::Whole64, _) if is_whole(-9.3e18, 9.3e18) => {}
            (Type::Whole32 | Type::Whole64, _) => self.wrong(node, "a whole number"),
            (Type::Texts, Value::List(items)) => items.iter().for_each(|item| self.value(*item, Type::Text)),
            (Type::List(of), Value::List(items)) => items.iter().for_each(|item| self.value(*item, Type::One(of))),
            (Type::Texts | Type::Anys | Type::List(_), _) => self.wrong(node, "a list"),
            (Type::Map(of), Value::Map(entries)) => {
                for entry in entries {
                    self.value(entry.value(), Type::One(of));
                }
            }
            (Type::One(of), Value::Map(_)) => self.fields(node, of),
            (Type::Map(_) | Type::One(_), _) => self.wrong(node, "a map"),
            (Type::SchemaOrFlag | Type::SchemaOrList, Value::Map(_)) => self.leniently(node, Type::One(&SCHEMA)),
            (Type::SchemaOrFlag, _) => self.wrong(node, "a schema or a boolean"),
            (Type::SchemaOrList, Value::List(_)) => self.leniently(node, Type::List(&SCHEMA)),
            (Type::SchemaOrList, _) => {}
        }
    }

    fn leniently(&mut self, node: NodeId, of: Type) {
        let was_strict = std::mem::replace(&mut self.is_strict, false);
        self.value(node, of);
        self.is_strict = was_strict;
    }

    fn fields(&mut self, node: NodeId, of: &'static Struct) {
        let document = self.document;
        for entry in document.entries(node) {
            match of.holds(document, *entry) {
                Some(Type::Text) if document.is_str(entry.value()) => {}
                Some(of) => self.value(entry.value(), of),
                None if self.is_strict => {
                    let kind = ProblemKind::UnknownField { type_name: of.name, known: of.names };
                    self.problems.push(Problem { node: entry.key, kind });
                }
                None => {}
            }
        }
    }
}
