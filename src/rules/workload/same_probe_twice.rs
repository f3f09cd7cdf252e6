use crate::kube::ContainerView;
use crate::kube::types::Probe;
use crate::rules::{Check, Findings, Rule};

/// One probe decides both on traffic and on life.
pub static RULE: Rule = rule!("same_probe_twice.md", Advice, Check::Container(check));

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let (Some(alive), Some(ready)) = (&view.container.liveness_probe, &view.container.readiness_probe) else { return };
    let (Some(node), Some(other)) = (view.at(&["livenessProbe"]), view.at(&["readinessProbe"])) else { return };
    let is_same = alive.http_get == ready.http_get
        && alive.tcp_socket == ready.tcp_socket
        && alive.exec == ready.exec
        && alive.grpc == ready.grpc;
    if !is_same || patience(alive) > patience(ready) {
        return;
    }
    found
        .at(node, format!("`{}` is killed as soon as it is not ready", view.container.name))
        .here("the same check")
        .and(other, "as this")
        .because(
            "under load all replicas fail both probes at once, and each restart moves its load to the others \
             (kubernetes/website: tasks/configure-pod-container/configure-liveness-readiness-startup-probes)",
        )
        .help("give the liveness probe a higher `failureThreshold`, or remove it");
}

/// Seconds from the first failure until a probe counts as failed.
fn patience(probe: &Probe) -> i64 {
    i64::from(probe.period_seconds.unwrap_or(10)) * i64::from(probe.failure_threshold.unwrap_or(3))
}
