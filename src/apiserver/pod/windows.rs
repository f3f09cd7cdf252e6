//! Operating systems: `validateOS`, `validateLinux`, `validateWindows` and the options of Windows.

use super::super::field::Field;
use super::super::formats;
use super::all_containers;

/// What only Linux has, of the whole Pod.
const LINUX_POD_FIELDS: [&str; 13] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
    "hostUsers",
    "shareProcessNamespace",
];

/// What only Linux has, of a container.
const LINUX_CONTAINER_FIELDS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// The declared operating system and the fields that it excludes.
pub fn os(spec: Field) {
    let os = spec.child("os");
    if !os.is_set() {
        return;
    }
    let context = spec.child("securityContext");
    match os.child("name").str() {
        "" => os.child("name").required(""),
        "linux" => {
            for context in all_containers(spec).map(|container| container.child("securityContext")).chain([context]) {
                if context.child("windowsOptions").is_set() {
                    context.child("windowsOptions").forbidden("cannot be set for a Linux Pod");
                }
            }
        }
        "windows" => {
            for name in LINUX_POD_FIELDS {
                let field = match name {
                    "hostUsers" | "shareProcessNamespace" => spec.child(name),
                    _ => context.child(name),
                };
                if field.is_set() {
                    field.forbidden("cannot be set for a Windows Pod");
                }
            }
            for name in ["hostPID", "hostIPC"] {
                if spec.child(name).is_true() {
                    spec.child(name).forbidden("cannot be set for a Windows Pod");
                }
            }
            for context in all_containers(spec).map(|container| container.child("securityContext")) {
                for name in LINUX_CONTAINER_FIELDS {
                    if context.child(name).is_set() {
                        context.child(name).forbidden("cannot be set for a Windows Pod");
                    }
                }
            }
        }
        other => os.not_supported(other, &["linux", "windows"]),
    }
}

/// `validateWindowsHostProcessPod`
pub fn host_process(spec: Field) {
    let pod = host_process_field(spec);
    let containers: Vec<Field> = all_containers(spec).map(host_process_field).collect();
    for own in &containers {
        if pod.is_set() && own.is_set() && pod.is_true() != own.is_true() {
            own.invalid("differs from the Pod's");
        }
    }
    let on_host = |own: &Field| if own.is_set() { own.is_true() } else { pod.is_true() };
    if containers.iter().any(on_host) {
        if !containers.iter().all(on_host) {
            spec.invalid("mixes host process containers with others");
        }
        if !spec.child("hostNetwork").is_true() {
            spec.child("hostNetwork").invalid("must be true for host process containers");
        }
    }
}

/// The field `hostProcess` of a Pod or a container.
fn host_process_field(owner: Field) -> Field {
    owner.at(&["securityContext", "windowsOptions", "hostProcess"])
}

/// `validateWindowsSecurityContextOptions`
pub fn options(options: Field) {
    let (name, credentials) = (options.child("gmsaCredentialSpecName"), options.child("gmsaCredentialSpec"));
    if name.is_set() {
        name.check(formats::dns_subdomain);
    }
    if credentials.is_set() && (credentials.is_empty() || credentials.str().len() > 64 * 1024) {
        credentials.invalid("must have 1 to 65536 bytes");
    }
    let user = options.child("runAsUserName");
    if user.is_set()
        && let Some(rule) = user_name(user.str())
    {
        user.invalid(rule);
    }
}

/// `DOMAIN\user` or `user`.
fn user_name(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("is empty");
    }
    if text.chars().any(|c| c.is_ascii_control()) {
        return Some("has a control character");
    }
    let (domain, user) = text.split_once('\\').map_or((None, text), |(domain, user)| (Some(domain), user));
    if user.contains('\\') {
        return Some("has more than one backslash");
    }
    if domain.is_some_and(|domain| domain.len() >= 256 || !is_domain(domain)) {
        return Some("has neither a NetBIOS nor a DNS name before the backslash");
    }
    if user.is_empty() || user.len() > 104 {
        return Some("has a user of 0 or more than 104 characters");
    }
    (user.chars().all(|c| matches!(c, '.' | ' ')) || user.contains(|c| r#""/\:;|=,+*?<>@[]"#.contains(c)))
        .then_some("has a user with characters that Windows refuses")
}

fn is_domain(domain: &str) -> bool {
    let forbidden = |c: char| r#"\/:*?"<>|"#.contains(c);
    let count = domain.chars().count();
    let net_bios = (1..=15).contains(&count) && !domain.contains(forbidden) && !domain.starts_with('.');
    net_bios || formats::dns_subdomain_caseless(domain).is_none()
}
