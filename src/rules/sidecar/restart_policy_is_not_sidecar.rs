use super::native;
use crate::diagnostic::Level;
use crate::kube::{ContainerList, ContainerView};
use crate::rules::{Check, Findings, Rule};
use crate::yaml::edit::Edit;

/// `restartPolicy: Always` on an entry of `containers`.
pub static RULE: Rule = rule!("restart_policy_is_not_sidecar.md", Error, Check::Container(check), fixes);

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let is_always = view.container.restart_policy.as_deref() == Some("Always");
    if view.list != ContainerList::Main || !is_always || view.pod.is_changed(&["spec.containers.restartPolicy"]) {
        return;
    }
    let name = &view.container.name;
    let Some(policy) = view.at(&["restartPolicy"]) else { return };
    let why = "only an init container with `restartPolicy: Always` is a sidecar (KEP-753); on an entry \
               of `containers` it means that the container is restarted whenever it exits (KEP-5307, on by default \
               since 1.35)";
    if view.pod.life.waits_for_all() {
        found
            .at(
                policy,
                format!("`{name}` is restarted whenever it exits, so this {} never completes", view.pod.batch_kind()),
            )
            .here("does not make it a sidecar")
            .because(why)
            .help(format!(
                "if `{name}` is a helper, move it to `initContainers`; if it does the Job's work, remove this line"
            ))
            .unsafe_fix_if(format!("make `{name}` a native sidecar"), moved(&view));
    } else {
        found
            .at(policy, format!("`restartPolicy` does not make `{name}` a sidecar"))
            .here("restarts it whenever it exits")
            .because(why)
            .help(format!("to start `{name}` before the others and stop it after them, move it to `initContainers`"))
            .level(Level::Advice);
    }
}

/// The change that makes it a sidecar. A Pod has to keep a container: where all of them say this, its last one stays.
fn moved(view: &ContainerView<'_>) -> Option<Vec<Edit>> {
    let all = || view.pod.containers().filter(|other| other.list == ContainerList::Main);
    let is_always = |other: ContainerView<'_>| other.container.restart_policy.as_deref() == Some("Always");
    let document = &view.pod.object.document;
    let containers = document.get(view.pod.node, "containers")?;
    let is_last = document.items(containers).last() == Some(&view.node);
    if is_last && all().all(is_always) { None } else { native::moved(view) }
}
