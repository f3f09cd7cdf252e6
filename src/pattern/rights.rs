//! `app.rights` and `app.cluster-rights`: a Role or `ClusterRole` of exactly what is said, and its binding.

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Right};
use crate::diagnostic::Finding;
use crate::words::nearest;

/// The groups that Kubernetes itself serves and their resources; subresources are taken as written, because some that
/// are authorized (`nodes/metrics`) are served nowhere
/// (kubernetes/kubernetes: `api/discovery/aggregated_v2.json`).
const BUILT_IN: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "bindings",
            "componentstatuses",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "nodes",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
            "secrets",
            "serviceaccounts",
            "services",
            "users",
            "groups",
        ],
    ),
    ("apps", &["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("batch", &["cronjobs", "jobs"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("coordination.k8s.io", &["leases", "leasecandidates"]),
    ("discovery.k8s.io", &["endpointslices"]),
    ("events.k8s.io", &["events"]),
    ("networking.k8s.io", &["ingressclasses", "ingresses", "networkpolicies", "ipaddresses", "servicecidrs"]),
    ("node.k8s.io", &["runtimeclasses"]),
    ("policy", &["poddisruptionbudgets"]),
    ("rbac.authorization.k8s.io", &["clusterrolebindings", "clusterroles", "rolebindings", "roles"]),
    ("scheduling.k8s.io", &["priorityclasses", "workloads", "podgroups"]),
    (
        "storage.k8s.io",
        &[
            "csidrivers",
            "csinodes",
            "csistoragecapacities",
            "storageclasses",
            "volumeattachments",
            "volumeattributesclasses",
        ],
    ),
    ("authentication.k8s.io", &["tokenreviews", "selfsubjectreviews"]),
    (
        "authorization.k8s.io",
        &["localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"],
    ),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
        ],
    ),
];

/// Resources that belong to no namespace: a Role gives nobody any of them.
const CLUSTER_WIDE: &[&str] = &[
    "namespaces",
    "nodes",
    "persistentvolumes",
    "componentstatuses",
    "storageclasses",
    "csidrivers",
    "csinodes",
    "volumeattachments",
    "volumeattributesclasses",
    "ingressclasses",
    "ipaddresses",
    "servicecidrs",
    "runtimeclasses",
    "priorityclasses",
    "clusterroles",
    "clusterrolebindings",
    "customresourcedefinitions",
    "apiservices",
    "tokenreviews",
    "subjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
];

/// What is wrong with an app's rights and account.
pub(super) fn check(description: &Description, findings: &mut Vec<Finding>) {
    let Some(app) = &description.app else { return };
    app.rights.iter().chain(&app.cluster_rights).for_each(|right| check_right(right, findings));
    for right in &app.rights {
        let resource = right.resource.split('/').next().unwrap_or_default();
        if CLUSTER_WIDE.contains(&resource) && is_built_in(&right.group) {
            findings.push(
                Finding::error(right.place.label(""), format!("`{resource}` belong to no namespace"))
                    .because("a Role gives rights within its namespace, and none to what is outside of all")
                    .help("write it under `cluster-rights`"),
            );
        }
    }
    if let (Some(right), None) = (app.cluster_rights.first(), &description.namespace) {
        findings.push(
            Finding::error(right.place.label(""), "`cluster-rights` needs `namespace`")
                .because("the binding names the account's namespace, and its name begins with it")
                .help("namespace: <name>, or -n <name>"),
        );
    }
    let Some((_, place)) = &app.account else { return };
    if let Some(right) = app.rights.first().or(app.cluster_rights.first()) {
        findings.push(
            Finding::error(
                right.place.label("gives rights to an account that is made here"),
                "`account` names an account that is not made here",
            )
            .label(place.label("this one exists"))
            .because("rights of others' accounts are theirs to give")
            .help("leave out `account`, or bind the rights where the account is made"),
        );
    }
    if let Some(annotations) = description.annotations.iter().find(|member| member.key == "account") {
        findings.push(
            Finding::error(
                annotations.key_place.label("is on an account that is made here"),
                "`account` names an account that is not made here",
            )
            .label(place.label("this one exists"))
            .help("leave out one of them"),
        );
    }
}

