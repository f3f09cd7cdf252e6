use crate::diagnostic::Label;
use crate::facts::shards::lists;
use crate::kube::Index;
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// Shards by the names of a StatefulSet's Pods, on a Deployment.
pub static RULE: Rule = rule!("shards_on_deployment.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for list in lists(index).iter().filter(|list| list.is_hashed) {
        let holder = list.file.object;
        let Some(deployment) = index.find(holder, "Deployment", list.names.set) else { continue };
        if index.has(holder, "StatefulSet", list.names.set) {
            continue;
        }
        let Some((_, host)) = list.names.pods.first() else { continue };
        let kind = deployment.document.get(deployment.node, "kind").unwrap_or(deployment.node);
        found
            .about(deployment)
            .at(kind, format!("the shards `{}` have no stable names", clip(&deployment.id.name)))
            .here("its Pods have random names")
            .label(Label::span(&holder.document.source, list.span(host), "names one of them"))
            .because("only a StatefulSet gives its Pods stable names that resolve (kubernetes/website: concepts/workloads/controllers/statefulset)")
            .help("make it a StatefulSet with a headless Service");
    }
}
