//! The `patterns` program.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use patterns::{cli::Cli, cmd};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cmd::run(&cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            // Not `eprintln`, which panics where standard error cannot be written.
            let _ = writeln!(std::io::stderr(), "error: {}", cmd::without_controls(&error.to_string()));
            ExitCode::from(2)
        }
    }
}
