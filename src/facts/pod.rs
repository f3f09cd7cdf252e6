//! The facts of a Pod.

use std::sync::OnceLock;

use super::config::Volumes;
use super::container::ContainerFacts;
use super::ports::Ports;
use super::programs::Programs;
use super::proof::Certainty;
use super::{Preparation, Role, own_role, relate};
use crate::kube::{ContainerList, ContainerView, FastMap, Index, PodView};
use crate::yaml::{NodeId, work};

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
    /// Whether something that is not in the manifest may join the Pod.
    is_open: bool,
    /// Who serves which port.
    ports: OnceLock<Ports>,
    /// Those that run beside the app and may listen where nothing shows it.
    unsettled: OnceLock<Unsettled>,
    /// The places of the containers by their nodes.
    places: OnceLock<FastMap<NodeId, usize>>,
}

/// What keeps it open whether something listens at a port that nothing shows: containers by their places.
#[derive(Debug, Default)]
struct Unsettled {
    /// Those that may listen anywhere.
    open: Vec<usize>,
    /// Those of which some ports are known.
    guarded: Vec<usize>,
    /// Servers and proxies that are there to be asked, and listen nowhere else.
    asked: Vec<usize>,
    /// Whether an init container leads connections elsewhere.
    redirects: bool,
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not, and how sure that is.
    No(Certainty),
    /// It is not known.
    Unknown,
}

impl<'run> PodFacts<'run> {
    /// Reads a Pod.
    #[must_use]
    pub fn of(pod: PodView<'run>, index: &'run Index<'run>, programs: &'run Programs) -> Self {
        let volumes = Volumes::of(pod);
        let read = |container| {
            let mut facts = ContainerFacts::of(container, &volumes, index, programs);
            own_role::recognise(&mut facts, programs);
            facts
        };
        let members = pod.containers().map(read).collect();
        let (ports, unsettled, places) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let mut facts = Self { pod, index, programs, members, is_open: is_open(pod), ports, unsettled, places };
        relate::relate(pod, &mut facts.members);
        facts.doubt_defaults();
        facts
    }

    /// Whether Prometheus asks the Pod for its own metrics, by the annotations that its examples and charts look for.
    fn is_scraped(&self) -> bool {
        let annotations = self.pod.metadata.and_then(|metadata| metadata.annotations.as_ref());
        let get = |name: &str| annotations.and_then(|all| all.get(name)).map(AsRef::as_ref);
        // a request for another target has another path, and names the target
        let is_own = |path: &str| path.trim_end_matches('/') == "/metrics";
        get("prometheus.io/scrape") == Some("true")
            && get("prometheus.io/path").is_none_or(is_own)
            && get("prometheus.io/param_target").is_none()
            && !self.pod.is_changed(&["metadata.annotations"])
    }

    /// What requests may name (`/probe?target=`) is there by default only where a container of the Pod speaks as it does,
    /// and likely where Prometheus asks without a name.
    fn doubt_defaults(&mut self) {
        let is_asked = |member: &ContainerFacts<'_>| member.dials.iter().any(|dial| dial.is_asked);
        if !self.members.iter().any(is_asked) {
            return;
        }
        let is_scraped = self.is_scraped();
        let listens = self.running().flat_map(|member| &member.listens);
        let spoken: Vec<String> = listens.filter_map(|listen| listen.speaks.clone()).collect();
        for dial in self.members.iter_mut().flat_map(|member| &mut member.dials).filter(|dial| dial.is_asked) {
            let is_spoken = dial.speaks.as_ref().is_some_and(|kind| spoken.contains(kind));
            dial.is_asked = !(is_spoken || is_scraped && dial.certainty == Certainty::Default);
            if !is_spoken {
                dial.certainty = dial.certainty.min(Certainty::Likely);
            }
        }
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
    pub fn member(&self, node: NodeId) -> Option<&ContainerFacts<'run>> {
        let places = || self.members.iter().enumerate().map(|(at, member)| (member.container.node, at)).collect();
        self.members.get(*self.places.get_or_init(places).get(&node)?)
    }

