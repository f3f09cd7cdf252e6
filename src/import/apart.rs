//! Objects that one run has several times: variants of an installation, one example beside the next. What cannot be
//! applied together is imported apart, by the folder that it is in, or by its file.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::values::template_pointer;
use super::{Input, environments};
use crate::sort;

/// What is imported together, with what it is called if it is not the first.
pub(super) struct Part {
    /// Its folder or file; the first has none.
    pub name: Option<String>,
    /// Its objects.
    pub inputs: Vec<Input>,
    /// Whether the objects of a file are of this part alone; the others are around it.
    pub own: Option<String>,
}

impl Part {
    /// Whether the part is about this object, and not only beside it.
    pub(super) fn is_about(&self, input: &Input) -> bool {
        self.own.as_ref().is_none_or(|file| input.file == *file)
    }
}

/// Kinds of which two objects of one name and different content are two variants.
const TELLING: &[&str] = &["Service", "ConfigMap", "Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler"];

type Id = (String, String, Option<String>);

fn id(input: &Input) -> Id {
    (input.kind().to_owned(), input.name().to_owned(), input.id.namespace.as_deref().map(str::to_owned))
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_workload(input: &Input) -> bool {
    template_pointer(input.kind()).is_some()
}

/// What a part holds already.
#[derive(Default)]
struct Held<'a> {
    objects: HashMap<Id, &'a Input>,
}

impl<'a> Held<'a> {
    /// Whether these objects cannot be applied beside those that are held.
    fn clashes(&self, inputs: &[&Input]) -> bool {
        inputs.iter().any(|input| is_workload(input)) && inputs.iter().any(|input| self.clash(input))
    }

    fn clash(&self, input: &Input) -> bool {
        let there = self.objects.get(&id(input)).filter(|there| there.file != input.file);
        there.is_some_and(|there| is_workload(input) || TELLING.contains(&input.kind()) && there.object != input.object)
    }

    fn add(&mut self, inputs: &[&'a Input]) {
        for input in inputs {
            self.objects.entry(id(input)).or_insert(input);
        }
    }
}

/// Splits a run: what can be applied together stays together, and each folder or file that cannot is another part.
pub(super) fn split(inputs: Vec<Input>) -> Vec<Part> {
    if !has_several(&inputs) {
        return vec![Part { name: None, inputs, own: None }];
    }
    let (inputs, mut apart) = stages(inputs);
    let mut folders: BTreeMap<&str, Vec<&Input>> = BTreeMap::new();
    for input in &inputs {
        folders.entry(folder(&input.file)).or_default().push(input);
    }
    let mut first = Held::default();
    let mut together: Vec<&Input> = Vec::new();
    for (folder, objects) in folders {
        let (whole, single) = by_file(&objects);
        if first.clashes(&whole) {
            let inputs = whole.iter().map(|input| (*input).clone()).collect();
            apart.push(Part { name: Some(folder.to_owned()), inputs, own: None });
        } else {
            first.add(&whole);
            together.extend(&whole);
        }
        let files_of_workloads: HashSet<&str> =
            whole.iter().filter(|input| is_workload(input)).map(|input| input.file.as_str()).collect();
        for file in single {
            let own = file.first().map(|input| input.file.clone());
            // what is beside all files of the folder belongs to each
            let ids: HashSet<Id> = file.iter().map(|input| id(input)).collect();
            let around = whole.iter().filter(|input| !is_workload(input) && !ids.contains(&id(input)));
            let around = around.filter(|input| !files_of_workloads.contains(input.file.as_str()));
            let inputs = file.iter().chain(around).map(|input| (*input).clone()).collect();
            apart.push(Part { name: own.clone(), inputs, own });
        }
    }
    let mut kept: Vec<Input> = together.into_iter().cloned().collect();
    sort::by(&mut kept, |a, b| (&a.file, a.start).cmp(&(&b.file, b.start)));
    let mut parts = vec![Part { name: None, inputs: kept, own: None }];
    parts.extend(apart);
    name(&mut parts);
    parts
}

/// What folders are called that hold one system at its stages.
const STAGES: &[&str] = &[
    "dev",
    "development",
    "test",
    "testing",
    "qa",
    "uat",
    "int",
    "integration",
    "stage",
    "staging",
    "preprod",
    "prod",
    "production",
    "live",
    "local",
    "sandbox",
];

fn is_stage(folder: &str) -> bool {
    folder.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| STAGES.contains(&word))
}

