use crate::kube::{ContainerView, PodView};
use crate::rules::{Check, Findings, Rule, parts};

/// A program can change its own files.
pub static RULE: Rule = rule!("writable_root.md", Advice, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if !pod.keeps(&parts::SECURITY) || parts::is_windows(pod) {
        return;
    }
    // Knative keeps /tmp for itself and takes no emptyDir there, and few programs do without.
    if pod.object.id.api_version.starts_with("serving.knative.dev/") {
        return;
    }
    let lacking: Vec<_> = pod
        .containers()
        .filter(ContainerView::runs_beside_app)
        .filter(|view| {
            let own = view.container.security_context.as_ref();
            let is_privileged = own.and_then(|own| own.privileged) == Some(true);
            !is_privileged && own.and_then(|own| own.read_only_root_filesystem) != Some(true)
        })
        .collect();
    if let Some(saying) = parts::about_all(found, &lacking, |names| format!("{names} can write to the root filesystem"))
    {
        saying
            .because("an intruder can replace programs there, and data that the app writes there is lost with the container and uses the node's storage")
            .help("`securityContext: {readOnlyRootFilesystem: true}`, and an emptyDir for each folder that the app writes to");
    }
}
