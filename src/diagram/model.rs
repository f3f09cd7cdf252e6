//! What a picture shows: boxes, one inside another at most, and arrows between them.

use std::collections::HashMap;

use crate::limits::{self, Limit};

/// A node's place in [`Diagram::nodes`].
pub type NodeIndex = usize;

/// A picture before anybody knows where on the page things are.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    /// What it is a picture of.
    pub title: String,
    /// Boxes; a parent comes before its children.
    pub nodes: Vec<Node>,
    /// Arrows.
    pub edges: Vec<Edge>,
    /// Where an arrow is in `edges`.
    numbers: HashMap<(NodeIndex, NodeIndex, Flow), usize>,
}

/// A box.
#[derive(Clone, Debug)]
pub struct Node {
    /// The workload that it is a part of.
    pub parent: Option<NodeIndex>,
    /// What it stands for.
    pub look: Look,
    /// The first line in the box.
    pub name: String,
    /// What else there is to say, a line each: role, image, ports.
    pub lines: Vec<String>,
    /// How many there are: `3 Pods`.
    pub count: Option<String>,
}

/// What a box stands for; the writers give each its colour and form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// Something outside of these objects: a Gateway, a host, people.
    Outside,
    /// An Ingress or a route.
    Route,
    /// A Service.
    Service,
    /// A workload: the box around the containers of its Pod.
    Workload,
    /// The container that the Pod is there for.
    App,
    /// Helps the app.
    Sidecar,
    /// Stands for something outside.
    Ambassador,
    /// Shows the app in another form.
    Adapter,
    /// Coordinates Pods: an elector, a scatter/gather root, a queue's manager.
    Coordinator,
    /// Ends before the app starts.
    Init,
    /// A container without a role that we know.
    Container,
    /// A volume of a Pod, a claim, a topic.
    Storage,
    /// Any other object: a Lease, a scaler.
    Object,
}

/// What goes along an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Requests, from the caller to the called.
    Call,
    /// Files or messages, from who writes them to who reads them.
    Data,
    /// Files, without knowing who writes.
    Shared,
    /// Control: one makes, scales or precedes the other.
    Control,
}

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: NodeIndex,
    /// Where it points.
    pub to: NodeIndex,
    /// A port, a path, a share; may be empty.
    pub label: String,
    /// What goes along it.
    pub flow: Flow,
}

impl Diagram {
    /// A picture of nothing yet.
    #[must_use]
    pub fn titled(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Whether it has more parts than a limit. Past [`limits::PARTS_OF_TEXT`] its arrows are not complete.
    #[must_use]
    pub fn exceeds(&self, limit: Limit) -> bool {
        self.nodes.len() + self.edges.len() > limit.count()
    }

    /// Adds a box.
    pub(super) fn add(&mut self, look: Look, name: impl Into<String>) -> NodeIndex {
        self.nodes.push(Node { parent: None, look, name: name.into(), lines: Vec::new(), count: None });
        self.nodes.len() - 1
    }

    /// Adds a box inside another.
    pub(super) fn add_inside(&mut self, parent: NodeIndex, look: Look, name: impl Into<String>) -> NodeIndex {
        let node = self.add(look, name);
        self.nodes[node].parent = Some(parent);
        node
    }

    /// Draws an arrow. A second one with the same ends and the same flow adds its label to the first.
    pub(super) fn link(&mut self, from: NodeIndex, to: NodeIndex, flow: Flow, label: impl Into<String>) {
        let label = label.into();
        if from == to || self.exceeds(limits::PARTS_OF_TEXT) {
            return;
        }
        let number = *self.numbers.entry((from, to, flow)).or_insert(self.edges.len());
        let Some(there) = self.edges.get_mut(number) else {
            self.edges.push(Edge { from, to, label, flow });
            return;
        };
        if there.label.is_empty() {
            there.label = label;
        } else if !label.is_empty() && !there.label.split(", ").any(|part| part == label) {
            there.label = format!("{}, {label}", there.label);
        }
    }

    /// The outermost box around a node, which may be itself.
    #[must_use]
    pub fn top(&self, node: NodeIndex) -> NodeIndex {
        self.nodes[node].parent.unwrap_or(node)
    }

    /// The boxes directly inside of each box.
    #[must_use]
    pub fn insides(&self) -> Vec<Vec<NodeIndex>> {
        let mut insides = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                insides[parent].push(index);
            }
        }
        insides
    }
}

impl Look {
    /// One of the containers of a Pod.
    #[must_use]
    pub fn is_container(self) -> bool {
        !matches!(self, Self::Outside | Self::Route | Self::Service | Self::Workload | Self::Storage | Self::Object)
    }

    /// A word for a class name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Route => "route",
            Self::Service => "service",
            Self::Workload => "workload",
            Self::App => "app",
            Self::Sidecar => "sidecar",
            Self::Ambassador => "ambassador",
            Self::Adapter => "adapter",
            Self::Coordinator => "coordinator",
            Self::Init => "init",
            Self::Container => "container",
            Self::Storage => "storage",
            Self::Object => "object",
        }
    }

    /// All of them, for tables of colours.
    pub const ALL: [Self; 13] = [
        Self::Outside,
        Self::Route,
        Self::Service,
        Self::Workload,
        Self::App,
        Self::Sidecar,
        Self::Ambassador,
        Self::Adapter,
        Self::Coordinator,
        Self::Init,
        Self::Container,
        Self::Storage,
        Self::Object,
    ];
}
