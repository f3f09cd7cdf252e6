//! From objects to boxes and arrows.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::model::{Diagram, Flow, Look, NodeIndex};
use super::pod::{self, Placed, Shared};
use super::topics::Topic;
use super::workload::{self, Hidden, Seen, list};
use super::{calls, routes, text};
use crate::facts::Programs;
use crate::kube::{Index, Object, PodView};
use crate::limits;
use crate::secret_texts::masked;

/// What makes Pods, with its box and the boxes inside.
#[derive(Debug)]
pub(super) struct Workload<'object> {
    pub kind: String,
    pub name: String,
    pub namespace: Option<String>,
    /// Labels of its Pods, which Services select by.
    pub labels: crate::kube::types::Labels,
    /// Its box.
    pub node: NodeIndex,
    /// The containers whose boxes are inside.
    pub containers: Vec<Placed<'object>>,
    /// The ConfigMap and the key that hold its manifest, if that is where it is.
    pub file: Option<(String, String)>,
}

/// A Service and its box.
#[derive(Debug)]
pub(super) struct ServiceBox {
    pub name: String,
    pub namespace: Option<String>,
    /// Its box.
    pub node: NodeIndex,
}

/// What is drawn so far, and where to find it again.
#[derive(Debug)]
pub(super) struct Builder<'object> {
    pub diagram: Diagram,
    /// All objects that are drawn or looked up.
    pub seen: &'object [Seen<'object>],
    pub workloads: Vec<Workload<'object>>,
    pub services: Vec<ServiceBox>,
    /// The boxes of Services by name and namespace; the first of several counts.
    pub named: HashMap<(String, Option<String>), NodeIndex>,
    /// Autoscalers by the namespace, kind and name that they aim at; the first of several counts.
    scalers: HashMap<(Option<&'object str>, &'object str, &'object str), &'object Seen<'object>>,
    index: &'object Index<'object>,
    programs: &'object Programs,
    outside: BTreeMap<(&'static str, String), NodeIndex>,
}

/// The picture of some objects, whose containers run what `programs` describe. Parts of objects (kustomize patches) are left out: they say nothing alone.
#[must_use]
pub fn of<'object>(title: &str, objects: impl IntoIterator<Item = &'object Object>, programs: &Programs) -> Diagram {
    let objects: Vec<&Object> = objects.into_iter().filter(|object| !object.is_patch).collect();
    let index = Index::of(&objects);
    let seen: Vec<Seen<'_>> = objects.iter().copied().map(Seen::new).collect();
    let hidden = workload::hidden(&seen);
    let mut builder = Builder {
        diagram: Diagram::titled(title),
        seen: &seen,
        workloads: Vec::new(),
        services: Vec::new(),
        named: HashMap::new(),
        scalers: scalers(&seen),
        index: &index,
        programs,
        outside: BTreeMap::new(),
    };
    routes::boxes(&mut builder);
    builder.draw_workloads(&hidden);
    routes::arrows(&mut builder);
    // what is too much to show is not drawn to its end
    if !builder.diagram.exceeds(limits::PARTS_OF_TEXT) {
        calls::draw(&mut builder);
        builder.draw_scalers();
    }
    let Builder { mut diagram, .. } = builder;
    clean(&mut diagram);
    diagram
}

fn scalers<'seen>(all: &'seen [Seen<'_>]) -> HashMap<(Option<&'seen str>, &'seen str, &'seen str), &'seen Seen<'seen>> {
    let mut scalers = HashMap::new();
    for seen in all.iter().filter(|seen| seen.is("autoscaling", "HorizontalPodAutoscaler")) {
        let (kind, name) = (seen.text("/spec/scaleTargetRef/kind"), seen.text("/spec/scaleTargetRef/name"));
        if let (Some(kind), Some(name)) = (kind, name) {
            scalers.entry((seen.namespace(), kind, name)).or_insert(seen);
        }
    }
    scalers
}

/// Nothing that cannot be seen goes into a picture, nor a secret.
fn clean(diagram: &mut Diagram) {
    let plain = |text: &str| text::plain(&masked(text));
    diagram.title = plain(&diagram.title);
    for node in &mut diagram.nodes {
        node.name = plain(&node.name);
        node.lines.iter_mut().chain(node.count.as_mut()).for_each(|line| *line = plain(line));
        node.lines.retain(|line| !line.trim().is_empty());
    }
    for edge in &mut diagram.edges {
        edge.label = plain(&edge.label);
    }
}

impl<'object> Builder<'object> {
    /// The box of something that is not among the objects, made when it is first named.
    pub fn outside(&mut self, look: Look, name: &str, line: &str) -> NodeIndex {
        if let Some(node) = self.outside.get(&(look.word(), name.to_owned())) {
            return *node;
        }
        let node = self.diagram.add(look, name);
        self.diagram.nodes[node].lines.push(line.to_owned());
        self.outside.insert((look.word(), name.to_owned()), node);
        node
    }

    /// The box of a topic.
    pub fn topic(&mut self, topic: &Topic) -> NodeIndex {
        let line = if topic.bus.is_empty() { "topic".to_owned() } else { format!("topic on {}", topic.bus) };
        self.outside(Look::Storage, &topic.name, &line)
    }

