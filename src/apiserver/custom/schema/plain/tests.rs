//! What is plain, against what is said of it where nothing is passed over.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{KEYWORDS, Plain};
use crate::apiserver::custom::schema::root_but;
use crate::apiserver::field::Run;
use crate::kube::FastSet;
use crate::kube::versions::Target;
use crate::yaml::{Source, as_kubectl, read};

/// Keywords with values of each kind, right and wrong.
const SAID: [&str; 69] = [
    "type: string",
    "type: object",
    "type: array",
    "type: integer",
    "type: number",
    "type: text",
    "type: 1",
    "type:",
    "description: text",
    "required: [a]",
    "enum: [a, b]",
    "minimum: 1",
    "nullable: true",
    "items: {type: string}",
    "items: {type: object, nullable: true}",
    "items: [{type: string}]",
    "items: {}",
    "items: []",
    "items:",
    "properties: {a: {type: string}}",
    "properties: {a: {type: string, default: 1}}",
    "properties: {metadata: {type: object}}",
    "properties: {a: {}}",
    "properties: {a: }",
    "properties: {}",
    "additionalProperties: true",
    "additionalProperties: false",
    "additionalProperties: {type: string}",
    "additionalProperties: {}",
    "additionalProperties:",
    "format: int32",
    "format: double",
    "format: date",
    "format: made-up",
    "format: ''",
    "format: 1",
    "pattern: ^a+$",
    "pattern: (",
    "x-kubernetes-map-type: atomic",
    "x-kubernetes-map-type: set",
    "x-kubernetes-list-type: atomic",
    "x-kubernetes-list-type: set",
    "x-kubernetes-list-type: map",
    "x-kubernetes-list-type: other",
    "x-kubernetes-list-map-keys: [a]",
    "x-kubernetes-int-or-string: true",
    "x-kubernetes-int-or-string: false",
    "x-kubernetes-preserve-unknown-fields: true",
    "x-kubernetes-preserve-unknown-fields: false",
    "x-kubernetes-embedded-resource: true",
    "x-kubernetes-validations: [{rule: ''}]",
    "anyOf: [{type: integer}, {type: string}]",
    "anyOf: [{type: string}, {type: integer}]",
    "anyOf: [{type: integer}]",
    "oneOf: [{required: [a]}]",
    "not: {type: string}",
    "default: a",
    "default: 1",
    "default: 3000000000",
    "default: true",
    "maxLength: 0",
    "enum: [1]",
    "enum: []",
    "properties: {metadata: {type: string, default: a}}",
    "default:",
    "$ref: '#/a'",
    "$schema: a",
    "uniqueItems: true",
    "id: a",
];

/// What is said of a root with these properties, with a look at what is plain and without.
fn said(properties: &str, minor: u8) -> [String; 2] {
    let text = format!("type: object\nproperties:\n{properties}");
    let (documents, _) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
    let document = &documents[0];
    [true, false].map(|looks| {
        let run = Run::new(document, document.root(), Target(minor), FastSet::default());
        let root = run.root();
        root_but(root, false, &if looks { Plain::below(root) } else { Plain::default() });
        format!("{:?}", run.finish())
    })
}

fn is_plain(property: &str) -> bool {
    let text = format!("type: object\nproperties: {{a: {{{property}}}}}");
    let (documents, _) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
    let document = &documents[0];
    let run = Run::new(document, document.root(), Target::default(), FastSet::default());
    let root = run.root();
    Plain::below(root).has(root.child("properties").child("a"))
}

/// One keyword and two, alone, a default with all beside it, and many threes beside each other.
#[test]
fn nothing_is_said_of_what_is_plain() {
    let keyword = |text: &'static str| text.split(':').next();
    let mut plain = 0;
    let mut all = String::new();
    for (at, one) in SAID.iter().enumerate() {
        for (beside, other) in SAID.iter().enumerate().skip(at) {
            let pair = if beside == at { (*one).to_owned() } else { format!("{one}, {other}") };
            if beside > at && keyword(one) == keyword(other) {
                continue;
            }
            let [looked, not] = said(&format!("  a: {{{pair}}}\n"), 34);
            assert_eq!(looked, not, "{pair}");
            plain += usize::from(is_plain(&pair));
            // a default is judged only where nothing else is wrong
            if keyword(one) == Some("type") && keyword(other) == Some("default") {
                for last in SAID.iter().filter(|last| !matches!(keyword(last), Some("type" | "default"))) {
                    let [looked, not] = said(&format!("  a: {{{pair}, {last}}}\n"), 34);
                    assert_eq!(looked, not, "{pair}, {last}");
                }
            }
            for (third, last) in SAID.iter().enumerate().skip(beside + 1).step_by(23) {
                if [one, other].into_iter().all(|before| keyword(before) != keyword(last)) {
                    let _ = writeln!(all, "  p{at}-{beside}-{third}: {{{pair}, {last}}}");
                }
            }
        }
    }
    assert!(plain > 60, "{plain}");
    for minor in [28, 37] {
        let [looked, not] = said(&all, minor);
        assert_eq!(looked, not);
    }
}

#[test]
fn what_most_schemas_say_is_plain() {
    for text in [
        "type: string, default: b, enum: [a, b]",
        "type: integer, default: 1, format: int32",
        "type: string, description: a, enum: [a], format: date, pattern: a",
        "type: array, items: {type: object, properties: {a: {type: integer, format: int64}}}",
        "type: object, additionalProperties: {anyOf: [{type: integer}, {type: string}], x-kubernetes-int-or-string: true}",
        "type: object, properties: {a: {type: string}}, required: [a], x-kubernetes-map-type: atomic",
        "type: array, items: {type: string}, x-kubernetes-list-type: atomic",
    ] {
        assert!(is_plain(text), "{text}");
    }
    for (at, (key, _)) in KEYWORDS.iter().enumerate() {
        assert!(KEYWORDS[..at].iter().all(|(other, _)| other != key), "{key:?} twice");
    }
}
