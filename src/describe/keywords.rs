//! The keywords of JSON Schema that values are checked by. Any other would be passed over in silence, so schemas that
//! users write have none.

/// Those of a parameter of a description.
pub const OF_PARAMETERS: [&str; 16] = [
    "type",
    "default",
    "description",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "items",
    "minItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
];

/// Those that a parameter of a pattern may have beside them, and our `x-…`.
pub const OF_PATTERNS: [&str; 4] = ["const", "propertyNames", "anyOf", "oneOf"];

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::describe::grammar;

    /// The schemas directly below one.
    fn below(schema: &Json) -> Vec<&Json> {
        let maps = ["properties", "patternProperties"].into_iter().filter_map(|key| schema.get(key)?.as_object());
        let lists = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
        let single = ["items", "additionalProperties", "propertyNames"].into_iter().filter_map(|key| schema.get(key));
        maps.flat_map(|map| map.values()).chain(lists.flatten()).chain(single).collect()
    }

    #[test]
    fn the_grammar_of_descriptions_has_no_others() {
        // the last tells editors what to offer; too many are refused where it is known what of
        const OF_GRAMMARS: [&str; 3] = ["patternProperties", "minProperties", "maxItems"];
        let known = || OF_PARAMETERS.into_iter().chain(OF_PATTERNS).chain(OF_GRAMMARS);
        let mut pending = vec![grammar()];
        let mut seen = 0;
        while let Some(schema) = pending.pop() {
            for key in schema.as_object().into_iter().flat_map(|members| members.keys()) {
                assert!(key.starts_with("x-") || known().any(|word| word == key), "{key} of {schema}");
                seen += 1;
            }
            pending.extend(below(schema));
        }
        assert!(seen > 500, "{seen}");
    }
}
