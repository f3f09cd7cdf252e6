//! A document of a description as it is read, and what the caller asks of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::app::App;
use super::params::Setting;
use super::spanned::{Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::kube::versions::Target;

/// What the caller asks of a description.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The environment to apply.
    pub environment: Option<String>,
    /// Where it is asked for, if that is not the command line.
    pub environment_place: Option<Place>,
    /// Parameters, later ones win.
    pub settings: Vec<Setting>,
    /// Overrides every document's namespace.
    pub namespace: Option<String>,
    /// Overrides every document's target.
    pub target: Option<Target>,
    /// The target of documents that name none.
    pub default_target: Option<Target>,
    /// Whether a parameter without a value is not a mistake: it gets one when objects are made.
    pub values_come_later: bool,
    /// The Secrets that documents pull images with if they say nothing.
    pub default_pull: Vec<String>,
}

/// One document of a description, ready to be expanded.
#[derive(Debug)]
pub struct Description {
    /// The base of all object names.
    pub name: String,
    /// Whether some of it depends on parameters that have no value yet.
    pub lacks_values: bool,
    /// Entries of `shape` and `use` in environments that are not asked for: whether each is a shape, and the entry before
    /// parameters are put in.
    pub elsewhere: Vec<(bool, Entry)>,
    /// Where the name is.
    pub name_place: Place,
    /// `metadata.namespace` of everything, if any.
    pub namespace: Option<String>,
    /// The user's own container.
    pub app: Option<App>,
    /// The topology.
    pub shape: Entry,
    /// The patterns in its Pod, in order.
    pub uses: Vec<Entry>,
    /// How the outside reaches it.
    pub expose: Option<Expose>,
    /// The `PriorityClass`, and its value if it is to be made.
    pub priority: Option<(String, Option<i64>)>,
    /// When a batch shape runs, as cron writes it.
    pub schedule: Option<Spanned>,
    /// Containers that run to their end before the app starts.
    pub inits: Vec<Init>,
    /// `app.kubernetes.io/part-of`.
    pub system: Option<String>,
    /// Labels of all objects and Pods.
    pub labels: Vec<Member>,
    /// Annotations by what they are on.
    pub annotations: Vec<Member>,
    /// Where Pods may run.
    pub place: Option<Spanned>,
    /// What the app's Pods share with their node.
    pub host: Option<Member>,
    /// Whether the containers of a Pod see each other's processes.
    pub share_processes: Option<Member>,
    /// Where Pods ask for names.
    pub dns: Option<Member>,
    /// What programs in the Pods see as the name of their host.
    pub hostname: Option<Member>,
    /// The headless Service that gives Pods addresses of their own.
    pub subdomain: Option<Member>,
    /// How many Pods may be missing while nodes are drained.
    pub budget: Option<Member>,
    /// Further Services that lead to the same Pods.
    pub services: Option<Member>,
    /// `ConfigMap`s of the document's own, by name.
    pub configmaps: Vec<Member>,
    /// How a new version takes the place of the old one.
    pub rollout: Option<Spanned>,
    /// Secrets to pull images with.
    pub pull: Vec<String>,
    /// Other images for roles, with their places.
    pub images: Vec<Member>,
    /// Changes to generated objects.
    pub patches: Vec<Spanned>,
    /// Objects added as they are.
    pub extra: Vec<Spanned>,
    /// Rules that this document may break.
    pub ignores: Vec<Ignore>,
    /// Who may talk to whom, if that is limited.
    pub isolate: Option<Spanned>,
    /// Names and selectors of objects that exist already, which the generated ones keep.
    pub adopt: Option<Spanned>,
    /// Whether Istio is to inject its proxy.
    pub meshed: bool,
    /// Where `mesh` asks for a Gateway of the document's own.
    pub own_gateway: Option<Place>,
    /// The oldest Kubernetes that must accept the objects.
    pub target: Target,
    /// Path and document, for the annotation on every object.
    pub origin: String,
    /// The folder that relative paths start from; none for standard input.
    pub folder: Option<PathBuf>,
    /// Documents of the file that its environment leaves out.
    pub left_out: Arc<LeftOut>,
}

