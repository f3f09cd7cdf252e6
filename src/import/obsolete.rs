//! What has to be deleted because the API server does not let it change.

use super::{Compared, Field, Kind};

/// Fields that are immutable, as `kubernetes/pkg/apis/*/validation` has them.
pub(super) fn immutable(object: &Compared) -> Option<String> {
    // What a StatefulSet's update may change: ValidateStatefulSetUpdate in pkg/apis/apps/validation.
    const OF_STATEFUL_SET: &[&str] = &[
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let is_immutable = |field: &&Field| {
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        let changed = field.kind != Kind::Same;
        changed
            && match (object.input.kind(), path.as_slice()) {
                ("Deployment" | "DaemonSet", ["spec", "selector", ..])
                | ("Service", ["spec", "headless" | "clusterIP"])
                | ("RoleBinding" | "ClusterRoleBinding", ["roleRef", ..]) => true,
                ("StatefulSet", ["spec", step, ..]) => !OF_STATEFUL_SET.contains(step),
                _ => false,
            }
    };
    let fields: Vec<String> = object.fields.iter().filter(is_immutable).map(Field::name).collect();
    (!fields.is_empty()).then(|| {
        let way =
            if object.input.kind() == "StatefulSet" { " (with --cascade=orphan its Pods keep running)" } else { "" };
        format!("{}{way}: {} cannot be changed in place", object.input.title(), fields.join(", "))
    })
}