/// Takes out folders whose folders are stages of one system: each is a part, with environments.
fn stages(mut inputs: Vec<Input>) -> (Vec<Input>, Vec<Part>) {
    let mut above: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for input in inputs.iter().filter(|input| is_workload(input)) {
        let steps: Vec<&str> = folder(&input.file).split('/').collect();
        for (at, step) in steps.iter().enumerate().filter(|(_, step)| is_stage(step)) {
            above.entry(steps[..at].join("/")).or_default().insert((*step).to_owned());
        }
    }
    let mut parts = Vec::new();
    for (above, names) in above.into_iter().filter(|(_, names)| names.len() > 1) {
        let is_below = |input: &Input| {
            let rest =
                if above.is_empty() { Some(input.file.as_str()) } else { input.file.strip_prefix(above.as_str()) };
            let step = rest.and_then(|rest| rest.trim_start_matches('/').split('/').next());
            step.is_some_and(|step| names.contains(step))
        };
        let (below, others): (Vec<Input>, Vec<Input>) = inputs.into_iter().partition(is_below);
        if environments::are_variants(&below) {
            parts.push(Part { name: Some(above), inputs: below, own: None });
            inputs = others;
        } else {
            inputs = below;
            inputs.extend(others);
            sort::by(&mut inputs, |a, b| (&a.file, a.start).cmp(&(&b.file, b.start)));
        }
    }
    (inputs, parts)
}

/// Whether a workload is there several times, in different files.
fn has_several(inputs: &[Input]) -> bool {
    let mut files: HashMap<Id, &str> = HashMap::new();
    let mut workloads = inputs.iter().filter(|input| is_workload(input));
    workloads.any(|input| *files.entry(id(input)).or_insert(&input.file) != input.file)
}

/// The objects of a folder that go together, and those of files that do not go with them.
fn by_file<'a>(objects: &[&'a Input]) -> (Vec<&'a Input>, Vec<Vec<&'a Input>>) {
    let mut files: BTreeMap<&str, Vec<&Input>> = BTreeMap::new();
    for input in objects {
        files.entry(input.file.as_str()).or_default().push(input);
    }
    let mut held = Held::default();
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for (_, file) in files {
        if held.clashes(&file) {
            single.push(file);
        } else {
            held.add(&file);
            whole.extend(file);
        }
    }
    (whole, single)
}

/// Gives each part a name that can be a folder's and that no other has.
fn name(parts: &mut [Part]) {
    let paths: Vec<Vec<String>> = parts
        .iter()
        .filter_map(|part| part.name.as_deref())
        .map(|path| path.split('/').map(str::to_owned).collect())
        .collect();
    let common = paths.iter().map(Vec::as_slice).reduce(|one, other| {
        let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        &one[..same]
    });
    // the last step tells a part's name, also where there is one alone
    let common = common.map_or(0, <[String]>::len);
    let mut taken = HashSet::new();
    for part in parts.iter_mut() {
        let Some(path) = &part.name else { continue };
        let steps: Vec<&str> = path.split('/').collect();
        let from = common.min(steps.len().saturating_sub(1));
        let plain = plain(&steps[from..].join("-"));
        let numbers = (2..).map(|number: usize| format!("{plain}-{number}"));
        let mut names = std::iter::once(plain.clone()).chain(numbers);
        part.name = names.find(|name| taken.insert(name.clone()));
    }
}

/// A path as a folder's name: letters, digits, dashes and dots.
fn plain(path: &str) -> String {
    let stem = [".yaml", ".yml", ".json"].iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    let plain: String =
        stem.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' }).collect();
    let plain = plain.trim_matches(['-', '.']);
    if plain.is_empty() { "variant".to_owned() } else { plain.to_owned() }
}
