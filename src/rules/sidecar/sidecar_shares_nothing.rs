use crate::kube::types::IntOrString;

use crate::facts::{ContainerFacts, PodFacts, Role, Task};
use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};

/// A helper that has visibly nothing to do with the app beside it.
pub static RULE: Rule = rule!("sidecar_shares_nothing.md", Advice, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let spec = facts.pod.spec;
    let is_shared = [spec.share_process_namespace, spec.host_pid, spec.host_network].contains(&Some(true));
    if facts.pod.object.is_operated || is_shared {
        return;
    }
    let Some(app) = facts.running().find(|one| !one.is_helper()) else { return };
    // a helper whose task is unknown may need none of these
    let is_known = |one: &&ContainerFacts<'_>| one.is_helper() && one.role != Role::Sidecar(Task::Unknown);
    for one in facts.running().filter(is_known) {
        let is_silent = one.configs.files.is_empty() && !one.configs.has_unseen();
        if !is_silent || facts.others(one).any(|other| is_related(one, other)) {
            continue;
        }
        found
            .at(
                one.container.name_node(),
                format!("`{}` appears to have nothing in common with `{}`", one.name(), app.name()),
            )
            .here(one.role.to_string())
            .and(app.container.name_node(), "shares no volume, port, process or probe")
            .because(
                "containers belong in one Pod if they must share a node, a lifetime or a volume; \
                 everything else scales and fails better separately (Burns and Oppenheimer)",
            )
            .help("move it to its own Deployment, or connect it to the app");
    }
}

/// Whether two containers visibly have to do with each other.
fn is_related(helper: &ContainerFacts<'_>, other: &ContainerFacts<'_>) -> bool {
    let shares = parts::mounts(&helper.container)
        .any(|(mount, _)| parts::mounts(&other.container).any(|(theirs, _)| theirs.name == mount.name));
    let talks = |one: &ContainerFacts<'_>| one.dials.iter().any(|dial| dial.is_loopback);
    let probed = |view: &ContainerView<'_>, of: &[u16]| {
        parts::probes(view.container).any(|(_, probe)| {
            let http = probe.http_get.as_ref().map(|get| &get.port);
            let tcp = probe.tcp_socket.as_ref().map(|socket| &socket.port);
            let is_theirs = |port: &IntOrString| match port {
                IntOrString::Int(number) => of.iter().any(|port| i32::from(*port) == *number),
                IntOrString::String(_) => false,
            };
            http.is_some_and(is_theirs) || tcp.is_some_and(is_theirs)
        })
    };
    let (own, theirs): (Vec<u16>, Vec<u16>) = (helper.declared().collect(), other.declared().collect());
    shares || talks(helper) || talks(other) || probed(&helper.container, &theirs) || probed(&other.container, &own)
}
