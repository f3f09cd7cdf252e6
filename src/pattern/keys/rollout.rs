//! `rollout`: how a new version of a workload takes the place of the old one.

use serde_json::{Value as Json, json};

use crate::describe::{Description, Spanned, duration_seconds};
use crate::diagnostic::Finding;

/// Kubernetes' default for `progressDeadlineSeconds`.
const DEADLINE: u64 = 600;

/// Writes the fields into the document's workloads.
pub(crate) fn apply(description: &Description, objects: &mut [Json], findings: &mut Vec<Finding>) {
    let Some(rollout) = description.rollout.as_ref().filter(|rollout| !rollout.members().is_empty()) else { return };
    let seconds = |key: &str| rollout.get(key).and_then(Spanned::text).and_then(|text| duration_seconds(text).ok());
    let (settle, deadline) = (seconds("settle"), seconds("deadline"));
    let history = rollout.get("history").map(Spanned::to_json);
    let recreates = rollout.get("recreate").is_some_and(|value| value.to_json() == true);
    let (surge, unavailable) =
        (rollout.get("surge").map(Spanned::to_json), rollout.get("unavailable").map(Spanned::to_json));
    let is_none = |many: &Json| *many == 0 || *many == "0%";
    let mut stuck = false;
    // of the Deployments, how many are rolled out Pod by Pod: a pattern may have said that its own are replaced
    let (mut controllers, mut deployments, mut rolling_updates) = (0, 0, 0);
    for object in objects {
        let is_deployment = object["kind"] == "Deployment";
        if !is_deployment && object["kind"] != "StatefulSet" && object["kind"] != "DaemonSet" {
            continue;
        }
        controllers += 1;
        let Some(spec) = object.get_mut("spec").and_then(Json::as_object_mut) else { continue };
        spec.extend(settle.map(|settle| ("minReadySeconds".to_owned(), json!(settle))));
        spec.extend(history.clone().map(|history| ("revisionHistoryLimit".to_owned(), history)));
        if is_deployment {
            deployments += 1;
            spec.extend(deadline.map(|deadline| ("progressDeadlineSeconds".to_owned(), json!(deadline))));
            let is_replaced = spec.get("strategy").is_some_and(|strategy| strategy["type"] == "Recreate");
            rolling_updates += usize::from(!is_replaced);
            if !is_replaced && (surge.is_some() || unavailable.is_some()) {
                let rolling = &mut spec.entry("strategy").or_insert_with(|| json!({}))["rollingUpdate"];
                for (field, value) in [("maxSurge", &surge), ("maxUnavailable", &unavailable)] {
                    if let Some(value) = value {
                        rolling[field].clone_from(value);
                    }
                }
                stuck |= is_none(&rolling["maxSurge"]) && is_none(&rolling["maxUnavailable"]);
            }
            spec.extend(recreates.then(|| ("strategy".to_owned(), json!({"type": "Recreate"}))));
        }
    }
    let shape = || description.shape.place.label(format!("the shape is `{}`", description.shape.pattern));
    if controllers == 0 {
        findings.push(
            Finding::error(rollout.place.label(""), "nothing here is rolled out")
                .label(shape())
                .help("leave `rollout` out"),
        );
        return;
    }
    let one_by_one = || rollout.member("surge").or_else(|| rollout.member("unavailable"));
    if let (true, Some(member)) = (stuck, one_by_one()) {
        findings.push(
            Finding::error(
                member.value.place.label(""),
                "with neither an extra nor a missing Pod, none could be replaced",
            )
            .because("the API server refuses a rolling update whose maxSurge and maxUnavailable are both 0")
            .help("surge: 1, or unavailable: 1"),
        );
    }
    if let (true, 0, Some(member)) = (deployments > 0, rolling_updates, one_by_one()) {
        findings.push(
            Finding::error(
                member.key_place.label("is about replacing Pods one after another"),
                "all old Pods stop before new ones start",
            )
            .label(shape())
            .because("this shape uses the strategy `Recreate`, so that old and new Pods never run together")
            .help(format!("leave `{}` out", member.key)),
        );
    } else if let (true, Some(member)) = (recreates, one_by_one()) {
        findings.push(
            Finding::error(
                member.key_place.label("is about replacing Pods one after another"),
                "all old Pods stop before new ones start",
            )
            .label(rollout.place.label("`recreate` says so"))
            .help(format!("leave `{}` or `recreate` out", member.key)),
        );
    }
    for (key, message) in [
        (
            "surge",
            "only a Deployment has Pods beyond its replicas in a rollout; shape: {daemon: {surge: 1}} is for nodes",
        ),
        ("unavailable", "only the rollout of a Deployment says so; shape: {daemon: {unavailable: 1}} is for nodes"),
        ("deadline", "only the rollout of a Deployment has a deadline"),
        ("recreate", "only a Deployment can start new Pods before old ones have stopped"),
    ] {
        if let (0, Some(member)) = (deployments, rollout.member(key)) {
            let finding = Finding::error(member.key_place.label(""), message).label(shape());
            findings.push(finding.help(format!("leave `{key}` out")));
        }
    }
    if let (Some(settle), Some(member)) = (settle, rollout.member("settle"))
        && deployments > 0
        && settle >= deadline.unwrap_or(DEADLINE)
    {
        let most = deadline.unwrap_or(DEADLINE);
        findings.push(
            Finding::error(
                member.value.place.label(""),
                format!("no Pod can be ready for {settle}s before the rollout's deadline of {most}s"),
            )
            .because("the API server requires progressDeadlineSeconds to be greater than minReadySeconds")
            .help("use a longer `deadline`"),
        );
    }
}
