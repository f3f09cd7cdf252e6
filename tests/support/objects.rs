//! What holds for the objects of every description, whatever it composes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::collections::BTreeSet;

use serde_json::Value;

/// The Pod templates among some objects, with the kind and name of their owner.
pub fn pods(objects: &[Value]) -> Vec<(String, &Value)> {
    let templates = |object: &'_ Value| -> Vec<String> {
        match object["kind"].as_str().unwrap_or_default() {
            "CronJob" => vec!["/spec/jobTemplate/spec/template".to_owned()],
            "ScaledJob" => vec!["/spec/jobTargetRef/template".to_owned()],
            "JobSet" => {
                let jobs = object["spec"]["replicatedJobs"].as_array().map_or(0, Vec::len);
                (0..jobs).map(|job| format!("/spec/replicatedJobs/{job}/template/spec/template")).collect()
            }
            "Pod" => vec![String::new()],
            _ => vec!["/spec/template".to_owned()],
        }
    };
    let named = |object: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
    };
    objects
        .iter()
        .flat_map(|object| templates(object).into_iter().map(move |path| (object, path)))
        .filter_map(|(object, path)| Some((named(object), object.pointer(&path)?)))
        .filter(|(_, template)| template["spec"]["containers"].is_array())
        .collect()
}

/// The specs of Jobs that KEDA or `JobSet` make.
pub fn inner_jobs(objects: &[Value]) -> impl Iterator<Item = &Value> {
    objects.iter().flat_map(|object| {
        let jobs = object["spec"]["replicatedJobs"].as_array().into_iter().flatten();
        jobs.filter_map(|job| job.pointer("/template/spec")).chain(object["spec"].get("jobTargetRef"))
    })
}

/// Everything about some objects that must not be.
pub fn problems(objects: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    for (owner, template) in pods(objects) {
        let mut found = Vec::new();
        restricted(&template["spec"], owner.starts_with("Service/"), &mut found);
        unique(&template["spec"], &mut found);
        mounts(objects, &owner, &template["spec"], &mut found);
        problems.extend(found.into_iter().map(|problem| format!("{owner}: {problem}")));
    }
    references(objects, &mut problems);
    problems
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(pod, "initContainers").iter().chain(list(pod, "containers"))
}

/// Pod Security Standards, profile restricted
/// (kubernetes/website: content/en/docs/concepts/security/pod-security-standards.md).
fn restricted(pod: &Value, knative: bool, found: &mut Vec<String>) {
    let mut hold = |holds: bool, what: String| {
        if !holds {
            found.push(what);
        }
    };
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        hold(pod[field].is_null(), field.to_owned());
    }
    // Knative admits no security context of the Pod, and keeps /tmp for itself: each container says it all
    for container in containers(pod) {
        let security = &container["securityContext"];
        let name = &container["name"];
        let whole = if knative { security } else { &pod["securityContext"] };
        hold(whole["seccompProfile"]["type"] == "RuntimeDefault", format!("{name}: no seccomp profile"));
        hold(whole["runAsUser"].as_i64().is_some_and(|user| user > 0), format!("{name}: no numeric user"));
        hold(security["runAsNonRoot"] == true, format!("{name}: runAsNonRoot"));
        hold(security["allowPrivilegeEscalation"] == false, format!("{name}: allowPrivilegeEscalation"));
        hold(knative || security["readOnlyRootFilesystem"] == true, format!("{name}: readOnlyRootFilesystem"));
        hold(security["capabilities"] == serde_json::json!({"drop": ["ALL"]}), format!("{name}: capabilities"));
        hold(container["resources"]["requests"]["memory"].is_string(), format!("{name}: no memory request"));
        hold(container["resources"]["limits"]["memory"].is_string(), format!("{name}: no memory limit"));
        for port in list(container, "ports") {
            hold(port["hostPort"].is_null(), format!("{name}: hostPort"));
        }
    }
    let allowed = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
        "image",
    ];
    for volume in list(pod, "volumes") {
        let kinds: Vec<&str> = volume
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str())
            .filter(|key| *key != "name")
            .collect();
        hold(matches!(kinds.as_slice(), [kind] if allowed.contains(kind)), format!("volume {volume}"));
    }
}

