//! Several folders of the same objects (`overlays/dev`, `overlays/prod`) as one description with environments.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::canonical;
use super::values::template_pointer;
use super::{Attempt, Generate, Imported, Input, Left, write};

/// The objects of a run by the folder that they are a variant in.
#[derive(Default)]
pub(super) struct Variants {
    /// What the documents say by themselves.
    pub base: Vec<Input>,
    /// The variant that this is; empty where there are no others.
    pub base_name: String,
    /// The environments, each with all that is applied in it.
    pub others: BTreeMap<String, Vec<Input>>,
    /// What is none of a variant, and has the kind and name of something that is, with the reason why it stays.
    pub hidden: Vec<Left>,
}

/// Names of folders that hold what others build on.
const BASES: &[&str] = &["base", "common", "default", "production", "prod"];

/// Whether the folders or files of a run are variants of each other.
pub(super) fn are_variants(inputs: &[Input]) -> bool {
    variants(inputs).is_some()
}

/// Tells the variants apart by the first folder or file in which their paths differ.
pub(super) fn split(inputs: Vec<Input>) -> Variants {
    let Some((prefix, names)) = variants(&inputs) else { return Variants { base: inputs, ..Variants::default() } };
    let mut of: BTreeMap<String, Vec<Input>> = names.into_iter().map(|name| (name, Vec::new())).collect();
    let mut shared: Vec<Input> = Vec::new();
    for input in inputs {
        match component(&input.file, &prefix).and_then(|name| of.get_mut(name)) {
            Some(own) => own.push(input),
            None => shared.push(input),
        }
    }
    let mut by_name: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    let mut hidden: Vec<Left> = Vec::new();
    let mut is_hidden = vec![false; shared.len()];
    for (name, own) in of {
        let mut whole = Vec::new();
        for (at, input) in shared.iter().enumerate() {
            let Some(other) = own.iter().find(|other| is_one(input, other)) else {
                whole.push(input.clone());
                continue;
            };
            if other.object != input.object && !std::mem::replace(&mut is_hidden[at], true) {
                hidden.push(Left { input: input.clone(), why: in_the_place_of(other) });
            }
        }
        whole.extend(own);
        by_name.insert(name, whole);
    }
    let base = BASES.iter().find(|name| by_name.contains_key(**name)).map(|name| (*name).to_owned());
    let base_name = base.or_else(|| by_name.keys().next().cloned()).unwrap_or_default();
    let base = by_name.remove(&base_name).unwrap_or_default();
    Variants { base, base_name, others: by_name, hidden }
}

/// Whether two objects are one for the server, wherever what leaves out its namespace is applied.
fn is_one(one: &Input, other: &Input) -> bool {
    let namespaces = one.id.namespace.as_ref().zip(other.id.namespace.as_ref());
    (one.kind(), one.name()) == (other.kind(), other.name()) && namespaces.is_none_or(|(one, other)| one == other)
}

/// Why an object stays whose place another has.
fn in_the_place_of(other: &Input) -> String {
    format!("{} has its kind and name; import one of them at a time", other.place())
}

fn component<'a>(file: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = file.strip_prefix(prefix)?;
    let first = rest.split('/').next()?;
    Some(first.split_once('.').map_or(first, |(stem, _)| stem))
}

fn is_workload(input: &Input) -> bool {
    template_pointer(input.kind()).is_some()
}

/// The common beginning of the variants' paths, and what they are called; nothing if the objects that are there
/// several times are not most of each.
fn variants(inputs: &[Input]) -> Option<(String, BTreeSet<String>)> {
    let mut files: HashMap<(&str, &str), BTreeSet<&str>> = HashMap::new();
    for input in inputs.iter().filter(|input| is_workload(input)) {
        files.entry((input.kind(), input.name())).or_default().insert(&input.file);
    }
    let several: Vec<&BTreeSet<&str>> = files.values().filter(|files| files.len() > 1).collect();
    let paths: BTreeSet<&str> = several.iter().flat_map(|files| files.iter().copied()).collect();
    let first = *paths.iter().next()?;
    let mut prefix = first.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    while !prefix.is_empty() && !paths.iter().all(|path| path.starts_with(&format!("{prefix}/"))) {
        prefix.truncate(prefix.rfind('/').unwrap_or(0));
    }
    if !prefix.is_empty() {
        prefix.push('/');
    }
    let names: BTreeSet<String> = paths.iter().filter_map(|path| component(path, &prefix)).map(str::to_owned).collect();
    let mut sets: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for input in inputs.iter().filter(|input| is_workload(input)) {
        if let Some(name) = component(&input.file, &prefix).filter(|name| names.contains(*name)) {
            sets.entry(name).or_default().insert((input.kind(), input.name()));
        }
    }
    let union: BTreeSet<_> = sets.values().flatten().collect();
    let alike = sets.values().all(|set| set.len() * 2 >= union.len());
    (names.len() > 1 && alike).then_some((prefix, names))
}

