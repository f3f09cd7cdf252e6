//! Who calls whom, by the addresses in arguments, variables and mounted configuration.

use std::collections::{HashMap, HashSet};

use super::build::{Builder, ServiceBox};
use super::model::{Flow, Look, NodeIndex};
use super::pod::{self, Placed, Told};
use super::topics::{self, Topic};
use crate::facts::{Certainty, Dial, Role, Task};

/// Draws an arrow for every call that the objects show.
pub(super) fn draw(builder: &mut Builder<'_>) {
    let mut calls: Vec<Call> = Vec::new();
    let services = Services::of(&builder.services);
    for (index, workload) in builder.workloads.iter().enumerate() {
        let namespace = workload.namespace.as_deref();
        let neighbours = Neighbours::of(&workload.containers);
        let told: Vec<Told> = workload.containers.iter().map(|one| pod::told(one, builder.seen, namespace)).collect();
        for (at, one) in workload.containers.iter().enumerate() {
            let from = one.node;
            let topics = topics::of(&told[at]);
            let is_bus = |host: &str| topics.iter().any(|topic| topic.bus.split(':').next() == Some(host));
            for dial in one.dials.iter().filter(|dial| dial.certainty > Certainty::Unknown) {
                if dial.is_loopback {
                    let Some(port) = dial.port else { continue };
                    if let Some(to) = neighbours.listening(at, port) {
                        calls.push(Call { from, to: To::Box(to), label: local_label(dial) });
                    }
                } else if let Some(service) = services.called(dial, namespace) {
                    calls.push(Call { from, to: To::Box(service.node), label: port_label(dial) });
                } else if is_outside(dial) && !is_bus(&dial.host) {
                    let to = To::Host(outside_name(&dial.host).to_owned());
                    calls.push(Call { from, to, label: port_label(dial) });
                }
            }
            let instances = told[at].arguments.iter().filter_map(|argument| cloud_sql_instance(one, argument));
            calls.extend(instances.map(|instance| Call {
                from,
                to: To::Host(instance.to_owned()),
                label: String::new(),
            }));
            calls.extend(by_role(builder, index, one, &told[at]));
            calls.extend(topics.into_iter().map(|topic| Call { from, to: To::Topic(topic), label: String::new() }));
        }
    }
    for Call { from, to, label } in calls {
        match to {
            To::Box(to) => builder.diagram.link(from, to, Flow::Call, label),
            To::Host(host) => {
                // Names without a dot are found in the cluster alone.
                let line = if host.contains(['.', ':']) { "another host" } else { "Service" };
                let to = builder.outside(Look::Outside, &host, line);
                builder.diagram.link(from, to, Flow::Call, label);
            }
            To::Lease(name) => {
                let to = builder.outside(Look::Object, &name, "Lease");
                builder.diagram.link(from, to, Flow::Call, label);
            }
            To::Topic(topic) => {
                let node = builder.topic(&topic);
                let (from, to) = if topic.is_read { (node, from) } else { (from, node) };
                builder.diagram.link(from, to, Flow::Data, label);
            }
            To::Made { job, at_once } => {
                builder.diagram.nodes[job].count = at_once.map(|most| format!("{most} at once"));
                builder.diagram.link(from, job, Flow::Control, label);
            }
            To::Workload(to) => builder.diagram.link(from, to, Flow::Control, label),
        }
    }
    name_ambassadors(builder);
}

struct Call {
    from: NodeIndex,
    to: To,
    label: String,
}

enum To {
    Box(NodeIndex),
    Host(String),
    Lease(String),
    Topic(Topic),
    Workload(NodeIndex),
    Made { job: NodeIndex, at_once: Option<String> },
}

/// An instance of Cloud SQL is its own argument: `project:region:name`.
fn cloud_sql_instance<'told>(one: &Placed<'_>, argument: &'told str) -> Option<&'told str> {
    let image = one.view.container.image.as_deref().unwrap_or_default();
    let is_instance = !argument.starts_with('-') && argument.matches(':').count() >= 2 && !argument.contains('/');
    (is_instance && image.contains("cloud-sql-proxy")).then(|| argument.split('?').next().unwrap_or(argument))
}

