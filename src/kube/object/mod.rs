//! One Kubernetes object of a file: its identity, its tree and its typed form.

mod keeps;
mod pod;

use std::sync::{Arc, OnceLock};

use super::changes::Changes;
use super::decode::{Decoded, Problem, Versioned};
use super::definition_fields;
use super::templates::{self, Template};
use super::typed::{Typed, decode_kind};
use crate::diagnostic::{Label, ObjectRef};
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
    pub(in crate::kube) kustomizations: Arc<[u32]>,
    /// Whether objects are applied with it that are not seen: what is missing among those of the run may be there.
    pub(crate) is_among_unseen: bool,
    /// Whether SOPS or kubesec has encrypted it: it is decrypted, and what they added taken out, before it is applied.
    pub is_encrypted: bool,
    /// Whether a server of the default version takes it, once that has been judged: what asks again need not look.
    pub(crate) is_accepted: OnceLock<bool>,
    /// Where the Pod template is of a kind that is decoded as a whole, and the Pod's spec in it: most rules ask for them.
    pod_nodes: Option<(NodeId, NodeId)>,
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
        let document = Arc::clone(document);
        let kustomizations = Arc::default();
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
            kustomizations,
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
        Self { kustomizations: Arc::from([0]), ..self }
    }

    /// Whether a value is yet to be filled in: a placeholder, a text of a file that calls itself a template, the
    /// name of a value in capitals (`namespace: NAMESPACE`), or a word in capitals that a kustomization changes.
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
    }

    /// Labels a node of this object.
    #[must_use]
    pub fn label(&self, node: NodeId, text: impl Into<String>) -> Label {
        Label::node(&self.document, node, text)
    }
}
