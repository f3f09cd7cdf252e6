//! Applying fixes: bytes are edited in place, the result is read and linted again, and what does not make its
//! finding go away is not kept.
//!
//! All fixes that do not touch each other are tried at once. Which object a fix failed in shows in the findings, so that
//! only this one is tried again with fewer of its fixes: how often the workspace is linted grows neither with the number
//! of objects nor with that of the fixes that do what they should.

mod moves;
mod outcome;
mod taken;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{Kept, Options, Projects};
use crate::diagnostic::{Edit, Finding, Fix, Level};
use crate::kube::{Object, Workspace};
use crate::limits;
use crate::yaml::{Span, edit};
use moves::{Moves, edits_of};
pub use outcome::{Fixed, Why, Withheld};
use taken::Taken;

/// How often the workspace is linted again at most, so that fixes which mend nothing cost a bounded time.
const MOST_TRIES: usize = 200;

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
        given_up: HashMap::new(),
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
    let withheld = fixing.withhold(also_unsafe);
    Fixed {
        changed: fixing.changed.into_iter().collect(),
        count: fixing.count,
        rounds: fixing.tries,
        findings: fixing.findings,
        withheld,
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
    part: Part,
    edits: Vec<Edit>,
}

/// A file, and which of its objects: 0 is what is before the first.
type Part = (usize, usize);

/// Fixes that do not touch each other, by file.
type Round = BTreeMap<usize, Vec<FileFix>>;

fn part(workspace: &Workspace, file: usize, at: u32) -> Part {
    let start = |object: &Object| object.document.span(object.node).start;
    (file, workspace.files[file].objects.partition_point(|object| start(object) <= at))
}

struct Fixing<'run> {
    workspace: &'run mut Workspace,
    projects: &'run Projects,
    of_descriptions: &'run [Finding],
    /// Of the workspace as it is now.
    findings: Vec<Finding>,
    by_name: HashMap<String, usize>,
    tries: usize,
    /// How many fixes of an object are tried at once, after more have failed.
    most: HashMap<Part, usize>,
    /// What failed alone, and how.
    given_up: HashMap<Key, Why>,
    changed: BTreeSet<usize>,
    count: usize,
}

/// Where a round did not do what it should.
#[derive(Default)]
struct Failures {
    /// Objects with a finding that is not gone, or one that is new and as bad.
    parts: BTreeMap<Part, Why>,
    /// The rule with a new one where nothing was changed.
    elsewhere: Option<&'static str>,
}

