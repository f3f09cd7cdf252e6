//! Claims, volumes and classes: `ValidatePersistentVolumeClaimSpec`, `ValidatePersistentVolumeSpec`,
//! `pkg/apis/storage/validation`.

use std::collections::HashSet;

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, pod};
use crate::kube::versions::Change;

const ACCESS_MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/// `ValidatePersistentVolumeClaim`
pub fn claim(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    claim_spec(object.child("spec"));
    let old_class = "volume.beta.kubernetes.io/storage-class";
    let annotations = object.at(&["metadata", "annotations"]);
    if annotations.has(old_class) {
        annotations.key(old_class).at_key().warn("the annotation is deprecated since v1.8; use `storageClassName`");
    }
    claim_spec_warnings(object.child("spec"));
}

/// `ValidatePersistentVolumeClaimSpec`
pub fn claim_spec(spec: Field) {
    claim_spec_of(spec, data_sources);
}

/// The same for the templates of a `StatefulSet`, whose sources are not dropped before they are judged.
pub fn claim_template_spec(spec: Field) {
    claim_spec_of(spec, |spec| {
        let (source, reference) = (spec.child("dataSource"), spec.child("dataSourceRef"));
        [source, reference].into_iter().filter(|field| field.is_set()).for_each(data_source);
        reference.child("namespace").check_unless_empty(formats::dns_label);
        if !reference.child("namespace").is_empty() && source.is_set() {
            source.as_path_of(spec).invalid("has a `dataSource` beside a `dataSourceRef` into another namespace");
        } else if source.is_set() && reference.is_set() {
            same_source(spec);
        }
    });
}

fn claim_spec_of(spec: Field, data_sources: fn(Field)) {
    access_modes(spec.child("accessModes"), "a claim must define how it will be mounted");
    meta::label_selector(spec.child("selector"));
    let resources = spec.child("resources");
    // The server leaves `requests` out of this path.
    let storage = resources.at(&["requests"]).key("storage").as_path_of(resources.key("storage"));
    if !resources.child("requests").has("storage") {
        storage.required("a claim must request an amount");
    } else if storage.quantity().sign() <= 0 {
        storage.invalid("must be above zero");
    }
    class_name(spec.child("storageClassName"));
    volume_mode(spec.child("volumeMode"));
    data_sources(spec);
    class_name(spec.child("volumeAttributesClassName"));
}

/// `GetWarningsForPersistentVolumeClaimSpec`
pub fn claim_spec_warnings(spec: Field) {
    for list in ["requests", "limits"] {
        let storage = spec.child("resources").child(list).key("storage");
        if !storage.quantity().is_whole() {
            storage.warn("there is no fraction of a byte");
        }
    }
}

fn access_modes(modes: Field, why: &str) {
    if modes.is_empty() {
        modes.required(why);
    }
    for mode in modes.items() {
        mode.as_path_of(modes).one_of(mode.str(), &ACCESS_MODES);
    }
    let once_pod = |mode: Field| mode.str() == "ReadWriteOncePod";
    let other = |mode: Field| ACCESS_MODES.contains(&mode.str()) && mode.str() != "ReadWriteOncePod";
    if modes.items().any(once_pod) && modes.items().any(other) {
        modes.forbidden("cannot mix ReadWriteOncePod with other modes");
    }
}

fn class_name(name: Field) {
    name.check_unless_empty(formats::dns_subdomain);
}

fn volume_mode(mode: Field) {
    if mode.is_set() {
        mode.one_of(mode.str(), &["Block", "Filesystem"]);
    }
}

/// `validateDataSource` and `validateDataSourceRef`. A reference into another namespace is behind a feature
/// gate that is off, and a source that is neither claim nor snapshot is dropped unread.
fn data_sources(spec: Field) {
    let (source, reference) = (spec.child("dataSource"), spec.child("dataSourceRef"));
    let across = !reference.child("namespace").is_empty();
    let reference_used = reference.is_set() && !across;
    let group = |field: Field| field.child("apiGroup").str().to_owned();
    let kept = matches!(
        (source.child("kind").str(), group(source).as_str()),
        ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io")
    );
    let source_used = source.is_set() && (kept || reference.is_set());
    for field in [(source, source_used), (reference, reference_used)].into_iter().filter(|(_, used)| *used) {
        data_source(field.0);
    }
    if source_used && reference_used {
        same_source(spec);
    }
}

fn data_source(field: Field) {
    for name in ["name", "kind"] {
        if field.child(name).is_empty() {
            field.child(name).required("");
        }
    }
    if field.child("apiGroup").is_empty() && field.child("kind").str() != "PersistentVolumeClaim" {
        field.invalid("must name a PersistentVolumeClaim if it has no `apiGroup`");
    }
    field.child("apiGroup").check_unless_empty(formats::dns_subdomain);
}

fn same_source(spec: Field) {
    let (source, reference) = (spec.child("dataSource"), spec.child("dataSourceRef"));
    let differs = |name| source.child(name).str() != reference.child(name).str();
    if ["apiGroup", "kind", "name"].into_iter().any(differs) {
        source.as_path_of(spec).invalid("has a `dataSource` other than its `dataSourceRef`");
    }
}

