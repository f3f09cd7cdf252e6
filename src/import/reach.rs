//! What of its node a Pod reaches, and how a rollout of it goes, as the language's keys.

use serde_json::{Map, Value as Json, json};

use super::canonical::{self, items};
use super::container::duration;
use crate::describe::grammar;

/// `group`, `privileged` and `capabilities` of a container.
pub(super) fn rights(container: &Json, spec: &Json) -> [(&'static str, Json); 3] {
    let of = |field: &str| {
        let own = container["securityContext"].get(field).or_else(|| spec["securityContext"].get(field));
        own.and_then(Json::as_u64)
    };
    let group = of("runAsGroup").filter(|group| of("runAsUser") != Some(*group));
    let privileged = container["securityContext"]["privileged"] == true;
    let known = grammar().pointer("/properties/app/properties/capabilities/items/enum").map(items).unwrap_or_default();
    let added = items(&container["securityContext"]["capabilities"]["add"]).iter().filter_map(Json::as_str);
    let added: Vec<Json> = added.map(|name| json!(name.trim_start_matches("CAP_"))).collect();
    // `ALL` and names that the kernel does not have are left to a patch
    let said = !privileged && added.iter().all(|name| known.contains(name));
    [
        ("group", json!(group)),
        ("privileged", if privileged { json!(true) } else { Json::Null }),
        ("capabilities", if said { json!(added) } else { Json::Null }),
    ]
}

/// The command of a hook.
pub(super) fn hook(container: &Json, hook: &str) -> Json {
    let hook = &container["lifecycle"][hook];
    if canonical::slept(hook).is_some() { Json::Null } else { hook["exec"]["command"].clone() }
}

/// `host`: what the Pods share with their node.
pub(super) fn host(spec: &Json) -> Json {
    let shared = [("network", "hostNetwork"), ("pid", "hostPID"), ("ipc", "hostIPC")];
    json!(shared.iter().filter(|(_, field)| spec[*field] == true).map(|(key, _)| key).collect::<Vec<_>>())
}

/// `rollout` of a controller, where it is not the server's default.
pub(super) fn rollout(object: &Json) -> Json {
    let spec = &object["spec"];
    let kind = object["kind"].as_str().unwrap_or_default();
    if !matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet") {
        return Json::Null;
    }
    let mut rollout = Map::new();
    for (key, field, default) in [("settle", "minReadySeconds", 0), ("deadline", "progressDeadlineSeconds", 600)] {
        let seconds = spec[field].as_u64().filter(|seconds| *seconds != default && *seconds > 0);
        rollout.extend(seconds.map(|seconds| (key.to_owned(), json!(duration(seconds)))));
    }
    let history = spec["revisionHistoryLimit"].as_u64().filter(|history| *history != 10);
    rollout.extend(history.map(|history| ("history".to_owned(), json!(history))));
    if kind == "Deployment" && spec["strategy"]["type"] == "Recreate" {
        rollout.insert("recreate".to_owned(), json!(true));
    }
    Json::Object(rollout)
}

/// The `ignore` of a Pod that reaches its node and is not on every node: that it does so was decided before.
pub(super) fn ignore(object: &Json, spec: &Json) -> Json {
    let reaches = |container: &Json| {
        let security = &container["securityContext"];
        let port = items(&container["ports"]).iter().any(|port| port["hostPort"].as_u64().is_some_and(|port| port > 0));
        security["privileged"] == true || !items(&security["capabilities"]["add"]).is_empty() || port
    };
    let volumes = items(&spec["volumes"]).iter().any(|volume| volume.get("hostPath").is_some());
    let any = volumes || canonical::containers(spec).any(reaches);
    if object["kind"] == "DaemonSet" || !host(spec).as_array().is_some_and(Vec::is_empty) || !any {
        return Json::Null;
    }
    json!([{"rule": "host-namespaces", "why": "it reached its node before it was imported"}])
}
