use crate::apiserver::{Cause, Schemas, is_of_client, served_version, validate};
use crate::diagnostic::Level;
use crate::kube::versions::{KindHistory, Target};
use crate::kube::{File, Identity, Incomplete, Object};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::Value;
use crate::yaml::edit::Edit;

/// What lies where an object must be, and does not say of which kind it is.
pub static RULE: Rule = rule!("not_an_object.md", Error, Check::File(check), fixes);

const FIELDS: [&str; 2] = ["apiVersion", "kind"];

fn check(file: &File, found: &mut Findings<'_>) {
    if file.incomplete.is_empty() {
        return;
    }
    let is_beside_objects = file.objects.iter().any(|object| {
        let is_of_a_program = is_of_client(&object.id.api_version) || object.id.api_version.is_empty();
        !object.is_patch && !is_of_a_program
    });
    for one in &file.incomplete {
        let place = match one {
            // a description is for `gen`
            _ if one.document.get(one.document.root(), "patterns").is_some() => continue,
            // kustomize itself needs no version: what is patched away in the end may be of a made-up kind
            _ if file.is_resource && is_of_made_up_kind(one) => continue,
            _ if file.is_resource => Place::Resource,
            _ if one.is_item && has_name(one) => Place::Item,
            _ if is_beside_objects && is_meant_as_object(one) => Place::Beside,
            _ => Place::Alone,
        };
        let level = match place {
            Place::Alone => alone(one, file.incomplete.len(), found.targets().last()),
            _ => Some(Level::Error),
        };
        if let Some(level) = level {
            say(one, &place, level, found);
        }
    }
}

/// What shows that kubectl or kustomize gets it as an object.
enum Place {
    Resource,
    Item,
    Beside,
    Alone,
}

fn has_name(one: &Incomplete) -> bool {
    let document = &one.document;
    document.get(one.node, "metadata").is_some_and(|metadata| {
        ["name", "generateName"].iter().any(|field| document.get_str(metadata, field).is_some())
    })
}

fn is_of_made_up_kind(one: &Incomplete) -> bool {
    let Identity::Said(kind) = one.identity("kind") else { return false };
    has_name(one) && one.is_missing("apiVersion") && served_version(kind, Target::default()).is_none()
}

/// Whether it says what only objects say, so that it is none of the maps that other programs keep in one file with
/// objects.
fn is_meant_as_object(one: &Incomplete) -> bool {
    let says = |field: &str| !matches!(one.identity(field), Identity::Missing);
    has_name(one) && (FIELDS.iter().any(|field| says(field)) || one.document.get(one.node, "spec").is_some())
}

/// How sure it is of a map that lies alone, or with so many others of its like. Many programs have files with `kind`, `metadata` and `spec`, some of them
/// with the names of kinds of Kubernetes, and patches need no version.
fn alone(one: &Incomplete, of: usize, target: Target) -> Option<Level> {
    if !has_name(one) {
        return None;
    }
    let document = &one.document;
    let has_spec = document.get(one.node, "spec").is_some_and(|spec| matches!(document.value(spec), Value::Map(_)));
    let value_of = |field: &str| match one.identity(field) {
        Identity::Said(text) => Some((text, false)),
        Identity::Misspelt(key) => {
            let entry = document.entries(one.node).iter().find(|entry| entry.is_at(key))?;
            document.str(entry.value()).map(|text| (text, true))
        }
        Identity::Missing | Identity::Unusable(_) => None,
    };
    match (value_of("apiVersion"), value_of("kind")) {
        (Some((version, _)), Some((kind, _))) => {
            let is_known = KindHistory::of(version, kind).is_some();
            (is_known || has_spec && is_version_of_group(version)).then_some(Level::Error)
        }
        // without its version it is only known as this kind if it is all that the server wants of one
        (None, Some((kind, false))) => {
            let version = served_version(kind, target)?;
            let object = Object::of_kind(document, one.node, version, kind, false);
            let is_of_version = |cause: &Cause| cause.path == "apiVersion";
            let is_taken = || validate(&object, target, &Schemas::default()).errors.iter().all(is_of_version);
            let says_more = document.entries(one.node).len() > if one.is_missing("apiVersion") { 2 } else { 3 };
            (of == 1 && says_more && !object.is_encrypted && is_taken()).then_some(Level::Warning)
        }
        (Some((version, false)), None) => {
            let is_of_kubernetes =
                version.contains('/') && KindHistory::all().iter().any(|of| of.api_version == version);
            (is_of_kubernetes && has_spec).then_some(Level::Warning)
        }
        _ => None,
    }
}

/// Whether a text has the form of a group with dots and a version: `cert-manager.io/v1`.
fn is_version_of_group(text: &str) -> bool {
    text.split_once('/').is_some_and(|(group, version)| {
        let number = version.strip_prefix('v').unwrap_or_default();
        group.contains('.') && number.starts_with(|letter: char| letter.is_ascii_digit()) && !number.contains('/')
    })
}

fn say(one: &Incomplete, place: &Place, level: Level, found: &mut Findings<'_>) {
    let document = &one.document;
    let Some(field) = FIELDS.into_iter().find(|field| !matches!(one.identity(field), Identity::Said(_))) else {
        return;
    };
    let lacks_both = FIELDS.iter().all(|field| one.is_missing(field));
    let entries = document.entries(one.node);
    let said = entries.iter().find(|entry| FIELDS.contains(&&*document.key(entry)));
    let first = said.or_else(|| entries.first()).map_or(one.node, |entry| entry.key);
    let (node, message, here) = match one.identity(field) {
        Identity::Misspelt(key) => {
            let written = document.key_text(key);
            (key, format!("`{}` is not `{field}`", clip(&written)), format!("did you mean `{field}`?"))
        }
        Identity::Unusable(value) => (value, format!("`{field}` says nothing"), "not a name".to_owned()),
        _ if lacks_both => (first, "this has neither `apiVersion` nor `kind`".to_owned(), "not an object".to_owned()),
        _ => (first, format!("this object has no `{field}`"), format!("beside it, `{field}` is missing")),
    };
    let why = match place {
        Place::Resource => "a kustomization lists this file as a resource, and kustomize and kubectl take objects only",
        Place::Item => "the items of a List are objects, and kubectl refuses one without a version and a kind",
        Place::Beside => {
            "kubectl takes every document of a file as an object, and refuses one without a version and a kind"
        }
        Place::Alone => {
            "kubectl refuses an object without a version and a kind, and nothing else in it is checked here"
        }
    };
    let saying = found.at_span(document.span(node), message).here(here).because(why).level(level);
    match (one.identity(field), one.identity("kind")) {
        (Identity::Misspelt(key), _) => {
            let is_plain = document.raw(key) == document.key_text(key);
            let edit = is_plain.then(|| vec![Edit::replace(document.span(key), field)]);
            saying.help(format!("write `{field}`")).fix_if(format!("write `{field}`"), edit);
        }
        (_, Identity::Said(kind)) if field == "apiVersion" => {
            if let Some(version) = served_version(kind, Target::default()) {
                saying.help(format!("write `apiVersion: {version}`"));
            }
        }
        _ if lacks_both && matches!(place, Place::Resource) => {
            saying.help("add `apiVersion` and `kind`, or take the file out of `resources`");
        }
        _ if lacks_both => {
            saying.help("add `apiVersion` and `kind`");
        }
        _ => {
            saying.help(format!("add `{field}`"));
        }
    }
}
