//! Containers that only wait.

use super::programs;
use super::{ContainerFacts, Lifetime};

impl ContainerFacts<'_> {
    /// Whether it only keeps its Pod alive: `pause`, `sleep infinity`.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let (repository, _) = programs::split(self.image());
        // a loop that does more than sleep works for another container
        let works =
            self.line.script.as_ref().is_some_and(|script| script.tree.loops()) && self.line.invocations.len() > 1;
        let sleeps = !works && self.line.invocations.last().is_some_and(|last| last.name == "sleep");
        repository.ends_with("/pause") || repository == "pause" || (sleeps && self.lifetime == Lifetime::Serves)
    }
}
