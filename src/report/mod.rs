//! Output formats for findings, one file per format.

mod base;
pub mod concise;
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
mod secrets;
pub mod statistics;
mod summary;
pub mod terminal;
pub mod unified;

pub use base::Base;
pub use excerpt::printable;
pub use secrets::Secrets;
pub use summary::Summary;

use crate::diagnostic::Finding;

/// What is wrong, why and what to do, each on its own line: for formats with one field for text.
fn whole_message(finding: &Finding) -> String {
    let parts = [Some(finding.message.as_str()), finding.why.as_deref(), finding.help.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Whether a fix would repeat bytes that no report may show.
fn repeats_a_secret(finding: &Finding, secrets: &Secrets<'_>) -> bool {
    let Some(fix) = &finding.fix else { return false };
    let hidden = secrets.of(&finding.primary.source);
    fix.edits.iter().any(|edit| hidden.is_repeated_in(&edit.replacement))
}
