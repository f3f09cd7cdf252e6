//! `JUnit`'s XML, which most CI systems show as tests: a test for each file, failed by its findings.

use std::collections::HashSet;
use std::io;

use super::excerpt::printable;
use crate::diagnostic::Finding;

/// Writes a test suite of the files of the run, in order, and their findings.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut impl io::Write, files: &[&str], findings: &[Finding]) -> io::Result<()> {
    let names: HashSet<&str> = findings.iter().map(|finding| finding.primary.source.name.as_str()).collect();
    let failed = files.iter().filter(|file| names.contains(**file)).count();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites>")?;
    writeln!(out, "  <testsuite name=\"patterns lint\" tests=\"{}\" failures=\"{failed}\">", files.len())?;
    let mut rest = findings;
    for file in files {
        let count = rest.iter().take_while(|finding| finding.primary.source.name == **file).count();
        let (here, after) = rest.split_at(count);
        rest = after;
        write!(out, "    <testcase classname=\"patterns lint\" name=\"{}\"", escaped(file))?;
        if here.is_empty() {
            writeln!(out, "/>")?;
            continue;
        }
        let first = format!("{}: {}", here[0].level.name(), here[0].message);
        let more = if here.len() > 1 { format!(" (and {} more)", here.len() - 1) } else { String::new() };
        writeln!(out, ">\n      <failure message=\"{}\">", escaped(&format!("{first}{more}")))?;
        for finding in here {
            let place = finding.primary.source.position(finding.primary.span.start);
            let rule = finding.rule.map_or_else(String::new, |rule| format!("[{}]", rule.name));
            let message = super::whole_message(finding);
            let line = format!("{}:{}: {}{rule}: {message}", place.line, place.column, finding.level.name());
            writeln!(out, "{}", escaped(&line))?;
        }
        writeln!(out, "      </failure>\n    </testcase>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// Text as XML content or attribute.
fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    let mut out = String::new();
    for character in lines.join("\n").chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // XML has no way to write these at all
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            character => out.push(character),
        }
    }
    out
}
