//! What a command line says.

use serde_json::Value as Json;

use crate::import::values::items;

/// Arguments of the form `--name=value`, or `--name value`.
pub(super) struct Args(Vec<(String, String)>);

impl Args {
    pub(super) fn of(container: &Json) -> Self {
        let words: Vec<&str> = items(&container["args"]).iter().filter_map(Json::as_str).collect();
        let mut args = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let Some(option) = word.strip_prefix('-').map(|rest| rest.trim_start_matches('-')) else { continue };
            let (name, value) = option.split_once('=').unwrap_or_else(|| {
                let next = words.get(at + 1).filter(|next| !next.starts_with('-'));
                (option, next.copied().unwrap_or_default())
            });
            args.push((name.to_owned(), value.to_owned()));
        }
        Self(args)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The port of an address.
    pub(super) fn port(&self, name: &str) -> Option<u64> {
        port_of(self.get(name)?)
    }
}

/// The port of an address or a URL.
fn port_of(address: &str) -> Option<u64> {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    address.split('/').next()?.rsplit_once(':')?.1.parse().ok()
}

/// The path of a URL.
pub(super) fn path_after(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map(|at| rest[at..].to_owned())
}
