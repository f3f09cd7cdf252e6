//! Known images: one line each. What an image is called says what runs in it, unless its command says
//! otherwise.

use super::{Role, Task};

/// An image that we know, by the end of its name.
#[derive(Debug)]
pub(super) struct Image {
    /// The end of the repository: `fluent-bit` of `cr.fluentbit.io/fluent/fluent-bit:3.2`; more of it where
    /// that alone says too little.
    pub name: &'static str,
    /// What it is for beside another container.
    pub role: Role,
    /// The programs that are its daemon; the first is what the image starts.
    pub programs: &'static [&'static str],
    /// Whether the image starts a script that runs its first argument if that is a program.
    pub runs_arguments: bool,
}

const fn image(name: &'static str, role: Role, programs: &'static [&'static str]) -> Image {
    Image { name, role, programs, runs_arguments: false }
}

/// An image whose entry point is a script in the manner of Docker's official images.
const fn official(name: &'static str, role: Role, programs: &'static [&'static str]) -> Image {
    Image { name, role, programs, runs_arguments: true }
}

use Role::{Adapter, Ambassador, MeshProxy, Server, Sidecar};
use Task::{Auth, Config, Git, Logs, Secrets, Telemetry, Tls, Web};

const IMAGES: &[Image] = &[
    image("fluent-bit", Sidecar(Logs), &["fluent-bit"]),
    image("aws-for-fluent-bit", Sidecar(Logs), &["fluent-bit"]),
    official("fluentd", Sidecar(Logs), &["fluentd"]),
    official("fluentd-kubernetes-daemonset", Sidecar(Logs), &["fluentd"]),
    official("filebeat", Sidecar(Logs), &["filebeat"]),
    image("promtail", Sidecar(Logs), &["promtail"]),
    image("vector", Sidecar(Logs), &["vector"]),
    image("cloudwatch-agent", Sidecar(Telemetry), &["start-amazon-cloudwatch-agent"]),
    official("telegraf", Sidecar(Telemetry), &["telegraf"]),
    image("alloy", Sidecar(Telemetry), &["alloy"]),
    image("vmagent", Sidecar(Telemetry), &["vmagent"]),
    image("opentelemetry-collector", Sidecar(Telemetry), &["otelcol"]),
    image("opentelemetry-collector-contrib", Sidecar(Telemetry), &["otelcol-contrib"]),
    image("opentelemetry-collector-k8s", Sidecar(Telemetry), &["otelcol-k8s"]),
    image("aws-otel-collector", Sidecar(Telemetry), &["awscollector"]),
    image("jaeger-agent", Sidecar(Telemetry), &["agent-linux", "jaeger-agent"]),
    image("grafana/agent", Sidecar(Telemetry), &["grafana-agent"]),
    image("datadog/agent", Sidecar(Telemetry), &["datadog-agent"]),
    image("datadoghq/agent", Sidecar(Telemetry), &["datadog-agent"]),
    image("aws-xray-daemon", Sidecar(Telemetry), &["xray"]),
    image("ghostunnel", Sidecar(Tls), &["ghostunnel"]),
    image("stunnel", Sidecar(Tls), &["stunnel"]),
    image("hitch", Sidecar(Tls), &["hitch"]),
    image("oauth2-proxy", Sidecar(Auth), &["oauth2-proxy"]),
    image("kube-rbac-proxy", Sidecar(Auth), &["kube-rbac-proxy"]),
    image("origin-oauth-proxy", Sidecar(Auth), &["oauth-proxy"]),
    image("git-sync", Sidecar(Git), &["git-sync"]),
    image("k8s-sidecar", Sidecar(Config), &["sidecar.py"]),
    image("configmap-reload", Sidecar(Config), &["configmap-reload"]),
    image("prometheus-config-reloader", Sidecar(Config), &["prometheus-config-reloader"]),
    image("vault", Sidecar(Secrets), &["vault"]),
    image("consul-template", Sidecar(Config), &["consul-template"]),
    image("cloud-sql-proxy", Ambassador, &["cloud-sql-proxy", "cloud_sql_proxy"]),
    image("gce-proxy", Ambassador, &["cloud_sql_proxy"]),
    image("alloydb-auth-proxy", Ambassador, &["alloydb-auth-proxy"]),
    official("envoy", Ambassador, &["envoy"]),
    official("envoy-distroless", Ambassador, &["envoy"]),
    official("haproxy", Ambassador, &["haproxy"]),
    image("twemproxy", Ambassador, &["nutcracker"]),
    image("mcrouter", Ambassador, &["mcrouter"]),
    image("pgbouncer", Ambassador, &["pgbouncer"]),
    official("proxysql", Ambassador, &["proxysql"]),
    image("tailscale", Ambassador, &["containerboot", "tailscaled"]),
    image("linkerd/proxy", MeshProxy, &["linkerd2-proxy", "linkerd2-proxy-identity"]),
    image("consul-dataplane", MeshProxy, &["consul-dataplane"]),
    image("proxyv2", MeshProxy, &["pilot-agent"]),
    image("daprd", MeshProxy, &["daprd"]),
    image("kuma-dp", MeshProxy, &["kuma-dp"]),
    image("statsd-exporter", Adapter, &["statsd_exporter"]),
    image("redis_exporter", Adapter, &["redis_exporter"]),
    image("memcached-exporter", Adapter, &["memcached_exporter"]),
    image("mysqld-exporter", Adapter, &["mysqld_exporter"]),
    image("postgres-exporter", Adapter, &["postgres_exporter"]),
    image("blackbox-exporter", Adapter, &["blackbox_exporter"]),
    image("nginx-prometheus-exporter", Adapter, &["nginx-prometheus-exporter"]),
    image("jmx-exporter", Adapter, &["jmx_exporter"]),
    official("nginx", Sidecar(Web), &["nginx"]),
    official("nginx-unprivileged", Sidecar(Web), &["nginx"]),
    official("httpd", Sidecar(Web), &["httpd-foreground", "httpd"]),
    official("caddy", Sidecar(Web), &["caddy"]),
    official("redis", Server, &["redis-server"]),
    official("valkey", Server, &["valkey-server"]),
    official("memcached", Server, &["memcached"]),
    official("postgres", Server, &["postgres"]),
    official("mysql", Server, &["mysqld"]),
    official("mariadb", Server, &["mariadbd", "mysqld"]),
    official("mongo", Server, &["mongod"]),
    image("docker", Server, &["dockerd"]),
    official("rabbitmq", Server, &["rabbitmq-server"]),
];

/// The image that a reference names: `registry/repository:tag@digest`.
pub(super) fn find(reference: &str) -> Option<&'static Image> {
    let name = reference.split('@').next().unwrap_or(reference);
    let folder = name.rfind('/').map_or(0, |slash| slash + 1);
    let (repository, tag) = match name[folder..].find(':') {
        Some(colon) => (&name[..folder + colon], &name[folder + colon + 1..]),
        None => (name, ""),
    };
    let is_named = |image: &&Image| {
        let rest = repository.strip_suffix(image.name);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    // `docker` is the client, unless the tag says that it is the engine.
    IMAGES.iter().find(is_named).filter(|image| image.name != "docker" || tag.contains("dind"))
}

/// The image whose daemon is this program.
pub(super) fn find_program(name: &str) -> Option<&'static Image> {
    IMAGES.iter().find(|image| image.programs.contains(&name))
}