fn unique(pod: &Value, found: &mut Vec<String>) {
    let (mut names, mut numbers, mut port_names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for container in containers(pod) {
        if !names.insert(container["name"].to_string()) {
            found.push(format!("two containers are called {}", container["name"]));
        }
        for port in list(container, "ports") {
            if !numbers.insert(port["containerPort"].to_string()) {
                found.push(format!("two listeners on {}", port["containerPort"]));
            }
            let name = port["name"].as_str().unwrap_or_default();
            if name.is_empty() || name.len() > 15 || !port_names.insert(name) {
                found.push(format!("the port's name {name:?}"));
            }
        }
        let own: BTreeSet<&str> = list(container, "ports").iter().filter_map(|port| port["name"].as_str()).collect();
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            for handler in ["httpGet", "tcpSocket", "grpc"] {
                if let Some(port) = container[probe][handler]["port"].as_str().filter(|port| !own.contains(port)) {
                    found.push(format!("{}: {probe} asks port {port}, which is not its own", container["name"]));
                }
            }
        }
        let mut paths = BTreeSet::new();
        for mount in list(container, "volumeMounts") {
            if !paths.insert(mount["mountPath"].to_string()) {
                found.push(format!("{}: two mounts at {}", container["name"], mount["mountPath"]));
            }
        }
        let mut variables = BTreeSet::new();
        for variable in list(container, "env") {
            if !variables.insert(variable["name"].to_string()) {
                found.push(format!("{}: {} is set twice", container["name"], variable["name"]));
            }
        }
    }
}

fn mounts(objects: &[Value], owner: &str, pod: &Value, found: &mut Vec<String>) {
    let mounted: BTreeSet<String> = containers(pod)
        .flat_map(|container| list(container, "volumeMounts"))
        .map(|mount| mount["name"].to_string())
        .collect();
    let is_owner =
        |object: &&Value| format!("StatefulSet/{}", object["metadata"]["name"].as_str().unwrap_or_default()) == owner;
    let claims = objects.iter().filter(is_owner).flat_map(|object| list(&object["spec"], "volumeClaimTemplates"));
    let mut volumes: BTreeSet<String> = claims.map(|claim| claim["metadata"]["name"].to_string()).collect();
    for volume in list(pod, "volumes") {
        if !volumes.insert(volume["name"].to_string()) {
            found.push(format!("two volumes are called {}", volume["name"]));
        }
    }
    for name in volumes.symmetric_difference(&mounted) {
        found.push(format!("the volume {name} is not both there and mounted"));
    }
}

/// What objects say of each other by name.
fn references(objects: &[Value], problems: &mut Vec<String>) {
    let mut identities = BTreeSet::new();
    for object in objects {
        let id = (object["kind"].to_string(), object["metadata"]["name"].to_string());
        if !identities.insert(id.clone()) {
            problems.push(format!("{id:?} twice"));
        }
    }
    let mut need = |kind: &Value, name: &Value, from: &str| {
        if !name.is_null() && !identities.contains(&(kind.to_string(), name.to_string())) {
            problems.push(format!("{from}: no {kind} is called {name}"));
        }
    };
    for (owner, template) in pods(objects) {
        let pod = &template["spec"];
        need(&"ServiceAccount".into(), &pod["serviceAccountName"], &owner);
        for volume in list(pod, "volumes") {
            need(&"ConfigMap".into(), &volume["configMap"]["name"], &owner);
        }
    }
    for object in objects {
        let from = format!("{}/{}", object["kind"], object["metadata"]["name"]);
        need(&object["roleRef"]["kind"], &object["roleRef"]["name"], &from);
        let target = &object["spec"]["scaleTargetRef"];
        need(&target["kind"], &target["name"], &from);
        for trigger in list(&object["spec"], "triggers") {
            need(&"TriggerAuthentication".into(), &trigger["authenticationRef"]["name"], &from);
        }
    }
    for service in objects.iter().filter(|object| object["kind"] == "Service") {
        let Some(selector) = service["spec"]["selector"].as_object() else { continue };
        let name = &service["metadata"]["name"];
        let selected: Vec<&Value> = pods(objects)
            .into_iter()
            .map(|(_, template)| template)
            .filter(|template| {
                selector.iter().all(|(key, value)| template["metadata"]["labels"].get(key) == Some(value))
            })
            .collect();
        if selected.is_empty() {
            problems.push(format!("Service {name} selects nothing"));
        }
        for port in list(&service["spec"], "ports").iter().filter_map(|port| port["targetPort"].as_str()) {
            let has = |template: &&Value| {
                containers(&template["spec"])
                    .any(|container| list(container, "ports").iter().any(|own| own["name"] == port))
            };
            if !selected.iter().all(has) {
                problems.push(format!("Service {name}: nothing it selects has the port {port}"));
            }
        }
    }
}
