//! What is imported: an object, and the place that it is written in.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::values::{
    containers, has_no_empty_lists, pod_spec, template_pointer, without_empty_lists, without_empty_texts, without_nulls,
};
use super::{legacy, secrets};
use crate::describe::{Kind, Spanned, fits};
use crate::diagnostic::ObjectRef;
use crate::kube::Object;
use crate::words;

/// An object of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Kind, name and namespace.
    pub id: ObjectRef,
    /// The object as kubectl reads it, without what is null. Shared: parts and variants are copies of lists of these.
    pub object: Arc<Json>,
    /// The file that it is in.
    pub file: String,
    /// Its first line there.
    pub line: usize,
    /// Its first byte there, which tells it from others of its line: JSON is often one.
    pub start: u32,
    /// Values that look like secrets and are written in the open, with their lines.
    pub(super) open: Vec<(Vec<String>, usize)>,
    /// Its kind, with the group where that is not one of Kubernetes' own: others have a `Job` and a `Service`, too.
    kind: String,
    /// The version that it is written in, if that is one that no server has any more.
    pub(super) old: Option<String>,
}

impl Input {
    /// Copies an object out of its file.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let spanned = Spanned::from_node(&object.document, object.node);
        let mut json = spanned.to_json();
        let source = &object.document.source;
        let line_of = |value: &Spanned| source.position(value.place.span.start).line;
        let open = secrets::find(&json).into_iter().filter_map(|path| {
            let value = path.iter().try_fold(&spanned, |value, step| match &value.kind {
                Kind::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => value.get(step),
            })?;
            Some((path, line_of(value)))
        });
        let open = open.collect();
        without_nulls(&mut json);
        if has_no_empty_lists(&object.id.kind) {
            without_empty_lists(&mut json);
            without_empty_texts(&mut json);
        }
        let start = object.document.span(object.node).start;
        let line = source.position(start).line;
        let old = legacy::update(&mut json);
        legacy::name_class(&mut json);
        legacy::plain_job(&mut json);
        let mut id = object.id.clone();
        if id.name.is_empty()
            && let Some(name) = json["metadata"]["name"].as_str()
        {
            id.name = name.into();
        }
        if let (Some(_), Some(version)) = (&old, json["apiVersion"].as_str()) {
            id.api_version = version.into();
        }
        let group = id.group();
        let is_own = !group.contains('.') || group.ends_with(".k8s.io");
        let kind = if is_own { id.kind.to_string() } else { format!("{}.{group}", id.kind) };
        Self { kind, id, object: Arc::new(json), file: source.name.clone(), line, start, open, old }
    }

    /// Where values that look like secrets are written in the open, apart from variables, which become references.
    pub fn open(&self) -> impl Iterator<Item = String> {
        let others = self.open.iter().filter(|(path, _)| secrets::variable(&self.object, path).is_none());
        others.map(|(_, line)| format!("{}:{line}", self.file))
    }

    /// What of a workload is none that a cluster takes, and mostly has to be filled in first: its name, its namespace, or
    /// an image.
    #[must_use]
    pub fn unfilled(&self) -> Option<String> {
        if !self.is_workload() {
            return None;
        }
        let Some(spec) = pod_spec(&self.object) else {
            return Some("it has no Pod template: it is a part that something else completes".to_owned());
        };
        let says = |what: &str, form: &str, value: &str| (!fits(form, value)).then(|| unfit(what, value));
        let name = (!self.name().is_empty()).then(|| says("name", "dns-subdomain", self.name())).flatten();
        let namespace = || self.id.namespace.as_deref().and_then(|namespace| says("namespace", "namespace", namespace));
        let mut images = containers(spec).filter_map(|container| container["image"].as_str());
        let image = || images.find_map(|image| says("image", "image", image));
        let account = spec["serviceAccountName"].as_str().filter(|account| !account.is_empty());
        let account = || account.and_then(|account| says("account", "dns-subdomain", account));
        let way = template_pointer(self.kind()).unwrap_or_default();
        let labels = self.object.pointer(&format!("{way}/metadata/labels")).and_then(Json::as_object);
        let mut labels = labels.into_iter().flat_map(Map::values).filter_map(Json::as_str);
        let label = || labels.find_map(|label| says("label", "label-value", label));
        name.or_else(namespace).or_else(image).or_else(account).or_else(label)
    }

    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    pub(super) fn name(&self) -> &str {
        &self.id.name
    }

    /// Whether it is of a kind that a document is made for.
    #[must_use]
    pub fn is_workload(&self) -> bool {
        template_pointer(self.kind()).is_some()
    }

    /// `Deployment/shop`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}/{}", self.id.kind, self.id.name)
    }

    /// `k8s/shop.yaml:3`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Why a value of a workload is none that a cluster takes.
fn unfit(what: &str, value: &str) -> String {
    if words::is_encrypted(value) {
        format!("its {what} is encrypted; SOPS has to decrypt it first")
    } else if words::is_placeholder(value) || words::is_name_of_a_value(value) {
        format!("its {what} `{value}` has to be filled in first")
    } else if what == "image" {
        format!("its image `{value}` is not a valid image reference; patterns lint shows why")
    } else {
        format!("the API server refuses its {what} `{value}`; patterns lint shows why")
    }
}
