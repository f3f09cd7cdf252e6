//! How long the API server's verdict takes: `cargo bench --bench verdicts`.
//!
//! Prints, for the recorded manifests, the time of decoding and of validating one object on average, for one version of
//! Kubernetes and for all; and the time of one expression of a policy over one object.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patterns::apiserver::{Schemas, validate};
use patterns::kube::versions::{Target, Targets};
use patterns::kube::{File, Index, Object};
use patterns::policy::Policies;
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
    let objects: Vec<Object> = documents.iter().map(|d| Object::new(d, d.root(), false)).collect();
    if let Ok(range) = Targets::parse("1.33,1.37") {
        let start = Instant::now();
        for target in range.all() {
            for object in &objects {
                drop(black_box(validate(object, target, &schemas)));
            }
        }
        let count = u32::try_from(objects.len()).unwrap_or(1);
        println!("1.33 to 1.37: validate {:?} each", start.elapsed() / count);
    }
    expressions();
}

/// Each recorded expression as its own policy over the recorded objects.
fn expressions() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy-verdicts");
    let text = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap_or_default();
    let file = |name: &str, text: &str| File::read(&Arc::new(Source::from_text(name, text)));
    let objects = file("objects.yaml", &text("objects.yaml"));
    let objects: Vec<&Object> = objects.objects.iter().collect();
    let index = Index::of(&objects);
    let policies: Vec<File> =
        text("expressions.txt").lines().filter_map(policy).map(|text| file("policy.json", &text)).collect();
    let own: Vec<&Object> = policies.iter().flat_map(|file| &file.objects).collect();
    let start = Instant::now();
    let compiled = Policies::collect(&own, &|_| Target::NEWEST, true);
    let compiling = start.elapsed();
    let start = Instant::now();
    black_box(compiled.judge(&objects, &index, &|_, _| true));
    let count = u32::try_from(own.len()).unwrap_or(1).max(1);
    let pairs = count * u32::try_from(objects.len()).unwrap_or(1).max(1);
    println!(
        "{} expressions: compile {:?} each, evaluate {:?} for each object",
        own.len(),
        compiling / count,
        start.elapsed() / pairs
    );
}

/// The policy of a line of the records.
fn policy(line: &str) -> Option<String> {
    let (expression, _) = line.split_once(" ⇒ ").filter(|_| !line.starts_with('#'))?;
    let constraints = serde_json::json!({"resourceRules": [
        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]},
    ]});
    let spec = serde_json::json!({"matchConstraints": constraints, "validations": [{"expression": expression}]});
    let policy = serde_json::json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": expression.len().to_string()},
        "spec": spec,
    });
    Some(policy.to_string())
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
