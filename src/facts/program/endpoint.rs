//! How a description of a program says an address, and a condition.

use serde::Deserialize;

use super::many::Many;

/// Where a program listens or connects to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Endpoint {
    /// The options that say it, the strongest first. `#1` is the first argument that is not an option, `#*` each of them.
    #[serde(default)]
    pub option: Many,
    /// The variables that say it, where no option does.
    #[serde(default)]
    pub env: Many,
    /// The keys of the configuration that say it, where neither does: segments joined by `/`, `*` for any one segment,
    /// `**` for any number.
    #[serde(default)]
    pub key: Many,
    /// How the value is written.
    #[serde(default)]
    pub form: Form,
    /// Where the host is said, if the value is a port alone.
    #[serde(default)]
    pub host: Option<Part>,
    /// Where the port is said, if the value is a host alone.
    #[serde(default)]
    pub port: Option<Part>,
    /// What holds where nothing says it: `127.0.0.1:4180`, `:8080`. Absent: nothing then.
    #[serde(default)]
    pub absent: Many,
    /// Whether each request may name another target in place of that: `/probe?target=`.
    #[serde(default)]
    pub asked: bool,
    /// Whether each argument that is not an option has its own port, counted up from this one.
    #[serde(default)]
    pub counts_up: bool,
    /// A switch without which the entry does not count.
    #[serde(default)]
    pub when: Option<When>,
    /// What puts another address in the place of those that `key` says.
    #[serde(default)]
    pub replaced: Option<Replaced>,
    /// What leaves out some of those that `key` says.
    #[serde(default)]
    pub filtered: Option<Filtered>,
    /// The protocol above TCP: `http`, `https`, `grpc`, `redis`, `postgres`, `mysql`, `tls` … Absent: not known.
    #[serde(default)]
    pub speaks: Option<String>,
    /// Whether it is UDP.
    #[serde(default)]
    pub udp: bool,
    /// Whether the value may name several, separated by commas or blanks.
    #[serde(default)]
    pub list: bool,
    /// What the configuration calls its groups of hosts, whose names are no hosts themselves: `upstream` of nginx.
    #[serde(default)]
    pub groups: Option<String>,
}

/// What puts another address in the place of those of the same item of the outermost list: `relabel_configs` of
/// Prometheus.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// The key that says what is replaced.
    pub key: String,
    /// Its value where that is the address.
    pub is: String,
    /// The key beside it with the other address.
    pub by: String,
    /// A key beside it with which it replaces only some, and which ones is not known.
    pub some: String,
}

/// What leaves out addresses of the same item of the outermost list by an expression, as Prometheus' `relabel_configs`
/// do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filtered {
    /// The key that says what is done.
    pub key: String,
    /// Its value where only what the expression matches as a whole is kept.
    pub keep: String,
    /// Its value where that is left out.
    pub drop: String,
    /// A list beside it of what the expression is compared with.
    pub of: String,
    /// What that list has, and nothing else, where it is the address.
    pub is: String,
    /// The key beside it with the expression; without it all matches.
    pub by: String,
}

/// Another part of an address, said apart.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The options that say it.
    #[serde(default)]
    pub option: Many,
    /// The variables that say it.
    #[serde(default)]
    pub env: Many,
    /// The keys that say it. A key that begins with `./` is a sibling of the endpoint's own: `./address`.
    #[serde(default)]
    pub key: Many,
    /// What holds where nothing says it.
    #[serde(default)]
    pub absent: Option<String>,
}

/// How an address is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `host:port`, `:port`, `port`, `host`, `[::1]:port`, or a URL; of several words the first.
    #[default]
    Address,
    /// A port.
    Port,
    /// A URL; its port may follow from the scheme.
    Url,
    /// A host, whose port is said apart.
    Host,
    /// A text with one or more addresses in it that other words surround: a data source name, `NAME=host:port` pairs,
    /// `tcp:127.0.0.1:80`, `@tcp(127.0.0.1:3306)/`.
    Text,
}

/// A condition: one of the options, variables or keys has one of these values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The options that say it.
    #[serde(default)]
    pub option: Many,
    /// The variables that say it.
    #[serde(default)]
    pub env: Many,
    /// The keys that say it.
    #[serde(default)]
    pub key: Many,
    /// The subcommands with which it holds.
    #[serde(default)]
    pub subcommand: Many,
    /// The values with which it holds, without regard to case. None: any but `false`, `off`, `no`, `0` and the empty one.
    #[serde(default)]
    pub is: Many,
    /// Whether it holds where nothing says it.
    #[serde(default)]
    pub absent: bool,
}
