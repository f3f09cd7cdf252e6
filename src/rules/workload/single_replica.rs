use super::scaling;
use crate::kube::{Index, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, parts};
use crate::words::clip;

/// A Service with one Pod behind it.
pub static RULE: Rule = rule!("single_replica.md", Advice, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let behind = scaling::behind_services(index);
    for pod in
        parts::final_pods(index, &["spec.volumes"]).filter(|pod| pod.object.keeps(&["spec.replicas", "spec.strategy"]))
    {
        let object = pod.object;
        let (Some(service), Some(Typed::Deployment(typed))) = (behind.get(&std::ptr::from_ref(object)), &object.typed)
        else {
            continue;
        };
        // One at a time, on purpose.
        let is_meant = typed.spec.strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()) == Some("Recreate")
            || pod.spec.volumes.iter().flatten().any(|volume| volume.persistent_volume_claim.is_some());
        let is_scaled = scaling::scaler_of(index, object).is_some();
        if is_meant || is_scaled || scaling::replicas(object) != Some(1) {
            continue;
        }
        let node = scaling::replicas_node(object).unwrap_or_else(|| scaling::name_node(object));
        found
            .about(object)
            .at(node, format!("`{}` is unavailable whenever its only Pod is", clip(&object.id.name)))
            .label(service.label(scaling::name_node(service), "has no other Pod"))
            .because(
                "sooner or later a drained node or a crash stops every Pod, and a new one takes time to become ready",
            )
            .help("`replicas: 2`, if the app can run twice");
    }
}
