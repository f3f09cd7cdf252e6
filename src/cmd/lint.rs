//! `patterns lint`: where manifests get their patterns wrong.

use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::streams::{print, say};
use crate::cli::{Color, FailOn, LintArgs, LintFormat, Profile};
use crate::diagnostic::{Finding, Level};
use crate::files::{self, NewFile, named};
use crate::kube::{Globs, Workspace, on_deep_stacks};
use crate::limits;
use crate::lint::baseline::{self, Baseline};
use crate::lint::{self, Cut, Overrides, Projects, Selection, fix};
use crate::report::{
    Secrets, Summary, concise, github, gitlab, json, junit, markdown, sarif, statistics, terminal, unified,
};
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
            Ok(projects) => projects,
            Err(findings) => {
                terminal::print(&findings, color);
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
            files::write(file, baseline::write(&findings, &baseline::folder(file)))
                .map_err(|error| named(file, &error))?;
            findings.clear();
        }
        let cut = lint::cut(&mut findings);
        report(args, color, &workspace, &findings, cut)?;
        Ok(exit(&workspace, &findings, fail_on))
    })?
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
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
    let bytes = files::read_regular(file, limits::INPUT).map_err(|error| named(file, &error))?;
    Baseline::read(file, bytes).map_err(invalid)
}

/// Applies fixes and writes the files that they change. Returns what is left.
fn mend(workspace: &mut Workspace, projects: &Projects, args: &LintArgs) -> io::Result<Vec<Finding>> {
    let before: Vec<Arc<Source>> = workspace.files.iter().map(|file| Arc::clone(&file.source)).collect();
    let fixed = fix::fix(workspace, projects, args.fixes.unsafe_fixes);
    for index in &fixed.changed {
        let file = &workspace.files[*index];
        let Some(path) = &file.path else { continue };
        let given = Path::new(&file.source.name);
        if leads_elsewhere(given, path) {
            let message =
                format!("a link to {}, outside of the repository; name that file to change it", path.display());
            return Err(named(given, &io::Error::new(io::ErrorKind::InvalidInput, message)));
        }
        let now = files::read_regular(path, limits::INPUT).map_err(|error| named(path, &error))?;
        if now != before[*index].bytes() {
            return Err(named(path, &io::Error::other("it changed while it was being linted; run again")));
        }
        files::write(path, file.source.bytes()).map_err(|error| named(path, &error))?;
    }
    if fixed.count > 0 {
        let files = fixed.changed.len();
        let (findings, in_files) = (plural(fixed.count, "finding"), plural(files, "file"));
        say(format_args!("fixed {findings} in {in_files}"));
    }
    Ok(fixed.findings)
}

/// Whether a file is a link that leads out of the repository, or the folder, that the link is in.
fn leads_elsewhere(given: &Path, real: &Path) -> bool {
    if !given.is_symlink() {
        return false;
    }
    let folder = given.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    !fs::canonicalize(folder).is_ok_and(|folder| real.starts_with(files::root(&folder)))
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Prints what fixes would change.
fn diff(workspace: &mut Workspace, projects: &Projects, args: &LintArgs) -> io::Result<Exit> {
    let before: Vec<Arc<Source>> = workspace.files.iter().map(|file| Arc::clone(&file.source)).collect();
    let fixed = fix::fix(workspace, projects, args.fixes.unsafe_fixes);
    print(|out| {
        fixed.changed.iter().try_for_each(|at| unified::write(out, &before[*at], &workspace.files[*at].source))
    })?;
    failures(workspace);
    Ok(match (workspace.failures.is_empty(), fixed.changed.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Findings,
        (true, true) => Exit::Clean,
    })
}

fn report(args: &LintArgs, color: Color, workspace: &Workspace, findings: &[Finding], cut: Cut) -> io::Result<()> {
    let summary = Summary { rules_cut: cut.rules, ..Summary::of(workspace, findings) };
    let secrets = Secrets::of_files(&workspace.files);
    let mut speaks_to_people = args.statistics;
    if args.statistics {
        print(|out| statistics::write(out, findings))?;
    }
    let run = Run { workspace, findings, summary, secrets };
    for report in &args.formats {
        match &report.file {
            Some(file) => {
                let written = NewFile::create(file).and_then(|mut new| {
                    run.write(&mut new, report.format, false)?;
                    new.commit()
                });
                written.map_err(|error| named(file, &error))?;
            }
            None if args.statistics => {}
            None => {
                if let LintFormat::Terminal | LintFormat::Concise = report.format {
                    speaks_to_people = true;
                }
                let colored = terminal::is_colored(color, io::stdout().is_terminal());
                print(|out| run.write(out, report.format, colored))?;
            }
        }
    }
    failures(workspace);
    if speaks_to_people && !summary.is_silent() {
        say(summary);
    }
    Ok(())
}

/// What there is to report.
struct Run<'run> {
    workspace: &'run Workspace,
    findings: &'run [Finding],
    summary: Summary,
    secrets: Secrets<'run>,
}

impl Run<'_> {
    fn write(&self, out: &mut impl Write, format: LintFormat, colored: bool) -> io::Result<()> {
        let Self { workspace, findings, summary, secrets } = self;
        match format {
            LintFormat::Terminal => terminal::write(out, findings, colored, secrets),
            LintFormat::Concise => concise::write(out, findings),
            LintFormat::Json => json::write(out, findings, *summary, secrets),
            LintFormat::Sarif => sarif::write(out, findings, secrets),
            LintFormat::Github => github::write(out, findings),
            LintFormat::Gitlab => gitlab::write(out, findings),
            LintFormat::Junit => junit::write(out, &linted(workspace), findings),
            LintFormat::Markdown => markdown::write(out, findings, *summary),
        }
    }
}

fn linted(workspace: &Workspace) -> Vec<&str> {
    let files = workspace.files.iter().filter(|file| file.reported);
    files.map(|file| file.source.name.as_str()).collect()
}

fn failures(workspace: &Workspace) {
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
