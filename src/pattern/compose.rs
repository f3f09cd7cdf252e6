//! One document of a description into Kubernetes objects.

use serde_json::{Map, Value as Json};

use super::catalogue::{Catalogue, POD_TEMPLATE};
use super::checks;
use super::clash;
use super::context::{self, Inbound};
use super::fill::{Filled, fill};
use super::hatches::{self, Made};
use super::invariants;
use super::objects;
use super::ports::{self, Ports, port_name};
use super::render::Renderer;
use super::weave::{Clash, Weave};
use crate::describe::{Description, Place};
use crate::diagnostic::Finding;
use crate::yaml::emit;

/// Expands a document.
///
/// # Errors
/// Everything that is wrong with it.
pub fn expand(catalogue: Catalogue, description: &Description) -> Result<Vec<Made>, Vec<Finding>> {
    let (shape, uses, mut findings) = fill_all(catalogue, description);
    let (Some(shape), true) = (shape, uses.len() == description.uses.len()) else { return Err(findings) };
    checks::check_app(description, &shape, &uses, &mut findings);
    checks::check_images(catalogue, description, &mut findings);
    let entries: Vec<&Filled> = std::iter::once(&shape).chain(&uses).collect();
    let mut ports = ports::allocate(description.app.as_ref(), &entries, &mut findings);
    let shape_ports = ports.remove(0);
    if !findings.is_empty() {
        return Err(findings);
    }
    let composition =
        Composition { catalogue, description, shape: &shape, shape_ports: &shape_ports, uses: &uses, ports: &ports };
    let objects = composition.objects()?;
    let origin = &description.name_place;
    let mut made = objects.into_iter().map(|object| Made { object, blame: None, origin: origin.clone() }).collect();
    hatches::apply(description, &mut made, &mut findings);
    if findings.is_empty() { Ok(made) } else { Err(findings) }
}

/// What is wrong with the patterns that a document asks for, each by itself.
#[must_use]
pub fn check(catalogue: Catalogue, description: &Description) -> Vec<Finding> {
    fill_all(catalogue, description).2
}

fn fill_all(catalogue: Catalogue, description: &Description) -> (Option<Filled>, Vec<Filled>, Vec<Finding>) {
    let mut findings = Vec::new();
    let shape = fill(catalogue, &description.shape, true, &mut findings);
    let uses = description.uses.iter().filter_map(|entry| fill(catalogue, entry, false, &mut findings)).collect();
    (shape, uses, findings)
}

struct Composition<'a> {
    catalogue: Catalogue,
    description: &'a Description,
    shape: &'a Filled,
    shape_ports: &'a Ports,
    uses: &'a [Filled],
    ports: &'a [Ports],
}

/// What one template gave, and whose it is.
struct Fragment {
    pod: Json,
    /// 0 is the app; `n` is the entry `n - 1` of `use`.
    owner: usize,
}

