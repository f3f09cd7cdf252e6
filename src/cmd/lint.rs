//! `patterns lint`: where manifests get their patterns wrong.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use crate::cli::{Color, FailOn, LintArgs, LintFormat, Profile};
use crate::diagnostic::{Finding, Level};
use crate::kube::{Globs, Workspace, on_deep_stacks};
use crate::lint::baseline::{self, Baseline};
use crate::lint::{self, Overrides, Projects, Selection, fix};
use crate::report::{Summary, concise, github, gitlab, json, junit, markdown, sarif, statistics, terminal, unified};
use crate::yaml::Source;

/// Reports findings to stdout; what could not be read, and the run in numbers, to stderr.
pub fn run(args: &LintArgs, color: Color) -> io::Result<Exit> {
    check_formats(args)?;
    let fail_on = match args.fail_on {
        FailOn::Error => Level::Error,
        FailOn::Warning => Level::Warning,
        FailOn::Advice => Level::Advice,
    };
    let lowest = match args.profile {
        Some(Profile::Strict) => Level::Advice,
        Some(Profile::Default) | None => fail_on,
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
        let mut workspace = Workspace::load_without(&args.paths, args.workspace.as_deref(), &excluded);
        let projects = match Projects::load(&workspace, selection, overrides)? {
            Ok(projects) => projects.with_policies(&args.policies)?,
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
        if args.write_baseline.is_none()
            && let Some(file) = args.baseline.as_deref().or(projects.baseline())
        {
            read_baseline(file)?.apply(&workspace, &projects, &mut findings);
        }
        if let Some(file) = &args.write_baseline {
            fs::write(file, baseline::write(&findings, &baseline::folder(file)))
                .map_err(|error| named(file, &error))?;
            findings.clear();
        }
        report(args, color, &workspace, &findings)?;
        Ok(exit(&workspace, &findings, fail_on))
    })?
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

fn named(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", file.display()))
}

fn check_formats(args: &LintArgs) -> io::Result<()> {
    if args.formats.iter().filter(|report| report.file.is_none()).count() > 1 {
        return Err(invalid("two formats want standard output; give one a file: --format sarif=out.sarif"));
    }
    if args.fixes.fix && args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(invalid("standard input cannot be changed in place; --diff prints what --fix would change"));
    }
    if args.fixes.unsafe_fixes && !args.fixes.fix && !args.fixes.diff {
        return Err(invalid("--unsafe-fixes goes with --fix or --diff"));
    }
    Ok(())
}

fn read_baseline(file: &Path) -> io::Result<Baseline> {
    Baseline::read(file, fs::read(file).map_err(|error| named(file, &error))?).map_err(invalid)
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

fn report(args: &LintArgs, color: Color, workspace: &Workspace, findings: &[Finding]) -> io::Result<()> {
    let summary = Summary::of(workspace, findings);
    let mut speaks_to_people = args.statistics;
    if args.statistics {
        statistics::write(&mut io::stdout().lock(), findings)?;
    }
    for report in &args.formats {
        let mut text = Vec::new();
        let colored = report.file.is_none() && terminal::is_colored(color, io::stdout().is_terminal());
        match report.format {
            LintFormat::Terminal => terminal::write(&mut text, findings, colored)?,
            LintFormat::Concise => concise::write(&mut text, findings)?,
            LintFormat::Json => json::write(&mut text, findings, summary)?,
            LintFormat::Sarif => sarif::write(&mut text, findings)?,
            LintFormat::Github => github::write(&mut text, findings)?,
            LintFormat::Gitlab => gitlab::write(&mut text, findings)?,
            LintFormat::Junit => junit::write(&mut text, &linted(workspace), findings)?,
            LintFormat::Markdown => markdown::write(&mut text, findings, summary)?,
        }
        match &report.file {
            Some(file) => fs::write(file, &text).map_err(|error| named(file, &error))?,
            None if args.statistics => {}
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
    failures(workspace)?;
    if speaks_to_people && !summary.is_silent() {
        writeln!(io::stderr(), "{summary}")?;
    }
    Ok(())
}

fn linted(workspace: &Workspace) -> Vec<&str> {
    let files = workspace.files.iter().filter(|file| file.reported);
    files.map(|file| file.source.name.as_str()).collect()
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
