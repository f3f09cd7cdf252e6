//! What a description says of a program when it is asked.

use super::{Program, Serves};
use crate::facts::command::arguments::Arguments;

impl Program {
    /// What a reader of a manifest knows it by: its name in the catalogue where that is one of its executables, else the
    /// first of these. `unprivileged-nginx` is only the catalogue's word.
    #[must_use]
    pub fn called(&self) -> &str {
        let is_real = self.binaries.is_empty() || self.binaries.contains(&self.program);
        if is_real { &self.program } else { &self.binaries[0] }
    }

    /// Whether an option of this name takes a value, as far as its description tells.
    #[must_use]
    pub fn takes_value(&self, name: &str) -> bool {
        let bare = |name: &str| name.trim_start_matches('-').to_owned();
        let is = |other: &String| bare(other) == bare(name) && (other.len() == 2) == (name.len() == 2);
        let endpoints = self.listens.iter().chain(&self.dials);
        let of_endpoints = endpoints.flat_map(|endpoint| {
            let parts = [&endpoint.host, &endpoint.port].into_iter().flatten().flat_map(|part| &part.option.0);
            endpoint.option.0.iter().chain(parts)
        });
        let places = self.reads.iter().chain(&self.writes).flat_map(|place| &place.option.0);
        let files = self
            .config
            .iter()
            .flat_map(|config| &config.option.0)
            .chain(&self.options.settings.0)
            .chain(&self.options.valued.0);
        !self.options.boolean.iter().any(is) && of_endpoints.chain(places).chain(files).any(is)
    }

    /// Whether an option names a file of settings that its description does not know. What such a file says is out of
    /// sight; a file that is known to hold nothing of the kind is described as an option whose value means nothing.
    #[must_use]
    pub fn is_told_more(&self, arguments: &Arguments<'_>) -> bool {
        const NAMES: [&str; 14] = [
            "config",
            "config.file",
            "config-file",
            "config_file",
            "configfile",
            "config.path",
            "config-path",
            "config-dir",
            "configuration",
            "conf",
            "conf-file",
            "settings",
            "settings-file",
            "properties-file",
        ];
        let is_described =
            |name: &str| self.takes_value(name) || self.options.boolean.iter().any(|other| other == name);
        arguments.all().any(|given| {
            let name = given.name();
            NAMES.contains(&name) && !is_described(&format!("--{name}")) && !is_described(&format!("-{name}"))
        })
    }

    /// Whether it never serves.
    #[must_use]
    pub fn is_tool(&self) -> bool {
        self.runs.serves == Serves::Never
    }
}
