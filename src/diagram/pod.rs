//! The inside of a Pod: its containers by role, and the volumes that they share.

use std::collections::{BTreeMap, HashMap};

use crate::kube::image::Reference;
use crate::kube::types::{Volume, VolumeMount};
use serde_json::Value as Json;

use super::model::{Diagram, Flow, Look, NodeIndex};
use super::roles;
use super::workload::{Seen, list};
use crate::facts::{ContainerFacts, Dial, PodFacts, Programs, Role, Task};
use crate::kube::{ContainerView, Index, PodView};
use crate::text::Text;

/// A container and its box.
#[derive(Debug)]
pub(super) struct Placed<'object> {
    pub view: ContainerView<'object>,
    /// Its box.
    pub node: NodeIndex,
    /// Which kind of container it is drawn as.
    pub look: Look,
    /// What it is for.
    pub role: Role,
    /// The role of `patterns-agent`, if it is that.
    pub agent: Option<&'object str>,
    /// Ports that it declares, or where its program listens.
    pub ports: Vec<u16>,
    /// Those of them that it declares, or where its program is known to listen.
    pub sure: Vec<u16>,
    /// Whom it connects to.
    pub dials: Vec<Dial<'object>>,
}

/// Objects that Pods share, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Shared {
    claims: BTreeMap<(String, String), NodeIndex>,
}

/// Draws the containers and volumes of a Pod into the box of its workload.
pub(super) fn draw<'object>(
    diagram: &mut Diagram,
    workload: NodeIndex,
    pod: PodView<'object>,
    owner: &Json,
    namespace: &str,
    (index, programs): (&'object Index<'object>, &'object Programs),
    shared: &mut Shared,
) -> Vec<Placed<'object>> {
    let mut placed = Vec::new();
    let facts = PodFacts::of(pod, index, programs);
    let is_app = |one: &ContainerFacts<'_>| one.role == Role::App;
    let has_app = facts.members.iter().any(is_app);
    for one in facts.members {
        let (mut look, name) = roles::of(&one);
        // A database beside an app is not an app.
        if has_app && look == Look::App && !is_app(&one) {
            look = Look::Container;
        }
        let node = diagram.add_inside(workload, look, one.container.container.name.clone());
        let mut lines = vec![name];
        lines.extend(one.container.container.image.as_deref().map(short_image));
        lines.extend(ports_line(&one.container));
        diagram.nodes[node].lines = lines;
        let (ports, agent) = (one.known_ports(), roles::agent(&one));
        let sure = ports.iter().copied().filter(|port| one.surely_serves(*port)).collect();
        placed.push(Placed { view: one.container, node, look, role: one.role, agent, ports, sure, dials: one.dials });
    }
    draw_volumes(diagram, workload, pod, owner, namespace, &placed, shared);
    draw_order(diagram, &placed);
    placed
}

/// The image without its registry and folders; a digest by its first digits.
fn short_image(image: &str) -> String {
    let image = Reference::of(image);
    let name = image.tag.map_or_else(|| image.name().to_owned(), |tag| format!("{}:{tag}", image.name()));
    match image.digest.and_then(|digest| digest.split_once(':')) {
        Some((algorithm, digest)) => format!("{name}@{algorithm}:{}", digest.chars().take(8).collect::<String>()),
        None => name,
    }
}

fn ports_line(view: &ContainerView<'_>) -> Option<String> {
    let mut ports: Vec<String> = Vec::new();
    for port in view.container.ports.iter().flatten() {
        let protocol = port.protocol.as_deref().filter(|protocol| *protocol != "TCP");
        let protocol = protocol.map_or_else(String::new, |protocol| format!("/{}", protocol.to_lowercase()));
        let text = format!(":{}{protocol}", port.container_port);
        if !ports.contains(&text) {
            ports.push(text);
        }
    }
    (!ports.is_empty()).then(|| ports.join(" "))
}

