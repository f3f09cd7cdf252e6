//! What differs between the supported versions of Kubernetes, as data: which fields they have and read, which
//! kinds they serve, and how their rules changed. `docs/versions.md` says how a version is added.

mod changes;
mod fields;
mod kinds;

pub use changes::Change;
pub use fields::FieldHistory;
pub use kinds::KindHistory;

/// A minor version of Kubernetes: 36 for v1.36.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(pub u8);

impl Target {
    /// The oldest version that is known.
    pub const OLDEST: Self = Self(33);
    /// The newest version that is known.
    pub const NEWEST: Self = Self(37);

    /// Reads `1.36`.
    ///
    /// # Errors
    /// Which versions are known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let minor = text.strip_prefix("1.").and_then(|minor| minor.parse().ok()).map(Self);
        minor
            .filter(|target| (Self::OLDEST..=Self::NEWEST).contains(target))
            .ok_or_else(|| format!("known are 1.{} to 1.{}", Self::OLDEST.0, Self::NEWEST.0))
    }

    /// The number after `1.`.
    #[must_use]
    pub fn minor(self) -> u64 {
        u64::from(self.0)
    }

    /// Whether a change of the server's rules has come with this version or an earlier one.
    #[must_use]
    pub fn has(self, change: Change) -> bool {
        self.0 >= change.since()
    }
}

impl Default for Target {
    fn default() -> Self {
        Self(36)
    }
}

/// The lines of a data file without its comments, as words.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

/// A number; nothing for `-`.
fn minor(word: &str) -> Option<u8> {
    word.parse().ok()
}
