use crate::kube::{ContainerView, Index};
use crate::rules::{Check, FindingsAnywhere, Rule, parts};
use crate::yaml::NodeId;

/// An app takes a port or the user of the mesh proxy that is injected beside it.
pub static RULE: Rule = rule!("mesh_reserved.md", Error, Check::Workspace(check));

/// The ports of the proxy (istio.io: ops/deployment/application-requirements, "Ports used by Istio").
const PORTS: [i32; 10] = [15000, 15001, 15002, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

/// The proxy's user; traffic of it goes past the proxy.
const USER: i64 = 1337;

/// What says that a proxy is injected, and what it has in common with others.
const MESHED: [&str; 5] = [
    "metadata.labels",
    "metadata.annotations",
    "spec.containers.ports",
    "spec.containers.securityContext",
    "spec.securityContext",
];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for pod in parts::final_pods(index, &MESHED) {
        let object = pod.object;
        if !parts::is_meshed(index, pod) {
            continue;
        }
        for view in pod.containers().filter(|view| view.container.name != "istio-proxy" && view.runs_beside_app()) {
            let name = &view.container.name;
            for (port, node) in parts::ports(&view).filter(|(port, _)| PORTS.contains(&port.container_port)) {
                let shown = object.document.get(node, "containerPort").unwrap_or(node);
                found
                    .about(object)
                    .at(shown, format!("`{name}` and the injected proxy both want port {}", port.container_port))
                    .because("the proxy shares the Pod's network and listens on 15000 to 15090 (istio.io: ops/deployment/application-requirements)")
                    .help("choose a port outside 15000 to 15090");
            }
            if let Some(node) = uid_node(&view) {
                found
                    .about(object)
                    .at(node, format!("`{name}` runs as the proxy's user, so its traffic bypasses the mesh"))
                    .because("the iptables rules do not redirect the traffic of user 1337, so that the proxy does not intercept its own (istio.io: ops/deployment/application-requirements)")
                    .help("run as any other user");
            }
        }
    }
}

fn uid_node(view: &ContainerView<'_>) -> Option<NodeId> {
    let own = view.container.security_context.as_ref().and_then(|context| context.run_as_user);
    let of_pod = view.pod.spec.security_context.as_ref().and_then(|context| context.run_as_user);
    match (own, of_pod) {
        (Some(USER), _) => view.at(&["securityContext", "runAsUser"]),
        (None, Some(USER)) => view.pod.object.document.at(view.pod.node, &["securityContext", "runAsUser"]),
        _ => None,
    }
}
