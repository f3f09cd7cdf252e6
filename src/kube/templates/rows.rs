//! The kinds whose templates are known, and where objects of them keep these.

use super::Life;

/// How a template is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// `metadata` and `spec`, as in every workload.
    Template,
    /// The same, and a container may lack its name (`DefaultUserContainerName` in `knative.dev/serving`).
    Knative,
    /// The same, called after the object (`SetDefaults` of `ContainerSource` in `knative.dev/eventing`).
    Source,
    /// A template of Argo Workflows: see `step`.
    Segment,
}

/// Group, kind, what becomes of the Pods, how the template is written, and where: `a.b[].c` goes through the items of
/// a list, `*` through the values of a map. An empty path is the object itself.
pub(super) type Row = (&'static str, &'static str, Life, Form, &'static [&'static str]);

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

pub(super) fn rows(api_version: &str, kind: &str) -> impl Iterator<Item = &'static Row> {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    ROWS.iter().filter(move |row| row.0 == group && row.1 == kind)
}

/// Whether what a group's operators make of their templates may have more than these say.
pub(in crate::kube) fn is_operated(api_version: &str) -> bool {
    api_version.rsplit_once('/').is_some_and(|(group, _)| OPERATED.contains(&group))
}

/// Whether the table says where objects of a kind keep their templates.
pub(in crate::kube) fn is_known(api_version: &str, kind: &str) -> bool {
    rows(api_version, kind).next().is_some()
}
