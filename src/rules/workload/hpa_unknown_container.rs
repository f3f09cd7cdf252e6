use super::hpa_missing_request::{metrics, target_of};
use super::scaling::name_node;
use crate::kube::{ContainerView, Index};
use crate::rules::{Check, FindingsAnywhere, Rule, text};
use crate::words::{clip, list, nearest};

/// An autoscaler measures a container that its target does not have.
pub static RULE: Rule = rule!("hpa_unknown_container.md", Error, Check::Workspace(check));

/// Containers that admission webhooks put into Pods.
const INJECTED: [&str; 6] =
    ["istio-proxy", "linkerd-proxy", "daprd", "consul-dataplane", "kuma-sidecar", "vault-agent"];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for scaler in index.kind("HorizontalPodAutoscaler") {
        let Some(target) = target_of(index, scaler) else { continue };
        let Some(pod) = target.pod() else { continue };
        for metric in metrics(scaler) {
            let Some(name) = metric.container.filter(|name| !text::is_placeholder(name)) else { continue };
            let views: Vec<_> = pod.containers().filter(ContainerView::runs_beside_app).collect();
            let names: Vec<&str> = views.iter().map(|view| view.container.name.as_str()).collect();
            if names.contains(&name.as_str()) || INJECTED.contains(&name.as_str()) {
                continue;
            }
            let of = clip(&target.id.name);
            let mut about = found.about(scaler);
            let saying = about
                .at(
                    metric.node,
                    format!("`{of}` has no container called `{}`, so it is never scaled by this", clip(&name)),
                )
                .label(target.label(name_node(target), format!("runs {}", list(&names))))
                .because("the controller looks up the container in the Pod's metrics and fails if it is missing")
                .help("use the name of a container of the target");
            if let Some(nearest) = nearest(&name, names.iter().copied()) {
                saying.here(format!("did you mean `{nearest}`?"));
            }
        }
    }
}
