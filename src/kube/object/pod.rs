//! The Pods that an object is or makes, and their containers.

use super::Object;
use crate::kube::templates::{Life, Template};
use crate::kube::typed::Typed;
use crate::kube::types::{Container, Labels, ObjectMeta, PodSpec, PodTemplateSpec};
use crate::text::Text;
use crate::yaml::NodeId;

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
    pub(super) containers: Option<&'object [NodeId]>,
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
        let (template, node) = self.pod_nodes;
        if node == self.node {
            return None;
        }
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
}

/// The way to the Pod template of a kind that is decoded as a whole; a Pod is its own.
pub(super) fn path(typed: &Typed) -> Option<&'static [&'static str]> {
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
