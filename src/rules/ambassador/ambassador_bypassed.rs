use super::called;
use crate::diagnostic::{Level, RuleId};
use crate::recognise::address::addresses;
use crate::recognise::hosts::pod_names;
use crate::rules::scene::{Member, Scene};
use crate::rules::{Check, Found, Rule};
use crate::words::clip;

/// The app names what its ambassador stands for.
pub static RULE: Rule = Rule {
    id: RuleId { name: "ambassador-bypassed", family: "ambassador" },
    level: Level::Warning,
    page: include_str!("ambassador_bypassed.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for ambassador in scene.running().filter(|member| matches!(member.one.role, crate::recognise::Role::Ambassador(_)))
    {
        let targets = targets(ambassador);
        let is_called = called(scene).any(|(member, ..)| member.one.container.node == ambassador.one.container.node);
        for caller in scene.others(ambassador).filter(|other| !other.one.is_helper()) {
            for text in caller.texts.iter().filter(|text| text.variable.is_some()) {
                let same = addresses(text.text).into_iter().find(|address| {
                    let host = short(address.host);
                    targets.iter().any(|(target, port)| {
                        target == host && (port.is_none() || address.port.is_none() || *port == address.port)
                    })
                });
                let Some(same) = same.filter(|same| text.text.contains(same.host)) else { continue };
                let saying = found
                    .at(
                        text.node,
                        format!(
                            "`{}` talks to `{}` itself, past `{}`",
                            caller.name(),
                            clip(same.host),
                            ambassador.name()
                        ),
                    )
                    .here("what the ambassador stands for")
                    .and(ambassador.one.container.name_node(), format!("`{}` is there for it", ambassador.name()))
                    .because("what does not go through the ambassador has none of its routing, retries or encryption");
                if is_called {
                    saying.help("name the ambassador's loopback address here too, or remove the variable");
                } else {
                    saying.help("name the ambassador's loopback address, or remove the ambassador");
                }
            }
        }
    }
}

/// What an ambassador stands for, by its command line and configuration: hosts with their ports, and of
/// Pods' names the Service that governs them.
fn targets(ambassador: &Member<'_>) -> Vec<(String, Option<u16>)> {
    let command = ambassador.texts.iter().filter(|text| text.variable.is_none()).map(|text| text.text);
    let mut found = Vec::new();
    for text in command.chain(ambassador.configs.files.iter().map(|file| file.text)) {
        for address in addresses(text) {
            let is_host = address.host.contains(|character: char| character.is_ascii_alphabetic());
            if is_host && address.port.is_some_and(|port| port > 0) && !address.is_loopback() {
                found.push((short(address.host).to_owned(), address.port));
            }
        }
        for list in pod_names(text).iter().filter(|list| list.pods.len() > 1) {
            found.push((list.service.to_owned(), None));
            found.extend(list.pods.iter().map(|(_, host)| (short(host).to_owned(), None)));
        }
    }
    // `DB_HOST=db.example.com`, as images of connection poolers are told
    let hosts = ambassador.texts.iter().filter(|text| text.variable.is_some_and(|name| name.ends_with("_HOST")));
    for address in hosts.flat_map(|text| addresses(text.text)) {
        if address.host.contains('.') && address.host.contains(|letter: char| letter.is_ascii_alphabetic()) {
            found.push((short(address.host).to_owned(), None));
        }
    }
    // Words before a colon and a number that are no hosts: `tcp:5432`, `port:80`.
    found.retain(|(host, _)| !matches!(host.as_str(), "tcp" | "udp" | "http" | "https" | "port" | "listen" | "weight"));
    found
}

/// A Service's name without the cluster's domain.
fn short(host: &str) -> &str {
    host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc")).unwrap_or(host)
}
