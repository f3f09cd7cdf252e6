//! `patterns import`: manifests into descriptions, with proof.

mod broken;
mod notes;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Exit;
use super::streams::{print_text, say};
use crate::apiserver::is_of_client;
use crate::cli::{ImportArgs, ImportFormat};
use crate::describe::Options;
use crate::diagnostic::{Finding, Stop, Subject};
use crate::expand::{Expanded, Lacking, catalogue, expand_in, expand_text, lacking_folders, lacking_volumes};
use crate::facts::workload::workloads;
use crate::facts::{Programs, Role};
use crate::files;
use crate::files::Shown as _;
use crate::import::{self, Import, Imported, Input, Known};
use crate::kube::{ContainerList, Index, Object, RefusedSecrets, Workspace, on_deep_stacks};
use crate::lint::{self, Selection, programs_at};
use crate::output::{self, Changes};
use crate::pattern::{Catalogue, Made};
use crate::project::{self, Project};
use crate::report::{escaped, import as report};
use crate::words::is_encrypted;
use crate::yaml::{Refusal, Source};
use broken::Broken;
use notes::{notes, open_secrets, variants};

/// Prints descriptions, or writes them; the report says what became of each object.
pub fn run(args: &ImportArgs) -> Result<Exit, Stop> {
    on_deep_stacks(|| run_here(args))?
}

fn run_here(args: &ImportArgs) -> Result<Exit, Stop> {
    let workspace = Workspace::load(&args.paths, None);
    let own = args.paths.first().map_or(Ok(None), |path| programs_at(path))?;
    let (import, unread) = import_all(&workspace, own.as_ref().unwrap_or_else(|| Programs::built_in()));
    let count = count(&workspace);
    let is_whole = import.lost().next().is_none() && import.refused.is_empty();
    let mut exit = if unread.is_empty() && is_whole { Exit::Clean } else { Exit::Findings };
    if let Some(folder) = &args.output {
        write(folder, &files(&import))?;
    }
    let is_json = args.format == ImportFormat::Json;
    let report = if is_json {
        escaped::text(&serde_json::to_string_pretty(&report::json(&import, count, &unread))?) + "\n"
    } else {
        report::text(&import, count, &unread)
    };
    let main = if args.diff {
        Some(report::diff(&import))
    } else if args.output.is_none() && !is_json || args.stdout {
        Some(stream(&import))
    } else {
        None
    };
    match main {
        Some(main) => {
            print_text(&main)?;
            say(report.trim_end_matches('\n'));
        }
        None => print_text(&report)?,
    }
    let of_import = variants(&import, args);
    for note in notes(&workspace).into_iter().chain(of_import).chain(open_secrets(&import)) {
        say(format_args!("note: {note}"));
    }
    if count > 0 && import.documents.is_empty() {
        say("note: no workload was imported, so there is no description; the report says why");
        exit = Exit::Findings;
    }
    if count == 0 && unread.is_empty() {
        say("error: no workload to import: found no Deployment, StatefulSet, DaemonSet, Job or CronJob");
        if workspace.has_kustomizations() {
            say("help: `kubectl kustomize DIR | patterns import -` reads what a kustomization builds");
        }
        exit = Exit::Findings;
    }
    Ok(exit)
}

