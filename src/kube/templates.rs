//! Where each kind keeps its Pod templates, and what becomes of the Pods that it makes from them.
//!
//! Built-in kinds of the served API versions are decoded as a whole (`typed`). Here are the others: removed API
//! versions, the common custom kinds, and kinds whose definition is in the run. Their templates are decoded
//! without complaint: whether the server takes them is for the rules of family `manifest`.

use crate::kube::types::ObjectMeta;
use crate::kube::types::{Container, PodSpec, PodTemplateSpec, Volume};

use super::types::{List, Read};
use crate::sort;
use crate::text::Text;
use crate::yaml::{Document, NodeId, Value};

/// What becomes of the Pods of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// They are kept running: a Deployment, a StatefulSet, a Rollout.
    LongRunning,
    /// They are done once all entries of `containers` have exited: a Job, the Jobs of a JobSet.
    Batch,
    /// The same, at given times: a CronJob.
    Scheduled,
    /// They are done once the main container has exited; the others are killed then: a step of Argo Workflows.
    Segment,
    /// Nothing says so: a bare Pod, a `PodTemplate`, a replica beside those that decide.
    Unknown,
}

impl Life {
    /// Whether a Pod is done only once every entry of `containers` has exited by itself, and something waits for that.
    #[must_use]
    pub fn waits_for_all(self) -> bool {
        matches!(self, Self::Batch | Self::Scheduled)
    }
}

/// A Pod template of a kind that is not decoded as a whole.
#[derive(Debug)]
pub(super) struct Template {
    /// The map that holds the Pod's metadata.
    pub node: NodeId,
    /// The map that holds the fields of the Pod's spec.
    pub spec_node: NodeId,
    pub metadata: Option<ObjectMeta>,
    pub spec: PodSpec,
    /// The containers' maps, where they are not in a list called `containers`.
    pub containers: Option<Vec<NodeId>>,
    pub life: Life,
    /// What the kind calls this template among several: `worker` of a JobSet's jobs.
    pub part: Option<String>,
}

/// How a template is written.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// `metadata` and `spec`, as in every workload.
    Template,
    /// The same, and a container may lack its name (`DefaultUserContainerName` in `knative.dev/serving`).
    Knative,
    /// The same, called after the object (`SetDefaults` of `ContainerSource` in `knative.dev/eventing`).
    Source,
    /// A template of Argo Workflows: see [`step`].
    Segment,
}

/// Group, kind, what becomes of the Pods, how the template is written, and where: `a.b[].c` goes through the items of
/// a list, `*` through the values of a map. An empty path is the object itself.
type Row = (&'static str, &'static str, Life, Form, &'static [&'static str]);

use Form::{Knative, Segment, Source, Template as Plain};
use Life::{Batch, LongRunning, Scheduled, Unknown};

