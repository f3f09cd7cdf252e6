use super::{ordinals, stateful_set};
use crate::diagnostic::Level;
use crate::kube::{FolderScope, Index, Object};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::{clip, edits_within, nearest};

/// The governing Service of a StatefulSet is not there.
pub static RULE: Rule = rule!("statefulset_service_missing.md", Warning, Check::Workspace(check));

/// Among how many Services of a folder the one that is meant is looked for at most.
const MOST: usize = 500;

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for object in index.kind("StatefulSet").iter().filter(|object| !object.is_among_unseen) {
        let Some(set) = stateful_set(object).filter(|_| object.keeps(&["spec.serviceName"])) else { continue };
        let Some(name) = set.spec.service_name.as_deref() else { continue };
        let is_open = name.is_empty() || crate::rules::text::is_placeholder(name) || index.has(object, "Service", name);
        let services = index.kind_in(FolderScope::of(object), "Service");
        if is_open || services.is_empty() {
            continue;
        }
        let node = object.document.at(object.node, &["spec", "serviceName"]).unwrap_or(object.node);
        // one that could govern it, or a slip: many a name ends in `-service`
        let is_slip = |other: &&str| edits_within(2, name, other).is_some();
        let of_pods =
            index.services_of(object).find(|service| is_headless(service)).map(|service| service.id.name.as_str());
        let names = services.iter().take(MOST).map(|service| service.id.name.as_str());
        let near = of_pods.or_else(|| nearest(name, names.filter(is_slip)));
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

fn is_headless(service: &Object) -> bool {
    service.document.at(service.node, &["spec", "clusterIP"]).and_then(|node| service.document.str(node))
        == Some("None")
}
