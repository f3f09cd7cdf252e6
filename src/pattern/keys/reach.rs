//! What of its node an app reaches: `host`, `privileged`, `capabilities`, `host-port` and volumes of the node. All of it
//! is for what looks after nodes, so a description that is nothing of the kind has to say why it needs it.

use serde_json::{Map, Value as Json, json};

use super::host_ports::{self, HostPort};
use crate::apiserver::pod_security::DEFAULT_CAPABILITIES;
use crate::describe::{App, Description, Place, Spanned, taint_and_effect};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::document::apps;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;

/// Rules whose `ignore` says why a Pod needs its node.
const REASONS: [&str; 3] = ["host-namespaces", "privileged", "pod-security"];

/// What is wrong with what a document asks of its nodes.
pub(crate) fn check(description: &Description, shape: &Filled, uses: &[Filled]) -> Vec<Finding> {
    let mut findings = Vec::from_iter(check_reason(description, shape, uses));
    findings.extend(apps(description, shape, uses).flat_map(|app| check_app(description, app)));
    findings.extend(check_host(description, shape));
    let tolerated = description.place.iter().filter_map(|place| place.get("tolerate")).flat_map(Spanned::items);
    findings.extend(tolerated.filter_map(check_taint));
    findings
}

/// Only Pods that run already can be tolerated for a while.
fn check_taint(item: &Spanned) -> Option<Finding> {
    let taint = item.get("taint")?;
    let effect = taint_and_effect(taint.text()?).1?;
    (effect != "NoExecute").then(|| {
        Finding::error(
            taint.place.label(""),
            "only a taint with the effect NoExecute can be tolerated for a limited time",
        )
        .because("the other effects keep new Pods off a node, but do not evict running ones")
        .help("leave the effect out, or leave `for` out and write the taint alone")
    })
}

/// An app that reaches its node belongs on every node, or says why it does not.
fn check_reason(description: &Description, shape: &Filled, uses: &[Filled]) -> Option<Finding> {
    let is_excused = || description.ignores.iter().any(|ignore| REASONS.contains(&ignore.rule.as_str()));
    if shape.definition.name == "daemon" || description.host.is_some() || is_excused() {
        return None;
    }
    let (what, place) = apps(description, shape, uses).find_map(reaches)?;
    Some(
        Finding::error(place.label(""), format!("{what}, but this is not declared to be a node agent"))
            .because("Pod Security forbids it even at the baseline level, because it lets a container take over the node (kubernetes/website: concepts/security/pod-security-standards)")
            .help("shape: {daemon: {}} if it runs on every node, or give the reason: ignore: [{rule: host-namespaces, why: …}]"),
    )
}

/// The first thing of its node that a container reaches.
fn reaches(app: &App) -> Option<(String, &Place)> {
    if app.privileged {
        return Some(("a privileged container may do anything on its node".to_owned(), app.place_at(&["privileged"])));
    }
    if let Some(capability) = app.capabilities.iter().find(|name| !DEFAULT_CAPABILITIES.contains(&name.as_str())) {
        return Some((format!("the capability {capability} reaches the node"), place_of_capability(app, capability)));
    }
    if let Some(volume) = app.volumes.iter().find(|volume| volume.source.get("hostPath").is_some()) {
        let place = app.place_at(&["volumes", &volume.name, "host"]);
        return Some((format!("the volume `{}` is a path of the node", volume.name), place));
    }
    let (_, place) = host_ports::of_app(app).next()?;
    Some(("this uses a port of the node".to_owned(), place))
}

fn place_of_capability<'a>(app: &'a App, name: &str) -> &'a Place {
    let written = app.written.get("capabilities").map(Spanned::items).unwrap_or_default();
    written.iter().find(|item| item.text() == Some(name)).map_or(&app.place, |item| &item.place)
}

