//! `patterns lint`: where manifests get their patterns wrong.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum as _;

use super::progress::Progress;
use super::{Exit, descriptions};
use crate::cli::{Color, FailOn, LintArgs, LintFormat, Profile, Report};
use crate::diagnostic::{self, Finding, Level};
use crate::kube::{Globs, Inputs, Workspace, on_deep_stacks};
use crate::lint::baseline::{self, Baseline};
use crate::lint::{self, Overrides, Projects, Selection, fix};
use crate::report::{Summary, concise, github, gitlab, json, junit, markdown, sarif, statistics, terminal, unified};
use crate::yaml::Source;

/// Reports findings to stdout; what could not be read, and the run in numbers, to stderr.
pub fn run(args: &LintArgs, color: Color) -> io::Result<Exit> {
    check_arguments(args)?;
    let fail_on = args.fail_on.map(level);
    let lowest = match args.profile {
        Some(Profile::Strict) => Level::Advice,
        Some(Profile::Default) | None => fail_on.unwrap_or(Level::Error),
    };
    let mut selection = Selection::new(&args.select, &args.ignore, lowest).map_err(invalid)?;
    if let Some(target) = args.target {
        selection = selection.for_target(target);
    }
    let overrides = Overrides { has_level: args.profile.is_some(), has_target: args.target.is_some() };
    // The workspace ends where it began: what nests deeply is also dropped deeply.
    on_deep_stacks(|| {
        let here = std::env::current_dir().and_then(fs::canonicalize)?;
        let excluded = Globs::new(&here, &args.exclude).map_err(invalid)?;
        let asked = Inputs {
            paths: &args.paths,
            around: args.workspace.as_deref(),
            excluded: Some(&excluded),
            stdin: args.stdin_filename.as_deref(),
        };
        let progress = Progress::begin("reading and checking manifests");
        let mut workspace = Workspace::look_at(&asked);
        let projects = match Projects::load(&workspace, selection, overrides)? {
            Ok(projects) => projects.looking_at(&args.paths),
            Err(findings) => {
                terminal::print(&findings, color)?;
                return Ok(Exit::Failed);
            }
        };
        workspace.leave_out(|file| projects.excludes(file));
        if args.fixes.diff {
            return diff(&mut workspace, &projects, args);
        }
        let mut findings =
            if args.fixes.fix { mend(&mut workspace, &projects, args)? } else { lint::run(&workspace, &projects) };
        findings.extend(descriptions::check(&workspace, &projects)?);
        diagnostic::sort(&mut findings);
        if args.write_baseline.is_none() {
            match baseline(args, &projects)? {
                Ok(Some(baseline)) => baseline.apply(&workspace, &projects, &mut findings),
                Ok(None) => {}
                Err(missing) => {
                    terminal::print(&[missing], color)?;
                    return Ok(Exit::Failed);
                }
            }
        }
        if let Some(file) = &args.write_baseline {
            fs::write(file, baseline::write(&findings, &baseline::folder(file)))
                .map_err(|error| named(file, &error))?;
            findings.clear();
        }
        let fail_on = fail_on.or(projects.shared(|settings| settings.fail_on)).unwrap_or(Level::Error);
        let formats = formats(args, &projects)?;
        drop(progress);
        if args.verbose {
            print_what_was_read(&workspace, &projects)?;
        }
        report(&Reporting { args, formats: &formats, color, fail_on }, &workspace, &findings)?;
        Ok(exit(&workspace, &findings, fail_on))
    })?
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

fn named(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", file.display()))
}

fn level(fail_on: FailOn) -> Level {
    match fail_on {
        FailOn::Error => Level::Error,
        FailOn::Warning => Level::Warning,
        FailOn::Advice => Level::Advice,
    }
}

/// How to report: as the command line says, else the settings, else for people.
fn formats(args: &LintArgs, projects: &Projects) -> io::Result<Vec<Report>> {
    if !args.formats.is_empty() {
        return Ok(args.formats.clone());
    }
    let name = projects.shared(|settings| settings.format.as_deref()).unwrap_or("terminal");
    let format = LintFormat::from_str(name, false).map_err(invalid)?;
    Ok(vec![Report { format, file: None }])
}

fn check_arguments(args: &LintArgs) -> io::Result<()> {
    let has_stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    if args.stdin_filename.is_some() && !has_stdin {
        return Err(invalid("--stdin-filename names standard input, which is read where a PATH is `-`"));
    }
    if args.formats.iter().filter(|report| report.file.is_none()).count() > 1 {
        return Err(invalid("two formats want standard output; give one a file: --format sarif=out.sarif"));
    }
    if args.fixes.fix && has_stdin {
        return Err(invalid("standard input cannot be changed in place; --diff prints what --fix would change"));
    }
    if args.fixes.unsafe_fixes && !args.fixes.fix && !args.fixes.diff {
        return Err(invalid("--unsafe-fixes goes with --fix or --diff"));
    }
    Ok(())
}

/// The baseline of the command line or of the settings. The inner error is that the settings name one that is not
/// there.
fn baseline(args: &LintArgs, projects: &Projects) -> io::Result<Result<Option<Baseline>, Finding>> {
    let set = projects.shared(|settings| settings.baseline.as_ref()).filter(|_| args.baseline.is_none());
    let Some(file) = args.baseline.as_deref().or(set.map(|set| set.path.as_path())) else { return Ok(Ok(None)) };
    match (fs::read(file), set) {
        (Ok(bytes), _) => Ok(Ok(Some(Baseline::read(file, bytes).map_err(invalid)?))),
        (Err(error), Some(set)) if error.kind() == io::ErrorKind::NotFound => {
            let file = file.display();
            Ok(Err(Finding::error(set.place.label(""), format!("there is no baseline {file}"))
                .help(format!("`patterns lint --write-baseline {file} PATH` writes it; without one, remove the line"))))
        }
        (Err(error), _) => Err(named(file, &error)),
    }
}

/// Applies fixes and writes the files that they change. Returns what is left.
fn mend(workspace: &mut Workspace, projects: &Projects, args: &LintArgs) -> io::Result<Vec<Finding>> {
    let before: Vec<Arc<Source>> = workspace.files.iter().map(|file| Arc::clone(&file.source)).collect();
    let fixed = fix::fix(workspace, projects, args.fixes.unsafe_fixes);
    for index in &fixed.changed {
        let file = &workspace.files[*index];
        let Some(path) = &file.path else { continue };
        if fs::read(path).map_err(|error| named(path, &error))? != before[*index].bytes() {
            return Err(named(path, &io::Error::other("it changed while it was being linted; run again")));
        }
        fs::write(path, file.source.bytes()).map_err(|error| named(path, &error))?;
    }
    if fixed.count > 0 {
        let files = fixed.changed.len();
        let (findings, in_files) = (plural(fixed.count, "finding"), plural(files, "file"));
        writeln!(io::stderr(), "fixed {findings} in {in_files}")?;
    }
    Ok(fixed.findings)
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Prints what fixes would change.
fn diff(workspace: &mut Workspace, projects: &Projects, args: &LintArgs) -> io::Result<Exit> {
    let before: Vec<Arc<Source>> = workspace.files.iter().map(|file| Arc::clone(&file.source)).collect();
    let fixed = fix::fix(workspace, projects, args.fixes.unsafe_fixes);
    let mut out = io::BufWriter::new(io::stdout().lock());
    for index in &fixed.changed {
        unified::write(&mut out, &before[*index], &workspace.files[*index].source)?;
    }
    out.flush()?;
    failures(workspace)?;
    Ok(match (workspace.failures.is_empty(), fixed.changed.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Findings,
        (true, true) => Exit::Clean,
    })
}

/// How a run is reported.
struct Reporting<'run> {
    args: &'run LintArgs,
    formats: &'run [Report],
    color: Color,
    fail_on: Level,
}

fn report(how: &Reporting<'_>, workspace: &Workspace, findings: &[Finding]) -> io::Result<()> {
    let summary = Summary::of(workspace, findings);
    let mut speaks_to_people = false;
    for report in how.formats {
        let mut text = Vec::new();
        let colored = report.file.is_none() && terminal::is_colored(how.color, io::stdout().is_terminal());
        match report.format {
            LintFormat::Terminal | LintFormat::Concise if how.args.statistics => {
                statistics::write(&mut text, findings)?;
            }
            LintFormat::Json if how.args.statistics => statistics::write_json(&mut text, findings, summary)?,
            LintFormat::Markdown if how.args.statistics => statistics::write_markdown(&mut text, findings)?,
            LintFormat::Terminal => terminal::write(&mut text, findings, colored)?,
            LintFormat::Concise => concise::write(&mut text, findings)?,
            LintFormat::Json => json::write(&mut text, findings, summary)?,
            LintFormat::Sarif => sarif::write(&mut text, findings)?,
            LintFormat::Github => github::write(&mut text, findings)?,
            LintFormat::Gitlab => gitlab::write(&mut text, findings)?,
            LintFormat::Junit => junit::write(&mut text, &linted(workspace, findings), findings, how.fail_on)?,
            LintFormat::Markdown => markdown::write(&mut text, findings, summary)?,
        }
        match &report.file {
            Some(file) => fs::write(file, &text).map_err(|error| named(file, &error))?,
            None => {
                if let LintFormat::Terminal | LintFormat::Concise = report.format {
                    speaks_to_people = true;
                }
                let mut out = io::stdout().lock();
                out.write_all(&text)?;
                out.flush()?;
            }
        }
    }
    if how.args.statistics && how.formats.iter().all(|report| !counts(report.format)) {
        // These formats hold findings and nothing else.
        statistics::write(&mut io::stderr().lock(), findings)?;
    }
    failures(workspace)?;
    if !how.args.quiet {
        if summary.is_empty() && workspace.failures.is_empty() {
            writeln!(io::stderr(), "warning: {}", nothing_to_lint(how.args))?;
        } else if speaks_to_people {
            writeln!(io::stderr(), "{summary}")?;
        }
    }
    Ok(())
}

/// Whether a format can hold statistics.
fn counts(format: LintFormat) -> bool {
    matches!(format, LintFormat::Terminal | LintFormat::Concise | LintFormat::Json | LintFormat::Markdown)
}

fn nothing_to_lint(args: &LintArgs) -> String {
    let paths: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
    let paths = if paths.len() > 3 { format!("{} paths", paths.len()) } else { paths.join(", ") };
    format!("there is no Kubernetes object to lint in {paths}")
}

/// The files that were linted, and those in which something was found that speaks of them; by name.
fn linted<'run>(workspace: &'run Workspace, findings: &'run [Finding]) -> Vec<&'run str> {
    let files = workspace.files.iter().filter(|file| file.reported).map(|file| file.source.name.as_str());
    let with_findings = findings.iter().map(|finding| finding.primary.source.name.as_str());
    files.chain(with_findings).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What `--verbose` adds: which files and settings there were.
fn print_what_was_read(workspace: &Workspace, projects: &Projects) -> io::Result<()> {
    let mut err = io::stderr().lock();
    for path in projects.files() {
        writeln!(err, "settings: {}", path.display())?;
    }
    for file in &workspace.files {
        let use_of_it = if file.reported { "linted" } else { "read for references" };
        writeln!(err, "{use_of_it}: {}: {}", file.source.name, plural(file.objects.len(), "object"))?;
    }
    Ok(())
}

fn failures(workspace: &Workspace) -> io::Result<()> {
    let mut err = io::stderr().lock();
    for failure in &workspace.failures {
        writeln!(err, "error: {failure}")?;
    }
    Ok(())
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
