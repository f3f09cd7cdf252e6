//! Findings as an editor shows them.

use lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Uri};

use super::folders::Names;
use super::positions::Encoding;
use crate::diagnostic::{Finding, Label, Level};

/// What is beside each message.
const SOURCE: &str = "patterns";

/// A finding in the file that a client calls `uri`.
#[must_use]
pub fn of(finding: &Finding, uri: &Uri, names: &Names<'_>, encoding: Encoding) -> Diagnostic {
    let own = &finding.primary.source.name;
    let related = |label: &Label| {
        let uri = if label.source.name == *own { uri.clone() } else { names.uri(&label.source)? };
        let message = if label.text.is_empty() { "this too".to_owned() } else { label.text.clone() };
        Some(DiagnosticRelatedInformation {
            location: Location { uri, range: encoding.range(&label.source, label.span) },
            message,
        })
    };
    let related: Vec<_> = finding.labels.iter().filter_map(related).collect();
    Diagnostic {
        range: encoding.range(&finding.primary.source, finding.primary.span),
        severity: Some(match finding.level {
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
            Level::Advice => DiagnosticSeverity::INFORMATION,
        }),
        code: finding.rule.map(|rule| NumberOrString::String(rule.name.to_owned())),
        source: Some(SOURCE.to_owned()),
        message: message(finding),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// What is wrong, what the underlined bytes have to do with it, why, and what to do.
fn message(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    if !finding.primary.text.is_empty() {
        text = format!("{text}: {}", finding.primary.text);
    }
    for (name, part) in [("why", finding.why.as_deref()), ("help", finding.help.as_deref())] {
        if let Some(part) = part {
            text = format!("{text}\n{name}: {part}");
        }
    }
    text
}
