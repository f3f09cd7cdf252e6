//! What tools write into labels and annotations.

/// Labels that tools write and nothing selects by.
const NOISE_LABELS: &[&str] = &[
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/created-by",
    "helm.sh/chart",
    "chart",
    "heritage",
    "release",
    "pod-template-hash",
    "controller-uid",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Beginnings of annotations that tools write.
const NOISE_ANNOTATIONS: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubectl.kubernetes.io/restartedAt",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "meta.helm.sh/",
    "checksum/",
    "kompose.",
    "argocd.argoproj.io/tracking-id",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "reconcile.fluxcd.io/requestedAt",
    "config.kubernetes.io/",
    "internal.config.kubernetes.io/",
    "objectset.rio.cattle.io/",
    "field.cattle.io/",
    "autoscaling.alpha.kubernetes.io/",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.beta.kubernetes.io/storage-provisioner",
    "patterns/",
];

/// Beginnings of labels that tools write by themselves.
const NOISE_LABEL_PREFIXES: &[&str] =
    &["io.kompose.network/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "objectset.rio.cattle.io/"];

/// What people write for tools that write with the same beginning: what Flux is not to delete, change or replace
/// (fluxcd.io: flux/components/kustomize/kustomizations, "Controlling the apply behavior of resources", and
/// flux/components/helm/helmreleases, "Drift detection"), and in which order things are applied
/// (kubernetes-sigs/cli-utils: pkg/object/dependson). As labels, too.
const WRITTEN: &[&str] = &[
    "kustomize.toolkit.fluxcd.io/force",
    "kustomize.toolkit.fluxcd.io/prune",
    "kustomize.toolkit.fluxcd.io/reconcile",
    "kustomize.toolkit.fluxcd.io/ssa",
    "kustomize.toolkit.fluxcd.io/substitute",
    "helm.toolkit.fluxcd.io/driftDetection",
    "config.kubernetes.io/depends-on",
];

/// Which container `kubectl logs` and `kubectl exec` choose. `gen` names the app here.
pub(in crate::import) const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The same for `kubectl logs` alone, where the other is missing (kubernetes:
/// staging/src/k8s.io/kubectl/pkg/polymorphichelpers/logsforobject.go).
pub(in crate::import) const DEFAULT_LOGS_CONTAINER: &str = "kubectl.kubernetes.io/default-logs-container";

/// Whether a label is a tool's own and no selector asks for it.
pub(in crate::import) fn is_noise_label(key: &str, used_labels: &[String]) -> bool {
    let is_noise = NOISE_LABELS.contains(&key) || NOISE_LABEL_PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    is_noise && !WRITTEN.contains(&key) && !used_labels.iter().any(|used| used == key)
}

/// Whether an annotation is a tool's own.
pub(in crate::import) fn is_noise_annotation(key: &str) -> bool {
    NOISE_ANNOTATIONS.iter().any(|noise| key.starts_with(noise)) && !WRITTEN.contains(&key)
}
