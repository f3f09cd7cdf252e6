//! Kinds, and what is in them beside Pods.

use super::{
    IntOrString, Known, LabelSelector, Map, ObjectMeta, ObjectReference, PersistentVolumeClaim, PodSpec,
    PodTemplateSpec, types,
};

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
        secrets: Option<Vec<ObjectReference>> = "secrets",
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
        parameters: Option<Map<String>> = "parameters",
        provisioner: String = "provisioner",
    }
    MutatingWebhookConfiguration {
        metadata: ObjectMeta = "metadata",
        webhooks: Option<Vec<MutatingWebhook>> = "webhooks",
    }
    Role {
        metadata: ObjectMeta = "metadata",
        rules: Option<Vec<PolicyRule>> = "rules",
    }
    ClusterRole {
        aggregation_rule: Option<AggregationRule> = "aggregationRule",
        metadata: ObjectMeta = "metadata",
        rules: Option<Vec<PolicyRule>> = "rules",
    }
    RoleBinding {
        metadata: ObjectMeta = "metadata",
        role_ref: RoleRef = "roleRef",
        subjects: Option<Vec<Subject>> = "subjects",
    }
    ClusterRoleBinding {
        metadata: ObjectMeta = "metadata",
        role_ref: RoleRef = "roleRef",
        subjects: Option<Vec<Subject>> = "subjects",
    }
    PriorityClass {
        global_default: Option<bool> = "globalDefault",
        metadata: ObjectMeta = "metadata",
        value: Option<i32> = "value",
    }
    ReplicationControllerSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<Map<String>> = "selector",
        template: Option<PodTemplateSpec> = "template",
    }
    ServiceSpec {
        cluster_ip: Option<String> = "clusterIP",
        ports: Option<Vec<ServicePort>> = "ports",
        publish_not_ready_addresses: Option<bool> = "publishNotReadyAddresses",
        selector: Option<Map<String>> = "selector",
        type_: Option<String> = "type",
    }
    DeploymentSpec {
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        strategy: Option<DeploymentStrategy> = "strategy",
        template: PodTemplateSpec = "template",
    }
    StatefulSetSpec {
        ordinals: Option<StatefulSetOrdinals> = "ordinals",
        pod_management_policy: Option<String> = "podManagementPolicy",
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        service_name: Option<String> = "serviceName",
        template: PodTemplateSpec = "template",
        update_strategy: Option<StatefulSetUpdateStrategy> = "updateStrategy",
        volume_claim_templates: Option<Vec<PersistentVolumeClaim>> = "volumeClaimTemplates",
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
        completion_mode: Option<String> = "completionMode",
        completions: Option<i32> = "completions",
        parallelism: Option<i32> = "parallelism",
        selector: Option<LabelSelector> = "selector",
        suspend: Option<bool> = "suspend",
        template: PodTemplateSpec = "template",
        ttl_seconds_after_finished: Option<i32> = "ttlSecondsAfterFinished",
    }
    CronJobSpec {
        concurrency_policy: Option<String> = "concurrencyPolicy",
        job_template: JobTemplateSpec = "jobTemplate",
        suspend: Option<bool> = "suspend",
    }
    PodDisruptionBudgetSpec {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        min_available: Option<IntOrString> = "minAvailable",
        selector: Option<LabelSelector> = "selector",
    }
    NetworkPolicySpec {
        egress: Option<Vec<NetworkPolicyEgressRule>> = "egress",
        ingress: Option<Vec<NetworkPolicyIngressRule>> = "ingress",
        pod_selector: Option<LabelSelector> = "podSelector",
    }
    MutatingWebhook {
        name: String = "name",
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        rules: Option<Vec<RuleWithOperations>> = "rules",
    }
    PolicyRule {
        api_groups: Option<Vec<String>> = "apiGroups",
        resource_names: Option<Vec<String>> = "resourceNames",
        resources: Option<Vec<String>> = "resources",
        verbs: Vec<String> = "verbs",
    }
    AggregationRule {
    }
    RoleRef {
        kind: String = "kind",
        name: String = "name",
    }
    Subject {
        kind: String = "kind",
        name: String = "name",
        namespace: Option<String> = "namespace",
    }
    ServicePort {
        name: Option<String> = "name",
        node_port: Option<i32> = "nodePort",
        port: i32 = "port",
        protocol: Option<String> = "protocol",
        target_port: Option<IntOrString> = "targetPort",
    }
    DeploymentStrategy {
        rolling_update: Option<RollingUpdateDeployment> = "rollingUpdate",
        type_: Option<String> = "type",
    }
    StatefulSetOrdinals {
        start: Option<i32> = "start",
    }
    StatefulSetUpdateStrategy {
        rolling_update: Option<RollingUpdateStatefulSetStrategy> = "rollingUpdate",
        type_: Option<String> = "type",
    }
    DaemonSetUpdateStrategy {
        rolling_update: Option<RollingUpdateDaemonSet> = "rollingUpdate",
        type_: Option<String> = "type",
    }
    JobTemplateSpec {
        metadata: Option<ObjectMeta> = "metadata",
        spec: Option<JobSpec> = "spec",
    }
    NetworkPolicyEgressRule {
        ports: Option<Vec<NetworkPolicyPort>> = "ports",
        to: Option<Vec<NetworkPolicyPeer>> = "to",
    }
    NetworkPolicyIngressRule {
        from: Option<Vec<NetworkPolicyPeer>> = "from",
        ports: Option<Vec<NetworkPolicyPort>> = "ports",
    }
    RuleWithOperations {
        api_groups: Option<Vec<String>> = "apiGroups",
        resources: Option<Vec<String>> = "resources",
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
        protocol: Option<String> = "protocol",
    }
    NetworkPolicyPeer {
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        pod_selector: Option<LabelSelector> = "podSelector",
    }

    PodFailurePolicy {
        rules: Vec<PodFailurePolicyRule> = "rules",
    }

    PodFailurePolicyRule {
        on_pod_conditions: Option<Vec<PodFailurePolicyOnPodConditionsPattern>> = "onPodConditions",
    }

    PodFailurePolicyOnPodConditionsPattern {
        type_: String = "type",
    }
}
