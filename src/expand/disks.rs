//! Disks that do not keep what a program writes, or that it refuses.

use serde_json::Value as Json;

use super::started::started;
use crate::facts::program::{Folder, Program};
use crate::facts::programs::split;
use crate::facts::users;
use crate::pattern::{Made, templates};

/// A disk that a container has.
struct Disk<'a> {
    path: &'a str,
    has_sub: bool,
}

/// A warning for each container whose disk is above the folder that its image declares as a volume, or holds what its
/// program refuses.
pub(super) fn notes(made: &[Made]) -> Vec<String> {
    let mut notes = Vec::new();
    for made in made {
        let mut object = made.object.clone();
        let claims = object.pointer("/spec/volumeClaimTemplates").cloned().unwrap_or_default();
        for template in templates(&mut object) {
            let spec = &template["spec"];
            notes.extend(items(&spec["containers"]).flat_map(|container| of_container(container, spec, &claims)));
        }
    }
    notes.dedup();
    notes
}

fn of_container<'a>(container: &'a Json, spec: &Json, claims: &Json) -> Vec<String> {
    let is_claim = |name: &Json| {
        items(claims).any(|claim| claim["metadata"]["name"] == *name)
            || items(&spec["volumes"])
                .any(|volume| volume["name"] == *name && volume["persistentVolumeClaim"].is_object())
    };
    let mounts = items(&container["volumeMounts"]).filter(|mount| is_claim(&mount["name"]));
    let disk = |mount: &'a Json| {
        Some(Disk { path: mount["mountPath"].as_str()?.trim_end_matches('/'), has_sub: mount["subPath"].is_string() })
    };
    let disks: Vec<Disk<'a>> = mounts.filter_map(disk).collect();
    let name = container["name"].as_str().unwrap_or_default();
    let of_root = users::writes_to_image(container)
        .filter(|_| container.pointer("/securityContext/readOnlyRootFilesystem") == Some(&Json::Bool(true)));
    let of_root = of_root.map(|program| {
        format!(
            "warning: `{name}` runs {}, which writes beside the files of its image here, and its root is read-only: write \
             writable: all",
            program.program
        )
    });
    let started = started(container);
    let programs = started.iter().map(|one| one.program);
    let notes = programs.flat_map(|program| {
        [declared(program, container, &disks, name), refused(program, container, &disks, name)].into_iter().flatten()
    });
    of_root.into_iter().chain(notes).collect()
}

/// An image's own volume below the disk: containerd mounts an empty folder of the node there, which goes with the
/// container (containerd: `internal/cri/server/container_create.go`, `volumeMounts`).
fn declared(program: &Program, container: &Json, disks: &[Disk<'_>], name: &str) -> Option<String> {
    let image = container["image"].as_str()?;
    let folder = Folder::of(&program.disk.declares, split(image).1)?;
    let mut all = items(&container["volumeMounts"]).filter_map(|mount| mount["mountPath"].as_str());
    if all.any(|path| path.trim_end_matches('/') == folder) {
        return None;
    }
    let disk = disks.iter().find(|disk| is_below(&folder, disk.path))?;
    // the program may be told of another folder on the disk
    let lists = ["command", "args"].into_iter().flat_map(|list| items(&container[list])).filter_map(Json::as_str);
    let values = items(&container["env"]).filter_map(|variable| variable["value"].as_str());
    if lists.chain(values).any(|text| text.contains(disk.path) && !text.contains(&folder))
        || items(&container["envFrom"]).next().is_some()
    {
        return None;
    }
    Some(format!(
        "warning: the disk of `{name}` at {} stays empty: its image declares a volume at {folder}, and the container runtime \
         mounts an empty folder of the node there: mount the disk at {folder}",
        disk.path
    ))
}

/// What a new file system has in its root.
fn refused(program: &Program, container: &Json, disks: &[Disk<'_>], name: &str) -> Option<String> {
    let refused = program.disk.refuses.as_ref()?;
    let said = items(&container["env"]).find(|variable| variable["name"] == *refused.env);
    let folders = match said {
        Some(said) => said["value"].as_str()?,
        None => refused.absent.as_deref()?,
    };
    let is_root = |folder: &&str| disks.iter().any(|disk| !disk.has_sub && disk.path == *folder);
    let folder = folders.split(',').map(|folder| folder.trim().trim_end_matches('/')).find(is_root)?;
    Some(format!(
        "warning: `{name}` does not start with {} in {folder}, which the file system of a new disk has: write sub: data beside \
         its `mount`, or env: {{{}: {folder}/data}}",
        refused.name, refused.env
    ))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}
