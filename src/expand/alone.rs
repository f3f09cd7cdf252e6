//! Programs that keep data, run as replicas that know nothing of each other.

use super::started::started;
use crate::describe::Description;
use crate::facts::program::{Program, Replicas};
use crate::pattern::Made;

/// A note for each document that names no shape, and so runs several Pods of such a program behind one Service.
pub(super) fn notes(made: &[Made], descriptions: &[Description]) -> Vec<String> {
    descriptions.iter().filter_map(|description| note(made, description)).collect()
}

fn note(made: &[Made], description: &Description) -> Option<String> {
    let app = description.app.as_ref()?;
    // a document without `shape` has that of its name's place
    if description.shape.place.span != description.name_place.span {
        return None;
    }
    let name = description.name_of("Deployment");
    let own = made.iter().map(|made| &made.object).find(|object| {
        let is_here = object.pointer("/metadata/namespace").and_then(|namespace| namespace.as_str())
            == description.namespace.as_deref();
        object["kind"] == "Deployment" && object["metadata"]["name"] == *name && is_here
    })?;
    let replicas = own["spec"]["replicas"].as_u64().filter(|replicas| *replicas > 1)?;
    let containers = own.pointer("/spec/template/spec/containers")?.as_array()?;
    let container = containers.iter().find(|container| container["image"] == *app.image)?;
    let is_apart = |program: &&'static Program| program.replicas == Replicas::Apart;
    let program = started(container).into_iter().map(|one| one.program).find(is_apart)?;
    Some(format!(
        "note: `{}` runs {replicas} Pods of {}, each with its own data, behind one Service: write shape: {{single: \
             {{}}}} for one Pod, {{sharded: {{shards: {replicas}}}}} for Pods with names, or {{replicated: {{replicas: \
             {replicas}}}}} if this is meant",
        description.name, program.program
    ))
}
