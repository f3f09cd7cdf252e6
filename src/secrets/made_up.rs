//! Words of messages that a program may have made up.

use std::ops::Range;

use crate::secret_texts::reads_as_name;

/// The words that people would not call a thing: neither a name nor the name of a field or kind.
pub(super) fn made_up(words: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = words.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let (start, mut seen) = (at, 0);
            while let Some(of_word) = bytes.get(at).map(|byte| OF_WORD[usize::from(*byte)]).filter(|kind| *kind != 0) {
                seen |= of_word;
                at += 1;
            }
            // nearly all words
            if seen <= SMALL && at - start <= LONGEST_SAID {
                at += 1;
                continue;
            }
            let rest = &words[start..];
            let is_inside = |letter: char| letter.is_alphanumeric() || "+-_.".contains(letter);
            let end = rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len());
            at = start + end + rest[end..].chars().next().map_or(1, char::len_utf8);
            let word = rest[..end].trim_end_matches(|letter: char| !letter.is_alphanumeric());
            let is_said = || word.split(['.', '-', '_']).all(|part| is_of_kubernetes(part) || is_said(part));
            if word.len() >= SHORTEST && !is_said() {
                return Some(start..start + word.len());
            }
        }
        None
    })
}

/// The shortest word that may be made up.
const SHORTEST: usize = 6;
/// A word of small letters that is no longer [reads as a name](reads_as_name).
const LONGEST_SAID: usize = 20;

/// Small letters, and signs that are between the words of a name.
const SMALL: u8 = 1;
const OTHER: u8 = 2;

/// What words are made of, as far as bytes tell.
static OF_WORD: [u8; 256] = {
    let mut of_word = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        of_word[byte as usize] = match byte {
            b'a'..=b'z' | b'-' | b'_' | b'.' => SMALL,
            b'A'..=b'Z' | b'0'..=b'9' | b'+' => OTHER,
            _ => 0,
        };
        byte += 1;
    }
    of_word
};

/// Whether a part of a word is one that people say.
fn is_said(part: &str) -> bool {
    part.is_empty() || reads_as_name(part) || is_camel_case(part)
}

/// What names of Kubernetes' groups, versions and fields have as a part: `k8s`, `v1beta1`.
fn is_of_kubernetes(part: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let version =
        || part.strip_prefix('v').and_then(|rest| rest.split_once("beta").or_else(|| rest.split_once("alpha")));
    matches!(part, "k8s" | "openAPIV3Schema")
        || version().is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// Whether a word is made of words: `hostPath`, `ReadWriteOnce`.
fn is_camel_case(word: &str) -> bool {
    let is_small = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
    let bytes = word.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_uppercase() && is_small(bytes.get(at + 1)) && is_small(bytes.get(at + 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As each letter and each part of a word would tell.
    fn made_up_plainly(words: &str) -> Vec<Range<usize>> {
        let is_inside = |letter: char| letter.is_alphanumeric() || "+-_.".contains(letter);
        let (mut found, mut at) = (Vec::new(), 0);
        for piece in words.split_inclusive(|letter: char| !is_inside(letter)) {
            let word = piece.trim_end_matches(|letter: char| !letter.is_alphanumeric());
            let is_said = word.split(['.', '-', '_']).all(|part| is_of_kubernetes(part) || is_said(part));
            found.extend((word.len() >= 6 && !is_said).then_some(at..at + word.len()));
            at += piece.len();
        }
        found
    }

    #[test]
    fn words_that_are_made_up_are_found_at_a_glance() {
        let parts = [
            "shop",
            "Hunter9x",
            "é",
            "→",
            "…",
            "-",
            "_",
            ".",
            "+",
            " ",
            "`",
            "v1beta1",
            "k8s",
            "x9K",
            "READ",
            "hostPath",
            "12345",
            "averyveryverylongword",
            "/",
            "\"",
            "ß",
            "٣",
            "\u{a0}",
            "",
            "a.b-c_d",
            "QmFzZTY0",
        ];
        let mut count = 0;
        for number in 0..20_000_usize {
            let of = |place: usize| parts[(number.wrapping_mul(2_654_435_761) >> (place * 4)) % parts.len()];
            let words: String = (0..7).map(of).collect();
            let found: Vec<Range<usize>> = made_up(&words).collect();
            assert_eq!(found, made_up_plainly(&words), "{words}");
            count += found.len();
        }
        assert!(count > 1000, "{count}");
    }
}
