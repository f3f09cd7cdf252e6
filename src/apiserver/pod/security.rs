//! Security contexts and the annotations that came before them: `ValidateSecurityContext`,
//! `validatePodSpecSecurityContext`, `ValidatePodSpecificAnnotations`.

use super::super::field::Field;
use super::super::formats;
use super::{all_containers, paths, windows};
use crate::kube::FastSet;
use crate::kube::versions::Change;

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// `validatePodSpecSecurityContext`
pub fn pod_security_context(spec: Field) {
    let context = spec.child("securityContext");
    ids(context, &["fsGroup", "runAsUser", "runAsGroup"]);
    for group in context.child("supplementalGroups").items() {
        group.in_range(0, i64::from(i32::MAX));
    }
    let share = spec.child("shareProcessNamespace");
    if share.is_true() && spec.child("hostPID").is_true() {
        share.called(context, "shareProcessNamespace").invalid("excludes `hostPID: true`");
    }
    sysctls(context.child("sysctls"), spec);
    for (field, values) in
        [("fsGroupChangePolicy", ["OnRootMismatch", "Always"]), ("supplementalGroupsPolicy", ["Merge", "Strict"])]
    {
        let policy = context.child(field);
        if policy.is_set() {
            policy.one_of(policy.str(), &values);
        }
    }
    let policy = context.child("seLinuxChangePolicy");
    if policy.is_set() {
        let both = policy.has_change(Change::SeLinuxMountOption);
        policy.one_of(policy.str(), if both { &["MountOption", "Recursive"][..] } else { &["Recursive"] });
    }
    seccomp_profile(context.child("seccompProfile"));
    windows::options(context.child("windowsOptions"));
    app_armor_profile(context.child("appArmorProfile"));
}

/// Numbers of users and groups.
fn ids(context: Field, fields: &[&'static str]) {
    for field in fields {
        context.child(field).in_range(0, i64::from(i32::MAX));
    }
}

fn sysctls(sysctls: Field, spec: Field) {
    let mut seen = FastSet::default();
    for sysctl in sysctls.items() {
        let name = sysctl.child("name");
        if name.is_empty() {
            name.required("");
        } else if let Some(rule) = formats::sysctl_name(name.str()) {
            name.invalid(rule);
        } else if seen.contains(&name.str()) {
            name.duplicate(name.str());
        }
        seen.insert(name.str());
        let dotted = name.str().replace('/', ".");
        let is_ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| dotted.starts_with(prefix))
            || dotted == "kernel.sem";
        if spec.child("hostNetwork").is_true() && dotted.starts_with("net.") {
            name.invalid("belongs to the node with `hostNetwork: true`");
        } else if spec.child("hostIPC").is_true() && is_ipc {
            name.invalid("belongs to the node with `hostIPC: true`");
        }
    }
}

/// `ValidateSecurityContext`
pub fn security_context(context: Field, spec: Field) {
    if !context.is_set() {
        return;
    }
    ids(context, &["runAsUser", "runAsGroup"]);
    let mount = context.child("procMount");
    if mount.is_set() {
        mount.one_of(mount.str(), &["Default", "Unmasked"]);
        if mount.str() == "Unmasked" && !spec.child("hostUsers").is_false() {
            mount.invalid("needs `hostUsers: false` to be Unmasked");
        }
    }
    seccomp_profile(context.child("seccompProfile"));
    if context.child("allowPrivilegeEscalation").is_false() {
        if context.child("privileged").is_true() {
            context.invalid("forbids escalation, but `privileged: true` implies it");
        }
        if context.at(&["capabilities", "add"]).items().any(|capability| capability.str() == "CAP_SYS_ADMIN") {
            context.invalid("forbids escalation, but CAP_SYS_ADMIN implies it");
        }
    }
    windows::options(context.child("windowsOptions"));
    app_armor_profile(context.child("appArmorProfile"));
}

fn seccomp_profile(profile: Field) {
    if !profile.is_set() {
        return;
    }
    let (kind, file) = (profile.child("type"), profile.child("localhostProfile"));
    if kind.is_empty() {
        kind.required("");
    } else {
        kind.one_of(kind.str(), &["Localhost", "RuntimeDefault", "Unconfined"]);
    }
    if kind.str() == "Localhost" {
        if file.is_set() {
            paths::local_descending_path(file);
        } else {
            file.required("`type: Localhost` names a file");
        }
    } else if file.is_set() {
        file.invalid("is only for `type: Localhost`");
    }
}

