use super::{ordinals, stateful_set};
use crate::diagnostic::Level;
use crate::facts::names::Comments;
use crate::facts::shards::{ShardList, lists};
use crate::kube::selection::is_beside;
use crate::kube::types::JobSpec;
use crate::kube::{FolderScope, Index, Object, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::{clip, edits_within, nearest};
use crate::yaml::{NodeId, Value};

/// A name of a Pod that no StatefulSet or Job of the unit gives.
pub static RULE: Rule = rule!("no_such_pod.md", Error, Check::Workspace(check));

const WHY: &str = "a StatefulSet's Pods have only the names <set>-<ordinal>.<serviceName> (kubernetes/website: \
                   concepts/workloads/controllers/statefulset, \"Stable Network ID\"); any other name does not resolve";

/// What says which Pods a set has, and what they are called.
const COUNTED: [&str; 5] =
    ["metadata.name", "metadata.namespace", "spec.replicas", "spec.ordinals", "spec.serviceName"];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("StatefulSet").is_empty() && index.kind("Job").is_empty() {
        return;
    }
    // Lists of shards that keys are hashed over are shard-count-mismatch's.
    for list in lists(index).iter().filter(|list| !list.is_hashed && list.is_final()) {
        let Some(asked) = Asked::of(list) else { continue };
        if let Some(set) = index.find(list.file.object, "StatefulSet", list.names.set) {
            of_set(index, &asked, set, found);
        } else if let Some(job) = index.find(list.file.object, "Job", list.names.set) {
            of_job(index, &asked, job, found);
        } else if !index.has(list.file.object, "StatefulSet", list.names.set) {
            other_set(index, &asked, found);
        }
    }
}

/// Names of Pods that a text asks for, outside comments.
struct Asked<'list, 'run> {
    list: &'list ShardList<'run>,
    pods: Vec<(u32, &'run str)>,
    /// Whether the names are written in full, `….svc.…`, so that they are names of this cluster.
    is_full: bool,
}

impl<'list, 'run> Asked<'list, 'run> {
    fn of(list: &'list ShardList<'run>) -> Option<Self> {
        let is_plain = |host: &str| host.split('.').nth(3).is_none_or(|label| label == "svc");
        let mut comments = Comments::of(list.file.text());
        let pods: Vec<_> =
            list.names.pods.iter().copied().filter(|(_, host)| is_plain(host) && !comments.hold(host)).collect();
        let is_full = pods.first()?.1.split('.').nth(3).is_some();
        Some(Self { list, pods, is_full })
    }

