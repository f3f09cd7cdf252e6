use super::{ordinals, stateful_set};
use crate::diagnostic::{Level, RuleId};
use crate::kube::{Index, Place};
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::{clip, nearest};

/// The governing Service of a StatefulSet is not there.
pub static RULE: Rule = Rule {
    id: RuleId { name: "statefulset-service-missing", family: "serving" },
    level: Level::Warning,
    page: include_str!("statefulset_service_missing.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for object in index.kind("StatefulSet") {
        let Some(set) = stateful_set(object).filter(|_| object.keeps(&["spec.serviceName"])) else { continue };
        let Some(name) = set.spec.service_name.as_deref() else { continue };
        let is_open = name.is_empty() || crate::rules::text::is_placeholder(name) || index.has(object, "Service", name);
        let services = index.kind_in(Place::of(object), "Service");
        if is_open || services.is_empty() {
            continue;
        }
        let node = object.document.at(object.node, &["spec", "serviceName"]).unwrap_or(object.node);
        let near = nearest(name, services.iter().map(|service| service.id.name.as_str()));
        let level = if ordinals(&set.spec).1 > 1 { Level::Warning } else { Level::Advice };
        let found = &mut found.about(object);
        let saying = found
            .at(node, format!("no Service is called `{}`, so the Pods of `{}` have no DNS names", clip(name), clip(&object.id.name)))
            .because("a StatefulSet does not create its governing Service, which gives its Pods their names (kubernetes/website: concepts/workloads/controllers/statefulset, \"Limitations\")")
            .level(level);
        match near {
            Some(near) => saying.here(format!("did you mean `{near}`?")).help(format!(
                "write `{near}` if it is headless, or add a Service `{}` with `clusterIP: None`",
                clip(name)
            )),
            None => saying
                .here("not among this folder's Services")
                .help(format!("add a Service `{}` with `clusterIP: None`", clip(name))),
        };
    }
}
