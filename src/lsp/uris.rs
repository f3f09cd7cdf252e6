//! Between paths and `file:` URIs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use lsp_types::Uri;

/// The path of a `file:` URI on this machine; none for other schemes, such as that of a buffer without a file.
#[must_use]
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let at = rest.find('/')?;
    let host = &rest[..at];
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return None;
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let bytes = decoded(rest.get(at..end)?);
    if bytes.contains(&0) {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }
    #[cfg(not(unix))]
    {
        String::from_utf8(bytes).ok().map(|path| PathBuf::from(path.trim_start_matches('/')))
    }
}

/// The URI of a file; none where its path is not text that a URI could hold.
#[must_use]
pub fn uri(path: &Path) -> Option<Uri> {
    let path = std::path::absolute(path).ok()?;
    let mut text = String::from("file://");
    let mut plain = |bytes: &[u8]| {
        for byte in bytes {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
                text.push(char::from(*byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    };
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        plain(path.as_os_str().as_bytes());
    }
    #[cfg(not(unix))]
    plain(format!("/{}", path.to_str()?.replace('\\', "/")).as_bytes());
    Uri::from_str(&text).ok()
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escape.and_then(|escape| u8::from_str_radix(escape, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back() {
        for name in ["/a/b.yaml", "/a b/ü/😀%41.yaml", "/a#b/c?d/[e].yaml", "/c:/x"] {
            assert_eq!(path(&uri(Path::new(name)).unwrap()).unwrap(), Path::new(name));
        }
        let of = |text| path(&Uri::from_str(text).unwrap());
        assert_eq!(of("file:///a%2fb"), Some(PathBuf::from("/a/b")));
        assert_eq!(of("file://localhost/a#x"), Some(PathBuf::from("/a")));
        for other in ["untitled:Untitled-1", "file://host/a", "file:a", "https://example.com/a.yaml", "file:///a%00"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
