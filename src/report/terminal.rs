//! Findings for people: the bytes underlined, what, why and what to do. The only place that knows miette.

use std::io::{self, IsTerminal as _, Write as _};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};

use crate::cli::Color;
use crate::diagnostic::{Finding, Level};

/// Prints findings to stderr.
///
/// # Errors
/// When stderr cannot be written.
pub fn print(findings: &[Finding], color: Color) -> io::Result<()> {
    let mut err = io::stderr().lock();
    let colored = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => err.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    for finding in findings {
        writeln!(err, "{}", render(finding, colored))?;
    }
    Ok(())
}

/// One finding as text.
#[must_use]
pub fn render(finding: &Finding, colored: bool) -> String {
    let theme = if colored { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
    let severity = match finding.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Advice => Severity::Advice,
    };
    let span = finding.primary.span;
    let mut diagnostic = MietteDiagnostic::new(finding.message.clone())
        .with_severity(severity)
        .with_label(LabeledSpan::new_primary_with_span(Some(finding.primary.text.clone()), span.range()));
    if let Some(help) = &finding.help {
        diagnostic = diagnostic.with_help(help.clone());
    }
    let source = &finding.primary.source;
    let report = Report::new(diagnostic).with_source_code(NamedSource::new(&source.name, source.text.clone()));
    let mut out = String::new();
    let _ = handler.render_report(&mut out, report.as_ref());
    out
}
