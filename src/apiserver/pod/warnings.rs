//! What the server accepts and warns about: `pkg/api/pod/warnings.go`, `pkg/api/node/util.go`.

use super::super::field::Field;
use super::super::seen::Seen;
use super::super::{ip, storage};
use super::overlaps::{Overlaps, REPEATED};
use super::{affinity, all_containers, security};
use crate::kube::FastMap;
use crate::kube::versions::Change;
use crate::yaml::Keys;

/// Labels of nodes that have a successor.
const NODE_LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use `kubernetes.io/arch`"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use `kubernetes.io/os`"),
    ("failure-domain.beta.kubernetes.io/region", "deprecated since v1.17; use `topology.kubernetes.io/region`"),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use `topology.kubernetes.io/zone`"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use `node.kubernetes.io/instance-type`"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use taints and tolerations"),
    (
        "node-role.kubernetes.io/master",
        "no longer set by kubeadm since v1.24; use `node-role.kubernetes.io/control-plane`",
    ),
];

/// Annotations without effect, and what took their place.
const ANNOTATIONS: [(&str, &str); 3] = [
    ("scheduler.alpha.kubernetes.io/critical-pod", "has no effect since v1.16; use `priorityClassName`"),
    ("security.alpha.kubernetes.io/sysctls", "has no effect since v1.11; use `sysctls`"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "has no effect since v1.11; use `sysctls`"),
];

/// Volumes that no longer work.
const VOLUMES: [(&str, &str); 9] = [
    ("photonPersistentDisk", "has been deprecated since v1.11, and has no effect since v1.16"),
    ("gitRepo", "has been deprecated since v1.11, and is disabled by default from v1.33 on"),
    ("scaleIO", "has been deprecated since v1.16, and has no effect since v1.22"),
    ("flocker", "has been deprecated since v1.22, and has no effect since v1.25"),
    ("storageos", "has been deprecated since v1.22, and has no effect since v1.25"),
    ("quobyte", "has been deprecated since v1.22, and has no effect since v1.25"),
    ("glusterfs", "has been deprecated since v1.25, and has no effect since v1.26"),
    ("cephfs", "has been deprecated since v1.28, and has no effect since v1.31"),
    ("rbd", "has been deprecated since v1.28, and has no effect since v1.31"),
];

/// What volumes that no longer work are called.
const OLD_VOLUMES: Keys = {
    let (mut keys, mut at) = (Keys::these(&[]), 0);
    while at < VOLUMES.len() {
        keys = keys.and(Keys::these(&[VOLUMES[at].0]));
        at += 1;
    }
    keys
};

/// What is to be said about a label of nodes.
#[must_use]
pub fn node_label_message(key: &str) -> Option<&'static str> {
    NODE_LABELS.iter().find(|(label, _)| *label == key).map(|(_, message)| *message)
}

/// `GetWarningsForPodTemplate`
pub fn template_warnings(template: Field) {
    spec_warnings(template.child("metadata"), template.child("spec"), true);
}

/// Warnings about a Pod, or a template.
pub fn spec_warnings(metadata: Field, spec: Field, is_template: bool) {
    scheduling(spec);
    annotations(metadata.child("annotations"), spec, is_template);
    volumes(spec.child("volumes"));
    lists(spec);
    let containers: Vec<Field> = all_containers(spec).collect();
    let amounts = containers.iter().flat_map(|container| {
        let resources = container.child("resources");
        [resources.child("limits"), resources.child("requests")]
    });
    let amounts = std::iter::once(spec.child("overhead")).chain(amounts);
    let amounts: Vec<Field> = amounts.filter(|list| list.is_set()).collect();
    for name in ["memory", "ephemeral-storage"] {
        for list in &amounts {
            fractional(*list, name);
        }
    }
    for container in &containers {
        hidden_variables(container.child("env"));
    }
    ports(spec, &containers, is_template);
    let grace = spec.child("terminationGracePeriodSeconds");
    // A Pod's own has become 1 before the newest servers look.
    if grace.int() < 0 && (is_template || !grace.has_change(Change::GracePeriodDefault)) {
        grace.warn("a negative grace period counts as 1 second");
    }
}

