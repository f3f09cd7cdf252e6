//! Which objects belong to which workload.

mod pull;
mod surroundings;
mod tokens;
mod used_labels;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;

use super::budgets::Near;
use super::configs;
use super::owned::{Owned, create};
use super::policies;
use super::routes;
use super::scalers::Scaled;
use super::services;
use super::values::{containers, items, pod_spec};
use super::{Input, Known};
use crate::describe::fits;
use crate::sort;
pub(super) use pull::name_pull_secrets;
use surroundings::Surroundings;
use tokens::Tokens;
pub(super) use tokens::{is_bearer, need_tokens};
pub(super) use used_labels::used_labels;

/// Kinds that a document is made for.
const WORKLOADS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// API versions that workloads had before (kubernetes.io/docs/reference/using-api/deprecation-guide).
const FORMER: [&str; 5] = ["extensions/v1beta1", "apps/v1beta1", "apps/v1beta2", "batch/v1beta1", "batch/v2alpha1"];

/// A name in a namespace.
type Key<'a> = (Option<&'a str>, &'a str);

/// Assigns objects to workloads, and returns the rest with the reasons why they are not imported.
pub(super) fn plan<'a>(
    inputs: &'a [Input],
    services: &'a HashMap<(String, String), u64>,
    known: &dyn Fn(&Input) -> Known,
    recognise: &dyn Fn(&Input) -> bool,
) -> (Vec<Owned<'a>>, Vec<(&'a Input, String)>) {
    let surroundings = Surroundings::of(inputs);
    let tokens = Tokens::of(inputs);
    let scaled = Scaled::of(inputs);
    let near = Near::of(inputs);
    let mut taken: HashSet<*const Input> = HashSet::new();
    let mut all = Vec::new();
    let workloads: Vec<&Input> =
        inputs.iter().filter(|input| WORKLOADS.contains(&input.kind()) && served(input)).collect();
    for (workload, name) in workloads.iter().zip(names(&workloads)) {
        let bare = Owned::new(workload, name, known(workload), services, recognise(workload));
        let mut owned = gather(bare, &surroundings, &tokens, &taken);
        owned.is_scaled = owned.autoscaler.is_none() && scaled.has(workload);
        if owned.budget.is_none() && makes_budget(&owned) {
            owned.unbudgeted = near.why_none(workload);
        }
        taken.extend(owned.objects().chain(owned.extra.iter().copied()).map(std::ptr::from_ref));
        all.push(owned);
    }
    let rest = inputs.iter().filter(|input| !taken.contains(&std::ptr::from_ref(*input)));
    let rest = rest.map(|input| {
        let is_common = surroundings.common.contains(&std::ptr::from_ref(input));
        let why = if is_common {
            "it selects the Pods of several workloads".to_owned()
        } else {
            surroundings.why_left(input).map_or_else(|| why_left(input), str::to_owned)
        };
        (input, why)
    });
    let rest = rest.collect();
    (all, rest)
}

/// Gives each document a unique name: that of the workload, followed by the kind or the namespace if necessary.
fn names(workloads: &[&Input]) -> Vec<String> {
    const LONGEST: usize = 40;
    let mut taken = HashSet::new();
    let name = |workload: &&Input| {
        // the name of a Job that a description made ends in the hash of its spec
        let labels = &workload.object["metadata"]["labels"];
        let is_ours = workload.kind() == "Job" && labels["app.kubernetes.io/managed-by"] == "patterns";
        let told = labels["app.kubernetes.io/name"].as_str().filter(|_| is_ours);
        let own = told.filter(|told| workload.name().starts_with(told)).unwrap_or(workload.name());
        let plain: String = own
            .to_ascii_lowercase()
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let start = plain.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
        let kind = workload.kind().to_ascii_lowercase();
        let behind = [Some(String::new()), Some(kind), workload.id.namespace.as_deref().map(str::to_owned)];
        let numbers = (2..).map(|number: usize| number.to_string());
        let mut candidates = behind.into_iter().flatten().chain(numbers).map(|behind| {
            let end = if behind.is_empty() { behind } else { format!("-{behind}") };
            let room = LONGEST.saturating_sub(end.len());
            let start = if start.is_empty() { "app" } else { &start[..start.len().min(room)] };
            format!("{}{end}", start.trim_end_matches('-'))
        });
        // the app is called after its document until it is given its own name again
        let inits: HashSet<&str> = pod_spec(&workload.object)
            .into_iter()
            .flat_map(|spec| items(&spec["initContainers"]))
            .filter_map(|init| init["name"].as_str())
            .collect();
        let is_free = |name: &String| !inits.contains(name.as_str());
        candidates
            .find(|name| fits("base-name", name) && is_free(name) && taken.insert(name.clone()))
            .unwrap_or_default()
    };
    workloads.iter().map(name).collect()
}

