//! The patterns that a description may use, and what they take.

use std::sync::Arc;

use serde_json::Value as Json;

use super::cursor::Segment;
use super::folders::Seen;
use crate::expand;
use crate::pattern::{Catalogue, Definition, editor_schema};
use crate::project::{self, Project};

/// The project of a description, and its patterns.
#[derive(Debug)]
pub struct Known {
    /// The settings, as far as they can be read.
    pub project: Arc<Project>,
    /// The patterns: ours, and those of the project as far as they can be read.
    pub catalogue: Catalogue,
}

impl Known {
    /// What holds for an open text.
    #[must_use]
    pub fn of(seen: Seen<'_>) -> Self {
        let project = project::nearest(&seen.path()).ok().flatten().unwrap_or_default();
        let catalogue = expand::catalogue(&project, &[]).unwrap_or_else(|_| Catalogue::built_in());
        Self { project: Arc::new(project), catalogue }
    }

    /// The schema of descriptions, as `patterns schema` prints it.
    #[must_use]
    pub fn schema(&self) -> Json {
        editor_schema(&self.catalogue)
    }

    /// A pattern's definition.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.catalogue.folder(name)?.definition().ok()
    }

    /// Whether a parameter names another document: the schema of the value at a path in a document.
    #[must_use]
    pub fn is_reference(&self, path: &[Segment]) -> bool {
        let reference = |name: &str, rest: &[Segment]| {
            let Some(definition) = self.definition(name) else { return false };
            let properties = &definition.params["properties"];
            match rest {
                [] => definition.main.as_ref().is_some_and(|main| properties[main].get("x-reference").is_some()),
                [Segment::Key(param), ..] => properties[param].get("x-reference").is_some(),
                _ => false,
            }
        };
        match path {
            [Segment::Key(list), Segment::Item, Segment::Key(name), rest @ ..] if list == "use" => {
                reference(name, rest)
            }
            [Segment::Key(shape), Segment::Key(name), rest @ ..] if shape == "shape" => reference(name, rest),
            _ => false,
        }
    }
}

/// Whether patterns are named at a path: `use`, or `shape`.
#[must_use]
pub fn pattern_at(path: &[Segment]) -> Option<PatternKey> {
    match path {
        [Segment::Key(list), Segment::Item] if list == "use" => Some(PatternKey::Use),
        [Segment::Key(shape)] if shape == "shape" => Some(PatternKey::Shape),
        _ => None,
    }
}

/// Where a pattern is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKey {
    /// In `use`.
    Use,
    /// Under `shape`.
    Shape,
}
