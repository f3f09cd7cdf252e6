use crate::kube::{FastSet, Object};
use crate::rules::{Check, Findings, Rule, text};
use crate::words::{clip, nearest};
use crate::yaml::NodeId;

/// A Workflow of Argo that calls a template that it does not have.
pub static RULE: Rule = rule!("no_such_template.md", Error, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let (document, kind) = (&object.document, object.id.kind.as_str());
    let path: &[&str] = match kind {
        "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" => &["spec"],
        "CronWorkflow" => &["spec", "workflowSpec"],
        _ => return,
    };
    if object.id.group() != "argoproj.io" || !object.keeps(&["spec"]) {
        return;
    }
    let Some(spec) = document.at(object.node, path) else { return };
    let items = |node: NodeId, field: &str| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let templates = items(spec, "templates");
    // one that another object defines has its templates there
    if templates.is_empty() || document.get(spec, "workflowTemplateRef").is_some() {
        return;
    }
    let names: Option<FastSet<&str>> = templates.iter().map(|one| document.get_str(*one, "name")).collect();
    let Some(names) = names.filter(|names| !names.iter().any(|name| text::is_placeholder(name))) else { return };
    let mut calls: Vec<NodeId> = document.get(spec, "entrypoint").into_iter().collect();
    for template in templates {
        // the steps that run at once are a list of their own
        let steps = items(*template, "steps").iter().flat_map(|group| document.items(*group));
        let tasks = document.get(*template, "dag").map_or(&[][..], |dag| items(dag, "tasks"));
        calls.extend(steps.chain(tasks).filter_map(|one| {
            let is_elsewhere = document.get(*one, "templateRef").is_some() || document.get(*one, "inline").is_some();
            document.get(*one, "template").filter(|_| !is_elsewhere)
        }));
    }
    let is_known = |name: &str| name.is_empty() || text::is_placeholder(name) || names.contains(name);
    let missing = calls.into_iter().filter_map(|node| Some((node, document.str(node)?)));
    for (node, name) in missing.filter(|(_, name)| !is_known(name)).take(SAID) {
        let saying = found
            .at(node, format!("this {kind} has no template `{}`", clip(name)))
            .because(
                "Argo Workflows looks up templates by name among those of the object, and refuses what calls one that is \
                 not there (argoproj/argo-workflows: workflow/validate/validate.go; \
                 workflow/templateresolution/context.go, GetTemplateByName)",
            )
            .help("write the name of one of its `templates`, or add this one");
        let known = templates.iter().filter_map(|one| document.get_str(*one, "name"));
        if let Some(like) = nearest(name, known) {
            saying.here(format!("did you mean `{}`?", clip(like)));
        }
    }
}

/// How many calls of one object are reported.
const SAID: usize = 32;
