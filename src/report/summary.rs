//! A run in numbers.

use std::collections::BTreeSet;
use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use crate::apiserver::{self, Schemas};
use crate::diagnostic::{Finding, Level};
use crate::files::STDIN;
use crate::kube::versions::Target;
use crate::kube::{File, LEFT_OUT, Object, WORTH_THREADS, Workspace};
use crate::limits;
use crate::words::{
    holds_hole_in_braces, is_placeholder, may_hold_name_of_a_value, may_hold_placeholder, names_a_template,
};

/// A run in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Findings of level error.
    pub errors: usize,
    /// Findings of level warning.
    pub warnings: usize,
    /// Findings of level advice.
    pub advice: usize,
    /// Findings with a fix that is safe.
    pub fixable: usize,
    /// Whether one of the files is standard input, which cannot be changed in place, for people.
    #[serde(skip)]
    pub has_stdin: bool,
    /// Objects that were linted.
    pub objects: usize,
    /// Files with descriptions that were linted.
    pub descriptions: usize,
    /// Files that were linted.
    pub files: usize,
    /// Files with findings.
    pub files_with_findings: usize,
    /// Templates that were skipped.
    pub templates_skipped: usize,
    /// How many of them are ytt's, for people.
    #[serde(skip)]
    pub ytt_templates_skipped: usize,
    /// How many of them are neither ytt's nor part of a Helm chart, for people.
    #[serde(skip)]
    pub other_templates_skipped: usize,
    /// Folders such as `testdata` and `vendor` that were left out.
    pub folders_left_out: usize,
    /// Files of what tests expect (`00-assert.yaml`) that were left out.
    pub expectations_left_out: usize,
    /// Which folders they were, for people.
    #[serde(skip)]
    pub left_out: [bool; LEFT_OUT.len()],
    /// Objects of which only metadata and fields were judged: the rules of their kind are not known, and no
    /// definition of it is in the run.
    pub objects_of_unknown_kind: usize,
    /// Files with placeholders where the API server would refuse them.
    pub files_with_placeholders: usize,
    /// Objects of which kustomize may change any field, so that hardly any is judged.
    pub objects_open_to_change: usize,
    /// Files that are encrypted as a whole.
    pub files_encrypted: usize,
    /// Files that could not be read.
    pub unreadable: usize,
    /// Findings that are not listed because the baseline has them.
    pub in_baseline: usize,
    /// Rules with more findings than are listed.
    pub rules_cut: usize,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn of(workspace: &Workspace, findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        let names: BTreeSet<_> = findings.iter().map(|finding| &finding.primary.source.name).collect();
        Self {
            errors: count(Level::Error),
            warnings: count(Level::Warning),
            advice: count(Level::Advice),
            fixable: findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe)).count(),
            has_stdin: workspace.files.iter().any(|file| file.reported && file.source.name == STDIN),
            objects: workspace.files.iter().filter(|file| file.reported).map(|file| file.objects.len()).sum(),
            descriptions: workspace.files.iter().filter(|file| file.reported && file.is_description()).count(),
            files: workspace
                .files
                .iter()
                .filter(|file| file.reported && !file.is_encrypted())
                .flat_map(File::names)
                .collect::<BTreeSet<_>>()
                .len(),
            files_with_findings: names.len(),
            templates_skipped: workspace.templates_skipped,
            ytt_templates_skipped: workspace.ytt_templates_skipped,
            other_templates_skipped: workspace.other_templates_skipped,
            folders_left_out: workspace.folders_left_out.values().sum(),
            expectations_left_out: workspace.expectations_left_out,
            left_out: LEFT_OUT.map(|name| workspace.folders_left_out.contains_key(name)),
            objects_of_unknown_kind: unknown_kinds(workspace),
            files_with_placeholders: workspace
                .files
                .par_iter()
                .with_min_len(WORTH_THREADS / 4)
                .filter(|file| file.reported && has_placeholders(file))
                .count(),
            objects_open_to_change: open_to_change(workspace),
            files_encrypted: workspace.files.iter().filter(|file| file.reported && file.is_encrypted()).count(),
            unreadable: workspace.failures.len(),
            in_baseline: 0,
            rules_cut: 0,
        }
    }

    /// What to say of findings that are not listed because there are too many, if there are any.
    #[must_use]
    pub fn cut(&self) -> Option<String> {
        let rules = match self.rules_cut {
            0 => return None,
            1 => "1 rule has".to_owned(),
            number => format!("{number} rules have"),
        };
        let limit = limits::FINDINGS;
        Some(format!(
            "{rules} more findings than the {limit} listed (limit {}, see `patterns explain limits`)",
            limit.name
        ))
    }

    /// Whether there was nothing to lint and nothing to say of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let said = self.errors + self.warnings + self.advice;
        let skipped = self.templates_skipped + self.files_encrypted + self.in_baseline;
        said + self.objects + self.descriptions + skipped + self.files_with_placeholders == 0
    }
}

