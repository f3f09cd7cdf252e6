//! Places in the text: what a node's bytes say alone is what the node says.

use std::sync::Arc;

use patterns::yaml::{self, Document, NodeId, Part, Source, Span, Style, Value};
use proptest::prelude::*;

use super::generated::{document, render};
use super::recorded::{cases, parse};

fn read(text: &str) -> Vec<Document> {
    let source = Arc::new(Source::decode("case.yaml", text.as_bytes().to_vec()).unwrap());
    let parts = yaml::read(&source);
    parts
        .into_iter()
        .filter_map(|part| if let Part::Document(document) = part { Some(document) } else { None })
        .collect()
}

/// All nodes that can be reached, keys included.
fn nodes(document: &Document) -> Vec<NodeId> {
    let mut found = vec![document.root()];
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        at += 1;
        // What an alias stands for is written elsewhere.
        if document.style(node) == Style::Alias {
            continue;
        }
        found.extend_from_slice(document.items(node));
        for entry in document.entries(node) {
            found.extend([entry.key, entry.value()]);
        }
    }
    found
}

/// Whether a node's bytes can be read alone. They cannot where they mean something only in their place:
/// after a tag, an alias or a merge key, on lines that only YAML 1.1 breaks, as the digit of `|2`, with
/// indentation made of something else than spaces, where a line begins like a separator, as a pair or a
/// sign that only brackets around it allow, or with an escape that only JSON knows.
fn stands_alone(document: &Document, node: NodeId, text: &str) -> bool {
    let start = document.span(node).start as usize;
    let line_start = document.source.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = &document.source.text[line_start..start];
    let only_here = match document.style(node) {
        Style::Flow => !text.starts_with(['[', '{']),
        Style::Plain => text == "-" || text.ends_with(':'),
        Style::Literal | Style::Folded => {
            text.lines().next().is_some_and(|header| header.contains(|c: char| c.is_ascii_digit()))
        }
        _ => false,
    };
    !only_here
        && !text.contains(['!', '*', '&', '\r', '\t', '\u{85}', '\u{2028}', '\u{2029}', '\u{FEFF}'])
        && !["<<", "\\ud", "\\/"].iter().any(|sign| text.contains(sign))
        && !before.contains(['!', '\t', '\r', '\u{85}', '\u{2028}', '\u{FEFF}'])
        && !text.lines().any(|line| ["---", "...", "%"].iter().any(|sign| line.starts_with(sign)))
}

/// Reads a node's bytes alone, in the column that they are in.
fn reread(document: &Document, node: NodeId, text: &str) -> Option<String> {
    let start = document.span(node).start as usize;
    let line_start = document.source.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let column = match document.style(node) {
        Style::Block => document.source.text[line_start..start].chars().count(),
        _ => 0,
    };
    // The comment keeps a `{` from being tried as JSON.
    let alone = read(&format!("#\n{}{text}", " ".repeat(column)));
    let [only] = alone.as_slice() else { return None };
    Some(only.to_json(only.root()))
}

fn check(text: &str) -> Result<(), String> {
    for document in read(text) {
        for node in nodes(&document) {
            let span = document.span(node);
            let Some(written) = document.source.text.get(span.range()) else {
                return Err(format!("{span:?} cuts a character of {text:?}"));
            };
            if !document.span.contains(span) {
                return Err(format!("{span:?} is outside its document in {text:?}"));
            }
            // A number as a key may be infinite, which has no form in JSON.
            let is_infinite = matches!(document.value(node), Value::Float(value) if !value.is_finite());
            if document.style(node) == Style::Alias || is_infinite || !stands_alone(&document, node, written) {
                continue;
            }
            let ours = document.to_json(node);
            if reread(&document, node, written).as_ref() != Some(&ours) {
                return Err(format!("{written:?} in {text:?} is {ours}, alone {:?}", reread(&document, node, written)));
            }
        }
    }
    Ok(())
}

