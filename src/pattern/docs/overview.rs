//! What `patterns explain FILE` prints of a description: who listens where, what the app is given, which images
//! run and which objects there are.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::describe::Description;
use crate::files::Shown as _;
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::compose::context::{Context, DocumentContext, EntryContext};
use crate::pattern::compose::expand::prepare_all;
use crate::pattern::objects;
use crate::pattern::objects::made::Made;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::ports::Ports;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::references::Directory;
use crate::pattern::plan::resolver::Resolver;
use crate::pattern::template::render::Renderer;
use crate::sort;
use crate::words::clip;

/// What a pattern may say of a description that uses it, as a template of its folder.
const REMARKS: &str = "explain.md.j2";

/// All documents, one after the other.
#[must_use]
pub fn overview(catalogue: &Catalogue, descriptions: &[Description], made: &[Made]) -> String {
    let prepared = prepare_all(catalogue, descriptions);
    let directory = Directory::new(descriptions, &prepared);
    let documents = prepared.iter().flatten().map(|prepared| {
        let own = |made: &&Made| made.origin.span == prepared.description.name_place.span;
        document(catalogue, prepared, &directory, &made.iter().filter(own).collect::<Vec<_>>())
    });
    documents.collect::<Vec<_>>().join("\n")
}

fn document(catalogue: &Catalogue, prepared: &Prepared<'_>, directory: &Directory<'_>, made: &[&Made]) -> String {
    let Prepared { description, shape, uses, .. } = prepared;
    let place = &description.name_place;
    let line = place.source.position(place.span.start).line;
    let mut out = String::new();
    let _ = writeln!(out, "{} ({}:{line})", description.name, Path::new(&place.source.name).shown());
    let mut parts = vec![("shape".to_owned(), shape.entry.pattern.clone())];
    parts.extend(uses.iter().map(|filled| {
        let named = Some(format!("{} ({})", filled.entry.name, filled.entry.pattern));
        let name = named.filter(|_| filled.entry.name != filled.entry.pattern);
        ("use".to_owned(), name.unwrap_or_else(|| filled.entry.pattern.clone()))
    }));
    section(&mut out, "Made of", &parts);
    section(&mut out, "Ports of the Pod", &listeners(prepared));
    section(&mut out, "Given to the app", &given(description, made));
    section(&mut out, "Writable folders, with the size at which the Pod is evicted", &writable(made));
    section(&mut out, "Of its node", &of_node(made));
    section(&mut out, "Images", &images(made));
    section(&mut out, "Objects", &made.iter().map(|made| object(&made.object)).collect::<Vec<_>>());
    let shared = DocumentContext::of(prepared);
    for (filled, ports) in std::iter::once((shape, &prepared.shape_ports)).chain(uses.iter().zip(&prepared.ports)) {
        if let Some(remarks) = remarks(catalogue, prepared, directory, filled, ports, &shared) {
            let _ = writeln!(out, "\n  {}\n", filled.entry.name);
            for line in remarks.trim().lines() {
                let _ = writeln!(out, "{}", format!("    {line}").trim_end());
            }
        }
    }
    out
}

fn section(out: &mut String, title: &str, rows: &[(String, String)]) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let _ = writeln!(out, "\n  {title}\n");
    for (name, text) in rows {
        let row = format!("    {name:width$}  {text}");
        let _ = writeln!(out, "{}", row.trim_end());
    }
}

/// Who listens where, by number.
fn listeners(prepared: &Prepared<'_>) -> Vec<(String, String)> {
    let mut rows: Vec<(u16, String)> = Vec::new();
    if let Some(app) = &prepared.description.app
        && let Some(port) = app.port
    {
        rows.push((port, if app.loopback { "the app, only on 127.0.0.1".to_owned() } else { "the app".to_owned() }));
    }
    for port in prepared.description.app.iter().flat_map(|app| &app.ports) {
        let private = if port.private { ", not on the Service" } else { "" };
        let udp = if port.protocol == "UDP" { " (UDP)" } else { "" };
        rows.push((port.number, format!("the app, {}{udp}{private}", port.name)));
    }
    let entries =
        std::iter::once((&prepared.shape, &prepared.shape_ports)).chain(prepared.uses.iter().zip(&prepared.ports));
    for (filled, ports) in entries {
        rows.extend(filled.ports_beside().into_iter().map(|(port, _)| (port, "your own container".to_owned())));
        for port in filled.ports() {
            let Some(number) = ports.get(&port.name) else { continue };
            let role = Some(&port.name).filter(|name| *name != "main");
            let mut text =
                role.map_or_else(|| filled.entry.name.clone(), |role| format!("{}, {role}", filled.entry.name));
            let wanted = port.number(&filled.params);
            let is_set = port.param.as_ref().is_some_and(|param| filled.given_port(param).is_some());
            if *number != wanted && !is_set {
                let _ = write!(text, " ({wanted} was taken)");
            }
            if let Some(claim) = filled.definition.claims.as_ref().filter(|claim| claim.port == port.name) {
                let _ = write!(text, ": takes the app's traffic as {}", claim.scheme);
            }
            rows.push((*number, text));
        }
    }
    sort::by_key(&mut rows, |(port, _)| *port);
    rows.into_iter().map(|(port, text)| (port.to_string(), text)).collect()
}

