//! Custom resource definitions themselves:
//! `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`. Whether an expression compiles is the
//! rule `policy-invalid`; the estimated cost of expressions is not judged.

use std::collections::HashSet;

use super::super::field::Field;
use super::super::meta::{self, Scope};
use super::super::{admission, formats};
use super::field_path::{self, Leads};
use super::schema;

/// `ValidateCustomResourceDefinition`, after the defaults of `pkg/apis/apiextensions/v1/defaults.go`.
pub fn definition(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta_of_library(metadata, Scope::Cluster, formats::dns_subdomain);
    let wanted = format!("{}.{}", spec.at(&["names", "plural"]).str(), spec.child("group").str());
    let name = metadata.child("name");
    if !name.is_empty() && name.str() != wanted {
        name.invalid(format!("must be `{wanted}`: `spec.names.plural` and `spec.group`"));
    }
    if !metadata.child("generateName").is_empty() {
        metadata.child("generateName").invalid(format!("cannot make the name, which must be `{wanted}`"));
    }
    let group = spec.child("group");
    if group.is_empty() {
        group.required("");
    } else if let Some(rule) = formats::dns_subdomain(group.str()) {
        group.invalid(rule);
    } else if !group.str().contains('.') {
        group.invalid("has no dot: a group is a domain such as example.com");
    }
    let scope = spec.child("scope");
    if scope.is_empty() {
        scope.required("Namespaced or Cluster");
    } else {
        scope.one_of(scope.str(), &["Cluster", "Namespaced"]);
    }
    let keeps = spec.child("preserveUnknownFields");
    if keeps.is_true() {
        keeps.invalid("can no longer be true: set `x-kubernetes-preserve-unknown-fields` in the schema");
    }
    names(spec.child("names"));
    versions(spec);
    conversion(spec.child("conversion"));
    approval(metadata, group.str());
}

/// `ValidateCustomResourceDefinitionNames`. The server makes the singular and the kind of lists where they are not
/// written.
fn names(names: Field) {
    let kind = names.child("kind");
    for name in ["plural", "kind"] {
        if names.child(name).is_empty() {
            names.child(name).required("");
        }
    }
    for name in ["plural", "singular"] {
        names.child(name).check_unless_empty(formats::api_label);
    }
    if names.child("singular").is_empty() && kind.is_empty() {
        names.child("singular").required("");
    }
    for name in ["kind", "listKind"] {
        let text = names.child(name);
        if let Some(rule) =
            Some(text.str().to_lowercase()).filter(|t| !t.is_empty()).and_then(|t| formats::api_label(&t))
        {
            text.invalid(rule);
        }
    }
    let list = names.child("listKind");
    if list.is_empty() && kind.is_empty() {
        list.required("");
    }
    if !list.is_empty() && list.str() == kind.str() {
        list.invalid("cannot be the kind itself");
    }
    for name in ["shortNames", "categories"] {
        names.child(name).items().for_each(|item| item.check(formats::api_label));
    }
}

fn versions(spec: Field) {
    let versions = spec.child("versions");
    let has_status = |version: Field| version.at(&["subresources", "status"]).is_set();
    let is_shared = |name: &'static str| {
        let mut all = versions.items().map(|version| version.child(name));
        all.next().is_none_or(|first| all.all(|other| other.is_same(first)))
    };
    let shared_schema = is_shared("schema");
    // The server moves what all versions share to the spec, and names it there.
    let shared = ["subresources", "additionalPrinterColumns", "selectableFields"].map(|name| (name, is_shared(name)));
    let is_moved = |name| shared.contains(&(name, true));
    let any_status = versions.items().any(has_status);
    let mut seen = HashSet::new();
    let mut stored = 0;
    for version in versions.items() {
        let name = version.child("name");
        name.check(formats::api_label);
        if !seen.insert(name.str()) {
            name.as_path_of(versions).invalid(format!("has the version `{}` a second time", name.str()));
        }
        stored += usize::from(version.child("storage").is_true());
        deprecation(version);
        subresources(part(version, "subresources", spec, is_moved("subresources")));
        part(version, "additionalPrinterColumns", spec, is_moved("additionalPrinterColumns"))
            .items()
            .for_each(printer_column);
        let of_schema = version.child("schema").child("openAPIV3Schema");
        if !of_schema.is_set() {
            of_schema.required("without it the server would not know any fields");
            continue;
        }
        selectable_fields(part(version, "selectableFields", spec, is_moved("selectableFields")), of_schema);
    }
    if stored != 1 {
        versions.invalid(format!("has {stored} versions with `storage: true`, and must have one"));
    }
    // What all versions share is judged once, under the path of the first.
    let judged = if shared_schema { 1 } else { usize::MAX };
    for version in versions.items().take(judged) {
        let of_schema = version.child("schema").child("openAPIV3Schema");
        if of_schema.is_set() {
            if shared_schema {
                schema::root(of_schema.called(spec.child("validation"), "openAPIV3Schema"), any_status);
            } else {
                schema::root(of_schema, has_status(version));
            }
        }
    }
}

