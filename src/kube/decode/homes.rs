//! Where a field belongs that was written in the wrong map.

use super::table::{Of, Struct, TYPES, Type, Wrap};
use crate::yaml::Value;

/// So many steps away, up and down together, a field is looked for: further away it is likely to be another one.
const FAR: usize = 3;

/// A map of an object that takes a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The map: `spec.template.spec.containers[]`; empty for the object itself.
    pub path: String,
    /// Its type: `Container`.
    pub type_name: &'static str,
}

/// The nearest map of an object that takes `field` with such a value, seen from the map at `from`, if there is one such. The three lists of
/// containers count as one.
#[must_use]
pub fn home_of_field(api_version: &str, kind: &str, from: &[&str], field: &str, value: Value<'_>) -> Option<Home> {
    home_of_fields(api_version, kind, from, (field, value), &[])
}

/// The same for a field beside `others` that are in the wrong map as well: of several maps the one that takes them all.
#[must_use]
pub fn home_of_fields(
    api_version: &str,
    kind: &str,
    from: &[&str],
    field: (&str, Value<'_>),
    others: &[(&str, Value<'_>)],
) -> Option<Home> {
    let mut trail = vec![(Struct::of_kind(api_version, kind)?, String::new())];
    for name in from {
        let (at, path) = trail.last()?;
        trail.push(below(at, path, name)?);
    }
    for distance in 1..=FAR {
        let mut found: Vec<Home> = Vec::new();
        for up in 0..=distance.min(trail.len() - 1) {
            let (at, path) = &trail[trail.len() - 1 - up];
            takers(at, path, distance - up, (field, others), &mut found);
        }
        found.retain(|home| !["initContainers", "ephemeralContainers"].iter().any(|list| home.path.contains(list)));
        found.dedup();
        match found.as_slice() {
            [] => {}
            [home] => return Some(home.clone()),
            _ => return None,
        }
    }
    None
}

/// A field with its value, and others beside it.
type Fields<'a> = ((&'a str, Value<'a>), &'a [(&'a str, Value<'a>)]);

/// The maps that take fields, `depth` steps below a map.
fn takers(at: &'static Struct, path: &str, depth: usize, fields: Fields<'_>, found: &mut Vec<Home>) {
    if depth == 0 {
        let takes = |(name, value): &(&str, Value<'_>)| at.holds(name).is_some_and(|held| fits(held, *value));
        if takes(&fields.0) && fields.1.iter().all(takes) {
            found.push(Home { path: path.to_owned(), type_name: at.name });
        }
        return;
    }
    // The server writes the status.
    for name in at.fields.iter().filter(|name| **name != "status") {
        if let Some((next, path)) = below(at, path, name) {
            takers(next, &path, depth - 1, fields, found);
        }
    }
}

/// Whether a value has the form of what a field holds.
fn fits(held: Type, value: Value<'_>) -> bool {
    match (held.wrap, held.of, value) {
        (_, _, Value::Null) | (Wrap::Nothing, Of::Any, _) => true,
        (Wrap::Nothing, Of::Type(_), value) | (Wrap::Map | Wrap::MapOfLists, _, value) => {
            matches!(value, Value::Map(_))
        }
        (Wrap::Nothing, _, value) => !matches!(value, Value::Map(_) | Value::List(_)),
        (Wrap::List, _, value) => matches!(value, Value::List(_)),
    }
}

/// The type below a field, and the path of its maps.
fn below(at: &'static Struct, path: &str, field: &str) -> Option<(&'static Struct, String)> {
    let held = at.holds(field)?;
    let Of::Type(number) = held.of else { return None };
    let dot = if path.is_empty() { "" } else { "." };
    let items = match held.wrap {
        Wrap::Nothing => "",
        Wrap::List => "[]",
        Wrap::Map | Wrap::MapOfLists => return None,
    };
    Some((TYPES.get(usize::from(number))?, format!("{path}{dot}{field}{items}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_go_home() {
        let of = |version, kind, from: &str, field, value| {
            let from: Vec<&str> = from.split('.').filter(|field| !field.is_empty()).collect();
            home_of_field(version, kind, &from, field, value).map(|home| (home.path, home.type_name))
        };
        let deployment = |from, field, value| of("apps/v1", "Deployment", from, field, value);
        let (text, map, list) = (Value::Str("a"), Value::Map(&[]), Value::List(&[]));
        let (template, container) = ("spec.template.spec", "spec.template.spec.containers");
        for (from, field, value, path, type_name) in [
            (template, "readinessProbe", map, "spec.template.spec.containers[]", "Container"),
            (template, "image", text, "spec.template.spec.containers[]", "Container"),
            (template, "replicas", text, "spec", "DeploymentSpec"),
            (template, "labels", map, "spec.template.metadata", "ObjectMeta"),
            (container, "fsGroup", text, "spec.template.spec.securityContext", "PodSecurityContext"),
            (container, "nodeSelector", map, "spec.template.spec", "PodSpec"),
            (container, "privileged", text, "spec.template.spec.containers[].securityContext", "SecurityContext"),
            ("spec", "containers", list, "spec.template.spec", "PodSpec"),
            ("", "replicas", text, "spec", "DeploymentSpec"),
            ("metadata", "selector", map, "spec", "DeploymentSpec"),
        ] {
            assert_eq!(deployment(from, field, value), Some((path.to_owned(), type_name)), "{from} {field}");
        }
        // several maps have these
        for (from, field) in [(template, "name"), (container, "path"), ("spec", "nothing"), ("spec.nothing", "image")] {
            assert_eq!(deployment(from, field, text), None, "{from} {field}");
        }
        assert_eq!(of("v1", "Service", "", "ports", list), Some(("spec".to_owned(), "ServiceSpec")));
    }
}
