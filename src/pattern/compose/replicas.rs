//! Patterns that decide how many replicas run: an autoscaler, or none at all.

use serde_json::{Value as Json, json};

use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Replicas;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;

/// Kinds that scale what another object runs.
const SCALERS: &[&str] = &["HorizontalPodAutoscaler", "ScaledObject"];

/// Lets the patterns of `use` that scale or suspend have their way with a document's objects.
pub(crate) fn settle(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let which = |wanted| prepared.uses.iter().filter(move |filled| filled.definition.replicas == Some(wanted));
    let mut findings = Vec::new();
    // what one of them does the next finds done
    if let Some(filled) = which(Replicas::Scaled).next_back() {
        findings.extend(scale(prepared, filled, objects));
    }
    if let Some(filled) = which(Replicas::Stopped).next_back() {
        findings.extend(suspend(prepared, filled, objects));
    }
    findings
}

/// The autoscaler alone decides: a number beside it would be set back at every apply.
fn scale(prepared: &Prepared<'_>, filled: &Filled, objects: &mut [Json]) -> Option<Finding> {
    let (shape, name) = (&prepared.shape, &prepared.description.name);
    let aims = |object: &&Json| object.pointer("/spec/scaleTargetRef/name").is_some_and(|target| target == name);
    let scalers = objects.iter().filter(|object| is_of(object, SCALERS)).filter(aims).count();
    let place = &filled.entry.place;
    if scalers > 1 {
        return Some(
            Finding::error(place.label("and so does this"), "two autoscalers control the same replicas")
                .label(shape.entry.place.label("one of them is here or in another entry of `use`"))
                .because("each would undo the other's changes")
                .help("remove one of them"),
        );
    }
    let deployment =
        objects.iter_mut().find(|object| is_of(object, &["Deployment"]) && object["metadata"]["name"] == *name);
    let Some(spec) = deployment.and_then(|deployment| deployment.get_mut("spec")?.as_object_mut()) else {
        return Some(
            Finding::error(place.label("scales a Deployment"), format!("`{}` has none to scale", shape.entry.pattern))
                .label(shape.entry.place.label("its replicas are individually named, or run to completion"))
                .help("leave it out, or choose another shape"),
        );
    };
    spec.shift_remove("replicas");
    None
}

/// What to say where a number of replicas is written and an autoscaler decides: in one environment of many, say. The
/// number is left out, because applying it again would undo what the autoscaler did.
///
/// `kubectl apply` then takes the number that it once set from the running object too, and 1 is the default
/// (kubernetes.io: Horizontal Pod Autoscaling, Migrating Deployments and StatefulSets to horizontal autoscaling).
pub(crate) fn note(prepared: &Prepared<'_>) -> Option<String> {
    let (shape, name) = (&prepared.shape, &prepared.description.name);
    let is_stopped = prepared.uses.iter().any(|filled| filled.definition.replicas == Some(Replicas::Stopped));
    shape.given.get("replicas").filter(|replicas| !is_stopped && !replicas.to_json().is_null())?;
    let scaler = prepared.uses.iter().find(|filled| filled.definition.replicas == Some(Replicas::Scaled));
    let scaler = match scaler {
        Some(filled) => filled.entry.name.as_str(),
        None if !shape.params["max"].is_null() => "max",
        None => return None,
    };
    Some(format!(
        "note: `{scaler}` replaces `replicas` of {name}; if Deployment/{name} was applied with a number, \
         first remove it with `kubectl apply edit-last-applied deployment/{name}`, or it drops to 1 replica for a \
         while"
    ))
}

/// KEDA starts no Job for a `ScaledJob` with this annotation (keda.sh: Scaling Jobs, Pausing autoscaling).
const PAUSED: &str = "autoscaling.keda.sh/paused";

fn suspend(prepared: &Prepared<'_>, filled: &Filled, objects: &mut Objects) -> Option<Finding> {
    objects.retain(|object| !is_of(object, SCALERS));
    let mut stopped = false;
    for object in objects.iter_mut() {
        let (field, value) = match object["kind"].as_str() {
            Some("Deployment" | "StatefulSet") => ("replicas", json!(0)),
            Some("Job" | "CronJob" | "JobSet") => ("suspend", json!(true)),
            Some("ScaledJob") => (PAUSED, json!("true")),
            _ => continue,
        };
        let place = if field == PAUSED { "/metadata/annotations" } else { "/spec" };
        if let Some(spec) = object.pointer_mut(place).and_then(Json::as_object_mut) {
            spec.insert(field.to_owned(), value);
            stopped = true;
        }
    }
    (!stopped).then(|| {
        Finding::error(filled.entry.place.label(""), "nothing here can be suspended")
            .label(prepared.shape.entry.place.label("generates nothing that can be suspended"))
            .because("Deployments, StatefulSets, Jobs, CronJobs, JobSets and ScaledJobs can be")
            .help(format!("leave `{}` out", filled.entry.name))
    })
}

fn is_of(object: &Json, kinds: &[&str]) -> bool {
    object["kind"].as_str().is_some_and(|kind| kinds.contains(&kind))
}
