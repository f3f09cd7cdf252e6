//! `patterns lint`: checks manifests for mistakes.

mod fixes;
mod render;
mod report;

use std::fs;
use std::io;
use std::path::Path;

use clap::ValueEnum as _;

use super::Exit;
use super::progress::Progress;
use super::streams::say;
use crate::cli::{FailOn, LintArgs, LintFormat, Profile, ReportTo};
use crate::diagnostic::{self, Finding, Level, Stop};
use crate::expand;
use crate::files::Shown as _;
use crate::files::{self, named};
use crate::kube::{File, Globs, Inputs, Workspace, on_deep_stacks};
use crate::limits;
use crate::lint::baseline::{self, Baseline};
use crate::lint::{self, Options, Overrides, Projects, Selection};
use crate::report::{Base, Color, Summary, printable, terminal};
use crate::secrets::Secrets;
use report::Reporting;

/// Reports findings to stdout; what could not be read, and the run in numbers, to stderr.
pub fn run(args: &LintArgs, color: Color) -> io::Result<Exit> {
    check_arguments(args)?;
    let selection = selection(args)?;
    // The workspace ends where it began: what nests deeply is also dropped deeply.
    on_deep_stacks(|| match lint(args, selection, color) {
        Ok(exit) => Ok(exit),
        Err(stop) => {
            terminal::print(&stop.findings()?, color);
            Ok(Exit::Failed)
        }
    })?
}

/// The rules that run and the level from which they count, where the settings of a project say nothing else.
fn selection(args: &LintArgs) -> io::Result<Selection> {
    let lowest = match args.profile {
        Some(Profile::Strict) => Level::Advice,
        Some(Profile::Default) | None => args.fail_on.map_or(Level::Error, level),
    };
    let selection = Selection::new(&args.select, &args.ignore, lowest).map_err(invalid)?;
    Ok(match args.target {
        Some(target) => selection.for_targets(target),
        None => selection,
    })
}

/// Reads, judges and reports.
fn lint(args: &LintArgs, selection: Selection, color: Color) -> Result<Exit, Stop> {
    let here = std::env::current_dir().and_then(fs::canonicalize)?;
    let base = base(args, &here)?;
    let progress = Progress::begin("reading and checking manifests");
    let (mut workspace, projects) = read(args, &here, selection)?;
    let of_descriptions = expand::check(&workspace, &projects)?;
    if args.fixes.diff {
        return Ok(fixes::diff(&mut workspace, &projects, &of_descriptions, args)?);
    }
    let mut findings = if args.fixes.fix {
        fixes::apply(&mut workspace, &projects, &of_descriptions, args)?
    } else {
        lint::run(&workspace, &projects, Options { of_descriptions, kept: None })
    };
    diagnostic::sort(&mut findings);
    // the baseline is a file that is shared, too
    let secrets = Secrets::of_files(&workspace.files);
    secrets.mask(&mut findings);
    check_outputs(args, &workspace)?;
    let in_baseline = take_out_known(args, &workspace, &projects, &mut findings)?;
    let fail_on = args.fail_on.map(level).or(projects.shared(|settings| settings.fail_on)).unwrap_or(Level::Error);
    let formats = formats(args, &projects)?;
    let exit = exit(&workspace, &findings, fail_on);
    // counted before some are left out
    let summary = Summary::of(&workspace, &findings);
    let cut = lint::cut(&mut findings);
    let summary = Summary { rules_cut: cut.rules, in_baseline, ..summary };
    if let Some(base) = &base {
        base.rename(&mut findings);
        diagnostic::sort(&mut findings);
    }
    drop(progress);
    if args.verbose {
        say_what_was_read(&workspace, &projects);
    }
    Reporting {
        args,
        formats: &formats,
        color,
        fail_on,
        workspace: &workspace,
        findings: &findings,
        summary,
        base: base.as_ref(),
        secrets: &secrets,
    }
    .write()?;
    std::mem::forget(secrets);
    // The process ends with this, and the system takes back all of its memory at once: to free each piece of it would take
    // longer than to write the report.
    std::mem::forget((workspace, findings));
    Ok(exit)
}

