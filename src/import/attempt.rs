//! One workload as one document: described, generated, compared and mended.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::around::Around;
use super::canonical;
use super::container::escaped_below;
use super::owned::Owned;
use super::values::{items, pod_spec, text};
use super::{
    Compared, Field, Generate, Imported, Input, Kind, budgets, compare, obsolete, patch, refusal, secrets, workload,
    write,
};
use crate::diagnostic::Stop;

/// A document with its keys, before it is text.
#[derive(Clone)]
pub(super) struct Attempt {
    pub keys: Map<String, Json>,
    pub comments: Vec<(String, String)>,
    pub imported: Imported,
}

/// What all documents of a run have in common.
pub(super) struct Run {
    /// Labels that something selects by.
    pub(super) used_labels: Rc<Vec<String>>,
    /// Ports of Services by name.
    pub(super) services: Arc<HashMap<(String, String), u64>>,
    /// Kind, namespace and name of everything that there is.
    pub(super) there: HashSet<Place>,
    /// What has been asked of that, and the answers.
    pub(super) asked: RefCell<Vec<(Place, bool)>>,
}

/// What no two objects of a cluster share: kind, namespace and name.
pub(super) type Place = [String; 3];

impl Run {
    fn is_there(&self, place: Place) -> bool {
        let is_there = self.there.contains(&place);
        self.asked.borrow_mut().push((place, is_there));
        is_there
    }
}

/// How often what is generated is compared and mended; a patch may show another difference beneath.
const ROUNDS: usize = 4;

/// Describes a workload, and mends the description until what it generates says all that the manifests say.
///
/// # Errors
/// Why it stays where it is.
pub(super) fn attempt(owned: &Owned<'_>, run: &Run, generate: Generate<'_>) -> Result<Attempt, String> {
    let mut keys = workload::describe(owned, &run.used_labels)?;
    keep_account(owned, run, &mut keys);
    let mut comments = Vec::new();
    if let Some(why) = owned.unbudgeted.as_ref().filter(|_| keys.contains_key("budget")) {
        comments.push(("budget".to_owned(), format!("none is added: {why}")));
    }
    if !owned.extra.is_empty() {
        let extra = owned.extra.iter().map(|input| escaped_below(without_tools(&input.object)));
        keys.insert("extra".to_owned(), extra.collect());
        comments.push(("extra".to_owned(), places("no key makes", &owned.extra)));
    }
    let mut merges: BTreeMap<String, Json> = BTreeMap::new();
    let mut ignored: Vec<Json> = keys.get("ignore").map(|ignored| items(ignored).to_vec()).unwrap_or_default();
    for _ in 0..ROUNDS {
        write_unexpressed(&mut keys, &merges, &ignored);
        let text = write::document(&keys, &comments)?;
        let made = match generate(&text, None) {
            Ok(made) => made,
            Err(Stop::Io(error)) => return Err(refusal::unread(&error)),
            Err(Stop::Findings(findings)) => {
                let spec = pod_spec(&owned.workload.object).unwrap_or(&Json::Null);
                let is_settled = refusal::make_writable(&findings, spec, &mut keys)
                    || refusal::leave_out_disk(&findings, &mut keys)
                    || refusal::rename_volumes(&findings, &mut keys)
                    || refusal::ignore(&findings, spec, owned, &mut ignored);
                if is_settled {
                    continue;
                }
                return Err(refusal::secret(&findings, owned.workload).unwrap_or_else(|| refusal::refused(&findings)));
            }
        };
        let objects = compare_all(owned, run, &made);
        let mut mended = false;
        for object in &objects {
            let lost: Vec<&Field> = object.fields.iter().filter(|field| field.kind == Kind::Lost).collect();
            if lost.is_empty() {
                continue;
            }
            let around = around(made.iter(), run);
            let canonical = canonical::canonical(&object.made, &around);
            let merge = patch::merge(&lost, &object.input.object, &object.made, &canonical)?;
            // a patch would repeat what no key of a description may hold
            if let Some(why) = refusal::written(owned.workload).filter(|_| secrets::is_in_container(&merge)) {
                return Err(why);
            }
            let name = identity(&object.made, owned);
            let before = merges.get(&name).cloned();
            let whole = merges.entry(name.clone()).or_insert_with(|| json!({}));
            patch::add(whole, &merge);
            if before.as_ref() == Some(whole) {
                // which containers share a volume is told beside its mounts
                let name = |field: &&Field| field.name().trim_end_matches(".sharedWith").to_owned();
                let fields: Vec<String> = lost.iter().map(name).collect();
                return Err(format!("no key or patch can express {}", fields.join(", ")));
            }
            mended = true;
            comments.retain(|(at, _)| *at != format!("patch {name}"));
            comments.push((format!("patch {name}"), format!("{} ({})", object.input.place(), fields(&lost))));
        }
        if !mended && let Some(object) = overwritten(owned, run, &made, &objects) {
            let [kind, _, name] = place_of(object);
            return Err(format!(
                "it would generate {kind}/{name}, but there is already one that does not belong to it"
            ));
        }
        if !mended {
            return Ok(finish(owned, keys, comments, text, &made, objects, merges.len()));
        }
    }
    Err("its output does not match the manifest".to_owned())
}

