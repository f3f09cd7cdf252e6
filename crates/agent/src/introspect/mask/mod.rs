//! What may be shown of configuration and logs.
//!
//! A list of names that secrets go by is never complete, so configuration is taken the other way round: a value is shown
//! when its key and its form are known to be harmless, and masked otherwise. Logs have no keys to know; there, what
//! follows a name that sounds secret and what looks like a credential is masked, and they are shown only when asked for.

mod configuration;
mod log;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Masks what it is given. The hash tells equal values of one process apart from others; it is keyed with random bytes,
/// so that a short value cannot be found by trying all.
pub struct Mask {
    key: [u8; 16],
}

impl Mask {
    /// A mask with this key.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// The length of a value, and a hash of it.
    #[must_use]
    pub fn masked(&self, value: &str) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(value).finalize();
        let first = digest.iter().take(3).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("({} bytes, {first:06x})", value.len())
    }
}

/// Whether a file's name says that all of it is a secret.
#[must_use]
pub fn is_secret_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = name.trim_start_matches('.').split('.').next().unwrap_or_default().to_ascii_lowercase();
    let word = |word: &str| {
        ["pass", "secret", "token", "cred"].iter().any(|begin| word.starts_with(begin))
            || ["pass", "passwd", "pwd", "netrc"].iter().any(|end| word.ends_with(end))
            || ["cookie", "dsn", "jwt", "key", "keys", "nonce", "otp", "pin", "salt"].contains(&word)
    };
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    stem.split(['-', '_']).any(word)
        || is_key(name)
        || folder.is_some_and(|folder| ["secret", "secrets"].contains(&folder))
}

fn is_key(name: &str) -> bool {
    [".key", ".pem", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"].iter().any(|end| name.ends_with(end))
}
