use std::sync::Arc;

use super::*;
use crate::{Part, Source, read};

fn with(text: &str, edit: impl Fn(&Document) -> Option<Edit>) -> Option<String> {
    let source = Arc::new(Source::decode("a.yaml", text.as_bytes().to_vec()).unwrap());
    let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("{text}") };
    let edited = |edit| source.with_text(apply(&source.text, &[edit])).bytes();
    edit(&document).map(|edit| String::from_utf8(edited(edit)).unwrap())
}

fn map(document: &Document, path: &[&str]) -> NodeId {
    document.at(document.root(), path).unwrap()
}

#[test]
fn adding_keeps_comments_and_indentation() {
    let add = |text: &str| with(text, |document| add(document, map(document, &["a"]), "x", "new", "1"));
    assert_eq!(add("a:\n  x: 1 # why\n  y: 2\n").unwrap(), "a:\n  x: 1 # why\n  new: 1\n  y: 2\n");
    assert_eq!(
        add("a:\n  y: 2\n  x: |\n    text\n\n# end\n").unwrap(),
        "a:\n  y: 2\n  x: |\n    text\n  new: 1\n\n# end\n"
    );
    assert_eq!(add("a: {x: [1, 2], y: 2}\n").unwrap(), "a: {x: [1, 2], new: 1, y: 2}\n");
    assert_eq!(add("a:\n  x:\n  y: 2\n").unwrap(), "a:\n  x:\n  new: 1\n  y: 2\n");
    assert_eq!(add("a:\r\n  x: 1\r\n").unwrap(), "a:\r\n  x: 1\r\n  new: 1\r\n");
    assert_eq!(add("b: 1\r\na:\r\n  x: 1").unwrap(), "b: 1\r\na:\r\n  x: 1\r\n  new: 1");
    assert_eq!(add("b: 1\na:\r\n  x: 1\r\n  y: 1\n").unwrap(), "b: 1\na:\r\n  x: 1\r\n  new: 1\r\n  y: 1\n");
    assert_eq!(add("{\"a\": {\"x\": 1}}").unwrap(), "{\"a\": {\"x\": 1, \"new\": 1}}");
    assert_eq!(add("a: {x, y: 1}\n"), None);
    assert_eq!(add("a:\n  x: |+\n    text\n\n  y: 1\n"), None);
    assert_eq!(add("a:\r  x: 1\r"), None);
    assert_eq!(add("a: {new: 2}\n"), None);
    assert_eq!(add("a: 1\n"), None);
}

#[test]
fn adding_to_an_item_lines_up_with_its_keys() {
    let text = "a:\n  - x: 1\n    y: 2\n";
    let added = with(text, |document| add(document, document.items(map(document, &["a"]))[0], "x", "new", "1"));
    assert_eq!(added.unwrap(), "a:\n  - x: 1\n    new: 1\n    y: 2\n");
}

#[test]
fn removing_takes_whole_lines() {
    let remove = |text: &str| with(text, |document| remove(document, map(document, &["a"]), "x"));
    assert_eq!(remove("a:\n  x: 1 # why\n  y: 2\n").unwrap(), "a:\n  y: 2\n");
    assert_eq!(remove("a:\n  y: 2\n  x:\n    - 1\nb: 1\n").unwrap(), "a:\n  y: 2\nb: 1\n");
    assert_eq!(remove("a:\r\n  x: 1\r\n  y: 2\r\n").unwrap(), "a:\r\n  y: 2\r\n");
    assert_eq!(remove("a:\r\n  y: 2\r\n  x: 1").unwrap(), "a:\r\n  y: 2");
    assert_eq!(remove("a: {x: 1, y: 2}\n").unwrap(), "a: {y: 2}\n");
    assert_eq!(remove("a: {y: 2, x: 1}\n").unwrap(), "a: {y: 2}\n");
    assert_eq!(remove("a: {x: 1}\n"), None);
    let text = "a:\n  - x: 1\n    y: 2\n";
    let removed = with(text, |document| super::remove(document, document.items(map(document, &["a"]))[0], "x"));
    assert_eq!(removed.unwrap(), "a:\n  - y: 2\n");
}

#[test]
fn a_text_gets_the_quotes_that_it_needs() {
    let write = |text: &str, new: &str| {
        with(text, |document| super::text(document, document.get(document.root(), "a").unwrap(), new)).unwrap()
    };
    assert_eq!(write("a: x # why\n", "shop"), "a: shop # why\n");
    assert_eq!(write("a: 'x'\n", "8080"), "a: '8080'\n");
    assert_eq!(write("a: \"x\"\n", "shop"), "a: \"shop\"\n");
    assert_eq!(write("a: 'x'\n", "it's"), "a: \"it's\"\n");
    assert_eq!(write("{\"a\": 1}\n", "1Gi"), "{\"a\": \"1Gi\"}\n");
    assert_eq!(write("{a: x, b: 1}\n", "1Gi"), "{a: 1Gi, b: 1}\n");
    for text in ["8080", "on", "1e3", "0x1F", "1_000", "2026-11-30", "~", "", "no", "-", "a: b", "a #b", "*a", "1.5"] {
        assert_eq!(write("a: x\n", text), format!("a: \"{text}\"\n"));
    }
    let bare = |text: &str| with(text, |document| scalar(document, document.get(document.root(), "a").unwrap(), "1"));
    for text in ["a: !!str x\n", "a: &b x\nc: *b\n", "{a: !!str x}\n", "b: &b x\na: *b\n", "a: |\n  x\n", "a:\n"] {
        assert_eq!(bare(text), None, "{text}");
    }
}

#[test]
fn item_lines_end_with_the_item() {
    let without = |text: &str, item: usize| {
        let item = |document: &Document| document.items(map(document, &["a"]))[item];
        with(text, |document| item_lines(document, item(document)).map(|span| Edit::replace(span, ""))).unwrap()
    };
    let text = "a:\n  - x: 1\n    y: |\n      t\n  # about z\n  - z: 1\n";
    assert_eq!(without(text, 0), "a:\n  # about z\n  - z: 1\n");
    assert_eq!(without(text, 1), "a:\n  - x: 1\n    y: |\n      t\n");
    // comments of the item: above it, in its column, and below, right of its dash
    let text = "a:\n  # x\n  # too\n  - x: 1 # why\n    # w: 2\n  # z\n\n  - z: 1\n";
    assert_eq!(without(text, 0), "a:\n  # z\n\n  - z: 1\n");
    assert_eq!(without(text, 1), "a:\n  # x\n  # too\n  - x: 1 # why\n    # w: 2\n  # z\n\n");
    // what is commented out is no item's
    let text = "a:\n  - x: 1\n  # - y: 1\n  #   w: 1\n  - z: 1\n";
    assert_eq!(without(text, 1), "a:\n  - x: 1\n  # - y: 1\n  #   w: 1\n");
    let text = "a: # these\n# all\n- x: 1\n- |\n  # text\n- z: 1\n";
    assert_eq!(without(text, 2), "a: # these\n# all\n- x: 1\n- |\n  # text\n");
}
