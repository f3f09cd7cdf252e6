//! Classes and drivers: `pkg/apis/storage/validation`.

use std::collections::HashSet;

use crate::apiserver::field::Field;
use crate::apiserver::meta::{self, Scope};
use crate::apiserver::{formats, pod};
use crate::kube::versions::Change;

/// `ValidateStorageClass`
pub fn class(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let provisioner = object.child("provisioner");
    provisioner.check_required(formats::qualified_name_caseless);
    parameters(object.child("parameters"));
    let policy = object.child("reclaimPolicy");
    policy.one_of(policy.str_or("Delete"), &["Delete", "Retain"]);
    let mode = object.child("volumeBindingMode");
    mode.one_of(mode.opt_str().unwrap_or("Immediate"), &["Immediate", "WaitForFirstConsumer"]);
    pod::topology_selector_terms(object.child("allowedTopologies"));
    for requirement in object.child("allowedTopologies").items().flat_map(|t| t.child("matchLabelExpressions").items())
    {
        let key = requirement.child("key");
        if let Some(message) = pod::node_label_message(key.str()) {
            key.warn(format!("`{}` is {message}", key.str()));
        }
    }
}

/// `validateParameters`
fn parameters(parameters: Field) {
    if parameters.len() > 512 {
        parameters.too_long(512);
    }
    let mut size = 0;
    for (key, value) in parameters.entries() {
        if key.is_empty() {
            value.at_key().as_path_of(parameters).invalid("has an empty key");
        }
        size += key.len() + value.str().len();
    }
    if size > 256 * 1024 {
        parameters.too_long(256 * 1024);
    }
}

/// `ValidateVolumeAttributesClass`
pub fn attributes_class(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let driver = object.child("driverName");
    driver.check_required(formats::qualified_name_caseless);
    parameters(object.child("parameters"));
    if object.child("parameters").is_empty() {
        object.child("parameters").required("an attributes class needs attributes");
    }
}

/// `ValidateCSIDriver`
pub fn csi_driver(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Cluster, formats::dns_subdomain);
    let policy = spec.child("fsGroupPolicy");
    policy.one_of(policy.opt_str().unwrap_or("File"), &["File", "None", "ReadWriteOnceWithFSType"]);
    let requests = spec.child("tokenRequests");
    let mut seen = HashSet::new();
    for request in requests.items() {
        let (audience, seconds) = (request.child("audience"), request.child("expirationSeconds"));
        if seen.contains(&audience.str()) {
            audience.duplicate(audience.str());
            continue;
        }
        seen.insert(audience.str());
        if seconds.is_set() {
            if seconds.int() < 600 {
                seconds.invalid("is less than 10 minutes");
            } else if seconds.int() > 1 << 32 {
                seconds.invalid("is more than 2^32 seconds");
            }
        }
    }
    let modes = spec.child("volumeLifecycleModes");
    for mode in modes.items() {
        mode.as_path_of(modes).one_of(mode.str(), &["Persistent", "Ephemeral"]);
    }
    let period = spec.child("nodeAllocatableUpdatePeriodSeconds");
    if period.is_set() && period.int() < 10 {
        period.invalid("must be at least 10 seconds");
    }
    let in_secrets = spec.child("serviceAccountTokenInSecrets");
    if in_secrets.is_set() && requests.is_empty() {
        in_secrets.invalid("has no meaning without `tokenRequests`");
    }
    if !in_secrets.is_set() && !requests.is_empty() && requests.has_change(Change::TokensInSecrets) {
        in_secrets.warn("`serviceAccountTokenInSecrets: true` keeps tokens out of logs");
    }
}
