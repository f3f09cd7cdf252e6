use super::called;
use crate::diagnostic::{Label, Level, RuleId};
use crate::recognise::config::ConfigFile;
use crate::recognise::nginx;
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule};

/// An ambassador chooses by the client's address, and has one client.
pub static RULE: Rule = Rule {
    id: RuleId { name: "ambassador-ip-hash", family: "ambassador" },
    level: Level::Warning,
    page: include_str!("ambassador_ip_hash.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (ambassador, caller, call) in called(scene) {
        for file in &ambassador.configs.files {
            let Some(piece) = by_address(file) else { continue };
            let place = Label::span(&file.object.document.source, file.span(piece), "chooses by the client's address");
            found
                .at(call.text.node, format!("`{}` sends everything to one server: its only client is 127.0.0.1", ambassador.name()))
                .here(format!("`{}` comes from 127.0.0.1", caller.name()))
                .label(place)
                .because("behind loopback every connection has the same source address, so a hash of it always gives the same server")
                .help("choose by something that differs between requests: a header, a cookie, the key");
        }
    }
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
    let first_line = |text: &'run str, start: &str| {
        text.lines().map(str::trim).find(|line| line.starts_with(start) && !line.starts_with('#'))
    };
    of_nginx
        .and_then(|directive| first_line(file.text, directive.name()))
        .or_else(|| first_line(file.text, "balance source"))
        .or_else(|| first_line(file.text, "source_ip: true"))
        .or_else(|| first_line(file.text, "- source_ip: true"))
}
