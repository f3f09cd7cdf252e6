//! `--fix` and `--diff`: files as fixes change them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{plural, say_failures};
use crate::cli::LintArgs;
use crate::cmd::Exit;
use crate::cmd::streams::{print, say};
use crate::diagnostic::Finding;
use crate::files::Shown as _;
use crate::files::{self, named};
use crate::kube::Workspace;
use crate::limits;
use crate::lint::Projects;
use crate::lint::fix::{self, Withheld};
use crate::report::unified;
use crate::yaml::Source;

/// Applies fixes and writes the files that they change. Returns what is left.
pub fn apply(
    workspace: &mut Workspace,
    projects: &Projects,
    of_descriptions: &[Finding],
    args: &LintArgs,
) -> io::Result<Vec<Finding>> {
    let before: Vec<Arc<Source>> = workspace.files.iter().map(|file| Arc::clone(&file.source)).collect();
    let fixed = fix::fix(workspace, projects, of_descriptions, args.fixes.unsafe_fixes);
    let paths = workspace.files.iter().filter(|file| file.reported).filter_map(|file| file.path.as_deref());
    let folders: BTreeSet<&Path> = paths.filter_map(Path::parent).collect();
    folders.into_iter().for_each(files::remove_abandoned);
    for index in &fixed.changed {
        let file = &workspace.files[*index];
        let Some(path) = &file.path else { continue };
        let given = Path::new(&file.source.name);
        if leads_elsewhere(given, path) {
            let message = format!("a link to {}, outside the repository; name that file to change it", path.shown());
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
    say_withheld(&fixed.withheld);
    Ok(fixed.findings)
}

/// Says which fixes were not kept, and why.
fn say_withheld(withheld: &[Withheld]) {
    const MOST: usize = 10;
    for Withheld { place: (file, line), rule, why } in withheld.iter().take(MOST) {
        say(format_args!("{file}:{line}: {rule} is not fixed: {why}"));
    }
    if withheld.len() > MOST {
        say(format_args!("{} are not fixed for such reasons", plural(withheld.len() - MOST, "other finding")));
    }
}

/// Says how many fixes are left out because they need review.
fn say_unsafe(findings: &[Finding]) {
    match findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| !fix.safe).count() {
        0 => {}
        1 => say("1 fix needs review: show it with --unsafe-fixes"),
        number => say(format_args!("{number} fixes need review: show them with --unsafe-fixes")),
    }
}

/// Whether a file is not where its name says, but outside of the repository that its name lies in: it is a link, or
/// one of the folders above it is.
fn leads_elsewhere(given: &Path, real: &Path) -> bool {
    let Ok(named) = std::path::absolute(given).map(|path| files::without_dots(&path)) else { return true };
    let folder = named.parent().unwrap_or(Path::new("/"));
    !fs::canonicalize(files::root(folder)).is_ok_and(|root| real.starts_with(root))
}

/// Prints what fixes would change.
pub fn diff(
    workspace: &mut Workspace,
    projects: &Projects,
    of_descriptions: &[Finding],
    args: &LintArgs,
) -> io::Result<Exit> {
    let before: Vec<Arc<Source>> = workspace.files.iter().map(|file| Arc::clone(&file.source)).collect();
    let fixed = fix::fix(workspace, projects, of_descriptions, args.fixes.unsafe_fixes);
    print(|out| {
        fixed.changed.iter().try_for_each(|at| unified::write(out, &before[*at], &workspace.files[*at].source))
    })?;
    say_withheld(&fixed.withheld);
    if !args.fixes.unsafe_fixes && !args.quiet {
        say_unsafe(&fixed.findings);
    }
    say_failures(workspace);
    Ok(match (workspace.failures.is_empty(), fixed.changed.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Findings,
        (true, true) => Exit::Clean,
    })
}
