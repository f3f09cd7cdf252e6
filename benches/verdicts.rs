//! How long the API server's verdict takes: `cargo bench --bench verdicts`.
//!
//! Prints, for the recorded manifests, the time of decoding and of validating one object on average.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patterns::kube::Object;
use patterns::kube::validation::{Schemas, Target, validate};
use patterns::yaml::{Document, Part, Source, read};

const ROUNDS: u32 = 20;

fn main() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apiserver-verdicts/verdicts.jsonl");
    let Ok(text) = std::fs::read_to_string(recorded) else { return eprintln!("cannot read {recorded}") };
    let documents: Vec<Arc<Document>> = text.lines().filter_map(document).collect();
    let schemas = Schemas::default();
    let (mut decoding, mut validating) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let objects: Vec<Object> = documents.iter().map(|d| Object::new(d, d.root(), false)).collect();
        decoding += start.elapsed();
        let start = Instant::now();
        for object in &objects {
            black_box(validate(object, Target::default(), &schemas));
        }
        validating += start.elapsed();
    }
    let count = u32::try_from(documents.len()).unwrap_or(1) * ROUNDS;
    println!("{} manifests: decode {:?}, validate {:?} each", documents.len(), decoding / count, validating / count);
}

/// The manifest of one record.
fn document(line: &str) -> Option<Arc<Document>> {
    let record: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = record.get("manifest")?.to_string();
    let source = Arc::new(Source::decode("manifest.json".to_owned(), text.into_bytes()).ok()?);
    match read(&source).into_iter().next()? {
        Part::Document(document) => Some(Arc::new(document)),
        Part::Refused(_) => None,
    }
}
