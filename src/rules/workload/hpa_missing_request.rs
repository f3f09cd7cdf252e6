use super::{scaling, vertical};
use crate::diagnostic::Level;
use crate::kube::types::Container;
use crate::kube::{Index, Object};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::{Document, NodeId, Value};

/// An autoscaler goes by a share of a request that is not made.
pub static RULE: Rule = rule!("hpa_missing_request.md", Error, Check::Workspace(check));

/// A metric that goes by what containers use.
pub(super) struct Metric {
    /// `cpu` or `memory`
    pub resource: String,
    /// The one container that it looks at; all if there is none.
    pub container: Option<String>,
    /// Whether the target is a share of the request.
    pub is_share: bool,
    /// The node that says so.
    pub node: NodeId,
}

/// What autoscalers measure Pods by.
const MEASURED: [&str; 3] = ["spec.containers.name", "spec.containers.resources", "spec.resources"];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for scaler in index.kind("HorizontalPodAutoscaler") {
        let Some(target) = target_of(index, scaler) else { continue };
        let Some(pod) = target.pod().filter(|pod| pod.spec.resources.is_none()) else { continue };
        // a LimitRange gives every container what it does not ask for
        if index.has_beside(target, "LimitRange") {
            continue;
        }
        let lacking = |metric: &Metric| {
            pod.containers().find(|view| {
                let is_meant = metric.container.as_ref().is_none_or(|name| *name == view.container.name);
                view.runs_beside_app()
                    && is_meant
                    && !asks(view.container, &metric.resource)
                    && !vertical::requests(index, target, &view.container.name, &metric.resource)
            })
        };
        let shares: Vec<Metric> = metrics(scaler).into_iter().filter(|metric| metric.is_share).collect();
        let failing: Vec<_> = shares.iter().filter_map(|metric| Some((metric, lacking(metric)?))).collect();
        // with another metric that works it still scales up (`computeReplicasForMetrics`)
        let list = scaler.document.at(scaler.node, &["spec", "metrics"]);
        let all = list.map_or(1, |list| scaler.document.items(list).len().max(1));
        let is_all = failing.len() >= all;
        for (metric, view) in failing {
            let (name, resource) = (&view.container.name, &metric.resource);
            let by = format!("{} `{}`", scaler.id.kind, clip(&scaler.id.name));
            let of = format!("{} `{}`", target.id.kind, clip(&target.id.name));
            let shown = view.at(&["resources"]).unwrap_or_else(|| view.name_node());
            found
                .about(target)
                .at(
                    shown,
                    if is_all {
                        format!("{by} cannot scale {of}: container `{name}` has no {resource} request")
                    } else {
                        format!("{by} cannot scale {of} by {resource}, and never down: container `{name}` has no {resource} request")
                    },
                )
                .level(if is_all { Level::Error } else { Level::Warning })
                .here(format!("no `requests.{resource}`"))
                .label(scaler.label(metric.node, "a percentage of the containers' requests"))
                .because(
                    "utilization is a percentage of the requests of all containers, including \
                     native sidecars; if one has none, the metric fails with \"missing request\" (`calculatePodRequests` in `pkg/controller/podautoscaler`)",
                )
                .help(format!("add `resources.requests.{resource}` to `{name}`, or use a ContainerResource metric for another container"));
        }
    }
}

/// The workload of the run that an autoscaler scales.
pub(super) fn target_of<'run>(index: &Index<'run>, scaler: &Object) -> Option<&'run Object> {
    let scaler = scaling::scaler(scaler)?;
    let target = index
        .find(scaler.object, scaler.kind, scaler.name)
        .filter(|target| scaler.object.keeps(&["spec"]) && target.pods().all(|pod| pod.keeps(&MEASURED)));
    target.filter(|target| scaling::is_meant(index, scaler.object, target))
}

fn asks(container: &Container, resource: &str) -> bool {
    let Some(resources) = &container.resources else { return false };
    // without its own request a limit is one
    [&resources.requests, &resources.limits].into_iter().flatten().any(|amounts| amounts.contains_key(resource))
}

/// What an autoscaler measures of containers. Without any metric it goes by cpu
/// (`SetDefaults_HorizontalPodAutoscaler`). `autoscaling/v2beta1` writes the share beside the resource.
pub(super) fn metrics(object: &Object) -> Vec<Metric> {
    let document = &object.document;
    let target = document.at(object.node, &["spec", "scaleTargetRef"]).unwrap_or(object.node);
    let default = |node| Metric { resource: "cpu".to_owned(), container: None, is_share: true, node };
    match object.id.api_version.as_str() {
        "autoscaling/v1" => {
            vec![default(document.at(object.node, &["spec", "targetCPUUtilizationPercentage"]).unwrap_or(target))]
        }
        "autoscaling/v2" | "autoscaling/v2beta2" | "autoscaling/v2beta1" => {
            let list = document.at(object.node, &["spec", "metrics"]).map_or(&[][..], |list| document.items(list));
            if list.is_empty() {
                vec![default(target)]
            } else {
                list.iter().filter_map(|node| metric(document, *node)).collect()
            }
        }
        _ => Vec::new(),
    }
}

fn metric(document: &Document, node: NodeId) -> Option<Metric> {
    let of_pod = document.get(node, "resource");
    let source = of_pod.or_else(|| document.get(node, "containerResource"))?;
    let is_number = |path: &[&str]| {
        let value = document.at(source, path).map(|node| document.value(node));
        matches!(value, Some(Value::Int(_) | Value::Uint(_)))
    };
    let resource = document.get_str(source, "name")?.to_owned();
    let is_share = is_number(&["target", "averageUtilization"]) || is_number(&["targetAverageUtilization"]);
    if of_pod.is_some() {
        return Some(Metric { resource, container: None, is_share, node: source });
    }
    let container = document.get(source, "container")?;
    Some(Metric { resource, container: Some(document.str(container)?.to_owned()), is_share, node: container })
}
