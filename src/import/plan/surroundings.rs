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
    /// Policies of the network by the first label, in the order of names, of the Pods that they are about.
    policies: HashMap<(Option<&'a str>, &'a str, &'a str), Vec<&'a Input>>,
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
                "NetworkPolicy" if input.id.api_version == "networking.k8s.io/v1" => {
                    if let Some((key, value)) = first_of(&spec["podSelector"]) {
                        surroundings.policies.entry((namespace, key, value)).or_default().push(input);
                    }
                }
                "HTTPRoute" if served(input) => {
                    if let Some(service) = routes::leads_to(spec) {
                        surroundings.routes.entry((namespace, service)).or_default().push(input);
                    }
                }
                "Service" | "PodDisruptionBudget" => {
                    let first = selector_of(input).as_object().and_then(|labels| labels.iter().next());
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
        surroundings.set_common_apart(inputs);
        surroundings
    }

    /// Takes out what selects the Pods of several workloads.
    fn set_common_apart(&mut self, inputs: &'a [Input]) {
        let mut workloads: HashMap<(Option<&str>, &str, &str), Vec<&Input>> = HashMap::new();
        let lasting = |input: &&Input| matches!(input.kind(), "Deployment" | "StatefulSet" | "DaemonSet");
        for workload in inputs.iter().filter(lasting) {
            for (key, value) in labels_of(workload) {
                workloads.entry((workload.id.namespace.as_deref(), key, value)).or_default().push(workload);
            }
        }
        for input in self.selecting.values().flatten() {
            let labels = selector_of(input).as_object().into_iter().flatten();
            let having = labels.filter_map(|(key, value)| {
                workloads.get(&(input.id.namespace.as_deref(), key.as_str(), value.as_str()?))
            });
            // the label that the fewest have tells most
            let fewest = having.min_by_key(|having| having.len()).into_iter().flatten();
            if fewest.filter(|workload| is_selecting(input, workload)).nth(1).is_some() {
                self.common.insert(std::ptr::from_ref(*input));
            }
        }
        for inputs in self.selecting.values_mut() {
            inputs.retain(|input| !self.common.contains(&std::ptr::from_ref(*input)));
        }
    }

    /// The policies that may be about the Pods of a workload.
    pub(super) fn policies_of(&self, workload: &'a Input) -> impl Iterator<Item = &'a Input> {
        let first = first_of(&workload.object["spec"]["selector"]);
        let first = first.map(|(key, value)| (workload.id.namespace.as_deref(), key, value));
        first.and_then(|first| self.policies.get(&first)).into_iter().flatten().copied()
    }

    /// Why a claim or an account stays where it is, by how many workloads have it.
    pub(super) fn why_left(&self, input: &Input) -> Option<&'static str> {
        let name = (input.id.namespace.as_deref(), input.name());
        let many = |had: &HashMap<Key<'a>, usize>| had.get(&name).copied().unwrap_or_default();
        match input.kind() {
            "PersistentVolumeClaim" => match many(&self.claimed) {
                0 => Some("no imported workload of its namespace mounts it"),
                1 => None,
                _ => Some("several workloads mount it"),
            },
            "ServiceAccount" => match many(&self.shared) {
                0 => Some("no imported workload of its namespace runs as it"),
                1 => None,
                _ => Some("several workloads run as it"),
            },
            _ => self.rights.why_left(input),
        }
    }

    /// The Services or budgets that select the Pods of a workload and of no other, in the order of the run.
    pub(super) fn selecting(&self, kind: &str, workload: &'a Input) -> Vec<&'a Input> {
        let namespace = workload.id.namespace.as_deref();
        let mut found: Vec<&Input> = Vec::new();
        for (key, value) in labels_of(workload) {
            found.extend(self.selecting.get(&(namespace, key, value)).into_iter().flatten());
        }
        found.retain(|input| input.kind() == kind && is_selecting(input, workload));
        sort::by(&mut found, |a, b| (&a.file, a.start).cmp(&(&b.file, b.start)));
        found
    }
}

/// The first label of a selector in the order of names.
fn first_of(selector: &Json) -> Option<(&str, &str)> {
    let labels = selector["matchLabels"].as_object()?.iter();
    labels.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())).min()
}

/// The labels of a workload's Pods.
fn labels_of(workload: &Input) -> impl Iterator<Item = (&str, &str)> {
    let pointer = template_pointer(workload.kind()).unwrap_or_default();
    let labels = workload.object.pointer(pointer).and_then(|template| template["metadata"]["labels"].as_object());
    labels.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// The labels that a Service or a budget selects by.
fn selector_of(input: &Input) -> &Json {
    let selector = &input.object["spec"]["selector"];
    if input.kind() == "Service" { selector } else { &selector["matchLabels"] }
}

/// Whether a Service or a budget selects the Pods of a workload.
fn is_selecting(input: &Input, workload: &Input) -> bool {
    let is_plain = input.kind() == "Service" || input.object["spec"]["selector"]["matchExpressions"].is_null();
    is_plain && selects(selector_of(input), workload)
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
