//! The patterns of a workload, by its kind, its containers and the objects around it.

use super::hosts::pod_names;
use super::{Confidence, ContainerFacts, Evidence, Form, PodFacts, Programs, Role, Way};
use crate::kube::{ContainerList, Index, Object, Typed};
use crate::text::Text;
use crate::yaml::NodeId;

/// A workload with what its containers do and its patterns.
#[derive(Debug)]
pub struct Workload<'run> {
    /// The object.
    pub object: &'run Object,
    /// Its Pod.
    pub facts: PodFacts<'run>,
    /// What its kind calls the Pod template, where it has several: `worker` of a JobSet's jobs.
    pub part: Option<&'run str>,
    /// Its patterns.
    pub patterns: Vec<Pattern>,
}

/// A pattern that a workload takes part in.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Its name.
    pub name: &'static str,
    /// What shows it.
    pub evidence: Evidence,
}

/// The workloads of a run, in their order. Patches are parts of others and none of their own.
#[must_use]
pub fn workloads<'run>(index: &'run Index<'run>, programs: &'run Programs) -> Vec<Workload<'run>> {
    let pods = index.all().iter().flat_map(|object| object.pods());
    let mut found: Vec<PodFacts<'run>> = pods.map(|pod| PodFacts::of(pod, index, programs)).collect();
    name_leaves(index, &mut found);
    let workload = |facts: PodFacts<'run>| {
        let patterns = patterns(&facts);
        Workload { object: facts.pod.object, part: facts.pod.part, facts, patterns }
    };
    found.into_iter().map(workload).collect()
}

/// The StatefulSets whose Pods the roots of the run ask, by the template of their names.
fn name_leaves(index: &Index<'_>, found: &mut [PodFacts<'_>]) {
    let mut leaves = Vec::new();
    for facts in found.iter() {
        for root in facts.members.iter().filter(|one| one.role == Role::GatherRoot) {
            for word in root.line.invocations.iter().flat_map(|run| &run.words) {
                let first = word.text.replace("{i}", "0");
                let sets = pod_names(&first).into_iter().map(|list| list.set.to_owned());
                leaves.extend(sets.filter_map(|set| index.find(facts.pod.object, "StatefulSet", &set)));
            }
        }
    }
    for facts in found.iter_mut() {
        let object = facts.pod.object;
        if !leaves.iter().any(|leaf| std::ptr::eq(*leaf, object)) {
            continue;
        }
        for app in facts.members.iter_mut().filter(|one| one.role == Role::App) {
            app.role = Role::Leaf;
            let shows = "a root queries each Pod by name".to_owned();
            app.evidence.insert(0, Evidence { node: object.node, shows });
        }
    }
}

fn patterns(facts: &PodFacts<'_>) -> Vec<Pattern> {
    let mut found = Vec::new();
    topology(facts.pod.object, facts.index, &facts.members, &mut found);
    for one in &facts.members {
        let Some(name) = pattern_of(one.role) else { continue };
        if !found.iter().any(|pattern: &Pattern| pattern.name == name) {
            let node = one.evidence.first().map_or(one.container.name_node(), |evidence| evidence.node);
            let shows = format!("`{}` is {}", one.name(), one.role);
            found.push(Pattern { name, evidence: Evidence { node, shows } });
        }
    }
    for one in &facts.members {
        let Some(proof) = one.election.takes_part() else { continue };
        if !found.iter().any(|pattern| pattern.name == "leader election") {
            let shows = format!("`{}` takes part in a leader election", one.name());
            found.push(Pattern { name: "leader election", evidence: Evidence { node: one.node_of(proof), shows } });
        }
    }
    found
}

/// The pattern that a container of this role belongs to.
fn pattern_of(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Sidecar(_) | Role::MeshProxy => "sidecar",
        Role::Ambassador(Way::Shard) => "sharding ambassador",
        Role::Ambassador(_) => "ambassador",
        Role::Adapter(Form::Metrics | Form::Health | Form::Logs) => "adapter",
        Role::Elector => "leader election",
        Role::ShardRouter => "sharded service",
        Role::GatherRoot | Role::Leaf => "scatter/gather",
        Role::QueueManager | Role::Source | Role::Worker => "work queue",
        Role::App | Role::Server | Role::Init(_) | Role::Unknown => return None,
    })
}

