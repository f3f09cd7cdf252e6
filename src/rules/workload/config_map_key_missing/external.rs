//! Keys of Secrets that an `ExternalSecret` of the run writes.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::super::references::Reference;
use super::{SECRETS, writers};
use crate::diagnostic::Level;
use crate::kube::{Index, Object, Reach};
use crate::rules::{FindingsAnywhere, text};
use crate::words::{clip, list, nearest};
use crate::yaml::{NodeId, Value};

/// What the External Secrets Operator writes, by the name of the Secret.
pub(super) struct Written<'run> {
    by_name: HashMap<&'run str, Vec<&'run Object>>,
    /// Read only once a key is missing.
    others: OnceCell<Others<'run>>,
}

impl<'run> Written<'run> {
    pub(super) fn of(index: &Index<'run>) -> Self {
        let mut by_name: HashMap<&str, Vec<&Object>> = HashMap::new();
        for object in index.kind("ExternalSecret").iter().filter(|object| is_of_operator(object)) {
            by_name.entry(target(object)).or_default().push(object);
        }
        Self { by_name, others: OnceCell::new() }
    }

    /// Says which of a reference's keys the `ExternalSecret` beside it does not write.
    pub(super) fn judge(
        &self,
        index: &Index<'run>,
        object: &Object,
        reference: &Reference<'_>,
        found: &mut FindingsAnywhere<'_>,
    ) {
        let Some(all) = self.by_name.get(reference.name) else { return };
        // several write one Secret together, or are versions of one
        let may_be_it = |one: &&&Object| match (&one.id.namespace, &object.id.namespace) {
            (Some(one), Some(other)) => one == other || text::is_placeholder(one) || text::is_placeholder(other),
            _ => true,
        };
        let mut fitting = all.iter().filter(may_be_it);
        let (Some(external), None) = (fitting.next(), fitting.next()) else { return };
        let Some(reach) = index.reach(object, external).filter(|reach| *reach < Reach::Run) else { return };
        let Some(keys) = keys(external).filter(|_| external.id.namespace == object.id.namespace) else { return };
        let has = |key: &str| keys.names.contains(&key);
        let mut missing = reference.keys.iter().filter(|(key, _)| !has(key) && !text::is_placeholder(key)).peekable();
        let others = || self.others.get_or_init(|| Others::of(index));
        if missing.peek().is_none()
            || !index.called("Secret", reference.name).is_empty()
            || others().may_write(external, reference.name)
        {
            return;
        }
        for (key, node) in missing {
            let like = nearest(key, keys.names.iter().copied());
            if reach != Reach::Unit && like.is_none() {
                continue;
            }
            say(object, external, (reference.name, *key, *node), &keys, like, found);
        }
    }
}

fn say(
    object: &Object,
    external: &Object,
    (name, key, node): (&str, &str, NodeId),
    keys: &Keys<'_>,
    like: Option<&str>,
    found: &mut FindingsAnywhere<'_>,
) {
    let writes = if keys.names.len() <= 4 {
        format!("writes {}", list(&keys.names))
    } else {
        format!("writes {} other keys", keys.names.len())
    };
    let mut about = found.about(object);
    let saying = about
        .at(
            node,
            format!(
                "ExternalSecret `{}` writes no key `{}` into Secret `{}`, so the container never starts",
                clip(&external.id.name),
                clip(key),
                clip(name)
            ),
        )
        .label(external.label(keys.node, writes))
        .because(
            "the Secret has the keys of `target.template.data`, or without a template those of `data` \
             (external-secrets/external-secrets: `applyTemplate`); the kubelet refuses to start a container if a key is \
             missing",
        )
        .help("use a key that it writes, or add this one to the ExternalSecret")
        .level(Level::Warning);
    if let Some(like) = like {
        saying.here(format!("did you mean `{}`?", clip(like)));
    }
}

fn is_of_operator(object: &Object) -> bool {
    object.id.group() == "external-secrets.io" && object.keeps(&["spec", "metadata.name"])
}

