//! `patterns lint`: where manifests get their patterns wrong.

use std::io::{self, IsTerminal as _, Write as _};

use super::Exit;
use crate::cli::{Color, FailOn, LintArgs, LintFormat};
use crate::diagnostic::{Finding, Level};
use crate::kube::{Workspace, on_deep_stacks};
use crate::lint::{self, Selection};
use crate::report::{Summary, json, terminal};

/// Reports findings to stdout; what could not be read, and the run in numbers, to stderr.
pub fn run(args: &LintArgs, color: Color) -> io::Result<Exit> {
    let fail_on = match args.fail_on {
        FailOn::Error => Level::Error,
        FailOn::Warning => Level::Warning,
        FailOn::Advice => Level::Advice,
    };
    let selection = Selection::new(&args.select, &args.ignore, fail_on)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?
        .for_target(args.target);
    // The workspace ends where it began: what nests deeply is also dropped deeply.
    on_deep_stacks(|| {
        let workspace = Workspace::load(&args.paths, args.workspace.as_deref());
        let findings = lint::workspace(&workspace, &selection);
        report(args, color, &workspace, &findings)?;
        Ok(exit(&workspace, &findings, fail_on))
    })?
}

fn report(args: &LintArgs, color: Color, workspace: &Workspace, findings: &[Finding]) -> io::Result<()> {
    let summary = Summary::of(workspace, findings);
    let stdout = io::stdout();
    let colored = terminal::is_colored(color, stdout.is_terminal());
    let mut out = io::BufWriter::new(stdout.lock());
    match args.format {
        LintFormat::Terminal => terminal::write(&mut out, findings, colored)?,
        LintFormat::Json => json::write(&mut out, findings, summary)?,
    }
    out.flush()?;
    let mut err = io::stderr().lock();
    for failure in &workspace.failures {
        writeln!(err, "error: {failure}")?;
    }
    if args.format == LintFormat::Terminal && !summary.is_silent() {
        writeln!(err, "{summary}")?;
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
