//! The server's defaults, as data.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use crate::describe::Spanned;
use crate::yaml::{self, Source};

type Table = HashMap<String, HashMap<String, Json>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let source = Arc::new(Source::from_text("defaults.yaml", include_str!("defaults.yaml")));
        let (documents, _) = yaml::as_kubectl(yaml::read(&source));
        let mut table = Table::new();
        for document in &documents {
            for kind in Spanned::from_node(document, document.root()).members() {
                let paths = kind.value.members().iter().map(|path| (path.key.clone(), path.value.to_json()));
                table.insert(kind.key.clone(), paths.collect());
            }
        }
        table
    })
}

/// Where a kind keeps its Pod's spec, as the beginning of a path.
pub(super) fn pod_path(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => "spec.template.spec.",
        "CronJob" => "spec.jobTemplate.spec.template.spec.",
        _ => return None,
    })
}

/// What the server writes at a path where nothing is.
pub(super) fn of(kind: &str, path: &[String]) -> Option<&'static Json> {
    let steps: Vec<&str> = path.iter().map(|step| if step.starts_with('[') { "[]" } else { step.as_str() }).collect();
    let whole = steps.join(".");
    let look = |section: &str, path: &str| table().get(section)?.get(path);
    let Some(in_pod) = pod_path(kind).and_then(|pod| whole.strip_prefix(pod)) else { return look(kind, &whole) };
    let in_container = ["containers.[].", "initContainers.[]."].iter().find_map(|list| in_pod.strip_prefix(list));
    let Some(in_container) = in_container else { return look("Pod", in_pod) };
    let probes = ["readinessProbe.", "livenessProbe.", "startupProbe."];
    match probes.iter().find_map(|probe| in_container.strip_prefix(probe)) {
        Some(in_probe) => look("Probe", in_probe),
        None => look("Container", in_container),
    }
}
