//! Which edits of a file can be made together.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::Edit;
use crate::yaml::Span;

/// The edits of a file that are in a round already.
#[derive(Default)]
pub(super) struct Taken<'run> {
    /// First and last bytes of what is replaced.
    replaced: BTreeMap<u32, u32>,
    /// Where something is put, and whether it is whole lines.
    inserted: BTreeMap<u32, bool>,
    /// Fixes by the place of their first edit.
    fixes: HashMap<u32, &'run [Edit]>,
}

impl<'run> Taken<'run> {
    /// Takes another fix, if its edits touch none that is taken: what is left to do, which is nothing where a fix does
    /// the same.
    pub(super) fn take(&mut self, edits: &'run [Edit]) -> Option<&'run [Edit]> {
        let first = edits.first()?;
        if self.fixes.get(&first.span.start).is_some_and(|there| *there == edits) {
            return Some(&[]);
        }
        if edits.iter().any(|edit| self.meets(edit)) {
            return None;
        }
        self.fixes.entry(first.span.start).or_insert(edits);
        for edit in edits {
            if is_insertion(edit) {
                self.inserted.insert(edit.span.start, is_of_lines(edit));
            } else {
                self.replaced.insert(edit.span.start, edit.span.end);
            }
        }
        Some(edits)
    }

    /// Whether an edit touches one that is taken. Lines may be removed beside lines, and put after lines.
    fn meets(&self, edit: &Edit) -> bool {
        let Span { start, end } = edit.span;
        if is_insertion(edit) {
            let replaced = self.replaced.range(..=start).next_back().is_some_and(|(_, end)| *end >= start);
            let inserted = self.inserted.get(&start).is_some_and(|of_lines| !of_lines || !is_of_lines(edit));
            return replaced || inserted;
        }
        let replaced = self.replaced.range(..end).next_back().is_some_and(|(_, there)| *there > start);
        replaced || self.inserted.range(start..=end).next().is_some()
    }
}

pub(super) fn is_insertion(edit: &Edit) -> bool {
    edit.span.start == edit.span.end
}

fn is_of_lines(edit: &Edit) -> bool {
    edit.replacement.ends_with('\n')
}
