use crate::facts::PodFacts;
use crate::kube::Life;
use crate::rules::{Check, Findings, Rule};

/// A program that ends, run by a controller that starts it again.
pub static RULE: Rule = rule!("worker_as_deployment.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    if facts.pod.life != Life::LongRunning || !object.is_whole() {
        return;
    }
    let main: Vec<_> = facts.main().filter(|one| !one.is_helper()).collect();
    let [one] = main.as_slice() else { return };
    let Some(proof) = one.ends_when_done(facts.programs) else { return };
    let kind = &object.id.kind;
    let saying = found
        .at(one.node_of(&proof), format!("`{}` exits when its work is done, and the {kind} restarts it", one.name()))
        .here(proof.shows)
        .because(format!(
            "the Pods of a {kind} are restarted whenever they exit, even after success, with growing \
             delays (CrashLoopBackOff); work that ends belongs in a Job (kubernetes/website: concepts/workloads/controllers/job)"
        ))
        .help("make it a Job, or a CronJob if it runs on a schedule, or let it wait for more work");
    if let Some(kind) = object.document.get(object.node, "kind") {
        saying.and(kind, "keeps its Pods running");
    }
}
