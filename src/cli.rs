//! The command line, and nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::kube::validation::{Target, Targets};

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
    /// Print what a description makes, or what a pattern or a rule is about.
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

/// Arguments of `gen`.
#[derive(Debug, Args)]
pub struct GenArgs {
    /// Descriptions, or folders of them; `-` reads standard input. Without any, all `outputs` of .patterns.yaml are
    /// written.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to read it.
    #[command(flatten)]
    pub reading: DescriptionArgs,
    /// Write one file per object into this folder instead of printing.
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: GenFormat,
    /// Write nothing; exit 1 with a diff if DIR, or without FILE the outputs, are not what would be written.
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with = "output")]
    pub check: Option<Option<PathBuf>>,
    /// Begin each document with a comment that says which description and pattern made it.
    #[arg(long)]
    pub comments: bool,
}

/// How a description is read.
#[derive(Clone, Debug, Default, Args)]
pub struct DescriptionArgs {
    /// Lay this environment over the description.
    #[arg(short, long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Set a parameter of the description; may be given several times, and wins over `--params` and environments.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Read parameters from a YAML file of names and values, which win over environments.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Put everything into this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// The oldest version of Kubernetes that must accept the objects, 1.33 to 1.37; the description's own if absent.
    #[arg(long, value_name = "VERSION", value_parser = Target::parse)]
    pub target: Option<Target>,
    /// Where patterns come from.
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
    /// Parameters without a value get one later: what depends on them is not judged.
    #[arg(skip)]
    pub values_come_later: bool,
}

/// Output formats of `gen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenFormat {
    /// One stream of YAML documents.
    Yaml,
    /// A JSON `List`.
    Json,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files or folders of manifests; `-` reads standard input: `helm template CHART | patterns import -`, or
    /// `kubectl kustomize DIR | patterns import -`.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Write one description for each workload into this folder; a file that exists is an error.
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Print the descriptions, also beside --output; without --output they are printed anyway.
    #[arg(long)]
    pub stdout: bool,
    /// How to report what became of each object.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ImportFormat,
    /// Print a diff of the objects as they are and as they would be generated.
    #[arg(long, conflicts_with = "stdout")]
    pub diff: bool,
}

/// Formats of the report of `import`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// For people.
    Text,
    /// For programs; the descriptions are in it.
    Json,
}

/// Arguments of `diagram`.
#[derive(Debug, Args)]
pub struct DiagramArgs {
    /// The description, or manifests: a file or a folder; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How to read a description.
    #[command(flatten)]
    pub reading: DescriptionArgs,
    /// Write into this file instead of printing.
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How to draw; if absent, what the output's name ends in (.svg, .mmd, .dot), else svg.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<DiagramFormat>,
}

/// Output formats of `diagram`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagramFormat {
    /// A picture for any page.
    Svg,
    /// A Mermaid flowchart, for Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files or folders; `-` reads standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How to report; may be given several times, all but one with a file: `--format sarif=out.sarif`.
    ///
    /// terminal, concise, json, sarif, github, gitlab, junit or markdown; terminal, or what `format` in .patterns.yaml
    /// says, if absent.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", value_parser = report)]
    pub formats: Vec<Report>,
    /// Print how often each rule was broken, instead of findings.
    ///
    /// sarif, github, gitlab and junit have no place for counts: they keep the findings, and the counts go to standard
    /// error.
    #[arg(long)]
    pub statistics: bool,
    /// Changes to the files.
    #[command(flatten)]
    pub fixes: FixArgs,
    /// What is shown: errors and warnings, or advice too.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<Profile>,
    /// Leave out the findings that this file lists.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings of this run to a baseline file, and report none of them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "fix", "diff"])]
    pub write_baseline: Option<PathBuf>,
    /// Run only these rules or families; several with commas, or given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules or families out; several with commas, or given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// The lowest level that makes the exit code 1: error, or what `fail-on` in .patterns.yaml says, if absent.
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// The version of Kubernetes that must accept the objects, 1.33 to 1.37 (default: 1.36); two with a comma, as
    /// 1.33,1.37, check an upgrade from one to the other.
    #[arg(long, value_name = "VERSION", value_parser = Targets::parse)]
    pub target: Option<Targets>,
    /// Leave these paths out, as .gitignore writes them: `--exclude legacy/`; several with commas, or given several times.
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Name files in reports relative to this folder, or to the repository's root if no folder is named: for reports that
    /// are read elsewhere than in the working directory.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub base: Option<Option<PathBuf>>,
    /// Read the rest of this folder for references, without reporting on it.
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// What is rendered.
    #[command(flatten)]
    pub rendering: RenderArgs,
    /// The file that standard input (`-`) is: how findings call it, and whose settings hold.
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
    /// Print findings alone: no summary.
    #[arg(short, long)]
    pub quiet: bool,
    /// Also print which files and settings were read.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Also check with the validating admission policies in this file or folder; may be given several times.
    #[arg(long = "policy", value_name = "PATH")]
    pub policies: Vec<PathBuf>,
}

