//! What the comparison of an object needs to know about the objects around it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::values::{containers, items, pod_spec, template_pointer};

/// What the comparison needs to know about related objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// Numbers of the Pod's ports by name.
    pub ports: HashMap<String, u64>,
    /// Numbers of Services' ports by the Service's name and theirs.
    pub services: HashMap<(String, String), u64>,
    /// The same of all Services of the run.
    pub elsewhere: Arc<HashMap<(String, String), u64>>,
    /// Labels that something in the run selects by.
    pub used_labels: Vec<String>,
    /// The labels of the workload's Pods.
    pub labels: Map<String, Json>,
}

impl Around {
    /// Learns from the objects that belong together.
    pub(super) fn learn<'a>(&mut self, objects: impl Iterator<Item = &'a Json>) {
        for object in objects {
            if object["kind"] == "Service" {
                for port in items(&object["spec"]["ports"]) {
                    if let (Some(service), Some(name), Some(number)) =
                        (object["metadata"]["name"].as_str(), port["name"].as_str(), port["port"].as_u64())
                    {
                        self.services.insert((service.to_owned(), name.to_owned()), number);
                    }
                }
            }
            let Some(spec) = pod_spec(object) else { continue };
            let template = object["kind"].as_str().and_then(template_pointer).and_then(|way| object.pointer(way));
            if let Some(labels) = template.and_then(|template| template["metadata"]["labels"].as_object()) {
                self.labels.extend(labels.clone());
            }
            for container in containers(spec) {
                for port in items(&container["ports"]) {
                    if let (Some(name), Some(number)) = (port["name"].as_str(), port["containerPort"].as_u64()) {
                        // the first one counts (kubernetes: pkg/api/v1/pod FindPort)
                        self.ports.entry(name.to_owned()).or_insert(number);
                    }
                }
            }
        }
    }
}
