//! Which rules run, and which findings are shown.

use crate::diagnostic::{Finding, Level, RuleId};
use crate::kube::validation::Target;
use crate::rules::{self, Rule};
use crate::words::{clip, nearest};

/// The rules of a run.
#[derive(Clone, Debug)]
pub struct Selection {
    running: Vec<&'static Rule>,
    /// Whether the rules were asked for by name, so that all their findings are shown.
    asked_for: bool,
    /// The lowest level shown otherwise.
    lowest: Level,
    /// The version of Kubernetes to judge for.
    target: Target,
}

/// A name that is neither a rule nor a family.
#[derive(Debug, thiserror::Error)]
#[error("no rule or family is called `{}`{}", clip(name), nearest_of(name))]
pub struct UnknownName {
    /// The name.
    pub name: String,
}

fn nearest_of(name: &str) -> String {
    nearest(name, rules::names()).map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

impl Default for Selection {
    /// All rules; errors and warnings are shown.
    fn default() -> Self {
        Self { running: rules::all().collect(), asked_for: false, lowest: Level::Warning, target: Target::default() }
    }
}

impl Selection {
    /// The rules and families of `select` (all, if it is empty) without those of `ignore`. Findings below
    /// `lowest` are shown only of rules in `select`; errors and warnings always are.
    ///
    /// # Errors
    /// The first name that is neither.
    pub fn new(select: &[String], ignore: &[String], lowest: Level) -> Result<Self, UnknownName> {
        let known = |name: &&String| rules::names().any(|known| known == name.as_str());
        if let Some(name) = select.iter().chain(ignore).find(|name| !known(name)) {
            return Err(UnknownName { name: name.clone() });
        }
        let names = |list: &[String], id: RuleId| list.iter().any(|name| name == id.name || name == id.family);
        let runs = |rule: &&Rule| (select.is_empty() || names(select, rule.id)) && !names(ignore, rule.id);
        let running = rules::all().filter(runs).collect();
        Ok(Self {
            running,
            asked_for: !select.is_empty(),
            lowest: lowest.min(Level::Warning),
            target: Target::default(),
        })
    }

    /// Judges for another version of Kubernetes.
    #[must_use]
    pub fn for_target(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// The version of Kubernetes to judge for.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target
    }

    /// The rules that run.
    pub fn running(&self) -> impl Iterator<Item = &'static Rule> {
        self.running.iter().copied()
    }

    /// Whether a rule runs.
    #[must_use]
    pub fn runs(&self, rule: RuleId) -> bool {
        self.running.iter().any(|running| running.id == rule)
    }

    /// Whether a finding is shown.
    #[must_use]
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.level >= self.lowest || self.asked_for
    }
}
