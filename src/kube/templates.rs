//! Where each kind keeps its Pod templates, and what becomes of the Pods that it makes from them.
//!
//! Built-in kinds of the served API versions are decoded as a whole (`typed`). Here are the others: removed API
//! versions, the common custom kinds, and kinds whose definition is in the run. Their templates are decoded
//! without complaint: whether the server takes them is for the rules of family `manifest`.

mod rows;
mod schema;

use super::types::{Container, List, ObjectMeta, PodSpec, PodTemplateSpec, Read, Volume};
use crate::text::Text;
use crate::yaml::{Document, NodeId, Value};
use Life::Unknown;
use rows::Form::{self, Knative, Segment, Source, Template as Plain};
use rows::rows;

pub(super) use rows::{is_known, is_operated};
pub(super) use schema::{DEPTH, SchemaPaths};

/// What becomes of the Pods of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// They are kept running: a Deployment, a StatefulSet, a Rollout.
    LongRunning,
    /// They are done once all entries of `containers` have exited: a Job, the Jobs of a JobSet.
    Batch,
    /// The same, at given times: a CronJob.
    Scheduled,
    /// They are done once the main container has exited; the others are killed then: a step of Argo Workflows.
    Segment,
    /// Nothing says so: a bare Pod, a `PodTemplate`, a replica beside those that decide.
    Unknown,
}

impl Life {
    /// Whether a Pod is done only once every entry of `containers` has exited by itself, and something waits for that.
    #[must_use]
    pub fn waits_for_all(self) -> bool {
        matches!(self, Self::Batch | Self::Scheduled)
    }
}

/// A Pod template of a kind that is not decoded as a whole.
#[derive(Debug)]
pub(super) struct Template {
    /// The map that holds the Pod's metadata.
    pub node: NodeId,
    /// The map that holds the fields of the Pod's spec.
    pub spec_node: NodeId,
    pub metadata: Option<ObjectMeta>,
    pub spec: PodSpec,
    /// The containers' maps, where they are not in a list called `containers`.
    pub containers: Option<Vec<NodeId>>,
    pub life: Life,
    /// What the kind calls this template among several: `worker` of a JobSet's jobs.
    pub part: Option<String>,
}

/// The templates of an object that is not decoded as a whole, if its kind is known to have some.
pub(super) fn read(document: &Document, node: NodeId, api_version: &str, kind: &str) -> Vec<Template> {
    let mut found = Vec::new();
    for (_, _, life, form, paths) in rows(api_version, kind) {
        for path in *paths {
            for Reached { node: at, key } in places(document, node, &hops(path)) {
                let made = if *form == Segment { step(document, at, node) } else { template(document, at) };
                let Some(mut made) = made else { continue };
                add_names(&mut made.template.spec, *form, document, node);
                let life = of_part(document, node, kind, made.life.unwrap_or(*life), key.as_deref());
                found.push(Template { life, part: key, ..made.template });
            }
        }
    }
    found
}

/// One step down from a node.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hop<'path> {
    Key(&'path str),
    Items,
    Values,
}

fn hops(path: &str) -> Vec<Hop<'_>> {
    let mut hops = Vec::new();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        match step.strip_suffix("[]") {
            _ if step == "*" => hops.push(Hop::Values),
            Some(list) => hops.extend([Hop::Key(list), Hop::Items]),
            None => hops.push(Hop::Key(step)),
        }
    }
    hops
}

/// What a path leads to, with the name of the last list item or map key on the way.
struct Reached {
    node: NodeId,
    key: Option<String>,
}

