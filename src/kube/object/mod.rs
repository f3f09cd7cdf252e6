//! One Kubernetes object of a file: its identity, its tree and its typed form.

mod keeps;
mod pod;

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::changes::Changes;
use super::decode::{Decoded, Problem, ProblemKind, Versioned};
use super::definition_fields;
use super::templates::{self, Template};
use super::typed::{Typed, decode_kind};
use super::unit::Kustomizations;
use crate::diagnostic::{Label, ObjectRef};
use crate::files;
use crate::text::Text;
use crate::words;
use crate::yaml::{Document, NodeId, Seldom};

pub use pod::{ContainerList, ContainerView, PodView};

/// One Kubernetes object.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself, and any may hold with any other")]
pub struct Object {
    /// The document that holds it.
    pub document: Arc<Document>,
    /// Its outermost map: the document's root, or an item of a `List`.
    pub node: NodeId,
    /// Kind, name and namespace as written.
    pub id: ObjectRef,
    /// The typed form; none for kinds outside the table, or where decoding had nothing to go on with.
    pub typed: Option<Typed>,
    /// What a strict decode refuses.
    pub problems: Seldom<Problem>,
    /// Its fields that not every supported version reads.
    pub versioned: Seldom<Versioned>,
    /// Whether it is a part of an object, to be merged by kustomize: what is absent says nothing.
    pub is_patch: bool,
    /// What kustomize changes in it before it is applied.
    pub changes: Changes,
    /// Whether an operator makes its Pods that is known by the schema of its kind alone, or for changing them first.
    pub is_operated: bool,
    /// The folder of its file, without links and dots; none where the file is not on disk.
    pub(in crate::kube) folder: Option<Text>,
    /// The kustomizations that bring it together with others, by their numbers in the run.
    pub(in crate::kube) kustomizations: Kustomizations,
    /// Whether objects are applied with it that are not seen: what is missing among those of the run may be there.
    pub(crate) is_among_unseen: bool,
    /// Whether SOPS or kubesec has encrypted it: it is decrypted, and what they added taken out, before it is applied.
    pub is_encrypted: bool,
    /// Whether a server of the default version takes it, once that has been judged: what asks again need not look.
    pub(crate) is_accepted: OnceLock<bool>,
    /// Where the Pod template is of a kind that is decoded as a whole, and the Pod's spec in it: most rules ask for them.
    /// Where there is no spec, this is the object's own node, which never is one.
    pod_nodes: (NodeId, NodeId),
    /// Pod templates of kinds that are not decoded as a whole.
    pub(in crate::kube) templates: Seldom<Template>,
}

impl Object {
    /// Reads identity and typed form of the map at `node`.
    #[must_use]
    pub fn new(document: &Arc<Document>, node: NodeId, is_patch: bool) -> Self {
        let text = |field: &str| document.get_str(node, field).unwrap_or_default();
        Self::of_kind(document, node, text("apiVersion"), text("kind"), is_patch)
    }

    /// Reads the map at `node` as an object of a kind that it need not state itself, as items of a typed
    /// list do not.
    #[must_use]
    pub fn of_kind(document: &Arc<Document>, node: NodeId, api_version: &str, kind: &str, is_patch: bool) -> Self {
        let metadata =
            |field: &str| document.at(node, &["metadata", field]).and_then(|node| document.str(node)).map(Text::from);
        let id = ObjectRef {
            api_version: api_version.into(),
            kind: kind.into(),
            name: metadata("name").unwrap_or_default(),
            namespace: metadata("namespace").filter(|namespace| !namespace.is_empty()),
        };
        let decoded = decode_kind(api_version, kind, document, node);
        let templates = if decoded.is_none() { templates::read(document, node, api_version, kind) } else { Vec::new() };
        let (typed, Decoded { mut problems, versioned, .. }) = decoded.unwrap_or_default();
        if (api_version, kind) == ("apiextensions.k8s.io/v1", "CustomResourceDefinition") {
            problems = definition_fields::problems(document, node);
        }
        let is_encrypted = document.at(node, &["sops", "mac"]).is_some();
        if is_encrypted {
            problems.clear();
        }
        let template = typed.as_ref().and_then(pod::path).and_then(|path| document.at(node, path));
        let pod_nodes = template.and_then(|template| Some((template, document.get(template, "spec")?)));
        let pod_nodes = pod_nodes.unwrap_or((node, node));
        let document = Arc::clone(document);
        Self {
            document,
            node,
            id,
            typed,
            problems: problems.into(),
            versioned: versioned.into(),
            is_patch,
            changes: Changes::default(),
            is_operated: !templates.is_empty() && templates::is_operated(api_version),
            folder: None,
            kustomizations: Kustomizations::default(),
            is_among_unseen: false,
            is_encrypted,
            is_accepted: OnceLock::new(),
            pod_nodes,
            templates: templates.into(),
        }
    }

