//! The order in which a description writes its maps says nothing: what is generated is the same to the last byte, and so
//! are the names that come from content.

use std::path::Path;

use serde_json::Value;

use crate::import::examples;
use crate::support::{Run, documents, generate, patterns_in};

/// The same value with its maps in another order. Objects that are taken as they are stay so.
fn shuffled(value: &Value, next: &mut impl FnMut() -> u32) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(u32, &String, &Value)> =
                members.iter().map(|(key, value)| (next(), key, value)).collect();
            members.sort_by_key(|(place, ..)| *place);
            let one = |(_, key, value): (u32, &String, &Value)| {
                let value = match (key.as_str(), value) {
                    ("extra" | "patch", value) => value.clone(),
                    // requests pass through these in the order in which they are written
                    ("decorators", Value::Object(each)) => {
                        Value::Object(each.iter().map(|(key, value)| (key.clone(), shuffled(value, next))).collect())
                    }
                    (_, value) => shuffled(value, next),
                };
                (key.clone(), value)
            };
            Value::Object(members.into_iter().map(one).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| shuffled(item, next)).collect()),
        other => other.clone(),
    }
}

fn random(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    }
}

/// The descriptions of the patterns, of the examples and of the pages, each with the folder that it is in.
fn descriptions() -> Vec<(String, String)> {
    let files = examples(&["patterns", "examples", "tests/diagram"]).into_iter();
    let mut all: Vec<(String, String)> = files
        .filter(|file| !file.contains("own-pattern"))
        .map(|file| {
            let folder = Path::new(&file).parent().unwrap().to_string_lossy().into_owned();
            (folder, std::fs::read_to_string(&file).unwrap())
        })
        .collect();
    for page in std::fs::read_dir("docs").unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = std::fs::read_to_string(page).unwrap();
        let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        all.extend(
            blocks.filter(|block| block.contains("patterns: v1")).map(|block| (".".to_owned(), block.to_owned())),
        );
    }
    all
}

#[test]
fn another_order_of_maps_makes_the_same() {
    let mut ran = 0;
    for (folder, text) in descriptions() {
        let roots = documents(&text);
        let made = |seed: Option<u32>| -> Run {
            let mut next = random(seed.unwrap_or_default());
            let texts: Vec<String> = roots
                .iter()
                .map(|root| seed.map_or_else(|| root.clone(), |_| shuffled(root, &mut next)).to_string())
                .collect();
            patterns_in(&folder, &["gen", "-"], texts.join("\n---\n").as_bytes())
        };
        let first = made(None);
        if first.code != 0 {
            // part of a description, or of a file
            continue;
        }
        ran += 1;
        for seed in 1..4 {
            let other = made(Some(seed));
            assert_eq!(other.code, 0, "{}\n{text}", other.stderr);
            assert_eq!(other.stdout, first.stdout, "{text}");
        }
    }
    assert!(ran > 45, "{ran}");
}

#[test]
fn maps_that_become_lists_have_one_order() {
    let whole = "patterns: v1\nname: web\napp:\n  image: \"registry.example.com/web:1\"\n  port: 8080\n  health: /h\n  env: {B: \
                 \"$(C)\", A: pod/ip, C: \"$(A)\"}\n  ports: {b: 9001, a: 9002, c: {port: 9000, private: true}}\n  volumes:\n    z: \
                 {secret: s, mount: /z, items: {q: 1.pem, p: {path: 2.pem, mode: \"0440\"}}}\n    a: {sources: [{configmap: m, items: \
                 {v: v, u: u}}], mount: /a}\nplace:\n  nodes: {z: [\"1\"], a: {exists: true}}\n  prefer: {w: \"1\", b: \"2\"}\ndns: {hosts: \
                 {z.example.com: 192.0.2.1, a.example.com: 192.0.2.2, b.example.com: 192.0.2.1}, options: {ndots: 2, edns0: \
                 true}}\nservices: {web-b: {ports: {b: 9001}}, web-a: {ports: {b: 9001, a: 9002}}}\nlabels: {w: \"1\", x: \
                 \"2\"}\nconfigmaps: {web-z: {b: \"1\", a: \"2\"}, web-y: {c: d}}\nuse:\n- container: {as: helper, image: \
                 \"registry.example.com/helper:1\", env: {W: x, X: w}, shared: {q: /q, p: /p}}\n- container: {as: other, image: \
                 \"registry.example.com/other:1\", shared: {p: /p, q: /q}}\n";
    let job = "patterns: v1\nname: load\napp:\n  image: \"registry.example.com/load:1\"\n  command: [load]\n  env: {B: \"$(A)\", A: u}\n  \
               volumes: {z: {secret: s, mount: /z, items: {q: 1.pem, p: 2.pem}}, a: {configmap: m, mount: /a}}\nplace:\n  nodes: {z: \
               [\"1\"], a: [\"2\"]}\n  prefer: {w: \"1\", b: \"2\"}\ndns: {hosts: {z.example.com: 192.0.2.1, a.example.com: \
               192.0.2.2}}\nshape: {job: {}}\n";
    for text in [whole, job] {
        let root = documents(text).remove(0);
        let first = generate(&root.to_string());
        assert_eq!(first.code, 0, "{}", first.stderr);
        for seed in 1..20 {
            let other = generate(&shuffled(&root, &mut random(seed)).to_string());
            assert_eq!(other.stdout, first.stdout, "{seed}");
        }
    }
}

#[test]
fn bytes_are_the_same_in_any_unit() {
    let job = |size: &str| {
        let made = generate(&format!(
            "patterns: v1\nname: load\napp: {{image: \"registry.example.com/load:1\", command: [load], resources: {{cpu: 1, memory: \
             {size}}}, writable: [{{/work: {size}}}]}}\nshape: {{job: {{}}}}\n"
        ));
        assert_eq!(made.code, 0, "{}", made.stderr);
        let objects = documents(&made.stdout);
        objects.iter().find(|object| object["kind"] == "Job").unwrap()["metadata"]["name"].clone()
    };
    for size in ["1024Mi", "1073741824", "1048576Ki"] {
        assert_eq!(job(size), job("1Gi"), "{size}");
    }
    assert_ne!(job("1G"), job("1Gi"));
}