/// `ValidatePersistentVolume`
pub fn volume(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Cluster, formats::dns_subdomain);
    access_modes(spec.child("accessModes"), "a volume must define how it can be mounted");
    capacity(spec.child("capacity"));
    let policy = spec.child("persistentVolumeReclaimPolicy");
    policy.one_of(policy.str_or("Retain"), &["Delete", "Recycle", "Retain"]);
    let affinity = spec.child("nodeAffinity");
    if affinity.child("required").is_set() {
        pod::node_selector(affinity.child("required"));
    } else if affinity.is_set() {
        affinity.child("required").required("");
    }
    persistent_source(spec, metadata.child("name").str());
    let path = spec.at(&["hostPath", "path"]).str();
    let is_root = path.starts_with('/') && path.split('/').all(|part| part.is_empty() || part == ".");
    if is_root && policy.str() == "Recycle" {
        policy.forbidden("cannot be Recycle for the root of a node");
    }
    class_name(spec.child("storageClassName"));
    volume_mode(spec.child("volumeMode"));
    let attributes = spec.child("volumeAttributesClassName");
    if attributes.is_set() {
        if attributes.is_empty() {
            attributes.required("leave it out instead");
        }
        class_name(attributes);
        if !spec.child("csi").is_set() {
            spec.child("csi").required("`volumeAttributesClassName` is for CSI volumes");
        }
    }
    volume_warnings(object);
}

fn capacity(capacity: Field) {
    if capacity.is_empty() {
        capacity.required("");
    }
    if !capacity.has("storage") || capacity.len() > 1 {
        let other = capacity.entries().map(|(key, _)| key).find(|key| key != "storage").unwrap_or_default();
        capacity.not_supported(&other, &["storage"]);
    }
    for (_, quantity) in capacity.entries() {
        if quantity.quantity().sign() <= 0 {
            quantity.invalid("must be above zero");
        }
    }
}

fn persistent_source(spec: Field, name: &str) {
    let mut found = false;
    for plugin in pod::PERSISTENT_PLUGINS {
        let source = spec.child(plugin.field);
        if !source.is_set() {
            continue;
        }
        if found && plugin.field != "flexVolume" {
            source.called(spec, plugin.forbidden_path).forbidden("is a second source, but a volume has only one");
            continue;
        }
        found = true;
        let source = source.called(spec, plugin.path);
        pod::plugin(plugin, source);
        match plugin.field {
            "csi" => csi(source),
            "cinder" | "storageos" => secret_namespace(source),
            "iscsi" => {
                secret_name(source);
                let portal = source.child("targetPortal");
                if source.child("initiatorName").is_set() && name.len() + 1 + portal.str().len() > 64 {
                    portal.called(source, "targetportal").invalid("is longer than 64 characters with the name");
                }
            }
            "glusterfs" => {
                let namespace = source.child("endpointsNamespace");
                if namespace.is_set() {
                    namespace.check(formats::dns_label);
                }
            }
            "azureFile" => {
                let namespace = source.child("secretNamespace");
                if namespace.is_set() && namespace.is_empty() {
                    namespace.required("");
                }
            }
            "local" if !spec.child("nodeAffinity").is_set() => {
                spec.child("nodeAffinity").required("a local volume is on specific nodes");
            }
            _ => {}
        }
    }
    if !found {
        spec.required("a volume needs a type: csi, nfs, hostPath or similar");
    }
}

fn secret_name(source: Field) {
    let secret = source.child("secretRef");
    if secret.is_set() && secret.child("name").is_empty() {
        secret.child("name").required("");
    }
}

fn secret_namespace(source: Field) {
    let secret = source.child("secretRef");
    if secret.is_set() && secret.child("namespace").is_empty() {
        secret.child("namespace").required("a volume has no namespace, but its Secret does");
    }
}

fn csi(source: Field) {
    pod::csi_driver_name(source.child("driver"));
    for name in
        ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"]
    {
        let secret = source.child(name);
        if !secret.is_set() {
            continue;
        }
        for (part, format) in [("name", formats::dns_subdomain as meta::NameFormat), ("namespace", formats::dns_label)]
        {
            if secret.child(part).is_empty() {
                secret.child(part).required("");
            } else {
                secret.child(part).check(format);
            }
        }
    }
}

fn volume_warnings(object: Field) {
    let (annotations, spec) = (object.at(&["metadata", "annotations"]), object.child("spec"));
    for (key, successor) in [
        ("volume.beta.kubernetes.io/storage-class", "storageClassName"),
        ("volume.beta.kubernetes.io/mount-options", "mountOptions"),
    ] {
        if annotations.has(key) {
            annotations.key(key).at_key().warn(format!("the annotation is deprecated; use `{successor}`"));
        }
    }
    if spec.child("persistentVolumeReclaimPolicy").str() == "Recycle" {
        spec.child("persistentVolumeReclaimPolicy").warn("Recycle is deprecated: provision volumes dynamically");
    }
    for term in spec.at(&["nodeAffinity", "required", "nodeSelectorTerms"]).items() {
        pod::node_selector_warnings(term, false);
    }
    for source in ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"] {
        if spec.child(source).is_set() {
            spec.child(source).warn(format!("`{source}` has no effect any more"));
        }
    }
}

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
