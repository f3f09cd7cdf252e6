//! The families of patterns: the folders that patterns are in.

use crate::words::list;

/// A family of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// What one container needs.
    SingleContainer,
    /// A container beside the app that helps it.
    Sidecar,
    /// A container that stands for what is elsewhere.
    Ambassador,
    /// A container that makes the app look like all others.
    Adapter,
    /// Workloads that answer requests.
    Serving,
    /// Workloads that end.
    Batch,
}

impl Family {
    const ALL: [Self; 6] =
        [Self::SingleContainer, Self::Sidecar, Self::Ambassador, Self::Adapter, Self::Serving, Self::Batch];

    /// The name of its folder.
    const fn name(self) -> &'static str {
        match self {
            Self::SingleContainer => "single-container",
            Self::Sidecar => "sidecar",
            Self::Ambassador => "ambassador",
            Self::Adapter => "adapter",
            Self::Serving => "serving",
            Self::Batch => "batch",
        }
    }

    /// The family of a folder's name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// Whether its patterns are topologies (`shape`) and not something to `use`.
    pub(crate) fn is_of_shapes(self) -> bool {
        matches!(self, Self::Serving | Self::Batch)
    }

    /// The names of all families, for messages.
    pub(crate) fn names() -> String {
        list(&Self::ALL.map(Self::name))
    }
}
