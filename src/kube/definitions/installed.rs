//! What the place and the group of a definition say of where it is installed.

use crate::yaml::Document;

/// Whether the kinds of a group are installed from their project's releases by all who use them.
pub(super) fn is_everybodys(group: &str) -> bool {
    const DOMAINS: [&str; 69] = [
        "acid.zalan.do",
        "amazonaws.com",
        "aquasecurity.github.io",
        "argoproj.io",
        "bitnami.com",
        "camel.apache.org",
        "cert-manager.io",
        "chaos-mesh.org",
        "cilium.io",
        "cluster.x-k8s.io",
        "cnpg.io",
        "cnrm.cloud.google.com",
        "containo.us",
        "coreos.com",
        "crossplane.io",
        "dapr.io",
        "elastic.co",
        "external-secrets.io",
        "externaldns.k8s.io",
        "flink.apache.org",
        "fluxcd.io",
        "gatekeeper.sh",
        "gateway.networking.k8s.io",
        "gateway.networking.x-k8s.io",
        "gke.io",
        "gloo.solo.io",
        "grafana.com",
        "hashicorp.com",
        "inference.networking.k8s.io",
        "inference.networking.x-k8s.io",
        "istio.io",
        "jaegertracing.io",
        "k8s.aws",
        "k8s.cni.cncf.io",
        "k8s.keycloak.org",
        "k8s.nginx.org",
        "karpenter.sh",
        "keda.sh",
        "kiali.io",
        "knative.dev",
        "konghq.com",
        "kubeflow.org",
        "kubevirt.io",
        "kyverno.io",
        "linkerd.io",
        "longhorn.io",
        "metallb.io",
        "min.io",
        "mongodb.com",
        "nvidia.com",
        "onepassword.com",
        "openebs.io",
        "opentelemetry.io",
        "percona.com",
        "projectcalico.org",
        "projectcontour.io",
        "rabbitmq.com",
        "ray.io",
        "rook.io",
        "snapshot.storage.k8s.io",
        "sparkoperator.k8s.io",
        "split.smi-spec.io",
        "strimzi.io",
        "tailscale.com",
        "tekton.dev",
        "traefik.io",
        "velero.io",
        "victoriametrics.com",
        "volcano.sh",
    ];
    DOMAINS
        .iter()
        .any(|domain| group.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

/// The folder of what a definition is installed for: that of its file, or the one above where a folder's name says no
/// more than that it holds definitions.
pub(super) fn home(name: &str) -> &str {
    const ONLY_DEFINITIONS: [&str; 8] = ["base", "bases", "config", "crd", "crds", "experimental", "setup", "standard"];
    let above = |path: &str| path.rfind('/').unwrap_or(0);
    let mut folder = &name[..above(name)];
    loop {
        let last = folder.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        if !ONLY_DEFINITIONS.contains(&last.as_str()) {
            return folder;
        }
        folder = &folder[..above(folder)];
    }
}

/// Whether a file lies in a folder or below it.
pub(super) fn is_below(file: &str, folder: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a definition lies among the fixtures of a test, and an object does not: what counts for the object may be
/// another one, out of sight.
pub(super) fn is_others_fixture(definition: &Document, object: &Document) -> bool {
    const FIXTURES: [&str; 7] =
        ["test", "tests", "testing", "fixtures", "__fixtures__", "test-fixtures", "test_fixtures"];
    let mut of_object = object.source.name.split('/');
    let Some((folders, _)) = definition.source.name.rsplit_once('/') else { return false };
    let mut is_shared = true;
    folders.split('/').any(|folder| {
        is_shared &= of_object.next() == Some(folder);
        !is_shared && FIXTURES.contains(&folder)
    })
}

#[cfg(test)]
mod tests {
    use super::{home, is_below, is_everybodys};

    #[test]
    fn kinds_of_others_are_told_from_a_projects_own() {
        for group in ["aquasecurity.github.io", "monitoring.coreos.com", "kafka.strimzi.io", "argoproj.io"] {
            assert!(is_everybodys(group), "{group}");
        }
        for group in ["shop.example.com", "notargoproj.io", "github.io", "apps", ""] {
            assert!(!is_everybodys(group), "{group}");
        }
    }

    #[test]
    fn a_copy_counts_in_its_folder_and_below() {
        let is_around = |definition, object| is_below(object, home(definition));
        for (definition, object) in [
            ("crds/gateway.yaml", "apps/shop/route.yaml"),
            ("gateway.yaml", "apps/shop/route.yaml"),
            ("infra/crds/gateway.yaml", "infra/routes/a.yaml"),
            ("shop/gateway.yaml", "shop/routes/a.yaml"),
        ] {
            assert!(is_around(definition, object), "{definition} {object}");
        }
        for (definition, object) in [
            ("linkerd/crd.yaml", "app/route.yaml"),
            ("kubernetes/linkerd/manifest/crds.yaml", "kubernetes/gateway/route.yaml"),
            ("shop/crds/gateway.yaml", "shop-2/route.yaml"),
        ] {
            assert!(!is_around(definition, object), "{definition} {object}");
        }
    }
}
