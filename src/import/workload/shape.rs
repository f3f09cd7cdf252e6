//! The topology of a workload, when it runs, and whether it does.

use serde_json::{Map, Value as Json, json};

use crate::describe::fits;
use crate::import::canonical;
use crate::import::container::{self, Pod, duration};
use crate::import::owned::Owned;
use crate::import::values::items;

pub(super) fn shape(owned: &Owned<'_>, pod: &Pod<'_>, app: &Json) -> Json {
    let spec = &owned.workload.object["spec"];
    let replicas = spec["replicas"].as_u64().unwrap_or(1);
    match owned.workload.kind() {
        "Deployment" => match owned.scale() {
            Some(_) if owned.autoscale().is_some() => Json::Null,
            Some(scale) => json!({"replicated": scale}),
            // none at all is `suspend`
            None if replicas == 2 || replicas == 0 || owned.is_scaled => Json::Null,
            None => json!({"replicated": {"replicas": replicas}}),
        },
        "StatefulSet" => {
            let mut params = Map::new();
            if replicas > 1 {
                params.insert("shards".to_owned(), json!(replicas));
            }
            let governing = owned.service.filter(|_| replicas > 1).map(|service| &service.object["spec"]);
            if governing.is_some_and(|spec| spec["publishNotReadyAddresses"] == true) {
                params.insert("unready".to_owned(), json!(true));
            }
            params.extend(storage(spec, pod, app).map(|storage| ("storage".to_owned(), storage)));
            json!({if replicas < 2 { "single" } else { "sharded" }: params})
        }
        "DaemonSet" => {
            let rolling = &spec["updateStrategy"]["rollingUpdate"];
            let mut params = Map::new();
            for (key, field) in [("surge", "maxSurge"), ("unavailable", "maxUnavailable")] {
                let value = &rolling[field];
                let is_default = matches!((key, value.as_u64()), ("surge", Some(0)) | ("unavailable", Some(1)));
                if !value.is_null() && !is_default {
                    params.insert(key.to_owned(), value.clone());
                }
            }
            json!({"daemon": params})
        }
        "Job" => json!({"job": job(spec)}),
        _ => json!({"job": job(&spec["jobTemplate"]["spec"])}),
    }
}

/// Whether a workload's shape spreads its Pods over nodes by itself, which a single Pod and a Job have no use for.
pub(super) fn is_spread(owned: &Owned<'_>) -> bool {
    match owned.workload.kind() {
        "Deployment" => true,
        "StatefulSet" => owned.workload.object["spec"]["replicas"].as_u64().is_some_and(|replicas| replicas > 1),
        _ => false,
    }
}

fn storage(spec: &Json, pod: &Pod<'_>, app: &Json) -> Option<Json> {
    let name = pod.claims.first()?;
    let claim = &items(&spec["volumeClaimTemplates"]).first()?["spec"];
    let mount = items(&app["volumeMounts"]).iter().find(|mount| mount["name"] == **name)?;
    let mut storage = Map::from_iter([
        ("size".to_owned(), claim.pointer("/resources/requests/storage")?.clone()),
        ("mount".to_owned(), json!(container::escaped(&canonical::path_of(mount)))),
    ]);
    if let [access] = items(&claim["accessModes"])
        && *access != "ReadWriteOnce"
    {
        storage.insert("access".to_owned(), access.clone());
    }
    let sub = mount["subPath"].as_str().filter(|sub| fits("sub-path", sub));
    storage.extend(sub.map(|sub| ("sub".to_owned(), json!(container::escaped(sub)))));
    // the empty name, which forbids a class, has no key, and one that is filled in later is a patch
    let class = claim["storageClassName"].as_str();
    let class = class.filter(|class| !class.is_empty() && !container::is_filled_in_later(class));
    storage.extend(class.map(|class| ("class".to_owned(), json!(class))));
    Some(Json::Object(storage))
}

fn job(spec: &Json) -> Json {
    let mut params = Map::new();
    let retries = spec["backoffLimit"].as_u64().unwrap_or(6);
    if retries != 3 {
        params.insert("retries".to_owned(), json!(retries));
    }
    for (key, field) in [("deadline", "activeDeadlineSeconds"), ("keep", "ttlSecondsAfterFinished")] {
        if let Some(seconds) = spec[field].as_u64() {
            params.insert(key.to_owned(), json!(duration(seconds)));
        }
    }
    // more at once than have to succeed never run
    let all = spec["completions"].as_u64().filter(|all| *all > 0);
    let parallel = spec["parallelism"].as_u64().map(|parallel| all.map_or(parallel, |all| parallel.min(all)));
    if let Some(parallel) = parallel.filter(|parallel| *parallel > 1) {
        params.insert("parallel".to_owned(), json!(parallel));
    }
    if spec.pointer("/template/spec/restartPolicy").is_some_and(|policy| policy == "OnFailure") {
        params.insert("restart".to_owned(), json!("container"));
    }
    let is_numbered = spec["completionMode"] == "Indexed";
    // one is what nothing means
    if let Some(completions) = all.filter(|all| is_numbered || *all > 1) {
        params.insert("completions".to_owned(), json!(completions));
        if !is_numbered {
            params.insert("numbered".to_owned(), json!(false));
        }
    }
    Json::Object(params)
}

pub(super) fn schedule(object: &Json) -> Json {
    let spec = &object["spec"];
    if object["kind"] != "CronJob" {
        return Json::Null;
    }
    let mut schedule = Map::from_iter([("at".to_owned(), spec["schedule"].clone())]);
    if let Some(zone) = spec["timeZone"].as_str() {
        schedule.insert("zone".to_owned(), json!(zone));
    }
    let overlap = spec["concurrencyPolicy"].as_str().unwrap_or("Allow").to_ascii_lowercase();
    if overlap != "forbid" {
        schedule.insert("overlap".to_owned(), json!(overlap));
    }
    if let Some(seconds) = spec["startingDeadlineSeconds"].as_u64().filter(|seconds| *seconds != 600) {
        schedule.insert("start-within".to_owned(), json!(duration(seconds)));
    }
    let mut history = Map::new();
    for (key, field, default) in [("done", "successfulJobsHistoryLimit", 3), ("failed", "failedJobsHistoryLimit", 1)] {
        if let Some(limit) = spec[field].as_u64().filter(|limit| *limit != default) {
            history.insert(key.to_owned(), json!(limit));
        }
    }
    if !history.is_empty() {
        schedule.insert("history".to_owned(), Json::Object(history));
    }
    if spec["suspend"] == true {
        schedule.insert("suspend".to_owned(), json!(true));
    }
    if schedule.len() == 1 { spec["schedule"].clone() } else { Json::Object(schedule) }
}

/// Whether everything is declared and nothing runs: `suspend`.
pub(super) fn is_stopped(owned: &Owned<'_>) -> bool {
    let spec = &owned.workload.object["spec"];
    match owned.workload.kind() {
        "Deployment" => spec["replicas"] == 0 && owned.autoscaler.is_none(),
        "StatefulSet" => spec["replicas"] == 0,
        "Job" => spec["suspend"] == true,
        _ => false,
    }
}
