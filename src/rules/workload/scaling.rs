//! How many Pods a workload has, and who decides that.

use std::collections::{BTreeSet, HashMap};

use crate::kube::types::IntOrString;
use crate::kube::{FolderScope, Index, Life, Object, Reach, Selector, Typed};
use crate::yaml::{NodeId, Value};

/// What selects a controller's Pods, and its node.
pub fn selector(object: &Object) -> Option<(Selector<'_>, NodeId)> {
    let selector = match object.typed.as_ref()? {
        Typed::Deployment(object) => Selector::of(&object.spec.selector),
        Typed::StatefulSet(object) => Selector::of(&object.spec.selector),
        Typed::DaemonSet(object) => Selector::of(&object.spec.selector),
        Typed::ReplicaSet(object) => Selector::of(&object.spec.selector),
        Typed::ReplicationController(object) => Selector::map(object.spec.as_ref()?.selector.as_ref()?),
        _ => return None,
    };
    Some((selector, object.document.at(object.node, &["spec", "selector"])?))
}

/// The replicas of a workload as written, 1 where nothing is; nothing for what has no replicas.
pub fn replicas(object: &Object) -> Option<i32> {
    let Some(typed) = &object.typed else { return replicas_of_others(object) };
    let written = match typed {
        Typed::Deployment(object) => object.spec.replicas,
        Typed::StatefulSet(object) => object.spec.replicas,
        Typed::ReplicaSet(object) => object.spec.replicas,
        Typed::ReplicationController(object) => object.spec.as_ref().and_then(|spec| spec.replicas),
        _ => return None,
    };
    Some(written.unwrap_or(1))
}

/// The same for kinds that are not decoded as a whole. All of them make one where nothing is written.
fn replicas_of_others(object: &Object) -> Option<i32> {
    const KINDS: [&str; 6] = ["Deployment", "StatefulSet", "ReplicaSet", "Rollout", "CloneSet", "DeploymentConfig"];
    if !KINDS.contains(&object.id.kind.as_str()) || object.pod()?.life != Life::LongRunning {
        return None;
    }
    match replicas_node(object).map(|node| object.document.value(node)) {
        Some(Value::Int(number)) => i32::try_from(number).ok(),
        Some(Value::Null) | None => Some(1),
        Some(_) => None,
    }
}

/// The node that says so, if one does.
pub fn replicas_node(object: &Object) -> Option<NodeId> {
    object.document.at(object.node, &["spec", "replicas"])
}

/// The node to show for an object's name.
pub fn name_node(object: &Object) -> NodeId {
    object.document.at(object.node, &["metadata", "name"]).unwrap_or(object.node)
}

/// What scales something: a `HorizontalPodAutoscaler`, or `KEDA's ScaledObject`, which makes one.
#[derive(Clone, Copy, Debug)]
pub struct Scaler<'run> {
    /// The autoscaler.
    pub object: &'run Object,
    /// Kind of the target.
    pub kind: &'run str,
    /// Name of the target.
    pub name: &'run str,
    /// The node that names it.
    pub node: NodeId,
    /// The lowest number of replicas.
    pub lowest: i32,
}

/// All scalers of a run.
pub fn scalers<'a, 'run>(index: &'a Index<'run>) -> impl Iterator<Item = Scaler<'run>> + use<'a, 'run> {
    index.kind("HorizontalPodAutoscaler").iter().chain(index.kind("ScaledObject")).filter_map(|object| scaler(object))
}

/// What an object scales, if it is an autoscaler.
pub fn scaler(object: &Object) -> Option<Scaler<'_>> {
    let document = &object.document;
    let is_keda = object.id.api_version.starts_with("keda.sh/");
    if !is_keda && !object.id.api_version.starts_with("autoscaling/") {
        return None;
    }
    let spec = document.get(object.node, "spec")?;
    let target = document.get(spec, "scaleTargetRef")?;
    let (field, absent) = if is_keda { ("minReplicaCount", 0) } else { ("minReplicas", 1) };
    let lowest = match document.get(spec, field).map(|node| document.value(node)) {
        Some(Value::Int(number)) => i32::try_from(number).ok()?,
        _ => absent,
    };
    let node = document.get(target, "name")?;
    let kind = document.get_str(target, "kind").or(is_keda.then_some("Deployment"))?;
    Some(Scaler { object, kind, name: document.str(node)?, node, lowest })
}

/// The number that an absolute number or percentage makes of a total, rounded up
/// (`GetScaledValueFromIntOrPercent` in `k8s.io/apimachinery/pkg/util/intstr`).
pub fn scaled_up(value: &IntOrString, total: i32) -> Option<i32> {
    match value {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => {
            let percent: i32 = text.strip_suffix('%')?.parse().ok()?;
            let product = i64::from(percent) * i64::from(total);
            i32::try_from(product / 100 + i64::from(product % 100 > 0)).ok()
        }
    }
}

/// The same, rounded down.
pub fn scaled_down(value: &IntOrString, total: i32) -> Option<i32> {
    match value {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => {
            let percent: i32 = text.strip_suffix('%')?.parse().ok()?;
            i32::try_from(i64::from(percent) * i64::from(total) / 100).ok()
        }
    }
}

/// What scales a workload: the nearest of those that name it. One from outside its unit and folder may be of another
/// app with the same name.
pub fn scaler_of<'run>(index: &Index<'run>, object: &Object) -> Option<Scaler<'run>> {
    index.scaler_of(object, scaler).map(|(_, scaler)| scaler)
}

/// Whether a scaler means this workload for sure: it is applied with it, or is the only one of the folder that names it.
pub fn is_meant(index: &Index<'_>, scaler: &Object, target: &Object) -> bool {
    match index.reach(scaler, target) {
        Some(Reach::Unit) => true,
        Some(Reach::Folder) => index.has_one_scaler_near(target),
        _ => false,
    }
}

/// How many Pods a workload has at least; nothing for what has no replicas, and where a scaler from elsewhere in the
/// run may decide.
pub fn lowest(index: &Index<'_>, object: &Object) -> Option<i32> {
    let written = replicas(object)?;
    match scaler_of(index, object) {
        Some(scaler) if index.reach(object, scaler.object) == Some(Reach::Run) => None,
        scaler => Some(scaler.map_or(written, |scaler| scaler.lowest)),
    }
}

/// The workloads that a Service of the run selects, each with one that does, of its own
/// folder if there is one.
pub fn behind_services<'run>(index: &Index<'run>) -> HashMap<*const Object, &'run Object> {
    let mut behind = HashMap::new();
    let mut seen = BTreeSet::new();
    for service in index.kind("Service").iter().copied() {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let labels = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref()).filter(|labels| !labels.is_empty());
        let Some(labels) = labels else { continue };
        // of those that select alike from one place one is enough
        if !seen.insert((labels, index.place(service))) {
            continue;
        }
        for workload in index.matching_near(service, &Selector::map(labels)) {
            let known = behind.entry(std::ptr::from_ref(workload)).or_insert(service);
            if FolderScope::of(service) == FolderScope::of(workload) {
                *known = service;
            }
        }
    }
    behind
}
