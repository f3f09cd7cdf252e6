//! Where the bytes of a text are after a round of fixes.

use std::collections::{BTreeSet, HashSet};

use super::FileFix;
use super::taken::is_insertion;
use crate::diagnostic::Edit;
use crate::yaml::Span;

/// Where the bytes of a text are after a round.
pub(super) struct Moves {
    /// Ends of edits, and how far what follows has moved by then; in order.
    ends: Vec<(u32, i64)>,
}

impl Moves {
    pub(super) fn of(steps: &[FileFix]) -> Self {
        let mut edits = edits_of(steps);
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
    pub(super) fn holds(&self, place: Span, starts: &BTreeSet<u32>) -> bool {
        let (start, end) = (self.to(place.start, false), self.to(place.end, true));
        start < end && starts.range(start..end).next().is_some()
    }
}

/// All edits of these fixes. What makes room for the edit after it, at the same place, is needed once.
pub(super) fn edits_of(steps: &[FileFix]) -> Vec<&Edit> {
    let mut all = Vec::new();
    let mut made: HashSet<(u32, &str)> = HashSet::new();
    for FileFix { edits, .. } in steps {
        for (at, edit) in edits.iter().enumerate() {
            let makes_room = is_insertion(edit) && edits.get(at + 1).is_some_and(|next| next.span == edit.span);
            if !makes_room || made.insert((edit.span.start, &edit.replacement)) {
                all.push(edit);
            }
        }
    }
    all
}
