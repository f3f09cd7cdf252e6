//! Which Pods have a token of the API that they may need.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Key, WORKLOADS, account_of};
use crate::import::Input;
use crate::import::canonical;
use crate::import::values::{containers, items, pod_spec, template_pointer};
use crate::kube::TOKEN_FOLDER;

/// Which Pods have a token of the API that they may need.
pub(super) struct Tokens<'a> {
    /// Accounts that a binding names; those without a namespace are of any.
    bound: HashSet<Key<'a>>,
    /// What accounts of the run say of their token.
    accounts: HashMap<Key<'a>, Option<bool>>,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(inputs: &'a [Input]) -> Self {
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
    /// run, so that it is not known.
    pub(super) fn needed(&self, workload: &Input) -> bool {
        let Some(spec) = pod_spec(&workload.object) else { return false };
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

/// Whether a container of a Pod has a token of the API from a volume.
pub(super) fn projects(workload: &Input) -> bool {
    pod_spec(&workload.object).is_some_and(|spec| containers(spec).any(|container| is_bearer(container, spec)))
}

/// Whether this container of a Pod has.
pub(in crate::import) fn is_bearer(container: &Json, spec: &Json) -> bool {
    let is_token = |volume: &&Json| {
        let sources = items(&volume["projected"]["sources"]);
        sources.iter().any(|source| source["serviceAccountToken"].is_object())
    };
    let named: Vec<&Json> = items(&spec["volumes"]).iter().filter(is_token).map(|volume| &volume["name"]).collect();
    let mut mounts = items(&container["volumeMounts"]).iter();
    mounts.any(|mount| named.contains(&&mount["name"]) && canonical::path_of(mount) == TOKEN_FOLDER)
}

/// Says of each workload that needs a token that it has one, which is what the server does where nothing is said.
pub(in crate::import) fn need_tokens(inputs: &mut [Input]) {
    let tokens = Tokens::of(inputs);
    let needed: Vec<bool> =
        inputs.iter().map(|input| WORKLOADS.contains(&input.kind()) && tokens.needed(input)).collect();
    for (input, _) in inputs.iter_mut().zip(needed).filter(|(_, needed)| *needed) {
        let pointer = template_pointer(&input.id.kind).unwrap_or_default();
        let spec = Arc::make_mut(&mut input.object)
            .pointer_mut(pointer)
            .and_then(|template| template.get_mut("spec")?.as_object_mut());
        if let Some(spec) = spec {
            spec.insert("automountServiceAccountToken".to_owned(), Json::Bool(true));
        }
    }
}
