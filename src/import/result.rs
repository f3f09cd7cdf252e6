//! What an import comes to: documents with their comparison, and what stays where it is.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Field, Input, Kind};
use crate::diagnostic::Stop;

/// What generates objects from the text of a description, in an environment if one is named.
pub type Generate<'a> = &'a dyn Fn(&str, Option<&str>) -> Result<Vec<Json>, Stop>;

/// A document of the description.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its `name`, which is the workload's where that can be one.
    pub name: String,
    /// Its `namespace`; none where the manifest leaves it to kubectl.
    pub namespace: Option<String>,
    /// The workload that it is for.
    pub workload: Input,
    /// The document as YAML, with its comments.
    pub text: String,
    /// The comparison, by object of the input.
    pub objects: Vec<Compared>,
    /// What it makes beside the objects that were there.
    pub added: Vec<String>,
    /// How many patches it needs.
    pub patches: usize,
    /// Objects that it takes over as they are.
    pub extra: Vec<Input>,
    /// What has to be deleted because it cannot be changed into what is made.
    pub obsolete: Vec<String>,
    /// Keys of Secrets that have to be there first, for values that the manifest has in the open.
    pub secrets: Vec<String>,
    /// The environments it has.
    pub environments: Vec<String>,
    /// Those of them that change something.
    pub(super) changed: BTreeSet<String>,
    /// What it leaves out on purpose, with the reason.
    pub notes: Vec<String>,
    /// Which of several variants it is of, if others of this import have its objects, too.
    pub variant: Option<String>,
}

/// An object of the input with what is made of it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The object as it is.
    pub input: Input,
    /// What takes its place.
    pub made: Json,
    /// Field by field.
    pub fields: Vec<Field>,
}

/// An object that stays in its file.
#[derive(Debug)]
pub struct Left {
    /// The object as it is.
    pub input: Input,
    /// Why it is not taken over, for a sentence.
    pub why: String,
}

/// The result of an import.
#[derive(Debug, Default)]
pub struct Import {
    /// The documents, in the order of their workloads.
    pub documents: Vec<Imported>,
    /// What stays where it is.
    pub left: Vec<Left>,
    /// What the cluster makes of other objects: nothing to apply.
    pub of_cluster: Vec<Input>,
    /// Why the documents do not generate together, though each alone does; none, or the import has failed.
    pub refused: Vec<String>,
}

impl Import {
    /// The fields that were said and are not made; none, or the import has failed.
    pub fn lost(&self) -> impl Iterator<Item = (&Input, &Field)> {
        let objects = self.documents.iter().flat_map(|document| &document.objects);
        objects.flat_map(|object| {
            let lost = object.fields.iter().filter(|field| field.kind == Kind::Lost);
            lost.map(move |field| (&object.input, field))
        })
    }
}
