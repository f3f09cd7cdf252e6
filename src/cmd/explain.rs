//! `patterns explain`: what a pattern or a rule is about.

use std::io::{self, Write as _};

use super::Exit;
use crate::cli::ExplainArgs;
use crate::pattern::{self, Catalogue};
use crate::rules;
use crate::words::{clip, nearest};

/// Prints the page of a rule or a pattern, or a pattern's folder.
pub fn run(args: &ExplainArgs) -> io::Result<Exit> {
    let page = page(args).ok_or_else(|| unknown(&args.name))?;
    let mut out = io::stdout().lock();
    out.write_all(page.map_err(io::Error::other)?.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn page(args: &ExplainArgs) -> Option<Result<String, String>> {
    if let Some(rule) = rules::find(&args.name) {
        return Some(Ok(rule.page.to_owned()));
    }
    let folder = Catalogue.folder(&args.name)?;
    if args.source {
        return Some(Ok(pattern::source(folder)));
    }
    Some(folder.definition().map(|definition| pattern::page(Catalogue, folder, &definition)))
}

fn unknown(name: &str) -> io::Error {
    let known = rules::all().map(|rule| rule.id.name).chain(Catalogue.folders().map(pattern::Folder::name));
    let nearest = nearest(name, known);
    let nearest = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
    let message = format!("no pattern and no rule is called `{}`{nearest}", clip(name));
    io::Error::new(io::ErrorKind::NotFound, message)
}
