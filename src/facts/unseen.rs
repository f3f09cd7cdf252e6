//! What is too long, too deep or too many to be read: rules say nothing of what comes after.

use super::command::{environment, shell};
use super::{address, config, container, endpoints, formats, nginx};
use crate::limits::Limit;

/// How much is read of what a container does.
pub const UNSEEN: [Limit; 9] = [
    Limit::number(
        "container-addresses",
        container::MOST_ADDRESSES as u64,
        "addresses at which one container listens, and those that it connects to",
    ),
    Limit::bytes("address-bytes", address::LONGEST as u64, "one text in which addresses are looked for"),
    Limit::number("program-files", endpoints::MOST_FILES as u64, "configuration files of one program"),
    Limit::number(
        "repeated-files",
        config::REPEATED as u64,
        "files that one container mounts from one ConfigMap, besides one for each key",
    ),
    Limit::number("map-variables", environment::FROM_MAPS as u64, "variables of one container from `envFrom`"),
    Limit::bytes(
        "inserted-bytes",
        environment::INSERTED as u64,
        "what `$(NAME)` adds to the command, arguments and variables of one container",
    ),
    Limit::number("script-depth", shell::DEPTH as u64, "nested constructs of a shell script"),
    Limit::number("configuration-depth", formats::DEPTH as u64, "nested blocks and maps of a configuration file"),
    Limit::number("nginx-depth", nginx::DEPTH as u64, "nested blocks of nginx' configuration"),
];
