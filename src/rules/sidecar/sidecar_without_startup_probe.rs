use k8s_openapi::api::core::v1::Volume;

use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, Index, PodView};
use crate::recognise::{self, Recognised, Role, Task, address};
use crate::rules::{Check, FoundAnywhere, Rule, parts};
use crate::yaml::NodeId;

/// A native sidecar that others need at once, without a startup probe.
pub static RULE: Rule = Rule {
    id: RuleId { name: "sidecar-without-startup-probe", family: "sidecar" },
    level: Level::Warning,
    page: include_str!("sidecar_without_startup_probe.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let has_sidecar = |pod: &PodView<'_>| pod.containers().any(|view| view.is_native_sidecar());
    for pod in parts::whole_pods(index).filter(has_sidecar) {
        let object = pod.object;
        for one in recognise::containers_among(pod, index) {
            let view = one.container;
            let container = view.container;
            let has_hook = container.lifecycle.as_ref().is_some_and(|hooks| hooks.post_start.is_some());
            if !view.is_native_sidecar() || container.startup_probe.is_some() || has_hook {
                continue;
            }
            let Some((needer, node, how)) = need(&one, pod) else { continue };
            let name = one.name();
            found
                .about(object)
                .at(view.name_node(), format!("`{needer}` needs `{name}` at once, and may start before it answers"))
                .here("no startupProbe")
                .and(node, how)
                .because(
                    "the kubelet goes on as soon as a native sidecar's process has started; only a startupProbe (or a \
                     postStart hook) makes it wait (KEP-753)",
                )
                .help(format!("add a startupProbe to `{name}`"));
        }
    }
}

/// Who visibly depends on a sidecar, and where it says so.
fn need<'run>(one: &Recognised<'run>, pod: PodView<'run>) -> Option<(&'run str, NodeId, String)> {
    let own = one.container;
    let later = || pod.containers().skip_while(move |other| other.node != own.node).skip(1);
    let waits = |view: &ContainerView<'_>| {
        // who asks again and again, or waits by itself
        let patient = ["until ", "while ", "wait-for", "wait_for", "--wait", "dockerize", "retry"];
        parts::words(view).any(|(word, _)| patient.iter().any(|sign| word.contains(sign)))
    };
    match one.role {
        Role::Ambassador(_) | Role::Server | Role::Sidecar(Task::Auth) => {
            let ports = one.known_ports();
            later().filter(|other| !waits(other)).find_map(|other| {
                let call = address::loopbacks(&other).into_iter().find(|call| ports.contains(&call.port))?;
                Some((other.container.name.as_str(), call.text.node, format!("talks to it on port {}", call.port)))
            })
        }
        Role::Sidecar(Task::Git | Task::Secrets) => later().filter(|other| !waits(other)).find_map(|other| {
            let volume =
                parts::mounts(&own).filter(|(mount, _)| mount.read_only != Some(true)).find_map(|(mount, _)| {
                    let is_shared = |volume: &&Volume| volume.name == mount.name && volume.empty_dir.is_some();
                    pod.spec.volumes.iter().flatten().find(is_shared)
                })?;
            let (_, node) = parts::mounts(&other).find(|(mount, _)| mount.name == volume.name)?;
            Some((other.container.name.as_str(), node, "reads what it brings".to_owned()))
        }),
        _ => None,
    }
}
