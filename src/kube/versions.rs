//! Which version of Kubernetes brought a field.

/// Fields that the oldest supported server does not have, with the minor version that brought them.
/// From the differences between the field lists of the `k8s-openapi` versions v1.33 to v1.37.
const NEW_FIELDS: &[(&str, &str, u8)] = &[
    ("Container", "restartPolicyRules", 34),
    ("EphemeralContainer", "restartPolicyRules", 34),
    ("EnvVarSource", "fileKeyRef", 34),
    ("PodSpec", "hostnameOverride", 34),
    ("VolumeProjection", "podCertificate", 34),
    ("PodStatus", "extendedResourceClaimStatus", 34),
    ("CSIDriverSpec", "serviceAccountTokenInSecrets", 35),
    ("PodCertificateProjection", "userAnnotations", 35),
    ("PodStatus", "allocatedResources", 35),
    ("PodStatus", "resources", 35),
    ("CSIDriverSpec", "preventPodSchedulingIfMissing", 36),
    ("PodSpec", "schedulingGroup", 36),
    ("PodStatus", "nodeAllocatableResourceClaimStatuses", 36),
    ("CSINode", "status", 37),
    ("ClusterTrustBundleProjection", "user", 37),
    ("NodeSpec", "podPreemptionPolicy", 37),
    ("NodeStatus", "declaredFeatures", 35),
    ("NodeSystemInfo", "runningInUserNamespace", 37),
    ("ConfigMapVolumeSource", "defaultUser", 37),
    ("DownwardAPIVolumeFile", "user", 37),
    ("DownwardAPIVolumeSource", "defaultUser", 37),
    ("EmptyDirVolumeSource", "mode", 37),
    ("GRPCAction", "mode", 37),
    ("HTTPGetAction", "protocol", 37),
    ("HorizontalPodAutoscalerCondition", "observedGeneration", 37),
    ("JobSpec", "scheduling", 37),
    ("KeyToPath", "user", 37),
    ("PersistentVolumeClaimStatus", "healthStatus", 37),
    ("PodCertificateProjection", "user", 37),
    ("PodSpec", "evictionResponders", 37),
    ("PodStatus", "volumeHealth", 37),
    ("ProjectedVolumeSource", "defaultUser", 37),
    ("SecretVolumeSource", "defaultUser", 37),
    ("ServiceAccountTokenProjection", "user", 37),
    ("VolumeMount", "bindMountOptions", 37),
];

/// The minor version that brought a field, if the oldest supported server does not have it.
pub fn since(type_name: &str, field: &str) -> Option<u8> {
    NEW_FIELDS.iter().find(|(owner, name, _)| *owner == type_name && *name == field).map(|(_, _, since)| *since)
}