fn gather<'a>(
    mut owned: Owned<'a>,
    surroundings: &Surroundings<'a>,
    tokens: &Tokens<'a>,
    taken: &HashSet<*const Input>,
) -> Owned<'a> {
    let workload = owned.workload;
    let namespace = workload.id.namespace.as_deref();
    let is_free = |input: &&Input| !taken.contains(&std::ptr::from_ref(*input));
    if !matches!(workload.kind(), "Job" | "CronJob") {
        let mut found: Vec<&Input> = surroundings.selecting("Service", workload);
        found.retain(is_free);
        sort::by_key(&mut found, |service| preference(service, workload));
        let governs = workload.kind() == "StatefulSet";
        let is_governing = |service: &&Input| workload.object["spec"]["serviceName"] == service.name();
        let named = workload.object["spec"]["serviceName"].as_str().is_some_and(|name| !name.is_empty());
        if governs
            && named
            && !found.iter().any(is_governing)
            && found.iter().all(|one| services::is_sayable(&one.object))
        {
            // the one that it names is made, and all others lead to the same Pods
            (owned.further, found) = (found, Vec::new());
        }
        let reaches = |service: &&'a Input| governs || Owned { service: Some(service), ..owned.bare() }.leads();
        owned.service = found.iter().copied().find(reaches);
        let chosen = owned.service.map(std::ptr::from_ref);
        let others = found.into_iter().filter(|one| Some(std::ptr::from_ref(*one)) != chosen);
        let (further, extra): (Vec<_>, Vec<_>) = others.partition(|one| services::is_sayable(&one.object));
        owned.further.extend(further);
        owned.extra.extend(extra);
    }
    let scalers = surroundings.scalers.get(&(namespace, workload.name())).map(Vec::as_slice).unwrap_or_default();
    if let [scaler] = scalers
        && workload.kind() == "Deployment"
        && scaler.object["spec"]["scaleTargetRef"]["kind"] == "Deployment"
        && served(scaler)
    {
        owned.autoscaler = Some(scaler);
    }
    let budgets = surroundings.selecting("PodDisruptionBudget", workload);
    match budgets.as_slice() {
        [budget] if has_budget(workload, budget) && is_free(budget) => owned.budget = Some(budget),
        more => owned.extra.extend(more.iter().filter(|one| is_free(one))),
    }
    for name in claims_of(workload) {
        let claim = surroundings
            .claims
            .get(&(namespace, name))
            .filter(|_| surroundings.claimed.get(&(namespace, name)) == Some(&1));
        owned.claims.extend(claim.filter(|claim| create(&claim.object).is_some()));
    }
    if let Some(account) = account_of(workload)
        && surroundings.shared.get(&(namespace, account)) == Some(&1)
        && let Some(one) = surroundings.accounts.get(&(namespace, account))
    {
        // one that needs a token needs what it may do, or the account stays
        let has_token = tokens.needed(workload) || tokens::projects(workload);
        owned.rights = surroundings.rights.given_to(one).filter(|_| has_token);
        owned.cluster_rights = surroundings.rights.given_everywhere(one).filter(|_| has_token);
        owned.account = Some(*one).filter(|_| owned.is_given() || !tokens.needed(workload));
    }
    if let Some(service) = owned.service {
        let opens = service.object["spec"]["type"].as_str().is_some_and(|kind| kind != "ClusterIP");
        let routes = surroundings.routes.get(&(namespace, service.name())).map(Vec::as_slice).unwrap_or_default();
        let route = routes.iter().copied().find(is_free);
        // with an address, the Service that governs a StatefulSet is said by its type, which a route leaves no room for
        let has_room = workload.kind() != "StatefulSet" || service.object["spec"]["clusterIP"] == "None";
        owned.ingress = route.filter(|_| !opens && has_room);
    }
    for name in configs::named(&workload.object) {
        let alone = surroundings.read.get(&(namespace, name)) == Some(&1);
        let config =
            surroundings.configs.get(&(namespace, name)).filter(|config| alone && configs::why_not(config).is_none());
        owned.configs.extend(config.copied());
    }
    let mut policies =
        surroundings.policies_of(workload).filter(|policy| policies::is_of(policy, workload) && is_free(policy));
    owned.policy = policies.find(|policy| policies::isolation(policy, workload).is_some());
    owned
}

/// Whether the object is of the version that is generated.
fn served(input: &Input) -> bool {
    match input.kind() {
        "Ingress" => input.id.api_version == "networking.k8s.io/v1",
        "HTTPRoute" => routes::VERSIONS.contains(&input.id.api_version.as_str()),
        "HorizontalPodAutoscaler" => matches!(input.id.api_version.as_str(), "autoscaling/v1" | "autoscaling/v2"),
        "Job" | "CronJob" => input.id.api_version == "batch/v1",
        _ => input.id.api_version == "apps/v1",
    }
}

