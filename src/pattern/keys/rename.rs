//! Other names for what a description makes, wherever it is spoken of.

use serde_json::{Value as Json, json};

use super::rights;
use crate::describe::{Description, Expose};
use crate::pattern::objects;
use crate::pattern::plan::container::app_port_name;

/// Renames the document's object of a kind and what refers to it; whether there is one.
pub(super) fn rename(description: &Description, kind: &str, name: &str, objects: &mut [Json]) -> bool {
    let own = match kind {
        "ClusterRole" | "ClusterRoleBinding" => json!(rights::cluster_name(description)),
        _ => json!(description.name),
    };
    let mut found = false;
    for object in objects.iter_mut().filter(|object| object["kind"] == kind) {
        if object["metadata"]["name"] == own {
            object["metadata"]["name"] = json!(name);
            found = true;
        }
    }
    if found {
        for object in objects.iter_mut() {
            refer(object, kind, &own, &json!(name));
        }
    }
    found
}

/// Lets an object refer to another name.
fn refer(object: &mut Json, kind: &str, own: &Json, name: &Json) {
    let set = |value: Option<&mut Json>| {
        if let Some(value) = value.filter(|value| *value == own) {
            value.clone_from(name);
        }
    };
    match kind {
        "Service" => {
            if object["kind"] == "StatefulSet" {
                set(object.pointer_mut("/spec/serviceName"));
            }
            let rules = object.pointer_mut("/spec/rules").and_then(Json::as_array_mut);
            for rule in rules.into_iter().flatten() {
                let paths = rule.pointer_mut("/http/paths").and_then(Json::as_array_mut);
                paths.into_iter().flatten().for_each(|path| set(path.pointer_mut("/backend/service/name")));
                let backends = rule.get_mut("backendRefs").and_then(Json::as_array_mut);
                backends.into_iter().flatten().for_each(|backend| set(backend.get_mut("name")));
            }
        }
        "Deployment" | "StatefulSet"
            if object.pointer("/spec/scaleTargetRef/kind").is_none_or(|target| target == kind) =>
        {
            set(object.pointer_mut("/spec/scaleTargetRef/name"));
        }
        "Role" | "ClusterRole" if object.pointer("/roleRef/kind").is_some_and(|referred| referred == kind) => {
            set(object.pointer_mut("/roleRef/name"));
        }
        "ServiceAccount" => {
            for template in objects::templates(object) {
                set(template.pointer_mut("/spec/serviceAccountName"));
            }
            let subjects = object.get_mut("subjects").and_then(Json::as_array_mut);
            for subject in subjects.into_iter().flatten().filter(|subject| subject["kind"] == "ServiceAccount") {
                set(subject.get_mut("name"));
            }
        }
        _ => {}
    }
}

pub(super) fn rename_container(description: &Description, name: &str, objects: &mut [Json]) -> bool {
    const DEFAULT: &str = "/metadata/annotations/kubectl.kubernetes.io~1default-container";
    let mut found = false;
    for template in objects.iter_mut().flat_map(objects::templates) {
        let containers = template.pointer_mut("/spec/containers").and_then(Json::as_array_mut);
        for container in containers.into_iter().flatten() {
            if container["name"] == *description.name {
                container["name"] = json!(name);
                found = true;
            }
        }
        if let Some(default) = template.pointer_mut(DEFAULT).filter(|default| **default == *description.name) {
            *default = json!(name);
        }
    }
    found
}

/// Renames the app's port in its container and probes, and where the Service leads to it.
pub(super) fn rename_port(description: &Description, name: &str, objects: &mut [Json]) -> bool {
    // a container declares no port that only 127.0.0.1 answers
    let declares = description.app.as_ref().is_some_and(|app| !app.loopback);
    let Some(own) = port_name(description).filter(|_| declares) else { return false };
    let mut found = false;
    for object in objects.iter_mut() {
        for (pointer, field) in [("/spec/ports", "targetPort"), ("/spec/podMetricsEndpoints", "port")] {
            let ports = object.pointer_mut(pointer).and_then(Json::as_array_mut);
            for port in ports.into_iter().flatten().filter(|port| port[field] == own) {
                port[field] = json!(name);
            }
        }
        for template in objects::templates(object) {
            for list in ["/spec/initContainers", "/spec/containers"] {
                let containers = template.pointer_mut(list).and_then(Json::as_array_mut);
                for container in containers.into_iter().flatten() {
                    found |= rename_in(container, own, name);
                }
            }
        }
    }
    found
}

