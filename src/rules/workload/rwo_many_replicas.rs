use super::{rwo, scaling};
use crate::kube::{Index, Reach, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// Several replicas on a claim that one node at a time can mount.
pub static RULE: Rule = rule!("rwo_many_replicas.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let classes = rwo::Classes::of(index);
    for object in index.all() {
        let Some(pod) =
            object.pod().filter(|pod| object.keeps(&rwo::SCALED) && pod.keeps(&rwo::PLACED) && !rwo::is_pinned(*pod))
        else {
            continue;
        };
        let is_daemon = matches!(object.typed, Some(Typed::DaemonSet(_)));
        let written = scaling::replicas(object).unwrap_or(if is_daemon { i32::MAX } else { 0 });
        let scaler =
            scaling::scaler_of(index, object).filter(|scaler| index.reach(object, scaler.object) != Some(Reach::Run));
        let replicas = scaler.map_or(written, |scaler| scaler.lowest.max(written));
        if replicas < 2 {
            continue;
        }
        let Some(volume) = rwo::single_node(index, &classes, pod) else { continue };
        let many = if is_daemon { "a Pod on every node".to_owned() } else { format!("{replicas} replicas") };
        let shown = scaling::replicas_node(object).unwrap_or_else(|| scaling::name_node(object));
        found
            .about(object)
            .at(
                volume.node,
                format!("{many} of `{}` share one claim that only a single node can mount", clip(&object.id.name)),
            )
            .here("Pods on other nodes stay in ContainerCreating")
            .label(object.label(shown, format!("{many}, wherever the scheduler puts them")))
            .label(volume.claim.label(volume.modes, "one node at a time"))
            .because(
                "ReadWriteOnce lets only the Pods of one node use the volume \
                 (kubernetes/website: concepts/storage/persistent-volumes, \"Access Modes\")",
            )
            .help("use a StatefulSet with `volumeClaimTemplates`, a ReadWriteMany claim, or one replica");
    }
}