/// Ordinary init containers run one after another, then the others start.
fn draw_order(diagram: &mut Diagram, placed: &[Placed<'_>]) {
    let inits: Vec<&Placed<'_>> = placed.iter().filter(|one| !one.view.runs_beside_app()).collect();
    let mains: Vec<&Placed<'_>> =
        placed.iter().filter(|one| one.view.runs_beside_app() && !one.view.is_native_sidecar()).collect();
    let first = mains.iter().find(|one| one.look == Look::App).or_else(|| mains.first());
    let next = inits.iter().skip(1).chain(first);
    for (init, next) in inits.iter().zip(next) {
        diagram.link(init.node, next.node, Flow::Control, "then");
    }
}

struct Use<'pod> {
    container: usize,
    mount: &'pod VolumeMount,
}

fn draw_volumes(
    diagram: &mut Diagram,
    workload: NodeIndex,
    pod: PodView<'_>,
    owner: &Json,
    namespace: &str,
    placed: &[Placed<'_>],
    shared: &mut Shared,
) {
    let by_volume = uses(placed);
    let uses_of = |name: &str| by_volume.get(name).map_or(&[][..], Vec::as_slice);
    for volume in pod.spec.volumes.iter().flatten() {
        let uses = uses_of(&volume.name);
        if let Some(claim) = &volume.persistent_volume_claim {
            if uses.is_empty() {
                continue;
            }
            let key = (namespace.to_owned(), claim.claim_name.to_string());
            let node = *shared.claims.entry(key).or_insert_with(|| {
                let node = diagram.add(Look::Storage, claim.claim_name.clone());
                diagram.nodes[node].lines.push("PersistentVolumeClaim".to_owned());
                node
            });
            link_uses(diagram, node, uses, placed, true);
            continue;
        }
        let mut containers: Vec<usize> = uses.iter().map(|one| one.container).collect();
        containers.dedup();
        match (describe(volume), containers.as_slice()) {
            (Some(line), [only]) => diagram.nodes[placed[*only].node].lines.push(line),
            (line, [_, _, ..]) => {
                let node = diagram.add_inside(workload, Look::Storage, volume.name.clone());
                diagram.nodes[node].lines.push(line.unwrap_or_else(|| "volume".to_owned()));
                link_uses(diagram, node, uses, placed, volume.config_map.is_none() && volume.secret.is_none());
            }
            _ => {}
        }
    }
    for claim in list(owner, "/spec/volumeClaimTemplates") {
        let name = claim["metadata"]["name"].as_str().unwrap_or_default();
        let uses = uses_of(name);
        if uses.is_empty() {
            continue;
        }
        let node = diagram.add_inside(workload, Look::Storage, name);
        let size = claim.pointer("/spec/resources/requests/storage").and_then(Json::as_str).unwrap_or("volume");
        diagram.nodes[node].lines.push(format!("{size} for each Pod"));
        link_uses(diagram, node, uses, placed, true);
    }
}

/// Who mounts what, by the names of volumes.
fn uses<'pod>(placed: &[Placed<'pod>]) -> HashMap<&'pod str, Vec<Use<'pod>>> {
    let mut uses: HashMap<&str, Vec<Use<'_>>> = HashMap::new();
    for (container, one) in placed.iter().enumerate() {
        for mount in one.view.container.volume_mounts.iter().flatten() {
            uses.entry(mount.name.as_str()).or_default().push(Use { container, mount });
        }
    }
    uses
}

/// What a volume brings, where that is more than an empty folder.
fn describe(volume: &Volume) -> Option<String> {
    if let Some(config) = &volume.config_map {
        return Some(format!("ConfigMap {}", config.name));
    }
    if let Some(secret) = &volume.secret {
        return Some(format!("Secret {}", secret.secret_name.as_deref().unwrap_or_default()));
    }
    if let Some(path) = &volume.host_path {
        return Some(format!("host {}", path.path));
    }
    if let Some(image) = &volume.image {
        return Some(format!("image {}", short_image(image.reference.as_deref().unwrap_or_default())));
    }
    let projected = volume.projected.as_ref()?;
    let has_token = projected.sources.iter().flatten().any(|source| source.service_account_token.is_some());
    has_token.then(|| "token of the API server".to_owned())
}

