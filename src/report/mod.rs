//! Output formats for findings, one file per format.

mod base;
mod color;
pub mod concise;
pub mod difference;
pub mod escaped;
mod excerpt;
pub mod github;
pub mod gitlab;
pub mod import;
pub mod json;
pub mod junit;
pub mod links;
pub mod markdown;
pub mod roles;
pub mod sarif;
pub mod statistics;
mod summary;
pub mod terminal;
pub mod unified;
pub mod xml;

pub use crate::secrets::Secrets;
pub use base::Base;
pub use color::Color;
pub use excerpt::printable;
pub use summary::Summary;

use std::collections::BTreeSet;

use crate::diagnostic::{Finding, Level};

/// What `lint` found, for a format to write.
pub struct Report<'run> {
    /// In the order of the report.
    pub findings: &'run [Finding],
    /// The run in numbers.
    pub summary: Summary,
    /// What no format may show.
    pub secrets: &'run Secrets<'run>,
    /// The linted files by name, and those that a finding is about.
    pub files: &'run BTreeSet<String>,
    /// What names of files are relative to, if not to the working directory.
    pub base: Option<&'run Base>,
    /// The least level that fails the run.
    pub fail_on: Level,
}

/// What is wrong, why and what to do, each on its own line: for formats with one field for text.
fn whole_message(finding: &Finding) -> String {
    let parts = [Some(finding.message.as_str()), finding.why.as_deref(), finding.help.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Whether a fix would repeat bytes that no report may show.
fn repeats_a_secret(finding: &Finding, secrets: &Secrets<'_>) -> bool {
    let Some(fix) = &finding.fix else { return false };
    let mut texts = fix.edits.iter().map(|edit| &*edit.replacement).filter(|text| !text.is_empty()).peekable();
    // what only takes something out repeats nothing, and need not wait for a look at the whole file
    texts.peek().is_some() && {
        let hidden = secrets.of(&finding.primary.source);
        texts.any(|text| hidden.is_repeated_in(text))
    }
}
