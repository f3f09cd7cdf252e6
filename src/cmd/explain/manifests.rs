//! `patterns explain FILE…`: the patterns that are in manifests.

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::{ExplainArgs, ExplainFormat};
use crate::cmd::Exit;
use crate::cmd::diagram::refuse_more_than;
use crate::cmd::streams::{listed, print_text, say};
use crate::diagnostic::Stop;
use crate::diagram::{self, mermaid};
use crate::facts::Programs;
use crate::facts::workload::workloads;
use crate::kube::{File, Index, Object, Workspace};
use crate::limits;
use crate::lint::programs_at;
use crate::report::roles;

/// Prints what is recognised in one file.
pub fn run_file(file: File, path: &Path, args: &ExplainArgs) -> Result<Exit, Stop> {
    run(&Workspace { files: vec![file], ..Workspace::default() }, &[path.to_owned()], args.format)
}

/// Prints what is recognised in files and folders together.
pub fn run_paths(paths: &[PathBuf], args: &ExplainArgs) -> Result<Exit, Stop> {
    run(&Workspace::load(paths, None), paths, args.format)
}

fn run(workspace: &Workspace, paths: &[PathBuf], format: ExplainFormat) -> Result<Exit, Stop> {
    let own = programs_at(paths.first().map_or(Path::new("."), PathBuf::as_path))?;
    let programs = own.as_ref().unwrap_or_else(|| Programs::built_in());
    let objects: Vec<&Object> = workspace.objects().collect();
    let index = Index::of(&objects);
    let workloads = workloads(&index, programs);
    let text = match format {
        ExplainFormat::Text => roles::tree(&workloads),
        ExplainFormat::Json => roles::json(&workloads).map_err(io::Error::other)?,
        ExplainFormat::Mermaid => {
            let first = workspace.files.first().map_or("", |file| file.source.name.as_str());
            let diagram = diagram::of(first, workspace.objects(), programs);
            refuse_more_than(limits::PARTS_OF_TEXT, &diagram)?;
            mermaid::write(&diagram)
        }
    };
    print_text(&text)?;
    if objects.is_empty() {
        say(format_args!("warning: no Kubernetes objects to explain in {}", listed(paths)));
    } else if workloads.is_empty() {
        say("note: these manifests contain no workload: nothing runs a container");
    }
    for failure in &workspace.failures {
        say(format_args!("error: {failure}"));
    }
    match workspace.templates_skipped {
        0 => {}
        1 => say("note: 1 template skipped"),
        number => say(format_args!("note: {number} templates skipped")),
    }
    Ok(if workspace.failures.is_empty() { Exit::Clean } else { Exit::Failed })
}
