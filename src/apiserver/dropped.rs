//! What a server with its default feature gates takes out of a new object before it looks at it
//! (`dropDisabledFields` in `pkg/api/pod/util.go`, and the strategies in `pkg/registry`).

use crate::kube::FastSet;
use crate::kube::versions::Target;
use crate::kube::{Object, Versioned};
use crate::yaml::{Document, NodeId};

/// The values, and elements of lists, that are taken out.
pub fn nodes(object: &Object, target: Target) -> FastSet<NodeId> {
    let mut dropped = FastSet::default();
    let unread = object.versioned.iter().filter(|field| !field.history.is_read_by(target));
    let (images, fields): (Vec<&Versioned>, Vec<&Versioned>) =
        unread.partition(|field| field.history.gate == Some("ImageVolume"));
    dropped.extend(fields.iter().map(|field| field.value));
    if !images.is_empty() {
        let volumes: FastSet<NodeId> = images.iter().map(|field| field.owner).collect();
        for pod in object.pods() {
            image_volumes(&object.document, pod.node, &volumes, &mut dropped);
        }
    }
    dropped
}

/// `dropImageVolumes`: the volumes go whole, and what mounts them.
fn image_volumes(document: &Document, spec: NodeId, images: &FastSet<NodeId>, dropped: &mut FastSet<NodeId>) {
    let items = |owner: NodeId, list: &str| document.get(owner, list).map_or(&[][..], |list| document.items(list));
    let volumes = items(spec, "volumes").iter().filter(|volume| images.contains(volume));
    let names: FastSet<&str> = volumes.clone().filter_map(|volume| document.get_str(*volume, "name")).collect();
    dropped.extend(volumes);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for mount in items(spec, list).iter().flat_map(|container| items(*container, "volumeMounts")) {
            if document.get_str(*mount, "name").is_some_and(|name| names.contains(name)) {
                dropped.insert(*mount);
            }
        }
    }
}
