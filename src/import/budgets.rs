//! Budgets in other words, and those that are not added: where the Pods that one would keep are not this workload's
//! alone, or have one already.

use std::collections::HashMap;

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

/// A label in a namespace.
type Label<'a> = (Option<&'a str>, &'a str, &'a str);

/// The Pods of a run and the budgets that keep them, by their labels.
#[derive(Default)]
pub(super) struct Near<'a> {
    /// What makes Pods, or is one, with its place in the run, by each of its labels and by its namespace alone.
    pods: HashMap<Label<'a>, Vec<(usize, &'a Input)>>,
    /// Budgets by the label of theirs that the fewest Pods have, or by their namespace.
    budgets: HashMap<Label<'a>, Vec<(usize, &'a Input)>>,
}

/// What everything of a namespace has.
const ANY: (&str, &str) = ("", "");

impl<'a> Near<'a> {
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        let mut near = Self::default();
        for (at, input) in inputs.iter().enumerate() {
            let Some(labels) = labels(input) else { continue };
            for label in each(input, labels) {
                near.pods.entry(label).or_default().push((at, input));
            }
        }
        for (at, input) in inputs.iter().enumerate().filter(|(_, input)| input.kind() == "PodDisruptionBudget") {
            let rarest = near.rarest(input, input.object["spec"]["selector"]["matchLabels"].as_object());
            near.budgets.entry(rarest).or_default().push((at, input));
        }
        near
    }

    /// Why no budget is added that keeps the Pods of a workload; nothing where it may be.
    pub(super) fn why_none(&self, workload: &'a Input) -> Option<String> {
        let own = labels(workload)?;
        let selector = workload.object["spec"]["selector"]["matchLabels"].as_object();
        let budgets = each(workload, own).filter_map(|label| {
            let mut all = self.budgets.get(&label)?.iter();
            all.find(|(_, budget)| covers(&budget.object["spec"]["selector"], own))
        });
        let budget = budgets.min_by_key(|(at, _)| at);
        let is_kept = |(_, other): &&(usize, &Input)| {
            let others = labels(other);
            !std::ptr::eq(*other, workload)
                && others.is_some_and(|others| {
                    selector.into_iter().flatten().all(|(label, value)| others.get(label) == Some(value))
                })
        };
        let pods = self.pods.get(&self.rarest(workload, selector));
        let pod = pods.and_then(|pods| pods.iter().find(is_kept));
        match (budget, pod) {
            (Some((at, budget)), pod) if pod.is_none_or(|(other, _)| at < other) => {
                Some(format!("{} keeps these Pods already", budget.title()))
            }
            (_, Some((_, other))) => Some(format!("it would keep the Pods of {}, too", other.title())),
            _ => None,
        }
    }

    /// The label of a selector that the fewest Pods have.
    fn rarest(&self, of: &'a Input, selector: Option<&'a Map<String, Json>>) -> Label<'a> {
        let namespace = of.id.namespace.as_deref();
        let labels = selector.into_iter().flatten().map(|(key, value)| (namespace, key.as_str(), value_of(value)));
        let number = |label: &Label<'_>| self.pods.get(label).map_or(0, Vec::len);
        labels.min_by_key(number).unwrap_or((namespace, ANY.0, ANY.1))
    }
}

fn value_of(label: &Json) -> &str {
    label.as_str().unwrap_or_default()
}

/// Each label of something, and what everything of its namespace has.
fn each<'a>(input: &'a Input, labels: &'a Map<String, Json>) -> impl Iterator<Item = Label<'a>> {
    let labels = labels.iter().map(|(key, value)| (key.as_str(), value_of(value)));
    labels.chain([ANY]).map(|(key, value)| (input.id.namespace.as_deref(), key, value))
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
