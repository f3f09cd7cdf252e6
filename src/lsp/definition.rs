//! Where the thing under the cursor is defined: a Service, a workload, a ConfigMap, a document of a description.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{Location, Range, Uri};

use super::catalogue::{Known, pattern_at};
use super::cursor::{self, Segment};
use super::folders::{Names, Seen};
use super::hover::without_environment;
use super::positions::Encoding;
use super::trail::{self, Trail};
use super::uris;
use super::word::word;
use crate::files;
use crate::kube::{Index, Object, Selector, Typed};
use crate::yaml::{NodeId, Source, Span, Value};

/// How many places are shown at most.
const MOST: usize = 50;

/// A place in a file.
struct Destination {
    source: Arc<Source>,
    span: Span,
}

/// Where what is at a byte of a text is defined.
#[must_use]
pub fn at(seen: Seen<'_>, offset: usize, names: &Names<'_>, encoding: Encoding) -> Vec<Location> {
    if seen.file.is_description() {
        return in_description(seen, offset, encoding);
    }
    let Some(object) = trail::object(seen.file, offset) else { return Vec::new() };
    let trail = trail::at(&object.document, object.node, offset);
    if object.id.kind == "Kustomization" || object.id.kind == "Component" {
        return of_file(seen, object, &trail);
    }
    let objects: Vec<&Object> = seen.workspace.objects().collect();
    let index = Index::of(&objects);
    let own: &Uri = &seen.buffer.uri;
    let place = |target: Destination| {
        let is_own = target.source.name == seen.file.source.name;
        let uri = if is_own { own.clone() } else { names.uri(&target.source)? };
        Some(Location { uri, range: encoding.range(&target.source, target.span) })
    };
    let mut targets = of_object(object, &trail, &index, &seen.buffer.text, offset);
    targets.truncate(MOST);
    targets.into_iter().filter_map(place).collect()
}

fn name_of(object: &Object) -> Destination {
    let document = &object.document;
    let node = document.at(object.node, &["metadata", "name"]).unwrap_or(object.node);
    Destination { source: Arc::clone(&document.source), span: document.span(node) }
}

fn of_object(object: &Object, trail: &Trail, index: &Index<'_>, text: &str, offset: usize) -> Vec<Destination> {
    let selected = of_selector(object, trail, index);
    if !selected.is_empty() {
        return selected;
    }
    let document = &object.document;
    let value = if trail.is_key { None } else { document.str(trail.node) };
    if let (Some(name), Some(kind)) = (value, referred_kind(object, trail)) {
        let named = index.find_anywhere(object, &kind, name);
        return named.map(name_of).into_iter().collect();
    }
    // A host in a variable, an argument or a configuration: the name of a Service, or of a Pod behind one.
    let Some(word) = value.and_then(|_| word(text, offset)) else { return Vec::new() };
    let labels: Vec<&str> = word.text.split(['/', '.']).collect();
    let part = word.text.get(..offset - word.range.start).map_or(0, |before| before.matches(['/', '.']).count());
    let around = labels.iter().skip(part).chain(&labels);
    let service =
        around.filter(|label| !label.is_empty()).find_map(|label| index.find_anywhere(object, "Service", label));
    service.map(name_of).into_iter().collect()
}

/// The workloads that a selector around the cursor matches.
fn of_selector(object: &Object, trail: &Trail, index: &Index<'_>) -> Vec<Destination> {
    if !trail.names().iter().any(|name| matches!(*name, "selector" | "podSelector" | "matchLabels")) {
        return Vec::new();
    }
    let selector = match &object.typed {
        Some(Typed::Service(service)) => service
            .spec
            .as_ref()
            .and_then(|spec| spec.selector.as_ref())
            .filter(|labels| !labels.is_empty())
            .map(Selector::map),
        Some(Typed::PodDisruptionBudget(budget)) => {
            budget.spec.as_ref().and_then(|spec| spec.selector.as_ref()).map(Selector::of)
        }
        Some(Typed::NetworkPolicy(policy)) => {
            policy.spec.as_ref().and_then(|spec| spec.pod_selector.as_ref()).map(Selector::of)
        }
        _ => None,
    };
    let Some(selector) = selector else { return Vec::new() };
    trail::selected(index, object, &selector).into_iter().map(name_of).collect()
}

