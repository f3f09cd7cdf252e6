//! What the API server would answer when an object is created, computed offline.
//!
//! Names and structure follow Kubernetes' own validation (`pkg/apis/*/validation` and the defaults before it), so that
//! supporting a new version means reading a diff. The rules are those of the newest version; where an older one
//! differs, `versions` has the difference as data and the rule checks it (`Field::has_change`). Anything that needs a
//! cluster (quotas, admission, names that are taken, address ranges) is not included.

mod admission;
mod admission_policies;
mod apps;
mod attachments;
mod autoscaling;
mod batch;
mod certificates;
mod cluster;
mod config;
mod cron;
mod custom;
mod decoding;
mod devices;
mod dropped;
mod endpoints;
mod field;
mod flow_control;
mod formats;
mod ip;
mod kinds;
mod meta;
mod near;
mod networking;
mod nodes;
mod pod;
pub mod pod_security;
mod policy;
mod policy_bindings;
mod quota;
mod rbac;
mod report;
mod resources;
mod seen;
mod service;
mod storage;
mod unjudged;

use crate::kube::versions::Target;
pub use cron::{days, schedule};
pub use custom::{Schemas, duration as schema_duration, misspelt_metadata, warnings as custom_warnings};
pub use kinds::{is_of_client, served_version};
pub use pod::REFUSED_VOLUME;
pub use service::PORTS_NEED_NAMES;
pub use unjudged::{is_of_pods, refused_pods};

use std::collections::BTreeSet;

use self::field::Run;
use crate::diagnostic::Fix;
use crate::kube::Object;
use crate::yaml::NodeId;

/// Whether a server can load this time zone.
#[must_use]
pub fn is_time_zone(text: &str) -> bool {
    formats::time_zone(text).is_none()
}

/// The kind of a mistake, as named by the server in `causes[].reason` if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The type has no such field.
    UnknownField,
    /// The value has another type than the field.
    WrongType,
    /// A text whose format its type fixes: a time, a quantity, base64.
    Malformed,
    /// The server has no such kind, or no longer in this version.
    UnknownKind,
    /// `FieldValueRequired`
    Required,
    /// `FieldValueInvalid`
    Invalid,
    /// `FieldValueNotSupported`
    NotSupported,
    /// `FieldValueDuplicate`
    Duplicate,
    /// `FieldValueForbidden`
    Forbidden,
    /// `FieldValueTooLong`
    TooLong,
    /// `FieldValueTooMany`
    TooMany,
    /// `FieldValueNotFound`
    NotFound,
    /// Accepted, with a warning.
    Warning,
    /// Refused, unless a flag of the server says otherwise.
    Flag,
}

impl Reason {
    /// Whether the object may be what the server takes.
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self, Self::Warning | Self::Flag)
    }

    /// What the API server does, in one sentence.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::UnknownField => "kubectl requests strict decoding, so the API server refuses unknown fields",
            Self::WrongType | Self::Malformed => "the API server cannot decode the object, and stops there",
            Self::UnknownKind => "kubectl does not find this kind on the server, so it sends nothing",
            Self::Warning => "the API server accepts this with a warning",
            Self::Flag => "the API server refuses this unless one of its flags allows it",
            _ => "the API server's validation refuses the object",
        }
    }
}

/// One error or warning of the server.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Its family.
    pub reason: Reason,
    /// The path as the server writes it: `spec.template.spec.containers[1].ports[0].name`.
    pub path: String,
    /// What to underline: the value, or the key of the nearest map where something is missing.
    pub node: NodeId,
    /// What is wrong, as a sentence without a full stop. Never repeats a value of a Secret.
    pub message: String,
    /// Something that can be typed.
    pub help: Option<String>,
    /// A change that mends it: the quotes that a text lacks.
    pub fix: Option<Fix>,
}

/// How much is known of an object's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// All of it: without errors the server accepts the object.
    Full,
    /// Metadata and the schema of a definition in the same run, without its rules in CEL.
    Schema,
    /// Metadata alone: the kind is not built in, or not in the table.
    Metadata,
}

