use super::{Call, called};
use crate::diagnostic::Label;
use crate::facts::config::ConfigFile;
use crate::facts::{Bind, ContainerFacts, PodFacts, by_address};
use crate::kube::FastMap;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::NodeId;

/// An ambassador chooses by the client's address, and has one client.
pub static RULE: Rule = rule!("ambassador_ip_hash.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let mut callers: Option<FastMap<NodeId, Call<'_, '_>>> = None;
    for member in facts.running() {
        for file in &member.configs.files {
            let Some(piece) = by_address(file) else { continue };
            let callers =
                callers.get_or_insert_with(|| called(facts).map(|call| (call.0.container.node, call)).collect());
            let caller = callers.get(&member.container.node);
            let is_inside =
                !member.listens.is_empty() && member.listens.iter().all(|listen| listen.bind == Bind::Loopback);
            let (node, here) = match caller {
                Some((_, caller, dial, _)) => {
                    (caller.node_of(&dial.proof), format!("`{}` comes from 127.0.0.1", caller.name()))
                }
                None if is_inside => (member.container.name_node(), "listens only on loopback".to_owned()),
                None => continue,
            };
            say(member, file, piece, found, node, here);
        }
    }
}

fn say(
    member: &ContainerFacts<'_>,
    file: &ConfigFile<'_>,
    piece: &str,
    found: &mut Findings<'_>,
    node: NodeId,
    here: String,
) {
    let place = Label::span(&file.object.document.source, file.span_of_part(piece), "chooses by the client's address");
    found
        .at(node, format!("`{}` sends everything to one server: all its clients are 127.0.0.1", member.name()))
        .here(here)
        .label(place)
        .because(
            "behind loopback every connection has the same source address, so a hash of it always gives the same \
             server",
        )
        .help("use something that differs between requests: a header, a cookie, the key");
}
