use super::native;
use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerList, ContainerView, PodView};
use crate::recognise::{self, Lifetime, Recognised, Role};
use crate::rules::{Check, Found, Rule};

/// A helper that never exits among a Job's containers.
pub static RULE: Rule = Rule {
    id: RuleId { name: "sidecar-blocks-job", family: "sidecar" },
    level: Level::Error,
    page: include_str!("sidecar_blocks_job.md"),
    check: Check::Pod(check),
};

fn check(pod: PodView<'_>, found: &mut Found<'_>) {
    if !pod.life.waits_for_all() || pod.object.is_patch {
        return;
    }
    let all = recognise::containers(pod);
    let main: Vec<_> = all.iter().filter(|one| one.container.list == ContainerList::Main).collect();
    let mut workers = main.iter().filter(|one| one.lifetime != Lifetime::Forever);
    let Some(worker) = workers.clone().find(|one| one.role == Role::App).or_else(|| workers.next()) else { return };
    for helper in &main {
        // An entry with its own `restartPolicy: Always` is restart-policy-is-not-sidecar's business.
        let restarts = helper.container.container.restart_policy.as_deref() == Some("Always");
        if helper.lifetime != Lifetime::Forever || restarts || something_ends(helper, &main) {
            continue;
        }
        let name = &helper.container.container.name;
        let what = if helper.role == Role::Unknown { "it".to_owned() } else { format!("{}: it", helper.role) };
        let mut saying = found
            .at(
                helper.container.name_node(),
                format!("`{name}` never exits, so this {} never completes", pod.batch_kind()),
            )
            .here(format!("{what} runs until it is told to stop"))
            .and(worker.container.name_node(), "when this one is done, nobody tells it")
            .because(
                "a Pod has succeeded only when every entry of `containers` has exited \
                 (kubelet, `getPhase`); native sidecars do not count (KEP-753)",
            )
            .help(format!("move `{name}` to `initContainers` and give it `restartPolicy: Always`"))
            .unsafe_fix_if(format!("make `{name}` a native sidecar"), native::moved(&helper.container));
        for evidence in &helper.evidence {
            saying = saying.and(evidence.node, evidence.shows.clone());
        }
    }
}

/// Whether another container visibly ends the helper, or may do so where we cannot see it.
fn something_ends(helper: &Recognised<'_>, main: &[&Recognised<'_>]) -> bool {
    let pod = helper.container.pod;
    let others = || main.iter().filter(|other| other.container.node != helper.container.node);
    let shares_processes = pod.spec.share_process_namespace == Some(true);
    // Meshes document an endpoint that ends their proxy, and applications call it themselves.
    let offers_quitting = helper.role == Role::MeshProxy || mentions(&helper.container, &["quit"]);
    others().any(|other| {
        let asks_to_quit =
            mentions(&other.container, &["quit", "shutdown", "/exit", "/stop", "linkerd-await", "scuttle"]);
        let kills = shares_processes && mentions(&other.container, &["kill"]);
        // A program may do what a script would say.
        let unseen = !shows_its_work(other) && (shares_processes || offers_quitting);
        asks_to_quit || kills || unseen
    })
}

/// Whether all that a container does is written in the manifest: a script for a shell that runs no other
/// script and no program by its path.
fn shows_its_work(other: &Recognised<'_>) -> bool {
    let container = other.container.container;
    let line: Vec<&String> = container.command.iter().flatten().chain(container.args.iter().flatten()).collect();
    let is_shell = line.first().is_some_and(|first| first.ends_with("sh"));
    let Some(script) = line.get(2).filter(|_| is_shell && line[1].starts_with('-') && line[1].ends_with('c')) else {
        return false;
    };
    script.split([';', '\n', '&', '|']).map(str::trim_start).all(|command| {
        let program = command.split_whitespace().next().unwrap_or_default();
        !program.contains(['/', '.', '$']) && program != "source"
    })
}

/// Whether a container's command line, hooks or environment contain one of the words.
fn mentions(view: &ContainerView<'_>, words: &[&str]) -> bool {
    let container = view.container;
    let line = container.command.iter().flatten().chain(container.args.iter().flatten());
    let env = container.env.iter().flatten().flat_map(|env| [Some(&env.name), env.value.as_ref()]).flatten();
    let hooks = container.lifecycle.iter().flat_map(|hooks| [&hooks.pre_stop, &hooks.post_start]).flatten();
    let hooks = hooks.flat_map(|hook| {
        let exec = hook.exec.iter().flat_map(|exec| exec.command.iter().flatten());
        exec.chain(hook.http_get.iter().filter_map(|get| get.path.as_ref()))
    });
    line.chain(env).chain(hooks).any(|text| {
        let text = text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    })
}
