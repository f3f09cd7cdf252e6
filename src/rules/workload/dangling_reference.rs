use std::collections::{BTreeSet, HashMap, HashSet};

use super::mentioned::mentioned;
use super::references::{Reference, references};
use crate::diagnostic::Level;
use crate::kube::{FolderScope, Index, Object, Typed, Unit, same_unit, units};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::{Slips, clip, nearest};

/// A name of an object that is not there, among others of its kind that are.
pub static RULE: Rule = rule!("dangling_reference.md", Warning, Check::Workspace(check));

/// What every cluster or namespace has.
const GIVEN: [(&str, &str); 4] = [
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ServiceAccount", "default"),
    ("Role", "extension-apiserver-authentication-reader"),
];

/// How many names are compared at most, to say which one is most like a missing one.
const COMPARED: usize = 100;

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let missing = missing(index);
    // All other texts of the run are only read once something is missing.
    let made = mentioned(index, missing.iter().map(|missing| missing.reference.name).collect());
    for missing in missing.iter().filter(|missing| !made.contains(missing.reference.name)) {
        say(missing, found);
    }
}

/// A name that no object of its kind has.
struct Missing<'index, 'run> {
    object: &'run Object,
    reference: Reference<'run>,
    /// The one that was surely meant.
    meant: Option<&'run Object>,
    /// All of its kind that are in the place.
    others: &'index [&'run Object],
}

fn missing<'index, 'run>(index: &'index Index<'run>) -> Vec<Missing<'index, 'run>> {
    let mut missing = Vec::new();
    let mut claims = None;
    let mut slips: HashMap<&str, HashMap<Unit<'_>, Slips<'_>>> = HashMap::new();
    let may_be_told = |object: &&Object| object.keeps(&["spec", "subjects", "roleRef"]) && !object.is_among_unseen;
    for object in index.all().iter().copied().filter(may_be_told) {
        let mut said = BTreeSet::new();
        for reference in references(object) {
            let Reference { kind, name, .. } = reference;
            let others = index.kind_in(FolderScope::of(object), kind);
            let is_given = GIVEN.contains(&(kind, name)) || name.starts_with("system:");
            if is_given || index.has(object, kind, name) || !said.insert((kind, name)) {
                continue;
            }
            if kind == "PersistentVolumeClaim" {
                let begins = claims.get_or_insert_with(|| claims_of_sets(index));
                if before_ordinal(name).is_some_and(|start| begins.contains(start)) {
                    continue;
                }
            }
            let slips = slips.entry(kind).or_insert_with(|| names(index, kind));
            let like = units(object).find_map(|unit| slips.get(&unit)?.of(name));
            let meant = like.and_then(|like| index.find(object, kind, like)).filter(|other| same_unit(object, other));
            // Secrets are often made by hand; only a slip of the pen is surely none.
            if !(others.is_empty() || kind == "Secret") || meant.is_some() {
                missing.push(Missing { object, reference, meant, others });
            }
        }
    }
    missing
}

/// How the names of the claims begin that StatefulSets make, each with an ordinal behind it
/// (kubernetes/kubernetes: `getPersistentVolumeClaimName` in pkg/controller/statefulset).
fn claims_of_sets(index: &Index<'_>) -> HashSet<String> {
    let sets = index.kind("StatefulSet").iter();
    let names = sets.flat_map(|set| {
        let templates = match &set.typed {
            Some(Typed::StatefulSet(typed)) => typed.spec.volume_claim_templates.as_deref().unwrap_or_default(),
            _ => &[],
        };
        templates.iter().filter_map(|claim| Some(format!("{}-{}", claim.metadata.name.as_deref()?, set.id.name)))
    });
    names.collect()
}

/// What is before the ordinal at the end of a name.
fn before_ordinal(name: &str) -> Option<&str> {
    let (start, ordinal) = name.rsplit_once('-')?;
    (!ordinal.is_empty() && ordinal.bytes().all(|digit| digit.is_ascii_digit())).then_some(start)
}

/// The names of a kind in each unit.
fn names<'run>(index: &Index<'run>, kind: &str) -> HashMap<Unit<'run>, Slips<'run>> {
    let mut names: HashMap<_, Slips<'_>> = HashMap::new();
    for object in index.kind(kind).iter().copied() {
        units(object).for_each(|unit| names.entry(unit).or_default().add(&object.id.name));
    }
    names
}

fn say(missing: &Missing<'_, '_>, found: &mut FindingsAnywhere<'_>) {
    let Missing { object, ref reference, meant, others } = *missing;
    let Reference { kind, name, node, .. } = *reference;
    // The Services of an Ingress are beside it; operators, hooks and people make most other things at run time.
    let is_beside = |other: &&Object| same_unit(object, other) && is_of_one_app(name, &other.id.name);
    let is_sure = meant.is_some() || (kind == "Service" && others.iter().any(is_beside));
    let like = || {
        let near = nearest(name, others.iter().take(COMPARED).map(|other| other.id.name.as_str()))?;
        others.iter().copied().find(|other| other.id.name == near)
    };
    let like = meant.or_else(like);
    let mut about = found.about(object);
    let mut saying = about
        .at(node, format!("{kind} `{}` does not exist in this folder and namespace", clip(name)))
        .because(match kind {
            "ConfigMap" | "Secret" => {
                "the kubelet does not start a container until everything that it mounts or reads exists"
            }
            "PersistentVolumeClaim" => "a Pod is not scheduled until its claims exist",
            "ServiceAccount" => "the API server refuses Pods whose service account does not exist",
            "Role" => "a binding to a role that does not exist grants nothing",
            "Service" => "an Ingress answers 503 for a Service that does not exist",
            _ => "an autoscaler without a target does nothing",
        })
        .help(format!("correct the name, or add the {kind} to these files"));
    if let Some(other) = like.or(others.first().copied()) {
        let text = if like.is_some() { "did you mean this one?" } else { "others are here" };
        saying = saying.label(other.label(super::scaling::name_node(other), text));
    }
    let saying = saying.here("not found");
    if !is_sure {
        saying.level(Level::Advice);
    }
}

/// Whether one name is the other with more words behind it: `shop` and `shop-web`.
fn is_of_one_app(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short).is_some_and(|rest| rest.starts_with('-'))
}
