//! Priority and fairness of requests: `pkg/apis/flowcontrol/validation`.

use super::field::Field;
use super::formats;
use super::meta::{self, Scope};

const VERBS: [&str; 9] = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

/// `ValidateFlowSchema`. The schemas that a server makes itself are in every cluster and are not compared with.
pub fn flow_schema(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Cluster, formats::dns_subdomain);
    let precedence = spec.child("matchingPrecedence");
    match precedence.int_or(1000) {
        1 if metadata.child("name").str() != "exempt" => precedence.invalid("may be 1 only for the schema `exempt`"),
        1..=10_000 => {}
        other => precedence.invalid(format!("is {other}, outside 1 to 10000")),
    }
    let method = spec.child("distinguisherMethod");
    if method.is_set() {
        method.child("type").one_of(method.child("type").str(), &["ByNamespace", "ByUser"]);
    }
    let level = spec.at(&["priorityLevelConfiguration", "name"]);
    if level.is_empty() {
        level.required("a schema must assign requests to a priority level");
    } else {
        level.check(formats::dns_subdomain);
    }
    spec.child("rules").items().for_each(rule);
}

fn rule(rule: Field) {
    let (subjects, resources, urls) =
        (rule.child("subjects"), rule.child("resourceRules"), rule.child("nonResourceRules"));
    if subjects.is_empty() {
        subjects.required("");
    }
    subjects.items().for_each(subject);
    if resources.is_empty() && urls.is_empty() {
        rule.required("it needs `resourceRules` or `nonResourceRules`");
    }
    resources.items().for_each(resource_rule);
    urls.items().for_each(url_rule);
}

/// One of three kinds, and the field of that kind alone.
fn subject(subject: Field) {
    const FIELDS: [(&str, &str); 3] = [("Group", "group"), ("ServiceAccount", "serviceAccount"), ("User", "user")];
    let kind = subject.child("kind");
    let Some((_, own)) = FIELDS.iter().find(|(name, _)| *name == kind.str()) else {
        kind.not_supported(kind.str(), &FIELDS.map(|(name, _)| name));
        return;
    };
    for (_, other) in FIELDS.iter().filter(|(_, field)| field != own && subject.child(field).is_set()) {
        subject.child(other).forbidden(format!("is not allowed with `kind: {}`", kind.str()));
    }
    let named = subject.child(own);
    if !named.is_set() {
        named.required("");
        return;
    }
    let name = named.child("name");
    if name.is_empty() {
        name.required("");
    } else if *own == "serviceAccount" && name.str() != "*" {
        name.check(formats::dns_subdomain);
    }
    if *own == "serviceAccount" {
        let namespace = named.child("namespace");
        namespace.check_required(formats::dns_label);
    }
}

fn has_star(list: Field) -> bool {
    list.items().any(|item| item.str() == "*")
}

/// A list with something in it, in which `*` is alone; true if there is more to judge.
fn list(list: Field) -> bool {
    if list.is_empty() {
        list.required("");
    } else if has_star(list) && list.len() > 1 {
        list.invalid("has others beside `*`");
    }
    !list.is_empty() && !has_star(list)
}

fn verbs(verbs: Field) {
    if list(verbs)
        && let Some(other) = verbs.items().find(|verb| !VERBS.contains(&verb.str()))
    {
        other.as_path_of(verbs).not_supported(other.str(), &VERBS);
    }
}

fn resource_rule(rule: Field) {
    verbs(rule.child("verbs"));
    list(rule.child("apiGroups"));
    list(rule.child("resources"));
    let namespaces = rule.child("namespaces");
    if namespaces.is_empty() {
        if !rule.child("clusterScope").is_true() {
            namespaces.required("or `clusterScope: true`");
        }
    } else if list(namespaces) {
        namespaces.items().for_each(|namespace| namespace.check(formats::dns_label));
    }
}

fn url_rule(rule: Field) {
    verbs(rule.child("verbs"));
    let urls = rule.child("nonResourceURLs");
    if list(urls) {
        urls.items().for_each(|url| url.check(url_path));
    }
}

