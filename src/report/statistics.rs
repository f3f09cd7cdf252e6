//! How often each rule has spoken.

use std::collections::BTreeMap;
use std::io;

use crate::diagnostic::Finding;

/// Writes a line for each rule, the most frequent first.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut impl io::Write, findings: &[Finding]) -> io::Result<()> {
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for finding in findings {
        let rule = finding.rule.map_or("", |rule| rule.name);
        let (count, fixable) = counts.entry((rule, finding.level.name())).or_default();
        *count += 1;
        if finding.fix.is_some() {
            *fixable += 1;
        }
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let width = rows.first().map_or(0, |(_, (count, _))| count.to_string().len());
    for ((rule, level), (count, fixable)) in rows {
        let fixable = match fixable {
            0 => String::new(),
            all if all == count => " (fixable)".to_owned(),
            some => format!(" ({some} fixable)"),
        };
        writeln!(out, "{count:>width$}  {level:7}  {rule}{fixable}")?;
    }
    Ok(())
}
