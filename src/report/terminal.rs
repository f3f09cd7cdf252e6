//! Findings for people: the bytes underlined, what, why and what to do. With `excerpt` the only place that
//! knows miette.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, MietteDiagnostic, Report};
use supports_hyperlinks::Stream;

use super::Color;
use super::excerpt::{Excerpt, printable};
use super::links::Links;
use crate::diagnostic::{self, Finding, Label, Level, RuleId};
use crate::files::STDIN;
use crate::limits;
use crate::secrets::Secrets;

/// Columns after which `why` and `help` go on below, where the terminal has no fewer.
const WIDTH: usize = 100;
/// The fewest columns that are reckoned with.
const NARROWEST: usize = 40;

/// Lines between two labels for which miette too would begin a new frame.
const FAR: usize = 4;

/// How findings look where they are printed.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether in colour.
    pub colored: bool,
    /// Columns of the terminal; none where findings go elsewhere.
    pub columns: Option<usize>,
    /// Where the names of rules lead; none where nothing follows links.
    pub links: Option<Links>,
}

impl Look {
    /// Without colour, as in a file.
    pub const PLAIN: Self = Self { colored: false, columns: None, links: None };

    /// As standard output is to be written.
    #[must_use]
    pub fn of_stdout(color: Color) -> Self {
        let out = io::stdout();
        Self::of(color, Stream::Stdout, out.is_terminal(), || terminal_size::terminal_size_of(out))
    }

    /// As standard error is to be written.
    #[must_use]
    pub fn of_stderr(color: Color) -> Self {
        let err = io::stderr();
        Self::of(color, Stream::Stderr, err.is_terminal(), || terminal_size::terminal_size_of(err))
    }

    fn of(
        color: Color,
        stream: Stream,
        to_terminal: bool,
        size: impl FnOnce() -> Option<(terminal_size::Width, terminal_size::Height)>,
    ) -> Self {
        let columns = size().filter(|_| to_terminal).map(|(width, _)| usize::from(width.0).max(NARROWEST));
        Self { colored: is_colored(color, to_terminal), columns, links: Links::on(stream, color) }
    }

    /// Columns for text.
    fn width(&self) -> usize {
        self.columns.map_or(WIDTH, |columns| columns.min(WIDTH))
    }
}

/// Prints findings of a run to stderr: sorted, their secrets hidden.
pub fn print_sorted(mut findings: Vec<Finding>, color: Color) {
    diagnostic::sort(&mut findings);
    // before their files are replaced by copies without the secrets
    Secrets::default().mask(&mut findings);
    diagnostic::redact(&mut findings);
    print(&findings, color);
}

/// Prints findings to stderr. Where that cannot be written, only the exit code says that there are any.
pub fn print(findings: &[Finding], color: Color) {
    let look = Look::of_stderr(color);
    let (shown, more) = findings.split_at(findings.len().min(limits::MISTAKES.count()));
    let mut out = io::BufWriter::new(io::stderr().lock());
    let secrets = Secrets::default();
    let mut shown = shown.to_vec();
    secrets.mask(&mut shown);
    let _ = write(&mut out, &shown, &look, &secrets);
    if !more.is_empty() {
        let _ = writeln!(out, "\n{} more (limit {}: {})", more.len(), limits::MISTAKES.name, limits::MISTAKES);
    }
}

/// Writes findings, an empty line between them.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, findings: &[Finding], look: &Look, secrets: &Secrets<'_>) -> io::Result<()> {
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        out.write_all(render_with(finding, look, secrets).as_bytes())?;
    }
    Ok(())
}

/// Whether to colour what goes to a terminal, or elsewhere.
#[must_use]
pub fn is_colored(color: Color, to_terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => wants_color(to_terminal, &|name| std::env::var(name).ok().filter(|value| !value.is_empty())),
    }
}

