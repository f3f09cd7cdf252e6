use super::{is_plain, wrong_types};
use crate::diagnostic::Edit;
use crate::kube::{Object, Path, ProblemKind};
use crate::rules::{Check, Findings, Rule, text};
use crate::yaml::{NodeId, Resolved, Span, Style, Value, edit, resolve_plain};

/// A value of another type than its field.
pub static RULE: Rule = rule!("wrong_type.md", Error, Check::Object(check), fixes);

fn check(object: &Object, found: &mut Findings<'_>) {
    for (node, expected) in wrong_types(object) {
        let is_collection = matches!(object.document.value(node), Value::List(_) | Value::Map(_));
        // Plain scalars where a string belongs are norway and number-where-string.
        let has_own_rule = expected == "a string" && !is_collection && is_plain(object, node);
        if has_own_rule || object.is_hole(node) {
            continue;
        }
        say(object, node, expected, found);
    }
    for problem in object.lasting_problems() {
        let ProblemKind::Malformed { expected } = &problem.kind else { continue };
        if object.is_hole(problem.node) {
            continue;
        }
        let (subject, many) = text::subject(&Path::between(&object.document, object.node, problem.node));
        let is_noun = expected.starts_with("a ") || expected == "base64";
        let what = if is_noun { expected.as_str() } else { "text in another format" };
        let saying = found
            .at(problem.node, format!("{subject} {} {what}", if many { "want" } else { "wants" }))
            .because("the API server's decoder refuses the whole object");
        if expected == "base64" && object.id.kind == "Secret" {
            saying.help("encode it, or write it as plain text under `stringData`");
        }
    }
}

fn say(object: &Object, node: NodeId, expected: &str, found: &mut Findings<'_>) {
    let document = &object.document;
    let path = Path::between(document, object.node, node);
    let (subject, many) = text::subject(&path);
    let verb = if many { "want" } else { "wants" };
    let is_number = matches!(document.value(node), Value::Int(_) | Value::Uint(_) | Value::Float(_));
    let expected_noun = expected.strip_prefix("a number that fits ").map_or_else(
        || expected.to_owned(),
        |width| format!("a whole number of {} bits", width.trim_start_matches(['i', 'u'])),
    );
    let is = match document.value(node) {
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => text::reading(object, node),
        other => format!("a {}", other.type_name()),
    };
    let kind = object.id.kind.to_lowercase();
    let explain = format!("kubectl explain {}", [&[kind.as_str()], path.fields().as_slice()].concat().join("."));
    let saying = found
        .at(node, format!("{subject} {verb} {expected_noun}, but this is {is}"))
        .because("the API server refuses an object with a value of another type");
    if let Some(value) = old_boolean(object, node).filter(|_| expected == "a boolean") {
        saying
            .here("kustomize reads a string")
            .because(
                "kustomize reads YAML 1.2, where only true and false are booleans; the API server refuses a text here",
            )
            .help(format!("write `{value}`"));
    } else if let Some(edits) = without_quotes(object, node, expected) {
        saying.here("without the quotes it is").fix("remove the quotes", edits);
    } else if is_name_in_braces(object, node) {
        saying.here("a placeholder, which YAML reads as a map").help("fill it in, or write it in quotes");
    } else if let Some(letter) = letter_after_colon(object, node) {
        saying
            .here(format!("{letter} follows the colon"))
            .help("write a plain space there, which makes it a key and its value");
    } else if is_number {
        saying.help(explain);
    } else {
        let what = if many { "each of them" } else { "it" };
        saying.here(format!("{what} has to be {expected_noun}")).help(explain);
    }
}

/// Whether it is a map of one key without a value in braces: `{name}`.
fn is_name_in_braces(object: &Object, node: NodeId) -> bool {
    let raw = object.document.raw(node);
    let inside = raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let is_sign = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    inside.is_some_and(|inside| !inside.trim().is_empty() && inside.trim().chars().all(is_sign))
}

/// The boolean that kubectl would read where kustomize has read a text.
fn old_boolean(object: &Object, node: NodeId) -> Option<bool> {
    let text = object.document.str(node).filter(|_| is_plain(object, node))?;
    match resolve_plain(text) {
        Resolved::Bool(value) => Some(value),
        _ => None,
    }
}

/// What looks like a space after the colon of a plain text, so that YAML sees no key in it.
fn letter_after_colon(object: &Object, node: NodeId) -> Option<String> {
    let text = object.document.str(node).filter(|_| is_plain(object, node))?;
    text.split(':').skip(1).find_map(|after| text::look_alike(&after[..after.chars().next()?.len_utf8()]))
}

/// Taking the quotes off, where what is in them is of the right type.
fn without_quotes(object: &Object, node: NodeId, expected: &str) -> Option<Vec<Edit>> {
    let document = &object.document;
    let is_quoted = document.style(node) != Style::Plain && edit::is_bare(document, node);
    let content = document.str(node).filter(|_| is_quoted)?;
    let fits = match resolve_plain(content) {
        Resolved::Bool(_) => expected == "a boolean",
        Resolved::Int(_) => expected == "a whole number" || expected == "a number",
        Resolved::Float(_) => expected == "a number",
        _ => false,
    };
    let span = document.span(node).range();
    let is_bare = document.raw(node).len() == content.len() + 2;
    (fits && is_bare).then(|| {
        let remove = |at| Edit::replace(Span::new(at, at + 1), "");
        vec![remove(span.start), remove(span.end - 1)]
    })
}