fn app_armor_profile(profile: Field) {
    if !profile.is_set() {
        return;
    }
    let (kind, file) = (profile.child("type"), profile.child("localhostProfile"));
    match kind.str() {
        "Localhost" => {
            let text = file.str();
            if text.trim().is_empty() && text.trim() == text {
                file.required("`type: Localhost` names a profile");
            } else if text.trim() != text {
                file.invalid("begins or ends with a space");
            }
            if text.len() > 4095 {
                file.too_long(4095);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if file.is_set() {
                file.invalid("is only for `type: Localhost`");
            }
        }
        "" => kind.required(""),
        other => kind.not_supported(other, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

/// `ValidatePodSpecificAnnotations`
pub fn pod_annotations(annotations: Field, spec: Field) {
    for (key, value) in annotations.entries() {
        let text = value.str();
        if let Some(container) = key.strip_prefix(APP_ARMOR_ANNOTATION) {
            if !all_containers(spec).any(|candidate| candidate.child("name").str() == container) {
                value.at_key().invalid(format!("names a container `{container}` that the Pod does not have"));
            }
            let known = matches!(text, "" | "runtime/default" | "unconfined") || text.starts_with("localhost/");
            if !known {
                value.invalid("is not an AppArmor profile");
            }
        } else if key == SECCOMP_POD_ANNOTATION || key.starts_with(SECCOMP_CONTAINER_ANNOTATION) {
            let known = matches!(text, "runtime/default" | "docker/default" | "unconfined");
            if !known && !text.starts_with("localhost/") {
                value.after_dot(annotations).invalid("is not a seccomp profile");
            }
        } else if key == "kubernetes.io/config.mirror" && spec.child("nodeName").is_empty() {
            value.invalid("marks a mirror Pod, which has a `nodeName`");
        } else if key == "controller.kubernetes.io/pod-deletion-cost" && !is_deletion_cost(text) {
            value.invalid("must be a whole number of 32 bits");
        }
    }
}

fn is_deletion_cost(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits == "0" || !digits.starts_with(['0', '+']);
    canonical && text.parse::<i32>().is_ok()
}

/// `validateSeccompAnnotationsAndFields` and `validateAppArmorAnnotationsAndFieldsMatchOnCreate`
pub fn annotations_match_fields(annotations: Field, spec: Field) {
    if annotations.is_empty() {
        return;
    }
    let pod = spec.child("securityContext");
    if let Some(text) = annotations.get(SECCOMP_POD_ANNOTATION) {
        profile_matches(text, pod.child("seccompProfile"));
    }
    if !names_containers(annotations) {
        return;
    }
    for container in all_containers(spec) {
        let (name, context) = (container.child("name").str(), container.child("securityContext"));
        if let Some(text) = annotations.get(&format!("{SECCOMP_CONTAINER_ANNOTATION}{name}")) {
            profile_matches(text, context.child("seccompProfile"));
        }
        if let Some(text) = annotations.get(&format!("{APP_ARMOR_ANNOTATION}{name}")) {
            let own = context.child("appArmorProfile");
            let profile = if own.is_set() { own } else { pod.child("appArmorProfile").as_path_of(own) };
            if spec.at(&["os", "name"]).str() != "windows" {
                profile_matches(text, profile);
            }
        }
    }
}

/// Whether an annotation of `AppArmor` says what a profile says (`ApparmorFieldForAnnotation`).
pub fn is_same_profile(annotation: &str, profile: Field) -> bool {
    let (kind, file) = (profile.child("type").str(), profile.child("localhostProfile"));
    match annotation {
        "unconfined" => kind == "Unconfined" && !file.is_set(),
        "runtime/default" => kind == "RuntimeDefault" && !file.is_set(),
        _ => {
            let path = annotation.strip_prefix("localhost/");
            kind == "Localhost" && path.is_some_and(|path| !path.is_empty() && file.opt_str() == Some(path))
        }
    }
}

/// Whether there is an annotation for one container.
pub fn names_containers(annotations: Field) -> bool {
    let of_container = [SECCOMP_CONTAINER_ANNOTATION, APP_ARMOR_ANNOTATION];
    annotations.entries().any(|(key, _)| of_container.iter().any(|prefix| key.starts_with(prefix)))
}

fn profile_matches(annotation: &str, profile: Field) {
    if !profile.is_set() {
        return;
    }
    let (kind, file) = (profile.child("type"), profile.child("localhostProfile"));
    let same_kind = match kind.str() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => matches!(annotation, "runtime/default" | "docker/default"),
        "Localhost" => annotation.starts_with("localhost/"),
        _ => true,
    };
    if !same_kind {
        kind.forbidden("differs from the annotation with the same meaning");
    } else if kind.str() == "Localhost" && annotation.strip_prefix("localhost/") != file.opt_str() {
        file.forbidden("differs from the annotation with the same meaning");
    }
}
