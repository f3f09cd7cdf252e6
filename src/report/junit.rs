//! `JUnit`'s XML, which most CI systems show as tests: a test for each file, failed by its findings of the levels
//! that fail the run; the others are its output.

use std::collections::HashSet;
use std::io;

use super::Report;
use super::excerpt::printable;
use super::xml;
use crate::diagnostic::Finding;

/// Writes a test suite of the files of the run, in order, and their findings.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    let Report { findings, files, fail_on, .. } = *report;
    let fails = |finding: &&Finding| finding.level >= fail_on;
    let failing: HashSet<&str> =
        findings.iter().filter(fails).map(|finding| finding.primary.source.name.as_str()).collect();
    let failed = files.iter().filter(|file| failing.contains(file.as_str())).count();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites>")?;
    writeln!(out, "  <testsuite name=\"patterns lint\" tests=\"{}\" failures=\"{failed}\">", files.len())?;
    let mut rest = findings;
    for file in files {
        let count = rest.iter().take_while(|finding| finding.primary.source.name == *file).count();
        let (here, after) = rest.split_at(count);
        rest = after;
        write!(out, "    <testcase classname=\"patterns lint\" name=\"{}\"", xml::escaped(&printable(file)))?;
        if here.is_empty() {
            writeln!(out, "/>")?;
            continue;
        }
        writeln!(out, ">")?;
        let (failures, others): (Vec<&Finding>, Vec<&Finding>) = here.iter().partition(fails);
        if let Some(first) = failures.first() {
            let more = if failures.len() > 1 { format!(" (and {} more)", failures.len() - 1) } else { String::new() };
            let message = format!("{}: {}{more}", first.level.name(), first.message);
            writeln!(out, "      <failure message=\"{}\">", escaped(&message))?;
            lines(out, &failures)?;
            writeln!(out, "      </failure>")?;
        }
        if !others.is_empty() {
            writeln!(out, "      <system-out>")?;
            lines(out, &others)?;
            writeln!(out, "      </system-out>")?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// Findings as compilers write them.
fn lines(out: &mut dyn io::Write, findings: &[&Finding]) -> io::Result<()> {
    for finding in findings {
        let place = finding.primary.source.position(finding.primary.span.start);
        let rule = finding.rule.map_or_else(String::new, |rule| format!("[{}]", rule.name));
        let message = super::whole_message(finding);
        let line = format!("{}:{}: {}{rule}: {message}", place.line, place.column, finding.level.name());
        writeln!(out, "{}", escaped(&line))?;
    }
    Ok(())
}

/// Text as XML content or attribute.
fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    xml::escaped(&lines.join("\n"))
}
