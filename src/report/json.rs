//! Findings for programs. The form is stable; `version` rises when it changes.

use std::io;

use serde::{Serialize, Serializer};

use super::{Report, Summary, escaped};
use crate::diagnostic::{Finding, Label, ObjectRef};
use crate::secrets::Secrets;
use crate::yaml::{self, Span};

#[derive(Serialize)]
struct JsonReport<'run> {
    version: u32,
    findings: Entries<'run>,
    summary: Summary,
}

/// The findings, each made when it is written.
struct Entries<'run> {
    findings: &'run [Finding],
    secrets: &'run Secrets<'run>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.findings.iter().map(|finding| entry(finding, self.secrets)))
    }
}

#[derive(Serialize)]
struct JsonFinding<'run> {
    rule: Option<&'static str>,
    family: Option<&'static str>,
    level: &'static str,
    file: &'run str,
    object: Option<Object<'run>>,
    start: Position,
    end: Position,
    message: &'run str,
    why: Option<&'run str>,
    help: Option<&'run str>,
    labels: Vec<Labelled<'run>>,
    fix: Option<Fix<'run>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'run> {
    api_version: &'run str,
    kind: &'run str,
    name: &'run str,
    namespace: Option<&'run str>,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    offset: usize,
}

/// One labelled place; the first of a finding is the place that it is about.
#[derive(Serialize)]
struct Labelled<'run> {
    file: &'run str,
    start: Position,
    end: Position,
    message: &'run str,
}

#[derive(Serialize)]
struct Fix<'run> {
    title: &'run str,
    safe: bool,
    edits: Vec<Edit<'run>>,
}

#[derive(Serialize)]
struct Edit<'run> {
    start: Position,
    end: Position,
    replacement: &'run str,
}

/// Writes findings as one JSON object, with a line break after it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    let Report { findings, secrets, summary, .. } = *report;
    escaped::write(out, &JsonReport { version: 1, findings: Entries { findings, secrets }, summary })
}

fn entry<'run>(finding: &'run Finding, secrets: &Secrets<'_>) -> JsonFinding<'run> {
    let source = &finding.primary.source;
    let (start, end) = positions(source, finding.primary.span);
    JsonFinding {
        rule: finding.rule.map(|rule| rule.name),
        family: finding.rule.map(|rule| rule.family.name()),
        level: finding.level.name(),
        file: &source.name,
        object: finding.object.as_ref().map(object),
        start,
        end,
        message: &finding.message,
        why: finding.why.as_deref(),
        help: finding.help.as_deref(),
        labels: std::iter::once(&finding.primary)
            .filter(|label| !label.text.is_empty())
            .chain(&finding.labels)
            .map(labelled)
            .collect(),
        fix: finding.fix.as_ref().filter(|_| !super::repeats_a_secret(finding, secrets)).map(|fix| Fix {
            title: &fix.title,
            safe: fix.safe,
            edits: fix.edits.iter().map(|edit| made(source, edit)).collect(),
        }),
    }
}

fn made<'run>(source: &yaml::Source, edit: &'run crate::diagnostic::Edit) -> Edit<'run> {
    let (start, end) = positions(source, edit.span);
    Edit { start, end, replacement: &edit.replacement }
}

fn labelled(label: &Label) -> Labelled<'_> {
    let (start, end) = positions(&label.source, label.span);
    Labelled { file: &label.source.name, start, end, message: &label.text }
}

fn object(object: &ObjectRef) -> Object<'_> {
    Object {
        api_version: &object.api_version,
        kind: &object.kind,
        name: &object.name,
        namespace: object.namespace.as_deref(),
    }
}

fn positions(source: &yaml::Source, span: Span) -> (Position, Position) {
    let position = |at| {
        let yaml::Position { line, column, offset } = source.position(at);
        Position { line, column, offset }
    };
    (position(span.start), position(span.end))
}