impl Composition<'_> {
    fn objects(&self) -> Result<Vec<Json>, Vec<Finding>> {
        let (inbound, upstreams) = self.chain();
        let served = self.served();
        let shared = context::shared(self.description, self.shape, served, inbound.as_ref(), self.uses);
        let labels = objects::labels(self.description, &self.shape.definition.name);
        let mut objects = Vec::new();
        let mut fragments = Vec::new();
        self.render_shape(&shared, &labels, &mut objects, &mut fragments)
            .map_err(|bug| Self::bug(&self.shape.entry.place, &bug))?;
        for (at, filled) in self.uses.iter().enumerate() {
            self.render_use(at, &shared, upstreams[at], &labels, &mut objects, &mut fragments)
                .map_err(|bug| Self::bug(&filled.entry.place, &bug))?;
        }
        let pod = self.weave(&fragments)?;
        for template in objects.iter_mut().filter_map(objects::template) {
            // a template of its own is left alone; one without a spec takes the woven Pod, and keeps what it says
            if template.get("spec").is_none() {
                let mut weave = Weave::default();
                weave.add(&pod, 0);
                weave.add(template, 0);
                let (whole, clashes) = weave.finish();
                if let Some(clash) = clashes.first() {
                    let message = format!("the shape contradicts its own Pod at {}", clash.path);
                    return Err(Self::bug(&self.shape.entry.place, &message));
                }
                *template = whole;
            }
        }
        Ok(objects)
    }

    /// The port of what the Pod is there for: the app's, or that of a shape that brings its own containers.
    fn served(&self) -> Option<u16> {
        let own = self.shape.definition.serves.as_ref().and_then(|port| self.shape_ports.get(port).copied());
        self.description.app.as_ref().and_then(|app| app.port).or(own)
    }

    /// Inbound claimers chain in the order of `use`: the first is the outermost. Returns how traffic enters
    /// and, for each entry, the port it hands on to.
    fn chain(&self) -> (Option<Inbound>, Vec<Option<u16>>) {
        let mut upstreams = vec![None; self.uses.len()];
        let Some(app_port) = self.served() else { return (None, upstreams) };
        let name = match &self.description.app {
            Some(app) => context::app_port_name(app, self.description.expose.is_some()),
            None => "http",
        };
        let mut inbound = Inbound { port: app_port, name: name.to_owned(), claim: None };
        for (at, filled) in self.uses.iter().enumerate().rev() {
            let Some(claim) = &filled.definition.claims else { continue };
            let Some(number) = self.ports[at].get(&claim.port) else { continue };
            upstreams[at] = Some(inbound.port);
            let name = port_name(&filled.entry.name, &claim.port);
            inbound = Inbound { port: *number, name, claim: Some(claim.clone()) };
        }
        (Some(inbound), upstreams)
    }

    fn render_shape(
        &self,
        shared: &Map<String, Json>,
        labels: &Map<String, Json>,
        objects: &mut Vec<Json>,
        fragments: &mut Vec<Fragment>,
    ) -> Result<(), String> {
        let mounts = context::mounts(self.description.app.as_ref());
        let renderer = Renderer::new(self.catalogue, Some(self.shape.folder), mounts);
        let mut context = shared.clone();
        context.extend(context::entry(self.catalogue, self.description, self.shape, self.shape_ports, None));
        let from = format!("shape.{}", self.shape.entry.pattern);
        if let Some(mut config) = self.config(&renderer, self.shape, &context)? {
            context.insert("config".to_owned(), config["metadata"]["name"].clone());
            objects::dress(&mut config, labels, self.description, &from);
            objects.push(config);
        }
        let context = Json::Object(context);
        for pod in renderer.documents(POD_TEMPLATE, &context)? {
            fragments.push(Fragment { pod, owner: 0 });
        }
        for template in self.shape.folder.object_templates() {
            for mut object in render_objects(&renderer, &template, &context)? {
                objects::dress(&mut object, labels, self.description, &from);
                objects.push(object);
            }
        }
        Ok(())
    }

    fn render_use(
        &self,
        at: usize,
        shared: &Map<String, Json>,
        upstream: Option<u16>,
        labels: &Map<String, Json>,
        objects: &mut Vec<Json>,
        fragments: &mut Vec<Fragment>,
    ) -> Result<(), String> {
        let filled = &self.uses[at];
        let mounts = context::mounts(self.description.app.as_ref());
        let renderer = Renderer::new(self.catalogue, Some(filled.folder), mounts);
        let mut context = shared.clone();
        context.extend(context::entry(self.catalogue, self.description, filled, &self.ports[at], upstream));
        let from = format!("use[{at}].{}", filled.entry.name);
        let mut made = Vec::new();
        if let Some(config) = self.config(&renderer, filled, &context)? {
            context.insert("config".to_owned(), config["metadata"]["name"].clone());
            made.push(config);
        }
        let context = Json::Object(context);
        if filled.folder.file(POD_TEMPLATE).is_some() {
            for pod in renderer.documents(POD_TEMPLATE, &context)? {
                fragments.push(Fragment { pod, owner: at + 1 });
            }
        }
        for template in filled.folder.object_templates() {
            made.extend(render_objects(&renderer, &template, &context)?);
        }
        for mut object in made {
            objects::dress(&mut object, labels, self.description, &from);
            objects.push(object);
        }
        Ok(())
    }

    /// The entry's configuration files. The name ends in the content's hash, so that a change makes a new
    /// `ConfigMap` and rolls the Pods.
    fn config(
        &self,
        renderer: &Renderer,
        filled: &Filled,
        context: &Map<String, Json>,
    ) -> Result<Option<Json>, String> {
        if filled.definition.config.is_empty() {
            return Ok(None);
        }
        let context = Json::Object(context.clone());
        let mut data = Map::new();
        for (name, template) in &filled.definition.config {
            if let Some(text) = config_file(renderer, template, &context)? {
                data.insert(name.clone(), Json::String(text));
            }
        }
        if data.is_empty() {
            return Ok(None);
        }
        let data = Json::Object(data);
        let hash = objects::short_hash(data.to_string().as_bytes());
        let name = format!("{}-{}-{hash}", self.description.name, filled.entry.name);
        Ok(Some(serde_json::json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "immutable": true,
            "data": data,
        })))
    }

    fn weave(&self, fragments: &[Fragment]) -> Result<Json, Vec<Finding>> {
        let mut weave = Weave::default();
        for fragment in fragments {
            weave.add(&fragment.pod, fragment.owner);
        }
        let (mut pod, clashes) = weave.finish();
        objects::arrange(&mut pod);
        let mut findings: Vec<Finding> = clashes.iter().map(|clash| self.clash(clash)).collect();
        for repeated in invariants::repeated(&pod) {
            let place = self.description.app.as_ref().map_or(&self.description.name_place, |app| &app.place);
            findings.push(
                Finding::error(place.label(""), format!("this Pod would have {repeated}"))
                    .because("names, mount paths and ports are unique in a Pod or container")
                    .help("rename one in `app`, or the pattern with `as`"),
            );
        }
        if findings.is_empty() { Ok(pod) } else { Err(findings) }
    }

    fn clash(&self, found: &Clash) -> Finding {
        let (what, help) = clash::describe(found, &self.description.name);
        let first = self.owner(found.first);
        let second = self.owner(found.second);
        Finding::error(
            second.0.label(format!("{} wants {}", second.1, clash::short(&found.right))),
            format!("two parts of this Pod {what}"),
        )
        .label(first.0.label(format!("{} wants {}", first.1, clash::short(&found.left))))
        .because("patterns are woven, never overwritten: one of the two would be lost")
        .help(help)
    }

    fn owner(&self, owner: usize) -> (&Place, String) {
        match owner.checked_sub(1).and_then(|at| self.uses.get(at)) {
            Some(filled) => (&filled.entry.place, format!("`{}`", filled.entry.name)),
            None => (
                self.description.app.as_ref().map_or(&self.description.name_place, |app| &app.place),
                "the app".to_owned(),
            ),
        }
    }

    /// A template that fails is our mistake; the message says so.
    fn bug(place: &Place, message: &str) -> Vec<Finding> {
        vec![
            Finding::error(place.label(""), format!("a template of ours is broken: {message}"))
                .because("nothing in a description should be able to do this; please report it"),
        ]
    }
}

