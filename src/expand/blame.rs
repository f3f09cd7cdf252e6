//! From a finding in what was generated to the line of the description that made it.

use std::sync::Arc;

use super::{bug, mounted};
use crate::apiserver::is_of_pods;
use crate::describe::{Description, Place};
use crate::diagnostic::{Family, Finding, Label, Level};
use crate::origin::Maker;
use crate::pattern::{Catalogue, Made};
use crate::yaml::{self, Document, NodeId, Part, Span, Value};

/// A generated object with what it was made from.
pub struct Origin<'a> {
    /// The object as it was linted.
    pub document: &'a Document,
    /// The object.
    pub made: &'a Made,
    /// The document of the description that it is from.
    pub description: &'a Description,
}

/// What to write in a description where a rule's own advice is a field of Kubernetes.
const ADVICE: &[(&str, &str)] = &[
    (
        "rwo-rolling-update",
        "rollout: {recreate: true}, which stops the old Pod first, or `storage` of the shape `single`",
    ),
    ("read-only-root-needs-volume", "`writable: […]` with these folders, or an image that writes nothing"),
    ("probe-port-not-served", "set `port` to the port that the program listens on, or change the program's"),
    ("probe-protocol", "`health` asks what the program answers: a path, grpc, {tcp: port} or {command: […]}"),
    ("probe-on-loopback", "bind: localhost with a pattern in front, or have the program listen on all addresses"),
    ("gather-quorum-is-everything", "a `quorum` below `leaves`, and partial: allow"),
    (
        "service-port-on-loopback",
        "bind: localhost with a pattern in front, or have the program listen on all addresses",
    ),
    (
        "rwo-many-replicas",
        "`create: {access: ReadWriteMany}` of a class that has it, `storage` of `single` or `sharded`, or one Pod at a time",
    ),
    ("varnish-above-memory-limit", "resources: {cpu: …, memory: …} with more memory"),
    ("prestop-outlasts-grace", "a shorter `drain`, or a longer `stop`"),
];

/// Rules whose own advice is about a value that descriptions hold as it is.
const KEPT: &[&str] = &["memory-below-a-mebibyte", "unpullable-image", "nginx-config"];

/// Bytes of an object that only a description can make so large by what it lists: no ConfigMap may hold as many.
const LARGE: usize = 1 << 20;

/// Points a finding at the description. An object that the API server would refuse, for a reason that no text of the
/// description gives, stays where it is: a template made it, and nothing that a user wrote.
pub fn blame(finding: Finding, origin: &Origin<'_>, others: &[Origin<'_>], catalogue: &Catalogue) -> Finding {
    let (place, is_written) = place_of(&finding.primary, origin);
    let is_refusal = finding.rule.is_some_and(|rule| rule.family == Family::Manifest) && finding.level == Level::Error;
    if is_refusal && !is_written && origin.document.source.text.len() > LARGE {
        let message = format!("{}: {}", finding.primary.source.name, finding.message);
        let why = Some("the API server refuses the resulting object".into());
        let help = Some("split the document, or shorten this list".to_owned());
        return Finding { message, primary: place.label("generated from this"), why, help, fix: None, ..finding };
    }
    if is_refusal && !is_written {
        return Finding { help: Some(bug::of(&place, origin.description, catalogue)), fix: None, ..finding };
    }
    let mounted = mounted::of(&finding.primary, origin);
    let place = mounted.as_ref().map_or(place, |mounted| mounted.part.clone());
    let mut blamed = Finding { primary: place.label(finding.primary.text.clone()), fix: None, ..finding };
    if is_refusal {
        // the path of a field that the description does not have
        blamed.primary.text.clear();
        if !blamed.why.as_deref().is_some_and(is_of_pods) {
            blamed.why = Some("the API server refuses the resulting object".into());
        }
    }
    blamed.secrets = if blamed.secrets.is_empty() { Vec::new() } else { vec![place.span] };
    let labels = std::mem::take(&mut blamed.labels);
    for label in labels {
        let from = others.iter().find(|other| Arc::ptr_eq(&other.document.source, &label.source));
        let Some(from) = from else { continue };
        let other = match mounted::of(&label, from) {
            Some(mounted) => mounted.part.label(label.text),
            None => place_of(&label, from).0.label(label.text),
        };
        let is_known = |known: &Label| known.span == other.span && known.source.name == other.source.name;
        if !std::iter::once(&blamed.primary).chain(&blamed.labels).any(is_known) {
            blamed.labels.push(other);
        }
    }
    if let Some(mounted) = mounted.filter(|mounted| !blamed.labels.iter().any(|label| is_near(label, &mounted.entry))) {
        blamed.labels.push(mounted.entry.label("mounts this file"));
    }
    let rule = blamed.rule.map_or("", |rule| rule.name);
    let advice = ADVICE.iter().find(|(name, _)| *name == rule).map(|(_, advice)| (*advice).to_owned());
    if !KEPT.contains(&rule) || advice.is_some() {
        blamed.help = advice.or_else(|| {
            let meant = format!("patterns explain {rule}; ignore: [{{rule: {rule}, why: …}}] if it is meant");
            Some(if is_refusal { format!("patterns explain {rule}") } else { meant })
        });
    }
    blamed
}

