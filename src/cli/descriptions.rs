//! Arguments of the commands that read, write or list descriptions and patterns.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::kube::versions::Target;

/// Arguments of `gen`.
#[derive(Debug, Args)]
pub struct GenArgs {
    /// Descriptions, or folders of them; `-` reads standard input. Without any, writes all `outputs` of .patterns.yaml.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to read it.
    #[command(flatten)]
    pub reading: DescriptionArgs,
    /// Write one file per object to this folder instead of printing.
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: GenFormat,
    /// Write nothing; exit 1 with a diff if DIR (or, without FILE, any output) differs from what would be written.
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with = "output")]
    pub check: Option<Option<PathBuf>>,
    /// Start each document with a comment naming the description and pattern it comes from.
    #[arg(long)]
    pub comments: bool,
}

/// How a description is read.
#[derive(Clone, Debug, Default, Args)]
pub struct DescriptionArgs {
    /// Apply this environment.
    #[arg(short, long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Set a parameter of the description; may be repeated. Overrides `--params` and environments.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Read parameters from a YAML file of names and values. Overrides environments.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Put everything into this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Oldest Kubernetes version that must accept the objects, 1.33 to 1.37 (default: the description's `target`).
    #[arg(long, value_name = "VERSION", value_parser = Target::parse)]
    pub target: Option<Target>,
    /// Where patterns come from.
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
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
    /// Write one description per workload to this folder; it is an error if a file exists already.
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Print the descriptions even with --output; without --output they are always printed.
    #[arg(long)]
    pub stdout: bool,
    /// Format of the report on each object.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ImportFormat,
    /// Print a diff between the objects as they are and as they would be generated.
    #[arg(long, conflicts_with = "stdout")]
    pub diff: bool,
}

/// Formats of the report of `import`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// For people.
    Text,
    /// For programs; includes the descriptions.
    Json,
}

/// Arguments of `diagram`.
#[derive(Debug, Args)]
pub struct DiagramArgs {
    /// A description, or manifests: a file or a folder; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How to read a description.
    #[command(flatten)]
    pub reading: DescriptionArgs,
    /// Write to this file instead of printing.
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Picture format (default: by the extension of the output file, .svg, .mmd or .dot, or else svg).
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

/// Where patterns come from.
#[derive(Clone, Debug, Default, Args)]
pub struct CatalogueArgs {
    /// A folder of your own patterns; may be repeated.
    #[arg(long = "catalogue", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// A pattern, by its name under `shape` or `use`; without one, all patterns are listed.
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// Where patterns come from.
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
}

/// Arguments of `images`.
#[derive(Debug, Args)]
pub struct ImagesArgs {
    /// Descriptions, or folders of them; `-` reads standard input. Without any, reads those of all `outputs` of
    /// .patterns.yaml.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to read them.
    #[command(flatten)]
    pub reading: DescriptionArgs,
    /// How to print the list.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ImagesFormat,
    /// Pin the images that come with this program under `images` of .patterns.yaml, so that upgrading it does not
    /// change any Pods.
    #[arg(long)]
    pub write: bool,
    /// With --write: pin the references in this file, one per line, each replacing the image of the same repository;
    /// `-` reads standard input.
    #[arg(long, value_name = "FILE", requires = "write")]
    pub pins: Option<PathBuf>,
}

/// Output formats of `images`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImagesFormat {
    /// A table for people.
    Text,
    /// Only the references, one per line.
    Plain,
    /// For programs.
    Json,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Print the schema of .patterns.yaml instead.
    #[arg(long)]
    pub settings: bool,
    /// Print the schema of pattern.yaml, the definition of a pattern, instead.
    #[arg(long, conflicts_with_all = ["settings", "folders"])]
    pub pattern: bool,
    /// Where patterns come from.
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
}
