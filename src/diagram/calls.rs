//! Who calls whom, by the addresses in arguments, variables and mounted configuration.

use super::build::{Builder, ServiceBox};
use super::model::{Edge, Flow, Look, NodeIndex};
use super::pod::{self, Placed, Told};
use super::references::{Address, addresses, mentions_number};
use super::topics::{self, Topic};
use crate::recognise::{Role, Task};

/// Draws an arrow for every call that the objects show.
pub(super) fn draw(builder: &mut Builder<'_>) {
    let mut calls: Vec<Call> = Vec::new();
    for (index, workload) in builder.workloads.iter().enumerate() {
        let namespace = workload.namespace.as_deref();
        let told: Vec<Told> = workload.containers.iter().map(|one| pod::told(one, builder.seen, namespace)).collect();
        for (at, one) in workload.containers.iter().enumerate() {
            let from = one.node;
            let topics = topics::of(&told[at]);
            let is_bus =
                |address: &Address<'_>| topics.iter().any(|topic| topic.bus.split(':').next() == Some(address.host));
            for mention in mentions(&told[at], one, |address| service(&builder.services, address, namespace).is_some())
            {
                let Mention { address, is_remote } = mention;
                if address.listens || address.host == "0.0.0.0" {
                    continue;
                }
                if address.is_loopback() {
                    let Some(port) = address.port else { continue };
                    if let Some(to) = neighbour(&workload.containers, &told, at, port) {
                        calls.push(Call { from, to: To::Box(to), label: local_label(&address) });
                    }
                } else if let Some(service) = service(&builder.services, &address, namespace) {
                    calls.push(Call { from, to: To::Box(service.node), label: port_label(&address) });
                } else if is_outside(&address, is_remote) && !is_bus(&address) {
                    calls.push(Call {
                        from,
                        to: To::Host(outside_name(address.host).to_owned()),
                        label: port_label(&address),
                    });
                }
            }
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

struct Mention<'told> {
    address: Address<'told>,
    /// Whether where it stands shows that somebody is called there.
    is_remote: bool,
}

/// The addresses that a container is told.
fn mentions<'told>(
    told: &'told Told,
    one: &Placed<'_>,
    is_service: impl Fn(&Address<'_>) -> bool,
) -> Vec<Mention<'told>> {
    let mut found: Vec<Mention<'told>> = Vec::new();
    let plain = |address| Mention { address, is_remote: false };
    let remote = |address| Mention { address, is_remote: true };
    for argument in &told.arguments {
        let said = addresses(argument).into_iter();
        found.extend(said.filter(|address| address.scheme.is_some() || address.port.is_some()).map(plain));
        if let Some(instance) = cloud_sql_instance(one, argument) {
            let address = Address {
                scheme: Some("cloudsql"),
                host: instance,
                port: None,
                path: "",
                listens: false,
                quoted: false,
            };
            found.push(plain(address));
        }
    }
    for (name, value) in &told.env {
        found.extend(addresses(value).into_iter().filter(|one| one.scheme.is_some() || one.port.is_some()).map(plain));
        // `DB_HOST` and `DB_PORT`
        let pair = name.strip_suffix("_HOST").and_then(|stem| {
            let (_, port) = told.env.iter().find(|(name, _)| name.strip_suffix("_PORT") == Some(stem))?;
            port.parse::<u16>().ok()
        });
        if let (Some(port), [address]) = (pair, addresses(value).as_slice())
            && address.port.is_none()
        {
            found.push(remote(Address { port: Some(port), ..address.clone() }));
        }
    }
    // The configuration of a helper says whom it calls; that of an app may say anything.
    let is_helper = one.look != Look::App;
    for file in &told.files {
        let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with(['#', ';']) || line.starts_with("//") || line.starts_with("--") {
                continue;
            }
            let is_server = line.starts_with("server ");
            for address in addresses(line) {
                let has_domain = address
                    .host
                    .rsplit_once('.')
                    .is_some_and(|(_, last)| last.starts_with(|c: char| c.is_ascii_alphabetic()));
                let is_remote = is_helper && address.port.is_some() && (has_domain || is_server);
                // `http://name` may be a group of servers that nginx or HAProxy calls so.
                let scheme = address.scheme.filter(|_| has_domain || address.port.is_some());
                let address = if is_service(&address) { address } else { Address { scheme, ..address } };
                found.push(Mention { address, is_remote });
            }
            found.extend(host_and_port(line, lines.get(at + 1).copied().unwrap_or_default()).map(remote));
        }
    }
    found
}

/// A host and a port that stand apart: Envoy's `address: a` over `port_value: 1`, and `"a", 1` as in Lua.
fn host_and_port<'text>(line: &'text str, next: &'text str) -> Option<Address<'text>> {
    let (host, port) = if let Some(host) = line.strip_prefix("address:") {
        (host.trim().trim_matches(['"', '\'']), next.strip_prefix("port_value:")?.trim())
    } else {
        let (before, after) = line.rsplit_once("\", ")?;
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        (before.rsplit_once('"')?.1, &after[..digits])
    };
    let port = port.parse().ok()?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_name = host.chars().all(is_host) && host.contains(|c: char| c.is_ascii_alphabetic());
    is_name.then_some(Address { scheme: None, host, port: Some(port), path: "", listens: false, quoted: true })
}