const ROWS: &[Row] = &[
    // API versions that are no longer served (kubernetes.io/docs/reference/using-api/deprecation-guide)
    ("apps", "Deployment", LongRunning, Plain, &["spec.template"]),
    ("apps", "StatefulSet", LongRunning, Plain, &["spec.template"]),
    ("apps", "DaemonSet", LongRunning, Plain, &["spec.template"]),
    ("apps", "ReplicaSet", LongRunning, Plain, &["spec.template"]),
    ("extensions", "Deployment", LongRunning, Plain, &["spec.template"]),
    ("extensions", "DaemonSet", LongRunning, Plain, &["spec.template"]),
    ("extensions", "ReplicaSet", LongRunning, Plain, &["spec.template"]),
    ("extensions", "Job", Batch, Plain, &["spec.template"]),
    ("batch", "Job", Batch, Plain, &["spec.template"]),
    ("batch", "CronJob", Scheduled, Plain, &["spec.jobTemplate.spec.template"]),
    ("batch", "ScheduledJob", Scheduled, Plain, &["spec.jobTemplate.spec.template"]),
    ("batch", "JobTemplate", Batch, Plain, &["template.spec.template"]),
    // OpenShift; before its API groups the kind was in the core group
    ("apps.openshift.io", "DeploymentConfig", LongRunning, Plain, &["spec.template"]),
    ("", "DeploymentConfig", LongRunning, Plain, &["spec.template"]),
    // argoproj.github.io/rollouts
    ("argoproj.io", "Rollout", LongRunning, Plain, &["spec.template"]),
    ("argoproj.io", "Experiment", LongRunning, Plain, &["spec.templates[].template"]),
    ("argoproj.io", "AnalysisTemplate", Batch, Plain, &["spec.metrics[].provider.job.spec.template"]),
    ("argoproj.io", "ClusterAnalysisTemplate", Batch, Plain, &["spec.metrics[].provider.job.spec.template"]),
    ("argoproj.io", "AnalysisRun", Batch, Plain, &["spec.metrics[].provider.job.spec.template"]),
    // argo-workflows.readthedocs.io/en/latest/fields
    ("argoproj.io", "Workflow", Life::Segment, Segment, &["spec.templates[]"]),
    ("argoproj.io", "WorkflowTemplate", Life::Segment, Segment, &["spec.templates[]"]),
    ("argoproj.io", "ClusterWorkflowTemplate", Life::Segment, Segment, &["spec.templates[]"]),
    ("argoproj.io", "CronWorkflow", Life::Segment, Segment, &["spec.workflowSpec.templates[]"]),
    // knative.dev/docs/serving/reference/serving-api
    ("serving.knative.dev", "Service", LongRunning, Knative, &["spec.template"]),
    ("serving.knative.dev", "Configuration", LongRunning, Knative, &["spec.template"]),
    ("serving.knative.dev", "Revision", LongRunning, Knative, &[""]),
    ("sources.knative.dev", "ContainerSource", LongRunning, Source, &["spec.template"]),
    ("sinks.knative.dev", "JobSink", Batch, Plain, &["spec.job.spec.template"]),
    // jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2
    ("jobset.x-k8s.io", "JobSet", Batch, Plain, &["spec.replicatedJobs[].template.spec.template"]),
    // lws.sigs.k8s.io/docs/reference/leaderworkerset.v1
    (
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        LongRunning,
        Plain,
        &["spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"],
    ),
    // keda.sh/docs/latest/reference/scaledjob-spec
    ("keda.sh", "ScaledJob", Batch, Plain, &["spec.jobTargetRef.template"]),
    // openkruise.io/docs
    ("apps.kruise.io", "CloneSet", LongRunning, Plain, &["spec.template"]),
    ("apps.kruise.io", "StatefulSet", LongRunning, Plain, &["spec.template"]),
    ("apps.kruise.io", "DaemonSet", LongRunning, Plain, &["spec.template"]),
    ("apps.kruise.io", "BroadcastJob", Batch, Plain, &["spec.template"]),
    (
        "apps.kruise.io",
        "AdvancedCronJob",
        Scheduled,
        Plain,
        &["spec.template.jobTemplate.spec.template", "spec.template.broadcastJobTemplate.spec.template"],
    ),
    (
        "apps.kruise.io",
        "UnitedDeployment",
        LongRunning,
        Plain,
        &[
            "spec.template.statefulSetTemplate.spec.template",
            "spec.template.advancedStatefulSetTemplate.spec.template",
            "spec.template.cloneSetTemplate.spec.template",
            "spec.template.deploymentTemplate.spec.template",
        ],
    ),
    // kubeflow.org/docs/components/trainer/legacy-v1
    ("kubeflow.org", "TFJob", Batch, Plain, &["spec.tfReplicaSpecs.*.template"]),
    ("kubeflow.org", "PyTorchJob", Batch, Plain, &["spec.pytorchReplicaSpecs.*.template"]),
    ("kubeflow.org", "MPIJob", Batch, Plain, &["spec.mpiReplicaSpecs.*.template"]),
    ("kubeflow.org", "XGBoostJob", Batch, Plain, &["spec.xgbReplicaSpecs.*.template"]),
    ("kubeflow.org", "PaddleJob", Batch, Plain, &["spec.paddleReplicaSpecs.*.template"]),
    ("kubeflow.org", "JAXJob", Batch, Plain, &["spec.jaxReplicaSpecs.*.template"]),
    ("kubeflow.org", "MXJob", Batch, Plain, &["spec.mxReplicaSpecs.*.template"]),
    ("kubeflow.org", "Notebook", LongRunning, Plain, &["spec.template"]),
    // volcano.sh/en/docs/vcjob: policies may end a job whose other tasks still run
    ("batch.volcano.sh", "Job", Unknown, Plain, &["spec.tasks[].template"]),
    // ray-project/kuberay: ray-operator/apis/ray/v1
    ("ray.io", "RayCluster", Unknown, Plain, &["spec.headGroupSpec.template", "spec.workerGroupSpecs[].template"]),
    (
        "ray.io",
        "RayJob",
        Unknown,
        Plain,
        &[
            "spec.rayClusterSpec.headGroupSpec.template",
            "spec.rayClusterSpec.workerGroupSpecs[].template",
            "spec.submitterPodTemplate",
        ],
    ),
    (
        "ray.io",
        "RayService",
        Unknown,
        Plain,
        &["spec.rayClusterConfig.headGroupSpec.template", "spec.rayClusterConfig.workerGroupSpecs[].template"],
    ),
    // agones.dev/site/docs/reference/gameserver and …/fleet
    ("agones.dev", "GameServer", Unknown, Plain, &["spec.template"]),
    ("agones.dev", "GameServerSet", Unknown, Plain, &["spec.template.spec.template"]),
    ("agones.dev", "Fleet", Unknown, Plain, &["spec.template.spec.template"]),
    // kubeflow/trainer: pkg/apis/trainer/v1alpha1/trainingruntime_types.go
    (
        "trainer.kubeflow.org",
        "TrainingRuntime",
        Unknown,
        Plain,
        &["spec.template.spec.replicatedJobs[].template.spec.template"],
    ),
    (
        "trainer.kubeflow.org",
        "ClusterTrainingRuntime",
        Unknown,
        Plain,
        &["spec.template.spec.replicatedJobs[].template.spec.template"],
    ),
    // actions/actions-runner-controller: apis/actions.github.com/v1alpha1/autoscalingrunnerset_types.go
    ("actions.github.com", "AutoscalingRunnerSet", Unknown, Plain, &["spec.template"]),
    // kubernetes-sigs/agent-sandbox: api and extensions/api
    ("agents.x-k8s.io", "Sandbox", Unknown, Plain, &["spec.podTemplate"]),
    ("extensions.agents.x-k8s.io", "SandboxTemplate", Unknown, Plain, &["spec.podTemplate"]),
];

