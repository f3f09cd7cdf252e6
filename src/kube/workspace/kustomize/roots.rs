//! What a kustomization that no other builds on brings together, and what counts for all of it: variables, and objects
//! that are not seen.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use super::changes::{Change, MOST};
use super::{ByPath, Kustomization, OVERLAYS};
use crate::kube::hash::{FastMap, FastSet};

/// Which files each kustomization that no other builds on brings together, by the numbers of the kustomizations.
pub(super) fn together(all: &[Kustomization]) -> ByPath<'_, Vec<u32>> {
    let by_folder: ByPath<'_, usize> = all.iter().enumerate().map(|(at, one)| (one.folder.as_os_str(), at)).collect();
    let below = |one: &Kustomization| -> Vec<usize> {
        one.resources.iter().filter_map(|path| by_folder.get(path.as_os_str()).copied()).collect()
    };
    let used: FastSet<usize> = all.iter().flat_map(below).collect();
    // Those that build on each other in a circle are used by one another; kustomize refuses them.
    let roots = (0..all.len()).filter(|at| !used.contains(at));
    let mut visits = vec![0; all.len()];
    let mut together: ByPath<'_, Vec<u32>> = ByPath::default();
    for root in roots {
        let Ok(number) = u32::try_from(root) else { break };
        let (mut work, mut seen) = (vec![root], FastSet::from_iter([root]));
        while let Some(at) = work.pop() {
            if visits[at] >= OVERLAYS {
                continue;
            }
            visits[at] += 1;
            for path in all[at].resources.iter().chain([&all[at].path]) {
                let numbers = together.entry(path.as_os_str()).or_default();
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            }
            work.extend(below(&all[at]).into_iter().filter(|next| seen.insert(*next)));
        }
    }
    together
}

/// What variables change, by the roots that bring a file together with others: kustomize fills them in last, wherever
/// below the root they are declared.
pub(super) struct Variables<'a> {
    by_roots: FastMap<&'a [u32], Change>,
    /// What all of the run change.
    by_all: Option<Change>,
}

impl<'a> Variables<'a> {
    pub(super) fn of(all: &[Kustomization], together: &'a ByPath<'_, Vec<u32>>) -> Self {
        let by_all = Change::by_variables(all.iter().flat_map(|one| &one.variables));
        let mut found = Self { by_roots: FastMap::default(), by_all };
        if found.by_all.is_none() {
            return found;
        }
        let mut below: FastMap<u32, BTreeSet<&String>> = FastMap::default();
        let mut anywhere = BTreeSet::new();
        for one in all.iter().filter(|one| !one.variables.is_empty()) {
            let roots = together.get(one.path.as_os_str()).map_or(&[][..], Vec::as_slice);
            if is_cut(roots) {
                add(&mut anywhere, &one.variables);
                continue;
            }
            for root in roots {
                add(below.entry(*root).or_default(), &one.variables);
            }
        }
        let distinct: FastSet<&[u32]> = together.values().map(Vec::as_slice).filter(|roots| !is_cut(roots)).collect();
        for roots in distinct {
            let names = roots.iter().filter_map(|root| below.get(root)).chain([&anywhere]).flatten().copied();
            found.by_roots.extend(Change::by_variables(names).map(|change| (roots, change)));
        }
        found
    }

    /// What they change in a file that these roots bring together with others.
    pub(super) fn among(&self, roots: &[u32]) -> Option<&Change> {
        if is_cut(roots) { self.by_all.as_ref() } else { self.by_roots.get(roots) }
    }
}

/// Adds names, up to one more than are told apart.
fn add<'a>(names: &mut BTreeSet<&'a String>, others: &'a [String]) {
    for name in others {
        if names.len() > MOST {
            return;
        }
        names.insert(name);
    }
}

/// Whether more roots may bring something together than these.
fn is_cut(roots: &[u32]) -> bool {
    u32::try_from(roots.len()).is_ok_and(|count| count >= OVERLAYS)
}

/// Where objects are applied that are not seen.
pub(super) struct Unseen<'a> {
    folders: FastSet<&'a OsStr>,
    /// The kustomizations that bring them, and those that build on these.
    bringing: FastSet<u32>,
}

impl<'a> Unseen<'a> {
    pub(super) fn of(all: &'a [Kustomization]) -> Self {
        let mut users: ByPath<'_, Vec<u32>> = ByPath::default();
        let mut work = Vec::new();
        for (number, one) in (0..).zip(all) {
            if one.brings_unseen {
                work.push(number);
            }
            for path in &one.resources {
                users.entry(path.as_os_str()).or_default().push(number);
            }
        }
        let folders = all.iter().filter(|one| one.brings_unseen).map(|one| one.folder.as_os_str()).collect();
        let mut bringing: FastSet<u32> = work.iter().copied().collect();
        while let Some(number) = work.pop() {
            let folder = usize::try_from(number).ok().and_then(|at| all.get(at)).map(|one| one.folder.as_os_str());
            let above = folder.and_then(|folder| users.get(folder)).into_iter().flatten().copied();
            work.extend(above.filter(|number| bringing.insert(*number)));
        }
        Self { folders, bringing }
    }

    /// Whether some are applied with those of a file, or by the kustomization beside it.
    pub(super) fn are_among(&self, path: &Path, roots: &[u32]) -> bool {
        roots.iter().any(|root| self.bringing.contains(root))
            || path.parent().is_some_and(|folder| self.folders.contains(folder.as_os_str()))
    }
}
