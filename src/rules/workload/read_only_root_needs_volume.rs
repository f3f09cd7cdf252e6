use crate::diagnostic::{Level, Subject};
use crate::facts::config::Unseen;
use crate::facts::program::Purpose;
use crate::facts::{Certainty, ContainerFacts, PathFact, PodFacts};
use crate::kube::types::PersistentVolumeClaim;
use crate::kube::{ContainerList, ContainerView, Object, Typed};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::list;
use crate::yaml::NodeId;

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
        let is_mounted = |path: &str| {
            parts::mounts(&member.container)
                .any(|(mount, _)| parts::is_under(real(path), real(&mount.mount_path)) && mount.read_only != Some(true))
        };
        let lacking = |counts: fn(Certainty) -> bool| -> Vec<&str> {
            let needs = |path: &&PathFact<'_>| path.purpose == Purpose::Scratch && counts(path.certainty);
            let needed = member.writes.iter().filter(needs).map(|path| path.path.as_str());
            needed.filter(|path| !is_mounted(path)).collect()
        };
        let certain = lacking(|certainty| certainty == Certainty::Default);
        // its own configuration may write elsewhere
        let is_certain = !certain.is_empty();
        let lacking = if is_certain { certain } else { lacking(|certainty| certainty < Certainty::Default) };
        let (Some(first), Some(program)) = (lacking.first(), member.program) else { continue };
        let has_config = member.configs.files.iter().any(|file| {
            program.config.iter().any(|config| config.absent.iter().any(|path| parts::is_under(&file.path, path)))
        });
        let (level, cannot) = match claims(facts, member) {
            _ if has_config || !is_certain => (Level::Advice, "may not start, unless its configuration says otherwise"),
            Claims::Anything => (Level::Advice, "may not start, unless a file on its volumes says otherwise"),
            Claims::Filled => (Level::Warning, "cannot start unless a file on its claim says otherwise"),
            Claims::New => (Level::Error, "cannot start"),
        };
        let saying = found
            .at(node, format!("`{}` {cannot}: {} writes to {}", member.name(), program.program, list(&lacking)))
            .level(level)
            .subject(Subject::Folders {
                container: member.name().to_owned(),
                paths: lacking.iter().copied().map(str::to_owned).collect(),
            })
            .here("the image's own folders are not writable")
            .because("with a read-only root file system only volumes are writable; the program exits at its first failed write")
            .help(format!("mount an emptyDir at {first} and the other folders, or use an image that writes nothing"));
        if let Some(image) = member.container.at(&["image"]) {
            saying.and(image, format!("runs {}", program.program));
        }
    }
}

/// What the volumes of a container may hold that is not in the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claims {
    /// Nothing when the Pod starts for the first time: claims that are made here.
    New,
    /// Data, and whatever else was written there before, or is by a container beside it.
    Filled,
    /// Configuration: a Secret, a folder of the node, a claim that an earlier container prepares.
    Anything,
}

/// What the volumes of a container may hold that moves the folders of its program.
fn claims(facts: &PodFacts<'_>, member: &ContainerFacts<'_>) -> Claims {
    // postgres' configuration is in its folder of data, which may be anywhere
    let is_anywhere = member.program.is_some_and(|program| program.config.iter().all(|one| one.absent.is_empty()));
    let of = |unseen: &Unseen| {
        if unseen.starts_empty && !is_anywhere {
            return Claims::New;
        }
        let mut mounts = parts::mounts(&member.container).map(|(mount, _)| mount);
        let Some(mount) = mounts.find(|mount| mount.mount_path.trim_end_matches('/') == unseen.path) else {
            return Claims::Anything;
        };
        let others = facts.members.iter().filter(|other| other.container.node != member.container.node);
        let writers = others.filter(|other| {
            parts::mounts(&other.container).any(|(one, _)| one.name == mount.name && one.read_only != Some(true))
        });
        let ends_before = |view: &ContainerView<'_>| view.list == ContainerList::Init && !view.is_native_sidecar();
        let writers: Vec<bool> = writers.map(|other| ends_before(&other.container)).collect();
        if writers.contains(&true) || unseen.starts_empty && !writers.is_empty() {
            return Claims::Anything;
        }
        // those beside it share its data, and start with it
        let shared = if writers.is_empty() { Claims::New } else { Claims::Filled };
        if unseen.starts_empty { shared } else { shared.max(claim(facts, &mount.name)) }
    };
    member.configs.unseen.iter().map(of).max().unwrap_or(Claims::New)
}

/// What is on the claim of a volume.
fn claim(facts: &PodFacts<'_>, volume: &str) -> Claims {
    let object = facts.pod.object;
    let templates = match &object.typed {
        Some(Typed::StatefulSet(set)) => set.spec.volume_claim_templates.as_deref().unwrap_or_default(),
        _ => &[],
    };
    // of one name, a StatefulSet's claim takes the place of the volume (kubernetes: updateStorage)
    if let Some(at) = templates.iter().position(|claim| claim.metadata.name.as_deref() == Some(volume)) {
        let list = object.document.at(object.node, &["spec", "volumeClaimTemplates"]);
        let node = list.and_then(|list| object.document.items(list).get(at).copied());
        let is_kept = object.keeps(&["spec.volumeClaimTemplates"]);
        return if is_kept && is_new(&templates[at], object, node) { Claims::New } else { Claims::Filled };
    }
    let mut volumes = facts.pod.spec.volumes.iter().flatten();
    let source = volumes.find(|one| one.name == volume).and_then(|volume| volume.persistent_volume_claim.as_ref());
    let Some(source) = source else { return Claims::Anything };
    let found = facts.index.find(object, "PersistentVolumeClaim", &source.claim_name);
    let is_kept_new = |found: &Object| match &found.typed {
        Some(Typed::PersistentVolumeClaim(claim)) => found.keeps(&["spec"]) && is_new(claim, found, Some(found.node)),
        _ => false,
    };
    if found.is_some_and(is_kept_new) { Claims::New } else { Claims::Filled }
}

/// Whether a claim asks for a volume that has nothing on it, and not for one that is there, or a copy.
fn is_new(claim: &PersistentVolumeClaim, object: &Object, node: Option<NodeId>) -> bool {
    let (Some(spec), Some(node)) = (&claim.spec, node) else { return false };
    let is_copied =
        ["dataSource", "dataSourceRef"].iter().any(|field| object.document.at(node, &["spec", field]).is_some());
    spec.volume_name.is_none()
        && spec.selector.is_none()
        && spec.storage_class_name.as_deref() != Some("")
        && !is_copied
}

/// A path without the link that `/var/run` is in the images of all distributions.
fn real(path: &str) -> &str {
    if parts::is_under(path, "/var/run") { &path["/var".len()..] } else { path }
}
