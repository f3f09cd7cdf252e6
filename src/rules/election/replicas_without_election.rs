use super::election_without_lease_rbac::writes_objects;
use super::replicas;
use crate::facts::PodFacts;
use crate::kube::{Index, Object, Reach};
use crate::rules::{Check, Findings, Rule};

/// Several replicas of a program whose election is switched off.
pub static RULE: Rule = rule!("replicas_without_election.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    for member in facts.running() {
        let Some(switch) = member.election.switch.as_ref().filter(|switch| !switch.is_on) else { continue };
        let node = member.node_of(&switch.proof);
        let Some(count) = replicas(object, facts.index).filter(|count| *count > 1) else { return };
        if only_answers_the_server(facts) {
            return;
        }
        let saying = found
            .at(node, format!("{count} replicas of `{}` all do the leader's work", member.name()))
            .here("the election is switched off")
            .because("without an election every replica acts as the only one, and they undo each other's work")
            .help("switch the election on, or set replicas to 1");
        if let Some(replicas) = object.document.at(object.node, &["spec", "replicas"]) {
            saying.and(replicas, "several of them");
        }
    }
}

/// Whether the API server calls a workload, through a Service that a webhook or an `APIService` names, and the workload is
/// not seen to be a controller as well: each replica answers then, and a library's switch of an election says nothing of
/// what they do.
fn only_answers_the_server(facts: &PodFacts<'_>) -> bool {
    let (object, index) = (facts.pod.object, facts.index);
    // where the Service is made elsewhere, it is called like what it leads to
    let is_called = calls(object, &object.id.name, index)
        || index.services_of(object).any(|service| calls(service, &service.id.name, index));
    is_called && writes_objects(facts) != Some(true)
}

/// Whether the API server calls a Service of that name beside an object.
fn calls(object: &Object, name: &str, index: &Index<'_>) -> bool {
    const CALLERS: [(&str, &str, &[&str]); 3] = [
        ("MutatingWebhookConfiguration", "webhooks", &["clientConfig", "service"]),
        ("ValidatingWebhookConfiguration", "webhooks", &["clientConfig", "service"]),
        ("APIService", "spec", &["service"]),
    ];
    let is_near = |caller: &Object| index.reach(object, caller).is_some_and(|reach| reach < Reach::Run);
    CALLERS.iter().any(|(kind, field, path)| {
        index.kind(kind).iter().any(|caller| {
            let document = &caller.document;
            let Some(holder) = document.get(caller.node, field) else { return false };
            let is_meant = |at| {
                let Some(service) = document.at(at, path) else { return false };
                let own = object.id.namespace.as_deref();
                document.get_str(service, "name") == Some(name)
                    && document.get_str(service, "namespace").is_none_or(|named| own.is_none_or(|own| own == named))
            };
            (is_meant(holder) || document.items(holder).iter().any(|item| is_meant(*item))) && is_near(caller)
        })
    })
}
