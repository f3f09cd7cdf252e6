//! Programs that keep data, run as replicas that know nothing of each other.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::started::started;
use crate::describe::{Description, Place};
use crate::facts::program::{Program, Replicas};
use crate::pattern::Made;
use crate::yaml::Source;

/// A note for each document that runs several Pods of such a program behind one Service: one that names no shape, or
/// one whose shards have replicas. `replicated` says that this is meant.
pub(super) fn notes(made: &[Made], descriptions: &[Description]) -> Vec<String> {
    let workloads = workloads(made);
    let own =
        |description: &Description| workloads.get(&origin(&description.name_place)).map_or(&[][..], Vec::as_slice);
    descriptions.iter().filter_map(|description| note(own(description), description)).collect()
}

/// The workloads of each document.
fn workloads(made: &[Made]) -> HashMap<Origin, Vec<&Json>> {
    let mut workloads: HashMap<Origin, Vec<&Json>> = HashMap::new();
    for made in made {
        if made.object["kind"] == "Deployment" || made.object["kind"] == "StatefulSet" {
            workloads.entry(origin(&made.origin)).or_default().push(&made.object);
        }
    }
    workloads
}

/// Where a document's name is.
type Origin = (*const Source, u32);

fn origin(place: &Place) -> Origin {
    (Arc::as_ptr(&place.source), place.span.start)
}

fn note(workloads: &[&Json], description: &Description) -> Option<String> {
    let image = &description.app.as_ref()?.image;
    let is_sharded = description.shape.pattern == "sharded";
    // a document without `shape` has that of its name's place
    if !is_sharded && description.shape.place.span != description.name_place.span {
        return None;
    }
    // shards without replicas are Pods of one StatefulSet, each with a name of its own
    let is_one_behind = |object: &Json| {
        if is_sharded {
            return object.pointer("/spec/template/metadata/labels/patterns~1shard").is_some();
        }
        object["kind"] == "Deployment" && object["metadata"]["name"] == *description.name_of("Deployment")
    };
    let own = workloads.iter().find(|object| is_one_behind(object))?;
    let replicas = own["spec"]["replicas"].as_u64().filter(|replicas| *replicas > 1)?;
    let containers = own.pointer("/spec/template/spec/containers")?.as_array()?;
    let container = containers.iter().find(|container| container["image"] == **image)?;
    let is_apart = |program: &&'static Program| program.replicas == Replicas::Apart;
    let program = started(container).into_iter().map(|one| one.program).find(is_apart)?;
    let (name, program) = (&description.name, &program.program);
    Some(if is_sharded {
        format!(
            "note: each shard of `{name}` is {replicas} Pods of {program}, each with its own data, behind one Service: what is \
             written to one is missing in the others: leave out `replicas`, unless they copy from each other"
        )
    } else {
        format!(
            "note: `{name}` runs {replicas} Pods of {program}, each with its own data, behind one Service: write shape: \
             {{single: {{}}}} for one Pod, {{sharded: {{shards: {replicas}}}}} for Pods with names, or {{replicated: \
             {{replicas: {replicas}}}}} if this is meant"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::describe::Options;
    use crate::expand::expand_text;

    /// What is looked at for a document does not grow with the others of its file.
    #[test]
    fn each_document_looks_at_its_own_workloads() {
        let mut text = String::new();
        for at in 0..30 {
            write!(text, "---\npatterns: v1\nname: w{at}\napp: {{image: \"registry.example.com/w:1\"}}\n").unwrap();
        }
        let source = Arc::new(Source::from_text("d.yaml", text));
        let expanded = expand_text(&source, Path::new("-"), &[], Options::default()).unwrap();
        let workloads = workloads(&expanded.made);
        for description in &expanded.descriptions {
            let own = &workloads[&origin(&description.name_place)];
            assert_eq!(own.len(), 1, "{}", description.name);
            assert_eq!(own[0]["metadata"]["name"], description.name);
        }
    }
}
