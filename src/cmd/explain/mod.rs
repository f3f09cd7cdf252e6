//! `patterns explain`: a file, a pattern or a rule.

mod description;
mod pattern;
mod rule;

use std::io::{self, Write as _};
use std::path::Path;

use super::Exit;
use super::expand::catalogue;
use crate::cli::{Color, ExplainArgs};
use crate::kube::on_deep_stacks;
use crate::pattern::{Catalogue, Folder};
use crate::project;
use crate::report::terminal;
use crate::rules;
use crate::words::{clip, nearest};

/// Prints what is known about a name.
pub fn run(args: &ExplainArgs, color: Color) -> io::Result<Exit> {
    if let Some(name) = args.name.as_ref().filter(|name| is_file(name)) {
        return on_deep_stacks(|| description::run(Path::new(name), &args.reading, color))?;
    }
    let project = project::nearest(Path::new("-"))?.map(Option::unwrap_or_default);
    let catalogue = match project.and_then(|project| catalogue(&project, &args.reading.catalogue)) {
        Ok(catalogue) => catalogue,
        Err(findings) => {
            terminal::print_sorted(findings, color)?;
            return Ok(Exit::Failed);
        }
    };
    let Some(name) = args.name.as_ref().filter(|_| !args.images) else { return print(&pattern::images(&catalogue)) };
    if let Some(folder) = catalogue.folder(name) {
        return print(&pattern::page(&catalogue, folder, args.source)?);
    }
    match rules::find(name) {
        Some(rule) => print(rule::page(rule)),
        None => Err(unknown(&catalogue, name)),
    }
}

/// A file if it is there, or can be nothing else.
fn is_file(name: &str) -> bool {
    name == "-" || name.contains(['/', '.']) || Path::new(name).is_file()
}

fn print(text: &str) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn unknown(catalogue: &Catalogue, name: &str) -> io::Error {
    let known = rules::all().map(|rule| rule.id.name).chain(catalogue.folders().map(Folder::name));
    let nearest = nearest(name, known);
    let nearest = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
    let message = format!("no pattern and no rule is called `{}`{nearest}", clip(name));
    io::Error::new(io::ErrorKind::NotFound, message)
}
