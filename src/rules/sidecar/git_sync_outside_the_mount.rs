use crate::facts::program::Purpose;
use crate::facts::{PathFact, PodFacts};
use crate::rules::{Check, Findings, Rule, parts};

/// A checkout that is written where no volume is mounted.
pub static RULE: Rule = rule!("git_sync_outside_the_mount.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.object.is_whole() {
        return;
    }
    for member in &facts.members {
        let is_checkout = |path: &&PathFact<'_>| path.purpose == Purpose::Checkout && path.certainty.is_certain();
        let Some(root) = member.writes.iter().find(is_checkout).filter(|root| root.path.starts_with('/')) else {
            continue;
        };
        let mut mounts = parts::mounts(&member.container);
        let reaches = |path: &str| parts::is_under(&root.path, path) || parts::is_under(path, &root.path);
        if mounts.any(|(mount, _)| reaches(&mount.mount_path)) {
            continue;
        }
        // a volume that it shares with another container was meant for the checkout
        let shared = parts::mounts(&member.container).find(|(mount, _)| {
            let is_empty =
                |volume: &&crate::kube::types::Volume| volume.name == mount.name && volume.empty_dir.is_some();
            let is_other = facts.members.iter().filter(|other| other.container.node != member.container.node);
            facts.pod.spec.volumes.iter().flatten().any(|volume| is_empty(&volume))
                && is_other
                    .flat_map(|other| other.container.container.volume_mounts.iter().flatten())
                    .any(|other| other.name == mount.name)
        });
        let Some((mount, node)) = shared else { continue };
        found
            .at(node, format!("`{}` writes to {}, outside its volume `{}`", member.name(), root.path, mount.name))
            .here(format!("shared with another container at {}", mount.mount_path))
            .label(root.proof.label(format!("writes to {}", root.path)))
            .because("the other containers of a Pod see only what is written to a volume")
            .help(format!("use {} here, or mount the volume at {}", mount.mount_path, root.path));
    }
}
