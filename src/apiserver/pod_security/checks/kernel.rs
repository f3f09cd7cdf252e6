//! Checks of what the kernel lets a container do.

use std::collections::BTreeSet;

use super::{Bad, Pod, Violation, plural, quoted, texts};
use crate::apiserver::field::Field;

/// What containers have by default, which the level `baseline` lets them add.
pub const DEFAULT_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

pub(super) fn app_armor<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let bad =
        |profile: Field| profile.is_set() && !matches!(profile.child("type").str(), "RuntimeDefault" | "Localhost");
    let (mut setters, fields) = pod.setters(&["appArmorProfile"], bad).unwrap_or_default();
    let mut values: Vec<String> = texts(&fields.iter().map(|field| field.child("type")).collect::<Vec<_>>())
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut at = fields.first().copied();
    let mut annotations = BTreeSet::new();
    for (key, value) in pod.annotations.entries() {
        let is_allowed = matches!(value.str(), "" | "runtime/default") || value.str().starts_with("localhost/");
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !is_allowed {
            annotations.insert(format!("{key}=\"{}\"", value.str()));
            at.get_or_insert(value);
        }
    }
    if !annotations.is_empty() {
        setters.push(plural("annotation", annotations.len()));
        values.extend(annotations);
    }
    let reason = if values.len() == 1 { "forbidden AppArmor profile" } else { "forbidden AppArmor profiles" };
    let detail = format!("{} must not set AppArmor profile type to {}", setters.join(" and "), quoted(&values));
    at.map(|at| Violation { reason, detail, at })
}

pub(super) fn capabilities<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let (bad, forbidden) = added(pod, &DEFAULT_CAPABILITIES);
    bad.violation("non-default capabilities", |bad| added_detail(bad, &forbidden))
}

/// Containers that add other capabilities than these.
pub(super) fn added<'a>(pod: &Pod<'a>, allowed: &[&str]) -> (Bad<'a>, BTreeSet<&'a str>) {
    let (mut bad, mut forbidden) = (Bad::none(), BTreeSet::new());
    for (name, container) in pod.containers() {
        let add = container.at(&["securityContext", "capabilities", "add"]);
        let others: Vec<Field> = add.items().filter(|one| !allowed.contains(&one.str())).collect();
        if let Some(first) = others.first() {
            bad.add(name, *first);
            forbidden.extend(texts(&others));
        }
    }
    (bad, forbidden)
}

pub(super) fn added_detail(bad: &Bad, forbidden: &BTreeSet<&str>) -> String {
    format!("{} must not include {} in securityContext.capabilities.add", bad.containers(), quoted(forbidden))
}

pub(super) fn proc_mount<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version >= 35 && pod.has_own_users() { None } else { masked_proc(pod) }
}

pub(super) fn default_proc_mount<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version >= 35 { masked_proc(pod) } else { None }
}

fn masked_proc<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let (mut bad, mut kinds) = (Bad::none(), BTreeSet::new());
    for (name, container) in pod.containers() {
        let mount = container.at(&["securityContext", "procMount"]);
        if mount.is_set() && mount.str() != "Default" {
            kinds.insert(mount.str());
            bad.add(name, mount);
        }
    }
    bad.violation("procMount", |bad| {
        format!("{} must not set securityContext.procMount to {}", bad.containers(), quoted(&kinds))
    })
}

pub(super) fn se_linux_options<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let is_engine_allowed = pod.version >= 31;
    let is_type_allowed = |kind: &str| {
        matches!(kind, "" | "container_t" | "container_init_t" | "container_kvm_t")
            || is_engine_allowed && kind == "container_engine_t"
    };
    let bad = |options: Field| {
        let set = |name| !options.child(name).is_empty();
        options.is_set() && (!is_type_allowed(options.child("type").str()) || set("user") || set("role"))
    };
    let (setters, fields) = pod.setters(&["seLinuxOptions"], bad)?;
    let types: BTreeSet<&str> =
        fields.iter().map(|options| options.child("type").str()).filter(|kind| !is_type_allowed(kind)).collect();
    let mut data = Vec::new();
    if !types.is_empty() {
        data.push(format!("{} {}", plural("type", types.len()), quoted(&types)));
    }
    for name in ["user", "role"] {
        if fields.iter().any(|options| !options.child(name).is_empty()) {
            data.push(format!("{name} may not be set"));
        }
    }
    let detail = format!("{} set forbidden securityContext.seLinuxOptions: {}", setters.join(" and "), data.join("; "));
    fields.first().map(|at| Violation { reason: "seLinuxOptions", detail, at: *at })
}

pub(super) fn seccomp<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 19 {
        return seccomp_annotations(pod);
    }
    let bad = |profile: Field| profile.is_set() && !is_seccomp(profile);
    let (setters, fields) = pod.setters(&["seccompProfile"], bad)?;
    let types: Vec<Field> = fields.iter().map(|profile| profile.child("type")).collect();
    let detail = format!(
        "{} must not set securityContext.seccompProfile.type to {}",
        setters.join(" and "),
        quoted(texts(&types))
    );
    types.first().map(|at| Violation { reason: "seccompProfile", detail, at: *at })
}

pub(super) fn is_seccomp(profile: Field) -> bool {
    matches!(profile.child("type").str(), "RuntimeDefault" | "Localhost")
}

fn seccomp_annotations<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let prefix = "container.seccomp.security.alpha.kubernetes.io/";
    let keys = pod.containers().map(|(name, _)| format!("{prefix}{name}"));
    let (mut forbidden, mut at) = (BTreeSet::new(), None);
    for key in std::iter::once("seccomp.security.alpha.kubernetes.io/pod".to_owned()).chain(keys) {
        let Some(value) = pod.annotations.lookup(&key) else { continue };
        let text = value.str();
        if !matches!(text, "runtime/default" | "docker/default") && !text.starts_with("localhost/") {
            forbidden.insert(format!("{key}=\"{text}\""));
            at.get_or_insert(value);
        }
    }
    let list = forbidden.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let detail = format!("forbidden {} {list}", plural("annotation", forbidden.len()));
    at.map(|at| Violation { reason: "seccompProfile", detail, at })
}

pub(super) fn sysctls<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    const SAFE: [(&str, u32); 14] = [
        ("kernel.shm_rmid_forced", 0),
        ("net.ipv4.ip_local_port_range", 0),
        ("net.ipv4.tcp_syncookies", 0),
        ("net.ipv4.ping_group_range", 0),
        ("net.ipv4.ip_unprivileged_port_start", 0),
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_keepalive_intvl", 29),
        ("net.ipv4.tcp_keepalive_probes", 29),
        ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_wmem", 32),
        ("net.ipv4.tcp_slow_start_after_idle", 37),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ];
    let is_safe = |name: &str| SAFE.iter().any(|(safe, since)| *safe == name && pod.version >= *since);
    let names = pod.spec.at(&["securityContext", "sysctls"]);
    let forbidden: Vec<Field> =
        names.items().map(|sysctl| sysctl.child("name")).filter(|name| !is_safe(name.str())).collect();
    let detail = forbidden.iter().map(|name| name.str()).collect::<Vec<_>>().join(", ");
    forbidden.first().map(|at| Violation { reason: "forbidden sysctls", detail, at: *at })
}
