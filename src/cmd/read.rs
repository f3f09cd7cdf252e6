//! `patterns read`: each document as kubectl reads it.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use crate::cli::{Color, ReadArgs};
use crate::diagnostic::{Finding, Label};
use crate::kube::refusal_message;
use crate::report::terminal;
use crate::yaml::{self, Source};

/// Prints the documents to stdout and, if kubectl would refuse the file, the reason to stderr.
pub fn run(args: &ReadArgs, color: Color) -> io::Result<Exit> {
    let source = Arc::new(open(&args.file)?);
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    let mut out = io::BufWriter::new(io::stdout().lock());
    for document in &documents {
        writeln!(out, "{}", document.to_json(document.root()))?;
    }
    out.flush()?;
    let mut findings = invalid_utf8(&source);
    let refused = refusal.is_some();
    findings.extend(refusal.map(|refusal| {
        let message = refusal_message(&source, &refusal);
        Finding { message, ..refusal.into_finding(&source) }
    }));
    terminal::print(&findings, color)?;
    Ok(if refused { Exit::Findings } else { Exit::Clean })
}

/// Reads a file, or standard input for `-`.
pub fn open(path: &Path) -> io::Result<Source> {
    let (name, bytes) = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes)?;
        ("<stdin>".to_owned(), bytes)
    } else {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        (name, bytes)
    };
    Source::decode(name, bytes).map_err(io::Error::other)
}

fn invalid_utf8(source: &Arc<Source>) -> Vec<Finding> {
    let Some(first) = source.replaced().next() else { return Vec::new() };
    let count = source.replaced().count();
    let finding = Finding::error(
        Label::span(source, first, if count == 1 { "" } else { "the first of them" }),
        if count == 1 {
            "a byte of this file is not UTF-8".to_owned()
        } else {
            format!("{count} bytes of this file are not UTF-8")
        },
    )
    .level(crate::diagnostic::Level::Warning)
    .because("kubectl replaces each with U+FFFD and goes on")
    .help("save the file as UTF-8");
    vec![finding]
}
