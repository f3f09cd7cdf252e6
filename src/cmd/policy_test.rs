//! `patterns policy test`: policies against examples that they must accept or refuse.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::Exit;
use super::streams::{print_text, without_controls};
use crate::cli::PolicyTestArgs;
use crate::diagnostic::Finding;
use crate::files;
use crate::files::Shown as _;
use crate::kube::{Index, Object, Workspace, on_deep_stacks};
use crate::policy::{Decision, Policies, Verdict, unusable};
use crate::report::{Color, printable, terminal};
use crate::rules::FindingsAnywhere;
use crate::rules::policy::{INVALID, report_problems};
use crate::secrets::Secrets;

/// Prints a line for each policy and for each example that came out wrong.
pub fn run(args: &PolicyTestArgs, color: Color) -> io::Result<Exit> {
    on_deep_stacks(|| {
        let mut folders = BTreeSet::new();
        for path in &args.paths {
            if !path.exists() {
                return Err(files::named(path, &path.metadata().err().unwrap_or(io::ErrorKind::NotFound.into())));
            }
            let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
            collect(folder, &mut folders, 0)?;
        }
        if folders.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "there are no examples: put objects that the policies must accept into good/ next to \
                 them, and objects that they must refuse into bad/",
            ));
        }
        let mut is_clean = true;
        for folder in folders {
            is_clean &= test(&folder, args, color)?;
        }
        Ok(if is_clean { Exit::Clean } else { Exit::Findings })
    })?
}

/// Finds the folders that hold `good` or `bad`.
fn collect(folder: &Path, found: &mut BTreeSet<PathBuf>, depth: usize) -> io::Result<()> {
    const DEPTH: usize = 20;
    let is_example = |path: &Path| path.file_name().is_some_and(|name| name == "good" || name == "bad");
    let own = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for path in files::sorted(own).map_err(|error| files::named(own, &error))? {
        // links are not followed: they may lead back
        if !path.is_dir() || path.is_symlink() || depth > DEPTH {
            continue;
        }
        if is_example(&path) {
            found.insert(own.to_owned());
        } else if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            collect(&path, found, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether everything in a folder came out right.
fn test(folder: &Path, args: &PolicyTestArgs, color: Color) -> io::Result<bool> {
    let is_manifest = |path: &Path| path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
    let mut own = files::sorted(folder).map_err(|error| files::named(folder, &error))?;
    own.retain(|path| is_manifest(path) && path.is_file());
    let set = load(&own)?;
    let good = load(&existing(folder, "good"))?;
    let bad = load(&existing(folder, "bad"))?;
    let own: Vec<&Object> = set.objects().collect();
    let policies = Policies::collect(&own, &|_| args.target.unwrap_or_default(), true);
    let name = folder.shown();
    if let Some(why) = unusable(&set, &name, args.target.unwrap_or_default()).filter(|_| !set.files.is_empty()) {
        print_line(&why)?;
        return Ok(false);
    }
    if policies.is_empty() {
        print_line(&format!("{name}: only examples here, no policy"))?;
        return Ok(false);
    }
    let mut findings = Vec::new();
    let mut anywhere = FindingsAnywhere::new(&INVALID, &mut findings);
    policies.all.iter().for_each(|policy| report_problems(policy.object, &policy.problems, &mut anywhere));
    let mut is_clean = findings.is_empty();
    terminal::print_sorted(findings, color);
    let all: Vec<&Object> = own.iter().copied().chain(good.objects()).chain(bad.objects()).collect();
    let index = Index::of(&all);
    let mut refused: BTreeSet<&str> = BTreeSet::new();
    for file in &bad.files {
        let verdicts = judge(&policies, file.objects.iter(), &index);
        refused.extend(verdicts.iter().filter(|verdict| is_refusal(verdict)).map(|one| one.policy.id.name.as_str()));
        if !verdicts.iter().any(is_refusal) {
            is_clean = false;
            print_line(&format!("{}: no policy refuses this{}", printable(&file.source.name), why_unknown(&verdicts)))?;
        }
    }
    for file in &good.files {
        let verdicts = judge(&policies, file.objects.iter(), &index);
        for verdict in verdicts.iter().filter(|verdict| is_refusal(verdict)) {
            is_clean = false;
            print_line(&format!(
                "{}: {} refuses this: {}",
                printable(&file.source.name),
                verdict.policy.id.name,
                verdict.message
            ))?;
        }
        if !verdicts.iter().any(is_refusal) && !verdicts.is_empty() {
            is_clean = false;
            print_line(&format!(
                "{}: not certain to be accepted{}",
                printable(&file.source.name),
                why_unknown(&verdicts)
            ))?;
        }
    }
    for policy in policies.all.iter().filter(|policy| !policy.is_refused()) {
        let policy = policy.object.id.name.as_str();
        if !refused.contains(policy) {
            is_clean = false;
            print_line(&format!("{name}: {policy} refuses none of the examples in bad/"))?;
        }
    }
    if is_clean {
        let count = |count: usize, what: &str| format!("{count} {what} example{}", if count == 1 { "" } else { "s" });
        let (bad, good) = (count(bad.files.len(), "bad"), count(good.files.len(), "good"));
        print_line(&format!("{name}: ok ({}, {bad} refused, {good} accepted)", plural(policies.all.len())))?;
    }
    Ok(is_clean)
}

fn plural(count: usize) -> String {
    if count == 1 { "1 policy".to_owned() } else { format!("{count} policies") }
}

fn existing(folder: &Path, name: &str) -> Vec<PathBuf> {
    Some(folder.join(name)).filter(|path| path.is_dir()).into_iter().collect()
}

fn load(paths: &[PathBuf]) -> io::Result<Workspace> {
    if paths.is_empty() {
        return Ok(Workspace::default());
    }
    let mut workspace = Workspace::load(paths, None);
    match workspace.failures.pop() {
        Some(failure) => Err(io::Error::new(failure.error.kind(), failure.to_string())),
        None => Ok(workspace),
    }
}

fn judge<'a>(
    policies: &'a Policies<'a>,
    objects: impl Iterator<Item = &'a Object>,
    index: &Index<'a>,
) -> Vec<Verdict<'a>> {
    let objects: Vec<&Object> = objects.collect();
    let judged = policies.judge(&objects, index, &|_, _| true).into_iter();
    judged
        .flat_map(|(object, mut verdicts)| {
            for verdict in &mut verdicts {
                verdict.message = masked(object, verdict);
            }
            verdicts
        })
        .collect()
}

/// What a policy says of an object, without the secrets of what it speaks of.
fn masked(object: &Object, verdict: &Verdict<'_>) -> String {
    let mut finding = [Finding::error(object.label(verdict.mark.unwrap_or(object.node), ""), verdict.message.clone())];
    Secrets::default().mask(&mut finding);
    let [finding] = finding;
    finding.message
}

/// Names and messages of policies may come from anyone.
fn print_line(line: &str) -> io::Result<()> {
    print_text(&format!("{}\n", without_controls(line)))
}

fn is_refusal(verdict: &Verdict<'_>) -> bool {
    matches!(verdict.decision, Decision::Deny | Decision::Warn)
}

fn why_unknown(verdicts: &[Verdict<'_>]) -> String {
    verdicts
        .iter()
        .find(|verdict| matches!(verdict.decision, Decision::Unknown | Decision::TooCostly))
        .map_or_else(String::new, |verdict| {
            format!("; {} was not evaluated: {}", verdict.policy.id.name, verdict.message)
        })
}
