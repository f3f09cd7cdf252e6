//! One document of a description into Kubernetes objects.

use super::checks;
use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::additions;
use super::agents;
use super::context::{Context, Entry, More, Shared};
use super::disk;
use super::replicas;
use crate::describe::{Description, Place, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::folders::{Catalogue, POD_TEMPLATE};
use crate::pattern::keys::adopt;
use crate::pattern::keys::annotations;
use crate::pattern::keys::budget;
use crate::pattern::keys::dns;
use crate::pattern::keys::isolate::{self, Neighbours};
use crate::pattern::keys::mesh;
use crate::pattern::keys::patches;
use crate::pattern::keys::place;
use crate::pattern::keys::reach;
use crate::pattern::keys::rights;
use crate::pattern::keys::rollout;
use crate::pattern::keys::service;
use crate::pattern::names::{short_hash, volume_name};
use crate::pattern::objects;
use crate::pattern::objects::clash;
use crate::pattern::objects::invariants::{self, Repeated};
use crate::pattern::objects::job_names;
use crate::pattern::objects::made::Made;
use crate::pattern::objects::weave::{Clash, Weave};
use crate::pattern::plan::document::{self, Document};
use crate::pattern::plan::expose;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::provides;
use crate::pattern::plan::references::{self, Directory};
use crate::pattern::plan::stage::Known;
use crate::pattern::template::fault::Fault;
use crate::pattern::template::render::{Mount, Renderer};
use crate::yaml::emit;

/// Expands the documents of a file.
///
/// # Errors
/// Everything that is wrong with them.
pub fn expand(catalogue: &Catalogue, descriptions: &[Description]) -> Result<Vec<Made>, Vec<Finding>> {
    let mut findings = Vec::new();
    let prepared = descriptions.iter().map(|description| prepare(catalogue, description));
    let prepared: Vec<_> = prepared.map(|one| one.map_err(|mistakes| findings.extend(mistakes)).ok()).collect();
    let directory = Directory::new(descriptions, &prepared);
    let mut composed = Vec::new();
    for prepared in prepared.iter().flatten() {
        match compose(catalogue, prepared, &directory) {
            Ok(objects) => composed.push((prepared, objects)),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    // who may talk to whom goes by the Pods of all documents
    let pods = composed.iter().map(|(prepared, objects)| (prepared.description.name.as_str(), isolate::pods(objects)));
    let neighbours = Neighbours { pods: pods.collect(), directory: &directory };
    let mut made = Vec::new();
    for (prepared, objects) in composed {
        match finish(prepared, objects, &neighbours) {
            Ok(own) => made.extend(own),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    if findings.is_empty() { Ok(made) } else { Err(findings) }
}

/// Prepares all documents of a file; one that is wrong is none.
pub(crate) fn prepare_all<'a>(catalogue: &Catalogue, descriptions: &'a [Description]) -> Vec<Option<Prepared<'a>>> {
    descriptions.iter().map(|description| prepare(catalogue, description).ok()).collect()
}

fn prepare<'a>(catalogue: &Catalogue, description: &'a Description) -> Result<Prepared<'a>, Vec<Finding>> {
    let document = Document::fill(catalogue, description)?;
    let mut findings = checks::check(catalogue, &document);
    match document.prepare() {
        Ok(prepared) if findings.is_empty() => Ok(prepared),
        Ok(_) => Err(findings),
        Err(clashes) => {
            findings.extend(clashes);
            Err(findings)
        }
    }
}

/// The objects of a document, before anything that goes by what other documents make.
fn compose(
    catalogue: &Catalogue,
    prepared: &Prepared<'_>,
    directory: &Directory<'_>,
) -> Result<Vec<Json>, Vec<Finding>> {
    let mut findings = Vec::new();
    let facts = document::facts(prepared.description, &prepared.shape, &prepared.uses);
    // what only follows from another document's mistake is not news
    let mut follows = directory.is_broken() && prepared.description.expose.is_some();
    let mut resolve = |filled: &Filled| {
        let references = directory.resolve(prepared.description, filled, &mut findings);
        if directory.names_broken(&filled.given) {
            follows = true;
        } else {
            filled.check(&Known::references(&filled.params, &facts, &references), &mut findings);
        }
        references
    };
    let shape_references = resolve(&prepared.shape);
    let references = prepared.uses.iter().map(resolve).collect();
    let expose = expose::context(prepared, directory, &mut findings);
    if !findings.is_empty() || follows {
        return Err(findings);
    }
    let composition = Composition { catalogue, prepared, expose, shape_references, references };
    let mut objects = composition.objects()?;
    replicas::settle(prepared, &mut objects, &mut findings);
    if !findings.is_empty() {
        return Err(findings);
    }
    agents::apply(catalogue, prepared, &mut objects);
    mesh::apply(prepared, &mut objects);
    place::apply(prepared.description, &mut objects);
    reach::apply(prepared, &mut objects, &mut findings);
    dns::apply(prepared.description, &mut objects, &mut findings);
    disk::check(prepared, &mut objects, &mut findings);
    rollout::apply(prepared.description, &mut objects, &mut findings);
    budget::apply(prepared.description, &mut objects, &mut findings);
    annotations::apply(prepared.description, &mut objects, &mut findings);
    service::apply(prepared.description, &mut objects, &mut findings);
    if findings.is_empty() { Ok(objects) } else { Err(findings) }
}

/// Policies, names that are kept, and what the description says about objects directly.
fn finish(
    prepared: &Prepared<'_>,
    mut objects: Vec<Json>,
    neighbours: &Neighbours<'_>,
) -> Result<Vec<Made>, Vec<Finding>> {
    let mut findings = Vec::new();
    isolate::apply(prepared, neighbours, &mut objects, &mut findings);
    adopt::apply(prepared.description, &mut objects, &mut findings);
    service::add(prepared.description, &mut objects, &mut findings);
    let origin = &prepared.description.name_place;
    let mut made = objects.into_iter().map(|object| Made { object, blame: None, origin: origin.clone() }).collect();
    patches::apply(prepared.description, &mut made, &mut findings);
    job_names::settle(&mut made);
    if findings.is_empty() { Ok(made) } else { Err(findings) }
}

/// What a document's patterns want to be said beside their output.
#[must_use]
pub fn notes(catalogue: &Catalogue, descriptions: &[Description]) -> Vec<String> {
    let prepared = prepare_all(catalogue, descriptions);
    let of = |prepared: &Prepared<'_>| -> Vec<String> {
        let app = Shared::of(prepared).app;
        let document = document::facts(prepared.description, &prepared.shape, &prepared.uses);
        let entries = std::iter::once(&prepared.shape).chain(&prepared.uses);
        entries.flat_map(|filled| provides::notes(filled, &app, &document).unwrap_or_default()).collect()
    };
    let mut notes: Vec<String> = prepared.iter().flatten().flat_map(of).collect();
    notes.extend(prepared.iter().flatten().filter_map(replicas::note));
    notes.extend(descriptions.iter().flat_map(rights::warnings));
    if descriptions.iter().any(|description| description.isolate.is_some()) {
        notes.push(isolate::NOTE.to_owned());
        notes.extend(prepared.iter().flatten().filter_map(isolate::note));
    }
    if descriptions.iter().any(|description| description.meshed) {
        notes.push(mesh::NOTE.to_owned());
    }
    notes
}

