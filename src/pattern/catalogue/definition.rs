//! `pattern.yaml`: what a pattern is called, takes, listens on and claims.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_path_to_error::{Deserializer, Path, Track};

use super::families::Family;
use super::flow::Flow;

/// A pattern's definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of pattern.yaml")]
pub struct Definition {
    /// The name that descriptions use.
    pub name: String,
    /// The folder above it: sidecar, ambassador, adapter, single-container, serving or batch.
    pub family: String,
    /// One line.
    pub summary: String,
    /// Where the literature describes it.
    pub literature: String,
    /// The parameter that a bare scalar stands for.
    #[serde(default)]
    pub main: Option<String>,
    /// JSON Schema of the parameters.
    pub params: Json,
    /// What must hold between parameters.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The role in `patterns/images.yaml` of its container.
    #[serde(default)]
    pub image: Option<String>,
    /// The roles of its containers, where parameters decide which of several programs runs.
    #[serde(default)]
    pub images: Vec<String>,
    /// Ports of its own.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// Variables that the app gets: `HOST` is `<AS>_HOST`, with the value of an expression over the entry's context.
    #[serde(default)]
    pub provides: BTreeMap<String, String>,
    /// What `gen` says on standard error when it holds.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// A shape that brings its own containers and has no place for an `app`.
    #[serde(default)]
    pub brings_containers: bool,
    /// A shape that no route can lead to, and why.
    #[serde(default)]
    pub unexposed: Option<String>,
    /// A shape whose Service has no address of its own: it offers the Pods' port as it is.
    #[serde(default)]
    pub headless: bool,
    /// A shape that can run on a schedule.
    #[serde(default)]
    pub schedulable: bool,
    /// What must hold between parameters when it does.
    #[serde(default)]
    pub scheduled_checks: Vec<Check>,
    /// A shape that is one workload for each member of a parameter.
    #[serde(default)]
    pub each: Option<Each>,
    /// A shape whose parts pass messages on.
    #[serde(default)]
    pub flow: Option<Flow>,
    /// What such a shape calls the container that patterns add to (default: the document's name).
    #[serde(default)]
    pub main_container: Option<String>,
    /// The port that such a shape is reached at.
    #[serde(default)]
    pub serves: Option<String>,
    /// The parameter with containers that are in front of the app, by name, the outermost first.
    #[serde(default)]
    pub front: Option<String>,
    /// A shape whose replicas are told apart: how others reach each.
    #[serde(default)]
    pub shards: Option<Shards>,
    /// An expression over `params`: whether it connects to the app's port. One that claims it does in any case.
    #[serde(default)]
    pub needs_port: Option<String>,
    /// What it makes of the number of replicas, if it decides about that.
    #[serde(default)]
    pub replicas: Option<Replicas>,
    /// How it reports whether the app is ready, if the app's readiness probe is to go there.
    #[serde(default)]
    pub answers_readiness: Option<Readiness>,
    /// Whether it decides who may talk to the app: a way around it is worth a note.
    #[serde(default)]
    pub guards: bool,
    /// The app's inbound port, if it takes that over.
    #[serde(default)]
    pub claims: Option<Claim>,
    /// Files of its `ConfigMap`: name in the map → template in the folder. The template of `*` is a map of files, each
    /// with one value as JSON.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// What is different for some values of the parameters; the first that holds counts.
    #[serde(default)]
    pub variants: Vec<Variant>,
}

/// A form of a pattern that some parameters give it: what it names replaces what the definition says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Variant {
    /// A template expression over `params`, as in [`Check::that`].
    pub when: String,
    /// See [`Definition::brings_containers`].
    pub brings_containers: Option<bool>,
    /// See [`Definition::unexposed`].
    pub unexposed: Option<String>,
    /// See [`Definition::main_container`].
    pub main_container: Option<String>,
    /// See [`Definition::headless`].
    pub headless: Option<bool>,
    /// See [`Definition::serves`].
    pub serves: Option<String>,
    /// See [`Definition::claims`].
    pub claims: Option<Claim>,
    /// See [`Definition::config`].
    pub config: Option<BTreeMap<String, String>>,
}

/// Who decides how many replicas run, if not the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replicas {
    /// An autoscaler: the workload has no number of its own.
    Scaled,
    /// None: everything that the document runs is stopped.
    Stopped,
}

/// A pattern that answers for the app's readiness, over HTTP and on any path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readiness {
    /// Which of the pattern's ports answers.
    pub port: String,
    /// The parameter that says how long it may take; the probe waits a second longer.
    pub timeout: String,
}

