use std::collections::BTreeSet;

use super::scaling::{self, Scaler};
use crate::kube::{Index, units};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// How many of a group are shown at most.
const SHOWN: usize = 5;

/// Two autoscalers that are applied together scale one target.
pub static RULE: Rule = rule!("two_hpas_one_target.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut targets = Vec::new();
    for scaler in scaling::scalers(index).filter(|scaler| scaler.object.keeps(&["spec.scaleTargetRef"])) {
        for unit in units(scaler.object) {
            let key = (unit, scaler.object.id.namespace.as_deref(), scaler.kind, scaler.name);
            targets.push((key, scaler));
        }
    }
    targets.sort_by_key(|(key, _)| *key);
    let mut said = BTreeSet::new();
    // most are alone
    for group in targets.chunk_by(|(one, _), (other, _)| one == other).filter(|group| group.len() > 1) {
        let mut scalers: Vec<Scaler<'_>> = group.iter().map(|(_, scaler)| *scaler).collect();
        let id = |scaler: &Scaler<'_>| (scaler.object.id.kind.clone(), scaler.object.id.name.clone());
        // several versions of one autoscaler are one
        let mut names = BTreeSet::new();
        scalers.retain(|scaler| names.insert(id(scaler)));
        let Some((first, others)) = scalers.split_first().filter(|(_, others)| !others.is_empty()) else { continue };
        // overlays that build on one base hold the same autoscalers
        if !said.insert((first.object.document.source.name.as_str(), names)) {
            continue;
        }
        say(first, others, found);
    }
}

fn say(first: &Scaler<'_>, others: &[Scaler<'_>], found: &mut FindingsAnywhere<'_>) {
    let name = |scaler: &Scaler<'_>| format!("`{}`", clip(&scaler.object.id.name));
    let message = match others {
        [other] => format!("{} and {} both scale", name(first), name(other)),
        others => format!("{} and {} other autoscalers all scale", name(first), others.len()),
    };
    let mut about = found.about(first.object);
    let mut saying = about
        .at(first.node, format!("{message} {} `{}`", first.kind, clip(first.name)))
        .because(
            "the controller detects that several autoscalers select the same Pods, reports \
             AmbiguousSelector and follows none of them (`pkg/controller/podautoscaler/horizontal.go`)",
        )
        .help("put all metrics into one autoscaler: it uses the highest number that any of them yields");
    for other in others.iter().take(SHOWN) {
        saying = saying.label(other.object.label(other.node, format!("{} scales it too", name(other))));
    }
}
