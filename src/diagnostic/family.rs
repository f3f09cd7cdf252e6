//! What rules are about.

use std::fmt;

/// What a rule is about: the folder of `src/rules` that it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Adapters: what shows an app to the outside in another form.
    Adapter,
    /// Ambassadors: proxies that an app talks to.
    Ambassador,
    /// Jobs, queues and streams.
    Batch,
    /// Leader election.
    Election,
    /// What kubectl cannot read, and what the API server would refuse.
    Manifest,
    /// How the linter is told to be quiet.
    Meta,
    /// Admission policies.
    Policy,
    /// Services of many Pods.
    Serving,
    /// Containers beside an app.
    Sidecar,
    /// Any Pod or Service.
    Workload,
}

impl Family {
    /// The word that users read and type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adapter => "adapter",
            Self::Ambassador => "ambassador",
            Self::Batch => "batch",
            Self::Election => "election",
            Self::Manifest => "manifest",
            Self::Meta => "meta",
            Self::Policy => "policy",
            Self::Serving => "serving",
            Self::Sidecar => "sidecar",
            Self::Workload => "workload",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
