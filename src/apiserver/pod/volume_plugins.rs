//! Sources of volumes as data: what each needs, and the rules of the few that have more.

use super::super::field::Field;
use super::super::formats;
use super::paths;

/// A source of volumes.
pub struct Plugin {
    /// The field of a volume that it is written under.
    pub field: &'static str,
    /// Under what name the server reports mistakes inside it.
    pub path: &'static str,
    /// Under what name the server reports it as one too many.
    pub forbidden_path: &'static str,
    /// The texts or lists that it needs.
    pub required: &'static [&'static str],
}

const fn plugin_of(field: &'static str, required: &'static [&'static str]) -> Plugin {
    Plugin { field, path: field, forbidden_path: field, required }
}

const GCE: Plugin = Plugin { path: "persistentDisk", ..plugin_of("gcePersistentDisk", &["pdName"]) };
const CEPHFS: Plugin = Plugin { forbidden_path: "cephFS", ..plugin_of("cephfs", &["monitors"]) };
const AWS: Plugin = plugin_of("awsElasticBlockStore", &["volumeID"]);
const HOST_PATH: Plugin = plugin_of("hostPath", &[]);
const NFS: Plugin = plugin_of("nfs", &["server", "path"]);
const ISCSI: Plugin = plugin_of("iscsi", &["targetPortal", "iqn"]);
const GLUSTERFS: Plugin = plugin_of("glusterfs", &["endpoints", "path"]);
const FLOCKER: Plugin = plugin_of("flocker", &[]);
const RBD: Plugin = plugin_of("rbd", &["monitors", "image"]);
const CINDER: Plugin = plugin_of("cinder", &["volumeID"]);
const QUOBYTE: Plugin = plugin_of("quobyte", &["volume"]);
const FC: Plugin = plugin_of("fc", &[]);
const FLEX: Plugin = plugin_of("flexVolume", &["driver"]);
const AZURE_FILE: Plugin = plugin_of("azureFile", &["secretName", "shareName"]);
const VSPHERE: Plugin = plugin_of("vsphereVolume", &["volumePath"]);
const PHOTON: Plugin = plugin_of("photonPersistentDisk", &["pdID"]);
const PORTWORX: Plugin = plugin_of("portworxVolume", &["volumeID"]);
const AZURE_DISK: Plugin = plugin_of("azureDisk", &["diskName", "diskURI"]);
const STORAGEOS: Plugin = plugin_of("storageos", &["volumeName"]);
const SCALE_IO: Plugin = plugin_of("scaleIO", &["gateway", "system", "volumeName"]);

/// Sources of a Pod's volumes but `emptyDir`, in the order in which the server looks.
pub const PLUGINS: &[Plugin] = &[
    HOST_PATH,
    plugin_of("gitRepo", &["repository"]),
    GCE,
    AWS,
    plugin_of("secret", &[]),
    NFS,
    ISCSI,
    GLUSTERFS,
    FLOCKER,
    plugin_of("persistentVolumeClaim", &["claimName"]),
    RBD,
    CINDER,
    CEPHFS,
    QUOBYTE,
    Plugin { forbidden_path: "downwarAPI", ..plugin_of("downwardAPI", &[]) },
    FC,
    FLEX,
    plugin_of("configMap", &[]),
    AZURE_FILE,
    VSPHERE,
    PHOTON,
    PORTWORX,
    AZURE_DISK,
    STORAGEOS,
    plugin_of("projected", &[]),
    SCALE_IO,
    plugin_of("csi", &[]),
    plugin_of("ephemeral", &[]),
    plugin_of("image", &[]),
];

/// Sources of persistent volumes, in the order in which the server looks.
pub const PERSISTENT_PLUGINS: &[Plugin] = &[
    HOST_PATH,
    GCE,
    AWS,
    GLUSTERFS,
    FLOCKER,
    NFS,
    RBD,
    QUOBYTE,
    CEPHFS,
    ISCSI,
    CINDER,
    FC,
    FLEX,
    AZURE_FILE,
    VSPHERE,
    PHOTON,
    PORTWORX,
    AZURE_DISK,
    SCALE_IO,
    plugin_of("local", &["path"]),
    STORAGEOS,
    plugin_of("csi", &["volumeHandle"]),
];

/// Judges a source: its required fields, and what else is known of it.
pub fn plugin(plugin: &Plugin, source: Field) {
    for name in plugin.required {
        if source.child(name).is_empty() {
            source.child(name).required("");
        }
    }
    match plugin.field {
        "hostPath" => host_path(source),
        "gitRepo" => paths::local_descending_path(source.child("directory")),
        "local" => paths::backsteps(source.child("path")),
        "gcePersistentDisk" | "awsElasticBlockStore" => source.child("partition").in_range(0, 255),
        "nfs" if !source.child("path").str().starts_with('/') => source.child("path").invalid("must be absolute"),
        "iscsi" => iscsi(source),
        "flocker" => flocker(source),
        "quobyte" => quobyte(source),
        "fc" => fibre_channel(source),
        "flexVolume" => flex(source),
        "azureDisk" => azure_disk(source),
        "storageos" => {
            source.child("volumeName").check_unless_empty(formats::dns_label);
            source.child("volumeNamespace").check_unless_empty(formats::dns_label);
            secret_name(source);
        }
        "cinder" => secret_name(source),
        _ => {}
    }
}

fn secret_name(source: Field) {
    let secret = source.child("secretRef");
    if secret.is_set() && secret.child("name").is_empty() {
        secret.child("name").required("");
    }
}

/// `ValidateCSIDriverName`
pub fn csi_driver_name(driver: Field) {
    if driver.is_empty() {
        driver.required("");
    }
    if driver.str().len() > 63 {
        driver.too_long(63);
    }
    driver.check(formats::dns_subdomain_caseless);
}

fn iscsi(source: Field) {
    source.child("iqn").check_unless_empty(iscsi_name);
    source.child("lun").in_range(0, 255);
    let authenticates = source.child("chapAuthDiscovery").is_true() || source.child("chapAuthSession").is_true();
    if authenticates && !source.child("secretRef").is_set() {
        source.child("secretRef").required("CHAP needs it");
    }
    let initiator = source.child("initiatorName");
    if initiator.is_set() {
        initiator.called(source, "initiatorname").check(iscsi_name);
    }
}

/// `iqn.2001-04.com.example:storage`, `eui.` and 16 or `naa.` and 32 letters or digits.
fn iscsi_name(text: &str) -> Option<&'static str> {
    let exactly = |rest: &str, count: usize| rest.len() == count && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    let valid = if let Some(rest) = text.strip_prefix("iqn.") {
        let date = rest.as_bytes();
        let digits = |range: std::ops::Range<usize>| date.get(range).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
        let naming = rest.get(8..).unwrap_or("");
        let (authority, name) = naming.split_once(':').map_or((naming, None), |(a, n)| (a, Some(n)));
        digits(0..4)
            && date.get(4) == Some(&b'-')
            && digits(5..7)
            && date.get(7) == Some(&b'.')
            && !authority.is_empty()
            && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
            && name.is_some_and(|name| !name.is_empty() && !name.contains([',', ';', '*', '&', '$', '|', ' ']))
    } else if let Some(rest) = text.strip_prefix("eui") {
        exactly(rest.get(1..).unwrap_or(""), 16)
    } else if let Some(rest) = text.strip_prefix("naa") {
        exactly(rest.get(1..).unwrap_or(""), 32)
    } else {
        false
    };
    (!valid).then_some("is not an iSCSI name (iqn., eui. or naa.)")
}

