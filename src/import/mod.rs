//! From manifests to descriptions that generate the same system.
//!
//! The importer reads a workload and what belongs to it into the keys of the language. The proof then trusts none of
//! that: what the document generates is compared with the manifests field by field, and what was said there and is not
//! made becomes a `patch`. A workload for which that does not come out even stays where it is, and the report says why.

mod canonical;
mod compare;
mod container;
mod defaults;
mod environments;
mod health;
mod legacy;
mod owned;
mod patch;
mod plan;
mod reach;
mod recognise;
mod secrets;
mod services;
mod workload;
mod write;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use canonical::Around;
pub use compare::{Field, Kind};
use owned::Owned;
pub use secrets::hide as hide_secrets;

use crate::describe::Spanned;
use crate::diagnostic::{Finding, ObjectRef};
use crate::kube::Object;

/// An object of the input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Kind, name and namespace.
    pub id: ObjectRef,
    /// The object as kubectl reads it, without what is null.
    pub object: Json,
    /// The file that it is in.
    pub file: String,
    /// Its first line there.
    pub line: usize,
    /// Values that look like secrets and are written in the open, with their lines.
    open: Vec<(Vec<String>, usize)>,
    /// The version that it is written in, if that is one that no server has any more.
    old: Option<String>,
}

impl Input {
    /// Copies an object out of its file.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let spanned = Spanned::from_node(&object.document, object.node);
        let mut json = spanned.to_json();
        let source = &object.document.source;
        let line_of = |value: &Spanned| source.position(value.place.span.start).line;
        let open = secrets::find(&json).into_iter().filter_map(|path| {
            let value = path.iter().try_fold(&spanned, |value, step| match &value.kind {
                crate::describe::Kind::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => value.get(step),
            })?;
            Some((path, line_of(value)))
        });
        let open = open.collect();
        canonical::without_nulls(&mut json);
        if canonical::has_no_empty_lists(&object.id.kind) {
            canonical::without_empty_lists(&mut json);
        }
        let line = source.position(object.document.span(object.node).start).line;
        let old = legacy::update(&mut json);
        legacy::name_class(&mut json);
        let mut id = object.id.clone();
        if let (Some(_), Some(version)) = (&old, json["apiVersion"].as_str()) {
            version.clone_into(&mut id.api_version);
        }
        Self { id, object: json, file: source.name.clone(), line, open, old }
    }

    /// Where values that look like secrets are written in the open, apart from variables, which become references.
    pub fn open(&self) -> impl Iterator<Item = String> {
        let others = self.open.iter().filter(|(path, _)| secrets::variable(&self.object, path).is_none());
        others.map(|(_, line)| format!("{}:{line}", self.file))
    }

    fn kind(&self) -> &str {
        &self.id.kind
    }

    fn name(&self) -> &str {
        &self.id.name
    }

    /// Whether it is of a kind that a document is made for.
    #[must_use]
    pub fn is_workload(&self) -> bool {
        canonical::template_pointer(self.kind()).is_some()
    }

    /// `Deployment/shop`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}/{}", self.id.kind, self.id.name)
    }

    /// `k8s/shop.yaml:3`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// What generates objects from the text of a description, in an environment if one is named.
pub type Generate<'a> = &'a dyn Fn(&str, Option<&str>) -> Result<Vec<Json>, Vec<Finding>>;

/// A document of the description.
#[derive(Debug)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The workload that it is for.
    pub workload: Input,
    /// Its text.
    pub text: String,
    /// The comparison, by object of the input.
    pub objects: Vec<Compared>,
    /// What it makes beside the objects that were there.
    pub added: Vec<String>,
    /// How many patches it needs.
    pub patches: usize,
    /// Objects that it takes over as they are.
    pub extra: Vec<Input>,
    /// What has to be deleted because it cannot be changed into what is made.
    pub obsolete: Vec<String>,
    /// Keys of Secrets that have to be there first, for values that the manifest has in the open.
    pub secrets: Vec<String>,
    /// The environments it has.
    pub environments: Vec<String>,
}

/// An object of the input with what is made of it.
#[derive(Debug)]
pub struct Compared {
    /// The object.
    pub input: Input,
    /// What takes its place.
    pub made: Json,
    /// Field by field.
    pub fields: Vec<Field>,
}

/// An object that stays in its file.
#[derive(Debug)]
pub struct Left {
    /// The object.
    pub input: Input,
    /// Why.
    pub why: String,
}

/// The result of an import.
#[derive(Debug, Default)]
pub struct Import {
    /// The documents, in the order of their workloads.
    pub documents: Vec<Imported>,
    /// What stays where it is.
    pub left: Vec<Left>,
}

