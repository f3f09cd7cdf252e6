use crate::diagnostic::{Level, RuleId};
use crate::kube::ContainerView;
use crate::rules::{Check, Found, Rule, parts, text};
use crate::words::clip;

/// Istio's proxy in a role that it does not have.
pub static RULE: Rule = Rule {
    id: RuleId { name: "pilot-agent-role", family: "sidecar" },
    level: Level::Error,
    page: include_str!("pilot_agent_role.md"),
    check: Check::Container(check),
};

const ROLES: [&str; 5] = ["sidecar", "router", "waypoint", "ztunnel", "agentgateway"];

fn check(view: ContainerView<'_>, found: &mut Found<'_>) {
    let image = view.container.image.as_deref().unwrap_or_default();
    let is_proxy = image.split(['@', ':']).any(|part| part.ends_with("/proxyv2"));
    let mut words = parts::words(&view).peekable();
    let runs_agent = words.next_if(|(word, _)| word.ends_with("pilot-agent")).is_some();
    if !(runs_agent || is_proxy) || words.next().is_none_or(|(word, _)| word != "proxy") {
        return;
    }
    let Some((role, node)) = words.next() else { return };
    if role.starts_with('-') || ROLES.contains(&role.as_str()) || text::is_placeholder(role) {
        return;
    }
    found
        .at(node, format!("pilot-agent has no role `{}` and ends at once", clip(role)))
        .because("it takes sidecar, router, waypoint or ztunnel (`pkg/model/proxy.go` of istio/istio)")
        .help("write `router` for a gateway, `sidecar` beside an app");
}