/// The name of the Secret.
fn target(external: &Object) -> &str {
    let node = external.document.at(external.node, &["spec", "target", "name"]);
    node.and_then(|node| external.document.str(node)).unwrap_or(&external.id.name)
}

/// The keys that an `ExternalSecret` writes, and where it says so.
struct Keys<'run> {
    names: Vec<&'run str>,
    node: NodeId,
}

/// The keys, if they are all written there: others come from a store, a template elsewhere, or what is merged.
fn keys(external: &Object) -> Option<Keys<'_>> {
    let document = &external.document;
    let spec = document.get(external.node, "spec")?;
    let is_filled = |node: NodeId| match document.value(node) {
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        Value::Null => false,
        _ => true,
    };
    let at = |path: &[&str]| document.at(spec, path).filter(|node| is_filled(*node));
    let text = |path: &[&str]| at(path).and_then(|node| document.str(node));
    let is_open = at(&["dataFrom"]).is_some()
        || at(&["target", "manifest"]).is_some()
        || at(&["target", "template", "templateFrom"]).is_some()
        || !matches!(text(&["target", "template", "mergePolicy"]), None | Some("Replace"))
        || !matches!(text(&["target", "creationPolicy"]), None | Some("Owner" | "Orphan"));
    if is_open {
        return None;
    }
    let data = at(&["data"]);
    let keys = match at(&["target", "template", "data"]) {
        Some(template) => {
            let names = document.entries(template).iter().map(|entry| document.str(entry.key));
            Keys { names: names.collect::<Option<_>>()?, node: template }
        }
        None => {
            let items = document.items(data?);
            let names = items.iter().map(|item| document.get_str(*item, "secretKey"));
            Keys { names: names.collect::<Option<_>>()?, node: data? }
        }
    };
    let is_named = |name: &&str| !name.is_empty() && !text::is_placeholder(name);
    (!keys.names.is_empty() && keys.names.iter().all(is_named)).then_some(keys)
}

/// What may write a Secret of the run beside the one object that is asked about.
struct Others<'run> {
    /// The texts of custom objects outside of `metadata`, each with its object, or nothing if several have it.
    texts: HashMap<&'run str, Option<*const Object>>,
    lines: Vec<String>,
}

impl<'run> Others<'run> {
    fn of(index: &Index<'run>) -> Self {
        let mut texts: HashMap<&str, Option<*const Object>> = HashMap::new();
        for object in index.all().iter().copied().filter(|object| object.typed.is_none()) {
            let of_this = Some(std::ptr::from_ref(object));
            for text in texts_of(object) {
                texts
                    .entry(text)
                    .and_modify(|known| *known = known.filter(|known| Some(*known) == of_this))
                    .or_insert(of_this);
            }
        }
        Self { texts, lines: writers(index, SECRETS) }
    }

    fn may_write(&self, external: &Object, name: &str) -> bool {
        let is_other = |known: &Option<*const Object>| *known != Some(std::ptr::from_ref(external));
        self.texts.get(name).is_some_and(is_other) || self.lines.iter().any(|line| line.contains(name))
    }
}

/// What a custom object may name a Secret by: its texts outside of `metadata`, and its name if it makes Secrets.
fn texts_of(object: &Object) -> Vec<&str> {
    let document = &object.document;
    let mut texts = Vec::new();
    if object.id.kind.contains("Secret") {
        texts.push(object.id.name.as_str());
    }
    let outside = document.entries(object.node).iter().filter(|entry| document.key(entry) != "metadata");
    let mut nodes: Vec<NodeId> = outside.map(|entry| entry.value()).collect();
    while let Some(node) = nodes.pop() {
        match document.value(node) {
            Value::Str(text) => texts.push(text),
            Value::List(items) => nodes.extend(items),
            Value::Map(entries) => nodes.extend(entries.iter().map(|entry| entry.value())),
            _ => {}
        }
    }
    texts
}
