//! What a program's command line, variables and configuration files mean, as data: one YAML file for each program
//! under `programs/`, and in the same form under `lint.programs` of a project's `.patterns.yaml`.

mod asked;
mod config;
mod endpoint;
mod many;
mod pods;
mod runs;

use serde::Deserialize;

use super::Role;
pub use config::{Config, Format};
pub use endpoint::{Endpoint, Filtered, Form, Part, Replaced, When};
pub use many::Many;
pub use pods::{Disk, Folder, Moved, Needs, Owns, Replicas, Root, Token, User};
pub use runs::{Runs, Serves};

/// A program whose facts are documented.
///
/// ```yaml
/// program: oauth2-proxy                 # its name in findings
/// binaries: [oauth2-proxy, oauth2_proxy]
/// images: [oauth2-proxy/oauth2-proxy]
/// role: sidecar/auth
/// runs: {ends: [--version]}
/// options: {boolean: [--skip-provider-button]}
/// config: [{option: --config, format: toml}]
/// listens:
///   - {option: --http-address, env: OAUTH2_PROXY_HTTP_ADDRESS, key: http_address, absent: "127.0.0.1:4180", speaks: http}
/// dials:
///   - {option: --upstream, env: OAUTH2_PROXY_UPSTREAMS, key: upstreams/*, speaks: http}
/// source: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name, as findings say it.
    pub program: String,
    /// The names of its executables. The first is what its images start.
    pub binaries: Vec<String>,
    /// The ends of the repositories of its images, whole path segments: `nginx`, `bitnami/nginx`. A segment may hold
    /// `*`. Registries and mirrors before it, and suffixes of an architecture (`-amd64`, `-arm64`), do not matter.
    #[serde(default)]
    pub images: Vec<String>,
    /// Who publishes its images beside those that `source` and `images` name: folders before the last word of a
    /// repository, which other programs may have, too (`kafka-exporter`).
    #[serde(default)]
    pub publishers: Vec<String>,
    /// Only images whose tag contains this are meant, or whose version is before one: `<1.23`.
    #[serde(default)]
    pub tag: Option<String>,
    /// What a container is for that runs it beside an app.
    #[serde(default)]
    pub role: Option<Role>,
    /// What it is for instead, the first whose condition holds: `ghostunnel client` is an ambassador.
    #[serde(default)]
    pub roles: Vec<RoleWhen>,
    /// What its images start.
    #[serde(default)]
    pub entrypoint: Entrypoint,
    /// Arguments that its images start it with where the manifest gives none (`CMD`), or always before those
    /// (`ENTRYPOINT`): only those that change a fact.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Whether its images hold a shell and the usual tools. Absent: not known.
    #[serde(default)]
    pub shell: Option<Shell>,
    /// Whether its process exits by itself.
    #[serde(default)]
    pub runs: Runs,
    /// How it reads its command line.
    #[serde(default)]
    pub options: Options,
    /// The configuration files that it reads.
    #[serde(default)]
    pub config: Vec<Config>,
    /// Where it accepts connections.
    #[serde(default)]
    pub listens: Vec<Endpoint>,
    /// Where it connects to.
    #[serde(default)]
    pub dials: Vec<Endpoint>,
    /// The files and folders that it reads, apart from its configuration.
    #[serde(default)]
    pub reads: Vec<PathSetting>,
    /// The files and folders that it writes.
    #[serde(default)]
    pub writes: Vec<PathSetting>,
    /// When it sends signals to processes of other containers.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// Its leader election, if it has one.
    #[serde(default)]
    pub elects: Option<Elects>,
    /// The users that its images become that start as root; the first that holds.
    #[serde(default)]
    pub users: Vec<User>,
    /// The folder that it has to own.
    #[serde(default)]
    pub owns: Option<Owns>,
    /// When it writes beside the files of its image.
    #[serde(default)]
    pub root: Option<Root>,
    /// What it makes of a disk.
    #[serde(default)]
    pub disk: Disk,
    /// What its replicas have in common.
    #[serde(default)]
    pub replicas: Replicas,
    /// The variables without which it does not set up a database.
    #[serde(default)]
    pub needs: Option<Needs>,
    /// Whether it reads commands from its terminal where it gets no arguments, and ends at once without one.
    #[serde(default)]
    pub interactive: bool,
    /// The token for the API server that it needs.
    #[serde(default)]
    pub token: Option<Token>,
    /// HTTP paths that its documentation names for health.
    #[serde(default)]
    pub probes: Vec<String>,
    /// Where its documentation or source says all this.
    #[serde(default)]
    pub source: String,
}

