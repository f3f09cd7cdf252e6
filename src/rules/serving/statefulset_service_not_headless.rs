use super::{is_headless, ordinals, stateful_set};
use crate::diagnostic::{Level, RuleId};
use crate::kube::Index;
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::clip;

/// The governing Service of a StatefulSet has a cluster IP.
pub static RULE: Rule = Rule {
    id: RuleId { name: "statefulset-service-not-headless", family: "serving" },
    level: Level::Warning,
    page: include_str!("statefulset_service_not_headless.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for object in index.kind("StatefulSet") {
        let Some(set) = stateful_set(object) else { continue };
        let Some(name) = set.spec.service_name.as_deref().filter(|name| !name.is_empty()) else { continue };
        let Some(service) = index.find(object, "Service", name).filter(|service| is_headless(service) == Some(false))
        else {
            continue;
        };
        let node = object.document.at(object.node, &["spec", "serviceName"]).unwrap_or(object.node);
        let other = service.document.at(service.node, &["metadata", "name"]).unwrap_or(service.node);
        // A single Pod is found by the cluster IP too.
        let level = if ordinals(&set.spec).1 > 1 { Level::Warning } else { Level::Advice };
        found
            .about(object)
            .at(node, format!("the Pods of `{}` have no names in DNS", clip(&object.id.name)))
            .here("should be headless")
            .label(service.label(other, "has a cluster IP"))
            .because("Pod names such as app-0.service come from a governing Service with `clusterIP: None` (kubernetes/website: concepts/workloads/controllers/statefulset, \"Limitations\")")
            .help(format!("give the StatefulSet its own Service with `clusterIP: None`, and keep `{}` for clients", clip(name)))
            .level(level);
    }
}