struct Composition<'a> {
    catalogue: &'a Catalogue,
    prepared: &'a Prepared<'a>,
    expose: Json,
    shape_references: Json,
    /// Of each entry of `use`.
    references: Vec<Json>,
}

/// What one template gave, and whose it is.
struct Fragment {
    pod: Json,
    /// 0 is the app; `n` is the entry `n - 1` of `use`.
    owner: usize,
}

/// One of the workloads that a shape makes, with what its templates see on top.
struct Instance {
    name: String,
    context: Map<String, Json>,
}

/// A shape is one workload, or one for each member of a parameter.
fn instances(shape: &Filled) -> Vec<Instance> {
    let Some(each) = &shape.definition.each else {
        return vec![Instance { name: shape.entry.name.clone(), context: Map::new() }];
    };
    let members = shape.params.get(&each.of).and_then(Json::as_object);
    let instance = |(name, value): (&String, &Json)| {
        let mut member = value.as_object().cloned().unwrap_or_default();
        member.insert("name".to_owned(), json!(name));
        Instance { name: name.clone(), context: Map::from_iter([(each.r#as.clone(), Json::Object(member))]) }
    };
    members.into_iter().flatten().map(instance).collect()
}

impl Composition<'_> {
    fn objects(&self) -> Result<Vec<Json>, Vec<Finding>> {
        let shared = Shared::of(self.prepared).with_expose(&self.expose);
        let main = shared.main.as_str();
        let labels = objects::labels(self.prepared.description, &self.prepared.shape.definition.name);
        let (mut objects, mut used, mut added) = (Vec::new(), Vec::new(), Vec::new());
        let mut shapes = Vec::new();
        for instance in instances(&self.prepared.shape) {
            shapes.push(self.shape_objects(&shared, &labels, Some(&instance))?);
        }
        let volumes = additions::shared(self.prepared)?;
        let mounts = mounts(&shapes, main);
        for (at, filled) in self.prepared.uses.iter().enumerate() {
            self.render_use(at, &shared, &mounts, &labels, &mut used, &mut added)
                .map_err(|fault| vec![fault.for_user(&filled.folder, &filled.entry.place)])?;
        }
        let provided: Vec<Json> = added.iter().flat_map(|fragment| provided(&fragment.pod, main)).collect();
        let inits = additions::inits(self.prepared, &provided);
        let more = [volumes, additions::token(self.prepared, main)].into_iter().chain(inits);
        added.extend(more.filter(|pod| !pod.is_null()).map(|pod| Fragment { pod, owner: 0 }));
        let app = Some(&shared.app).filter(|app| app.is_object());
        let mut own = additions::configs(self.prepared, app);
        own.extend(rights::objects(self.prepared.description));
        for object in &mut own {
            objects::dress(object, &labels, self.prepared.description, "app");
        }
        objects.extend(own);
        if self.prepared.shape.definition.each.is_some() {
            objects.extend(self.shape_objects(&shared, &labels, None)?.0);
        }
        for (made, own) in shapes {
            let pod = self.weave(own.iter().chain(&added))?;
            objects.extend(self.with_pod(made, &pod)?);
        }
        objects.extend(used);
        Ok(objects)
    }

    /// Gives the woven Pod to the controllers that ask for it: its own template is left alone; one without a
    /// spec takes the woven Pod, and keeps what it says.
    fn with_pod(&self, mut objects: Vec<Json>, pod: &Json) -> Result<Vec<Json>, Vec<Finding>> {
        for template in objects.iter_mut().flat_map(objects::templates) {
            if template.get("spec").is_none() {
                let mut weave = Weave::default();
                weave.add(pod, 0);
                weave.add(template, 0);
                let (whole, clashes) = weave.finish();
                if let Some(clash) = clashes.first() {
                    let fault = Fault::from(format!("the shape contradicts its own Pod at {}", clash.path));
                    let shape = &self.prepared.shape;
                    return Err(vec![fault.for_user(&shape.folder, &shape.entry.place)]);
                }
                *template = whole;
            }
        }
        Ok(objects)
    }

    /// The shape's objects and its part of the Pod, for one instance of it, or what is there once beside them.
    fn shape_objects(
        &self,
        shared: &Shared,
        labels: &Map<String, Json>,
        instance: Option<&Instance>,
    ) -> Result<(Vec<Json>, Vec<Fragment>), Vec<Finding>> {
        let shape = &self.prepared.shape;
        self.render_shape(shared, labels, instance)
            .map_err(|fault| vec![fault.for_user(&shape.folder, &shape.entry.place)])
    }

    fn render_shape(
        &self,
        shared: &Shared,
        labels: &Map<String, Json>,
        instance: Option<&Instance>,
    ) -> Result<(Vec<Json>, Vec<Fragment>), Fault> {
        let shape = &self.prepared.shape;
        let renderer = Renderer::new(&shape.folder, Vec::new());
        let hosts = references::shards(self.prepared.description, shape).map_err(Fault::from)?;
        let mut more = More { upstream: None, shard_hosts: Some(hosts), config: None };
        let mut context = Context {
            shared,
            entry: Entry::of(self.catalogue, self.prepared.description, shape, &self.prepared.shape_ports),
            references: &self.shape_references,
            more: Some(more.clone()),
            member: Map::new(),
        };
        let from = format!("shape.{}", shape.entry.pattern);
        let (mut objects, mut fragments) = (Vec::new(), Vec::new());
        if let Some(instance) = instance {
            context.member.clone_from(&instance.context);
            if let Some(config) = self.config(&renderer, shape, &instance.name, &context.to_json())? {
                more.config = Some(config["metadata"]["name"].clone());
                objects.push(config);
            }
        }
        let context = Context { more: Some(more), ..context }.to_json();
        if instance.is_some() {
            for pod in renderer.documents(POD_TEMPLATE, &context)? {
                fragments.push(Fragment { pod, owner: 0 });
            }
        }
        let is_each = |template: &&str| shape.definition.each.is_none() || template.starts_with("each");
        for template in shape.folder.object_templates().filter(|template| is_each(template) == instance.is_some()) {
            objects.extend(render_objects(&renderer, template, &context)?);
        }
        for object in &mut objects {
            objects::dress(object, labels, self.prepared.description, &from);
        }
        Ok((objects, fragments))
    }

    fn render_use(
        &self,
        at: usize,
        shared: &Shared,
        mounts: &[Mount],
        labels: &Map<String, Json>,
        objects: &mut Vec<Json>,
        fragments: &mut Vec<Fragment>,
    ) -> Result<(), Fault> {
        let filled = &self.prepared.uses[at];
        let renderer = Renderer::new(&filled.folder, mounts.to_vec());
        let mut more = More { upstream: self.prepared.upstreams[at], shard_hosts: None, config: None };
        let context = Context {
            shared,
            entry: Entry::of(self.catalogue, self.prepared.description, filled, &self.prepared.ports[at]),
            references: &self.references[at],
            more: Some(more.clone()),
            member: Map::new(),
        };
        let from = format!("use[{at}].{}", filled.entry.name);
        let mut made = Vec::new();
        if let Some(config) = self.config(&renderer, filled, &filled.entry.name, &context.to_json())? {
            more.config = Some(config["metadata"]["name"].clone());
            made.push(config);
        }
        let context = Context { more: Some(more), ..context }.to_json();
        if filled.folder.file(POD_TEMPLATE).is_some() {
            for mut pod in renderer.documents(POD_TEMPLATE, &context)? {
                if let Some(resources) = &filled.resources {
                    additions::resources(&mut pod, resources);
                }
                fragments.push(Fragment { pod, owner: at + 1 });
            }
        }
        fragments.push(Fragment { pod: provides::fragment(filled, &shared.main, &context)?, owner: at + 1 });
        for template in filled.folder.object_templates() {
            made.extend(render_objects(&renderer, template, &context)?);
        }
        for mut object in made {
            objects::dress(&mut object, labels, self.prepared.description, &from);
            objects.push(object);
        }
        Ok(())
    }

    /// The entry's configuration files. The name ends in the content's hash, so that a change makes a new
    /// `ConfigMap` and rolls the Pods.
    fn config(&self, renderer: &Renderer, filled: &Filled, part: &str, context: &Json) -> Result<Option<Json>, Fault> {
        if filled.definition.config.is_empty() && filled.files.is_empty() {
            return Ok(None);
        }
        let mut data = filled.files.clone();
        for (name, template) in &filled.definition.config {
            if name == "*" {
                let files = woven(renderer, template, context)?;
                let files = files.as_object().into_iter().flatten();
                data.extend(files.map(|(name, value)| (name.clone(), Json::String(value.to_string()))));
            } else if let Some(text) = config_file(renderer, template, context)? {
                data.insert(name.clone(), Json::String(text));
            }
        }
        if data.is_empty() {
            return Ok(None);
        }
        let data = Json::Object(data);
        let hash = short_hash(data.to_string().as_bytes());
        let name = format!("{}-{part}-{hash}", self.prepared.description.name);
        Ok(Some(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "immutable": true,
            "data": data,
        })))
    }

    fn weave<'f>(&self, fragments: impl Iterator<Item = &'f Fragment>) -> Result<Json, Vec<Finding>> {
        let mut weave = Weave::default();
        for fragment in fragments {
            weave.add(&fragment.pod, fragment.owner);
        }
        let (mut pod, clashes) = weave.finish();
        objects::arrange(&mut pod);
        // a third owner of one place says nothing new
        let mut seen = BTreeSet::new();
        let first = clashes.iter().filter(|clash| seen.insert(clash.path.as_str()));
        let mut findings: Vec<Finding> = first.map(|clash| self.clash(clash)).collect();
        findings.extend(invariants::repeated(&pod).iter().map(|repeated| self.repeated(repeated)));
        if findings.is_empty() { Ok(pod) } else { Err(findings) }
    }

    fn repeated(&self, found: &Repeated) -> Finding {
        let description = &self.prepared.description;
        let apps = description.app.iter().chain(description.inits.iter().map(|init| &init.app));
        let given = std::iter::once(&self.prepared.shape).chain(&self.prepared.uses).map(|filled| &filled.given);
        let written = apps.map(|app| &app.written).chain(given);
        let named = written.flat_map(|written| written.places_of(&found.name));
        // a volume of `writable` is called after its path
        let writable = description.app.iter().flat_map(|app| &app.writable);
        let writable = writable.filter(|path| volume_name(&path.path) == found.name).map(|path| &path.place);
        let places: Vec<&Place> = named.chain(writable).collect();
        let whole = description.app.as_ref().map_or(&description.name_place, |app| &app.place);
        let (first, second) = match places.as_slice() {
            [first, second, ..] => (Some(first), second),
            [only] => (None, only),
            [] => (None, &whole),
        };
        let text = if first.is_some() { "and here" } else { "" };
        let finding = Finding::error(second.label(text), format!("this Pod would have {}", found.what));
        first
            .into_iter()
            .fold(finding, |finding, first| finding.label(first.label("here")))
            .because("names, mount paths and ports are unique in a Pod or container")
            .help("rename one in `app`, or the pattern with `as`")
    }

    fn clash(&self, found: &Clash) -> Finding {
        let (what, help) = clash::describe(found, &self.prepared.description.name);
        let name = clash::name(found);
        let first = self.owner(found.first, name);
        let second = self.owner(found.second, name);
        Finding::error(
            second.0.label(format!("{} wants {}", second.1, clash::short(&found.right))),
            format!("two parts of this Pod {what}"),
        )
        .label(first.0.label(format!("{} wants {}", first.1, clash::short(&found.left))))
        .because("patterns are woven, never overwritten: one of the two would be lost")
        .help(help)
    }

    /// The part of the description that wants something of this name in the Pod, as near as it says so.
    fn owner<'a>(&'a self, owner: usize, name: Option<&str>) -> (&'a Place, String) {
        let nearest = |written: &'a Spanned, whole: &'a Place| {
            name.and_then(|name| written.places_of(name).into_iter().next()).unwrap_or(whole)
        };
        match (owner.checked_sub(1).and_then(|at| self.prepared.uses.get(at)), &self.prepared.description.app) {
            (Some(filled), _) => (nearest(&filled.given, &filled.entry.place), format!("`{}`", filled.entry.name)),
            (None, Some(app)) => (nearest(&app.written, &app.place), "the app".to_owned()),
            (None, None) => (&self.prepared.description.name_place, "the app".to_owned()),
        }
    }
}