/// Objects that are there twice in one variant, each with the reason why it stays: of one file, the last is what an
/// apply leaves; of several, only their author knows which is meant.
pub(super) fn repeated(inputs: &[Input]) -> HashMap<usize, String> {
    let id = |input: &Input| (input.kind().to_owned(), input.name().to_owned(), input.id.namespace.clone());
    let mut last: HashMap<_, usize> = HashMap::new();
    let mut twice = HashMap::new();
    for (at, input) in inputs.iter().enumerate() {
        let Some(there) = last.get(&id(input)).copied() else {
            last.insert(id(input), at);
            continue;
        };
        let other = &inputs[there];
        if other.file == input.file {
            twice.insert(there, format!("line {} says it again, and that is what an apply leaves", input.line));
            last.insert(id(input), at);
        } else if other.object == input.object {
            twice.insert(at, format!("it is the same as {}", other.place()));
        } else {
            twice.insert(at, in_the_place_of(other));
        }
    }
    twice
}

/// Adds what differs in the other variants to the documents, as `environments`. What is not the same as an environment
/// of a document is a further document. The base is an environment, too, which changes nothing, so that each variant
/// can be generated by its name.
pub(super) fn join(
    base: Vec<Rc<Attempt>>,
    base_name: &str,
    others: BTreeMap<String, Vec<Rc<Attempt>>>,
    generate: Generate<'_>,
) -> Vec<Imported> {
    let mut documents: Vec<Imported> = Vec::new();
    let mut apart: Vec<Imported> = Vec::new();
    let is_alone = others.is_empty();
    let names: Vec<String> = std::iter::once(base_name.to_owned()).chain(others.keys().cloned()).collect();
    let mut others: BTreeMap<String, Waiting> =
        others.into_iter().map(|(name, attempts)| (name, Waiting::of(attempts))).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut waiting = vec![(base_name.to_owned(), base)];
    while let Some((of, base)) = waiting.pop() {
        for attempt in base {
            let places = if is_alone { None } else { Some((of.as_str(), names.as_slice())) };
            taken.insert(attempt.imported.name.clone());
            documents.push(joined(&attempt, places, &mut others, generate, &mut apart));
        }
        // what the first has not is the next one's
        let Some((name, rest)) = others.pop_first() else { break };
        let (beside, free): (Vec<_>, Vec<_>) = rest.rest().partition(|attempt| taken.contains(&attempt.imported.name));
        let variant = || Some(name.clone());
        apart.extend(beside.iter().map(|attempt| Imported { variant: variant(), ..attempt.imported.clone() }));
        waiting.push((name, free));
    }
    documents.extend(apart);
    documents
}

/// The attempts of a variant that are no environments of documents yet.
struct Waiting {
    attempts: Vec<Option<Rc<Attempt>>>,
    by_name: HashMap<String, usize>,
}

impl Waiting {
    fn of(attempts: Vec<Rc<Attempt>>) -> Self {
        let names = attempts.iter().enumerate().map(|(at, attempt)| (attempt.imported.name.clone(), at));
        Self { by_name: names.collect(), attempts: attempts.into_iter().map(Some).collect() }
    }

    /// Takes out the one of the same name and workload.
    fn take(&mut self, like: &Imported) -> Option<Rc<Attempt>> {
        let attempt = self.attempts.get_mut(*self.by_name.get(&like.name)?)?;
        let same = |one: &Input| one.kind() == like.workload.kind() && one.name() == like.workload.name();
        attempt.take_if(|attempt| same(&attempt.imported.workload))
    }

    fn rest(self) -> impl Iterator<Item = Rc<Attempt>> {
        self.attempts.into_iter().flatten()
    }
}

