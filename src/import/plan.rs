//! Which objects belong to which workload.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::Input;
use super::canonical::{self, items};
use super::owned::{Owned, create};

/// Kinds that a document is made for.
const WORKLOADS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// Labels that something in the run selects by: they are no tool's noise.
pub(super) fn asked(inputs: &[Input]) -> Vec<String> {
    let mut asked = HashSet::new();
    for input in inputs.iter().filter(|input| !WORKLOADS.contains(&input.kind())) {
        collect(&input.object["spec"], &mut asked);
    }
    for input in inputs.iter().filter(|input| WORKLOADS.contains(&input.kind())) {
        if let Some(spec) = canonical::pod_spec(&input.object) {
            collect(&spec["affinity"], &mut asked);
            collect(&spec["topologySpreadConstraints"], &mut asked);
        }
    }
    let mut asked: Vec<String> = asked.into_iter().collect();
    asked.sort_unstable();
    asked
}

fn collect(value: &Json, asked: &mut HashSet<String>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "matchLabels" | "selector")
                    && let Some(labels) = value.as_object()
                {
                    asked.extend(labels.iter().filter(|(_, value)| value.is_string()).map(|(key, _)| key.clone()));
                }
                if key == "matchExpressions" {
                    asked.extend(items(value).iter().filter_map(|one| one["key"].as_str()).map(str::to_owned));
                }
                collect(value, asked);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect(element, asked)),
        _ => {}
    }
}

/// Gives each workload what belongs to it; the rest with the reasons why it stays where it is.
pub(super) fn plan<'a>(
    inputs: &'a [Input],
    main: &dyn Fn(&Input) -> usize,
) -> (Vec<Owned<'a>>, Vec<(&'a Input, String)>) {
    let workloads: Vec<&Input> = inputs.iter().filter(|input| WORKLOADS.contains(&input.kind()) && served(input)).collect();
    let mut taken: HashSet<*const Input> = workloads.iter().map(|input| std::ptr::from_ref(*input)).collect();
    let mut all = Vec::new();
    for workload in &workloads {
        let mut owned = Owned {
            workload,
            main: main(workload),
            service: None,
            ingress: None,
            autoscaler: None,
            budget: None,
            account: None,
            claims: Vec::new(),
            extra: Vec::new(),
            all: inputs,
        };
        let near = |kind: &'a str| {
            let here = inputs.iter().filter(move |input| input.kind() == kind);
            here.filter(|input| in_one_namespace(input, workload))
        };
        let mut services: Vec<&Input> = near("Service")
            .filter(|service| !taken.contains(&std::ptr::from_ref(*service)) && selects(&service.object["spec"]["selector"], workload))
            .collect();
        services.sort_by_key(|service| preference(service, workload));
        owned.service = services.first().copied();
        let is_batch = matches!(workload.kind(), "Job" | "CronJob");
        if is_batch {
            owned.service = None;
        }
        owned.extra.extend(services.iter().copied().filter(|_| !is_batch).skip(1));
        if workload.kind() == "Deployment" {
            let scalers: Vec<&Input> = near("HorizontalPodAutoscaler").filter(|scaler| scales(scaler, workload)).collect();
            if let [scaler] = scalers.as_slice() {
                if served(scaler) { owned.autoscaler = Some(scaler) }
            }
        }
        let budgets: Vec<&Input> = near("PodDisruptionBudget")
            .filter(|budget| {
                let selector = &budget.object["spec"]["selector"];
                selector["matchExpressions"].is_null() && selects(&selector["matchLabels"], workload)
            })
            .collect();
        match budgets.as_slice() {
            [budget] if makes_budget(workload, owned.autoscaler) => owned.budget = Some(budget),
            more => owned.extra.extend(more),
        }
        for claim in near("PersistentVolumeClaim") {
            let users = workloads.iter().filter(|other| in_one_namespace(other, claim) && mounts(other, claim.name())).count();
            if users == 1 && mounts(workload, claim.name()) && create(&claim.object).is_some() {
                owned.claims.push(claim);
            }
        }
        if let Some(service) = owned.service {
            let mut routes = near("Ingress").filter(|route| {
                let simple = is_simple_route(&route.object["spec"]) && served(route);
                simple && leads(route, service) && !taken.contains(&std::ptr::from_ref(*route))
            });
            let opens = service.object["spec"]["type"].as_str().is_some_and(|kind| kind != "ClusterIP");
            owned.ingress = routes.next().filter(|_| !opens && workload.kind() != "StatefulSet");
        }
        taken.extend(owned.objects().chain(owned.extra.iter().copied()).map(std::ptr::from_ref));
        all.push(owned);
    }
    let rest = inputs.iter().filter(|input| !taken.contains(&std::ptr::from_ref(*input)));
    let rest = rest.map(|input| (input, why_left(input))).collect();
    (all, rest)
}

