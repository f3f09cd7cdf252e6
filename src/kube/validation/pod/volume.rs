//! Volumes, mounts and devices: `ValidateVolumes`, `ValidateVolumeMounts`, `ValidateVolumeDevices`.

use std::collections::{HashMap, HashSet};

use super::super::super::versions::Change;
use super::super::field::Field;
use super::super::meta;
use super::super::{formats, storage};
use super::{PodContext, container, env, projected, volume_plugins};

/// The volumes of a Pod that containers can mount: those without mistakes.
pub struct Volumes<'a> {
    /// Name, and whether it is a claim and so can be a block device.
    usable: HashMap<&'a str, bool>,
    /// The names of those with mistakes, which the server leaves out.
    refused: HashSet<&'a str>,
}

impl Volumes<'_> {
    /// Says that a container names a volume that cannot be used.
    fn miss(&self, name: Field) {
        let what = if self.refused.contains(name.str()) {
            "that can be used: the volume of this name is refused itself"
        } else {
            "among the Pod's volumes"
        };
        name.not_found(name.str(), what);
    }
}

/// `ValidateVolumes`
pub fn volumes<'a>(spec: Field<'a>, context: PodContext<'a>) -> Volumes<'a> {
    let list = spec.child("volumes");
    let mut usable: HashMap<&str, bool> = HashMap::new();
    let mut index = 0;
    let mut claim_names: HashSet<&str> = HashSet::new();
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
    let ephemeral_claims: HashSet<String> = list
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

fn volume_name(name: Field, usable: &HashMap<&str, bool>) {
    if name.is_empty() {
        name.required("");
    } else {
        name.check(formats::dns_label);
    }
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
                file_mode(source.child("defaultMode"));
                for item in source.child("items").items() {
                    downward_file(item.as_path_of(source));
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
    file_mode(source.child("defaultMode"));
    for item in source.child("items").items() {
        key_to_path(item);
    }
}

/// `validateKeyToPath`
pub fn key_to_path(item: Field) {
    for name in ["key", "path"] {
        if item.child(name).is_empty() {
            item.child(name).required("");
        }
    }
    projected::local_non_reserved_path(item.child("path"));
    file_mode(item.child("mode"));
}

/// Permission bits.
pub fn file_mode(mode: Field) {
    if !(0..=0o777).contains(&mode.int()) {
        mode.invalid(format!("is {}, outside 0 to 0777 (511): YAML reads 0644 as octal, JSON wants 420", mode.int()));
    }
}

/// `validateDownwardAPIVolumeFile`
pub fn downward_file(file: Field) {
    const FIELDS: [&str; 5] =
        ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];
    if file.child("path").is_empty() {
        file.child("path").required("");
    }
    projected::local_non_reserved_path(file.child("path"));
    let (field, resource) = (file.child("fieldRef"), file.child("resourceFieldRef"));
    if field.is_set() {
        env::field_selector(field, &FIELDS);
        if resource.is_set() {
            file.invalid("has both `fieldRef` and `resourceFieldRef`");
        }
    } else if resource.is_set() {
        env::resource_selector(resource, true);
    } else {
        file.required("a downward API file needs a `fieldRef` or a `resourceFieldRef`");
    }
    file_mode(file.child("mode"));
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

/// `validateHostPathVolumeSource`
pub fn host_path(source: Field) {
    const TYPES: [&str; 8] =
        ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];
    if source.child("path").is_empty() {
        source.child("path").required("");
    }
    backsteps(source.child("path"));
    source.child("type").one_of(source.child("type").str(), &TYPES);
}

/// `validatePathNoBacksteps`
pub fn backsteps(path: Field) {
    if path.str().split('/').any(|part| part == "..") {
        path.invalid("may not contain `..`");
    }
}

/// `validateLocalDescendingPath`
pub fn local_descending_path(path: Field) {
    if path.str().starts_with('/') {
        path.invalid("must be relative");
    }
    backsteps(path);
}

/// `ValidateVolumeMounts`
pub fn mounts(container: Field, volumes: &Volumes) {
    let (list, devices) = (container.child("volumeMounts"), container.child("volumeDevices"));
    let mut paths = HashSet::new();
    let of_devices = |key| devices.items().map(|device| device.child(key).str()).collect::<HashSet<&str>>();
    let (device_names, device_paths) = (of_devices("name"), of_devices("devicePath"));
    for mount in list.items() {
        let (name, path) = (mount.child("name"), mount.child("mountPath"));
        if name.is_empty() {
            name.required("");
        }
        if !volumes.usable.contains_key(name.str()) {
            volumes.miss(name);
        }
        if path.is_empty() {
            path.required("");
        }
        if paths.contains(&path.str()) {
            path.invalid("is taken by another mount of this container");
        }
        paths.insert(path.str());
        if device_names.contains(name.str()) {
            name.invalid("is also a device of this container");
        }
        if device_paths.contains(path.str()) {
            path.invalid("is also the path of a device");
        }
        sub_paths(mount, list);
        propagation(mount, list, container);
    }
}

fn sub_paths(mount: Field, list: Field) {
    let (path, expression) = (mount.child("subPath"), mount.child("subPathExpr"));
    local_descending_path(path.called(list, "subPath"));
    if !expression.is_empty() && !path.is_empty() {
        expression.invalid("excludes `subPath`");
    }
    local_descending_path(expression.called(list, "subPathExpr"));
}

/// `validateMountPropagation` and `validateMountRecursiveReadOnly`; the server's paths lack the index.
fn propagation(mount: Field, list: Field, container: Field) {
    let propagation = mount.child("mountPropagation").called(list, "mountPropagation");
    if propagation.is_set() {
        propagation.one_of(propagation.str(), &["Bidirectional", "HostToContainer", "None"]);
        if propagation.str() == "Bidirectional" && !container.at(&["securityContext", "privileged"]).is_true() {
            propagation.forbidden("can be `Bidirectional` only in privileged containers");
        }
    }
    let recursive = mount.child("recursiveReadOnly").called(list, "recursiveReadOnly");
    if !recursive.is_set() {
        return;
    }
    recursive.one_of(recursive.str(), &["Disabled", "IfPossible", "Enabled"]);
    if matches!(recursive.str(), "IfPossible" | "Enabled") {
        if !mount.child("readOnly").is_true() {
            recursive.forbidden("needs `readOnly: true`");
        }
        if propagation.is_set() && propagation.str() != "None" {
            recursive.forbidden("needs `mountPropagation: None`");
        }
    }
}

/// `ValidateVolumeDevices`
pub fn devices(container: Field, volumes: &Volumes) {
    let (mut names, mut paths) = (HashSet::new(), HashSet::new());
    let of_mounts =
        |key| container.child("volumeMounts").items().map(|mount| mount.child(key).str()).collect::<HashSet<&str>>();
    if container.child("volumeDevices").is_empty() {
        return;
    }
    let (mount_names, mount_paths) = (of_mounts("name"), of_mounts("mountPath"));
    for device in container.child("volumeDevices").items() {
        let (name, path) = (device.child("name"), device.child("devicePath"));
        if name.is_empty() {
            name.required("");
        }
        if names.contains(&name.str()) {
            name.invalid("is a device of this container already");
        }
        match volumes.usable.get(name.str()) {
            None => volumes.miss(name),
            Some(false) => name.invalid("is not a claim, but only claims can be block devices"),
            Some(_) => {}
        }
        if path.is_empty() {
            path.required("");
        }
        if paths.contains(&path.str()) {
            path.invalid("is taken by another device of this container");
        }
        backsteps(path);
        if mount_names.contains(name.str()) {
            name.invalid("is also mounted as files");
        }
        if mount_paths.contains(path.str()) {
            path.invalid("is also the path of a mount");
        }
        names.insert(name.str());
        paths.insert(path.str());
    }
}
