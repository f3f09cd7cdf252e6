//! From manifests to descriptions that generate the same system.
//!
//! The importer turns a workload and the objects that belong to it into keys of the language. The proof does not trust
//! that: the document's output is compared with the manifests field by field, and any field that is missing becomes a
//! `patch`. A workload for which the two still differ is not imported, and the report says why.

mod apart;
mod around;
mod attempt;
mod budgets;
mod canonical;
mod check;
mod cluster;
mod compare;
mod configs;
mod container;
mod defaults;
mod environments;
mod health;
mod input;
mod legacy;
mod nodes;
mod obsolete;
mod otherwise;
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
mod scalers;
mod secrets;
mod services;
mod stream;
mod values;
mod workload;
mod write;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use around::Around;
use attempt::{Attempt, Run, attempt, place_of};
pub use check::check;
pub use cluster::is_made as is_made_by_cluster;
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
    let (inputs, of_cluster) = cluster::split(inputs);
    let mut result = Import { of_cluster, ..Import::default() };
    if environments::are_variants(&inputs) {
        let (documents, left) = part(inputs, known, generate);
        (result.documents, result.left) = (documents, left);
        tell_apart(&mut result.documents, None);
        result.refused = stream::refused(&result.documents, generate);
        return result;
    }
    for piece in apart::split(inputs) {
        let (documents, left) = part(piece.inputs.clone(), known, generate);
        let own = documents.into_iter().filter(|document| piece.is_about(&document.workload));
        let mut documents: Vec<Imported> = own.collect();
        let is_taken = |one: &Imported| result.documents.iter().any(|other| other.name == one.name);
        let variant = piece.name.as_deref().filter(|_| documents.iter().any(is_taken));
        tell_apart(&mut documents, variant);
        result.documents.append(&mut documents);
        result.left.extend(left.into_iter().filter(|left| piece.is_about(&left.input)));
    }
    result.refused = stream::refused(&result.documents, generate);
    result
}

/// What can be applied together, with its environments.
fn part(inputs: Vec<Input>, known: &dyn Fn(&Input) -> Known, generate: Generate<'_>) -> (Vec<Imported>, Vec<Left>) {
    let variants = environments::split(inputs);
    let mut left = Vec::new();
    let base = one(&variants.base, known, generate, &mut left);
    let mut others: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for (name, inputs) in &variants.others {
        let attempts = one(inputs, known, generate, &mut left);
        others.insert(name.clone(), attempts);
    }
    (environments::join(base, &variants.base_name, others, generate), left)
}

/// Says of documents that are not of the run's first part which one they are of.
fn tell_apart(documents: &mut [Imported], part: Option<&str>) {
    for document in documents {
        if document.variant.is_none() {
            document.variant = part.map(str::to_owned);
        }
        if let Some(variant) = &document.variant {
            let comment = format!("# of `{variant}`: other documents of this import have the same names\n");
            document.text.insert_str(0, &comment);
        }
    }
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
        match twice.get(&at) {
            Some(why) => rest.push((input.clone(), why.clone())),
            None => single.push(input.clone()),
        }
    }
    let mut services = Around::default();
    services.learn(single.iter().filter(|input| input.kind() == "Service").map(|input| &input.object));
    let there = inputs.iter().map(|input| place_of(&input.object)).collect();
    let run = Run { asked: plan::asked(&single), services: Arc::new(services.services), there };
    plan::need_tokens(&mut single);
    plan::name_pull_secrets(&mut single);
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
            let better = owned.reduced(result.is_err()).into_iter().find_map(|(other, released)| {
                let again = attempt(&other, &run, generate);
                (hatches(&again) < hatches(result)).then_some((other, released, again))
            });
            let Some((other, released, again)) = better else { break };
            let why = if result.is_err() {
                "with it, the workload could not be imported"
            } else {
                "no key can express all of it"
            };
            others.extend(released.into_iter().map(|input| (input, why.to_owned())));
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
