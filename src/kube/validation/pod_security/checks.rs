//! The checks, each as the version of Kubernetes that is asked for has it (`policy/check_*.go`). Their words are the
//! plugin's.

use std::collections::BTreeSet;

use super::super::field::Field;
use super::Level;

/// A Pod under judgement.
pub struct Pod<'a> {
    /// Its spec.
    pub spec: Field<'a>,
    /// Its annotations.
    pub annotations: Field<'a>,
    /// The minor version of the policy.
    pub version: u32,
}

/// A check that a Pod does not pass.
pub struct Violation<'a> {
    /// What is forbidden, in two or three words.
    pub reason: &'static str,
    /// Which values and containers.
    pub detail: String,
    /// What to underline: the first of them.
    pub at: Field<'a>,
}

type Check = for<'a> fn(&Pod<'a>) -> Option<Violation<'a>>;

/// Checks of both levels, in the plugin's order.
const BASELINE: [Check; 12] = [
    app_armor,
    capabilities,
    host_namespaces,
    host_path_volumes,
    host_ports,
    probe_hosts,
    privileged,
    proc_mount,
    se_linux_options,
    seccomp,
    sysctls,
    windows_host_process,
];

/// Those of the level `restricted` alone.
const RESTRICTED: [Check; 7] =
    [no_escalation, dropped_capabilities, default_proc_mount, volume_types, non_root, user, seccomp_required];

/// What a Pod violates. The stricter check of two about one thing stands for both.
pub fn violations<'a>(pod: &Pod<'a>, level: Level, is_pod: bool) -> Vec<Violation<'a>> {
    let is_restricted = level == Level::Restricted;
    let is_replaced = |index: usize| {
        is_restricted
            && match index {
                1 => pod.version >= 22,
                3 => true,
                7 => pod.version >= 35,
                9 => pod.version >= 19,
                _ => false,
            }
    };
    let mut found = Vec::new();
    for (index, check) in BASELINE.iter().enumerate().filter(|(index, _)| !is_replaced(*index)) {
        // On the node's network the server fills host ports in, for Pods but not for templates.
        let violation = if index == 4 && is_pod { host_ports_filled(pod) } else { check(pod) };
        found.extend(violation);
    }
    if is_restricted {
        found.extend(RESTRICTED.iter().filter_map(|check| check(pod)));
    }
    found
}

/// Containers, or what else sets a value, that do something forbidden.
struct Bad<'a> {
    names: Vec<&'a str>,
    at: Option<Field<'a>>,
}

impl<'a> Bad<'a> {
    fn none() -> Self {
        Self { names: Vec::new(), at: None }
    }

    fn add(&mut self, name: &'a str, at: Field<'a>) {
        self.names.push(name);
        self.at.get_or_insert(at);
    }

    /// `container "a"`, `containers "a", "b"`.
    fn containers(&self) -> String {
        format!("{} {}", plural("container", self.names.len()), quoted(&self.names))
    }

    fn violation(self, reason: &'static str, detail: impl FnOnce(&Self) -> String) -> Option<Violation<'a>> {
        let detail = detail(&self);
        self.at.map(|at| Violation { reason, detail, at })
    }
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("\"{}\"", item.as_ref())).collect();
    items.join(", ")
}

impl<'a> Pod<'a> {
    fn containers(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        super::super::pod::all_containers(self.spec).map(|container| (container.child("name").str(), container))
    }

    fn is_windows(&self) -> bool {
        self.spec.at(&["os", "name"]).str() == "windows"
    }

    fn has_own_users(&self) -> bool {
        self.spec.child("hostUsers").is_false()
    }

    /// The same field of the Pod's security context and of each container's: who sets what is forbidden.
    fn setters(
        &self,
        path: &[&'static str],
        is_bad: impl Fn(Field<'a>) -> bool,
    ) -> Option<(Vec<String>, Vec<Field<'a>>)> {
        let own = self.spec.child("securityContext").at(path);
        let mut bad: Vec<Field> = if is_bad(own) { vec![own] } else { Vec::new() };
        let mut setters: Vec<String> = bad.iter().map(|_| "pod".to_owned()).collect();
        let mut names = Vec::new();
        for (name, container) in self.containers() {
            let field = container.child("securityContext").at(path);
            if is_bad(field) {
                names.push(name);
                bad.push(field);
            }
        }
        if !names.is_empty() {
            setters.push(format!("{} {}", plural("container", names.len()), quoted(&names)));
        }
        (!bad.is_empty()).then_some((setters, bad))
    }
}

fn texts<'a>(fields: &[Field<'a>]) -> BTreeSet<&'a str> {
    fields.iter().map(|field| field.str()).collect()
}

