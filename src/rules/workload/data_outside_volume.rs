use super::official::{path_and_tag, starts_as_the_image_does, version};
use crate::diagnostic::Level;
use crate::facts::program::{Moved, Program};
use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::types::{Volume, VolumeMount};
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

/// A volume where an image of this version keeps nothing.
pub static RULE: Rule = rule!("data_outside_volume.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.keeps(&["spec.containers.image", "spec.containers.volumeMounts", "spec.containers.env"]) {
        return;
    }
    for member in &facts.members {
        let (name, tag) = path_and_tag(member.image());
        let number = tag.and_then(version);
        let Some(program) = facts.programs.of_image(member.image()) else { continue };
        let is_of = |moved: &&Moved| {
            let is_official = || !name.contains('/') && program.images.iter().any(|image| image == name);
            let is_called_so =
                moved.images.iter().any(|image| image == name) || moved.images.is_empty() && is_official();
            is_called_so && moved.holds_for(number)
        };
        let folder_and_mount = |moved: &Moved| {
            let folder = moved.folder_of(number);
            lonely_mount(member, moved, &folder).map(|(mount, wrong)| (folder, mount, wrong))
        };
        let all = || program.disk.moved.iter().filter(is_of);
        let Some((moved, (folder, mount, wrong))) = all().find_map(|moved| Some((moved, folder_and_mount(moved)?)))
        else {
            continue;
        };
        if !starts_as_the_image_does(member, program)
            || is_told(member, moved, program)
            || may_be_configured(member, moved)
        {
            continue;
        }
        // a variable may come from what is not in the run
        let is_error = moved.starts_not && member.environment.is_whole();
        let called = number.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"));
        let help = match (&moved.right, moved.variables.iter().next()) {
            (None, Some(variable)) => format!("set {variable} to a folder on the volume, such as {wrong}/logs"),
            (right, _) => format!("mount it at {}", right.as_deref().unwrap_or(&folder)),
        };
        let saying = found
            .at(mount, format!("`{}` {}: {called} keeps no data in {wrong}", member.name(), moved.what))
            .level(if is_error { Level::Error } else { Level::Warning })
            .here("stays unused")
            .because(moved.why.clone())
            .help(help);
        if let Some(image) = member.container.at(&["image"]) {
            saying.and(image, format!("keeps its data in {folder}"));
        }
    }
}

/// The volume at a wrong folder, and that folder, if none holds the right one.
fn lonely_mount(member: &ContainerFacts<'_>, moved: &Moved, folder: &str) -> Option<(NodeId, String)> {
    let document = &member.container.pod.object.document;
    let path = |path: &str| path.trim_end_matches('/').to_owned();
    let mounts = || parts::mounts(&member.container).map(|(mount, node)| (path(&mount.mount_path), mount, node));
    let is_wrong = |at: &str| moved.wrong.iter().any(|wrong| wrong == at);
    let holds = |at: &str| !is_wrong(at) && parts::is_under(folder, at) || parts::is_under(at, folder);
    if mounts().any(|(at, ..)| holds(&at)) {
        return None;
    }
    let is_meant = |at: &str, mount: &VolumeMount| {
        is_wrong(at) && mount.read_only != Some(true) && (moved.starts_not || is_disk(member, &mount.name))
    };
    let (at, _, node) = mounts().find(|(at, mount, _)| is_meant(at, mount))?;
    Some((document.get(node, "mountPath")?, at))
}

/// Whether something can be kept in a volume; one that is not in the Pod is a claim of its template.
fn is_disk(member: &ContainerFacts<'_>, name: &str) -> bool {
    let is_of_files = |volume: &Volume| {
        volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.projected.is_some()
            || volume.downward_api.is_some()
    };
    parts::volumes(&member.container.pod).all(|(volume, _)| volume.name != *name || !is_of_files(volume))
}

/// Whether a file that is mounted, or a variable that is not seen, may name another folder.
fn may_be_configured(member: &ContainerFacts<'_>, moved: &Moved) -> bool {
    let holds = |at: &str| moved.configured.iter().any(|file| parts::is_under(at, file) || parts::is_under(file, at));
    !moved.configured.is_empty()
        && (!member.environment.is_whole()
            || parts::mounts(&member.container).any(|(mount, _)| holds(mount.mount_path.trim_end_matches('/'))))
}

/// Whether a variable or an option names another folder, alone or as a setting (`-c data_directory=…`). One below the
/// folder that the image declares as a volume is lost with it.
fn is_told(member: &ContainerFacts<'_>, moved: &Moved, program: &Program) -> bool {
    let mut args = member.container.container.args.as_deref().unwrap_or_default().iter();
    let names = |word: &str| moved.options.iter().any(|option| word.starts_with(option));
    let is_lost = |text: &str| moved.declared && !text.contains("..") && parts::is_under(text, &moved.folder);
    let mut said = moved.variables.iter().filter_map(|name| member.environment.get(name));
    let settings = || program.options.settings.iter().next().is_some();
    args.any(|word| names(word) || settings() && word.contains("data_directory"))
        || said.any(|word| !word.is_known || !is_lost(&word.text))
}
