//! Which keywords a schema has. Some fifty are asked for at each schema, several times over, and most have three: one look
//! at the keys spares nearly all of the others.

use super::super::field::Field;

/// Those that are asked for, the most frequent ones first.
const NAMES: [&str; 31] = [
    "description",
    "type",
    "properties",
    "items",
    "required",
    "format",
    "default",
    "pattern",
    "additionalProperties",
    "x-kubernetes-validations",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "anyOf",
    "allOf",
    "oneOf",
    "not",
    "nullable",
    "maxProperties",
    "minProperties",
    "uniqueItems",
    "id",
    "$ref",
    "$schema",
    "patternProperties",
    "dependencies",
    "additionalItems",
    "definitions",
];

/// A set of keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keywords(u64);

impl Keywords {
    /// These; all of them have to be asked for anywhere.
    pub const fn these(names: &[&str]) -> Self {
        let (mut set, mut index) = (0, 0);
        while index < names.len() {
            let mut number = 0;
            while !is_same(NAMES[number], names[index]) {
                number += 1;
            }
            set |= 1 << number;
            index += 1;
        }
        Self(set)
    }

    /// Those that are written in a schema, null or not.
    pub fn of(schema: Field) -> Self {
        let document = schema.document();
        let entries = schema.nodes().0.map_or(&[][..], |node| document.entries(node));
        let number = |key: &str| NAMES.iter().position(|name| *name == key);
        // a key that is no text is no keyword
        let numbers = entries.iter().filter_map(|entry| document.str(entry.key).and_then(number));
        Self(numbers.fold(0, |set, number| set | 1 << number))
    }

    /// These and the others.
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether one of the others is among them.
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
