//! The command line, and nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::kube::validation::Target;

/// Design patterns of container-based distributed systems, for Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "patterns", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colour in messages.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Expand a pattern description into Kubernetes YAML.
    Gen(GenArgs),
    /// Say where manifests get their patterns wrong.
    Lint(LintArgs),
    /// Print what a pattern or a rule is about.
    Explain(ExplainArgs),
    /// Print each document of a file as kubectl reads it, as JSON.
    Read(ReadArgs),
}

/// Arguments of `gen`.
#[derive(Debug, Args)]
pub struct GenArgs {
    /// The description; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Use this environment of the description.
    #[arg(short, long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Set a parameter of the description.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Read parameters from a YAML file of names and values.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Put everything into this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Write one file per object into this folder instead of printing.
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: GenFormat,
    /// Write nothing; exit 1 with a diff if DIR is not what would be written.
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub check: Option<PathBuf>,
}

/// Output formats of `gen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenFormat {
    /// One stream of YAML documents.
    Yaml,
    /// A JSON `List`.
    Json,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files or folders; `-` reads standard input.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// How to report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: LintFormat,
    /// Run only these rules or families.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules or families out.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// The lowest level that makes the exit code 1.
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// The version of Kubernetes that must accept the objects, 1.33 to 1.37. Exact for 1.36.
    #[arg(long, value_name = "VERSION", default_value = "1.36", value_parser = target)]
    pub target: Target,
    /// Read the rest of this folder for references, without reporting on it.
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
}

fn target(text: &str) -> Result<Target, String> {
    let minor = text.strip_prefix("1.").and_then(|minor| minor.parse().ok()).map(Target);
    minor
        .filter(|target| (Target::OLDEST..=Target::NEWEST).contains(target))
        .ok_or_else(|| format!("known are 1.{} to 1.{}", Target::OLDEST.0, Target::NEWEST.0))
}

/// Output formats of `lint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people: the bytes underlined.
    Terminal,
    /// For programs.
    Json,
}

/// Levels that can fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors alone.
    Error,
    /// Warnings and errors.
    Warning,
    /// Every finding; advice is then reported too.
    Advice,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A pattern or a rule.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print the pattern's folder.
    #[arg(long)]
    pub source: bool,
}

/// Arguments of `read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// The file; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
