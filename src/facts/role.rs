//! What containers are for, in the vocabulary of Burns and Oppenheimer's "Design patterns for
//! container-based distributed systems" and Burns' "Designing Distributed Systems".

use std::fmt;

use serde::Deserialize;

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Role {
    /// The container that the Pod is there for.
    App,
    /// Helps the app: ships its logs, brings its files, ends its TLS.
    Sidecar(Task),
    /// Is between the app and something outside: the app talks to it on loopback.
    Ambassador(Way),
    /// Shows the app to the outside in another form.
    Adapter(Form),
    /// A service mesh's proxy.
    MeshProxy,
    /// A server that the app of this Pod uses: a cache, a database, a container engine.
    Server,
    /// Campaigns for leadership on behalf of the app.
    Elector,
    /// Sends each request to the shard that its key belongs to.
    ShardRouter,
    /// Asks all leaves and merges their answers.
    GatherRoot,
    /// Answers its part of a scattered request.
    Leaf,
    /// Makes a worker for each item of a work queue.
    QueueManager,
    /// Lists the items of a work queue.
    Source,
    /// Works on items of a work queue.
    Worker,
    /// Does its work before the app starts, and ends.
    Init(Preparation),
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
    /// Speaks to the API server for a storage driver.
    Csi,
    /// Something that the manifest does not say.
    Unknown,
}

/// How an ambassador chooses where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// To the one service that it stands for.
    Broker,
    /// To the shard of its key.
    Shard,
    /// To one of several versions, by weight.
    Split,
}

/// In which form an adapter shows the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Metrics in a form that a monitoring system reads.
    Metrics,
    /// Health over HTTP.
    Health,
    /// Logs in one format.
    Logs,
}

/// What an init container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preparation {
    /// Waits for something.
    Wait,
    /// Puts files where the app finds them.
    Files,
    /// Changes a database's schema or data.
    Migration,
    /// Redirects the Pod's traffic.
    Network,
    /// Changes owners, modes or kernel settings.
    System,
    /// The manifest does not say.
    Unknown,
}

/// Each role: how it is written in data and JSON, and as a noun with its article.
const NAMES: &[(Role, &str, &str)] = &[
    (Role::App, "app", "the app"),
    (Role::Sidecar(Task::Logs), "sidecar/logs", "a log shipper"),
    (Role::Sidecar(Task::Telemetry), "sidecar/monitoring", "a telemetry agent"),
    (Role::Sidecar(Task::Tls), "sidecar/tls", "a TLS proxy"),
    (Role::Sidecar(Task::Auth), "sidecar/auth", "an authenticating proxy"),
    (Role::Sidecar(Task::Git), "sidecar/git", "a git puller"),
    (Role::Sidecar(Task::Config), "sidecar/config", "a configuration watcher"),
    (Role::Sidecar(Task::Secrets), "sidecar/secrets", "a secrets agent"),
    (Role::Sidecar(Task::Web), "sidecar/web", "a web server"),
    (Role::Sidecar(Task::Csi), "sidecar/csi", "a storage driver's helper"),
    (Role::Sidecar(Task::Unknown), "sidecar", "a helper"),
    (Role::Ambassador(Way::Broker), "ambassador/broker", "an ambassador"),
    (Role::Ambassador(Way::Shard), "ambassador/shard", "a sharding ambassador"),
    (Role::Ambassador(Way::Split), "ambassador/split", "a splitting ambassador"),
    (Role::Adapter(Form::Metrics), "adapter/metrics", "a metrics adapter"),
    (Role::Adapter(Form::Health), "adapter/health", "a health adapter"),
    (Role::Adapter(Form::Logs), "adapter/logs", "a log adapter"),
    (Role::MeshProxy, "mesh", "a mesh proxy"),
    (Role::Server, "server", "a server"),
    (Role::Elector, "elector", "an elector"),
    (Role::ShardRouter, "shard-router", "a shard router"),
    (Role::GatherRoot, "gather-root", "the scatter/gather root"),
    (Role::Leaf, "leaf", "a leaf"),
    (Role::QueueManager, "queue-manager", "a work queue manager"),
    (Role::Source, "source", "a work queue source"),
    (Role::Worker, "worker", "a worker"),
    (Role::Init(Preparation::Wait), "init/wait", "an init container that waits"),
    (Role::Init(Preparation::Files), "init/files", "an init container that brings files"),
    (Role::Init(Preparation::Migration), "init/migration", "an init container that migrates a database"),
    (Role::Init(Preparation::Network), "init/network", "an init container that redirects traffic"),
    (Role::Init(Preparation::System), "init/system", "an init container that sets the system up"),
    (Role::Init(Preparation::Unknown), "init", "an init container"),
    (Role::Unknown, "unknown", "a container"),
];

impl Role {
    fn names(self) -> (&'static str, &'static str) {
        NAMES.iter().find(|(role, ..)| *role == self).map_or(("unknown", "a container"), |(_, word, noun)| (word, noun))
    }

    /// As data and JSON write it: `sidecar/logs`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.names().0
    }

    /// The pattern and, where there is one, the kind of it: `("sidecar", Some("logs"))`.
    #[must_use]
    pub fn parts(self) -> (&'static str, Option<&'static str>) {
        let word = self.word();
        word.split_once('/').map_or((word, None), |(role, kind)| (role, Some(kind)))
    }

    /// How each is written in data and JSON.
    pub fn names_in_data() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name, _)| *name)
    }

    /// Whether a container of this role is there for another container's sake.
    #[must_use]
    pub fn is_helper(self) -> bool {
        !matches!(self, Self::App | Self::Unknown | Self::Leaf | Self::Worker)
    }
}

impl fmt::Display for Role {
    /// As a noun with its article: "a log shipper".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().1)
    }
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error("no role is called `{0}`")]
pub struct UnknownRole(String);

impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(word: String) -> Result<Self, UnknownRole> {
        // The kind may be left out where the first is the plainest.
        let found = NAMES.iter().find(|(_, name, _)| *name == word);
        let found = found.or_else(|| NAMES.iter().find(|(_, name, _)| name.split('/').next() == Some(&word)));
        found.map(|(role, ..)| *role).ok_or(UnknownRole(word))
    }
}
