//! When the checks of a pattern are made: as soon as all that they speak of is known.

use serde::Serialize;
use serde_json::Value as Json;

use crate::pattern::catalogue::definition::Check;
use crate::pattern::template::expressions;

/// What a check waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The entry itself.
    Parameters,
    /// The rest of the document.
    Document,
    /// Other documents of the file.
    References,
}

/// What is known at a stage, as the expressions of checks see it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Known<'a> {
    params: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<&'a Json>,
}

impl<'a> Known<'a> {
    /// The entry's parameters.
    pub(crate) fn parameters(params: &'a Json) -> Self {
        Self { params, document: None, references: None }
    }

    /// The whole document, too.
    pub(crate) fn document(params: &'a Json, document: &'a Json) -> Self {
        Self { params, document: Some(document), references: None }
    }

    /// What the entry's references lead to, too.
    pub(crate) fn references(params: &'a Json, document: &'a Json, references: &'a Json) -> Self {
        Self { params, document: Some(document), references: Some(references) }
    }

    fn stage(&self) -> Stage {
        match (self.document, self.references) {
            (_, Some(_)) => Stage::References,
            (Some(_), None) => Stage::Document,
            (None, None) => Stage::Parameters,
        }
    }

    /// Whether a check is made now: all that it names is known, and was not before.
    pub(crate) fn is_time_for(&self, check: &Check) -> bool {
        let names = expressions::names(&check.that);
        let has = |name: &str| names.iter().any(|known| known == name);
        let waits_for = if has("references") {
            Stage::References
        } else if has("document") {
            Stage::Document
        } else {
            Stage::Parameters
        };
        waits_for == self.stage()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The stages at which a check is made.
    fn stages(that: &str) -> Vec<Stage> {
        let check = serde_json::from_value(json!({"that": that, "at": "to", "message": ""})).unwrap();
        let (params, document, references) = (json!({}), json!({}), json!({}));
        [
            Known::parameters(&params),
            Known::document(&params, &document),
            Known::references(&params, &document, &references),
        ]
        .iter()
        .filter(|known| known.is_time_for(&check))
        .map(Known::stage)
        .collect()
    }

    #[test]
    fn a_check_is_made_once_when_all_it_names_is_known() {
        for (that, stage) in [
            ("params.to", Stage::Parameters),
            ("true", Stage::Parameters),
            ("params.to != 'references'", Stage::Parameters),
            ("params.document.port", Stage::Parameters),
            ("document.port", Stage::Document),
            ("params.to in document['env']", Stage::Document),
            ("document is defined", Stage::Document),
            ("references.to", Stage::References),
            ("document.port or references . to", Stage::References),
            ("this is no expression", Stage::Parameters),
        ] {
            assert_eq!(stages(that), [stage], "{that}");
        }
    }
}
