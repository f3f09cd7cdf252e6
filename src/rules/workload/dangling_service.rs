use std::collections::{BTreeMap, HashSet};

use k8s_openapi::api::core::v1::ServiceSpec;

use super::scaling::name_node;
use crate::diagnostic::{Level, RuleId};
use crate::kube::{Index, Object, Place, PodView, Selector, Typed};
use crate::rules::{Check, FoundAnywhere, Rule, text};
use crate::words::clip;
use crate::yaml::NodeId;

type Labels = BTreeMap<String, String>;

/// A Service that selects no Pod of its folder and namespace.
pub static RULE: Rule = Rule {
    id: RuleId { name: "dangling-service", family: "workload" },
    level: Level::Warning,
    page: include_str!("dangling_service.md"),
    check: Check::Workspace(check),
};

/// Labels that controllers give to the Pods that they make.
const GIVEN: [&str; 7] = [
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "job-name",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "jobset.sigs.k8s.io/jobset-name",
    "pod-template-hash",
];

/// Prefixes of those that custom kinds' controllers give.
const GIVEN_UNDER: [&str; 7] = [
    "apps.kruise.io/",
    "batch.kubernetes.io/",
    "jobset.sigs.k8s.io/",
    "leaderworkerset.sigs.k8s.io/",
    "rollouts-pod-template-hash",
    "serving.knative.dev/",
    "training.kubeflow.org/",
];

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let mut told = None;
    for service in index.kind("Service").iter().filter(|service| !service.is_base) {
        let Some(spec) = service_spec(service) else { continue };
        let Some(labels) = spec.selector.as_ref().filter(|labels| !labels.is_empty()) else { continue };
        let selector = Selector::map(labels);
        let is_given = |key: &str| GIVEN.contains(&key) || GIVEN_UNDER.iter().any(|prefix| key.starts_with(prefix));
        let is_open = selector.equal().any(|(key, value)| is_given(key) || text::is_placeholder(value));
        if is_open
            || spec.type_.as_deref() == Some("ExternalName")
            || index.matching(service, &selector).next().is_some()
        {
            continue;
        }
        let here = index.workloads_in(Place::of(service));
        // Operators make Pods that no file shows; what is nearly selected was meant to be.
        let meant = here.iter().filter(|workload| !workload.is_base);
        let meant = meant.copied().find_map(|workload| Some((workload, near(labels, workload)?)));
        let Some((workload, key)) = meant.or_else(|| beside(index, service, labels, here)) else { continue };
        // Controllers of custom kinds give the labels that they are told: the experiment of an Argo Rollout.
        let value = labels.get(key).map_or("", String::as_str);
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
            .here(format!("no Pod has `{}: {}`", clip(key), clip(labels.get(key).map_or("", String::as_str))))
            .label(workload.label(there.unwrap_or_else(|| name_node(workload)), format!("the labels of `{name}`'s Pods")))
            .because("a Service whose selector matches no Pod has no endpoints: connections are refused or time out")
            .help("make the selector a part of the labels in the Pod template (`metadata.labels` of the template, not of the workload)");
    }
}

/// All texts with their keys in the specs of custom kinds.
fn labels_in_custom_kinds<'run>(index: &Index<'run>) -> HashSet<(String, &'run str)> {
    let mut texts = HashSet::new();
    for object in index.all().iter().filter(|object| object.typed.is_none()) {
        let document = &object.document;
        let mut nodes: Vec<NodeId> = document.get(object.node, "spec").into_iter().collect();
        while let Some(node) = nodes.pop() {
            nodes.extend(document.items(node));
            for entry in document.entries(node) {
                nodes.push(entry.value);
                texts.extend(document.str(entry.value).map(|text| (document.key(entry).into_owned(), text)));
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

/// What keeps a workload from being selected, if the selector was plainly meant for it: one label is
/// misspelt or missing.
fn near<'label>(labels: &'label Labels, workload: &Object) -> Option<&'label str> {
    workload.pods().filter_map(PodView::labels).find_map(|has| near_to(labels, has))
}

fn near_to<'label>(labels: &'label Labels, has: &Labels) -> Option<&'label str> {
    let wrong: Vec<_> = labels.iter().filter(|(key, value)| has.get(*key) != Some(value)).collect();
    let [(key, value)] = wrong.as_slice() else { return None };
    let is_typo = has.get(*key).is_some_and(|other| is_like(value, other));
    let is_elsewhere = has.values().any(|other| other == *value);
    let is_extra = labels.len() > 1 && !has.contains_key(*key);
    if is_extra && is_state(key, value) {
        return None;
    }
    (is_typo || is_elsewhere || is_extra).then_some(key.as_str())
}

/// Whether a label tells which Pod leads at the moment: programs give it to their own Pods at run time. Vault's
/// `vault-active: "true"` (`service_registration "kubernetes"`), Patroni's `role: master` (`kubernetes.role_label`),
/// `spilo-role`, `cnpg.io/instanceRole`, Redis and MongoDB operators' `redis-role`, `mongodb.io/role`.
fn is_state(key: &str, value: &str) -> bool {
    const STATES: [&str; 17] = [
        "active",
        "elected",
        "follower",
        "leader",
        "leading",
        "main",
        "master",
        "passive",
        "perf-standby",
        "primary",
        "replica",
        "secondary",
        "slave",
        "sealed",
        "standby",
        "sync-standby",
        "writer",
    ];
    let key = key.to_ascii_lowercase();
    let names_state = STATES.iter().any(|state| key.contains(state)) || key.contains("initialized");
    STATES.contains(&value.to_ascii_lowercase().as_str())
        || (names_state && matches!(value, "true" | "false" | "yes" | "1"))
}

/// Whether one text is a slip of the other. Names that differ in a number are different names.
fn is_like(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    strsim::normalized_damerau_levenshtein(a, b) > 0.7 && letters(a) != letters(b)
}

/// A workload of the Service's own file that has the same labels with other values, that no other Service
/// selects, and where nothing else makes Pods.
fn beside<'run, 'label>(
    index: &Index<'run>,
    service: &'run Object,
    labels: &'label Labels,
    here: &[&'run Object],
) -> Option<(&'run Object, &'label str)> {
    let place = |object: &&&Object| Place::of(object) == Place::of(service);
    if index.all().iter().filter(place).any(|object| object.typed.is_none() && object.pods().next().is_none()) {
        return None;
    }
    let in_file = |object: &&&Object| object.document.source.name == service.document.source.name && !object.is_base;
    let workload = here.iter().filter(in_file).find(|workload| {
        let has = workload.pod().and_then(PodView::labels);
        has.is_some_and(|has| labels.keys().all(|key| has.contains_key(key)) && !is_selected(index, service, has))
    })?;
    let has = workload.pod()?.labels()?;
    let (key, _) = labels.iter().find(|(key, value)| has.get(*key) != Some(value))?;
    Some((workload, key))
}

/// Whether another Service of the place selects Pods with these labels.
fn is_selected<'run>(index: &Index<'run>, service: &'run Object, has: &Labels) -> bool {
    index.kind_in(Place::of(service), "Service").iter().filter_map(|other| service_spec(other)).any(|spec| {
        let labels = spec.selector.as_ref().filter(|labels| !labels.is_empty());
        labels.is_some_and(|labels| Selector::map(labels).matches(has))
    })
}

fn labels_node(workload: &Object) -> Option<NodeId> {
    workload.pods().find_map(PodView::labels_node)
}
