//! One Kubernetes object of a file: its identity, its tree and its typed form.

use std::sync::{Arc, OnceLock};

use crate::kube::types::ObjectMeta;
use crate::kube::types::{Container, Labels, PodSpec, PodTemplateSpec};

use super::changes::{Changes, Field, field};
use super::decode::{Decoded, Problem, Versioned};
use super::definition_fields;
use super::path::Path;
use super::templates::{self, Life, Template};
use super::typed::{Typed, decode_kind};
use crate::diagnostic::{Label, ObjectRef};
use crate::text::Text;
use crate::words;
use crate::yaml::{Document, NodeId, Seldom};

/// One Kubernetes object.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself, and any may hold with any other")]
pub struct Object {
    /// The document that holds it.
    pub document: Arc<Document>,
    /// Its outermost map: the document's root, or an item of a `List`.
    pub node: NodeId,
    /// Kind, name and namespace as written.
    pub id: ObjectRef,
    /// The typed form; none for kinds outside the table, or where decoding had nothing to go on with.
    pub typed: Option<Typed>,
    /// What a strict decode refuses.
    pub problems: Seldom<Problem>,
    /// Its fields that not every supported version reads.
    pub versioned: Seldom<Versioned>,
    /// Whether it is a part of an object, to be merged by kustomize: what is absent says nothing.
    pub is_patch: bool,
    /// What kustomize changes in it before it is applied.
    pub changes: Changes,
    /// Whether an operator makes its Pods that is known by the schema of its kind alone, or for changing them first.
    pub is_operated: bool,
    /// The folder of its file, without links and dots; none where the file is not on disk.
    pub(in crate::kube) folder: Option<Text>,
    /// The kustomizations that bring it together with others, by their numbers in the run.
    pub(in crate::kube) kustomizations: Arc<[u32]>,
    /// Whether objects are applied with it that are not seen: what is missing among those of the run may be there.
    pub(crate) is_among_unseen: bool,
    /// Whether SOPS or kubesec has encrypted it: it is decrypted, and what they added taken out, before it is applied.
    pub is_encrypted: bool,
    /// Whether a server of the default version takes it, once that has been judged: what asks again need not look.
    pub(crate) is_accepted: OnceLock<bool>,
    /// Where the Pod template is of a kind that is decoded as a whole, and the Pod's spec in it: most rules ask for them.
    pod_nodes: Option<(NodeId, NodeId)>,
    /// Pod templates of kinds that are not decoded as a whole.
    pub(super) templates: Seldom<Template>,
}

/// The Pod of a workload: a Pod itself, or a controller's template.
#[derive(Clone, Copy, Debug)]
pub struct PodView<'object> {
    /// The workload.
    pub object: &'object Object,
    /// The Pod's metadata; a bare template may have none.
    pub metadata: Option<&'object ObjectMeta>,
    /// The Pod's spec.
    pub spec: &'object PodSpec,
    /// The node of the spec.
    pub node: NodeId,
    /// The node of what holds metadata and spec: the template, or a Pod itself.
    pub template: NodeId,
    /// What becomes of the Pods.
    pub life: Life,
    /// What its kind calls this template among several: `worker` of a JobSet's jobs.
    pub part: Option<&'object str>,
    /// The containers' maps, where they are not in a list called `containers`.
    containers: Option<&'object [NodeId]>,
}

/// Which list of the Pod spec a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerList {
    /// `initContainers`
    Init,
    /// `containers`
    Main,
}

/// A container of a Pod.
#[derive(Clone, Copy, Debug)]
pub struct ContainerView<'object> {
    /// Its Pod.
    pub pod: PodView<'object>,
    /// Its typed form.
    pub container: &'object Container,
    /// Its map in the tree.
    pub node: NodeId,
    /// Its list.
    pub list: ContainerList,
}

