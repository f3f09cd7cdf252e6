use crate::kube::{ContainerView, references};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;

/// A variable that refers to one which is defined below it.
pub static RULE: Rule = rule!("variable_before_its_definition.md", Warning, Check::Container(check));

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let container = view.container;
    let is_open = container.env_from.as_ref().is_some_and(|all| !all.is_empty());
    if view.pod.object.is_patch || is_open || !view.pod.keeps(&["spec.containers.env"]) {
        return;
    }
    let variables: Vec<_> = parts::variables(&view).collect();
    for (at, (variable, node)) in variables.iter().enumerate() {
        // most hold no reference, and a list may be long
        let Some(value) = variable.value.as_deref().filter(|value| value.contains("$(")) else { continue };
        for (_, name) in references(value) {
            if is_of_a_service(name) || variables[..at].iter().any(|(other, _)| other.name == name) {
                continue;
            }
            // one that refers to itself refers to what is there before
            let below = variables.iter().skip(at + 1).find(|(other, _)| other.name == name);
            let Some((_, below)) = below else { continue };
            let document = &view.pod.object.document;
            let shown = document.get(*node, "value").unwrap_or(*node);
            found
                .at(shown, format!("`{}` gets `$({})` as text", clip(&variable.name), clip(name)))
                .here("not defined yet")
                .and(document.get(*below, "name").unwrap_or(*below), "defined below")
                .because(
                    "the kubelet expands variables in their order, and leaves a reference to a later one as it is \
                     (kubernetes/website: tasks/inject-data-application/define-interdependent-environment-variables)",
                )
                .help(format!("move `{}` above `{}`", clip(name), clip(&variable.name)));
            break;
        }
    }
}

/// Whether the kubelet may define a variable for a Service before all others: `SHOP_SERVICE_HOST`, `SHOP_PORT_80_TCP`.
fn is_of_a_service(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.contains("_PORT_")
}
