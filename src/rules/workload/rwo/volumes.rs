//! Volumes in the run that a claim may get.

use super::MOST;
use super::names::{is_of_disks, provisions_for_no_node};
use crate::kube::types::{PersistentVolumeClaim, PersistentVolumeSpec};
use crate::kube::{Index, Object, Typed};
use crate::text::Text;

/// Whether a volume in the run that a claim names, or that is for its class, is a disk.
pub(super) fn is_of_a_disk(index: &Index<'_>, claim: &Object, typed: &PersistentVolumeClaim) -> bool {
    index.beside(claim, "PersistentVolume").take(MOST).any(|volume| fits(volume, typed) && is_a_disk(volume))
}

/// Sources of volumes that are attached to one node (kubernetes/website: concepts/storage/persistent-volumes, "Access
/// Modes").
const DISKS: [&str; 8] =
    ["awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "cinder", "vsphereVolume", "rbd", "iscsi", "fc"];

fn is_a_disk(volume: &Object) -> bool {
    let has = |source: &str| volume.document.at(volume.node, &["spec", source]).is_some();
    DISKS.iter().any(|source| has(source)) || driver(volume).is_some_and(is_of_disks)
}

/// The driver of a volume.
fn driver(volume: &Object) -> Option<&str> {
    volume.document.str(volume.document.at(volume.node, &["spec", "csi", "driver"])?)
}

/// Whether a volume that a claim may get is of a kind that no node attaches: nothing holds it for one node then
/// (kubernetes/website: concepts/storage/persistent-volumes, "Access Modes").
pub(super) fn serves_from_anywhere(volume: &Object, claim: &PersistentVolumeClaim) -> bool {
    fits(volume, claim) && is_of_every_node(volume)
}

/// Whether a claim may get a volume: it names it, or both are of one class.
fn fits(volume: &Object, claim: &PersistentVolumeClaim) -> bool {
    let (Some(spec), Some(wanted)) = (volume_spec(volume), &claim.spec) else { return false };
    let class = |name: &Option<Text>| name.clone().unwrap_or_default();
    match &wanted.volume_name {
        Some(name) => *name == volume.id.name,
        None => class(&spec.storage_class_name) == class(&wanted.storage_class_name),
    }
}

pub(super) fn volume_spec(volume: &Object) -> Option<&PersistentVolumeSpec> {
    match volume.typed.as_ref()? {
        Typed::PersistentVolume(typed) => typed.spec.as_ref(),
        _ => None,
    }
}

/// Whether no node has to attach a volume: a folder, a network's file system, or a driver for one (`attachRequired: false`
/// in kubernetes-csi/csi-driver-nfs: deploy/csi-nfs-driverinfo.yaml).
pub(super) fn is_of_every_node(volume: &Object) -> bool {
    const SHARED: [&str; 8] = ["hostPath", "local", "nfs", "cephfs", "glusterfs", "azureFile", "quobyte", "flocker"];
    let has = |source: &str| volume.document.at(volume.node, &["spec", source]).is_some();
    SHARED.iter().any(|source| has(source)) || driver(volume).is_some_and(provisions_for_no_node)
}
