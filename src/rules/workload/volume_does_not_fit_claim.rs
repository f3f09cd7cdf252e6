use std::cmp::Ordering;

use super::scaling::name_node;
use crate::go::Quantity;
use crate::kube::types::Quantity as Written;
use crate::kube::types::{PersistentVolumeClaimSpec, PersistentVolumeSpec};
use crate::kube::{Index, Object, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// A claim names a volume of the run that it cannot be bound to.
pub static RULE: Rule = rule!("volume_does_not_fit_claim.md", Error, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for claim in index.kind("PersistentVolumeClaim").iter().filter(|claim| is_as_written(claim)) {
        let Some(Typed::PersistentVolumeClaim(typed)) = &claim.typed else { continue };
        let Some(wanted) = &typed.spec else { continue };
        let Some(name) = wanted.volume_name.as_deref().filter(|name| !name.is_empty()) else { continue };
        let Some(volume) = index.find(claim, "PersistentVolume", name).filter(|volume| is_as_written(volume)) else {
            continue;
        };
        let Some(Typed::PersistentVolume(typed)) = &volume.typed else { continue };
        // one that names its claim is bound without another look
        let Some(spec) = typed.spec.as_ref().filter(|spec| spec.claim_ref.is_none()) else { continue };
        let Some((why, claim_path, volume_path)) = mismatch(wanted, spec) else { continue };
        let node = |object: &Object, path: &[&str]| -> NodeId {
            object.document.at(object.node, path).unwrap_or_else(|| name_node(object))
        };
        found
            .about(claim)
            .at(
                node(claim, claim_path),
                format!("claim `{}` is never bound to `{}`: {why}", clip(&claim.id.name), clip(name)),
            )
            .label(volume.label(node(volume, volume_path), "the volume that `volumeName` asks for"))
            .because(
                "the controller checks the size, class, access modes and volume mode of the volume \
                 that a claim names, and otherwise leaves the claim Pending (`checkVolumeSatisfyClaim` in `pkg/controller/volume/persistentvolume`)",
            )
            .help("make the two match, or leave `volumeName` out");
    }
}

/// Whether what is written of an object is what is applied.
fn is_as_written(object: &Object) -> bool {
    object.keeps(&["spec"])
}

type Mismatch = (String, &'static [&'static str], &'static [&'static str]);

/// The first of the controller's reasons that holds.
fn mismatch(claim: &PersistentVolumeClaimSpec, volume: &PersistentVolumeSpec) -> Option<Mismatch> {
    let storage = |written: &Written| Quantity::parse(&written.0);
    let requested = claim.resources.as_ref().and_then(|all| all.requests.as_ref()?.get("storage"));
    let has = volume.capacity.as_ref().and_then(|all| all.get("storage"));
    if let (Some(requested), Some(has)) = (requested, has)
        && let (Some(size), Some(room)) = (storage(requested), storage(has))
        && size.compare(room) == Ordering::Greater
    {
        let why = format!("it requests {}, but the volume has {}", clip(&requested.0), clip(&has.0));
        return Some((why, &["spec", "resources", "requests", "storage"], &["spec", "capacity", "storage"]));
    }
    // a claim that says none may get the cluster's default
    if let Some(class) = claim.storage_class_name.as_deref()
        && class != volume.storage_class_name.as_deref().unwrap_or_default()
    {
        let called =
            |class: &str| if class.is_empty() { "no class".to_owned() } else { format!("class `{}`", clip(class)) };
        let of_volume = called(volume.storage_class_name.as_deref().unwrap_or_default());
        let why = format!("it requests {}, but the volume is of {of_volume}", called(class));
        return Some((why, &["spec", "storageClassName"], &["spec", "storageClassName"]));
    }
    let modes = volume.access_modes.as_deref().filter(|modes| !modes.is_empty())?;
    let missing = claim.access_modes.iter().flatten().find(|mode| !modes.contains(mode));
    if let Some(mode) = missing {
        let why = format!("it requests {}, but the volume has {}", clip(mode), clip(&modes.join(", ")));
        return Some((why, &["spec", "accessModes"], &["spec", "accessModes"]));
    }
    None
}
