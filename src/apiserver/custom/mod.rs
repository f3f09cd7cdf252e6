//! Custom resources, judged by the schemas of the definitions in the same run:
//! `apiextensions-apiserver/pkg/apiserver/{schema,validation}`.
//!
//! Structural schemas are read as the server reads them. Rules in CEL are judged by `crate::policy`. Defaults are
//! not filled in: what a default would add is taken to be there where the schema asks for it.

use std::sync::LazyLock;

pub mod definition;
mod field_path;
mod formats;
mod judge;
mod misspelt;
mod prepared;
mod schema;

use self::judge::{Both, Judge, last};
use self::prepared::Prepared;
use super::field::{Field, Run};
use super::meta::{self, Scope};
use super::near;
use super::{Cause, Reason, Target};
use crate::kube::decode::{Struct, decode};
use crate::kube::{Definition, Definitions, FastSet, Object, Problem, ProblemKind};
use crate::words::did_you_mean;
use crate::yaml::{Document, NodeId, Value};

pub use formats::duration;
pub use misspelt::misspelt_metadata;

/// The schemas of the custom resource definitions of a run.
#[derive(Debug, Default)]
pub struct Schemas {
    definitions: Definitions,
    prepared: Prepared,
}

impl Schemas {
    /// Collects the definitions among some objects.
    pub fn collect<'object>(objects: impl IntoIterator<Item = &'object Object>) -> Self {
        Self { definitions: Definitions::collect(objects), prepared: Prepared::default() }
    }

    /// Those of no definitions.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: LazyLock<Schemas> = LazyLock::new(Schemas::default);
        &NONE
    }

    /// Whether there is no schema at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// Whether the run has a schema for the kind of an object.
    #[must_use]
    pub fn knows(&self, object: &Object) -> bool {
        !self.definitions.of(object).is_empty()
    }

    /// That no definition of its kind serves an object's version.
    #[must_use]
    pub fn unserved(&self, object: &Object) -> Option<Cause> {
        let served =
            self.definitions.without_version(object).filter(|_| !object.is_patch && !has_no_metadata(object))?;
        let (kind, version) = (&object.id.kind, &object.id.api_version);
        let (group, _) = version.split_once('/')?;
        let names = served.versions.join(", ");
        Some(Cause {
            reason: Reason::UnknownKind,
            path: "apiVersion".to_owned(),
            node: object.document.get(object.node, "apiVersion").unwrap_or(object.node),
            message: format!(
                "`{version}` of {kind} is not served: the definition in {} has {names}",
                served.document.source.name
            ),
            help: served.versions.last().map(|name| format!("write `{group}/{name}`")),
            fix: None,
        })
    }

    /// What the schema of its kind says to an object; nothing if the run has none.
    #[must_use]
    pub fn judge(&self, object: &Object, target: Target) -> Option<Vec<Cause>> {
        self.judge_by(object, target).map(|(causes, _)| causes)
    }

    /// The same, with the definition that it goes by: the nearest. If several are equally near, an object is right
    /// if one of them takes it, and otherwise judged by the newest. One that a kustomization changes may take any. What
    /// has no metadata is judged by none.
    #[must_use]
    pub fn judge_by(&self, object: &Object, target: Target) -> Option<(Vec<Cause>, &Definition)> {
        if has_no_metadata(object) {
            return None;
        }
        let mut newest = None;
        let definitions = self.definitions.of(object);
        if definitions.iter().any(|definition| definition.is_changed) {
            return None;
        }
        for definition in definitions {
            let causes = self.judge_one(object, definition, target);
            if causes.is_empty() {
                return Some((causes, definition));
            }
            newest.get_or_insert((causes, definition));
        }
        newest
    }

    fn judge_one(&self, object: &Object, definition: &Definition, target: Target) -> Vec<Cause> {
        let mut judge = Judge::new(&definition.document, &object.document, &self.prepared, target);
        judge.kind = &object.id.kind;
        judge.is_status_dropped = definition.document.at(definition.version, &["subresources", "status"]).is_some();
        judge.map(Both::of(definition.node), object.node, object.node, "", true);
        if let Some(metadata) = object.document.get(object.node, "metadata") {
            judge.unknown.extend(metadata_problems(&object.document, metadata, "metadata"));
        }
        // As with built-in kinds, unknown fields are reported alone.
        if !judge.unknown.is_empty() {
            return judge.unknown;
        }
        let mut errors = judge.errors;
        errors.extend(metadata(object, definition, target));
        errors.extend(scale(object, definition));
        errors
    }
}

/// What holds for the metadata of custom resources beyond what holds for all.
fn metadata(object: &Object, definition: &Definition, target: Target) -> Vec<Cause> {
    let scope = if definition.is_clustered { Scope::Cluster } else { Scope::Namespaced };
    let run = Run::new(&object.document, object.node, target, FastSet::default());
    let judge = if is_read_by_client(object) { meta::of_library } else { meta::object_meta_of_library };
    judge(run.root().child("metadata"), scope, super::formats::dns_subdomain);
    let (errors, _) = run.finish();
    let known = {
        let run = Run::new(&object.document, object.node, target, FastSet::default());
        super::kinds::metadata(run.root());
        run.finish().0
    };
    let is_new = |cause: &Cause| !known.iter().any(|other| other.path == cause.path && other.reason == cause.reason);
    errors.into_iter().filter(is_new).collect()
}

