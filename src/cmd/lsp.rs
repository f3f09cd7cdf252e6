//! `patterns lsp`: the language server, over standard input and output.

use std::io::{self, BufReader};

use super::Exit;
use crate::kube::on_deep_stacks;
use crate::lsp::{self, End};

/// Serves an editor until it ends the session; the exit code is the protocol's.
pub fn run() -> io::Result<Exit> {
    let end = on_deep_stacks(|| lsp::run(BufReader::new(io::stdin()), io::stdout().lock()))??;
    Ok(match end {
        End::Orderly => Exit::Clean,
        End::Abrupt => Exit::Findings,
    })
}
