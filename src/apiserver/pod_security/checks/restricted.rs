//! Checks of the level `restricted` alone.

use std::collections::BTreeSet;

use super::kernel::{added, added_detail, is_seccomp, seccomp};
use super::{Bad, Pod, Violation, plural, quoted};
use crate::apiserver::field::Field;

pub(super) fn no_escalation<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

pub(super) fn dropped_capabilities<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

pub(super) fn volume_types<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let forbidden = crate::apiserver::pod::restricted_volume;
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

pub(super) fn non_root<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

pub(super) fn user<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    if pod.version < 23 || pod.version >= 35 && pod.has_own_users() {
        return None;
    }
    let (setters, fields) = pod.setters(&["runAsUser"], |field| field.opt_int() == Some(0))?;
    let detail = format!("{} must not set runAsUser=0", setters.join(" and "));
    fields.first().map(|at| Violation { reason: "runAsUser=0", detail, at: *at })
}

pub(super) fn seccomp_required<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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
