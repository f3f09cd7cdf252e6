//! What a container asks of its node, and what an emptyDir may hold.

use serde_json::{Map, Value as Json, json};

use crate::go::Quantity;
use crate::import::values::items;

/// How much an emptyDir without a limit may hold.
pub(in crate::import) const SIZE: &str = "1Gi";

/// What an emptyDir without a limit may hold, beside `more` that are added: [`SIZE`], or its part of what the Pod's
/// containers may have of the disk.
pub(in crate::import) fn unlimited(spec: &Json, more: usize) -> String {
    const MEBIBYTE: i128 = 1 << 20;
    let limit = |container: &Json| {
        let limits = &container["resources"];
        let said = ["limits", "requests"].iter().find_map(|list| limits[*list].get("ephemeral-storage"));
        Some(Quantity::of_json(said?)?.value() / MEBIBYTE)
    };
    let least = items(&spec["containers"]).iter().filter_map(limit).min();
    let volumes = items(&spec["volumes"]).iter().filter(|volume| volume.get("emptyDir").is_some());
    // the Pod's own folder for temporary files is one more, and logs need a place
    let parts = i128::try_from(volumes.count().saturating_add(more)).unwrap_or(i128::MAX).saturating_add(2);
    match least.map(|least| least / parts) {
        Some(part) if part < 1024 => format!("{}Mi", part.max(1)),
        _ => SIZE.to_owned(),
    }
}

/// `resources`: requests, and the limits that there are.
pub(super) fn resources(resources: &Json) -> Json {
    // the language has no word for nothing
    let is_something = |value: &Json| Quantity::of_json(value).is_none_or(|quantity| quantity.sign() != 0);
    let of = |list: &str, name: &str| resources[list].get(name).cloned().filter(is_something);
    let request = |name: &str| of("requests", name).or_else(|| of("limits", name));
    // the server copies the limit only where nothing is said, not over a zero, which a patch keeps
    let asked = |name: &str, default: &str| {
        let is_said = resources["requests"].get(name).is_some_and(|said| !said.is_null());
        let amount = |value: &Json| Quantity::of_json(value).map(Quantity::nano);
        let is_copied = |limit: &Json| !is_said || amount(limit) < amount(&json!(default));
        of("requests", name).or_else(|| of("limits", name).filter(is_copied)).unwrap_or_else(|| json!(default))
    };
    let extended: Vec<(String, Json)> = resources["limits"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| name.contains('/') && is_something(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let limits = (of("limits", "cpu"), of("limits", "memory"));
    let (cpu, memory) = (asked("cpu", "100m"), asked("memory", "128Mi"));
    let disk = request("ephemeral-storage");
    // no limit is made up: the app may be beyond it already
    let memory_limit = limits.1.unwrap_or_else(|| json!(false));
    let mut said = Map::from_iter([("cpu".to_owned(), cpu), ("memory".to_owned(), memory.clone())]);
    match limits.0 {
        Some(cpu) => {
            said.insert("limit".to_owned(), json!({"cpu": cpu, "memory": memory_limit}));
        }
        None if memory_limit != memory => {
            said.insert("limit".to_owned(), memory_limit);
        }
        None => {}
    }
    let disk_limit = of("limits", "ephemeral-storage").filter(|limit| disk.as_ref() != Some(limit));
    said.extend(disk.map(|disk| ("disk".to_owned(), disk)));
    if let Some(limit) = disk_limit {
        let memory = said.get("limit").filter(|limit| !limit.is_object()).cloned();
        let limits = said.entry("limit").or_insert_with(|| json!({}));
        if !limits.is_object() {
            *limits = json!({"memory": memory});
        }
        limits["disk"] = limit;
    }
    said.extend(extended);
    Json::Object(said)
}