/// Variables of the app that it has from patterns.
fn given(description: &Description, made: &[&Made]) -> Vec<(String, String)> {
    let Some(app) = &description.app else { return Vec::new() };
    let own: HashSet<&str> = app.env.iter().map(|variable| variable.name.as_str()).collect();
    let mut rows = Rows::default();
    for container in made.iter().flat_map(|made| containers(&made.object)) {
        if container["name"] != description.name.as_str() {
            continue;
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            let name = variable["name"].as_str().unwrap_or_default();
            let value = variable["value"].as_str().map_or_else(|| source_of(&variable["valueFrom"]), clip);
            if !own.contains(name) {
                rows.add((name.to_owned(), value));
            }
        }
    }
    rows.rows
}

/// Where the value of a variable comes from: a field of its Pod, or a key as descriptions write it.
fn source_of(from: &Json) -> String {
    const FIELDS: [(&str, &str); 6] = [
        ("metadata.name", "the Pod's name"),
        ("metadata.namespace", "the Pod's namespace"),
        ("metadata.labels['apps.kubernetes.io/pod-index']", "the Pod's index"),
        ("metadata.annotations['batch.kubernetes.io/job-completion-index']", "the Pod's index"),
        ("status.podIP", "the Pod's address"),
        ("spec.nodeName", "the name of the Pod's node"),
    ];
    if let Some(path) = from.pointer("/fieldRef/fieldPath").and_then(Json::as_str) {
        let known = FIELDS.iter().find(|(field, _)| *field == path);
        let label = || path.strip_prefix("metadata.labels['")?.strip_suffix("']");
        return match (known, label()) {
            (Some((_, words)), _) => (*words).to_owned(),
            (None, Some(label)) => format!("the Pod's label {label}"),
            (None, None) => format!("the Pod's {path}"),
        };
    }
    let kinds = [("secret", "secretKeyRef"), ("configmap", "configMapKeyRef")];
    let key = kinds.into_iter().find_map(|(kind, field)| {
        let key = &from[field];
        Some(format!("{kind}/{}/{}", key["name"].as_str()?, key["key"].as_str()?))
    });
    key.or_else(|| Some(format!("the container's {}", from.pointer("/resourceFieldRef/resource")?.as_str()?)))
        .unwrap_or_else(|| "from elsewhere".to_owned())
}

/// Rows in the order in which they are first said.
#[derive(Default)]
struct Rows {
    rows: Vec<(String, String)>,
    said: HashSet<(String, String)>,
}

impl Rows {
    fn add(&mut self, row: (String, String)) {
        if self.said.insert(row.clone()) {
            self.rows.push(row);
        }
    }
}

/// Folders that are emptied with the Pod, their sizes and whose they are.
fn writable(made: &[&Made]) -> Vec<(String, String)> {
    let mut rows = Rows::default();
    for template in made.iter().flat_map(|made| templates(&made.object)) {
        let containers = of_template(&template);
        let mut by_volume: HashMap<&str, Vec<(&Json, &Json)>> = HashMap::new();
        for container in &containers {
            for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                if mount["readOnly"] != true {
                    let volume = mount["name"].as_str().unwrap_or_default();
                    by_volume.entry(volume).or_default().push((container, mount));
                }
            }
        }
        let volumes = template["spec"]["volumes"].as_array().into_iter().flatten();
        for (volume, folder) in volumes.filter_map(|volume| Some((volume, volume.get("emptyDir")?))) {
            let mut paths: Vec<(String, Vec<String>)> = Vec::new();
            let mut numbers: HashMap<String, usize> = HashMap::new();
            let volume = volume["name"].as_str().unwrap_or_default();
            for (container, mount) in by_volume.get(volume).into_iter().flatten() {
                let path = mount["mountPath"].as_str().map(clip).unwrap_or_default();
                let name = container["name"].as_str().map(clip).unwrap_or_default();
                let number = *numbers.entry(path.clone()).or_insert(paths.len());
                match paths.get_mut(number) {
                    Some((_, names)) => names.push(name),
                    None => paths.push((path, vec![name])),
                }
            }
            let size = folder["sizeLimit"].as_str().map(clip).unwrap_or_default();
            let medium = if folder["medium"] == "Memory" { " of memory" } else { "" };
            for (path, names) in paths {
                rows.add((path, format!("{size}{medium}, {}", names.join(" and "))));
            }
        }
    }
    rows.rows
}

