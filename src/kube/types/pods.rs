//! Pods and their containers.

use super::{IntOrString, LabelSelector, List, Map, ObjectMeta, Quantity, Volume, types};
use crate::text::Text;

types! {
    PodSpec {
        subdomain: Option<Text> = "subdomain",
        priority_class_name: Option<Text> = "priorityClassName",
        os: Option<PodOS> = "os",
        hostname: Option<Text> = "hostname",
        host_users: Option<bool> = "hostUsers",
        host_aliases: Option<List<HostAlias>> = "hostAliases",
        affinity: Option<Box<Affinity>> = "affinity",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        containers: List<Container> = "containers",
        host_ipc: Option<bool> = "hostIPC",
        host_network: Option<bool> = "hostNetwork",
        host_pid: Option<bool> = "hostPID",
        init_containers: Option<List<Container>> = "initContainers",
        node_name: Option<Text> = "nodeName",
        node_selector: Option<Map<Text>> = "nodeSelector",
        resources: Option<Box<ResourceRequirements>> = "resources",
        restart_policy: Option<Text> = "restartPolicy",
        security_context: Option<PodSecurityContext> = "securityContext",
        service_account: Option<Text> = "serviceAccount",
        service_account_name: Option<Text> = "serviceAccountName",
        share_process_namespace: Option<bool> = "shareProcessNamespace",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        tolerations: Option<List<Toleration>> = "tolerations",
        topology_spread_constraints: Option<List<TopologySpreadConstraint>> = "topologySpreadConstraints",
        volumes: Option<List<Volume>> = "volumes",
    }
    PodTemplateSpec {
        metadata: Option<ObjectMeta> = "metadata",
        spec: Option<PodSpec> = "spec",
    }
    Affinity {
        node_affinity: Option<NodeAffinity> = "nodeAffinity",
        pod_affinity: Option<PodAffinity> = "podAffinity",
        pod_anti_affinity: Option<PodAntiAffinity> = "podAntiAffinity",
    }
    Container {
        args: Option<List<Text>> = "args",
        command: Option<List<Text>> = "command",
        env: Option<List<EnvVar>> = "env",
        env_from: Option<List<EnvFromSource>> = "envFrom",
        image: Option<Text> = "image",
        lifecycle: Option<Box<Lifecycle>> = "lifecycle",
        liveness_probe: Option<Box<Probe>> = "livenessProbe",
        name: Text = "name",
        ports: Option<List<ContainerPort>> = "ports",
        readiness_probe: Option<Box<Probe>> = "readinessProbe",
        resources: Option<ResourceRequirements> = "resources",
        restart_policy: Option<Text> = "restartPolicy",
        security_context: Option<Box<SecurityContext>> = "securityContext",
        startup_probe: Option<Box<Probe>> = "startupProbe",
        stdin: Option<bool> = "stdin",
        volume_devices: Option<List<VolumeDevice>> = "volumeDevices",
        volume_mounts: Option<List<VolumeMount>> = "volumeMounts",
        working_dir: Option<Text> = "workingDir",
    }
    ResourceRequirements {
        claims: Option<List<ResourceClaim>> = "claims",
        limits: Option<Map<Quantity>> = "limits",
        requests: Option<Map<Quantity>> = "requests",
    }
    PodSecurityContext {
        run_as_non_root: Option<bool> = "runAsNonRoot",
        run_as_user: Option<i64> = "runAsUser",
    }
    Toleration {
        effect: Option<Text> = "effect",
        key: Option<Text> = "key",
        operator: Option<Text> = "operator",
        value: Option<Text> = "value",
    }
    TopologySpreadConstraint {
        label_selector: Option<LabelSelector> = "labelSelector",
        topology_key: Text = "topologyKey",
    }
    NodeAffinity {
        preferred_during_scheduling_ignored_during_execution: Option<List<PreferredSchedulingTerm>> = "preferredDuringSchedulingIgnoredDuringExecution",
        required_during_scheduling_ignored_during_execution: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
    }
    PodAffinity {
        preferred_during_scheduling_ignored_during_execution: Option<List<WeightedPodAffinityTerm>> = "preferredDuringSchedulingIgnoredDuringExecution",
        required_during_scheduling_ignored_during_execution: Option<List<PodAffinityTerm>> = "requiredDuringSchedulingIgnoredDuringExecution",
    }
    PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: Option<List<WeightedPodAffinityTerm>> = "preferredDuringSchedulingIgnoredDuringExecution",
        required_during_scheduling_ignored_during_execution: Option<List<PodAffinityTerm>> = "requiredDuringSchedulingIgnoredDuringExecution",
    }
    EnvVar {
        name: Text = "name",
        value: Option<Text> = "value",
        value_from: Option<Box<EnvVarSource>> = "valueFrom",
    }
    EnvFromSource {
        config_map_ref: Option<Box<ConfigMapEnvSource>> = "configMapRef",
        prefix: Option<Text> = "prefix",
        secret_ref: Option<Box<SecretEnvSource>> = "secretRef",
    }
    Lifecycle {
        post_start: Option<Box<LifecycleHandler>> = "postStart",
        pre_stop: Option<Box<LifecycleHandler>> = "preStop",
    }
    Probe {
        exec: Option<Box<ExecAction>> = "exec",
        failure_threshold: Option<i32> = "failureThreshold",
        grpc: Option<Box<GRPCAction>> = "grpc",
        http_get: Option<Box<HTTPGetAction>> = "httpGet",
        period_seconds: Option<i32> = "periodSeconds",
        tcp_socket: Option<Box<TCPSocketAction>> = "tcpSocket",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
    }
    ContainerPort {
        container_port: i32 = "containerPort",
        host_port: Option<i32> = "hostPort",
        name: Option<Text> = "name",
        protocol: Option<Text> = "protocol",
    }
    SecurityContext {
        capabilities: Option<Capabilities> = "capabilities",
        privileged: Option<bool> = "privileged",
        read_only_root_filesystem: Option<bool> = "readOnlyRootFilesystem",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        run_as_user: Option<i64> = "runAsUser",
    }
    VolumeDevice {
        name: Text = "name",
    }
    VolumeMount {
        mount_propagation: Option<Text> = "mountPropagation",
        mount_path: Text = "mountPath",
        name: Text = "name",
        read_only: Option<bool> = "readOnly",
        sub_path: Option<Text> = "subPath",
        sub_path_expr: Option<Text> = "subPathExpr",
    }
    ResourceClaim {
        name: Text = "name",
    }
    NodeSelector {
        node_selector_terms: List<NodeSelectorTerm> = "nodeSelectorTerms",
    }
    PreferredSchedulingTerm {
        weight: i32 = "weight",
    }
    WeightedPodAffinityTerm {
        pod_affinity_term: PodAffinityTerm = "podAffinityTerm",
        weight: i32 = "weight",
    }
    PodAffinityTerm {
        label_selector: Option<LabelSelector> = "labelSelector",
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        namespaces: Option<List<Text>> = "namespaces",
        topology_key: Text = "topologyKey",
    }
    EnvVarSource {
        config_map_key_ref: Option<Box<ConfigMapKeySelector>> = "configMapKeyRef",
        secret_key_ref: Option<Box<SecretKeySelector>> = "secretKeyRef",
    }
    ConfigMapEnvSource {
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    SecretEnvSource {
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    LifecycleHandler {
        exec: Option<Box<ExecAction>> = "exec",
        http_get: Option<Box<HTTPGetAction>> = "httpGet",
        sleep: Option<Box<SleepAction>> = "sleep",
        tcp_socket: Option<Box<TCPSocketAction>> = "tcpSocket",
    }
    ExecAction {
        command: Option<List<Text>> = "command",
    }
    GRPCAction {
        mode: Option<Text> = "mode",
        port: i32 = "port",
        service: Option<Text> = "service",
    }
    HTTPGetAction {
        host: Option<Text> = "host",
        http_headers: Option<List<HTTPHeader>> = "httpHeaders",
        path: Option<Text> = "path",
        port: IntOrString = "port",
        protocol: Option<Text> = "protocol",
        scheme: Option<Text> = "scheme",
    }
    TCPSocketAction {
        host: Option<Text> = "host",
        port: IntOrString = "port",
    }
    Capabilities {
        add: Option<List<Text>> = "add",
        drop: Option<List<Text>> = "drop",
    }
    NodeSelectorTerm {
        match_expressions: Option<List<NodeSelectorRequirement>> = "matchExpressions",
        match_fields: Option<List<NodeSelectorRequirement>> = "matchFields",
    }
    ConfigMapKeySelector {
        key: Text = "key",
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    SecretKeySelector {
        key: Text = "key",
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    SleepAction {
        seconds: i64 = "seconds",
    }
    NodeSelectorRequirement {
        key: Text = "key",
        operator: Text = "operator",
        values: Option<List<Text>> = "values",
    }

    HostAlias {
        hostnames: Option<List<Text>> = "hostnames",
        ip: Text = "ip",
    }

    PodOS {
        name: Text = "name",
    }

    HTTPHeader {
        name: Text = "name",
        value: Text = "value",
    }
}
