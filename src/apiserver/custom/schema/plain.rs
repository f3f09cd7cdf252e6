//! Schemas in which nothing can be wrong: most say a type, a description, and fields of the same kind. They are told in
//! one look at their keywords, and need not be judged.

use crate::apiserver::custom::formats;
use crate::apiserver::field::Field;
use crate::go::regex;
use crate::kube::FastSet;
use crate::kube::versions::Target;
use crate::yaml::{Document, Entry, Key, NodeId, Value};

/// The types of values.
pub(super) const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// What a keyword may say in a plain schema.
#[derive(Clone, Copy)]
enum Keyword {
    /// Anything that decoding lets pass.
    Any,
    /// The same, which a default may break.
    Bound,
    Default,
    Enum,
    Type,
    Properties,
    Items,
    Others,
    Format,
    Pattern,
    MapType,
    ListType,
    IntOrString,
    AnyOf,
}

/// The keywords of plain schemas, frequent ones first.
const KEYWORDS: [(Key, Keyword); 27] = [
    (Key::new("description"), Keyword::Any),
    (Key::new("type"), Keyword::Type),
    (Key::new("properties"), Keyword::Properties),
    (Key::new("items"), Keyword::Items),
    (Key::new("required"), Keyword::Any),
    (Key::new("x-kubernetes-map-type"), Keyword::MapType),
    (Key::new("x-kubernetes-list-type"), Keyword::ListType),
    (Key::new("format"), Keyword::Format),
    (Key::new("enum"), Keyword::Enum),
    (Key::new("default"), Keyword::Default),
    (Key::new("additionalProperties"), Keyword::Others),
    (Key::new("pattern"), Keyword::Pattern),
    (Key::new("anyOf"), Keyword::AnyOf),
    (Key::new("x-kubernetes-int-or-string"), Keyword::IntOrString),
    (Key::new("nullable"), Keyword::Any),
    (Key::new("maxLength"), Keyword::Bound),
    (Key::new("minLength"), Keyword::Bound),
    (Key::new("maximum"), Keyword::Bound),
    (Key::new("minimum"), Keyword::Bound),
    (Key::new("maxItems"), Keyword::Bound),
    (Key::new("minItems"), Keyword::Bound),
    (Key::new("maxProperties"), Keyword::Bound),
    (Key::new("minProperties"), Keyword::Bound),
    (Key::new("title"), Keyword::Any),
    (Key::new("example"), Keyword::Any),
    (Key::new("externalDocs"), Keyword::Any),
    (Key::new("multipleOf"), Keyword::Bound),
];

/// Which schemas below a root are plain, by the numbers of their nodes.
#[derive(Default)]
pub(super) struct Plain {
    found: Vec<u64>,
}

impl Plain {
    /// Looks at a schema and at all below it.
    pub(super) fn below(root: Field) -> Self {
        let (document, target) = (root.document(), root.target());
        let mut reader = Reader { document, target, found: Vec::new(), patterns: FastSet::default(), identities: 0 };
        // where the server drops something, what is written is not what it judges; what an alias repeats may be plain in
        // one place only
        if let (Some(node), _) = root.nodes()
            && root.is_whole()
            && !document.has_aliases()
        {
            reader.schema(node);
        }
        Self { found: reader.found }
    }

    /// Whether nothing can be wrong in a schema that is not the root.
    pub(super) fn has(&self, schema: Field) -> bool {
        schema.nodes().0.is_some_and(|node| {
            let number = node.number();
            self.found.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
        })
    }
}

struct Reader<'a> {
    document: &'a Document,
    target: Target,
    found: Vec<u64>,
    /// Regular expressions that the server takes.
    patterns: FastSet<&'a str>,
    /// How many properties around are called as what identifies an object: a resource's have no defaults.
    identities: usize,
}

/// The keywords of one schema that depend on each other.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each keyword")]
struct Said<'a> {
    of_type: &'a str,
    items: bool,
    properties: bool,
    others: bool,
    int_or_string: bool,
    any_of: bool,
    format: Option<&'a str>,
    is_bound: bool,
    default: Option<NodeId>,
    values: Option<NodeId>,
    map_type: bool,
    list_type: bool,
}

impl<'a> Reader<'a> {
    /// Whether the server takes a regular expression. Schemas have few of them, and these often.
    fn takes_pattern(&mut self, pattern: &'a str) -> bool {
        let is_known = self.patterns.contains(pattern);
        let is_taken = is_known || regex::refusal(pattern).is_none();
        if is_taken && !is_known {
            self.patterns.insert(pattern);
        }
        is_taken
    }