/// The variables that a fragment gives to the container `main`.
fn provided(pod: &Json, main: &str) -> Vec<Json> {
    let containers = pod.pointer("/spec/containers").and_then(Json::as_array).into_iter().flatten();
    let env = containers.filter(|container| container["name"] == main).filter_map(|main| main["env"].as_array());
    env.flatten().cloned().collect()
}

/// Where the container `main` writes, as each Pod of the shape has it: volumes that a pattern may share with it.
fn mounts(shapes: &[(Vec<Json>, Vec<Fragment>)], main: &str) -> Vec<Mount> {
    let mut each = shapes.iter().map(|(_, own)| mounts_of(own, main));
    let first = each.next().unwrap_or_default();
    let others: Vec<_> = each.collect();
    first.into_iter().filter(|mount| others.iter().all(|other| other.contains(mount))).collect()
}

fn mounts_of(own: &[Fragment], main: &str) -> Vec<Mount> {
    let containers = own.iter().filter_map(|fragment| fragment.pod.pointer("/spec/containers")?.as_array()).flatten();
    let mounts =
        containers.filter(|container| container["name"] == main).filter_map(|main| main["volumeMounts"].as_array());
    let read = |mount: &Json| {
        let text = |key: &str| mount[key].as_str().map(str::to_owned);
        Some(Mount { volume: text("name")?, path: text("mountPath")? })
    };
    mounts.flatten().filter(|mount| mount["readOnly"] != true).filter_map(read).collect()
}