fn in_one_namespace(a: &Input, b: &Input) -> bool {
    a.id.namespace == b.id.namespace
}

/// Whether the object is of the version that is generated.
fn served(input: &Input) -> bool {
    match input.kind() {
        "Ingress" => input.id.api_version == "networking.k8s.io/v1",
        "HorizontalPodAutoscaler" => matches!(input.id.api_version.as_str(), "autoscaling/v1" | "autoscaling/v2"),
        "Job" | "CronJob" => input.id.api_version == "batch/v1",
        _ => input.id.api_version == "apps/v1",
    }
}

fn selects(selector: &Json, workload: &Input) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else { return false };
    let pointer = canonical::template_pointer(workload.kind()).unwrap_or_default();
    let template = workload.object.pointer(pointer).unwrap_or(&Json::Null);
    selector.iter().all(|(key, value)| template["metadata"]["labels"].get(key) == Some(value))
}

/// The Service that a StatefulSet names, then the one of the workload's name, then those with an address.
fn preference(service: &Input, workload: &Input) -> (bool, bool, bool) {
    let governs = workload.object["spec"]["serviceName"] == service.name();
    let headless = service.object["spec"]["clusterIP"] == "None" && workload.kind() != "StatefulSet";
    (!governs, headless, service.name() != workload.name())
}

fn scales(scaler: &Input, workload: &Input) -> bool {
    let target = &scaler.object["spec"]["scaleTargetRef"];
    target["kind"] == workload.kind() && target["name"] == workload.name()
}

/// Whether the document has a budget that can take the place of this one.
fn makes_budget(workload: &Input, scaler: Option<&Input>) -> bool {
    let replicas = workload.object["spec"]["replicas"].as_u64().unwrap_or(1);
    let least = scaler.map(|scaler| scaler.object["spec"]["minReplicas"].as_u64().unwrap_or(1));
    matches!(workload.kind(), "Deployment" | "StatefulSet") && least.unwrap_or(replicas) > 1
}

fn mounts(workload: &Input, claim: &str) -> bool {
    let volumes = canonical::pod_spec(&workload.object).map(|spec| items(&spec["volumes"])).unwrap_or_default();
    volumes.iter().any(|volume| volume["persistentVolumeClaim"]["claimName"] == claim)
}

/// Hosts, one list of paths for all of them, and at most one certificate.
fn is_simple_route(spec: &Json) -> bool {
    let rules = items(&spec["rules"]);
    let Some(first) = rules.first() else { return false };
    let paths = |rule: &Json| rule["http"]["paths"].clone();
    let distinct = |rule: &Json| {
        let paths: HashSet<&str> = items(&rule["http"]["paths"]).iter().map(|path| path["path"].as_str().unwrap_or("/")).collect();
        paths.len() == items(&rule["http"]["paths"]).len() && !paths.is_empty()
    };
    spec["defaultBackend"].is_null()
        && items(&spec["tls"]).len() <= 1
        && distinct(first)
        && rules.iter().all(|rule| rule["host"].is_string() && paths(rule) == paths(first))
        && items(&first["http"]["paths"]).iter().all(|path| path["backend"]["service"].is_object())
}

/// Whether a route leads to a Service: at `/`, or at its first path.
fn leads(route: &Input, service: &Input) -> bool {
    let paths = items(&route.object["spec"]["rules"]).first().map(|rule| items(&rule["http"]["paths"])).unwrap_or_default();
    let root = paths.iter().find(|path| path["path"] == "/").or_else(|| paths.first());
    root.is_some_and(|path| path["backend"]["service"]["name"] == service.name())
}

fn why_left(input: &Input) -> String {
    match input.kind() {
        "Secret" => "a Secret's values stay in their file".to_owned(),
        "ConfigMap" => "its content is not copied; the document refers to it by name".to_owned(),
        "Pod" | "ReplicaSet" | "ReplicationController" => "a description makes controllers that replace their Pods".to_owned(),
        kind if WORKLOADS.contains(&kind) => {
            format!("{} is no longer served; `kubectl convert` brings it up to date", input.id.api_version)
        }
        "Service" => "it selects no workload of this run".to_owned(),
        "Ingress" => "it leads to Services that no single document makes".to_owned(),
        "HorizontalPodAutoscaler" | "PodDisruptionBudget" => "its target is not imported, or has another one".to_owned(),
        _ => "no workload's own".to_owned(),
    }
}
