//! Arguments of `lint`.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::kube::validation::Targets;

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files or folders; `-` reads standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How to report; may be given several times, all but one with a file: `--format sarif=out.sarif`.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", value_parser = report, long_help = formats_help())]
    pub formats: Vec<ReportTo>,
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
        "How to report; may be given several times, all but one with a file: `--format sarif=out.sarif`.\n\n\
         Formats:\n{}\n\n\
         If absent: terminal, or what `format` in .patterns.yaml says.",
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
