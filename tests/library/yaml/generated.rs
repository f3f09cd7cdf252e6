//! Documents made up on the spot, and readers that are not ours.

use std::fmt::Write as _;
use std::sync::Arc;

use patterns::yaml::{self, Document, Part, Source};
use proptest::prelude::*;
use serde_json::Value;

use super::recorded::{parse, read};

/// Values as manifests have them: maps and lists of text, numbers, booleans and null.
pub fn document() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z][a-z0-9/.-]{0,12}",
        "[ -~]{0,16}",
        "[a-zé\u{4e2d}\"'\\\\: #\n]{0,12}",
        Just("yes".to_owned()),
        Just("0644".to_owned()),
        Just("~".to_owned()),
        Just("1e3".to_owned()),
    ];
    let leaf = prop_oneof![
        text.clone().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Writes a value as YAML; the bits of `style` choose among the ways to do it.
pub fn render(value: &Value, style: u64) -> String {
    let mut writer = Writer { out: String::new(), style, turn: 0 };
    writer.node(value, 0, false);
    writer.out.push('\n');
    writer.out
}

struct Writer {
    out: String,
    style: u64,
    turn: u32,
}

impl Writer {
    fn choose(&mut self) -> bool {
        self.turn = (self.turn + 1) % 64;
        self.style >> self.turn & 1 == 1
    }

    fn node(&mut self, value: &Value, indent: usize, in_flow: bool) {
        let pad = " ".repeat(indent);
        match value {
            Value::String(text) => self.text(text, indent, in_flow),
            Value::Array(items) if in_flow || items.is_empty() || self.choose() => {
                self.out.push('[');
                for item in items {
                    self.node(item, indent, true);
                    self.out.push_str(", ");
                }
                self.out.push(']');
            }
            Value::Object(entries) if in_flow || entries.is_empty() || self.choose() => {
                self.out.push('{');
                for (key, value) in entries {
                    let _ = write!(self.out, "{}: ", Value::from(key.as_str()));
                    self.node(value, indent, true);
                    self.out.push_str(", ");
                }
                self.out.push('}');
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.out.push_str(if index == 0 { "" } else { &pad });
                    self.out.push_str("- ");
                    self.node(item, indent + 2, false);
                    self.end_line();
                }
            }
            Value::Object(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.out.push_str(if index == 0 { "" } else { &pad });
                    let _ = write!(self.out, "{}:", Value::from(key.as_str()));
                    let is_block = matches!(value, Value::Array(_) | Value::Object(_)) && self.choose();
                    let _ = if is_block { write!(self.out, "\n{pad}  ") } else { write!(self.out, " ") };
                    self.node_or_flow(value, indent + 2, !is_block);
                    self.end_line();
                }
            }
            other => {
                let _ = write!(self.out, "{other}");
            }
        }
    }

    /// A collection cannot begin on the line of its key unless it is in brackets.
    fn node_or_flow(&mut self, value: &Value, indent: usize, on_line: bool) {
        let in_flow = on_line && matches!(value, Value::Array(_) | Value::Object(_));
        self.node(value, indent, in_flow);
    }

    fn text(&mut self, text: &str, indent: usize, in_flow: bool) {
        let is_word = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'.'))
            && yaml::resolve_plain(text) == yaml::Resolved::Str;
        let is_block = text.ends_with('\n') && !text.starts_with([' ', '\n']) && !text.ends_with("\n\n");
        if is_word && self.choose() {
            self.out.push_str(text);
        } else if is_block && !in_flow && text.len() > 1 {
            self.out.push('|');
            for line in text.lines() {
                let _ = write!(self.out, "\n{}{line}", " ".repeat(indent + 1));
            }
        } else if !text.contains('\n') && self.choose() {
            let _ = write!(self.out, "'{}'", text.replace('\'', "''"));
        } else {
            let _ = write!(self.out, "{}", Value::from(text));
        }
    }

    fn end_line(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }
}

