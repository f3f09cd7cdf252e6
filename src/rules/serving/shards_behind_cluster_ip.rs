use super::{hashed, is_headless, stateful_set};
use crate::diagnostic::Label;
use crate::facts::shards::lists;
use crate::kube::types::IntOrString;
use crate::kube::{Index, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// A Service that picks any shard.
pub static RULE: Rule = rule!("shards_behind_cluster_ip.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("StatefulSet").is_empty() {
        return;
    }
    let lists = lists(index);
    for (object, at) in hashed(index, &lists) {
        let list = &lists[at];
        let labels = object.pod().and_then(|pod| pod.metadata).and_then(|metadata| metadata.labels.as_ref());
        let (Some(set), Some(labels)) = (stateful_set(object), labels) else { continue };
        let first = list.names.pods.first().map_or("", |(_, host)| *host);
        let port = list.port();
        for service in index.beside(object, "Service").filter(|service| is_headless(service) == Some(false)) {
            let Some(Typed::Service(typed)) = &service.typed else { continue };
            let Some(spec) = typed.spec.as_ref().filter(|_| set.spec.service_name.as_deref() != Some(&service.id.name))
            else {
                continue;
            };
            let selects = spec
                .selector
                .as_ref()
                .is_some_and(|selector| !selector.is_empty() && Selector::map(selector).matches(labels));
            let same_port = spec.ports.iter().flatten().any(|one| match &one.target_port {
                Some(IntOrString::Int(number)) => port.is_some_and(|port| *number == i32::from(port)),
                Some(IntOrString::String(_)) => port.is_some_and(|port| one.port == i32::from(port)),
                None => port.is_some_and(|port| one.port == i32::from(port)),
            });
            if !selects || !same_port || selects_one_pod(spec.selector.as_ref()) {
                continue;
            }
            let node = service.document.at(service.node, &["metadata", "name"]).unwrap_or(service.node);
            found
                .about(service)
                .at(node, format!("`{}` leads to any shard, whatever the key", clip(&service.id.name)))
                .here("one cluster IP for all shards")
                .label(Label::span(
                    &list.file.object.document.source,
                    list.span(first),
                    "keys are distributed over these Pods",
                ))
                .because("kube-proxy picks any Pod for each connection, so most keys are on another Pod")
                .help("let clients use the router, or give the Service `clusterIP: None`");
        }
    }
}

/// A Service for one Pod by its name, as exposing each shard by itself takes.
fn selects_one_pod(selector: Option<&crate::kube::types::Labels>) -> bool {
    selector.is_some_and(|selector| {
        selector.contains_key("statefulset.kubernetes.io/pod-name")
            || selector.contains_key("apps.kubernetes.io/pod-index")
    })
}
