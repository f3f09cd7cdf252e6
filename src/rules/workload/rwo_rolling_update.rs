use super::{rwo, scaling};
use crate::diagnostic::Level;
use crate::kube::{FastSet, Index, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// A rolling update starts the new Pod while the old one still holds the volume.
pub static RULE: Rule = rule!("rwo_rolling_update.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let classes = rwo::Classes::of(index);
    // of a class that nothing is known of, the first warns for all: the cluster's answer is the same for each
    let mut unknown = FastSet::default();
    for object in index.kind("Deployment") {
        let Some(Typed::Deployment(deployment)) = &object.typed else { continue };
        let Some(pod) =
            object.pod().filter(|pod| object.keeps(&rwo::SCALED) && pod.keeps(&rwo::PLACED) && !rwo::is_pinned(*pod))
        else {
            continue;
        };
        // several replicas are rwo-many-replicas' business
        if scaling::replicas(object) != Some(1) {
            continue;
        }
        let strategy = deployment.spec.strategy.as_ref();
        let surge = strategy.and_then(|strategy| strategy.rolling_update.as_ref()?.max_surge.as_ref());
        let unavailable = strategy.and_then(|strategy| strategy.rolling_update.as_ref()?.max_unavailable.as_ref());
        // the only old Pod may go at once, and does: the new one waits for the volume and gets it
        if unavailable.is_some_and(|unavailable| scaling::scaled_down(unavailable, 1) > Some(0)) {
            continue;
        }
        let is_recreate = strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("Recreate"));
        if is_recreate || surge.is_some_and(|surge| scaling::scaled_up(surge, 1) == Some(0)) {
            continue;
        }
        let Some(volume) = rwo::single_node(index, &classes, pod) else { continue };
        let is_warned_of = volume.is_attached || unknown.insert(volume.class);
        let written = object.document.at(object.node, &["spec", "strategy"]);
        let shown = written.unwrap_or_else(|| scaling::name_node(object));
        let name = clip(&object.id.name);
        found
            .about(object)
            .at(volume.node, format!("an update of `{name}` hangs if the new Pod lands on another node"))
            .level(if is_warned_of { Level::Warning } else { Level::Advice })
            .here("the old Pod holds this until it stops")
            .label(object.label(
                shown,
                if written.is_some() { "starts the new Pod first" } else { "a rolling update, by default" },
            ))
            .label(volume.claim.label(volume.modes, "one node at a time"))
            .because(
                "a rolling update starts the new Pod before it stops the old one, and a ReadWriteOnce volume cannot be \
                 attached to two nodes (kubernetes/kubernetes#115997)",
            )
            .help("set `strategy: {type: Recreate}`, or use a StatefulSet");
    }
}
