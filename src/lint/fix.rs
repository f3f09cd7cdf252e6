//! Applying fixes: bytes are edited in place, the result is read and linted again, and what does not make its
//! finding go away is not kept.
//!
//! All files are tried at once. Which file a fix failed in shows in the findings, so that only this one is tried again
//! with fewer of its fixes: how often the workspace is linted does not grow with the number of files.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{Kept, Options, Projects};
use crate::diagnostic::{Edit, Finding, Fix, Level};
use crate::kube::{Object, Workspace};
use crate::limits;
use crate::yaml::{Span, edit};

/// How often the workspace is linted again at most, so that fixes which mend nothing cost a bounded time.
const MOST_TRIES: usize = 200;

/// What fixing came to.
#[derive(Debug)]
pub struct Fixed {
    /// Indices of [`Workspace::files`] that changed.
    pub changed: Vec<usize>,
    /// Findings that are gone.
    pub count: usize,
    /// How often the workspace was linted again.
    pub rounds: usize,
    /// What is left to find.
    pub findings: Vec<Finding>,
}

/// Applies the fixes of a workspace's findings, in memory: safe ones, and the others if `also_unsafe`. Findings of
/// descriptions are among what is left.
#[must_use]
pub fn fix(workspace: &mut Workspace, projects: &Projects, of_descriptions: &[Finding], also_unsafe: bool) -> Fixed {
    let by_name = workspace.files.iter().enumerate().filter(|(_, file)| file.reported);
    let by_name = by_name.map(|(at, file)| (file.source.name.clone(), at)).collect();
    let mut fixing = Fixing {
        findings: find(workspace, projects, of_descriptions),
        workspace,
        projects,
        of_descriptions,
        by_name,
        tries: 0,
        most: HashMap::new(),
        given_up: HashSet::new(),
        changed: BTreeSet::new(),
        count: 0,
    };
    let mut count_then = 0;
    while fixing.tries < MOST_TRIES {
        let round = fixing.next(also_unsafe);
        if !round.is_empty() {
            fixing.apply(round);
        } else if fixing.given_up.is_empty() || fixing.count == count_then {
            break;
        } else {
            // What failed may succeed after what was mended since.
            fixing.given_up.clear();
            count_then = fixing.count;
        }
    }
    Fixed {
        changed: fixing.changed.into_iter().collect(),
        count: fixing.count,
        rounds: fixing.tries,
        findings: fixing.findings,
    }
}

/// What is wrong, with more findings of an object than a report has: each round lints all of it again.
fn find(workspace: &Workspace, projects: &Projects, of_descriptions: &[Finding]) -> Vec<Finding> {
    let kept = &mut Kept::at_most(limits::MENDED.count());
    super::run(workspace, projects, Options { of_descriptions: of_descriptions.to_vec(), kept: Some(kept) })
}

/// What stays the same about a finding when bytes before it move.
type Key = (&'static str, String, String);

fn key(finding: &Finding) -> Key {
    let rule = finding.rule.map_or("", |rule| rule.name);
    (rule, finding.primary.source.name.clone(), finding.message.clone())
}

/// One fix of a file.
#[derive(Clone, Debug)]
struct FileFix {
    key: Key,
    level: Level,
    place: Span,
    edits: Vec<Edit>,
}

/// Fixes that do not touch each other, by file.
type Round = BTreeMap<usize, Vec<FileFix>>;

struct Fixing<'run> {
    workspace: &'run mut Workspace,
    projects: &'run Projects,
    of_descriptions: &'run [Finding],
    /// Of the workspace as it is now.
    findings: Vec<Finding>,
    by_name: HashMap<String, usize>,
    tries: usize,
    /// How many fixes of a file are tried at once, after more have failed.
    most: HashMap<usize, usize>,
    /// What failed alone.
    given_up: HashSet<Key>,
    changed: BTreeSet<usize>,
    count: usize,
}

/// Where a round did not do what it should.
#[derive(Default)]
struct Failures {
    /// Files with a finding that is not gone, or one that is new and as bad.
    files: BTreeSet<usize>,
    /// Whether there is a new one in a file that was not changed.
    elsewhere: bool,
}

