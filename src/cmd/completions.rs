//! `patterns completions`: what a shell needs to complete our command line.

use std::io::{self, Write as _};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, CommandFactory as _, ValueEnum};

use super::Exit;
use super::streams::print;
use crate::cli::{Cli, CompletionsArgs, LintFormat};
use crate::pattern::Catalogue;
use crate::rules;

/// Prints the completions of one shell.
pub fn run(args: &CompletionsArgs) -> io::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "patterns", &mut text);
    print(|out| out.write_all(&text))?;
    Ok(Exit::Clean)
}

/// The command line without what is hidden, with the names that arguments take: for completion alone, what parses it
/// says more of a name that it does not know.
fn command() -> clap::Command {
    let whole = Cli::command();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let command = clap::Command::new("patterns").args(whole.get_arguments().cloned()).subcommands(shown);
    let rules: Vec<&str> = rules::names().collect();
    let formats: Vec<PossibleValue> =
        LintFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
    let patterns: Vec<String> = Catalogue::built_in().folders().map(|folder| folder.name().to_owned()).collect();
    let of_rules = |argument: Arg| argument.value_parser(PossibleValuesParser::new(rules.clone()));
    command
        .mut_subcommand("rules", |command| command.mut_arg("names", of_rules))
        .mut_subcommand("new", |command| {
            command.mut_arg("pattern", |argument| argument.value_parser(PossibleValuesParser::new(patterns)))
        })
        .mut_subcommand("lint", |command| {
            let of_formats = |argument: Arg| argument.value_parser(PossibleValuesParser::new(formats));
            command.mut_arg("select", of_rules).mut_arg("ignore", of_rules).mut_arg("formats", of_formats)
        })
}
