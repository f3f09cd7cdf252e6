//! `patterns explain FILE`: what a description makes.

use std::path::Path;
use std::sync::Arc;

use crate::cli::DescriptionArgs;
use crate::cmd::Exit;
use crate::cmd::reading;
use crate::cmd::streams::print_text;
use crate::diagnostic::Stop;
use crate::pattern::overview;
use crate::yaml::Source;

/// Prints the ports, the app's variables, the images and the objects of each document.
pub fn run(source: &Arc<Source>, file: &Path, args: &DescriptionArgs) -> Result<Exit, Stop> {
    let expanded = reading::expand(source, file, args)?;
    print_text(&overview(&expanded.catalogue, &expanded.descriptions, &expanded.made))?;
    Ok(Exit::Clean)
}