/// The scalars of the first document in order, as another parser sees them.
fn granit_scalars(text: &str) -> Option<Vec<String>> {
    let mut scalars = Vec::new();
    let mut parser = granit_parser::Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        if let granit_parser::Event::Scalar(text, ..) = event.ok()?.0 {
            scalars.push(text.into_owned());
        }
    }
    Some(scalars)
}

/// The texts of all scalars, in no order that matters.
fn our_texts(document: &Document) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open = vec![document.root()];
    while let Some(node) = open.pop() {
        match document.value(node) {
            yaml::Value::Str(text) => texts.push(text.to_owned()),
            yaml::Value::List(items) => open.extend_from_slice(items),
            yaml::Value::Map(entries) => open.extend(entries.iter().flat_map(|entry| [entry.key, entry.value()])),
            _ => texts.push(document.raw(node).to_owned()),
        }
    }
    texts.sort();
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_was_written_is_read(value in document(), style in any::<u64>()) {
        let text = render(&value, style);
        let expected = if value.is_null() { vec![] } else { vec![value] };
        prop_assert_eq!(read(text.as_bytes()), (expected, false), "{}", text);
    }

    #[test]
    fn another_parser_sees_the_same_scalars(value in document(), style in any::<u64>()) {
        let text = render(&value, style);
        let source = Arc::new(Source::decode("x", text.clone().into_bytes()).unwrap());
        let parts = yaml::read(&source);
        let [Part::Document(document)] = parts.as_slice() else { panic!("{text}") };
        let mut theirs = granit_scalars(&text).unwrap();
        theirs.sort();
        prop_assert_eq!(our_texts(document), theirs, "{}", text);
    }

    #[test]
    fn printed_json_is_yaml_too(value in document(), style in any::<u64>()) {
        let source = Arc::new(Source::decode("x", render(&value, style).into_bytes()).unwrap());
        let parts = yaml::read(&source);
        let [Part::Document(document)] = parts.as_slice() else { panic!("{}", source.text) };
        let json = document.to_json(document.root());
        prop_assert_eq!(&serde_yaml::from_str::<Value>(&json).unwrap(), &value);
        prop_assert_eq!(parse(&json), value);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        assert_sound(bytes);
    }

    #[test]
    fn no_text_of_signs_makes_it_panic(text in "[-\\[\\]{}:,?&*!|>'\"%@`# \n\t\ra1é\u{85}\u{2028}\u{feff}]{0,60}") {
        assert_sound(text.into_bytes());
    }
}

/// Reads bytes and looks at every place that the answer names.
fn assert_sound(bytes: Vec<u8>) {
    let source = Arc::new(Source::decode("x", bytes).unwrap());
    for part in yaml::read(&source) {
        match part {
            Part::Document(document) => {
                assert!(source.text.get(document.span.range()).is_some());
                let _ = document.to_json(document.root());
                for comment in &document.comments {
                    assert!(source.slice(comment.span).starts_with('#'));
                }
            }
            Part::Refused(refusal) => {
                assert!(source.text.get(refusal.span.range()).is_some(), "{refusal:?} in {:?}", source.text);
                assert!(!refusal.message.is_empty());
            }
        }
    }
}

/// Whether kubectl would stop; the documents themselves are too deep for the JSON reader of this test.
fn refuses(text: &str) -> bool {
    let source = Arc::new(Source::decode("x", text.as_bytes().to_vec()).unwrap());
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    for document in documents {
        assert!(document.to_json(document.root()).len() > 2);
    }
    refusal.is_some()
}

#[test]
fn depth_and_length_do_not_hurt() {
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + &close.repeat(depth) + "\n";
    assert!(!refuses(&nested("[", "]", 9_999)));
    assert!(refuses(&nested("[", "]", 10_001)));
    assert!(!refuses(&nested("- ", "", 9_999)));
    assert!(refuses(&nested("- ", "", 10_001)));
    assert!(!refuses(&nested("{a: ", "}", 9_999)));
    assert!(refuses(&nested("{\"a\": ", "}", 10_001)));
    assert!(refuses(&"---x\n".repeat(100_000)));
    assert!(!refuses(&format!("[{}]\n", "é: 1, ".repeat(50_000))));
    assert!(refuses(&"'".repeat(100_001)));
}
