use std::collections::{HashMap, HashSet};

use super::scaling::name_node;
use crate::kube::image::Reference;
use crate::kube::selection::{Meant, is_given, meant, pods_beside};
use crate::kube::types::{IntOrString, Labels, ServicePort, ServiceSpec};
use crate::kube::{FolderScope, Index, Object, PodView, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, text};
use crate::text::Text;
use crate::words::{clip, nearest};
use crate::yaml::NodeId;

/// A Service that selects no Pod of its folder and namespace.
pub static RULE: Rule = rule!("dangling_service.md", Warning, Check::Workspace(check));

fn check<'run>(index: &Index<'run>, found: &mut FindingsAnywhere<'_>) {
    let (mut told, mut makers) = (None, None);
    let mut selected = HashMap::new();
    let may_be_told = |service: &&&Object| service.keeps_selection() && !service.is_among_unseen;
    for service in index.kind("Service").iter().filter(may_be_told) {
        let Some(spec) = service_spec(service) else { continue };
        let Some(labels) = spec.selector.as_ref().filter(|labels| !labels.is_empty()) else { continue };
        let selector = Selector::map(labels);
        let is_open = selector.keys().any(is_given) || selector.equal().any(|(_, value)| text::is_placeholder(value));
        if is_open || spec.type_.as_deref() == Some("ExternalName") || index.may_match_any(service, &selector) {
            continue;
        }
        // Operators make Pods that no file shows; what is nearly selected was meant to be.
        // What ends by itself is hardly what serves.
        let near = meant(&selector, pods_beside(index, service).filter(|pods| !ends(pods.object)));
        // a workload that has its Service is hardly what another was misspelt for
        let is_taken =
            |meant: &Meant<'_, '_>| meant.is_typo && index.selects_in(FolderScope::of(service), meant.it.labels);
        // what an operator makes mostly has the labels of what it is made from
        let mut is_made = |meant: &Meant<'run, '_>| {
            let value = labels.get(meant.key).map_or("", Text::as_str);
            let key = (FolderScope::of(service), meant.key.to_owned(), value);
            !meant.is_typo && makers.get_or_insert_with(|| labels_of_makers(index)).contains(&key)
        };
        let near = near.filter(|meant| !is_taken(meant)).filter(|meant| !is_made(meant));
        let near = near.map(|meant| (meant.it.object, meant.key));
        let here = index.workloads_in(FolderScope::of(service));
        let beside = near.or_else(|| beside(index, service, labels, here, &mut selected));
        let Some((workload, key)) = beside.or_else(|| unlabelled(service, labels, here)) else { continue };
        // Controllers of custom kinds give the labels that they are told: the experiment of an Argo Rollout.
        let value = labels.get(key).map_or("", Text::as_str);
        if told.get_or_insert_with(|| labels_in_custom_kinds(index)).contains(&(key.to_owned(), value)) {
            continue;
        }
        let Some(node) = service.document.at(service.node, &["spec", "selector"]) else { continue };
        let shown = service.document.get(node, key).unwrap_or(node);
        let there = labels_node(workload);
        let name = clip(&workload.id.name);
        found
            .about(service)
            .at(shown, format!("Service `{}` selects no Pod; `{name}` does not have this label", clip(&service.id.name)))
            .here(format!("no Pod has `{}: {}`", clip(key), clip(labels.get(key).map_or("", Text::as_str))))
            .label(workload.label(there.unwrap_or_else(|| name_node(workload)), format!("the labels of `{name}`'s Pods")))
            .because("a Service whose selector matches no Pod has no endpoints: connections are refused or time out")
            .help("make the selector a subset of the labels in the Pod template (`metadata.labels` of the template, not of the workload)");
    }
}

/// Whether Pods of this workload end by themselves.
fn ends(workload: &Object) -> bool {
    matches!(workload.id.kind.as_str(), "Job" | "CronJob")
}

/// The labels of objects of custom kinds that may make Pods, with the places of these.
fn labels_of_makers<'run>(index: &Index<'run>) -> HashSet<(FolderScope<'run>, String, &'run str)> {
    // groups whose kinds say something of Pods, and make none
    const OTHERS: [&str; 12] = [
        "argoproj.io",
        "autoscaling.k8s.io",
        "cert-manager.io",
        "cilium.io",
        "external-secrets.io",
        "gateway.networking.k8s.io",
        "istio.io",
        "keda.sh",
        "monitoring.coreos.com",
        "monitoring.googleapis.com",
        "projectcontour.io",
        "traefik.io",
    ];
    let may_make = |object: &&&Object| {
        let (group, _) = object.id.api_version.split_once('/').unwrap_or_default();
        let is_of = |other: &str| group.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        object.typed.is_none() && !OTHERS.iter().any(|other| is_of(other))
    };
    let mut found = HashSet::new();
    for object in index.all().iter().filter(may_make) {
        let document = &object.document;
        let labels = document.at(object.node, &["metadata", "labels"]);
        for entry in labels.map_or(&[][..], |labels| document.entries(labels)) {
            let value = document.str(entry.value());
            found.extend(value.map(|value| (FolderScope::of(object), document.key(entry).into_owned(), value)));
        }
    }
    found
}

