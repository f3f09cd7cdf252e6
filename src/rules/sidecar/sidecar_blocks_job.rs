use super::native;
use crate::diagnostic::{Level, RuleId};
use crate::facts::{ContainerFacts, Lifetime, PodFacts, Role};
use crate::rules::{Check, Found, Rule};

/// A helper that never exits among a Job's containers.
pub static RULE: Rule = Rule {
    id: RuleId { name: "sidecar-blocks-job", family: "sidecar" },
    level: Level::Error,
    page: include_str!("sidecar_blocks_job.md"),
    check: Check::Facts(check),
};

fn check(facts: &PodFacts<'_>, found: &mut Found<'_>) {
    let pod = facts.pod;
    if !pod.life.waits_for_all() || pod.object.is_patch {
        return;
    }
    let main: Vec<_> = facts.main().collect();
    let mut workers = main.iter().filter(|one| one.lifetime != Lifetime::Serves);
    let Some(worker) = workers.clone().find(|one| one.role == Role::App).or_else(|| workers.next()) else { return };
    for helper in &main {
        // An entry with its own `restartPolicy: Always` is restart-policy-is-not-sidecar's business.
        let restarts = helper.container.container.restart_policy.as_deref() == Some("Always");
        if helper.lifetime != Lifetime::Serves || restarts || something_ends(helper, &main) {
            continue;
        }
        let name = helper.name();
        let what = if helper.role == Role::Unknown { "it".to_owned() } else { format!("{}: it", helper.role) };
        let mut saying = found
            .at(
                helper.container.name_node(),
                format!("`{name}` never exits, so this {} never completes", pod.batch_kind()),
            )
            .here(format!("{what} runs until it is told to stop"))
            .and(worker.container.name_node(), "when this one is done, nothing stops it")
            .because(
                "a Pod has succeeded only when every entry of `containers` has exited \
                 (kubelet, `getPhase`); native sidecars do not count (KEP-753)",
            )
            .help(format!("move `{name}` to `initContainers` and give it `restartPolicy: Always`"))
            .unsafe_fix_if(format!("make `{name}` a native sidecar"), native::moved(&helper.container));
        if !helper.lifetime_is_certain {
            saying = saying.level(Level::Warning);
        }
        for evidence in &helper.evidence {
            saying = saying.and(evidence.node, evidence.shows.clone());
        }
    }
}

/// Whether another container visibly ends the helper, or may do so where we cannot see it.
fn something_ends(helper: &ContainerFacts<'_>, main: &[&ContainerFacts<'_>]) -> bool {
    let shares_processes = helper.container.pod.spec.share_process_namespace == Some(true);
    // Meshes document an endpoint that ends their proxy, and applications call it themselves.
    let offers_quitting = helper.role == Role::MeshProxy || helper.ends_others();
    let mut others = main.iter().filter(|other| other.container.node != helper.container.node);
    others.any(|other| {
        // A program may do what a script would say.
        let unseen = !other.shows_its_work() && (shares_processes || offers_quitting);
        other.ends_others() || (shares_processes && other.kills()) || unseen
    })
}
