//! What drivers and controllers of storage write, and backups bring back: `pkg/apis/storage/validation`.

use std::collections::HashSet;

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, pod};

/// `ValidateCSIStorageCapacity`
pub fn storage_capacity(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let topology = object.child("nodeTopology");
    meta::label_selector(topology);
    object.child("storageClassName").check(formats::dns_subdomain);
    let capacity = object.child("capacity");
    if capacity.quantity().sign() < 0 {
        capacity.invalid("cannot be negative");
    }
    for (key, value) in topology.child("matchLabels").entries() {
        if let Some(message) = pod::node_label_message(&key) {
            value.at_key().warn(format!("`{key}` is {message}"));
        }
    }
    for key in topology.child("matchExpressions").items().map(|expression| expression.child("key")) {
        if let Some(message) = pod::node_label_message(key.str()) {
            key.warn(format!("`{}` is {message}", key.str()));
        }
    }
}

/// `ValidateVolumeAttachment`, without the volume that is written inline.
pub fn volume_attachment(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let spec = object.child("spec");
    pod::csi_driver_name(spec.child("attacher"));
    let source = spec.child("source");
    let (name, inline) = (source.child("persistentVolumeName"), source.child("inlineVolumeSpec"));
    match (name.is_set(), inline.is_set()) {
        (false, false) => source.required("it needs `persistentVolumeName` or `inlineVolumeSpec`"),
        (true, true) => source.forbidden("has both `persistentVolumeName` and `inlineVolumeSpec`"),
        (true, false) if name.is_empty() => name.required(""),
        (true, false) => name.check(formats::dns_subdomain),
        (false, true) => {}
    }
    spec.child("nodeName").check(formats::dns_subdomain);
}

/// `ValidateCSINode`
pub fn csi_node(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let mut names = HashSet::new();
    for driver in object.at(&["spec", "drivers"]).items() {
        let (name, id) = (driver.child("name"), driver.child("nodeID"));
        pod::csi_driver_name(name);
        if id.is_empty() {
            id.required("");
        } else if id.str().len() > 256 {
            id.invalid("is longer than 256 characters");
        }
        driver.at(&["allocatable", "count"]).non_negative();
        if names.contains(&name.str()) {
            name.duplicate(name.str());
        }
        names.insert(name.str());
        let mut keys = HashSet::new();
        for key in driver.child("topologyKeys").items() {
            if keys.contains(&key.str()) {
                key.as_path_of(driver).duplicate(key.str());
            }
            keys.insert(key.str());
            if key.is_empty() {
                key.as_path_of(driver).required("a topology key needs a name");
            } else if let Some(rule) = formats::qualified_name(key.str()) {
                key.as_path_of(driver).invalid(format!("has a topology key that {rule}"));
            }
        }
    }
}