/// Whether a label is at a place, or in it.
fn is_near(label: &Label, place: &Place) -> bool {
    Arc::ptr_eq(&label.source, &place.source)
        && place.span.start <= label.span.start
        && label.span.end <= place.span.end
}

/// Points a secret at where the description has it: its text, else the part that it is from.
pub fn blame_secret(finding: Finding, origin: &Origin<'_>) -> Finding {
    let text = finding.primary.source.slice(finding.primary.span).trim_matches(['"', '\'']);
    let place = &origin.description.name_place;
    let help = "put it into a Secret, and refer to it as secret/<name>/<key>; ignore: [{rule: plaintext-secret, why: …}] if it is not a secret";
    if let Some(mounted) = mounted::of(&finding.primary, origin) {
        // the file's other lines may be as secret
        let part = &mounted.part;
        let line = part.source.position(part.span.start).line;
        let message = format!("{}: line {line} of {}", finding.message, part.source.name);
        let primary = mounted.entry.label("mounts this file");
        let help = "mount a Secret with this file: volumes: {<name>: {secret: <name>, mount: <path>}}; ignore: [{rule: plaintext-secret, why: …}] if it is not a secret";
        return Finding { message, primary, secrets: Vec::new(), help: Some(help.to_owned()), fix: None, ..finding };
    }
    let written = written_once(text, &place.source.text);
    let (place, secrets) = match written {
        Some(at) => {
            let span = Span::new(at, at + text.len());
            (Place { span, ..place.clone() }, vec![span])
        }
        None => (place_of(&finding.primary, origin).0, Vec::new()),
    };
    Finding { primary: place.label(""), secrets, help: Some(help.to_owned()), fix: None, ..finding }
}

/// Where a text is, if it is in one place alone, as a word or more: one that is a name elsewhere shows nothing.
fn written_once(text: &str, whole: &str) -> Option<usize> {
    let bytes = whole.as_bytes();
    let is_inside = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let is_apart = |at: &usize| !is_inside(at.checked_sub(1)) && !is_inside(Some(at + text.len()));
    let mut found = memchr::memmem::find_iter(bytes, text).filter(is_apart).take(2);
    found.next().filter(|_| !text.is_empty() && found.next().is_none())
}

/// Where the description says what a label is about, and whether it says just that.
fn place_of(label: &Label, origin: &Origin<'_>) -> (Place, bool) {
    if let Some(place) = &origin.made.blame {
        return (place.clone(), true);
    }
    let path = path_to(origin.document, label.span);
    let part = part_of(&path, origin);
    let text = label.source.slice(label.span).trim_matches(['"', '\'']);
    let number = || port_number(&path, text, origin.document);
    match within(&part, text).or_else(|| within(&part, number()?)) {
        Some(place) => (place, true),
        None => (key_of(&path, origin).unwrap_or(part), false),
    }
}

/// Keys of `app` by the field of its container that they make.
const KEYS: [(&str, &str); 9] = [
    ("readinessProbe", "health"),
    ("livenessProbe", "health"),
    ("startupProbe", "health"),
    ("resources", "resources"),
    ("command", "command"),
    ("args", "args"),
    ("image", "image"),
    ("env", "env"),
    ("workingDir", "workdir"),
];

/// The key of the app, if it is written, that a field of its container is made from.
fn key_of(path: &[(String, NodeId)], origin: &Origin<'_>) -> Option<Place> {
    let app = origin.description.app.as_ref()?;
    let at = path.iter().rposition(|(key, _)| key == "containers")?;
    let [(_, container), (field, _), ..] = path.get(at + 1..)? else { return None };
    let is_apps = origin.document.get_str(*container, "name") == Some(&origin.description.name);
    let (_, key) = KEYS.iter().find(|(name, _)| name == field).filter(|_| is_apps)?;
    app.has(key).then(|| app.place_at(&[key]).clone())
}

/// The number of the container's port that goes by a name.
fn port_number<'a>(path: &[(String, NodeId)], name: &str, document: &'a Document) -> Option<&'a str> {
    let ports = path.iter().rev().find_map(|(_, node)| document.get(*node, "ports"))?;
    let named = document.items(ports).iter().find(|port| document.get_str(**port, "name") == Some(name))?;
    Some(document.raw(document.get(*named, "containerPort")?))
}