    /// Whether the names are of the namespace that an object is in. Names without one are of their own namespace,
    /// where objects are looked for.
    fn is_of_namespace(&self, object: &Object) -> bool {
        match (
            self.list.names.namespace,
            object.id.namespace.as_deref().or(self.list.file.object.id.namespace.as_deref()),
        ) {
            (None, _) => true,
            (Some(named), Some(own)) => named == own,
            (Some(_), None) => self.is_full,
        }
    }
}

fn of_set(index: &Index<'_>, asked: &Asked<'_, '_>, set: &Object, found: &mut FindingsAnywhere<'_>) {
    let Some(typed) = stateful_set(set).filter(|_| set.keeps(&COUNTED) && asked.is_of_namespace(set)) else { return };
    let names = &asked.list.names;
    let service = typed.spec.service_name.as_deref().unwrap_or_default();
    if service != names.service {
        other_service(index, asked, set, service, found);
        return;
    }
    let replicas = set.document.at(set.node, &["spec", "replicas"]);
    let stopped = matches!(replicas.map(|node| set.document.value(node)), Some(Value::Int(0) | Value::Uint(0)));
    if stopped || !index.scalers(set).is_empty() {
        return;
    }
    let (start, count) = ordinals(&typed.spec);
    let end = start.saturating_add(count);
    let is_there = |ordinal: u32| (start..end).contains(&ordinal);
    let Some((_, host)) = asked.pods.iter().find(|(ordinal, _)| !is_there(*ordinal)) else { return };
    let pod = |ordinal: u32| format!("{}-{ordinal}", names.set);
    let range = match count {
        1 => format!("only {}", pod(start)),
        _ => format!("{} to {}", pod(start), pod(end.saturating_sub(1))),
    };
    let shown = replicas.or_else(|| set.document.at(set.node, &["metadata", "name"])).unwrap_or(set.node);
    let real = asked.pods.iter().filter(|(ordinal, _)| is_there(*ordinal)).count();
    let highest = asked.pods.iter().map(|(ordinal, _)| *ordinal).max().unwrap_or_default();
    // A list that names all there are and more may be written for more to come, and where no number is written,
    // it may be scaled by hand.
    let may_come = u32::try_from(real) == Ok(count) || replicas.is_none();
    let mut about = found.about(asked.list.file.object);
    let saying = about
        .at_span(asked.list.span(host), format!("there is no Pod `{}`", clip(host)))
        .here("does not resolve")
        .label(set.label(shown, format!("StatefulSet `{}` has {range}", clip(&set.id.name))))
        .because(format!("{WHY}; ordinals begin at 0, or at `ordinals.start`"))
        .help(format!("name {range}, or set `replicas` to {}", highest.saturating_add(1).saturating_sub(start)));
    if may_come {
        saying.level(Level::Warning);
    }
}

/// The set is there under another governing Service.
fn other_service(
    index: &Index<'_>,
    asked: &Asked<'_, '_>,
    set: &Object,
    service: &str,
    found: &mut FindingsAnywhere<'_>,
) {
    let names = &asked.list.names;
    let is_slip = || edits_within(2, service, names.service).is_some() && !service.is_empty();
    // A Service without selector may have any endpoints, and one that is not here may be made elsewhere.
    let is_ours = index.find(asked.list.file.object, "Service", names.service).is_some_and(|service| {
        let selector = service.document.at(service.node, &["spec", "selector"]);
        selector.is_some_and(|selector| !service.document.entries(selector).is_empty())
    });
    let is_ours = is_ours
        || !index.has(asked.list.file.object, "Service", names.service)
            && asked.pods[0].1.split('.').count() != 3
            && is_slip();
    if !is_ours {
        return;
    }
    let node = set.document.at(set.node, &["spec", "serviceName"]);
    let shown = node.or_else(|| set.document.at(set.node, &["metadata", "name"])).unwrap_or(set.node);
    let host = asked.pods[0].1;
    let (there, help) = if service.is_empty() {
        (
            "without `serviceName` its Pods have no DNS names".to_owned(),
            format!("set `serviceName: {}`", clip(names.service)),
        )
    } else {
        let (start, _) = stateful_set(set).map_or((0, 1), |set| ordinals(&set.spec));
        (
            "the governing Service".to_owned(),
            format!(
                "write {}-{start}.{}, or set `serviceName: {}`",
                clip(names.set),
                clip(service),
                clip(names.service)
            ),
        )
    };
    found
        .about(asked.list.file.object)
        .at_span(
            asked.list.span(host),
            format!("no Pod of StatefulSet `{}` has the name `{}`", clip(names.set), clip(host)),
        )
        .here("does not resolve")
        .label(set.label(shown, there))
        .because(WHY)
        .help(help);
}

/// The governing Service is there, and the set has nearly that name.
fn other_set(index: &Index<'_>, asked: &Asked<'_, '_>, found: &mut FindingsAnywhere<'_>) {
    const MOST: usize = 200;
    let names = &asked.list.names;
    let object = asked.list.file.object;
    if index.find(object, "Service", names.service).is_none() || index.has(object, "Deployment", names.set) {
        return;
    }
    let sets = index.kind_in(FolderScope::of(object), "StatefulSet").iter().take(MOST).copied();
    let of_service = sets.filter(|set| {
        let service = stateful_set(set).and_then(|set| set.spec.service_name.as_deref());
        service == Some(names.service) && is_beside(index, object, set)
    });
    let of_service: Vec<&Object> = of_service.collect();
    let [set] = of_service.as_slice() else { return };
    if !set.keeps(&COUNTED) || !asked.is_of_namespace(set) || nearest(names.set, [set.id.name.as_str()]).is_none() {
        return;
    }
    let host = asked.pods[0].1;
    let shown = set.document.at(set.node, &["metadata", "name"]).unwrap_or(set.node);
    let (start, _) = stateful_set(set).map_or((0, 1), |set| ordinals(&set.spec));
    found
        .about(object)
        .at_span(asked.list.span(host), format!("no Pod has the name `{}`", clip(host)))
        .here("does not resolve")
        .label(set.label(shown, format!("the StatefulSet of Service `{}`", clip(names.service))))
        .because(WHY)
        .help(format!("write {}-{start}.{}", clip(&set.id.name), clip(names.service)))
        .level(Level::Warning);
}

/// Pods of an Indexed Job, which have names once the Job names a subdomain and a headless Service has that name.
fn of_job(index: &Index<'_>, asked: &Asked<'_, '_>, job: &Object, found: &mut FindingsAnywhere<'_>) {
    const OF_JOBS: &str = "the Pods of an Indexed Job have the host names <job>-<index>, and are found by <job>-<index>.<subdomain> \
                           once `subdomain` names a headless Service that selects them (kubernetes/website: \
                           tasks/job/job-with-pod-to-pod-communication)";
    let Some(spec) = job_spec(job).filter(|_| job.keeps(&["metadata.name", "spec"]) && asked.is_of_namespace(job))
    else {
        return;
    };
    let Some(pod) = spec.template.spec.as_ref() else { return };
    if spec.completion_mode.as_deref() != Some("Indexed") || pod.hostname.is_some() {
        return;
    }
    let names = &asked.list.names;
    let at = |path: &[&str]| job.document.at(job.node, path);
    let name = at(&["metadata", "name"]).unwrap_or(job.node);
    let mut say = |host: &str, message: String, node: NodeId, there: &str, help: String, level: Level| {
        found
            .about(asked.list.file.object)
            .at_span(asked.list.span(host), message)
            .here("does not resolve")
            .label(job.label(node, there))
            .because(OF_JOBS)
            .help(help)
            .level(level);
    };
    let host = asked.pods[0].1;
    let no_pod = format!("no Pod of Job `{}` has the name `{}`", clip(&job.id.name), clip(host));
    match pod.subdomain.as_deref() {
        None => {
            let help = format!(
                "set `subdomain: {0}` in the Pod template, and add a headless Service `{0}` that selects these Pods",
                clip(names.service)
            );
            say(host, no_pod, name, "its Pods have no `subdomain`", help, Level::Error);
        }
        Some(subdomain) if subdomain != names.service => {
            let node = at(&["spec", "template", "spec", "subdomain"]).unwrap_or(name);
            let help = format!("write {}-0.{}", clip(names.set), clip(subdomain));
            say(host, no_pod, node, "the governing Service", help, Level::Error);
        }
        Some(subdomain) => {
            let completions = spec.completions.and_then(|count| u32::try_from(count).ok());
            let beyond = asked.pods.iter().find(|(index, _)| completions.is_some_and(|count| *index >= count));
            if let (Some((_, host)), Some(node)) = (beyond, at(&["spec", "completions"])) {
                let count = completions.unwrap_or(1);
                let help = format!("indexes are 0 to {}", count.saturating_sub(1));
                say(
                    host,
                    format!("there is no Pod `{}`", clip(host)),
                    node,
                    "sets the number of Pods",
                    help,
                    Level::Error,
                );
            } else if !index.has(job, "Service", subdomain) {
                let node = at(&["spec", "template", "spec", "subdomain"]).unwrap_or(name);
                let help = format!("add a headless Service `{}` that selects these Pods", clip(subdomain));
                say(host, no_pod, node, "no Service has this name is here", help, Level::Warning);
            }
        }
    }
}

fn job_spec(object: &Object) -> Option<&JobSpec> {
    match object.typed.as_ref()? {
        Typed::Job(job) => job.spec.as_ref(),
        _ => None,
    }
}
