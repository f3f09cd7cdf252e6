//! Parts of Pods with the nodes that they are read from.

use std::collections::HashSet;

use super::{Findings, Saying};
use crate::kube::types::IntOrString;
use crate::kube::types::{Container, ContainerPort, EnvVar, Probe, Volume, VolumeMount};
use crate::kube::{ContainerView, Index, Object, PodView, Typed};
use crate::text::Text;
use crate::words::list;
use crate::yaml::{Document, NodeId, work};

/// A list's typed items with their nodes.
pub fn zipped<'a, T>(
    document: &'a Document,
    list: Option<NodeId>,
    typed: Option<&'a [T]>,
) -> impl Iterator<Item = (&'a T, NodeId)> {
    let nodes = list.map_or(&[][..], |list| document.items(list));
    typed.unwrap_or_default().iter().zip(nodes.iter().copied()).inspect(|_| work::count(1))
}

/// The volumes of a Pod.
pub fn volumes<'a>(pod: &PodView<'a>) -> impl Iterator<Item = (&'a Volume, NodeId)> {
    zipped(&pod.object.document, pod.field("volumes"), pod.spec.volumes.as_deref())
}

/// The volume mounts of a container.
pub fn mounts<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a VolumeMount, NodeId)> {
    zipped(&view.pod.object.document, view.at(&["volumeMounts"]), view.container.volume_mounts.as_deref())
}

/// The variables of a container.
pub fn variables<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a EnvVar, NodeId)> {
    zipped(&view.pod.object.document, view.at(&["env"]), view.container.env.as_deref())
}

/// The declared ports of a container.
pub fn ports<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a ContainerPort, NodeId)> {
    zipped(&view.pod.object.document, view.at(&["ports"]), view.container.ports.as_deref())
}

/// The words of a container's command line: `command`, then `args`.
pub fn words<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a Text, NodeId)> {
    let document = &view.pod.object.document;
    let command = zipped(document, view.at(&["command"]), view.container.command.as_deref());
    command.chain(zipped(document, view.at(&["args"]), view.container.args.as_deref()))
}

/// The script that a container's shell is given, with its node and the shell.
pub fn script<'a>(view: &ContainerView<'a>) -> Option<Script<'a>> {
    let words: Vec<_> = words(view).collect();
    let shell = words.first()?.0.rsplit('/').next()?;
    let is_shell = matches!(shell, "sh" | "bash" | "ash" | "dash" | "zsh");
    let options = words[1..].iter().take_while(|(word, _)| word.starts_with('-')).count();
    let runs_text = words[1..=options].iter().any(|(option, _)| !option.starts_with("--") && option.contains('c'));
    let (text, node) = words.get(1 + options).filter(|_| is_shell && runs_text)?;
    Some(Script { shell, text, node: *node })
}

/// A script for a shell.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// The shell's name without its folder.
    pub shell: &'a str,
    /// The script.
    pub text: &'a str,
    /// Its node.
    pub node: NodeId,
}

/// The probes of a container, by the names of their fields.
pub fn probes(container: &Container) -> impl Iterator<Item = (&'static str, &Probe)> {
    let all = [
        ("startupProbe", &container.startup_probe),
        ("readinessProbe", &container.readiness_probe),
        ("livenessProbe", &container.liveness_probe),
    ];
    all.into_iter().filter_map(|(field, probe)| Some((field, probe.as_deref()?)))
}

/// The port that a probe dials at the Pod's IP, and the field that sets it.
#[must_use]
pub fn dialled(container: &Container, probe: &Probe) -> Option<(u16, &'static str)> {
    let own = |host: Option<&Text>| host.is_none_or(|host| host.is_empty());
    let (port, kind) = if let Some(get) = probe.http_get.as_ref().filter(|get| own(get.host.as_ref())) {
        (get.port.clone(), "httpGet")
    } else if let Some(socket) = probe.tcp_socket.as_ref().filter(|socket| own(socket.host.as_ref())) {
        (socket.port.clone(), "tcpSocket")
    } else {
        (IntOrString::Int(probe.grpc.as_ref()?.port), "grpc")
    };
    let number = match port {
        IntOrString::Int(number) => number,
        IntOrString::String(name) => {
            let mut ports = container.ports.iter().flatten();
            ports.find(|port| port.name.as_ref() == Some(&name))?.container_port
        }
    };
    // a port that has yet to be filled in is decoded as 0
    u16::try_from(number).ok().filter(|port| *port != 0).map(|port| (port, kind))
}

