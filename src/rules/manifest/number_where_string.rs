use super::{in_quotes, is_plain, wrong_types};
use crate::kube::{Object, Path};
use crate::rules::{Check, Findings, Rule, text};
use crate::yaml::Value;

/// A number where a string belongs.
pub static RULE: Rule = rule!("number_where_string.md", Error, Check::Object(check), fixes);

fn check(object: &Object, found: &mut Findings<'_>) {
    for (node, expected) in wrong_types(object) {
        let is_number = matches!(object.document.value(node), Value::Int(_) | Value::Uint(_) | Value::Float(_));
        if expected != "a string" || !is_number || !is_plain(object, node) {
            continue;
        }
        let (subject, many) = text::subject(&Path::between(&object.document, object.node, node));
        let tail = if many { "are strings" } else { "is a string" };
        let what = text::shown(object, node);
        let message = if what == "this value" || what == format!("`{}`", object.document.to_json(node)) {
            format!("{what} is a number, but {subject} {tail}")
        } else {
            format!("kubectl reads {what} as {}, but {subject} {tail}", text::reading(object, node))
        };
        let saying = found
            .at(node, message)
            .because("kubectl sends it as a JSON number, and the API server does not accept a number for a string")
            .quote(node);
        saying.here(in_quotes(object, node, &what));
    }
}
