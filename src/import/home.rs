//! The namespace of objects that leave it out beside workloads that do not.

use std::collections::HashMap;

use super::Input;
use super::values::template_pointer;

/// The namespace that kubectl applies to where nothing says another. Objects that say it cannot be applied to another
/// (kubectl: "the namespace from the provided object does not match").
const DEFAULT: &str = "default";

/// What lies around workloads, in their namespace.
const AROUND: &[&str] = &[
    "Service",
    "ConfigMap",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "Ingress",
    "HTTPRoute",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
];

/// Lets objects without a namespace be those of the workloads of their folder, if all of these say `default`: applied
/// together, they are in one namespace.
pub(super) fn settle(inputs: &mut [Input]) {
    let folder = |input: &Input| input.file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut is_default: HashMap<String, bool> = HashMap::new();
    for input in inputs.iter().filter(|input| template_pointer(input.kind()).is_some()) {
        *is_default.entry(folder(input)).or_insert(true) &= input.id.namespace.as_deref() == Some(DEFAULT);
    }
    for input in inputs.iter_mut().filter(|input| input.id.namespace.is_none() && AROUND.contains(&input.kind())) {
        if is_default.get(&folder(input)) == Some(&true) {
            input.id.namespace = Some(DEFAULT.into());
        }
    }
}
