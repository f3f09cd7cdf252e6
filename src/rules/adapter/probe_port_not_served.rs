use crate::diagnostic::{Level, Subject};
use crate::facts::program::Program;
use crate::facts::{ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule, parts};

/// A probe of a port where the container's program does not listen.
pub static RULE: Rule = rule!("probe_port_not_served.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch || facts.pod.is_changed(&parts::PROBES) || facts.is_open() {
        return;
    }
    // another program may listen there, though nothing says so
    let is_certain = facts.running().all(|member| member.listens_nowhere_else);
    for member in facts.running().filter(|member| member.listens_nowhere_else) {
        for (field, probe) in parts::probes(member.container.container) {
            let Some((port, kind)) = parts::dialled(member.container.container, probe) else { continue };
            if facts.serving(port).any(|other| other.listens.iter().any(|listen| listen.port == port))
                || is_declared_elsewhere(facts, member, port)
            {
                continue;
            }
            let Some(node) = member.container.at(&[field, kind, "port"]) else { continue };
            let ports: Vec<String> = member.listens.iter().map(|listen| listen.port.to_string()).collect();
            let program = member.program.map_or("it", |program| program.program.as_str());
            let saying = found
                .at(
                    node,
                    format!(
                        "the {field} of `{}` can never succeed: {program} does not listen on port {port}",
                        member.name()
                    ),
                )
                .subject(Subject::Probe { container: member.name().to_owned(), field })
                .here("refused")
                .because("the kubelet dials the Pod's IP at this port; a probe that is refused counts as failed")
                .level(if is_certain { Level::Error } else { Level::Warning });
            match member.listens.first() {
                Some(listen) => saying
                    .label(listen.proof.label(format!("listens on {}", ports.join(", "))))
                    .help(format!("probe port {}, or make it listen on {port}", ports[0])),
                None if member.program.is_some_and(Program::is_tool) => saying
                    .label(
                        facts
                            .pod
                            .object
                            .label(member.line_place().node, "the container runs this, not its image's program"),
                    )
                    .help(format!("run a program that listens on {port}, or probe it with `exec`")),
                None => saying.help(format!("make {program} listen on {port}, or probe it with `exec`")),
            };
        }
    }
}

/// Whether another container of the Pod declares the port.
fn is_declared_elsewhere(facts: &PodFacts<'_>, member: &ContainerFacts<'_>, port: u16) -> bool {
    let is_other = |other: &&ContainerFacts<'_>| other.container.node != member.container.node;
    facts.serving(port).filter(is_other).any(|other| other.declared().any(|declared| declared == port))
}