impl Fixing<'_> {
    /// What to try next, in order of place.
    fn next(&self, also_unsafe: bool) -> Round {
        let mut round = Round::new();
        // Where the edits of each file are: first bytes and last ones.
        let mut taken: HashMap<usize, BTreeMap<u32, u32>> = HashMap::new();
        for finding in &self.findings {
            let Some(Fix { safe, edits, .. }) = &finding.fix else { continue };
            let Some(file) = self.by_name.get(&finding.primary.source.name).copied() else { continue };
            let steps = round.get(&file).map_or(0, Vec::len);
            if !(*safe || also_unsafe) || self.most.get(&file).is_some_and(|most| steps >= *most) {
                continue;
            }
            let key = key(finding);
            if self.given_up.contains(&key) {
                continue;
            }
            let taken = taken.entry(file).or_default();
            let meets =
                |edit: &Edit| taken.range(..=edit.span.end).next_back().is_some_and(|(_, end)| *end >= edit.span.start);
            if !edits.iter().any(meets) {
                taken.extend(edits.iter().map(|edit| (edit.span.start, edit.span.end)));
                let step = FileFix { key, level: finding.level, place: finding.primary.span, edits: edits.clone() };
                round.entry(file).or_default().push(step);
            }
        }
        round
    }

    /// Applies a round, and keeps it where it did what it should.
    fn apply(&mut self, round: Round) {
        self.tries += 1;
        let mut before = Vec::new();
        let mut texts = Vec::new();
        let mut unread = Unread::new();
        for (file, steps) in &round {
            let objects = &self.workspace.files[*file].objects;
            unread.insert(*file, objects.iter().map(|object| !object.problems.is_empty()).collect());
            let source = &self.workspace.files[*file].source;
            let edits: Vec<Edit> = steps.iter().flat_map(|step| step.edits.iter().cloned()).collect();
            texts.push((*file, Arc::new(source.with_text(edit::apply(&source.text, &edits)))));
            before.push((*file, Arc::clone(source)));
        }
        self.workspace.replace(texts);
        let after = find(self.workspace, self.projects, self.of_descriptions);
        let failures = self.failures(&after, &round, &unread);
        if failures.files.is_empty() && !failures.elsewhere {
            self.findings = after;
            self.count += round.values().map(Vec::len).sum::<usize>();
            for file in round.into_keys() {
                self.most.remove(&file);
                self.changed.insert(file);
            }
            return;
        }
        self.workspace.replace(before);
        self.try_without(round, &failures);
    }

    /// Tries what is left of a failed round, without what is to blame.
    fn try_without(&mut self, mut round: Round, failures: &Failures) {
        if failures.files.is_empty() && round.len() > 1 {
            // One of the files has an effect on another: half of them, then.
            let half: BTreeSet<usize> = round.keys().copied().take(round.len() / 2).collect();
            round.retain(|file, _| half.contains(file));
        } else {
            let blamed =
                if failures.files.is_empty() { round.keys().copied().collect() } else { failures.files.clone() };
            for file in blamed {
                match round.remove(&file) {
                    Some(mut steps) if steps.len() == 1 => {
                        self.given_up.extend(steps.pop().map(|step| step.key));
                        self.most.remove(&file);
                    }
                    Some(steps) => drop(self.most.insert(file, steps.len() / 2)),
                    None => {}
                }
            }
        }
        if !round.is_empty() && self.tries < MOST_TRIES {
            self.apply(round);
        }
    }

    fn failures(&self, after: &[Finding], round: &Round, unread: &Unread) -> Failures {
        let mut counts: HashMap<Key, isize> = HashMap::new();
        // Of a rule with more findings than are kept, others come to light when these are gone.
        let mut kept: HashMap<(&str, &str), usize> = HashMap::new();
        for finding in &self.findings {
            *counts.entry(key(finding)).or_default() -= 1;
            let rule = finding.rule.map_or("", |rule| rule.name);
            *kept.entry((rule, &finding.primary.source.name)).or_default() += 1;
        }
        let is_cut = |key: &Key| kept.get(&(key.0, key.1.as_str())).is_some_and(|kept| *kept >= limits::MENDED.count());
        let mut cut: HashMap<Key, BTreeSet<u32>> = HashMap::new();
        for finding in after {
            let key = key(finding);
            if is_cut(&key) {
                cut.entry(key.clone()).or_default().insert(finding.primary.span.start);
            }
            *counts.entry(key).or_default() += 1;
        }
        let mut failures = Failures::default();
        let mut tried: HashSet<&Key> = HashSet::new();
        for (file, steps) in round {
            for step in steps {
                // What was to go away has gone: then its count is back at zero or below.
                if let Some(count) = counts.get_mut(&step.key) {
                    *count += 1;
                }
            }
            let moves = Moves::of(steps);
            let is_left = |step: &FileFix| {
                if is_cut(&step.key) {
                    cut.get(&step.key).is_some_and(|starts| moves.holds(step.place, starts))
                } else {
                    counts.get(&step.key).is_some_and(|count| *count > 0)
                }
            };
            if steps.iter().any(is_left) {
                failures.files.insert(*file);
            }
            tried.extend(steps.iter().map(|step| &step.key));
        }
        let mildest = round.values().flatten().map(|step| step.level).min().unwrap_or(Level::Error);
        for finding in after.iter().filter(|finding| finding.level >= mildest) {
            let key = key(finding);
            let is_new = counts.get(&key).is_some_and(|count| *count > 0) && !is_cut(&key) && !tried.contains(&key);
            if !is_new || self.came_to_light(finding, unread) {
                continue;
            }
            match self.by_name.get(&key.1) {
                Some(file) if round.contains_key(file) => drop(failures.files.insert(*file)),
                _ => failures.elsewhere = true,
            }
        }
        failures
    }

    /// Whether a finding was hidden: what the server's decoder refuses is not judged any further, and other objects are
    /// not compared with it.
    fn came_to_light(&self, finding: &Finding, unread: &Unread) -> bool {
        if finding.rule.is_none_or(|rule| OF_READING.contains(&rule.name)) {
            return false;
        }
        let Some(unread_here) = self.by_name.get(&finding.primary.source.name).and_then(|file| unread.get(file)) else {
            return unread.values().flatten().any(|unread| *unread);
        };
        let objects = &self.workspace.files[self.by_name[&finding.primary.source.name]].objects;
        let start = |object: &Object| object.document.span(object.node).start;
        let at = objects.partition_point(|object| start(object) <= finding.primary.span.start);
        objects.len() == unread_here.len() && at > 0 && unread_here[at - 1]
    }
}

