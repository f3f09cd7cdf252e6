//! A `NetworkPolicy` as `isolate`.

use serde_json::{Map, Value as Json, json};

use super::Input;
use super::around::Around;
use super::canonical::fill_policy;
use super::owned::Owned;
use super::values::{items, text};

/// Whether a policy is about the Pods of this workload, as it selects them itself.
pub(super) fn is_of(policy: &Input, workload: &Input) -> bool {
    let pods = &policy.object["spec"]["podSelector"];
    let selector = &workload.object["spec"]["selector"];
    matches!(workload.kind(), "Deployment" | "StatefulSet" | "DaemonSet")
        && policy.id.namespace == workload.id.namespace
        && pods["matchLabels"].as_object().is_some_and(|labels| !labels.is_empty())
        && pods["matchLabels"] == selector["matchLabels"]
        && [pods, selector].iter().all(|one| items(&one["matchExpressions"]).is_empty())
}

/// Who may come in and where the Pods may go, with the numbers of ports.
pub(super) struct Isolation {
    from: Vec<(String, Vec<Port>)>,
    to: Option<Vec<(String, Vec<Port>)>>,
}

/// A port of a rule; a rule without any is for all of them.
#[derive(Clone, PartialEq)]
struct Port {
    number: u64,
    is_udp: bool,
}

/// What a policy says, if the language has words for all of it.
pub(super) fn isolation(policy: &Input, workload: &Input) -> Option<Isolation> {
    let mut around = Around::default();
    around.learn(std::iter::once(&*workload.object));
    let mut spec = policy.object["spec"].clone();
    fill_policy(&mut spec, &around);
    // what a policy does not close is open, and `isolate` closes the way in
    items(&spec["policyTypes"]).contains(&json!("Ingress")).then_some(())?;
    let rules = |direction: &str, peers: &str| -> Option<Vec<(String, Vec<Port>)>> {
        let mut all = Vec::new();
        for rule in items(&spec[direction]) {
            if is_dns(rule) {
                all.push(("dns".to_owned(), Vec::new()));
                continue;
            }
            let ports: Vec<Port> = items(&rule["ports"]).iter().map(port).collect::<Option<_>>()?;
            let named = items(&rule[peers]);
            if named.is_empty() {
                all.push(("anyone".to_owned(), ports.clone()));
            }
            for one in named {
                all.push((peer(one)?, ports.clone()));
            }
        }
        Some(all)
    };
    let from = rules("ingress", "from")?;
    let closes_exit = items(&spec["policyTypes"]).contains(&json!("Egress"));
    let to = if closes_exit { Some(rules("egress", "to")?) } else { None };
    // ports of anybody are no word of `to`
    let is_bare = |(peer, ports): &(String, Vec<Port>)| peer == "anyone" && !ports.is_empty();
    let is_sayable = to.as_ref().is_none_or(|to| !to.iter().any(is_bare));
    is_sayable.then_some(Isolation { from, to })
}

fn port(port: &Json) -> Option<Port> {
    port["endPort"].is_null().then_some(())?;
    let is_udp = match port["protocol"].as_str()? {
        "TCP" => false,
        "UDP" => true,
        _ => return None,
    };
    Some(Port { number: port["port"].as_u64()?, is_udp })
}

/// Whether a rule is the one that `dns` of `to` makes.
fn is_dns(rule: &Json) -> bool {
    let to = [
        json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}),
        json!({"ipBlock": {"cidr": "169.254.20.10/32"}}),
    ];
    let ports = [json!({"protocol": "UDP", "port": 53}), json!({"protocol": "TCP", "port": 53})];
    let is =
        |list: &Json, all: &[Json]| items(list).len() == all.len() && all.iter().all(|one| items(list).contains(one));
    is(&rule["to"], &to) && is(&rule["ports"], &ports)
}

/// Who a peer is, as `from` and `to` name it.
fn peer(peer: &Json) -> Option<String> {
    let members = peer.as_object()?;
    if let Some(block) = members.get("ipBlock") {
        let is_plain = members.len() == 1 && block.as_object()?.len() == 1;
        return block["cidr"].as_str().filter(|_| is_plain).map(str::to_owned);
    }
    let pods = members.get("podSelector").map(labels);
    let pods = match pods {
        Some(None) => return None,
        Some(Some(labels)) if labels.is_empty() => Some("pods".to_owned()),
        Some(Some(labels)) => Some(format!("pods/{labels}")),
        None => None,
    };
    let Some(namespace) = members.get("namespaceSelector") else { return pods };
    let name = namespace["matchLabels"]["kubernetes.io/metadata.name"].as_str()?;
    (labels(namespace)? == format!("kubernetes.io/metadata.name={name}")).then_some(())?;
    // all Pods of a namespace are the namespace
    let pods = pods.filter(|pods| pods != "pods").map_or_else(String::new, |pods| format!("/{pods}"));
    Some(format!("namespace/{name}{pods}"))
}

/// The labels of a selector that goes by nothing else.
fn labels(selector: &Json) -> Option<String> {
    let members = selector.as_object()?;
    members.keys().all(|key| key == "matchLabels").then_some(())?;
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let labels: Vec<String> = labels.map(|(key, value)| format!("{key}={}", text(value))).collect();
    Some(labels.join(","))
}

/// `isolate`.
pub(super) fn isolate(owned: &Owned<'_>, main: Option<u64>) -> Json {
    let Some(isolation) = owned.policy.and_then(|policy| isolation(policy, owned.workload)) else { return Json::Null };
    let from = |(peer, ports): (String, Vec<Port>)| {
        let numbers: Vec<Json> = ports.iter().map(|port| json!(port.number)).collect();
        match ports.as_slice() {
            [] => json!({peer: ["*"]}),
            [one] if Some(one.number) == main => json!(peer),
            _ => json!({peer: numbers}),
        }
    };
    let to = |(peer, ports): (String, Vec<Port>)| -> Vec<Json> {
        if ports.is_empty() {
            return vec![json!(if peer == "anyone" || peer == "dns" { peer } else { format!("{peer}:*") })];
        }
        let one = |port: &Port| format!("{peer}:{}{}", port.number, if port.is_udp { "/udp" } else { "" });
        ports.iter().map(|port| json!(one(port))).collect()
    };
    let mut isolate = Map::new();
    isolate.insert("from".to_owned(), isolation.from.into_iter().map(from).collect());
    if let Some(all) = isolation.to {
        isolate.insert("to".to_owned(), all.into_iter().flat_map(to).collect());
    }
    Json::Object(isolate)
}
