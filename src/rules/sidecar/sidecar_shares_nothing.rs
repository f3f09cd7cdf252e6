use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, Index};
use crate::recognise::{self, address, config};
use crate::rules::{Check, FoundAnywhere, Rule, parts};

/// A helper that has visibly nothing to do with the app beside it.
pub static RULE: Rule = Rule {
    id: RuleId { name: "sidecar-shares-nothing", family: "sidecar" },
    level: Level::Advice,
    page: include_str!("sidecar_shares_nothing.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for pod in parts::whole_pods(index) {
        let (object, spec) = (pod.object, pod.spec);
        if [spec.share_process_namespace, spec.host_pid, spec.host_network].contains(&Some(true)) {
            continue;
        }
        let all = recognise::containers_among(pod, index);
        let Some(app) = all.iter().find(|one| !one.is_helper() && one.container.runs_beside_app()) else { continue };
        for one in all.iter().filter(|one| one.is_helper() && one.container.runs_beside_app()) {
            let others: Vec<_> = all
                .iter()
                .filter(|other| other.container.node != one.container.node)
                .map(|other| other.container)
                .collect();
            let configured = config::configs(&one.container, index);
            let is_silent = configured.files.is_empty() && !configured.has_unseen;
            if !is_silent || others.iter().any(|other| is_related(&one.container, other)) {
                continue;
            }
            found
                .about(object)
                .at(
                    one.container.name_node(),
                    format!("`{}` has visibly nothing to do with `{}`", one.name(), app.name()),
                )
                .here(one.role.to_string())
                .and(app.container.name_node(), "no volume, port, process or probe in common")
                .because(
                    "containers belong in one Pod when they must share a node, a life or a volume; everything else \
                     scales and fails better alone (Burns and Oppenheimer)",
                )
                .help("give it a Deployment of its own, or connect it to the app");
        }
    }
}

fn is_related(helper: &ContainerView<'_>, other: &ContainerView<'_>) -> bool {
    let shares =
        parts::mounts(helper).any(|(mount, _)| parts::mounts(other).any(|(theirs, _)| theirs.name == mount.name));
    let talks = |view: &ContainerView<'_>| {
        !address::loopbacks(view).is_empty()
            || address::texts(view)
                .iter()
                .any(|text| text.text.contains("localhost") || text.text.contains("127.0.0.1"))
    };
    let ports = |view: &ContainerView<'_>| {
        view.container.ports.iter().flatten().map(|port| port.container_port).collect::<Vec<_>>()
    };
    let probed = |view: &ContainerView<'_>, of: &[i32]| {
        parts::probes(view.container).any(|(_, probe)| {
            let http = probe.http_get.as_ref().map(|get| &get.port);
            let tcp = probe.tcp_socket.as_ref().map(|socket| &socket.port);
            let is_theirs = |port: &IntOrString| match port {
                IntOrString::Int(number) => of.contains(number),
                IntOrString::String(_) => false,
            };
            http.is_some_and(is_theirs) || tcp.is_some_and(is_theirs)
        })
    };
    shares || talks(helper) || talks(other) || probed(helper, &ports(other)) || probed(other, &ports(helper))
}
