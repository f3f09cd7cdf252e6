//! `patterns gen --check`: are the folders what would be written?

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use crate::cmd::Exit;
use crate::cmd::streams::{print, say};
use crate::files;
use crate::files::Shown as _;
use crate::limits;
use crate::output::{Changes, left_out, moved};
use crate::report::difference::Difference;
use crate::report::printable;
use crate::report::unified::{self, path_in_repository};
use crate::yaml::Source;

/// Prints differences to stdout as a unified diff that `git apply` takes; what to know about them goes to stderr.
/// Missing and stale files count. `command` is what writes them.
pub fn report(changes: &Changes, command: &str) -> io::Result<Exit> {
    const WITHIN: Option<Duration> = Some(Duration::from_secs(2));
    let mut hides = false;
    print(|out| {
        for (path, before, text) in &changes.written {
            let shown = printable(&path_in_repository(path));
            let old = if before.is_some() { format!("a/{shown}") } else { "/dev/null".to_owned() };
            let before = without_secrets(before.as_deref().unwrap_or_default(), text, &mut hides);
            // a large file that has nothing in common with the old one is shown as a whole
            write!(out, "{}", Difference::of(&before, text, [&old, &format!("b/{shown}")], WITHIN))?;
        }
        for path in &changes.removed {
            let Ok(text) = files::read_regular(path, limits::INPUT) else { continue };
            let text = without_secrets(&String::from_utf8_lossy(&text), "", &mut hides);
            let shown = printable(&path_in_repository(path));
            write!(out, "{}", Difference::of(&text, "", [&format!("a/{shown}"), "/dev/null"], WITHIN))?;
        }
        Ok(())
    })?;
    if hides {
        say("note: secrets and control characters are hidden above, so `git apply` does not take it");
    }
    for (path, why) in &changes.foreign {
        say(format_args!("{}: {why}, and a file of this name would be written", path.shown()));
    }
    for path in &changes.removed {
        say(format_args!("{}: no description makes this file any more", path.shown()));
    }
    for (origin, files) in &changes.moved {
        say(format_args!("{}", moved(origin, files)));
    }
    for (origin, files) in &changes.left_out {
        say(format_args!("{}", left_out(origin, files)));
    }
    others(changes);
    if changes.is_empty() {
        say(up_to_date(changes));
        return Ok(Exit::Clean);
    }
    let left_out: usize = changes.left_out.values().map(Vec::len).sum();
    let moved: usize = changes.moved.values().map(Vec::len).sum();
    let differing = changes.written.len() + changes.removed.len() + changes.foreign.len() + moved + left_out;
    let (all, are) = (differing + changes.kept, if differing == 1 { "is" } else { "are" });
    say(format_args!("{differing} of {all} files {are} out of date; `{command}` writes them"));
    Ok(Exit::Findings)
}

/// A file as it is, without what people have put in that is in no diff which CI keeps. Lines that are generated are shown
/// as everywhere.
fn without_secrets(text: &str, generated: &str, hides: &mut bool) -> String {
    let known: HashSet<&str> = generated.split_inclusive('\n').collect();
    let shown = unified::shown(&Arc::new(Source::from_text("", text)));
    let lines = text.split_inclusive('\n').zip(shown.split_inclusive('\n'));
    let line = |(written, shown): (&str, &str)| {
        let shown = if written.ends_with('\n') { shown } else { shown.trim_end_matches('\n') };
        if known.contains(written) || written == shown {
            return written.to_owned();
        }
        *hides = true;
        shown.to_owned()
    };
    lines.map(line).collect()
}

/// What there is to say where nothing has to be changed.
pub fn up_to_date(changes: &Changes) -> String {
    match changes.kept {
        1 => "1 file is up to date".to_owned(),
        number => format!("{number} files are up to date"),
    }
}

/// Generated files beside those of a run, from descriptions that it leaves out.
pub fn others(changes: &Changes) {
    for (path, origin) in &changes.others {
        say(format_args!("note: {} comes from {origin}, which no output writes there", path.shown()));
    }
}