/// The port of a Service that leads to this port of a Pod that it selects.
#[must_use]
pub fn port_to(service: &Object, pod: PodView<'_>, port: u16) -> Option<NodeId> {
    let Some(Typed::Service(typed)) = &service.typed else { return None };
    let list = service.document.at(service.node, &["spec", "ports"]);
    let leads = |target: Option<&IntOrString>, own: i32| match target {
        None => own == i32::from(port),
        Some(IntOrString::Int(number)) => *number == i32::from(port),
        Some(IntOrString::String(name)) => pod
            .containers()
            .flat_map(|view| view.container.ports.iter().flatten())
            .any(|one| one.name.as_ref() == Some(name) && one.container_port == i32::from(port)),
    };
    let mut all = zipped(&service.document, list, typed.spec.as_ref().and_then(|spec| spec.ports.as_deref()));
    all.find(|(one, _)| leads(one.target_port.as_ref(), one.port)).map(|(_, node)| node)
}

/// Whether a path equals another or is below it.
pub fn is_under(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The fields of containers that control probes and lifecycle hooks.
pub const PROBES: [&str; 4] = [
    "spec.containers.startupProbe",
    "spec.containers.readinessProbe",
    "spec.containers.livenessProbe",
    "spec.containers.lifecycle",
];

/// The fields of containers and Pods that control the user and the privileges of a container.
pub const SECURITY: [&str; 2] = ["spec.containers.securityContext", "spec.securityContext"];

/// The Pods in which these fields are applied as written.
pub fn final_pods<'a, 'run>(
    index: &'a Index<'run>,
    fields: &'a [&'a str],
) -> impl Iterator<Item = PodView<'run>> + use<'a, 'run> {
    index.all().iter().flat_map(|object| object.pods()).filter(move |pod| pod.keeps(fields))
}

/// Whether a Pod is for Windows, which has other users and filesystems.
pub fn is_windows(pod: PodView<'_>) -> bool {
    pod.spec.os.as_ref().is_some_and(|os| os.name == "windows")
        || pod.spec.node_selector.iter().flatten().any(|(key, value)| key == "kubernetes.io/os" && value == "windows")
}

/// Whether Istio visibly puts its proxy into a Pod.
pub fn is_meshed(index: &Index<'_>, pod: PodView<'_>) -> bool {
    const KEY: &str = "sidecar.istio.io/inject";
    let metadata = pod.metadata;
    let maps = metadata.into_iter().flat_map(|metadata| [&metadata.labels, &metadata.annotations]).flatten();
    match maps.into_iter().find_map(|map| map.get(KEY)) {
        Some(value) => value == "true",
        None => pod.object.id.namespace.as_deref().is_some_and(|namespace| {
            let meshed = index.memo().of(MESHED, 0, || meshed_namespaces(index));
            meshed.contains(namespace)
        }),
    }
}

/// Under which they are kept for all Pods of the run.
const MESHED: &str = "meshed namespaces";

/// The namespaces in which Istio puts its proxy into every Pod.
fn meshed_namespaces(index: &Index<'_>) -> HashSet<String> {
    let is_meshed = |one: &&&Object| {
        let label = one.document.at(one.node, &["metadata", "labels", "istio-injection"]);
        label.is_some_and(|label| one.document.str(label) == Some("enabled"))
    };
    index.kind("Namespace").iter().filter(is_meshed).map(|one| one.id.name.as_str().to_owned()).collect()
}

/// Whether a container requests any resources; limits count as missing requests.
pub fn asks(view: &ContainerView<'_>) -> bool {
    view.container.resources.as_ref().is_some_and(|resources| {
        [&resources.requests, &resources.limits].into_iter().flatten().any(|amounts| !amounts.is_empty())
    })
}

/// One finding about several containers of a Pod, if there is one.
pub fn about_all<'found>(
    found: &'found mut Findings<'_>,
    views: &[ContainerView<'_>],
    message: impl FnOnce(&str) -> String,
) -> Option<Saying<'found>> {
    let (first, rest) = views.split_first()?;
    let names: Vec<&str> = views.iter().map(|view| view.container.name.as_str()).collect();
    let saying = found.at(first.name_node(), message(&list(&names)));
    Some(rest.iter().fold(saying, |saying, other| saying.and(other.name_node(), "this one too")))
}

/// The class of an Ingress, as it is written.
pub fn ingress_class(ingress: &Object) -> Option<&str> {
    let at = |path: &[&str]| ingress.document.at(ingress.node, path).and_then(|node| ingress.document.str(node));
    at(&["spec", "ingressClassName"]).or_else(|| at(&["metadata", "annotations", "kubernetes.io/ingress.class"]))
}
