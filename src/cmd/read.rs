//! `patterns read`: each document as kubectl reads it.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::Exit;
use super::streams::print;
use crate::cli::ReadArgs;
use crate::diagnostic::{Finding, Label};
use crate::files::open;
use crate::kube::refused;
use crate::report::{Color, escaped, terminal};
use crate::yaml::{self, Source};

/// Prints the documents to stdout and, if kubectl would refuse the file, the reason to stderr.
pub fn run(args: &ReadArgs, color: Color) -> io::Result<Exit> {
    let source = Arc::new(open(&args.file)?);
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    print(|out| {
        documents.iter().try_for_each(|document| writeln!(out, "{}", escaped::text(&document.to_json(document.root()))))
    })?;
    let mut findings = invalid_utf8(&source);
    let is_refused = refusal.is_some();
    findings.extend(refusal.map(|refusal| refused(&refusal, &source)));
    terminal::print(&findings, color);
    Ok(if is_refused { Exit::Findings } else { Exit::Clean })
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
    .because("kubectl replaces each with U+FFFD and continues")
    .help("save the file as UTF-8");
    vec![finding]
}
