//! Admission policies: `pkg/apis/admissionregistration/validation`. Whether an expression compiles is the rule
//! `policy-invalid`.

use std::collections::HashSet;

use super::field::Field;
use super::meta::{self, Scope};
use super::{admission, formats, policy_bindings};
use crate::cel::RESERVED;

/// `ValidateValidatingAdmissionPolicy`
pub fn validating(object: Field) {
    let spec = common(object);
    let (validations, annotations) = (spec.child("validations"), spec.child("auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        validations.required("`validations` or `auditAnnotations` must have an element");
        annotations.required("`validations` or `auditAnnotations` must have an element");
        return;
    }
    validations.items().for_each(validation);
    if annotations.len() > 20 {
        annotations.invalid("has more than 20 elements");
    }
    let mut keys = HashSet::new();
    for annotation in annotations.items() {
        audit_annotation(object, annotation);
        let key = annotation.child("key");
        if keys.contains(&key.str()) {
            key.duplicate(key.str());
        }
        keys.insert(key.str());
    }
}

/// `ValidateMutatingAdmissionPolicy`
pub fn mutating(object: Field) {
    let spec = common(object);
    created_or_updated(spec.at(&["matchConstraints", "resourceRules"]));
    let mutations = spec.child("mutations");
    if mutations.is_empty() {
        mutations.required("at least one mutation");
    }
    mutations.items().for_each(mutation);
    let again = spec.child("reinvocationPolicy");
    if again.is_empty() {
        again.required("Never or IfNeeded");
    } else {
        again.one_of(again.str(), &["IfNeeded", "Never"]);
    }
}

/// Only objects that are created or updated can be mutated.
pub fn created_or_updated(rules: Field) {
    for operation in rules.items().flat_map(|rule| rule.child("operations").items()) {
        operation.called(rules, "operations").one_of(operation.str(), &["*", "CREATE", "UPDATE"]);
    }
}

/// What both kinds share. Returns the spec.
fn common(object: Field) -> Field {
    meta::object_meta_of_library(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    admission::reserved_name(object);
    let spec = object.child("spec");
    let failure = spec.child("failurePolicy");
    failure.one_of(failure.opt_str().unwrap_or("Fail"), &["Fail", "Ignore"]);
    if spec.child("paramKind").is_set() {
        param_kind(spec.child("paramKind"));
    }
    let constraints = spec.child("matchConstraints");
    if constraints.is_set() {
        policy_bindings::match_resources(constraints);
        let rules = constraints.child("resourceRules");
        if rules.is_empty() {
            rules.required("at least one rule must define the resources of the policy");
        }
    } else {
        constraints.required("it defines which resources the policy applies to");
    }
    admission::match_conditions(spec.child("matchConditions"));
    spec.child("variables").items().for_each(variable);
    spec
}

/// `validateParamKind`
fn param_kind(of: Field) {
    let (version, kind) = (of.child("apiVersion"), of.child("kind"));
    let text = version.str();
    match text.split_once('/') {
        _ if text.is_empty() => version.required(""),
        Some((_, rest)) if rest.contains('/') => version.invalid("has more than one `/`: `group/version`"),
        split => {
            let (group, name) = split.unwrap_or(("", text));
            if let Some(rule) = formats::dns_subdomain(group).filter(|_| !group.is_empty()) {
                version.invalid(format!("has a group that {rule}"));
            }
            if name.is_empty() {
                version.invalid("names no version");
            } else if let Some(rule) = formats::version_label(name) {
                version.invalid(rule);
            }
        }
    }
    if kind.is_empty() {
        kind.required("");
    } else if formats::api_label(&kind.str().to_lowercase()).is_some() {
        kind.invalid("is not a kind: letters, digits and `-`, beginning with a letter");
    }
}

/// `validateVariable`
fn variable(variable: Field) {
    let name = variable.child("name");
    let is_identifier = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !RESERVED.contains(&text)
    };
    if name.str().trim().is_empty() {
        name.required("");
    } else if !is_identifier(name.str()) {
        name.invalid("is not an identifier: letters, digits and `_`, and not a reserved word");
    }
    let expression = variable.child("expression");
    if expression.str().trim().is_empty() {
        expression.required("");
    }
}

/// `validateValidation`
fn validation(validation: Field) {
    const REASONS: [&str; 3] = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
    let expression = validation.child("expression");
    if expression.str().trim().is_empty() {
        expression.required("");
    }
    for name in ["messageExpression", "message"] {
        let text = validation.child(name);
        if !text.is_empty() && text.str().trim().is_empty() {
            text.invalid("is blank: leave it out, or set a value");
        }
    }
    let message = validation.child("message");
    if message.str().trim().contains(['\n', '\r']) {
        message.invalid("has more than one line");
    }
    let reason = validation.child("reason");
    if reason.is_set() {
        reason.one_of(reason.str(), &REASONS);
    }
}

/// `validateAuditAnnotation`
fn audit_annotation(object: Field, annotation: Field) {
    let (key, name) = (annotation.child("key"), meta::final_name(object.child("metadata")));
    if name.is_empty() {
        key.invalid("needs a policy with a name");
    } else if let Some(rule) = formats::qualified_name(&format!("{name}/{}", key.str())) {
        key.invalid(format!("makes, with the policy's name, `{name}/{}`, which {rule}", key.str()));
    }
    let expression = annotation.child("valueExpression");
    let length = expression.str().trim().len();
    if length == 0 {
        expression.required("");
    } else if length > 5 * 1024 {
        expression.required("it is longer than 5120 bytes");
    }
}

/// `validateMutation`
fn mutation(mutation: Field) {
    let of_type = mutation.child("patchType");
    let (own, other) = match of_type.str() {
        "" => return of_type.required("ApplyConfiguration or JSONPatch"),
        "JSONPatch" => ("jsonPatch", "applyConfiguration"),
        "ApplyConfiguration" => ("applyConfiguration", "jsonPatch"),
        text => return of_type.not_supported(text, &["ApplyConfiguration", "JSONPatch"]),
    };
    let (own, other) = (mutation.child(own), mutation.child(other));
    if !own.is_set() {
        own.required("the type of the patch requires it");
    } else if own.child("expression").str().trim().is_empty() {
        own.child("expression").required("");
    }
    if other.is_set() {
        other.invalid("is not allowed with this type of patch");
    }
}
