//! Hostile values in every string parameter of every pattern: refused with a clear error, or carried through whole.
//! Never another structure, in YAML or in the configuration of the programs that patterns run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod params;
mod structure;

use std::path::Path;
use std::sync::Arc;

use patterns::describe::{self, Options};
use patterns::pattern::{Catalogue, expand};
use patterns::yaml::{Source, emit};
use serde_json::Value;

use params::{Place, example, places, sample};
use structure::{Skeleton, holds, skeleton};

/// What is added to a value that is right, or is in its place.
const ADDED: &[&str] = &[
    "\"",
    "'",
    "\\",
    "\n- injected: true\n",
    "\r\ninjected: true",
    "$(HOME)",
    "$${HOME}",
    "$http_host",
    "; } injected {",
    "`id`",
    "{{ 7 * 7 }}",
    "{% raw %}",
    " # injected",
    ": injected",
    "\u{0}",
    "\u{7}\u{1b}[31m",
    "\u{85}\u{2028}\u{2029}\u{feff}",
    "é漢🦀",
    ",injected",
    " injected",
];
const INSTEAD: &[&str] =
    &["", " ", "*injected", "&injected x", "!!int 3", "| injected", "yes", "--injected", "../../injected", "~"];

fn hostile(sample: &str) -> Vec<String> {
    let added = ADDED.iter().map(|added| format!("{sample}{added}"));
    let before = ["\u{feff}", "\n", "-", "$"].iter().map(|before| format!("{before}{sample}"));
    let long = [format!("{sample}{}", "a".repeat(64 * 1024))];
    added.chain(before).chain(INSTEAD.iter().map(ToString::to_string)).chain(long).collect()
}

/// What a description makes, or the messages that say why it does not.
fn generate(catalogue: &Catalogue, description: &[Value]) -> Result<Vec<Value>, Vec<String>> {
    let text = emit::to_stream(description).expect("JSON is written as YAML");
    let source = Arc::new(Source::from_text("hostile.yaml", text));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library/hostile");
    let (descriptions, findings) = describe::read(&source, Some(&folder), &Options::default());
    let messages =
        |findings: Vec<patterns::diagnostic::Finding>| findings.into_iter().map(|finding| finding.message).collect();
    if !findings.is_empty() {
        return Err(messages(findings));
    }
    let made = expand(catalogue, &descriptions).map_err(messages)?;
    Ok(made.into_iter().map(|made| made.object).collect())
}

/// YAML that another reader reads back the same.
fn check_yaml(objects: &[Value], about: &str) {
    use serde::Deserialize as _;
    let text = emit::to_stream(objects).expect("objects are written as YAML");
    let read: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{about}: {error}")))
        .collect();
    assert_eq!(objects, read, "{about}: read back as something else");
}

struct Trial<'a> {
    catalogue: &'a Catalogue,
    pattern: &'a str,
    accepted: usize,
    refused: usize,
    wrong: Vec<String>,
}

impl Trial<'_> {
    fn run(&mut self, place: &Place) {
        let base = sample(&place.schema);
        let right = place.put(&base).and_then(|description| generate(self.catalogue, &description).ok());
        let right: Option<Skeleton> = right.map(|objects| skeleton(&objects));
        for value in hostile(&base) {
            let about = format!("{} {} = {:.60?}", self.pattern, place.name, value);
            let Some(description) = place.put(&value) else { continue };
            match generate(self.catalogue, &description) {
                Err(messages) => {
                    self.refused += 1;
                    let unclear = messages.iter().find(|message| message.contains("of ours is broken"));
                    self.wrong.extend(unclear.map(|message| format!("{about}: {message:.200}")));
                }
                Ok(objects) => {
                    self.accepted += 1;
                    check_yaml(&objects, &about);
                    if !holds(&objects, &value.replace("$${", "${")) {
                        self.wrong.push(format!("{about}: not carried whole"));
                    }
                    if value.starts_with(&base) && right.as_ref().is_some_and(|right| *right != skeleton(&objects)) {
                        self.wrong.push(format!("{about}: another structure"));
                    }
                }
            }
        }
    }
}

#[test]
fn every_string_parameter_is_refused_or_carried_whole() {
    let catalogue = Catalogue::built_in();
    let (mut tried, mut accepted, mut refused, mut wrong) = (0, 0, 0, Vec::new());
    for folder in catalogue.folders() {
        let definition = folder.definition().expect("a definition");
        let documents = example(folder.file("example.yaml").expect("an example"), definition);
        let mut trial =
            Trial { catalogue: &catalogue, pattern: &definition.name, accepted: 0, refused: 0, wrong: Vec::new() };
        let places = places(&documents, definition);
        for place in &places {
            trial.run(place);
        }
        tried += places.len();
        (accepted, refused) = (accepted + trial.accepted, refused + trial.refused);
        wrong.append(&mut trial.wrong);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried >= 60, "{tried} parameters");
    assert!(accepted > 200 && refused > 1000, "{accepted} carried, {refused} refused");
}
