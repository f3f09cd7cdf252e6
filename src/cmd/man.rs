//! `patterns man`: the manual pages, made from the command line's own help.

use std::fs;
use std::io;

use clap::CommandFactory as _;

use super::Exit;
use crate::cli::{Cli, ManArgs};

/// Writes a page for the program and one for each subcommand.
pub fn run(args: &ManArgs) -> io::Result<Exit> {
    fs::create_dir_all(&args.folder)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", args.folder.display())))?;
    // `help` has the same pages once more
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), &args.folder)?;
    Ok(Exit::Clean)
}