/// Documents of a file that an environment leaves out.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// The environment.
    pub environment: String,
    /// The documents' names, and where these are.
    pub documents: Vec<(String, Place)>,
}

impl LeftOut {
    /// What is wrong with leading to this document, if it is one of them.
    #[must_use]
    pub fn refuse(&self, name: &str, place: &Place) -> Option<Finding> {
        let (_, there) = self.documents.iter().find(|(document, _)| document == name)?;
        let environment = &self.environment;
        Some(
            Finding::error(place.label(""), format!("`{name}` is left out in {environment}, so nothing leads to it"))
                .label(there.label(format!("`environments` has {environment}: false")))
                .help(format!("write under `environments`, for {environment}, where this leads there")),
        )
    }
}

impl Description {
    /// Whether the app's Pods share this with their node: `network`, `pid` or `ipc`.
    #[must_use]
    pub fn shares(&self, what: &str) -> bool {
        self.host.as_ref().is_some_and(|host| host.value.items().iter().any(|item| item.text() == Some(what)))
    }

    /// What `adopt.names` calls the document's object of a kind; its name, if it says nothing.
    #[must_use]
    pub fn name_of(&self, kind: &str) -> &str {
        let names = self.adopt.as_ref().and_then(|adopt| adopt.get("names"));
        names.and_then(|names| names.get(kind)?.text()).unwrap_or(&self.name)
    }
}

/// A pattern that a document asks for.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The pattern's name.
    pub pattern: String,
    /// The name that the entry goes by.
    pub name: String,
    /// Where the pattern is named.
    pub place: Place,
    /// The parameters as written: a scalar, a map or nothing.
    pub params: Spanned,
}

/// A container that runs to its end before the app starts.
#[derive(Clone, Debug)]
pub struct Init {
    /// Its name.
    pub name: String,
    /// The container, with what it takes from the app.
    pub app: App,
    /// Where it is named.
    pub place: Place,
    /// The entry of `use` whose containers it runs before.
    pub before: Option<Spanned>,
}

/// A lint rule that a document may break.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The rule.
    pub rule: String,
    /// The reason.
    pub why: String,
    /// Where the rule is named.
    pub place: Place,
}

/// `expose`.
#[derive(Clone, Debug)]
pub struct Expose {
    /// Host names.
    pub hosts: Vec<String>,
    /// Gateway, if the route is to be an `HTTPRoute`: a name, or namespace/name.
    pub gateway: Option<String>,
    /// The Service's type, if it is open to the outside itself.
    pub service_type: Option<String>,
    /// The Secret with the certificate of an Ingress.
    pub tls: Option<String>,
    /// Where it is.
    pub place: Place,
    value: Spanned,
}

impl Expose {
    pub(super) fn read(member: &Member) -> Self {
        let text = |key| member.value.get(key).and_then(Spanned::text).map(str::to_owned);
        let hosts = member.value.get("hosts").map(Spanned::items).unwrap_or_default();
        let hosts = hosts.iter().filter_map(Spanned::text).map(str::to_owned);
        Self {
            hosts: text("host").into_iter().chain(hosts).collect(),
            gateway: text("gateway"),
            service_type: text("type"),
            tls: text("tls"),
            place: member.key_place.clone(),
            value: member.value.clone(),
        }
    }

    /// A key as it is written.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.value.member(key)
    }

    /// Whether it speaks TLS to the outside: with a certificate that is named, or the controller's own.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.member("tls").is_some_and(|tls| tls.value.to_json() != false)
    }

    /// Whether traffic comes in through an Ingress or `HTTPRoute`, which speak HTTP.
    #[must_use]
    pub fn is_routed(&self) -> bool {
        self.service_type.is_none()
    }
}
