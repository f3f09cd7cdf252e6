//! `patterns completions`: what a shell needs to complete our command line.

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use super::Exit;
use super::streams::print;
use crate::cli::{Cli, CompletionsArgs};

/// Prints the completions of one shell.
pub fn run(args: &CompletionsArgs) -> io::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "patterns", &mut text);
    print(|out| out.write_all(&text))?;
    Ok(Exit::Clean)
}
