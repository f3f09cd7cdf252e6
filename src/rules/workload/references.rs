//! What objects refer to by name.

use crate::kube::types::{KeyToPath, Volume};
use crate::kube::{ContainerView, Object, PodView, Typed};
use crate::rules::{parts, text};
use crate::yaml::NodeId;

/// A name of another object, in the same namespace unless that is cluster-wide.
#[derive(Clone, Debug)]
pub struct Reference<'run> {
    /// The kind that is meant.
    pub kind: &'static str,
    /// The name.
    pub name: &'run str,
    /// Its node.
    pub node: NodeId,
    /// The keys that must be there, with their nodes.
    pub keys: Vec<(&'run str, NodeId)>,
}

/// The port name by which the AWS Load Balancer Controller takes the backend from the annotation
/// `alb.ingress.kubernetes.io/actions.NAME`; there need be no Service of that name
/// (kubernetes-sigs.github.io/aws-load-balancer-controller: guide/ingress/annotations, "actions").
pub const USE_ANNOTATION: &str = "use-annotation";

/// Everything that an object needs by name. What is optional is left out.
pub fn references(object: &Object) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for pod in object.pods() {
        of_pod(pod, &mut found);
    }
    let document = &object.document;
    let mut add = |kind: &'static str, path: &[&str]| {
        let node = document.at(object.node, path);
        if let Some((node, name)) = node.and_then(|node| Some((node, document.str(node)?))) {
            found.push(Reference { kind, name, node, keys: Vec::new() });
        }
    };
    match &object.typed {
        Some(Typed::RoleBinding(binding)) if binding.role_ref.kind == "Role" => add("Role", &["roleRef", "name"]),
        Some(Typed::HorizontalPodAutoscaler(_) | Typed::HorizontalPodAutoscalerV1(_)) => {
            let target = |field| document.at(object.node, &["spec", "scaleTargetRef", field]);
            let kind = target("kind").and_then(|node| document.str(node));
            let kinds = ["Deployment", "StatefulSet", "ReplicaSet"];
            if let Some(kind) = kinds.into_iter().find(|known| kind == Some(known)) {
                add(kind, &["spec", "scaleTargetRef", "name"]);
            }
        }
        Some(Typed::Ingress(_)) => {
            add("Service", &["spec", "defaultBackend", "service", "name"]);
            let items = |node, field| document.get(node, field).map_or(&[][..], |list| document.items(list));
            let rules = document.get(object.node, "spec").map_or(&[][..], |spec| items(spec, "rules"));
            for path in
                rules.iter().filter_map(|rule| document.get(*rule, "http")).flat_map(|http| items(http, "paths"))
            {
                let port = document.at(*path, &["backend", "service", "port", "name"]);
                if port.is_some_and(|port| document.str(port) == Some(USE_ANNOTATION)) {
                    continue;
                }
                let node = document.at(*path, &["backend", "service", "name"]);
                if let Some((node, name)) = node.and_then(|node| Some((node, document.str(node)?))) {
                    found.push(Reference { kind: "Service", name, node, keys: Vec::new() });
                }
            }
        }
        _ => {}
    }
    found.retain(|reference| !reference.name.is_empty() && !text::is_placeholder(reference.name));
    found
}

fn of_pod<'run>(pod: PodView<'run>, found: &mut Vec<Reference<'run>>) {
    if let Some((node, name)) = pod.account_node().zip(pod.account()) {
        found.push(Reference { kind: "ServiceAccount", name, node, keys: Vec::new() });
    }
    for (volume, node) in parts::volumes(&pod) {
        of_volume(pod, volume, node, found);
    }
    for view in pod.containers() {
        of_container(&view, found);
    }
}

fn of_volume<'run>(pod: PodView<'run>, volume: &'run Volume, node: NodeId, found: &mut Vec<Reference<'run>>) {
    let document = &pod.object.document;
    let mut add =
        |kind, name: &'run str, at: Option<NodeId>, optional: Option<bool>, items: Option<&'run [KeyToPath]>, list| {
            let Some(node) = at.filter(|_| optional != Some(true)) else { return };
            let keys = parts::zipped(document, list, items)
                .filter_map(|(item, node)| Some((item.key.as_str(), document.get(node, "key")?)));
            found.push(Reference { kind, name, node, keys: keys.collect() });
        };
    let at = |path: &[&str]| document.at(node, path);
    if let Some(source) = &volume.config_map {
        add(
            "ConfigMap",
            &source.name,
            at(&["configMap", "name"]),
            source.optional,
            source.items.as_deref(),
            at(&["configMap", "items"]),
        );
    }
    if let Some((source, name)) =
        volume.secret.as_ref().and_then(|source| Some((source, source.secret_name.as_deref()?)))
    {
        add(
            "Secret",
            name,
            at(&["secret", "secretName"]),
            source.optional,
            source.items.as_deref(),
            at(&["secret", "items"]),
        );
    }
    if let Some(source) = &volume.persistent_volume_claim {
        add("PersistentVolumeClaim", &source.claim_name, at(&["persistentVolumeClaim", "claimName"]), None, None, None);
    }
    let projected = volume.projected.as_ref().and_then(|projected| projected.sources.as_deref());
    for (source, node) in parts::zipped(document, at(&["projected", "sources"]), projected) {
        let at = |path: &[&str]| document.at(node, path);
        if let Some(map) = &source.config_map {
            add(
                "ConfigMap",
                &map.name,
                at(&["configMap", "name"]),
                map.optional,
                map.items.as_deref(),
                at(&["configMap", "items"]),
            );
        }
        if let Some(secret) = &source.secret {
            add(
                "Secret",
                &secret.name,
                at(&["secret", "name"]),
                secret.optional,
                secret.items.as_deref(),
                at(&["secret", "items"]),
            );
        }
    }
}

fn of_container<'run>(view: &ContainerView<'run>, found: &mut Vec<Reference<'run>>) {
    let document = &view.pod.object.document;
    for (variable, node) in parts::variables(view) {
        let Some(from) = &variable.value_from else { continue };
        let mut add = |kind, field, name: &'run str, key: &'run str, optional| {
            let (Some(node), Some(key_node)) =
                (document.at(node, &["valueFrom", field, "name"]), document.at(node, &["valueFrom", field, "key"]))
            else {
                return;
            };
            if optional != Some(true) {
                found.push(Reference { kind, name, node, keys: vec![(key, key_node)] });
            }
        };
        if let Some(map) = &from.config_map_key_ref {
            add("ConfigMap", "configMapKeyRef", &map.name, &map.key, map.optional);
        }
        if let Some(secret) = &from.secret_key_ref {
            add("Secret", "secretKeyRef", &secret.name, &secret.key, secret.optional);
        }
    }
    for (from, node) in parts::zipped(document, view.at(&["envFrom"]), view.container.env_from.as_deref()) {
        let mut add = |kind, field, name: &'run str, optional| {
            if let Some(node) = document.at(node, &[field, "name"]).filter(|_| optional != Some(true)) {
                found.push(Reference { kind, name, node, keys: Vec::new() });
            }
        };
        if let Some(map) = &from.config_map_ref {
            add("ConfigMap", "configMapRef", &map.name, map.optional);
        }
        if let Some(secret) = &from.secret_ref {
            add("Secret", "secretRef", &secret.name, secret.optional);
        }
    }
}
