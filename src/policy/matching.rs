//! Which objects a policy or a binding looks at: `k8s.io/apiserver/pkg/admission/plugin/policy/matching`.

use std::collections::HashMap;

use crate::kube::versions::KindHistory;
use crate::kube::{Index, Object, Typed};
use crate::yaml::{Document, NodeId};

use super::admitted::is_clustered;

/// Yes, no, or what decides is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// It looks at the object.
    Yes,
    /// It does not.
    No,
    /// Only a cluster knows.
    Unknown(String),
}

impl Match {
    /// Both.
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown(why) => match other() {
                Self::No => Self::No,
                _ => Self::Unknown(why),
            },
        }
    }

    fn of(is_match: bool) -> Self {
        if is_match { Self::Yes } else { Self::No }
    }
}

/// The resource of a kind: its plural in lower case.
#[must_use]
pub fn resource(kind: &str) -> String {
    let lower = kind.to_lowercase();
    if lower == "endpoints" {
        return lower;
    }
    match lower.as_bytes().last() {
        Some(b's' | b'x') => format!("{lower}es"),
        // policies, but gateways
        Some(b'y') if !lower.ends_with("ay") && !lower.ends_with("ey") => format!("{}ies", &lower[..lower.len() - 1]),
        _ => format!("{lower}s"),
    }
}

/// The namespaces of a run by name.
#[derive(Debug)]
pub struct Namespaces<'b, 'run> {
    index: &'b Index<'run>,
    by_name: HashMap<&'run str, Vec<&'run Object>>,
}

impl<'b, 'run> Namespaces<'b, 'run> {
    /// Looks once at all namespaces.
    pub fn of(index: &'b Index<'run>) -> Self {
        let mut by_name: HashMap<&str, Vec<&Object>> = HashMap::new();
        for namespace in index.kind("Namespace") {
            by_name.entry(namespace.id.name.as_str()).or_default().push(namespace);
        }
        Self { index, by_name }
    }

    /// The namespace of that name, if there is one that is meant.
    pub fn find(&self, object: &Object, name: &str) -> Option<&'run Object> {
        match self.by_name.get(name).map(Vec::as_slice) {
            None => None,
            Some([one]) => Some(one),
            // of several, one that is applied with the object
            Some(several) => {
                let mut near = several.iter().copied().filter(|one| self.index.reach(object, one).is_some());
                near.next().filter(|_| near.next().is_none())
            }
        }
    }
}

/// Whether `matchConstraints` of a policy or `matchResources` of a binding take an object.
pub fn matches(document: &Document, node: NodeId, object: &Object, namespaces: &Namespaces<'_, '_>) -> Match {
    let rules = |name: &str| document.get(node, name).map_or(&[][..], |node| document.items(node));
    let is_exact = document.get_str(node, "matchPolicy") == Some("Exact");
    let selector = |name: &str| document.get(node, name);
    objects(document, selector("objectSelector"), object)
        .and(|| of_namespace(document, selector("namespaceSelector"), object, namespaces))
        .and(|| {
            let excluded = rules("excludeResourceRules")
                .iter()
                .fold(Match::No, |found, rule| either(found, resource_rule(document, *rule, object, is_exact)));
            match excluded {
                Match::Yes => Match::No,
                Match::Unknown(why) => Match::Unknown(why),
                Match::No => Match::Yes,
            }
        })
        .and(|| {
            let included = rules("resourceRules");
            // a binding without rules takes what the policy takes
            if included.is_empty() {
                return Match::Yes;
            }
            included
                .iter()
                .fold(Match::No, |found, rule| either(found, resource_rule(document, *rule, object, is_exact)))
        })
}

