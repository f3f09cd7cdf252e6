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
        let text = Joined::of(&text);
        for hit in finder.find_iter(&text.text).filter(|hit| text.is_prose(hit.start(), hit.end())) {
            let (phrase, instead) = PHRASES[hit.pattern().as_usize()];
            hits.push(format!("{}:{}: \"{phrase}\" ({instead})", relative(&path), text.line(hit.start())));
        }
    }
    assert!(hits.is_empty(), "{}", hits.join("\n"));
}

/// A text whose lines are joined by a space, without indentation and the marks of comments: a phrase may continue on the
/// next line. Paragraphs stay apart.
struct Joined {
    text: String,
    /// Where each line starts.
    starts: Vec<usize>,
}

impl Joined {
    fn of(text: &str) -> Self {
        let mut joined = Self { text: String::with_capacity(text.len()), starts: Vec::new() };
        for line in text.lines() {
            joined.starts.push(joined.text.len());
            let line = line.trim_start().trim_start_matches(['/', '!', '#']).trim();
            joined.text.push_str(line);
            joined.text.push(if line.is_empty() { '\n' } else { ' ' });
        }
        joined
    }

    /// The number of the line of a place, from one.
    fn line(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start <= place)
    }

    /// Whether a phrase is neither a part of a name nor code: `shared-volume-nobody-writes`, `USER nobody`, `"nobody"`.
    fn is_prose(&self, start: usize, end: usize) -> bool {
        let is_joined =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || "-_".contains(letter));
        let (before, after) = (&self.text[..start], &self.text[end..]);
        if is_joined(before.chars().next_back()) || is_joined(after.chars().next()) {
            return false;
        }
        let is_code = before[self.starts[self.line(start) - 1]..].matches('`').count() % 2 == 1;
        let is_quoted = before.ends_with('"') && after.starts_with('"');
        !(is_code || is_quoted)
    }
}

#[test]
fn names_and_code_are_no_phrases() {
    let is_prose = |text: &str| {
        let text = Joined::of(text);
        let start = text.text.find("nobody").unwrap();
        text.is_prose(start, start + "nobody".len())
    };
    for text in ["// nobody knows", "\"of nobody's\"", "`a` nobody `b`", "a\n`b`\nnobody"] {
        assert!(is_prose(text), "{text}");
    }
    for text in ["[x-nobody-writes](y)", "x::nobody_writes", "run as `USER nobody`", "Name(\"nobody\")"] {
        assert!(!is_prose(text), "{text}");
    }
}

#[test]
fn phrases_go_on_over_lines() {
    let text = Joined::of("x\n    /// A thing that stands\n    /// alone.\n\n# stands\n\n# alone\n");
    assert_eq!(text.text.matches("stands alone").count(), 1);
    assert_eq!(text.line(text.text.find("stands alone").unwrap()), 2);
}

/// All that users and contributors read, but for tests.
fn texts() -> Vec<PathBuf> {
    let sources = ["src", "crates", "patterns", "templates", "docs"].iter().flat_map(|folder| files(folder, ""));
    let pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];
    let pages = pages.iter().map(|page| Path::new(env!("CARGO_MANIFEST_DIR")).join(page));
    sources.chain(pages).collect()
}
