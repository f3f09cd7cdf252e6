//! What templates make beside the Pod: configuration files in a `ConfigMap`, and whole objects.

use serde_json::{Value as Json, json};

use crate::pattern::catalogue::folders::POD_TEMPLATE;
use crate::pattern::names::hash_of;
use crate::pattern::objects::weave::Weave;
use crate::pattern::plan::fill::Filled;
use crate::pattern::template::fault::Fault;
use crate::pattern::template::render::{Renderer, other_than_map};
use crate::yaml::emit;

/// One file of a `ConfigMap`; a template that renders to nothing makes none.
fn config_file(renderer: &Renderer, template: &str, context: &Json) -> Result<Option<String>, Fault> {
    if !template.ends_with(".yaml.j2") {
        let text = renderer.text(template, context)?;
        // HAProxy takes a last line without its end for a cut one
        return Ok(if text.trim().is_empty() { None } else { Some(format!("{}\n", text.trim_end())) });
    }
    match woven(renderer, template, context)? {
        Json::Null => Ok(None),
        value => emit::to_yaml(&value).map(Some).map_err(|error| Fault::from(error.to_string())),
    }
}

/// The documents of a template woven into one value.
fn woven(renderer: &Renderer, template: &str, context: &Json) -> Result<Json, Fault> {
    let mut weave = Weave::default();
    for document in renderer.documents(template, context)? {
        weave.add(&document, 0);
    }
    let (value, clashes) = weave.finish();
    match clashes.first() {
        Some(clash) if clash.path.is_empty() => {
            Err(renderer.whole(template, format!("{template} renders to several documents, which are not all maps")))
        }
        Some(clash) => Err(Fault::from(format!("{template} contradicts itself at {}", clash.path))),
        None => Ok(value),
    }
}

/// The objects of a template: one for each document, or, for a `*.woven.yaml.j2`, one of all.
pub(super) fn render_objects(renderer: &Renderer, template: &str, context: &Json) -> Result<Vec<Json>, Fault> {
    if !template.ends_with(".woven.yaml.j2") {
        return renderer.maps(template, context);
    }
    let object = woven(renderer, template, context)?;
    Ok(if object.is_null() { Vec::new() } else { vec![object] })
}

/// The fragments of the Pod that a pattern adds.
pub(super) fn fragments(renderer: &Renderer, context: &Json) -> Result<Vec<Json>, Fault> {
    let fragments = renderer.maps(POD_TEMPLATE, context)?;
    for fragment in &fragments {
        let (metadata, spec) = (&fragment["metadata"], &fragment["spec"]);
        let of_maps = [("metadata", metadata), ("spec", spec)]
            .into_iter()
            .filter_map(|(field, value)| Some(format!("`{field}` is {}, not a map", other_than_map(value)?)));
        let of_lists = ["initContainers", "containers", "volumes"].into_iter().filter_map(|field| {
            let is_other = spec.get(field).is_some_and(|value| !value.is_null() && !value.is_array());
            is_other.then(|| format!("`spec.{field}` is not a list"))
        });
        if let Some(wrong) = of_maps.chain(of_lists).next() {
            return Err(renderer.whole(POD_TEMPLATE, format!("{POD_TEMPLATE} renders to no Pod template: {wrong}")));
        }
    }
    Ok(fragments)
}

/// The entry's configuration files. The name ends in the content's hash, so that a change makes a new
/// `ConfigMap` and rolls the Pods.
pub(super) fn config(
    document: &str,
    renderer: &Renderer,
    filled: &Filled,
    part: &str,
    context: &Json,
) -> Result<Option<Json>, Fault> {
    if filled.definition.config.is_empty() && filled.files.is_empty() {
        return Ok(None);
    }
    let mut data = filled.files.clone();
    for (name, template) in &filled.definition.config {
        if name == "*" {
            let files = woven(renderer, template, context)?;
            let files = files.as_object().into_iter().flatten();
            data.extend(files.map(|(name, value)| (name.clone(), Json::String(value.to_string()))));
        } else if let Some(text) = config_file(renderer, template, context)? {
            data.insert(name.clone(), Json::String(text));
        }
    }
    if data.is_empty() {
        return Ok(None);
    }
    let data = Json::Object(data);
    let hash = hash_of(&data);
    let name = format!("{document}-{part}-{hash}");
    Ok(Some(json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "immutable": true,
        "data": data,
    })))
}
