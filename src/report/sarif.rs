//! SARIF 2.1.0, which code scanning services read (OASIS, "Static Analysis Results Interchange Format").

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::base::{self, Base};
use super::{Report, escaped};
use crate::diagnostic::{Edit, Finding, Label, Level, RuleId};
use crate::lint::fingerprint::fingerprints;
use crate::rules::{self, Rule};
use crate::secrets::Secrets;
use crate::yaml::{Source, Span};

/// What paths are relative to, as code scanning services call a repository's root.
const BASE: &str = "%SRCROOT%";
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes findings as one log with one run, with a line break after it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, report: &Report<'_>) -> io::Result<()> {
    let Report { findings, secrets, summary, base, .. } = *report;
    let mut used: Vec<RuleId> = findings.iter().filter_map(|finding| finding.rule).collect();
    used.sort_unstable();
    used.dedup();
    let names = fingerprints(findings, Path::new("."));
    let tool = json!({"driver": {
        "name": "patterns",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": used.iter().filter_map(|id| rules::find(id.name)).map(rule).collect::<Vec<_>>(),
    }});
    let results = Results { findings, names: &names, used: &used, secrets, base };
    let bases = json!({BASE: {"description": {"text": "the folder given by --base, or else the working directory"}}});
    // 3.20.21: what a tool has to say of its own run
    let invocations = summary.cut().map(|cut| {
        let notification = json!({"level": "warning", "message": {"text": cut}});
        [json!({"executionSuccessful": true, "toolExecutionNotifications": [notification]})]
    });
    let run = Run { tool, invocations, original_uri_base_ids: bases, column_kind: "unicodeCodePoints", results };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    escaped::write(out, &log)
}

#[derive(Serialize)]
struct Log<'run> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'run>; 1],
}

#[derive(Serialize)]
struct Run<'run> {
    tool: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocations: Option<[Json; 1]>,
    #[serde(rename = "originalUriBaseIds")]
    original_uri_base_ids: Json,
    #[serde(rename = "columnKind")]
    column_kind: &'static str,
    results: Results<'run>,
}

/// The findings, each made when it is written.
struct Results<'run> {
    findings: &'run [Finding],
    names: &'run [String],
    used: &'run [RuleId],
    secrets: &'run Secrets<'run>,
    base: Option<&'run Base>,
}

impl Results<'_> {
    fn result(&self, finding: &Finding, fingerprint: &str) -> Json {
        let mut result = json!({
            "level": level(finding.level),
            "message": {"text": super::whole_message(finding)},
            "locations": [location(&finding.primary, self.base)],
            "partialFingerprints": {"patterns/v1": fingerprint},
        });
        if let Some(rule) = finding.rule {
            result["ruleId"] = json!(rule.name);
            result["ruleIndex"] = json!(self.used.binary_search(&rule).ok());
        }
        if !finding.labels.is_empty() {
            let related = finding.labels.iter().enumerate().map(|(id, label)| {
                let mut location = location(label, self.base);
                location["id"] = json!(id);
                location["message"] = json!({"text": label.text});
                location
            });
            result["relatedLocations"] = related.collect();
        }
        if let Some(fix) = &finding.fix
            && !super::repeats_a_secret(finding, self.secrets)
        {
            let source = &finding.primary.source;
            let replacements: Vec<Json> = fix.edits.iter().map(|edit| replacement(source, edit)).collect();
            let change = json!({"artifactLocation": artifact(source, self.base), "replacements": replacements});
            result["fixes"] = json!([{"description": {"text": fix.title}, "artifactChanges": [change]}]);
        }
        result
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let results = self.findings.iter().zip(self.names);
        serializer.collect_seq(results.map(|(finding, name)| self.result(finding, name)))
    }
}

fn rule(rule: &Rule) -> Json {
    let summary = rule.page().split("\n\n").nth(1).unwrap_or_default().replace('\n', " ");
    json!({
        "id": rule.id.name,
        "shortDescription": {"text": first_sentence(&summary)},
        "fullDescription": {"text": summary},
        "help": {"text": summary, "markdown": rule.page()},
        "defaultConfiguration": {"level": level(rule.level)},
        "properties": {"tags": [rule.id.family.name()]},
    })
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

fn replacement(source: &Source, edit: &Edit) -> Json {
    json!({"deletedRegion": region(source, edit.span), "insertedContent": {"text": edit.replacement}})
}

fn location(label: &Label, base: Option<&Base>) -> Json {
    let place = json!({"artifactLocation": artifact(&label.source, base), "region": region(&label.source, label.span)});
    json!({"physicalLocation": place})
}

fn region(source: &Source, span: Span) -> Json {
    let (start, end) = (source.position(span.start), source.position(span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": start.offset,
        "byteLength": end.offset - start.offset,
    })
}

/// Where a file is, as a reference of RFC 3986: what a path may hold and a URI may not is percent-encoded.
fn artifact(source: &Source, base: Option<&Base>) -> Json {
    let mut uri = String::new();
    for byte in base::name(source, base).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    if uri.starts_with('/') {
        // outside of the folder: a path alone would be taken for one below the base (rule SARIF1004)
        return json!({"uri": format!("file://{uri}")});
    }
    // what is not a file, as standard input, is below no folder
    if source.name.starts_with('<') { json!({"uri": uri}) } else { json!({"uri": uri, "uriBaseId": BASE}) }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Advice => "note",
    }
}
