use crate::facts::{ContainerFacts, PodFacts, Role, Task};
use crate::kube::types::Volume;
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

/// A native sidecar that others need at once, without a startup probe.
pub static RULE: Rule = rule!("sidecar_without_startup_probe.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_operated || facts.pod.is_changed(&parts::PROBES) {
        return;
    }
    for (at, one) in facts.members.iter().enumerate() {
        let view = one.container;
        let container = view.container;
        let has_hook = container.lifecycle.as_ref().is_some_and(|hooks| hooks.post_start.is_some());
        if !view.is_native_sidecar() || container.startup_probe.is_some() || has_hook {
            continue;
        }
        let Some((needer, node, how)) = need(one, &facts.members[at + 1..]) else { continue };
        let name = one.name();
        found
            .at(view.name_node(), format!("`{needer}` needs `{name}` from the start, but may start before it is ready"))
            .here("no startupProbe")
            .and(node, how)
            .because(
                "the kubelet continues as soon as a native sidecar's process has started; only a \
                 startupProbe or a postStart hook makes it wait (KEP-753)",
            )
            .help(format!("add a startupProbe to `{name}`"));
    }
}

/// Who of those that start later needs the sidecar, and what shows it.
fn need<'run>(one: &ContainerFacts<'run>, later: &[ContainerFacts<'run>]) -> Option<(&'run str, NodeId, String)> {
    let mut later = later.iter().filter(|other| !other.waits());
    match one.role {
        Role::Ambassador(_) | Role::Server | Role::Sidecar(Task::Auth) => later.find_map(|other| {
            let (dial, port) = other.loopback_dials().find(|(_, port)| one.may_serve(*port))?;
            Some((other.name(), other.node_of(&dial.proof), format!("connects to it on port {port}")))
        }),
        Role::Sidecar(Task::Git | Task::Secrets) => later.find_map(|other| {
            let own = one.container;
            let volume =
                parts::mounts(&own).filter(|(mount, _)| mount.read_only != Some(true)).find_map(|(mount, _)| {
                    let is_shared = |volume: &&Volume| volume.name == mount.name && volume.empty_dir.is_some();
                    own.pod.spec.volumes.iter().flatten().find(is_shared)
                })?;
            let (_, node) = parts::mounts(&other.container).find(|(mount, _)| mount.name == volume.name)?;
            Some((other.name(), node, "reads files that it provides".to_owned()))
        }),
        _ => None,
    }
}