/// The kind of the object that a field names, as the API's types have it.
fn referred_kind(object: &Object, trail: &Trail) -> Option<String> {
    let fields = trail.names();
    let (last, above) = fields.split_last()?;
    let beside = |key: &str| object.document.get_str(*trail.around.last()?, key).map(str::to_owned);
    let kind = match (*last, above.last().copied().unwrap_or_default()) {
        ("name", "configMapKeyRef" | "configMapRef" | "configMap") => "ConfigMap",
        ("name", "secretKeyRef" | "secretRef" | "secret" | "imagePullSecrets") | ("secretName", _) => "Secret",
        ("claimName", _) => "PersistentVolumeClaim",
        ("serviceAccountName" | "serviceAccount", _) => "ServiceAccount",
        ("name", "service") | ("serviceName", _) => "Service",
        ("priorityClassName", _) => "PriorityClass",
        ("storageClassName", _) => "StorageClass",
        ("ingressClassName", _) => "IngressClass",
        ("name", "scaleTargetRef" | "roleRef" | "subjects" | "targetRef" | "parentRefs") => return beside("kind"),
        ("name", "backendRefs") => return beside("kind").or_else(|| Some("Service".to_owned())),
        _ => return None,
    };
    Some(kind.to_owned())
}

/// The file or folder that a kustomization names.
fn of_file(seen: Seen<'_>, object: &Object, trail: &Trail) -> Vec<Location> {
    let Some(name) = object.document.str(trail.node).filter(|_| !trail.is_key) else { return Vec::new() };
    let Some(folder) = seen.buffer.path.as_deref().and_then(Path::parent) else { return Vec::new() };
    let path = folder.join(name);
    let in_folder = ["kustomization.yaml", "kustomization.yml", "Kustomization"].map(|name| path.join(name));
    start_of(if path.is_dir() { in_folder.into_iter().find(|path| path.is_file()) } else { Some(path) })
}

fn start_of(path: Option<PathBuf>) -> Vec<Location> {
    let path = path.filter(|path| path.is_file()).map(|path| files::identity(&path));
    let uri = path.and_then(|path| uris::uri(&path));
    uri.map(|uri| Location { uri, range: Range::default() }).into_iter().collect()
}

fn in_description(seen: Seen<'_>, offset: usize, encoding: Encoding) -> Vec<Location> {
    let text = seen.buffer.text.as_str();
    let Some(word) = word(text, offset) else { return Vec::new() };
    let cursor = cursor::at(text, word.range.end);
    let path = without_environment(&cursor.path);
    let folder = seen.buffer.path.as_deref().and_then(Path::parent);
    let beside = |name: &str| start_of(folder.map(|folder| folder.join(name)));
    let is_key = text[word.range.end..].trim_start_matches(['"', '\'', ' ']).starts_with(':');
    let here = |span: Option<Span>| {
        let range = span.map(|span| encoding.range(&seen.file.source, span));
        range.map(|range| Location { uri: seen.buffer.uri.clone(), range }).into_iter().collect::<Vec<_>>()
    };
    let document = seen.file.documents.iter().find(|document| {
        let span = document.span.range();
        span.start <= offset && offset <= span.end
    });
    if let Some(hole) = word.hole {
        let declared = document.and_then(|document| {
            let params = document.get(document.root(), "params")?;
            document.entry(params, hole).map(|entry| document.span(entry.key))
        });
        return here(declared);
    }
    match path {
        [Segment::Key(key)] if key == "extends" => return beside(word.text),
        [.., Segment::Key(files), Segment::Key(_)] if files == "files" => return beside(word.text),
        _ => {}
    }
    let known = Known::of(seen);
    if pattern_at(path).is_some() {
        let of_project = known.catalogue.folder(word.text).and_then(|folder| folder.path());
        return start_of(of_project.map(|path| path.join("pattern.yaml")));
    }
    if !is_key && known.is_reference(path) {
        let called = word.text.strip_prefix("service/").unwrap_or(word.text);
        return here(document_called(seen, called).map(|(source, node)| source.span(node)));
    }
    Vec::new()
}

/// The document of a file that has this name.
fn document_called<'a>(seen: Seen<'a>, name: &str) -> Option<(&'a crate::yaml::Document, NodeId)> {
    seen.file.documents.iter().find_map(|document| {
        let node = document.get(document.root(), "name")?;
        (document.value(node) == Value::Str(name)).then_some((document.as_ref(), node))
    })
}
