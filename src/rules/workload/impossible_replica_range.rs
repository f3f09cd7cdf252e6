use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::{NodeId, Value};

/// Bounds of a `ScaledObject` that KEDA refuses.
pub static RULE: Rule = rule!("impossible_replica_range.md", Error, Check::Object(check));

/// What KEDA takes for a maximum that is not written (`defaultHPAMaxReplicas`).
const MAXIMUM: i64 = 100;

const WHY: &str = "KEDA's webhook refuses it, and without the webhook its operator makes no autoscaler \
                   (kedacore/keda: apis/keda/v1alpha1/scaledobject_types.go, CheckReplicaCountBoundsAreValid)";

fn check(object: &Object, found: &mut Findings<'_>) {
    if object.id.group() != "keda.sh" || object.id.kind != "ScaledObject" || is_paused(object) {
        return;
    }
    if !object.keeps(&["spec.minReplicaCount", "spec.maxReplicaCount", "spec.idleReplicaCount"]) {
        return;
    }
    let read = |field: &str| Count::of(object, field);
    let (Some(lowest), Some(highest), Some(idle)) =
        (read("minReplicaCount"), read("maxReplicaCount"), read("idleReplicaCount"))
    else {
        return;
    };
    // an autoscaler has at least one, but the bound of what has none counts as 0
    let least = lowest.number.map_or(0, |number| number.max(1));
    let most = highest.number.unwrap_or(MAXIMUM);
    if let Some(node) = lowest.node.filter(|_| least > most) {
        let saying = found.at(node, format!("`minReplicaCount` is above `maxReplicaCount`, which is {most}"));
        let saying = saying.because(WHY).help("make `maxReplicaCount` as high, or lower `minReplicaCount`");
        let saying = if lowest.number < Some(1) { saying.here("counts as 1") } else { saying };
        match highest.node {
            Some(node) => saying.and(node, "the upper bound"),
            None => saying.here(format!("without `maxReplicaCount` the upper bound is {MAXIMUM}")),
        };
    }
    let Some((node, number)) = idle.node.zip(idle.number).filter(|(_, number)| *number >= least) else { return };
    let saying = found.at(node, format!("`idleReplicaCount` must be below `minReplicaCount`, but is {number}"));
    let saying = saying.because(WHY).help("write `idleReplicaCount: 0` and `minReplicaCount: 1` or more");
    match lowest.node {
        Some(node) => saying.and(node, "the lower bound"),
        None => saying.here("`minReplicaCount` is absent, and counts as 0"),
    };
}

/// A number of replicas, if one is written, with its node.
struct Count {
    number: Option<i64>,
    node: Option<NodeId>,
}

impl Count {
    /// Nothing for what is no number: a place to fill in.
    fn of(object: &Object, field: &str) -> Option<Self> {
        let node = object.document.at(object.node, &["spec", field]);
        match node.map(|node| object.document.value(node)) {
            Some(Value::Int(number)) => Some(Self { number: Some(number), node }),
            Some(Value::Null) | None => Some(Self { number: None, node: None }),
            Some(_) => None,
        }
    }
}

/// Whether KEDA leaves it alone until an annotation is removed.
fn is_paused(object: &Object) -> bool {
    let annotations = object.document.at(object.node, &["metadata", "annotations"]);
    let entries = annotations.map_or(&[][..], |annotations| object.document.entries(annotations));
    entries.iter().any(|entry| object.document.key(entry).starts_with("autoscaling.keda.sh/paused"))
}