impl Object {
    /// Reads identity and typed form of the map at `node`.
    #[must_use]
    pub fn new(document: &Arc<Document>, node: NodeId, is_patch: bool) -> Self {
        let text = |field: &str| document.get_str(node, field).unwrap_or_default();
        Self::of_kind(document, node, text("apiVersion"), text("kind"), is_patch)
    }

    /// Reads the map at `node` as an object of a kind that it need not state itself, as items of a typed
    /// list do not.
    #[must_use]
    pub fn of_kind(document: &Arc<Document>, node: NodeId, api_version: &str, kind: &str, is_patch: bool) -> Self {
        let metadata =
            |field: &str| document.at(node, &["metadata", field]).and_then(|node| document.str(node)).map(Text::from);
        let id = ObjectRef {
            api_version: api_version.into(),
            kind: kind.into(),
            name: metadata("name").unwrap_or_default(),
            namespace: metadata("namespace").filter(|namespace| !namespace.is_empty()),
        };
        let decoded = decode_kind(api_version, kind, document, node);
        let templates = if decoded.is_none() { templates::read(document, node, api_version, kind) } else { Vec::new() };
        let (typed, Decoded { mut problems, versioned, .. }) = decoded.unwrap_or_default();
        if (api_version, kind) == ("apiextensions.k8s.io/v1", "CustomResourceDefinition") {
            problems = definition_fields::problems(document, node);
        }
        let is_encrypted = document.at(node, &["sops", "mac"]).is_some();
        if is_encrypted {
            problems.clear();
        }
        let template = typed.as_ref().and_then(pod_path).and_then(|path| document.at(node, path));
        let pod_nodes = template.and_then(|template| Some((template, document.get(template, "spec")?)));
        let document = Arc::clone(document);
        let kustomizations = Arc::default();
        Self {
            document,
            node,
            id,
            typed,
            problems: problems.into(),
            versioned: versioned.into(),
            is_patch,
            changes: Changes::default(),
            is_operated: !templates.is_empty() && templates::is_operated(api_version),
            folder: None,
            kustomizations,
            is_among_unseen: false,
            is_encrypted,
            is_accepted: OnceLock::new(),
            pod_nodes,
            templates: templates.into(),
        }
    }

