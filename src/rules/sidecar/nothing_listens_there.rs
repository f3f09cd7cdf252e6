use crate::diagnostic::{Label, Level};
use crate::facts::{Answer, Certainty, ContainerFacts, Dial, PodFacts, Role};
use crate::kube::FastMap;
use crate::rules::{Check, Findings, Rule};

/// A container connects to a port of its own Pod where nothing listens.
pub static RULE: Rule = rule!("nothing_listens_there.md", Error, Check::Facts(check));

const REFUSED: &str = "the containers of a Pod share one network namespace; connections to a port that no container listens on are refused";
const LOST: &str = "the containers of a Pod share one network namespace; what is sent over UDP to a port that no container listens on is lost";

/// How many ports of a container a finding lists.
const SHOWN: usize = 32;

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch {
        return;
    }
    let mut meant = None;
    for caller in facts.running() {
        let mut said: Vec<u16> = Vec::new();
        for (dial, port) in caller.loopback_dials() {
            // what a webhook may add for the whole namespace is asked to end so
            if ["quitquitquit", "shutdown", "graceful_shutdown"].iter().any(|end| dial.path.ends_with(end)) {
                continue;
            }
            if dial.is_asked {
                continue;
            }
            let Answer::No(absence) = facts.serves(port, caller, dial.speaks.as_deref()) else { continue };
            // One default target and no container beside it: exporters are asked for others (`/probe?target=`).
            if dial.certainty == Certainty::Default && facts.running().nth(1).is_none() {
                continue;
            }
            let is_datagram = is_datagram(dial, port);
            if is_datagram && facts.running().any(|one| one.listens.iter().any(|listen| listen.port == port)) {
                continue;
            }
            // What one container listens on for its neighbour alone is what it does not declare, and a default is for such a
            // neighbour: external-dns asks port 8888 of a provider that declares 8080 (kubernetes-sigs/external-dns:
            // docs/tutorials/webhook-provider.md).
            if dial.certainty == Certainty::Default && absence == Certainty::Likely {
                continue;
            }
            // Two guesses are none.
            let level = match (dial.certainty.is_certain(), absence.is_certain()) {
                (true, true) => Level::Error,
                (true, false) if absence == Certainty::Likely => Level::Warning,
                (false, true) if dial.certainty == Certainty::Likely => Level::Warning,
                _ => continue,
            };
            let level = if is_datagram { Level::Advice } else { level };
            if said.contains(&port) {
                continue;
            }
            said.push(port);
            let here = dial.proof.place;
            let does = if is_datagram { "sends" } else { "connects" };
            let mut about = found.about(here.object);
            let saying = about
                .at_span(
                    here.span(),
                    format!("`{}` {does} to port {port} of its own Pod, where nothing listens", caller.name()),
                )
                .here(if dial.proof.shows.starts_with("default of ") {
                    format!("port {port} by {}", dial.proof.shows)
                } else {
                    format!("port {port}")
                })
                .because(if is_datagram { LOST } else { REFUSED })
                .level(level);
            let meant = meant.get_or_insert_with(|| Meant::of(facts));
            let nearest = meant.nearest(caller, dial.speaks.as_deref());
            let Some((server, listen)) = nearest.filter(|(server, _)| !is_unrelated(server, dial)) else {
                saying.help(format!("correct the port, or make a container listen on {port}"));
                continue;
            };
            let (first, ports) = ports(server);
            saying
                .label(listen.unwrap_or_else(|| facts.pod.object.label(server.container.name_node(), "")))
                .last_label(format!("`{}` listens on {}", server.name(), ports))
                .help(if dial.certainty == Certainty::Default {
                    format!("tell it to connect to {first}, or make `{}` listen on {port}", server.name())
                } else {
                    format!("write {first} here, or make `{}` listen on {port}", server.name())
                });
        }
    }
}

/// Whether it sends datagrams, which nothing answers: metrics to a statsd, and traces to an agent of Jaeger.
fn is_datagram(dial: &Dial<'_>, port: u16) -> bool {
    match dial.speaks.as_deref() {
        Some("statsd" | "udp") => true,
        None => matches!(port, 5775 | 6831 | 6832 | 8125),
        _ => false,
    }
}

/// Whether a server has ports that a caller's address cannot change: it is another program that speaks HTTP as most do.
fn is_unrelated(server: &ContainerFacts<'_>, dial: &Dial<'_>) -> bool {
    let is_common = dial.speaks.as_deref().is_none_or(|kind| matches!(kind, "http" | "https" | "grpc" | "tcp"));
    server.role == Role::Server && is_common && dial.certainty != Certainty::Said
}

/// The containers that may be meant by an address where nothing listens: of each sort the first two, since one of them
/// may be the caller itself.
struct Meant<'a, 'run> {
    /// By the protocol that one speaks.
    speaking: FastMap<&'a str, Vec<&'a ContainerFacts<'run>>>,
    helpers: Vec<&'a ContainerFacts<'run>>,
    any: Vec<&'a ContainerFacts<'run>>,
}

impl<'a, 'run> Meant<'a, 'run> {
    fn of(facts: &'a PodFacts<'run>) -> Self {
        let mut meant = Self { speaking: FastMap::default(), helpers: Vec::new(), any: Vec::new() };
        let add = |list: &mut Vec<&'a ContainerFacts<'run>>, one: &'a ContainerFacts<'run>| {
            if list.len() < 2 && list.last().is_none_or(|last| is_other(last, one)) {
                list.push(one);
            }
        };
        for one in facts.running().filter(|one| one.declared().next().is_some() || !one.listens.is_empty()) {
            add(&mut meant.any, one);
            if one.is_helper() {
                add(&mut meant.helpers, one);
            }
            for kind in one.listens.iter().filter_map(|listen| listen.speaks.as_deref()) {
                add(meant.speaking.entry(kind).or_default(), one);
            }
        }
        meant
    }

    /// The container that was probably meant: one that speaks the same protocol, else one that is there to be talked to.
    fn nearest(
        &self,
        caller: &ContainerFacts<'_>,
        speaks: Option<&str>,
    ) -> Option<(&'a ContainerFacts<'run>, Option<Label>)> {
        let other = |list: &[&'a ContainerFacts<'run>]| list.iter().copied().find(|one| is_other(one, caller));
        let same = speaks.and_then(|kind| other(self.speaking.get(kind)?));
        let server = same.or_else(|| other(&self.helpers)).or_else(|| other(&self.any))?;
        Some((server, server.listens.first().map(|listen| listen.proof.label(""))))
    }
}

fn is_other(one: &ContainerFacts<'_>, other: &ContainerFacts<'_>) -> bool {
    one.container.node != other.container.node
}

/// The ports of a container: the first of many.
fn ports(server: &ContainerFacts<'_>) -> (u16, String) {
    let all = server.known_ports();
    let shown: Vec<String> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = all.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} others") };
    (all.first().copied().unwrap_or_default(), shown.join(", ") + &more)
}
