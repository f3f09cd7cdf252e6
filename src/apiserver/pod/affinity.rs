//! Where Pods may run: affinity, tolerations, topology spread.

use super::super::field::Field;
use super::super::{formats, meta};
use super::{PodContext, warnings};
use crate::kube::versions::Change;
use crate::kube::{FastMap, FastSet};

/// `validateAffinity`
pub fn affinity(affinity: Field, context: PodContext) {
    let node = affinity.child("nodeAffinity");
    let required = node.child("requiredDuringSchedulingIgnoredDuringExecution");
    if required.is_set() {
        node_selector(required);
    }
    for term in node.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
        weight(term.child("weight"));
        // Values of preferences are judged with a warning only.
        node_selector_term(term.child("preference"), false);
    }
    for pods in [affinity.child("podAffinity"), affinity.child("podAntiAffinity")] {
        for term in pods.child("requiredDuringSchedulingIgnoredDuringExecution").items() {
            pod_affinity_term(term, context);
        }
        for term in pods.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
            weight(term.child("weight"));
            pod_affinity_term(term.child("podAffinityTerm"), context);
        }
    }
}

fn weight(weight: Field) {
    weight.in_range(1, 100);
}

/// `ValidateNodeSelector`
pub fn node_selector(selector: Field) {
    let terms = selector.child("nodeSelectorTerms");
    if terms.is_empty() {
        terms.required("a selector without terms selects no node");
    }
    for term in terms.items() {
        node_selector_term(term, true);
    }
}

fn node_selector_term(term: Field, judge_values: bool) {
    for expression in term.child("matchExpressions").items() {
        let (operator, values) = (expression.child("operator"), expression.child("values"));
        match operator.str() {
            "In" | "NotIn" if values.is_empty() => values.required("`In` and `NotIn` compare with values"),
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                values.forbidden("have no meaning for `Exists` and `DoesNotExist`");
            }
            "Gt" | "Lt" if values.len() != 1 => values.required("`Gt` and `Lt` compare with one value"),
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => operator.invalid("must be In, NotIn, Exists, DoesNotExist, Gt or Lt"),
        }
        meta::label_name(expression.child("key"));
        if judge_values {
            for value in values.items() {
                value.check(formats::label_value);
            }
        }
    }
    for field in term.child("matchFields").items() {
        let (operator, values, key) = (field.child("operator"), field.child("values"), field.child("key"));
        match operator.str() {
            "In" | "NotIn" if values.len() != 1 => values.required("a node field is compared with one value"),
            "In" | "NotIn" => {}
            _ => operator.invalid("must be In or NotIn for a field of a node"),
        }
        if key.str() == "metadata.name" {
            for value in values.items() {
                value.check(formats::dns_subdomain);
            }
        } else {
            key.invalid("must be `metadata.name`, the only field to select nodes by");
        }
    }
}

/// Warnings of `GetWarningsForNodeSelectorTerm`.
pub fn node_selector_warnings(term: Field, judge_values: bool) {
    for expression in term.child("matchExpressions").items() {
        let key = expression.child("key");
        if let Some(message) = warnings::node_label_message(key.str()) {
            key.warn(format!("`{}` is {message}", key.str()));
        }
        for value in expression.child("values").items().filter(|_| judge_values) {
            if let Some(rule) = formats::label_value(value.str()) {
                value.warn(format!("the value {rule}"));
            }
        }
    }
}

fn pod_affinity_term(term: Field, context: PodContext) {
    let selector = term.child("labelSelector");
    meta::label_selector(selector);
    meta::label_selector(term.child("namespaceSelector"));
    for namespace in term.child("namespaces").items() {
        namespace.called(term, "namespace").check(formats::dns_label);
    }
    match_label_keys(term, context);
    let key = term.child("topologyKey");
    if key.is_empty() {
        key.required("it defines what counts as one place");
    }
    meta::label_name(key);
}

/// `ValidateMatchLabelKeysAndMismatchLabelKeys`
fn match_label_keys(term: Field, context: PodContext) {
    let selector = term.child("labelSelector");
    let (matching, mismatching) = (term.child("matchLabelKeys"), term.child("mismatchLabelKeys"));
    for keys in [matching, mismatching] {
        if !keys.is_empty() && !selector.is_set() {
            keys.forbidden("refine a `labelSelector`, but there is none");
            continue;
        }
        for key in keys.items() {
            meta::label_name(key);
        }
    }
    let mut selected: Vec<String> = selector.child("matchLabels").entries().map(|(key, _)| key.into_owned()).collect();
    let written = selector.child("matchExpressions").items().map(|expression| expression.child("key"));
    // For a Pod the server first turns the keys that its labels have into expressions.
    let labels = context.pod_meta.map(|meta| meta.child("labels"));
    let merged = matching.items().filter(|key| labels.is_some_and(|labels| labels.has(key.str())));
    for key in written.chain(merged) {
        let index = matching.items().zip(0_u32..).filter(|(candidate, _)| candidate.str() == key.str()).last();
        if let Some((_, index)) = index.filter(|_| selected.iter().any(|other| other == key.str())) {
            key.as_item_of(term, index).invalid("is in both `matchLabelKeys` and `labelSelector`");
        }
        selected.push(key.str().to_owned());
    }
    for key in matching.items() {
        if mismatching.items().any(|other| other.str() == key.str()) {
            key.invalid("is in both `matchLabelKeys` and `mismatchLabelKeys`");
        }
    }
}