fn places(document: &Document, root: NodeId, path: &[Hop<'_>]) -> Vec<Reached> {
    let mut places = vec![Reached { node: root, key: None }];
    for hop in path {
        let mut next = Vec::new();
        for place in places {
            match hop {
                Hop::Key(key) => next.extend(document.get(place.node, key).map(|node| Reached { node, ..place })),
                Hop::Items => next.extend(
                    document
                        .items(place.node)
                        .iter()
                        .map(|item| Reached { node: *item, key: document.get_str(*item, "name").map(str::to_owned) }),
                ),
                Hop::Values => next.extend(
                    document
                        .entries(place.node)
                        .iter()
                        .map(|entry| Reached { node: entry.value(), key: Some(document.key(entry).into_owned()) }),
                ),
            }
        }
        places = next;
    }
    places
}

/// What becomes of one of several replicas.
fn of_part(document: &Document, object: NodeId, kind: &str, life: Life, part: Option<&str>) -> Life {
    let Some(part) = part else { return life };
    match kind {
        // Workers run sshd and are deleted when the launcher is done; parameter servers and evaluators likewise.
        "MPIJob" if !part.eq_ignore_ascii_case("launcher") => Life::Unknown,
        "TFJob" | "MXJob" | "PaddleJob" if is_one_of(part, &["ps", "evaluator", "server", "scheduler"]) => {
            Life::Unknown
        }
        // A JobSet may be done before all of its Jobs are (`spec.successPolicy`).
        "JobSet" => match document.at(object, &["spec", "successPolicy"]) {
            Some(policy) if !is_awaited(document, policy, part) => Life::Unknown,
            _ => life,
        },
        _ => life,
    }
}

fn is_one_of(part: &str, names: &[&str]) -> bool {
    names.iter().any(|name| part.eq_ignore_ascii_case(name))
}

fn is_awaited(document: &Document, policy: NodeId, part: &str) -> bool {
    let jobs = document.get(policy, "targetReplicatedJobs").map_or(&[][..], |list| document.items(list));
    let is_target = jobs.is_empty() || jobs.iter().any(|job| document.str(*job) == Some(part));
    document.get_str(policy, "operator") != Some("Any") && is_target
}

/// A template as it is written. Some say themselves what becomes of their Pods.
struct Made {
    template: Template,
    life: Option<Life>,
}

fn template(document: &Document, node: NodeId) -> Option<Made> {
    let spec_node = document.get(node, "spec")?;
    if document.items(document.get(spec_node, "containers")?).is_empty() {
        return None;
    }
    let PodTemplateSpec { metadata, spec } = PodTemplateSpec::read(document, node);
    let spec = spec?;
    let template = Template { node, spec_node, metadata, spec, containers: None, life: Unknown, part: None };
    Some(Made { template, life: None })
}

/// Gives containers the names that their kind gives to those without.
fn add_names(spec: &mut PodSpec, form: Form, document: &Document, object: NodeId) {
    let several = spec.containers.len() > 1;
    let of_object =
        || document.at(object, &["metadata", "name"]).and_then(|name| document.str(name)).unwrap_or_default();
    for (index, container) in spec.containers.iter_mut().enumerate().filter(|(_, one)| one.name.is_empty()) {
        let name = match form {
            Knative if several => format!("user-container-{index}"),
            Knative => "user-container".to_owned(),
            Source => format!("{}-{index}", of_object()),
            Plain | Segment => return,
        };
        container.name = name.as_str().into();
    }
}

/// A template of Argo Workflows, which is nearly a Pod: `container` or `script` is its main container, `sidecars`
/// run beside it and are killed after it, and `initContainers`, `volumes`, `metadata` and `serviceAccountName` are a
/// Pod's. Volumes of the workflow count too. Not taken: steps, DAGs, resources, HTTP and plug-in templates, which
/// have no containers, and container sets, whose containers wait for each other.
fn step(document: &Document, node: NodeId, object: NodeId) -> Option<Made> {
    let at = |field: &str| document.get(node, field);
    let script = at("script");
    let sidecars = at("sidecars").map_or(&[][..], |list| document.items(list));
    let nodes: Vec<NodeId> = at("container").or(script).into_iter().chain(sidecars.iter().copied()).collect();
    let mut containers = nodes.iter().map(|node| Container::read(document, *node)).collect::<Vec<_>>();
    let main = containers.first_mut().filter(|_| nodes.len() > sidecars.len())?;
    main.name = "main".into();
    if script.is_some() {
        // where the executor puts the text of `source`
        let given = main.args.take().unwrap_or_default();
        main.args = Some(given.into_iter().chain(["/argo/staging/script".into()]).collect());
    }
    let of_object = document.get(object, "spec")?;
    let workflow = document.get(of_object, "workflowSpec").unwrap_or(of_object);
    let volumes: List<Volume> = at("volumes").map(|node| Read::read(document, node)).unwrap_or_default();
    let shared: Option<List<Volume>> = document.get(workflow, "volumes").map(|node| Read::read(document, node));
    let volumes = volumes.into_iter().chain(shared.unwrap_or_default()).collect();
    let text = |node, field: &str| document.get_str(node, field).map(Text::from);
    let spec = PodSpec {
        init_containers: at("initContainers").map(|node| Read::read(document, node)),
        containers: containers.into(),
        volumes: Some(volumes),
        service_account_name: text(node, "serviceAccountName").or_else(|| text(workflow, "serviceAccountName")),
        security_context: at("securityContext").map(|node| Read::read(document, node)),
        restart_policy: Some("Never".into()),
        ..PodSpec::default()
    };
    let metadata = at("metadata").map(|node| Read::read(document, node));
    let is_daemon = at("daemon").is_some_and(|node| document.value(node) == Value::Bool(true));
    let containers = Some(nodes);
    let template = Template { node, spec_node: node, metadata, spec, containers, life: Unknown, part: None };
    // neither awaited nor started again
    Some(Made { template, life: is_daemon.then_some(Unknown) })
}
