//! Where secrets are in a file.

mod whole;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::keys::{
    Around, is_described, is_kind_of_secrets, is_name_of_secret, is_of_variable, is_reference_key, is_value_key,
    is_variables,
};
use crate::command_secrets::Words;
use crate::kube::{File, RefusedSecrets, names_a_secret};
use crate::secret_texts::{by_form, by_name, is_plain, is_secret_in_header, of_words};
use crate::words::{is_secret_header, is_secret_name};
use crate::yaml::{Document, Entry, Key, Keys, NodeId, Source, Span, Value};
use whole::{of_duplicates, of_secret, scalars_of};

/// All that is to be hidden in a file, in no order.
pub(super) fn hidden(file: &File) -> Vec<Span> {
    let source = &file.source;
    let mut places = Places { hidden: by_form(&source.text).into_iter().map(span).collect(), ..Places::new(None) };
    file.documents.iter().for_each(|document| places.of_document(document));
    places.of_comments(source, Span::new(0, source.text.len()));
    let mut hidden = places.hidden;
    file.documents.iter().for_each(|document| of_duplicates(document, &mut hidden));
    if !file.refusals.is_empty() {
        let secrets = RefusedSecrets::of(&source.text);
        hidden.extend(secrets.by_name());
        let mut known = HashSet::new();
        for refusal in &file.refusals {
            hidden.extend(secrets.around(refusal.span).take_while(|span| known.insert(*span)));
        }
    }
    if names_a_secret(&source.text) {
        // What kubectl drops after a Secret may be the rest of it.
        for object in file.objects.iter().filter(|object| object.id.kind == "Secret") {
            of_secret(&object.document, object.node, &mut hidden);
            hidden.extend(object.document.dropped());
        }
    }
    hidden
}

/// All that is secret in an object, in no order.
pub(super) fn in_node(document: &Document, node: NodeId) -> Vec<Span> {
    let mut places = Places { shows_cookies: true, ..Places::new(None) };
    places.by_form(&document.source, document.span(node));
    places.of_node(document, node);
    places.hidden
}

/// Whether what is to be hidden at one place of a file can be told without the rest of the file.
pub(super) fn can_be_told_apart(file: &File) -> bool {
    file.refusals.is_empty()
        && !has_scattered_key(&file.source.text)
        && file.documents.iter().all(|document| document.duplicates.is_empty() && !document.has_aliases())
        && file.objects.iter().all(|object| object.id.kind != "Secret" || object.document.dropped().is_none())
}

/// Whether a key may begin in one text and end in another: in the comments of several lines, or without an end.
fn has_scattered_key(text: &str) -> bool {
    const BEGIN: &str = "-----BEGIN ";
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BEGIN));
    FINDER.find_iter(text.as_bytes()).any(|at| {
        let line = memchr::memrchr(b'\n', &text.as_bytes()[..at]).unwrap_or_default();
        let Some((head, rest)) = text[at + BEGIN.len()..].split_once("-----") else { return true };
        let Some((key, _)) = rest.split_once("-----END") else { return true };
        text[line..at].contains('#') || [head, key].iter().any(|part| part.contains([':', '-', '#', ',']))
    })
}

/// What is to be hidden in these lines of a file that can be told apart, in no order: in the texts that reach into them,
/// these are looked through as a whole.
pub(super) fn hidden_near(file: &File, near: Span) -> Vec<Span> {
    let source = &file.source;
    let mut places = Places::new(Some(near));
    places.by_form(source, near);
    file.documents.iter().filter(|document| overlap(document.span, near)).for_each(|document| {
        places.of_document(document);
    });
    places.of_comments(source, near);
    let mut hidden = places.hidden;
    let secrets = file.objects.iter().filter(|object| object.id.kind == "Secret");
    let here = secrets.filter(|object| overlap(object.document.span(object.node), near));
    here.for_each(|object| of_secret(&object.document, object.node, &mut hidden));
    hidden
}

fn overlap(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}

