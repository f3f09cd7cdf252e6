//! Claims for devices and their classes: `pkg/apis/resource/validation`. Derived attributes are
//! written in CEL, which is not judged.

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, pod, resources};
use crate::cel::{self, Fields, Program, Type};
use crate::kube::versions::Change;

/// `ValidateResourceClaim`
pub fn claim(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    devices(object.at(&["spec", "devices"]));
}

/// `ValidateResourceClaimTemplate`
pub fn claim_template(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let metadata = object.at(&["spec", "metadata"]);
    meta::label_map(metadata.child("labels"));
    meta::annotation_map(metadata.child("annotations"));
    devices(object.at(&["spec", "spec", "devices"]));
}

/// `ValidateDeviceClass`
pub fn class(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let spec = object.child("spec");
    selectors(spec.child("selectors"));
    limited(spec.child("config"), 32).for_each(configuration);
    let name = spec.child("extendedResourceName");
    if name.is_set() && !resources::is_extended(name.str()) {
        name.invalid("is not a name of an extended resource");
    }
}

/// The elements of a list; none if there are too many.
fn limited(list: Field<'_>, most: usize) -> impl Iterator<Item = Field<'_>> {
    if list.len() > most {
        list.too_many(most);
    }
    list.items().filter(move |_| list.len() <= most)
}

/// Two elements with one name.
fn unique<'a>(item: Field<'a>, name: &'a str, seen: &mut Vec<&'a str>) {
    if seen.contains(&name) {
        item.duplicate(name);
    }
    seen.push(name);
}

fn devices(devices: Field) {
    let requests = devices.child("requests");
    let mut seen = Vec::new();
    for request in limited(requests, 32) {
        device_request(request);
        unique(request, request.child("name").str(), &mut seen);
    }
    for constraint in limited(devices.child("constraints"), 32) {
        references(constraint.child("requests"), requests);
        let attribute = ["matchAttribute", "distinctAttribute"].map(|name| constraint.child(name));
        match attribute.into_iter().find(|attribute| attribute.is_set()) {
            Some(attribute) if attribute.has_change(Change::LowerCaseAttributes) => {
                attribute.check(formats::device_attribute);
            }
            Some(attribute) => attribute.check(formats::device_attribute_caseless),
            None if constraint.has_change(Change::DistinctAttributes) => {
                constraint.required("it needs `matchAttribute` or `distinctAttribute`");
            }
            None => constraint.child("matchAttribute").required("it has to name an attribute"),
        }
    }
    for config in limited(devices.child("config"), 32) {
        references(config.child("requests"), requests);
        configuration(config);
    }
}

fn device_request(request: Field) {
    request.child("name").check(formats::dns_label);
    let (exactly, first) = (request.child("exactly"), request.child("firstAvailable"));
    match (exactly.is_set(), !first.is_empty()) {
        (false, false) => request.required("it needs `exactly` or `firstAvailable`"),
        (true, true) => request.invalid("has both `exactly` and `firstAvailable`"),
        (true, false) => wanted(exactly),
        (false, true) => {
            let mut seen = Vec::new();
            for one in limited(first, 8) {
                one.child("name").check(formats::dns_label);
                wanted(one);
                unique(one, one.child("name").str(), &mut seen);
            }
        }
    }
}

/// How many devices of which class.
fn wanted(request: Field) {
    let class = request.child("deviceClassName");
    class.check_required(formats::dns_subdomain);
    selectors(request.child("selectors"));
    let (mode, count) = (request.child("allocationMode"), request.child("count"));
    match mode.str_or("ExactCount") {
        "All" => {
            if count.int() != 0 {
                count.invalid("is allowed only with `allocationMode: ExactCount`");
            }
        }
        "ExactCount" => {
            if count.int() < 0 {
                count.invalid("must be above 0");
            }
        }
        other => mode.not_supported(other, &["All", "ExactCount"]),
    }
    request.child("tolerations").items().for_each(toleration);
}