/// How many Pods there are and how they divide the work.
fn topology(object: &Object, index: &Index<'_>, containers: &[ContainerFacts<'_>], found: &mut Vec<Pattern>) {
    let document = &object.document;
    let at = |path: &[&str]| document.at(object.node, path);
    let mut add = |name: &'static str, node: Option<NodeId>, shows: String| {
        let node = node.or_else(|| at(&["kind"])).unwrap_or(object.node);
        found.push(Pattern { name, evidence: Evidence { node, shows } });
    };
    let replicas = at(&["spec", "replicas"]);
    match &object.typed {
        Some(Typed::Deployment(_) | Typed::ReplicaSet(_)) => {
            let scaler = index.scaler_of(object, Some).is_some();
            let count = replicas.and_then(|node| document.raw(node).parse::<i64>().ok());
            if count.is_some_and(|count| count > 1) || scaler {
                let shows = if scaler { "a HorizontalPodAutoscaler scales it" } else { "several replicas" };
                add("replicated service", replicas, shows.to_owned());
            }
        }
        Some(Typed::StatefulSet(_)) => {
            let name = at(&["metadata", "name"]);
            let router = shard_list(object, index);
            match router {
                Some(router) => add("sharded service", name, format!("`{router}` names its Pods one by one")),
                None => add("stateful service", name, "each Pod has its own name".to_owned()),
            }
        }
        Some(Typed::DaemonSet(_)) => add("node agent", None, "one Pod on each node".to_owned()),
        Some(Typed::Job(job)) => batch(job.spec.as_ref(), &["spec"], object, &mut add),
        Some(Typed::CronJob(cron)) => {
            add("scheduled batch", at(&["spec", "schedule"]), "a Job on a schedule".to_owned());
            let spec = cron.spec.job_template.spec.as_ref();
            batch(spec, &["spec", "jobTemplate", "spec"], object, &mut add);
        }
        _ => {}
    }
    let waits = containers.iter().find(|one| {
        one.container.list == ContainerList::Init
            && one.confidence == Confidence::Certain
            && one
                .line
                .only()
                .is_some_and(|run| run.name == "patterns-agent" && run.words.iter().any(|word| word.text == "join"))
    });
    if let Some(waits) = waits {
        add("coordinated batch", Some(waits.container.name_node()), format!("`{}` waits for other Jobs", waits.name()));
    }
}

fn batch(
    spec: Option<&crate::kube::types::JobSpec>,
    path: &[&str],
    object: &Object,
    add: &mut impl FnMut(&'static str, Option<NodeId>, String),
) {
    let Some(spec) = spec else { return };
    let at = |field: &str| object.document.at(object.node, path).and_then(|node| object.document.get(node, field));
    let parallel = spec.parallelism.is_some_and(|parallelism| parallelism > 1);
    if spec.completion_mode.as_deref() == Some("Indexed") {
        add("indexed batch", at("completionMode"), "each Pod does the part of its index".to_owned());
    } else if parallel && spec.completions.is_none() {
        add("work queue", at("parallelism"), "Pods work on one queue until it is empty".to_owned());
    }
}

/// Whether an autoscaler is for this workload.
#[must_use]
pub fn scales(scaler: &Object, workload: &Object) -> bool {
    let target = |field: &str| {
        let document = &scaler.document;
        document.at(scaler.node, &["spec", "scaleTargetRef"]).and_then(|target| document.get_str(target, field))
    };
    target("kind") == Some(&workload.id.kind) && target("name") == Some(&workload.id.name)
}

/// The ConfigMap that names several of a StatefulSet's Pods in a configuration that hashes keys.
fn shard_list(set: &Object, index: &Index<'_>) -> Option<Text> {
    let Some(Typed::StatefulSet(typed)) = &set.typed else { return None };
    let service = typed.spec.service_name.as_deref()?;
    index.beside(set, "ConfigMap").find_map(|map| {
        let data = map.document.get(map.node, "data")?;
        let names = |text: &str| {
            super::hosts::is_hashing(text)
                && super::hosts::pod_names(text)
                    .iter()
                    .any(|list| list.set == set.id.name && list.service == service && list.pods.len() > 1)
        };
        let mut texts = map.document.entries(data).iter().filter_map(|entry| map.document.str(entry.value()));
        texts.any(names).then(|| map.id.name.clone())
    })
}