/// Groups whose operators add containers, commands, ports or labels to the Pods of their templates: Ray's start command
/// and autoscaler, the SDK's sidecar of Agones, the command of a training job, the runner's configuration.
const OPERATED: [&str; 6] = [
    "actions.github.com",
    "agents.x-k8s.io",
    "agones.dev",
    "extensions.agents.x-k8s.io",
    "ray.io",
    "trainer.kubeflow.org",
];

/// The templates of an object that is not decoded as a whole, if its kind is known to have some.
pub(super) fn read(document: &Document, node: NodeId, api_version: &str, kind: &str) -> Vec<Template> {
    let mut found = Vec::new();
    for (_, _, life, form, paths) in rows(api_version, kind) {
        for path in *paths {
            for Reached { node: at, key } in places(document, node, &hops(path)) {
                let made = if *form == Segment { step(document, at, node) } else { template(document, at) };
                let Some(mut made) = made else { continue };
                add_names(&mut made.template.spec, *form, document, node);
                let life = of_part(document, node, kind, made.life.unwrap_or(*life), key.as_deref());
                found.push(Template { life, part: key, ..made.template });
            }
        }
    }
    found
}

fn rows(api_version: &str, kind: &str) -> impl Iterator<Item = &'static Row> {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    ROWS.iter().filter(move |row| row.0 == group && row.1 == kind)
}

/// Whether what a group's operators make of their templates may have more than these say.
pub(super) fn is_operated(api_version: &str) -> bool {
    api_version.rsplit_once('/').is_some_and(|(group, _)| OPERATED.contains(&group))
}

/// Whether the table says where objects of a kind keep their templates.
pub(super) fn is_known(api_version: &str, kind: &str) -> bool {
    rows(api_version, kind).next().is_some()
}

/// One step down from a node.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hop<'path> {
    Key(&'path str),
    Items,
    Values,
}

fn hops(path: &str) -> Vec<Hop<'_>> {
    let mut hops = Vec::new();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        match step.strip_suffix("[]") {
            _ if step == "*" => hops.push(Hop::Values),
            Some(list) => hops.extend([Hop::Key(list), Hop::Items]),
            None => hops.push(Hop::Key(step)),
        }
    }
    hops
}

/// What a path leads to, with the name of the last list item or map key on the way.
struct Reached {
    node: NodeId,
    key: Option<String>,
}

