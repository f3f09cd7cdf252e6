//! How a container's role looks, and what it is called.

use super::model::Look;
use crate::facts::{ContainerFacts, Role, Task};
use crate::kube::ContainerList;
use crate::kube::image::Reference;
use crate::text::Text;

/// Look and name of a container's role.
pub(super) fn of(one: &ContainerFacts<'_>) -> (Look, String) {
    if let Some((look, name)) = agent(one).and_then(of_agent) {
        return (look, name.to_owned());
    }
    let ends_first = one.container.list == ContainerList::Init && !one.container.is_native_sidecar();
    let look = match one.role {
        _ if ends_first => Look::Init,
        Role::App | Role::Leaf | Role::Worker | Role::Server => Look::App,
        Role::Sidecar(_) | Role::MeshProxy | Role::Source => Look::Sidecar,
        Role::Ambassador(_) | Role::ShardRouter => Look::Ambassador,
        Role::Adapter(_) => Look::Adapter,
        Role::Elector | Role::GatherRoot | Role::QueueManager => Look::Coordinator,
        Role::Init(_) => Look::Init,
        Role::Unknown if one.container.is_native_sidecar() => Look::Sidecar,
        Role::Unknown => Look::Container,
    };
    let noun = one.role.to_string();
    let noun = ["the ", "an ", "a "].iter().find_map(|article| noun.strip_prefix(article)).unwrap_or(&noun);
    let name = match (look, one.role) {
        (Look::Init, Role::Unknown) => "init container",
        (Look::Sidecar, Role::Unknown | Role::Sidecar(Task::Unknown)) => "sidecar",
        _ => noun,
    };
    (look, name.to_owned())
}

/// The role that `patterns-agent` is started in.
pub(super) fn agent<'object>(one: &ContainerFacts<'object>) -> Option<&'object str> {
    let container = one.container.container;
    let name = Reference::of(container.image.as_deref()?).name();
    container.args.as_deref()?.first().filter(|_| name == "patterns-agent").map(Text::as_str)
}

fn of_agent(role: &str) -> Option<(Look, &'static str)> {
    Some(match role {
        "elect" => (Look::Coordinator, "elector"),
        "gather" => (Look::Coordinator, "scatter/gather root"),
        "queue" => (Look::Coordinator, "work queue manager"),
        "join" => (Look::Coordinator, "join barrier"),
        "source-dir" => (Look::Sidecar, "work queue source"),
        "topz" => (Look::Sidecar, "process viewer"),
        "introspect" => (Look::Sidecar, "introspection"),
        "reload" => (Look::Sidecar, "configuration watcher"),
        "health" => (Look::Adapter, "health adapter"),
        _ => return None,
    })
}