impl Import {
    /// The fields that were said and are not made; none, or the import has failed.
    pub fn lost(&self) -> impl Iterator<Item = (&Input, &Field)> {
        let objects = self.documents.iter().flat_map(|document| &document.objects);
        objects.flat_map(|object| {
            let lost = object.fields.iter().filter(|field| field.kind == Kind::Lost);
            lost.map(move |field| (&object.input, field))
        })
    }
}

/// Imports the objects of a run. `main` says which container of a workload is the app.
#[must_use]
pub fn import(inputs: Vec<Input>, main: &dyn Fn(&Input) -> usize, generate: Generate<'_>) -> Import {
    let variants = environments::split(inputs);
    let mut result = Import::default();
    let base = one(&variants.base, main, generate, &mut result.left);
    let mut others: BTreeMap<String, Vec<(Attempt, Vec<Input>)>> = BTreeMap::new();
    for (name, inputs) in &variants.others {
        let mut left = Vec::new();
        let attempts = one(inputs, main, generate, &mut left);
        others.insert(name.clone(), attempts.into_iter().map(|attempt| (attempt, inputs.clone())).collect());
        result.left.extend(left);
    }
    result.documents = environments::join(base, &variants, others, generate, &mut result.left);
    result
}

/// A document with its keys, before it is text.
pub(crate) struct Attempt {
    pub keys: Map<String, Json>,
    pub comments: Vec<(String, String)>,
    pub imported: Imported,
}