    /// The Pods that this object is or makes, one for each of its templates.
    pub fn pods(&self) -> impl Iterator<Item = PodView<'_>> {
        self.typed_pod().into_iter().chain(self.templates.iter().map(|template| PodView::of(self, template)))
    }

    /// The Pod of an object that has one template; nothing for one with several.
    #[must_use]
    pub fn pod(&self) -> Option<PodView<'_>> {
        let mut pods = self.pods();
        pods.next().filter(|_| pods.next().is_none())
    }

    fn typed_pod(&self) -> Option<PodView<'_>> {
        use Life::{Batch, LongRunning, Scheduled};
        let (template, node) = self.pod_nodes?;
        let typed = self.typed.as_ref()?;
        if let Typed::Pod(pod) = typed {
            let (metadata, spec, life) = (Some(&pod.metadata), pod.spec.as_ref()?, Life::Unknown);
            return Some(PodView { object: self, metadata, spec, node, template, life, part: None, containers: None });
        }
        let (of, life): (Option<&PodTemplateSpec>, Life) = match typed {
            Typed::Deployment(object) => (Some(&object.spec.template), LongRunning),
            Typed::StatefulSet(object) => (Some(&object.spec.template), LongRunning),
            Typed::DaemonSet(object) => (Some(&object.spec.template), LongRunning),
            Typed::ReplicaSet(object) => (object.spec.template.as_ref(), LongRunning),
            Typed::ReplicationController(object) => {
                (object.spec.as_ref().and_then(|spec| spec.template.as_ref()), LongRunning)
            }
            Typed::Job(object) => (object.spec.as_ref().map(|spec| &spec.template), Batch),
            Typed::CronJob(object) => (object.spec.job_template.spec.as_ref().map(|spec| &spec.template), Scheduled),
            Typed::PodTemplate(object) => (object.template.as_ref(), Life::Unknown),
            _ => return None,
        };
        let of = of?;
        let (metadata, spec) = (of.metadata.as_ref(), of.spec.as_ref()?);
        Some(PodView { object: self, metadata, spec, node, template, life, part: None, containers: None })
    }

    /// The same object as one of those that are applied together, whatever their files are called: what one run of
    /// `gen` makes.
    #[must_use]
    pub fn in_one_unit(self) -> Self {
        Self { kustomizations: Arc::from([0]), ..self }
    }

    /// Whether a value is yet to be filled in: a placeholder, a text of a file that calls itself a template, the
    /// name of a value in capitals (`namespace: NAMESPACE`), or a word in capitals that a kustomization changes.
    #[must_use]
    pub fn is_hole(&self, node: NodeId) -> bool {
        let is_shouted = |text: &str| {
            text.contains('_')
                && text.bytes().all(|letter| letter.is_ascii_uppercase() || b"_0123456789".contains(&letter))
        };
        let is_template = || !self.id.kind.ends_with("Template") && words::names_a_template(&self.document.source.name);
        let Some(text) = self.document.str(node) else { return words::is_hole_in_braces(self.document.raw(node)) };
        words::is_placeholder(text)
            || self.changes.are_made() && is_shouted(text)
            || is_template()
            || words::is_name_of_a_value(text)
    }

    /// Whether it is what the API server and its controllers work with: no part that is yet to be merged, and nothing
    /// that an unknown operator makes something of.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.is_patch && !self.is_operated
    }

    /// Whether these fields reach the API server as they are written: `spec.ports`. Where not, what is absent in them may
    /// be given, and what is wrong mended.
    #[must_use]
    pub fn keeps(&self, fields: &[&str]) -> bool {
        let is_changed = |field: &&str| self.changes.reach(&field.split('.').collect::<Vec<_>>());
        self.is_whole() && (self.changes.is_empty() || !fields.iter().any(is_changed))
    }

    /// The same for the field that a node is, or is in.
    #[must_use]
    pub fn keeps_node(&self, node: NodeId) -> bool {
        let is_changed = || {
            let path = Path::between(&self.document, self.node, node);
            self.changes.reach(&path.fields())
        };
        self.is_whole() && (self.changes.is_empty() || !is_changed())
    }

    /// What a strict decode refuses, and nothing changes first. What becomes another kind is none of this kind.
    pub fn lasting_problems(&self) -> impl Iterator<Item = &Problem> {
        let is_other_kind = self.changes.reach(&["kind"]);
        let is_changed = |node: NodeId| {
            !self.changes.is_empty() && {
                let path = Path::between(&self.document, self.node, node);
                self.changes.reach(&path.fields())
            }
        };
        self.problems.iter().filter(move |problem| !is_other_kind && !is_changed(problem.node))
    }

    /// Whether what it selects, and what it is selected by, reaches the API server as it is written, or with labels that
    /// are given to all alike: labels, selectors, ports, and the namespace that is named.
    #[must_use]
    pub fn keeps_selection(&self) -> bool {
        const OWN: [&str; 7] = [
            "spec.namespaceSelector",
            "spec.ports",
            "spec.ingress",
            "spec.egress",
            "spec.rules",
            "spec.endpoints",
            "spec.podMetricsEndpoints",
        ];
        if self.changes.is_empty() {
            return self.is_whole();
        }
        let is_in_place = self.id.namespace.is_none() || self.keeps(&["metadata.namespace"]);
        let has_ports = || self.pods().all(|pod| pod.keeps(&["spec.containers.ports"]));
        is_in_place && self.keeps(&OWN) && has_ports() && self.keeps_matching()
    }

    /// The same, without any labels that are given: those of two kustomizations may keep apart what selects alike as it is
    /// written.
    #[must_use]
    pub fn keeps_selection_as_written(&self) -> bool {
        self.keeps_selection()
            && self.keeps(&["spec.selector", "spec.podSelector"])
            && self.pods().all(|pod| pod.keeps(&["metadata.labels"]))
    }

    /// Whether its selectors match the same as before: what is added to one is added to all labels as well, as kustomize's
    /// `commonLabels` are, and is nowhere in it yet.
    fn keeps_matching(&self) -> bool {
        let lacks = |path: &[&str], key: &str| {
            let map = self.document.at(self.node, path);
            map.is_none_or(|map| self.document.get(map, key).is_none())
        };
        let labels = self.changes.added_to(&["metadata", "labels"]);
        let mut selected = Vec::new();
        for path in [["spec", "selector"], ["spec", "podSelector"]] {
            let Some(keys) = self.changes.added_to(&path) else { return false };
            let in_map = [path[0], path[1], "matchLabels"];
            let is_alike = |key: &&str| {
                labels.as_ref().is_some_and(|labels| labels.contains(key)) && lacks(&path, key) && lacks(&in_map, key)
            };
            if !keys.iter().all(is_alike) {
                return false;
            }
            selected.extend(keys);
        }
        self.pods().all(|pod| {
            let path = pod.field_path(&["metadata", "labels"]);
            let path: Vec<&str> = path.iter().map(|key| &**key).collect();
            let added = self.changes.added_to(&path);
            added.is_some_and(|keys| keys.iter().all(|key| selected.contains(key) && lacks(&path, key)))
        })
    }

    /// Labels a node of this object.
    #[must_use]
    pub fn label(&self, node: NodeId, text: impl Into<String>) -> Label {
        Label::node(&self.document, node, text)
    }
}

