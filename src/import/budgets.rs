//! Budgets in other words, and those that are not added: where the Pods that one would keep are not this workload's
//! alone, or have one already.

use serde_json::{Map, Value as Json};

use super::values::{items, template_pointer, text};
use super::{Field, Input, Kind};

/// A budget that keeps all replicas but one, as one that lets one go; nothing where that is not the same.
pub(super) fn as_budget(budget: &Json, workload: &Json, is_scaled: bool) -> Option<Json> {
    let least = budget["spec"].get("minAvailable").filter(|_| budget["kind"] == "PodDisruptionBudget")?.as_u64()?;
    let replicas = workload["spec"]["replicas"].as_u64().unwrap_or(1);
    if is_scaled || replicas.checked_sub(least) != Some(1) {
        return None;
    }
    let mut budget = budget.clone();
    let spec = budget["spec"].as_object_mut()?;
    spec.shift_remove("minAvailable");
    spec.insert("maxUnavailable".to_owned(), Json::from(1));
    Some(budget)
}

/// That a budget is said in the other way.
pub(super) fn budget(budget: &Json) -> Field {
    let kind = Kind::Changed("one replica may be missing, which is equivalent");
    let path = ["spec", "minAvailable"].map(str::to_owned).to_vec();
    Field { path, said: budget["spec"].get("minAvailable").cloned(), made: None, kind }
}

/// Why no budget is added that keeps the Pods of this selector; nothing where it may be.
pub(super) fn why_none(workload: &Input, selector: &Map<String, Json>, inputs: &[Input]) -> Option<String> {
    let own = labels(workload)?;
    let near = inputs.iter().filter(|input| input.id.namespace == workload.id.namespace);
    let is_it = |input: &Input| std::ptr::eq(input, workload);
    near.filter(|input| !is_it(input)).find_map(|input| match input.kind() {
        "PodDisruptionBudget" => covers(&input.object["spec"]["selector"], own)
            .then(|| format!("{} keeps these Pods already", input.title())),
        _ => {
            let others = labels(input)?;
            let is_kept = selector.iter().all(|(label, value)| others.get(label) == Some(value));
            is_kept.then(|| format!("it would keep the Pods of {}, too", input.title()))
        }
    })
}

/// The labels of the Pods that an object makes, or is.
fn labels(input: &Input) -> Option<&Map<String, Json>> {
    let template = match input.kind() {
        "Pod" => &input.object,
        "ReplicaSet" | "ReplicationController" => &input.object["spec"]["template"],
        kind => input.object.pointer(template_pointer(kind)?)?,
    };
    template["metadata"]["labels"].as_object()
}

/// Whether a selector selects Pods with these labels; of a budget an empty one selects all.
fn covers(selector: &Json, labels: &Map<String, Json>) -> bool {
    let mut equal = selector["matchLabels"].as_object().into_iter().flatten();
    let meets = |rule: &Json| {
        let label = labels.get(&text(&rule["key"]));
        let is_listed = label.is_some_and(|label| items(&rule["values"]).contains(label));
        match rule["operator"].as_str() {
            Some("In") => is_listed,
            Some("NotIn") => !is_listed,
            Some("Exists") => label.is_some(),
            Some("DoesNotExist") => label.is_none(),
            _ => false,
        }
    };
    selector.is_object()
        && equal.all(|(label, value)| labels.get(label) == Some(value))
        && items(&selector["matchExpressions"]).iter().all(meets)
}