#[test]
fn a_node_alone_is_what_it_is_in_its_place() {
    let wrong: Vec<_> = ["cases.jsonl", "more.jsonl"]
        .into_iter()
        .flat_map(cases)
        .filter_map(|case| {
            check(std::str::from_utf8(&case.input).ok()?).err().map(|error| format!("{}: {error}", case.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_generated_node_alone_is_what_it_is_in_its_place(value in document(), style in any::<u64>()) {
        prop_assert_eq!(check(&render(&value, style)), Ok(()));
    }
}

/// The text of the value under a key, as written.
fn raw<'doc>(document: &'doc Document, key: &str) -> &'doc str {
    document.raw(document.get(document.root(), key).unwrap())
}

#[test]
fn spans_end_where_the_value_does() {
    let text = "list:\n- a\n- b  # last\n\nmap:\n  x: 1\n\n  y:   2   \nliteral: |\n  one\n\n  two\n\nkept: |+\n  one\n\nempty:\nnext: *a\n";
    let text = text.replace("next: *a", "anchor: &a  x\nnext: *a  # y");
    let documents = read(&text);
    let document = &documents[0];
    assert_eq!(raw(document, "list"), "- a\n- b");
    assert_eq!(raw(document, "map"), "x: 1\n\n  y:   2");
    assert_eq!(raw(document, "literal"), "|\n  one\n\n  two");
    assert_eq!(raw(document, "kept"), "|+\n  one\n\n");
    assert_eq!(raw(document, "anchor"), "x");
    assert_eq!(raw(document, "next"), "*a");
    let empty = document.span(document.get(document.root(), "empty").unwrap());
    assert_eq!(empty.start, empty.end);
    assert!(document.source.text[..empty.start as usize].ends_with("empty:"));
}

#[test]
fn comments_that_mention_patterns_are_kept() {
    let text = "# other\n# patterns: ignore[a] b\na: x # patterns: ignore[c] d\nb: |  # patterns: e\n  # patterns: no comment\nc: '# patterns: none'\n";
    let documents = read(text);
    let comments: Vec<_> =
        documents[0].comments.iter().map(|comment| documents[0].source.slice(comment.span)).collect();
    assert_eq!(comments, ["# patterns: ignore[a] b", "# patterns: ignore[c] d", "# patterns: e"]);
}

#[test]
fn what_kubectl_drops_is_noted() {
    let dropped = |text: &str| {
        let documents = read(text);
        documents[0].dropped().map(|span| documents[0].source.slice(span).to_owned())
    };
    assert_eq!(dropped("a: 1\n...\n# c\nb: [\n").as_deref(), Some("b: [\n"));
    assert_eq!(dropped("  a: 1\nb: 2\n").as_deref(), Some("b: 2\n"));
    assert_eq!(dropped("\"x\" y\n").as_deref(), Some("y\n"));
    assert_eq!(dropped("a: 1\n...\n# c\n\n...\n"), None);
    assert_eq!(dropped("a: 1\n"), None);
}

#[test]
fn places_in_the_text_lead_back_to_bytes_of_the_file() {
    let find = |bytes: Vec<u8>| {
        let source = Source::decode("x", bytes).unwrap();
        let at = source.text.find("here").unwrap();
        let position = source.position(u32::try_from(at).unwrap());
        (position.line, position.column, position.offset)
    };
    let utf16 = |unit: fn(u16) -> [u8; 2]| "\u{FEFF}é: 1\n𝄞 here\n".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    assert_eq!(find("é: 1\n𝄞 here\n".into()), (2, 3, 11));
    assert_eq!(find("\u{FEFF}é: 1\n𝄞 here\n".into()), (2, 3, 14));
    assert_eq!(find(utf16(u16::to_le_bytes)), (2, 3, 18));
    assert_eq!(find(utf16(u16::to_be_bytes)), (2, 3, 18));
    assert_eq!(find(b"\xff\xe9: 1\r\n\xe2\x82 here\n".to_vec()), (2, 4, 10));
    assert_eq!(find(b"a\rhere".to_vec()), (2, 1, 2));
}

#[test]
fn a_last_line_without_a_break_ends_where_the_file_does() {
    let source = Source::decode("x", b"a: b".to_vec()).unwrap();
    assert_eq!(source.raw_offset(source.text.len()), 4);
    assert_eq!(source.slice(Span::new(3, 4)), "b");
    assert_eq!(parse(&read("a: b")[0].to_json(read("a: b")[0].root())), parse("{\"a\":\"b\"}"));
}
