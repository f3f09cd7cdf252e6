//! Booleans that only YAML 1.1 knows, as texts: what YAML 1.2 takes them for, and go-yaml v3 where no type is asked for
//! (`resolve.go`: only `true` and `false` are booleans).

use std::collections::HashMap;
use std::sync::Arc;

use super::key::print;
use super::stored::{Kind, Node};
use super::tree::{Document, Duplicate, Entry, ORDERED, Tree};
use crate::tree::Style;

/// Reads `yes`, `no`, `on`, `off`, `y` and `n` as texts, keys included. Whether that changes any of these documents, which
/// are all of a file.
pub fn old_booleans_to_texts(documents: &mut [Arc<Document>]) -> bool {
    let mut is_changed = false;
    // small documents share a tree
    let mut known: HashMap<usize, Option<Arc<Tree>>> = HashMap::new();
    for document in documents {
        let tree = known.entry(Arc::as_ptr(&document.tree).addr());
        let Some(tree) = tree.or_insert_with(|| without(&document.tree).map(Arc::new)) else { continue };
        is_changed = true;
        let document = Arc::make_mut(document);
        document.tree = Arc::clone(tree);
        // what was taken for one key, such as `on` and `yes`, has an entry for each now
        let is_one = |one: &Duplicate| tree.key_text(one.lost.key) == tree.key_text(one.kept.key);
        let (same, lost): (Vec<_>, Vec<_>) = document.duplicates.iter().copied().partition(is_one);
        if !lost.is_empty() {
            let mut tree = tree.copy();
            // one that is lost may have won over another before
            lost.into_iter().rev().for_each(|duplicate| restore(&mut tree, duplicate));
            document.tree = Arc::new(tree);
            document.duplicates = same.into();
        }
    }
    is_changed
}

/// A tree without these booleans, if it has any.
fn without(tree: &Tree) -> Option<Tree> {
    if !tree.nodes.iter().any(|node| is_old_boolean(tree, *node)) {
        return None;
    }
    let mut changed = tree.copy();
    for node in changed.nodes.iter_mut().filter(|node| is_old_boolean(tree, **node)) {
        *node = Node::written(tree.more.span(*node)).unwrap_or(*node);
    }
    for at in 0..changed.entries.len() {
        changed.entries[at].print = print(changed.key_text(changed.entries[at].key).as_bytes());
    }
    for at in 0..changed.orders.len() {
        let order = &changed.orders[at];
        changed.orders[at] = changed.order(order.first..order.first + order.places.len());
    }
    Some(changed)
}

/// Puts an entry back into its map, before the one that had its key, unless the map has its own key again.
fn restore(tree: &mut Tree, Duplicate { lost, kept, .. }: Duplicate) {
    let place = tree.more.span(tree.nodes[kept.key.0 as usize]).start;
    let is_kept = |entry: &Entry| entry.is_at(kept.key);
    let is_its_map = |node: &Node| {
        let span = tree.more.span(*node);
        node.kind() == Kind::Map
            && (span.start..span.end).contains(&place)
            && tree.entries[tree.more.entries(*node)].iter().any(is_kept)
    };
    let Some(at) = tree.nodes.iter().position(is_its_map) else { return };
    let mut entries = tree.entries[tree.more.entries(tree.nodes[at])].to_vec();
    let before = entries.iter().position(is_kept).unwrap_or(0);
    let key = tree.key_text(lost.key);
    if entries.iter().any(|entry| tree.key_text(entry.key) == key) {
        return;
    }
    let print = print(key.as_bytes());
    entries.insert(before, Entry { print, ..lost });
    let within = tree.entries.len()..tree.entries.len() + entries.len();
    tree.entries.extend(entries);
    let span = tree.more.span(tree.nodes[at]);
    tree.more.close(&mut tree.nodes[at], span, within.end);
    if within.len() > ORDERED {
        let order = tree.order(within);
        tree.orders.push(order);
    }
}

fn is_old_boolean(tree: &Tree, node: Node) -> bool {
    let text = || tree.source.slice(tree.more.span(node));
    node.kind() == Kind::Word
        && node.word().is_some()
        && node.style() == Style::Plain
        && !matches!(text(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        && !is_tagged(&tree.source.text[..tree.more.span(node).range().start])
}

/// Whether a tag is in front, which says what the word is.
fn is_tagged(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    let start = before.rfind([' ', '\t', '\n', '\r', '[', ',', '{']).map_or(0, |at| at + 1);
    before[start..].starts_with('!')
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::old_booleans_to_texts;
    use crate::{Document, Source, Value, as_kubectl, read};

    fn documents(text: String) -> Vec<Arc<Document>> {
        let (documents, refusal) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
        assert!(refusal.is_none(), "{refusal:?}");
        documents.into_iter().map(Arc::new).collect()
    }

    #[test]
    fn words_become_texts_in_all_documents_of_a_file() {
        let mut text = String::new();
        for number in 0..100 {
            let _ = write!(text, "---\nnumber: {number}\nyes: [on, True, ~, \"no\", !!bool y, 7]\n");
        }
        let mut all = documents(text);
        assert!(old_booleans_to_texts(&mut all));
        for document in &all {
            let list = document.get(document.root(), "yes").unwrap();
            let values: Vec<_> = document.items(list).iter().map(|item| document.value(*item)).collect();
            let (on, no) = (Value::Str("on"), Value::Str("no"));
            assert_eq!(values, [on, Value::Bool(true), Value::Null, no, Value::Bool(true), Value::Int(7)]);
            assert_eq!(document.get(document.root(), "true"), None);
        }
        assert!(!old_booleans_to_texts(&mut all));
    }

    #[test]
    fn keys_of_large_maps_are_found_after() {
        let mut text = String::from("off: first\n");
        for number in 0..300 {
            let _ = writeln!(text, "k{number}: {number}");
        }
        text.push_str("zz: last\n");
        let mut all = documents(text);
        assert!(old_booleans_to_texts(&mut all));
        for key in ["k0", "k7", "k299", "off", "zz"] {
            assert!(all[0].get(all[0].root(), key).is_some(), "{key}");
        }
        assert_eq!(all[0].get(all[0].root(), "false"), None);
    }

    #[test]
    fn words_that_were_one_key_are_two() {
        let mut text = String::from("a: {off: 1, x: 0, no: 2, n: 3, off: 4}\nb:\n  y: 5\n");
        for number in 0..300 {
            let _ = writeln!(text, "  k{number}: {number}");
        }
        text.push_str("  on: 6\n");
        let mut all = documents(text);
        assert_eq!(all[0].duplicates.len(), 4);
        assert!(old_booleans_to_texts(&mut all));
        let json = |path: &[&str]| all[0].at(all[0].root(), path).map(|node| all[0].to_json(node));
        assert_eq!(json(&["a", "no"]).as_deref(), Some("2"));
        assert_eq!(json(&["a", "n"]).as_deref(), Some("3"));
        assert_eq!(json(&["b", "y"]).as_deref(), Some("5"));
        assert_eq!(json(&["b", "on"]).as_deref(), Some("6"));
        assert_eq!(json(&["b", "k299"]).as_deref(), Some("299"));
        assert_eq!(json(&["b", "true"]), None);
    }
}
