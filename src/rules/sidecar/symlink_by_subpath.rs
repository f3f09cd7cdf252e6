use crate::facts::program::{Program, Purpose};
use crate::facts::{Lifetime, PodFacts, Role, Task};
use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};

/// The link of git-sync is mounted in place of the folder that holds it.
pub static RULE: Rule = rule!("symlink_by_subpath.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    let has_path = |view: ContainerView<'_>| parts::mounts(&view).any(|(mount, _)| mount.sub_path.is_some());
    if !pod.containers().any(has_path) {
        return;
    }
    for one in &facts.members {
        let view = one.container;
        let keeps_pulling = one.role == Role::Sidecar(Task::Git) && one.lifetime != Lifetime::Ends;
        if !keeps_pulling || !view.runs_beside_app() || !one.program.is_some_and(swaps_a_link) {
            continue;
        }
        for (own, written) in parts::mounts(&view).filter(|(mount, _)| mount.sub_path.is_none()) {
            for other in pod.containers().filter(|other| other.node != view.node) {
                let by_path =
                    parts::mounts(&other).find(|(mount, _)| mount.name == own.name && mount.sub_path.is_some());
                let Some((_, node)) = by_path else { continue };
                let shown = pod.object.document.get(node, "subPath").unwrap_or(node);
                found
                    .at(shown, format!("`{}` only ever sees the version that it started with", other.container.name))
                    .here("resolved once, when the container starts")
                    .and(written, format!("`{}` updates a symlink here for every version", one.name()))
                    .because(
                        "git-sync publishes a version by pointing a symlink at a new folder; a \
                         subPath is a bind mount of the link's target at the time, and stays there even when that \
                         folder is removed",
                    )
                    .help("mount the volume without subPath, and let the app read through the link");
            }
        }
    }
}

/// Whether a program puts each version into a new folder behind a link. Plain `git pull` changes the files of one folder,
/// which a `subPath` shows, too.
fn swaps_a_link(program: &Program) -> bool {
    program.writes.iter().any(|path| path.purpose == Purpose::Checkout)
}