/// The files that the command line names, with what they refer to, and the projects they belong to.
fn read(args: &LintArgs, here: &Path, selection: Selection) -> Result<(Workspace, Projects), Stop> {
    let excluded = Globs::new(here, &args.exclude).map_err(invalid)?;
    let mut workspace = Workspace::look_at(&Inputs {
        paths: &args.paths,
        around: args.workspace.as_deref(),
        excluded: Some(&excluded),
        stdin: args.stdin_filename.as_deref(),
        ..Inputs::default()
    });
    let mut projects = load(args, &mut workspace, selection.clone())?;
    // what is excluded is not rendered, and what is rendered has settings too
    if render::render(&mut workspace, &projects, args) {
        projects = load(args, &mut workspace, selection)?;
    }
    Ok((workspace, projects))
}

/// The projects of the files, without the files that they exclude.
fn load(args: &LintArgs, workspace: &mut Workspace, selection: Selection) -> Result<Projects, Stop> {
    let overrides =
        Overrides { has_level: args.profile.is_some(), has_target: args.target.is_some(), is_right_after_search: true };
    let projects = Projects::load(workspace, selection, overrides)?;
    let projects = projects.looking_at(&args.paths).with_policies(&args.policies)?;
    workspace.leave_out(|file| projects.excludes(file));
    Ok(projects)
}

/// Refuses to write over anything but a report or a baseline, before anything is written.
fn check_outputs(args: &LintArgs, workspace: &Workspace) -> io::Result<()> {
    let reports = args.formats.iter().filter_map(|report| report.file.as_deref());
    for file in reports.clone().chain(args.write_baseline.as_deref()) {
        refuse_manifest(file, workspace)?;
    }
    for file in reports {
        refuse_to_overwrite(file)?;
    }
    args.write_baseline.as_deref().map_or(Ok(()), refuse_other_than_baseline)
}

