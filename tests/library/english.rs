//! Phrases that read as translated. Each has an ordinary word; the list holds only what is a fault wherever it is.

use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use crate::support::{files, relative};

/// What not to write, and what to write instead.
const PHRASES: [(&str, &str); 34] = [
    ("nobody", "no client, no container, not …"),
    ("somebody", "a user, a client, passive voice"),
    ("whoever", "the one that, its author, any client"),
    ("stands in", "is in, replaces"),
    ("stand in", "are in, replace"),
    ("stands alone", "is alone"),
    ("stand alone", "are alone"),
    ("stands beside", "is beside"),
    ("stands between", "is between"),
    ("stand between", "are between"),
    ("stands behind", "is behind"),
    ("stands before", "is before"),
    ("stands there", "is there"),
    ("stands twice", "duplicate key"),
    ("to begin with", "a starter …, first"),
    ("leads nowhere", "does not exist, allows no traffic"),
    ("has spoken", "finding counts"),
    ("for ever", "forever, permanently"),
    ("in its own place", "by its own path"),
    ("wherever that may be", "which is not known"),
    ("give way to", "precedence: …"),
    ("gives way to", "precedence: …"),
    ("lay this environment", "apply this environment"),
    ("say where manifests", "check manifests"),
    ("as it stands", "unmodified"),
    ("lets nobody past", "reachable only through"),
    ("a list on the way", "list index does not exist"),
    ("this is no pattern", "invalid glob"),
    ("is another program after", "changes with"),
    ("is away whenever", "is unavailable whenever"),
    ("no timeout to speak of", "effectively no timeout"),
    ("mistake that was in the way", "a silenced finding"),
    ("are for the loss of", "protect against losing"),
    ("who breaks in", "an intruder"),
];

#[test]
fn no_phrase_reads_as_translated() {
    let phrases = PHRASES.iter().map(|(phrase, _)| phrase);
    let finder = AhoCorasick::builder().ascii_case_insensitive(true).build(phrases).unwrap();
    let mut hits = Vec::new();
    for path in texts() {
        // pictures are no text
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for hit in finder.find_iter(&text).filter(|hit| is_prose(&text, hit.start(), hit.end())) {
            let line = text[..hit.start()].matches('\n').count() + 1;
            let (phrase, instead) = PHRASES[hit.pattern().as_usize()];
            hits.push(format!("{}:{line}: \"{phrase}\" ({instead})", relative(&path)));
        }
    }
    assert!(hits.is_empty(), "{}", hits.join("\n"));
}

/// Whether a phrase is neither a part of a name nor code: `shared-volume-nobody-writes`, `USER nobody`, `"nobody"`.
fn is_prose(text: &str, start: usize, end: usize) -> bool {
    let is_joined =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || "-_".contains(letter));
    let (before, after) = (&text[..start], &text[end..]);
    if is_joined(before.chars().next_back()) || is_joined(after.chars().next()) {
        return false;
    }
    let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let is_code = line.matches('`').count() % 2 == 1;
    let is_quoted = before.ends_with('"') && after.starts_with('"');
    !(is_code || is_quoted)
}

#[test]
fn names_and_code_are_no_phrases() {
    let is_prose = |text: &str| {
        let start = text.find("nobody").unwrap();
        is_prose(text, start, start + "nobody".len())
    };
    for text in ["// nobody knows", "\"of nobody's\"", "`a` nobody `b`", "a\n`b`\nnobody"] {
        assert!(is_prose(text), "{text}");
    }
    for text in ["[x-nobody-writes](y)", "x::nobody_writes", "run as `USER nobody`", "Name(\"nobody\")"] {
        assert!(!is_prose(text), "{text}");
    }
}

/// All that users and contributors read, but for tests.
fn texts() -> Vec<PathBuf> {
    let sources = ["src", "crates", "patterns", "templates", "docs"].iter().flat_map(|folder| files(folder, ""));
    let pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];
    let pages = pages.iter().map(|page| Path::new(env!("CARGO_MANIFEST_DIR")).join(page));
    sources.chain(pages).collect()
}
