use super::{in_quotes, is_plain, wrong_types};
use crate::kube::{Object, Path, ProblemKind};
use crate::rules::{Check, Findings, Rule, text};
use crate::yaml::Value;

/// A word that YAML 1.1 reads as a boolean, where a string belongs.
pub static RULE: Rule = rule!("norway.md", Error, Check::Object(check), fixes);

fn check(object: &Object, found: &mut Findings<'_>) {
    for (node, expected) in wrong_types(object) {
        let Value::Bool(value) = object.document.value(node) else { continue };
        if expected != "a string" || !is_plain(object, node) {
            continue;
        }
        let (subject, many) = text::subject(&Path::between(&object.document, object.node, node));
        let what = text::shown(object, node);
        let reading = text::reading(object, node);
        let tail = if many { "are strings" } else { "is a string" };
        let message = if what == format!("`{value}`") {
            format!("{what} is a boolean, but {subject} {tail}")
        } else {
            format!("kubectl reads {what} as {reading}, but {subject} {tail}")
        };
        let saying = found.at(node, message).quote(node).because(
            "kubectl reads YAML 1.1, where yes, no, on, off, y and n are booleans; the API server refuses a boolean here",
        );
        saying.here(in_quotes(object, node, &what));
    }
    for problem in object.lasting_problems().filter(|problem| matches!(problem.kind, ProblemKind::BooleanKey)) {
        let raw = object.document.raw(problem.node);
        let Value::Bool(value) = object.document.value(problem.node) else { continue };
        found
            .at(problem.node, format!("kubectl reads the key `{raw}` as the boolean {value}, so the key becomes `{value}`"))
            .here(format!("write \"{raw}\""))
            .because("kubectl reads YAML 1.1, where yes, no, on, off, y and n are booleans, also as keys; nothing rejects this")
            .quote(problem.node);
    }
}
