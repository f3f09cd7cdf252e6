//! The resources of the built-in API groups, as RBAC names them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::words::{edits_within, nearest};

/// What is known of a resource.
#[derive(Default)]
struct Resource {
    subresources: Vec<&'static str>,
    /// It belongs to no namespace.
    is_cluster_wide: bool,
}

/// By group and resource.
static GROUPS: LazyLock<BTreeMap<&'static str, BTreeMap<&'static str, Resource>>> = LazyLock::new(|| {
    let mut groups: BTreeMap<_, BTreeMap<_, Resource>> = BTreeMap::new();
    for line in include_str!("api_resources.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace().map(|word| word.trim_matches(['[', ']']));
        if let (Some(group), Some(resource)) = (words.next(), words.next()) {
            let group = if group == "core" { "" } else { group };
            let (scope, subresources): (Vec<_>, Vec<_>) = words.partition(|word| *word == "(cluster)");
            let resource_of = Resource { subresources, is_cluster_wide: !scope.is_empty() };
            groups.entry(group).or_default().insert(resource, resource_of);
        }
    }
    groups
});

/// What requests can have as their verb: those of the API, and those that authorization asks for by name
/// (kubernetes/website: reference/access-authn-authz/authorization, "Request verbs and authorization").
pub const VERBS: [&str; 17] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "proxy",
    "*",
];

/// Subresources that many resources have, and `finalizers`, which admission asks for by that name.
const COMMON: [&str; 4] = ["status", "scale", "finalizers", "restricted"];