    fn schema(&mut self, node: NodeId) -> bool {
        let document = self.document;
        let mut said = Said::default();
        let mut is_plain = true;
        for entry in document.entries(node) {
            // each is looked at, whatever the others say: some of them may be plain
            is_plain &= self.keyword(*entry, &mut said);
        }
        is_plain = is_plain && self.agree(&said);
        if is_plain {
            let (at, bit) = (node.number() / 64, node.number() % 64);
            if self.found.len() <= at {
                self.found.resize(at + 1, 0);
            }
            self.found[at] |= 1 << bit;
        }
        is_plain
    }

    fn property(&mut self, entry: Entry) -> bool {
        const IDENTITIES: [Key; 3] = [Key::new("metadata"), Key::new("kind"), Key::new("apiVersion")];
        let is_identity = IDENTITIES.iter().any(|key| self.document.is_under(&entry, *key));
        self.identities += usize::from(is_identity);
        let is_plain = self.schema(entry.value());
        self.identities -= usize::from(is_identity);
        is_plain
    }

    /// Whether a keyword alone says what a plain schema does.
    fn keyword(&mut self, entry: Entry, said: &mut Said<'a>) -> bool {
        let document = self.document;
        let known = KEYWORDS.iter().find(|(key, _)| document.is_under(&entry, *key));
        let Some((_, keyword)) = known else { return false };
        let node = entry.value();
        match keyword {
            Keyword::Any => true,
            Keyword::Bound => {
                said.is_bound = true;
                true
            }
            Keyword::Default => {
                said.default = Some(node);
                self.identities == 0
            }
            Keyword::Enum => {
                said.values = Some(node);
                true
            }
            Keyword::Type => {
                let of_type = document.str(node);
                said.of_type = of_type.unwrap_or_default();
                of_type.is_some()
            }
            Keyword::Properties => {
                said.properties = true;
                let mut are_plain = true;
                for entry in document.entries(node) {
                    are_plain &= self.property(*entry);
                }
                are_plain
            }
            Keyword::Items => {
                said.items = true;
                self.schema(node)
            }
            Keyword::Others => {
                said.others = true;
                document.value(node) == Value::Bool(true) || self.schema(node)
            }
            Keyword::Format => {
                said.format = document.str(node);
                said.format.is_some()
            }
            Keyword::Pattern => {
                said.is_bound = true;
                document.str(node).is_some_and(|pattern| self.takes_pattern(pattern))
            }
            Keyword::MapType => {
                said.map_type = true;
                matches!(document.str(node), Some("atomic" | "granular"))
            }
            Keyword::ListType => {
                said.list_type = true;
                document.str(node) == Some("atomic")
            }
            Keyword::IntOrString => {
                said.int_or_string = true;
                document.value(node) == Value::Bool(true)
            }
            Keyword::AnyOf => {
                said.any_of = true;
                self.is_int_or_string(node)
            }
        }
    }

    /// Whether what a plain schema says is right together.
    fn agree(&self, said: &Said) -> bool {
        if said.int_or_string {
            // nothing but these two, and what restricts values
            let Said { items, properties, others, map_type, list_type, .. } = said;
            return said.of_type.is_empty()
                && said.default.is_none()
                && said.format.is_none()
                && ![items, properties, others, map_type, list_type].into_iter().any(|is_said| *is_said);
        }
        TYPES.contains(&said.of_type)
            && !said.any_of
            && (!said.others || !said.properties)
            && (said.of_type != "array" || said.items)
            && (!said.map_type || said.of_type == "object")
            && (!said.list_type || said.of_type == "array")
            && said.format.is_none_or(|format| formats::is_known_of(said.of_type, format, self.target.0))
            && said.default.is_none_or(|default| self.takes(said, default))
    }

    /// Whether a schema plainly takes its own default.
    fn takes(&self, said: &Said, default: NodeId) -> bool {
        let document = self.document;
        let has = |text: &str| {
            let values = said.values.map(|values| document.items(values));
            values.is_none_or(|values| values.iter().any(|value| document.str(*value) == Some(text)))
        };
        !said.is_bound
            && match (said.of_type, document.value(default)) {
                ("string", Value::Str(text)) => said.format.is_none() && has(text),
                ("integer", Value::Int(number)) => said.values.is_none() && i32::try_from(number).is_ok(),
                ("boolean", Value::Bool(_)) => said.values.is_none(),
                _ => false,
            }
    }

    /// Whether the alternatives are those of a number or a text.
    fn is_int_or_string(&self, node: NodeId) -> bool {
        let [number, text] = self.document.items(node) else { return false };
        let is = |schema: NodeId, of_type: &str| {
            let [entry] = self.document.entries(schema) else { return false };
            self.document.is_under(entry, Key::new("type")) && self.document.str(entry.value()) == Some(of_type)
        };
        is(*number, "integer") && is(*text, "string")
    }
}

#[cfg(test)]
mod tests;
