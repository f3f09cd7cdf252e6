//! Pods and their containers.

use super::{IntOrString, LabelSelector, Map, ObjectMeta, Quantity, Volume, types};

types! {
    PodSpec {
        subdomain: Option<String> = "subdomain",
        priority_class_name: Option<String> = "priorityClassName",
        os: Option<PodOS> = "os",
        hostname: Option<String> = "hostname",
        host_users: Option<bool> = "hostUsers",
        host_aliases: Option<Vec<HostAlias>> = "hostAliases",
        affinity: Option<Box<Affinity>> = "affinity",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        containers: Vec<Container> = "containers",
        host_ipc: Option<bool> = "hostIPC",
        host_network: Option<bool> = "hostNetwork",
        host_pid: Option<bool> = "hostPID",
        init_containers: Option<Vec<Container>> = "initContainers",
        node_name: Option<String> = "nodeName",
        node_selector: Option<Map<String>> = "nodeSelector",
        resources: Option<ResourceRequirements> = "resources",
        restart_policy: Option<String> = "restartPolicy",
        security_context: Option<PodSecurityContext> = "securityContext",
        service_account: Option<String> = "serviceAccount",
        service_account_name: Option<String> = "serviceAccountName",
        share_process_namespace: Option<bool> = "shareProcessNamespace",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        tolerations: Option<Vec<Toleration>> = "tolerations",
        topology_spread_constraints: Option<Vec<TopologySpreadConstraint>> = "topologySpreadConstraints",
        volumes: Option<Vec<Volume>> = "volumes",
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
        args: Option<Vec<String>> = "args",
        command: Option<Vec<String>> = "command",
        env: Option<Vec<EnvVar>> = "env",
        env_from: Option<Vec<EnvFromSource>> = "envFrom",
        image: Option<String> = "image",
        lifecycle: Option<Box<Lifecycle>> = "lifecycle",
        liveness_probe: Option<Box<Probe>> = "livenessProbe",
        name: String = "name",
        ports: Option<Vec<ContainerPort>> = "ports",
        readiness_probe: Option<Box<Probe>> = "readinessProbe",
        resources: Option<ResourceRequirements> = "resources",
        restart_policy: Option<String> = "restartPolicy",
        security_context: Option<SecurityContext> = "securityContext",
        startup_probe: Option<Box<Probe>> = "startupProbe",
        stdin: Option<bool> = "stdin",
        volume_devices: Option<Vec<VolumeDevice>> = "volumeDevices",
        volume_mounts: Option<Vec<VolumeMount>> = "volumeMounts",
        working_dir: Option<String> = "workingDir",
    }
    ResourceRequirements {
        claims: Option<Vec<ResourceClaim>> = "claims",
        limits: Option<Map<Quantity>> = "limits",
        requests: Option<Map<Quantity>> = "requests",
    }
    PodSecurityContext {
        run_as_non_root: Option<bool> = "runAsNonRoot",
        run_as_user: Option<i64> = "runAsUser",
    }
    Toleration {
        effect: Option<String> = "effect",
        key: Option<String> = "key",
        operator: Option<String> = "operator",
        value: Option<String> = "value",
    }
    TopologySpreadConstraint {
        label_selector: Option<LabelSelector> = "labelSelector",
        topology_key: String = "topologyKey",
    }
    NodeAffinity {
        preferred_during_scheduling_ignored_during_execution: Option<Vec<PreferredSchedulingTerm>> = "preferredDuringSchedulingIgnoredDuringExecution",
        required_during_scheduling_ignored_during_execution: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
    }
    PodAffinity {
        preferred_during_scheduling_ignored_during_execution: Option<Vec<WeightedPodAffinityTerm>> = "preferredDuringSchedulingIgnoredDuringExecution",
        required_during_scheduling_ignored_during_execution: Option<Vec<PodAffinityTerm>> = "requiredDuringSchedulingIgnoredDuringExecution",
    }
    PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: Option<Vec<WeightedPodAffinityTerm>> = "preferredDuringSchedulingIgnoredDuringExecution",
        required_during_scheduling_ignored_during_execution: Option<Vec<PodAffinityTerm>> = "requiredDuringSchedulingIgnoredDuringExecution",
    }
    EnvVar {
        name: String = "name",
        value: Option<String> = "value",
        value_from: Option<Box<EnvVarSource>> = "valueFrom",
    }
    EnvFromSource {
        config_map_ref: Option<Box<ConfigMapEnvSource>> = "configMapRef",
        prefix: Option<String> = "prefix",
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
        name: Option<String> = "name",
        protocol: Option<String> = "protocol",
    }
    SecurityContext {
        capabilities: Option<Capabilities> = "capabilities",
        privileged: Option<bool> = "privileged",
        read_only_root_filesystem: Option<bool> = "readOnlyRootFilesystem",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        run_as_user: Option<i64> = "runAsUser",
    }
    VolumeDevice {
        name: String = "name",
    }
    VolumeMount {
        mount_propagation: Option<String> = "mountPropagation",
        mount_path: String = "mountPath",
        name: String = "name",
        read_only: Option<bool> = "readOnly",
        sub_path: Option<String> = "subPath",
        sub_path_expr: Option<String> = "subPathExpr",
    }
    ResourceClaim {
        name: String = "name",
    }
    NodeSelector {
        node_selector_terms: Vec<NodeSelectorTerm> = "nodeSelectorTerms",
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
        namespaces: Option<Vec<String>> = "namespaces",
        topology_key: String = "topologyKey",
    }
    EnvVarSource {
        config_map_key_ref: Option<Box<ConfigMapKeySelector>> = "configMapKeyRef",
        secret_key_ref: Option<Box<SecretKeySelector>> = "secretKeyRef",
    }
    ConfigMapEnvSource {
        name: String = "name",
        optional: Option<bool> = "optional",
    }
    SecretEnvSource {
        name: String = "name",
        optional: Option<bool> = "optional",
    }
    LifecycleHandler {
        exec: Option<Box<ExecAction>> = "exec",
        http_get: Option<Box<HTTPGetAction>> = "httpGet",
        sleep: Option<Box<SleepAction>> = "sleep",
        tcp_socket: Option<Box<TCPSocketAction>> = "tcpSocket",
    }
    ExecAction {
        command: Option<Vec<String>> = "command",
    }
    GRPCAction {
        mode: Option<String> = "mode",
        port: i32 = "port",
        service: Option<String> = "service",
    }
    HTTPGetAction {
        host: Option<String> = "host",
        http_headers: Option<Vec<HTTPHeader>> = "httpHeaders",
        path: Option<String> = "path",
        port: IntOrString = "port",
        protocol: Option<String> = "protocol",
        scheme: Option<String> = "scheme",
    }
    TCPSocketAction {
        host: Option<String> = "host",
        port: IntOrString = "port",
    }
    Capabilities {
        add: Option<Vec<String>> = "add",
        drop: Option<Vec<String>> = "drop",
    }
    NodeSelectorTerm {
        match_expressions: Option<Vec<NodeSelectorRequirement>> = "matchExpressions",
        match_fields: Option<Vec<NodeSelectorRequirement>> = "matchFields",
    }
    ConfigMapKeySelector {
        key: String = "key",
        name: String = "name",
        optional: Option<bool> = "optional",
    }
    SecretKeySelector {
        key: String = "key",
        name: String = "name",
        optional: Option<bool> = "optional",
    }
    SleepAction {
        seconds: i64 = "seconds",
    }
    NodeSelectorRequirement {
        key: String = "key",
        operator: String = "operator",
        values: Option<Vec<String>> = "values",
    }

    HostAlias {
        hostnames: Option<Vec<String>> = "hostnames",
        ip: String = "ip",
    }

    PodOS {
        name: String = "name",
    }

    HTTPHeader {
        name: String = "name",
        value: String = "value",
    }
}