/// All texts with their keys in the specs of custom kinds.
pub(super) fn labels_in_custom_kinds<'run>(index: &Index<'run>) -> HashSet<(String, &'run str)> {
    let mut texts = HashSet::new();
    for object in index.all().iter().filter(|object| object.typed.is_none()) {
        let document = &object.document;
        let mut nodes: Vec<NodeId> = document.get(object.node, "spec").into_iter().collect();
        while let Some(node) = nodes.pop() {
            nodes.extend(document.items(node));
            for entry in document.entries(node) {
                nodes.push(entry.value());
                texts.extend(document.str(entry.value()).map(|text| (document.key(entry).into_owned(), text)));
            }
        }
    }
    texts
}

fn service_spec(object: &Object) -> Option<&ServiceSpec> {
    match object.typed.as_ref()? {
        Typed::Service(service) => service.spec.as_ref(),
        _ => None,
    }
}

/// A Pod of the Service's own file without any labels that is called as the Service is or as what it selects.
fn unlabelled<'run, 'label>(
    service: &'run Object,
    labels: &'label Labels,
    here: &[&'run Object],
) -> Option<(&'run Object, &'label str)> {
    let (key, _) = labels.iter().next()?;
    let is_called_so = |name: &str| name == service.id.name || labels.iter().any(|(_, value)| value == name);
    let is_meant = |pod: &&&Object| {
        pod.id.kind == "Pod"
            && pod.document.source.name == service.document.source.name
            && pod.keeps_selection()
            && pod.pod().is_some_and(|view| view.labels().is_none_or(Labels::is_empty))
            && is_called_so(&pod.id.name)
    };
    here.iter().take(MOST).find(is_meant).map(|pod| (*pod, key.as_str()))
}

/// How many workloads of a folder are looked at for the one that a Service means.
const MOST: usize = 200;

/// A workload of the Service's own file that has the same labels with other values, that no other Service
/// selects, and where nothing else makes Pods.
fn beside<'run, 'label>(
    index: &Index<'run>,
    service: &'run Object,
    labels: &'label Labels,
    here: &[&'run Object],
    selected: &mut HashMap<*const Object, bool>,
) -> Option<(&'run Object, &'label str)> {
    if index.has_opaque(FolderScope::of(service)) {
        return None;
    }
    let mut is_selected = |workload: &'run Object, has: &Labels| {
        *selected.entry(std::ptr::from_ref(workload)).or_insert_with(|| index.selects_in(FolderScope::of(service), has))
    };
    let here = &here[..here.len().min(MOST)];
    let in_file = |object: &&&Object| {
        object.document.source.name == service.document.source.name && object.keeps_selection() && !ends(object)
    };
    // the set that names the Service is meant, whichever comes first in the file
    let names_it = |workload: &&&Object| matches!(&workload.typed, Some(Typed::StatefulSet(set)) if set.spec.service_name.as_deref() == Some(&service.id.name));
    let by_name = here.iter().filter(in_file).filter(names_it);
    let workload = by_name.chain(here.iter().filter(in_file)).find(|workload| {
        let has = workload.pod().and_then(PodView::labels);
        has.is_some_and(|has| labels.keys().all(|key| has.contains_key(key)) && !is_selected(workload, has))
            && (names_it(workload) || resembles(service, labels, workload))
    })?;
    let has = workload.pod()?.labels()?;
    let (key, _) = labels.iter().find(|(key, value)| has.get(key) != Some(value))?;
    Some((workload, key))
}

/// Whether a workload may be what a Service leads to, for more than the keys of its labels: a port of it, or a word that
/// both are called by.
fn resembles(service: &Object, labels: &Labels, workload: &Object) -> bool {
    let views = || workload.pods().flat_map(PodView::containers);
    let declared = || views().flat_map(|view| view.container.ports.iter().flatten());
    let leads_to = |port: &ServicePort| match &port.target_port {
        Some(IntOrString::String(name)) => declared().any(|own| own.name.as_ref() == Some(name)),
        Some(IntOrString::Int(number)) => declared().any(|own| own.container_port == *number),
        None => declared().any(|own| own.container_port == port.port),
    };
    let has_port = || service_spec(service).and_then(|spec| spec.ports.as_ref()).into_iter().flatten().any(leads_to);
    let has = workload.pod().and_then(PodView::labels);
    let images = views().filter_map(|view| view.container.image.as_deref()).map(|image| Reference::of(image).name());
    let of_workload = std::iter::once(workload.id.name.as_str())
        .chain(images)
        .chain(labels.iter().filter_map(|(key, _)| has?.get(key).map(Text::as_str)));
    let of_service: Vec<&str> =
        std::iter::once(service.id.name.as_str()).chain(labels.iter().map(|(_, value)| value.as_str())).collect();
    has_port() || of_workload.into_iter().any(|one| of_service.iter().any(|other| share_a_word(one, other)))
}

/// How many words of a name are compared.
const MOST_WORDS: usize = 8;

/// Whether two names have a word in common that says more than what kind of thing is called so.
fn share_a_word(one: &str, other: &str) -> bool {
    const KINDS: [&str; 12] = [
        "app",
        "service",
        "svc",
        "server",
        "deployment",
        "deploy",
        "pod",
        "web",
        "api",
        "frontend",
        "backend",
        "database",
    ];
    fn words(name: &str) -> impl Iterator<Item = &str> {
        name.split(['-', '_', '.']).take(MOST_WORDS).filter(|word| word.len() > 1 && !KINDS.contains(word))
    }
    one == other || words(one).any(|word| words(other).any(|other| word == other || nearest(word, [other]).is_some()))
}

fn labels_node(workload: &Object) -> Option<NodeId> {
    workload.pods().find_map(PodView::labels_node)
}
