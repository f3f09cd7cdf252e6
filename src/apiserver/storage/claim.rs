//! Claims: `ValidatePersistentVolumeClaimSpec`.

use crate::apiserver::field::Field;
use crate::apiserver::formats;
use crate::apiserver::meta::{self, Scope};

const ACCESS_MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/// `ValidatePersistentVolumeClaim`
pub fn claim(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    claim_spec(object.child("spec"));
    let old_class = "volume.beta.kubernetes.io/storage-class";
    let annotations = object.at(&["metadata", "annotations"]);
    if annotations.has(old_class) {
        annotations.key(old_class).at_key().warn("the annotation is deprecated since v1.8; use `storageClassName`");
    }
    claim_spec_warnings(object.child("spec"));
}

/// `ValidatePersistentVolumeClaimSpec`
pub fn claim_spec(spec: Field) {
    claim_spec_of(spec, data_sources);
}

/// The same for the templates of a `StatefulSet`, whose sources are not dropped before they are judged.
pub fn claim_template_spec(spec: Field) {
    claim_spec_of(spec, |spec| {
        let (source, reference) = (spec.child("dataSource"), spec.child("dataSourceRef"));
        [source, reference].into_iter().filter(|field| field.is_set()).for_each(data_source);
        reference.child("namespace").check_unless_empty(formats::dns_label);
        if !reference.child("namespace").is_empty() && source.is_set() {
            source.as_path_of(spec).invalid("has a `dataSource` beside a `dataSourceRef` into another namespace");
        } else if source.is_set() && reference.is_set() {
            same_source(spec);
        }
    });
}

fn claim_spec_of(spec: Field, data_sources: fn(Field)) {
    access_modes(spec.child("accessModes"), "a claim must define how it will be mounted");
    meta::label_selector(spec.child("selector"));
    let resources = spec.child("resources");
    // The server leaves `requests` out of this path.
    let storage = resources.at(&["requests"]).key("storage").as_path_of(resources.key("storage"));
    if !resources.child("requests").has("storage") {
        storage.required("a claim must request an amount");
    } else if storage.quantity().sign() <= 0 {
        storage.invalid("must be above zero");
    }
    class_name(spec.child("storageClassName"));
    volume_mode(spec.child("volumeMode"));
    data_sources(spec);
    class_name(spec.child("volumeAttributesClassName"));
}

/// `GetWarningsForPersistentVolumeClaimSpec`
pub fn claim_spec_warnings(spec: Field) {
    for list in ["requests", "limits"] {
        let storage = spec.child("resources").child(list).key("storage");
        if !storage.quantity().is_whole() {
            storage.warn("there is no fraction of a byte");
        }
    }
}

pub(super) fn access_modes(modes: Field, why: &str) {
    if modes.is_empty() {
        modes.required(why);
    }
    for mode in modes.items() {
        mode.as_path_of(modes).one_of(mode.str(), &ACCESS_MODES);
    }
    let once_pod = |mode: Field| mode.str() == "ReadWriteOncePod";
    let other = |mode: Field| ACCESS_MODES.contains(&mode.str()) && mode.str() != "ReadWriteOncePod";
    if modes.items().any(once_pod) && modes.items().any(other) {
        modes.forbidden("cannot mix ReadWriteOncePod with other modes");
    }
}

pub(super) fn class_name(name: Field) {
    name.check_unless_empty(formats::dns_subdomain);
}

pub(super) fn volume_mode(mode: Field) {
    if mode.is_set() {
        mode.one_of(mode.str(), &["Block", "Filesystem"]);
    }
}

/// `validateDataSource` and `validateDataSourceRef`. A reference into another namespace is behind a feature
/// gate that is off, and a source that is neither claim nor snapshot is dropped unread.
fn data_sources(spec: Field) {
    let (source, reference) = (spec.child("dataSource"), spec.child("dataSourceRef"));
    let across = !reference.child("namespace").is_empty();
    let reference_used = reference.is_set() && !across;
    let group = |field: Field| field.child("apiGroup").str().to_owned();
    let kept = matches!(
        (source.child("kind").str(), group(source).as_str()),
        ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io")
    );
    let source_used = source.is_set() && (kept || reference.is_set());
    for field in [(source, source_used), (reference, reference_used)].into_iter().filter(|(_, used)| *used) {
        data_source(field.0);
    }
    if source_used && reference_used {
        same_source(spec);
    }
}

fn data_source(field: Field) {
    for name in ["name", "kind"] {
        if field.child(name).is_empty() {
            field.child(name).required("");
        }
    }
    if field.child("apiGroup").is_empty() && field.child("kind").str() != "PersistentVolumeClaim" {
        field.invalid("must name a PersistentVolumeClaim if it has no `apiGroup`");
    }
    field.child("apiGroup").check_unless_empty(formats::dns_subdomain);
}

fn same_source(spec: Field) {
    let (source, reference) = (spec.child("dataSource"), spec.child("dataSourceRef"));
    let differs = |name| source.child(name).str() != reference.child(name).str();
    if ["apiGroup", "kind", "name"].into_iter().any(differs) {
        source.as_path_of(spec).invalid("has a `dataSource` other than its `dataSourceRef`");
    }
}