fn app_armor<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

fn capabilities<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    const ALLOWED: [&str; 13] = [
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
    let (bad, forbidden) = added(pod, &ALLOWED);
    bad.violation("non-default capabilities", |bad| added_detail(bad, &forbidden))
}

/// Containers that add other capabilities than these.
fn added<'a>(pod: &Pod<'a>, allowed: &[&str]) -> (Bad<'a>, BTreeSet<&'a str>) {
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

fn added_detail(bad: &Bad, forbidden: &BTreeSet<&str>) -> String {
    format!("{} must not include {} in securityContext.capabilities.add", bad.containers(), quoted(forbidden))
}

fn host_namespaces<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let shared = ["hostNetwork", "hostPID", "hostIPC"].map(|name| (name, pod.spec.child(name)));
    let shared: Vec<_> = shared.into_iter().filter(|(_, field)| field.is_true()).collect();
    let detail = shared.iter().map(|(name, _)| format!("{name}=true")).collect::<Vec<_>>().join(", ");
    shared.first().map(|(_, at)| Violation { reason: "host namespaces", detail, at: *at })
}

fn host_path_volumes<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let mut bad = Bad::none();
    for volume in pod.spec.child("volumes").items().filter(|volume| volume.child("hostPath").is_set()) {
        bad.add(volume.child("name").str(), volume.child("hostPath"));
    }
    bad.violation("hostPath volumes", |bad| format!("{} {}", plural("volume", bad.names.len()), quoted(&bad.names)))
}

fn host_ports<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    ports_of_host(pod, false)
}

fn host_ports_filled<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    ports_of_host(pod, pod.spec.child("hostNetwork").is_true())
}

fn ports_of_host<'a>(pod: &Pod<'a>, is_filled: bool) -> Option<Violation<'a>> {
    let (mut bad, mut numbers) = (Bad::none(), BTreeSet::new());
    for (name, container) in pod.containers() {
        let mut first = None;
        for port in container.child("ports").items() {
            let host = port.child("hostPort");
            let number = if is_filled { host.int_or(port.child("containerPort").int()) } else { host.int() };
            if number != 0 {
                numbers.insert(number.to_string());
                first.get_or_insert(if host.is_set() { host } else { port.child("containerPort") });
            }
        }
        if let Some(at) = first {
            bad.add(name, at);
        }
    }
    bad.violation("hostPort", |bad| {
        let uses = if bad.names.len() == 1 { "uses" } else { "use" };
        let numbers_text = numbers.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("{} {uses} {} {numbers_text}", bad.containers(), plural("hostPort", numbers.len()))
    })
}

fn probe_hosts<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 34 {
        return None;
    }
    let (mut names, mut hosts, mut at) = (BTreeSet::new(), BTreeSet::new(), None);
    for (name, container) in pod.containers() {
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(|probe| container.child(probe));
        let hooks = ["postStart", "preStop"].map(|hook| container.at(&["lifecycle", hook]));
        for handler in probes.into_iter().chain(hooks) {
            for host in ["httpGet", "tcpSocket"].map(|action| handler.at(&[action, "host"])) {
                if !host.is_empty() {
                    names.insert(name);
                    hosts.insert(host.str());
                    at.get_or_insert(host);
                }
            }
        }
    }
    let uses = if names.len() == 1 { "uses" } else { "use" };
    let who = format!("{} {} {uses}", plural("container", names.len()), quoted(&names));
    let detail = format!("{who} {} {}", plural("probe or lifecycle host", hosts.len()), quoted(&hosts));
    at.map(|at| Violation { reason: "probe or lifecycle host", detail, at })
}

fn privileged<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let mut bad = Bad::none();
    for (name, container) in pod.containers() {
        let field = container.at(&["securityContext", "privileged"]);
        if field.is_true() {
            bad.add(name, field);
        }
    }
    bad.violation("privileged", |bad| format!("{} must not set securityContext.privileged=true", bad.containers()))
}

fn proc_mount<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version >= 35 && pod.has_own_users() { None } else { masked_proc(pod) }
}

fn default_proc_mount<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