fn port_label(dial: &Dial<'_>) -> String {
    // what goes without saying is not written either
    let is_usual = matches!((dial.speaks.as_deref(), dial.port), (Some("http"), Some(80)) | (Some("https"), Some(443)));
    dial.port.filter(|_| !is_usual).map_or_else(String::new, |port| format!(":{port}"))
}

fn local_label(dial: &Dial<'_>) -> String {
    match dial.path.as_str() {
        "" | "/" => port_label(dial),
        path => path.to_owned(),
    }
}

/// The containers of one Pod, by where they listen.
struct Neighbours<'a> {
    containers: &'a [Placed<'a>],
    /// The places of those that run beside the app, by port.
    by_port: HashMap<u16, Vec<usize>>,
    app: Option<usize>,
}

impl<'a> Neighbours<'a> {
    fn of(containers: &'a [Placed<'a>]) -> Self {
        let mut by_port: HashMap<u16, Vec<usize>> = HashMap::new();
        for (at, one) in containers.iter().enumerate().filter(|(_, one)| one.view.runs_beside_app()) {
            for port in &one.ports {
                by_port.entry(*port).or_default().push(at);
            }
        }
        Self { containers, by_port, app: containers.iter().position(|one| one.look == Look::App) }
    }

    /// Which container listens on a port of the loopback interface: the one that declares it or is known to listen
    /// there, else for a helper's call the app, if nothing is known of its ports.
    fn listening(&self, caller: usize, port: u16) -> Option<NodeIndex> {
        if self.containers[caller].ports.contains(&port) {
            return None;
        }
        // the caller is not among them
        if let Some(places) = self.by_port.get(&port) {
            let sure = places.iter().find(|one| self.containers[**one].sure.contains(&port));
            return sure.or_else(|| places.first()).map(|one| self.containers[*one].node);
        }
        let app = &self.containers[self.app.filter(|app| *app != caller)?];
        app.ports.is_empty().then_some(app.node)
    }
}

/// The Services by name and namespace; the first of several counts.
struct Services<'a> {
    own: HashMap<(&'a str, Option<&'a str>), &'a ServiceBox>,
    /// Those without a namespace as of `default`.
    named: HashMap<(&'a str, &'a str), &'a ServiceBox>,
}

impl<'a> Services<'a> {
    fn of(services: &'a [ServiceBox]) -> Self {
        let mut all = Self { own: HashMap::new(), named: HashMap::new() };
        for one in services {
            let namespace = one.namespace.as_deref();
            all.own.entry((&one.name, namespace)).or_insert(one);
            all.named.entry((&one.name, namespace.unwrap_or("default"))).or_insert(one);
        }
        all
    }