/// Imports what a run holds; the second is what could not be read.
fn import_all(workspace: &Workspace, programs: &Programs) -> (Import, Vec<report::Unread>) {
    let mut unread: Vec<report::Unread> = workspace
        .failures
        .iter()
        .map(|failure| (failure.name.clone(), files::why(Path::new(&failure.name), &failure.error)))
        .collect();
    for file in &workspace.files {
        if file.has_holes {
            let why = "part of it is a template, which has to be filled in first";
            unread.push((file.source.name.clone(), why.to_owned()));
        }
        let secrets = RefusedSecrets::of(&file.source.text);
        for refusal in &file.refusals {
            let line = file.source.position(refusal.span.start).line;
            let said = secrets.message(refusal);
            let why = if begins_a_mark(&file.source, refusal) {
                said + "; a template has to be filled in first"
            } else {
                said
            };
            unread.push((format!("{}:{line}", file.source.name), why));
        }
    }
    let mut inputs = Vec::new();
    for object in workspace.objects().filter(|object| is_applied(object)) {
        if let Some(why) = unreadable(object) {
            let line = object.document.source.position(object.document.span(object.node).start).line;
            unread.push((
                format!("{}:{line}", object.document.source.name),
                format!("{}/{}: {why}", object.id.kind, object.id.name),
            ));
            continue;
        }
        let input = Input::of(object);
        match input.unfilled() {
            Some(why) => unread.push((input.place(), format!("{}: {why}", input.title()))),
            None => inputs.push(input),
        }
    }
    let known = known(workspace, programs);
    let known = |input: &Input| known.get(&(input.file.clone(), input.start)).cloned().unwrap_or_default();
    let settings = settings().ok();
    let generate = |text: &str, environment: Option<&str>| {
        let source = Arc::new(Source::from_text("imported.yaml", text));
        let options = Options { environment: environment.map(str::to_owned), ..Options::default() };
        let path = Path::new("-");
        let expanded = match &settings {
            Some((project, catalogue)) => expand_in(&source, path, project, catalogue, options)?,
            // which says what is wrong with them
            None => expand_text(&source, path, &[], options)?,
        };
        // a folder that a program may have to write: the manifest had it, and writable
        let mut lacking = lacking_folders(&expanded.made, &expanded.descriptions)?;
        lacking.retain(|finding| can_be_given(finding, text, &expanded.made));
        lacking.extend(unwritable(&expanded, text)?);
        if !lacking.is_empty() {
            return Err(lacking.into());
        }
        Ok(expanded.made.into_iter().map(|made| made.object).collect::<Vec<Json>>())
    };
    (import::import(inputs, &known, &generate), unread)
}

/// The folders of data that a container lacks and was not given yet, which the runtime may have mounted for its image.
fn unwritable(expanded: &Expanded, text: &str) -> io::Result<Vec<Finding>> {
    let Some(first) = expanded.descriptions.first() else { return Ok(Vec::new()) };
    let lacking = lacking_volumes(&expanded.made, &expanded.descriptions)?;
    let lacking = lacking.iter().map(Lacking::subject).filter(|subject| match subject {
        Subject::Folders { paths, .. } => paths.iter().all(|path| !text.contains(&format!("{path}: "))),
        _ => false,
    });
    let finding = |subject| Finding {
        subject: Some(subject),
        ..Finding::error(first.name_place.label(""), "a folder of data that cannot be written")
    };
    Ok(lacking.map(finding).collect())
}

/// Whether a container of a description can have the folders that it lacks: one that starts before the app cannot, and what
/// is written already helps no more.
fn can_be_given(finding: &Finding, text: &str, made: &[Made]) -> bool {
    let Some(Subject::Folders { container, paths }) = &finding.subject else { return false };
    let pointers = ["/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers"];
    let lists = made.iter().flat_map(|made| pointers.map(|pointer| made.object.pointer(pointer)?.as_array()));
    let has_name = lists.flatten().flatten().any(|one| one["name"] == container.as_str());
    has_name && paths.iter().any(|path| !text.contains(path.as_str()))
}

/// The settings of the project and its patterns, read once for all documents.
fn settings() -> Result<(Project, Catalogue), Stop> {
    let project = project::nearest(Path::new("-"))?.unwrap_or_default();
    let catalogue = catalogue(&project, &[])?;
    Ok((project, catalogue))
}

/// Whether what cannot be read is a word after `@`, which no YAML has, but templates do: `name: @app_name`.
fn begins_a_mark(source: &Source, refusal: &Refusal) -> bool {
    let rest = source.text.get(refusal.span.range().start..).unwrap_or_default();
    rest.strip_prefix('@').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
}

