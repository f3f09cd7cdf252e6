//! Only the command line.

mod descriptions;
mod lint;

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::kube::versions::Target;
use crate::report::Color;

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

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help("On a terminal, unless `NO_COLOR` is set"),
            Self::Always => PossibleValue::new("always").help("Always"),
            Self::Never => PossibleValue::new("never").help("Never"),
        })
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Expand a pattern description into Kubernetes YAML.
    Gen(GenArgs),
    /// Turn manifests into descriptions that generate the same objects.
    Import(ImportArgs),
    /// Draw what a description generates, or what manifests contain.
    Diagram(DiagramArgs),
    /// Check manifests for mistakes.
    Lint(LintArgs),
    /// Serve an editor over the Language Server Protocol, on standard input and output.
    Lsp(LspArgs),
    /// Explain a description, manifests, a pattern, a key, a rule or a program.
    Explain(ExplainArgs),
    /// Print a starter description, or list the patterns.
    New(NewArgs),
    /// Print the JSON Schema of descriptions or of .patterns.yaml, for editors.
    Schema(SchemaArgs),
    /// List the rules, their levels, and which have a fix.
    Rules(RulesArgs),
    /// List the images that descriptions deploy and where each comes from, or pin them in .patterns.yaml.
    Images(ImagesArgs),
    /// Print each document of a file as kubectl reads it, as JSON.
    Read(ReadArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Write the manual pages to a folder.
    Man(ManArgs),
    /// Write the generated pages of the book to a folder.
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
    /// Policy files, or folders of them; the examples are in `good/` and `bad/` next to the policies.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The version of Kubernetes whose functions the expressions may call.
    #[arg(long, value_name = "VERSION", value_parser = Target::parse)]
    pub target: Option<Target>,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Families or rules to list (default: all).
    #[arg(value_name = "FAMILY")]
    pub names: Vec<String>,
    /// How to print them.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RulesFormat,
    /// Export the rules instead. `vap` prints validating admission policies and their bindings, for the rules that can
    /// be decided from a single object.
    #[arg(long, value_name = "FORMAT")]
    pub export: Option<RulesExport>,
    /// With --export: what the cluster does with an object that breaks a rule.
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
    /// Accept it with a warning.
    Warn,
    /// Record it in the audit log.
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
    /// Use standard input and output, which is the default; accepted because many editors pass it.
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
    /// The folder to write patterns.1, patterns-lint.1 and so on to; created if missing.
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
    /// A diagram for Markdown, as drawn by `patterns diagram --format mermaid`.
    Mermaid,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A description; manifests, or folders of them; or a pattern, a key (`isolate`, `app.volumes`, `sharded.router`, or
    /// `lint.rules` of the settings), a rule, a program (`programs` lists these) or `limits`. A name that is a file, or
    /// contains `/` or `.` and is no key, is read as a path; `-` is standard input.
    #[arg(value_name = "NAME", required_unless_present = "images")]
    pub names: Vec<String>,
    /// Output format for the roles and facts of manifests.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ExplainFormat,
    /// Print the files of a pattern: its schema and templates.
    #[arg(long, conflicts_with = "images")]
    pub source: bool,
    /// Print the image table: role, image, user, and the source of the tag.
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
