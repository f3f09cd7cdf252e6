use crate::diagnostic::{Label, Level, RuleId};
use crate::kube::Index;
use crate::recognise::{self, Role, config};
use crate::rules::{Check, FoundAnywhere, Rule};

/// A work queue whose finished Jobs vanish while the source still lists their items.
pub static RULE: Rule = Rule {
    id: RuleId { name: "ttl-shorter-than-source-memory", family: "batch" },
    level: Level::Warning,
    page: include_str!("ttl_shorter_than_source_memory.md"),
    check: Check::Workspace(check),
};

const FIELD: &str = "ttlSecondsAfterFinished";

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    if !index.kind("ConfigMap").iter().any(|map| map.document.raw(map.node).contains(FIELD)) {
        return;
    }
    for pod in index.all().iter().flat_map(|object| object.pods()) {
        let object = pod.object;
        for one in recognise::containers_among(pod, index).iter().filter(|one| one.role == Role::QueueManager) {
            for file in config::configs(&one.container, index).files {
                if !file.text.contains("kind: Job") || !file.text.contains(FIELD) {
                    continue;
                }
                let label =
                    Label::span(&file.object.document.source, file.span(FIELD), "the finished Job is deleted by this");
                found
                    .about(object)
                    .at(one.container.name_node(), format!("`{}` does an item again once its Job has been deleted", one.name()))
                    .here("takes the Jobs that are there for what has been done")
                    .label(label)
                    .because(
                        "the queue's only memory is the cluster's Jobs: an item without a Job is new, as long as the source \
                         lists it",
                    )
                    .help("remove `ttlSecondsAfterFinished` from the template; `--keep-done` deletes Jobs whose items are no longer listed");
            }
        }
    }
}
