use super::stateful_set;
use crate::kube::PodView;
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
    for (claim, node) in set.spec.volume_claim_templates.iter().flatten().zip(nodes) {
        let Some(name) = claim.metadata.name.as_deref() else { continue };
        let is_used = pod.containers().any(|view| {
            view.container.volume_mounts.iter().flatten().any(|mount| mount.name == name)
                || view.container.volume_devices.iter().flatten().any(|device| device.name == name)
        });
        if is_used || pod.spec.containers.is_empty() {
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