fn port_name(description: &Description) -> Option<&str> {
    let app = description.app.as_ref().filter(|app| app.port.is_some())?;
    Some(app_port_name(app, description.expose.as_ref().is_some_and(Expose::is_routed)))
}

/// Renames the app's port in the Service, and where routes go by it.
pub(super) fn rename_service_port(description: &Description, name: &str, objects: &mut [Json]) -> bool {
    let Some(own) = port_name(description) else { return false };
    let mut found = false;
    for object in objects.iter_mut() {
        if object["kind"] == "Service" {
            let ports = object.pointer_mut("/spec/ports").and_then(Json::as_array_mut);
            // the app's is the first; a further one of this name has it for itself
            if let Some(port) = ports.into_iter().flatten().find(|port| port["name"] == own) {
                port["name"] = json!(name);
                found = true;
            }
        }
        let rules = object.pointer_mut("/spec/rules").and_then(Json::as_array_mut);
        let paths = rules.into_iter().flatten().filter_map(|rule| rule.pointer_mut("/http/paths")?.as_array_mut());
        for path in paths.flatten() {
            if let Some(port) = path.pointer_mut("/backend/service/port/name").filter(|port| **port == own) {
                *port = json!(name);
            }
        }
    }
    found
}

/// Renames a further port of the app on its Service; whether one has it.
pub(super) fn rename_further_port(description: &Description, port: &str, name: &str, objects: &mut [Json]) -> bool {
    let mut found = false;
    let is_own = |object: &&mut Json| {
        object["kind"] == "Service" && object["metadata"]["name"] == *description.name_of("Service")
    };
    for service in objects.iter_mut().filter(is_own) {
        let ports = service.pointer_mut("/spec/ports").and_then(Json::as_array_mut);
        let mut ports = ports.into_iter().flatten();
        if let Some(own) = ports.find(|own| own["name"] == port && own["targetPort"] == port) {
            own["name"] = json!(name);
            found = true;
        }
    }
    found
}

fn rename_in(container: &mut Json, own: &str, name: &str) -> bool {
    let mut found = false;
    let ports = container.get_mut("ports").and_then(Json::as_array_mut);
    for port in ports.into_iter().flatten() {
        if port["name"] == own {
            port["name"] = json!(name);
            found = true;
        }
    }
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        for handler in ["httpGet", "tcpSocket"] {
            let port = container.get_mut(probe).and_then(|probe| probe.get_mut(handler)?.get_mut("port"));
            if let Some(port) = port.filter(|port| **port == own) {
                *port = json!(name);
            }
        }
    }
    found
}

/// Renames the claim template that `storage` makes, and where it is mounted.
pub(super) fn rename_claim(name: &str, objects: &mut [Json]) -> bool {
    const OWN: &str = "data";
    let mut found = false;
    for object in objects.iter_mut().filter(|object| object["kind"] == "StatefulSet") {
        let claims = object.pointer_mut("/spec/volumeClaimTemplates").and_then(Json::as_array_mut);
        for claim in claims.into_iter().flatten().filter(|claim| claim["metadata"]["name"] == OWN) {
            claim["metadata"]["name"] = json!(name);
            found = true;
        }
        for template in objects::templates(object).into_iter().filter(|_| found) {
            for list in ["/spec/initContainers", "/spec/containers"] {
                let containers = template.pointer_mut(list).and_then(Json::as_array_mut);
                let mounts = containers.into_iter().flatten();
                let mounts = mounts.filter_map(|container| container.get_mut("volumeMounts")?.as_array_mut());
                for mount in mounts.flatten().filter(|mount| mount["name"] == OWN) {
                    mount["name"] = json!(name);
                }
            }
        }
    }
    found
}
