//! The `patterns` program.

use std::process::ExitCode;

use clap::Parser as _;
use patterns::{cli::Cli, cmd};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cmd::run(&cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        // A reader that has seen enough (`| head`) is a normal end.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
