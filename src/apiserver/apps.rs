//! Controllers that keep Pods running: `pkg/apis/apps/validation` and replication controllers.

use super::field::{Field, IntOrString};
use super::meta::{self, NameFormat, Scope};
use super::pod::{self, PodContext};
use super::{formats, storage};
use crate::kube::versions::Change;

/// `ValidateDeployment`
pub fn deployment(object: Field) {
    let spec = workload(object, formats::dns_subdomain);
    replica_template(spec);
    deployment_strategy(spec.child("strategy"));
    spec.child("revisionHistoryLimit").non_negative();
    let deadline = spec.child("progressDeadlineSeconds");
    deadline.non_negative();
    if deadline.opt_int().unwrap_or(600) <= spec.child("minReadySeconds").int() {
        deadline.invalid("must be above `minReadySeconds`");
    }
    pod_name_warning(object);
    pod::template_warnings(spec.child("template"));
}

/// `ValidateReplicaSet`
pub fn replica_set(object: Field) {
    let spec = workload(object, formats::dns_subdomain);
    replica_template(spec);
    pod_name_warning(object);
    pod::template_warnings(spec.child("template"));
}

/// What all of them have: a name, replicas, a selector.
fn workload(object: Field, name: NameFormat) -> Field {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, name);
    let spec = object.child("spec");
    spec.child("replicas").non_negative();
    spec.child("minReadySeconds").non_negative();
    let selector = spec.child("selector");
    if selector.is_set() {
        meta::label_selector(selector);
        if meta::is_empty_selector(selector) {
            selector.invalid("is empty, which would select every Pod");
        }
    } else {
        selector.required("a controller finds its Pods by their labels");
    }
    spec
}

/// The old name of the mistake that Pods get their host names from the object's.
pub fn pod_name_warning(object: Field) {
    let metadata = object.child("metadata");
    if formats::dns_label(&meta::final_name(metadata)).is_some() {
        metadata.child("name").warn("it becomes part of the Pods' host names, and is not a DNS label");
    }
}

/// `ValidatePodTemplateSpecForReplicaSet`
fn replica_template(spec: Field) {
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    if !meta::is_selector(selector) {
        selector.invalid("cannot be understood");
        return;
    }
    if !selector.is_set() || !meta::is_empty_selector(selector) {
        meta::template_labels(selector, template);
    }
    pod::pod_template(template, PodContext::TEMPLATE);
    keeps_running(template);
}

/// Only Pods that always restart can be kept running.
fn keeps_running(template: Field) {
    let policy = template.at(&["spec", "restartPolicy"]);
    policy.one_of(policy.str_or("Always"), &["Always"]);
    let deadline = template.at(&["spec", "activeDeadlineSeconds"]);
    if deadline.is_set() {
        deadline.forbidden("stops Pods that this controller restarts");
    }
}

fn deployment_strategy(strategy: Field) {
    let rolling = strategy.child("rollingUpdate");
    match strategy.child("type").str_or("RollingUpdate") {
        "Recreate" => {
            if rolling.is_set() {
                rolling.forbidden("is only for the strategy RollingUpdate");
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.child("maxUnavailable"), rolling.child("maxSurge"));
            int_or_percent(unavailable);
            int_or_percent(surge);
            if amount(unavailable, 25) == 0 && amount(surge, 25) == 0 {
                unavailable.invalid("cannot be 0 where `maxSurge` is 0: nothing could be replaced");
            }
            at_most_all(unavailable);
        }
        // The server reports the whole strategy.
        other => strategy.child("type").as_path_of(strategy).not_supported(other, &["Recreate", "RollingUpdate"]),
    }
}

/// `ValidatePositiveIntOrPercent`
pub fn int_or_percent(field: Field) {
    match field.int_or_string() {
        Some(IntOrString::Str(_)) => field.check(formats::percent),
        Some(IntOrString::Int(_)) => field.non_negative(),
        None => {}
    }
}

/// `IsNotMoreThan100Percent`
pub fn at_most_all(field: Field) {
    if percent(field).is_some_and(|percent| percent > 100) {
        field.invalid("is more than 100%");
    }
}

fn percent(field: Field) -> Option<i64> {
    field.str().strip_suffix('%').and_then(|digits| digits.parse().ok())
}

/// `getIntOrPercentValue`; a text that is not a percentage counts as its number.
fn amount(field: Field, default: i64) -> i64 {
    match field.int_or_string() {
        Some(IntOrString::Int(value)) => value,
        Some(IntOrString::Str(text)) => percent(field).unwrap_or_else(|| text.parse().unwrap_or(0)),
        None => default,
    }
}

