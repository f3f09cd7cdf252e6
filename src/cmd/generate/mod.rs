//! `patterns gen`: descriptions into Kubernetes YAML.

mod check;
mod gathered;
mod texts;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::Exit;
use super::streams::{print_text, say};
use super::wanted::{Outputs, of_files, of_project};
use crate::cli::{GenArgs, GenFormat};
use crate::diagnostic::Stop;
use crate::files::Shown as _;
use crate::kube::on_deep_stacks;
use crate::output::{self, Changes, Folder, Owner};
use crate::report::Color;
use gathered::Gathered;
use texts::Texts;

/// Prints YAML to stdout, or writes or checks folders. Nothing is written unless everything is right.
pub fn run(args: &GenArgs, color: Color) -> Result<Exit, Stop> {
    check_arguments(args)?;
    // `extra` and `patch` may nest as deeply as YAML does.
    on_deep_stacks(|| if args.files.is_empty() { outputs(args, color) } else { files(args, color) })?
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn check_arguments(args: &GenArgs) -> io::Result<()> {
    if args.comments && args.format == GenFormat::Json {
        return Err(invalid("--comments needs YAML: JSON has no comments"));
    }
    if args.files.is_empty() {
        let reading = &args.reading;
        if args.output.is_some() || matches!(args.check, Some(Some(_))) {
            return Err(invalid(
                "a folder needs a FILE: patterns gen FILE -o DIR, or FILE --check DIR; without both, `outputs` in .patterns.yaml decides",
            ));
        }
        let is_changed = reading.environment.is_some() || reading.namespace.is_some() || reading.target.is_some();
        if is_changed || !reading.set.is_empty() || reading.params.is_some() {
            return Err(invalid(
                "-e, -n, --set, --params and --target need a FILE: what `outputs` in .patterns.yaml writes must depend only on the repository, so that --check agrees",
            ));
        }
    } else if matches!(args.check, Some(None)) {
        return Err(invalid(
            "--check needs a folder: patterns gen FILE --check DIR; without FILE it checks all `outputs` in .patterns.yaml",
        ));
    }
    Ok(())
}

/// Descriptions of the command line: to stdout, or all into one folder.
fn files(args: &GenArgs, color: Color) -> Result<Exit, Stop> {
    let wanted = of_files(&args.files, &args.reading)?;
    let gathered = Gathered::of(wanted, color)?;
    let texts = Texts { format: args.format, comments: args.comments };
    let Some(folder) = args.check.as_ref().and_then(Option::as_ref).or(args.output.as_ref()) else {
        return print(&gathered, &texts);
    };
    let mut folders = gathered.folders(&texts)?;
    for one in &mut folders {
        one.path.clone_from(folder);
    }
    let owner = Owner::of(folders.first().map(|folder| folder.files.as_slice()).unwrap_or_default());
    let changes = output::changes(&folders, &[], &owner)?;
    if args.check.is_some() {
        return Ok(check::report(&changes, &format!("patterns gen … -o {}", folder.shown()))?);
    }
    output::write(&changes, folder)?;
    summarize(&gathered, &changes);
    Ok(Exit::Clean)
}

/// Everything that the project generates.
fn outputs(args: &GenArgs, color: Color) -> Result<Exit, Stop> {
    let outputs = of_project(&args.reading.catalogue)?;
    let Outputs { settings, root, project, wanted, globs } = outputs;
    let gathered = Gathered::of(wanted, color)?;
    let texts = Texts { format: args.format, comments: args.comments };
    let folders = gathered.folders(&texts)?;
    let owner = Owner::of_project(folders.iter().flat_map(|folder| &folder.files), &root, globs);
    let mut left: Vec<PathBuf> =
        project.outputs.iter().flat_map(|output| output::left_by(&root, &output.into)).collect();
    left.sort_unstable();
    left.dedup();
    let here = |path: PathBuf| path.strip_prefix(&root).map_or(path.clone(), |below| project.folder.join(below));
    let left: Vec<PathBuf> = left.into_iter().map(here).filter(|path| !is_planned(&folders, path)).collect();
    if args.check.is_some() {
        return Ok(check::report(&output::changes(&folders, &left, &owner)?, "patterns gen")?);
    }
    let _lock = lock(&settings)?;
    let changes = output::changes(&folders, &left, &owner)?;
    output::write(&changes, &project.folder)?;
    summarize(&gathered, &changes);
    Ok(Exit::Clean)
}

fn is_planned(folders: &[Folder], path: &Path) -> bool {
    folders.iter().any(|folder| folder.path == path)
}

/// Two runs at once, perhaps before and after an edit, must not leave a mixture of both.
fn lock(settings: &Path) -> io::Result<Option<File>> {
    let file = File::open(settings)?;
    for _ in 0..300 {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(100)),
            // not every file system knows locks
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
    let message =
        format!("{}: another run has been writing here for 30 seconds; nothing was written", settings.shown());
    Err(io::Error::new(io::ErrorKind::WouldBlock, message))
}

fn print(gathered: &Gathered, texts: &Texts) -> Result<Exit, Stop> {
    gathered.print_notes();
    let objects = gathered.sorted();
    let text = match texts.format {
        GenFormat::Yaml => {
            let documents: Vec<String> = objects.iter().map(|object| texts.of(object)).collect::<io::Result<_>>()?;
            documents.join("---\n")
        }
        GenFormat::Json => {
            let objects: Vec<_> = objects.iter().map(|object| &object.made.object).collect();
            texts::pretty(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))?
        }
    };
    print_text(&text)?;
    Ok(Exit::Clean)
}

/// What was changed, if anything was, and what to know about it.
fn summarize(gathered: &Gathered, changes: &Changes) {
    if !changes.written.is_empty() {
        gathered.print_notes();
    }
    for path in &changes.removed {
        say(format_args!("removed {}", path.shown()));
    }
    check::others(changes);
    if changes.is_empty() {
        say(format_args!("nothing to write; {}", check::up_to_date(changes)));
    }
    if !changes.written.is_empty() {
        let count = |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        let kept = if changes.kept == 0 { String::new() } else { format!("; {} unchanged", count(changes.kept)) };
        say(format_args!("wrote {}{kept}", count(changes.written.len())));
    }
}
