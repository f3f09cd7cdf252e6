use crate::kube::{Index, Object, PodView};
use crate::rules::{Check, FindingsAnywhere, Rule, parts};
use crate::words::clip;
use crate::yaml::{NodeId, edit};

/// A probe or hook that dials the node's loopback address.
pub static RULE: Rule = rule!("probe_host.md", Error, Check::Workspace(check), fixes);

const FIELDS: [&[&str]; 5] = [
    &["startupProbe"],
    &["readinessProbe"],
    &["livenessProbe"],
    &["lifecycle", "preStop"],
    &["lifecycle", "postStart"],
];

/// The fields that say where the kubelet dials.
const CHANGEABLE: [&str; 5] = [
    "spec.hostNetwork",
    "spec.containers.startupProbe",
    "spec.containers.readinessProbe",
    "spec.containers.livenessProbe",
    "spec.containers.lifecycle",
];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for pod in index.all().iter().flat_map(|object| object.pods()) {
        // Istio hands HTTP probes to its proxy, which dials from within the Pod.
        if pod.spec.host_network != Some(true) && !pod.is_changed(&CHANGEABLE) && !parts::is_meshed(index, pod) {
            of_pod(pod.object, pod, found);
        }
    }
}

fn of_pod(object: &Object, pod: PodView<'_>, found: &mut FindingsAnywhere<'_>) {
    for view in pod.containers() {
        let fields = FIELDS.iter().filter_map(|path| Some((*path.last()?, view.at(path)?)));
        let actions = fields.flat_map(|(what, field)| {
            ["httpGet", "tcpSocket"].into_iter().filter_map(move |kind| Some((what, object.document.get(field, kind)?)))
        });
        for (what, action) in actions {
            let Some((node, host)) = host(object, action) else { continue };
            if !is_loopback(host) {
                continue;
            }
            let edit = edit::remove(&object.document, action, "host");
            found
                .about(object)
                .at(node, format!("the {what} of `{}` checks the node, not the Pod", clip(&view.container.name)))
                .here("the kubelet connects from the node, so this is the node itself")
                .because(
                    "the kubelet connects to `host` from the node's network, or without it to the \
                     Pod's IP (kubernetes/website: concepts/configuration/liveness-readiness-startup-probes); on the \
                     node nothing answers, or another program does",
                )
                .help("leave `host` out; a program that listens only on loopback needs an `exec` probe")
                .fix_if("leave `host` out", edit.map(|edit| vec![edit]));
        }
    }
}

fn host(object: &Object, action: NodeId) -> Option<(NodeId, &str)> {
    let node = object.document.get(action, "host")?;
    Some((node, object.document.str(node)?))
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let v4 = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    host.eq_ignore_ascii_case("localhost") || v4 || matches!(host, "::1" | "[::1]")
}