/// The workloads of a run; templates that have to be filled in are none yet.
fn count(workspace: &Workspace) -> usize {
    const KINDS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];
    // others have a Job of their own
    let is_own = |object: &Object| {
        ["apps/", "batch/", "extensions/"].iter().any(|group| object.id.api_version.starts_with(group))
    };
    let is_workload = |object: &Object| KINDS.contains(&object.id.kind.as_str()) && is_own(object);
    let is_to_import = |object: &&Object| {
        let input = Input::of(object);
        input.unfilled().is_none() && !import::is_made_by_cluster(&input.object)
    };
    workspace.objects().filter(|object| is_applied(object) && is_workload(object)).filter(is_to_import).count()
}

/// Parts that kustomize merges and the files of programs, kustomizations among them, are nothing that a cluster gets.
fn is_applied(object: &Object) -> bool {
    !object.is_patch && !is_of_client(&object.id.api_version)
}

fn unreadable(object: &Object) -> Option<String> {
    // a mistake is more than what has yet to be filled in
    let mistake = object.problems.iter().find(|problem| !object.is_hole(problem.node));
    if let Some(problem) = mistake.or_else(|| object.problems.first()) {
        let document = &object.document;
        let line = document.source.position(document.span(problem.node).start).line;
        let is_encrypted = document.str(problem.node).is_some_and(is_encrypted);
        return Some(match mistake {
            Some(_) => format!("kubectl would refuse it (line {line}); patterns lint shows why"),
            None if is_encrypted => format!("SOPS has to decrypt it first (line {line})"),
            None => format!("it has to be filled in first (line {line})"),
        });
    }
    // a Job that the server would name is made with the hash of its spec as its name's end
    let is_generated = object.id.kind == "Job" && !Input::of(object).id.name.is_empty();
    if object.id.name.is_empty() && object.typed.is_some() && !is_generated {
        return Some("it has no name".to_owned());
    }
    None
}

/// Which container of each workload is the app, and where the others listen, by the file and the line of the workload.
fn known(workspace: &Workspace, programs: &Programs) -> HashMap<(String, u32), Known> {
    let objects: Vec<&Object> = workspace.objects().collect();
    let index = Index::of(&objects);
    let mut known = HashMap::new();
    let all = workloads(&index, programs);
    let broken = Broken::of(&all, &lint::workspace(workspace, &Selection::default()));
    for workload in &all {
        let main: Vec<_> =
            workload.facts.members.iter().filter(|one| one.container.list == ContainerList::Main).collect();
        let named = main.iter().position(|one| one.name() == workload.object.id.name && one.role == Role::App);
        let app = named.or_else(|| main.iter().position(|one| one.role == Role::App)).unwrap_or(0);
        let document = &workload.object.document;
        let start = document.span(workload.object.node).start;
        let name = main.get(app).map_or("", |one| one.name());
        let own = main.get(app).map(|one| one.known_ports()).unwrap_or_default();
        let others = workload.facts.running().filter(|one| one.name() != name);
        let ports = others.flat_map(|one| one.known_ports().into_iter().map(move |port| (one.name().to_owned(), port)));
        let listens = ports.filter(|(_, port)| !own.contains(port)).map(|(name, port)| (name, u64::from(port)));
        known.insert(
            (document.source.name.clone(), start),
            Known {
                app,
                listens: listens.collect(),
                broken: broken.by(workload.object),
                is_changed: !workload.object.changes.is_empty(),
            },
        );
    }
    known
}

/// The documents that are generated together: those of variants have the names of others.
fn stream(import: &Import) -> String {
    let documents = import.documents.iter().filter(|document| document.variant.is_none());
    documents.map(|document| document.text.as_str()).collect::<Vec<_>>().join("---\n")
}

/// A file for each document, no two of which have one name; those of a variant are in its folder.
fn files(import: &Import) -> Vec<(String, String)> {
    let path = |document: &Imported| match &document.variant {
        Some(variant) => format!("{variant}/{}.yaml", document.name),
        None => format!("{}.yaml", document.name),
    };
    import.documents.iter().map(|document| (path(document), document.text.clone())).collect()
}

/// Writes all files or none.
fn write(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    for (name, _) in files {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            let message = format!("{}: this file already exists; use another folder or delete the file", path.shown());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
    }
    let written = files.iter().map(|(name, text)| (folder.join(name), None, text.clone())).collect();
    output::write(&Changes { written, ..Changes::default() }, folder)
}