/// Takes out what the baseline lists, a new one or that of an earlier run; how many findings it was.
fn take_out_known(
    args: &LintArgs,
    workspace: &Workspace,
    projects: &Projects,
    findings: &mut Vec<Finding>,
) -> Result<usize, Stop> {
    if let Some(file) = &args.write_baseline {
        files::write(file, baseline::write(findings, &baseline::folder(file))).map_err(|error| named(file, &error))?;
        let found = findings.len();
        findings.retain(|finding| !baseline::lists(finding));
        return Ok(found - findings.len());
    }
    Ok(baseline(args, projects)?.map_or(0, |baseline| baseline.apply(workspace, projects, findings)))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

/// The folder that reports name files from.
fn base(args: &LintArgs, here: &Path) -> io::Result<Option<Base>> {
    let Some(named) = &args.base else { return Ok(None) };
    let folder = match named {
        Some(folder) => folder.clone(),
        None => here
            .ancestors()
            .find(|folder| folder.join(".git").exists())
            .ok_or_else(|| invalid("--base found no repository around this folder; name a folder: --base=.."))?
            .to_owned(),
    };
    Base::new(&folder).map(Some).map_err(|error| named_base(&folder, &error))
}

fn named_base(folder: &Path, error: &io::Error) -> io::Error {
    invalid(format!("--base={}: {}", folder.shown(), files::why(folder, error)))
}

fn level(fail_on: FailOn) -> Level {
    match fail_on {
        FailOn::Error => Level::Error,
        FailOn::Warning => Level::Warning,
        FailOn::Advice => Level::Advice,
    }
}

/// How to report: as the command line says, else the settings, else for people.
fn formats(args: &LintArgs, projects: &Projects) -> io::Result<Vec<ReportTo>> {
    if !args.formats.is_empty() {
        return Ok(args.formats.clone());
    }
    let name = projects.shared(|settings| settings.format.as_deref()).unwrap_or("terminal");
    let format = LintFormat::from_str(name, false).map_err(invalid)?;
    Ok(vec![ReportTo { format, file: None }])
}

fn check_arguments(args: &LintArgs) -> io::Result<()> {
    let has_stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    if args.stdin_filename.is_some() && !has_stdin {
        return Err(invalid("--stdin-filename names standard input, but no PATH is `-`"));
    }
    if args.formats.iter().filter(|report| report.file.is_none()).count() > 1 {
        return Err(invalid("two formats write to standard output; give one a file: --format sarif=out.sarif"));
    }
    let files: Vec<&Path> = args.formats.iter().filter_map(|report| report.file.as_deref()).collect();
    if let Some(twice) = files.iter().enumerate().find_map(|(at, file)| files[..at].contains(file).then_some(file)) {
        return Err(invalid(format!("two formats would be written to {}; give each its own file", twice.shown())));
    }
    if args.fixes.fix && has_stdin {
        return Err(invalid("standard input cannot be changed in place; --diff prints what --fix would change"));
    }
    if args.rendering.render && (args.fixes.fix || args.fixes.diff) {
        return Err(invalid(
            "--render checks the output of templates, which --fix and --diff cannot change; run them without it",
        ));
    }
    if args.fixes.unsafe_fixes && !args.fixes.fix && !args.fixes.diff {
        return Err(invalid("--unsafe-fixes needs --fix or --diff"));
    }
    Ok(())
}

/// The baseline of the command line or of the settings.
///
/// # Errors
/// A file that cannot be read; a finding where the settings name one that is not there.
fn baseline(args: &LintArgs, projects: &Projects) -> Result<Option<Baseline>, Stop> {
    let set = projects.shared(|settings| settings.baseline.as_ref()).filter(|_| args.baseline.is_none());
    let Some(file) = args.baseline.as_deref().or(set.map(|set| set.path.as_path())) else { return Ok(None) };
    // what the command line names may be a pipe, what settings name is a file
    let bytes = if set.is_none() { files::read(file, limits::INPUT) } else { files::read_regular(file, limits::INPUT) };
    match (bytes, set) {
        (Ok(bytes), _) => Ok(Some(Baseline::read(file, bytes).map_err(invalid)?)),
        (Err(error), Some(set)) if error.kind() == io::ErrorKind::NotFound => {
            let file = file.shown();
            let finding = Finding::error(set.place.label(""), format!("the baseline {file} does not exist"));
            let help = format!("`patterns lint --write-baseline {file} PATH` writes it; without one, remove the line");
            Err(finding.help(help).into())
        }
        (Err(error), _) => Err(named(file, &error).into()),
    }
}

/// `--format json=a.yaml b.yaml` takes the first of the files that were meant to be linted. No report is YAML.
fn refuse_to_overwrite(file: &Path) -> io::Result<()> {
    let is_yaml = file.extension().is_some_and(|end| end == "yaml" || end == "yml");
    if is_yaml && file.exists() {
        let file = file.shown();
        return Err(invalid(format!("{file}: this file exists and is YAML; give the report another name")));
    }
    Ok(())
}

/// `--write-baseline k8s/*.yaml` takes the first of the files that were meant to be linted.
fn refuse_other_than_baseline(file: &Path) -> io::Result<()> {
    if !file.is_file() || fs::metadata(file)?.len() == 0 {
        return Ok(());
    }
    let bytes = files::read_regular(file, limits::INPUT).map_err(|error| named(file, &error))?;
    Baseline::read(file, bytes).map(drop).map_err(|_| {
        let file = file.shown();
        invalid(format!("{file}: this file exists and is not a baseline; --write-baseline needs the name of the file to write: --write-baseline lint-baseline.json PATH"))
    })
}

/// A report in the place of a manifest of the run would be the end of the manifest.
fn refuse_manifest(file: &Path, workspace: &Workspace) -> io::Result<()> {
    let Ok(real) = fs::canonicalize(file) else { return Ok(()) };
    let is_manifest = |read: &&File| read.path.as_deref() == Some(real.as_path()) && !read.objects.is_empty();
    match workspace.files.iter().find(is_manifest) {
        Some(_) => {
            Err(invalid(format!("{}: this is one of the linted manifests; give the report another name", file.shown())))
        }
        None => Ok(()),
    }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// What `--verbose` adds: which files and settings there were.
fn say_what_was_read(workspace: &Workspace, projects: &Projects) {
    for path in projects.files() {
        say(format_args!("settings: {}", path.shown()));
    }
    for file in &workspace.files {
        let use_of_it = if file.reported { "linted" } else { "read for references" };
        say(format_args!("{use_of_it}: {}: {}", printable(&file.source.name), plural(file.objects.len(), "object")));
    }
}

fn say_failures(workspace: &Workspace) {
    for failure in &workspace.failures {
        say(format_args!("error: {failure}"));
    }
}

fn exit(workspace: &Workspace, findings: &[Finding], fail_on: Level) -> Exit {
    if !workspace.failures.is_empty() {
        Exit::Failed
    } else if findings.iter().any(|finding| finding.level >= fail_on) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
