use crate::diagnostic::Level;
use crate::facts::{Answer, Certainty, ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule};

/// A container connects to a port of its own Pod where nothing listens.
pub static RULE: Rule = rule!("nothing_listens_there.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch {
        return;
    }
    for caller in facts.running() {
        let mut said: Vec<u16> = Vec::new();
        for (dial, port) in caller.loopback_dials() {
            // what a webhook may add for the whole namespace is asked to end so
            if ["quitquitquit", "shutdown", "graceful_shutdown"].iter().any(|end| dial.path.ends_with(end)) {
                continue;
            }
            let Answer::No(absence) = facts.serves(port, caller, dial.speaks.as_deref()) else { continue };
            // One default target and no container beside it: exporters are asked for others (`/probe?target=`).
            if dial.certainty == Certainty::Default && facts.running().nth(1).is_none() {
                continue;
            }
            // Two guesses are none.
            let level = match (dial.certainty.is_certain(), absence.is_certain()) {
                (true, true) => Level::Error,
                (true, false) if absence == Certainty::Likely => Level::Warning,
                (false, true) if dial.certainty == Certainty::Likely => Level::Warning,
                _ => continue,
            };
            if said.contains(&port) {
                continue;
            }
            said.push(port);
            let here = dial.proof.place;
            let mut about = found.about(here.object);
            let saying = about
                .at_span(here.span(), format!("`{}` connects to port {port} of its own Pod, where nothing listens", caller.name()))
                .here(format!("port {port}"))
                .because("the containers of a Pod share one network namespace; connections to a port that no container listens on are refused")
                .level(level);
            let Some((server, listen)) = nearest(facts, caller, dial.speaks.as_deref()) else {
                saying.help(format!("correct the port, or make a container listen on {port}"));
                continue;
            };
            let ports: Vec<String> = server.known_ports().iter().map(ToString::to_string).collect();
            saying
                .label(listen.unwrap_or_else(|| facts.pod.object.label(server.container.name_node(), "")))
                .last_label(format!("`{}` listens on {}", server.name(), ports.join(", ")))
                .help(format!("write {} here, or make `{}` listen on {port}", ports[0], server.name()));
        }
    }
}

/// The container that was probably meant: one that speaks the same protocol, else one that is there to be talked to.
fn nearest<'a, 'run>(
    facts: &'a PodFacts<'run>,
    caller: &'a ContainerFacts<'run>,
    speaks: Option<&str>,
) -> Option<(&'a ContainerFacts<'run>, Option<crate::diagnostic::Label>)> {
    let with_ports = || facts.others(caller).filter(|other| !other.known_ports().is_empty());
    let same = with_ports()
        .find(|other| other.listens.iter().any(|listen| listen.speaks.is_some() && listen.speaks.as_deref() == speaks));
    let server = same.or_else(|| with_ports().find(|other| other.is_helper())).or_else(|| with_ports().next())?;
    let label = server.listens.first().map(|listen| listen.proof.label(""));
    Some((server, label))
}
