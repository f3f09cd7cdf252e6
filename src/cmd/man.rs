//! `patterns man`: the manual pages, made from the command line's own help.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::Exit;
use crate::cli::{Cli, ManArgs};
use crate::files::{self, named};

/// Writes a page for the program and one for each subcommand.
pub fn run(args: &ManArgs) -> io::Result<Exit> {
    fs::create_dir_all(&args.folder).map_err(|error| named(&args.folder, &error))?;
    // `help` has the same pages once more
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    write(program, &args.folder)?;
    Ok(Exit::Clean)
}

/// The page of a command and those of its subcommands, each whole or not at all.
fn write(command: Command, folder: &Path) -> io::Result<()> {
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        write(subcommand.clone(), folder)?;
    }
    let page = clap_mangen::Man::new(command);
    let mut text = Vec::new();
    page.render(&mut text)?;
    let file = folder.join(page.get_filename());
    files::write(&file, text).map_err(|error| named(&file, &error))
}