/// One file of a `ConfigMap`; a template that renders to nothing makes none.
fn config_file(renderer: &Renderer, template: &str, context: &Json) -> Result<Option<String>, String> {
    if !template.ends_with(".yaml.j2") {
        return renderer.text(template, context).map(Some);
    }
    match woven(renderer, template, context)? {
        Json::Null => Ok(None),
        value => emit::to_yaml(&value).map(Some).map_err(|error| error.to_string()),
    }
}

/// The documents of a template woven into one value.
fn woven(renderer: &Renderer, template: &str, context: &Json) -> Result<Json, String> {
    let mut weave = Weave::default();
    for document in renderer.documents(template, context)? {
        weave.add(&document, 0);
    }
    let (value, clashes) = weave.finish();
    match clashes.first() {
        Some(clash) => Err(format!("{template} contradicts itself at {}", clash.path)),
        None => Ok(value),
    }
}

/// The objects of a template: one for each document, or, for a `*.woven.yaml.j2`, one of all.
fn render_objects(renderer: &Renderer, template: &str, context: &Json) -> Result<Vec<Json>, String> {
    if !template.ends_with(".woven.yaml.j2") {
        return renderer.documents(template, context);
    }
    let object = woven(renderer, template, context)?;
    Ok(if object.is_null() { Vec::new() } else { vec![object] })
}