fn selectors(selectors: Field) {
    for selector in limited(selectors, 32) {
        if selector.child("cel").is_set() {
            expression(selector.child("cel").child("expression"));
        } else {
            selector.child("cel").required("");
        }
    }
}

/// `validateCELExpression`: whether it compiles (`k8s.io/dynamic-resource-allocation/cel/compile.go`). Functions that are
/// for devices alone are not known here.
fn expression(expression: Field) {
    const MOST: usize = 10 * 1024;
    const UNKNOWN: [&str; 2] = ["cel.bind", "includes("];
    let text = expression.str();
    if text.len() > MOST {
        expression.too_long(MOST);
        return;
    }
    if UNKNOWN.iter().any(|part| text.contains(part)) {
        return;
    }
    let of_domains = |value: Type| Type::map(Type::String, Type::map(Type::String, value));
    let device = Fields::plain(
        "kubernetes.DRADevice",
        &[
            ("driver", Type::String),
            ("attributes", of_domains(Type::Dyn)),
            ("capacity", of_domains(Type::Opaque("Quantity"))),
            ("allowMultipleAllocations", Type::Bool),
        ],
    );
    let variables = vec![("device".to_owned(), Type::Object(device))];
    match Program::compile(text, &cel::Scope { variables, version: expression.target().0, ..cel::Scope::default() }) {
        Ok(program) if !matches!(program.result, Type::Bool | Type::Dyn) => {
            expression.invalid(format!("must be a boolean, but is {}", program.result));
        }
        Err(error) if !error.is_unsupported => expression.invalid(format!("does not compile: {error}")),
        _ => {}
    }
}

fn toleration(toleration: Field) {
    let (key, operator) = (toleration.child("key"), toleration.child("operator"));
    let (value, effect) = (toleration.child("value"), toleration.child("effect"));
    key.check_unless_empty(formats::qualified_name);
    match operator.str_or("Equal") {
        "Exists" if !value.is_empty() => value.invalid("compares with nothing if `operator` is Exists"),
        "Exists" => {}
        "Equal" => value.check(formats::label_value),
        other => operator.not_supported(other, &["Equal", "Exists"]),
    }
    if !effect.is_empty() {
        effect.one_of(effect.str(), &["NoExecute", "NoSchedule", "None"]);
    }
}

/// `validateRequestNameRef`: names of requests, or of one alternative of a request behind a slash.
fn references(names: Field, requests: Field) {
    let mut seen = Vec::new();
    for name in limited(names, 32) {
        let text = name.str();
        if text.split('/').count() > 2 || text.split('/').any(|part| formats::dns_label(part).is_some()) {
            name.invalid("is not a name of a request");
        } else if !is_request(text, requests) {
            name.invalid("names no request of this claim");
        }
        unique(name, text, &mut seen);
    }
}

fn is_request(text: &str, requests: Field) -> bool {
    let (name, part) = text.split_once('/').map_or((text, None), |(name, part)| (name, Some(part)));
    let named = |list: Field, wanted: &str| list.items().any(|one| one.child("name").str() == wanted);
    match part {
        None => named(requests, name),
        Some(part) => {
            let request = requests.items().filter(|request| request.child("name").str() == name).last();
            request.is_some_and(|request| named(request.child("firstAvailable"), part))
        }
    }
}

/// `validateDeviceConfiguration`
fn configuration(config: Field) {
    let opaque = config.child("opaque");
    if !opaque.is_set() {
        opaque.required("");
        return;
    }
    pod::csi_driver_name(opaque.child("driver"));
    let parameters = opaque.child("parameters");
    if !parameters.is_set() {
        parameters.required("");
    } else if !parameters.is_map() {
        parameters.invalid("must be a map");
    } else if parameters.json_len() > 10 * 1024 {
        parameters.too_long(10 * 1024);
    }
}
