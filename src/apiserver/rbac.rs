//! Roles and bindings: `pkg/apis/rbac/validation`.

use super::field::Field;
use super::formats;
use super::meta::{self, Scope};

const GROUP: &str = "rbac.authorization.k8s.io";

/// `ValidateRole`
pub fn role(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::path_segment);
    rules(object, Scope::Namespaced);
}

/// `ValidateClusterRole`
pub fn cluster_role(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::path_segment);
    rules(object, Scope::Cluster);
    let aggregation = object.child("aggregationRule");
    if !aggregation.is_set() {
        return;
    }
    let selectors = aggregation.child("clusterRoleSelectors");
    if selectors.is_empty() {
        selectors.required("an aggregation must select the roles to combine");
    }
    for selector in selectors.items() {
        meta::label_selector(selector);
    }
}

/// `ValidatePolicyRule`
fn rules(object: Field, scope: Scope) {
    for rule in object.child("rules").items() {
        if rule.child("verbs").is_empty() {
            rule.child("verbs").required("a rule must allow something");
        }
        let (groups, resources) = (rule.child("apiGroups"), rule.child("resources"));
        let urls = rule.child("nonResourceURLs");
        if !urls.is_empty() {
            if scope == Scope::Namespaced {
                urls.invalid("are in no namespace: use a ClusterRole");
            }
            if groups.len() + resources.len() + rule.child("resourceNames").len() > 0 {
                urls.invalid("cannot share a rule with resources");
            }
            continue;
        }
        if groups.is_empty() {
            groups.required("`\"\"` is the core group");
        }
        if resources.is_empty() {
            resources.required("");
        }
    }
}

/// `ValidateRoleBinding`
pub fn role_binding(object: Field) {
    binding(object, Scope::Namespaced, &["Role", "ClusterRole"]);
}

/// `ValidateClusterRoleBinding`
pub fn cluster_role_binding(object: Field) {
    binding(object, Scope::Cluster, &["ClusterRole"]);
}

fn binding(object: Field, scope: Scope, kinds: &[&str]) {
    meta::object_meta(object.child("metadata"), scope, formats::path_segment);
    let role = object.child("roleRef");
    role.child("apiGroup").one_of(role.child("apiGroup").str_or(GROUP), &[GROUP]);
    role.child("kind").one_of(role.child("kind").str(), kinds);
    let name = role.child("name");
    name.check_required(formats::path_segment);
    for subject in object.child("subjects").items() {
        let (kind, name, group) = (subject.child("kind"), subject.child("name"), subject.child("apiGroup"));
        if name.is_empty() {
            name.required("");
        }
        match kind.str() {
            "ServiceAccount" => {
                name.check_unless_empty(formats::dns_subdomain);
                if !group.is_empty() {
                    group.not_supported(group.str(), &[""]);
                }
                if scope == Scope::Cluster && subject.child("namespace").is_empty() {
                    subject.child("namespace").required("a service account needs a namespace");
                }
            }
            "User" | "Group" => group.one_of(group.str_or(GROUP), &[GROUP]),
            other => kind.not_supported(other, &["ServiceAccount", "User", "Group"]),
        }
    }
}
