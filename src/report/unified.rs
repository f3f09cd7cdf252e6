//! What fixes change, as a unified diff.

use std::io;
use std::sync::Arc;

use similar::TextDiff;

use super::excerpt::printable;
use super::secrets::Secrets;
use crate::yaml::Source;

/// Writes the difference between two states of a file. What a Secret holds is hidden in both.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut impl io::Write, before: &Arc<Source>, after: &Arc<Source>) -> io::Result<()> {
    let (old, new) = (shown(before), shown(after));
    let name = printable(&before.name);
    let diff = TextDiff::from_lines(&old, &new);
    write!(out, "{}", diff.unified_diff().context_radius(3).header(&name, &name))
}

fn shown(source: &Arc<Source>) -> String {
    let hidden = Secrets::default().of(source);
    let mut out = String::with_capacity(source.text.len());
    for (at, character) in source.text.char_indices() {
        let structure = matches!(character, ' ' | '\t' | '\r' | '\n' | ':' | '{' | '}' | ',' | '"');
        out.push(if !structure && hidden.contains(at) { '•' } else { character });
    }
    // Lines keep their ends; what else a terminal would obey is made visible.
    let lines: Vec<String> = out.split('\n').map(|line| printable(line.trim_end_matches('\r'))).collect();
    lines.join("\n")
}
