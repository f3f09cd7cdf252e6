//! Volumes of a Pod: `ValidateVolumes`.

use super::super::field::Field;
use super::super::meta;
use super::super::{formats, storage};
use super::mounts::Volumes;
use super::{PodContext, container, paths, projected, selectors, volume_plugins};
use crate::kube::versions::Change;
use crate::kube::{FastMap, FastSet};

/// `ValidateVolumes`
pub fn volumes<'a>(spec: Field<'a>, context: PodContext<'a>) -> Volumes<'a> {
    let list = spec.child("volumes");
    let mut usable: FastMap<&str, bool> = FastMap::default();
    let mut index = 0;
    let mut claim_names: FastSet<&str> = FastSet::default();
    // A StatefulSet's claim templates are before the volumes, and replace those of the same name.
    for template in context.claim_templates.into_iter().flat_map(Field::items) {
        let name = template.at(&["metadata", "name"]);
        if claim_names.contains(&name.str()) {
            continue;
        }
        claim_names.insert(name.str());
        let volume = template.as_item_of(list, index);
        let before = spec.error_count();
        volume_name(name.called(volume, "name"), &usable);
        if name.is_empty() {
            name.called(volume.child("persistentVolumeClaim"), "claimName").required("");
        }
        if spec.error_count() == before {
            usable.entry(name.str()).or_insert(true);
        }
        index += 1;
    }
    let pod_name = context.pod_meta.map_or("", |meta| meta.child("name").str());
    let ephemeral_claims: FastSet<String> = list
        .items()
        .filter(|volume| !pod_name.is_empty() && volume.child("ephemeral").is_set())
        .map(|volume| format!("{pod_name}-{}", volume.child("name").str()))
        .collect();
    for volume in list.items() {
        let name = volume.child("name").str();
        if claim_names.contains(&name) {
            continue;
        }
        let volume = if claim_names.is_empty() { volume } else { volume.as_item_of(list, index) };
        index += 1;
        let before = spec.error_count();
        source(volume, pod_name, context);
        volume_name(volume.child("name"), &usable);
        if spec.error_count() == before {
            let is_claim = volume.child("persistentVolumeClaim").is_set() || volume.child("ephemeral").is_set();
            usable.entry(name).or_insert(is_claim);
        }
        let claim = volume.child("persistentVolumeClaim").child("claimName");
        if ephemeral_claims.contains(claim.str()) {
            claim.invalid("names a claim that an ephemeral volume of this Pod creates");
        }
    }
    let names = list.items().map(|volume| volume.child("name").str());
    let refused = names.filter(|name| !name.is_empty() && !usable.contains_key(name)).collect();
    Volumes { usable, refused }
}

fn volume_name(name: Field, usable: &FastMap<&str, bool>) {
    name.check_required(formats::dns_label);
    if usable.contains_key(name.str()) {
        name.duplicate(name.str());
    }
}

/// Whether a volume is an `emptyDir`, which is also what a volume without a source becomes.
pub fn is_empty_dir(volume: Field) -> bool {
    volume.child("emptyDir").is_set()
        || !volume_plugins::PLUGINS.iter().any(|plugin| volume.child(plugin.field).is_set())
}

/// The source of a volume that the Pod Security level `restricted` does not know (`restrictedVolumes_1_0`).
pub fn restricted_volume(volume: Field) -> Option<&'static str> {
    const ALLOWED: [&str; 9] = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    if ALLOWED.iter().any(|source| volume.child(source).is_set()) {
        return None;
    }
    let sources = volume_plugins::PLUGINS.iter().map(|plugin| plugin.field);
    sources.into_iter().find(|source| volume.child(source).is_set())
}

/// `validateVolumeSource`: one source, the first is judged.
fn source(volume: Field, pod_name: &str, context: PodContext) {
    let empty_dir = volume.child("emptyDir");
    let mut found = empty_dir.is_set();
    if empty_dir.child("sizeLimit").quantity().sign() < 0 {
        empty_dir.child("sizeLimit").forbidden("cannot be negative");
    }
    for plugin in volume_plugins::PLUGINS {
        let source = volume.child(plugin.field);
        if !source.is_set() {
            continue;
        }
        if found {
            source.called(volume, plugin.forbidden_path).forbidden("is a second source, but a volume has only one");
            continue;
        }
        found = true;
        let source = source.called(volume, plugin.path);
        match plugin.field {
            "secret" => items(source, "secretName"),
            "configMap" => items(source, "name"),
            "downwardAPI" => {
                paths::file_mode(source.child("defaultMode"));
                for item in source.child("items").items() {
                    selectors::downward_file(item.as_path_of(source));
                }
            }
            "projected" => projected::projected(source),
            "csi" => csi(source),
            "ephemeral" => ephemeral(volume, source, pod_name),
            "image" => {
                let is_judged = context.is_pod() || source.has_change(Change::ImageReferenceInTemplates);
                if is_judged && source.child("reference").is_empty() {
                    source.child("reference").required("");
                }
                container::pull_policy(source.child("pullPolicy"));
            }
            _ => volume_plugins::plugin(plugin, source),
        }
    }
    let initiator = volume.at(&["iscsi", "initiatorName"]);
    let portal = volume.at(&["iscsi", "targetPortal"]);
    if initiator.is_set() && volume.child("name").str().len() + 1 + portal.str().len() > 64 {
        volume.child("name").invalid("and `targetPortal` are longer than 64 characters together");
    }
}

/// Secrets and config maps as files.
fn items(source: Field, name: &'static str) {
    if source.child(name).is_empty() {
        source.child(name).required("");
    }
    paths::file_mode(source.child("defaultMode"));
    for item in source.child("items").items() {
        paths::key_to_path(item);
    }
}

fn csi(source: Field) {
    volume_plugins::csi_driver_name(source.child("driver"));
    let secret = source.child("nodePublishSecretRef");
    if !secret.is_set() {
        return;
    }
    let name = secret.child("name");
    if name.is_empty() {
        name.required("");
    } else {
        name.called(source, "name").check(formats::dns_subdomain);
    }
}

fn ephemeral(volume: Field, source: Field, pod_name: &str) {
    let template = source.child("volumeClaimTemplate");
    if template.is_set() {
        let metadata = template.child("metadata");
        meta::annotation_map(metadata.child("annotations"));
        meta::label_map(metadata.child("labels"));
        for name in ["name", "generateName", "namespace", "uid", "resourceVersion", "ownerReferences", "finalizers"] {
            if !metadata.child(name).is_empty() {
                metadata.child(name).forbidden("cannot be set: the claim is named after Pod and volume");
            }
        }
        storage::claim_spec(template.child("spec"));
    } else {
        template.required("");
    }
    let name = volume.child("name");
    if !pod_name.is_empty() && !name.is_empty() {
        let claim = format!("{pod_name}-{}", name.str());
        if let Some(rule) = formats::dns_subdomain(&claim) {
            name.invalid(format!("makes a claim `{claim}`, which {rule}"));
        }
    }
}
