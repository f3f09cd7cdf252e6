//! References to Secrets and `ConfigMap`s.

use super::Mistake;
use super::names::{dns_subdomain, is_config_key, is_object_name};

pub(super) fn secret_ref(text: &str) -> Option<Mistake> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        ["secret", name, key] if is_object_name(name) && is_config_key(key) => None,
        _ => Some(Mistake {
            secret: true,
            ..Mistake::new("secrets are referenced, never written out")
                .because("descriptions are kept in version control")
                .help("write secret/<name>/<key>")
        }),
    }
}

pub(super) fn configmap_ref(text: &str) -> Option<Mistake> {
    let named = text.strip_prefix("configmap/").is_some_and(|name| dns_subdomain(name).is_none());
    (!named).then(|| Mistake::new("a ConfigMap is referenced by kind and name").help("write configmap/<name>"))
}

/// One key of a Secret or `ConfigMap`.
pub(super) fn key_ref(text: &str) -> Option<Mistake> {
    let parts: Vec<&str> = text.split('/').collect();
    let fits =
        matches!(parts.as_slice(), ["secret" | "configmap", name, key] if is_object_name(name) && is_config_key(key));
    (!fits).then(|| {
        Mistake::new("only a key of a Secret or ConfigMap can be optional")
            .help("write secret/<name>/<key> or configmap/<name>/<key>")
    })
}

pub(super) fn env_from(text: &str) -> Option<Mistake> {
    let name = text.strip_prefix("secret/").or_else(|| text.strip_prefix("configmap/"));
    let fits = name.is_some_and(|name| dns_subdomain(name).is_none());
    (!fits).then(|| {
        Mistake::new("this imports all keys of a Secret or ConfigMap")
            .help("write secret/<name>, configmap/<name> or {secret: <name>, prefix: DB_}")
    })
}