/// Whether the server would refuse a file for nothing but what has yet to be filled in.
fn has_placeholders(file: &File) -> bool {
    // most objects hold no mark of one, and fewer hold one as a value: they need no second look
    let is_judged = |object: &&Object| {
        let raw = object.document.raw(object.node);
        // prose about `<name>` is no hole
        let holds = |is_hole: fn(&str) -> bool| object.document.strings(object.node, "description").any(is_hole);
        let is_marked = || may_hold_placeholder(raw) && (holds(is_placeholder) || holds_hole_in_braces(raw));
        // what the rules have judged already, and found nothing wrong with, needs no look at its text
        let is_accepted = object.is_accepted.get() == Some(&true);
        !is_accepted
            && !object.is_patch
            && (names_a_template(&file.source.name) || is_marked() || may_hold_name_of_a_value(raw))
    };
    let refuses = |object: &Object| {
        let verdict = apiserver::validate(object, Target::default(), &Schemas::default());
        verdict.errors.iter().any(|cause| object.is_hole(cause.node))
    };
    let objects = file.objects.par_iter().with_min_len(WORTH_THREADS / 4).filter(is_judged);
    let is_to_be_named = |object: &Object| object.id.name.is_empty() && !object.is_patch && object.is_to_be_named();
    file.has_holes || file.objects.iter().any(is_to_be_named) || objects.any(refuses)
}

fn unknown_kinds(workspace: &Workspace) -> usize {
    let known_by_definition = |object: &Object| !workspace.definitions.of(object).is_empty();
    let is_known =
        |object: &Object| apiserver::is_known(&object.id.api_version, &object.id.kind) || known_by_definition(object);
    let reported = workspace.files.iter().filter(|file| file.reported).flat_map(|file| &file.objects);
    // a kustomization is read, and never applied
    let is_applied =
        |object: &Object| !object.is_patch && !object.id.api_version.starts_with("kustomize.config.k8s.io/");
    reported.filter(|object| is_applied(object) && !is_known(object)).count()
}

fn open_to_change(workspace: &Workspace) -> usize {
    let reported = workspace.files.iter().filter(|file| file.reported && !file.is_generated);
    reported.flat_map(|file| &file.objects).filter(|object| !object.is_patch && object.changes.are_open()).count()
}

impl fmt::Display for Summary {
    /// `3 errors, 1 warning in 2 of 41 files; 12 Helm templates skipped`, or
    /// `checked 14 objects in 9 files: no findings`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |number: usize, one: &str, many: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {many}")),
        };
        let findings = [
            counted(self.errors, "error", "errors"),
            counted(self.warnings, "warning", "warnings"),
            counted(self.advice, "advice", "advice"),
        ];
        let findings = findings.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        let found = if findings.is_empty() {
            let checked =
                [counted(self.objects, "object", "objects"), counted(self.descriptions, "description", "descriptions")];
            let checked = checked.into_iter().flatten().collect::<Vec<_>>().join(" and ");
            (!checked.is_empty()).then(|| format!("checked {checked} in {files}: no findings"))
        } else {
            let fixable = match (self.fixable, self.has_stdin) {
                (0, _) => String::new(),
                (fixable, false) => format!(" ({fixable} fixable with --fix)"),
                (fixable, true) => format!(" ({fixable} fixable, see --diff)"),
            };
            // of an object with more than are listed, no more are counted
            let findings = if self.rules_cut > 0 { format!("at least {findings}") } else { findings };
            Some(if self.files == 1 {
                format!("{findings} in {files}{fixable}")
            } else {
                format!("{findings} in {} of {files}{fixable}", self.files_with_findings)
            })
        };
        let of_others = self.other_templates_skipped;
        let of_helm = self.templates_skipped - self.ytt_templates_skipped - of_others;
        let skipped = counted(of_helm, "Helm template skipped", "Helm templates skipped");
        let skipped = skipped.map(|skipped| format!("{skipped} (--render, or helm template CHART | patterns lint -)"));
        let of_ytt = counted(self.ytt_templates_skipped, "ytt template skipped", "ytt templates skipped");
        let of_ytt = of_ytt.map(|skipped| format!("{skipped} (ytt -f FILES | patterns lint -)"));
        let of_others = counted(of_others, "other template skipped", "other templates skipped");
        let names = LEFT_OUT.iter().zip(self.left_out).filter(|(_, is_met)| *is_met).map(|(name, _)| *name);
        let names = names.collect::<Vec<_>>().join(", ");
        let left_out = counted(self.folders_left_out, "folder left out", "folders left out");
        let left_out = left_out.map(|left_out| format!("{left_out} ({names})"));
        let expected =
            counted(self.expectations_left_out, "assertion of a test left out", "assertions of tests left out");
        let unknown = counted(
            self.objects_of_unknown_kind,
            "object of a kind whose rules are not known",
            "objects of kinds whose rules are not known",
        );
        let known = counted(self.in_baseline, "finding in the baseline", "findings in the baseline");
        let cut = self.cut();
        let placeholders = counted(self.files_with_placeholders, "file with placeholders", "files with placeholders");
        let placeholders = placeholders.map(|files| format!("{files}, whose values are not checked"));
        let open = counted(
            self.objects_open_to_change,
            "object whose fields are not checked because kustomize may change any",
            "objects whose fields are not checked because kustomize may change any",
        );
        let encrypted = counted(self.files_encrypted, "encrypted file skipped", "encrypted files skipped");
        f.write_str(
            &found
                .into_iter()
                .chain(known)
                .chain(cut)
                .chain(placeholders)
                .chain(open)
                .chain(encrypted)
                .chain(skipped)
                .chain(of_ytt)
                .chain(of_others)
                .chain(left_out)
                .chain(expected)
                .chain(unknown)
                .collect::<Vec<_>>()
                .join("; "),
        )
    }
}
