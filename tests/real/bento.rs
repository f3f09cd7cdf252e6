//! Bento in the steps of a stream.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::generated::Generated;
use crate::program::{self, find, folder};

const STREAM: &str = "
patterns: v1
name: photos
shape:
  stream:
    bus: kafka://kafka:9092
    external: [uploads]
    steps:
      only-public: {filter: uploads, where: '.visibility == \"public\" and .size < 10', to: public}
      by-kind:     {split: public, to: {cars: '.kind == \"car\"', trucks: '.kind == \"truck\"'}, else: others}
      both:        {copy: public, to: [first, second]}
      all:         {merge: [cars, trucks], to: vehicles}
      by-owner:    {shard: vehicles, key: .owner, shards: 4, to: by-owner}
";

/// Topics become standard input and files.
fn without_bus(value: &mut Value, folder: &Path) {
    match value {
        Value::Object(map) => {
            if let Some(kafka) = map.remove("kafka_franz") {
                let part = match kafka.get("topic").and_then(Value::as_str) {
                    Some(topic) => ("file", json!({"path": folder.join(topic), "codec": "lines"})),
                    None => ("stdin", json!({})),
                };
                map.insert(part.0.to_owned(), part.1);
            }
            map.values_mut().for_each(|inner| without_bus(inner, folder));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| without_bus(inner, folder)),
        _ => {}
    }
}

/// Runs a step over lines; returns what lies in each topic afterwards.
fn step(bento: &Path, made: &Generated, step: &str, lines: &str, topics: &[&str]) -> Vec<String> {
    let folder = folder(&format!("bento-{step}"));
    let text = made.file(&format!("photos-{step}-"), "bento.yaml");
    let mut config: Value = crate::support::documents(&text).remove(0);
    without_bus(&mut config, &folder);
    config["http"]["enabled"] = json!(false);
    let file = folder.join("bento.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let mut child = Command::new(bento)
        .arg("-c")
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    topics.iter().map(|topic| std::fs::read_to_string(folder.join(topic)).unwrap_or_default()).collect()
}

#[test]
fn every_configuration_is_accepted() {
    let Some(bento) = find("bento") else { return };
    let examples = ["example.yaml", "example-nats.yaml"].map(|name| format!("patterns/batch/stream/{name}"));
    for (number, example) in examples.iter().enumerate() {
        let made = Generated::of_file(Path::new(example));
        let folder = folder(&format!("bento-lint-{number}"));
        let files = made.files("bento.yaml");
        assert!(files.len() > 1, "{example}");
        for (name, text) in files {
            let file = folder.join(format!("{name}.yaml"));
            std::fs::write(&file, text).unwrap();
            program::run(Command::new(&bento).arg("lint").arg(&file));
        }
    }
}

#[test]
fn messages_go_where_the_description_says() {
    let Some(bento) = find("bento") else { return };
    let made = Generated::from(STREAM);
    let open = r#"{"visibility": "public", "size": 9,  "kind": "car"}"#;
    let closed = r#"{"visibility": "private", "size": 1}"#;
    let large = r#"{"visibility": "public", "size": 10}"#;
    let kept = step(&bento, &made, "only-public", &format!("{open}\n{closed}\n{large}\n"), &["public"]);
    assert_eq!(kept, [format!("{open}\n")], "each byte as it came");

    let truck = r#"{"kind": "truck"}"#;
    let ship = r#"{"kind": "ship"}"#;
    let lines = format!("{open}\n{truck}\n{ship}\n");
    let split = step(&bento, &made, "by-kind", &lines, &["cars", "trucks", "others"]);
    assert_eq!(split, [format!("{open}\n"), format!("{truck}\n"), format!("{ship}\n")]);

    let both = step(&bento, &made, "both", &lines, &["first", "second"]);
    assert_eq!(both, [lines.clone(), lines]);
}
