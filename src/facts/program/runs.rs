//! Whether a program exits by itself, by its description.

use serde::Deserialize;
use serde::de::Deserializer;

use super::many::Many;

/// Whether a process of the program exits by itself. `ends` counts before `serves`; where neither says, it is unknown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// It runs until it is stopped: always, never, or with these subcommands (several words in one item are a
    /// subcommand of a subcommand: `tools bucket web`), options (`--agent`), or a part of an argument (`~,fork`).
    #[serde(default)]
    pub serves: Serves,
    /// Subcommands, options (`--one-time`, also off by `=false`) and variables (`GITSYNC_ONE_TIME=true`) with which it
    /// does one thing and ends. `@exit_after_auth` is a key of its configuration, `@name=value` with a value.
    /// `--version`, `--help`, `-h`, `version` and `help` are known anyway.
    #[serde(default)]
    pub ends: Vec<String>,
}

/// When a program runs until it is stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Serves {
    /// Not known.
    #[default]
    Unknown,
    /// Unless something ends it.
    Always,
    /// It never does: it is a tool.
    Never,
    /// With these subcommands or options; otherwise it ends, or is not known where `ends` lists subcommands too.
    With(Vec<String>),
}

impl<'de> Deserialize<'de> for Serves {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Many(items) = Many::deserialize(deserializer)?;
        Ok(match items.as_slice() {
            [only] if only == "always" => Self::Always,
            [only] if only == "never" => Self::Never,
            _ => Self::With(items),
        })
    }
}