fn places(document: &Document, root: NodeId, path: &[Hop<'_>]) -> Vec<Reached> {
    let mut places = vec![Reached { node: root, key: None }];
    for hop in path {
        let mut next = Vec::new();
        for place in places {
            match hop {
                Hop::Key(key) => next.extend(document.get(place.node, key).map(|node| Reached { node, ..place })),
                Hop::Items => next.extend(
                    document
                        .items(place.node)
                        .iter()
                        .map(|item| Reached { node: *item, key: document.get_str(*item, "name").map(str::to_owned) }),
                ),
                Hop::Values => next.extend(
                    document
                        .entries(place.node)
                        .iter()
                        .map(|entry| Reached { node: entry.value(), key: Some(document.key(entry).into_owned()) }),
                ),
            }
        }
        places = next;
    }
    places
}

/// What becomes of one of several replicas.
fn of_part(document: &Document, object: NodeId, kind: &str, life: Life, part: Option<&str>) -> Life {
    let Some(part) = part else { return life };
    match kind {
        // Workers run sshd and are deleted when the launcher is done; parameter servers and evaluators likewise.
        "MPIJob" if !part.eq_ignore_ascii_case("launcher") => Life::Unknown,
        "TFJob" | "MXJob" | "PaddleJob" if is_one_of(part, &["ps", "evaluator", "server", "scheduler"]) => {
            Life::Unknown
        }
        // A JobSet may be done before all of its Jobs are (`spec.successPolicy`).
        "JobSet" => match document.at(object, &["spec", "successPolicy"]) {
            Some(policy) if !is_awaited(document, policy, part) => Life::Unknown,
            _ => life,
        },
        _ => life,
    }
}

fn is_one_of(part: &str, names: &[&str]) -> bool {
    names.iter().any(|name| part.eq_ignore_ascii_case(name))
}

fn is_awaited(document: &Document, policy: NodeId, part: &str) -> bool {
    let jobs = document.get(policy, "targetReplicatedJobs").map_or(&[][..], |list| document.items(list));
    let is_target = jobs.is_empty() || jobs.iter().any(|job| document.str(*job) == Some(part));
    document.get_str(policy, "operator") != Some("Any") && is_target
}

/// A template as it is written. Some say themselves what becomes of their Pods.
struct Made {
    template: Template,
    life: Option<Life>,
}

fn template(document: &Document, node: NodeId) -> Option<Made> {
    let spec_node = document.get(node, "spec")?;
    if document.items(document.get(spec_node, "containers")?).is_empty() {
        return None;
    }
    let PodTemplateSpec { metadata, spec } = PodTemplateSpec::read(document, node);
    let spec = spec?;
    let template = Template { node, spec_node, metadata, spec, containers: None, life: Unknown, part: None };
    Some(Made { template, life: None })
}

/// Gives containers the names that their kind gives to those without.
fn add_names(spec: &mut PodSpec, form: Form, document: &Document, object: NodeId) {
    let several = spec.containers.len() > 1;
    let of_object =
        || document.at(object, &["metadata", "name"]).and_then(|name| document.str(name)).unwrap_or_default();
    for (index, container) in spec.containers.iter_mut().enumerate().filter(|(_, one)| one.name.is_empty()) {
        let name = match form {
            Knative if several => format!("user-container-{index}"),
            Knative => "user-container".to_owned(),
            Source => format!("{}-{index}", of_object()),
            Plain | Segment => return,
        };
        container.name = name.as_str().into();
    }
}

/// A template of Argo Workflows, which is nearly a Pod: `container` or `script` is its main container, `sidecars`
/// run beside it and are killed after it, and `initContainers`, `volumes`, `metadata` and `serviceAccountName` are a
/// Pod's. Volumes of the workflow count too. Not taken: steps, DAGs, resources, HTTP and plug-in templates, which
/// have no containers, and container sets, whose containers wait for each other.
fn step(document: &Document, node: NodeId, object: NodeId) -> Option<Made> {
    let at = |field: &str| document.get(node, field);
    let script = at("script");
    let sidecars = at("sidecars").map_or(&[][..], |list| document.items(list));
    let nodes: Vec<NodeId> = at("container").or(script).into_iter().chain(sidecars.iter().copied()).collect();
    let mut containers = nodes.iter().map(|node| Container::read(document, *node)).collect::<Vec<_>>();
    let main = containers.first_mut().filter(|_| nodes.len() > sidecars.len())?;
    main.name = "main".into();
    if script.is_some() {
        // where the executor puts the text of `source`
        let given = main.args.take().unwrap_or_default();
        main.args = Some(given.into_iter().chain(["/argo/staging/script".into()]).collect());
    }
    let of_object = document.get(object, "spec")?;
    let workflow = document.get(of_object, "workflowSpec").unwrap_or(of_object);
    let volumes: List<Volume> = at("volumes").map(|node| Read::read(document, node)).unwrap_or_default();
    let shared: Option<List<Volume>> = document.get(workflow, "volumes").map(|node| Read::read(document, node));
    let volumes = volumes.into_iter().chain(shared.unwrap_or_default()).collect();
    let text = |node, field: &str| document.get_str(node, field).map(Text::from);
    let spec = PodSpec {
        init_containers: at("initContainers").map(|node| Read::read(document, node)),
        containers: containers.into(),
        volumes: Some(volumes),
        service_account_name: text(node, "serviceAccountName").or_else(|| text(workflow, "serviceAccountName")),
        security_context: at("securityContext").map(|node| Read::read(document, node)),
        restart_policy: Some("Never".into()),
        ..PodSpec::default()
    };
    let metadata = at("metadata").map(|node| Read::read(document, node));
    let is_daemon = at("daemon").is_some_and(|node| document.value(node) == Value::Bool(true));
    let containers = Some(nodes);
    let template = Template { node, spec_node: node, metadata, spec, containers, life: Unknown, part: None };
    // neither awaited nor started again
    Some(Made { template, life: is_daemon.then_some(Unknown) })
}

/// Where the schema of a custom kind has Pod templates.
#[derive(Debug)]
pub(super) struct SchemaPaths<'schema>(Vec<(Vec<Hop<'schema>>, Shape)>);

