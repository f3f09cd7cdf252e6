use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule, text};
use crate::words::clip;

/// Istio's proxy in a role that it does not have.
pub static RULE: Rule = rule!("pilot_agent_role.md", Error, Check::Facts(check));

const ROLES: [&str; 5] = ["sidecar", "router", "waypoint", "ztunnel", "agentgateway"];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for run in facts.members.iter().filter_map(|member| member.line.only()).filter(|run| run.name == "pilot-agent") {
        let [proxy, role, ..] = run.words.as_slice() else { continue };
        let text = role.text.as_ref();
        if proxy.text != "proxy"
            || text.starts_with('-')
            || ROLES.contains(&text)
            || !role.is_known
            || text::is_placeholder(text)
        {
            continue;
        }
        found
            .at(role.place.node, format!("pilot-agent has no role `{}` and exits at once", clip(text)))
            .because("it accepts sidecar, router, waypoint or ztunnel (`pkg/model/proxy.go` of istio/istio)")
            .help("write `router` for a gateway, `sidecar` beside an app");
    }
}
