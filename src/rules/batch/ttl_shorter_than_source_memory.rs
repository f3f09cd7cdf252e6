use crate::diagnostic::Label;
use crate::facts::{PodFacts, Role};
use crate::rules::{Check, Findings, Rule};

/// A work queue whose finished Jobs vanish while the source still lists their items.
pub static RULE: Rule = rule!("ttl_shorter_than_source_memory.md", Warning, Check::Facts(check));

const FIELD: &str = "ttlSecondsAfterFinished";

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for one in facts.members.iter().filter(|one| one.role == Role::QueueManager) {
        for file in &one.configs.files {
            let text = file.text();
            let Some(at) = text.find(FIELD).filter(|_| text.contains("kind: Job")) else { continue };
            let span = file.place(at..at + FIELD.len()).span();
            let label = Label::span(&file.object.document.source, span, "this deletes the finished Job");
            found
                .at(one.container.name_node(), format!("`{}` processes an item again once its Job has been deleted", one.name()))
                .here("takes existing Jobs as the record of what has been done")
                .label(label)
                .because(
                    "the queue's only record is the Jobs in the cluster: an item without a Job is \
                     new, as long as the source lists it",
                )
                .help("remove `ttlSecondsAfterFinished` from the template; `--keep-done` deletes Jobs whose items are no longer listed");
        }
    }
}
