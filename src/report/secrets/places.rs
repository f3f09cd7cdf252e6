//! Where secrets are in a file.

use std::collections::HashSet;

use crate::command_secrets::{self, Words};
use crate::kube::{File, Object, PodView, RefusedSecrets, names_a_secret};
use crate::words::{is_placeholder, is_secret_header, is_secret_name};
use crate::yaml::{Document, Entry, NodeId, Source, Span, Value};

/// All that is to be hidden in a file, in no order.
pub(super) fn hidden(file: &File) -> Vec<Span> {
    let source = &file.source;
    let mut hidden: Vec<Span> =
        command_secrets::in_text(&source.text).map(|range| Span::new(range.start, range.end)).collect();
    file.objects.iter().for_each(|object| by_name(object, &mut hidden));
    file.documents.iter().for_each(|document| of_description(document, &mut hidden));
    file.documents.iter().for_each(|document| of_duplicates(document, &mut hidden));
    if !file.refusals.is_empty() {
        let secrets = RefusedSecrets::of(&source.text);
        hidden.extend(secrets.by_name());
        let mut known = HashSet::new();
        for refusal in &file.refusals {
            hidden.extend(secrets.around(refusal.span).take_while(|span| known.insert(*span)));
        }
    }
    if !names_a_secret(&source.text) {
        return hidden;
    }
    for object in file.objects.iter().filter(|object| object.id.kind == "Secret") {
        of_secret(&object.document, object.node, &mut hidden);
    }
    // What kubectl drops after a Secret may be the rest of it.
    for document in file.objects.iter().filter(|object| object.id.kind == "Secret").map(|object| &object.document) {
        hidden.extend(document.dropped);
    }
    hidden
}

/// Values under names that say what they hold: variables and headers of containers, keys and lines of a `ConfigMap`.
fn by_name(object: &Object, hidden: &mut Vec<Span>) {
    let document = &object.document;
    let containers = || object.pods().flat_map(PodView::containers);
    let variables = containers().filter_map(|view| view.at(&["env"]));
    for variable in variables.flat_map(|env| document.items(env)) {
        if document.get_str(*variable, "name").is_some_and(is_secret_name) {
            // a key that is misspelled holds it as well
            let values = document.entries(*variable).iter();
            let values = values.filter(|entry| !matches!(document.key(entry).as_ref(), "name" | "valueFrom"));
            hidden.extend(values.map(|entry| document.span(entry.value())));
        }
    }
    let headers = |path: &'static [&'static str]| containers().filter_map(move |view| view.at(path));
    for header in HEADERS.iter().flat_map(|path| headers(path)).flat_map(|list| document.items(list)) {
        if document.get_str(*header, "name").is_some_and(is_secret_header) {
            hidden.extend(document.get(*header, "value").map(|value| document.span(value)));
        }
    }
    if object.id.kind == "ConfigMap" {
        for entry in document.get(object.node, "data").map(|data| document.entries(data)).unwrap_or_default() {
            let value = document.span(entry.value());
            if is_secret_name(&document.key(entry)) {
                hidden.push(value);
            } else {
                of_settings(&document.source, value, hidden);
            }
        }
    }
    for container in containers() {
        of_command(document, &[container.at(&["command"]), container.at(&["args"])], hidden);
        for path in COMMANDS {
            of_command(document, &[container.at(path)], hidden);
        }
    }
}

/// A command, in the lists that make it up one after the other.
fn of_command(document: &Document, lists: &[Option<NodeId>], hidden: &mut Vec<Span>) {
    let mut words = Words::default();
    for list in lists.iter().flatten() {
        match document.value(*list) {
            Value::List(items) => items.iter().for_each(|item| of_argument(document, *item, &mut words, hidden)),
            _ => of_argument(document, *list, &mut words, hidden),
        }
    }
}

/// Where commands of a container are that run beside its own.
const COMMANDS: [&[&str]; 5] = [
    &["livenessProbe", "exec", "command"],
    &["readinessProbe", "exec", "command"],
    &["startupProbe", "exec", "command"],
    &["lifecycle", "postStart", "exec", "command"],
    &["lifecycle", "preStop", "exec", "command"],
];

/// What a description holds of secrets, rightly or not: Secrets under `extra` and `patch`, and values under names of
/// variables and parameters that say so. What names a Secret stays readable.
fn of_description(document: &Document, hidden: &mut Vec<Span>) {
    let root = document.root();
    if document.get(root, "patterns").is_none() {
        return;
    }
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        waiting.extend(document.items(node).iter().copied());
        let text = |key: &str| document.get_str(node, key).unwrap_or_default();
        if text("kind") == "Secret" {
            of_secret(document, node, hidden);
        } else if text("object").starts_with("Secret/") {
            let changes = document.entries(node).iter().filter(|entry| document.key(entry) != "object");
            changes.for_each(|entry| scalars_of(document, entry.value(), hidden));
        }
        of_command(document, &[document.get(node, "command"), document.get(node, "args")], hidden);
        for key in ["before-stop", "after-start"] {
            of_command(document, &[document.get(node, key)], hidden);
        }
        let of_names = |map: NodeId, hidden: &mut Vec<Span>| {
            let named = document.entries(map).iter().filter(|entry| is_secret_name(&document.key(entry)));
            named.for_each(|entry| scalars_of(document, entry.value(), hidden));
        };
        for entry in document.entries(node) {
            match document.key(entry).as_ref() {
                "env" | "params" => of_names(entry.value(), hidden),
                "configmaps" => {
                    for map in document.entries(entry.value()) {
                        of_names(map.value(), hidden);
                        let texts = document.entries(map.value()).iter().map(|entry| document.span(entry.value()));
                        texts.for_each(|text| of_settings(&document.source, text, hidden));
                    }
                }
                _ => {}
            }
            waiting.push(entry.value());
        }
    }
}

