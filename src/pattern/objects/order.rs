//! One order for lists that a description writes as maps. A server takes another order for a change, and of a Job's Pods and
//! of a StatefulSet's claims it allows none: a formatter that sorts keys would make a description that cannot be applied.

use serde_json::Value as Json;

use super::made::Made;
use crate::kube::references;

/// Gives the lists that must not change one order.
pub(crate) fn settle(made: &mut [Made]) {
    for object in made.iter_mut().map(|made| &mut made.object) {
        match object["kind"].as_str() {
            Some("Job") => lists(&mut object["spec"]),
            Some("StatefulSet") => {
                if let Some(claims) = object.pointer_mut("/spec/volumeClaimTemplates").and_then(Json::as_array_mut) {
                    claims
                        .sort_by_cached_key(|claim| claim["metadata"]["name"].as_str().unwrap_or_default().to_owned());
                }
            }
            _ => {}
        }
    }
}

/// Sorts volumes, mounts, and variables that do not refer to each other.
fn lists(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(lists),
        Json::Object(members) => {
            for (key, value) in members {
                lists(value);
                let Json::Array(items) = value else { continue };
                match key.as_str() {
                    "volumes" => sort_by(items, &["name"]),
                    "volumeMounts" => sort_by(items, &["mountPath", "name"]),
                    "env" if !refers(items) => sort_by(items, &["name"]),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Sorts what is in a list by the texts under these keys. Equal ones keep their order: of variables the last one counts.
fn sort_by(items: &mut [Json], keys: &[&str]) {
    items.sort_by_cached_key(|item| {
        keys.iter().map(|key| item[*key].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    });
}

/// Whether a variable may speak of those before it.
fn refers(variables: &[Json]) -> bool {
    variables.iter().any(|variable| variable["value"].as_str().is_some_and(|value| !references(value).is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_maps_have_one_order() {
        let ordered = |mut spec: Json| {
            lists(&mut spec);
            spec
        };
        let env =
            |first: &str, second: &str| json!({"env": [{"name": first, "value": "1"}, {"name": second, "value": "1"}]});
        let same = [
            (
                json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "secret": {}}]}),
                json!({"volumes": [{"secret": {}, "name": "b"}, {"emptyDir": {}, "name": "a"}]}),
            ),
            (
                json!({"containers": [{"volumeMounts": [{"mountPath": "/a", "name": "x"}, {"mountPath": "/b", "name": "a"}]}]}),
                json!({"containers": [{"volumeMounts": [{"name": "a", "mountPath": "/b"}, {"name": "x", "mountPath": "/a"}]}]}),
            ),
            (
                json!({"metadata": {"labels": {"a": "1", "b": "2"}}}),
                json!({"metadata": {"labels": {"b": "2", "a": "1"}}}),
            ),
            (env("A", "B"), env("B", "A")),
        ];
        for (one, other) in same {
            assert_eq!(ordered(one.clone()), ordered(other), "{one}");
        }
        let different = [
            (json!({"args": ["a", "b"]}), json!({"args": ["b", "a"]})),
            (
                json!({"initContainers": [{"name": "a"}, {"name": "b"}]}),
                json!({"initContainers": [{"name": "b"}, {"name": "a"}]}),
            ),
            (
                json!({"envFrom": [{"prefix": "a"}, {"prefix": "b"}]}),
                json!({"envFrom": [{"prefix": "b"}, {"prefix": "a"}]}),
            ),
            (
                json!({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]}),
                json!({"env": [{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}]}),
            ),
        ];
        for (one, other) in different {
            assert_ne!(ordered(one.clone()), ordered(other), "{one}");
        }
    }

    #[test]
    fn claims_have_one_order() {
        let claim = |name: &str| json!({"metadata": {"name": name}});
        let mut set = json!({"kind": "StatefulSet", "spec": {"volumeClaimTemplates": [claim("b"), claim("a")]}});
        let source = std::sync::Arc::new(crate::yaml::Source::from_text("", ""));
        let origin = crate::describe::Place { source, span: crate::yaml::Span::empty(0) };
        let mut made = [Made { object: set.take(), blame: None, origin }];
        settle(&mut made);
        assert_eq!(made[0].object["spec"]["volumeClaimTemplates"], json!([claim("a"), claim("b")]));
    }
}