/// The parts of a shape that others reach one by one. All are template expressions over `name` (the document's),
/// `params` and `shard`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shards {
    /// How many there are.
    pub count: String,
    /// The DNS name of number `shard`, within the namespace.
    pub host: String,
    /// Whether there is a Service of the document's name as well (default: always).
    #[serde(default)]
    pub service: Option<String>,
}

/// A workload for each member of a parameter: the Pod, its configuration and the templates named `each*` are
/// rendered for each of them, the others once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The parameter, a map.
    pub of: String,
    /// What templates call a member: its value, and its key as `name`.
    pub r#as: String,
}

/// A condition on several parameters, which a schema cannot express.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// A template expression over `params` and, where it speaks of them, `references` and the `document`, of which
    /// docs/own-pattern.md lists what it has.
    pub that: String,
    /// The parameter to point at.
    pub at: String,
    /// What is wrong when it does not hold.
    pub message: String,
}

/// Something that the user should know and that is not a mistake.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// When it is said: an expression over `params`, `app` and, as in [`Check::that`], the `document`.
    pub when: String,
    /// What: an expression over `params`, the `entry`'s name and the `prefix` of its variables.
    pub say: String,
}

/// A port that the pattern's container listens on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Port {
    /// What templates call it; `ports.<name>`.
    pub name: String,
    /// Where it listens unless that is taken: then the next free number.
    #[serde(default)]
    pub port: u16,
    /// The parameter that sets it.
    #[serde(default)]
    pub param: Option<String>,
    /// It is on localhost where the app looks for the real thing: an app that listens there itself is in the way.
    #[serde(default)]
    pub local: bool,
    /// Where clients of a protocol look for it, instead of `port`.
    #[serde(default)]
    pub well_known: Option<WellKnown>,
    /// An expression over `params`: whether there is such a port.
    #[serde(default)]
    pub when: Option<String>,
    /// Clients talk to it as they do to the app; other ports of patterns are for those who operate the Pod.
    #[serde(default)]
    pub traffic: bool,
}

/// A port number by the value of a parameter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WellKnown {
    /// The parameter, such as `protocol`.
    pub param: String,
    /// The numbers, by its values.
    pub of: BTreeMap<String, u16>,
}

impl Port {
    /// The number that it takes if that is free.
    #[must_use]
    pub fn number(&self, params: &Json) -> u16 {
        let known = self.well_known.as_ref().and_then(|known| known.of.get(params.get(&known.param)?.as_str()?));
        known.copied().unwrap_or(self.port)
    }
}

/// What the outermost claimer presents instead of the app.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Claim {
    /// Which of the pattern's ports takes the traffic.
    pub port: String,
    /// What it answers: `HTTP` or `HTTPS`, as probes write it.
    pub scheme: String,
    /// What it speaks to the container that it hands the traffic on to.
    pub upstream: String,
    /// The Service's port.
    pub service: u16,
    /// The Service port's name and `appProtocol`.
    pub protocol: String,
}

impl Claim {
    /// What a container of the user's in front of the app presents.
    pub(crate) fn http() -> Self {
        let http = || "HTTP".to_owned();
        Self { port: "main".to_owned(), scheme: http(), upstream: http(), service: 80, protocol: "http".to_owned() }
    }
}

impl Definition {
    /// Reads `pattern.yaml`. All of it is read this way, because each way of reading takes room in the program.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &Json) -> Result<Self, (serde_json::Error, Path)> {
        let mut track = Track::new();
        Self::deserialize(Deserializer::new(json, &mut track)).map_err(|error| (error, track.path()))
    }

    /// Whether it is a topology (`shape`) and not something to `use`.
    #[must_use]
    pub fn is_shape(&self) -> bool {
        Family::named(&self.family).is_some_and(Family::is_of_shapes)
    }

    /// Puts a variant in the place of what it names.
    pub(crate) fn become_variant(&mut self, variant: Variant) {
        fn replace<T>(field: &mut T, other: Option<T>) {
            if let Some(other) = other {
                *field = other;
            }
        }
        replace(&mut self.brings_containers, variant.brings_containers);
        self.unexposed = variant.unexposed.or(self.unexposed.take());
        self.main_container = variant.main_container.or(self.main_container.take());
        replace(&mut self.headless, variant.headless);
        self.serves = variant.serves.or(self.serves.take());
        self.claims = variant.claims.or(self.claims.take());
        replace(&mut self.config, variant.config);
    }
}
