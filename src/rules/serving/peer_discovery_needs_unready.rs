use super::{is_headless, ordinals, stateful_set};
use crate::facts::hosts::pod_names;
use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::Typed;
use crate::rules::{Check, Findings, Rule};
use crate::text::Text;

/// Peers that find each other by names that appear only when they are ready.
pub static RULE: Rule = rule!("peer_discovery_needs_unready.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    let Some(set) = stateful_set(object) else { return };
    let is_ordered = set.spec.pod_management_policy.as_deref().unwrap_or("OrderedReady") == "OrderedReady";
    let Some(service) = set.spec.service_name.as_deref().filter(|_| is_ordered && ordinals(&set.spec).1 > 1) else {
        return;
    };
    // another container's check passes without the peers
    let asked = facts.running().filter(|member| waits_for_peers(member));
    let asked = asked.filter_map(|member| Some((member, member.container.at(&["readinessProbe"])?)));
    let names = asked.into_iter().find_map(|(member, probe)| {
        let words = member.words().chain(member.variables().map(|(_, word)| word));
        words.into_iter().find_map(|word| {
            let lists = pod_names(&word.text);
            let is_own = std::ptr::eq(word.place.object, object);
            let names_peers =
                lists.iter().any(|list| list.set == object.id.name && list.service == service && list.pods.len() > 1);
            (is_own && names_peers).then_some((member, probe, word.place.node))
        })
    });
    let Some((member, probe, node)) = names else { return };
    let Some(service) =
        facts.index.find(object, "Service", service).filter(|service| is_headless(service) == Some(true))
    else {
        return;
    };
    let publishes = match &service.typed {
        Some(Typed::Service(typed)) => {
            typed.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses) == Some(true)
        }
        _ => true,
    };
    let tolerates = service
        .document
        .at(service.node, &["metadata", "annotations", "service.alpha.kubernetes.io/tolerate-unready-endpoints"])
        .is_some();
    if publishes || tolerates {
        return;
    }
    let name = service.document.at(service.node, &["metadata", "name"]).unwrap_or(service.node);
    found
        .at(node, format!("`{}` looks for peers whose names do not resolve before they are ready", member.name()))
        .here("names of its own Pods")
        .and(probe, "this succeeds only once most peers are up")
        .label(service.label(name, "publishes only ready Pods"))
        .because("a headless Service has DNS records only for ready Pods unless publishNotReadyAddresses is set, and OrderedReady starts a Pod only when the previous one is ready")
        .help(format!("set `publishNotReadyAddresses: true` on Service `{}`, or also `podManagementPolicy: Parallel`", service.id.name));
}

/// Whether a readiness probe asks what only a quorum answers. A port that is open says nothing of peers, and most
/// endpoints answer for their own process.
fn waits_for_peers(member: &ContainerFacts<'_>) -> bool {
    let Some(probe) = &member.container.container.readiness_probe else { return false };
    let by_path =
        probe.http_get.as_ref().and_then(|get| get.path.as_deref()).is_some_and(|path| asks_quorum(member, path));
    let by_command = probe.exec.iter().flat_map(|exec| exec.command.iter().flatten()).any(|word| {
        let asks_etcd = word.contains("endpoint health") || word.contains("cluster-health");
        asks_etcd && (word.contains("etcdctl") || member.runs("etcd") || member.runs("bitnami-etcd"))
            || asks_elasticsearch(word)
    });
    let words: Vec<&str> = probe.exec.iter().flat_map(|exec| exec.command.iter().flatten().map(Text::as_str)).collect();
    let is_etcdctl = words.first().is_some_and(|program| program.ends_with("etcdctl"));
    by_path
        || by_command
        || is_etcdctl
            && (words.windows(2).any(|pair| pair == ["endpoint", "health"]) || words.contains(&"cluster-health"))
}

/// `/readyz` and `/health` of etcd read through the leader (etcd.io: docs/v3.6/op-guide/monitoring, docs of `/readyz`'s
/// `linearizable_read`; `serializable` asks the member alone), Elasticsearch's cluster health asks the master unless it is
/// to be `local` (elastic.co: reference, "Cluster health"), and `CockroachDB`'s `ready` a majority (cockroachlabs.com:
/// docs/stable/monitoring-and-alerting).
fn asks_quorum(member: &ContainerFacts<'_>, path: &str) -> bool {
    let (endpoint, query) = path.split_once('?').unwrap_or((path, ""));
    let is_etcd = member.runs("etcd") || member.runs("bitnami-etcd");
    is_etcd && matches!(endpoint, "/readyz" | "/health") && !query.contains("serializable")
        || asks_elasticsearch(path)
        || member.image().contains("cockroach") && endpoint == "/health" && query.contains("ready=1")
}

fn asks_elasticsearch(text: &str) -> bool {
    text.contains("_cluster/health")
        && !text.contains("local=true")
        && !text.contains("?local")
        && !text.contains("&local")
}