fn either(a: Match, b: Match) -> Match {
    match (a, b) {
        (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
        (Match::Unknown(why), _) | (_, Match::Unknown(why)) => Match::Unknown(why),
        _ => Match::No,
    }
}

fn resource_rule(document: &Document, rule: NodeId, object: &Object, is_exact: bool) -> Match {
    let texts = |name: &str| -> Vec<&str> {
        let items = document.get(rule, name).map_or(&[][..], |node| document.items(node));
        items.iter().filter_map(|item| document.str(*item)).collect()
    };
    let has = |list: &[&str], value: &str| list.iter().any(|item| *item == "*" || *item == value);
    if !has(&texts("operations"), "CREATE") {
        return Match::No;
    }
    let (group, version) = object.id.api_version.split_once('/').unwrap_or(("", &object.id.api_version));
    let resources = texts("resources");
    let own = resource(&object.id.kind);
    // a request for the object itself has no subresource, which `*` stands for, too
    let is_own = |item: &&str| {
        let name = item.strip_suffix("/*").unwrap_or(item);
        name == "*" || name == own
    };
    let is_resource = resources.iter().any(is_own);
    if !has(&texts("apiGroups"), group) || !is_resource {
        return Match::No;
    }
    let names = texts("resourceNames");
    if !names.is_empty() {
        if object.id.name.is_empty() {
            return Match::Unknown("the API server makes the object's name".to_owned());
        }
        if !names.contains(&object.id.name.as_str()) {
            return Match::No;
        }
    }
    let is_cluster = is_clustered(&object.id.kind);
    match document.get_str(rule, "scope") {
        Some("Cluster") if !is_cluster => return Match::No,
        Some("Namespaced") if is_cluster => return Match::No,
        _ => {}
    }
    if has(&texts("apiVersions"), version) {
        return Match::Yes;
    }
    // the server would turn the object into the other version
    if is_exact {
        Match::No
    } else {
        Match::Unknown(format!("the policy matches another version than {}", object.id.api_version))
    }
}

/// The requirements of a label selector: the key, the operator and the values.
fn requirements(document: &Document, selector: NodeId) -> Vec<(String, String, Vec<String>)> {
    let mut all = Vec::new();
    for entry in document.get(selector, "matchLabels").map_or(&[][..], |node| document.entries(node)) {
        let value = document.str(entry.value()).unwrap_or_default().to_owned();
        all.push((document.key(entry).into_owned(), "In".to_owned(), vec![value]));
    }
    for item in document.get(selector, "matchExpressions").map_or(&[][..], |node| document.items(node)) {
        let text = |name: &str| document.get_str(*item, name).unwrap_or_default().to_owned();
        let values = document.get(*item, "values").map_or(&[][..], |node| document.items(node));
        let values = values.iter().filter_map(|node| document.str(*node)).map(str::to_owned).collect();
        all.push((text("key"), text("operator"), values));
    }
    all
}

fn meets(operator: &str, values: &[String], label: Option<&str>) -> bool {
    let among = label.is_some_and(|label| values.iter().any(|value| value == label));
    match operator {
        "In" => among,
        "NotIn" => !among,
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

/// Whether a label selector at a node takes an object's own labels.
pub fn objects(document: &Document, selector: Option<NodeId>, object: &Object) -> Match {
    let Some(selector) = selector else { return Match::Yes };
    let labels = object.document.at(object.node, &["metadata", "labels"]);
    let label = |key: &str| labels.and_then(|labels| object.document.get_str(labels, key));
    let all = requirements(document, selector);
    // a Job and a DaemonSet get more, under keys that no selector uses
    Match::of(all.iter().all(|(key, operator, values)| meets(operator, values, label(key))))
}

fn of_namespace(
    document: &Document,
    selector: Option<NodeId>,
    object: &Object,
    namespaces: &Namespaces<'_, '_>,
) -> Match {
    let Some(selector) = selector else { return Match::Yes };
    let all = requirements(document, selector);
    if all.is_empty() {
        return Match::Yes;
    }
    let is_namespace = is_namespace(object);
    if is_clustered(&object.id.kind) && !is_namespace {
        return Match::Yes;
    }
    let name = if is_namespace { Some(object.id.name.as_str()) } else { object.id.namespace.as_deref() };
    let Some(name) = name else {
        return Match::Unknown("the namespace is not set, but the policy matches its labels".to_owned());
    };
    let found = if is_namespace { Some(object) } else { namespaces.find(object, name) };
    let mut matched = Match::Yes;
    for (key, operator, values) in &all {
        let label = match found {
            _ if key == "kubernetes.io/metadata.name" => Some(name),
            Some(found) => found
                .document
                .at(found.node, &["metadata", "labels"])
                .and_then(|labels| found.document.get_str(labels, key)),
            None => {
                matched = Match::Unknown(format!("the labels of the namespace {name} are not in the run"));
                continue;
            }
        };
        if !meets(operator, values, label) {
            return Match::No;
        }
    }
    matched
}

/// The parameters that a binding names, of those in the run: in any namespace, or in the one that it names.
pub fn params<'run>(
    document: &Document,
    reference: NodeId,
    kind: &(String, String),
    index: &Index<'run>,
) -> Result<Vec<&'run Object>, String> {
    let namespace = document.get_str(reference, "namespace");
    let name = document.get_str(reference, "name");
    let selector = document.get(reference, "selector");
    let is_meant = |candidate: &&Object| {
        candidate.id.api_version == kind.0
            && namespace.is_none_or(|namespace| candidate.id.namespace.as_deref().is_none_or(|own| own == namespace))
            && match name {
                Some(name) => candidate.id.name == name,
                None => objects(document, selector, candidate) == Match::Yes,
            }
    };
    let found: Vec<&Object> = index.kind(&kind.1).iter().copied().filter(is_meant).collect();
    match (found.is_empty(), name) {
        (false, _) => Ok(found),
        (true, Some(name)) => Err(format!("its parameters, {} {name}, are not in the run", kind.1)),
        (true, None) => Err(format!("no {} in the run has the labels by which it selects parameters", kind.1)),
    }
}

/// Whether parameters are for an object, of a binding that names no namespace: those of its own. A namespace is in
/// itself.
pub fn is_param_for(object: &Object, params: &Object) -> bool {
    let own = match object.id.namespace.as_deref() {
        None if is_namespace(object) => Some(object.id.name.as_str()),
        namespace => namespace,
    };
    params.id.namespace.as_deref().zip(own).is_none_or(|(params, own)| params == own)
}

/// Whether an object has no namespace in which parameters of a built-in kind could be looked for.
pub fn has_no_place(object: &Object, (version, kind): &(String, String)) -> bool {
    let is_namespaced = KindHistory::of(version, kind).is_some_and(|history| history.is_namespaced);
    is_namespaced && is_clustered(&object.id.kind) && !is_namespace(object)
}

fn is_namespace(object: &Object) -> bool {
    object.id.api_version == "v1" && object.id.kind == "Namespace"
}

/// Whether an object is one that policies are never asked about.
#[must_use]
pub fn is_exempt(object: &Object) -> bool {
    matches!(
        object.typed,
        Some(
            Typed::ValidatingAdmissionPolicy(_)
                | Typed::ValidatingAdmissionPolicyBinding(_)
                | Typed::ValidatingWebhookConfiguration(_)
                | Typed::MutatingWebhookConfiguration(_)
        )
    ) || object.id.api_version.starts_with("admissionregistration.k8s.io/")
}
