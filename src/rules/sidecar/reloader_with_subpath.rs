use std::collections::BTreeMap;

use crate::facts::{PodFacts, Role, Task};
use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

/// A config reloader beside an app whose copy of the configuration never changes.
pub static RULE: Rule = rule!("reloader_with_subpath.md", Error, Check::Facts(check));

/// A ConfigMap or Secret.
type Source<'a> = (&'static str, &'a str);

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if pod.containers().nth(1).is_none() {
        return;
    }
    let sources: BTreeMap<&str, Source<'_>> = pod
        .spec
        .volumes
        .iter()
        .flatten()
        .filter_map(|volume| {
            let map = volume.config_map.as_ref().map(|map| ("ConfigMap", map.name.as_str()));
            let secret = volume.secret.as_ref().and_then(|secret| Some(("Secret", secret.secret_name.as_deref()?)));
            Some((volume.name.as_str(), map.or(secret)?))
        })
        .collect();
    for reloader in facts.members.iter().filter(|one| one.role == Role::Sidecar(Task::Config) || one.signals.is_some())
    {
        let view = reloader.container;
        if !view.runs_beside_app() {
            continue;
        }
        for (mount, watched) in parts::mounts(&view) {
            let Some(source) = sources.get(mount.name.as_str()).filter(|_| mount.sub_path.is_none()) else { continue };
            for app in pod.containers().filter(|app| app.runs_beside_app() && app.node != view.node) {
                if let Some((node, how)) = frozen(&app, *source, &sources) {
                    found
                        .at(node, format!("`{}` never sees a new version of {} `{}`", app.container.name, source.0, source.1))
                        .here(how)
                        .and(watched, format!("`{}` watches for changes here", view.container.name))
                        .because(
                            "the kubelet updates only whole volumes: files mounted by \
                             subPath and variables keep their value from when the container started (kubernetes/kubernetes#50345)",
                        )
                        .help("mount the whole folder, and let the app read its files");
                }
            }
        }
    }
}

/// Where a container takes its copy of a source for good; nothing if it also mounts the whole of it.
fn frozen(
    app: &ContainerView<'_>,
    source: Source<'_>,
    sources: &BTreeMap<&str, Source<'_>>,
) -> Option<(NodeId, &'static str)> {
    let mut mounts =
        parts::mounts(app).filter(|(mount, _)| sources.get(mount.name.as_str()) == Some(&source)).peekable();
    if mounts.peek().is_some() {
        let mut by_path = None;
        for (mount, node) in mounts {
            if mount.sub_path.is_none() && mount.sub_path_expr.is_none() {
                return None;
            }
            by_path = Some(node);
        }
        return by_path.map(|node| (node, "mounted by subPath"));
    }
    let document = &app.pod.object.document;
    let (kind, name) = source;
    let variable = parts::variables(app).find(|(variable, _)| {
        variable.value_from.as_ref().is_some_and(|from| match kind {
            "Secret" => from.secret_key_ref.as_ref().is_some_and(|key| key.name == name),
            _ => from.config_map_key_ref.as_ref().is_some_and(|key| key.name == name),
        })
    });
    let all =
        parts::zipped(document, app.at(&["envFrom"]), app.container.env_from.as_deref()).find(|(from, _)| match kind {
            "Secret" => from.secret_ref.as_ref().is_some_and(|secret| secret.name == name),
            _ => from.config_map_ref.as_ref().is_some_and(|map| map.name == name),
        });
    let node = variable.map(|(_, node)| node).or(all.map(|(_, node)| node))?;
    Some((node, "read into the environment once, at startup"))
}
