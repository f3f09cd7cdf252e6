//! `patterns diagram`: a picture of what a description makes, or of manifests.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::reading;
use super::streams::{print_text, say};
use crate::cli::{DiagramArgs, DiagramFormat};
use crate::diagnostic::Stop;
use crate::diagram::{self, Diagram, dot, mermaid, svg};
use crate::expand::{Expanded, manifests};
use crate::facts::Programs;
use crate::files;
use crate::files::Shown as _;
use crate::files::open;
use crate::kube::{File, Workspace, on_deep_stacks};
use crate::limits::{self, Limit};
use crate::lint::programs_at;
use crate::report::{Color, terminal};
use crate::yaml::{Source, emit};

/// Draws to stdout or into a file.
pub fn run(args: &DiagramArgs, color: Color) -> Result<Exit, Stop> {
    on_deep_stacks(|| {
        let (diagram, exit) = read(args, color)?;
        let format = format(args)?;
        let is_text = matches!(format, DiagramFormat::Mermaid | DiagramFormat::Dot);
        refuse_more_than(if is_text { limits::PARTS_OF_TEXT } else { limits::PARTS }, &diagram)?;
        let picture = match format {
            DiagramFormat::Svg => svg::write(&diagram),
            DiagramFormat::Mermaid => mermaid::write(&diagram),
            DiagramFormat::Dot => dot::write(&diagram),
        };
        match &args.output {
            Some(path) if path.exists() && files::identity(path) == files::identity(&args.file) => {
                let message = format!("{}: this is the input file; give the picture another name", path.shown());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message).into());
            }
            Some(path) => files::write(path, picture).map_err(|error| files::named(path, &error))?,
            None => print_text(&picture)?,
        }
        Ok(exit)
    })?
}

/// What no picture can show.
///
/// # Errors
/// When the diagram has more parts than the limit.
pub fn refuse_more_than(limit: Limit, diagram: &Diagram) -> io::Result<()> {
    if !diagram.exceeds(limit) {
        return Ok(());
    }
    let title = &diagram.title;
    let message = format!(
        "{title}: more than {limit} boxes and arrows (limit {}, see `patterns explain limits`); draw fewer files",
        limit.name
    );
    let or_text = if limit == limits::PARTS { ", or take --format dot" } else { "" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, message + or_text))
}

/// What `--format` says, or else what the name of the output ends in.
fn format(args: &DiagramArgs) -> io::Result<DiagramFormat> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let Some(path) = &args.output else { return Ok(DiagramFormat::Svg) };
    match path.extension().and_then(|end| end.to_str()) {
        Some("svg") => Ok(DiagramFormat::Svg),
        Some("mmd" | "mermaid") => Ok(DiagramFormat::Mermaid),
        Some("dot" | "gv") => Ok(DiagramFormat::Dot),
        _ => {
            let message =
                format!("{}: unknown format; name the file .svg, .mmd or .dot, or pass --format", path.shown());
            Err(io::Error::new(io::ErrorKind::InvalidInput, message))
        }
    }
}

/// The picture of a description, or of manifests where the file is none.
fn read(args: &DiagramArgs, color: Color) -> Result<(Diagram, Exit), Stop> {
    let own = programs_at(&args.file)?;
    let programs = own.as_ref().unwrap_or_else(|| Programs::built_in());
    if args.file.is_dir() {
        return Ok(of_manifests(args, programs, &Workspace::load(std::slice::from_ref(&args.file), None)));
    }
    let source = Arc::new(open(&args.file)?);
    let title = args.file.file_name().map_or_else(|| source.name.clone(), |name| name.to_string_lossy().into_owned());
    if let Some(file) = manifests(&source) {
        let diagram = diagram::of(&title, &file.objects, programs);
        say_if_empty(&diagram, args);
        return Ok((diagram, Exit::Clean));
    }
    let Expanded { made, warnings, .. } = reading::expand(&source, &args.file, &args.reading)?;
    terminal::print_sorted(warnings, color);
    let objects: Vec<_> = made.into_iter().map(|made| made.object).collect();
    let text = emit::to_stream(&objects).map_err(io::Error::other)?;
    let file = File::read(&Arc::new(Source::from_text(title.as_str(), text)));
    Ok((diagram::of(&title, &file.objects, programs), Exit::Clean))
}

fn of_manifests(args: &DiagramArgs, programs: &Programs, workspace: &Workspace) -> (Diagram, Exit) {
    for failure in &workspace.failures {
        say(format_args!("error: {failure}"));
    }
    if workspace.objects().next().is_none() {
        say(format_args!("warning: no Kubernetes objects to draw in {}", args.file.shown()));
    }
    let exit = if workspace.failures.is_empty() { Exit::Clean } else { Exit::Failed };
    let path: &Path = &args.file;
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let diagram = diagram::of(&files::name(&path), workspace.objects(), programs);
    if workspace.objects().next().is_some() {
        say_if_empty(&diagram, args);
    }
    (diagram, exit)
}

/// Why there is nothing in a picture.
fn say_if_empty(diagram: &Diagram, args: &DiagramArgs) {
    if diagram.nodes.is_empty() {
        say(format_args!("note: {} contains no workload: nothing to draw", args.file.shown()));
    }
}
