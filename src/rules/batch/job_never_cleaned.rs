use crate::kube::{Object, Typed};
use crate::rules::{Check, Findings, Rule};

/// A Job that stays when it is done.
pub static RULE: Rule = rule!("job_never_cleaned.md", Advice, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let Some(Typed::Job(job)) = &object.typed else { return };
    let is_kept = job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_none());
    let annotations = job.metadata.annotations.iter().flatten();
    let is_hook = annotations
        .into_iter()
        .any(|(key, _)| key.starts_with("helm.sh/hook") || key.starts_with("argocd.argoproj.io/hook"));
    let Some(node) = object.document.get(object.node, "kind").filter(|_| is_kept && !is_hook && !object.is_patch)
    else {
        return;
    };
    found
        .at(node, "this Job and its Pods remain after they finish, until they are deleted")
        .because(
            "finished Jobs are kept unless `ttlSecondsAfterFinished` is set, and a Job of the same name \
             cannot be applied again with a different template (kubernetes/website: concepts/workloads/controllers/ttlafterfinished)",
        )
        .help("set `ttlSecondsAfterFinished`, long enough to read the logs");
}
