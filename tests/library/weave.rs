//! The laws of weaving, on generated fragments.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use patterns::pattern::weave::Weave;
use proptest::prelude::*;
use serde_json::{Value, json};

fn weave(fragments: &[&Value]) -> (Value, usize) {
    let mut weave = Weave::default();
    for (owner, fragment) in fragments.iter().enumerate() {
        weave.add(fragment, owner);
    }
    let (value, clashes) = weave.finish();
    (value, clashes.len())
}

/// Sorts merged lists by content: order is the order of `use`, not part of these laws.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().map(|(key, value)| (key.clone(), unordered(value))).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(elements) => {
            let mut sorted: Vec<Value> = elements.iter().map(unordered).collect();
            sorted.sort_by_key(Value::to_string);
            Value::Array(sorted)
        }
        other => other.clone(),
    }
}

/// Every scalar of `part` is in `whole`, list elements found by equality of all they say.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|there| holds(there, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|element| whole.iter().any(|there| holds(there, element)))
        }
        (whole, part) => whole == part,
    }
}

/// A fragment in which every name begins with `prefix`, so that two prefixes share nothing but lists.
fn fragment(prefix: &'static str) -> impl Strategy<Value = Value> {
    let names = prop::collection::btree_set("[a-d]", 0..4);
    (names.clone(), names.clone(), names, any::<bool>()).prop_map(move |(containers, volumes, env, sidecar)| {
        let name = |name: &String| format!("{prefix}{name}");
        let env: Vec<Value> = env.iter().map(|variable| json!({"name": name(variable), "value": "x"})).collect();
        let ports: Vec<Value> = volumes.iter().enumerate().map(|(at, _)| json!({"containerPort": at + prefix.len() * 100})).collect();
        let containers: Vec<Value> = containers
            .iter()
            .map(|container| json!({"name": name(container), "env": env, "ports": ports, "args": ["a", "b"]}))
            .collect();
        let volumes: Vec<Value> = volumes.iter().map(|volume| json!({"name": name(volume), "emptyDir": {}})).collect();
        let field = if sidecar { "initContainers" } else { "containers" };
        json!({"metadata": {"labels": {format!("{prefix}label"): "y"}}, "spec": {field: containers, "volumes": volumes}})
    })
}

proptest! {
    #[test]
    fn idempotent(a in fragment("a-"), b in fragment("bb-")) {
        let (once, _) = weave(&[&a, &b]);
        let (twice, clashes) = weave(&[&a, &b, &a, &b]);
        prop_assert_eq!(once, twice);
        prop_assert_eq!(clashes, 0);
    }

    #[test]
    fn disjoint_fragments_commute(a in fragment("a-"), b in fragment("bb-")) {
        let (one, clashes) = weave(&[&a, &b]);
        let (other, _) = weave(&[&b, &a]);
        prop_assert_eq!(unordered(&one), unordered(&other));
        prop_assert_eq!(clashes, 0);
    }

    #[test]
    fn nothing_is_lost(a in fragment("a-"), b in fragment("bb-"), c in fragment("a-")) {
        let (whole, clashes) = weave(&[&a, &b, &c]);
        prop_assert!(holds(&whole, &a) && holds(&whole, &b));
        // what overlaps either agrees, and is there, or is reported
        prop_assert!(clashes > 0 || holds(&whole, &c));
    }
}

#[test]
fn start_order_is_the_order_of_weaving() {
    let sidecar = |name: &str| json!({"spec": {"initContainers": [{"name": name}]}});
    let (pod, _) = weave(&[&sidecar("z"), &sidecar("a"), &sidecar("m")]);
    assert_eq!(pod["spec"]["initContainers"], json!([{"name": "z"}, {"name": "a"}, {"name": "m"}]));
}

#[test]
fn choices_never_add_up() {
    let cases = [
        (
            json!({"volumes": [{"name": "v", "emptyDir": {}}]}),
            json!({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
        ),
        (
            json!({"containers": [{"name": "c", "env": [{"name": "E", "value": "1"}]}]}),
            json!({"containers": [{"name": "c", "env": [{"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}]}),
        ),
        (
            json!({"containers": [{"name": "c", "readinessProbe": {"tcpSocket": {"port": 1}}}]}),
            json!({"containers": [{"name": "c", "readinessProbe": {"httpGet": {"port": 1}}}]}),
        ),
        (
            json!({"containers": [{"name": "c", "volumeMounts": [{"name": "a", "mountPath": "/x"}]}]}),
            json!({"containers": [{"name": "c", "volumeMounts": [{"name": "b", "mountPath": "/x"}]}]}),
        ),
        (json!({"containers": [{"name": "c", "args": ["a"]}]}), json!({"containers": [{"name": "c", "args": ["b"]}]})),
    ];
    for (a, b) in cases {
        let (value, clashes) = weave(&[&a, &b]);
        assert_eq!(clashes, 1, "{a} and {b}");
        assert_eq!(value, a, "what was there first stays");
    }
}