/// Arrows between a volume and the containers that mount it: from who writes, to who reads, and without a head
/// where nothing says which it is.
fn link_uses(diagram: &mut Diagram, node: NodeIndex, uses: &[Use<'_>], placed: &[Placed<'_>], writable: bool) {
    let reads = |one: &Use<'_>| !writable || one.mount.read_only == Some(true);
    let writers = uses.iter().filter(|one| !reads(one)).count();
    let brings = |one: &Use<'_>| {
        let one = &placed[one.container];
        one.look == Look::Init || matches!(one.role, Role::Sidecar(Task::Git | Task::Config | Task::Secrets))
    };
    let others_bring = uses.iter().any(brings);
    for one in uses {
        let container = placed[one.container].node;
        let label = one.mount.mount_path.as_str();
        let ships = placed[one.container].role == Role::Sidecar(Task::Logs);
        if reads(one) || (ships && writers > 1) {
            diagram.link(node, container, Flow::Data, label);
        } else if (writers == 1 && uses.len() > 1) || brings(one) {
            diagram.link(container, node, Flow::Data, label);
        } else {
            let flow = if others_bring { Flow::Data } else { Flow::Shared };
            let (from, to) = if others_bring { (node, container) } else { (container, node) };
            diagram.link(from, to, flow, label);
        }
    }
}

/// What a container is told: its arguments, variables and mounted configuration, each with the flag or the
/// variable's name in front.
pub(super) fn told(one: &Placed<'_>, objects: &[Seen<'_>], namespace: Option<&str>) -> Told {
    let container = one.view.container;
    let words: Vec<&Text> = container.command.iter().chain(&container.args).flatten().collect();
    let mut arguments: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let flag = at.checked_sub(1).map(|at| words[at]).filter(|flag| flag.starts_with('-') && !flag.contains('='));
        match flag.filter(|_| !word.starts_with('-')) {
            Some(flag) => arguments.push(format!("{flag}={word}")),
            None => arguments.push(word.to_string()),
        }
    }
    let env = container.env.iter().flatten();
    let env = env.filter_map(|env| Some((env.name.to_string(), env.value.as_ref()?.to_string()))).collect();
    Told { arguments, env, files: files(one, objects, namespace) }
}

/// What a container is told.
#[derive(Debug)]
pub(super) struct Told {
    /// Words of the command line, a flag and its value as one.
    pub arguments: Vec<String>,
    /// Variables with plain values.
    pub env: Vec<(String, String)>,
    /// Files from `ConfigMaps`: the map's name, the path, the text.
    pub files: Vec<ConfigFile>,
}

/// A file that a ConfigMap brings into a container.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub map: String,
    /// The key of the ConfigMap.
    pub key: String,
    /// Where it is in the container.
    pub path: String,
    pub text: String,
}

fn files(one: &Placed<'_>, objects: &[Seen<'_>], namespace: Option<&str>) -> Vec<ConfigFile> {
    let mut files = Vec::new();
    for mount in one.view.container.volume_mounts.iter().flatten() {
        let volume = one.view.pod.spec.volumes.iter().flatten().find(|volume| volume.name == mount.name);
        let Some(name) = volume.and_then(|volume| Some(volume.config_map.as_ref()?.name.clone())) else { continue };
        let map = objects
            .iter()
            .find(|seen| seen.is("", "ConfigMap") && seen.object.id.name == name && seen.namespace() == namespace);
        for (key, text) in map.and_then(|map| map.json["data"].as_object()).into_iter().flatten() {
            files.push(ConfigFile {
                map: name.to_string(),
                key: key.clone(),
                path: format!("{}/{key}", mount.mount_path.trim_end_matches('/')),
                text: text.as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    files
}