fn is_built_in(group: &str) -> bool {
    BUILT_IN.iter().any(|(name, _)| *name == group)
}

fn check_right(right: &Right, findings: &mut Vec<Finding>) {
    let Some((_, known)) = BUILT_IN.iter().find(|(group, _)| *group == right.group) else { return };
    let (resource, sub) = right.resource.split_once('/').unwrap_or((&right.resource, ""));
    if resource == "*" || known.contains(&resource) {
        return;
    }
    let group = if right.group.is_empty() { "the core group".to_owned() } else { format!("the group {}", right.group) };
    let sub = if sub.is_empty() { String::new() } else { format!("/{sub}") };
    let elsewhere = BUILT_IN.iter().find(|(_, known)| known.contains(&resource));
    let label = match (elsewhere, nearest(resource, known.iter().copied())) {
        (Some(("", _)), _) => format!("did you mean `{resource}{sub}`?"),
        (Some((group, _)), _) => format!("did you mean `{resource}.{group}{sub}`?"),
        (None, Some(name)) => format!("did you mean `{name}{sub}`?"),
        (None, None) => String::new(),
    };
    findings.push(
        Finding::error(right.place.label(label), format!("{group} has no resource `{resource}`"))
            .because("resources are named by their plural, as `kubectl api-resources` lists them")
            .help("write <resource>.<group> for any other group, such as deployments.apps"),
    );
}

/// Rights that give more than most programs need.
pub(super) fn warnings(description: &Description) -> Vec<String> {
    let Some(app) = &description.app else { return Vec::new() };
    let mut notes = Vec::new();
    let stars = app.rights.iter().chain(&app.cluster_rights);
    for right in
        stars.filter(|right| right.resource == "*" || right.group == "*" || right.verbs.iter().any(|verb| verb == "*"))
    {
        notes.push(format!(
            "warning: `{}`: \"*\" gives rights to everything that there is and will be; name what the app needs",
            right.resource
        ));
    }
    if app
        .cluster_rights
        .iter()
        .any(|right| right.group.is_empty() && right.resource == "secrets" && right.names.is_empty())
    {
        notes.push(
            "warning: `cluster-rights` on secrets: whoever breaks into this app can read every Secret of the cluster"
                .to_owned(),
        );
    }
    notes
}

/// The Roles and their bindings.
pub(super) fn objects(description: &Description) -> Vec<Json> {
    let Some(app) = &description.app else { return Vec::new() };
    let mut objects = Vec::new();
    let name = &description.name;
    if !app.rights.is_empty() {
        objects.extend(role("Role", name, &app.rights, &json!({"kind": "ServiceAccount", "name": name})));
    }
    if let (false, Some(namespace)) = (app.cluster_rights.is_empty(), &description.namespace) {
        let subject = json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
        objects.extend(role("ClusterRole", &format!("{namespace}-{name}"), &app.cluster_rights, &subject));
    }
    objects
}

fn role(kind: &str, name: &str, rights: &[Right], subject: &Json) -> [Json; 2] {
    const API: &str = "rbac.authorization.k8s.io";
    let rule = |right: &Right| {
        let mut rule = Map::from_iter([
            ("apiGroups".to_owned(), json!([right.group])),
            ("resources".to_owned(), json!([right.resource])),
        ]);
        if !right.names.is_empty() {
            rule.insert("resourceNames".to_owned(), json!(right.names));
        }
        rule.insert("verbs".to_owned(), json!(right.verbs));
        Json::Object(rule)
    };
    let rules: Vec<Json> = rights.iter().map(rule).collect();
    let version = format!("{API}/v1");
    [
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "rules": rules}),
        json!({
            "apiVersion": version,
            "kind": format!("{kind}Binding"),
            "metadata": {"name": name},
            "roleRef": {"apiGroup": API, "kind": kind, "name": name},
            "subjects": [subject],
        }),
    ]
}
