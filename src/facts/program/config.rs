//! The configuration files that a program reads.

use serde::Deserialize;

use super::Many;

/// A configuration file that a program reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The options that name it (a file or a folder).
    #[serde(default)]
    pub option: Many,
    /// The variables that name it.
    #[serde(default)]
    pub env: Many,
    /// Whether the first argument that is not an option names it (`redis-server FILE`).
    #[serde(default)]
    pub first: bool,
    /// The keys of configuration read before that name more of it (`include conf.d/*.conf`): files, relative to the
    /// folder of the file that names them, or patterns. What is in them counts as written in that place.
    #[serde(default)]
    pub key: Many,
    /// Whether what is in the files that `key` names counts by itself instead: an include at the top of a file.
    #[serde(default)]
    pub apart: bool,
    /// Ends of paths that `key` names for other things than addresses: `mime.types`.
    #[serde(default)]
    pub except: Many,
    /// Where it is unless told otherwise: files, or folders that end in `/`.
    #[serde(default)]
    pub absent: Many,
    /// The files of its images that count beside those in such a folder, and say where it listens. They stay as they are
    /// when a file is mounted into the folder.
    #[serde(default)]
    pub own: Many,
    /// The folder that a start script writes into what it makes of such files, without their ending `.template`.
    #[serde(default)]
    pub into: Option<String>,
    /// Its format.
    pub format: Format,
}

/// A format of configuration. How each names its keys is told in `formats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// TOML.
    Toml,
    /// YAML, or JSON.
    Yaml,
    /// `[section]`, `key = value`.
    Ini,
    /// `key=value`, `key: value` or `key value`, no sections.
    Properties,
    /// HCL's simple form: blocks with labels, `key = value`.
    Hcl,
    /// nginx: directives and blocks.
    Nginx,
    /// HAProxy: sections with lines of words.
    Haproxy,
    /// A keyword and its words on each line, no sections: redis.conf, squid.conf.
    Words,
    /// Fluent Bit's classic form: `[SECTION]`, then `Key Value` lines.
    FluentBit,
    /// Caddy's Caddyfile.
    Caddyfile,
    /// A form that is not read: what it says may displace anything that is not on the command line.
    Unread,
}
