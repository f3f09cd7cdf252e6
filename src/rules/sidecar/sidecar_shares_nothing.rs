use crate::facts::{ContainerFacts, PodFacts, Role, Task};
use crate::kube::types::IntOrString;
use crate::kube::{ContainerView, FastMap};
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

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
    let mut ties = None;
    for one in facts.running().filter(is_known) {
        let is_silent = one.configs.files.is_empty() && !one.configs.has_unseen();
        if !is_silent || ties.get_or_insert_with(|| Ties::of(facts)).binds(one) {
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

/// What shows that containers of a Pod have to do with each other, and of which containers: the first two, since one of
/// them may be the one that is asked about.
#[derive(Default)]
struct Ties<'run> {
    volumes: FastMap<&'run str, Vec<NodeId>>,
    declared: FastMap<u16, Vec<NodeId>>,
    probed: FastMap<u16, Vec<NodeId>>,
    talking: Vec<NodeId>,
}

impl<'run> Ties<'run> {
    fn of(facts: &PodFacts<'run>) -> Self {
        let mut ties = Self::default();
        for one in facts.running() {
            let node = one.container.node;
            let add = |list: &mut Vec<NodeId>| {
                if list.len() < 2 && list.last() != Some(&node) {
                    list.push(node);
                }
            };
            parts::mounts(&one.container)
                .for_each(|(mount, _)| add(ties.volumes.entry(mount.name.as_str()).or_default()));
            one.declared().for_each(|port| add(ties.declared.entry(port).or_default()));
            probed(&one.container).for_each(|port| add(ties.probed.entry(port).or_default()));
            if talks(one) {
                add(&mut ties.talking);
            }
        }
        ties
    }

    /// Whether a container visibly has to do with another one.
    fn binds(&self, helper: &ContainerFacts<'_>) -> bool {
        let other = |list: &Vec<NodeId>| list.iter().any(|node| *node != helper.container.node);
        let mut mounts = parts::mounts(&helper.container);
        talks(helper)
            || other(&self.talking)
            || mounts.any(|(mount, _)| self.volumes.get(mount.name.as_str()).is_some_and(other))
            || probed(&helper.container).any(|port| self.declared.get(&port).is_some_and(other))
            || helper.declared().any(|port| self.probed.get(&port).is_some_and(other))
    }
}

fn talks(one: &ContainerFacts<'_>) -> bool {
    one.dials.iter().any(|dial| dial.is_loopback)
}

/// The ports that the probes of a container ask, by number.
fn probed(view: &ContainerView<'_>) -> impl Iterator<Item = u16> {
    parts::probes(view.container).flat_map(|(_, probe)| {
        let http = probe.http_get.as_ref().map(|get| &get.port);
        let tcp = probe.tcp_socket.as_ref().map(|socket| &socket.port);
        [http, tcp].into_iter().flatten().filter_map(|port| match port {
            IntOrString::Int(number) => u16::try_from(*number).ok(),
            IntOrString::String(_) => None,
        })
    })
}
