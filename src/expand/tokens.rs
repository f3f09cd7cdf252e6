//! Programs that call the API server, in containers without a token for it.

use serde_json::Value as Json;

use crate::facts::Programs;
use crate::kube::TOKEN_FOLDER;
use crate::pattern::{Made, templates};

/// Programs that end at once without the token of their Pod's account, and options that name another way to the API
/// server (client-go: `rest.InClusterConfig`; kiwigrid/k8s-sidecar: sidecar.py, `load_incluster_config`).
const CALLERS: [(&str, &[&str]); 12] = [
    ("kube-rbac-proxy", &["--kubeconfig"]),
    ("openshift-kube-rbac-proxy", &["--kubeconfig"]),
    ("k8s-sidecar", &[]),
    ("kube-state-metrics", &["--kubeconfig", "--apiserver"]),
    ("metrics-server", &["--kubeconfig"]),
    ("ingress-nginx-controller", &["--kubeconfig", "--apiserver-host"]),
    ("cert-manager-controller", &["--kubeconfig", "--master"]),
    ("cert-manager-cainjector", &["--kubeconfig"]),
    ("csi-provisioner", &["--kubeconfig", "--master"]),
    ("csi-attacher", &["--kubeconfig"]),
    ("csi-resizer", &["--kubeconfig"]),
    ("csi-snapshotter", &["--kubeconfig"]),
];

/// A warning for each container that has no token, though its program cannot do without.
pub(super) fn notes(made: &[Made]) -> Vec<String> {
    let mut notes = Vec::new();
    for made in made {
        let mut object = made.object.clone();
        for template in templates(&mut object) {
            let spec = &template["spec"];
            if spec["automountServiceAccountToken"] == true {
                continue;
            }
            let lists = ["initContainers", "containers"].into_iter().filter_map(|list| spec[list].as_array());
            notes.extend(lists.flatten().filter_map(lacks_token));
        }
    }
    notes.dedup();
    notes
}

fn lacks_token(container: &Json) -> Option<String> {
    let program = Programs::built_in().of_image(container["image"].as_str()?)?;
    let (_, otherwise) = CALLERS.iter().find(|(name, _)| *name == program.program)?;
    let list = |key: &str| container[key].as_array().into_iter().flatten();
    let has_token = list("volumeMounts").any(|mount| mount["mountPath"] == TOKEN_FOLDER);
    let is_another = list("command").next().is_some();
    let goes_elsewhere = list("args").filter_map(Json::as_str).any(|word| {
        let option = word.split('=').next().unwrap_or_default().trim_start_matches('-');
        otherwise.iter().any(|other| other.trim_start_matches('-') == option)
    });
    let is_told = list("env").any(|variable| variable["name"] == "KUBECONFIG") || list("envFrom").next().is_some();
    (!has_token && !is_another && !goes_elsewhere && !is_told).then(|| {
        let name = container["name"].as_str().unwrap_or_default();
        format!(
            "warning: `{name}` runs {}, which needs a token for the API server, but has none: give it `rights` or \
             `cluster-rights`, or write adopt: {{token: true}} for an existing `account`",
            program.program
        )
    })
}