    /// The same object as one of those that are applied together, whatever their files are called: what one run of
    /// `gen` makes.
    #[must_use]
    pub fn in_one_unit(self) -> Self {
        Self { kustomizations: [0].as_slice().into(), ..self }
    }

    /// Whether a value is yet to be filled in: a placeholder, a text of a file that calls itself a template, the
    /// name of a value in capitals (`namespace: NAMESPACE`), or a word in capitals that a kustomization changes or that takes
    /// the place of a number or of a Secret's data (`replicas: NUM_NODES`, `.dockerconfigjson: REDACTED`).
    #[must_use]
    pub fn is_hole(&self, node: NodeId) -> bool {
        let is_shouted = |text: &str| {
            text.contains('_')
                && text.bytes().all(|letter| letter.is_ascii_uppercase() || b"_0123456789".contains(&letter))
        };
        let is_template = || !self.id.kind.ends_with("Template") && words::names_a_template(&self.document.source.name);
        let Some(text) = self.document.str(node) else { return words::is_hole_in_braces(self.document.raw(node)) };
        words::is_placeholder(text)
            || self.changes.are_made() && is_shouted(text)
            || is_template()
            || words::is_name_of_a_value(text)
            || words::is_in_capitals(text) && (text.contains('_') && self.wants_number(node) || self.holds_data(node))
    }

    /// Whether the place of its name is there and empty, in a folder of tests: a script fills it in.
    #[must_use]
    pub fn is_to_be_named(&self) -> bool {
        let metadata = |field: &str| self.document.at(self.node, &["metadata", field]);
        let is_empty = |node: NodeId| self.document.is_null(node) || self.document.str(node) == Some("");
        metadata("name").is_some_and(is_empty) && metadata("generateName").is_none_or(is_empty) && self.is_of_tests()
    }

    /// Whether its file lies below a folder of tests, as it is called or within its repository.
    fn is_of_tests(&self) -> bool {
        let is_of_tests = |part: &OsStr| {
            let name = part.to_string_lossy();
            let mut words = name.split(['-', '_']);
            words.any(|word| matches!(word, "test" | "tests" | "e2e" | "testing" | "testcases"))
        };
        let called = Path::new(&self.document.source.name).parent();
        let folder = self.folder.as_deref().map(Path::new);
        let below = folder.and_then(|folder| folder.strip_prefix(files::root(folder)).ok());
        [called, below].into_iter().flatten().any(|path| path.iter().any(is_of_tests))
    }

    /// Whether the field of a value takes a number, and the value is none.
    fn wants_number(&self, node: NodeId) -> bool {
        let is_it = |problem: &Problem| {
            let ProblemKind::WrongType { expected } = problem.kind else { return false };
            problem.node == node && ["a number", "a whole number"].iter().any(|noun| expected.starts_with(noun))
        };
        self.problems.iter().any(is_it)
    }

    /// Whether a value is one of the data of a Secret, in base64.
    fn holds_data(&self, node: NodeId) -> bool {
        let data = || self.document.at(self.node, &["data"]);
        self.id.kind == "Secret"
            && data().is_some_and(|data| self.document.entries(data).iter().any(|entry| entry.value() == node))
    }

    /// Labels a node of this object.
    #[must_use]
    pub fn label(&self, node: NodeId, text: impl Into<String>) -> Label {
        Label::node(&self.document, node, text)
    }
}

#[cfg(test)]
mod tests {
    use super::Object;
    use crate::kube::types::Container;
    use crate::yaml::Document;

    /// A run holds all of them at once.
    #[test]
    fn an_object_takes_no_more_than_it_says() {
        assert_eq!((size_of::<Object>(), size_of::<Document>(), size_of::<Container>()), (128, 40, 248));
    }
}
