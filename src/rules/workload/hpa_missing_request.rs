use k8s_openapi::api::autoscaling::v2::{MetricSpec, MetricTarget};
use k8s_openapi::api::core::v1::Container;

use super::scaling;
use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, Index, Object, Typed, in_one_namespace};
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// An autoscaler goes by a share of a request that nobody makes.
pub static RULE: Rule = Rule {
    id: RuleId { name: "hpa-missing-request", family: "workload" },
    level: Level::Error,
    page: include_str!("hpa_missing_request.md"),
    check: Check::Workspace(check),
};

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

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for scaler in index.kind("HorizontalPodAutoscaler") {
        let Some(target) = target_of(index, scaler) else { continue };
        let Some(pod) = target.pod().filter(|pod| pod.spec.resources.is_none()) else { continue };
        // a LimitRange gives every container what it does not ask for
        if index.kind("LimitRange").iter().any(|limits| in_one_namespace(target, limits)) {
            continue;
        }
        for metric in metrics(scaler).into_iter().filter(|metric| metric.is_share) {
            let lacks = |view: &ContainerView<'_>| {
                let is_meant = metric.container.as_ref().is_none_or(|name| *name == view.container.name);
                view.runs_beside_app() && is_meant && !asks(view.container, &metric.resource)
            };
            let Some(view) = pod.containers().find(lacks) else { continue };
            let (name, resource) = (&view.container.name, &metric.resource);
            let (by, of) = (clip(&scaler.id.name), clip(&target.id.name));
            let shown = view.at(&["resources"]).unwrap_or_else(|| view.name_node());
            found
                .about(target)
                .at(shown, format!("`{by}` cannot scale `{of}`: `{name}` has no {resource} request"))
                .here(format!("no `requests.{resource}`"))
                .label(scaler.label(metric.node, "a share of what the containers ask for"))
                .because(
                    "utilization is a share of the requests of all containers, native sidecars included; if one has none, \
                     the metric fails with \"missing request\" (`calculatePodRequests` in `pkg/controller/podautoscaler`)",
                )
                .help(format!("add `resources.requests.{resource}` to `{name}`, or let a ContainerResource metric name another container"));
        }
    }
}

/// The workload of the run that an autoscaler scales.
pub(super) fn target_of<'run>(index: &Index<'run>, scaler: &Object) -> Option<&'run Object> {
    let scaler = scaling::scaler(scaler)?;
    let target = index.find(scaler.object, scaler.kind, scaler.name).filter(|target| !target.is_base);
    target.filter(|target| scaling::is_meant(index, scaler.object, target))
}

fn asks(container: &Container, resource: &str) -> bool {
    let Some(resources) = &container.resources else { return false };
    // without its own request a limit is one
    [&resources.requests, &resources.limits].into_iter().flatten().any(|amounts| amounts.contains_key(resource))
}

/// What an autoscaler measures of containers. Without any metric it goes by cpu
/// (`SetDefaults_HorizontalPodAutoscaler`).
pub(super) fn metrics(object: &Object) -> Vec<Metric> {
    let document = &object.document;
    let target = document.at(object.node, &["spec", "scaleTargetRef"]).unwrap_or(object.node);
    let default = |node| Metric { resource: "cpu".to_owned(), container: None, is_share: true, node };
    match &object.typed {
        Some(Typed::HorizontalPodAutoscalerV1(_)) => {
            vec![default(document.at(object.node, &["spec", "targetCPUUtilizationPercentage"]).unwrap_or(target))]
        }
        Some(Typed::HorizontalPodAutoscaler(typed)) => {
            let metrics = typed.spec.metrics.as_deref().unwrap_or_default();
            if metrics.is_empty() {
                return vec![default(target)];
            }
            let nodes = document.at(object.node, &["spec", "metrics"]).map_or(&[][..], |list| document.items(list));
            let metric = |(metric, node): (&MetricSpec, &NodeId)| {
                let is_share = |target: &MetricTarget| target.average_utilization.is_some();
                match (&metric.resource, &metric.container_resource) {
                    (Some(source), _) => Some(Metric {
                        resource: source.name.clone(),
                        container: None,
                        is_share: is_share(&source.target),
                        node: document.get(*node, "resource")?,
                    }),
                    (_, Some(source)) => Some(Metric {
                        resource: source.name.clone(),
                        container: Some(source.container.clone()),
                        is_share: is_share(&source.target),
                        node: document.at(*node, &["containerResource", "container"])?,
                    }),
                    _ => None,
                }
            };
            metrics.iter().zip(nodes).filter_map(metric).collect()
        }
        _ => Vec::new(),
    }
}
