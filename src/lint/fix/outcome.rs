//! What fixing came to.

use std::fmt;

use crate::diagnostic::Finding;
#[cfg(doc)]
use crate::kube::Workspace;

/// What fixing came to.
#[derive(Debug)]
pub struct Fixed {
    /// Indices of [`Workspace::files`] that changed.
    pub changed: Vec<usize>,
    /// Findings that are gone.
    pub count: usize,
    /// How often the workspace was linted again.
    pub rounds: usize,
    /// What is left to find. Fixes that were asked for and not kept are not among it.
    pub findings: Vec<Finding>,
    /// These fixes, in the order of the findings.
    pub withheld: Vec<Withheld>,
}

/// A fix that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The file, and the line of the finding.
    pub place: (String, usize),
    /// The rule that it is a fix of.
    pub rule: &'static str,
    /// Why it was not kept.
    pub why: Why,
}

/// Why a fix was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The finding does not go away.
    Stays,
    /// This rule finds something new.
    Causes(&'static str),
    /// So many others had failed that it was not tried alone.
    TooManyTries,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stays => f.write_str("the finding would stay"),
            Self::Causes(rule) => write!(f, "it would cause {rule}"),
            Self::TooManyTries => f.write_str("too many other fixes failed"),
        }
    }
}
