//! Kinds, and what is in them beside Pods.

use super::{
    IntOrString, Known, LabelSelector, List, Map, ObjectMeta, ObjectReference, PersistentVolumeClaim, PodSpec,
    PodTemplateSpec, types,
};
use crate::text::Text;

types! {
    Pod {
        metadata: ObjectMeta = "metadata",
        spec: Option<PodSpec> = "spec",
    }
    PodTemplate {
        metadata: ObjectMeta = "metadata",
        template: Option<PodTemplateSpec> = "template",
    }
    ReplicationController {
        metadata: ObjectMeta = "metadata",
        spec: Option<ReplicationControllerSpec> = "spec",
    }
    Service {
        metadata: ObjectMeta = "metadata",
        spec: Option<ServiceSpec> = "spec",
    }
    ConfigMap {
        binary_data: Option<Map<Known>> = "binaryData",
        data: Option<Map<Known>> = "data",
        metadata: ObjectMeta = "metadata",
    }
    ServiceAccount {
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        metadata: ObjectMeta = "metadata",
        secrets: Option<List<ObjectReference>> = "secrets",
    }
    Deployment {
        metadata: ObjectMeta = "metadata",
        spec: DeploymentSpec = "spec",
    }
    StatefulSet {
        metadata: ObjectMeta = "metadata",
        spec: StatefulSetSpec = "spec",
    }
    DaemonSet {
        metadata: ObjectMeta = "metadata",
        spec: DaemonSetSpec = "spec",
    }
    ReplicaSet {
        metadata: ObjectMeta = "metadata",
        spec: ReplicaSetSpec = "spec",
    }
    Job {
        metadata: ObjectMeta = "metadata",
        spec: Option<JobSpec> = "spec",
    }
    CronJob {
        metadata: ObjectMeta = "metadata",
        spec: CronJobSpec = "spec",
    }
    PodDisruptionBudget {
        metadata: ObjectMeta = "metadata",
        spec: Option<PodDisruptionBudgetSpec> = "spec",
    }
    NetworkPolicy {
        metadata: ObjectMeta = "metadata",
        spec: Option<NetworkPolicySpec> = "spec",
    }
    StorageClass {
        metadata: ObjectMeta = "metadata",
        parameters: Option<Map<Text>> = "parameters",
        provisioner: Text = "provisioner",
    }
    MutatingWebhookConfiguration {
        metadata: ObjectMeta = "metadata",
        webhooks: Option<List<MutatingWebhook>> = "webhooks",
    }
    Role {
        metadata: ObjectMeta = "metadata",
        rules: Option<List<PolicyRule>> = "rules",
    }
    ClusterRole {
        aggregation_rule: Option<AggregationRule> = "aggregationRule",
        metadata: ObjectMeta = "metadata",
        rules: Option<List<PolicyRule>> = "rules",
    }
    RoleBinding {
        metadata: ObjectMeta = "metadata",
        role_ref: RoleRef = "roleRef",
        subjects: Option<List<Subject>> = "subjects",
    }
    ClusterRoleBinding {
        metadata: ObjectMeta = "metadata",
        role_ref: RoleRef = "roleRef",
        subjects: Option<List<Subject>> = "subjects",
    }
    PriorityClass {
        global_default: Option<bool> = "globalDefault",
        metadata: ObjectMeta = "metadata",
        value: Option<i32> = "value",
    }
    ReplicationControllerSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<Map<Text>> = "selector",
        template: Option<PodTemplateSpec> = "template",
    }
    ServiceSpec {
        cluster_ip: Option<Text> = "clusterIP",
        ports: Option<List<ServicePort>> = "ports",
        publish_not_ready_addresses: Option<bool> = "publishNotReadyAddresses",
        selector: Option<Map<Text>> = "selector",
        type_: Option<Text> = "type",
    }
    DeploymentSpec {
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        strategy: Option<Box<DeploymentStrategy>> = "strategy",
        template: PodTemplateSpec = "template",
    }
    StatefulSetSpec {
        ordinals: Option<StatefulSetOrdinals> = "ordinals",
        pod_management_policy: Option<Text> = "podManagementPolicy",
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        service_name: Option<Text> = "serviceName",
        template: PodTemplateSpec = "template",
        update_strategy: Option<StatefulSetUpdateStrategy> = "updateStrategy",
        volume_claim_templates: Option<List<PersistentVolumeClaim>> = "volumeClaimTemplates",
    }
    DaemonSetSpec {
        selector: LabelSelector = "selector",
        template: PodTemplateSpec = "template",
        update_strategy: Option<DaemonSetUpdateStrategy> = "updateStrategy",
    }
    ReplicaSetSpec {
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        template: Option<PodTemplateSpec> = "template",
    }
    JobSpec {
        pod_failure_policy: Option<PodFailurePolicy> = "podFailurePolicy",
        completion_mode: Option<Text> = "completionMode",
        completions: Option<i32> = "completions",
        parallelism: Option<i32> = "parallelism",
        selector: Option<LabelSelector> = "selector",
        suspend: Option<bool> = "suspend",
        template: PodTemplateSpec = "template",
        ttl_seconds_after_finished: Option<i32> = "ttlSecondsAfterFinished",
    }
    CronJobSpec {
        concurrency_policy: Option<Text> = "concurrencyPolicy",
        job_template: JobTemplateSpec = "jobTemplate",
        suspend: Option<bool> = "suspend",
    }
    PodDisruptionBudgetSpec {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        min_available: Option<IntOrString> = "minAvailable",
        selector: Option<LabelSelector> = "selector",
    }
    NetworkPolicySpec {
        egress: Option<List<NetworkPolicyEgressRule>> = "egress",
        ingress: Option<List<NetworkPolicyIngressRule>> = "ingress",
        pod_selector: Option<LabelSelector> = "podSelector",
    }
    MutatingWebhook {
        name: Text = "name",
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        rules: Option<List<RuleWithOperations>> = "rules",
    }
    PolicyRule {
        api_groups: Option<List<Text>> = "apiGroups",
        resource_names: Option<List<Text>> = "resourceNames",
        resources: Option<List<Text>> = "resources",
        verbs: List<Text> = "verbs",
    }
    AggregationRule {
    }
    RoleRef {
        kind: Text = "kind",
        name: Text = "name",
    }
    Subject {
        kind: Text = "kind",
        name: Text = "name",
        namespace: Option<Text> = "namespace",
    }
    ServicePort {
        name: Option<Text> = "name",
        node_port: Option<i32> = "nodePort",
        port: i32 = "port",
        protocol: Option<Text> = "protocol",
        target_port: Option<IntOrString> = "targetPort",
    }
    DeploymentStrategy {
        rolling_update: Option<RollingUpdateDeployment> = "rollingUpdate",
        type_: Option<Text> = "type",
    }
    StatefulSetOrdinals {
        start: Option<i32> = "start",
    }
    StatefulSetUpdateStrategy {
        rolling_update: Option<RollingUpdateStatefulSetStrategy> = "rollingUpdate",
        type_: Option<Text> = "type",
    }
    DaemonSetUpdateStrategy {
        rolling_update: Option<RollingUpdateDaemonSet> = "rollingUpdate",
        type_: Option<Text> = "type",
    }
    JobTemplateSpec {
        metadata: Option<ObjectMeta> = "metadata",
        spec: Option<JobSpec> = "spec",
    }
    NetworkPolicyEgressRule {
        ports: Option<List<NetworkPolicyPort>> = "ports",
        to: Option<List<NetworkPolicyPeer>> = "to",
    }
    NetworkPolicyIngressRule {
        from: Option<List<NetworkPolicyPeer>> = "from",
        ports: Option<List<NetworkPolicyPort>> = "ports",
    }
    RuleWithOperations {
        api_groups: Option<List<Text>> = "apiGroups",
        resources: Option<List<Text>> = "resources",
    }
    RollingUpdateDeployment {
        max_surge: Option<IntOrString> = "maxSurge",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
    }
    RollingUpdateStatefulSetStrategy {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        partition: Option<i32> = "partition",
    }
    RollingUpdateDaemonSet {
        max_surge: Option<IntOrString> = "maxSurge",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
    }
    NetworkPolicyPort {
        port: Option<IntOrString> = "port",
        protocol: Option<Text> = "protocol",
    }
    NetworkPolicyPeer {
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        pod_selector: Option<LabelSelector> = "podSelector",
    }

    PodFailurePolicy {
        rules: List<PodFailurePolicyRule> = "rules",
    }

    PodFailurePolicyRule {
        on_pod_conditions: Option<List<PodFailurePolicyOnPodConditionsPattern>> = "onPodConditions",
    }

    PodFailurePolicyOnPodConditionsPattern {
        type_: Text = "type",
    }
}
