use crate::diagnostic::Subject;
use crate::facts::program::Purpose;
use crate::facts::{Certainty, PathFact, PodFacts};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::list;

/// A read-only root file system without a volume where the program has to write.
pub static RULE: Rule = rule!("read_only_root_needs_volume.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.keeps(&parts::SECURITY) || parts::is_windows(facts.pod) {
        return;
    }
    for member in &facts.members {
        let is_read_only =
            member.container.container.security_context.as_ref().and_then(|context| context.read_only_root_filesystem);
        let Some(node) =
            member.container.at(&["securityContext", "readOnlyRootFilesystem"]).filter(|_| is_read_only == Some(true))
        else {
            continue;
        };
        // its own configuration may write elsewhere
        let needs = |path: &&PathFact<'_>| path.purpose == Purpose::Scratch && path.certainty == Certainty::Default;
        let is_mounted = |path: &str| {
            parts::mounts(&member.container)
                .any(|(mount, _)| parts::is_under(real(path), real(&mount.mount_path)) && mount.read_only != Some(true))
        };
        let lacking: Vec<&str> = member
            .writes
            .iter()
            .filter(needs)
            .map(|path| path.path.as_str())
            .filter(|path| !is_mounted(path))
            .collect();
        let (Some(first), Some(program)) = (lacking.first(), member.program) else { continue };
        let has_config = member.configs.files.iter().any(|file| {
            program.config.iter().any(|config| config.absent.iter().any(|path| parts::is_under(&file.path, path)))
        });
        if has_config || member.configs.has_unseen() {
            continue;
        }
        let saying = found
            .at(node, format!("`{}` cannot start: {} writes to {}", member.name(), program.program, list(&lacking)))
            .subject(Subject::Folders {
                container: member.name().to_owned(),
                paths: lacking.iter().copied().map(str::to_owned).collect(),
            })
            .here("the image's own folders are not writable")
            .because("with a read-only root file system only volumes are writable; the program exits at its first failed write")
            .help(format!("mount an emptyDir at {first} and the other folders, or use an image that needs none"));
        if let Some(image) = member.container.at(&["image"]) {
            saying.and(image, format!("runs {}", program.program));
        }
    }
}

/// A path without the link that `/var/run` is in the images of all distributions.
fn real(path: &str) -> &str {
    if parts::is_under(path, "/var/run") { &path["/var".len()..] } else { path }
}
