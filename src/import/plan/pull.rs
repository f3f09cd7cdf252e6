//! Secrets to pull images with that Pods have by their account.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Key, WORKLOADS, account_of};
use crate::import::Input;
use crate::import::values::{items, pod_spec, template_pointer};

/// Names in Pods what they have of their account: the server copies its list into those that name none (kubernetes:
/// plugin/pkg/admission/serviceaccount).
pub(in crate::import) fn name_pull_secrets(inputs: &mut [Input]) {
    let mut accounts: HashMap<Key<'_>, Json> = HashMap::new();
    for input in inputs.iter().filter(|input| input.kind() == "ServiceAccount") {
        let secrets = &input.object["imagePullSecrets"];
        if !items(secrets).is_empty() {
            accounts.insert((input.id.namespace.as_deref(), input.name()), secrets.clone());
        }
    }
    let named: Vec<Option<Json>> = inputs
        .iter()
        .map(|input| {
            let spec = pod_spec(&input.object).filter(|_| WORKLOADS.contains(&input.kind()))?;
            let account = account_of(input).unwrap_or("default");
            let secrets = accounts.get(&(input.id.namespace.as_deref(), account));
            secrets.filter(|_| items(&spec["imagePullSecrets"]).is_empty()).cloned()
        })
        .collect();
    for (input, secrets) in inputs.iter_mut().zip(named) {
        let Some(secrets) = secrets else { continue };
        let pointer = template_pointer(&input.id.kind).unwrap_or_default();
        let spec = Arc::make_mut(&mut input.object)
            .pointer_mut(pointer)
            .and_then(|template| template.get_mut("spec")?.as_object_mut());
        if let Some(spec) = spec {
            spec.insert("imagePullSecrets".to_owned(), secrets);
        }
    }
}
