use crate::facts::program::Purpose;
use crate::facts::{Form, PathFact, PodFacts, Role, Task};
use crate::kube::{ContainerView, PodView};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;

/// A helper tails files that no container can write where it looks.
pub static RULE: Rule = rule!("log_sidecar_without_shared_volume.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if pod.object.is_operated {
        return;
    }
    for one in facts.running() {
        let view = one.container;
        let is_shipper = matches!(one.role, Role::Sidecar(Task::Logs) | Role::Adapter(Form::Logs));
        if !is_shipper || facts.others(one).next().is_none() {
            continue;
        }
        let logs = |path: &&PathFact<'_>| path.purpose == Purpose::Logs && path.certainty.is_certain();
        let Some(read) = one.reads.iter().find(logs).filter(|read| is_file_of_the_pod(&read.path)) else { continue };
        if one.may_write_itself(&read.path) {
            continue;
        }
        let Some(problem) = problem(&view, &read.path, pod) else { continue };
        let name = one.name();
        let path = clip(&read.path);
        found
            .at(view.name_node(), format!("`{name}` waits for {path}, which no other container can write"))
            .here(problem)
            .because(
                "each container has its own file system; they can share files only through a volume \
                 that both mount, one of them writable",
            )
            .help("mount one emptyDir in both containers, at the log's folder")
            .label(read.proof.label("reads this"));
    }
}

/// Whether a path is a file that a container of the Pod can write: no device, and nothing of the node's.
fn is_file_of_the_pod(path: &str) -> bool {
    let is_special = ["/dev/", "/proc/", "/sys/"].iter().any(|folder| path.starts_with(folder));
    path.starts_with('/') && !is_special
}

/// Why no container can write a path for the helper; nothing if one can, or where that is not visible.
fn problem(view: &ContainerView<'_>, path: &str, pod: PodView<'_>) -> Option<String> {
    let mount = parts::mounts(view).map(|(mount, _)| mount).filter(|mount| parts::is_under(path, &mount.mount_path));
    let Some(mount) = mount.max_by_key(|mount| mount.mount_path.len()) else {
        return Some("mounts no volume there".to_owned());
    };
    let volume = pod.spec.volumes.iter().flatten().find(|volume| volume.name == mount.name)?;
    volume.empty_dir.as_ref()?;
    let others = pod.containers().filter(|other| other.node != view.node);
    let writes = others.flat_map(|other| parts::mounts(&other).map(|(mount, _)| mount).collect::<Vec<_>>());
    let is_written = writes.into_iter().any(|other| other.name == mount.name && other.read_only != Some(true));
    (!is_written).then(|| format!("no other container mounts `{}` writable", mount.name))
}
