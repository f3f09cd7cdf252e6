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
mod home;
mod input;
mod legacy;
mod nodes;
mod obsolete;
mod order;
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
mod tried;
mod values;
mod workload;
mod write;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::sort;
use around::Around;
use attempt::{Attempt, Run, place_of};
pub use check::check;
pub use cluster::is_made as is_made_by_cluster;
pub use compare::{Field, Kind};
pub use input::Input;
use owned::{Owned, PARTS, Part};
pub use result::{Compared, Generate, Import, Imported, Left};
pub use secrets::hide as hide_secrets;
use tried::Tried;

/// The facts about a workload's containers.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Which of them is the app.
    pub app: usize,
    /// Ports on which the others listen, by their names, whether they declare them or not.
    pub listens: Vec<(String, u64)>,
    /// The rules that it breaks with all the manifests of the run around it.
    pub broken: Vec<&'static str>,
    /// Whether kustomize changes it before it is applied.
    pub is_changed: bool,
}

/// Imports the objects of a run. `known` returns the facts about a workload.
#[must_use]
pub fn import(inputs: Vec<Input>, known: &dyn Fn(&Input) -> Known, generate: Generate<'_>) -> Import {
    let (mut inputs, of_cluster) = cluster::split(inputs);
    home::settle(&mut inputs);
    // Definitions belong to no workload and differ between no environments, and are larger than all else: they are not
    // looked at again for each variant.
    let (definitions, inputs): (Vec<Input>, Vec<Input>) =
        inputs.into_iter().partition(|input| input.kind() == "CustomResourceDefinition");
    let mut result = Import { of_cluster, ..import_parts(inputs, known, generate) };
    // what no workload owns is the same in each variant
    let mut listed = HashSet::new();
    result.left.retain(|left| {
        let (input, why) = (&left.input, &left.why);
        listed.insert((input.file.clone(), input.start, input.title(), why.clone()))
    });
    if !definitions.is_empty() {
        result.left.extend(definitions.into_iter().map(|input| Left { input, why: plan::NO_KEY.to_owned() }));
        sort::by(&mut result.left, |a, b| (&a.input.file, a.input.start).cmp(&(&b.input.file, b.input.start)));
    }
    result
}

/// Imports what workloads and the objects around them are, part by part.
fn import_parts(inputs: Vec<Input>, known: &dyn Fn(&Input) -> Known, generate: Generate<'_>) -> Import {
    let mut result = Import::default();
    if environments::are_variants(&inputs) {
        let (documents, left) = part(inputs, known, generate);
        (result.documents, result.left) = (documents, left);
        tell_apart(&mut result.documents, None);
        result.refused = stream::refused(&result.documents, generate);
        return result;
    }
    let mut names: HashSet<String> = HashSet::new();
    for piece in apart::split(inputs) {
        let (documents, left) = part(piece.inputs.clone(), known, generate);
        let own = documents.into_iter().filter(|document| piece.is_about(&document.workload));
        let mut documents: Vec<Imported> = own.collect();
        let variant = piece.name.as_deref().filter(|_| documents.iter().any(|one| names.contains(&one.name)));
        names.extend(documents.iter().map(|document| document.name.clone()));
        tell_apart(&mut documents, variant);
        result.documents.append(&mut documents);
        result.left.extend(left.into_iter().filter(|left| piece.is_about(&left.input)));
    }
    result.refused = stream::refused(&result.documents, generate);
    result
}

