//! What each container of a Pod is for, and how we know. Rules ask for roles; only this module looks at
//! images and command lines.

mod images;
mod program;
pub mod shell;

use std::fmt;

use crate::kube::{ContainerList, ContainerView, PodView};
use crate::yaml::NodeId;

pub use program::Lifetime;

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The container that the Pod is there for.
    App,
    /// Helps the app: ships its logs, brings its files, ends its TLS.
    Sidecar(Task),
    /// Stands between the app and something outside: the app talks to it on loopback.
    Ambassador,
    /// Shows the app to the outside in another form: metrics, health.
    Adapter,
    /// A service mesh's proxy.
    MeshProxy,
    /// A server that the app of this Pod uses: a cache, a database, a container engine.
    Server,
    /// Nothing that we recognise.
    Unknown,
}

/// What a sidecar does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Ships logs.
    Logs,
    /// Collects metrics or traces.
    Telemetry,
    /// Ends TLS.
    Tls,
    /// Checks who is asking.
    Auth,
    /// Brings files from git.
    Git,
    /// Brings or watches configuration.
    Config,
    /// Brings secrets.
    Secrets,
    /// Serves what the app answers, to the world.
    Web,
}

impl fmt::Display for Role {
    /// As a noun with its article: "a log shipper".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::App => "the app",
            Self::Sidecar(Task::Logs) => "a log shipper",
            Self::Sidecar(Task::Telemetry) => "a telemetry agent",
            Self::Sidecar(Task::Tls) => "a TLS proxy",
            Self::Sidecar(Task::Auth) => "an authenticating proxy",
            Self::Sidecar(Task::Git) => "a git puller",
            Self::Sidecar(Task::Config) => "a configuration watcher",
            Self::Sidecar(Task::Secrets) => "a secrets agent",
            Self::Sidecar(Task::Web) => "a web server",
            Self::Ambassador => "an ambassador",
            Self::Adapter => "an adapter",
            Self::MeshProxy => "a mesh proxy",
            Self::Server => "a server",
            Self::Unknown => "a container",
        })
    }
}

/// Why a container is taken for what it is.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The node that shows it.
    pub node: NodeId,
    /// What it shows, in a few words.
    pub shows: String,
}

/// A container with its role.
#[derive(Clone, Debug)]
pub struct Recognised<'object> {
    /// The container.
    pub container: ContainerView<'object>,
    /// What it is for.
    pub role: Role,
    /// Whether its process ends by itself.
    pub lifetime: Lifetime,
    /// What it was recognised by, the strongest first; empty for what is not recognised.
    pub evidence: Vec<Evidence>,
}

impl Recognised<'_> {
    /// Whether it is there for another container's sake.
    #[must_use]
    pub fn is_helper(&self) -> bool {
        !matches!(self.role, Role::App | Role::Unknown)
    }
}

/// The role of every container of a Pod, init containers first.
#[must_use]
pub fn containers(pod: PodView<'_>) -> Vec<Recognised<'_>> {
    let mut all: Vec<_> = pod.containers().map(recognise).collect();
    let is_main = |one: &Recognised<'_>| one.container.list == ContainerList::Main;
    // What is left over when all others are helpers is what they help.
    let mut apps = all.iter_mut().filter(|one| is_main(one) && one.role == Role::Unknown);
    if let (Some(app), None) = (apps.next(), apps.next()) {
        app.role = Role::App;
        let shows = "the only container that is no known helper".to_owned();
        app.evidence.push(Evidence { node: app.container.name_node(), shows });
    }
    all
}

fn recognise(container: ContainerView<'_>) -> Recognised<'_> {
    let image = container.container.image.as_deref().unwrap_or_default();
    let known = images::find(image);
    let command = program::Command::of(&container, known);
    let mut evidence = Vec::new();
    let mut role = Role::Unknown;
    if let Some(known) = known.filter(|known| command.runs(known)) {
        role = known.role;
        if let Some(node) = container.at(&["image"]) {
            evidence.push(Evidence { node, shows: format!("the image is {}", known.name) });
        }
    } else if let Some(known) = command.program().and_then(images::find_program) {
        role = known.role;
        if let Some(node) = container.at(&["command"]).or_else(|| container.at(&["args"])) {
            evidence.push(Evidence { node, shows: format!("it runs {}", known.programs[0]) });
        }
    } else if command.follows_a_file() {
        role = Role::Sidecar(Task::Logs);
        if let Some(node) = container.at(&["command"]).or_else(|| container.at(&["args"])) {
            evidence.push(Evidence { node, shows: "it follows a file with tail".to_owned() });
        }
    }
    let lifetime = command.lifetime();
    Recognised { container, role, lifetime, evidence }
}
