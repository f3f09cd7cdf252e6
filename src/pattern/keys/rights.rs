//! `rights` and `cluster-rights` of the app and of containers beside it: a Role or `ClusterRole` of exactly what is said,
//! and its binding.

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Right};
use crate::diagnostic::Finding;
use crate::kube::api_resources::{Nothing, OF_ONE_NAMESPACE, is_built_in, is_cluster_wide, nothing};
use crate::pattern::plan::document::apps;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;

/// What is wrong with an app's rights and account.
pub(crate) fn check(description: &Description, shape: &Filled, uses: &[Filled]) -> Vec<Finding> {
    let rights = Rights::of(description, shape, uses);
    let mut findings: Vec<Finding> = rights.all().filter_map(check_right).collect();
    for right in &rights.here {
        let resource = right.resource.split('/').next().unwrap_or_default();
        let is_own_namespace = right.group.is_empty()
            && resource == "namespaces"
            && right.verbs.iter().all(|verb| OF_ONE_NAMESPACE.contains(&verb.as_str()));
        if is_cluster_wide(&right.group, resource) && !is_own_namespace {
            findings.push(
                Finding::error(right.place.label(""), format!("`{resource}` are not namespaced"))
                    .because("a Role gives rights only within its namespace, not on cluster-scoped resources")
                    .help("write it under `cluster-rights`"),
            );
        }
    }
    if let (Some(right), None) = (rights.everywhere.first(), &description.namespace) {
        findings.push(
            Finding::error(right.place.label(""), "`cluster-rights` needs `namespace`")
                .because("the binding contains the account's namespace, also in its name")
                .help("namespace: <name>, or -n <name>"),
        );
    }
    let account = description.app.as_ref().and_then(|app| app.account.as_ref());
    let Some((_, place)) = account else { return findings };
    if let Some(right) = rights.all().next() {
        findings.push(
            Finding::error(
                right.place.label("gives rights to an account that is created here"),
                "`account` names an account that is not created here",
            )
            .label(place.label("this one exists already"))
            .because("rights belong with the owner of the account")
            .help("leave out `account`, or bind the rights where the account is created"),
        );
    }
    if let Some(annotations) = description.annotations.iter().find(|member| member.key == "account") {
        findings.push(
            Finding::error(
                annotations.key_place.label("is set on an account that is created here"),
                "`account` names an account that is not created here",
            )
            .label(place.label("this one exists"))
            .help("leave out one of them"),
        );
    }
    findings
}

/// Subresources are taken as written; the linter knows which of them nothing asks for.
fn check_right(right: &Right) -> Option<Finding> {
    if !is_built_in(&right.group) {
        return None;
    }
    let (resource, sub) = right.resource.split_once('/').unwrap_or((&right.resource, ""));
    let sub = if sub.is_empty() { String::new() } else { format!("/{sub}") };
    let label = match nothing(&[&right.group], resource)? {
        Nothing::OtherGroup("") => format!("did you mean `{resource}{sub}`?"),
        Nothing::OtherGroup(group) => format!("did you mean `{resource}.{group}{sub}`?"),
        Nothing::NoResource(Some(name)) => format!("did you mean `{name}{sub}`?"),
        Nothing::NoResource(None) => String::new(),
        Nothing::NoSubresource(_) | Nothing::Swapped | Nothing::Star(_) => return None,
    };
    let group = if right.group.is_empty() { "the core group".to_owned() } else { format!("the group {}", right.group) };
    Some(
        Finding::error(right.place.label(label), format!("{group} has no resource `{resource}`"))
            .because("resources have plural names, as listed by `kubectl api-resources`")
            .help("write <resource>.<group> for any other group, such as deployments.apps"),
    )
}

/// Rights that give more than most programs need.
pub(crate) fn warnings(prepared: &Prepared<'_>) -> Vec<String> {
    let rights = Rights::of(prepared.description, &prepared.shape, &prepared.uses);
    let mut notes = Vec::new();
    for right in rights
        .all()
        .filter(|right| right.resource == "*" || right.group == "*" || right.verbs.iter().any(|verb| verb == "*"))
    {
        notes.push(format!(
            "warning: `{}`: \"*\" gives rights to all current and future resources; name what the app needs",
            right.resource
        ));
    }
    if rights
        .everywhere
        .iter()
        .any(|right| right.group.is_empty() && right.resource == "secrets" && right.names.is_empty())
    {
        notes.push(
            "warning: `cluster-rights` on secrets: an intruder in this app can read every Secret in the cluster"
                .to_owned(),
        );
    }
    notes
}

/// The Roles and their bindings.
pub(crate) fn objects(prepared: &Prepared<'_>) -> Vec<Json> {
    let description = prepared.description;
    let rights = Rights::of(description, &prepared.shape, &prepared.uses);
    let mut objects = Vec::new();
    let name = &description.name;
    if !rights.here.is_empty() {
        objects.extend(role("Role", name, &rights.here, &json!({"kind": "ServiceAccount", "name": name})));
    }
    if let (false, Some(namespace)) = (rights.everywhere.is_empty(), &description.namespace) {
        let subject = json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
        objects.extend(role("ClusterRole", &cluster_name(description), &rights.everywhere, &subject));
    }
    objects
}

/// The rights of all containers of a document: their Pod has one account.
struct Rights<'a> {
    /// In its namespace.
    here: Vec<&'a Right>,
    /// In the whole cluster.
    everywhere: Vec<&'a Right>,
}

impl<'a> Rights<'a> {
    fn of(description: &'a Description, shape: &'a Filled, uses: &'a [Filled]) -> Self {
        let mut rights = Self { here: Vec::new(), everywhere: Vec::new() };
        for app in apps(description, shape, uses) {
            for (all, own) in [(&mut rights.here, &app.rights), (&mut rights.everywhere, &app.cluster_rights)] {
                for right in own {
                    if !all.iter().any(|one: &&Right| one.says_the_same(right)) {
                        all.push(right);
                    }
                }
            }
        }
        rights
    }

    fn all(&self) -> impl Iterator<Item = &'a Right> {
        self.here.iter().chain(&self.everywhere).copied()
    }
}

/// What the `ClusterRole` and its binding are called: names of the whole cluster begin with the namespace.
pub(super) fn cluster_name(description: &Description) -> String {
    let namespace = description.namespace.as_deref().unwrap_or_default();
    format!("{namespace}-{}", description.name)
}

fn role(kind: &str, name: &str, rights: &[&Right], subject: &Json) -> [Json; 2] {
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
    let rules: Vec<Json> = rights.iter().copied().map(rule).collect();
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
