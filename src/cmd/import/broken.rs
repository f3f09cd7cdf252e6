//! The rules that workloads break as they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::diagnostic::Finding;
use crate::facts::workload::Workload;
use crate::kube::Object;
use crate::yaml::Source;

/// The rules that workloads break as they are.
#[derive(Default)]
pub(super) struct Broken {
    /// By what is found in one.
    within: HashMap<*const Object, BTreeSet<&'static str>>,
    /// By what is found in none of them.
    around: BTreeSet<&'static str>,
}

impl Broken {
    pub(super) fn of(all: &[Workload<'_>], findings: &[Finding]) -> Self {
        let mut places: HashMap<*const Source, BTreeMap<u32, (u32, *const Object)>> = HashMap::new();
        for Workload { object, .. } in all {
            let span = object.document.span(object.node);
            let of_file = places.entry(Arc::as_ptr(&object.document.source)).or_default();
            of_file.insert(span.start, (span.end, std::ptr::from_ref(*object)));
        }
        let mut broken = Self::default();
        for finding in findings {
            let Some(rule) = finding.rule else { continue };
            let at = &finding.primary;
            let before = places.get(&Arc::as_ptr(&at.source)).and_then(|of| of.range(..=at.span.start).next_back());
            match before {
                Some((_, (end, object))) if at.span.end <= *end => {
                    broken.within.entry(*object).or_default().insert(rule.name);
                }
                _ => drop(broken.around.insert(rule.name)),
            }
        }
        broken
    }

    /// All that is found, but for what is found in another workload.
    pub(super) fn by(&self, object: &Object) -> Vec<&'static str> {
        let within = self.within.get(&std::ptr::from_ref(object)).into_iter().flatten();
        within.chain(&self.around).copied().collect::<BTreeSet<_>>().into_iter().collect()
    }
}