/// A field of a version, under the path of the spec if it was moved there.
fn part<'a>(version: Field<'a>, name: &'static str, spec: Field<'a>, is_moved: bool) -> Field<'a> {
    let own = version.child(name);
    if is_moved { own.called(spec, name) } else { own }
}

/// `validateDeprecationWarning`
fn deprecation(version: Field) {
    let warning = version.child("deprecationWarning");
    if !warning.is_set() {
        return;
    }
    if !version.child("deprecated").is_true() {
        warning.invalid("is for versions with `deprecated: true`");
        return;
    }
    if warning.is_empty() {
        warning.invalid("is empty: leave it out, or set a value");
    } else if warning.str().len() > 256 {
        warning.invalid("is longer than 256 bytes");
    }
    if warning.str().chars().any(char::is_control) {
        warning.invalid("has a character that cannot be printed");
    }
}

/// `ValidateCustomResourceDefinitionSubresources`
fn subresources(subresources: Field) {
    let scale = subresources.child("scale");
    if !scale.is_set() {
        return;
    }
    for (name, roots, is_required) in [
        ("specReplicasPath", &[".spec."][..], true),
        ("statusReplicasPath", &[".status."], true),
        ("labelSelectorPath", &[".spec.", ".status."], false),
    ] {
        let path = scale.child(name);
        if path.is_empty() {
            if is_required {
                path.required("");
            }
        } else if !roots.iter().any(|root| path.str().starts_with(root)) {
            path.invalid(format!("must begin with {}", roots.join(" or ")));
        }
    }
}

/// `ValidateCustomResourceColumnDefinition`
fn printer_column(column: Field) {
    const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
    const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
    if column.child("name").is_empty() {
        column.child("name").required("");
    }
    let of_type = column.child("type");
    if of_type.is_empty() {
        of_type.required("");
    } else if !TYPES.contains(&of_type.str()) {
        of_type.invalid(format!("must be one of {}", TYPES.join(", ")));
    }
    let format = column.child("format");
    if !format.is_empty() && !FORMATS.contains(&format.str()) {
        format.invalid(format!("must be one of {}", FORMATS.join(", ")));
    }
    let path = column.child("jsonPath");
    if path.is_empty() {
        path.called(column, "JSONPath").required("");
    } else if !path.str().starts_with('.') {
        path.called(column, "JSONPath").invalid("must begin with `.`");
    }
}

/// `ValidateCustomResourceSelectableFields`
fn selectable_fields(fields: Field, root: Field) {
    const MOST: usize = 8;
    let mut seen = HashSet::new();
    for field in fields.items() {
        let path = field.child("jsonPath");
        let text = path.str();
        if text.is_empty() {
            path.required("");
            continue;
        }
        let found = match field_path::follow(root, text, false) {
            Leads::To(found) => found,
            Leads::Beyond => continue,
            Leads::Nowhere => {
                path.invalid("leads to no field of the schema: write .spec.name, without brackets");
                continue;
            }
        };
        if text.split('.').nth(1) == Some("metadata") {
            path.invalid("cannot be inside `metadata`");
        }
        if !matches!(found.child("type").str(), "string" | "boolean" | "integer") {
            path.invalid("must lead to a string, a boolean or an integer");
        }
        if !seen.insert(text) {
            path.duplicate(text);
        }
    }
    if seen.len() > MOST {
        fields.too_many(MOST);
    }
}

/// `validateCustomResourceConversion`
fn conversion(conversion: Field) {
    if !conversion.is_set() {
        return;
    }
    let (strategy, webhook) = (conversion.child("strategy"), conversion.child("webhook"));
    // written in their own map, and judged outside of it
    let client = webhook.child("clientConfig").called(conversion, "webhookClientConfig");
    let reviews = webhook.child("conversionReviewVersions").called(conversion, "conversionReviewVersions");
    if strategy.is_empty() {
        strategy.required("None or Webhook");
    } else {
        strategy.one_of(strategy.str(), &["None", "Webhook"]);
    }
    if strategy.str() == "Webhook" {
        if client.is_set() {
            admission::client(client);
        } else {
            client.required("the strategy Webhook requires it");
        }
        admission::review_versions(reviews);
        return;
    }
    if client.is_set() {
        client.forbidden("is for the strategy Webhook");
    }
    if !reviews.is_empty() {
        reviews.forbidden("is for the strategy Webhook");
    }
}

/// `validateAPIApproval`
fn approval(metadata: Field, group: &str) {
    const KEY: &str = "api-approved.kubernetes.io";
    let is_protected =
        |domain: &str| group == domain || group.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    if !is_protected("k8s.io") && !is_protected("kubernetes.io") {
        return;
    }
    let annotations = metadata.child("annotations");
    let text = annotations.get(KEY).unwrap_or_default();
    let annotation = annotations.key(KEY);
    let help =
        "groups of the Kubernetes project need the URL of their approval, or a reason that begins with `unapproved`";
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    if text.is_empty() {
        annotation.required(help);
    } else if !text.starts_with("unapproved") && (scheme.is_empty() || rest.is_empty() || rest.starts_with('/')) {
        annotation.invalid(format!("is not an approval: {help}"));
    }
}
