//! A table for a comment on a pull request.

use std::io;

use super::Report;
use super::excerpt::printable;

/// Writes a table of findings, and the run in numbers below it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    let Report { findings, summary, .. } = *report;
    if !findings.is_empty() {
        writeln!(out, "| where | level | what | rule |\n|---|---|---|---|")?;
    }
    for finding in findings {
        let source = &finding.primary.source;
        let place = source.position(finding.primary.span.start);
        let rule = finding.rule.map_or_else(String::new, |rule| format!("`{}`", rule.name));
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!("<br>{}", cell(help)));
        let (name, message) = (cell(&source.name), cell(&finding.message));
        writeln!(out, "| {name}:{} | {} | {message}{help} | {rule} |", place.line, finding.level.name())?;
    }
    if findings.is_empty() {
        writeln!(out, "No findings.")?;
    }
    let summary = summary.to_string();
    if !summary.is_empty() {
        writeln!(out, "\n{}", cell(&summary))?;
    }
    Ok(())
}

/// Text that stays in its cell and is not markup but for its code spans.
fn cell(text: &str) -> String {
    let mut out = String::new();
    let mut in_code = false;
    for character in printable(text).chars() {
        match character {
            '`' => {
                in_code = !in_code;
                out.push('`');
            }
            '|' => out.push_str("\\|"),
            '<' if !in_code => out.push_str("&lt;"),
            '*' | '_' | '[' | ']' | '#' | '~' | '\\' if !in_code => {
                out.push('\\');
                out.push(character);
            }
            character => out.push(character),
        }
    }
    if in_code {
        out.push('`');
    }
    out
}
