use super::scaling;
use crate::kube::types::IntOrString;
use crate::kube::types::PodDisruptionBudgetSpec;
use crate::kube::{Index, Object, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// A `PodDisruptionBudget` that can never allow a disruption.
pub static RULE: Rule = rule!("pdb_blocks_drain.md", Warning, Check::Workspace(check));

const WHY: &str = "evictions respect the budget: if it allows no disruption, `kubectl drain` and \
                   cluster upgrades wait forever (kubernetes/website: tasks/run-application/configure-pdb)";

/// What says how many Pods may be away.
const LIMITS: [&str; 2] = ["spec.minAvailable", "spec.maxUnavailable"];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for budget in
        index.kind("PodDisruptionBudget").iter().filter(|budget| budget.keeps(&LIMITS) && budget.keeps_selection())
    {
        let Some(Typed::PodDisruptionBudget(typed)) = &budget.typed else { continue };
        let Some(spec) = &typed.spec else { continue };
        let at = |field: &str| budget.document.at(budget.node, &["spec", field]);
        if let Some(node) = at("maxUnavailable").filter(|_| is(spec.max_unavailable.as_ref(), &[0], "0%")) {
            found
                .about(budget)
                .at(node, "`maxUnavailable: 0` never allows an eviction")
                .because(WHY)
                .help("allow one with `maxUnavailable: 1`, or remove the budget");
        } else if let Some(node) = at("minAvailable").filter(|_| is(spec.min_available.as_ref(), &[], "100%")) {
            found
                .about(budget)
                .at(node, "`minAvailable: 100%` never allows an eviction")
                .because(WHY)
                .help("use `maxUnavailable: 1` instead: it works for any number of replicas");
        } else if let Some(node) = at("minAvailable") {
            against_replicas(index, budget, spec, node, found);
        }
    }
}

fn is(value: Option<&IntOrString>, numbers: &[i32], percent: &str) -> bool {
    match value {
        Some(IntOrString::Int(number)) => numbers.contains(number),
        Some(IntOrString::String(text)) => text == percent,
        None => false,
    }
}

fn against_replicas(
    index: &Index<'_>,
    budget: &Object,
    spec: &PodDisruptionBudgetSpec,
    node: NodeId,
    found: &mut FindingsAnywhere<'_>,
) {
    let (Some(selector), Some(wanted)) = (&spec.selector, &spec.min_available) else { return };
    let workloads = index.first_selected(budget, &Selector::of(selector));
    // Several workloads under one budget add up; a bare Pod or a Job may stand for any number.
    let Some(workload) = workloads.only() else { return };
    let Some(lowest) =
        scaling::lowest(index, workload).filter(|_| workload.keeps(&["spec.replicas"]) && workload.keeps_selection())
    else {
        return;
    };
    let scaler = scaling::scaler_of(index, workload);
    if scaler.is_some_and(|scaler| !scaler.object.keeps(&["spec"])) {
        return;
    }
    if lowest < 1 || scaling::scaled_up(wanted, lowest).is_none_or(|wanted| wanted < lowest) {
        return;
    }
    let written = budget.document.raw(node);
    let pods = if lowest == 1 { "the only Pod".to_owned() } else { format!("all {lowest} Pods") };
    let message =
        format!("`minAvailable: {}` keeps {pods} of `{}` from being evicted", clip(written), clip(&workload.id.name));
    let mut about = found.about(budget);
    let saying = about
        .at(node, message)
        .because(WHY)
        .help("use `maxUnavailable: 1` instead, and run more than one replica if the app must stay up");
    match scaler {
        Some(scaler) => {
            let shown = scaler.object.document.at(scaler.object.node, &["spec", "minReplicas"]).unwrap_or(scaler.node);
            saying.label(scaler.object.label(shown, format!("at low load it runs {lowest}")));
        }
        None => {
            let shown = scaling::replicas_node(workload).unwrap_or_else(|| scaling::name_node(workload));
            saying.label(workload.label(shown, format!("runs {lowest}")));
        }
    }
}
