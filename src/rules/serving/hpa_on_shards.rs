use super::hashed;
use crate::facts::{shards::lists, workload::scales};
use crate::kube::{Index, Reach};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// An autoscaler changes the number of shards.
pub static RULE: Rule = rule!("hpa_on_shards.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("HorizontalPodAutoscaler").is_empty() || index.kind("StatefulSet").is_empty() {
        return;
    }
    let lists = lists(index);
    let sets = hashed(index, &lists);
    for scaler in index.kind("HorizontalPodAutoscaler") {
        let meant = |set: &crate::kube::Object| {
            scales(scaler, set) && index.reach(scaler, set).is_some_and(|reach| reach < Reach::Run)
        };
        let Some((set, list)) = sets.iter().find(|(set, _)| meant(set)) else { continue };
        let document = &scaler.document;
        let node = document.at(scaler.node, &["spec", "scaleTargetRef", "name"]).unwrap_or(scaler.node);
        let list = &lists[*list];
        let first = list.names.pods.first().map_or("", |(_, host)| *host);
        let place = crate::diagnostic::Label::span(
            &list.file.object.document.source,
            list.span(first),
            "keys are distributed over its Pods here",
        );
        found
            .about(scaler)
            .at(node, format!("scaling `{}` moves keys to other shards", clip(&set.id.name)))
            .here("changes the number of shards")
            .label(place)
            .because("the shard of a key is a hash over the list of shards; when the number changes, most keys map to other shards, and the router's list does not follow")
            .help("use a fixed number of replicas, and move the data when it has to change");
    }
}