/// What the environment says of colour, as most programs read it: <https://no-color.org>, <https://force-color.org>,
/// <https://bixense.com/clicolors>.
fn wants_color(to_terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let is_on = |name| variable(name).is_some_and(|value| value != "0");
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if is_on("FORCE_COLOR") || is_on("CLICOLOR_FORCE") {
        return true;
    }
    let is_off = variable("CLICOLOR").is_some_and(|value| value == "0");
    to_terminal && !is_off && variable("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// One finding as text.
#[must_use]
pub fn render(finding: &Finding, colored: bool) -> String {
    render_with(finding, &Look { colored, ..Look::PLAIN }, &Secrets::default())
}

fn render_with(finding: &Finding, look: &Look, secrets: &Secrets<'_>) -> String {
    let colored = look.colored;
    let mut out = String::new();
    let paint = |code: &str, text: &str| if colored { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let level = match finding.level {
        Level::Error => "1;31",
        Level::Warning => "1;33",
        Level::Advice => "1;36",
    };
    let name = |rule: RuleId| look.links.as_ref().map_or_else(|| rule.name.to_owned(), |links| links.name(rule));
    let rule = finding.rule.map_or_else(String::new, |rule| format!("[{}]", name(rule)));
    let head = paint(level, &format!("{}{rule}", finding.level.name()));
    let _ = writeln!(out, "{head}: {}", paint("1", &printable(&finding.message)));
    for labels in by_file(finding) {
        snippet(&labels, look, secrets, &mut out);
    }
    let fix = finding.fix.as_ref().map(|fix| {
        // standard input is not changed in place
        let how = if finding.primary.source.name == STDIN { "--diff" } else { "--fix" };
        let options = if fix.safe { "" } else { " --unsafe-fixes" };
        format!("{} (patterns lint {how}{options})", fix.title)
    });
    let fix = fix.as_deref();
    for (name, text) in [("why:  ", finding.why.as_deref()), ("help: ", finding.help.as_deref()), ("fix:  ", fix)] {
        if let Some(text) = text {
            let _ = writeln!(out, "  {}{}", paint("1", name), wrapped(&printable(text), look.width()));
        }
    }
    out
}

/// The labels file by file, the primary one's first.
fn by_file(finding: &Finding) -> Vec<Vec<(&Label, bool)>> {
    let mut files = vec![vec![(&finding.primary, true)]];
    for label in &finding.labels {
        let same = |file: &&mut Vec<(&Label, bool)>| Arc::ptr_eq(&file[0].0.source, &label.source);
        match files.iter_mut().find(same) {
            Some(file) => file.push((label, false)),
            None => files.push(vec![(label, false)]),
        }
    }
    files
}

/// The underlined lines of one file, in a frame for each part of it: what lies far between two labels is not looked at.
fn snippet(labels: &[(&Label, bool)], look: &Look, secrets: &Secrets<'_>, out: &mut String) {
    let mut labels = labels.to_vec();
    labels.sort_by_key(|(label, _)| label.span.start);
    for near in labels.chunk_by(|(one, _), (next, _)| !are_far(one, next)) {
        frame(near, look, secrets, out);
    }
}

/// Whether two labels are too many lines apart to be shown in one frame.
fn are_far(one: &Label, next: &Label) -> bool {
    let starts = one.source.line_starts();
    let line = |label: &Label| starts.partition_point(|start| *start <= label.span.start);
    line(next).saturating_sub(line(one)) >= FAR
}

/// The underlined lines of one part of a file. Miette puts its own head above them; ours is written already.
fn frame(labels: &[(&Label, bool)], look: &Look, secrets: &Secrets<'_>, out: &mut String) {
    let Some((excerpt, labels)) = Excerpt::of(labels, secrets, look.columns) else { return };
    let theme = if look.colored { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(1);
    let report = Report::new(MietteDiagnostic::new("").with_labels(labels)).with_source_code(excerpt);
    let mut text = String::new();
    if handler.render_report(&mut text, report.as_ref()).is_err() {
        return;
    }
    for line in text.lines().skip_while(|line| !line.contains('╭')) {
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// Text broken into lines that begin below its first word.
fn wrapped(text: &str, columns: usize) -> String {
    const INDENT: usize = 8;
    let mut out = String::new();
    let mut column = INDENT;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > INDENT && column + 1 + width > columns {
            out.push('\n');
            out.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else if column > INDENT {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}
