//! The facts of a Pod.

use super::container::ContainerFacts;
use super::programs::Programs;
use super::proof::Certainty;
use super::{Preparation, Role, relate, solo};
use crate::kube::{ContainerList, ContainerView, Index, PodView};

/// The fields that facts are read from.
const READ: [&str; 14] = [
    "spec.containers.name",
    "spec.containers.image.name",
    "spec.containers.command",
    "spec.containers.args",
    "spec.containers.workingDir",
    "spec.containers.env",
    "spec.containers.envFrom",
    "spec.containers.ports",
    "spec.containers.volumeMounts",
    "spec.containers.restartPolicy",
    "spec.volumes",
    "spec.hostNetwork",
    "spec.shareProcessNamespace",
    "spec.restartPolicy",
];

/// A Pod and what its containers do.
#[derive(Debug)]
pub struct PodFacts<'run> {
    /// The Pod.
    pub pod: PodView<'run>,
    /// The objects around it.
    pub index: &'run Index<'run>,
    /// The programs that are known.
    pub programs: &'run Programs,
    /// Its containers, init containers first.
    pub members: Vec<ContainerFacts<'run>>,
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not, and how sure that is.
    No(Certainty),
    /// Nobody knows.
    Unknown,
}

impl<'run> PodFacts<'run> {
    /// Reads a Pod.
    #[must_use]
    pub fn of(pod: PodView<'run>, index: &'run Index<'run>, programs: &'run Programs) -> Self {
        let read = |container| {
            let mut facts = ContainerFacts::of(container, index, programs);
            solo::recognise(&mut facts, programs);
            facts
        };
        let members = pod.containers().map(read).collect();
        let mut facts = Self { pod, index, programs, members };
        relate::relate(pod, &mut facts.members);
        facts
    }

    /// Whether nothing changes what these facts are read from before the Pod is made.
    #[must_use]
    pub fn are_final(&self) -> bool {
        let by_tag = |view: ContainerView<'_>| {
            view.container.image.as_deref().is_some_and(|image| self.programs.depend_on_tag(image))
        };
        let has_other_tag = || self.pod.is_changed(&["spec.containers.image.tag"]);
        !(self.pod.is_changed(&READ) || has_other_tag() && self.pod.containers().any(by_tag))
    }

    /// The container whose map is this node.
    #[must_use]
    pub fn member(&self, node: crate::yaml::NodeId) -> Option<&ContainerFacts<'run>> {
        self.members.iter().find(|member| member.container.node == node)
    }

    /// The containers that run beside the app, the app included.
    pub fn running(&self) -> impl Iterator<Item = &ContainerFacts<'run>> {
        self.members.iter().filter(|member| member.container.runs_beside_app())
    }

    /// The entries of `containers`.
    pub fn main(&self) -> impl Iterator<Item = &ContainerFacts<'run>> {
        self.members.iter().filter(|member| member.container.list == ContainerList::Main)
    }

    /// All but this one of those that run beside the app.
    pub fn others<'a>(&'a self, member: &'a ContainerFacts<'run>) -> impl Iterator<Item = &'a ContainerFacts<'run>> {
        self.running().filter(move |other| other.container.node != member.container.node)
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> Option<&ContainerFacts<'run>> {
        self.members.iter().find(|member| member.role == Role::App)
    }

    /// Whether something that is not in the manifest may join the Pod, or its network is the node's.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let metadata = self.pod.metadata;
        let injects = |key: &str| key.contains("inject") || key.ends_with("/enabled") || key.contains("sidecar");
        let of = |map: Option<&crate::kube::types::Map<String>>| {
            let is_on = |value: &str| !matches!(value, "false" | "disabled");
            map.is_some_and(|map| map.iter().any(|(key, value)| injects(key) && is_on(value)))
        };
        let may_be_injected = ["labels", "annotations"]
            .into_iter()
            .any(|map| self.pod.changed_keys(map).is_none_or(|keys| keys.into_iter().any(injects)));
        let is_injected =
            metadata.is_some_and(|metadata| of(metadata.annotations.as_ref()) || of(metadata.labels.as_ref()));
        is_injected || may_be_injected || self.pod.spec.host_network == Some(true)
    }

    /// Whether some container that runs beside the app accepts connections on loopback at a port, as one of them
    /// would find.
    #[must_use]
    pub fn serves(&self, port: u16, dialler: &ContainerFacts<'run>, speaks: Option<&str>) -> Answer {
        // A mesh's proxy is injected by what the manifest need not say (Istio's ports: 15000 to 15090).
        if self.is_open() || (15000..16000).contains(&port) {
            return Answer::Unknown;
        }
        if self.running().any(|member| member.may_serve(port)) {
            return Answer::Yes;
        }
        // what it has started itself may serve, and a redirected port leads elsewhere
        let redirects = self.members.iter().any(|member| member.role == Role::Init(Preparation::Network));
        if dialler.leaves_behind().is_some() || redirects {
            return Answer::Unknown;
        }
        let mut certainty = Certainty::Said;
        for member in self.running() {
            let is_itself = member.container.node == dialler.container.node;
            if member.listens_nowhere_else || is_itself && member.program.is_some() {
                continue;
            }
            // Beside a server or proxy that is there to be asked, an app that asks one does not mean itself.
            let asks_a_server = speaks.is_some_and(|kind| !matches!(kind, "http" | "https" | "grpc" | "tcp"));
            let is_meant = |other: &ContainerFacts<'_>| {
                matches!(other.role, Role::Ambassador(_) | Role::Server) && other.listens_nowhere_else
            };
            if is_itself && asks_a_server && self.others(member).any(is_meant) {
                continue;
            }
            // what it listens on may be in a file that is not in the run, whatever it declares
            let is_guessed = member.listens.iter().all(|listen| listen.certainty == Certainty::Unknown);
            let is_open = member.declared().next().is_none() && is_guessed;
            if is_open || member.listens_at_more || member.has_other_configuration() {
                return Answer::Unknown;
            }
            certainty = certainty.min(Certainty::Likely);
        }
        Answer::No(certainty)
    }
}
