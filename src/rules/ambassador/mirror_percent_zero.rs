use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::{NodeId, Value};

/// Mirroring that mirrors nothing.
pub static RULE: Rule = rule!("mirror_percent_zero.md", Warning, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let document = &object.document;
    let group = object.id.group();
    let at = |path: &[&str]| document.at(object.node, path);
    let items = |list: Option<NodeId>| list.map_or(&[][..], |list| document.items(list));
    match (group, object.id.kind.as_str()) {
        ("traefik.io" | "traefik.containo.us", "TraefikService") => {
            for mirror in items(at(&["spec", "mirroring", "mirrors"])) {
                let percent = document.get(*mirror, "percent");
                if object.keeps(&["spec"]) && percent.is_none_or(|percent| is_zero(document.value(percent))) {
                    say(percent.unwrap_or(*mirror), "Traefik's default is 0", found);
                }
            }
        }
        ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute") => {
            let filters = items(at(&["spec", "rules"])).iter().flat_map(|rule| items(document.get(*rule, "filters")));
            for filter in filters {
                let percent = document.at(*filter, &["requestMirror", "percent"]);
                if let Some(percent) = percent.filter(|percent| is_zero(document.value(*percent))) {
                    say(percent, "without it, all requests are mirrored", found);
                }
            }
        }
        ("networking.istio.io", "VirtualService") => {
            for rule in items(at(&["spec", "http"])) {
                let percent = document.at(*rule, &["mirrorPercentage", "value"]);
                let zero = percent.filter(|percent| is_zero(document.value(*percent)));
                if let Some(percent) = zero.filter(|_| document.get(*rule, "mirror").is_some()) {
                    say(percent, "without it, all requests are mirrored", found);
                }
            }
        }
        _ => {}
    }
}

fn is_zero(value: Value<'_>) -> bool {
    matches!(value, Value::Int(0) | Value::Null) || value == Value::Float(0.0)
}

fn say(node: NodeId, default: &str, found: &mut Findings<'_>) {
    found
        .at(node, "this mirror gets no request")
        .here("0 percent")
        .because(format!("the mirror's share is 0; {default}"))
        .help("set the percent, or remove the mirror");
}
