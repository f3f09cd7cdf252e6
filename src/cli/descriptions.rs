//! Arguments of the commands that read, write or list descriptions and patterns.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::kube::validation::Target;

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
