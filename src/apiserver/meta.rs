//! Metadata, labels and selectors: `apimachinery/pkg/api/validation/objectmeta.go` and
//! `apimachinery/pkg/apis/meta/v1/validation`.

use crate::kube::FastSet;
use crate::words::is_placeholder;
use std::borrow::Cow;

use super::field::Field;
use super::formats;

/// Finalizers of Kubernetes itself.
pub const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// What a kind allows as its name.
pub type NameFormat = fn(&str) -> Option<&'static str>;

/// Whether objects of a kind live in a namespace. The server clears the namespace of those that do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In none.
    Cluster,
}

/// `ValidateObjectMeta` of `pkg/apis/core/validation`
pub fn object_meta(metadata: Field, scope: Scope, name_format: NameFormat) {
    named(metadata);
    object_meta_named_later(metadata, scope, name_format);
}

/// `ValidateObjectMeta` of `k8s.io/apimachinery`, which takes finalizers of any name.
pub fn object_meta_of_library(metadata: Field, scope: Scope, name_format: NameFormat) {
    named(metadata);
    of_library(metadata, scope, name_format);
}

/// The same for the few kinds that the server names itself.
pub fn object_meta_named_later(metadata: Field, scope: Scope, name_format: NameFormat) {
    of_library(metadata, scope, name_format);
    let finalizers = metadata.child("finalizers");
    let is_new = |text: &str| !text.contains('/') && !STANDARD_FINALIZERS.contains(&text);
    for finalizer in finalizers.items().filter(|finalizer| is_new(finalizer.str())) {
        if formats::qualified_name(finalizer.str()).is_none() {
            finalizer.invalid("is not a standard finalizer: others are written as `example.com/name`");
        }
    }
}

fn named(metadata: Field) {
    let (name, prefix) = (metadata.child("name"), metadata.child("generateName"));
    if name.is_empty() && prefix.is_empty() {
        name.required("an object needs a name or a generateName");
    }
}

/// What holds for an object's metadata whether it is named or not.
pub fn of_library(metadata: Field, scope: Scope, name_format: NameFormat) {
    let (name, prefix) = (metadata.child("name"), metadata.child("generateName"));
    if !prefix.is_empty() {
        // A prefix may end in a dash: what follows it is generated.
        let text = prefix.str();
        let rest = text.len().checked_sub(2).filter(|_| text.ends_with('-')).and_then(|end| text.get(..end));
        let masked = rest.map(|rest| format!("{rest}a"));
        if let Some(rule) = name_format(masked.as_deref().unwrap_or(text)) {
            prefix.invalid(rule);
        }
    }
    name.check_unless_empty(name_format);
    if scope == Scope::Namespaced {
        metadata.child("namespace").check_unless_empty(formats::dns_label);
    }
    metadata.child("generation").non_negative();
    label_map(metadata.child("labels"));
    annotation_map(metadata.child("annotations"));
    owner_references(metadata.child("ownerReferences"));
    finalizers(metadata.child("finalizers"));
}

/// The name that the server validates: one that it is to make is made first (`BeforeCreate` in
/// `apiserver/pkg/registry/rest/create.go`), of at most 58 bytes of the prefix and five letters.
pub fn final_name(metadata: Field<'_>) -> Cow<'_, str> {
    let (name, prefix) = (metadata.child("name").str(), metadata.child("generateName").str());
    if !name.is_empty() || prefix.is_empty() {
        return name.into();
    }
    let mut end = prefix.len().min(58);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}xxxxx", &prefix[..end]).into()
}

/// `ValidateLabels`: all mistakes are reported at the map, as the server does.
pub fn label_map(labels: Field) {
    for (key, value) in labels.entries() {
        if let Some(rule) = formats::qualified_name(&key) {
            value.at_key().as_path_of(labels).invalid(format!("has the key `{key}`, which {rule}"));
        }
        if let Some(rule) = formats::label_value(value.str()) {
            value.as_path_of(labels).invalid(format!("has a value under `{key}` that {rule}"));
        }
    }
}

/// `ValidateAnnotations`
pub fn annotation_map(annotations: Field) {
    let mut size = 0;
    for (key, value) in annotations.entries() {
        if let Some(rule) = formats::qualified_name_caseless(&key) {
            value.at_key().as_path_of(annotations).invalid(format!("has the key `{key}`, which {rule}"));
        }
        size += key.len() + value.str().len();
    }
    if size > 256 * 1024 {
        annotations.too_long(256 * 1024);
    }
}

/// `ValidateLabelName`
pub fn label_name(key: Field) {
    key.check(formats::qualified_name);
}

