//! The command line, and nothing else.

mod descriptions;
mod lint;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::kube::validation::Target;

pub use descriptions::{
    CatalogueArgs, DescriptionArgs, DiagramArgs, DiagramFormat, GenArgs, GenFormat, ImagesArgs, ImagesFormat,
    ImportArgs, ImportFormat, NewArgs, SchemaArgs,
};
pub use lint::{FailOn, FixArgs, LintArgs, LintFormat, Profile, RenderArgs, ReportTo};

/// Design patterns of container-based distributed systems, for Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "patterns", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colour in messages.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 100)]
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
    /// Turn manifests into descriptions that make the same objects.
    Import(ImportArgs),
    /// Draw what a description makes, or what manifests hold.
    Diagram(DiagramArgs),
    /// Say where manifests get their patterns wrong.
    Lint(LintArgs),
    /// Serve an editor over the Language Server Protocol, on standard input and output.
    Lsp(LspArgs),
    /// Print what a description makes, or what a pattern, a rule or a program is about.
    Explain(ExplainArgs),
    /// Print a description to begin with, or list the patterns.
    New(NewArgs),
    /// Print the JSON Schema of descriptions or of .patterns.yaml, for editors.
    Schema(SchemaArgs),
    /// List the rules, with their level and whether they have a fix.
    Rules(RulesArgs),
    /// List the images that descriptions deploy and where they come from, or pin them in .patterns.yaml.
    Images(ImagesArgs),
    /// Print each document of a file as kubectl reads it, as JSON.
    Read(ReadArgs),
    /// Print the completions of a shell.
    Completions(CompletionsArgs),
    /// Write the manual pages into a folder.
    Man(ManArgs),
    /// Write the pages of the book that are made from the program itself into a folder.
    #[command(hide = true)]
    Reference(ReferenceArgs),
    /// Test admission policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
}

/// The subcommands of `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check policies against examples that they must accept or refuse.
    Test(PolicyTestArgs),
}

/// Arguments of `policy test`.
#[derive(Debug, Args)]
pub struct PolicyTestArgs {
    /// Folders of policies, or files of them; the examples are in `good/` and `bad/` beside them.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The version of Kubernetes whose functions the expressions may call.
    #[arg(long, value_name = "VERSION", value_parser = Target::parse)]
    pub target: Option<Target>,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Families or rules; all of them if absent.
    #[arg(value_name = "FAMILY")]
    pub names: Vec<String>,
    /// How to print them.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RulesFormat,
    /// Export them instead: `vap` for validating admission policies with their bindings, of those rules that one object
    /// decides.
    #[arg(long, value_name = "FORMAT")]
    pub export: Option<RulesExport>,
    /// With --export: what a cluster does with an object that breaks a rule.
    #[arg(long, value_name = "ACTION", default_value = "deny", requires = "export")]
    pub action: RulesAction,
}

/// Formats in which rules are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesExport {
    /// Validating admission policies and their bindings.
    Vap,
}

/// What a binding does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesAction {
    /// Refuse the object.
    Deny,
    /// Take it with a warning.
    Warn,
    /// Note it in the audit log.
    Audit,
}

/// Output formats of `rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// A table for people.
    Text,
    /// For programs.
    Json,
}

/// Arguments of `lsp`.
#[derive(Debug, Args)]
pub struct LspArgs {
    /// Speak on standard input and output, which it does anyway: many editors say so.
    #[arg(long)]
    pub stdio: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder, which is made if it is missing: patterns.1, patterns-lint.1 and so on.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Arguments of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// The folder, which is made if it is missing.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Output formats of `explain` for manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// A tree for people.
    Text,
    /// For programs.
    Json,
    /// A diagram for Markdown, as `patterns diagram --format mermaid` draws it.
    Mermaid,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A description; manifests and folders of them; a pattern, a rule or a program (`programs` lists them). What is a file or has a `/` or `.` is
    /// read; `-` is standard input.
    #[arg(value_name = "NAME", required_unless_present = "images")]
    pub names: Vec<String>,
    /// How to print the roles and facts of manifests.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ExplainFormat,
    /// Print the pattern's folder: its schema and templates.
    #[arg(long, conflicts_with = "images")]
    pub source: bool,
    /// Print the image table: role, image, user, and where the tag was seen.
    #[arg(long)]
    pub images: bool,
    /// How to read a description.
    #[command(flatten)]
    pub reading: DescriptionArgs,
}

/// Arguments of `read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// The file; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
