//! The fragments of a Pod woven into one, and whose parts do not go together.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::describe::{Place, Spanned};
use crate::diagnostic::{Finding, Subject};
use crate::pattern::names::volume_name;
use crate::pattern::objects;
use crate::pattern::objects::clash;
use crate::pattern::objects::invariants::{self, Repeated};
use crate::pattern::objects::weave::{Clash, Weave};
use crate::pattern::plan::prepare::Prepared;

/// What one template gave, and whose it is.
pub(super) struct Fragment {
    pub(super) pod: Json,
    /// 0 is the app; `n` is the entry `n - 1` of `use`.
    pub(super) owner: usize,
}

/// Weaves the fragments of a Pod.
///
/// # Errors
/// Places that two of them want, and names that are there twice.
pub(super) fn weave<'f>(
    prepared: &Prepared<'_>,
    fragments: impl Iterator<Item = &'f Fragment>,
) -> Result<Json, Vec<Finding>> {
    let mut weave = Weave::default();
    for fragment in fragments {
        weave.add(&fragment.pod, fragment.owner);
    }
    let (mut pod, clashes) = weave.finish();
    objects::arrange(&mut pod);
    // a third owner of one place says nothing new
    let mut seen = BTreeSet::new();
    let first = clashes.iter().filter(|clash| seen.insert(clash.path.as_str()));
    let mut findings: Vec<Finding> = first.map(|clash| self::clash(prepared, clash)).collect();
    findings.extend(invariants::repeated(&pod).iter().map(|found| repeated(prepared, found)));
    if findings.is_empty() { Ok(pod) } else { Err(findings) }
}

fn repeated(prepared: &Prepared<'_>, found: &Repeated) -> Finding {
    let description = prepared.description;
    let apps = description.app.iter().chain(description.inits.iter().map(|init| &init.app));
    let given = std::iter::once(&prepared.shape).chain(&prepared.uses).map(|filled| &filled.given);
    let written = apps.map(|app| &app.written).chain(given);
    let named = written.flat_map(|written| written.places_of(&found.name));
    // a volume of `writable` is called after its path
    let writable = description.app.iter().flat_map(|app| &app.writable);
    let writable = writable.filter(|path| volume_name(&path.path) == found.name).map(|path| &path.place);
    let places: Vec<&Place> = named.chain(writable).collect();
    let whole = description.app.as_ref().map_or(&description.name_place, |app| &app.place);
    let (first, second) = match places.as_slice() {
        [first, second, ..] => (Some(first), second),
        [only] => (None, only),
        [] => (None, &whole),
    };
    let text = if first.is_some() { "and here" } else { "" };
    let mut finding = Finding::error(second.label(text), format!("this Pod would have {}", found.what));
    finding.subject = found.are_volumes.then(|| Subject::Volume { name: found.name.clone() });
    first
        .into_iter()
        .fold(finding, |finding, first| finding.label(first.label("here")))
        .because("names, mount paths and ports must be unique in a Pod or container")
        .help("rename one in `app`, or rename the pattern with `as`")
}

fn clash(prepared: &Prepared<'_>, found: &Clash) -> Finding {
    let (what, help) = clash::describe(found, &prepared.description.name);
    let name = clash::name(found);
    let first = owner(prepared, found.first, name);
    let second = owner(prepared, found.second, name);
    let mut finding = Finding::error(
        second.0.label(format!("{} wants {}", second.1, clash::short(&found.right))),
        format!("two parts of this Pod {what}"),
    );
    let volume = name.filter(|_| found.path.starts_with("spec.volumes["));
    finding.subject = volume.map(|name| Subject::Volume { name: name.to_owned() });
    finding
        .label(first.0.label(format!("{} wants {}", first.1, clash::short(&found.left))))
        .because("patterns never overwrite each other; one of the two would be lost")
        .help(help)
}

/// The part of the description that wants something of this name in the Pod, as near as it says so.
fn owner<'a>(prepared: &'a Prepared<'_>, owner: usize, name: Option<&str>) -> (&'a Place, String) {
    let nearest = |written: &'a Spanned, whole: &'a Place| {
        name.and_then(|name| written.places_of(name).into_iter().next()).unwrap_or(whole)
    };
    match (owner.checked_sub(1).and_then(|at| prepared.uses.get(at)), &prepared.description.app) {
        (Some(filled), _) => (nearest(&filled.given, &filled.entry.place), format!("`{}`", filled.entry.name)),
        (None, Some(app)) => (nearest(&app.written, &app.place), "the app".to_owned()),
        (None, None) => (&prepared.description.name_place, "the app".to_owned()),
    }
}
