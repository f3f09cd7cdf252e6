use super::stateful_set;
use crate::kube::{FastSet, PodView};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;

/// A claim is made for every Pod, and no container mounts it.
pub static RULE: Rule = rule!("volume_claim_not_mounted.md", Warning, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    let Some(set) = stateful_set(pod.object).filter(|_| {
        pod.object.keeps(&["spec.volumeClaimTemplates"])
            && pod.keeps(&["spec.containers.volumeMounts", "spec.containers.volumeDevices"])
    }) else {
        return;
    };
    let document = &pod.object.document;
    let nodes =
        document.at(pod.object.node, &["spec", "volumeClaimTemplates"]).map_or(&[][..], |list| document.items(list));
    let mut used = None;
    for (claim, node) in set.spec.volume_claim_templates.iter().flatten().zip(nodes) {
        let Some(name) = claim.metadata.name.as_deref() else { continue };
        if used.get_or_insert_with(|| used_volumes(pod)).contains(name) || pod.spec.containers.is_empty() {
            continue;
        }
        let at = document.at(*node, &["metadata", "name"]).unwrap_or(*node);
        found
            .at(at, format!("each Pod gets a volume `{}` that no container mounts", clip(name)))
            .here("claimed but never used")
            .because("the StatefulSet creates a PersistentVolumeClaim from this template for every Pod; data that the app writes elsewhere is lost when its container restarts")
            .help(format!("mount `{}` in the container that stores data, or remove the template", clip(name)));
    }
}

/// The volumes that containers of a Pod mount, or take as devices.
fn used_volumes(pod: PodView<'_>) -> FastSet<&str> {
    let mut used = FastSet::default();
    for view in pod.containers() {
        used.extend(view.container.volume_mounts.iter().flatten().map(|mount| mount.name.as_str()));
        used.extend(view.container.volume_devices.iter().flatten().map(|device| device.name.as_str()));
    }
    used
}
