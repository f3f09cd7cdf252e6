//! Projected volumes: `validateProjectionSources`. Cluster trust bundles and Pod certificates are behind
//! feature gates that are off, so the server drops them unread.

use super::super::field::Field;
use super::volume;

/// `validateProjectedVolumeSource`
pub fn projected(source: Field) {
    volume::file_mode(source.child("defaultMode"));
    let mut paths: Vec<&str> = Vec::new();
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
                volume::key_to_path(item);
                unique(item.child("path"), source, &mut paths);
            }
        }
        let downward = one.child("downwardAPI");
        if downward.is_set() {
            count += 1;
            for file in downward.child("items").items() {
                volume::downward_file(file.as_path_of(downward));
                unique(file.child("path"), source, &mut paths);
            }
        }
        let token = one.child("serviceAccountToken");
        if token.is_set() {
            count += 1;
            service_account_token(token, source);
        }
        if count > 1 {
            one.forbidden("has more than one source");
        }
    }
}

fn unique<'a>(path: Field<'a>, source: Field, paths: &mut Vec<&'a str>) {
    let text = path.str();
    if text.is_empty() {
        return;
    }
    if paths.contains(&text) {
        path.as_path_of(source).invalid(format!("has two files at `{text}`"));
    }
    paths.push(text);
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
        path.required("a token is a file");
    } else {
        local_non_reserved_path(path);
    }
}

/// `ValidateLocalNonReservedPath`
pub fn local_non_reserved_path(path: Field) {
    volume::local_descending_path(path);
    let text = path.str();
    if text.starts_with("..") && text != ".." && !text.starts_with("../") {
        path.invalid("may not begin with `..`: the kubelet's own links do");
    }
}