/// The Service that a StatefulSet names, then the one of the workload's name, then those with an address.
fn preference(service: &Input, workload: &Input) -> (bool, bool, bool) {
    let governs = workload.object["spec"]["serviceName"] == service.name();
    let headless = service.object["spec"]["clusterIP"] == "None" && workload.kind() != "StatefulSet";
    (!governs, headless, service.name() != workload.name())
}

/// Whether `budget` can be this one.
fn has_budget(workload: &Input, budget: &Input) -> bool {
    let spec = &budget.object["spec"];
    matches!(workload.kind(), "Deployment" | "StatefulSet")
        && (spec.get("maxUnavailable").is_some() || spec.get("minAvailable").is_some())
}

/// Whether the document generates a budget by itself.
pub(super) fn makes_budget(owned: &Owned<'_>) -> bool {
    let workload = owned.workload;
    let replicas = workload.object["spec"]["replicas"].as_u64().unwrap_or(1);
    let least = owned.autoscaler.map(|scaler| scaler.object["spec"]["minReplicas"].as_u64().unwrap_or(1));
    match workload.kind() {
        // one that is suspended is a Deployment of several
        "Deployment" => owned.is_scaled || least.unwrap_or(replicas) != 1,
        "StatefulSet" => replicas > 1,
        _ => false,
    }
}

/// The claims that a workload's containers mount, in order.
fn claims_of(workload: &Input) -> BTreeSet<&str> {
    let Some(spec) = pod_spec(&workload.object) else { return BTreeSet::new() };
    let mounts = containers(spec).flat_map(|container| items(&container["volumeMounts"]));
    let mounted: HashSet<&str> = mounts.filter_map(|mount| mount["name"].as_str()).collect();
    let volumes = items(&spec["volumes"]).iter();
    let volumes = volumes.filter(|volume| volume["name"].as_str().is_some_and(|name| mounted.contains(name)));
    volumes.filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str()).collect()
}

/// The ServiceAccount that a workload names.
pub(super) fn account_of(workload: &Input) -> Option<&str> {
    let spec = pod_spec(&workload.object)?;
    let account = spec["serviceAccountName"].as_str().or_else(|| spec["serviceAccount"].as_str())?;
    (account != "default" && !account.is_empty()).then_some(account)
}

/// A host that is none.
fn unfit(host: &Json) -> Option<&str> {
    host.as_str().filter(|host| !fits("host", host))
}

/// Why an object stays where it is that no key is read from.
pub(super) const NO_KEY: &str = "import does not support its kind";

fn why_left(input: &Input) -> String {
    match input.kind() {
        "Secret" => "the values of Secrets stay in their file".to_owned(),
        "ConfigMap" => configs::why_not(input)
            .unwrap_or("none, or more than one, of the imported workloads in its namespace reads it")
            .to_owned(),
        "HTTPRoute" => {
            "no key can express all of it, or it leads to Services that no single document generates".to_owned()
        }
        "NetworkPolicy" => "no key can express all of it, or it is not about one workload of this run".to_owned(),
        "Pod" | "ReplicaSet" | "ReplicationController" => {
            "a description generates only controllers that replace their Pods".to_owned()
        }
        kind if WORKLOADS.contains(&kind) => match input.id.api_version.as_str() {
            version if FORMER.contains(&version) => {
                format!("{version} is no longer served; `kubectl convert` updates it")
            }
            version => format!("{version} has no such kind"),
        },
        "Service" => "it selects no imported workload of its namespace".to_owned(),
        "Ingress" => match items(&input.object["spec"]["rules"]).iter().find_map(|rule| unfit(&rule["host"])) {
            Some(host) => format!("the API server refuses its host `{host}`"),
            None => "it leads to Services that no single document generates".to_owned(),
        },
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => {
            "it does not define the rights of exactly one workload of this run".to_owned()
        }
        "Kustomization.kustomize.toolkit.fluxcd.io"
        | "HelmRelease.helm.toolkit.fluxcd.io"
        | "Application.argoproj.io"
        | "ApplicationSet.argoproj.io" => {
            "a controller in the cluster applies what it names; import those manifests, rendered".to_owned()
        }
        "HorizontalPodAutoscaler" => "its target is not imported, or has another autoscaler".to_owned(),
        "PodDisruptionBudget" => "it covers no imported workload, or more than one".to_owned(),
        "PersistentVolumeClaim" | "ServiceAccount" => "it belongs to no single workload".to_owned(),
        _ => NO_KEY.to_owned(),
    }
}
