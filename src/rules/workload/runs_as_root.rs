use crate::kube::PodView;
use crate::rules::{Check, Findings, Rule, parts};

/// Nothing keeps a container from running as root.
pub static RULE: Rule = rule!("runs_as_root.md", Advice, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if !pod.keeps(&parts::SECURITY) || parts::is_windows(pod) || pod.spec.host_users == Some(false) {
        return;
    }
    let whole = pod.spec.security_context.as_ref();
    let lacking: Vec<_> = pod
        .containers()
        .filter(|view| {
            let own = view.container.security_context.as_ref();
            let non_root = own.and_then(|own| own.run_as_non_root).or_else(|| whole?.run_as_non_root);
            let user = own.and_then(|own| own.run_as_user).or_else(|| whole?.run_as_user);
            let is_privileged = own.and_then(|own| own.privileged) == Some(true);
            !is_privileged && non_root != Some(true) && user.is_none_or(|user| user == 0)
        })
        .collect();
    if let Some(saying) =
        parts::about_all(found, &lacking, |names| format!("nothing keeps {names} from running as root"))
    {
        saying
            .because("root in a container is root on the node if it escapes (kubernetes/website: concepts/security/pod-security-standards)")
            .help("`securityContext: {runAsNonRoot: true}`, and `runAsUser` if the image's user is not a number");
    }
}