/// Keeps a workload that names no account at the namespace's own, where the account that the document would make is
/// another's.
fn keep_account(owned: &Owned<'_>, run: &Run, keys: &mut Map<String, Json>) {
    let namespace = owned.workload.id.namespace.as_deref().unwrap_or_default().to_owned();
    let made = ["ServiceAccount".to_owned(), namespace, owned.name.clone()];
    let is_anothers = owned.account.is_none() && run.is_there(made);
    let app = keys.get_mut("app").and_then(Json::as_object_mut).filter(|app| !app.contains_key("account"));
    if let Some(app) = app.filter(|_| is_anothers) {
        app.insert("account".to_owned(), json!("default"));
    }
}

fn finish(
    owned: &Owned<'_>,
    keys: Map<String, Json>,
    comments: Vec<(String, String)>,
    text: String,
    made: &[Json],
    objects: Vec<Compared>,
    patches: usize,
) -> Attempt {
    let is_there = |object: &&Json| {
        let compared = objects.iter().any(|one| one.made == **object);
        let extra = owned
            .extra
            .iter()
            .any(|input| input.kind() == object["kind"] && input.name() == object["metadata"]["name"]);
        !compared && !extra
    };
    let mut obsolete: Vec<String> = objects.iter().filter_map(obsolete::immutable).collect();
    if owned.workload.kind() == "Job" {
        obsolete
            .push(format!("{}: a Job's spec is immutable, and the new Job has another name", owned.workload.title()));
    }
    let added = made.iter().filter(is_there).map(title).collect();
    Attempt {
        imported: Imported {
            name: owned.name.clone(),
            namespace: owned.workload.id.namespace.as_deref().map(str::to_owned),
            workload: owned.workload.clone(),
            text,
            objects,
            added,
            patches,
            extra: owned.extra.iter().map(|input| (*input).clone()).collect(),
            obsolete,
            secrets: named_secrets(owned),
            environments: Vec::new(),
            changed: BTreeSet::new(),
            notes: owned.unbudgeted.iter().map(|why| format!("no PodDisruptionBudget is added: {why}")).collect(),
            variant: None,
        },
        keys,
        comments,
    }
}

/// The keys that the document's references need, each with the place of its value.
fn named_secrets(owned: &Owned<'_>) -> Vec<String> {
    let workload = owned.workload;
    let Some(spec) = pod_spec(&workload.object) else { return Vec::new() };
    let mut keys = Vec::new();
    for (path, line) in &workload.open {
        let Some(name) = secrets::variable(&workload.object, path) else { continue };
        let way = path[..path.len() - 3].iter().fold(String::new(), |pointer, step| pointer + "/" + step);
        let Some(container) = workload.object.pointer(&way) else { continue };
        let value = workload.object.pointer(&format!("/{}", path.join("/"))).and_then(Json::as_str);
        let key = secrets::secret_key(spec, container, name, value.unwrap_or_default());
        let secret = workload::secret_of(&owned.name);
        keys.push(format!("Secret/{secret} with {key}, which is in plaintext at {}:{line}", workload.file));
    }
    keys
}

/// Puts `patch` and `ignore` at the end of the document, in the order of the documentation.
fn write_unexpressed(keys: &mut Map<String, Json>, merges: &BTreeMap<String, Json>, ignored: &[Json]) {
    let extra = keys.shift_remove("extra");
    keys.shift_remove("patch");
    keys.shift_remove("ignore");
    if !merges.is_empty() {
        let one = |(object, merge): (&String, &Json)| json!({"object": object, "merge": merge});
        let patches = merges.iter().map(one).map(escaped_below);
        keys.insert("patch".to_owned(), patches.collect());
    }
    keys.extend(extra.map(|extra| ("extra".to_owned(), extra)));
    if !ignored.is_empty() {
        keys.insert("ignore".to_owned(), Json::Array(ignored.to_vec()));
    }
}

