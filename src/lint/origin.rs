//! Findings in files that Helm or kustomize rendered, told where they come from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::{Projects, ignores};
use crate::diagnostic::{Finding, Identity, Label};
use crate::kube::{File, OriginFile, Rendered, Workspace, names_a_secret};
use crate::rules::UNUSED_IGNORE;
use crate::words::{clip, is_secret_name};
use crate::yaml::Span;

/// Moves findings from rendered files to the files that those come from, and heeds the ignores and exceptions there.
pub(super) fn trace(workspace: &Workspace, projects: &Projects, findings: &mut Vec<Finding>) {
    let rendered =
        workspace.files.iter().filter_map(|file| Some((address(&file.source), (file, file.rendered.as_ref()?))));
    let rendered: HashMap<usize, (&File, &Arc<Rendered>)> = rendered.collect();
    if rendered.is_empty() {
        return;
    }
    for (file, from) in rendered.values() {
        if let Some(settings) = projects.settings(file) {
            from.files().for_each(|origin| settings.looked_at(&origin.path));
        }
    }
    let mut renderings: HashMap<&Path, BTreeSet<&str>> = HashMap::new();
    for (_, from) in rendered.values() {
        for origin in from.files() {
            renderings.entry(&origin.path).or_default().insert(&from.by);
        }
    }
    let mut said_by: HashMap<Identity, (&BTreeSet<&str>, BTreeSet<&str>)> = HashMap::new();
    let mut kept = Vec::new();
    // Findings of which the ignores in their origin have yet to be heeded.
    let mut open: BTreeMap<String, (Arc<OriginFile>, Vec<Finding>)> = BTreeMap::new();
    for mut finding in findings.drain(..) {
        for label in &mut finding.labels {
            if let Some((_, from)) = rendered.get(&address(&label.source)) {
                move_label(label, from);
            }
        }
        let Some((file, from)) = rendered.get(&address(&finding.primary.source)) else {
            kept.push(finding);
            continue;
        };
        // with other values it may be used
        if finding.rule == Some(UNUSED_IGNORE.id) && !from.is_only {
            continue;
        }
        let Some(origin) = move_label(&mut finding.primary, from) else { continue };
        if let Some(all) = renderings.get(origin.path.as_path()).filter(|all| all.len() > 1) {
            said_by.entry(finding.identity()).or_insert_with(|| (all, BTreeSet::new())).1.insert(&from.by);
        }
        // Its edits are of the rendered text.
        finding.fix = None;
        finding.secrets.clear();
        if projects.settings(file).is_some_and(|settings| settings.excepts(&finding, &origin.path)) {
            continue;
        }
        if from.keeps_comments {
            kept.push(finding);
        } else {
            open.entry(origin.source.name.clone()).or_insert_with(|| (origin, Vec::new())).1.push(finding);
        }
    }
    for (origin, mut findings) in open.into_values() {
        ignores::take_out(&File::read(&origin.source), &mut findings);
        kept.append(&mut findings);
    }
    for finding in &mut kept {
        // One of several overlays or sets of values: who reads the base must know where to look.
        if let Some((all, by)) = said_by.get(&finding.identity())
            && by != *all
        {
            let text = &mut finding.primary.text;
            let gap = if text.is_empty() { "" } else { " " };
            *text = format!("{text}{gap}{}", few(by));
        }
    }
    *findings = kept;
}

/// The first of some names.
fn few(names: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn address(source: &Arc<crate::yaml::Source>) -> usize {
    Arc::as_ptr(source).addr()
}

/// Moves a label to where its bytes come from. Where the template says it in other words, the label says what it
/// rendered.
fn move_label(label: &mut Label, from: &Rendered) -> Option<Arc<OriginFile>> {
    let text = &label.source.text;
    let place = from.place(text, label.span)?;
    let shown = from.shown(text, label.span);
    if !place.is_same && may_be_shown(text, shown) {
        let rendered = format!("rendered as `{}`", clip(shown));
        label.text = if label.text.is_empty() { rendered } else { format!("{} ({rendered})", label.text) };
    }
    let file = Arc::clone(place.file);
    label.span = Span::new(place.span.range().start, place.span.range().end);
    label.source = Arc::clone(&file.source);
    Some(file)
}

/// Whether a rendered line may be repeated. What Secrets hold and what variables are set to is not.
fn may_be_shown(text: &str, line: &str) -> bool {
    let (key, _) = line.trim_start_matches("- ").split_once(':').unwrap_or((line, ""));
    let is_kept_back = key == "value" || is_secret_name(key) || !line.contains(':');
    !line.is_empty() && !is_kept_back && !names_a_secret(text)
}