/// What a program is for under a condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleWhen {
    /// The condition.
    pub when: When,
    /// What it is for then.
    pub role: Role,
}

/// What a program's images start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entrypoint {
    /// The program: `args` are its arguments.
    #[default]
    Binary,
    /// The program, whose `arguments` are of `CMD`: `args` replace them.
    Command,
    /// A script that runs its first argument if that is not an option, else the program with the arguments.
    Script,
    /// Nothing (`CMD` only): `args` are the command.
    None,
}

/// Whether images hold `/bin/sh` and the usual tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// They do.
    Present,
    /// They hold the program and nothing else.
    None,
}

/// How a program reads its command line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The form of options.
    #[serde(default)]
    pub style: Style,
    /// Options without their own value: the next word is not theirs.
    #[serde(default)]
    pub boolean: Vec<String>,
    /// Options whose value, the next word, means nothing here.
    #[serde(default)]
    pub valued: Many,
    /// Options that say a key of the configuration: `-c port=5433` of PostgreSQL, `-E http.port=9201` of Elasticsearch.
    #[serde(default)]
    pub settings: Many,
    /// Variables whose words it reads as options, before its command line, which counts more: `GUNICORN_CMD_ARGS`.
    #[serde(default)]
    pub env: Many,
}

/// The form of options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `--name=value`, `--name value`, `-n value`, `-nvalue`, `-n=value`.
    #[default]
    Gnu,
    /// Go's: `-name` and `--name` are the same; a boolean takes its value only after `=`.
    Go,
    /// `name=value` words.
    Words,
    /// Redis's: `--name value value`, as lines of its configuration.
    Redis,
}

/// A file or folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathSetting {
    /// The options that name it.
    #[serde(default)]
    pub option: Many,
    /// The variables that name it.
    #[serde(default)]
    pub env: Many,
    /// The keys that name it.
    #[serde(default)]
    pub key: Many,
    /// Where it is unless told otherwise.
    #[serde(default)]
    pub absent: Many,
    /// A switch without which the entry does not count.
    #[serde(default)]
    pub when: Option<When>,
    /// Only values `PROPERTY=path` count: `-p path=/var/log/x` of Fluent Bit.
    #[serde(default)]
    pub property: Option<String>,
    /// What for.
    #[serde(default)]
    pub purpose: Purpose,
    /// Whether the value may name several, separated by commas.
    #[serde(default)]
    pub list: bool,
}

/// What a program reads or writes a place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Data of any kind.
    #[default]
    Data,
    /// Log files that it follows.
    Logs,
    /// Configuration that it watches or brings.
    Config,
    /// A checkout behind a symbolic link that is swapped.
    Checkout,
    /// Secrets that it brings.
    Secrets,
    /// What it needs to write at run time although it is not told so: caches, pid files.
    Scratch,
}

/// When a program sends signals to processes of other containers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The options that ask for it.
    #[serde(default)]
    pub option: Many,
    /// The variables that ask for it.
    #[serde(default)]
    pub env: Many,
}

/// A leader election of a program's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elects {
    /// Whether it is on unless switched off.
    #[serde(default)]
    pub absent: bool,
    /// The option that switches it, if it is none of the usual ones (`--leader-elect`, `--enable-leader-election` …).
    #[serde(default)]
    pub option: Many,
    /// The variable that does.
    #[serde(default)]
    pub env: Many,
    /// The key that does.
    #[serde(default)]
    pub key: Many,
    /// What has to be said for it to be on, if no switch does: the store that its leader is kept in.
    #[serde(default)]
    pub when: Option<When>,
    /// What has to be said for its leader to be kept outside of Kubernetes: in etcd, Consul or `ZooKeeper`.
    #[serde(default)]
    pub outside: Option<When>,
    /// What its lock is, if it is no Lease: `endpoints`, `configmaps`.
    #[serde(default)]
    pub lock: Option<String>,
    /// The namespace of its lock, if it is not the Pod's own.
    #[serde(default)]
    pub namespace: Option<String>,
}