fn owner_references(references: Field) {
    let mut controller = false;
    for reference in single_owners(references) {
        // The server's path names the list, not the element.
        for name in ["apiVersion", "kind", "name", "uid"] {
            let field = reference.child(name);
            if field.is_empty() {
                field.called(references, name).invalid("may not be empty in a reference to an owner");
            }
        }
        if reference.child("apiVersion").str() == "v1" && reference.child("kind").str() == "Event" {
            reference.as_path_of(references).invalid("names an Event, which cannot be an owner");
        }
        if reference.child("controller").is_true() {
            if controller {
                reference.as_path_of(references).invalid("has a second controller");
            }
            controller = true;
        }
    }
}

/// References to owners, each once: the server takes repetitions out and warns (`dedupOwnerReferences` in
/// `apiserver/pkg/endpoints/handlers/rest.go`).
pub fn single_owners(references: Field<'_>) -> Vec<Field<'_>> {
    let mut seen = FastSet::default();
    let mut single = Vec::new();
    for reference in references.items() {
        let texts = ["apiVersion", "kind", "name", "uid"].map(|name| reference.child(name).str());
        let flags = ["controller", "blockOwnerDeletion"].map(|name| reference.child(name));
        if seen.insert((texts, flags.map(Field::is_true), flags.map(Field::is_set))) {
            single.push(reference);
        } else {
            reference.warn(format!("this owner is listed twice: the API server keeps only one (uid {})", texts[3]));
        }
    }
    single
}

fn finalizers(finalizers: Field) {
    for finalizer in finalizers.items() {
        if let Some(rule) = formats::qualified_name(finalizer.str()) {
            finalizer.as_path_of(finalizers).invalid(format!("has an element that {rule}"));
        }
    }
    let holds = |name: &str| finalizers.items().any(|finalizer| finalizer.str() == name);
    if holds("orphan") && holds("foregroundDeletion") {
        finalizers.invalid("cannot contain both `orphan` and `foregroundDeletion`");
    }
}

/// `ValidateLabelSelector`
pub fn label_selector(selector: Field) {
    label_map(selector.child("matchLabels"));
    for expression in selector.child("matchExpressions").items() {
        let (operator, values) = (expression.child("operator"), expression.child("values"));
        match operator.str() {
            "In" | "NotIn" if values.is_empty() => values.required("`In` and `NotIn` compare with values"),
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                values.forbidden("have no meaning for `Exists` and `DoesNotExist`");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => operator.invalid("must be In, NotIn, Exists or DoesNotExist"),
        }
        label_name(expression.child("key"));
        for value in values.items() {
            value.check(formats::label_value);
        }
    }
}

/// Whether a selector selects no label in particular.
pub fn is_empty_selector(selector: Field) -> bool {
    selector.child("matchLabels").len() + selector.child("matchExpressions").len() == 0
}

/// `LabelSelectorAsSelector`: whether the selector can be understood at all.
pub fn is_selector(selector: Field) -> bool {
    let labels = selector.child("matchLabels").entries().all(|(key, value)| {
        // what is filled in before it is applied is not judged
        let is_value = is_placeholder(value.str()) || formats::label_value(value.str()).is_none();
        formats::qualified_name(&key).is_none() && is_value
    });
    labels
        && selector.child("matchExpressions").items().all(|expression| {
            let values = expression.child("values");
            let count = match expression.child("operator").str() {
                "In" | "NotIn" => !values.is_empty(),
                "Exists" | "DoesNotExist" => values.is_empty(),
                _ => false,
            };
            count
                && formats::qualified_name(expression.child("key").str()).is_none()
                && values.items().all(|value| formats::label_value(value.str()).is_none())
        })
}

/// Whether a selector matches labels. A missing selector matches nothing, an empty one everything.
pub fn matches(selector: Field, labels: Field) -> bool {
    selector.is_set()
        && selector.child("matchLabels").entries().all(|(key, value)| labels.get(&key) == Some(value.str()))
        && selector.child("matchExpressions").items().all(|expression| {
            let value = labels.get(expression.child("key").str());
            let among = |value: &str| expression.child("values").items().any(|candidate| candidate.str() == value);
            match expression.child("operator").str() {
                "In" => value.is_some_and(among),
                "NotIn" => !value.is_some_and(among),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

/// `labels` of a template do not satisfy the selector next to it.
pub fn template_labels(selector: Field, template: Field) {
    let labels = template.at(&["metadata", "labels"]);
    if !matches(selector, labels) {
        labels.invalid("do not match `selector`: the controller would not find its own Pods");
    }
}