/// The way to the Pod template of a kind that is decoded as a whole; a Pod is its own.
fn pod_path(typed: &Typed) -> Option<&'static [&'static str]> {
    Some(match typed {
        Typed::Pod(_) => &[],
        Typed::Deployment(_)
        | Typed::StatefulSet(_)
        | Typed::DaemonSet(_)
        | Typed::ReplicaSet(_)
        | Typed::ReplicationController(_)
        | Typed::Job(_) => &["spec", "template"],
        Typed::CronJob(_) => &["spec", "jobTemplate", "spec", "template"],
        Typed::PodTemplate(_) => &["template"],
        _ => return None,
    })
}

impl<'object> PodView<'object> {
    fn of(object: &'object Object, template: &'object Template) -> Self {
        Self {
            object,
            metadata: template.metadata.as_ref(),
            spec: &template.spec,
            node: template.spec_node,
            template: template.node,
            life: template.life,
            part: template.part.as_deref(),
            containers: template.containers.as_deref(),
        }
    }

    /// Whether these fields of the Pod's template reach the API server as they are written:
    /// `spec.containers.ports`, of init containers as well.
    #[must_use]
    pub fn keeps(self, fields: &[&str]) -> bool {
        self.object.is_whole() && !self.is_changed(fields)
    }

    /// Whether kustomize changes one of these fields.
    #[must_use]
    pub fn is_changed(self, fields: &[&str]) -> bool {
        if self.object.changes.is_empty() {
            return false;
        }
        let above = self.above();
        // the containers of such templates are in fields of other names
        let fields = if self.containers.is_some() { &[""] } else { fields };
        fields.iter().any(|field| {
            let keys = field.split('.').filter(|key| !key.is_empty());
            self.object.changes.reach(&above.fields().into_iter().chain(keys).collect::<Vec<_>>())
        })
    }

