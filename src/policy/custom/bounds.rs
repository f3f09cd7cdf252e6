//! How large the values of a schema can be, and so what rules cost at most (`k8s.io/apiserver/pkg/cel/common/schemas.go`
//! and `apiextensions-apiserver/pkg/apis/apiextensions/validation/cel_validation.go`).

use super::schema::Schema;
use crate::cel::{Bound, Type};
use crate::kube::versions::Target;
use crate::yaml::{NodeId, Value as Yaml};

/// The bytes of the largest request.
pub const REQUEST: u64 = 3 * 1024 * 1024;

/// What one rule may cost, for all values that it can be asked about in one object.
const RULE: u64 = 10_000_000;

/// What all rules of a schema may cost together.
const SCHEMA: u64 = 100_000_000;

/// The type of a schema's values, and how large they can be.
#[derive(Debug)]
pub struct Declared {
    /// Their type in expressions.
    pub of: Type,
    /// Their size at most.
    pub bound: Bound,
    /// The bytes of the shortest of them in JSON.
    pub shortest: u64,
}

/// The declaration of a value without parts.
pub fn leaf(of: Type, most: u64, shortest: u64) -> Declared {
    Declared { of, bound: Bound::leaf(most), shortest }
}

/// A text, by its format.
pub fn text(schema: Schema<'_>, node: NodeId) -> Declared {
    match schema.text(node, "format") {
        "byte" => leaf(Type::Bytes, whole(schema, node, "maxLength").unwrap_or(REQUEST - 2), 2),
        "duration" => leaf(Type::Duration, 32, 3),
        "date" => leaf(Type::Timestamp, 12, 12),
        "date-time" => leaf(Type::Timestamp, 32, 21),
        _ => {
            let longest = || {
                let words = schema.keyword(node, "enum").map_or(&[][..], |node| schema.document.items(node));
                let lengths = words.iter().map(|word| schema.document.str(*word).map_or(0, str::len));
                lengths.max().and_then(|longest| u64::try_from(longest).ok())
            };
            leaf(Type::String, bytes(schema, node).or_else(longest).unwrap_or(REQUEST - 2), 2)
        }
    }
}

/// A number or a text.
pub fn int_or_string(schema: Schema<'_>, node: NodeId, target: Target) -> Declared {
    // 1.34 was the first to look at `maxLength` here
    let most = if target.minor() < 34 { None } else { bytes(schema, node) };
    leaf(Type::Dyn, most.unwrap_or(REQUEST - 2), 1)
}

/// A list of such elements.
pub fn list(schema: Schema<'_>, node: NodeId, item: Declared) -> Declared {
    let most = whole(schema, node, "maxItems").unwrap_or((REQUEST - 2) / (item.shortest + 1));
    Declared { of: Type::list(item.of), bound: Bound::list(most, item.bound), shortest: 2 }
}

/// A map with such values.
pub fn map(schema: Schema<'_>, node: NodeId, value: Declared) -> Declared {
    let most = whole(schema, node, "maxProperties").unwrap_or((REQUEST - 2) / (value.shortest + 6));
    Declared { of: Type::map(Type::String, value.of), bound: Bound::map(most, value.bound), shortest: 2 }
}

/// Whether the schema of a resource declares all that the server would add (`WithTypeAndObjectMeta`).
pub fn has_metadata(schema: Schema<'_>, node: NodeId) -> bool {
    let is = |node: Option<NodeId>, of: &str| node.is_some_and(|node| schema.text(node, "type") == of);
    let metadata = schema.property(node, "metadata");
    let of_metadata = |name: &str| schema.property(metadata?, name);
    is(schema.property(node, "kind"), "string")
        && is(schema.property(node, "apiVersion"), "string")
        && is(metadata, "object")
        && is(of_metadata("name"), "string")
        && is(of_metadata("generateName"), "string")
}

/// The longest name of an object, as it counts in expressions.
pub fn name(schema: Schema<'_>, metadata: Option<NodeId>, name: &str, target: Target) -> u64 {
    const LONGEST: u64 = 253;
    // 1.37 was the first to know that names are short
    if target.minor() < 37 {
        return REQUEST - 2;
    }
    // the name that is generated is longer by a byte at least
    let longest = if name == "generateName" { LONGEST - 1 } else { LONGEST };
    let own = metadata.and_then(|node| whole(schema, schema.property(node, name)?, "maxLength"));
    own.map_or(longest, |own| own.min(longest)) * 4
}

/// How many values there can be below each value of a schema (`extractMaxElements`); nothing without a bound.
pub fn repeats(schema: Schema<'_>, node: NodeId, of_type: &str) -> Option<u64> {
    match of_type {
        "object" if is_set(schema, node, "additionalProperties") => whole(schema, node, "maxProperties"),
        "array" => whole(schema, node, "maxItems"),
        _ => Some(1),
    }
}

/// How often a rule is evaluated at most for one object: so often as its parents say, or as its value fits into a
/// request.
pub fn count(of_parents: Option<u64>, shortest: u64) -> u64 {
    of_parents.unwrap_or(REQUEST / (shortest + 1))
}

/// Whether a keyword is there and not null.
pub fn is_set(schema: Schema<'_>, node: NodeId, keyword: &str) -> bool {
    schema.keyword(node, keyword).is_some_and(|node| schema.document.value(node) != Yaml::Null)
}

/// A whole number, 0 if it is negative.
fn whole(schema: Schema<'_>, node: NodeId, keyword: &str) -> Option<u64> {
    match schema.document.value(schema.keyword(node, keyword)?) {
        Yaml::Int(number) => Some(u64::try_from(number).unwrap_or(0)),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of 64 bits")]
        Yaml::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Some(number.max(0.0) as u64),
        _ => None,
    }
}

/// The bytes of a text of at most `maxLength` characters.
fn bytes(schema: Schema<'_>, node: NodeId) -> Option<u64> {
    // the server multiplies in 64 bits with a sign
    whole(schema, node, "maxLength").map(|characters| characters.wrapping_mul(4))
}

/// A limit of the server.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// On one rule.
    Rule,
    /// On the message of one rule.
    Message,
    /// On all rules of a schema.
    Schema,
}

impl Limit {
    /// What is said about a cost beyond the limit.
    pub fn exceeded(self, cost: u64) -> Option<String> {
        let limit = if let Self::Schema = self { SCHEMA } else { RULE };
        if cost <= limit {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "the server divides doubles, too")]
        let factor = cost as f64 / limit as f64;
        let factor = match factor {
            _ if factor > 100.0 => "more than 100".to_owned(),
            // as exact as the server says it
            _ if factor < 1.5 => format!("{factor:.6}"),
            _ => format!("{factor:.1}"),
        };
        let advice = "set `maxItems`, `maxProperties` and `maxLength` on the lists, maps and strings that it reads";
        Some(match self {
            Self::Rule => {
                format!("the API server estimates {factor} times the cost that it allows for a rule; {advice}")
            }
            Self::Message => {
                format!("the API server estimates {factor} times the cost that it allows for a message; {advice}")
            }
            Self::Schema => format!(
                "the API server estimates {factor} times the cost that it allows for all rules of a schema, most of it for this rule; {advice}"
            ),
        })
    }
}