/// One file of a `ConfigMap`; a template that renders to nothing makes none.
fn config_file(renderer: &Renderer, template: &str, context: &Json) -> Result<Option<String>, Fault> {
    if !template.ends_with(".yaml.j2") {
        let text = renderer.text(template, context)?;
        // HAProxy takes a last line without its end for a cut one
        return Ok(if text.trim().is_empty() { None } else { Some(format!("{}\n", text.trim_end())) });
    }
    match woven(renderer, template, context)? {
        Json::Null => Ok(None),
        value => emit::to_yaml(&value).map(Some).map_err(|error| Fault::from(error.to_string())),
    }
}

/// The documents of a template woven into one value.
fn woven(renderer: &Renderer, template: &str, context: &Json) -> Result<Json, Fault> {
    let mut weave = Weave::default();
    for document in renderer.documents(template, context)? {
        weave.add(&document, 0);
    }
    let (value, clashes) = weave.finish();
    match clashes.first() {
        Some(clash) => Err(Fault::from(format!("{template} contradicts itself at {}", clash.path))),
        None => Ok(value),
    }
}

/// The objects of a template: one for each document, or, for a `*.woven.yaml.j2`, one of all.
fn render_objects(renderer: &Renderer, template: &str, context: &Json) -> Result<Vec<Json>, Fault> {
    if !template.ends_with(".woven.yaml.j2") {
        return renderer.documents(template, context);
    }
    let object = woven(renderer, template, context)?;
    Ok(if object.is_null() { Vec::new() } else { vec![object] })
}