    /// The Service that a host name means to Pods of a namespace: `name`, `name.namespace`, `name.namespace.svc…`, or
    /// a Pod of it, `pod.name…` (kubernetes/website: concepts/services-networking/dns-pod-service).
    fn called(&self, dial: &Dial<'_>, namespace: Option<&str>) -> Option<&'a ServiceBox> {
        let labels: Vec<&str> = dial.host.split('.').collect();
        let find = |labels: &[&str]| match labels {
            [name] => self.own.get(&(*name, namespace)).copied(),
            [_, "svc", ..] => None,
            [name, space] | [name, space, "svc", ..] => self.named.get(&(*name, *space)).copied(),
            _ => None,
        };
        find(&labels).or_else(|| {
            let is_pod =
                labels[0].contains('{') || labels[0].rsplit('-').next().is_some_and(|end| end.parse::<u32>().is_ok());
            if is_pod { find(&labels[1..]) } else { None }
        })
    }
}

/// Whether a host outside is worth a box: a name, not a number or a hole to be filled.
fn is_outside(dial: &Dial<'_>) -> bool {
    let has_letter = dial.host.contains(|c: char| c.is_ascii_alphabetic());
    has_letter && !dial.host.contains(['{', '}', '_'])
}

/// One box for all Pods of a Service that is not among the objects: `cache` for `cache-0.cache`.
fn outside_name(host: &str) -> &str {
    match host.split_once('.') {
        Some((pod, service))
            if !service.contains('.')
                && pod.rsplit_once('-').is_some_and(|(name, number)| {
                    name == service && number.bytes().all(|byte| byte.is_ascii_digit())
                }) =>
        {
            service
        }
        _ => host,
    }
}

/// Whom an app calls on loopback, and who calls something outside of the Pod for it, is that to the app: an ambassador,
/// whatever its image is otherwise for.
fn name_ambassadors(builder: &mut Builder<'_>) {
    let diagram = &mut builder.diagram;
    let calls: Vec<(NodeIndex, NodeIndex)> =
        diagram.edges.iter().filter(|edge| edge.flow == Flow::Call).map(|edge| (edge.from, edge.to)).collect();
    let leaving: HashSet<NodeIndex> =
        calls.iter().filter(|(from, to)| diagram.top(*from) != diagram.top(*to)).map(|(from, _)| *from).collect();
    let calls: HashSet<(NodeIndex, NodeIndex)> = calls.into_iter().collect();
    for workload in &builder.workloads {
        let Some(app) = workload.containers.iter().find(|one| one.look == Look::App) else { continue };
        for one in &workload.containers {
            let is_open = matches!(one.role, Role::Server | Role::Unknown | Role::Sidecar(Task::Web));
            if is_open && one.node != app.node && calls.contains(&(app.node, one.node)) && leaving.contains(&one.node) {
                diagram.nodes[one.node].look = Look::Ambassador;
                "ambassador".clone_into(&mut diagram.nodes[one.node].lines[0]);
            }
        }
    }
}

/// What our own roles do without an address.
fn by_role(builder: &Builder<'_>, workload: usize, one: &Placed<'_>, told: &Told) -> Vec<Call> {
    let owner = &builder.workloads[workload];
    let values = |flag: &str| -> Vec<String> {
        let value =
            |argument: &String| Some(argument.strip_prefix("--")?.strip_prefix(flag)?.strip_prefix('=')?.to_owned());
        told.arguments.iter().filter_map(value).collect()
    };
    let made = |path: &str| {
        let file = told.files.iter().find(|file| file.path == path)?;
        let is_it = |(map, key): &(String, String)| *map == file.map && *key == file.key;
        builder.workloads.iter().find(|one| one.namespace == owner.namespace && one.file.as_ref().is_some_and(is_it))
    };
    let mut calls = Vec::new();
    match one.agent.unwrap_or_default() {
        "elect" => {
            let lease = |name| Call { from: one.node, to: To::Lease(name), label: "renews".to_owned() };
            calls.extend(values("lease").into_iter().map(lease));
        }
        "queue" => {
            let most = values("max-parallel").pop();
            for job in values("job").into_iter().filter_map(|path| made(&path)) {
                let to = To::Made { job: job.node, at_once: most.clone() };
                calls.push(Call { from: one.node, to, label: "makes".to_owned() });
            }
        }
        "join" => {
            let jobs = values("create").into_iter().filter_map(|path| made(&path));
            calls.extend(jobs.map(|job| Call {
                from: one.node,
                to: To::Workload(job.node),
                label: "makes, awaits".to_owned(),
            }));
            for name in values("job") {
                let job = builder.workloads.iter().find(|one| one.kind == "Job" && one.name == name);
                calls.extend(job.map(|job| Call {
                    from: one.node,
                    to: To::Workload(job.node),
                    label: "awaits".to_owned(),
                }));
            }
        }
        "topz" => {
            let app = owner.containers.iter().find(|one| one.look == Look::App);
            calls.extend(app.map(|app| Call { from: one.node, to: To::Box(app.node), label: "processes".to_owned() }));
        }
        _ => {}
    }
    calls
}
