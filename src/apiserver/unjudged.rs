//! Templates that a server accepts without validating: it refuses what a controller creates from them instead, so that no Pod runs.

use super::field::{Field, Run};
use super::pod::{self, PodContext};
use super::{Cause, decoding, dropped, storage};
use crate::kube::decode::{Struct, decode};
use crate::kube::versions::{Change, Target};
use crate::kube::{FastSet, Object};

/// A kind whose templates are not judged when an object of it is created.
struct Unjudged {
    group: &'static str,
    kind: &'static str,
    template: &'static [&'static str],
    /// The change with which servers began to judge it.
    until: Option<Change>,
    /// What happens instead.
    why: &'static str,
}

const UNJUDGED: &[Unjudged] = &[
    // `ValidateStatefulSet` called `ValidatePodTemplateSpec` only from v1.34 on
    Unjudged {
        group: "apps",
        kind: "StatefulSet",
        template: &["spec", "template"],
        until: Some(Change::StatefulTemplates),
        why: "before v1.34 the API server accepts the StatefulSet but refuses each of its Pods; from then on it refuses \
              the StatefulSet",
    },
    // pkg/apis/rollouts/validation of argoproj/argo-rollouts calls `ValidatePodTemplateSpecForReplicaSet`
    Unjudged {
        group: "argoproj.io",
        kind: "Rollout",
        template: &["spec", "template"],
        until: None,
        why: "Argo Rollouts validates the template as the API server does, and creates no Pod from it",
    },
    // keda.sh/docs: a Job is created from the template for each event
    Unjudged {
        group: "keda.sh",
        kind: "ScaledJob",
        template: &["spec", "jobTargetRef", "template"],
        until: None,
        why: "the API server accepts the ScaledJob but refuses each Job that KEDA creates from it",
    },
];

/// Why no Pod is created from an object although the server accepts it, and what happens instead. `said` is the server's
/// verdict of the object, which may be of the template, too.
#[must_use]
pub fn refused_pods(object: &Object, target: Target, said: &[Cause]) -> Option<(Vec<Cause>, &'static str)> {
    let group = object.id.group();
    let unjudged = UNJUDGED.iter().find(|one| one.kind == object.id.kind && one.group == group)?;
    let is_judged = unjudged.until.is_some_and(|change| target.has(change));
    if is_judged || object.is_patch || object.is_encrypted || !is_decoded(object, unjudged, target) {
        return None;
    }
    let run = Run::new(&object.document, object.node, target, dropped::nodes(object, target));
    judge(run.root(), unjudged);
    let (mut causes, _) = run.finish();
    let known: FastSet<_> = said.iter().map(|cause| (cause.reason, cause.path.as_str())).collect();
    causes.retain(|cause| !known.contains(&(cause.reason, cause.path.as_str())));
    Some((causes, unjudged.why))
}

/// Whether a finding's reason is that the object is accepted, but none of its Pods.
#[must_use]
pub fn is_of_pods(why: &str) -> bool {
    UNJUDGED.iter().any(|unjudged| unjudged.why == why)
}

/// Whether all of a template has the types of its fields. Of built-in kinds the server has seen to that.
fn is_decoded(object: &Object, unjudged: &Unjudged, target: Target) -> bool {
    if unjudged.until.is_some() {
        return object.typed.is_some() && decoding::causes(object, target).is_empty();
    }
    let document = &object.document;
    let Some(template) = document.at(object.node, unjudged.template) else { return false };
    Struct::named("PodTemplateSpec").is_some_and(|of| decode(document, template, of).problems.is_empty())
}

fn judge(object: Field, unjudged: &Unjudged) {
    let template = object.at(unjudged.template);
    // A Rollout may refer to a Deployment that has the template (`ValidateRolloutSpec` in pkg/apis/rollouts/validation of
    // argoproj/argo-rollouts). One that does not even name containers is likely to be merged into another.
    let is_elsewhere = object.at(&["spec", "workloadRef"]).is_set();
    if unjudged.until.is_none() && (is_elsewhere || !template.at(&["spec", "containers"]).is_set()) {
        return;
    }
    let claims = object.at(&["spec", "volumeClaimTemplates"]);
    let is_set = unjudged.kind == "StatefulSet";
    for claim in claims.items().filter(|_| is_set) {
        storage::claim_template_spec(claim.child("spec"));
    }
    pod::pod_template(template, PodContext { pod_meta: None, claim_templates: is_set.then_some(claims) });
}