/// Whether an object is not sent to the server but read by a program: `istioctl` takes an `IstioOperator` of any name or
/// none (istio.io: docs/reference/config/istio.operator.v1alpha1).
fn is_read_by_client(object: &Object) -> bool {
    object.id.api_version.starts_with("install.istio.io/") || object.document.get(object.node, "metadata").is_none()
}

/// Whether an object has no metadata and no key that is meant for it: no server could store it, so it is a file of a
/// program, which merges it with others or makes an object of it, and may read fields that the kind does not have.
fn has_no_metadata(object: &Object) -> bool {
    let document = &object.document;
    let is_meant = |key: &str| key == "metadata" || near::nearest(key, &["metadata"]).is_some();
    !document.entries(object.node).iter().any(|entry| is_meant(&document.key(entry)))
}

/// What a strict decode of metadata refuses: the types of its fields are fixed, whatever a schema says.
fn metadata_problems(document: &Document, metadata: NodeId, path: &str) -> Vec<Cause> {
    let cause = |problem: Problem| {
        let is = document.value(problem.node).type_name();
        let (reason, message, help) = match problem.kind {
            ProblemKind::UnknownField { known, .. } => {
                let name = document.key_text(problem.node);
                let help = near::nearest(&name, known).map(did_you_mean);
                (Reason::UnknownField, format!("`ObjectMeta` has no field `{name}`"), help)
            }
            ProblemKind::WrongType { expected } => {
                let message = format!("`{}` contains a value that must be {expected}, but this is a {is}", last(path));
                (Reason::WrongType, message, None)
            }
            ProblemKind::Malformed { expected } => {
                (Reason::Malformed, format!("`{}` contains a value that is not {expected}", last(path)), None)
            }
            ProblemKind::OtherVersion { .. } | ProblemKind::BooleanKey => return None,
        };
        Some(Cause { reason, path: path.to_owned(), node: problem.node, message, help, fix: None })
    };
    decode(document, metadata, Struct::metadata()).problems.into_iter().filter_map(cause).collect()
}

/// Finalizers and owners that the server warns about.
#[must_use]
pub fn warnings(object: &Object, target: Target) -> Vec<Cause> {
    let run = Run::new(&object.document, object.node, target, FastSet::default());
    meta::single_owners(run.root().at(&["metadata", "ownerReferences"]));
    let of_owners = run.finish().1;
    let document = &object.document;
    let finalizers = document.at(object.node, &["metadata", "finalizers"]).map_or(&[][..], |node| document.items(node));
    let is_odd = |text: &str| !text.contains('/') && !meta::STANDARD_FINALIZERS.contains(&text);
    let odd =
        finalizers.iter().filter_map(|node| document.str(*node).filter(|text| is_odd(text)).map(|text| (*node, text)));
    let warning = |(node, text): (NodeId, &str)| Cause {
        reason: Reason::Warning,
        path: "metadata.finalizers".to_owned(),
        node,
        message: format!(
            "the finalizer `{text}` has no `/`: the API server expects a domain and a path, `example.com/name`"
        ),
        help: finalizer_help(text),
        fix: None,
    };
    odd.map(warning).chain(of_owners).collect()
}

/// What to write instead, of finalizers that have another form (argoproj/argo-cd: `application_defaults.go`).
fn finalizer_help(finalizer: &str) -> Option<String> {
    let keep = || format!("keep it: Argo CD expects exactly this text; `{finalizer}/foreground` means the same");
    (finalizer == "resources-finalizer.argocd.argoproj.io").then(keep)
}

/// `ValidateScaleSpec`
fn scale(object: &Object, definition: &Definition) -> Option<Cause> {
    let written = definition.document.at(definition.version, &["subresources", "scale", "specReplicasPath"])?;
    let path = definition.document.str(written)?.strip_prefix('.')?;
    let steps: Vec<&str> = path.split('.').collect();
    let node = object.document.at(object.node, &steps)?;
    let Value::Int(count) = object.document.value(node) else { return None };
    let message = match count {
        ..0 => format!("`{}` cannot be negative: it is the number of replicas", last(path)),
        0x8000_0000.. => format!("`{}` does not fit into 32 bits", last(path)),
        _ => return None,
    };
    Some(Cause { reason: Reason::Invalid, path: path.to_owned(), node, message, help: None, fix: None })
}

/// Why a schema does not take its own default.
fn wrong_default(schema: Field, default: Field) -> Option<String> {
    let (Some(node), Some(value)) = (schema.nodes().0, default.nodes().0) else { return None };
    let document = schema.document();
    let prepared = Prepared::default();
    let mut judge = Judge::new(document, document, &prepared, schema.target());
    judge.is_default = true;
    judge.value(Both::of(node), value, value, "");
    let cause = judge.unknown.into_iter().chain(judge.errors).next()?;
    Some(if cause.path.is_empty() { cause.message.replacen("`` ", "it ", 1) } else { cause.message })
}
