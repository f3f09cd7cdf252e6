use crate::diagnostic::Edit;
use crate::facts::literal::literals;
use crate::facts::{PodFacts, Proof};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;
use crate::yaml::Span;

/// A word of a command line that names a variable as a shell would, where no shell reads it.
pub static RULE: Rule = rule!("variable_without_parentheses.md", Warning, Check::Facts(check), fixes);

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let is_changed = facts.pod.is_changed(&["spec.containers.command", "spec.containers.args", "spec.containers.env"]);
    if facts.pod.object.is_patch || is_changed || parts::is_windows(facts.pod) {
        return;
    }
    for member in &facts.members {
        let Some(program) = member.line.only().map(|only| clip(&only.name)) else { continue };
        for literal in literals(member) {
            let (written, name) = (clip(&literal.written), clip(&literal.name));
            let document = &literal.place.object.document;
            let raw = document.raw(literal.place.node);
            let mut places = raw.match_indices(literal.written.as_str());
            let only = places.next().filter(|_| places.next().is_none());
            let edit = only.map(|(at, written)| {
                let start = document.span(literal.place.node).range().start + at;
                Edit::replace(Span::new(start, start + written.len()), format!("$({})", literal.name))
            });
            let saying = found
                .at(literal.place.node, format!("`{program}` gets `{written}` as text"))
                .here("no shell expands this")
                .because(
                    "the kubelet replaces only `$(NAME)`, and a list is run without a shell (kubernetes/website: \
                     tasks/inject-data-application/define-command-argument-container)",
                )
                .help(format!("write `$({name})`"));
            let saying = match member.environment.get(&literal.name) {
                Some(word) => saying.label(Proof::new(word.place, "").label("the variable")),
                None => saying,
            };
            saying.unsafe_fix_if("let the kubelet insert the value", edit.map(|edit| vec![edit]));
        }
    }
}
