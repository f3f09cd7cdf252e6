//! One line for each finding, as compilers write them, so that editors can jump to it.

use std::io;

use super::Report;
use super::excerpt::printable;

/// Writes `file:line:column: level[rule]: message` lines.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    for finding in report.findings {
        let source = &finding.primary.source;
        let place = source.position(finding.primary.span.start);
        let rule = finding.rule.map_or_else(String::new, |rule| format!("[{}]", rule.name));
        let (name, message) = (printable(&source.name), printable(&finding.message));
        writeln!(out, "{name}:{}:{}: {}{rule}: {message}", place.line, place.column, finding.level.name())?;
    }
    Ok(())
}
