use k8s_openapi::api::core::v1::{PodSecurityContext, SecurityContext};

use crate::diagnostic::{Level, RuleId};
use crate::kube::ContainerView;
use crate::rules::{Check, Found, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A container that is told to run as root and not to.
pub static RULE: Rule = Rule {
    id: RuleId { name: "root-that-must-not-be", family: "workload" },
    level: Level::Error,
    page: include_str!("root_that_must_not_be.md"),
    check: Check::Container(check),
};

fn check(view: ContainerView<'_>, found: &mut Found<'_>) {
    if parts::is_windows(view.pod) {
        return;
    }
    let own = view.container.security_context.as_ref();
    let of_pod = view.pod.spec.security_context.as_ref();
    let user = in_effect(own.and_then(user), of_pod.and_then(|pod| pod.run_as_user));
    let non_root = in_effect(own.and_then(non_root), of_pod.and_then(|pod: &PodSecurityContext| pod.run_as_non_root));
    let (Some((0, is_own_user)), Some((true, is_own_rule))) = (user, non_root) else { return };
    let (Some(user), Some(rule)) = (node(&view, "runAsUser", is_own_user), node(&view, "runAsNonRoot", is_own_rule))
    else {
        return;
    };
    found
        .at(user, format!("`{}` is to run as root, and must not", clip(&view.container.name)))
        .here("0 is root")
        .and(rule, "root is forbidden here")
        .because(
            "the kubelet does not start the container: CreateContainerConfigError, \"container's runAsUser breaks \
             non-root policy\" (`verifyRunAsNonRoot` in `pkg/kubelet/kuberuntime`)",
        )
        .help("name the image's unprivileged user in `runAsUser`, or write `runAsNonRoot: false` for this container");
}

fn user(own: &SecurityContext) -> Option<i64> {
    own.run_as_user
}

fn non_root(own: &SecurityContext) -> Option<bool> {
    own.run_as_non_root
}

/// What a container says itself counts before what the Pod says, and whether it does.
fn in_effect<T>(own: Option<T>, of_pod: Option<T>) -> Option<(T, bool)> {
    own.map(|value| (value, true)).or_else(|| of_pod.map(|value| (value, false)))
}

fn node(view: &ContainerView<'_>, field: &str, is_own: bool) -> Option<NodeId> {
    let path = ["securityContext", field];
    if is_own { view.at(&path) } else { view.pod.object.document.at(view.pod.node, &path) }
}