/// `ValidateDaemonSet`
pub fn daemon_set(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let spec = object.child("spec");
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    meta::label_selector(selector);
    if meta::is_selector(selector) {
        meta::template_labels(selector, template);
    }
    if selector.is_set() && meta::is_empty_selector(selector) {
        selector.invalid("is empty, which would select every Pod");
    }
    pod::pod_template(template, PodContext::TEMPLATE);
    keeps_running(template);
    spec.child("minReadySeconds").non_negative();
    daemon_strategy(spec.child("updateStrategy"));
    spec.child("revisionHistoryLimit").non_negative();
    pod::template_warnings(template);
}

fn daemon_strategy(strategy: Field) {
    match strategy.child("type").str_or("RollingUpdate") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let rolling = strategy.child("rollingUpdate");
            let (unavailable, surge) = (rolling.child("maxUnavailable"), rolling.child("maxSurge"));
            for field in [unavailable, surge] {
                int_or_percent(field);
                at_most_all(field);
            }
            match (amount(unavailable, 1) != 0, amount(surge, 0) != 0) {
                (true, true) => surge.invalid("excludes a `maxUnavailable` other than 0"),
                (false, false) => unavailable.required("it cannot be 0 where `maxSurge` is 0"),
                _ => {}
            }
        }
        other => strategy.child("type").as_path_of(strategy).not_supported(other, &["RollingUpdate", "OnDelete"]),
    }
}

/// `ValidateStatefulSet`
pub fn stateful_set(object: Field) {
    let spec = workload(object, formats::dns_label);
    let policy = spec.child("podManagementPolicy");
    if !["OrderedReady", "Parallel"].contains(&policy.str_or("OrderedReady")) {
        policy.invalid("must be OrderedReady or Parallel");
    }
    stateful_strategy(spec.child("updateStrategy"));
    let retention = spec.child("persistentVolumeClaimRetentionPolicy");
    for name in ["whenDeleted", "whenScaled"] {
        retention.child(name).one_of(retention.child(name).str_or("Retain"), &["Retain", "Delete"]);
    }
    let claims = spec.child("volumeClaimTemplates");
    for claim in claims.items() {
        if claims.has_change(Change::StatefulTemplates) {
            storage::claim_template_spec(claim.child("spec"));
        }
        storage::claim_spec_warnings(claim.child("spec"));
    }
    spec.at(&["ordinals", "start"]).non_negative();
    spec.child("serviceName").check_unless_empty(formats::dns_label);
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    if meta::is_selector(selector) {
        if !selector.is_set() || !meta::is_empty_selector(selector) {
            meta::template_labels(selector, template);
        }
        if template.has_change(Change::StatefulTemplates) {
            pod::pod_template(template, PodContext { pod_meta: None, claim_templates: Some(claims) });
        } else {
            pod::template_metadata(template);
        }
    } else {
        selector.invalid("cannot be understood");
    }
    keeps_running(template);
    let history = spec.child("revisionHistoryLimit");
    if history.int() < 0 {
        history.warn("a negative number keeps every revision");
    }
    pod::template_warnings(template);
}

fn stateful_strategy(strategy: Field) {
    let (kind, rolling) = (strategy.child("type"), strategy.child("rollingUpdate"));
    match kind.str_or("RollingUpdate") {
        "RollingUpdate" => {
            rolling.child("partition").non_negative();
            let unavailable = rolling.child("maxUnavailable");
            int_or_percent(unavailable);
            if unavailable.is_set() && amount(unavailable, 1) == 0 {
                unavailable.invalid("cannot be 0");
            }
            at_most_all(unavailable);
        }
        "OnDelete" => {
            if rolling.is_set() {
                rolling.invalid("is only for the strategy RollingUpdate");
            }
        }
        _ => kind.as_path_of(strategy).invalid("must be RollingUpdate or OnDelete"),
    }
}

/// `ValidateReplicationController`
pub fn replication_controller(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let spec = object.child("spec");
    spec.child("replicas").non_negative();
    spec.child("minReadySeconds").non_negative();
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    let labels = template.at(&["metadata", "labels"]);
    // A missing selector becomes the template's labels.
    if selector.is_empty() && labels.is_empty() {
        selector.required("a controller finds its Pods by their labels");
    }
    if !selector.entries().all(|(key, value)| labels.get(&key) == Some(value.str())) && template.is_set() {
        labels.invalid("do not match `selector`: the controller would not find its own Pods");
    }
    if !template.is_set() {
        template.required("");
        return;
    }
    pod::pod_template(template, PodContext::TEMPLATE);
    keeps_running(template);
    pod_name_warning(object);
    pod::template_warnings(template);
}

/// `ValidatePodTemplate`
pub fn pod_template(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    pod::pod_template(object.child("template"), PodContext::TEMPLATE);
    pod::template_warnings(object.child("template"));
}

/// `ValidateControllerRevisionCreate`
pub fn controller_revision(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    object.child("revision").non_negative();
    let data = object.child("data");
    if !data.is_set() || !data.is_map() {
        data.required("it is a map of the revision's fields");
    }
}
