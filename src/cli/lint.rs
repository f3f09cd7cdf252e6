//! Arguments of `lint`.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::kube::versions::Targets;

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files or folders; `-` reads standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Output format; may be repeated, if all but one name a file: `--format sarif=out.sarif`.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", value_parser = report, long_help = formats_help())]
    pub formats: Vec<ReportTo>,
    /// Print finding counts per rule instead of findings.
    ///
    /// sarif, github, gitlab and junit cannot represent counts: they keep the findings, and the counts go to standard
    /// error.
    #[arg(long)]
    pub statistics: bool,
    /// Changes to the files.
    #[command(flatten)]
    pub fixes: FixArgs,
    /// Which findings to show: errors and warnings, or advice too.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<Profile>,
    /// Suppress the findings listed in this file.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings of this run to a baseline file instead of reporting them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "fix", "diff"])]
    pub write_baseline: Option<PathBuf>,
    /// Run only these rules or families; separate several with commas, or repeat the option.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Skip these rules or families; separate several with commas, or repeat the option.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Lowest level that makes the exit code 1 (default: `fail-on` in .patterns.yaml, or else error).
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// Kubernetes version that must accept the objects, 1.33 to 1.37 (default: `target` in .patterns.yaml, or else
    /// 1.36); two versions, as in 1.33,1.37, check an upgrade.
    #[arg(long, value_name = "VERSION", value_parser = Targets::parse)]
    pub target: Option<Targets>,
    /// Skip these paths, written as in .gitignore: `--exclude legacy/`; separate several with commas, or repeat the
    /// option.
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Name files in reports relative to this folder, or to the repository's root if no folder is given; for reports
    /// that are read outside the working directory.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub base: Option<Option<PathBuf>>,
    /// Also read the rest of this folder to resolve references, without reporting on it.
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// What is rendered.
    #[command(flatten)]
    pub rendering: RenderArgs,
    /// File name to use for standard input (`-`), in findings and to find the settings.
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
    /// Print only findings, without the summary.
    #[arg(short, long)]
    pub quiet: bool,
    /// Also print which files and settings were read.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Also apply the validating admission policies in this file or folder; may be repeated.
    #[arg(long = "policy", value_name = "PATH")]
    pub policies: Vec<PathBuf>,
}

/// What `lint` renders first.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Render charts and kustomizations in PATH with the installed helm, kustomize or kubectl, and report findings in
    /// their source files. Nothing is fetched.
    #[arg(long)]
    pub render: bool,
    /// With --render: values for charts, as for `helm template --values`; may be repeated. Without it, a chart is
    /// rendered once with each of its ci/*.yaml files, or else with its own values.
    #[arg(long, value_name = "FILE", requires = "render")]
    pub values: Vec<PathBuf>,
}

/// What `lint` changes.
#[derive(Debug, Args)]
pub struct FixArgs {
    /// Apply safe fixes.
    #[arg(long)]
    pub fix: bool,
    /// With --fix or --diff: include fixes that need review.
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Print what --fix would change, without changing it; exit 1 if there is anything.
    #[arg(long, conflicts_with_all = ["fix", "statistics"])]
    pub diff: bool,
}

/// A format, and where the report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportTo {
    /// The format.
    pub format: LintFormat,
    /// The file; none for standard output.
    pub file: Option<PathBuf>,
}

/// The formats with what each is for: a parser that reads `FORMAT=FILE` has no possible values that clap could list.
fn formats_help() -> String {
    let values = LintFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let line = |value: PossibleValue| {
        let meaning = value.get_help().map(ToString::to_string).unwrap_or_default();
        format!("- {}: {meaning}", value.get_name())
    };
    let lines: Vec<String> = values.map(line).collect();
    format!(
        "Output format; may be repeated, if all but one name a file: `--format sarif=out.sarif`.\n\n\
         Formats:\n{}\n\n\
         Default: `format` in .patterns.yaml, or else terminal.",
        lines.join("\n")
    )
}

fn report(text: &str) -> Result<ReportTo, String> {
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
    Ok(ReportTo { format, file: file.map(PathBuf::from) })
}

/// Output formats of `lint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people, with the source underlined.
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
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// All findings; advice is then reported too.
    Advice,
}
