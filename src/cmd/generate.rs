//! `patterns gen`: a description into Kubernetes YAML.

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::Exit;
use super::expand::{Expanded, expand};
use super::gen_check;
use super::streams::{print_text, say};
use crate::cli::{Color, GenArgs, GenFormat};
use crate::files::{NewFile, named};
use crate::kube::on_deep_stacks;
use crate::pattern;
use crate::report::terminal;
use crate::yaml::emit;

/// Prints YAML to stdout, or writes or checks a folder. Nothing is written unless everything is right.
pub fn run(args: &GenArgs, color: Color) -> io::Result<Exit> {
    // `extra` and `patch` may nest as deeply as YAML does.
    on_deep_stacks(|| run_here(args, color))?
}

fn run_here(args: &GenArgs, color: Color) -> io::Result<Exit> {
    let objects = match expand(&args.file, &args.reading)? {
        Ok(Expanded { made, notes, warnings, .. }) => {
            terminal::print_sorted(warnings, color);
            for note in notes {
                say(note);
            }
            made.into_iter().map(|made| made.object).collect::<Vec<Json>>()
        }
        Err(findings) => {
            terminal::print_sorted(findings, color);
            return Ok(Exit::Failed);
        }
    };
    if let Some(note) = agent_note(&objects) {
        say(note);
    }
    let files = files(&objects, args.format)?;
    match (&args.check, &args.output) {
        (Some(folder), _) => gen_check::compare(folder, &files),
        (None, Some(folder)) => write(folder, &files),
        (None, None) => print(&objects, args.format),
    }
}

/// No registry holds our own image: whoever deploys it builds it, or names the copy they keep.
fn agent_note(objects: &[Json]) -> Option<String> {
    const DEFAULT: &str = concat!("localhost/patterns-agent:", env!("CARGO_PKG_VERSION"));
    let uses_default = objects.iter().any(|object| object.to_string().contains(DEFAULT));
    uses_default.then(|| {
        let local = DEFAULT.trim_start_matches("localhost/");
        format!("note: this uses {DEFAULT}; build it with `podman build -t {local} .` or set images.agent")
    })
}

/// The files that `--output` writes: name and text.
fn files(objects: &[Json], format: GenFormat) -> io::Result<Vec<(String, String)>> {
    let extension = match format {
        GenFormat::Yaml => "yaml",
        GenFormat::Json => "json",
    };
    let text = |object: &Json| match format {
        GenFormat::Yaml => emit::to_yaml(object).map_err(io::Error::other),
        GenFormat::Json => pretty(object),
    };
    let names = pattern::file_names(objects, extension);
    names.into_iter().zip(objects).map(|(name, object)| Ok((name, text(object)?))).collect()
}

fn pretty(value: &Json) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn print(objects: &[Json], format: GenFormat) -> io::Result<Exit> {
    let text = match format {
        GenFormat::Yaml => emit::to_stream(objects).map_err(io::Error::other)?,
        GenFormat::Json => pretty(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))?,
    };
    print_text(&text)?;
    Ok(Exit::Clean)
}

/// Writes every file beside its place first, so that a full disk or a folder in the way leaves nothing half done.
fn write(folder: &Path, files: &[(String, String)]) -> io::Result<Exit> {
    std::fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
    if let Some((name, why)) = gen_check::foreign(folder, files) {
        let message =
            format!("{}: {why}; give one of the two another folder, or delete the file", folder.join(&name).display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let mut new = NewFile::create(&path).map_err(|error| named(&path, &error))?;
        new.write_all(text.as_bytes()).and_then(|()| new.flush()).map_err(|error| named(&path, &error))?;
        written.push((new, path));
    }
    for (new, path) in written {
        new.commit().map_err(|error| named(&path, &error))?;
    }
    for name in gen_check::stale(folder, files)? {
        std::fs::remove_file(folder.join(name))?;
    }
    Ok(Exit::Clean)
}
