//! Volumes: `ValidatePersistentVolumeSpec`.

use super::claim::{access_modes, class_name, volume_mode};
use crate::apiserver::field::Field;
use crate::apiserver::meta::{self, Scope};
use crate::apiserver::{formats, pod};

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