/// For the files of a round, which of their objects the decoder refuses.
type Unread = HashMap<usize, Vec<bool>>;

/// Rules about what is read before an object is judged: a fix that makes one of these has broken something.
const OF_READING: &[&str] = &[
    "directive",
    "dropped-after-dots",
    "duplicate-key",
    "invalid-utf8",
    "norway",
    "number-where-string",
    "octal-surprise",
    "separator-inside-text",
    "unknown-field",
    "unreadable-yaml",
    "wrong-type",
];

/// Where the bytes of a text are after a round.
struct Moves {
    /// Ends of edits, and how far what follows has moved by then; in order.
    ends: Vec<(u32, i64)>,
}

impl Moves {
    fn of(steps: &[FileFix]) -> Self {
        let mut edits: Vec<&Edit> = steps.iter().flat_map(|step| &step.edits).collect();
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut by = 0;
        let moved = |edit: &Edit| {
            by += i64::try_from(edit.replacement.len()).unwrap_or(i64::MAX);
            by -= i64::from(edit.span.end - edit.span.start);
            (edit.span.end, by)
        };
        Self { ends: edits.into_iter().map(moved).collect() }
    }

    fn to(&self, at: u32, including: bool) -> u32 {
        let before = self.ends.partition_point(|(end, _)| if including { *end <= at } else { *end < at });
        let by = if before == 0 { 0 } else { self.ends[before - 1].1 };
        u32::try_from(i64::from(at).saturating_add(by)).unwrap_or(u32::MAX)
    }

    /// Whether one of `starts` is in what has become of a place; in nothing if it was removed.
    fn holds(&self, place: Span, starts: &BTreeSet<u32>) -> bool {
        let (start, end) = (self.to(place.start, false), self.to(place.end, true));
        start < end && starts.range(start..end).next().is_some()
    }
}
