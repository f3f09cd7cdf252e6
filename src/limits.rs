//! Every limit on what is read and made, in one place: what lies past one is an error or a line that names it.
//!
//! SECURITY.md lists the same limits for users, and a test compares the two.

pub use crate::yaml::limits::{ALIAS_FACTOR, ALIASES, DEPTH, DOCUMENTS, INPUT, Limit};

/// A file that another names, or that is found beside it.
pub const BESIDE: Limit = Limit::bytes(
    "named-file-bytes",
    1 << 20,
    "`.patterns.yaml`, a kustomization, a file named by `extends` or `files`, a file of a pattern",
);

/// Git's index of a repository: a hundred bytes for each file that it tracks.
pub const INDEX: Limit = Limit::bytes(
    "git-index-bytes",
    64 << 20,
    "git's index; past it, tracked files that `.gitignore` names are left out",
);

/// Instructions of one template: minijinja's fuel, of which 64 bytes of a text or a list that it makes take one, too
/// (minijinja: `vm/fuel.rs`). The largest of the built-in templates takes about 10,000.
pub const INSTRUCTIONS: Limit = Limit::number(
    "template-instructions",
    1_000_000,
    "instructions of one template; every 64 bytes it allocates count as one",
);

/// A template, and what it includes one by one: the engine reads signs before a value by recursion.
pub const TEMPLATE: Limit = Limit::bytes("template-length", 64 << 10, "one template of your own");

/// An expression of a definition: a condition, a number, a text over parameters.
pub const EXPRESSION: Limit = Limit::bytes("expression-length", 4 << 10, "one expression of a `pattern.yaml`");

/// What one template writes.
pub const RENDERED: Limit = Limit::bytes("template-bytes", 8 << 20, "output of one template");

/// How long one template of a project's own may take, for what fuel does not count.
pub const TEMPLATE_SECONDS: Limit =
    Limit::number("template-seconds", 5, "run time of one template of your own, in seconds");

/// What the process's memory may grow by meanwhile, on Linux.
pub const TEMPLATE_MEMORY: Limit =
    Limit::bytes("template-memory", 128 << 20, "memory used by one template of your own (on Linux)");

/// Findings of one rule in a run that are reported; that there are more is said.
pub const FINDINGS: Limit =
    Limit::number("findings", 10_000, "findings of one rule in a run; the summary says if there are more");

/// Findings of one rule in one object that `--fix` mends before it lints again.
pub const MENDED: Limit = Limit::number(
    "mended-findings",
    200_000,
    "findings of one rule in an object that `--fix` fixes in one pass; the rest are fixed in the next",
);

/// Environments of one description, those of its bases and of all of its documents. `lint` looks at each.
pub const ENVIRONMENTS: Limit = Limit::number("environments", 500, "environments of one description");

/// Files that extend one another.
pub const BASES: Limit = Limit::number("bases", 64, "length of a chain of `extends`");

/// What parameters put into the texts of one document of a description. The API server takes 3 MiB a request.
pub const INSERTED: Limit =
    Limit::bytes("parameter-bytes", 16 << 20, "what `${name}` adds to the strings of one document of a description");

/// Nesting of what is generated: of each level, the lines are indented more.
pub const WRITTEN_DEPTH: Limit =
    Limit::number("written-depth", 1_000, "nested lists and maps of one object that `gen` writes");

/// Mistakes of descriptions and settings that a command prints; the rest are counted.
pub const MISTAKES: Limit = Limit::number(
    "mistakes",
    200,
    "mistakes in descriptions and settings that a command prints; the rest are only counted",
);

/// What `diagram` lays out: boxes and arrows. A picture of more shows nothing, and takes the square of their number.
pub const PARTS: Limit = Limit::number("diagram-parts", 2_000, "boxes and arrows of one picture (SVG)");

/// The same for formats that other programs lay out.
pub const PARTS_OF_TEXT: Limit =
    Limit::number("diagram-parts-of-text", 100_000, "boxes and arrows of one diagram in Mermaid or DOT");

/// One message of an editor to `patterns lsp`: a file as JSON, whose escapes may be longer than the text.
pub const MESSAGE: Limit = Limit::bytes("message-bytes", 256 << 20, "one message to `patterns lsp`");

/// Files of the folders that an editor has open; of more, only those that are open in it are checked.
pub const FILES: Limit = Limit::number("workspace-files", 20_000, "files of an open folder that `patterns lsp` reads");

/// How long Helm or kustomize may take for one chart or overlay with `--render`.
pub const RENDER_SECONDS: Limit =
    Limit::number("render-seconds", 60, "run time in seconds of one call of helm or kustomize");

/// Charts, each with each of its values, and overlays that one run renders.
pub const RENDERINGS: Limit = Limit::number("renderings", 256, "charts and overlays that `--render` renders in a run");

/// All of them.
pub const ALL: [Limit; 25] = [
    INPUT,
    BESIDE,
    INDEX,
    DEPTH,
    DOCUMENTS,
    ALIASES,
    INSTRUCTIONS,
    RENDERED,
    TEMPLATE,
    EXPRESSION,
    TEMPLATE_SECONDS,
    TEMPLATE_MEMORY,
    FINDINGS,
    MENDED,
    ENVIRONMENTS,
    BASES,
    INSERTED,
    WRITTEN_DEPTH,
    MISTAKES,
    PARTS,
    PARTS_OF_TEXT,
    MESSAGE,
    FILES,
    RENDER_SECONDS,
    RENDERINGS,
];
