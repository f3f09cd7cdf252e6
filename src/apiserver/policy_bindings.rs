//! Bindings of admission policies: `pkg/apis/admissionregistration/validation`.

use std::collections::HashSet;

use super::field::Field;
use super::meta::{self, Scope};
use super::{admission, admission_policies, formats};

/// `ValidateValidatingAdmissionPolicyBinding`
pub fn validating(object: Field) {
    binding(object);
    let actions = object.at(&["spec", "validationActions"]);
    if actions.is_empty() {
        actions.required("Deny, Warn or Audit");
    }
    let mut seen = HashSet::new();
    for action in actions.items() {
        action.one_of(action.str(), &["Audit", "Deny", "Warn"]);
        if seen.contains(&action.str()) {
            action.duplicate(action.str());
        }
        seen.insert(action.str());
    }
    if seen.contains(&"Deny") && seen.contains(&"Warn") {
        actions.invalid("has both Deny and Warn, which would say the same twice");
    }
}

/// `ValidateMutatingAdmissionPolicyBinding`
pub fn mutating(object: Field) {
    binding(object);
    admission_policies::created_or_updated(object.at(&["spec", "matchResources", "resourceRules"]));
}

fn binding(object: Field) {
    meta::object_meta_of_library(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    admission::reserved_name(object);
    let spec = object.child("spec");
    let policy = spec.child("policyName");
    policy.check_required(formats::dns_subdomain);
    if spec.child("paramRef").is_set() {
        parameters(spec.child("paramRef"));
    }
    if spec.child("matchResources").is_set() {
        match_resources(spec.child("matchResources"));
    }
}

fn parameters(reference: Field) {
    let (name, selector, action) =
        (reference.child("name"), reference.child("selector"), reference.child("parameterNotFoundAction"));
    name.check_unless_empty(formats::path_segment);
    meta::label_selector(selector);
    match (!name.is_empty(), selector.is_set()) {
        (true, true) => {
            name.forbidden("excludes `selector`");
            selector.forbidden("excludes `name`");
        }
        (false, false) => reference.required("it needs a `name` or a `selector`"),
        _ => {}
    }
    if action.is_empty() {
        action.required("Allow or Deny");
    } else {
        action.one_of(action.str(), &["Deny", "Allow"]);
    }
}

/// `validateMatchResources`; selectors that are not written select everything.
pub fn match_resources(resources: Field) {
    let policy = resources.child("matchPolicy");
    policy.one_of(policy.opt_str().unwrap_or("Equivalent"), &["Equivalent", "Exact"]);
    meta::label_selector(resources.child("namespaceSelector"));
    meta::label_selector(resources.child("objectSelector"));
    for list in ["resourceRules", "excludeResourceRules"] {
        for rule in resources.child(list).items() {
            let mut seen = HashSet::new();
            for name in rule.child("resourceNames").items() {
                name.check(formats::path_segment);
                if seen.contains(&name.str()) {
                    name.duplicate(name.str());
                }
                seen.insert(name.str());
            }
            admission::rule(rule);
        }
    }
}
