//! `app`: the one container that the user brings, and the others that have its keys.

mod env;
mod files;
mod health;
mod ports;
mod read;
mod resources;
mod rights;
mod text;
mod volume_source;
mod volumes;

use serde_json::Value as Json;

pub use env::{EnvFrom, EnvSource, EnvVar};
pub use files::Files;
pub use health::{Handler, Health, Probe, Request};
pub use ports::NamedPort;
pub use read::read;
pub use resources::{Resources, read as read_resources};
pub use rights::Right;
pub use text::looks_like_secret;
pub use volumes::{Shared, Volume, Writable};

use super::spanned::{Place, Spanned};

/// The user's container.
#[derive(Clone, Debug)]
pub struct App {
    /// Image reference.
    pub image: String,
    /// Where it is written.
    pub image_place: Option<Place>,
    /// Where it listens.
    pub port: Option<u16>,
    /// Where the port is written.
    pub port_place: Option<Place>,
    /// The node's port that leads there.
    pub host_port: Option<u16>,
    /// What it speaks there, if that is said.
    pub protocol: Option<String>,
    /// Where the protocol is written.
    pub protocol_place: Option<Place>,
    /// Its further ports.
    pub ports: Vec<NamedPort>,
    /// How its health is checked.
    pub health: Health,
    /// Instead of the image's entrypoint.
    pub command: Vec<String>,
    /// Arguments.
    pub args: Vec<String>,
    /// Environment, in the order of the file; none if nothing is said.
    pub env: Vec<EnvVar>,
    /// Secrets and `ConfigMaps` whose keys are variables.
    pub env_from: Vec<EnvFrom>,
    /// Files from beside the description.
    pub files: Files,
    /// The folder that it starts in.
    pub workdir: Option<String>,
    /// Its terminal, its standard input and what its status shows of a failure, as Kubernetes writes them.
    pub more: Json,
    /// Further numeric groups of the Pod's processes.
    pub groups: Vec<i64>,
    /// Its `SELinux` label, as Kubernetes writes it; null if nothing is said.
    pub selinux: Json,
    /// Whether its programs may gain rights by their files, if that is said.
    pub new_privileges: Option<bool>,
    /// Numeric user.
    pub user: i64,
    /// Numeric group, if that is said.
    pub group: Option<i64>,
    /// Numeric group of the Pod's volumes, if it is another.
    pub volume_group: Option<i64>,
    /// Has all rights of the node.
    pub privileged: bool,
    /// Rights of root that it keeps, as Kubernetes calls them.
    pub capabilities: Vec<String>,
    /// Paths it writes to.
    pub writable: Vec<Writable>,
    /// Whether it may write wherever its user may.
    pub writable_root: bool,
    /// Volumes that several containers share.
    pub shared: Vec<Shared>,
    /// What it asks for and may use.
    pub resources: Resources,
    /// Listens on 127.0.0.1 only.
    pub loopback: bool,
    /// Seconds that a stopping Pod still answers.
    pub drain: u64,
    /// Seconds from SIGTERM to SIGKILL, if that is said.
    pub stop: Option<u64>,
    /// Seconds that its Pod has to end, if that is said to the second.
    pub within: Option<u64>,
    /// What runs in the container before SIGTERM.
    pub before_stop: Vec<String>,
    /// What runs in the container once it has started.
    pub after_start: Vec<String>,
    /// What it may do in its namespace.
    pub rights: Vec<Right>,
    /// What it may do in the whole cluster.
    pub cluster_rights: Vec<Right>,
    /// An existing `ServiceAccount`.
    pub account: Option<(String, Place)>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// All of it as it was written.
    pub written: Spanned,
    /// Where `app` is.
    pub place: Place,
}

impl App {
    /// Whether a key was written.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.written.get(key).is_some()
    }

    /// Whether it may do anything in the cluster, for which it needs the token of its Pod's account.
    #[must_use]
    pub fn has_rights(&self) -> bool {
        !self.rights.is_empty() || !self.cluster_rights.is_empty()
    }

    /// The keys that were written.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.written.members().iter().map(|member| member.key.as_str())
    }

    /// Where the value under these keys is written, as far as they lead; `app` itself where they lead nowhere.
    #[must_use]
    pub fn place_at(&self, keys: &[&str]) -> &Place {
        let mut at = &self.written;
        let mut place = &self.place;
        for key in keys {
            let Some(next) = at.get(key) else { break };
            (at, place) = (next, &next.place);
        }
        place
    }

    /// TCP or UDP, of its main port.
    #[must_use]
    pub fn transport(&self) -> &'static str {
        if self.protocol.as_deref() == Some("udp") { "UDP" } else { "TCP" }
    }
}

/// A number as text, or the text itself.
fn scalar(value: &Spanned) -> String {
    value.text().map_or_else(|| value.to_json().to_string(), str::to_owned)
}

/// A text under a key.
fn text_of(value: &Spanned, key: &str) -> Option<String> {
    value.get(key).and_then(Spanned::text).map(str::to_owned)
}

/// Members as a JSON object.
fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(
        members.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.into(), value)).collect(),
    )
}
