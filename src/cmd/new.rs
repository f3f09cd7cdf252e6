//! `patterns new`: a description to begin with.

use std::io::{self, Write as _};
use std::path::Path;

use super::Exit;
use super::expand::catalogue;
use crate::cli::{Color, NewArgs};
use crate::pattern::{Folder, starter};
use crate::project;
use crate::report::terminal;
use crate::words::{clip, nearest};

/// Prints a description that uses the pattern and generates as it stands.
pub fn run(args: &NewArgs, color: Color) -> io::Result<Exit> {
    let project = project::nearest(Path::new("-"))?.map(Option::unwrap_or_default);
    let catalogue = match project.and_then(|project| catalogue(&project, &args.catalogue)) {
        Ok(catalogue) => catalogue,
        Err(findings) => {
            terminal::print_sorted(findings, color)?;
            return Ok(Exit::Failed);
        }
    };
    let Some(folder) = catalogue.folder(&args.pattern) else {
        let meant = nearest(&args.pattern, catalogue.folders().map(Folder::name));
        let meant = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        let message = format!("no pattern is called `{}`{meant}", clip(&args.pattern));
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    };
    let definition = folder.definition().map_err(io::Error::other)?;
    let text = starter(folder, definition)
        .ok_or_else(|| io::Error::other(format!("`{}` has no example.yaml to begin with", folder.name())))?;
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}