/// What a path of a schema leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// A map with the Pod's spec in it.
    Template,
    /// The spec alone.
    Spec,
}

/// How deep templates are looked for; no published definition has one below 12 fields.
pub(super) const DEPTH: usize = 16;

impl<'schema> SchemaPaths<'schema> {
    /// Looks for maps with `containers`, a list of maps with `name` and `image`. Those right in `spec` are no Pods:
    /// operators add such containers to Pods of their own.
    pub(super) fn of(document: &'schema Document, schema: NodeId) -> Self {
        let mut paths = Self(Vec::new());
        paths.look(document, schema, &mut Vec::new());
        sort::by_key(&mut paths.0, |(path, _)| format!("{path:?}"));
        paths
    }

    fn look(&mut self, document: &'schema Document, schema: NodeId, path: &mut Vec<Hop<'schema>>) {
        if path.len() > DEPTH {
            return;
        }
        if path.len() > 1 && has_containers(document, schema) {
            let requires = document.get(schema, "required").map_or(&[][..], |list| document.items(list));
            let is_spec = path.last() == Some(&Hop::Key("spec"));
            if is_spec {
                self.0.push((path[..path.len() - 1].to_vec(), Shape::Template));
            } else if requires.iter().any(|name| document.str(*name) == Some("containers")) {
                self.0.push((path.clone(), Shape::Spec));
            }
            return;
        }
        let mut into = |schema, hop| {
            path.push(hop);
            self.look(document, schema, path);
            path.pop();
        };
        let properties = document.get(schema, "properties").map_or(&[][..], |properties| document.entries(properties));
        for entry in properties {
            if let Some(key) = document.str(entry.key) {
                into(entry.value(), Hop::Key(key));
            }
        }
        for (keyword, hop) in [("items", Hop::Items), ("additionalProperties", Hop::Values)] {
            if let Some(inner) = document.get(schema, keyword) {
                into(inner, hop);
            }
        }
    }

    /// The templates of an object of that kind.
    pub(super) fn read(&self, document: &Document, node: NodeId) -> Vec<Template> {
        let mut found = Vec::new();
        for (path, shape) in &self.0 {
            for Reached { node: at, key } in places(document, node, path) {
                let made = match shape {
                    Shape::Template => template(document, at).map(|made| made.template),
                    Shape::Spec => bare(document, at),
                };
                found.extend(made.map(|made| Template { part: key, ..made }));
            }
        }
        found
    }
}

fn has_containers(document: &Document, schema: NodeId) -> bool {
    let item = document.at(schema, &["properties", "containers", "items", "properties"]);
    item.is_some_and(|item| ["name", "image"].iter().all(|field| document.get(item, field).is_some()))
}

fn bare(document: &Document, node: NodeId) -> Option<Template> {
    if document.items(document.get(node, "containers")?).is_empty() {
        return None;
    }
    let spec = PodSpec::read(document, node);
    Some(Template { node, spec_node: node, metadata: None, spec, containers: None, life: Unknown, part: None })
}