fn se_linux_options<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

fn seccomp<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

fn is_seccomp(profile: Field) -> bool {
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

fn sysctls<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

fn windows_host_process<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let (setters, fields) = pod.setters(&["windowsOptions", "hostProcess"], Field::is_true)?;
    let detail = format!("{} must not set securityContext.windowsOptions.hostProcess=true", setters.join(" and "));
    fields.first().map(|at| Violation { reason: "hostProcess", detail, at: *at })
}

fn no_escalation<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 8 || pod.version >= 25 && pod.is_windows() {
        return None;
    }
    let mut bad = Bad::none();
    for (name, container) in pod.containers() {
        let field = container.at(&["securityContext", "allowPrivilegeEscalation"]);
        if !field.is_false() {
            bad.add(name, if field.is_set() { field } else { container.child("name") });
        }
    }
    bad.violation("allowPrivilegeEscalation != false", |bad| {
        format!("{} must set securityContext.allowPrivilegeEscalation=false", bad.containers())
    })
}

fn dropped_capabilities<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 22 || pod.version >= 25 && pod.is_windows() {
        return None;
    }
    let mut missing = Bad::none();
    for (name, container) in pod.containers() {
        let drop = container.at(&["securityContext", "capabilities", "drop"]);
        if !drop.items().any(|one| one.str() == "ALL") {
            missing.add(name, if drop.is_set() { drop } else { container.child("name") });
        }
    }
    let (adding, forbidden) = added(pod, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if missing.at.is_some() {
        details.push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", missing.containers()));
    }
    if adding.at.is_some() {
        details.push(added_detail(&adding, &forbidden));
    }
    let at = missing.at.or(adding.at)?;
    Some(Violation { reason: "unrestricted capabilities", detail: details.join("; "), at })
}

fn volume_types<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let forbidden = super::super::pod::restricted_volume;
    let (mut bad, mut types) = (Bad::none(), BTreeSet::new());
    for volume in pod.spec.child("volumes").items() {
        if let Some(kind) = forbidden(volume) {
            types.insert(kind);
            bad.add(volume.child("name").str(), volume.child(kind));
        }
    }
    bad.violation("restricted volume types", |bad| {
        let uses = if bad.names.len() == 1 { "uses" } else { "use" };
        let volumes = format!("{} {}", plural("volume", bad.names.len()), quoted(&bad.names));
        format!("{volumes} {uses} {} {}", plural("restricted volume type", types.len()), quoted(&types))
    })
}

fn non_root<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version >= 35 && pod.has_own_users() {
        return None;
    }
    let reason = "runAsNonRoot != true";
    if let Some((setters, fields)) = pod.setters(&["runAsNonRoot"], Field::is_false) {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", setters.join(" and "));
        return fields.first().map(|at| Violation { reason, detail, at: *at });
    }
    let of_pod = pod.spec.at(&["securityContext", "runAsNonRoot"]);
    unset(pod, of_pod.is_true(), "runAsNonRoot")
        .violation(reason, |bad| format!("pod or {} must set securityContext.runAsNonRoot=true", bad.containers()))
}

/// Containers without a field that the Pod does not set for them.
fn unset<'a>(pod: &Pod<'a>, is_set_for_all: bool, field: &'static str) -> Bad<'a> {
    let mut bad = Bad::none();
    for (name, container) in pod.containers().filter(|_| !is_set_for_all) {
        if !container.child("securityContext").child(field).is_set() {
            bad.add(name, container.child("name"));
        }
    }
    bad
}

fn user<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 23 || pod.version >= 35 && pod.has_own_users() {
        return None;
    }
    let (setters, fields) = pod.setters(&["runAsUser"], |field| field.opt_int() == Some(0))?;
    let detail = format!("{} must not set runAsUser=0", setters.join(" and "));
    fields.first().map(|at| Violation { reason: "runAsUser=0", detail, at: *at })
}

fn seccomp_required<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 19 || pod.version >= 25 && pod.is_windows() {
        return None;
    }
    // What is set to a forbidden value is said first, as without this check.
    if let Some(violation) = seccomp(pod) {
        return Some(violation);
    }
    let of_pod = pod.spec.at(&["securityContext", "seccompProfile"]);
    unset(pod, of_pod.is_set() && is_seccomp(of_pod), "seccompProfile").violation("seccompProfile", |bad| {
        let who = bad.containers();
        format!("pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
    })
}