    /// The keys that are yet to be given or changed in `labels` or `annotations` of these Pods; nothing if any may be.
    #[must_use]
    pub fn changed_keys(self, map: &str) -> Option<Vec<&'object str>> {
        if self.object.changes.is_empty() {
            return Some(Vec::new());
        }
        let above = self.above();
        let mut map_above = above.fields();
        map_above.extend(["metadata", map]);
        self.object.changes.keys_of(&map_above)
    }

    /// A field of the template, from the object down.
    pub(in crate::kube) fn field_path(self, keys: &[&str]) -> Field {
        field(self.above().fields().into_iter().chain(keys.iter().copied()))
    }

    /// The way from the object to the template.
    fn above(self) -> Path {
        Path::between(&self.object.document, self.object.node, self.template)
    }

    /// What is complete when these Pods are done: a Job, or a kind that manages its Pods itself.
    #[must_use]
    pub fn batch_kind(self) -> &'object str {
        let id = &self.object.id;
        let makes_jobs = !id.api_version.starts_with("kubeflow.org/") && id.kind != "BroadcastJob";
        if makes_jobs { "Job" } else { &id.kind }
    }

    /// The labels of the Pods.
    #[must_use]
    pub fn labels(self) -> Option<&'object Labels> {
        self.metadata?.labels.as_ref()
    }

    /// The node of the Pods' labels.
    #[must_use]
    pub fn labels_node(self) -> Option<NodeId> {
        self.object.document.at(self.template, &["metadata", "labels"])
    }

    /// All containers that run for the Pod's life or before it: init containers first, as they start.
    pub fn containers(self) -> impl Iterator<Item = ContainerView<'object>> {
        let init = self.spec.init_containers.as_deref().unwrap_or_default();
        self.list("initContainers", ContainerList::Init, init).chain(self.list(
            "containers",
            ContainerList::Main,
            &self.spec.containers,
        ))
    }

    fn list(
        self,
        field: &str,
        list: ContainerList,
        containers: &'object [Container],
    ) -> impl Iterator<Item = ContainerView<'object>> {
        let document = &self.object.document;
        let node = if containers.is_empty() { None } else { document.get(self.node, field) };
        let listed = || node.map_or(&[][..], |node| document.items(node));
        let nodes = self.containers.filter(|_| list == ContainerList::Main).unwrap_or_else(listed);
        containers.iter().zip(nodes).map(move |(container, node)| ContainerView {
            pod: self,
            container,
            node: *node,
            list,
        })
    }

    /// The `ServiceAccount` that the Pods name. `serviceAccount` is the former name of the field, and counts where the
    /// other one is empty (`Convert_v1_PodSpec_To_core_PodSpec` in kubernetes/kubernetes: pkg/apis/core/v1/conversion.go).
    #[must_use]
    pub fn account(self) -> Option<&'object str> {
        let fields = [&self.spec.service_account_name, &self.spec.service_account];
        fields.into_iter().flatten().map(Text::as_str).find(|name| !name.is_empty())
    }

    /// The node that names it.
    #[must_use]
    pub fn account_node(self) -> Option<NodeId> {
        let name = self.account()?;
        let fields = ["serviceAccountName", "serviceAccount"].into_iter().filter_map(|field| self.field(field));
        fields.into_iter().find(|node| self.object.document.str(*node) == Some(name))
    }

    /// The node under a field of the Pod spec.
    #[must_use]
    pub fn field(self, name: &str) -> Option<NodeId> {
        self.object.document.get(self.node, name)
    }
}

impl ContainerView<'_> {
    /// A native sidecar: an init container that restarts, and so runs beside the app
    /// (kubernetes/website: concepts/workloads/pods/sidecar-containers).
    #[must_use]
    pub fn is_native_sidecar(&self) -> bool {
        self.list == ContainerList::Init && self.container.restart_policy.as_deref() == Some("Always")
    }

    /// Runs at the same time as the app: any container but an ordinary init container.
    #[must_use]
    pub fn runs_beside_app(&self) -> bool {
        self.list == ContainerList::Main || self.is_native_sidecar()
    }

    /// The node at a path of fields.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<NodeId> {
        self.pod.object.document.at(self.node, path)
    }

    /// The node of the container's name, or of the whole container where it has none.
    #[must_use]
    pub fn name_node(&self) -> NodeId {
        self.at(&["name"]).unwrap_or(self.node)
    }
}