/// `validateTopologySpreadConstraints`
pub fn topology_spread(spec: Field, context: PodContext) {
    let mut seen: FastMap<(&str, &str), u32> = FastMap::default();
    for (place, constraint) in (0..).zip(spec.child("topologySpreadConstraints").items()) {
        let skew = constraint.child("maxSkew");
        if skew.int() <= 0 {
            skew.invalid("must be above zero");
        }
        let (key, action) = (constraint.child("topologyKey"), constraint.child("whenUnsatisfiable"));
        if key.is_empty() {
            key.required("it defines what counts as one place");
        }
        action.one_of(action.str(), &["DoNotSchedule", "ScheduleAnyway"]);
        let first = *seen.entry((key.str(), action.str())).or_insert(place);
        if first != place {
            // The server names the first of the two; both are the same mistake.
            let at = constraint.as_item_of(spec.child("topologySpreadConstraints"), first);
            key.called(at, "{topologyKey, whenUnsatisfiable}").duplicate(key.str());
        }
        let domains = constraint.child("minDomains");
        if domains.is_set() {
            if domains.int() <= 0 {
                domains.invalid("must be above zero");
            }
            if action.str() != "DoNotSchedule" {
                domains.invalid("is allowed only with `whenUnsatisfiable: DoNotSchedule`");
            }
        }
        for policy in [constraint.child("nodeAffinityPolicy"), constraint.child("nodeTaintsPolicy")] {
            if policy.is_set() {
                policy.one_of(policy.str(), &["Ignore", "Honor"]);
            }
        }
        if constraint.has_change(Change::SpreadSelectorMerge) {
            match_label_keys(constraint, context);
        } else {
            spread_label_keys(constraint);
        }
        meta::label_selector(constraint.child("labelSelector"));
    }
}

/// `ValidateMatchLabelKeysInTopologySpread`, which does not look at the Pod's labels.
fn spread_label_keys(constraint: Field) {
    let (selector, keys) = (constraint.child("labelSelector"), constraint.child("matchLabelKeys"));
    if !keys.is_empty() && !selector.is_set() {
        keys.forbidden("refine a `labelSelector`, but there is none");
        return;
    }
    let expressions = selector.child("matchExpressions");
    for key in keys.items() {
        meta::label_name(key);
        let of_expression = || expressions.items().any(|expression| expression.child("key").str() == key.str());
        if selector.child("matchLabels").has(key.str()) || of_expression() {
            key.invalid("is in both `matchLabelKeys` and `labelSelector`");
        }
    }
}

/// `ValidateTolerations`
pub fn tolerations(tolerations: Field) {
    for toleration in tolerations.items() {
        let (key, operator) = (toleration.child("key"), toleration.child("operator"));
        let (value, effect) = (toleration.child("value"), toleration.child("effect"));
        if key.is_empty() && operator.str() != "Exists" {
            operator.invalid("must be Exists without a `key`, which tolerates every taint");
        }
        key.check_unless_empty(formats::qualified_name);
        if toleration.child("tolerationSeconds").is_set() && effect.str() != "NoExecute" {
            effect.invalid("must be NoExecute with `tolerationSeconds`");
        }
        match operator.str() {
            "" | "Equal" => {
                if let Some(rule) = formats::label_value(value.str()) {
                    value.as_path_of(operator).invalid(format!("compares with a value that {rule}"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    value.as_path_of(operator).invalid("compares with no value if it is Exists");
                }
            }
            other => operator.not_supported(other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            effect.one_of(effect.str(), &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }
}

/// `ValidateTopologySelectorTerm`, of storage classes.
pub fn topology_selector_terms(terms: Field) {
    let mut earlier: FastSet<Vec<(&str, Vec<&str>)>> = FastSet::default();
    for term in terms.items() {
        let mut keys = FastSet::default();
        let mut meaning = topology_meaning(term);
        meaning.sort_unstable();
        // The server also takes a term without expressions for a repetition.
        if meaning.is_empty() || earlier.contains(&meaning) {
            term.child("matchLabelExpressions").duplicate("the same places");
        }
        earlier.insert(meaning);
        for requirement in term.child("matchLabelExpressions").items() {
            let (key, values) = (requirement.child("key"), requirement.child("values"));
            if values.is_empty() {
                values.required("");
            }
            let mut seen = FastSet::default();
            for value in values.items() {
                if seen.contains(&value.str()) {
                    value.duplicate(value.str());
                }
                seen.insert(value.str());
            }
            meta::label_name(key);
            if keys.contains(&key.str()) {
                key.duplicate(key.str());
            }
            keys.insert(key.str());
        }
    }
}

/// Keys with their values, in an order that does not matter.
fn topology_meaning(term: Field<'_>) -> Vec<(&str, Vec<&str>)> {
    let requirements = term.child("matchLabelExpressions");
    let pairs = requirements.items().map(|requirement| {
        let mut values: Vec<&str> = requirement.child("values").items().map(Field::str).collect();
        values.sort_unstable();
        (requirement.child("key").str(), values)
    });
    pairs.collect()
}
