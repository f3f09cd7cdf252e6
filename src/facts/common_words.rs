//! Words that programs of many projects are called by.

/// Names that say nothing without their image.
pub(super) fn is_common_word(binary: &str) -> bool {
    matches!(
        binary,
        "server"
            | "controller"
            | "webhook"
            | "sidecar"
            | "agent"
            | "monitor"
            | "start.sh"
            | "elector"
            | "authenticator"
            | "entrypoint.sh"
            | "run.sh"
            | "app"
            | "main"
            | "manager"
            | "proxy"
            | "bash"
            | "sh"
    )
}

/// Words that programs of many projects are named with: `source-controller`, `collector-linux`, `syncer`.
pub(super) const PLAIN: [&str; 40] = [
    "agent",
    "api",
    "automation",
    "backup",
    "cloud",
    "collector",
    "connect",
    "controller",
    "driver",
    "elector",
    "event",
    "exporter",
    "helm",
    "http",
    "image",
    "init",
    "leader",
    "linux",
    "manager",
    "metrics",
    "migrate",
    "notification",
    "process",
    "provider",
    "proxy",
    "query",
    "reflector",
    "registrar",
    "registry",
    "secrets",
    "serve",
    "server",
    "sidecar",
    "snapshot",
    "source",
    "standalone",
    "sync",
    "syncer",
    "wait",
    "watch",
];
