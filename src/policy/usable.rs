//! Whether a set of policies guards anything: a policy that no server takes, or that was not read, guards nothing.

use crate::apiserver::{Schemas, validate};
use crate::kube::versions::Target;
use crate::kube::{Object, Workspace};

/// Why a set of policies does not guard what it says: the first mistake for which kubectl or a server would not take
/// one of its files, policies or bindings, or that there is no policy. Expressions are not looked at. What has no file at
/// all is called `named`.
#[must_use]
pub fn unusable(set: &Workspace, named: &str, target: Target) -> Option<String> {
    if let Some(file) = set.files.iter().find(|file| !file.refusals.is_empty()) {
        return Some(format!("{}: kubectl would refuse this file of policies", file.source.name));
    }
    let is_kind = |object: &&Object, kind: &str| {
        object.id.kind == kind && object.id.api_version.starts_with("admissionregistration.k8s.io/")
    };
    let policies = || set.objects().filter(|object| is_kind(object, "ValidatingAdmissionPolicy"));
    if policies().next().is_none() {
        let files: Vec<&str> = set.files.iter().map(|file| file.source.name.as_str()).take(3).collect();
        let place = if files.is_empty() { named.to_owned() } else { files.join(", ") };
        return Some(format!("{place}: there is no ValidatingAdmissionPolicy"));
    }
    let bindings = set.objects().filter(|object| is_kind(object, "ValidatingAdmissionPolicyBinding"));
    policies().chain(bindings).find_map(|object| {
        let cause = validate(object, target, &Schemas::default()).errors.into_iter().next()?;
        let (file, id) = (&object.document.source.name, &object.id);
        let path = if cause.path.is_empty() { String::new() } else { format!("{}: ", cause.path) };
        Some(format!("{file}: a server would refuse {}/{}: {path}{}", id.kind, id.name, cause.message))
    })
}
