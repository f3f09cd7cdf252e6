//! What the names of storage classes, provisioners and drivers say of their volumes.

/// Whether a storage class is called after a provisioner whose volumes are not attached to one node, or that keeps all
/// Pods of a claim on the node of its folder (rancher/local-path-provisioner, kubernetes-sigs/sig-storage-lib-external-provisioner).
pub(super) fn is_of_no_node(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    let words = || class.split(['-', '_', '.', '/']);
    ["local-path", "local-storage", "hostpath", "topolvm", "lvmpv", "zfspv"].iter().any(|name| class.contains(name))
        || words().any(|word| {
            matches!(
                word,
                "nfs"
                    | "lvm"
                    // the classes of LVM Storage in OpenShift, which TopoLVM makes volumes for (openshift/lvm-operator)
                    | "lvms"
                    | "zfs"
                    | "efs"
                    | "fsx"
                    | "azurefile"
                    | "blob"
                    | "blobfuse"
                    | "gcsfuse"
                    | "nasplugin"
                    | "cephfs"
                    | "smb"
                    | "cifs"
                    | "filestore"
                    | "glusterfs"
                    | "juicefs"
                    | "seaweedfs"
            )
        })
}

/// Whether a class, a provisioner or a driver is called after disks that are attached to one node at a time, by the clouds
/// and projects that make them: `gp3`, `do-block-storage`, `pd.csi.storage.gke.io`, `driver.longhorn.io`.
pub(super) fn is_of_disks(name: &str) -> bool {
    const WORDS: [&str; 35] = [
        "ebs",
        "gp2",
        "gp3",
        "io1",
        "io2",
        "pd",
        "rwo",
        "disk",
        "azuredisk",
        "managed",
        "cinder",
        "vsphere",
        "vmware",
        "rbd",
        "block",
        "blockvolume",
        "bv",
        "bs",
        "iscsi",
        "longhorn",
        "dobs",
        "linodebs",
        "hcloud",
        "hetzner",
        "diskplugin",
        "scw",
        "bssd",
        "exoscale",
        "mayastor",
        "cstor",
        "jiva",
        "linstor",
        "portworx",
        "pxd",
        "storageos",
    ];
    let name = name.to_ascii_lowercase();
    name.split(['-', '_', '.', '/']).any(|word| WORDS.contains(&word))
}

/// Whether a provisioner makes such volumes. Those of local disks keep a claim's Pods on its node
/// (kubernetes/website: concepts/storage/volumes, "local").
pub(super) fn provisions_for_no_node(provisioner: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "kubernetes.io/no-provisioner",
        "file.csi.azure.com",
        "kubernetes.io/azure-file",
        "openebs.io/local",
        "local.csi.openebs.io",
        "topolvm.io",
        "topolvm.cybozu.com",
        // the name in kubernetes-incubator/external-storage's example of NFS
        "fuseim.pri/ifs",
    ];
    is_of_no_node(provisioner) || OTHERS.contains(&provisioner)
}
