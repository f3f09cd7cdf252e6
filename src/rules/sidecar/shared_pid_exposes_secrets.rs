use crate::kube::types::Volume;
use crate::kube::{ContainerView, PodView};
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

/// A shared process namespace opens one container's Secret to another that does not mount it.
pub static RULE: Rule = rule!("shared_pid_exposes_secrets.md", Warning, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    let shared = pod.field("shareProcessNamespace").filter(|_| pod.spec.share_process_namespace == Some(true));
    let Some(shared) = shared.filter(|_| {
        pod.keeps(&["spec.shareProcessNamespace", "spec.containers.volumeMounts", "spec.volumes"])
            && pod.keeps(&parts::SECURITY)
    }) else {
        return;
    };
    let beside: Vec<_> = pod.containers().filter(ContainerView::runs_beside_app).collect();
    for volume in pod.spec.volumes.iter().flatten().filter(|volume| is_secret(volume)) {
        let Some((owner, mount)) = beside.iter().find_map(|view| Some((view, mount_of(view, volume)?))) else {
            continue;
        };
        // who is privileged reads the node's disks as well
        let gains = |view: &&ContainerView<'_>| mount_of(view, volume).is_none() && !is_privileged(view);
        let other = beside.iter().find(|view| gains(view) && uid(view) == uid(owner));
        let Some(other) = other else { continue };
        let (owner, other_name) = (&owner.container.name, &other.container.name);
        let who = match uid(other) {
            Some(uid) => format!("both run as user {uid}"),
            None => "nothing gives them different users".to_owned(),
        };
        found
            .at(mount, format!("`{other_name}` can read what only `{owner}` mounts from `{}`", volume.name))
            .here("open through /proc/PID/root")
            .and(shared, "every container sees the others' processes")
            .and(other.name_node(), who)
            .because(
                "in a shared process namespace a container's files are protected only by file permissions \
                 (kubernetes/website: tasks/configure-pod-container/share-process-namespace)",
            )
            .help(format!("give `{owner}` and `{other_name}` different `securityContext.runAsUser`, or do not share"));
    }
}

fn is_secret(volume: &Volume) -> bool {
    let projected = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
    volume.secret.is_some()
        || projected.into_iter().any(|source| source.secret.is_some() || source.service_account_token.is_some())
}

fn is_privileged(view: &ContainerView<'_>) -> bool {
    view.container.security_context.as_ref().and_then(|context| context.privileged) == Some(true)
}

/// The user that a container is told to run as.
fn uid(view: &ContainerView<'_>) -> Option<i64> {
    let own = view.container.security_context.as_ref().and_then(|context| context.run_as_user);
    own.or_else(|| view.pod.spec.security_context.as_ref().and_then(|context| context.run_as_user))
}

fn mount_of(view: &ContainerView<'_>, volume: &Volume) -> Option<NodeId> {
    parts::mounts(view).find(|(mount, _)| mount.name == volume.name).map(|(_, node)| node)
}