/// The server's answer for an object.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How much of the object was judged.
    pub knowledge: Knowledge,
    /// Why the server would refuse it; none if it would accept it.
    pub errors: Vec<Cause>,
    /// What it would accept with a warning.
    pub warnings: Vec<Cause>,
}

/// Whether the server's rules for this kind are known.
#[must_use]
pub fn is_known(api_version: &str, kind: &str) -> bool {
    kinds::rules(api_version, kind).is_some()
}

/// The kinds that are judged in full, each once, in whichever versions.
#[must_use]
pub fn judged_kinds() -> BTreeSet<&'static str> {
    kinds::judged().collect()
}

/// Validates an object, custom resources with the schemas in the run. If decoding finds mistakes, only these are
/// returned, because the server does not continue either.
#[must_use]
pub fn validate(object: &Object, target: Target, schemas: &Schemas) -> Verdict {
    verdict(object, target, schemas, |_| true)
}

/// Validates an object of a built-in kind as a server does that is told to drop unknown fields
/// (`fieldValidation=Ignore`).
#[must_use]
pub fn validate_without_unknown_fields(object: &Object, target: Target) -> Verdict {
    verdict(object, target, Schemas::none(), |cause| cause.reason != Reason::UnknownField)
}

/// The verdict on an object, where these mistakes of decoding count.
fn verdict(object: &Object, target: Target, schemas: &Schemas, counts: impl Fn(&Cause) -> bool) -> Verdict {
    if object.is_patch || object.is_encrypted {
        // What a part of an object leaves out, or what SOPS has put in, says nothing.
        return Verdict { knowledge: Knowledge::Metadata, errors: Vec::new(), warnings: Vec::new() };
    }
    if let Some(cause) = kinds::unknown_kind(object, target) {
        return Verdict { knowledge: Knowledge::Full, errors: vec![cause], warnings: Vec::new() };
    }
    if let Some(cause) = schemas.unserved(object) {
        return Verdict { knowledge: Knowledge::Full, errors: vec![cause], warnings: Vec::new() };
    }
    let mut errors = decoding::causes(object, target);
    errors.retain(counts);
    // Where only placeholders are in the way, the rest can be judged as it will be.
    let is_hole = |cause: &Cause| object.is_hole(cause.node);
    if !errors.iter().all(is_hole) {
        return Verdict { knowledge: Knowledge::Full, errors, warnings: Vec::new() };
    }
    let run = Run::new(&object.document, object.node, target, dropped::nodes(object, target));
    let (api_version, kind) = (object.id.api_version.as_str(), object.id.kind.as_str());
    let mut knowledge = Knowledge::Metadata;
    let mut of_schema = None;
    if let Some(rules) = kinds::rules(api_version, kind) {
        rules(run.root());
        kinds::deprecation(run.root(), api_version, kind);
        knowledge = Knowledge::Full;
    } else {
        kinds::metadata(run.root());
        kinds::deprecation(run.root(), api_version, kind);
        of_schema = schemas.judge(object, target);
    }
    let (of_rules, warnings) = run.finish();
    let is_of_holes = !errors.is_empty();
    // what a placeholder will be decides over the rest, but not over the form of a text
    let is_sure = |cause: &Cause| {
        // a mistake of a map or of what is missing is underlined at a key
        let is_key = |text: &str| {
            let is_step = cause.path.split(['.', '[', ']']).any(|step| step == text);
            // or at the one that it is taken from: "`targetPort` is taken from `port`"
            text == kind || is_step || cause.message.contains(&format!("from `{text}`"))
        };
        cause.reason == Reason::Invalid && object.document.str(cause.node).is_some_and(|text| !is_key(text))
    };
    errors.extend(of_rules.into_iter().filter(|cause| !is_of_holes || is_sure(cause)));
    let mut warnings = warnings;
    if let Some(causes) = of_schema {
        knowledge = Knowledge::Schema;
        errors.extend(causes);
        warnings.extend(custom::warnings(object, target));
    }
    // Warnings belong to objects that are accepted.
    let warnings = if errors.is_empty() { warnings } else { Vec::new() };
    Verdict { knowledge, errors, warnings }
}
