use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule};

/// A container with all rights of the node.
pub static RULE: Rule = rule!("privileged.md", Advice, Check::Container(check));

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let Some(node) = view.at(&["securityContext", "privileged"]) else { return };
    let is_privileged = view.container.security_context.as_ref().and_then(|own| own.privileged) == Some(true);
    let mut mounts = view.container.volume_mounts.iter().flatten();
    if is_privileged && !mounts.any(|mount| mount.mount_propagation.as_deref() == Some("Bidirectional")) {
        found
            .at(node, format!("`{}` may do anything on its node", view.container.name))
            .because("a privileged container has every capability and all devices; it is effectively root on the node (kubernetes/website: concepts/security/pod-security-standards)")
            .help("add only the capability that it needs: `capabilities: {add: [NET_ADMIN]}`");
    }
}