fn one(inputs: &[Input], main: &dyn Fn(&Input) -> usize, generate: Generate<'_>, left: &mut Vec<Left>) -> Vec<Attempt> {
    let twice = environments::repeated(inputs);
    let mut single: Vec<Input> = Vec::new();
    let mut rest: Vec<(Input, String)> = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        if twice.contains(&at) {
            rest.push((
                input.clone(),
                "another object of this run has its kind and name; import one of them at a time".to_owned(),
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
    let (owned, mut others) = plan::plan(&single, &run.services, main, &|_| true);
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
        let (plainly, left) = plan::plan(&single, &run.services, main, &plain);
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
    rest.extend(others.into_iter().map(|(input, why)| (input.clone(), why)));
    let mut attempts = Vec::new();
    for (owned, result) in owned.iter().zip(results) {
        match result {
            Ok(attempt) => attempts.push(attempt),
            Err(why) => {
                rest.push((owned.workload.clone(), why));
                let belongs = owned.objects().skip(1).chain(owned.extra.iter().copied());
                let why = format!("it belongs to {}, which stays where it is", owned.workload.title());
                rest.extend(belongs.map(|input| (input.clone(), why.clone())));
            }
        }
    }
    rest.sort_by(|(a, _), (b, _)| (&a.file, a.line).cmp(&(&b.file, b.line)));
    left.extend(rest.into_iter().map(|(input, why)| Left { input, why }));
    attempts
}

/// How much of an attempt no key says; most of all one that failed.
fn hatches(result: &Result<Attempt, String>) -> usize {
    result.as_ref().map_or(usize::MAX, |attempt| attempt.imported.patches + attempt.imported.extra.len())
}

/// How often what is generated is compared and mended; a patch may show another difference beneath.
const ROUNDS: usize = 4;

fn attempt(owned: &Owned<'_>, run: &Run, generate: Generate<'_>) -> Result<Attempt, String> {
    let mut keys = workload::describe(owned, &run.asked)?;
    let mut comments = Vec::new();
    if !owned.extra.is_empty() {
        keys.insert("extra".to_owned(), owned.extra.iter().map(|input| without_tools(&input.object)).collect());
        comments.push(("extra".to_owned(), places("no key makes", &owned.extra)));
    }
    let mut merges: BTreeMap<String, Json> = BTreeMap::new();
    let mut ignored: Vec<Json> =
        keys.get("ignore").map(|ignored| canonical::items(ignored).to_vec()).unwrap_or_default();
    for _ in 0..ROUNDS {
        write_hatches(&mut keys, &merges, &ignored);
        let text = write::document(&keys, &comments)?;
        let made = match generate(&text, None) {
            Ok(made) => made,
            Err(findings) => {
                if make_writable(&findings, &mut keys) || ignore(&findings, &mut ignored) {
                    continue;
                }
                return Err(refused(&findings));
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
            let name = identity(&object.made, owned);
            let before = merges.get(&name).cloned();
            let whole = merges.entry(name.clone()).or_insert_with(|| json!({}));
            patch::add(whole, &merge);
            if before.as_ref() == Some(whole) {
                let fields: Vec<String> = lost.iter().map(|field| field.name()).collect();
                return Err(format!("no key and no patch says {}", fields.join(", ")));
            }
            mended = true;
            comments.retain(|(at, _)| *at != format!("patch {name}"));
            comments.push((format!("patch {name}"), format!("{} ({})", object.input.place(), fields(&lost))));
        }
        if !mended && let Some(object) = overwritten(owned, run, &made, &objects) {
            let [kind, _, name] = place_of(object);
            return Err(format!("it would make {kind}/{name}, and there is one that does not belong to it"));
        }
        if !mended {
            return Ok(finish(owned, keys, comments, text, &made, objects, merges.len()));
        }
    }
    Err("what it generates does not come out even with the manifest".to_owned())
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
    let title = |object: &Json| {
        format!("{}/{}", canonical::text(&object["kind"]), canonical::text(&object["metadata"]["name"]))
    };
    let mut obsolete: Vec<String> = objects.iter().filter_map(immutable).collect();
    if owned.workload.kind() == "Job" {
        obsolete
            .push(format!("{}: a Job's spec is immutable, and the new one has its own name", owned.workload.title()));
    }
    let added = made.iter().filter(is_there).map(title).collect();
    Attempt {
        imported: Imported {
            name: owned.name.clone(),
            namespace: owned.workload.id.namespace.clone(),
            workload: owned.workload.clone(),
            text,
            objects,
            added,
            patches,
            extra: owned.extra.iter().map(|input| (*input).clone()).collect(),
            obsolete,
            secrets: named_secrets(owned),
            environments: Vec::new(),
        },
        keys,
        comments,
    }
}

/// The keys that the document's references need, each with the place of its value.
fn named_secrets(owned: &Owned<'_>) -> Vec<String> {
    let workload = owned.workload;
    let Some(spec) = canonical::pod_spec(&workload.object) else { return Vec::new() };
    let mut keys = Vec::new();
    for (path, line) in &workload.open {
        let Some(name) = secrets::variable(&workload.object, path) else { continue };
        let way = path[..path.len() - 3].iter().fold(String::new(), |pointer, step| pointer + "/" + step);
        let Some(container) = workload.object.pointer(&way) else { continue };
        let value = workload.object.pointer(&format!("/{}", path.join("/"))).and_then(Json::as_str);
        let key = secrets::secret_key(spec, container, name, value.unwrap_or_default());
        let secret = workload::secret_of(&owned.name);
        keys.push(format!("Secret/{secret} with {key}, which is in the open at {}:{line}", workload.file));
    }
    keys
}

/// Fields that the API server lets nobody change, as `kubernetes/pkg/apis/*/validation` has them.
fn immutable(object: &Compared) -> Option<String> {
    // What a StatefulSet's update may change: ValidateStatefulSetUpdate in pkg/apis/apps/validation.
    const OF_STATEFUL_SET: &[&str] = &[
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let is_immutable = |field: &&Field| {
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        let changed = field.kind != Kind::Same;
        changed
            && match (object.input.kind(), path.as_slice()) {
                ("Deployment" | "DaemonSet", ["spec", "selector", ..])
                | ("Service", ["spec", "headless" | "clusterIP"])
                | ("RoleBinding" | "ClusterRoleBinding", ["roleRef", ..]) => true,
                ("StatefulSet", ["spec", step, ..]) => !OF_STATEFUL_SET.contains(step),
                _ => false,
            }
    };
    let fields: Vec<String> = object.fields.iter().filter(is_immutable).map(Field::name).collect();
    (!fields.is_empty()).then(|| {
        let way = if object.input.kind() == "StatefulSet" { " (with --cascade=orphan its Pods go on)" } else { "" };
        format!("{}{way}: {} cannot be changed in place", object.input.title(), fields.join(", "))
    })
}

/// Puts `patch` and `ignore` at the end of the document, in the order of the documentation.
fn write_hatches(keys: &mut Map<String, Json>, merges: &BTreeMap<String, Json>, ignored: &[Json]) {
    let extra = keys.shift_remove("extra");
    keys.shift_remove("patch");
    keys.shift_remove("ignore");
    if !merges.is_empty() {
        let patches = merges.iter().map(|(object, merge)| json!({"object": object, "merge": merge}));
        keys.insert("patch".to_owned(), patches.collect());
    }
    keys.extend(extra.map(|extra| ("extra".to_owned(), extra)));
    if !ignored.is_empty() {
        keys.insert("ignore".to_owned(), Json::Array(ignored.to_vec()));
    }
}

/// The rule about folders that a program writes to.
const READ_ONLY_ROOT: &str = "read-only-root-needs-volume";

/// Rules that what was imported breaks are ignored, with the reason that it is so already. Whether that settles all.
/// What is wrong with what completion adds (a read-only root, probes), not with the manifest: such a workload stays where
/// it is.
const OF_COMPLETION: &[&str] = &[READ_ONLY_ROOT, "probe-port-not-served", "probe-protocol"];

/// Makes folders writable that a program needs and the read-only root, which is ours, would take from it. Whether there
/// are any.
fn make_writable(findings: &[Finding], keys: &mut Map<String, Json>) -> bool {
    let mut added = false;
    for finding in findings {
        if finding.rule.is_none_or(|rule| rule.name != READ_ONLY_ROOT) {
            continue;
        }
        let mut quoted = finding.message.split('`').skip(1).step_by(2);
        let Some(container) = quoted.next() else { continue };
        let entry = keys.get_mut("use").and_then(Json::as_array_mut).and_then(|list| {
            list.iter_mut().filter_map(|entry| entry.get_mut("container")).find(|entry| entry["as"] == container)
        });
        // where no entry has the name, it is the app
        let of = if entry.is_some() { entry } else { keys.get_mut("app") };
        let Some(members) = of.and_then(Json::as_object_mut) else { continue };
        let writable = members.entry("writable").or_insert_with(|| json!([]));
        for folder in quoted.filter(|path| path.starts_with('/')) {
            let one = json!({folder: container::SIZE});
            if let Some(list) = writable.as_array_mut().filter(|list| !list.contains(&one)) {
                list.push(one);
                added = true;
            }
        }
    }
    added
}

fn ignore(findings: &[Finding], ignored: &mut Vec<Json>) -> bool {
    let errors = findings.iter().filter(|finding| finding.level == crate::diagnostic::Level::Error);
    let mut added = false;
    for finding in errors {
        // what the API server refuses is no matter of taste
        let Some(rule) = finding.rule.filter(|rule| rule.family != "manifest" && !OF_COMPLETION.contains(&rule.name))
        else {
            return false;
        };
        let entry = json!({"rule": rule.name, "why": "as the imported manifest has it"});
        if !ignored.contains(&entry) {
            ignored.push(entry);
            added = true;
        }
    }
    added
}

fn refused(findings: &[Finding]) -> String {
    let mut redacted = findings.to_vec();
    crate::diagnostic::redact(&mut redacted);
    let first = redacted.iter().find(|finding| finding.level == crate::diagnostic::Level::Error);
    first.map_or_else(
        || "nothing is generated from it".to_owned(),
        |finding| {
            let label = &finding.primary;
            let at = label.source.slice(label.span);
            let is_short = at.len() <= 60
                && !at.contains('\n')
                && finding.secrets.is_empty()
                && !finding.message.contains("secret");
            if is_short && !at.is_empty() { format!("{} (`{at}`)", finding.message) } else { finding.message.clone() }
        },
    )
}

fn compare_all(owned: &Owned<'_>, run: &Run, made: &[Json]) -> Vec<Compared> {
    let said_around = around(owned.objects().map(|input| &input.object), run);
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
        let mut fields = compare::compare(&input.object, &said_around, &object, &made_around);
        fields.extend(input.old.as_ref().map(|old| compare::version(old, &input.object)));
        compared.push(Compared { input: input.clone(), made: object, fields });
    }
    compared
}

/// What all documents of a run have in common.
struct Run {
    /// Labels that something selects by.
    asked: Vec<String>,
    /// Ports of Services by name.
    services: Arc<HashMap<(String, String), u64>>,
    /// Kind, namespace and name of everything that there is.
    there: HashSet<[String; 3]>,
}

/// What no two objects of a cluster share: kind, namespace and name.
fn place_of(object: &Json) -> [String; 3] {
    ["/kind", "/metadata/namespace", "/metadata/name"]
        .map(|pointer| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned())
}

/// An object that would be made in the place of one that is there and not taken over.
fn overwritten<'made>(owned: &Owned<'_>, run: &Run, made: &'made [Json], objects: &[Compared]) -> Option<&'made Json> {
    made.iter().find(|object| {
        let is_taken_over = objects.iter().any(|one| one.made == **object)
            || owned.extra.iter().any(|input| place_of(&input.object) == place_of(object));
        !is_taken_over && run.there.contains(&place_of(object))
    })
}

fn around<'a>(objects: impl Iterator<Item = &'a Json>, run: &Run) -> Around {
    let mut around = Around { asked: run.asked.clone(), elsewhere: Arc::clone(&run.services), ..Around::default() };
    around.learn(objects);
    around
}

/// How a patch names an object: a Job without the hash that its name ends in.
fn identity(made: &Json, owned: &Owned<'_>) -> String {
    let name =
        if made["kind"] == "Job" { owned.name.as_str() } else { made["metadata"]["name"].as_str().unwrap_or_default() };
    format!("{}/{name}", canonical::text(&made["kind"]))
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
