use crate::kube::{Index, Object, Reach};
use crate::rules::{Check, FindingsAnywhere, Rule, text};
use crate::words::{clip, nearest};
use crate::yaml::NodeId;

/// A route of Istio to a subset that the rule beside it does not have.
pub static RULE: Rule = rule!("no_such_subset.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let is_of_istio = |object: &&&Object| object.id.group() == "networking.istio.io";
    let rules: Vec<&Object> = index.kind("DestinationRule").iter().filter(is_of_istio).copied().collect();
    if rules.is_empty() {
        return;
    }
    for service in index.kind("VirtualService").iter().filter(is_of_istio).filter(|one| one.keeps(&["spec"])) {
        for destination in destinations(service) {
            judge(index, service, destination, &rules, found);
        }
    }
}

/// Where a `VirtualService` leads to.
fn destinations(service: &Object) -> Vec<NodeId> {
    let document = &service.document;
    let items = |node, field: &str| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let Some(spec) = document.get(service.node, "spec") else { return Vec::new() };
    let routes = ["http", "tcp", "tls"].into_iter().flat_map(|list| items(spec, list));
    let of_route = |route: &NodeId| {
        let all = items(*route, "route").iter().filter_map(|one| document.get(*one, "destination"));
        all.chain(document.get(*route, "mirror")).collect::<Vec<_>>()
    };
    routes.flat_map(of_route).collect()
}

fn judge(
    index: &Index<'_>,
    service: &Object,
    destination: NodeId,
    rules: &[&Object],
    found: &mut FindingsAnywhere<'_>,
) {
    let document = &service.document;
    let (Some(host), Some(node)) = (document.get_str(destination, "host"), document.get(destination, "subset")) else {
        return;
    };
    let Some(subset) = document.str(node).filter(|subset| !subset.is_empty()) else { return };
    if text::is_placeholder(host) || text::is_placeholder(subset) {
        return;
    }
    let own = service.id.namespace.as_deref();
    let may_be_it = |rule: &&&Object| may_be_same(host, own, host_of(rule), rule.id.namespace.as_deref());
    let all: Vec<&Object> = rules.iter().filter(may_be_it).copied().collect();
    let is_open = |rule: &Object| {
        !rule.keeps(&["spec"]) || subsets(rule).any(|name| name == subset || text::is_placeholder(name))
    };
    if all.iter().any(|rule| is_open(rule)) {
        return;
    }
    let is_beside = |rule: &&&Object| index.reach(service, rule).is_some_and(|reach| reach < Reach::Run);
    // the rule that names the host itself counts, not one for all of a domain
    let is_exact = |rule: &&&Object| !host_of(rule).contains('*') && !text::is_placeholder(host_of(rule));
    let Some(rule) = all.iter().filter(is_exact).find(is_beside) else { return };
    let shown = rule.document.at(rule.node, &["spec", "subsets"]);
    let shown = shown.or_else(|| rule.document.at(rule.node, &["spec", "host"])).unwrap_or(rule.node);
    let mut about = found.about(service);
    let saying = about
        .at(node, format!("DestinationRule `{}` has no subset `{}`", clip(&rule.id.name), clip(subset)))
        .label(rule.label(shown, "these are the subsets of the host"))
        .because(
            "a route to a subset that no DestinationRule of its host defines answers 503 (istio.io: \
             reference/config/networking/virtual-service, Destination; ops/diagnostic-tools/istioctl-analyze)",
        )
        .help("name one of its subsets, or add this one to it");
    if let Some(like) = nearest(subset, subsets(rule)) {
        saying.here(format!("did you mean `{like}`?"));
    }
}

fn host_of(rule: &Object) -> &str {
    rule.document.at(rule.node, &["spec", "host"]).and_then(|node| rule.document.str(node)).unwrap_or_default()
}

fn subsets(rule: &Object) -> impl Iterator<Item = &str> {
    let list = rule.document.at(rule.node, &["spec", "subsets"]);
    let items = list.map_or(&[][..], |list| rule.document.items(list));
    items.iter().filter_map(|one| rule.document.get_str(*one, "name"))
}

/// Whether two hosts may be one: short names are of the namespace of their object, and a rule may be for all below a
/// domain.
fn may_be_same(one: &str, own: Option<&str>, other: &str, others: Option<&str>) -> bool {
    if other.contains('*') || text::is_placeholder(other) || other.is_empty() {
        return true;
    }
    let labels = |host: &str| host.trim_end_matches('.').split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (labels(one), labels(other));
    let namespace = |labels: &[String], own: Option<&str>| match labels {
        [_] => own.map(str::to_owned),
        [_, namespace, ..] => Some(namespace.clone()),
        [] => None,
    };
    let (first, second) = (namespace(&one, own), namespace(&other, others));
    one.first() == other.first() && (first.is_none() || second.is_none() || first == second)
}