/// The nodes around a span, from the root inwards: the key of each, or nothing for an element of a list.
fn path_to(document: &Document, span: Span) -> Vec<(String, NodeId)> {
    let contains = |outer: Span| outer.start <= span.start && span.end <= outer.end;
    let mut path = Vec::new();
    let mut at = document.root();
    loop {
        let next = match document.value(at) {
            Value::Map(entries) => entries
                .iter()
                .find(|entry| contains(document.span(entry.value())) || contains(document.span(entry.key)))
                .map(|entry| (document.key(entry).into_owned(), entry.value())),
            Value::List(items) => {
                items.iter().find(|item| contains(document.span(**item))).map(|item| (String::new(), *item))
            }
            _ => None,
        };
        let Some((key, node)) = next else { return path };
        path.push((key, node));
        at = node;
    }
}

/// The part of a description that a path in what it made is from.
fn part_of(path: &[(String, NodeId)], origin: &Origin<'_>) -> Place {
    let description = origin.description;
    let named = path.windows(2).rev().find_map(|pair| {
        let [(list, _), (_, element)] = pair else { return None };
        let name = origin.document.get_str(*element, "name")?;
        match list.as_str() {
            "containers" | "initContainers" => Some(of_container(name, description)),
            "volumes" => {
                let volumes = description.app.iter().flat_map(|app| &app.volumes);
                let own = volumes.filter(|volume| volume.name == name).map(|volume| volume.place.clone()).next();
                Some(own.unwrap_or_else(|| of_container(name, description)))
            }
            _ => None,
        }
    });
    named.unwrap_or_else(|| of_object(origin))
}

/// The part that a container or volume of this name is from.
fn of_container(name: &str, description: &Description) -> Place {
    let app = description.app.as_ref().filter(|_| name == description.name);
    if let Some(app) = app {
        return app.place.clone();
    }
    if let Some(init) = description.inits.iter().find(|init| init.name == name) {
        return init.place.clone();
    }
    let is_of = |entry: &str| name.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let entry = description.uses.iter().filter(|entry| is_of(&entry.name)).max_by_key(|entry| entry.name.len());
    match (entry, &description.app) {
        (Some(entry), _) => entry.place.clone(),
        (None, Some(app)) => app.place.clone(),
        (None, None) => description.shape.place.clone(),
    }
}

/// The part that an object is from, as it says itself.
fn of_object(origin: &Origin<'_>) -> Place {
    let description = origin.description;
    let maker = Maker::of(&origin.made.object);
    let entry = match &maker {
        Some(Maker::Use { index, .. }) => description.uses.get(*index),
        _ => None,
    };
    if origin.made.object["kind"] == "PersistentVolumeClaim"
        && let Some(volume) = volume_of_claim(origin)
    {
        return volume;
    }
    let route = matches!(origin.made.object["kind"].as_str(), Some("Ingress" | "HTTPRoute" | "GRPCRoute"));
    match (entry, &description.expose, &description.app) {
        (Some(entry), _, _) => entry.place.clone(),
        (None, Some(expose), _) if route => expose.place.clone(),
        (None, _, Some(app)) if maker == Some(Maker::App) => app.place.clone(),
        _ => description.shape.place.clone(),
    }
}

/// The volume of the app whose claim an object is.
fn volume_of_claim(origin: &Origin<'_>) -> Option<Place> {
    let name = origin.made.object.pointer("/metadata/name")?.as_str()?;
    let mut volumes = origin.description.app.iter().flat_map(|app| &app.volumes);
    let claim = volumes
        .find(|volume| volume.claim.as_ref().is_some_and(|claim| claim.create.is_some() && claim.name == name))?;
    Some(claim.place.clone())
}

/// Where a text is below the key at `place`, as a key or a value.
fn within(place: &Place, text: &str) -> Option<Place> {
    for part in yaml::read(&place.source) {
        let Part::Document(document) = part else { continue };
        let mut pending = vec![document.root()];
        while let Some(node) = pending.pop() {
            for entry in document.entries(node) {
                if document.span(entry.key) == place.span {
                    return find(&document, entry.value(), text).map(|span| Place { span, ..place.clone() });
                }
                pending.push(entry.value());
            }
            pending.extend(document.items(node));
        }
    }
    None
}

/// The first scalar below a node, in the order of the text, that is written so.
fn find(document: &Document, from: NodeId, text: &str) -> Option<Span> {
    let mut pending = vec![from];
    let mut first: Option<Span> = None;
    while let Some(node) = pending.pop() {
        let entries = document.entries(node);
        let items = document.items(node);
        pending.extend(entries.iter().flat_map(|entry| [entry.key, entry.value()]));
        pending.extend(items);
        let is_scalar = !matches!(document.value(node), Value::List(_) | Value::Map(_) | Value::Null);
        if is_scalar && document.raw(node).trim_matches(['"', '\'']) == text {
            let span = document.span(node);
            first = Some(first.filter(|first| first.start < span.start).unwrap_or(span));
        }
    }
    first
}
