//! Requests to sign certificates: `pkg/apis/certificates/validation/validation.go`. What is in a request, and whether
//! its signature is right, is not judged.

use super::field::Field;
use super::formats;
use super::meta::{self, Scope};
use crate::kube::base64;

/// `ValidateCertificateSigningRequestCreate`
pub fn signing_request(object: Field) {
    const SHORTEST: i64 = 600;
    const USAGES: [&str; 23] = [
        "any",
        "cert sign",
        "client auth",
        "code signing",
        "content commitment",
        "crl sign",
        "data encipherment",
        "decipher only",
        "digital signature",
        "email protection",
        "encipher only",
        "ipsec end system",
        "ipsec tunnel",
        "ipsec user",
        "key agreement",
        "key encipherment",
        "microsoft sgc",
        "netscape sgc",
        "ocsp signing",
        "s/mime",
        "server auth",
        "signing",
        "timestamping",
    ];
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::path_segment);
    let spec = object.child("spec");
    let request = spec.child("request");
    if !is_request(request.str()) {
        request.invalid("does not hold a PEM block of the type CERTIFICATE REQUEST");
    }
    let usages = spec.child("usages");
    if usages.is_empty() {
        usages.required("what the certificate is for");
    }
    let mut seen = Vec::new();
    for usage in usages.items() {
        usage.one_of(usage.str(), &USAGES);
        if seen.contains(&usage.str()) {
            usage.duplicate(usage.str());
        } else if seen.len() <= USAGES.len() {
            seen.push(usage.str());
        }
    }
    let signer = spec.child("signerName");
    if signer.str() == "kubernetes.io/legacy-unknown" {
        signer.invalid("cannot be the signer of the API before v1");
    } else if signer.is_empty() {
        signer.required("");
    } else {
        signer.check(formats::signer_name);
    }
    let seconds = spec.child("expirationSeconds");
    if seconds.opt_int().is_some_and(|seconds| seconds < SHORTEST) {
        seconds.invalid(format!("is less than {SHORTEST} seconds, ten minutes"));
    }
}

/// Whether the first PEM block that can be read is a request. Its content is DER: a sequence as long as it says.
fn is_request(encoded: &str) -> bool {
    let Some(text) = base64(encoded).and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        rest = after;
        let Some((label, body)) = after.split_once("-----") else { continue };
        let Some((body, _)) = body.split_once(&format!("-----END {label}-----")) else { continue };
        let digits: String = body.split_whitespace().collect();
        let Some(content) = base64(&digits) else { continue };
        return label == "CERTIFICATE REQUEST" && is_sequence(&content);
    }
    false
}

fn is_sequence(der: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = der else { return false };
    let (length, content) = match usize::from(*length) {
        short @ ..=0x7f => (short, rest),
        count @ 0x80..=0x84 => {
            let Some((digits, content)) = rest.split_at_checked(count - 0x80) else { return false };
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), content)
        }
        _ => return false,
    };
    length == content.len()
}