/// The values below a node, without those that only name a Secret or a type.
fn scalars_of(document: &Document, node: NodeId, hidden: &mut Vec<Span>) {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        let below = document.entries(node).iter().filter(|entry| document.key(entry) != "type");
        waiting.extend(document.items(node).iter().copied().chain(below.map(|entry| entry.value())));
        let is_scalar = !matches!(document.value(node), Value::Map(_) | Value::List(_) | Value::Null | Value::Bool(_));
        if is_scalar && !document.source.slice(document.span(node)).trim_matches(['"', '\'']).starts_with("secret/") {
            hidden.push(document.span(node));
        }
    }
}

/// What a later key of the same name overrides is as secret as what is kept.
fn of_duplicates(document: &Document, hidden: &mut Vec<Span>) {
    let spans: HashSet<Span> =
        if document.duplicates.is_empty() { HashSet::new() } else { hidden.iter().copied().collect() };
    for duplicate in &document.duplicates {
        let values = [duplicate.lost, duplicate.kept].map(|entry| document.span(entry.value()));
        if is_secret_name(&document.key(&duplicate.lost)) || values.iter().any(|span| spans.contains(span)) {
            hidden.extend(values);
        }
    }
}

/// Where a container's headers are.
const HEADERS: [&[&str]; 5] = [
    &["livenessProbe", "httpGet", "httpHeaders"],
    &["readinessProbe", "httpGet", "httpHeaders"],
    &["startupProbe", "httpGet", "httpHeaders"],
    &["lifecycle", "postStart", "httpGet", "httpHeaders"],
    &["lifecycle", "preStop", "httpGet", "httpHeaders"],
];

/// Lines of a file of settings: `spring.datasource.password=…`, `password: …`.
fn of_settings(source: &Source, value: Span, hidden: &mut Vec<Span>) {
    let mut at = value.range().start;
    for line in source.slice(value).split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(end) = line.find(['=', ':']) else { continue };
        let setting = line[end + 1..].trim();
        if is_secret_name(line[..end].trim_matches([' ', '\t', '-', '"', '\'']))
            && !setting.is_empty()
            && !is_placeholder(setting)
        {
            hidden.push(Span::new(start + end + 1, at));
        }
    }
}

/// What an element of a command holds, which may be a whole script.
fn of_argument(document: &Document, item: NodeId, words: &mut Words, hidden: &mut Vec<Span>) {
    let span = document.span(item);
    let text = document.source.slice(span);
    let mut at = 0;
    for word in text.split_inclusive([' ', '\n', '\t', '"', '\'', ';', '|', '&', '`', '(', ')']) {
        let bare = word.trim_end_matches([' ', '\n', '\r', '\t', '"', '\'', ';', '|', '&', '`', ')']);
        if let Some(from) = (!bare.is_empty()).then(|| words.secret_from(bare)).flatten() {
            let start = span.range().start + at;
            hidden.push(Span::new(start + from, start + bare.len()));
        }
        at += word.len();
    }
}

/// All that a Secret holds.
fn of_secret(document: &Document, secret: NodeId, hidden: &mut Vec<Span>) {
    let lost = document.duplicates.iter().flat_map(|duplicate| [duplicate.lost, duplicate.kept]);
    let entries = document.entries(secret).iter().copied().chain(lost.clone());
    let annotations = document.at(secret, &["metadata", "annotations"]);
    // `stringdata` is misspelled, and holds what `stringData` would
    let is_plain = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata" | "type" | "immutable");
    let kept = entries.filter(|entry| !is_plain(&document.key(entry)));
    for node in kept.map(Entry::value).chain(annotations) {
        let keys = document.entries(node).iter().copied().chain(lost.clone());
        hide_between_keys(document, node, keys, hidden);
    }
}

/// Hides a map's bytes but for its keys: this covers values in every style, and those that a later
/// duplicate overrides.
fn hide_between_keys(document: &Document, map: NodeId, keys: impl Iterator<Item = Entry>, hidden: &mut Vec<Span>) {
    let whole = document.span(map);
    let mut visible: Vec<Span> = keys.map(|entry| document.span(entry.key)).collect();
    visible.extend(document.comments.iter().map(|comment| comment.span));
    visible.retain(|span| whole.contains(*span));
    visible.sort_unstable();
    let mut at = whole.range().start;
    for span in visible {
        hidden.push(Span::new(at, span.range().start));
        at = span.range().end;
    }
    hidden.push(Span::new(at, whole.range().end));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn secrets_of_commands_are_hidden() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: b\n\
                    \x20   command: [sh, -c, \"MYSQL_PWD=hunter2 mysql\"]\n\
                    \x20   args: [--password=hunter3, '--db-password', \"hunter4\", mysql, -phunter5, '--token=$(T)']\n\
                    \x20 - name: b\n    image: b\n    args: [mkdir, -p, a]\n";
        let source = Arc::new(Source::from_text("a.yaml", text));
        let shown: Vec<&str> = hidden(&File::read(&source)).iter().map(|span| source.slice(*span)).collect();
        assert_eq!(shown, ["hunter2", "hunter3", "hunter4", "hunter5"]);
    }
}
