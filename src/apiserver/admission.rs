//! Webhooks of admission: `pkg/apis/admissionregistration/validation`. Whether the expressions of match conditions
//! compile is the rule `policy-invalid`.

use std::collections::HashSet;

use super::field::Field;
use super::formats;
use super::meta::{self, Scope};
use crate::kube::versions::Change;

/// `ValidateValidatingWebhookConfiguration`
pub fn validating_webhooks(object: Field) {
    webhooks(object);
}

/// `ValidateMutatingWebhookConfiguration`
pub fn mutating_webhooks(object: Field) {
    webhooks(object);
    for hook in object.child("webhooks").items() {
        let policy = hook.child("reinvocationPolicy");
        policy.one_of(policy.opt_str().unwrap_or("Never"), &["IfNeeded", "Never"]);
    }
}

fn webhooks(object: Field) {
    meta::object_meta_of_library(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    reserved_name(object);
    let mut names = HashSet::new();
    for hook in object.child("webhooks").items() {
        webhook(hook);
        hook.child("rules").items().for_each(excluded_resources);
        let name = hook.child("name");
        if !name.is_empty() {
            if names.contains(&name.str()) {
                name.duplicate(name.str());
            }
            names.insert(name.str());
        }
    }
}

/// `ValidateStaticSuffix`, and its warning in older versions.
pub fn reserved_name(object: Field) {
    let name = object.at(&["metadata", "name"]);
    if !name.str().ends_with(".static.k8s.io") {
        return;
    }
    let rule = "ends in `.static.k8s.io`, which is for configuration that a server reads from its own files";
    if name.has_change(Change::StaticNamesReserved) {
        name.invalid(rule);
    } else if name.has_change(Change::StaticNamesWarned) {
        name.warn(format!("`name` {rule}"));
    }
}

/// `WarningsForValidatingWebhookRules`: resources that webhooks are never asked about.
fn excluded_resources(rule: Field) {
    const EXCLUDED: [(&str, &str); 6] = [
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    ];
    let (groups, resources) = (rule.child("apiGroups"), rule.child("resources"));
    let names = |list: Field, wanted: &str| list.items().any(|item| item.str() == wanted);
    if !rule.has_change(Change::WebhooksSkipReviews) || names(groups, "*") || names(resources, "*") {
        return;
    }
    for (group, resource) in
        EXCLUDED.iter().filter(|(group, resource)| names(groups, group) && names(resources, resource))
    {
        resources.warn(format!("webhooks are never called for `{resource}` of `{group}`"));
    }
}

fn webhook(hook: Field) {
    let name = hook.child("name");
    if name.is_empty() {
        name.required("");
    } else if let Some(rule) = formats::dns_subdomain(name.str()) {
        name.invalid(rule);
    } else if name.str().split('.').count() < 3 {
        name.invalid("has fewer than three parts: `name.example.com`");
    }
    hook.child("rules").items().for_each(rule);
    for (field, values) in [("failurePolicy", ["Fail", "Ignore"]), ("matchPolicy", ["Equivalent", "Exact"])] {
        if hook.child(field).is_set() {
            hook.child(field).one_of(hook.child(field).str(), &values);
        }
    }
    let effects = hook.child("sideEffects");
    if effects.is_set() {
        effects.one_of(effects.str(), &["None", "NoneOnDryRun"]);
    } else {
        effects.required("None or NoneOnDryRun");
    }
    if hook.child("timeoutSeconds").is_set() {
        hook.child("timeoutSeconds").in_range(1, 30);
    }
    meta::label_selector(hook.child("namespaceSelector"));
    meta::label_selector(hook.child("objectSelector"));
    client(hook.child("clientConfig"));
    match_conditions(hook.child("matchConditions"));
    review_versions(hook.child("admissionReviewVersions"));
}

/// `validateMatchConditions`
pub fn match_conditions(conditions: Field) {
    if conditions.len() > 64 {
        conditions.too_many(64);
    }
    let mut names = HashSet::new();
    for condition in conditions.items() {
        let (name, expression) = (condition.child("name"), condition.child("expression"));
        if expression.str().trim().is_empty() {
            expression.required("");
        }
        if name.is_empty() {
            name.required("");
            continue;
        }
        name.check(formats::qualified_name);
        if !names.insert(name.str()) {
            name.duplicate(name.str());
        }
    }
}

/// The versions of reviews that a webhook takes.
pub fn review_versions(versions: Field) {
    if versions.is_empty() {
        versions.required("v1");
        return;
    }
    let mut seen = HashSet::new();
    for version in versions.items() {
        if !seen.insert(version.str()) {
            version.invalid("is duplicated");
            continue;
        }
        let is_label = formats::dns_label(version.str()).is_none();
        if !is_label || version.str().starts_with(|c: char| c.is_ascii_digit()) {
            version.invalid("is not a version such as v1");
        }
    }
    if !seen.iter().any(|version| matches!(*version, "v1" | "v1beta1")) {
        versions.invalid("needs a version that servers support: v1");
    }
}

/// `validateRuleWithOperations`
pub fn rule(rule: Field) {
    let operations = rule.child("operations");
    list(operations, false);
    for operation in operations.items() {
        operation.one_of(operation.str(), &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
    }
    list(rule.child("apiGroups"), false);
    list(rule.child("apiVersions"), true);
    resources(rule.child("resources"));
    let scope = rule.child("scope");
    scope.one_of(scope.opt_str().unwrap_or("*"), &["*", "Cluster", "Namespaced"]);
}

/// A list with something in it, in which `*` is alone.
fn list(list: Field, judge_empty: bool) {
    if list.is_empty() {
        list.required("");
    }
    if list.len() > 1 && list.items().any(|item| item.str() == "*") {
        list.invalid("has others beside `*`");
    }
    for item in list.items().filter(|item| judge_empty && item.is_empty()) {
        item.required("");
    }
}

fn resources(resources: Field) {
    if resources.is_empty() {
        resources.required("");
    }
    let (mut all_parts_of, mut part_of_all): (HashSet<&str>, HashSet<&str>) = (HashSet::new(), HashSet::new());
    let mut whole = false;
    for resource in resources.items() {
        let Some((name, part)) = resource.str().split_once('/') else {
            if resource.is_empty() {
                resource.required("");
            } else {
                whole = resource.str() != "*";
            }
            continue;
        };
        if all_parts_of.contains(&name) || part_of_all.contains(&part) {
            resource.invalid("is already covered by an earlier element with `*`");
        }
        if part == "*" {
            all_parts_of.insert(name);
        }
        if name == "*" {
            part_of_all.insert(part);
        }
    }
    let has = |name: &str| resources.items().any(|resource| resource.str() == name);
    if resources.len() > 1 && has("*/*") {
        resources.invalid("has others beside `*/*`");
    }
    if has("*") && whole {
        resources.invalid("has others beside `*`");
    }
}

/// How a webhook is reached.
pub fn client(config: Field) {
    let (url, service) = (config.child("url"), config.child("service"));
    match (url.is_set(), service.is_set()) {
        (true, false) => self::url(url),
        (false, true) => self::service(service),
        _ => config.required("it has either a `url` or a `service`"),
    }
}

fn url(url: Field) {
    let (scheme, rest) = url.str().split_once("://").unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("https") {
        url.invalid("must begin with https://");
        return;
    }
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() {
        url.invalid("names no host");
    } else if rest.contains(['?', '#']) || host.contains('@') {
        url.invalid("may have neither a user nor a query nor a fragment");
    }
}

/// `ValidateWebhookService`. Name and namespace are exchanged on the server's way there.
fn service(service: Field) {
    let (name, namespace) = (service.child("name"), service.child("namespace"));
    if name.is_empty() {
        name.called(service, "namespace").required("");
    }
    if namespace.is_empty() {
        namespace.called(service, "name").required("");
    }
    let (port, path) = (service.child("port"), service.child("path"));
    if port.is_set() {
        port.in_range(1, 65535);
    }
    let text = path.str();
    if text.is_empty() || text == "/" {
        return;
    }
    let inner = text.get(1..).unwrap_or_default();
    let steps = inner.strip_suffix('/').unwrap_or(inner);
    if !text.starts_with('/') || !steps.split('/').all(|step| formats::dns_subdomain(step).is_none()) {
        path.invalid("is not a path of DNS names");
    }
}
