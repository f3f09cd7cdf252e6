use std::sync::Arc;

use crate::rules::{Check, Findings, Rule};
use crate::yaml::{Document, Span};

/// Content after `...`, which kubectl never reads.
pub static RULE: Rule = rule!("dropped_after_dots.md", Error, Check::Document(check));

fn check(document: &Arc<Document>, found: &mut Findings<'_>) {
    let Some(dropped) = document.dropped() else { return };
    let text = document.source.slice(dropped);
    let first_line = Span::new(dropped.range().start, dropped.range().start + text.lines().next().map_or(0, str::len));
    found
        .at_span(first_line, "kubectl silently drops what follows `...`")
        .here("never read")
        .because("`...` ends a YAML document; kubectl reads one document up to the next `---` and no further")
        .help("write `---` in place of `...`");
}
