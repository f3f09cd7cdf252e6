//! Every recorded case, through the library.

use std::sync::Arc;

use base64::Engine as _;
use patterns::yaml::{self, Source};
use serde_json::Value;

/// One line of a recording; see `tests/kubectl-yaml/README.md`.
pub struct Case {
    pub name: String,
    pub input: Vec<u8>,
    /// What kubectl hands on, documents that are null left out.
    pub documents: Vec<Value>,
    pub is_refused: bool,
}

/// The cases of a file under `tests/kubectl-yaml`.
pub fn cases(file: &str) -> Vec<Case> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubectl-yaml").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(case).collect()
}

fn case(line: &str) -> Case {
    let value = parse(line);
    let input = match value.get("bytes") {
        Some(bytes) => base64::engine::general_purpose::STANDARD.decode(bytes.as_str().unwrap()).unwrap(),
        None => value["input"].as_str().unwrap().as_bytes().to_vec(),
    };
    let documents = value["documents"].as_array().cloned().unwrap_or_default();
    Case {
        name: value["name"].as_str().unwrap().to_owned(),
        input,
        documents: documents.into_iter().filter(|document| !document.is_null()).collect(),
        is_refused: value.get("error").is_some(),
    }
}

/// JSON of any depth.
pub fn parse(text: &str) -> Value {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut deserializer).unwrap()
}

/// What the library reads, as JSON, and whether it refuses.
pub fn read(input: &[u8]) -> (Vec<Value>, bool) {
    let source = Arc::new(Source::decode("case.yaml", input.to_vec()).unwrap());
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    let documents = documents.iter().map(|document| parse(&document.to_json(document.root()))).collect();
    (documents, refusal.is_some())
}

/// Numbers as Go compares them: `1` and `1.0` are one value in JSON.
fn canonical(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
                Value::from(float as i64)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, canonical(value))).collect(),
        other => other,
    }
}

fn assert_agrees(file: &str) {
    let mut wrong = Vec::new();
    let cases = cases(file);
    assert!(cases.len() > 10, "{file} is a recording");
    for case in cases {
        let (documents, is_refused) = read(&case.input);
        let ours: Vec<_> = documents.into_iter().map(canonical).collect();
        let theirs: Vec<_> = case.documents.into_iter().map(canonical).collect();
        if ours != theirs || is_refused != case.is_refused {
            let input = String::from_utf8_lossy(&case.input).into_owned();
            wrong.push(format!(
                "{} {input:?}\n  kubectl {theirs:?} refused: {}\n  ours    {ours:?} refused: {is_refused}",
                case.name, case.is_refused
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn text_is_read_as_kubectl_reads_it() {
    assert_agrees("cases.jsonl");
}

#[test]
fn odd_text_is_read_as_kubectl_reads_it() {
    assert_agrees("more.jsonl");
}

#[test]
fn bytes_are_read_as_kubectl_reads_them() {
    assert_agrees("bytes.jsonl");
}

/// The one place where the reader is stricter on purpose: kubectl's reader hands this on and its next step
/// refuses it.
#[test]
fn json_numbers_that_fit_no_float_are_refused() {
    let (documents, is_refused) = read(b"{\"a\": 1}\n{\"b\": 1e999}\n{\"c\": 2}\n");
    assert_eq!((documents.len(), is_refused), (1, true));
}

/// kubectl decodes 512 bytes at a time, so a control character does no harm after the end of a document.
#[test]
fn control_characters_out_of_reach_do_no_harm() {
    let far = format!("a: 1\n...\n{}\u{7}\n", "x".repeat(600));
    assert_eq!(read(far.as_bytes()), (vec![parse("{\"a\":1}")], false));
    assert_eq!(read(b"a: 1\n...\n\x07\n"), (vec![], true));
}

/// The piece that holds a control character may begin inside another character.
#[test]
fn control_characters_are_refused_wherever_a_piece_begins() {
    for wide in ["é", "\u{2028}", "漢", "🦀"] {
        for length in (480..520).chain(1000..1030) {
            for (open, close) in [("#", "\n\0"), ("a: ", "\0"), ("- \"", "\u{1b}\"\n"), ("", "\u{7f}")] {
                let text = format!("{open}{}{wide}{wide}{close}", "x".repeat(length));
                let (documents, is_refused) = read(text.as_bytes());
                assert!(documents.is_empty() && is_refused, "{length} bytes, then {wide:?}");
            }
        }
    }
}
