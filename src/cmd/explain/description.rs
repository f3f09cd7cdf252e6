//! `patterns explain FILE`: what a description makes.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::cli::{Color, DescriptionArgs};
use crate::cmd::Exit;
use crate::cmd::expand::expand_text;
use crate::cmd::streams::print_text;
use crate::pattern::overview;
use crate::report::terminal;
use crate::yaml::Source;

/// Prints the ports, the app's variables, the images and the objects of each document.
pub fn run(source: &Arc<Source>, file: &Path, args: &DescriptionArgs, color: Color) -> io::Result<Exit> {
    let expanded = match expand_text(source, file, args)? {
        Ok(expanded) => expanded,
        Err(findings) => {
            terminal::print_sorted(findings, color);
            return Ok(Exit::Failed);
        }
    };
    print_text(&overview(&expanded.catalogue, &expanded.descriptions, &expanded.made))?;
    Ok(Exit::Clean)
}
