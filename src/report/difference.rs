//! Two texts as a unified diff.
//!
//! The lines are compared as numbers, by one algorithm: what `similar` offers for texts contains all of its algorithms,
//! each for several types of lines, and would be about 2.5 % of the binary.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffOp, group_diff_ops};

/// How many lines are shown around what differs.
const AROUND: usize = 3;

/// The difference between two texts; nothing where there is none.
#[derive(Debug)]
pub struct Difference<'a> {
    names: [&'a str; 2],
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    hunks: Vec<Vec<DiffOp>>,
}

impl<'a> Difference<'a> {
    /// Compares two texts, with their names. After that time the difference may not be the smallest.
    #[must_use]
    pub fn of(old: &'a str, new: &'a str, names: [&'a str; 2], within: Option<Duration>) -> Self {
        let (old, new) = (lines(old), lines(new));
        let mut known = HashMap::new();
        let mut number =
            |lines: &[&'a str]| -> Vec<usize> { lines.iter().map(|line| next_number(&mut known, line)).collect() };
        let (left, right) = (number(&old), number(&new));
        let mut found = Compact::new(Replace::new(Capture::new()), &left[..], &right[..]);
        let deadline = within.and_then(|within| Instant::now().checked_add(within));
        let Ok(()) = myers::diff_deadline(&mut found, &left[..], 0..left.len(), &right[..], 0..right.len(), deadline);
        let hunks = group_diff_ops(found.into_inner().into_inner().into_ops(), AROUND);
        Self { names, old, new, hunks }
    }
}

fn next_number<'a>(known: &mut HashMap<&'a str, usize>, line: &'a str) -> usize {
    let next = known.len();
    *known.entry(line).or_insert(next)
}

/// The lines with their ends, whichever these are.
fn lines(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\r', '\n']) {
        let end = at + if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        let (line, behind) = rest.split_at(end);
        all.push(line);
        rest = behind;
    }
    if !rest.is_empty() {
        all.push(rest);
    }
    all
}

impl Display for Difference<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let [old, new] = self.names;
        for (number, hunk) in self.hunks.iter().enumerate() {
            let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
            if number == 0 {
                write!(out, "--- {old}\n+++ {new}\n")?;
            }
            out.write_str("@@ -")?;
            range(out, first.old_range().start, last.old_range().end)?;
            out.write_str(" +")?;
            range(out, first.new_range().start, last.new_range().end)?;
            out.write_str(" @@\n")?;
            for part in hunk {
                if let DiffOp::Equal { .. } = part {
                    marked(out, " ", &self.old[part.old_range()])?;
                } else {
                    marked(out, "-", &self.old[part.old_range()])?;
                    marked(out, "+", &self.new[part.new_range()])?;
                }
            }
        }
        Ok(())
    }
}

/// Where lines begin, and how many there are if it is not one. None are named by the line in front of them.
fn range(out: &mut Formatter<'_>, start: usize, end: usize) -> fmt::Result {
    match end.saturating_sub(start) {
        1 => write!(out, "{}", start + 1),
        0 => write!(out, "{start},0"),
        count => write!(out, "{},{count}", start + 1),
    }
}

fn marked(out: &mut Formatter<'_>, mark: &str, lines: &[&str]) -> fmt::Result {
    for line in lines {
        write!(out, "{mark}{line}")?;
        if !line.ends_with(['\r', '\n']) {
            out.write_str("\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Difference;

    fn difference(old: &str, new: &str) -> String {
        Difference::of(old, new, ["a", "b"], None).to_string()
    }

    #[test]
    fn lines_are_shown_with_those_around_them() {
        let old = (1..=20).map(|line| line.to_string()).collect::<Vec<_>>().join("\n") + "\n";
        let new = old.replace("\n5\n", "\nfive\n").replace("\n17\n", "\n").replace("\n20\n", "\n20\n21");
        let expected = "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -14,7 +14,7 @@\n 14\n 15\n 16\n\
                        -17\n 18\n 19\n 20\n+21\n\\ No newline at end of file\n";
        assert_eq!(difference(&old, &new), expected);
    }

    #[test]
    fn equal_texts_have_no_difference_and_empty_ones_are_all_of_it() {
        assert_eq!(difference("a\nb", "a\nb"), "");
        assert_eq!(difference("", "a\r\nb\n"), "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+a\r\n+b\n");
        assert_eq!(difference("a\n", ""), "--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n");
    }
}