/// What can be applied together, with its environments.
fn part(inputs: Vec<Input>, known: &dyn Fn(&Input) -> Known, generate: Generate<'_>) -> (Vec<Imported>, Vec<Left>) {
    let mut variants = environments::split(inputs);
    let mut left = std::mem::take(&mut variants.hidden);
    let tried = Tried::of(!variants.others.is_empty());
    let base = import_variant(&variants.base, known, generate, &tried, &mut left);
    let mut others: BTreeMap<String, Vec<Rc<Attempt>>> = BTreeMap::new();
    for (name, inputs) in &variants.others {
        let attempts = import_variant(inputs, known, generate, &tried, &mut left);
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

/// Imports what one environment applies, as documents as far as possible. Adds what is not imported to `left`.
fn import_variant(
    inputs: &[Input],
    known: &dyn Fn(&Input) -> Known,
    generate: Generate<'_>,
    tried: &Tried,
    left: &mut Vec<Left>,
) -> Vec<Rc<Attempt>> {
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
    services.learn(single.iter().filter(|input| input.kind() == "Service").map(|input| &*input.object));
    let place = |input: &Input| {
        let [kind, _, name] = place_of(&input.object);
        [kind, input.id.namespace.as_deref().unwrap_or_default().to_owned(), name]
    };
    let there = inputs.iter().map(place).collect();
    let used_labels = Rc::new(plan::used_labels(&single));
    let mut run = Run { used_labels, services: Arc::new(services.services), there, asked: RefCell::default() };
    tried.share(&mut run);
    plan::need_tokens(&mut single);
    plan::name_pull_secrets(&mut single);
    let (owned, others) = plan::plan(&single, &run.services, known, &|_| true);
    let attempt: Attempting<'_> = &|owned| tried.attempt(owned, &run, generate);
    let results = owned.iter().map(attempt).collect();
    let mut attempted = Attempted { owned, results, others };
    attempted.retry_as_containers(&single, known, &run.services, attempt);
    attempted.reduce(attempt);
    rest.extend(attempted.others.iter().map(|(input, why)| ((*input).clone(), why.clone())));
    let attempts = attempted.finish(&mut rest);
    sort::by(&mut rest, |(a, _), (b, _)| (&a.file, a.start).cmp(&(&b.file, b.start)));
    left.extend(rest.into_iter().map(|(input, why)| Left { input, why }));
    attempts
}

/// What describes a workload.
type Attempting<'a> = &'a dyn Fn(&Owned<'_>) -> Result<Rc<Attempt>, String>;

/// The workloads of a variant, each with what its import comes to so far.
struct Attempted<'a> {
    owned: Vec<Owned<'a>>,
    results: Vec<Result<Rc<Attempt>, String>>,
    /// What belongs to none of them, and why.
    others: Vec<(&'a Input, String)>,
}

impl<'a> Attempted<'a> {
    /// Imports those whose recognised containers do not come out even again, as the containers that they are.
    fn retry_as_containers(
        &mut self,
        inputs: &'a [Input],
        known: &dyn Fn(&Input) -> Known,
        services: &'a HashMap<(String, String), u64>,
        attempt: Attempting<'_>,
    ) {
        let is_retried: Vec<bool> = self
            .owned
            .iter()
            .zip(&self.results)
            .map(|(owned, result)| !owned.uses.is_empty() && unexpressed(result) > 0)
            .collect();
        let retried = self.owned.iter().zip(&is_retried).filter(|(_, is_retried)| **is_retried);
        let retried: HashSet<*const Input> = retried.map(|(owned, _)| std::ptr::from_ref(owned.workload)).collect();
        if retried.is_empty() {
            return;
        }
        let is_recognised = |input: &Input| !retried.contains(&std::ptr::from_ref(input));
        let (plain, others) = plan::plan(inputs, services, known, &is_recognised);
        self.others = others;
        for (at, other) in plain.into_iter().enumerate().filter(|(at, _)| is_retried[*at]) {
            let result = attempt(&other);
            if unexpressed(&result) < unexpressed(&self.results[at]) || self.results[at].is_err() {
                (self.owned[at], self.results[at]) = (other, result);
            }
        }
        let objects = self.owned.iter().flat_map(|owned| owned.objects().chain(owned.extra.iter().copied()));
        let kept: HashSet<*const Input> = objects.map(std::ptr::from_ref).collect();
        self.others.retain(|(input, _)| !kept.contains(&std::ptr::from_ref(*input)));
    }

    /// Releases objects for which there are no keys, as long as that leaves less unexpressed.
    fn reduce(&mut self, attempt: Attempting<'_>) {
        for (owned, result) in self.owned.iter_mut().zip(&mut self.results) {
            // all that is tried is less than what was there, so this ends
            while unexpressed(result) > 0 {
                let better = owned.reduced(result.is_err()).into_iter().find_map(|(other, released)| {
                    let again = attempt(&other);
                    (unexpressed(&again) < unexpressed(result)).then_some((other, released, again))
                });
                let better = better.or_else(|| result.is_err().then(|| without_several(owned, attempt))?);
                let Some((other, released, again)) = better else { break };
                let why = match result {
                    Err(reason) => format!("with it, the workload could not be imported: {reason}"),
                    Ok(_) => "no key can express all of it".to_owned(),
                };
                self.others.extend(released.into_iter().map(|input| (input, why.clone())));
                (*owned, *result) = (other, again);
            }
        }
    }

    /// The attempts that succeeded. Adds the workloads of the others to `rest`, with all that belongs to them.
    fn finish(self, rest: &mut Vec<(Input, String)>) -> Vec<Rc<Attempt>> {
        let mut attempts = Vec::new();
        for (owned, result) in self.owned.iter().zip(self.results) {
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
        attempts
    }
}

/// A workload with fewer parts, what it gave up, and what came of the attempt.
type Reduced<'a> = (Owned<'a>, Vec<&'a Input>, Result<Rc<Attempt>, String>);

/// A workload without those of its parts that keep it from being imported, if several do. All are left out, and each
/// comes back that can.
fn without_several<'a>(owned: &Owned<'a>, attempt: Attempting<'_>) -> Option<Reduced<'a>> {
    let without = |parts: &[Part]| {
        parts.iter().fold((owned.clone(), Vec::new()), |(owned, mut all), part| match owned.without(*part) {
            Some((other, released)) => {
                all.extend(released);
                (other, all)
            }
            None => (owned, all),
        })
    };
    let mut parts: Vec<Part> = PARTS.into_iter().filter(|part| owned.without(*part).is_some()).collect();
    // one alone has been tried
    if parts.len() < 2 {
        return None;
    }
    let mut result = attempt(&without(&parts).0);
    if result.is_err() {
        return None;
    }
    for part in parts.clone() {
        let fewer: Vec<Part> = parts.iter().copied().filter(|other| *other != part).collect();
        let again = attempt(&without(&fewer).0);
        if again.is_ok() {
            (parts, result) = (fewer, again);
        }
    }
    let (other, released) = without(&parts);
    Some((other, released, result))
}

/// How much of an attempt has no key; a failed attempt ranks highest.
fn unexpressed(result: &Result<Rc<Attempt>, String>) -> usize {
    result.as_ref().map_or(usize::MAX, |attempt| attempt.imported.patches + attempt.imported.extra.len())
}
