//! The differences between the supported Kubernetes versions, as data: which fields they have and read, which kinds
//! they serve, and how their rules changed. `docs/versions.md` explains how to add a version.

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
            .ok_or_else(|| format!("supported versions are 1.{} to 1.{}", Self::OLDEST.0, Self::NEWEST.0))
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

/// The versions that objects are checked against: one, or a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    first: Target,
    last: Target,
}

impl Targets {
    /// Reads `1.36`, or the two ends of a range: `1.33,1.37`.
    ///
    /// # Errors
    /// Which versions are known, or that there are too many.
    pub fn parse(text: &str) -> Result<Self, String> {
        let targets = text.split(',').map(|one| Target::parse(one.trim())).collect::<Result<Vec<Target>, String>>()?;
        match targets[..] {
            [only] => Ok(only.into()),
            [one, other] => Ok(Self { first: one.min(other), last: one.max(other) }),
            _ => Err("name one version, or the first and the last of an upgrade: 1.33,1.37".to_owned()),
        }
    }

    /// The newest of them.
    #[must_use]
    pub fn last(self) -> Target {
        self.last
    }

    /// Each of them, the oldest first.
    pub fn all(self) -> impl DoubleEndedIterator<Item = Target> {
        (self.first.0..=self.last.0).map(Target)
    }

    /// Whether there are several.
    #[must_use]
    pub fn is_range(self) -> bool {
        self.first != self.last
    }

    /// In which of them something holds, as words; nothing if it holds in all.
    #[must_use]
    pub fn times(self, holds: &[Target]) -> Option<String> {
        let (first, last) = (holds.first()?.0, holds.last()?.0);
        let is_run = holds.len() == usize::from(last - first) + 1;
        match (first == self.first.0, last == self.last.0) {
            (true, true) if is_run => None,
            (true, _) if is_run => Some(format!("before v1.{}", last + 1)),
            (_, true) if is_run => Some(format!("from v1.{first} on")),
            _ => {
                let names: Vec<String> = holds.iter().map(|target| format!("v1.{}", target.0)).collect();
                Some(format!("in {}", names.join(", ")))
            }
        }
    }
}

impl From<Target> for Targets {
    fn from(target: Target) -> Self {
        Self { first: target, last: target }
    }
}

impl Default for Targets {
    fn default() -> Self {
        Target::default().into()
    }
}

/// The lines of a data file without its comments, as words. `build.rs` reads them in the same way.
#[cfg(test)]
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

/// A number; nothing for `-`.
#[cfg(test)]
fn minor(word: &str) -> Option<u8> {
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Target, Targets};

    #[test]
    fn ranges() {
        let range = Targets::parse("1.37,1.33").unwrap();
        assert_eq!(Targets::parse("1.33, 1.37"), Ok(range));
        assert!(range.is_range() && range.all().count() == 5 && range.last() == Target(37));
        let times = |minors: &[u8]| range.times(&minors.iter().map(|minor| Target(*minor)).collect::<Vec<_>>());
        assert_eq!(times(&[33, 34, 35, 36, 37]), None);
        assert_eq!(times(&[33, 34]).as_deref(), Some("before v1.35"));
        assert_eq!(times(&[36, 37]).as_deref(), Some("from v1.36 on"));
        assert_eq!(times(&[35]).as_deref(), Some("in v1.35"));
        assert_eq!(times(&[33, 37]).as_deref(), Some("in v1.33, v1.37"));
        assert!(!Targets::parse("1.36").unwrap().is_range());
        for wrong in ["", "1.32", "1.38", "1.33,1.34,1.35", "1.33-1.37", "36", "v1.36", "1.33,"] {
            assert!(Targets::parse(wrong).is_err(), "{wrong}");
        }
    }
}
