//! Containers: `validateContainerCommon` and the lists that hold containers.

use super::super::field::Field;
use super::super::formats;
use super::super::resources::{self, Owner};
use super::super::seen::Seen;
use super::mounts::Volumes;
use super::{PodContext, env, mounts, probe, security};
use crate::kube::FastSet;
use crate::kube::versions::Change;

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// `validateContainers`
pub fn containers(spec: Field, volumes: &Volumes, claims: &FastSet<&str>, context: PodContext) {
    let list = spec.child("containers");
    if list.is_empty() {
        list.required("a Pod needs at least one container");
        return;
    }
    let mut names = Seen::default();
    for container in list.items() {
        common(container, spec, volumes, claims);
        let name = container.child("name");
        if names.contains(&name.str()) {
            name.duplicate(name.str());
        }
        names.insert(name.str());
        probe::lifecycle(container.child("lifecycle"), spec);
        probe::probes(container);
        restart_policy(container, false);
    }
    let mut ports = Seen::default();
    for container in list.items() {
        host_ports(container, fills_host_ports(spec, context), &mut ports);
    }
}

/// `validateInitContainers`
pub fn init_containers(spec: Field, volumes: &Volumes, claims: &FastSet<&str>, context: PodContext) {
    let mut names = Seen::default();
    for main in spec.child("containers").items() {
        names.insert(main.child("name").str());
    }
    for container in spec.child("initContainers").items() {
        common(container, spec, volumes, claims);
        let policy = container.child("restartPolicy");
        let is_sidecar = policy.str() == "Always";
        restart_policy(container, true);
        let name = container.child("name");
        if names.contains(&name.str()) {
            name.duplicate(name.str());
        } else if !name.is_empty() {
            names.insert(name.str());
        }
        host_ports(container, fills_host_ports(spec, context), &mut Seen::default());
        if is_sidecar {
            probe::lifecycle(container.child("lifecycle"), spec);
            probe::probes(container);
        } else {
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if container.child(field).is_set() {
                    container.child(field).forbidden("is only for init containers with `restartPolicy: Always`");
                }
            }
            for policy in container.child("resizePolicy").items() {
                if policy.child("restartPolicy").str() == "RestartContainer"
                    && policy.has_change(Change::NoRestartToResizeInit)
                {
                    policy.child("restartPolicy").invalid("cannot restart an init container that is not a sidecar");
                }
            }
        }
    }
}

/// `validateContainerCommon`
fn common(container: Field, spec: Field, volumes: &Volumes, claims: &FastSet<&str>) {
    let name = container.child("name");
    name.check_required(formats::dns_label);
    if container.child("image").is_empty() {
        container.child("image").required("");
    }
    let policy = container.child("terminationMessagePolicy");
    policy.one_of(policy.str_or("File"), &["File", "FallbackToLogsOnError"]);
    ports(container.child("ports"));
    env::env(container.child("env"));
    env::env_from(container.child("envFrom"));
    mounts::mounts(container, volumes);
    mounts::devices(container, volumes);
    pull_policy(container.child("imagePullPolicy"));
    resources::requirements(container.child("resources"), Owner::Container, claims);
    resize_policy(container.child("resizePolicy"), spec);
    security::security_context(container.child("securityContext"), spec);
}

/// `validatePullPolicy`
pub fn pull_policy(policy: Field) {
    policy.one_of(policy.str_or("IfNotPresent"), &["Always", "IfNotPresent", "Never"]);
}

fn ports(ports: Field) {
    let mut names = Seen::default();
    for port in ports.items() {
        let name = port.child("name");
        if !name.is_empty() {
            if let Some(rule) = formats::port_name(name.str()) {
                name.invalid(rule);
            } else if names.contains(&name.str()) {
                name.duplicate(name.str());
            } else {
                names.insert(name.str());
            }
        }
        let (inner, host) = (port.child("containerPort"), port.child("hostPort"));
        if inner.int() == 0 {
            inner.required("");
        } else {
            inner.in_range(1, 65535);
        }
        if host.int() != 0 {
            host.in_range(1, 65535);
        }
        protocol(port.child("protocol"));
    }
}

/// A transport protocol, TCP by default.
pub fn protocol(protocol: Field) {
    protocol.one_of(protocol.str_or("TCP"), &PROTOCOLS);
}

/// On the node's network the server fills missing host ports in, for Pods but not for templates.
fn fills_host_ports(spec: Field, context: PodContext) -> bool {
    context.is_pod() && spec.child("hostNetwork").is_true()
}

/// `AccumulateUniqueHostPorts`
fn host_ports<'a>(container: Field<'a>, fill: bool, seen: &mut Seen<(&'a str, &'a str, i64)>) {
    for port in container.child("ports").items() {
        let host = port.child("hostPort");
        let number = if fill { host.int_or(port.child("containerPort").int()) } else { host.int() };
        if number == 0 {
            continue;
        }
        let key = (port.child("protocol").str_or("TCP"), port.child("hostIP").str(), number);
        if !seen.insert(key) {
            host.duplicate(&number.to_string());
        }
    }
}

/// `validateContainerRestartPolicy` and `validateInitContainerRestartPolicy`
fn restart_policy(container: Field, is_init: bool) {
    let (policy, rules) = (container.child("restartPolicy"), container.child("restartPolicyRules"));
    if !container.has_change(Change::RestartRules) {
        let drops = container.has_change(Change::RestartRulesDropped);
        if is_init && policy.is_set() && !drops {
            policy.one_of(policy.str(), &["Always"]);
        } else if !is_init && policy.is_set() && !drops {
            policy.forbidden("is only for init containers before v1.35");
        }
        return;
    }
    let restarts_all = container.has_change(Change::RestartAllContainers);
    if is_init && policy.str() == "Always" && !restarts_all {
        if !rules.is_empty() {
            rules.forbidden("cannot refine `restartPolicy: Always` of an init container before v1.36");
        }
        return;
    }
    if policy.is_set() {
        policy.one_of(policy.str(), &["Always", "Never", "OnFailure"]);
    } else if !rules.is_empty() {
        policy.required("restart rules refine a policy");
    }
    if rules.len() > 20 {
        rules.too_many(20);
    }
    let actions = if restarts_all { &["Restart", "RestartAllContainers"][..] } else { &["Restart"] };
    for rule in rules.items() {
        rule.child("action").one_of(rule.child("action").str(), actions);
        let codes = rule.child("exitCodes");
        if codes.is_set() {
            codes.child("operator").one_of(codes.child("operator").str(), &["In", "NotIn"]);
            if codes.child("values").len() > 255 {
                codes.child("values").too_many(255);
            }
        } else {
            codes.required("");
        }
    }
}

/// `validateResizePolicy`
fn resize_policy(policies: Field, spec: Field) {
    let mut seen = FastSet::default();
    for policy in policies.items() {
        let (name, restart) = (policy.child("resourceName"), policy.child("restartPolicy"));
        if seen.contains(&name.str()) {
            policy.duplicate(name.str());
        }
        seen.insert(name.str());
        // The server names the list, not the field of the element.
        for (field, allowed) in [(name, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])] {
            let field_at = field.as_path_of(policies);
            if field.is_empty() {
                field_at.required("");
            } else {
                field_at.one_of(field.str(), &allowed);
            }
        }
        if spec.child("restartPolicy").str() == "Never" && restart.str() != "NotRequired" {
            restart.as_path_of(policies).invalid("cannot restart a container of a Pod with `restartPolicy: Never`");
        }
    }
}
