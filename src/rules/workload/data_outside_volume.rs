use super::official::{name_and_tag, starts_as_the_image_does, version};
use crate::diagnostic::Level;
use crate::facts::program::{Moved, Program};
use crate::facts::{ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

/// A volume where an image of this version keeps nothing.
pub static RULE: Rule = rule!("data_outside_volume.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.keeps(&["spec.containers.image", "spec.containers.volumeMounts", "spec.containers.env"]) {
        return;
    }
    for member in &facts.members {
        let Some((name, tag)) = name_and_tag(member.image()) else { continue };
        let Some(version) = tag.and_then(version) else { continue };
        let Some(program) = facts.programs.of_image(member.image()) else { continue };
        let Some(moved) = program.disk.moved.iter().find(|moved| moved.holds_for(version)) else { continue };
        let is_called_so = program.images.iter().any(|image| image == name);
        let folder = moved.folder_of(version);
        let Some(mount) = lonely_mount(member, moved, &folder).filter(|_| is_called_so) else { continue };
        if !starts_as_the_image_does(member, program) || is_told(member, moved, program) {
            continue;
        }
        // a variable may come from what is not in the run
        let is_error = moved.starts_not && member.environment.is_whole();
        let saying = found
            .at(mount, format!("`{}` {}: {name} {version} keeps no data in {}", member.name(), moved.what, moved.wrong))
            .level(if is_error { Level::Error } else { Level::Warning })
            .here("stays unused")
            .because(moved.why.clone())
            .help(format!("mount it at {}", moved.right));
        if let Some(image) = member.container.at(&["image"]) {
            saying.and(image, format!("keeps its data in {folder}"));
        }
    }
}

/// The volume at the wrong folder, if none holds the right one.
fn lonely_mount(member: &ContainerFacts<'_>, moved: &Moved, folder: &str) -> Option<NodeId> {
    let document = &member.container.pod.object.document;
    let path = |path: &str| path.trim_end_matches('/').to_owned();
    let mounts = || parts::mounts(&member.container).map(|(mount, node)| (path(&mount.mount_path), mount, node));
    let holds = |at: &str| at != moved.wrong && parts::is_under(folder, at) || parts::is_under(at, folder);
    if mounts().any(|(at, ..)| holds(&at)) {
        return None;
    }
    let (_, _, node) = mounts().find(|(at, mount, _)| *at == moved.wrong && mount.read_only != Some(true))?;
    document.get(node, "mountPath")
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
