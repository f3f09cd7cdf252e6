//! From manifests to descriptions that generate the same system.
//!
//! The importer turns a workload and the objects that belong to it into keys of the language. The proof does not trust
//! that: the document's output is compared with the manifests field by field, and any field that is missing becomes a
//! `patch`. A workload for which the two still differ is not imported, and the report says why.

mod attempt;
mod canonical;
mod compare;
mod configs;
mod container;
mod defaults;
mod environments;
mod health;
mod input;
mod legacy;
mod obsolete;
mod owned;
mod patch;
mod plan;
mod pod;
mod policies;
mod reach;
mod recognise;
mod refusal;
mod result;
mod rights;
mod routes;
mod secrets;
mod services;
mod workload;
mod write;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use attempt::{Attempt, Run, attempt, place_of};
use canonical::Around;
pub use compare::{Field, Kind};
pub use input::Input;
pub use result::{Compared, Generate, Import, Imported, Left};
pub use secrets::hide as hide_secrets;

/// The facts about a workload's containers.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Which of them is the app.
    pub app: usize,
    /// Ports on which the others listen, by their names, whether they declare them or not.
    pub listens: Vec<(String, u64)>,
}

/// Imports the objects of a run. `known` returns the facts about a workload.
#[must_use]
pub fn import(inputs: Vec<Input>, known: &dyn Fn(&Input) -> Known, generate: Generate<'_>) -> Import {
    let variants = environments::split(inputs);
    let mut result = Import::default();
    let base = one(&variants.base, known, generate, &mut result.left);
    let mut others: BTreeMap<String, Vec<(Attempt, Vec<Input>)>> = BTreeMap::new();
    for (name, inputs) in &variants.others {
        let mut left = Vec::new();
        let attempts = one(inputs, known, generate, &mut left);
        others.insert(name.clone(), attempts.into_iter().map(|attempt| (attempt, inputs.clone())).collect());
        result.left.extend(left);
    }
    result.documents = environments::join(base, &variants, others, generate, &mut result.left);
    result
}

fn one(
    inputs: &[Input],
    known: &dyn Fn(&Input) -> Known,
    generate: Generate<'_>,
    left: &mut Vec<Left>,
) -> Vec<Attempt> {
    let twice = environments::repeated(inputs);
    let mut single: Vec<Input> = Vec::new();
    let mut rest: Vec<(Input, String)> = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        if twice.contains(&at) {
            rest.push((
                input.clone(),
                "another object in this run has the same kind and name; import them one at a time".to_owned(),
            ));
        } else {
            single.push(input.clone());
        }
    }
    let mut services = Around::default();
    services.learn(single.iter().filter(|input| input.kind() == "Service").map(|input| &input.object));
    let there = inputs.iter().map(|input| place_of(&input.object)).collect();
    let run = Run { asked: plan::asked(&single), services: Arc::new(services.services), there };
    plan::need_tokens(&mut single);
    // First with what is recognised; where that does not come out even, as the containers that they are.
    let (owned, mut others) = plan::plan(&single, &run.services, known, &|_| true);
    let mut results: Vec<_> = owned.iter().map(|owned| attempt(owned, &run, generate)).collect();
    let again: Vec<bool> =
        owned.iter().zip(&results).map(|(owned, result)| !owned.uses.is_empty() && hatches(result) > 0).collect();
    let retried: HashSet<*const Input> = owned
        .iter()
        .zip(&again)
        .filter(|(_, again)| **again)
        .map(|(owned, _)| std::ptr::from_ref(owned.workload))
        .collect();
    let mut owned = owned;
    if !retried.is_empty() {
        let plain = |input: &Input| !retried.contains(&std::ptr::from_ref(input));
        let (plainly, left) = plan::plan(&single, &run.services, known, &plain);
        others = left;
        for (at, other) in plainly.into_iter().enumerate().filter(|(at, _)| again[*at]) {
            let result = attempt(&other, &run, generate);
            if hatches(&result) < hatches(&results[at]) || results[at].is_err() {
                (owned[at], results[at]) = (other, result);
            }
        }
        let kept: HashSet<*const Input> = owned
            .iter()
            .flat_map(|owned| owned.objects().chain(owned.extra.iter().copied()))
            .map(std::ptr::from_ref)
            .collect();
        others.retain(|(input, _)| !kept.contains(&std::ptr::from_ref(*input)));
    }
    for (owned, result) in owned.iter_mut().zip(&mut results) {
        // all that is tried is less than what was there, so this ends
        while hatches(result) > 0 {
            let better = owned.reduced().into_iter().find_map(|(other, released)| {
                let again = attempt(&other, &run, generate);
                (hatches(&again) < hatches(result)).then_some((other, released, again))
            });
            let Some((other, released, again)) = better else { break };
            others.extend(released.into_iter().map(|input| (input, "no key can express all of it".to_owned())));
            (*owned, *result) = (other, again);
        }
    }
    rest.extend(others.into_iter().map(|(input, why)| (input.clone(), why)));
    let mut attempts = Vec::new();
    for (owned, result) in owned.iter().zip(results) {
        match result {
            Ok(attempt) => attempts.push(attempt),
            Err(why) => {
                rest.push((owned.workload.clone(), why));
                let belongs = owned.objects().skip(1).chain(owned.extra.iter().copied());
                let why = format!("it belongs to {}, which is not imported", owned.workload.title());
                rest.extend(belongs.map(|input| (input.clone(), why.clone())));
            }
        }
    }
    rest.sort_by(|(a, _), (b, _)| (&a.file, a.line).cmp(&(&b.file, b.line)));
    left.extend(rest.into_iter().map(|(input, why)| Left { input, why }));
    attempts
}

/// How much of an attempt has no key; a failed attempt ranks highest.
fn hatches(result: &Result<Attempt, String>) -> usize {
    result.as_ref().map_or(usize::MAX, |attempt| attempt.imported.patches + attempt.imported.extra.len())
}