/// `ValidateNonResourceURLPath`
fn url_path(text: &str) -> Option<&'static str> {
    if text == "/" {
        return None;
    }
    if !text.starts_with('/') || text.contains(' ') || text.contains("//") {
        return Some("is not a path such as /metrics");
    }
    let stars = text.matches('*').count();
    (stars > 1 || stars == 1 && !text.ends_with("/*")).then_some("allows `*` only as its last step")
}

/// `ValidatePriorityLevelConfiguration`
pub fn priority_level(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Cluster, formats::dns_subdomain);
    let annotation = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";
    if metadata.child("annotations").has(annotation) {
        metadata.child("annotations").forbidden(format!("cannot have `{annotation}`"));
    }
    let (kind, limited, exempt) = (spec.child("type"), spec.child("limited"), spec.child("exempt"));
    if (metadata.child("name").str() == "exempt") != (kind.str() == "Exempt") {
        kind.invalid("is Exempt only for the level `exempt`");
    }
    match kind.str() {
        "Exempt" => {
            if limited.is_set() {
                limited.forbidden("is not allowed with `type: Exempt`");
            }
            exempt.child("nominalConcurrencyShares").non_negative();
            exempt.child("lendablePercent").in_range(0, 100);
        }
        "Limited" => {
            if exempt.is_set() {
                exempt.forbidden("is not allowed with `type: Limited`");
            }
            if limited.is_set() {
                limits(limited);
            } else {
                limited.required("`type` is Limited");
            }
        }
        "" => kind.required("Exempt or Limited"),
        other => kind.not_supported(other, &["Exempt", "Limited"]),
    }
}

fn limits(limited: Field) {
    limited.child("nominalConcurrencyShares").non_negative();
    limited.child("lendablePercent").in_range(0, 100);
    limited.child("borrowingLimitPercent").non_negative();
    let response = limited.child("limitResponse");
    let (kind, queuing) = (response.child("type"), response.child("queuing"));
    match kind.str() {
        "Reject" => {
            if queuing.is_set() {
                queuing.forbidden("is not allowed with `type: Reject`");
            }
        }
        "Queue" => {
            if queuing.is_set() {
                queues(queuing);
            } else {
                queuing.required("`type` is Queue");
            }
        }
        "" => kind.required("Queue or Reject"),
        other => kind.not_supported(other, &["Queue", "Reject"]),
    }
}

/// `ValidatePriorityLevelQueuingConfiguration`
fn queues(queuing: Field) {
    if queuing.child("queueLengthLimit").int_or(50) <= 0 {
        queuing.child("queueLengthLimit").invalid("must be above 0");
    }
    let (count, hand) = (queuing.child("queues"), queuing.child("handSize"));
    let (queues, size) = (count.int_or(64), hand.int_or(8));
    if queues <= 0 || queues > 10_000_000 {
        count.invalid(format!("is {queues}, outside 1 to 10000000"));
    }
    if size <= 0 {
        hand.invalid("must be above 0");
    } else if size > queues {
        hand.invalid(format!("is above the number of queues ({queues})"));
    } else if entropy(queues, size) > 60.0 {
        hand.invalid("has more hands than a 60-bit hash can distinguish");
    }
}

/// `RequiredEntropyBits`: how many bits it takes to number the hands of a deck.
fn entropy(deck: i64, hand: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "numbers of queues are small")]
    let bits = |card: i64| ((deck - card) as f64).log2();
    let mut sum = 0.0;
    for card in 0..hand {
        sum += bits(card);
        if sum > 64.0 {
            break;
        }
    }
    sum.ceil()
}

#[cfg(test)]
mod tests {
    use super::{entropy, url_path};

    #[test]
    fn hands_and_paths() {
        assert!(entropy(64, 8) <= 60.0 && entropy(1024, 6) <= 60.0 && entropy(1024, 7) > 60.0);
        assert!(entropy(10_000_000, 10_000_000) > 60.0);
        for good in ["/", "/healthz", "/metrics/*", "/*"] {
            assert_eq!(url_path(good), None, "{good}");
        }
        for bad in ["", "healthz", "/a b", "//", "/a*", "/*/a", "/*/*"] {
            assert!(url_path(bad).is_some(), "{bad}");
        }
    }
}
