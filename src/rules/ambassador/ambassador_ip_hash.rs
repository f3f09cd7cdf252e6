use super::called;
use crate::diagnostic::{Label, Level, RuleId};
use crate::recognise::config::ConfigFile;
use crate::recognise::nginx;
use crate::rules::scene::{Member, Scene};
use crate::rules::{Check, Found, Rule};

/// An ambassador chooses by the client's address, and has one client.
pub static RULE: Rule = Rule {
    id: RuleId { name: "ambassador-ip-hash", family: "ambassador" },
    level: Level::Warning,
    page: include_str!("ambassador_ip_hash.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for member in scene.running() {
        for file in &member.configs.files {
            let Some(piece) = by_address(file) else { continue };
            let caller =
                called(scene).find(|(ambassador, ..)| ambassador.one.container.node == member.one.container.node);
            let listens = nginx::listens(file.text);
            let is_inside = !listens.is_empty() && listens.iter().all(|listen| listen.is_loopback);
            let (node, here) = match &caller {
                Some((_, caller, call)) => (call.text.node, format!("`{}` comes from 127.0.0.1", caller.name())),
                None if is_inside => (member.one.container.name_node(), "listens on loopback only".to_owned()),
                None => continue,
            };
            say(member, file, piece, found, node, here);
        }
    }
}

fn say(
    member: &Member<'_>,
    file: &ConfigFile<'_>,
    piece: &str,
    found: &mut Found<'_>,
    node: crate::yaml::NodeId,
    here: String,
) {
    let place = Label::span(&file.object.document.source, file.span(piece), "chooses by the client's address");
    found
        .at(node, format!("`{}` sends everything to one server: all its clients are 127.0.0.1", member.name()))
        .here(here)
        .label(place)
        .because(
            "behind loopback every connection has the same source address, so a hash of it always gives the same \
             server",
        )
        .help("choose by something that differs between requests: a header, a cookie, the key");
}

/// The directive that chooses by the client's address.
fn by_address<'run>(file: &ConfigFile<'run>) -> Option<&'run str> {
    let all = nginx::directives(file.text);
    let of_nginx = all.iter().find(|directive| match directive.name() {
        "ip_hash" => directive.inside.last().is_some_and(|head| all[*head].name() == "upstream"),
        "hash" | "split_clients" => {
            let key = directive.words.get(1).map(|key| key.trim_matches(['"', '\'']));
            matches!(key, Some("$remote_addr" | "$binary_remote_addr" | "${remote_addr}"))
        }
        _ => false,
    });
    let first_line =
        |start: &str| file.text.lines().map(str::trim).find(|line| line.starts_with(start) && !line.starts_with('#'));
    of_nginx
        .and_then(|directive| first_line(directive.name()))
        .or_else(|| first_line("balance source"))
        .or_else(|| first_line("source_ip: true"))
        .or_else(|| first_line("- source_ip: true"))
}
