//! What each container of a Pod is for, and how we know. Rules ask for roles; only this module looks at
//! images and command lines.

pub mod address;
pub mod config;
pub mod elector;
pub mod hosts;
mod images;
pub mod names;
pub mod nginx;
mod pod;
mod program;
mod role;
pub mod shards;
pub mod shell;
mod solo;
pub mod workload;

use crate::kube::{ContainerView, Index, PodView};
use crate::yaml::NodeId;

pub use images::know;
pub(crate) use images::split as split_image;
pub use program::Lifetime;
pub use role::{Form, Preparation, Role, Task, Way};

/// Why a container is taken for what it is.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The node that shows it, in the object of the container.
    pub node: NodeId,
    /// What it shows, in a few words.
    pub shows: String,
}

/// How sure we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// By its name or by what is left over.
    Likely,
    /// By its program, its flags or its configuration.
    Certain,
}

/// A container with its role.
#[derive(Clone, Debug)]
pub struct Recognised<'object> {
    /// The container.
    pub container: ContainerView<'object>,
    /// What it is for.
    pub role: Role,
    /// How sure we are of it.
    pub confidence: Confidence,
    /// Whether its process ends by itself.
    pub lifetime: Lifetime,
    /// What it was recognised by, the strongest first; empty for what is not recognised.
    pub evidence: Vec<Evidence>,
}

impl Recognised<'_> {
    /// Whether it is there for another container's sake.
    #[must_use]
    pub fn is_helper(&self) -> bool {
        self.role.is_helper()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.container.container.name
    }

    /// The ports that it declares, and those where its program listens unless it is told otherwise.
    #[must_use]
    pub fn known_ports(&self) -> Vec<u16> {
        let declared = self.container.container.ports.iter().flatten();
        let declared = declared.filter_map(|port| u16::try_from(port.container_port).ok());
        let told = self.told_ports();
        let is_open = |port: &u16| told.is_empty() || !matches!(port, 5432 | 3306 | 1433);
        let defaults = self.default_ports().iter().copied().filter(is_open);
        declared.chain(defaults).chain(told.iter().copied()).collect()
    }

    /// Where `--port` makes Google's database proxies listen, one port for each instance: not at their defaults
    /// then (GoogleCloudPlatform/cloud-sql-proxy: README.md).
    fn told_ports(&self) -> Vec<u16> {
        let program = self.image().map_or("", |image| image.programs[0].as_str());
        if !matches!(program, "cloud-sql-proxy" | "alloydb-auth-proxy") {
            return Vec::new();
        }
        let texts = address::texts(&self.container);
        let words: Vec<&str> = texts.iter().filter(|text| text.variable.is_none()).map(|text| text.text).collect();
        if words.iter().any(|word| word.contains("port=") && word.contains('?')) {
            return Vec::new();
        }
        let joined = words.iter().find_map(|word| word.strip_prefix("--port="));
        let apart = || words.iter().position(|word| matches!(*word, "--port" | "-p")).and_then(|at| words.get(at + 1));
        let first = joined.or_else(|| apart().copied()).and_then(|port| port.parse::<u16>().ok());
        let is_instance = |word: &&&str| !word.starts_with('-') && (word.contains(':') || word.contains('/'));
        let count = words.iter().filter(is_instance).count().max(1);
        first.map(|first| (first..=u16::MAX).take(count).collect()).unwrap_or_default()
    }

    /// The ports where its program is known to listen unless it is told otherwise.
    #[must_use]
    pub fn default_ports(&self) -> &'static [u16] {
        self.image().map_or(&[], |image| &image.ports)
    }

    /// Whether it is a proxy that does whatever its configuration says.
    #[must_use]
    pub fn is_general_proxy(&self) -> bool {
        let program = self.image().map_or("", |image| image.programs[0].as_str());
        matches!(program, "nginx" | "openresty" | "envoy" | "haproxy" | "caddy" | "traefik" | "socat")
    }

    fn image(&self) -> Option<&'static images::Image> {
        images::find(self.container.container.image.as_deref().unwrap_or_default())
    }

    /// Whether its image is known to hold its program and no shell or tool beside it.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        is_bare(self.container.container.image.as_deref().unwrap_or_default())
    }
}

/// Whether an image is known to hold its program and no shell or tool beside it. Tags that name another
/// base (`-alpine`, `-debug`) may hold one.
#[must_use]
pub fn is_bare(image: &str) -> bool {
    let (repository, tag) = images::split(image);
    let has_base =
        ["alpine", "busybox", "debug", "bullseye", "bookworm", "buster", "trixie", "debian", "ubuntu", "ubi"]
            .iter()
            .any(|base| tag.contains(base));
    let is_distroless = repository.starts_with("gcr.io/distroless/") && !repository.contains("busybox");
    let is_named_so = tag.contains("distroless") || repository.ends_with("-distroless");
    // Our own image holds nothing but its program either.
    let is_pause = repository.ends_with("/pause") || repository.rsplit('/').next() == Some("patterns-agent");
    !has_base && (is_distroless || is_named_so || is_pause || images::find(image).is_some_and(|image| image.bare))
}

/// The role of every container of a Pod, init containers first, by what the Pod itself says.
#[must_use]
pub fn containers(pod: PodView<'_>) -> Vec<Recognised<'_>> {
    containers_among(pod, &Index::default())
}

/// The same, by what the ConfigMaps of the run say too.
#[must_use]
pub fn containers_among<'run>(pod: PodView<'run>, index: &Index<'run>) -> Vec<Recognised<'run>> {
    let mut all: Vec<_> = pod.containers().map(solo::recognise).collect();
    pod::relate(pod, index, &mut all);
    all
}