fn scheduling(spec: Field) {
    for (key, value) in spec.child("nodeSelector").entries() {
        if let Some(message) = node_label_message(&key) {
            value.at_key().warn(format!("`{key}` is {message}"));
        }
    }
    let affinity = spec.child("affinity");
    let node = affinity.child("nodeAffinity");
    for term in node.at(&["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]).items() {
        affinity::node_selector_warnings(term, false);
    }
    for term in node.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
        affinity::node_selector_warnings(term.child("preference"), true);
    }
    for constraint in spec.child("topologySpreadConstraints").items() {
        let key = constraint.child("topologyKey");
        if let Some(message) = node_label_message(key.str()) {
            key.warn(format!("`{}` is {message}", key.str()));
        }
        null_selector(constraint);
    }
    for pods in [affinity.child("podAffinity"), affinity.child("podAntiAffinity")] {
        pods.child("requiredDuringSchedulingIgnoredDuringExecution").items().for_each(null_selector);
        for term in pods.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(term.child("podAffinityTerm"));
        }
    }
}

fn null_selector(term: Field) {
    let selector = term.child("labelSelector");
    if !selector.is_set() {
        selector.warn("without `labelSelector` this matches no Pod");
    }
}

fn annotations(annotations: Field, spec: Field, is_template: bool) {
    if annotations.is_empty() {
        return;
    }
    for (key, message) in ANNOTATIONS {
        if annotations.has(key) {
            annotations.key(key).at_key().warn(format!("`{key}` {message}"));
        }
    }
    let seccomp = "seccomp.security.alpha.kubernetes.io/pod";
    if annotations.has(seccomp) && !spec.at(&["securityContext", "seccompProfile"]).is_set() {
        annotations.key(seccomp).at_key().warn("the annotation has no effect since v1.27; use `seccompProfile`");
    }
    if !security::names_containers(annotations) {
        return;
    }
    for container in all_containers(spec) {
        let name = container.child("name").str();
        let context = container.child("securityContext");
        for (prefix, field) in [
            ("container.seccomp.security.alpha.kubernetes.io/", "seccompProfile"),
            ("container.apparmor.security.beta.kubernetes.io/", "appArmorProfile"),
        ] {
            let Some(annotation) = annotations.lookup(&format!("{prefix}{name}")) else { continue };
            let of_pod = spec.child("securityContext").child(field);
            let of_pod_says_so = || {
                let compares = is_template && of_pod.has_change(Change::AppArmorOfPod);
                of_pod.is_set() && (!compares || security::is_same_profile(annotation.str(), of_pod))
            };
            if !context.child(field).is_set() && (field == "seccompProfile" || !of_pod_says_so()) {
                annotation.at_key().warn(format!("the annotation has a successor; use `{field}`"));
            }
        }
    }
}

fn volumes(volumes: Field) {
    for volume in volumes.items() {
        let written = volume.keys();
        for (source, message) in VOLUMES.iter().filter(|_| written.may_share(OLD_VOLUMES)) {
            let field = volume.child(source);
            if field.is_set() {
                field.warn(format!("`{source}` {message}"));
            }
        }
        let ephemeral = volume.child("ephemeral");
        if ephemeral.is_set() {
            storage::claim_spec_warnings(ephemeral.at(&["volumeClaimTemplate", "spec"]));
        }
        for source in ["configMap", "secret", "downwardAPI"] {
            let mut paths = Overlaps::default();
            overlaps(volume.child(source).child("items"), &mut paths);
        }
        let mut paths = Overlaps::default();
        for projection in volume.at(&["projected", "sources"]).items() {
            for source in ["configMap", "secret", "downwardAPI"] {
                overlaps(projection.child(source).child("items"), &mut paths);
            }
            let token = projection.child("serviceAccountToken").child("path");
            overlap(token, &mut paths);
            let certificate = projection.child("podCertificate");
            for path in ["certificateChainPath", "keyPath", "credentialBundlePath"] {
                overlap(certificate.child(path), &mut paths);
            }
            overlap(projection.at(&["clusterTrustBundle", "path"]), &mut paths);
            let sources =
                ["configMap", "secret", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
            if !sources.iter().any(|source| projection.child(source).is_set()) {
                projection.warn("an element without a source projects nothing");
            }
        }
    }
}

fn overlaps<'a>(items: Field<'a>, paths: &mut Overlaps<'a>) {
    for item in items.items() {
        overlap(item.child("path"), paths);
    }
}

