//! `patterns new`: a starter description.

use std::fmt::Write as _;
use std::io;

use serde_json::Value as Json;

use super::Exit;
use super::streams::{print_text, without_controls};
use crate::cli::NewArgs;
use crate::describe::grammar;
use crate::diagnostic::Stop;
use crate::expand::catalogue_here;
use crate::pattern::{Catalogue, Folder, mentioning, starter};
use crate::sort;
use crate::words::{clip, did_you_mean, nearest};

/// Prints a description that uses the pattern and works unmodified, or what patterns there are.
pub fn run(args: &NewArgs) -> Result<Exit, Stop> {
    let catalogue = catalogue_here(&args.catalogue.folders)?;
    let Some(pattern) = &args.pattern else { return print(&overview(&catalogue)?) };
    let Some(folder) = catalogue.folder(pattern) else {
        let form = grammar()["x-wrong"].get(pattern.to_lowercase()).and_then(Json::as_str);
        let mentioned = || mentioning(&catalogue, pattern).map(|names| format!("see {names}"));
        let meant = || nearest(pattern, catalogue.folders().map(Folder::name)).map(did_you_mean);
        let meant = form.map(|form| format!("write {form}")).or_else(mentioned).or_else(meant);
        let meant = meant.unwrap_or_else(|| "`patterns new` lists them".to_owned());
        let message = format!("no pattern is called `{}`; {meant}", clip(pattern));
        return Err(io::Error::new(io::ErrorKind::NotFound, message).into());
    };
    let definition = folder.definition().map_err(io::Error::other)?;
    let text = starter(folder, definition)
        .ok_or_else(|| io::Error::other(format!("`{}` has no example.yaml to start from", folder.name())))?;
    print(&text)
}

/// Every pattern with its summary, by where a description names it.
fn overview(catalogue: &Catalogue) -> io::Result<String> {
    let mut definitions = Vec::new();
    for folder in catalogue.folders() {
        definitions.push(folder.definition().map_err(io::Error::other)?);
    }
    sort::by_key(&mut definitions, |definition| &definition.name);
    let width = definitions.iter().map(|definition| definition.name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (title, shapes) in [("shape, one (default: replicated)", true), ("use, any number in start order", false)] {
        let _ = writeln!(out, "{}{title}\n", if shapes { "" } else { "\n" });
        for definition in definitions.iter().filter(|definition| definition.is_shape() == shapes) {
            let _ = writeln!(out, "  {:width$}  {}", definition.name, definition.summary);
        }
    }
    Ok(out)
}

/// A catalogue may come from anyone.
fn print(text: &str) -> Result<Exit, Stop> {
    print_text(&without_controls(text))?;
    Ok(Exit::Clean)
}
