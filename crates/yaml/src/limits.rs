//! Limits on what is read: what lies past one is a refusal that names it.

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
    /// A limit of bytes.
    #[must_use]
    pub const fn bytes(name: &'static str, most: u64, counts: &'static str) -> Self {
        Self { name, most, counts, is_bytes: true }
    }

    /// A limit of anything else.
    #[must_use]
    pub const fn number(name: &'static str, most: u64, counts: &'static str) -> Self {
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
    /// `128 MiB`, `64 KiB`, `10000`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: u64 = 1 << 20;
        match self.most {
            most if !self.is_bytes => write!(f, "{most}"),
            most if most < MIB => write!(f, "{} KiB", most >> 10),
            most => write!(f, "{} MiB", most / MIB),
        }
    }
}

/// One file of manifests, a description, a baseline, or standard input.
pub const INPUT: Limit = Limit::bytes("input-bytes", 128 << 20, "one file, or standard input");

/// Nesting. Go's `encoding/json`, and go-yaml's `max_flow_level` and `max_indents`, allow no more, so kubectl does not.
pub const DEPTH: Limit = Limit::number("depth", 10_000, "nested lists and maps");

/// Documents of one file: each takes memory even if it is empty.
pub const DOCUMENTS: Limit = Limit::number("documents", 1_000_000, "documents in one file");

/// What aliases copy: this much in any file, and [`ALIAS_FACTOR`] times the file in a larger one. The API server takes
/// 3 MiB a request, so that even a `List` of several objects seldom comes near.
pub const ALIASES: Limit =
    Limit::bytes("alias-bytes", 16 << 20, "what aliases copy, or 8 times the file size if that is more");

/// See [`ALIASES`].
pub const ALIAS_FACTOR: u64 = 8;