    /// The containers that run beside the app, the app included.
    pub fn running(&self) -> impl Iterator<Item = &ContainerFacts<'run>> {
        self.members.iter().inspect(|_| work::count(1)).filter(|member| member.container.runs_beside_app())
    }

    /// The entries of `containers`.
    pub fn main(&self) -> impl Iterator<Item = &ContainerFacts<'run>> {
        self.members.iter().filter(|member| member.container.list == ContainerList::Main)
    }

    /// All but this one of those that run beside the app.
    pub fn others<'a>(&'a self, member: &'a ContainerFacts<'run>) -> impl Iterator<Item = &'a ContainerFacts<'run>> {
        self.running().filter(move |other| other.container.node != member.container.node)
    }

    /// The containers that run beside the app and declare a port or, as far as it is known, listen there.
    pub fn serving(&self, port: u16) -> impl Iterator<Item = &ContainerFacts<'run>> {
        self.places_serving(port).map(|(_, member)| member)
    }

    /// The same, each with its place among the [members](Self::members).
    pub fn places_serving(&self, port: u16) -> impl Iterator<Item = (usize, &ContainerFacts<'run>)> {
        self.ports.get_or_init(|| Ports::of(&self.members)).serving(&self.members, port)
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> Option<&ContainerFacts<'run>> {
        self.members.iter().find(|member| member.role == Role::App)
    }

    /// Whether something that is not in the manifest may join the Pod, or its network is the node's.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether some container that runs beside the app accepts connections on loopback at a port, as one of them
    /// would find.
    #[must_use]
    pub fn serves(&self, port: u16, dialler: &ContainerFacts<'run>, speaks: Option<&str>) -> Answer {
        // A mesh's proxy is injected by what the manifest need not say (Istio's ports: 15000 to 15090).
        if self.is_open() || (15000..16000).contains(&port) {
            return Answer::Unknown;
        }
        if self.serving(port).next().is_some() {
            return Answer::Yes;
        }
        let Unsettled { open, guarded, asked, redirects } = self.unsettled.get_or_init(|| self.unsettled());
        // what it has started itself may serve, and a redirected port leads elsewhere
        let is_of_a_manager = || port == METRICS && self.others(dialler).any(is_manager);
        // what is bound to loopback for such a proxy alone is not declared
        let is_guard = || dialler.program.is_some_and(|program| program.program == "kube-rbac-proxy");
        let is_guarded = || is_guard() && self.others(dialler).any(keeps_metrics_to_itself);
        if dialler.leaves_behind().is_some() || *redirects || is_of_a_manager() || is_guarded() {
            return Answer::Unknown;
        }
        // Beside a server or proxy that is there to be asked, an app that asks one does not mean itself.
        let asks_a_server = speaks.is_some_and(|kind| !matches!(kind, "http" | "https" | "grpc" | "tcp"));
        // only the one that asks may be left out, so two of each kind tell as much as all
        let is_itself = |at: usize| self.members[at].container.node == dialler.container.node;
        let is_beside = || asked.iter().take(2).any(|at| !is_itself(*at));
        let means_another = || dialler.program.is_some() || asks_a_server && is_beside();
        let counts = |at: &&usize| !is_itself(**at) || !means_another();
        if open.iter().take(2).any(|at| counts(&at)) {
            Answer::Unknown
        } else if guarded.iter().take(2).any(|at| counts(&at)) {
            Answer::No(Certainty::Likely)
        } else {
            Answer::No(Certainty::Said)
        }
    }

    fn unsettled(&self) -> Unsettled {
        let redirects = self.members.iter().any(|member| member.role == Role::Init(Preparation::Network));
        let mut found = Unsettled { redirects, ..Unsettled::default() };
        for (at, member) in self.members.iter().enumerate() {
            if !member.container.runs_beside_app() {
                continue;
            }
            if member.listens_nowhere_else {
                if matches!(member.role, Role::Ambassador(_) | Role::Server) {
                    found.asked.push(at);
                }
                continue;
            }
            // what it listens on may be in a file that is not in the run, whatever it declares
            let is_guessed = member.listens.iter().all(|listen| {
                // where a program that is not known answers probes says nothing of where it serves
                let is_of_probes = || ["health", "probe"].iter().any(|word| listen.proof.shows.contains(word));
                listen.certainty == Certainty::Unknown || member.program.is_none() && is_of_probes()
            });
            let is_open = member.declared().next().is_none() && is_guessed;
            if is_open || member.listens_at_more || member.has_other_configuration() {
                found.open.push(at);
            } else {
                found.guarded.push(at);
            }
        }
        found
    }
}

/// Where controller-runtime serves metrics unless it is told otherwise (`DefaultBindAddress` in
/// sigs.k8s.io/controller-runtime: pkg/metrics/server/server.go).
const METRICS: u16 = 8080;

/// Whether a container runs a manager of controller-runtime, by what kubebuilder calls its programs and their options, and
/// nothing says where it serves metrics.
fn is_manager(member: &ContainerFacts<'_>) -> bool {
    const OPTIONS: [&str; 3] = ["health-probe-bind-address", "leader-elect", "enable-leader-election"];
    let is_called_so = || member.line.only().is_some_and(|invocation| invocation.name == "manager");
    let is_option = |text: &str| {
        let option = text.strip_prefix("--").map(|option| option.split('=').next().unwrap_or_default());
        option.is_some_and(|option| OPTIONS.contains(&option))
    };
    keeps_metrics_to_itself(member) && (is_called_so() || member.words().any(|word| is_option(&word.text)))
}

/// Whether a program is not known, and nothing says where it serves metrics.
fn keeps_metrics_to_itself(member: &ContainerFacts<'_>) -> bool {
    let is_told = || member.words().any(|word| word.text.trim_start_matches('-').starts_with("metrics"));
    member.program.is_none() && !is_told()
}

/// Whether something that is not in the manifest may join a Pod, or its network is the node's. An operator that changes
/// Pods may add containers.
fn is_open(pod: PodView<'_>) -> bool {
    let metadata = pod.metadata;
    let injects = |key: &str| key.contains("inject") || key.ends_with("/enabled") || key.contains("sidecar");
    let of = |map: Option<&crate::kube::types::Labels>| {
        let is_on = |value: &str| !matches!(value, "false" | "disabled");
        map.is_some_and(|map| map.iter().any(|(key, value)| injects(key) && is_on(value)))
    };
    let may_be_injected = ["labels", "annotations"]
        .into_iter()
        .any(|map| pod.changed_keys(map).is_none_or(|keys| keys.into_iter().any(injects)));
    let is_injected =
        metadata.is_some_and(|metadata| of(metadata.annotations.as_ref()) || of(metadata.labels.as_ref()));
    is_injected || may_be_injected || pod.object.is_operated || pod.spec.host_network == Some(true)
}
