//! The objects around workloads, by what leads to them.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::{Key, WORKLOADS, account_of, claims_of, served};
use crate::describe::fits;
use crate::import::Input;
use crate::import::configs;
use crate::import::rights::Rights;
use crate::import::routes;
use crate::import::values::{items, template_pointer};
use crate::sort;

/// The objects around workloads, by what leads to them.
#[derive(Default)]
pub(super) struct Surroundings<'a> {
    /// Services and budgets by one label that they select by.
    selecting: HashMap<(Option<&'a str>, &'a str, &'a str), Vec<&'a Input>>,
    /// Autoscalers by the name of their target.
    pub(super) scalers: HashMap<Key<'a>, Vec<&'a Input>>,
    /// Routes by the Service that they lead to.
    pub(super) routes: HashMap<Key<'a>, Vec<&'a Input>>,
    pub(super) claims: HashMap<Key<'a>, &'a Input>,
    pub(super) accounts: HashMap<Key<'a>, &'a Input>,
    pub(super) rights: Rights<'a>,
    pub(super) configs: HashMap<Key<'a>, &'a Input>,
    /// How many objects read a ConfigMap.
    pub(super) read: HashMap<Key<'a>, usize>,
    pub(super) policies: Vec<&'a Input>,
    /// Services and budgets that select the Pods of several workloads.
    pub(super) common: HashSet<*const Input>,
    /// How many workloads have a claim, or an account.
    pub(super) claimed: HashMap<Key<'a>, usize>,
    pub(super) shared: HashMap<Key<'a>, usize>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        let mut surroundings = Self { rights: Rights::of(inputs), ..Self::default() };
        for input in inputs {
            let namespace = input.id.namespace.as_deref();
            let spec = &input.object["spec"];
            for name in configs::named(&input.object) {
                *surroundings.read.entry((namespace, name)).or_default() += 1;
            }
            match input.kind() {
                "ConfigMap" => {
                    surroundings.configs.insert((namespace, input.name()), input);
                }
                "NetworkPolicy" if input.id.api_version == "networking.k8s.io/v1" => surroundings.policies.push(input),
                "HTTPRoute" if served(input) => {
                    if let Some(service) = routes::leads_to(spec) {
                        surroundings.routes.entry((namespace, service)).or_default().push(input);
                    }
                }
                "Service" | "PodDisruptionBudget" => {
                    let selector =
                        if input.kind() == "Service" { &spec["selector"] } else { &spec["selector"]["matchLabels"] };
                    let first = selector.as_object().and_then(|labels| labels.iter().next());
                    if let Some((key, Json::String(value))) = first {
                        surroundings.selecting.entry((namespace, key, value)).or_default().push(input);
                    }
                }
                "HorizontalPodAutoscaler" => {
                    let target = spec["scaleTargetRef"]["name"].as_str().unwrap_or_default();
                    surroundings.scalers.entry((namespace, target)).or_default().push(input);
                }
                "Ingress" if is_simple_route(spec) && served(input) => {
                    surroundings.routes.entry((namespace, leads_to(spec))).or_default().push(input);
                }
                "PersistentVolumeClaim" => {
                    surroundings.claims.insert((namespace, input.name()), input);
                }
                "ServiceAccount" => {
                    surroundings.accounts.insert((namespace, input.name()), input);
                }
                kind if WORKLOADS.contains(&kind) => {
                    for claim in claims_of(input) {
                        *surroundings.claimed.entry((namespace, claim)).or_default() += 1;
                    }
                    if let Some(account) = account_of(input) {
                        *surroundings.shared.entry((namespace, account)).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        let mut seen = HashSet::new();
        let lasting = |input: &&Input| matches!(input.kind(), "Deployment" | "StatefulSet" | "DaemonSet");
        for workload in inputs.iter().filter(lasting) {
            for kind in ["Service", "PodDisruptionBudget"] {
                for one in surroundings.all_selecting(kind, workload).into_iter().map(std::ptr::from_ref) {
                    if !seen.insert(one) {
                        surroundings.common.insert(one);
                    }
                }
            }
        }
        surroundings
    }

    /// The Services or budgets that select the Pods of a workload and of no other, in the order of the run.
    pub(super) fn selecting(&self, kind: &str, workload: &'a Input) -> Vec<&'a Input> {
        let mut found = self.all_selecting(kind, workload);
        found.retain(|input| !self.common.contains(&std::ptr::from_ref(*input)));
        found
    }

    fn all_selecting(&self, kind: &str, workload: &'a Input) -> Vec<&'a Input> {
        let pointer = template_pointer(workload.kind()).unwrap_or_default();
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
        sort::by(&mut found, |a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        found
    }
}

fn selects(selector: &Json, workload: &Input) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else { return false };
    let pointer = template_pointer(workload.kind()).unwrap_or_default();
    let template = workload.object.pointer(pointer).unwrap_or(&Json::Null);
    selector.iter().all(|(key, value)| template["metadata"]["labels"].get(key) == Some(value))
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
        && rules.iter().all(|rule| rule["host"].as_str().is_some_and(|host| fits("host", host)))
        && rules.iter().all(|rule| paths(rule) == paths(first))
        && items(&first["http"]["paths"]).iter().all(|path| path["backend"]["service"].is_object())
}

/// The Service that a route leads to: at `/`, or at its first path.
fn leads_to(spec: &Json) -> &str {
    let paths = items(&spec["rules"]).first().map(|rule| items(&rule["http"]["paths"])).unwrap_or_default();
    let root = paths.iter().find(|path| path["path"] == "/").or_else(|| paths.first());
    root.and_then(|path| path["backend"]["service"]["name"].as_str()).unwrap_or_default()
}
