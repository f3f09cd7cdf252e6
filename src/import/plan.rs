//! Which objects belong to which workload.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;

use super::canonical::{self, items};
use super::owned::{Owned, create};
use super::rights::Rights;
use super::services;
use super::{Input, Known};
use crate::describe::fits;

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
            own_labels(spec, &mut asked);
        }
    }
    for input in inputs {
        // Helm's labels have these names only where Helm has written them.
        let labels = &input.object["metadata"]["labels"];
        let is_helm =
            labels.get("helm.sh/chart").is_some() || matches!(labels["heritage"].as_str(), Some("Helm" | "Tiller"));
        if !is_helm {
            let template = canonical::template_pointer(input.kind()).and_then(|way| input.object.pointer(way));
            let all = [labels, template.map_or(&Json::Null, |template| &template["metadata"]["labels"])];
            let said = |name: &&str| all.iter().any(|labels| labels.get(name).is_some());
            asked.extend(
                ["chart", "heritage", "release"].iter().filter(|name| said(name)).map(|name| (*name).to_owned()),
            );
        }
    }
    let mut asked: Vec<String> = asked.into_iter().collect();
    asked.sort_unstable();
    asked
}

/// Labels that Pods read of themselves: `metadata.labels['release']`.
fn own_labels(value: &Json, asked: &mut HashSet<String>) {
    match value {
        Json::Object(members) => {
            let field = members.get("fieldPath").and_then(Json::as_str);
            let label = field.and_then(|path| path.strip_prefix("metadata.labels['")?.strip_suffix("']"));
            asked.extend(label.map(str::to_owned));
            members.values().for_each(|value| own_labels(value, asked));
        }
        Json::Array(elements) => elements.iter().for_each(|element| own_labels(element, asked)),
        _ => {}
    }
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
                // Istio's words for it
                let listed = match key.as_str() {
                    "subsets" => items(value),
                    "workloadSelector" => std::slice::from_ref(value),
                    _ => &[],
                };
                let labels = listed.iter().filter_map(|one| one["labels"].as_object());
                asked.extend(labels.flat_map(|labels| labels.keys().cloned()));
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

/// A name in a namespace.
type Key<'a> = (Option<&'a str>, &'a str);

/// The objects around workloads, by what leads to them.
#[derive(Default)]
struct Near<'a> {
    /// Services and budgets by one label that they select by.
    selecting: HashMap<(Option<&'a str>, &'a str, &'a str), Vec<&'a Input>>,
    /// Autoscalers by the name of their target.
    scalers: HashMap<Key<'a>, Vec<&'a Input>>,
    /// Routes by the Service that they lead to.
    routes: HashMap<Key<'a>, Vec<&'a Input>>,
    claims: HashMap<Key<'a>, &'a Input>,
    accounts: HashMap<Key<'a>, &'a Input>,
    rights: Rights<'a>,
    /// Services and budgets that select the Pods of several workloads.
    common: HashSet<*const Input>,
    /// How many workloads have a claim, or an account.
    claimed: HashMap<Key<'a>, usize>,
    shared: HashMap<Key<'a>, usize>,
}

impl<'a> Near<'a> {
    fn of(inputs: &'a [Input]) -> Self {
        let mut near = Self { rights: Rights::of(inputs), ..Self::default() };
        for input in inputs {
            let namespace = input.id.namespace.as_deref();
            let spec = &input.object["spec"];
            match input.kind() {
                "Service" | "PodDisruptionBudget" => {
                    let selector =
                        if input.kind() == "Service" { &spec["selector"] } else { &spec["selector"]["matchLabels"] };
                    let first = selector.as_object().and_then(|labels| labels.iter().next());
                    if let Some((key, Json::String(value))) = first {
                        near.selecting.entry((namespace, key, value)).or_default().push(input);
                    }
                }
                "HorizontalPodAutoscaler" => {
                    let target = spec["scaleTargetRef"]["name"].as_str().unwrap_or_default();
                    near.scalers.entry((namespace, target)).or_default().push(input);
                }
                "Ingress" if is_simple_route(spec) && served(input) => {
                    near.routes.entry((namespace, leads_to(spec))).or_default().push(input);
                }
                "PersistentVolumeClaim" => {
                    near.claims.insert((namespace, input.name()), input);
                }
                "ServiceAccount" => {
                    near.accounts.insert((namespace, input.name()), input);
                }
                kind if WORKLOADS.contains(&kind) => {
                    for claim in claims_of(input) {
                        *near.claimed.entry((namespace, claim)).or_default() += 1;
                    }
                    if let Some(account) = account_of(input) {
                        *near.shared.entry((namespace, account)).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        let mut seen = HashSet::new();
        let lasting = |input: &&Input| matches!(input.kind(), "Deployment" | "StatefulSet" | "DaemonSet");
        for workload in inputs.iter().filter(lasting) {
            for kind in ["Service", "PodDisruptionBudget"] {
                for one in near.all_selecting(kind, workload).into_iter().map(std::ptr::from_ref) {
                    if !seen.insert(one) {
                        near.common.insert(one);
                    }
                }
            }
        }
        near
    }

    /// The Services or budgets that select the Pods of a workload and of no other, in the order of the run.
    fn selecting(&self, kind: &str, workload: &'a Input) -> Vec<&'a Input> {
        let mut found = self.all_selecting(kind, workload);
        found.retain(|input| !self.common.contains(&std::ptr::from_ref(*input)));
        found
    }

    fn all_selecting(&self, kind: &str, workload: &'a Input) -> Vec<&'a Input> {
        let pointer = canonical::template_pointer(workload.kind()).unwrap_or_default();
        let labels = workload.object.pointer(pointer).and_then(|template| template["metadata"]["labels"].as_object());
        let namespace = workload.id.namespace.as_deref();
        let mut found: Vec<&Input> = Vec::new();
        for (key, value) in labels.into_iter().flatten() {
            let Some(value) = value.as_str() else { continue };
            found.extend(self.selecting.get(&(namespace, key.as_str(), value)).into_iter().flatten());
        }
        found.retain(|input| {
            let selector = &input.object["spec"]["selector"];
            input.kind() == kind
                && match kind {
                    "Service" => selects(selector, workload),
                    _ => selector["matchExpressions"].is_null() && selects(&selector["matchLabels"], workload),
                }
        });
        found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        found
    }
}

/// Gives each workload what belongs to it; the rest with the reasons why it stays where it is.
pub(super) fn plan<'a>(
    inputs: &'a [Input],
    services: &'a HashMap<(String, String), u64>,
    known: &dyn Fn(&Input) -> Known,
    recognise: &dyn Fn(&Input) -> bool,
) -> (Vec<Owned<'a>>, Vec<(&'a Input, String)>) {
    let near = Near::of(inputs);
    let tokens = Tokens::of(inputs);
    let mut taken: HashSet<*const Input> = HashSet::new();
    let mut all = Vec::new();
    let workloads: Vec<&Input> =
        inputs.iter().filter(|input| WORKLOADS.contains(&input.kind()) && served(input)).collect();
    for (workload, name) in workloads.iter().zip(names(&workloads)) {
        let bare = Owned::new(workload, name, known(workload), services, recognise(workload));
        let owned = gather(bare, &near, &tokens, &taken);
        taken.extend(owned.objects().chain(owned.extra.iter().copied()).map(std::ptr::from_ref));
        all.push(owned);
    }
    let rest = inputs.iter().filter(|input| !taken.contains(&std::ptr::from_ref(*input)));
    let rest = rest.map(|input| {
        let is_common = near.common.contains(&std::ptr::from_ref(input));
        (input, if is_common { "it selects the Pods of several workloads".to_owned() } else { why_left(input) })
    });
    let rest = rest.collect();
    (all, rest)
}

/// Gives each document a name that no other has: the workload's own, or it with the kind or the namespace behind it.
fn names(workloads: &[&Input]) -> Vec<String> {
    const LONGEST: usize = 40;
    let mut taken = HashSet::new();
    let name = |workload: &&Input| {
        let own = workload.name();
        let plain: String = own
            .to_ascii_lowercase()
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let start = plain.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
        let kind = workload.kind().to_ascii_lowercase();
        let behind = [Some(String::new()), Some(kind), workload.id.namespace.clone()];
        let numbers = (2..).map(|number: usize| number.to_string());
        let mut candidates = behind.into_iter().flatten().chain(numbers).map(|behind| {
            let end = if behind.is_empty() { behind } else { format!("-{behind}") };
            let room = LONGEST.saturating_sub(end.len());
            let start = if start.is_empty() { "app" } else { &start[..start.len().min(room)] };
            format!("{}{end}", start.trim_end_matches('-'))
        });
        candidates.find(|name| fits("base-name", name) && taken.insert(name.clone())).unwrap_or_default()
    };
    workloads.iter().map(name).collect()
}

fn gather<'a>(mut owned: Owned<'a>, near: &Near<'a>, tokens: &Tokens<'a>, taken: &HashSet<*const Input>) -> Owned<'a> {
    let workload = owned.workload;
    let namespace = workload.id.namespace.as_deref();
    let is_free = |input: &&Input| !taken.contains(&std::ptr::from_ref(*input));
    if !matches!(workload.kind(), "Job" | "CronJob") {
        let mut found: Vec<&Input> = near.selecting("Service", workload);
        found.retain(is_free);
        found.sort_by_key(|service| preference(service, workload));
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
    let scalers = near.scalers.get(&(namespace, workload.name())).map(Vec::as_slice).unwrap_or_default();
    if let [scaler] = scalers
        && workload.kind() == "Deployment"
        && scaler.object["spec"]["scaleTargetRef"]["kind"] == "Deployment"
        && served(scaler)
    {
        owned.autoscaler = Some(scaler);
    }
    let budgets = near.selecting("PodDisruptionBudget", workload);
    match budgets.as_slice() {
        [budget] if has_budget(workload, budget) && is_free(budget) => owned.budget = Some(budget),
        more => owned.extra.extend(more.iter().filter(|one| is_free(one))),
    }
    for name in claims_of(workload) {
        let claim = near.claims.get(&(namespace, name)).filter(|_| near.claimed.get(&(namespace, name)) == Some(&1));
        owned.claims.extend(claim.filter(|claim| create(&claim.object).is_some()));
    }
    if let Some(account) = account_of(workload)
        && near.shared.get(&(namespace, account)) == Some(&1)
        && let Some(one) = near.accounts.get(&(namespace, account))
    {
        // one that needs a token needs what it may do, or the account stays
        owned.rights = near.rights.given_to(one).filter(|_| tokens.needed(workload));
        owned.account = Some(*one).filter(|_| owned.rights.is_some() || !tokens.needed(workload));
    }
    if let Some(service) = owned.service {
        let opens = service.object["spec"]["type"].as_str().is_some_and(|kind| kind != "ClusterIP");
        let routes = near.routes.get(&(namespace, service.name())).map(Vec::as_slice).unwrap_or_default();
        let route = routes.iter().copied().find(is_free);
        owned.ingress = route.filter(|_| !opens && workload.kind() != "StatefulSet");
    }
    owned
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

/// Whether `budget` can be this one.
fn has_budget(workload: &Input, budget: &Input) -> bool {
    let spec = &budget.object["spec"];
    matches!(workload.kind(), "Deployment" | "StatefulSet")
        && (spec.get("maxUnavailable").is_some() || spec.get("minAvailable").is_some())
}

/// Whether the document makes a budget by itself.
pub(super) fn makes_budget(workload: &Input, scaler: Option<&Input>) -> bool {
    let replicas = workload.object["spec"]["replicas"].as_u64().unwrap_or(1);
    let least = scaler.map(|scaler| scaler.object["spec"]["minReplicas"].as_u64().unwrap_or(1));
    match workload.kind() {
        // one that is suspended is a Deployment of several
        "Deployment" => least.unwrap_or(replicas) != 1,
        "StatefulSet" => replicas > 1,
        _ => false,
    }
}

/// The claims that a workload's containers mount, in order.
fn claims_of(workload: &Input) -> BTreeSet<&str> {
    let Some(spec) = canonical::pod_spec(&workload.object) else { return BTreeSet::new() };
    let mounts = canonical::containers(spec).flat_map(|container| items(&container["volumeMounts"]));
    let mounted: HashSet<&str> = mounts.filter_map(|mount| mount["name"].as_str()).collect();
    let volumes = items(&spec["volumes"]).iter();
    let volumes = volumes.filter(|volume| volume["name"].as_str().is_some_and(|name| mounted.contains(name)));
    volumes.filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str()).collect()
}

/// The ServiceAccount that a workload names.
pub(super) fn account_of(workload: &Input) -> Option<&str> {
    let spec = canonical::pod_spec(&workload.object)?;
    let account = spec["serviceAccountName"].as_str().or_else(|| spec["serviceAccount"].as_str())?;
    (account != "default" && !account.is_empty()).then_some(account)
}

/// Which Pods have a token of the API that they may need.
struct Tokens<'a> {
    /// Accounts that a binding names; those without a namespace are of any.
    bound: HashSet<Key<'a>>,
    /// What accounts of the run say of their token.
    accounts: HashMap<Key<'a>, Option<bool>>,
}

impl<'a> Tokens<'a> {
    fn of(inputs: &'a [Input]) -> Self {
        let mut tokens = Self { bound: HashSet::new(), accounts: HashMap::new() };
        for input in inputs {
            match input.kind() {
                "ServiceAccount" => {
                    let said = input.object["automountServiceAccountToken"].as_bool();
                    tokens.accounts.insert((input.id.namespace.as_deref(), input.name()), said);
                }
                "RoleBinding" | "ClusterRoleBinding" => {
                    let accounts =
                        items(&input.object["subjects"]).iter().filter(|one| one["kind"] == "ServiceAccount");
                    for subject in accounts {
                        let Some(name) = subject["name"].as_str() else { continue };
                        tokens.bound.insert((None, name));
                        tokens.bound.insert((subject["namespace"].as_str(), name));
                    }
                }
                _ => {}
            }
        }
        tokens
    }

    /// Whether the Pods have a token that they may need: their account says so, a binding names it, or it is not in the
    /// run, so that nobody knows.
    fn needed(&self, workload: &Input) -> bool {
        let Some(spec) = canonical::pod_spec(&workload.object) else { return false };
        let namespace = workload.id.namespace.as_deref();
        let account = account_of(workload).unwrap_or("default");
        let own = self.accounts.get(&(namespace, account));
        if spec["automountServiceAccountToken"].as_bool().or(own.copied().flatten()) == Some(false) {
            return false;
        }
        let anywhere = namespace.is_none() && self.bound.contains(&(None, account));
        // an account that says it in so many words is meant
        let said = own == Some(&Some(true));
        said || anywhere || self.bound.contains(&(namespace, account)) || own.is_none() && account != "default"
    }
}

/// Says of each workload that needs a token that it has one, which is what the server does where nothing is said.
pub(super) fn need_tokens(inputs: &mut [Input]) {
    let tokens = Tokens::of(inputs);
    let needed: Vec<bool> =
        inputs.iter().map(|input| WORKLOADS.contains(&input.kind()) && tokens.needed(input)).collect();
    for (input, _) in inputs.iter_mut().zip(needed).filter(|(_, needed)| *needed) {
        let pointer = canonical::template_pointer(&input.id.kind).unwrap_or_default();
        let spec = input.object.pointer_mut(pointer).and_then(|template| template.get_mut("spec")?.as_object_mut());
        if let Some(spec) = spec {
            spec.insert("automountServiceAccountToken".to_owned(), Json::Bool(true));
        }
    }
}

/// Hosts, one list of paths for all of them, and at most one certificate.
fn is_simple_route(spec: &Json) -> bool {
    let rules = items(&spec["rules"]);
    let Some(first) = rules.first() else { return false };
    let paths = |rule: &Json| rule["http"]["paths"].clone();
    let distinct = |rule: &Json| {
        let paths: HashSet<&str> =
            items(&rule["http"]["paths"]).iter().map(|path| path["path"].as_str().unwrap_or("/")).collect();
        paths.len() == items(&rule["http"]["paths"]).len() && !paths.is_empty()
    };
    spec["defaultBackend"].is_null()
        && items(&spec["tls"]).len() <= 1
        && distinct(first)
        && rules.iter().all(|rule| rule["host"].is_string() && paths(rule) == paths(first))
        && items(&first["http"]["paths"]).iter().all(|path| path["backend"]["service"].is_object())
}

/// The Service that a route leads to: at `/`, or at its first path.
fn leads_to(spec: &Json) -> &str {
    let paths = items(&spec["rules"]).first().map(|rule| items(&rule["http"]["paths"])).unwrap_or_default();
    let root = paths.iter().find(|path| path["path"] == "/").or_else(|| paths.first());
    root.and_then(|path| path["backend"]["service"]["name"].as_str()).unwrap_or_default()
}

fn why_left(input: &Input) -> String {
    match input.kind() {
        "Secret" => "a Secret's values stay in their file".to_owned(),
        "ConfigMap" => "its content is not copied; the document refers to it by name".to_owned(),
        "Pod" | "ReplicaSet" | "ReplicationController" => {
            "a description makes controllers that replace their Pods".to_owned()
        }
        kind if WORKLOADS.contains(&kind) => {
            format!("{} is no longer served; `kubectl convert` brings it up to date", input.id.api_version)
        }
        "Service" => "it selects no workload of this run".to_owned(),
        "Ingress" => "it leads to Services that no single document makes".to_owned(),
        "Role" | "RoleBinding" => "it is not what one workload of this run may do".to_owned(),
        "HorizontalPodAutoscaler" | "PodDisruptionBudget" => {
            "its target is not imported, or has another one".to_owned()
        }
        _ => "no workload's own".to_owned(),
    }
}
