//! A prepared document's templates, rendered to fragments of its Pod and to objects.

use serde_json::{Map, Value as Json, json};

use super::additions;
use super::config::{config, fragments as fragments_of, render_objects};
use super::context::{Context, DocumentContext, EntryContext, ObjectContext};
use super::weaving::{Fragment, weave};
use crate::diagnostic::Finding;
use crate::origin::Maker;
use crate::pattern::catalogue::folders::{Catalogue, POD_TEMPLATE};
use crate::pattern::keys::rights;
use crate::pattern::objects;
use crate::pattern::objects::weave::Weave;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::provides;
use crate::pattern::plan::referent;
use crate::pattern::template::fault::Fault;
use crate::pattern::template::filters::Mount;
use crate::pattern::template::render::Renderer;
use crate::sort;

pub(super) struct Composition<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) expose: Json,
    pub(super) shape_references: Json,
    /// Of each entry of `use`.
    pub(super) references: Vec<Json>,
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
    let mut members: Vec<_> = members.into_iter().flatten().collect();
    sort::by_key(&mut members, |(name, _)| *name);
    members.into_iter().map(instance).collect()
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

impl Composition<'_> {
    pub(super) fn objects(&self) -> Result<Vec<Json>, Vec<Finding>> {
        let shared = DocumentContext::of(self.prepared).with_expose(&self.expose);
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
        let more = [volumes, additions::token(self.prepared, main)].into_iter();
        added.extend(more.filter(|pod| !pod.is_null()).map(|pod| Fragment { pod, owner: 0 }));
        for (init, pod) in self.prepared.description.inits.iter().zip(additions::inits(self.prepared, &provided)) {
            let at = match &init.before {
                Some(before) => additions::place_before(self.prepared, before, &added)?,
                None => added.len(),
            };
            added.insert(at, Fragment { pod, owner: 0 });
        }
        let app = Some(&shared.app).filter(|app| app.is_object());
        let mut own = additions::configs(self.prepared, app);
        own.extend(rights::objects(self.prepared).into_iter().map(|object| (object, Maker::App)));
        for (object, maker) in &mut own {
            objects::dress(object, &labels, self.prepared.description, maker);
        }
        objects.extend(own.into_iter().map(|(object, _)| object));
        if self.prepared.shape.definition.each.is_some() {
            objects.extend(self.shape_objects(&shared, &labels, None)?.0);
        }
        for (made, own) in shapes {
            let pod = weave(self.prepared, own.iter().chain(&added))?;
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
        shared: &DocumentContext,
        labels: &Map<String, Json>,
        instance: Option<&Instance>,
    ) -> Result<(Vec<Json>, Vec<Fragment>), Vec<Finding>> {
        let shape = &self.prepared.shape;
        self.render_shape(shared, labels, instance)
            .map_err(|fault| vec![fault.for_user(&shape.folder, &shape.entry.place)])
    }

    fn render_shape(
        &self,
        shared: &DocumentContext,
        labels: &Map<String, Json>,
        instance: Option<&Instance>,
    ) -> Result<(Vec<Json>, Vec<Fragment>), Fault> {
        let shape = &self.prepared.shape;
        let renderer = Renderer::new(&shape.folder, Vec::new());
        let hosts = referent::shards(self.prepared.description, shape).map_err(Fault::from)?;
        let mut more = ObjectContext { upstream: None, shard_hosts: Some(hosts), config: None };
        let mut context = Context {
            shared,
            entry: EntryContext::of(self.catalogue, self.prepared.description, shape, &self.prepared.shape_ports),
            references: &self.shape_references,
            more: Some(more.clone()),
            member: Map::new(),
        };
        let maker = Maker::Shape(shape.entry.pattern.clone());
        let (mut objects, mut fragments) = (Vec::new(), Vec::new());
        if let Some(instance) = instance {
            context.member.clone_from(&instance.context);
            if let Some(config) =
                config(&self.prepared.description.name, &renderer, shape, &instance.name, &context.to_json())?
            {
                more.config = Some(config["metadata"]["name"].clone());
                objects.push(config);
            }
        }
        let context = Context { more: Some(more), ..context }.to_json();
        if instance.is_some() {
            let own = fragments_of(&renderer, &context)?;
            fragments.extend(own.into_iter().map(|pod| Fragment { pod, owner: 0 }));
        }
        let is_each = |template: &&str| shape.definition.each.is_none() || template.starts_with("each");
        for template in shape.folder.object_templates().filter(|template| is_each(template) == instance.is_some()) {
            objects.extend(render_objects(&renderer, template, &context)?);
        }
        for object in &mut objects {
            objects::dress(object, labels, self.prepared.description, &maker);
        }
        Ok((objects, fragments))
    }

    fn render_use(
        &self,
        at: usize,
        shared: &DocumentContext,
        mounts: &[Mount],
        labels: &Map<String, Json>,
        objects: &mut Vec<Json>,
        fragments: &mut Vec<Fragment>,
    ) -> Result<(), Fault> {
        let filled = &self.prepared.uses[at];
        let renderer = Renderer::new(&filled.folder, mounts.to_vec());
        let mut more = ObjectContext { upstream: self.prepared.upstreams[at], shard_hosts: None, config: None };
        let context = Context {
            shared,
            entry: EntryContext::of(self.catalogue, self.prepared.description, filled, &self.prepared.ports[at]),
            references: &self.references[at],
            more: Some(more.clone()),
            member: Map::new(),
        };
        let maker = Maker::Use { index: at, name: filled.entry.name.clone() };
        let mut made = Vec::new();
        if let Some(config) =
            config(&self.prepared.description.name, &renderer, filled, &filled.entry.name, &context.to_json())?
        {
            more.config = Some(config["metadata"]["name"].clone());
            made.push(config);
        }
        let context = Context { more: Some(more), ..context }.to_json();
        if filled.folder.file(POD_TEMPLATE).is_some() {
            for mut pod in fragments_of(&renderer, &context)? {
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
            objects::dress(&mut object, labels, self.prepared.description, &maker);
            objects.push(object);
        }
        Ok(())
    }
}
