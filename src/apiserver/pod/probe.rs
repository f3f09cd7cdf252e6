//! Probes and lifecycle hooks: `validateProbe`, `validateHandler`, `validateLifecycle`.

use super::super::field::{Field, IntOrString};
use super::super::formats;

/// The three probes of a container.
pub fn probes(container: Field) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let field = container.child(name);
        if !field.is_set() {
            continue;
        }
        probe(field);
        if name == "readinessProbe" {
            let grace = field.child("terminationGracePeriodSeconds");
            if grace.is_set() {
                grace.invalid("has no meaning for readiness, which ends no container");
            }
        } else if field.child("successThreshold").int_or(1) != 1 {
            field.child("successThreshold").invalid("must be 1: one success is enough");
        }
    }
}

fn probe(probe: Field) {
    handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], None);
    for number in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        probe.child(number).non_negative();
    }
    let grace = probe.child("terminationGracePeriodSeconds");
    if grace.is_set() && grace.int() <= 0 {
        grace.invalid("must be above 0");
    }
}

/// `validateLifecycle`. The stop signal is behind a feature gate that is off, so the server drops it unread.
pub fn lifecycle(lifecycle: Field, spec: Field) {
    let grace = spec.child("terminationGracePeriodSeconds").opt_int().unwrap_or(30);
    for hook in [lifecycle.child("postStart"), lifecycle.child("preStop")] {
        if hook.is_set() {
            handler(hook, &["exec", "httpGet", "tcpSocket", "sleep"], Some(grace));
        }
    }
}

/// One handler of a probe or a hook; the first that is set is judged, others are one too many.
fn handler(parent: Field, kinds: &[&'static str], grace: Option<i64>) {
    let mut found = false;
    for kind in kinds {
        let action = parent.child(kind);
        if !action.is_set() {
            continue;
        }
        if found {
            action.forbidden("is a second handler, but only one is allowed");
            continue;
        }
        found = true;
        match *kind {
            "exec" if action.child("command").is_empty() => action.child("command").required(""),
            "httpGet" => http_get(action),
            "tcpSocket" => port(action.child("port")),
            "grpc" => action.child("port").in_range(1, 65535),
            "sleep" => {
                let (seconds, most) = (action.child("seconds").int(), grace.unwrap_or(i64::MAX));
                if seconds < 0 || seconds > most {
                    action.invalid(format!("must end within terminationGracePeriodSeconds ({most})"));
                }
            }
            _ => {}
        }
    }
    if !found {
        parent.required(&format!("one of {} is required", kinds.join(", ")));
    }
}

fn http_get(action: Field) {
    port(action.child("port"));
    let scheme = action.child("scheme");
    scheme.one_of(scheme.str_or("HTTP"), &["HTTP", "HTTPS"]);
    let headers = action.child("httpHeaders");
    for header in headers.items() {
        header.child("name").as_path_of(headers).check(formats::http_header_name);
    }
}

/// `ValidatePortNumOrName`
pub fn port(port: Field) {
    match port.int_or_string() {
        Some(IntOrString::Str(_)) => port.check(formats::port_name),
        _ => port.in_range(1, 65535),
    }
}