/// Why a rule on a resource allows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// The resource is in this group.
    OtherGroup(&'static str),
    /// No built-in group has such a resource; the groups named have one of nearly that name, if any.
    NoResource(Option<&'static str>),
    /// Resource and subresource are swapped: this resource has that subresource.
    Swapped,
    /// The resource has no such subresource; one of nearly that name, if any.
    NoSubresource(Option<&'static str>),
    /// `pods/*`, which is read as a subresource called `*`.
    Star(Option<&'static str>),
}

/// Whether a group is built in, so that all its resources are known.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    GROUPS.contains_key(group)
}

/// Verbs of requests for one namespace, which belong to that namespace itself: a Role may give them
/// (kubernetes/kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go, `NewRequestInfo`).
pub const OF_ONE_NAMESPACE: [&str; 4] = ["get", "update", "patch", "delete"];

/// Verbs of the requests that the server itself serves; others are asked for by what decides by them.
const SERVED: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// Whether a Role gives nothing with a verb, because the resource belongs to no namespace. That a `ClusterRole` may be
/// bound is asked for in the namespace of the binding, and programs ask for `metrics` as they like.
#[must_use]
pub fn is_out_of_reach(group: &str, resource: &str, verb: &str) -> bool {
    let (base, sub) = resource.split_once('/').unwrap_or((resource, ""));
    let is_reached = match (group, base) {
        ("", "namespaces") => verb == "*" || OF_ONE_NAMESPACE.contains(&verb),
        (_, "clusterroles") => verb == "*",
        _ => false,
    };
    is_cluster_wide(group, base) && sub != "metrics" && !is_reached && (verb == "*" || SERVED.contains(&verb))
}

/// Whether a resource of a built-in group belongs to no namespace.
#[must_use]
pub fn is_cluster_wide(group: &str, resource: &str) -> bool {
    GROUPS.get(group).and_then(|resources| resources.get(resource)).is_some_and(|resource| resource.is_cluster_wide)
}

/// The built-in groups that have a resource or, of `pods/log`, the resource before the slash.
pub fn groups_of(resource: &str) -> impl Iterator<Item = &'static str> {
    let base = resource.split('/').next().unwrap_or_default();
    GROUPS.iter().filter(move |(_, resources)| resources.contains_key(base)).map(|(group, _)| *group)
}

/// The group of a text that is group and version: `apps` of `apps/v1`, the core group of `v1`.
#[must_use]
pub fn group_of_version(text: &str) -> Option<&str> {
    let (group, version) = text.rsplit_once('/').unwrap_or(("", text));
    let numbers = version.strip_prefix('v')?.replacen("alpha", ".", 1).replacen("beta", ".", 1);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (!group.contains('/') && numbers.split('.').count() <= 2 && numbers.split('.').all(is_number)).then_some(group)
}

/// Why `resource` allows nothing in these built-in groups; nothing where it may allow something.
#[must_use]
pub fn nothing(groups: &[&str], resource: &str) -> Option<Nothing> {
    let (base, sub) = resource.split_once('/').map_or((resource, None), |(base, sub)| (base, Some(sub)));
    // `namespace/metrics` and the like are no resources: proxies in front of a program ask for them by SubjectAccessReview.
    if base == "*" || sub == Some("metrics") {
        return None;
    }
    let own = || groups.iter().filter_map(|group| GROUPS.get(group));
    let mut known = own().filter_map(|resources| resources.get(base)).peekable();
    if known.peek().is_none() {
        let other = GROUPS.iter().find(|(_, resources)| resources.contains_key(base));
        return Some(match other {
            Some((group, _)) => Nothing::OtherGroup(group),
            None if own().any(|resources| is_swapped(resources, base, sub)) => Nothing::Swapped,
            None => Nothing::NoResource(near(base, sub, own())),
        });
    }
    let sub = sub.filter(|sub| !COMMON.contains(sub))?;
    // `userextras/scopes`: the subresource is whatever the user has
    if base == "userextras" {
        return None;
    }
    let subs: Vec<&'static str> = known.flat_map(|resource| resource.subresources.iter().copied()).collect();
    match sub {
        "*" => Some(Nothing::Star(subs.iter().find(|sub| **sub != "status").or(subs.first()).copied())),
        // compared without case only here: the kubelet asks for `runningpods`
        _ if subs.contains(&sub) || (base == "nodes" && subs.contains(&sub.to_lowercase().as_str())) => None,
        _ => {
            let near = nearest(sub, subs.into_iter().chain(COMMON));
            // approvers ask for subresources that they name themselves: `certificatesigningrequests/nodeclient` of
            // kube-controller-manager (kubernetes/kubernetes: `pkg/controller/certificates/approver/sarapprove.go`)
            (near.is_some() || base != "certificatesigningrequests").then_some(Nothing::NoSubresource(near))
        }
    }
}

/// Whether a subresource is written before its resource: `proxy/nodes`.
fn is_swapped(resources: &BTreeMap<&str, Resource>, base: &str, sub: Option<&str>) -> bool {
    let resource = sub.and_then(|sub| resources.get(sub));
    resource.is_some_and(|resource| resource.subresources.contains(&base) || COMMON.contains(&base))
}

/// The resource that is plainly meant by a name: the same but for its case or number, or one letter off in four, two at
/// most. What only authorization knows by name (`users`) is asked for by few, and a subresource has to exist.
fn near<'a>(
    base: &str,
    sub: Option<&str>,
    groups: impl Iterator<Item = &'a BTreeMap<&'static str, Resource>>,
) -> Option<&'static str> {
    const BY_NAME: [&str; 4] = ["users", "groups", "uids", "userextras"];
    let has = |resource: &Resource| {
        sub.is_none_or(|sub| sub == "*" || COMMON.contains(&sub) || resource.subresources.contains(&sub))
    };
    let singular = |name: &str| match name.to_ascii_lowercase().replace(['-', '_'], "") {
        name if name.ends_with("ies") => format!("{}y", name.trim_end_matches("ies")),
        name if name.ends_with("sses") => name.trim_end_matches("es").to_owned(),
        name if name.ends_with("ss") => name,
        name => name.strip_suffix('s').unwrap_or(&name).to_owned(),
    };
    let meant = singular(base);
    let known = groups.flat_map(|resources| resources.iter()).filter(|(_, resource)| has(resource));
    let likeness = |name: &str| {
        let most = (name.len() / 4).min(2);
        let edits = edits_within(2, &singular(name), &meant)?;
        (edits == 0 || edits <= most && !BY_NAME.contains(&name)).then_some(edits)
    };
    known.filter_map(|(name, _)| Some((likeness(name)?, *name))).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, Nothing, group_of_version, is_cluster_wide, nothing};

    #[test]
    fn groups_with_a_version() {
        assert_eq!(group_of_version("apps/v1"), Some("apps"));
        assert_eq!(group_of_version("v1"), Some(""));
        assert_eq!(group_of_version("batch/v1beta1"), Some("batch"));
        assert_eq!(group_of_version("example.com/v1alpha2"), Some("example.com"));
        for group in
            ["", "apps", "*", "v", "vault", "a/b/v1", "v1alpha", "ceph.rook.io", "apps/", "apps/x1", "v1beta1beta2"]
        {
            assert_eq!(group_of_version(group), None, "{group}");
        }
    }

    #[test]
    fn resources() {
        assert_eq!(GROUPS.len(), 24);
        assert_eq!(nothing(&[""], "pods"), None);
        assert_eq!(nothing(&["", "apps"], "deployments/scale"), None);
        assert_eq!(nothing(&[""], "*/scale"), None);
        assert_eq!(nothing(&[""], "deployments"), Some(Nothing::OtherGroup("apps")));
        assert_eq!(nothing(&["apps"], "deployment"), Some(Nothing::NoResource(Some("deployments"))));
        for wrong in ["namespace/pods", "issuers", "certificates", "user/x", "pots/log/x", "job"] {
            assert_eq!(nothing(&[""], wrong).filter(|why| *why != Nothing::NoResource(None)), None, "{wrong}");
        }
        for (wrong, meant) in [
            ("pod", "pods"),
            ("Pods", "pods"),
            ("pod/status", "pods"),
            ("pod/exec", "pods"),
            ("secert", "secrets"),
            ("configmap", "configmaps"),
            ("config-maps", "configmaps"),
            ("persistantvolumeclaims", "persistentvolumeclaims"),
            ("serviceaccount/token", "serviceaccounts"),
            ("endpoint", "endpoints"),
            ("user", "users"),
        ] {
            assert_eq!(nothing(&[""], wrong), Some(Nothing::NoResource(Some(meant))), "{wrong}");
        }
        for swapped in ["proxy/nodes", "log/pods", "exec/pods", "status/pods", "token/serviceaccounts"] {
            assert_eq!(nothing(&[""], swapped), Some(Nothing::Swapped), "{swapped}");
        }
        assert_eq!(
            nothing(&["networking.k8s.io"], "networkpolicy"),
            Some(Nothing::NoResource(Some("networkpolicies")))
        );
        assert_eq!(nothing(&["storage.k8s.io"], "storageclass"), Some(Nothing::NoResource(Some("storageclasses"))));
        assert_eq!(nothing(&["networking.k8s.io"], "ingress"), Some(Nothing::NoResource(Some("ingresses"))));
        assert_eq!(nothing(&[""], "pods/portfoward"), Some(Nothing::NoSubresource(Some("portforward"))));
        assert!(matches!(nothing(&[""], "pods/*"), Some(Nothing::Star(Some(_)))));
        for sub in ["nodeclient", "selfnodeclient", "selfnodeserver", "clusteragent", "approval", "status"] {
            assert_eq!(nothing(&["certificates.k8s.io"], &format!("certificatesigningrequests/{sub}")), None, "{sub}");
        }
        let slip = nothing(&["certificates.k8s.io"], "certificatesigningrequests/aproval");
        assert_eq!(slip, Some(Nothing::NoSubresource(Some("approval"))));
        assert_eq!(super::groups_of("events").collect::<Vec<_>>(), ["", "events.k8s.io"]);
        assert!(is_cluster_wide("", "nodes") && is_cluster_wide("resource.k8s.io", "deviceclasses"));
        assert!(!is_cluster_wide("", "pods") && !is_cluster_wide("example.com", "nodes"));
    }
}
