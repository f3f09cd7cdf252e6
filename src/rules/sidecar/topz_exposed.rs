use crate::facts::{ContainerFacts, PodFacts, programs};
use crate::rules::{Check, Findings, Rule, parts};

/// A table of the Pod's processes is open to others.
pub static RULE: Rule = rule!("topz_exposed.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for topz in facts.members.iter().filter(|member| is_topz(member)) {
        for service in facts.index.services_of(facts.pod.object) {
            let ports = topz.known_ports();
            let leads = ports.iter().filter(|port| !is_status(topz, **port));
            let Some(node) = leads.into_iter().find_map(|port| parts::port_to(service, facts.pod, *port)) else {
                continue;
            };
            let view = topz.container;
            found
                .about(service)
                .at(node, format!("anyone who can reach Service `{}` sees the processes of the Pod", service.id.name))
                .here(format!("leads to `{}`", topz.name()))
                .label(facts.pod.object.label(view.name_node(), "lists processes with their command lines"))
                .because("topz does not authenticate clients, and command lines may contain passwords")
                .help("remove this port; use `kubectl port-forward` when you need it");
        }
    }
}

/// topz itself, or the agent in that role.
fn is_topz(member: &ContainerFacts<'_>) -> bool {
    let (repository, _) = programs::split(member.image());
    let is_image = repository.rsplit('/').next() == Some("topz");
    is_image || (member.runs("patterns-agent") && member.words().next().is_some_and(|word| word.text == "topz"))
}

/// Whether a port is the agent's status port, which tells no secrets.
fn is_status(member: &ContainerFacts<'_>, port: u16) -> bool {
    member.listen_at(port).is_some_and(|listen| listen.proof.shows.contains("status")) || port == 4041
}