fn compare_all(owned: &Owned<'_>, run: &Run, made: &[Json]) -> Vec<Compared> {
    let said_around = around(owned.objects().map(|input| &*input.object), run);
    let made_around = around(made.iter(), run);
    let mut compared = Vec::new();
    for input in owned.objects() {
        let same = |object: &&Json| {
            let name = input.kind() == "Job" || object["metadata"]["name"] == input.name();
            object["kind"] == input.kind() && name
        };
        let object = made
            .iter()
            .find(same)
            .cloned()
            .unwrap_or_else(|| json!({"kind": input.kind(), "metadata": {"name": input.name()}}));
        let said = budgets::as_budget(&input.object, &owned.workload.object, owned.autoscaler.is_some());
        let mut fields = compare::compare(said.as_ref().unwrap_or(&input.object), &said_around, &object, &made_around);
        fields.extend(said.is_some().then(|| budgets::budget(&input.object)));
        fields.extend(input.old.as_ref().map(|old| compare::version(old, &input.object)));
        compared.push(Compared { input: input.clone(), made: object, fields });
    }
    compared
}

/// The kind, namespace and name of an object.
pub(super) fn place_of(object: &Json) -> Place {
    ["/kind", "/metadata/namespace", "/metadata/name"]
        .map(|pointer| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned())
}

/// An object that would be made in the place of one that is there and not taken over.
fn overwritten<'made>(owned: &Owned<'_>, run: &Run, made: &'made [Json], objects: &[Compared]) -> Option<&'made Json> {
    made.iter().find(|object| {
        let is_taken_over = objects.iter().any(|one| one.made == **object)
            || owned.extra.iter().any(|input| place_of(&input.object) == place_of(object));
        !is_taken_over && run.is_there(place_of(object))
    })
}

fn around<'a>(objects: impl Iterator<Item = &'a Json>, run: &Run) -> Around {
    let mut around =
        Around { used_labels: run.used_labels.to_vec(), elsewhere: Arc::clone(&run.services), ..Around::default() };
    around.learn(objects);
    around
}

/// How a patch names an object: a Job without the hash that its name ends in.
fn identity(made: &Json, owned: &Owned<'_>) -> String {
    let name =
        if made["kind"] == "Job" { owned.name.as_str() } else { made["metadata"]["name"].as_str().unwrap_or_default() };
    format!("{}/{name}", text(&made["kind"]))
}

fn fields(lost: &[&Field]) -> String {
    let mut names: Vec<&str> = lost
        .iter()
        .filter_map(|field| field.path.iter().rev().find(|step| !step.starts_with('[')))
        .map(String::as_str)
        .collect();
    names.dedup();
    match names.as_slice() {
        [a, b, c, _, _, ..] => format!("{a}, {b}, {c}, …"),
        names => names.join(", "),
    }
}

fn places(what: &str, inputs: &[&Input]) -> String {
    let places: Vec<String> = inputs.iter().map(|input| format!("{} ({})", input.title(), input.place())).collect();
    format!("{what} {}", places.join(", "))
}

/// An object without what the server and tools wrote into it.
fn without_tools(object: &Json) -> Json {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.shift_remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.retain(|key, _| matches!(key.as_str(), "name" | "namespace" | "labels" | "annotations"));
        for (map, is_noise) in [
            (
                "labels",
                (|key: &str| key.starts_with("app.kubernetes.io/") || canonical::is_noise_label(key, &[]))
                    as fn(&str) -> bool,
            ),
            ("annotations", canonical::is_noise_annotation as fn(&str) -> bool),
        ] {
            if let Some(members) = metadata.get_mut(map).and_then(Json::as_object_mut) {
                members.retain(|key, _| !is_noise(key));
            }
            if metadata.get(map).and_then(Json::as_object).is_some_and(Map::is_empty) {
                metadata.shift_remove(map);
            }
        }
    }
    if let Some(spec) = object.get_mut("spec").and_then(Json::as_object_mut) {
        // Of a Service that the server has filled in, addresses are its choice.
        let is_filled_in = spec.contains_key("clusterIPs");
        spec.retain(|key, value| match key.as_str() {
            "clusterIPs" | "ipFamilies" => !is_filled_in,
            "clusterIP" => value == "None" || !is_filled_in,
            _ => true,
        });
    }
    object
}

/// `Service/shop`.
fn title(object: &Json) -> String {
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}
