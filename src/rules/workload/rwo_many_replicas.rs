use super::rwo::SingleNode;
use super::{rwo, scaling};
use crate::kube::{Index, Object, Reach, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

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
        if let Some(at_once) = pods_at_once(object) {
            let Some(volume) = rwo::single_node(index, &classes, pod) else { continue };
            let many = format!("{at_once} Pods at a time");
            let shown = parallelism_node(object).unwrap_or_else(|| scaling::name_node(object));
            say(object, &volume, &many, shown, found);
            continue;
        }
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
        say(object, &volume, &many, shown, found);
    }
}

fn say(object: &Object, volume: &SingleNode<'_>, many: &str, shown: NodeId, found: &mut FindingsAnywhere<'_>) {
    let help = match object.typed {
        Some(Typed::Job(_) | Typed::CronJob(_)) => "use a ReadWriteMany claim, or keep all its Pods on one node",
        _ => "use a StatefulSet with `volumeClaimTemplates`, a ReadWriteMany claim, or one replica",
    };
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
        .help(help);
}

/// How many Pods a Job, or the Jobs of a CronJob, have at the same time, if several: no more than are to succeed.
fn pods_at_once(object: &Object) -> Option<i32> {
    let spec = match object.typed.as_ref()? {
        Typed::Job(job) => job.spec.as_ref()?,
        Typed::CronJob(job) => job.spec.job_template.spec.as_ref()?,
        _ => return None,
    };
    let parallelism = spec.parallelism.filter(|_| object.keeps(&["spec.parallelism", "spec.jobTemplate"]))?;
    Some(spec.completions.map_or(parallelism, |completions| completions.min(parallelism))).filter(|many| *many > 1)
}

/// Where that is written.
fn parallelism_node(object: &Object) -> Option<NodeId> {
    let path: &[&str] = match object.typed {
        Some(Typed::CronJob(_)) => &["spec", "jobTemplate", "spec", "parallelism"],
        _ => &["spec", "parallelism"],
    };
    object.document.at(object.node, path)
}