/// An instance of Cloud SQL is an argument of its own: `project:region:name`.
fn cloud_sql_instance<'told>(one: &Placed<'_>, argument: &'told str) -> Option<&'told str> {
    let image = one.view.container.image.as_deref().unwrap_or_default();
    let is_instance = !argument.starts_with('-') && argument.matches(':').count() >= 2 && !argument.contains('/');
    (is_instance && image.contains("cloud-sql-proxy")).then(|| argument.split('?').next().unwrap_or(argument))
}

fn port_label(address: &Address<'_>) -> String {
    address.port.map_or_else(String::new, |port| format!(":{port}"))
}

fn local_label(address: &Address<'_>) -> String {
    let is_http = address.scheme.is_some_and(|scheme| scheme.starts_with("http"));
    match address.path {
        path if is_http && !matches!(path, "" | "/") => path.to_owned(),
        _ => port_label(address),
    }
}

/// Who in this Pod listens on a port of the loopback interface: whoever declares it; or says that it listens
/// there; or, for a helper's call, the app; or, for the app's, the one helper that knows the number.
fn neighbour(containers: &[Placed<'_>], told: &[Told], caller: usize, port: u16) -> Option<NodeIndex> {
    let others = || containers.iter().enumerate().filter(|(at, one)| *at != caller && one.view.runs_beside_app());
    if containers[caller].ports.contains(&port) || listens(&told[caller], port) {
        return None;
    }
    if let Some((_, one)) = others().find(|(_, one)| one.ports.contains(&port)) {
        return Some(one.node);
    }
    if let Some((_, one)) = others().find(|(at, _)| listens(&told[*at], port)) {
        return Some(one.node);
    }
    let app = containers.iter().position(|one| one.look == Look::App)?;
    if app != caller {
        return containers[app].ports.is_empty().then(|| containers[app].node);
    }
    let mut knowing = others().filter(|(at, one)| one.look != Look::Init && knows(&told[*at], port));
    match (knowing.next(), knowing.next()) {
        (Some((_, one)), None) => Some(one.node),
        _ => None,
    }
}

fn listens(told: &Told, port: u16) -> bool {
    let says = |text: &str| addresses(text).iter().any(|address| address.listens && address.port == Some(port));
    told.arguments.iter().any(|argument| says(argument)) || told.files.iter().any(|file| says(&file.text))
}

fn knows(told: &Told, port: u16) -> bool {
    told.arguments.iter().any(|text| mentions_number(text, port))
        || told.files.iter().any(|file| mentions_number(&file.text, port))
}

/// The Service that a host name means to Pods of a namespace: `name`, `name.namespace`, `name.namespace.svc…`, or
/// a Pod of it, `pod.name…` (kubernetes/website: concepts/services-networking/dns-pod-service).
fn service<'a>(services: &'a [ServiceBox], address: &Address<'_>, namespace: Option<&str>) -> Option<&'a ServiceBox> {
    let labels: Vec<&str> = address.host.split('.').collect();
    let is = |one: &ServiceBox, labels: &[&str]| {
        let rest_fits = match labels.get(1) {
            None => one.namespace.as_deref() == namespace,
            Some(&"svc") => false,
            Some(space) => {
                one.namespace.as_deref().unwrap_or("default") == *space
                    && labels.get(2).is_none_or(|word| *word == "svc")
            }
        };
        labels.first() == Some(&one.name.as_str()) && rest_fits
    };
    let exact = services.iter().find(|one| is(one, &labels)).filter(|one| {
        address.scheme.is_some() || address.quoted || address.port.is_some_and(|port| one.ports.contains(&port))
    });
    exact.or_else(|| {
        let is_pod =
            labels[0].contains('{') || labels[0].rsplit('-').next().is_some_and(|end| end.parse::<u32>().is_ok());
        services.iter().find(|one| is_pod && labels.len() > 1 && is(one, &labels[1..]))
    })
}

/// Protocols whose URLs somebody is called by; anything else may be a name.
const SCHEMES: &[&str] = &[
    "http",
    "https",
    "grpc",
    "tcp",
    "tls",
    "redis",
    "rediss",
    "memcached",
    "mysql",
    "postgres",
    "postgresql",
    "mongodb",
    "amqp",
    "amqps",
    "nats",
    "kafka",
    "git",
    "ssh",
    "ldap",
    "ldaps",
    "cloudsql",
];

fn is_outside(address: &Address<'_>, is_remote: bool) -> bool {
    let has_letter = address.host.contains(|c: char| c.is_ascii_alphabetic());
    let is_template = address.host.contains(['{', '}', '_']);
    let known = address.scheme.is_some_and(|scheme| SCHEMES.contains(&scheme));
    (known || is_remote) && has_letter && !is_template
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

/// Whom an app calls on loopback, and who calls somebody outside of the Pod for it, stands for that: an ambassador,
/// whatever its image is otherwise for.
fn name_ambassadors(builder: &mut Builder<'_>) {
    let diagram = &mut builder.diagram;
    for workload in &builder.workloads {
        let Some(app) = workload.containers.iter().find(|one| one.look == Look::App) else { continue };
        for one in &workload.containers {
            let is_open = matches!(one.role, Role::Server | Role::Unknown | Role::Sidecar(Task::Web));
            let called = |edge: &Edge| edge.flow == Flow::Call && edge.from == app.node && edge.to == one.node;
            let calls =
                |edge: &Edge| edge.flow == Flow::Call && edge.from == one.node && diagram.top(edge.to) != workload.node;
            if is_open && one.node != app.node && diagram.edges.iter().any(called) && diagram.edges.iter().any(calls) {
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
