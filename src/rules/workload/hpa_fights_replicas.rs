use super::scaling;
use crate::kube::{FolderScope, Index};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::edit;

/// An autoscaler's target says how many replicas it wants.
pub static RULE: Rule = rule!("hpa_fights_replicas.md", Warning, Check::Workspace(check), fixes);

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for scaler in scaling::scalers(index) {
        let Some(target) = index.find(scaler.object, scaler.kind, scaler.name) else { continue };
        // 0 is how a workload is switched off: the autoscaler then leaves it alone.
        let Some(node) = scaling::replicas_node(target)
            .filter(|_| scaling::replicas(target) != Some(0) && target.keeps(&["spec.replicas"]))
        else {
            continue;
        };
        let is_meant = scaling::is_meant(index, scaler.object, target);
        if !is_meant || FolderScope::of(target).namespace != FolderScope::of(scaler.object).namespace {
            continue;
        }
        let document = &target.document;
        let fix = document.get(target.node, "spec").and_then(|spec| edit::remove(document, spec, "replicas"));
        let (name, by) = (clip(&target.id.name), clip(&scaler.object.id.name));
        // what a custom resource does without it is told by its own controller
        let help = match target.typed {
            Some(_) => format!(
                "remove `replicas`; the next plain `kubectl apply` scales to 1 once, unless you first run \
                 `kubectl apply edit-last-applied {}/{name}` and remove it there",
                target.id.kind.to_lowercase()
            ),
            None => "remove `replicas`, if its definition lets you".to_owned(),
        };
        let count = match clip(document.raw(node)) {
            one if one == "1" => "1 replica".to_owned(),
            many => format!("{many} replicas"),
        };
        found
            .about(target)
            .at(node, format!("every apply resets `{name}` to {count}, whatever `{by}` has scaled it to"))
            .here("leave it out")
            .label(scaler.object.label(scaler.node, format!("`{by}` decides how many run")))
            .because(
                "every field in the manifest is applied, but `replicas` belongs to the autoscaler \
                 (kubernetes/website: tasks/run-application/horizontal-pod-autoscale, \"Migrating Deployments and StatefulSets\")",
            )
            .help(help)
            .unsafe_fix_if("leave the number to the autoscaler", fix.map(|edit| vec![edit]));
    }
}
