//! Checks of what a Pod takes of its node, and of where its probes go.

use std::collections::BTreeSet;

use super::{Bad, Pod, Violation, plural, quoted};
use crate::apiserver::field::Field;

pub(super) fn host_namespaces<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let shared = ["hostNetwork", "hostPID", "hostIPC"].map(|name| (name, pod.spec.child(name)));
    let shared: Vec<_> = shared.into_iter().filter(|(_, field)| field.is_true()).collect();
    let detail = shared.iter().map(|(name, _)| format!("{name}=true")).collect::<Vec<_>>().join(", ");
    shared.first().map(|(_, at)| Violation { reason: "host namespaces", detail, at: *at })
}

pub(super) fn host_path_volumes<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let mut bad = Bad::none();
    for volume in pod.spec.child("volumes").items().filter(|volume| volume.child("hostPath").is_set()) {
        bad.add(volume.child("name").str(), volume.child("hostPath"));
    }
    bad.violation("hostPath volumes", |bad| format!("{} {}", plural("volume", bad.names.len()), quoted(&bad.names)))
}

pub(super) fn host_ports<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    ports_of_host(pod, false)
}

pub(super) fn host_ports_filled<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

pub(super) fn probe_hosts<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
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

pub(super) fn privileged<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let mut bad = Bad::none();
    for (name, container) in pod.containers() {
        let field = container.at(&["securityContext", "privileged"]);
        if field.is_true() {
            bad.add(name, field);
        }
    }
    bad.violation("privileged", |bad| format!("{} must not set securityContext.privileged=true", bad.containers()))
}

pub(super) fn windows_host_process<'a>(pod: &Pod<'a>) -> Option<Violation<'a>> {
    let (setters, fields) = pod.setters(&["windowsOptions", "hostProcess"], Field::is_true)?;
    let detail = format!("{} must not set securityContext.windowsOptions.hostProcess=true", setters.join(" and "));
    fields.first().map(|at| Violation { reason: "hostProcess", detail, at: *at })
}
