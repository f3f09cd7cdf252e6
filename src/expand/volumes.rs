//! Folders of data that programs write to, where only a volume is writable.

use std::io;

use serde_json::Value as Json;

use super::started::started;
use super::verify::read_back;
use crate::describe::Description;
use crate::diagnostic::Subject;
use crate::facts::program::{Folder, Program, Purpose};
use crate::facts::programs::split;
use crate::facts::{Certainty, ContainerFacts, PodFacts, Programs};
use crate::kube::{ContainerList, Index, Object};
use crate::pattern::{Made, templates};

/// A container that has to write to a folder that is on no volume, while its root is read-only.
#[derive(PartialEq, Eq)]
pub struct Lacking {
    container: String,
    program: String,
    folder: String,
    /// Where it has a disk, which is elsewhere.
    disk: Option<String>,
}

impl Lacking {
    /// The container and its folder.
    pub fn subject(&self) -> Subject {
        Subject::Folders { container: self.container.clone(), paths: vec![self.folder.clone()] }
    }

    fn note(&self) -> String {
        let Self { container, program, folder, disk } = self;
        let disk = disk.as_ref().map(|disk| format!("mount the disk there, which is at {disk}, or "));
        format!(
            "warning: `{container}` runs {program}, which keeps its data in {folder}, and its root is read-only; not every \
             container runtime mounts a volume there for the image, and none gives one to another user: {}write writable: \
             [{folder}]",
            disk.unwrap_or_default()
        )
    }
}

/// What is said of them.
///
/// # Errors
/// As [`lacking`].
pub(super) fn notes(made: &[Made], descriptions: &[Description]) -> io::Result<Vec<String>> {
    Ok(lacking(made, descriptions)?.iter().map(Lacking::note).collect())
}

/// All of them, each once.
///
/// # Errors
/// An object that cannot be written, which [`super::verify::verify`] has refused.
pub fn lacking(made: &[Made], descriptions: &[Description]) -> io::Result<Vec<Lacking>> {
    let has_data: Vec<bool> = made.iter().map(has_data).collect();
    if !has_data.contains(&true) {
        return Ok(Vec::new());
    }
    let (objects, _) = read_back(made, descriptions)?;
    let objects: Vec<&Object> = objects.iter().collect();
    let index = Index::of(&objects);
    let mut found = Vec::new();
    for (object, _) in objects.iter().zip(has_data).filter(|(_, has_data)| *has_data) {
        for pod in object.pods() {
            let facts = PodFacts::of(pod, &index, Programs::built_in());
            let members = facts.members.iter().filter(|member| member.container.list == ContainerList::Main);
            found.extend(members.filter_map(of_container));
        }
    }
    found.dedup();
    Ok(found)
}

/// Whether a container of an object runs such a program.
fn has_data(made: &Made) -> bool {
    let mut object = made.object.clone();
    let mut containers = templates(&mut object).into_iter().flat_map(|template| {
        template.pointer("/spec/containers").and_then(Json::as_array).cloned().unwrap_or_default()
    });
    containers
        .any(|container| is_read_only(&container) && started(&container).iter().any(|one| keeps_data(one.program)))
}

fn is_read_only(container: &Json) -> bool {
    container.pointer("/securityContext/readOnlyRootFilesystem") == Some(&Json::Bool(true))
}

fn keeps_data(program: &Program) -> bool {
    program.disk.required || !program.disk.declares.is_empty()
}

fn of_container(member: &ContainerFacts<'_>) -> Option<Lacking> {
    let program = member.program.filter(|program| keeps_data(program))?;
    let security = member.container.container.security_context.as_ref()?;
    if security.read_only_root_filesystem != Some(true) {
        return None;
    }
    let folder = folder(member, program)?;
    let mounts = member.container.container.volume_mounts.as_deref().unwrap_or_default();
    let path = |path: &str| path.trim_end_matches('/').to_owned();
    if mounts.iter().any(|mount| is_in(&folder, &path(&mount.mount_path)) || is_in(&path(&mount.mount_path), &folder)) {
        return None;
    }
    let volumes = member.container.pod.spec.volumes.as_deref().unwrap_or_default();
    // what no volume of the Pod has the name of is a claim of a StatefulSet
    let is_disk = |name: &str| {
        let volume = volumes.iter().find(|volume| volume.name == name);
        volume.is_none_or(|volume| volume.persistent_volume_claim.is_some())
    };
    let disk = mounts.iter().find(|mount| is_disk(&mount.name)).map(|mount| mount.mount_path.to_string());
    Some(Lacking { container: member.name().to_owned(), program: program.program.clone(), folder, disk })
}

/// Where a program keeps its data: what it is told, else its own default, else what its image declares.
fn folder(member: &ContainerFacts<'_>, program: &Program) -> Option<String> {
    let mut data = member.writes.iter().filter(|write| write.purpose == Purpose::Data);
    // other images have other folders
    let is_own = !member.image().contains("bitnami")
        && Programs::built_in().of_image(member.image()).is_some_and(|own| own.program == program.program);
    let folder = match data.next() {
        Some(write) if write.certainty != Certainty::Said && !is_own => return None,
        None if !is_own => return None,
        Some(write) if data.next().is_none() && write.certainty >= Certainty::Default => write.path.clone(),
        None if program.writes.iter().all(|write| write.purpose != Purpose::Data || write.absent.is_empty()) => {
            let (_, tag) = split(member.image());
            let by_version = program.disk.declares.iter().any(|folder| folder.before.is_some());
            let is_open =
                !member.environment.is_whole() || by_version && !tag.contains(|sign: char| sign.is_ascii_digit());
            Folder::of(&program.disk.declares, tag).filter(|_| !is_open)?
        }
        // in several, or in one that what is not seen may move, or nothing says where
        _ => return None,
    };
    let folder = folder.trim_end_matches('/');
    let is_plain = folder.starts_with('/') && !folder.contains(['{', '$', '*', ' ']);
    // scratch space, shared memory and the kernel's own are there
    let is_there = ["/tmp", "/dev", "/proc", "/sys"].iter().any(|known| is_in(folder, known));
    (is_plain && !is_there).then(|| folder.to_owned())
}

/// Whether a path is a folder, or in it.
fn is_in(path: &str, folder: &str) -> bool {
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
