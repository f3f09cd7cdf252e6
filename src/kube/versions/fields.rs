//! Which versions have a field, and which read it.

use super::Target;
use crate::yaml::Key;

/// A field that not every supported version has, or that some have and drop unread.
#[derive(Clone, Copy, Debug)]
pub struct FieldHistory {
    type_name: &'static str,
    key: Key<'static>,
    /// The minor version that brought it; none if the oldest has it.
    pub since: Option<u8>,
    /// The last minor version that had it; none if the newest has it.
    pub until: Option<u8>,
    /// The feature gate that it is behind.
    pub gate: Option<&'static str>,
    read_since: Option<u8>,
}

// All of them, by type and field.
include!(concat!(env!("OUT_DIR"), "/field_histories.rs"));

impl FieldHistory {
    /// The history of a field of one of Kubernetes' types; nothing if all supported versions have and read it.
    #[must_use]
    pub fn of(type_name: &str, field: &str) -> Option<&'static Self> {
        Self::all_of(type_name).iter().find(|one| one.field() == field)
    }

    /// The histories of all fields of a type that have one: a few, so that a caller who asks for many fields of one
    /// type looks the type up once.
    #[must_use]
    pub fn all_of(type_name: &str) -> &'static [Self] {
        let first = FIELDS.partition_point(|one| one.type_name < type_name);
        let rest = FIELDS.get(first..).unwrap_or(&[]);
        rest.get(..rest.partition_point(|one| one.type_name == type_name)).unwrap_or(&[])
    }

    /// The field's name.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.key.text()
    }

    /// The field's name as a key.
    #[must_use]
    #[inline]
    pub fn key(&self) -> Key<'static> {
        self.key
    }

    /// Whether a server has the field. Those that do not refuse it where decoding is strict, as kubectl asks.
    #[must_use]
    pub fn exists_in(&self, target: Target) -> bool {
        self.since.is_none_or(|since| target.0 >= since) && self.until.is_none_or(|until| target.0 <= until)
    }

    /// The type of the field and the names of that type's fields, all of them texts, where the newest version has the
    /// field no more: those that still exist are in the types themselves.
    #[must_use]
    pub fn gone_type(&self) -> Option<(&'static str, &'static [&'static str])> {
        match (self.type_name, self.field()) {
            ("PodSpec", "workloadRef") => Some(("WorkloadReference", &["name", "podGroup", "podGroupReplicaKey"])),
            _ => None,
        }
    }

    /// Whether a server with its default feature gates reads the field. One that does not takes the field out of
    /// a new object before it validates it (`DropDisabledFields` and its kind), and says nothing.
    #[must_use]
    pub fn is_read_by(&self, target: Target) -> bool {
        // The loop of 1.34 that should drop `distinctAttribute` drops it from a copy, and nothing there drops tolerations.
        let is_kept = target == Target(34)
            && matches!(
                (self.type_name, self.field()),
                ("DeviceConstraint", "distinctAttribute") | ("ExactDeviceRequest" | "DeviceSubRequest", "tolerations")
            );
        self.exists_in(target) && (is_kept || self.read_since.is_some_and(|since| target.0 >= since))
    }

    /// The minor version whose servers read it by default; none if there is no such version yet.
    #[must_use]
    pub fn read_since(&self) -> Option<u8> {
        self.read_since
    }

    /// Whether it is a part of what controllers report: new objects have none of it.
    #[must_use]
    pub fn is_of_status(&self) -> bool {
        ["Status", "Condition", "Health", "Result", "Error"].iter().any(|end| self.type_name.ends_with(end))
    }

    /// Whether versions differ in having it.
    #[must_use]
    pub fn comes_or_goes(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }

    /// When servers have it: "since v1.35", "until v1.35", "in v1.35".
    #[must_use]
    pub fn times(&self) -> String {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since == until => format!("in v1.{since}"),
            (Some(since), Some(until)) => format!("from v1.{since} to v1.{until}"),
            (Some(since), None) => format!("since v1.{since}"),
            (None, Some(until)) => format!("until v1.{until}"),
            (None, None) => "in every version".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::*;

    #[test]
    fn histories() {
        let of = |type_name, field| FieldHistory::of(type_name, field).copied();
        assert!(of("PodSpec", "containers").is_none() && of("PodSpec", "").is_none() && of("", "a").is_none());
        let field = of("PodSpec", "hostnameOverride").unwrap();
        assert_eq!((field.since, field.until, field.gate), (Some(34), None, Some("HostnameOverride")));
        let read: Vec<bool> = (33..=37).map(|minor| field.is_read_by(Target(minor))).collect();
        assert_eq!(read, [false, false, true, true, true]);
        let gone = of("PodSpec", "workloadRef").unwrap();
        assert!(gone.exists_in(Target(35)) && !gone.exists_in(Target(34)) && !gone.exists_in(Target(36)));
        assert_eq!(gone.times(), "in v1.35");
    }

    /// What fields are behind is a gate that changed, and each gate is in one line.
    #[test]
    fn gates_are_known() {
        let gates: Vec<Vec<&str>> = rows(include_str!("gates.txt")).collect();
        assert!(gates.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        for field in FIELDS {
            let known = field.gate.is_none_or(|gate| gates.iter().any(|row| row[0] == gate));
            assert!(
                known,
                "{} {} is behind {:?}, which gates.txt does not have",
                field.type_name,
                field.field(),
                field.gate
            );
        }
    }
}
