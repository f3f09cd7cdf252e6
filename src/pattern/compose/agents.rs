//! Several agents in one Pod, each with its own status port.
//!
//! Patterns give their own agent its port. A container of the user's may be our image too (`source`, `merge`, the app
//! itself): it would serve its status where the agent serves it unless told otherwise, beside another one in vain.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::kube::image::Reference;
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::objects;
use crate::pattern::plan::prepare::Prepared;

/// Where an agent serves `/healthz`, `/readyz` and `/metrics` unless told otherwise.
const STATUS: u16 = 4041;

/// The variable that tells it.
const VARIABLE: &str = "PATTERNS_AGENT_STATUS";

/// Gives every agent that is told nothing the first status port that is free in its Pod.
pub(crate) fn apply(catalogue: &Catalogue, prepared: &Prepared<'_>, objects: &mut [Json]) {
    let ours = images(catalogue, prepared);
    // Those on loopback are not declared.
    let allocated = || prepared.ports.iter().flat_map(|ports| ports.values().copied());
    for template in objects.iter_mut().filter(|object| objects::is_workload(object)).flat_map(objects::templates) {
        let declared = objects::declared_ports(template).filter_map(|(port, _)| u16::try_from(port).ok());
        let mut taken: BTreeSet<u16> = declared.chain(allocated()).collect();
        for field in ["initContainers", "containers"] {
            let containers = template.pointer_mut(&format!("/spec/{field}")).and_then(Json::as_array_mut);
            for container in containers.into_iter().flatten().filter(|container| is_untold(container, &ours)) {
                let Some(port) = (STATUS..=u16::MAX).find(|port| taken.insert(*port)) else { continue };
                if port == STATUS {
                    continue;
                }
                let variable = json!({"name": VARIABLE, "value": format!("0.0.0.0:{port}")});
                match container["env"].as_array_mut() {
                    Some(env) => env.push(variable),
                    None => container["env"] = json!([variable]),
                }
            }
        }
    }
}

/// The references that mean our image in this document.
fn images(catalogue: &Catalogue, prepared: &Prepared<'_>) -> Vec<String> {
    let described = prepared.description.images.iter().find(|member| member.key == "agent");
    let described = described.and_then(|member| member.value.text()).map(str::to_owned);
    described.into_iter().chain(catalogue.images().get("agent").map(|image| image.image.clone())).collect()
}

/// Whether it is an agent with a status server that nothing says the address of. One with an entrypoint of the user's may
/// be anything.
fn is_untold(container: &Json, ours: &[String]) -> bool {
    let Some(image) = container["image"].as_str() else { return false };
    let is_ours = ours.iter().any(|reference| reference == image) || Reference::of(image).name() == "patterns-agent";
    let args: Vec<&str> = container["args"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let serves = args.first().is_some_and(|role| *role != "join");
    let told = args.iter().any(|arg| *arg == "--status" || arg.starts_with("--status="))
        || container["env"].as_array().into_iter().flatten().any(|variable| variable["name"] == VARIABLE);
    is_ours && serves && !told && container["command"].is_null()
}
