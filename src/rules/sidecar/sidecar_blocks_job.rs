use super::native;
use crate::diagnostic::Level;
use crate::facts::{ContainerFacts, Lifetime, PodFacts, Role};
use crate::rules::{Check, Findings, Rule};

/// A helper that never exits among a Job's containers.
pub static RULE: Rule = rule!("sidecar_blocks_job.md", Error, Check::Facts(check), fixes);

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
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
        if helper.lifetime != Lifetime::Serves || restarts {
            continue;
        }
        let ending = ending(helper, &main);
        if ending == Ending::Likely {
            continue;
        }
        let name = helper.name();
        let what = if helper.role == Role::Unknown { "it".to_owned() } else { format!("{}: it", helper.role) };
        let message = match ending {
            Ending::IfAsked => {
                format!("`{name}` exits only when asked to, and until then this {} does not complete", pod.batch_kind())
            }
            _ => format!("`{name}` never exits, so this {} never completes", pod.batch_kind()),
        };
        let mut saying = found
            .at(helper.container.name_node(), message)
            .here(format!("{what} runs until it is stopped"))
            .and(
                worker.container.name_node(),
                match ending {
                    Ending::IfAsked => "unless this one asks it to quit, nothing stops it",
                    _ => "when this one is done, nothing stops it",
                },
            )
            .because(
                "a Pod succeeds only when every entry of `containers` has exited (kubelet, \
                 `getPhase`); native sidecars do not count (KEP-753)",
            )
            .help(format!("move `{name}` to `initContainers` and give it `restartPolicy: Always`"))
            .unsafe_fix_if(format!("make `{name}` a native sidecar"), native::moved(&helper.container));
        if !helper.lifetime_is_certain || ending == Ending::IfAsked {
            saying = saying.level(Level::Warning);
        }
        for evidence in &helper.evidence {
            saying = saying.and(evidence.node, evidence.shows.clone());
        }
    }
}

/// What may end a helper.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Nothing: all that the others do is written, and nothing of it ends the helper.
    Nothing,
    /// Another container, if its program does what the helper's proxy documents: asks it to quit.
    IfAsked,
    /// Another container, visibly; or its program, which was given the means.
    Likely,
}

fn ending(helper: &ContainerFacts<'_>, main: &[&ContainerFacts<'_>]) -> Ending {
    let shares_processes = helper.container.pod.spec.share_process_namespace == Some(true);
    let is_told_to_offer = helper.ends_others();
    let others = || main.iter().filter(|other| other.container.node != helper.container.node);
    let ends = |other: &&&ContainerFacts<'_>| {
        // A program may do what a script would say.
        let unseen = !other.shows_its_work() && (shares_processes || is_told_to_offer);
        other.ends_others() || (shares_processes && other.kills()) || unseen
    };
    if others().any(|other| ends(&other)) {
        return Ending::Likely;
    }
    // Each mesh's proxy offers an endpoint that ends it (Istio's `/quitquitquit`, Linkerd's `/shutdown`, Dapr's
    // `/v1.0/shutdown`), and an application may call it.
    let may_be_asked = helper.role == Role::MeshProxy && others().any(|other| !other.shows_its_work());
    if may_be_asked { Ending::IfAsked } else { Ending::Nothing }
}
