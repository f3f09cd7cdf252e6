//! Config maps, Secrets, service accounts and namespaces.

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, pod_security};

/// `MaxSecretSize`, also of config maps.
const MAX_SIZE: usize = 1024 * 1024;

/// `ValidateConfigMap`
pub fn config_map(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let (data, binary) = (object.child("data"), object.child("binaryData"));
    let mut size = 0;
    for (key, value) in data.entries() {
        data_key(&key, value);
        if binary.has(&key) {
            value.at_key().invalid("is in `binaryData` too");
        }
        size += value.str_len_at_most();
    }
    for (key, value) in binary.entries() {
        data_key(&key, value);
        size += decode(value).len();
    }
    let more_than_text = || data.values().map(|value| value.str_len_at_most() - value.str().len()).sum::<usize>();
    if size > MAX_SIZE && size - more_than_text() > MAX_SIZE {
        object.too_long(MAX_SIZE);
    }
}

fn data_key(key: &str, value: Field) {
    if let Some(rule) = formats::config_key(key) {
        value.at_key().invalid(rule);
    }
}

fn decode(value: Field) -> Vec<u8> {
    crate::kube::base64(value.str()).unwrap_or_default()
}

/// `ValidateSecret`. No message repeats a value.
pub fn secret(object: Field) {
    let metadata = object.child("metadata");
    meta::object_meta(metadata, Scope::Namespaced, formats::dns_subdomain);
    // The server writes `stringData` into `data` before it looks.
    let (data, strings) = (object.child("data"), object.child("stringData"));
    let mut size = 0;
    for (key, value) in data.entries().filter(|(key, _)| !strings.has(key)) {
        data_key(&key, value);
        size += decode(value).len();
    }
    for (key, value) in strings.entries() {
        if let Some(rule) = formats::config_key(&key) {
            value.at_key().as_entry_of(data, value).invalid(rule);
        }
        size += value.str().len();
    }
    if size > MAX_SIZE {
        data.too_long(MAX_SIZE);
    }
    let has = |key: &'static str| data.has(key) || strings.has(key);
    let need = |key: &'static str| {
        if !has(key) {
            data.key(key).required("Secrets of this type have it");
        }
    };
    match object.child("type").str() {
        "kubernetes.io/service-account-token" => {
            let name = metadata.child("annotations").key("kubernetes.io/service-account.name");
            if name.is_empty() {
                name.required("a token belongs to a service account");
            }
        }
        "kubernetes.io/dockercfg" => registry_config(data, strings, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => registry_config(data, strings, ".dockerconfigjson"),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            need("username");
            need("password");
        }
        "kubernetes.io/ssh-auth" if content(data, strings, "ssh-privatekey").is_none_or(|key| key.is_empty()) => {
            data.key("ssh-privatekey").required("Secrets of this type have it");
        }
        "kubernetes.io/tls" => {
            need("tls.crt");
            need("tls.key");
            tls_warnings(data, strings);
        }
        _ => {}
    }
}

fn content(data: Field, strings: Field, key: &'static str) -> Option<Vec<u8>> {
    if let Some(text) = strings.get(key) {
        return Some(text.as_bytes().to_vec());
    }
    data.has(key).then(|| decode(data.key(key)))
}

fn registry_config(data: Field, strings: Field, key: &'static str) {
    match content(data, strings, key) {
        None => data.key(key).required("Secrets of this type have it"),
        Some(content) => {
            let parsed = serde_json::from_slice::<serde_json::Value>(&content);
            if !parsed.is_ok_and(|value| value.is_object() || value.is_null()) {
                data.key(key).invalid("contains no JSON object");
            }
        }
    }
}

fn tls_warnings(data: Field, strings: Field) {
    let lacks = |key: &'static str, mark: &str| {
        let content = content(data, strings, key).unwrap_or_default();
        !String::from_utf8_lossy(&content).contains(mark)
    };
    if lacks("tls.crt", "-----BEGIN CERTIFICATE-----") {
        data.key("tls.crt").warn("`tls.crt` contains no PEM certificate");
    } else if lacks("tls.key", "PRIVATE KEY-----") {
        data.key("tls.key").warn("`tls.key` contains no PEM private key");
    }
}

/// `ValidateServiceAccount`
pub fn service_account(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let annotation = "kubernetes.io/enforce-mountable-secrets";
    let annotations = object.at(&["metadata", "annotations"]);
    if annotations.has(annotation) {
        let message = format!("`{annotation}` is deprecated since v1.32; use namespaces to keep Secrets apart");
        annotations.key(annotation).at_key().warn(message);
    }
}

/// `ValidateNamespace`
pub fn namespace(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_label);
    pod_security::labels(object.at(&["metadata", "labels"]));
    let finalizers = object.at(&["spec", "finalizers"]);
    for finalizer in finalizers.items().map(|finalizer| finalizer.as_path_of(finalizers)) {
        let text = finalizer.str();
        if let Some(rule) = formats::qualified_name(text) {
            finalizer.invalid(rule);
        } else if !text.contains('/') && !["kubernetes", "orphan", "foregroundDeletion"].contains(&text) {
            finalizer.invalid("has an element that is not a standard finalizer");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MAX_SIZE, config_map};
    use crate::apiserver::field::Run;
    use crate::kube::FastSet;
    use crate::kube::versions::Target;
    use crate::yaml::{Source, as_kubectl, read};

    /// The size is that of the texts: of a literal without its indentation, with all that aliases repeat.
    #[test]
    fn a_config_map_has_a_mebibyte() {
        let errors = |data: &str| {
            let text = format!("kind: ConfigMap\nmetadata: {{name: a}}\n{data}");
            let (documents, refusal) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
            assert!(refusal.is_none(), "{refusal:?}");
            let document = &documents[0];
            let run = Run::new(document, document.root(), Target::default(), FastSet::default());
            config_map(run.root());
            run.finish().0.len()
        };
        let line = "x".repeat(1023);
        let lines = format!("      {line}\n").repeat(1024);
        assert_eq!(errors(&format!("data:\n    a: |\n{lines}")), 0, "as long as may be");
        assert_eq!(errors(&format!("data:\n    a: |\n{lines}    b: x\n")), 1);
        assert_eq!(errors(&format!("data:\n    a: |-\n{lines}    b: x\n")), 0);
        assert_eq!(errors(&format!("data:\n    a: |\n{lines}binaryData: {{b: eA==}}\n")), 1);
        assert_eq!(errors(&format!("data: {{a: {}}}\n", "x".repeat(MAX_SIZE))), 0);
        assert_eq!(errors(&format!("data: {{a: \"{}\\P\"}}\n", "x".repeat(MAX_SIZE - 2))), 1, "three bytes of two");
        let half = "x".repeat(MAX_SIZE / 2);
        assert_eq!(errors(&format!("data: {{a: &a {half}, b: *a}}\n")), 0);
        assert_eq!(errors(&format!("data: {{a: &a {half}, b: *a, c: x}}\n")), 1);
        assert_eq!(errors(&format!("data:\n  a: &a |\n    {half}\n  b: *a\n")), 1, "each has a break at its end");
    }
}
