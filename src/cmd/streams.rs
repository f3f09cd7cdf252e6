//! Standard output and standard error, as every command uses them.

use std::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::{Path, PathBuf};

use crate::files::Shown as _;
use crate::files::named;
use crate::report::printable;

/// Writes to standard output. A reader that has seen enough (`| head`) is a normal end: the command goes on to its
/// exit code, which does not depend on who reads.
///
/// # Errors
/// Standard output that cannot be written, such as a file on a full disk.
pub fn print(write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let result = write(&mut out).and_then(|()| out.flush());
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer has no reader any more.
            drop(out.into_parts());
            Ok(())
        }
        other => other.map_err(|error| named(Path::new("standard output"), &error)),
    }
}

/// Writes a text to standard output.
///
/// # Errors
/// As for [`print`].
pub fn print_text(text: &str) -> io::Result<()> {
    print(|out| out.write_all(text.as_bytes()))
}

/// A text of ours with names of files in it: its lines stay, what a terminal would obey is made visible.
#[must_use]
pub fn without_controls(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Writes a line to standard error. There is no other place to report that it cannot be written, and the exit code
/// says whether something is wrong.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}", without_controls(&line.to_string()));
}

/// What a command was given to read, for a sentence.
pub fn listed(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.shown()).collect();
    if names.len() > 3 { format!("{} paths", names.len()) } else { names.join(", ") }
}
