//! The command line, as `--help` prints it.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use super::fenced;
use crate::cli::Cli;

/// The page of all commands and their options.
pub fn page() -> String {
    let mut command = Cli::command().term_width(100).disable_help_subcommand(true);
    command.build();
    let mut text = "# Commands and options\n".to_owned();
    add(&mut command, &mut text);
    text
}

fn add(command: &mut Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n## {name}\n\n{}", fenced("text", &help.join("\n")));
    for below in command.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
        add(below, text);
    }
}
