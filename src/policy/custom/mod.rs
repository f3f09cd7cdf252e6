//! Rules in CEL of custom resource definitions, `x-kubernetes-validations`, as the API server evaluates them when an
//! object is created: `apiextensions-apiserver/pkg/apiserver/schema/cel`.

mod bounds;
mod judge;
mod names;
mod reader;
mod schema;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::judge::Judge;
use self::reader::Reader;
use self::schema::Schema;
use super::compile::Problem;
use crate::apiserver::{Cause, Reason};
use crate::cel::{Budget, Program, Tree};
use crate::kube::Object;
use crate::kube::versions::Target;
use crate::yaml::{Document, NodeId};

/// The keyword that holds the rules of a schema.
const KEYWORD: &str = "x-kubernetes-validations";

/// How deep a schema is followed.
const DEPTH: usize = 60;

/// The rules of one version of a definition.
#[derive(Debug)]
pub struct CustomRules {
    document: Arc<Document>,
    schema: NodeId,
    root: Level,
    /// What does not compile: the server refuses the definition.
    pub problems: Vec<Problem>,
}

/// The rules of a part of the schema, and of the parts below.
#[derive(Debug, Default)]
struct Level {
    rules: Vec<Rule>,
    properties: BTreeMap<String, Level>,
    items: Option<Box<Level>>,
    others: Option<Box<Level>>,
}

#[derive(Debug)]
struct Rule {
    node: NodeId,
    program: Program,
    /// Compares with the object as it was, and there is none when it is created.
    is_transition: bool,
    message: String,
    message_expression: Option<Program>,
    reason: Reason,
    path: String,
}

/// What the rules say to an object.
#[derive(Debug, Default)]
pub struct Said {
    /// Why the server refuses it.
    pub causes: Vec<Cause>,
    /// Rules that were not evaluated, with the reason.
    pub unknown: Vec<Unjudged>,
}

/// A rule that was not evaluated.
#[derive(Clone, Debug)]
pub struct Unjudged {
    /// The rule, in its definition.
    pub node: NodeId,
    /// What keeps it from being evaluated, for a sentence.
    pub why: String,
    /// Whether that is because the server would hardly spend so much on it, and then refuses the object.
    pub is_too_costly: bool,
}

impl CustomRules {
    /// Reads and compiles the rules of the schema at a node; nothing where there are none. `definition` is the object
    /// that holds it.
    #[must_use]
    pub fn read(definition: &Object, schema: NodeId, target: Target) -> Option<Self> {
        let document = &definition.document;
        memchr::memmem::find(document.raw(schema).as_bytes(), KEYWORD.as_bytes())?;
        let read = |all| {
            let mut reader = Reader::new(definition, target, all);
            (reader.root(schema), reader.problems)
        };
        let (mut root, mut problems) = read(false);
        if !problems.is_empty() {
            (root, problems) = read(true);
        }
        let is_empty = root.is_empty() && problems.is_empty();
        (!is_empty).then(|| Self { document: Arc::clone(document), schema, root, problems })
    }

    /// What the rules say to an object that its schema takes.
    #[must_use]
    pub fn judge(&self, object: &Object) -> Said {
        let mut said = Said::default();
        if self.problems.iter().any(|problem| !problem.is_unsupported) {
            return said;
        }
        let Some(mut tree) = Tree::read(&object.document, object.node) else { return said };
        let schema = Schema { document: &self.document };
        schema.fill(self.schema, &mut tree, 0);
        let mut judge = Judge { said: &mut said, object, schema, budget: Budget::new(Budget::OBJECT) };
        judge.level(&self.root, self.schema, &tree, "", true);
        said
    }
}

impl Level {
    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.properties.is_empty() && self.items.is_none() && self.others.is_none()
    }

    fn some(self) -> Option<Box<Self>> {
        if self.is_empty() { None } else { Some(Box::new(self)) }
    }
}