impl Fixing<'_> {
    /// Takes the fixes that were asked for and are left out of the findings: no other run would make them, either.
    fn withhold(&mut self, also_unsafe: bool) -> Vec<Withheld> {
        let mut withheld = Vec::new();
        for finding in &mut self.findings {
            if !finding.fix.as_ref().is_some_and(|fix| fix.safe || also_unsafe) {
                continue;
            }
            let key = key(finding);
            let source = &finding.primary.source;
            let line = source.position(finding.primary.span.start).line;
            withheld.push(Withheld {
                place: (source.name.clone(), line),
                rule: key.0,
                why: self.given_up.get(&key).copied().unwrap_or(Why::TooManyTries),
            });
            finding.fix = None;
        }
        withheld
    }

    /// What to try next, in order of place.
    fn next(&self, also_unsafe: bool) -> Round {
        let mut round = Round::new();
        let mut steps: HashMap<Part, usize> = HashMap::new();
        let mut taken: HashMap<usize, Taken<'_>> = HashMap::new();
        for finding in &self.findings {
            let Some(Fix { safe, edits, .. }) = &finding.fix else { continue };
            let Some(file) = self.by_name.get(&finding.primary.source.name).copied() else { continue };
            let part = part(self.workspace, file, finding.primary.span.start);
            let steps = steps.entry(part).or_default();
            if !(*safe || also_unsafe) || self.most.get(&part).is_some_and(|most| *steps >= *most) {
                continue;
            }
            let key = key(finding);
            if self.given_up.contains_key(&key) {
                continue;
            }
            if let Some(edits) = taken.entry(file).or_default().take(edits) {
                *steps += 1;
                let (level, place) = (finding.level, finding.primary.span);
                round.entry(file).or_default().push(FileFix { key, level, place, part, edits: edits.to_vec() });
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
            let edits: Vec<Edit> = edits_of(steps).into_iter().cloned().collect();
            texts.push((*file, Arc::new(source.with_text(edit::apply(&source.text, &edits)))));
            before.push((*file, Arc::clone(source)));
        }
        self.workspace.replace(texts);
        let after = find(self.workspace, self.projects, self.of_descriptions);
        let failures = self.failures(&after, &round, &unread);
        if failures.parts.is_empty() && failures.elsewhere.is_none() {
            self.findings = after;
            self.count += round.values().map(Vec::len).sum::<usize>();
            for part in round.values().flatten().map(|step| step.part) {
                self.most.remove(&part);
            }
            self.changed.extend(round.into_keys());
            return;
        }
        self.workspace.replace(before);
        self.try_without(round, &failures);
    }

    /// Tries what is left of a failed round, without what is to blame.
    fn try_without(&mut self, mut round: Round, failures: &Failures) {
        let mut tried: BTreeMap<Part, Vec<Key>> = BTreeMap::new();
        for step in round.values().flatten() {
            tried.entry(step.part).or_default().push(step.key.clone());
        }
        let blamed: BTreeSet<Part> = if failures.parts.is_empty() && tried.len() > 1 {
            // One of the objects has an effect on another: half of them, then.
            tried.keys().copied().skip(tried.len() / 2).collect()
        } else {
            let blamed: BTreeSet<Part> = if failures.parts.is_empty() {
                tried.keys().copied().collect()
            } else {
                failures.parts.keys().copied().collect()
            };
            for part in &blamed {
                match tried.remove(part).as_deref() {
                    Some([key]) => {
                        let elsewhere = failures.elsewhere.map_or(Why::Stays, Why::Causes);
                        self.given_up.insert(key.clone(), failures.parts.get(part).copied().unwrap_or(elsewhere));
                        self.most.remove(part);
                    }
                    Some(keys) => drop(self.most.insert(*part, keys.len() / 2)),
                    None => {}
                }
            }
            blamed
        };
        for steps in round.values_mut() {
            steps.retain(|step| !blamed.contains(&step.part));
        }
        round.retain(|_, steps| !steps.is_empty());
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
        for finding in after {
            *counts.entry(key(finding)).or_default() += 1;
        }
        for step in round.values().flatten() {
            // What was to go away has gone: then its count is back at zero or below.
            if let Some(count) = counts.get_mut(&step.key) {
                *count += 1;
            }
        }
        let tried: HashSet<&Key> = round.values().flatten().map(|step| &step.key).collect();
        let is_more = |key: &Key| counts.get(key).is_some_and(|count| *count > 0);
        let mut places: HashMap<Key, BTreeSet<u32>> = HashMap::new();
        for finding in after {
            let key = key(finding);
            if tried.contains(&key) && (is_cut(&key) || is_more(&key)) {
                places.entry(key).or_default().insert(finding.primary.span.start);
            }
        }
        let mut failures = Failures::default();
        for steps in round.values() {
            let moves = Moves::of(steps);
            let is_at_its_place =
                |step: &&FileFix| places.get(&step.key).is_some_and(|starts| moves.holds(step.place, starts));
            let held: Vec<&FileFix> = steps.iter().filter(is_at_its_place).collect();
            failures.parts.extend(held.iter().map(|step| (step.part, Why::Stays)));
            let held: HashSet<&Key> = held.into_iter().map(|step| &step.key).collect();
            // which of those of one message is left, a place that is gone does not say
            let is_left = |step: &&FileFix| is_more(&step.key) && !is_cut(&step.key) && !held.contains(&step.key);
            failures.parts.extend(steps.iter().filter(is_left).map(|step| (step.part, Why::Stays)));
        }
        let parts: BTreeSet<Part> = round.values().flatten().map(|step| step.part).collect();
        let mildest = round.values().flatten().map(|step| step.level).min().unwrap_or(Level::Error);
        for finding in after.iter().filter(|finding| finding.level >= mildest) {
            let key = key(finding);
            if !is_more(&key) || is_cut(&key) || tried.contains(&key) || self.came_to_light(finding, unread) {
                continue;
            }
            let changed = self.by_name.get(&key.1).copied().filter(|file| round.contains_key(file));
            let found = changed.map(|file| part(self.workspace, file, finding.primary.span.start));
            let causes = Why::Causes(key.0);
            match (changed, found) {
                // other objects than before are read: which of them are which cannot be told
                (Some(file), _)
                    if self.workspace.files[file].objects.len() != unread.get(&file).map_or(0, Vec::len) =>
                {
                    failures.parts.extend(parts.iter().filter(|part| part.0 == file).map(|part| (*part, causes)));
                }
                (_, Some(part)) if parts.contains(&part) => drop(failures.parts.insert(part, causes)),
                _ => failures.elsewhere = Some(key.0),
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
