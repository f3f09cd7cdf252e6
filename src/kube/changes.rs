//! Which fields of an object something changes before the API server has it: what they hold in the file proves nothing.

use std::sync::Arc;

/// The fields of one object that are changed on its way to the API server.
///
/// Nearly all objects have none, so that it takes one pointer.
#[derive(Clone, Debug, Default)]
pub struct Changes(Option<Arc<Made>>);

#[derive(Clone, Debug, Default)]
struct Made {
    fields: Box<[Field]>,
    /// Whether more is done that leaves all fields as they are.
    has_others: bool,
}

/// A field by the keys on the way to it, without the items of lists; the object itself where there are none.
pub(super) type Field = Box<[Box<str>]>;

/// The field of those keys.
pub(super) fn field<'a>(keys: impl IntoIterator<Item = &'a str>) -> Field {
    keys.into_iter().map(|key| Box::from(current(key))).collect()
}

/// Init containers are containers: a rule that reads one kind of them nearly always reads both.
fn current(key: &str) -> &str {
    if key == "initContainers" { "containers" } else { key }
}

impl Changes {
    /// The same, of an object to which more is done that leaves all fields as they are.
    #[must_use]
    pub fn beside_others(self, has_others: bool) -> Self {
        if !has_others {
            return self;
        }
        let mut made = self.0.unwrap_or_default();
        Arc::make_mut(&mut made).has_others = true;
        Self(Some(made))
    }

    fn fields(&self) -> &[Field] {
        self.0.as_ref().map_or(&[], |made| &made.fields)
    }

    /// The same with one more field.
    pub(super) fn and(self, field: Field) -> Self {
        let has_others = self.0.as_ref().is_some_and(|made| made.has_others);
        self.fields().iter().cloned().chain([field]).collect::<Self>().beside_others(has_others)
    }

    /// Whether something works on the object before the API server has it, though all may stay as it is.
    #[must_use]
    pub fn are_made(&self) -> bool {
        self.0.as_ref().is_some_and(|made| made.has_others || !made.fields.is_empty())
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields().is_empty()
    }

    /// Whether any field may be changed.
    #[must_use]
    pub fn are_open(&self) -> bool {
        self.fields().first().is_some_and(|field| field.is_empty())
    }

    /// Whether a field is changed, be it as a part of what is or in one of its own parts.
    pub fn reach(&self, keys: &[&str]) -> bool {
        let meets = |field: &Field| field.iter().zip(keys).all(|(one, other)| **one == *current(other));
        self.fields().iter().any(meets)
    }

    /// Whether validation of a field may come out otherwise: what it may hold depends on the fields around it.
    pub fn may_mend(&self, keys: &[&str]) -> bool {
        let is_selection = keys.iter().any(|key| selects(key));
        let mends = |field: &Field| !is_on_its_own(field) || is_selection && field.iter().any(|key| selects(key));
        self.reach(keys) || self.fields().iter().any(mends)
    }

    /// The keys that are changed in a map of free keys, such as labels; nothing if any may be.
    pub fn keys_of<'a>(&'a self, map: &[&str]) -> Option<Vec<&'a str>> {
        let meets = |field: &&Field| field.iter().zip(map).all(|(one, other)| **one == *current(other));
        self.fields().iter().filter(meets).map(|field| field.get(map.len()).map(|key| &**key)).collect()
    }
}

impl Changes {
    /// The keys that are added to labels, or to a selector by them; nothing if any part of it may be changed.
    pub(super) fn added_to<'a>(&'a self, map: &[&str]) -> Option<Vec<&'a str>> {
        let meets = |field: &&Field| field.iter().zip(map).all(|(one, other)| **one == *current(other));
        let key = |field: &'a Field| match field.get(map.len()..)? {
            [key] if !matches!(&**key, "matchLabels" | "matchExpressions") => Some(&**key),
            [list, key] if **list == *"matchLabels" => Some(&**key),
            _ => None,
        };
        self.fields().iter().filter(meets).map(key).collect()
    }
}

impl FromIterator<Field> for Changes {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        let mut fields: Vec<Field> = fields.into_iter().collect();
        fields.sort_unstable();
        // what lies in a changed field is changed with it
        fields.dedup_by(|next, one| next.starts_with(one));
        Self((!fields.is_empty()).then(|| Arc::new(Made { fields: fields.into(), has_others: false })))
    }
}

/// Whether hardly any other field is judged by this one; labels and selectors are judged by each other.
fn is_on_its_own(field: &Field) -> bool {
    let has_parts = field.len() > 1;
    let is_apart = |key: &str| matches!(key, "metadata" | "image") || selects(key);
    let ends_apart = |key: &str| matches!(key, "replicas" | "args" | "command" | "namespace" | "webhookClientConfig");
    has_parts && field.iter().any(|key| is_apart(key))
        || field.last().is_some_and(|key| ends_apart(key))
        || matches!(&**field, [.., list, key] if **list == *"env" && **key == *"value")
}

fn selects(key: &str) -> bool {
    key == "labels" || key.to_ascii_lowercase().ends_with("selector")
}

#[cfg(test)]
mod tests {
    use super::{Changes, field};

    fn changes(fields: &[&str]) -> Changes {
        fields.iter().map(|path| field(path.split('.').filter(|key| !key.is_empty()))).collect()
    }

    #[test]
    fn a_change_reaches_what_is_in_it_and_around_it() {
        let some = changes(&["spec.template.spec.initContainers.ports", "spec.replicas", "metadata.labels.app"]);
        let reach = |path: &str| some.reach(&path.split('.').collect::<Vec<_>>());
        for path in
            ["spec", "spec.template.spec.containers", "spec.template.spec.containers.ports.name", "spec.replicas"]
        {
            assert!(reach(path), "{path}");
        }
        for path in ["spec.template.spec.containers.args", "spec.selector", "metadata.name", "status"] {
            assert!(!reach(path), "{path}");
        }
        assert!(changes(&[""]).reach(&["spec"]) && !changes(&[]).reach(&["spec"]));
    }

    #[test]
    fn what_is_judged_by_its_surroundings_is_mended_by_them() {
        let may_mend = |change: &str| changes(&[change]).may_mend(&["spec", "ports", "nodePort"]);
        for change in ["spec.type", "spec", "", "spec.ports", "spec.template.spec.volumes", "data"] {
            assert!(may_mend(change), "{change}");
        }
        for change in ["spec.replicas", "spec.selector", "metadata.name", "spec.template.spec.containers.image.tag"] {
            assert!(!may_mend(change), "{change}");
        }
        let labels = ["spec", "template", "metadata", "labels"];
        assert!(changes(&["spec.selector.matchLabels.app"]).may_mend(&labels));
    }

    #[test]
    fn changed_keys_are_known_or_may_be_any() {
        let map = ["metadata", "annotations"];
        assert_eq!(changes(&["metadata.annotations.a", "spec"]).keys_of(&map), Some(vec!["a"]));
        assert_eq!(changes(&["metadata"]).keys_of(&map), None);
    }
}