fn check_app(description: &Description, app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(first) = app.capabilities.first().filter(|_| app.privileged) {
        let message = format!("a privileged container has {first} already");
        findings.push(
            Finding::error(place_of_capability(app, first).label("is one of them"), message)
                .label(app.place_at(&["privileged"]).label("gives it all capabilities"))
                .help("leave `capabilities` or `privileged` out"),
        );
    }
    for volume in &app.volumes {
        if volume.propagation.as_deref() == Some("Bidirectional") && !app.privileged {
            let place = app.place_at(&["volumes", &volume.name, "propagation"]);
            findings.push(
                Finding::error(place.label(""), "only a privileged container can propagate mounts to the node")
                    .because("the API server refuses Bidirectional propagation in others")
                    .help("propagation: HostToContainer, or privileged: true"),
            );
        }
    }
    let probes = app.health.ready.iter().chain(&app.health.live).chain(&app.health.started).map(|probe| &probe.request);
    let dialled = probes.chain([&app.health.request]).filter_map(|request| request.host.as_ref());
    for (host, place) in dialled.filter(|_| !description.shares("network")) {
        findings.push(
            Finding::error(
                place.label(""),
                format!("{host} is the node's address here, but the app does not listen there"),
            )
            .because(
                "the kubelet connects from the node, which shares the app's loopback address only with the node's network",
            )
            .help("leave `host` out, or set host: [network] beside `app`"),
        );
    }
    let Some(host) = description.host.as_ref().filter(|_| description.shares("network")) else { return findings };
    for (HostPort { port, on_node, .. }, place) in host_ports::of_app(app).filter(|(own, _)| own.port != own.on_node) {
        findings.push(
            Finding::error(place.label(""), format!("port {port} cannot be port {on_node} of the node"))
                .label(host.key_place.label("puts the Pods on the node's network"))
                .because("with `host: [network]` a container listens in the node's network itself")
                .help("leave `host-port` out"),
        );
    }
    findings
}

fn check_host(description: &Description, shape: &Filled) -> Vec<Finding> {
    let Some(host) = &description.host else { return Vec::new() };
    let mut findings = Vec::new();
    if description.app.is_none() {
        let message = format!("`host` applies to the app, but `{}` has none", shape.entry.pattern);
        findings.push(Finding::error(host.key_place.label(""), message).help("leave `host` out"));
    }
    if !description.shares("network") {
        return findings;
    }
    if let Some(isolate) = &description.isolate {
        findings.push(
            Finding::error(isolate.place.label("does not apply to them"), "no NetworkPolicy applies to these Pods")
                .label(host.key_place.label("puts the Pods on the node's network"))
                .because("most network plugins cannot tell such a Pod's traffic from the node's (kubernetes/website: concepts/services-networking/network-policies)")
                .help("remove one of them"),
        );
    }
    if description.meshed {
        findings.push(
            Finding::error(
                host.key_place.label(""),
                "a mesh cannot intercept the traffic of Pods on the node's network",
            )
            .because("Istio ignores such Pods (istio.io: Pod requirements)")
            .help("leave `host: [network]` or `mesh` out"),
        );
    }
    findings
}

/// Gives the app's Pods what they share with their node.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let is_apps = |template: &Json| {
        let mut containers = template.pointer("/spec/containers").and_then(Json::as_array).into_iter().flatten();
        containers.any(|container| container["name"] == *description.name)
    };
    let mut findings = Vec::new();
    let mut placed = Placed::default();
    for object in objects.iter_mut().filter(|object| objects::is_workload(object)) {
        let is_set = object["kind"] == "StatefulSet";
        for template in objects::templates(object).into_iter().filter(|template| is_apps(template)) {
            if let Some(spec) = template.get_mut("spec").and_then(Json::as_object_mut) {
                placed.processes |= share_processes(description, spec);
                placed.names |= !is_set;
                if !is_set {
                    give_names(description, spec);
                }
            }
            if description.host.is_some() {
                findings.extend(share(description, template));
                placed.host = true;
            }
            findings.extend(host_ports::check(prepared, template));
        }
        host_ports::give_way(object);
    }
    findings.extend(check_groups(description, objects));
    findings.extend(placed.check(description));
    findings
}

/// Which of a document's keys some Pod of its shape could take.
#[derive(Default)]
struct Placed {
    /// `share-processes`.
    processes: bool,
    /// `hostname` and `subdomain`.
    names: bool,
    /// `host`.
    host: bool,
}

