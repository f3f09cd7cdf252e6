use super::job_spec;
use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};

/// A Job asks for more workers at once than it has completions.
pub static RULE: Rule = rule!("work_queue_caps_parallelism.md", Warning, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let Some((spec, node)) = job_spec(object).filter(|_| !object.is_patch) else { return };
    let (Some(completions), Some(parallelism)) = (spec.completions, spec.parallelism) else { return };
    let is_indexed = spec.completion_mode.as_deref() == Some("Indexed");
    let at = |field| object.document.get(node, field);
    let (Some(shown), Some(other)) = (at("parallelism"), at("completions")) else { return };
    if is_indexed || completions < 1 || completions >= parallelism {
        return;
    }
    let only = if completions == 1 { "only one Pod runs".to_owned() } else { format!("only {completions} Pods run") };
    found
        .at(shown, format!("{only} at a time, not {parallelism}"))
        .here("never reached")
        .and(other, "limits the Pods to those still to complete")
        .because(
            "with `completions` set, a Job never runs more Pods than are left to complete; a work queue \
             leaves it out (kubernetes/website: concepts/workloads/controllers/job, \"Controlling parallelism\")",
        )
        .help("for workers that take items until a queue is empty, remove `completions`; otherwise raise it to the number of items");
}
