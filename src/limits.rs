//! Every limit on what is read and made, in one place: what lies past one is an error or a line that names it.
//!
//! SECURITY.md lists the same limits for users, and a test compares the two.

use std::fmt;

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What messages and SECURITY.md call it.
    pub name: &'static str,
    /// The most that is allowed.
    pub most: u64,
    /// What it counts, for SECURITY.md.
    pub counts: &'static str,
    /// Whether it counts bytes.
    is_bytes: bool,
}

impl Limit {
    const fn bytes(name: &'static str, most: u64, counts: &'static str) -> Self {
        Self { name, most, counts, is_bytes: true }
    }

    const fn number(name: &'static str, most: u64, counts: &'static str) -> Self {
        Self { name, most, counts, is_bytes: false }
    }

    /// The same limit with a lower value, where less is allowed.
    #[must_use]
    pub fn or_less(self, most: u64) -> Self {
        Self { most: self.most.min(most), ..self }
    }

    /// The limit as a number of things in memory.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::try_from(self.most).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Limit {
    /// `128 MiB`, `10000`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: u64 = 1 << 20;
        if self.is_bytes { write!(f, "{} MiB", self.most / MIB) } else { write!(f, "{}", self.most) }
    }
}

/// One file of manifests, a description, a baseline, or standard input.
pub const INPUT: Limit = Limit::bytes("input-bytes", 128 << 20, "one file, or standard input");

/// A file that another names, or that is found beside it.
pub const BESIDE: Limit = Limit::bytes(
    "named-file-bytes",
    1 << 20,
    "`.patterns.yaml`, a kustomization, what `extends` or `files` names, a file of a pattern",
);

/// Nesting. Go's `encoding/json`, and go-yaml's `max_flow_level` and `max_indents`, allow no more, so kubectl does not.
pub const DEPTH: Limit = Limit::number("depth", 10_000, "nested lists and maps");

/// Documents of one file: each takes memory even if it is empty.
pub const DOCUMENTS: Limit = Limit::number("documents", 1_000_000, "documents of one file");

/// What aliases copy: this much in any file, and [`ALIAS_FACTOR`] times the file in a larger one. The API server takes
/// 3 MiB a request, so that even a `List` of several objects seldom comes near.
pub const ALIASES: Limit =
    Limit::bytes("alias-bytes", 16 << 20, "what aliases copy, or 8 times the file if that is more");

/// See [`ALIASES`].
pub const ALIAS_FACTOR: u64 = 8;

/// Instructions of one template: minijinja's fuel, of which 64 bytes of a text or a list that it makes take one, too
/// (minijinja: `vm/fuel.rs`). The largest of the built-in templates takes about 10,000.
pub const INSTRUCTIONS: Limit = Limit::number(
    "template-instructions",
    1_000_000,
    "instructions of one template; 64 bytes that it makes in memory count as one",
);

/// What one template writes.
pub const RENDERED: Limit = Limit::bytes("template-bytes", 8 << 20, "what one template writes");

/// How long one template of a project's own may take, for what fuel does not count.
pub const TEMPLATE_SECONDS: Limit = Limit::number("template-seconds", 5, "seconds that one template of yours takes");

/// What the process's memory may grow by meanwhile, on Linux.
pub const TEMPLATE_MEMORY: Limit =
    Limit::bytes("template-memory", 128 << 20, "memory that one template of yours takes (on Linux)");

/// Findings of one rule in a run that are reported; the rest are counted.
pub const FINDINGS: Limit = Limit::number("findings", 10_000, "findings of one rule in a run; the rest are counted");

/// What parameters put into the texts of one document of a description. The API server takes 3 MiB a request.
pub const INSERTED: Limit =
    Limit::bytes("parameter-bytes", 16 << 20, "what `${name}` puts into the texts of one document of a description");

/// Mistakes of descriptions and settings that a command prints; the rest are counted.
pub const MISTAKES: Limit =
    Limit::number("mistakes", 200, "mistakes of descriptions and settings that a command prints; the rest are counted");

/// What `diagram` lays out: boxes and arrows. A picture of more shows nothing, and takes the square of their number.
pub const PARTS: Limit = Limit::number("diagram-parts", 2_000, "boxes and arrows of one picture (SVG)");

/// The same for formats that other programs lay out.
pub const PARTS_OF_TEXT: Limit =
    Limit::number("diagram-parts-of-text", 100_000, "boxes and arrows of one diagram in Mermaid or DOT");

/// One message of an editor to `patterns lsp`: a file as JSON, whose escapes may be longer than the text.
pub const MESSAGE: Limit = Limit::bytes("message-bytes", 256 << 20, "one message to `patterns lsp`");

/// Files of the folders that an editor has open; of more, only those that are open in it are checked.
pub const FILES: Limit = Limit::number("workspace-files", 20_000, "files that `patterns lsp` reads of an open folder");

/// How long Helm or kustomize may take for one chart or overlay with `--render`.
pub const RENDER_SECONDS: Limit = Limit::number("render-seconds", 60, "seconds of one call of helm or kustomize");

/// Charts, each with each of its values, and overlays that one run renders.
pub const RENDERINGS: Limit = Limit::number("renderings", 256, "charts and overlays that `--render` renders in a run");

/// All of them.
pub const ALL: [Limit; 18] = [
    INPUT,
    BESIDE,
    DEPTH,
    DOCUMENTS,
    ALIASES,
    INSTRUCTIONS,
    RENDERED,
    TEMPLATE_SECONDS,
    TEMPLATE_MEMORY,
    FINDINGS,
    INSERTED,
    MISTAKES,
    PARTS,
    PARTS_OF_TEXT,
    MESSAGE,
    FILES,
    RENDER_SECONDS,
    RENDERINGS,
];
