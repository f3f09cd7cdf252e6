//! Mounts and devices of a container: `ValidateVolumeMounts`, `ValidateVolumeDevices`.

use super::super::field::Field;
use super::super::seen::Seen;
use super::paths;
use crate::kube::{FastMap, FastSet};

/// The volumes of a Pod that containers can mount: those without mistakes.
pub struct Volumes<'a> {
    /// Name, and whether it is a claim and so can be a block device.
    pub usable: FastMap<&'a str, bool>,
    /// The names of those with mistakes, which the server leaves out.
    pub refused: FastSet<&'a str>,
}

/// What is said of a volume that is there, and has mistakes.
pub const REFUSED_VOLUME: &str = "that can be used: the volume of this name is refused itself";

impl Volumes<'_> {
    /// Says that a container names a volume that cannot be used.
    fn miss(&self, name: Field) {
        let what = if self.refused.contains(name.str()) { REFUSED_VOLUME } else { "among the Pod's volumes" };
        name.not_found(name.str(), what);
    }
}

/// `ValidateVolumeMounts`
pub fn mounts(container: Field, volumes: &Volumes) {
    let (list, devices) = (container.child("volumeMounts"), container.child("volumeDevices"));
    let mut paths = Seen::default();
    let of_devices = |key| devices.items().map(|device| device.child(key).str()).collect::<FastSet<&str>>();
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
    paths::local_descending_path(path.called(list, "subPath"));
    if !expression.is_empty() && !path.is_empty() {
        expression.invalid("excludes `subPath`");
    }
    paths::local_descending_path(expression.called(list, "subPathExpr"));
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
    let (mut names, mut paths) = (FastSet::default(), FastSet::default());
    let of_mounts =
        |key| container.child("volumeMounts").items().map(|mount| mount.child(key).str()).collect::<FastSet<&str>>();
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
        paths::backsteps(path);
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
