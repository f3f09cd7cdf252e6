//! Which versions serve a kind.

use super::Target;
use crate::kube::places::Places;
use crate::yaml::Key;

/// A kind of a built-in API version, served or not.
#[derive(Clone, Copy, Debug)]
pub struct KindHistory {
    /// As in `apiVersion`.
    pub api_version: &'static str,
    /// As in `kind`.
    pub kind: &'static str,
    /// Whether its objects live in a namespace.
    pub is_namespaced: bool,
    /// The minor version that brought it; none if the oldest has it.
    pub since: Option<u8>,
    /// The last minor version that had it; none if the newest has it.
    pub until: Option<u8>,
    /// The minor version since which servers serve it by default; none if `--runtime-config` has to ask for it.
    pub on_since: Option<u8>,
    /// The minor version that deprecated it.
    pub deprecated: Option<u8>,
    /// The minor version that no longer serves it, which may be to come.
    pub removed: Option<u8>,
    /// API version and kind of what takes its place.
    pub successor: Option<(&'static str, &'static str)>,
}

// The kinds, and the places of what they are called.
include!(concat!(env!("OUT_DIR"), "/kind_histories.rs"));

impl KindHistory {
    /// Every kind of every built-in API version.
    #[must_use]
    pub fn all() -> &'static [Self] {
        KINDS
    }

    /// The history of a kind; nothing if it is not built in.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Option<&'static Self> {
        let is_it = |at: usize| KINDS.get(at).is_some_and(|one| one.kind == kind && one.api_version == api_version);
        KINDS.get(PLACES.find(Key::new(kind).place(), is_it)?)
    }

    /// Whether a server can serve it at all: by default, or because `--runtime-config` asks for it.
    #[must_use]
    pub fn exists_in(&self, target: Target) -> bool {
        self.since.is_none_or(|since| target.0 >= since)
            && self.until.is_none_or(|until| target.0 <= until)
            && self.removed.is_none_or(|removed| target.0 < removed)
    }

    /// Whether a server serves it without being asked.
    #[must_use]
    pub fn is_served_by(&self, target: Target) -> bool {
        self.exists_in(target) && self.on_since.is_some_and(|since| target.0 >= since)
    }

    /// What to write instead: the named successor if the server has it, or else the first version of the same kind that
    /// it has. `autoscaling/v1` is served, and takes less than `autoscaling/v2`.
    #[must_use]
    pub fn instead(&self, target: Target) -> Option<(&'static str, &'static str)> {
        let group = |version: &'static str| version.rsplit_once('/').map_or("", |(group, _)| group);
        let same = |one: &&Self| one.kind == self.kind && group(one.api_version) == group(self.api_version);
        let named = |one: &&Self| self.successor == Some((one.api_version, one.kind));
        let is_served = |one: &&Self| one.is_served_by(target);
        let successor = KINDS.iter().filter(same).filter(named).find(is_served);
        let served = successor.or_else(|| KINDS.iter().filter(same).find(is_served));
        served.map(|one| (one.api_version, one.kind)).or(self.successor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found() {
        for one in KINDS {
            assert!(
                KindHistory::of(one.api_version, one.kind).is_some_and(|found| std::ptr::eq(found, one)),
                "{one:?}"
            );
        }
        assert!(KindHistory::of("v1", "").is_none() && KindHistory::of("v2", "Pod").is_none());
    }

    #[test]
    fn histories() {
        let of = |version, kind| KindHistory::of(version, kind).unwrap();
        let served =
            |version, kind| -> Vec<bool> { (33..=37).map(|m| of(version, kind).is_served_by(Target(m))).collect() };
        assert_eq!(served("v1", "Pod"), [true; 5]);
        assert_eq!(served("resource.k8s.io/v1", "ResourceClaim"), [false, true, true, true, true]);
        assert_eq!(served("resource.k8s.io/v1beta1", "ResourceClaim"), [false; 5]);
        assert_eq!(
            served("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy"),
            [false, false, false, true, true]
        );
        assert!(served("flowcontrol.apiserver.k8s.io/v1", "FlowSchema").iter().all(|on| *on));
        let old = of("policy/v1beta1", "PodDisruptionBudget");
        assert!(!old.exists_in(Target(33)) && old.instead(Target(33)) == Some(("policy/v1", "PodDisruptionBudget")));
        let of_scalers = of("autoscaling/v2beta1", "HorizontalPodAutoscaler").instead(Target(36));
        assert_eq!(of_scalers, Some(("autoscaling/v2", "HorizontalPodAutoscaler")), "autoscaling/v1 has no metrics");
        let claims = of("resource.k8s.io/v1beta1", "ResourceClaim");
        assert_eq!(claims.instead(Target(37)), Some(("resource.k8s.io/v1", "ResourceClaim")));
        assert!(
            KINDS.iter().all(|one| one.successor.is_none_or(|(version, kind)| !version.is_empty() && !kind.is_empty()))
        );
    }
}
