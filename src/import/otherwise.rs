//! What is said in one way and made in another, before field is compared with field: each such difference is reported.

use serde_json::Value as Json;

use super::around::Around;
use super::compare::{Field, Kind};
use super::values::template_pointer;

/// Takes out labels that a Service or a budget selects by and that all Pods of the workload have: what is made selects
/// those by the workload's own labels.
pub(super) fn wider(kind: &str, said: &mut Json, made: &Json, around: &Around) -> Vec<Field> {
    let way: &[&str] = match kind {
        "Service" => &["spec", "selector"],
        "PodDisruptionBudget" => &["spec", "selector", "matchLabels"],
        _ => return Vec::new(),
    };
    let pointer = format!("/{}", way.join("/"));
    let Some(selects) = made.pointer(&pointer).and_then(Json::as_object).filter(|labels| !labels.is_empty()) else {
        return Vec::new();
    };
    let Some(labels) = said.pointer_mut(&pointer).and_then(Json::as_object_mut) else { return Vec::new() };
    let mut fields = Vec::new();
    labels.retain(|label, value| {
        let is_of_all = !selects.contains_key(label) && around.labels.get(label) == Some(value);
        if is_of_all {
            let path = way.iter().copied().chain([label.as_str()]).map(str::to_owned).collect();
            let kind = Kind::Changed("all Pods of the workload have this label; it selects by the workload's own");
            fields.push(Field { path, said: Some(value.clone()), made: None, kind });
        }
        !is_of_all
    });
    fields
}

/// Takes native sidecars that were containers beside the app for these, and says that they were.
pub(super) fn native(kind: &str, said: &Json, made: &mut Json) -> Vec<Field> {
    let mut fields = Vec::new();
    let Some(way) = template_pointer(kind).map(|template| format!("{template}/spec")) else { return fields };
    let Some(said) = said.pointer(&way).and_then(|spec| spec["containers"].as_object()) else { return fields };
    let Some(spec) = made.pointer_mut(&way) else { return fields };
    for name in said.keys() {
        if spec["containers"].get(name).is_some() || spec["initContainers"][name]["restartPolicy"] != "Always" {
            continue;
        }
        let Some(mut moved) = spec["initContainers"].as_object_mut().and_then(|list| list.shift_remove(name)) else {
            continue;
        };
        if let Some(members) = moved.as_object_mut() {
            members.shift_remove("restartPolicy");
        }
        let plain = name.trim_start_matches("[name=").trim_end_matches(']');
        let order = spec["initContainers"]["order"].as_str().unwrap_or_default();
        let order: Vec<&str> = order.split(", ").filter(|one| *one != plain).collect();
        let order = order.join(", ");
        match spec["initContainers"].as_object_mut() {
            Some(list) if order.is_empty() => list.clear(),
            Some(list) => {
                list.insert("order".to_owned(), Json::String(order));
            }
            None => {}
        }
        if let Some(containers) = spec["containers"].as_object_mut() {
            containers.insert(name.clone(), moved);
        }
        let mut path: Vec<String> = way.split('/').skip(1).map(str::to_owned).collect();
        path.extend(["containers".to_owned(), name.clone()]);
        let reason = "a native sidecar starts before the app and stops after it";
        fields.push(Field { path, said: None, made: None, kind: Kind::Changed(reason) });
    }
    fields
}