fn flocker(source: Field) {
    let (name, uuid) = (source.child("datasetName"), source.child("datasetUUID"));
    if name.is_empty() && uuid.is_empty() {
        source.required("it needs `datasetName` or `datasetUUID`");
    } else if !name.is_empty() && !uuid.is_empty() {
        source.invalid("has both `datasetName` and `datasetUUID`");
    }
    if name.str().contains('/') {
        name.invalid("may not contain `/`");
    }
}

fn quobyte(source: Field) {
    let (registry, tenant) = (source.child("registry"), source.child("tenant"));
    if registry.is_empty() {
        registry.required("it is a list of host:port");
    } else if tenant.str().len() >= 65 {
        tenant.required("it is a UUID of 64 characters at most");
    } else if !registry.str().split(',').all(is_host_and_port) {
        registry.invalid("must be a list of host:port");
    }
}

/// `net.SplitHostPort`: an address of IPv6 is in brackets.
fn is_host_and_port(pair: &str) -> bool {
    let Some((host, _)) = pair.rsplit_once(':') else { return false };
    match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').is_some_and(|inner| !inner.contains(['[', ']'])),
        None => !host.contains([':', '[', ']']),
    }
}

fn fibre_channel(source: Field) {
    let (targets, ids, lun) = (source.child("targetWWNs"), source.child("wwids"), source.child("lun"));
    match (!targets.is_empty(), !ids.is_empty()) {
        (false, false) => targets.required("it needs `targetWWNs` or `wwids`"),
        (true, true) => targets.invalid("excludes `wwids`"),
        _ => {}
    }
    if !targets.is_empty() {
        if lun.is_set() {
            lun.in_range(0, 255);
        } else {
            lun.required("`targetWWNs` need it");
        }
    }
}

fn flex(source: Field) {
    let options = source.child("options");
    for (key, option) in options.entries() {
        let namespace = key.split_once('/').map_or(&*key, |(namespace, _)| namespace).to_lowercase();
        let reserved = |domain: &str| namespace == domain || namespace.ends_with(&format!(".{domain}"));
        if reserved("kubernetes.io") || reserved("k8s.io") {
            option.at_key().invalid("is in a namespace that is reserved for Kubernetes");
        }
    }
}

fn azure_disk(source: Field) {
    let (caching, kind, uri) = (source.child("cachingMode"), source.child("kind"), source.child("diskURI"));
    if caching.is_set() {
        caching.one_of(caching.str(), &["None", "ReadOnly", "ReadWrite"]);
    }
    let kind_text = kind.opt_str().unwrap_or("Shared");
    kind.one_of(kind_text, &["Dedicated", "Managed", "Shared"]);
    let (prefix, example) = if kind_text == "Managed" {
        (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        )
    } else {
        ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd")
    };
    if !uri.str().starts_with(prefix) {
        uri.not_supported(uri.str(), &[example]);
    }
}

/// `validateHostPathVolumeSource`
fn host_path(source: Field) {
    const TYPES: [&str; 8] =
        ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];
    if source.child("path").is_empty() {
        source.child("path").required("");
    }
    paths::backsteps(source.child("path"));
    source.child("type").one_of(source.child("type").str(), &TYPES);
}
