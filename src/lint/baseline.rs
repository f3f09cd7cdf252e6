//! A baseline: the findings that a repository has when it starts, so that only new ones are reported.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Projects;
use super::fingerprint::{fingerprints, path};
use crate::diagnostic::{Family, Finding};
use crate::kube::Workspace;
use crate::rules::{Findings, INVALID_DESCRIPTION, STALE_BASELINE};
use crate::words::clip;
use crate::yaml::{self, Document, NodeId, Part, Source};

/// What a baseline file begins with.
const VERSION: u32 = 1;

/// One finding that is not to be reported. What it says is for those who read the file.
#[derive(Debug, Serialize, Deserialize)]
struct BaselineEntry {
    rule: String,
    file: String,
    message: String,
    fingerprint: String,
}

#[derive(Debug, Serialize)]
struct Written {
    version: u32,
    findings: Vec<BaselineEntry>,
}

/// Whether a baseline may list a finding. What is wrong with exceptions is mended, not excepted.
#[must_use]
pub fn lists(finding: &Finding) -> bool {
    finding.rule.is_some_and(|rule| rule.family != Family::Meta || rule == INVALID_DESCRIPTION.id)
}

/// The text of a baseline file of these findings. Files are named from `folder` on, where it is to lie.
#[must_use]
pub fn write(findings: &[Finding], folder: &Path) -> String {
    let entries = findings.iter().zip(fingerprints(findings, folder)).filter_map(|(finding, fingerprint)| {
        let file = path(&finding.primary.source.name, folder);
        let rule = finding.rule.filter(|_| lists(finding))?;
        Some(BaselineEntry { rule: rule.name.to_owned(), file, message: finding.message.clone(), fingerprint })
    });
    let mut text =
        serde_json::to_string_pretty(&Written { version: VERSION, findings: entries.collect() }).unwrap_or_default();
    text.push('\n');
    text
}

/// A baseline that was read.
#[derive(Debug)]
pub struct Baseline {
    /// Where it lies.
    folder: PathBuf,
    document: Document,
    /// Where each listed finding is in the file.
    listed: BTreeMap<String, Listed>,
}

#[derive(Debug)]
struct Listed {
    node: NodeId,
    rule: String,
    file: String,
}

/// The folder of a file.
#[must_use]
pub fn folder(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// A file that is not a baseline.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}; `patterns lint --write-baseline {name}` creates one")]
pub struct NoBaseline {
    name: String,
    problem: String,
}

impl Baseline {
    /// Reads a baseline file.
    ///
    /// # Errors
    /// A file that is not a baseline, or one of another version.
    pub fn read(name: &Path, bytes: Vec<u8>) -> Result<Self, NoBaseline> {
        let folder = folder(name);
        let name = name.display().to_string();
        let wrong = |problem: &str| NoBaseline { name: name.clone(), problem: problem.to_owned() };
        let source = Arc::new(Source::decode(name.clone(), bytes).map_err(|error| wrong(&error.to_string()))?);
        let Some(Part::Document(document)) = yaml::read(&source).into_iter().next() else {
            return Err(wrong("this is not a baseline"));
        };
        let root = document.root();
        match document.get(root, "version").map(|version| document.value(version)) {
            Some(yaml::Value::Int(version)) if version == i64::from(VERSION) => {}
            _ => return Err(wrong("this is not a baseline of version 1")),
        }
        let list = document.get(root, "findings").ok_or_else(|| wrong("it has no `findings`"))?;
        let mut listed = BTreeMap::new();
        for item in document.items(list) {
            let text = |key| document.get_str(*item, key).map(str::to_owned);
            let (Some(rule), Some(file), Some(fingerprint)) = (text("rule"), text("file"), text("fingerprint")) else {
                return Err(wrong("a finding needs `rule`, `file` and `fingerprint`"));
            };
            listed.insert(fingerprint, Listed { node: *item, rule, file });
        }
        Ok(Self { folder, document, listed })
    }

    /// Takes the listed findings out, and reports entries that no longer match anything: their rule ran over
    /// their file, or the file is gone. Returns how many findings were taken out.
    pub fn apply(&self, workspace: &Workspace, projects: &Projects, findings: &mut Vec<Finding>) -> usize {
        let folder = &self.folder;
        let names = fingerprints(findings, folder);
        let found: HashSet<&String> = names.iter().collect();
        let stale: Vec<&Listed> =
            self.listed.iter().filter(|(name, _)| !found.contains(name)).map(|(_, listed)| listed).collect();
        let mut keep = names.iter().map(|name| !self.listed.contains_key(name));
        let before = findings.len();
        findings.retain(|_| keep.next().unwrap_or(true));
        let known = before - findings.len();
        let selection = projects.base();
        if !selection.runs(STALE_BASELINE.id) {
            return known;
        }
        let judged = |listed: &&Listed| {
            let is_it = |name: &str| path(name, folder) == listed.file;
            let was_read = workspace.files.iter().any(|file| file.reported && file.names().into_iter().any(is_it));
            let is_gone = !folder.join(&listed.file).exists();
            let ran = selection.running().any(|rule| rule.id.name == listed.rule);
            is_gone || (was_read && ran)
        };
        let mut stale: Vec<&Listed> = stale.into_iter().filter(judged).collect();
        stale.sort_by_key(|listed| self.document.span(listed.node));
        for listed in stale {
            Findings::in_file(&STALE_BASELINE, &self.document.source, findings)
                .at_span(
                    self.document.span(listed.node),
                    format!("`{}` no longer reports this in {}", clip(&listed.rule), clip(&listed.file)),
                )
                .here("matches no finding")
                .help(format!("rewrite the baseline: patterns lint --write-baseline {} …", self.document.source.name));
        }
        crate::diagnostic::sort(findings);
        known
    }
}