    fn draw_workloads(&mut self, hidden: &'object [Hidden]) {
        let mut shared = Shared::default();
        let mut befores: Vec<(String, Option<String>, Vec<String>)> = Vec::new();
        for seen in self.seen {
            for pod in seen.object.pods() {
                let (name, namespace) = (workload::name(pod), seen.object.id.namespace.as_deref().map(str::to_owned));
                let mut lines = vec![workload::kind(seen)];
                if let Some(schedule) = seen.text("/spec/schedule") {
                    lines.push(format!("at {schedule}"));
                }
                let count = self.autoscaled(seen).or_else(|| workload::count(seen, pod));
                let owner = if seen.object.typed.is_some() { &seen.json } else { &Json::Null };
                self.add_workload(pod, &name, lines, count, owner, namespace.clone(), None, &mut shared);
                befores.push((name, namespace, workload::after(seen, pod)));
            }
        }
        for one in hidden {
            let Some(pod) = one.object.pod() else { continue };
            let (namespace, file) = (one.namespace.clone(), Some(one.file.clone()));
            let count = workload::count(&Seen::new(&one.object), pod);
            let lines = vec!["Job".to_owned()];
            self.add_workload(pod, &one.object.id.name, lines, count, &Json::Null, namespace, file, &mut shared);
        }
        befores.retain(|(_, _, befores)| !befores.is_empty());
        let mut named: HashMap<(String, Option<String>), NodeIndex> = HashMap::new();
        for made in self.workloads.iter().filter(|_| !befores.is_empty()) {
            named.entry((made.name.clone(), made.namespace.clone())).or_insert(made.node);
        }
        for (name, namespace, befores) in befores {
            let node = |name: &String| named.get(&(name.clone(), namespace.clone())).copied();
            let befores: Vec<NodeIndex> = befores.iter().filter_map(node).collect();
            if let Some(after) = node(&name) {
                for before in befores {
                    self.diagram.link(before, after, Flow::Control, "then");
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "each is one fact of the workload")]
    fn add_workload(
        &mut self,
        pod: PodView<'object>,
        name: &str,
        lines: Vec<String>,
        count: Option<String>,
        owner: &Json,
        namespace: Option<String>,
        file: Option<(String, String)>,
        shared: &mut Shared,
    ) {
        let kind = lines.first().cloned().unwrap_or_default();
        let name = if name.is_empty() && file.is_some() { "one for each item" } else { name };
        let node = self.diagram.add(Look::Workload, name);
        self.diagram.nodes[node].lines = lines;
        self.diagram.nodes[node].count = count;
        let space = namespace.as_deref().unwrap_or_default();
        let containers = pod::draw(&mut self.diagram, node, pod, owner, space, (self.index, self.programs), shared);
        let labels = workload::labels(pod);
        self.workloads.push(Workload { kind, name: name.to_owned(), namespace, labels, node, containers, file });
    }

    /// The range of a `HorizontalPodAutoscaler` that aims at a workload.
    fn autoscaled(&self, target: &Seen<'_>) -> Option<String> {
        let id = &target.object.id;
        let scaler = self.scalers.get(&(target.namespace(), id.kind.as_str(), id.name.as_str()))?;
        let least = scaler.json.pointer("/spec/minReplicas").and_then(Json::as_u64).unwrap_or(1);
        let most = scaler.json.pointer("/spec/maxReplicas").and_then(Json::as_u64)?;
        Some(format!("{least}–{most} Pods"))
    }

    /// KEDA's scalers: from what they measure to what they scale.
    fn draw_scalers(&mut self) {
        for seen in self.seen.iter().filter(|seen| seen.is("keda.sh", "ScaledObject")) {
            let target = seen.text("/spec/scaleTargetRef/name").unwrap_or_default();
            let kind = seen.text("/spec/scaleTargetRef/kind").unwrap_or("Deployment");
            let workload = self
                .workloads
                .iter()
                .find(|one| one.name == target && one.kind == kind && one.namespace.as_deref() == seen.namespace());
            let Some(workload) = workload.map(|workload| workload.node) else { continue };
            let number = |name: &str, default| seen.json["spec"][name].as_u64().unwrap_or(default);
            let (least, most) = (number("minReplicaCount", 0), number("maxReplicaCount", 100));
            let node = self.diagram.add(Look::Object, seen.object.id.name.clone());
            let mut lines = vec!["ScaledObject".to_owned()];
            for trigger in list(&seen.json, "/spec/triggers") {
                let kind = trigger["type"].as_str().unwrap_or_default();
                let lag = trigger["metadata"]["lagThreshold"].as_str();
                lines.push(lag.map_or_else(|| kind.to_owned(), |lag| format!("{kind} lag {lag}")));
            }
            self.diagram.nodes[node].lines = lines;
            self.diagram.nodes[workload].count = Some(format!("{least}–{most} Pods"));
            self.diagram.link(node, workload, Flow::Control, "scales");
            for trigger in list(&seen.json, "/spec/triggers") {
                let topic = trigger["metadata"]["topic"].as_str().unwrap_or_default();
                if let Some(topic) = self.outside.get(&(Look::Storage.word(), topic.to_owned())) {
                    self.diagram.link(*topic, node, Flow::Control, "measured");
                }
            }
        }
    }
}
