//! Applying fixes: bytes are edited in place, the result is read and linted again, and what does not make its
//! finding go away is not kept.

use std::collections::HashMap;
use std::sync::Arc;

use super::Projects;
use crate::diagnostic::{Edit, Finding, Fix, Level};
use crate::kube::Workspace;
use crate::yaml::edit;

/// How often the workspace is linted again at most, so that fixes which mend nothing cost a bounded time.
const MOST_TRIES: usize = 200;

/// What fixing came to.
#[derive(Debug)]
pub struct Fixed {
    /// Indices of [`Workspace::files`] that changed.
    pub changed: Vec<usize>,
    /// Findings that are gone.
    pub count: usize,
    /// What is left to find.
    pub findings: Vec<Finding>,
}

/// Applies the fixes of a workspace's findings, in memory: safe ones, and the others if `also_unsafe`.
#[must_use]
pub fn fix(workspace: &mut Workspace, projects: &Projects, also_unsafe: bool) -> Fixed {
    let mut fixing = Fixing { findings: super::run(workspace, projects), workspace, projects, tries: 0 };
    let mut changed = Vec::new();
    let mut count = 0;
    let mut given_up: Vec<Key> = Vec::new();
    loop {
        let round = fixing.next(also_unsafe, &given_up);
        if round.is_empty() || fixing.tries >= MOST_TRIES {
            break;
        }
        for result in fixing.apply(round) {
            match result {
                Ok(file) => {
                    count += 1;
                    changed.push(file);
                }
                Err(key) => given_up.push(key),
            }
        }
    }
    changed.sort_unstable();
    changed.dedup();
    Fixed { changed, count, findings: fixing.findings }
}

/// What stays the same about a finding when bytes before it move.
type Key = (&'static str, String, String);

fn key(finding: &Finding) -> Key {
    let rule = finding.rule.map_or("", |rule| rule.name);
    (rule, finding.primary.source.name.clone(), finding.message.clone())
}

/// One fix, and where it goes.
#[derive(Clone, Debug)]
struct Step {
    file: usize,
    key: Key,
    level: Level,
    edits: Vec<Edit>,
}

struct Fixing<'run> {
    workspace: &'run mut Workspace,
    projects: &'run Projects,
    /// Of the workspace as it is now.
    findings: Vec<Finding>,
    tries: usize,
}

impl Fixing<'_> {
    /// Fixes that do not touch each other, in order of place.
    fn next(&self, also_unsafe: bool, given_up: &[Key]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for finding in &self.findings {
            let Some(Fix { safe, edits, .. }) = &finding.fix else { continue };
            let key = key(finding);
            if !(*safe || also_unsafe) || given_up.contains(&key) {
                continue;
            }
            let source = &finding.primary.source;
            let file = self.workspace.files.iter().position(|file| file.source.name == source.name);
            let Some(file) = file.filter(|file| self.workspace.files[*file].reported) else { continue };
            let meets = |edit: &Edit| {
                let taken = steps.iter().filter(|step| step.file == file).flat_map(|step| &step.edits);
                taken.into_iter().any(|other| other.span.start <= edit.span.end && edit.span.start <= other.span.end)
            };
            if !edits.iter().any(meets) {
                steps.push(Step { file, key, level: finding.level, edits: edits.clone() });
            }
        }
        steps
    }

    /// Applies steps together if that mends all their findings, else by halves. Says of each which file it
    /// changed, or whose finding it does not mend.
    fn apply(&mut self, steps: Vec<Step>) -> Vec<Result<usize, Key>> {
        if self.mend(&steps) {
            return steps.into_iter().map(|step| Ok(step.file)).collect();
        }
        if steps.len() < 2 || self.tries >= MOST_TRIES {
            return steps.into_iter().map(|step| Err(step.key)).collect();
        }
        // The second half's bytes have moved if the first is applied; the next round comes back to it.
        let (first, _) = steps.split_at(steps.len() / 2);
        let results = self.apply(first.to_vec());
        if results.iter().any(Result::is_ok) {
            return results;
        }
        let rest = self.apply(steps[first.len()..].to_vec());
        results.into_iter().chain(rest).collect()
    }

    /// Applies steps; takes them back unless their findings are gone and nothing as bad is new.
    fn mend(&mut self, steps: &[Step]) -> bool {
        self.tries += 1;
        let mut by_file: HashMap<usize, Vec<Edit>> = HashMap::new();
        for step in steps {
            by_file.entry(step.file).or_default().extend(step.edits.iter().cloned());
        }
        let mut before = Vec::new();
        let mut texts = Vec::new();
        for (file, edits) in by_file {
            let source = &self.workspace.files[file].source;
            texts.push((file, Arc::new(source.with_text(edit::apply(&source.text, &edits)))));
            before.push((file, Arc::clone(source)));
        }
        self.workspace.replace(texts);
        let after = super::run(self.workspace, self.projects);
        if is_better(&self.findings, &after, steps) {
            self.findings = after;
            return true;
        }
        self.workspace.replace(before);
        false
    }
}

fn is_better(before: &[Finding], after: &[Finding], steps: &[Step]) -> bool {
    let mut counts: HashMap<Key, (isize, Level)> = HashMap::new();
    for finding in before {
        counts.entry(key(finding)).or_insert((0, finding.level)).0 -= 1;
    }
    for finding in after {
        counts.entry(key(finding)).or_insert((0, finding.level)).0 += 1;
    }
    for step in steps {
        // What was to go away has gone: then its count is back at zero or below.
        if let Some((count, _)) = counts.get_mut(&step.key) {
            *count += 1;
        }
    }
    let mildest = steps.iter().map(|step| step.level).min().unwrap_or(Level::Error);
    let is_step = |key: &Key| steps.iter().any(|step| step.key == *key);
    counts.iter().all(|(key, (count, level))| *count <= 0 || (!is_step(key) && *level < mildest))
}