fn span(range: Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

/// The places of secrets in documents, found by what names them: a key, a `name` beside it, an option before it.
struct Places {
    hidden: Vec<Span>,
    /// The only lines that are asked about.
    near: Option<Span>,
    /// Whether a cookie is a secret only where its name says so. Most of a check's only keep it out of the statistics; a
    /// report hides them all the same.
    shows_cookies: bool,
}

impl Places {
    fn new(near: Option<Span>) -> Self {
        Self { hidden: Vec::new(), near, shows_cookies: false }
    }

    fn of_document(&mut self, document: &Document) {
        self.of_node(document, document.root());
        // what a later key of the same name overrides is shown, too
        for duplicate in &document.duplicates {
            let mut waiting = Vec::new();
            self.of_map(document, duplicate.lost.value(), &[duplicate.lost], Around::Plain, &mut waiting);
            self.walk(document, false, waiting);
        }
    }

    /// What is in an object, which a document may have several of.
    fn of_node(&mut self, document: &Document, root: NodeId) {
        // schemas say what values are like, and hold none
        let is_schema = document.get_str(root, "kind") == Some("CustomResourceDefinition");
        self.walk(document, is_schema, vec![(root, Around::Plain)]);
    }

    fn walk(&mut self, document: &Document, is_schema: bool, mut waiting: Vec<(NodeId, Around)>) {
        while let Some((node, around)) = waiting.pop() {
            match document.value(node) {
                Value::Map(entries) if !is_schema => self.of_map(document, node, entries, around, &mut waiting),
                Value::Map(entries) => {
                    let values = entries.iter().map(|entry| entry.value());
                    waiting.extend(values.filter(|value| !self.is_far(document, *value)).map(|value| (value, around)));
                }
                Value::List(items) => {
                    let near = items.iter().filter(|item| !self.is_far(document, **item));
                    waiting.extend(near.map(|item| (*item, around)));
                    self.of_words(document, &[Some(node)]);
                }
                _ => self.of_scalar(document, node, around),
            }
        }
    }

    /// Whether a node has nothing to say of the lines that are asked about: then no alias is in the file.
    fn is_far(&self, document: &Document, node: NodeId) -> bool {
        self.near.is_some_and(|near| !overlap(document.span(node), near))
    }

    fn by_form(&mut self, source: &Source, whole: Span) {
        let at = whole.range().start;
        let found = by_form(source.slice(whole)).into_iter();
        self.hidden.extend(found.map(|range| span(at + range.start..at + range.end)));
    }

    /// What is commented out is as secret as what is not.
    fn of_comments(&mut self, source: &Source, within: Span) {
        let text = source.text.as_bytes();
        let (start, end) = (within.range().start, within.range().end);
        let mut seen = 0;
        for at in memchr::memchr_iter(b'#', &text[start..end]).map(|at| start + at) {
            let is_comment = at.checked_sub(1).is_none_or(|before| text[before].is_ascii_whitespace());
            if at < seen || !is_comment {
                continue;
            }
            seen = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
            self.of_text(source, Span::new(at + 1, seen));
        }
    }

    fn of_map(
        &mut self,
        document: &Document,
        map: NodeId,
        entries: &[Entry],
        around: Around,
        waiting: &mut Vec<(NodeId, Around)>,
    ) {
        let keys = Keys::of(entries);
        let get = |key: &str| keys.may_have(Key::new(key)).then(|| document.get(map, key)).flatten();
        let get_str = |key: &str| get(key).and_then(|node| document.str(node));
        let kind = get_str("kind").or_else(|| get_str("Kind"));
        if self.is_secret_object(document, map, kind, get_str("object")) {
            return;
        }
        let name = ["name", "key"].into_iter().find_map(get_str).unwrap_or_default();
        let is_header = || {
            let value = get_str("value").unwrap_or_default();
            is_secret_header(name) && (!self.shows_cookies || is_secret_in_header(name, value))
        };
        let is_named = is_secret_name(name) || around == Around::Headers && is_header();
        let args = get("args").map(|args| [get("command"), Some(args)]);
        if let Some(lists) = args.filter(|lists| lists.iter().flatten().any(|list| !self.is_far(document, *list))) {
            self.of_words(document, &lists);
        }
        // a reference has more to say than the name
        let is_reference = || ["mount", "secretName", "secretRef"].into_iter().any(|key| get(key).is_some());
        let is_config_map = kind == Some("ConfigMap");
        for entry in entries {
            let value = entry.value();
            if self.is_far(document, value) {
                continue;
            }
            let key = document.key(entry);
            if key == "kubectl.kubernetes.io/last-applied-configuration" {
                self.hidden.push(document.span(value));
                continue;
            }
            let name = key.bytes().rposition(|byte| byte == b'/').map_or(&*key, |at| &key[at + 1..]);
            let below = match document.value(value) {
                Value::Map(_) | Value::List(_) if is_reference_key(&key) => Around::Plain,
                _ if is_named && (is_value_key(&key) || around == Around::Variables && is_of_variable(&key)) => {
                    Around::Secret
                }
                Value::Map(_) | Value::List(_) if is_variables(&key) => Around::Variables,
                Value::Map(_) if is_config_map && key == "data" => Around::Variables,
                Value::Map(_) if around == Around::Variables && !is_secret_name(name) => Around::Variables,
                Value::List(_) if key == "httpHeaders" => Around::Headers,
                _ if is_secret_name(name) && !(name.eq_ignore_ascii_case("secret") && is_reference()) => {
                    if is_name_of_secret(document, name, value, around) {
                        Around::Plain
                    } else {
                        Around::Secret
                    }
                }
                _ if around == Around::Secret && !is_described(&key) => Around::Secret,
                _ if key.eq_ignore_ascii_case("stringData") => Around::Secret,
                _ => Around::Plain,
            };
            waiting.push((value, below));
        }
    }

    /// Whether a map is a Secret, or a patch of one in a description; what it holds is hidden then.
    fn is_secret_object(&mut self, document: &Document, map: NodeId, kind: Option<&str>, object: Option<&str>) -> bool {
        let is_kind = kind.is_some_and(is_kind_of_secrets);
        if is_kind && ["metadata", "data", "stringData"].iter().any(|key| document.get(map, key).is_some()) {
            of_secret(document, map, &mut self.hidden);
            return true;
        }
        let is_patch = object.is_some_and(|object| object.starts_with("Secret/"));
        if is_patch {
            let changes = document.entries(map).iter().filter(|entry| document.key(entry) != "object");
            changes.for_each(|entry| scalars_of(document, entry.value(), &mut self.hidden));
        }
        is_patch
    }

    fn of_scalar(&mut self, document: &Document, node: NodeId, around: Around) {
        // what is hidden is the value, which may be elsewhere under a name that does not say that it is secret
        let node = document.referred(node);
        match document.value(node) {
            Value::Null | Value::Bool(_) => {}
            Value::Str(text) if around == Around::Secret && is_plain(text) => self.hidden.push(document.span(node)),
            Value::Str(_) => {
                let whole = document.span(node);
                // of whole files it is known already
                if self.near.is_some() {
                    self.by_form(&document.source, whole);
                }
                self.of_text(&document.source, whole);
            }
            _ if around == Around::Secret => self.hidden.push(document.span(node)),
            _ => {}
        }
    }

    /// What a text says itself of the secrets in it.
    fn of_text(&mut self, source: &Source, whole: Span) {
        let text = source.slice(whole);
        // nothing shorter has a secret and a name for it
        if text.len() < 5 || !text.bytes().any(|byte| matches!(byte, b'=' | b':' | b' ' | b'\n')) {
            return;
        }
        let at = whole.range().start;
        let mut found = Vec::new();
        by_name(text, &mut found);
        self.hidden.extend(found.into_iter().map(|range| span(at + range.start..at + range.end)));
    }

    /// A command, in the lists that make it up one after the other.
    fn of_words(&mut self, document: &Document, lists: &[Option<NodeId>]) {
        let mut words = Words::default();
        let mut found = Vec::new();
        let items = lists.iter().flatten().flat_map(|list| match document.value(*list) {
            Value::List(items) => items,
            _ => std::slice::from_ref(list),
        });
        for item in items {
            let whole = match document.value(*item) {
                Value::Map(_) | Value::List(_) | Value::Null => continue,
                _ => document.span(document.referred(*item)),
            };
            of_words(document.source.slice(whole), &mut words, &mut found);
            let at = whole.range().start;
            self.hidden.extend(found.drain(..).map(|range| span(at + range.start..at + range.end)));
        }
    }
}

#[cfg(test)]
mod tests;