/// A document of a variant, the first of `places`, with what differs in the others. It says of those where it does not
/// exist, too.
fn joined(
    attempt: &Rc<Attempt>,
    places: Option<(&str, &[String])>,
    others: &mut BTreeMap<String, Waiting>,
    generate: Generate<'_>,
    apart: &mut Vec<Imported>,
) -> Imported {
    let mut environments = Map::new();
    let mut imported = attempt.imported.clone();
    for (name, waiting) in others.iter_mut() {
        let Some(other) = waiting.take(&attempt.imported) else { continue };
        if Rc::ptr_eq(attempt, &other) {
            imported.environments.push(name.clone());
            environments.insert(name.clone(), json!({}));
            continue;
        }
        let change = difference(&attempt.keys, &other.keys);
        let is_changed = !change.is_empty();
        let change = Json::Object(change);
        let is_same = !is_changed && attempt.imported.text == other.imported.text;
        if is_same || is_made(attempt, name, &change, &other, generate) {
            let other = &other.imported;
            imported.changed.extend(is_changed.then(|| name.clone()));
            imported.environments.push(name.clone());
            imported.objects.extend(other.objects.iter().cloned());
            imported.patches += other.patches;
            imported.obsolete.extend(other.obsolete.iter().cloned());
            imported.secrets.extend(other.secrets.iter().cloned());
            environments.insert(name.clone(), change);
        } else {
            apart.push(Imported { variant: Some(name.clone()), ..other.imported.clone() });
        }
    }
    let Some((of, all)) = places else { return imported };
    let mut said = Map::new();
    for name in all {
        let change = environments.get(name).cloned();
        let own = if name == of { json!({}) } else { json!(false) };
        said.insert(name.clone(), change.unwrap_or(own));
    }
    imported.environments.insert(0, of.to_owned());
    let mut keys = attempt.keys.clone();
    keys.insert("environments".to_owned(), Json::Object(said));
    imported.text = write::document(&keys, &attempt.comments).unwrap_or_default();
    imported
}

/// Whether a document makes in an environment, of which its text then says nothing else, what the environment's own
/// document makes.
fn is_made(attempt: &Attempt, name: &str, change: &Json, other: &Attempt, generate: Generate<'_>) -> bool {
    let mut keys = attempt.keys.clone();
    keys.insert("environments".to_owned(), json!({name: change}));
    let text = write::document(&keys, &attempt.comments).unwrap_or_default();
    let made = generate(&text, Some(name)).unwrap_or_default();
    !made.is_empty() && same_objects(&made, &generate(&other.imported.text, None).unwrap_or_default())
}

/// Whether two lists of objects are the same but for the order of what has names.
fn same_objects(one: &[Json], other: &[Json]) -> bool {
    let plain = |object: &Json| {
        let mut object = object.clone();
        canonical::by_names(&mut object);
        object
    };
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| plain(one) == plain(other))
}

/// What to lay over `base` to get `other`, as environments are laid over documents.
fn difference(base: &Map<String, Json>, other: &Map<String, Json>) -> Map<String, Json> {
    let mut change = Map::new();
    for key in base.keys().filter(|key| !other.contains_key(*key)) {
        change.insert(key.clone(), Json::Null);
    }
    for (key, value) in other {
        match (base.get(key), value) {
            (Some(there), value) if there == value => {}
            (Some(Json::Array(there)), Json::Array(value)) if matches!(key.as_str(), "use" | "init") => {
                change.insert(key.clone(), Json::Array(entries(there, value)));
            }
            (Some(Json::Object(there)), Json::Object(value)) => {
                let other_shape = key == "shape" && there.keys().next() != value.keys().next();
                let change_of = if other_shape { value.clone() } else { difference(there, value) };
                change.insert(key.clone(), Json::Object(change_of));
            }
            (_, value) => {
                change.insert(key.clone(), value.clone());
            }
        }
    }
    change
}

/// The name that an entry of `use` or `init` goes by, and its parameters.
pub(super) fn entry(value: &Json) -> Option<(String, &Json)> {
    let (pattern, params) = value.as_object()?.iter().next()?;
    let name = params["as"].as_str().unwrap_or(pattern);
    Some((name.to_owned(), params))
}

fn entries(base: &[Json], other: &[Json]) -> Vec<Json> {
    let find =
        |list: &[Json], name: &str| list.iter().find(|one| entry(one).is_some_and(|(own, _)| own == name)).cloned();
    let removed = base.iter().filter_map(entry).filter(|(name, _)| find(other, name).is_none());
    let mut changes: Vec<Json> = removed.map(|(name, _)| json!({name: null})).collect();
    for value in other {
        let Some((name, params)) = entry(value) else { continue };
        match find(base, &name) {
            Some(there) if there == *value => {}
            Some(there) => {
                let change = match (entry(&there), params) {
                    (Some((_, Json::Object(there))), Json::Object(params)) => Json::Object(difference(there, params)),
                    _ => params.clone(),
                };
                changes.push(json!({name: change}));
            }
            None => changes.push(value.clone()),
        }
    }
    changes
}
