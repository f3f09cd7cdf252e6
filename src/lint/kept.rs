//! What a run has found, for the next run over nearly the same files: the language server lints after each edit, and of
//! hundreds of files one has changed.
//!
//! Files are told apart by their texts in memory: one that is read again has another. What a rule finds in one file
//! alone stays right as long as the file does. What Pods do depends on other files as well, so it is read again bit by
//! bit, as [`Kept::doubt`] says, until all of it is as new.

use std::sync::Arc;

use rayon::prelude::*;

use crate::diagnostic::Finding;
use crate::kube::{FastMap, FastSet, File, Index, Object, Workspace};
use crate::limits;
use crate::yaml::Source;

/// Findings by file.
#[derive(Debug)]
pub struct Kept {
    by_file: FastMap<usize, OfFile>,
    /// How many findings of one rule in one object.
    pub(super) most: usize,
    /// Whether no run comes after this one, so that what is found may be handed over.
    is_last: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self::at_most(limits::FINDINGS.count())
    }
}

#[derive(Debug)]
struct OfFile {
    /// Held so that no other text takes its place in memory.
    _source: Arc<Source>,
    /// What the rules find that look at one file, if they have looked.
    alone: Option<Vec<Finding>>,
    /// What the rules find that compare what Pods do, if they have looked.
    facts: Option<Vec<Finding>>,
}

fn address(source: &Arc<Source>) -> usize {
    Arc::as_ptr(source).addr()
}

impl Kept {
    /// Keeps as many findings of one rule in one object.
    pub(super) fn at_most(most: usize) -> Self {
        Self { by_file: FastMap::default(), most, is_last: false }
    }

    /// Keeps nothing.
    pub(super) fn for_one_run() -> Self {
        Self { is_last: true, ..Self::default() }
    }

    /// Has what Pods of some files do read again: the files at these places of the workspace.
    pub fn doubt(&mut self, workspace: &Workspace, files: std::ops::Range<usize>) {
        for file in workspace.files.get(files).unwrap_or_default() {
            if let Some(of_file) = self.by_file.get_mut(&address(&file.source)) {
                of_file.facts = None;
            }
        }
    }

    /// Drops what was found in texts that are gone, and makes room for new ones.
    pub(super) fn retain(&mut self, workspace: &Workspace) {
        let there: FastSet<usize> = workspace.files.iter().map(|file| address(&file.source)).collect();
        self.by_file.retain(|address, _| there.contains(address));
        for file in &workspace.files {
            let new = || OfFile { _source: Arc::clone(&file.source), alone: None, facts: None };
            self.by_file.entry(address(&file.source)).or_insert_with(new);
        }
    }

    /// Asks for the findings in the objects of files that have none of the kind yet.
    pub(super) fn read_facts<'run>(
        &mut self,
        index: &Index<'run>,
        check: impl FnOnce(&[&'run Object]) -> Vec<(&'run Object, Vec<Finding>)>,
    ) {
        let lacks = |object: &&&Object| {
            let of_file = self.by_file.get(&address(&object.document.source));
            of_file.is_none_or(|of_file| of_file.facts.is_none())
        };
        let objects: Vec<&'run Object> = index.all().iter().filter(lacks).copied().collect();
        let found = if objects.is_empty() { Vec::new() } else { check(&objects) };
        for of_file in self.by_file.values_mut() {
            of_file.facts.get_or_insert_default();
        }
        for (object, findings) in found {
            if let Some(of_file) = self.by_file.get_mut(&address(&object.document.source)) {
                of_file.facts.get_or_insert_default().extend(findings);
            }
        }
    }

    /// All findings about what Pods do, in the order of the files.
    pub(super) fn facts(&mut self, workspace: &Workspace) -> Vec<Finding> {
        let mut all = Vec::new();
        for file in &workspace.files {
            let of_file = self.by_file.get_mut(&address(&file.source));
            let Some(facts) = of_file.and_then(|of_file| of_file.facts.as_mut()) else { continue };
            if self.is_last {
                all.append(facts);
            } else {
                all.extend_from_slice(facts);
            }
        }
        all
    }

    /// Asks for the findings of reported files that have none yet.
    pub(super) fn read_files(&mut self, workspace: &Workspace, check: impl Fn(&File) -> Vec<Finding> + Sync) {
        let lacks = |file: &&File| {
            let of_file = self.by_file.get(&address(&file.source));
            file.reported && of_file.is_none_or(|of_file| of_file.alone.is_none())
        };
        let files: Vec<&File> = workspace.files.iter().filter(lacks).collect();
        let found: Vec<Vec<Finding>> = files.par_iter().map(|file| check(file)).collect();
        for (file, findings) in files.into_iter().zip(found) {
            if let Some(of_file) = self.by_file.get_mut(&address(&file.source)) {
                of_file.alone = Some(findings);
            }
        }
    }

    /// What the rules have found that look at this file alone.
    pub(super) fn of(&mut self, file: &File) -> Vec<Finding> {
        let of_file = self.by_file.get_mut(&address(&file.source));
        match of_file.and_then(|of_file| of_file.alone.as_mut()) {
            Some(alone) if self.is_last => std::mem::take(alone),
            Some(alone) => alone.clone(),
            None => Vec::new(),
        }
    }
}
