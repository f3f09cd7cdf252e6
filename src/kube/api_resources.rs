//! The resources of the built-in API groups, as RBAC names them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::words::nearest;

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
    /// The resource has no such subresource; one of nearly that name, if any.
    NoSubresource(Option<&'static str>),
    /// `pods/*`, which is read as a subresource called `*`.
    Star,
}

/// Whether a group is built in, so that all its resources are known.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    GROUPS.contains_key(group)
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
            None => Nothing::NoResource(nearest(base, own().flat_map(|resources| resources.keys().copied()))),
        });
    }
    let sub = sub.filter(|sub| !COMMON.contains(sub))?;
    // `userextras/scopes`: the subresource is whatever the user has
    if base == "userextras" {
        return None;
    }
    let subs: Vec<&'static str> = known.flat_map(|resource| resource.subresources.iter().copied()).collect();
    match sub {
        "*" => Some(Nothing::Star),
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
        assert_eq!(nothing(&[""], "pods/portfoward"), Some(Nothing::NoSubresource(Some("portforward"))));
        assert_eq!(nothing(&[""], "pods/*"), Some(Nothing::Star));
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