impl Placed {
    /// Keys that none of the Pods took.
    fn check(&self, description: &Description) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let (Some(share), false) = (&description.share_processes, self.processes) {
            findings.push(
                Finding::error(share.key_place.label(""), "the Pods of this shape cannot share processes")
                    .label(description.shape.place.label("generates its Pods differently"))
                    .help("leave `share-processes` out, or choose the shape daemon, single or replicated"),
            );
        }
        let named = description.hostname.iter().chain(&description.subdomain);
        for hostname in named.filter(|_| !self.names) {
            findings.push(
                Finding::error(hostname.key_place.label(""), "the Pods of this shape cannot have `hostname`")
                    .label(description.shape.place.label("names its Pods, or generates them differently"))
                    .because(
                        "a StatefulSet gives each Pod its own name (kubernetes: pkg/controller/statefulset, initIdentity)",
                    )
                    .help(format!("leave `{}` out", hostname.key)),
            );
        }
        if let (Some(host), false) = (&description.host, self.host) {
            findings.push(
                Finding::error(
                    host.key_place.label(""),
                    "the Pods of this shape cannot share anything with their node",
                )
                .label(description.shape.place.label("generates its Pods differently"))
                .help("leave `host` out, or choose the shape daemon, single or replicated"),
            );
        }
        findings
    }
}

/// Lets the containers of a Pod see each other's processes, if the description says so.
fn share_processes(description: &Description, spec: &mut Map<String, Json>) -> bool {
    let shares = description.share_processes.is_some();
    spec.extend(shares.then(|| ("shareProcessNamespace".to_owned(), json!(true))));
    shares
}

/// Writes the names that a Pod goes by inside its cluster.
fn give_names(description: &Description, spec: &mut Map<String, Json>) {
    for (field, member) in [("hostname", &description.hostname), ("subdomain", &description.subdomain)] {
        spec.extend(member.as_ref().map(|member| (field.to_owned(), member.value.to_json())));
    }
}

/// Groups of a Pod that no Pod of the shape has.
fn check_groups(description: &Description, objects: &[Json]) -> Vec<Finding> {
    let Some(app) = &description.app else { return Vec::new() };
    let has = |field: &str, value: &Json| {
        let mut workloads = objects.iter().filter(|object| objects::is_workload(object)).cloned().collect::<Vec<_>>();
        let mut pods = workloads.iter_mut().flat_map(objects::templates);
        pods.any(|pod| pod["spec"]["securityContext"][field] == *value)
    };
    let groups = (!app.groups.is_empty()).then(|| json!(app.groups));
    let fields = [
        ("volume-group", "fsGroup", app.volume_group.map(|group| json!(group)), "volumes owned by a group"),
        ("groups", "supplementalGroups", groups, "further groups"),
    ];
    let lost = fields.into_iter().filter(|(_, field, value, _)| value.as_ref().is_some_and(|value| !has(field, value)));
    let finding = |(key, _, _, what): (&str, _, _, &str)| {
        Finding::error(app.place_at(&[key]).label(""), format!("the Pods of this shape cannot have {what}"))
            .label(description.shape.place.label("generates its Pods differently"))
            .help(format!("leave `{key}` out"))
    };
    lost.map(finding).collect()
}

/// Puts a Pod into the namespaces of its node.
fn share(description: &Description, template: &mut Json) -> Option<Finding> {
    let spec = template.get_mut("spec").and_then(Json::as_object_mut)?;
    for (what, field) in [("network", "hostNetwork"), ("pid", "hostPID"), ("ipc", "hostIPC")] {
        if description.shares(what) {
            spec.insert(field.to_owned(), json!(true));
        }
    }
    if description.shares("network") {
        // names of Services, which the node's own resolver does not know
        spec.insert("dnsPolicy".to_owned(), json!("ClusterFirstWithHostNet"));
        // the node's own, which a Pod may not set
        if let Some(security) = spec.get_mut("securityContext").and_then(Json::as_object_mut) {
            security.shift_remove("sysctls");
        }
    }
    let is_shared = spec.get("shareProcessNamespace").and_then(Json::as_bool) == Some(true);
    let host = description.host.as_ref().filter(|_| is_shared && description.shares("pid"))?;
    Some(
        Finding::error(host.key_place.label("the node's processes"), "these Pods would have two process namespaces")
            .because("an entry of `use` makes the containers share one, and the API server refuses both together")
            .help("remove `pid` or the entry"),
    )
}
