//! One file per subcommand.

mod completions;
mod diagram;
mod explain;
mod generate;
mod images;
mod import;
mod lint;
mod lsp;
mod man;
mod new;
mod policy_test;
mod progress;
mod read;
mod reading;
mod reference;
mod rules;
mod rules_export;
mod schema;
mod streams;
mod wanted;

use std::io;
use std::path::Path;

pub use streams::without_controls;

use crate::cli::{Cli, Command, PolicyCommand};
use crate::diagnostic::Stop;
use crate::files;
use crate::report::terminal;

/// The exit code; see `docs/reference/exit-codes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to object to.
    Clean,
    /// Findings at or above the fail level, or a difference.
    Findings,
    /// The run itself failed.
    Failed,
}

impl Exit {
    /// 0, 1 or 2.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Runs a command.
///
/// # Errors
/// Anything that prevented the run: a file that cannot be read, a broken pipe.
pub fn run(cli: &Cli) -> io::Result<Exit> {
    match run_command(cli) {
        Ok(exit) => Ok(exit),
        Err(Stop::Io(error)) => Err(io::Error::new(error.kind(), files::why(Path::new(""), &error))),
        Err(stop) => {
            terminal::print_sorted(stop.findings()?, cli.color);
            Ok(Exit::Failed)
        }
    }
}

fn run_command(cli: &Cli) -> Result<Exit, Stop> {
    let exit = match &cli.command {
        Command::Policy(PolicyCommand::Test(args)) => policy_test::run(args, cli.color)?,
        Command::Read(args) => read::run(args, cli.color)?,
        Command::Gen(args) => generate::run(args, cli.color)?,
        Command::Import(args) => import::run(args)?,
        Command::Diagram(args) => diagram::run(args, cli.color)?,
        Command::Images(args) => images::run(args)?,
        Command::Lint(args) => lint::run(args, cli.color)?,
        Command::Lsp(_) => lsp::run()?,
        Command::New(args) => new::run(args)?,
        Command::Schema(args) => schema::run(args)?,
        Command::Explain(args) => explain::run(args, cli.color)?,
        Command::Rules(args) => rules::run(args, cli.color)?,
        Command::Completions(args) => completions::run(args)?,
        Command::Man(args) => man::run(args)?,
        Command::Reference(args) => reference::run(args)?,
    };
    Ok(exit)
}
