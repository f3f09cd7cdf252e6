//! `patterns explain`: a file, a pattern, a key of descriptions, a rule or a program.

mod description;
mod limits;
mod manifests;
mod pattern;
mod program;
mod rule;
mod settings;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Exit;
use super::streams::{print_text, without_controls};
use crate::cli::ExplainArgs;
use crate::diagnostic::Stop;
use crate::expand::{catalogue_here, manifests};
use crate::facts::Programs;
use crate::files::open;
use crate::kube::on_deep_stacks;
use crate::pattern::{Catalogue, Folder, key, mentioning, top_keys};
use crate::report::{Color, terminal};
use crate::rules;
use crate::words::{clip, nearest};

/// Prints what is known about a name.
pub fn run(args: &ExplainArgs, color: Color) -> Result<Exit, Stop> {
    match args.names.as_slice() {
        [name] if name.contains('.') && !Path::new(name).exists() => {
            let catalogue = catalogue_here(&args.reading.catalogue.folders)?;
            if let Some(folder) = of_kind(name).and_then(|name| catalogue.folder(name)) {
                return print_foreign(&pattern::page(&catalogue, folder, args.source)?);
            }
            return key_of_any(&catalogue, name)
                .map_or_else(|| on_deep_stacks(|| file(name, args))?, |page| print_foreign(&page));
        }
        [name] if is_file(name) => return on_deep_stacks(|| file(name, args))?,
        [_, _, ..] => {
            let paths: Vec<PathBuf> = args.names.iter().map(PathBuf::from).collect();
            return on_deep_stacks(|| manifests::run_paths(&paths, args))?;
        }
        _ => {}
    }
    let catalogue = catalogue_here(&args.reading.catalogue.folders)?;
    let Some(name) = args.names.first().filter(|_| !args.images) else {
        return print_foreign(&pattern::images(&catalogue));
    };
    if let Some(folder) = catalogue.folder(name) {
        return print_foreign(&pattern::page(&catalogue, folder, args.source)?);
    }
    if let Some(rules) = rules::of_family(name) {
        return print(&super::rules::table(rules, &terminal::Look::of_stdout(color)));
    }
    match rules::find(name) {
        Some(rule) => print(rule::page(rule)),
        None if name == "programs" => print(&program::list()),
        None if name == "limits" => print(&limits::list()),
        None if program::text(name).is_some() => print(program::text(name).unwrap_or_default()),
        // a folder may well be called `labels`
        None if Path::new(name).is_dir() => on_deep_stacks(|| file(name, args))?,
        None => match key_of_any(&catalogue, name) {
            Some(page) => print_foreign(&page),
            None => Err(unknown(&catalogue, name).into()),
        },
    }
}

/// The pattern in `shape.sharded` and `use.https`.
fn of_kind(name: &str) -> Option<&str> {
    name.strip_prefix("shape.").or_else(|| name.strip_prefix("use."))
}

/// A key of descriptions, of a pattern (`shape.sharded.router`), or of the settings.
fn key_of_any(catalogue: &Catalogue, name: &str) -> Option<String> {
    let of_pattern = || of_kind(name).and_then(|name| key(catalogue, name));
    key(catalogue, name).or_else(of_pattern).or_else(|| settings::key(name))
}

/// A folder or file of manifests, or a description.
fn file(name: &str, args: &ExplainArgs) -> Result<Exit, Stop> {
    let path = Path::new(name);
    if path.is_dir() {
        return manifests::run_paths(&[path.to_owned()], args);
    }
    let source = Arc::new(open(path)?);
    if let Some(manifests) = manifests(&source) {
        return manifests::run_file(manifests, path, args);
    }
    description::run(&source, path, &args.reading)
}

/// A file if it is there, or can be nothing else.
fn is_file(name: &str) -> bool {
    name == "-" || name.contains(['/', '.']) || Path::new(name).is_file()
}

/// What a catalogue says, which may come from anyone.
fn print_foreign(text: &str) -> Result<Exit, Stop> {
    print(&without_controls(text))
}

fn print(text: &str) -> Result<Exit, Stop> {
    print_text(text)?;
    Ok(Exit::Clean)
}

fn unknown(catalogue: &Catalogue, name: &str) -> io::Error {
    let known = rules::all().map(|rule| rule.id.name).chain(catalogue.folders().map(Folder::name));
    let known = known.chain(Programs::built_in().names()).chain(["programs", "limits"]);
    let known = known.chain(top_keys()).chain(settings::top_keys());
    let mentioned = mentioning(catalogue, name);
    let nearest = nearest(name, known);
    let name = clip(name);
    let message = match nearest {
        _ if mentioned.is_some() => {
            format!("no pattern, key, rule or program is called `{name}`; see {}", mentioned.unwrap_or_default())
        }
        Some(nearest) => {
            let topic = topic(catalogue, &name, nearest);
            format!("no pattern, key, rule or program is called `{name}`; did you mean `{nearest}`?{topic}")
        }
        None => format!(
            "no pattern, key, rule, program or file is called `{name}`; `patterns new` lists the patterns, `patterns rules` \
             the rules and `patterns explain programs` the programs"
        ),
    };
    io::Error::new(io::ErrorKind::NotFound, message)
}

/// Where the end of a name is explained if it is not that of the nearest one: `cache`, of `nginx-cache` beside `nginx-config`.
fn topic(catalogue: &Catalogue, name: &str, near: &str) -> String {
    let ends = name.rsplit_once('-').zip(near.rsplit_once('-'));
    let Some(((_, end), _)) = ends.filter(|((_, end), (_, other))| nearest(end, [*other]).is_none()) else {
        return String::new();
    };
    mentioning(catalogue, end).map_or_else(String::new, |pages| format!(" `{end}` is in {pages}"))
}
