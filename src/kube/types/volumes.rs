//! Volumes, and the claims and volumes of the cluster behind them.

use super::{Known, LabelSelector, List, Map, NodeSelector, ObjectMeta, ObjectReference, Quantity, types};
use crate::text::Text;

types! {
    PersistentVolumeClaim {
        metadata: ObjectMeta = "metadata",
        spec: Option<PersistentVolumeClaimSpec> = "spec",
    }
    PersistentVolume {
        metadata: ObjectMeta = "metadata",
        spec: Option<PersistentVolumeSpec> = "spec",
    }
    PersistentVolumeClaimSpec {
        access_modes: Option<List<Text>> = "accessModes",
        resources: Option<VolumeResourceRequirements> = "resources",
        selector: Option<LabelSelector> = "selector",
        storage_class_name: Option<Text> = "storageClassName",
        volume_name: Option<Text> = "volumeName",
    }
    PersistentVolumeSpec {
        access_modes: Option<List<Text>> = "accessModes",
        capacity: Option<Map<Quantity>> = "capacity",
        claim_ref: Option<ObjectReference> = "claimRef",
        csi: Option<Box<CSIPersistentVolumeSource>> = "csi",
        host_path: Option<Box<HostPathVolumeSource>> = "hostPath",
        local: Option<LocalVolumeSource> = "local",
        nfs: Option<Box<NFSVolumeSource>> = "nfs",
        node_affinity: Option<VolumeNodeAffinity> = "nodeAffinity",
        storage_class_name: Option<Text> = "storageClassName",
    }
    Volume {
        config_map: Option<Box<ConfigMapVolumeSource>> = "configMap",
        csi: Option<Box<CSIVolumeSource>> = "csi",
        downward_api: Option<Box<DownwardAPIVolumeSource>> = "downwardAPI",
        empty_dir: Option<Box<EmptyDirVolumeSource>> = "emptyDir",
        ephemeral: Option<Box<EphemeralVolumeSource>> = "ephemeral",
        host_path: Option<Box<HostPathVolumeSource>> = "hostPath",
        image: Option<Box<ImageVolumeSource>> = "image",
        name: Text = "name",
        nfs: Option<Box<NFSVolumeSource>> = "nfs",
        persistent_volume_claim: Option<Box<PersistentVolumeClaimVolumeSource>> = "persistentVolumeClaim",
        projected: Option<Box<ProjectedVolumeSource>> = "projected",
        secret: Option<Box<SecretVolumeSource>> = "secret",
        aws_elastic_block_store: Option<Known> = "awsElasticBlockStore",
        azure_disk: Option<Known> = "azureDisk",
        azure_file: Option<Known> = "azureFile",
        cephfs: Option<Known> = "cephfs",
        cinder: Option<Known> = "cinder",
        fc: Option<Known> = "fc",
        flex_volume: Option<Known> = "flexVolume",
        flocker: Option<Known> = "flocker",
        gce_persistent_disk: Option<Known> = "gcePersistentDisk",
        git_repo: Option<Known> = "gitRepo",
        glusterfs: Option<Known> = "glusterfs",
        iscsi: Option<Known> = "iscsi",
        photon_persistent_disk: Option<Known> = "photonPersistentDisk",
        portworx_volume: Option<Known> = "portworxVolume",
        quobyte: Option<Known> = "quobyte",
        rbd: Option<Known> = "rbd",
        scale_io: Option<Known> = "scaleIO",
        storageos: Option<Known> = "storageos",
        vsphere_volume: Option<Known> = "vsphereVolume",
    }
    VolumeResourceRequirements {
        limits: Option<Map<Quantity>> = "limits",
        requests: Option<Map<Quantity>> = "requests",
    }
    CSIPersistentVolumeSource {
        read_only: Option<bool> = "readOnly",
    }
    HostPathVolumeSource {
        path: Text = "path",
        type_: Option<Text> = "type",
    }
    LocalVolumeSource {
        path: Text = "path",
    }
    NFSVolumeSource {
        path: Text = "path",
        read_only: Option<bool> = "readOnly",
        server: Text = "server",
    }
    VolumeNodeAffinity {
        required: Option<NodeSelector> = "required",
    }
    ConfigMapVolumeSource {
        items: Option<List<KeyToPath>> = "items",
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    CSIVolumeSource {
        read_only: Option<bool> = "readOnly",
    }
    DownwardAPIVolumeSource {
        items: Option<List<DownwardAPIVolumeFile>> = "items",
    }
    EmptyDirVolumeSource {
    }
    EphemeralVolumeSource {
    }
    ImageVolumeSource {
        reference: Option<Text> = "reference",
    }
    PersistentVolumeClaimVolumeSource {
        claim_name: Text = "claimName",
        read_only: Option<bool> = "readOnly",
    }
    ProjectedVolumeSource {
        sources: Option<List<VolumeProjection>> = "sources",
    }
    SecretVolumeSource {
        items: Option<List<KeyToPath>> = "items",
        optional: Option<bool> = "optional",
        secret_name: Option<Text> = "secretName",
    }
    KeyToPath {
        key: Text = "key",
        path: Text = "path",
    }
    DownwardAPIVolumeFile {
        path: Text = "path",
    }
    VolumeProjection {
        config_map: Option<Box<ConfigMapProjection>> = "configMap",
        downward_api: Option<Box<DownwardAPIProjection>> = "downwardAPI",
        secret: Option<Box<SecretProjection>> = "secret",
        service_account_token: Option<Box<ServiceAccountTokenProjection>> = "serviceAccountToken",
    }
    ConfigMapProjection {
        items: Option<List<KeyToPath>> = "items",
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    DownwardAPIProjection {
        items: Option<List<DownwardAPIVolumeFile>> = "items",
    }
    SecretProjection {
        items: Option<List<KeyToPath>> = "items",
        name: Text = "name",
        optional: Option<bool> = "optional",
    }
    ServiceAccountTokenProjection {
        path: Text = "path",
    }
}