/// What containers reach of their node, by whose it is.
fn of_node(made: &[&Made]) -> Vec<(String, String)> {
    let mut rows = Rows::default();
    let mut add = |whose: &Json, what: String| {
        rows.add((whose.as_str().map_or_else(|| "the Pod".to_owned(), clip), what));
    };
    for template in made.iter().flat_map(|made| templates(&made.object)) {
        let spec = &template["spec"];
        for (field, what) in [("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "shared memory")] {
            if spec[field] == true {
                add(&Json::Null, format!("its {what}"));
            }
        }
        let mut of_node: HashMap<&str, Vec<&str>> = HashMap::new();
        for volume in spec["volumes"].as_array().into_iter().flatten() {
            if let Some(path) = volume["hostPath"]["path"].as_str() {
                of_node.entry(volume["name"].as_str().unwrap_or_default()).or_default().push(path);
            }
        }
        for container in of_template(&template) {
            let (name, security) = (&container["name"], &container["securityContext"]);
            if security["privileged"] == true {
                add(name, "everything, because it is privileged".to_owned());
            }
            for capability in security["capabilities"]["add"].as_array().into_iter().flatten() {
                add(name, format!("capability {}", capability.as_str().unwrap_or_default()));
            }
            for port in container["ports"].as_array().into_iter().flatten().filter(|port| port["hostPort"].is_u64()) {
                add(name, format!("port {}", port["hostPort"]));
            }
            for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                let volume = mount["name"].as_str().unwrap_or_default();
                for path in of_node.get(volume).into_iter().flatten() {
                    let writes = if mount["readOnly"] == true { "" } else { ", writable" };
                    add(name, format!("{}{writes}", clip(path)));
                }
            }
        }
    }
    rows.rows
}

fn images(made: &[&Made]) -> Vec<(String, String)> {
    let mut rows = Rows::default();
    for container in made.iter().flat_map(|made| containers(&made.object)) {
        let text = |key: &str| container[key].as_str().map(clip).unwrap_or_default();
        rows.add((text("name"), text("image")));
    }
    rows.rows
}

fn containers(object: &Json) -> Vec<Json> {
    templates(object).iter().flat_map(of_template).collect()
}

fn templates(object: &Json) -> Vec<Json> {
    objects::templates(&mut object.clone()).into_iter().map(|template| template.clone()).collect()
}

fn of_template(template: &Json) -> Vec<Json> {
    let list = |field: &str| template["spec"][field].as_array().cloned().unwrap_or_default();
    ["initContainers", "containers"].into_iter().flat_map(list).collect()
}

/// `Service/shop`, and for a Service its ports.
fn object(object: &Json) -> (String, String) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let name = format!("{}/{}", text("/kind"), text("/metadata/name"));
    let ports = object["spec"]["ports"].as_array().filter(|_| object["kind"] == "Service");
    let ports: Vec<String> = ports.into_iter().flatten().map(|port| format!("port {}", port["port"])).collect();
    (clip(&name), ports.join(", "))
}

fn remarks(
    catalogue: &Catalogue,
    prepared: &Prepared<'_>,
    directory: &Directory<'_>,
    filled: &Filled,
    ports: &Ports,
    shared: &DocumentContext,
) -> Option<String> {
    filled.folder.file(REMARKS)?;
    let references = Resolver::new(directory, prepared.description).references(filled);
    let entry = EntryContext::of(catalogue, prepared.description, filled, ports);
    let context = Context { shared, entry, references: &references, more: None, member: Map::new() };
    let text = Renderer::new(&filled.folder, Vec::new()).text(REMARKS, &context.to_json()).ok()?;
    Some(text).filter(|text| !text.trim().is_empty())
}
