//! GitLab's Code Quality report (docs.gitlab.com, "Code Quality", "Report format").

use std::io;
use std::path::Path;

use serde::Serializer as _;
use serde_json::json;

use super::{Report, base, escaped};
use crate::diagnostic::Level;
use crate::lint::fingerprint::fingerprints;

/// Writes findings as one JSON array, with a line break after it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    let Report { findings, base, .. } = *report;
    let names = fingerprints(findings, Path::new("."));
    let entries = findings.iter().zip(names).map(|(finding, fingerprint)| {
        let source = &finding.primary.source;
        json!({
            "description": super::whole_message(finding),
            "check_name": finding.rule.map_or("patterns", |rule| rule.name),
            "fingerprint": fingerprint,
            "severity": match finding.level {
                Level::Error => "critical",
                Level::Warning => "major",
                Level::Advice => "info",
            },
            "location": {
                "path": base::name(source, base),
                "lines": {
                    "begin": source.position(finding.primary.span.start).line,
                    "end": source.position(finding.primary.span.end).line,
                },
            },
        })
    });
    escaped::serializer(&mut *out).collect_seq(entries)?;
    writeln!(out)
}
