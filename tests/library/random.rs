//! Descriptions made at random from shapes, patterns, keys and values that the schemas allow: what gen makes of one, lint
//! accepts, or gen says why it makes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::ops::Range;

use patterns::kube::on_deep_stacks;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::keys::{judge, of_app, of_document, with};
use crate::matrix::{Base, Examples, Use, app, examples};

/// Numbers that a seed repeats exactly (Vigna's splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Another value that a parameter's schema allows, of the kinds that can be made without knowing what they mean.
fn value(schema: &Value, dice: &mut Dice) -> Option<Value> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(dice.pick(values).clone());
    }
    match schema["type"].as_str()? {
        "boolean" => Some(json!(dice.below(2) == 0)),
        "integer" => {
            let least = schema["minimum"].as_i64().unwrap_or(0);
            let most = schema["maximum"].as_i64().unwrap_or(least + 9);
            // the ends, and something near the lower one
            let near = least.saturating_add(i64::try_from(dice.below(9)).unwrap()).min(most);
            Some(json!([least, most, near, near][dice.below(4)]))
        }
        _ => None,
    }
}

/// The parameters of an example with some of them changed.
fn varied(examples: &Examples, used: &Use, dice: &mut Dice) -> Value {
    let mut params = used.params.clone();
    let definition = examples.catalogue.folder(&used.pattern).unwrap().definition().unwrap();
    let schemas = definition.params["properties"].as_object().cloned().unwrap_or_default();
    for (name, schema) in schemas {
        if dice.below(4) == 0
            && let Some(value) = value(&schema, dice)
        {
            params[name] = value;
        }
    }
    params
}

/// The documents of a seed.
fn documents(examples: &Examples, seed: u64) -> Vec<Value> {
    let mut dice = Dice(seed);
    let plain = app();
    let base: &Base = if dice.below(3) == 0 { &plain } else { dice.pick(&examples.shapes) };
    let mut document = base.document.clone();
    let keys: Vec<(bool, Value)> = of_app().into_iter().map(|(_, keys)| (true, keys)).collect();
    let keys: Vec<(bool, Value)> =
        keys.into_iter().chain(of_document().into_iter().map(|(_, keys)| (false, keys))).collect();
    for _ in 0..dice.below(5) {
        let (is_app, more) = dice.pick(&keys);
        document = with(&document, *is_app, more).unwrap_or(document);
    }
    let (mut entries, mut beside, mut extra) = (Vec::new(), Vec::new(), Vec::<Value>::new());
    for at in 0..dice.below(4) {
        let used = dice.pick(&examples.uses);
        let mut params = varied(examples, used, &mut dice);
        if used.name != used.pattern || dice.below(2) == 0 {
            params["as"] = json!(format!("{}-{at}", used.name));
        }
        entries.push(json!({used.pattern.clone(): params}));
        for other in &used.beside {
            if !beside.contains(other) && other["name"] != document["name"] {
                beside.push(other.clone());
            }
        }
        for object in &used.extra {
            if !extra.contains(object) {
                extra.push(object.clone());
            }
        }
        if let Some(target) = used.home["target"].as_str() {
            document["target"] = json!(target);
        }
    }
    if !entries.is_empty() {
        document["use"] = Value::Array(entries);
    }
    if !extra.is_empty() {
        document["extra"] = Value::Array(extra);
    }
    std::iter::once(document).chain(beside).collect()
}

fn hold(what: &str, seeds: Range<u64>) {
    let examples = examples(what);
    let count = seeds.end - seeds.start;
    let outcomes: Vec<(u64, Result<bool, String>)> = on_deep_stacks(|| {
        seeds.into_par_iter().map(|seed| (seed, judge(&examples, &documents(&examples, seed)))).collect()
    })
    .unwrap();
    let _ = std::fs::remove_dir_all(&examples.folder);
    let wrong: Vec<String> = outcomes
        .iter()
        .filter_map(|(seed, outcome)| Some(format!("== seed {seed}\n{}", outcome.as_ref().err()?)))
        .collect();
    let shown = wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {count} went wrong, such as\n{shown}", wrong.len());
    let made = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Ok(true))).count();
    println!("{made} of {count} descriptions make objects, which lint accepts; gen says why not of the others");
    // a property over descriptions that are all refused would hold of nothing
    assert!(u64::try_from(made).unwrap() * 5 > count, "{made} of {count}");
}

#[test]
fn what_gen_makes_lint_accepts() {
    hold("random", 0..300);
}

/// By hand: `cargo test --test library -- --ignored --nocapture what_gen_makes`.
#[test]
#[ignore = "twenty thousand descriptions, minutes: cargo test --test library -- --ignored what_gen_makes"]
fn what_gen_makes_of_thousands_lint_accepts() {
    hold("thousands", 0..20_000);
}
