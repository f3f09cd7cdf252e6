//! Folders that a program has to own, on volumes whose own folder is root's.

use serde_json::Value as Json;

use crate::facts::users;
use crate::pattern::{Made, templates};

/// A warning for each container that does not run as root and whose program has to own the folder of a new volume: the
/// kubelet gives a volume to a group (`fsGroup`), and its folder stays root's.
pub(super) fn notes(made: &[Made]) -> Vec<String> {
    let mut notes = Vec::new();
    for made in made {
        let mut object = made.object.clone();
        let templates_of_claims = object.pointer("/spec/volumeClaimTemplates").cloned().unwrap_or_default();
        for template in templates(&mut object) {
            let spec = &template["spec"];
            notes
                .extend(items(&spec["containers"]).filter_map(|container| note(container, spec, &templates_of_claims)));
        }
    }
    notes.dedup();
    notes
}

fn note(container: &Json, spec: &Json, claims: &Json) -> Option<String> {
    let owned = users::user(container["image"].as_str()?)?.owned?;
    let said = items(&container["env"]).find(|variable| variable["name"] == owned.variable);
    let folder = said.map_or(Some(owned.folder.as_str()), |variable| variable["value"].as_str())?;
    let folder = folder.trim_end_matches('/');
    let user =
        container.pointer("/securityContext/runAsUser").or_else(|| spec.pointer("/securityContext/runAsUser"))?;
    let is_there = |mount: &&Json| mount["mountPath"].as_str().is_some_and(|path| path.trim_end_matches('/') == folder);
    let name = &items(&container["volumeMounts"]).find(is_there)?["name"];
    let is_empty = items(&spec["volumes"]).any(|volume| volume["name"] == *name && volume["emptyDir"].is_object());
    let is_new = is_empty || items(claims).any(|claim| claim["metadata"]["name"] == *name);
    // which may give the folder to the user
    let is_prepared =
        items(&spec["initContainers"]).any(|init| items(&init["volumeMounts"]).any(|mount| mount["name"] == *name));
    (*user != 0 && is_new && !is_prepared).then(|| {
        format!(
            "warning: `{}` has to own {folder}, but the folder of a new volume is root's, and user {user} cannot change \
             that: write env: {{{}: {folder}/pgdata}}",
            container["name"].as_str().unwrap_or_default(),
            owned.variable
        )
    })
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}
