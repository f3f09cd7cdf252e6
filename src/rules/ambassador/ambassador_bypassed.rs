use super::called;
use crate::facts::{ContainerFacts, Dial, PodFacts, Role};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// The app names what its ambassador stands for.
pub static RULE: Rule = rule!("ambassador_bypassed.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for ambassador in facts.running().filter(|member| matches!(member.role, Role::Ambassador(_))) {
        let targets: Vec<(&str, Option<u16>)> = targets(ambassador).collect();
        let is_called = called(facts).any(|(member, ..)| member.container.node == ambassador.container.node);
        for caller in facts.others(ambassador).filter(|other| !other.is_helper()) {
            for dial in caller.dials.iter().filter(|dial| !dial.is_loopback) {
                let is_same = targets.iter().any(|(target, port)| {
                    *target == short(&dial.host) && (port.is_none() || dial.port.is_none() || *port == dial.port)
                });
                let Some(node) = own_node(caller, dial).filter(|_| is_same) else { continue };
                let saying = found
                    .at(
                        node,
                        format!(
                            "`{}` connects to `{}` directly, bypassing `{}`",
                            caller.name(),
                            clip(&dial.host),
                            ambassador.name()
                        ),
                    )
                    .here("what the ambassador is for")
                    .and(ambassador.container.name_node(), format!("`{}` is the ambassador for it", ambassador.name()))
                    .because("connections that bypass the ambassador get none of its routing, retries or encryption");
                if is_called {
                    saying.help("name the ambassador's loopback address here too, or remove the variable");
                } else {
                    saying.help("name the ambassador's loopback address, or remove the ambassador");
                }
            }
        }
    }
}

/// Where the dial is written, if that is in the container itself.
fn own_node(caller: &ContainerFacts<'_>, dial: &Dial<'_>) -> Option<NodeId> {
    std::ptr::eq(dial.proof.place.object, caller.container.pod.object).then_some(dial.proof.place.node)
}

/// What an ambassador stands for: the hosts that it dials.
fn targets<'a>(ambassador: &'a ContainerFacts<'_>) -> impl Iterator<Item = (&'a str, Option<u16>)> {
    let outside = ambassador.dials.iter().filter(|dial| !dial.is_loopback);
    outside.flat_map(|dial| {
        // `cache-0.cache` is a Pod of the Service `cache`
        let service = governing_service(short(&dial.host)).map(|service| (service, None));
        std::iter::once((short(&dial.host), dial.port)).chain(service)
    })
}

/// The Service of a StatefulSet's Pod: what follows `<set>-<ordinal>.`.
fn governing_service(host: &str) -> Option<&str> {
    let (pod, service) = host.split_once('.')?;
    let (_, ordinal) = pod.rsplit_once('-')?;
    (!ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit())).then_some(service)
}

/// A Service's name without what the cluster adds to it.
fn short(host: &str) -> &str {
    host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc")).unwrap_or(host)
}
