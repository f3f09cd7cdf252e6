//! Finding counts per rule.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::Summary;
use crate::diagnostic::Finding;

/// How often a rule was broken at one level.
#[derive(Debug, Serialize)]
struct Row {
    rule: &'static str,
    level: &'static str,
    count: usize,
    /// How many of them have a fix.
    fixable: usize,
}

/// The rules that were broken, the most frequent first.
fn rows(findings: &[Finding]) -> Vec<Row> {
    let mut rows: BTreeMap<(&'static str, &'static str), Row> = BTreeMap::new();
    for finding in findings {
        let (rule, level) = (finding.rule.map_or("", |rule| rule.name), finding.level.name());
        let row = rows.entry((rule, level)).or_insert(Row { rule, level, count: 0, fixable: 0 });
        row.count += 1;
        row.fixable += usize::from(finding.fix.as_ref().is_some_and(|fix| fix.safe));
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

/// Writes the counts and the summary as one JSON object.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_json(out: &mut dyn io::Write, findings: &[Finding], summary: Summary) -> io::Result<()> {
    let all = serde_json::json!({"version": 1, "statistics": rows(findings), "summary": summary});
    writeln!(out, "{}", super::escaped::text(&serde_json::to_string_pretty(&all)?))
}

/// Writes the counts as a table of Markdown.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_markdown(out: &mut dyn io::Write, findings: &[Finding]) -> io::Result<()> {
    writeln!(out, "| findings | level | rule | fixable |\n|---:|---|---|---:|")?;
    for Row { rule, level, count, fixable } in rows(findings) {
        writeln!(out, "| {count} | {level} | {rule} | {fixable} |")?;
    }
    Ok(())
}

/// Writes a line for each rule, the most frequent first.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, findings: &[Finding]) -> io::Result<()> {
    let rows = rows(findings);
    let width = rows.first().map_or(0, |row| row.count.to_string().len());
    for Row { rule, level, count, fixable } in rows {
        let fixable = match fixable {
            0 => String::new(),
            all if all == count => " (fixable)".to_owned(),
            some => format!(" ({some} fixable)"),
        };
        writeln!(out, "{count:>width$}  {level:7}  {rule}{fixable}")?;
    }
    Ok(())
}