/// What `lint` renders first.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Render charts and kustomizations among PATH with the helm, kustomize or kubectl that is installed, and report in
    /// their files. Nothing is fetched.
    #[arg(long)]
    pub render: bool,
    /// With --render: values for charts, as `helm template --values` takes them; may be given several times. Without it,
    /// a chart is rendered once with each of its ci/*.yaml, or else with its own values.
    #[arg(long, value_name = "FILE", requires = "render")]
    pub values: Vec<PathBuf>,
}

/// What `lint` changes.
#[derive(Debug, Args)]
pub struct FixArgs {
    /// Apply the fixes that are safe.
    #[arg(long)]
    pub fix: bool,
    /// With --fix or --diff: also the fixes that need review.
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Print what --fix would change, and change nothing; exit 1 if that is something.
    #[arg(long, conflicts_with_all = ["fix", "statistics"])]
    pub diff: bool,
}

/// A format, and where the report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The format.
    pub format: LintFormat,
    /// The file; none for standard output.
    pub file: Option<PathBuf>,
}

fn report(text: &str) -> Result<Report, String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    let format = LintFormat::from_str(name, false).map_err(|_| {
        let names: Vec<String> = LintFormat::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("known are {}", names.join(", "))
    })?;
    if file.is_some_and(str::is_empty) {
        return Err("a file's name belongs after `=`".to_owned());
    }
    Ok(Report { format, file: file.map(PathBuf::from) })
}

/// Output formats of `lint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people: the bytes underlined.
    Terminal,
    /// One line each.
    Concise,
    /// For programs.
    Json,
    /// For code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab's Code Quality.
    Gitlab,
    /// Tests, as most CI systems show them.
    Junit,
    /// A table for a comment.
    Markdown,
}

/// What `lint` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Errors and warnings.
    Default,
    /// Advice too.
    Strict,
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

/// Where patterns come from.
#[derive(Clone, Debug, Default, Args)]
pub struct CatalogueArgs {
    /// A folder of patterns of your own; may be given several times.
    #[arg(long = "catalogue", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// A pattern, as `shape` or `use` names it; without one, all of them are listed.
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// Where patterns come from.
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
}

/// Arguments of `images`.
#[derive(Debug, Args)]
pub struct ImagesArgs {
    /// Descriptions, or folders of them; `-` reads standard input. Without any, those of all `outputs` of
    /// .patterns.yaml.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to read them.
    #[command(flatten)]
    pub reading: DescriptionArgs,
    /// How to print the list.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ImagesFormat,
    /// Pin the images that come with this program under `images` of .patterns.yaml, so that a new version of it moves
    /// no Pod.
    #[arg(long)]
    pub write: bool,
    /// With --write: pin these references, one a line, each in place of the image of the same repository; `-` reads
    /// standard input.
    #[arg(long, value_name = "FILE", requires = "write")]
    pub pins: Option<PathBuf>,
}

/// Output formats of `images`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImagesFormat {
    /// A table for people.
    Text,
    /// The references alone, one a line.
    Plain,
    /// For programs.
    Json,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The schema of .patterns.yaml instead.
    #[arg(long)]
    pub settings: bool,
    /// The schema of pattern.yaml, the definition of a pattern, instead.
    #[arg(long, conflicts_with_all = ["settings", "folders"])]
    pub pattern: bool,
    /// Where patterns come from.
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
}

/// Arguments of `read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// The file; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
