//! One document of a description into Kubernetes objects.

use serde_json::{Map, Value as Json};

use super::catalogue::{Catalogue, POD_TEMPLATE};
use super::context::{self, Inbound};
use super::fill::{Filled, fill};
use super::hatches::{self, Made};
use super::invariants;
use super::objects;
use super::ports::{self, Ports, port_name};
use super::render::Renderer;
use super::weave::{Clash, Weave};
use crate::describe::{Description, Place, nearest};
use crate::diagnostic::Finding;
use crate::yaml::emit;

/// Expands a document.
///
/// # Errors
/// Everything that is wrong with it.
pub fn expand(catalogue: Catalogue, description: &Description) -> Result<Vec<Made>, Vec<Finding>> {
    let (shape, uses, mut findings) = fill_all(catalogue, description);
    let (Some(shape), true) = (shape, uses.len() == description.uses.len()) else { return Err(findings) };
    check_app(description, &shape, &uses, &mut findings);
    check_images(catalogue, description, &mut findings);
    let entries: Vec<&Filled> = std::iter::once(&shape).chain(&uses).collect();
    let mut ports = ports::allocate(description.app.as_ref(), &entries, &mut findings);
    let shape_ports = ports.remove(0);
    if !findings.is_empty() {
        return Err(findings);
    }
    let composition =
        Composition { catalogue, description, shape: &shape, shape_ports: &shape_ports, uses: &uses, ports: &ports };
    let objects = composition.objects()?;
    let mut made = objects.into_iter().map(|object| Made { object, blame: None }).collect();
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
        let shared = context::shared(self.description, self.shape, inbound.as_ref(), self.uses);
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
        for object in &mut objects {
            if let Some(template) = object.pointer_mut("/spec/template").filter(|template| template.is_null()) {
                *template = pod.clone();
            }
        }
        Ok(objects)
    }

    /// Inbound claimers chain in the order of `use`: the first is the outermost. Returns how traffic enters
    /// and, for each entry, the port it hands on to.
    fn chain(&self) -> (Option<Inbound>, Vec<Option<u16>>) {
        let mut upstreams = vec![None; self.uses.len()];
        let own = self.shape.definition.serves.as_ref().and_then(|port| self.shape_ports.get(port).copied());
        let Some(app_port) = self.description.app.as_ref().and_then(|app| app.port).or(own) else {
            return (None, upstreams);
        };
        let mut inbound = Inbound { port: app_port, name: "http".to_owned(), claim: None };
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
            for mut object in renderer.documents(&template, &context)? {
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
            made.extend(renderer.documents(&template, &context)?);
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
            data.insert(name.clone(), Json::String(config_file(renderer, template, &context)?));
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

    fn clash(&self, clash: &Clash) -> Finding {
        let (what, help) = describe(clash, &self.description.name);
        let first = self.owner(clash.first);
        let second = self.owner(clash.second);
        Finding::error(
            second.0.label(format!("{} wants {}", second.1, short(&clash.right))),
            format!("two parts of this Pod {what}"),
        )
        .label(first.0.label(format!("{} wants {}", first.1, short(&clash.left))))
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

/// One file of a `ConfigMap`. YAML is woven of the template's documents and written by our own writer.
fn config_file(renderer: &Renderer, template: &str, context: &Json) -> Result<String, String> {
    if !template.ends_with(".yaml.j2") {
        return renderer.text(template, context);
    }
    let mut weave = Weave::default();
    for document in renderer.documents(template, context)? {
        weave.add(&document, 0);
    }
    let (value, clashes) = weave.finish();
    match clashes.first() {
        Some(clash) => Err(format!("{template} contradicts itself at {}", clash.path)),
        None => emit::to_yaml(&value).map_err(|error| error.to_string()),
    }
}

/// Mistakes that no single pattern can see.
fn check_app(description: &Description, shape: &Filled, uses: &[Filled], findings: &mut Vec<Finding>) {
    let brings = shape.definition.brings_containers;
    let Some(app) = &description.app else {
        if !brings {
            findings.push(
                Finding::error(shape.entry.place.label(""), format!("`{}` needs an `app`", shape.entry.pattern))
                    .help("app: {image: registry.example.com/shop:1.7.0, port: 8080}"),
            );
        }
        check_names(description, uses, findings);
        return;
    };
    let claimers: Vec<&Filled> = uses.iter().filter(|filled| filled.definition.claims.is_some()).collect();
    for filled in uses.iter().filter(|filled| app.port.is_none() && filled.needs_port()) {
        findings.push(
            Finding::error(
                app.place.label("has no `port`"),
                format!("`{}` needs to know where the app listens", filled.entry.name),
            )
            .label(filled.entry.place.label("talks to the app's port"))
            .help("app: {image: …, port: 8080}"),
        );
    }
    for pair in claimers.windows(2) {
        let ([outer, inner], Some(speaks), Some(answers)) =
            (pair, &pair[0].definition.claims, &pair[1].definition.claims)
        else {
            continue;
        };
        if speaks.upstream != answers.scheme {
            findings.push(
                Finding::error(
                    inner.entry.place.label(format!("answers {}", answers.scheme)),
                    format!("`{}` cannot stand in front of `{}`", outer.entry.name, inner.entry.name),
                )
                .label(outer.entry.place.label(format!("speaks {} to what is behind it", speaks.upstream)))
                .because("patterns that take the app's traffic chain in the order of `use`, the first outermost")
                .help("leave one of them out, or change their order"),
            );
        }
    }
    if app.loopback && claimers.is_empty() {
        findings.push(
            Finding::error(app.place.label("`bind: localhost`"), "nothing can reach this app")
                .because("it listens on 127.0.0.1 alone; the kubelet's probes and the Service dial the Pod's address")
                .help("put a pattern in front of it, such as `https`, or leave `bind` out"),
        );
    }
    if brings {
        findings.push(
            Finding::error(
                app.place.label("has no place"),
                format!("`{}` brings its own containers", shape.entry.pattern),
            )
            .label(shape.entry.place.label("names them itself"))
            .help(format!("patterns explain {}", shape.entry.pattern)),
        );
    }
    check_names(description, uses, findings);
    check_expose(description, &claimers, findings);
}

fn check_names(description: &Description, uses: &[Filled], findings: &mut Vec<Finding>) {
    for filled in uses.iter().filter(|filled| filled.entry.name == description.name) {
        findings.push(
            Finding::error(
                filled.entry.place.label("and so is this"),
                format!("two containers would be called `{}`", description.name),
            )
            .label(description.name_place.label("the app is named after the document"))
            .help(format!(
                "give the pattern another name: {}: {{as: {}-sidecar, …}}",
                filled.entry.pattern, filled.entry.pattern
            )),
        );
    }
}

fn check_images(catalogue: Catalogue, description: &Description, findings: &mut Vec<Finding>) {
    let roles = catalogue.images();
    for member in &description.images {
        if !roles.contains_key(&member.key) {
            let label = nearest(&member.key, roles.keys().map(String::as_str))
                .map_or_else(String::new, |name| format!("did you mean `{name}`?"));
            findings.push(Finding::error(
                member.key_place.label(label),
                format!("no image role is called `{}`", member.key),
            ));
        }
    }
}

fn check_expose(description: &Description, claimers: &[&Filled], findings: &mut Vec<Finding>) {
    let Some(expose) = &description.expose else { return };
    if description.app.as_ref().is_some_and(|app| app.port.is_none()) {
        findings.push(
            Finding::error(expose.place.label(""), "`expose` needs the app's `port`")
                .help("app: {image: …, port: 8080}"),
        );
    }
    let encrypted = claimers
        .first()
        .filter(|filled| filled.definition.claims.as_ref().is_some_and(|claim| claim.scheme == "HTTPS"));
    if let Some(filled) = encrypted {
        findings.push(
            Finding::error(expose.place.label("speaks plain HTTP to the Pods"), "the route and the Pod do not speak the same protocol")
                .label(filled.entry.place.label("answers TLS alone"))
                .because("an Ingress or HTTPRoute ends TLS at the edge and has no portable way to speak it to a backend whose certificate only you know")
                .help(format!("leave out `expose` and reach the Service on 443, or leave out `{}` and let the edge hold the certificate", filled.entry.name)),
        );
    }
}

/// What a clash is about, in words, and the way out.
fn describe(clash: &Clash, app: &str) -> (String, String) {
    let parts: Vec<&str> = clash.path.split(['[', ']']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [.., ".volumeMounts", path] => {
            (format!("mount something at {path}"), "give one of them another path".to_owned())
        }
        [.., ".env", name] => {
            (format!("set {name}"), "remove one of them, or give the pattern another name with `as`".to_owned())
        }
        [.., ".ports", port] => (format!("declare port {port}"), "give one of them another port".to_owned()),
        ["spec.volumes", name] => {
            (format!("make the volume `{name}`"), "give the pattern another name with `as`".to_owned())
        }
        ["spec.containers" | "spec.initContainers", name, field] if *name != app => (
            format!("make the container `{name}` ({})", field.trim_start_matches('.')),
            "give the pattern another name with `as`".to_owned(),
        ),
        _ => (format!("disagree about {}", clash.path), "these two do not go together; leave one out".to_owned()),
    }
}

/// A value on one short line.
fn short(value: &Json) -> String {
    let text = match value {
        Json::Object(members) => {
            let plain: Vec<String> = members.iter().map(|(key, value)| format!("{key}: {}", short(value))).collect();
            format!("{{{}}}", plain.join(", "))
        }
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
