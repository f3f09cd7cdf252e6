//! Annotations of a GitHub workflow run (docs.github.com, "Workflow commands for GitHub Actions").

use std::io;

use super::Report;
use super::excerpt::printable;
use crate::diagnostic::Level;

/// Writes `::error file=…,line=…::message` lines.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    for finding in report.findings {
        let source = &finding.primary.source;
        let start = source.position(finding.primary.span.start);
        let end = source.position(finding.primary.span.end);
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice => "notice",
        };
        write!(out, "::{command} file={},line={}", property(&source.name), start.line)?;
        // Columns are understood only within one line.
        if end.line == start.line {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        } else {
            write!(out, ",endLine={}", end.line)?;
        }
        let title = finding.rule.map_or("patterns", |rule| rule.name);
        writeln!(out, ",title={}::{}", property(title), data(&super::whole_message(finding)))?;
    }
    if let Some(cut) = report.summary.cut() {
        writeln!(out, "::warning title=patterns::{}", data(&cut))?;
    }
    Ok(())
}

/// What the runner takes apart is written as it puts it together again (`actions/toolkit`, `command.ts`). Its log is
/// shown on terminals, so what they obey is taken out.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| printable(line.trim_end_matches('\r'))).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
