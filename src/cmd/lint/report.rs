//! What a run reports, where and how.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::say_failures;
use crate::cli::{LintArgs, LintFormat, ReportTo};
use crate::cmd::streams::{listed, print, say};
use crate::diagnostic::{self, Finding, Level};
use crate::files::Shown as _;
use crate::files::{NewFile, named};
use crate::kube::{File, Workspace};
use crate::render;
use crate::report::Color;
use crate::report::terminal::Look;
use crate::report::{
    Base, Report, Secrets, Summary, concise, github, gitlab, json, junit, markdown, sarif, statistics, terminal,
};

/// A run, and how it is reported.
pub struct Reporting<'run> {
    pub args: &'run LintArgs,
    /// Formats, each with the file that it is written to; without one, standard output.
    pub formats: &'run [ReportTo],
    pub color: Color,
    /// The least level that makes the exit code 1.
    pub fail_on: Level,
    pub workspace: &'run Workspace,
    /// What is shown: without what is ignored or in the baseline.
    pub findings: &'run [Finding],
    pub summary: Summary,
    /// What files are named from, if not from the working directory.
    pub base: Option<&'run Base>,
    /// What is hidden in the files of the run.
    pub secrets: &'run Secrets<'run>,
}

impl Reporting<'_> {
    /// Writes the reports, then what could not be read and the run in numbers to stderr.
    pub fn write(&self) -> io::Result<()> {
        let summary = self.summary;
        let mut speaks_to_people = false;
        let files = self.files();
        let report = Report {
            findings: self.findings,
            summary,
            secrets: self.secrets,
            files: &files,
            base: self.base,
            fail_on: self.fail_on,
        };
        for to in self.formats {
            if let Some(file) = &to.file {
                let written = NewFile::create(file).and_then(|mut new| {
                    self.write_format(&mut new, to.format, &Look::PLAIN, &report)?;
                    new.commit()
                });
                written.map_err(|error| named(file, &error))?;
            } else {
                speaks_to_people = matches!(to.format, LintFormat::Terminal | LintFormat::Concise);
                let look = Look::of_stdout(self.color);
                print(|out| self.write_format(out, to.format, &look, &report))?;
            }
        }
        if self.args.statistics && !self.formats.iter().any(|report| counts(report.format)) {
            // These formats hold findings and nothing else.
            let mut text = Vec::new();
            statistics::write(&mut text, self.findings)?;
            say(String::from_utf8_lossy(&text).trim_end());
        }
        say_failures(self.workspace);
        if let Some(cut) = summary.cut().filter(|_| self.args.quiet || !speaks_to_people) {
            // GitLab's and JUnit's formats have no place for it, and a part must not be taken for the whole
            say(format_args!("warning: {cut}"));
        }
        if self.args.quiet {
            return Ok(());
        }
        if summary.is_empty() && self.workspace.failures.is_empty() {
            say(format_args!("warning: {}", self.nothing_to_lint()));
        } else if speaks_to_people && !summary.is_empty() {
            say(summary);
        }
        Ok(())
    }

    fn write_format(
        &self,
        out: &mut dyn Write,
        format: LintFormat,
        look: &Look,
        report: &Report<'_>,
    ) -> io::Result<()> {
        let Report { findings, summary, .. } = *report;
        if self.args.statistics {
            match format {
                LintFormat::Terminal | LintFormat::Concise => return statistics::write(out, findings),
                LintFormat::Json => return statistics::write_json(out, findings, summary),
                LintFormat::Markdown => return statistics::write_markdown(out, findings),
                _ => {}
            }
        }
        match format {
            LintFormat::Terminal => {
                // of all formats it alone shows lines of the input
                let mut shown = findings.to_vec();
                diagnostic::redact(&mut shown);
                terminal::write(out, &shown, look, report.secrets)
            }
            LintFormat::Concise => concise::write(out, report),
            LintFormat::Json => json::write(out, report),
            LintFormat::Sarif => sarif::write(out, report),
            LintFormat::Github => github::write(out, report),
            LintFormat::Gitlab => gitlab::write(out, report),
            LintFormat::Junit => junit::write(out, report),
            LintFormat::Markdown => markdown::write(out, report),
        }
    }

    /// The files that were linted, and those in which something was found that speaks of them; by name.
    fn files(&self) -> BTreeSet<String> {
        let files = self.workspace.files.iter().filter(|file| file.reported).flat_map(File::names);
        let name = |name: &str| self.base.map_or_else(|| name.to_owned(), |base| base.name(name));
        let with_findings = self.findings.iter().map(|finding| finding.primary.source.name.clone());
        files.map(name).chain(with_findings).collect()
    }

    fn nothing_to_lint(&self) -> String {
        let paths = listed(&self.args.paths);
        let overlay = self.args.paths.iter().find(|path| render::is_overlay(path));
        let hint = overlay.map_or_else(String::new, |path| {
            let path = path.shown();
            format!(
                "; what the kustomization makes is linted with --render, or kubectl kustomize {path} | patterns lint -"
            )
        });
        if self.args.paths.iter().all(|path| path.as_os_str() == "-") {
            return "no Kubernetes objects on standard input".to_owned();
        }
        format!("no Kubernetes objects to lint in {paths}{hint}")
    }
}

/// Whether a format can hold statistics.
fn counts(format: LintFormat) -> bool {
    matches!(format, LintFormat::Terminal | LintFormat::Concise | LintFormat::Json | LintFormat::Markdown)
}
