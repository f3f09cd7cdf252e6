//! Agreement with the recorded verdicts of a real API server (tests/apiserver-verdicts/README.md).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patterns::kube::Object;
use patterns::kube::validation::{Target, Verdict, validate};
use patterns::yaml::{Part, Source, read};
use serde::Deserialize;

/// One recorded answer.
#[derive(Deserialize)]
struct Record {
    base: String,
    mutation: String,
    path: String,
    accepted: bool,
    message: String,
    causes: Vec<(String, String)>,
    warnings: Vec<String>,
    manifest: serde_json::Value,
}

/// What our verdict has in common with the server's.
#[derive(Default)]
struct Agreement {
    all: usize,
    agreed: usize,
    named: usize,
    located: usize,
    warned: usize,
    disagreements: String,
}

fn judge(text: &str) -> Verdict {
    let source = Arc::new(Source::decode("manifest.json".to_owned(), text.as_bytes().to_vec()).unwrap());
    let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("unreadable: {text}") };
    let document = Arc::new(document);
    let object = Object::new(&document, document.root(), false);
    validate(&object, Target::default())
}

fn compare(file: &Path) -> Agreement {
    let mut result = Agreement::default();
    let text = std::fs::read_to_string(file).unwrap();
    for record in text.lines().map(|line| serde_json::from_str::<Record>(line).unwrap()) {
        let verdict = judge(&record.manifest.to_string());
        let ours: Vec<String> =
            verdict.errors.iter().map(|cause| format!("{}: {}", cause.path, cause.message)).collect();
        let id = format!("{} {} {:?}", record.base, record.mutation, record.path);
        result.all += 1;
        if verdict.errors.is_empty() == record.accepted {
            result.agreed += 1;
        } else {
            let _ = writeln!(result.disagreements, "{id}\n  server: {}\n  ours:   {ours:?}", record.message);
        }
        if !record.causes.is_empty() {
            result.named += 1;
            if verdict.errors.iter().any(|cause| record.causes.iter().any(|(_, field)| *field == cause.path)) {
                result.located += 1;
            } else if !ours.is_empty() {
                let fields: Vec<&str> = record.causes.iter().map(|(_, field)| field.as_str()).collect();
                let _ = writeln!(result.disagreements, "{id}\n  server at: {fields:?}\n  ours:      {ours:?}");
            }
        }
        if record.accepted && verdict.warnings.is_empty() == record.warnings.is_empty() {
            result.warned += 1;
        } else if record.accepted {
            let warnings: Vec<&str> = verdict.warnings.iter().map(|cause| cause.message.as_str()).collect();
            let _ = writeln!(result.disagreements, "{id}\n  warned: {:?}\n  ours:   {warnings:?}", record.warnings);
        }
    }
    result
}

#[test]
fn agrees_with_the_server() {
    let named = std::env::var_os("PATTERNS_VERDICTS").map(PathBuf::from);
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apiserver-verdicts/verdicts.jsonl");
    let result = compare(named.as_deref().unwrap_or(&recorded));
    println!(
        "accepted as the server does: {} of {}; places named: {} of {}",
        result.agreed, result.all, result.located, result.named
    );
    if named.is_some() {
        println!("{}", result.disagreements);
        return;
    }
    insta::assert_snapshot!("disagreements", result.disagreements);
    assert!(result.agreed * 100 >= result.all * 99, "{} of {}", result.agreed, result.all);
    assert!(result.located * 100 >= result.named * 95, "{} of {}", result.located, result.named);
}
