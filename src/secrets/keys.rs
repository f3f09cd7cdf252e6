//! What keys of maps say of the values below them.

use crate::secret_texts::reads_as_name;
use crate::words::edits_within;
use crate::yaml::{Document, NodeId};

/// What the keys above a node say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Nothing.
    Plain,
    /// That what is in it is secret, but for what only names a Secret.
    Secret,
    /// That it is a list of variables, whatever its key is called: `enviroment`.
    Variables,
    /// That it is a list of headers.
    Headers,
}

/// Whether a kind is `Secret`, rightly written or not.
pub(super) fn is_kind_of_secrets(kind: &str) -> bool {
    kind == "Secret" || (4..9).contains(&kind.len()) && edits_within(2, &kind.to_ascii_lowercase(), "secret").is_some()
}

/// Whether a key is `value`, rightly written or not: what is beside `name: DB_PASSWORD`.
pub(super) fn is_value_key(key: &str) -> bool {
    key == "default" || key.len() < 8 && edits_within(2, &key.to_ascii_lowercase(), "value").is_some()
}

/// Whether an entry of a variable may hold its value: a key that is misspelt holds it as well.
pub(super) fn is_of_variable(key: &str) -> bool {
    !matches!(key, "name" | "valueFrom")
}

/// Whether a list or map holds variables: `env`, `Env`, `enviroment`, `environment`.
pub(super) fn is_variables(key: &str) -> bool {
    let is_environment = key.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("env"));
    is_environment && key != "envFrom" || matches!(key, "configmaps" | "params")
}

/// Keys whose values lead to a Secret and are none.
pub(super) fn is_reference_key(key: &str) -> bool {
    matches!(key, "valueFrom" | "secretKeyRef" | "configMapKeyRef" | "fieldRef" | "secretRef" | "from" | "envFrom")
}

/// What describes a secret, or names it, in a map under a name that says that it is one.
pub(super) fn is_described(key: &str) -> bool {
    const KEYS: [&str; 33] = [
        "name",
        "key",
        "secretName",
        "namespace",
        "optional",
        "path",
        "audience",
        "expirationSeconds",
        "type",
        "kind",
        "apiVersion",
        "mode",
        "defaultMode",
        "items",
        "description",
        "title",
        "format",
        "pattern",
        "required",
        "enum",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "field",
        "property",
        "version",
        "mount",
        // of a volume of that name
        "size",
        "sizeLimit",
        "medium",
        "storage",
        "storageClassName",
    ];
    KEYS.contains(&key)
}

/// Whether what is under `secret`, `tlsSecret` and the like is what a Secret is called. What clients log in with is called
/// `clientSecret`.
pub(super) fn is_name_of_secret(document: &Document, name: &str, value: NodeId, around: Around) -> bool {
    const OF_VALUES: [&str; 9] = ["client", "app", "consumer", "shared", "jwt", "cookie", "session", "hmac", "api"];
    let is_shouted = !name.contains(|letter: char| letter.is_ascii_lowercase());
    let name = name.to_ascii_lowercase();
    let is_value = |of: &str| {
        let before = name.strip_suffix("secret").unwrap_or_default();
        before.trim_end_matches(['-', '_']).ends_with(of)
    };
    let is_name =
        |text: &str| reads_as_name(text) && (text.contains('-') || !text.bytes().any(|byte| byte.is_ascii_digit()));
    let is_shown = around == Around::Plain && name.ends_with("secret") && !OF_VALUES.into_iter().any(is_value);
    is_shown && !is_shouted && document.str(value).is_some_and(is_name)
}
