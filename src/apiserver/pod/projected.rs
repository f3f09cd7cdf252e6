//! Projected volumes: `validateProjectionSources`.

use super::super::field::Field;
use super::super::{formats, meta};
use super::{paths, selectors};
use crate::kube::FastSet;

/// `validateProjectedVolumeSource`
pub fn projected(source: Field) {
    paths::file_mode(source.child("defaultMode"));
    let mut paths: FastSet<&str> = FastSet::default();
    for one in source.child("sources").items() {
        let mut count = 0;
        for kind in ["secret", "configMap"] {
            let projection = one.child(kind);
            if !projection.is_set() {
                continue;
            }
            count += 1;
            if projection.child("name").is_empty() {
                projection.child("name").required("");
            }
            for item in projection.child("items").items() {
                paths::key_to_path(item);
                unique(item.child("path"), source, &mut paths);
            }
        }
        let downward = one.child("downwardAPI");
        if downward.is_set() {
            count += 1;
            for file in downward.child("items").items() {
                selectors::downward_file(file.as_path_of(downward));
                unique(file.child("path"), source, &mut paths);
            }
        }
        let token = one.child("serviceAccountToken");
        if token.is_set() {
            count += 1;
            service_account_token(token, source);
        }
        let bundle = one.child("clusterTrustBundle");
        if bundle.is_set() {
            count += 1;
            trust_bundle(bundle, source, &mut paths);
        }
        let certificate = one.child("podCertificate");
        if certificate.is_set() {
            count += 1;
            pod_certificate(certificate, source, &mut paths);
        }
        if count > 1 {
            one.forbidden("has more than one source");
        }
    }
}

fn unique<'a>(path: Field<'a>, source: Field, paths: &mut FastSet<&'a str>) {
    let text = path.str();
    if text.is_empty() {
        return;
    }
    if !paths.insert(text) {
        path.as_path_of(source).invalid(format!("has two files at `{text}`"));
    }
}

fn service_account_token(token: Field, source: Field) {
    let seconds = token.child("expirationSeconds");
    let value = seconds.opt_int().unwrap_or(3600);
    if value < 600 {
        seconds.invalid("is less than 10 minutes");
    }
    if value > 1 << 32 {
        seconds.invalid("is more than 2^32 seconds");
    }
    let path = token.child("path").called(source, "path");
    if path.is_empty() {
        path.required("a token needs a file name");
    } else {
        paths::local_non_reserved_path(path);
    }
}

/// A bundle by its name, or those of a signer.
fn trust_bundle<'a>(bundle: Field<'a>, source: Field, paths: &mut FastSet<&'a str>) {
    let (name, signer) = (bundle.child("name"), bundle.child("signerName"));
    match (name.is_set(), signer.is_set()) {
        (true, true) => bundle.invalid("has both `name` and `signerName`"),
        (true, false) => {
            if name.is_empty() {
                name.required("");
            }
            name.check(formats::trust_bundle_name);
            if bundle.child("labelSelector").is_set() {
                bundle.child("labelSelector").invalid("refines `signerName`, but there is a `name`");
            }
        }
        (false, true) => {
            signer_name(signer);
            meta::label_selector(bundle.child("labelSelector"));
        }
        (false, false) => bundle.required("it needs `name` or `signerName`"),
    }
    let path = bundle.child("path");
    if path.is_empty() {
        path.required("");
    }
    paths::local_non_reserved_path(path);
    // An empty path counts as a path here.
    if !paths.insert(path.str()) {
        path.as_path_of(source).invalid(format!("has two files at `{}`", path.str()));
    }
}

/// `ValidateSignerName`
fn signer_name(name: Field) {
    name.check_required(formats::signer_name);
}

fn pod_certificate<'a>(certificate: Field<'a>, source: Field, paths: &mut FastSet<&'a str>) {
    const KEY_TYPES: [&str; 6] = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"];
    const HOUR: i64 = 3600;
    let signer = certificate.child("signerName");
    signer_name(signer);
    let annotations = certificate.child("userAnnotations");
    let mut size = 0;
    for (key, value) in annotations.entries() {
        if key.is_empty() {
            value.at_key().as_path_of(annotations).required("a key cannot be empty");
        } else if let Some(rule) = formats::domain_prefixed_key(&key) {
            value.at_key().as_path_of(annotations).invalid(format!("has the key `{key}`, which {rule}"));
        }
        size += key.len() + value.str().len();
    }
    if size > 256 * 1024 {
        annotations.too_long(256 * 1024);
    }
    let kind = certificate.child("keyType");
    kind.one_of(kind.str(), &KEY_TYPES);
    let seconds = certificate.child("maxExpirationSeconds");
    if seconds.is_set() {
        let host = signer.str().split('/').next().unwrap_or_default();
        let is_of_kubernetes = host == "kubernetes.io" || host.ends_with(".kubernetes.io");
        seconds.in_range(HOUR, if is_of_kubernetes { 24 * HOUR } else { 91 * 24 * HOUR });
    }
    let files = ["credentialBundlePath", "keyPath", "certificateChainPath"].map(|name| certificate.child(name));
    for path in files.into_iter().filter(|path| !path.is_empty()) {
        paths::local_non_reserved_path(path);
        unique(path, source, paths);
    }
    if files.iter().all(|path| path.is_empty()) {
        certificate.required("it needs `credentialBundlePath`, `keyPath` or `certificateChainPath`");
    }
}
