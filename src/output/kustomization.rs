//! `kustomization.yaml`: the list of a folder's files, for `kubectl apply -k`.

use serde_json::json;

use crate::origin::SOURCE;
use crate::yaml::emit::{self, EmitError};

/// The file's name.
pub(super) const FILE: &str = "kustomization.yaml";

/// All names that kustomize looks for (kubernetes-sigs/kustomize: api/konfig/general.go).
pub(super) const NAMES: [&str; 3] = [FILE, "kustomization.yml", "Kustomization"];

/// Name and text. `files` are in the order in which a cluster wants them, which `kubectl apply -k` keeps
/// (kubernetes-sigs/kustomize: api/krusty/options.go). `source` is the settings file, by which a later run knows this
/// one for its own.
///
/// # Errors
/// A bug of ours: a name that cannot be written.
pub fn kustomization(files: &[String], source: &str) -> Result<(String, String), EmitError> {
    let text = emit::to_yaml(&json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "metadata": {"annotations": {SOURCE: source}},
        "resources": files,
    }))?;
    Ok((FILE.to_owned(), text))
}
