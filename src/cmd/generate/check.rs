//! `patterns gen --check`: are the folders what would be written?

use std::io::{self, Write};
use std::time::Duration;

use similar::TextDiff;

use crate::cmd::Exit;
use crate::output::Changes;

/// Prints differences to stderr as a unified diff; missing and stale files count. `command` is what writes them.
pub fn report(changes: &Changes, command: &str) -> io::Result<Exit> {
    let mut err = io::stderr().lock();
    for (path, before, text) in &changes.written {
        let shown = path.display().to_string();
        let before = before.as_deref().unwrap_or_default();
        // a large file that has nothing in common with the old one is shown as a whole
        let diff = TextDiff::configure().timeout(Duration::from_secs(2)).diff_lines(before, text);
        write!(err, "{}", diff.unified_diff().header(&shown, &format!("{shown} (generated)")))?;
    }
    for (path, why) in &changes.foreign {
        writeln!(err, "{}: {why}, and a file of this name would be written", path.display())?;
    }
    for path in &changes.removed {
        writeln!(err, "{}: no description makes this file any more", path.display())?;
    }
    others(changes, &mut err)?;
    if !changes.is_empty() {
        let differing = changes.written.len() + changes.removed.len() + changes.foreign.len();
        let (all, are) = (differing + changes.kept, if differing == 1 { "is" } else { "are" });
        writeln!(err, "{differing} of {all} files {are} not what the descriptions make; `{command}` writes them")?;
    }
    Ok(if changes.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Generated files beside those of a run, from descriptions that it leaves out.
pub fn others(changes: &Changes, err: &mut impl Write) -> io::Result<()> {
    for (path, origin) in &changes.others {
        writeln!(err, "note: {} comes from {origin}, which no output puts there", path.display())?;
    }
    Ok(())
}