/// Two files at one path, or a file where another needs a directory.
fn overlap<'a>(path: Field<'a>, paths: &mut Overlaps<'a>) {
    let text = path.str().trim_end_matches('/');
    if text.is_empty() {
        return;
    }
    for other in paths.add(text) {
        path.warn(format!("`{text}` overlaps with `{other}`"));
    }
}

fn lists(spec: Field) {
    for (list, name) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let mut seen = Seen::default();
        for item in spec.child(list).items().map(|item| item.child(name)) {
            if !seen.insert(item.str()) {
                item.warn(format!("`{}` is duplicated", item.str()));
            }
            if list == "imagePullSecrets" && item.is_empty() {
                item.warn("this pull secret has no name");
            }
        }
    }
    let servers = spec.at(&["dnsConfig", "nameservers"]);
    for address in servers.items().chain(spec.child("hostAliases").items().map(|alias| alias.child("ip"))) {
        if let Some(message) = ip::address_warning(address.str()) {
            address.warn(message);
        }
    }
}

fn fractional(list: Field, name: &'static str) {
    if list.has(name) && !list.key(name).quantity().is_whole() {
        list.key(name).warn("there is no fraction of a byte");
    }
}

/// A variable that is set twice, unless the second builds on the first.
fn hidden_variables(env: Field) {
    let mut names = Seen::default();
    for variable in env.items() {
        let name = variable.child("name").str();
        if !names.insert(name) {
            let reference = format!("$({name})");
            let value = variable.child("value").str();
            let builds_on = !variable.child("valueFrom").is_set() && value != reference && value.contains(&reference);
            if !builds_on {
                variable.warn(format!("hides the first definition of `{name}`, which `kubectl apply` may then drop"));
            }
        }
    }
}

fn ports(spec: Field, containers: &[Field], is_template: bool) {
    let fills = spec.child("hostNetwork").is_true() && !is_template;
    let host_port = |port: Field| {
        let host = port.child("hostPort");
        if fills { host.int_or(port.child("containerPort").int()) } else { host.int() }
    };
    let mut seen: FastMap<(i64, &str), Vec<Field>> = FastMap::default();
    let mut names = Seen::default();
    let all: Vec<Field> = containers.iter().flat_map(|container| container.child("ports").items()).collect();
    for port in all.iter().copied() {
        let (host_ip, host) = (port.child("hostIP").str(), host_port(port));
        if !host_ip.is_empty() && host == 0 {
            port.child("hostIP").warn("`hostIP` has no effect without `hostPort`");
        }
        if all.len() < 2 {
            continue;
        }
        let same = seen.entry((port.child("containerPort").int(), port.child("protocol").str_or("TCP"))).or_default();
        for other in same.iter().take(REPEATED) {
            let (other_ip, other_host) = (other.child("hostIP").str(), host_port(*other));
            let at = other.path();
            if (other_ip, other_host) == (host_ip, host) {
                port.warn(format!("this port is duplicated: also {at}"));
            } else if host == 0 || other_host == 0 {
                port.warn(format!("this port overlaps with {at}"));
            } else if host == other_host && host_ip.is_empty() != other_ip.is_empty() {
                port.warn(format!("this port is ambiguous beside {at}"));
            }
        }
        same.push(port);
        let name = port.child("name").str();
        if !name.is_empty() && !names.insert(name) {
            let message = format!("`{name}` names a port of another container; Services and probes take the first");
            port.child("name").as_path_of(port).warn(message);
        }
    }
}
