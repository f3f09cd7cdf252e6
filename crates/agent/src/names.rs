//! Names of objects that roles make.

use sha2::{Digest as _, Sha256};

/// The label that the Job controller puts the Job's name into holds no more.
const MAX: usize = 63;

/// Hexadecimal digits of a hash in a name: 64 bits.
const DIGITS: usize = 16;

/// The name itself, or its beginning and a hash of all of it when it is too long.
#[must_use]
pub fn fit(name: &str) -> String {
    if name.len() <= MAX {
        return name.to_owned();
    }
    let beginning: String = name.chars().take(MAX - DIGITS - 1).collect();
    format!("{}-{}", beginning.trim_end_matches(['-', '.']), hash(name))
}

/// The same for the same text on every machine; DNS-safe, whatever the text is.
#[must_use]
pub fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let first = digest.iter().take(DIGITS / 2).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

#[cfg(test)]
mod tests {
    use super::{fit, hash};

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let long = "a".repeat(80);
        assert_eq!(fit("short"), "short");
        assert_eq!(fit(&long).len(), 63);
        assert_ne!(fit(&long), fit(&format!("{long}b")));
        assert_eq!(hash("a/b c.mp4").len(), 16);
    }
}
