//! Which rules run, and which findings are shown.

use crate::diagnostic::{Finding, Level, RuleId};
use crate::kube::versions::Targets;
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
    /// The versions of Kubernetes to judge for.
    targets: Targets,
    /// Other levels, by rule or family.
    levels: Vec<(String, Level)>,
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
        Self {
            running: rules::all().collect(),
            asked_for: false,
            lowest: Level::Warning,
            targets: Targets::default(),
            levels: Vec::new(),
        }
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
        let names = |list: &[String], id: RuleId| list.iter().any(|name| name == id.name || name == id.family.name());
        let runs = |rule: &&Rule| (select.is_empty() || names(select, rule.id)) && !names(ignore, rule.id);
        let running = rules::all().filter(runs).collect();
        Ok(Self {
            running,
            asked_for: !select.is_empty(),
            lowest: lowest.min(Level::Warning),
            targets: Targets::default(),
            levels: Vec::new(),
        })
    }

    /// The same selection as a project has it: rules that it skips do not run, others have its levels.
    #[must_use]
    pub fn with_levels(mut self, levels: &[(String, Option<Level>)]) -> Self {
        // What is said of a rule counts before what is said of its family.
        let said_of = |id: RuleId| {
            let of = |name: &str| levels.iter().find(|(named, _)| named == name).map(|(_, level)| *level);
            of(id.name).or_else(|| of(id.family.name()))
        };
        if !self.asked_for {
            self.running.retain(|rule| said_of(rule.id) != Some(None));
        }
        let level_of = |rule: &&'static Rule| Some((rule.id.name.to_owned(), said_of(rule.id)??));
        self.levels = self.running.iter().filter_map(level_of).collect();
        self
    }

    /// Shows findings from this level on.
    #[must_use]
    pub fn from_level(self, lowest: Level) -> Self {
        Self { lowest: lowest.min(Level::Warning), ..self }
    }

    /// The lowest level that is shown of rules that were not asked for by name.
    #[must_use]
    pub fn lowest(&self) -> Level {
        self.lowest
    }

    /// Gives a finding the level that this selection has for its rule.
    pub(super) fn set_level(&self, finding: &mut Finding) {
        let Some(rule) = finding.rule else { return };
        if let Some((_, level)) = self.levels.iter().find(|(name, _)| name == rule.name) {
            finding.level = *level;
        }
    }

    /// Judges for another version of Kubernetes, or several.
    #[must_use]
    pub fn for_targets(self, targets: impl Into<Targets>) -> Self {
        Self { targets: targets.into(), ..self }
    }

    /// The versions of Kubernetes to judge for.
    #[must_use]
    pub fn targets(&self) -> Targets {
        self.targets
    }

    /// The rules that run: those whose findings could be shown.
    pub fn running(&self) -> impl Iterator<Item = &'static Rule> {
        self.running.iter().copied().filter(|rule| self.is_heard(rule))
    }

    /// Whether a finding of this rule could be shown.
    fn is_heard(&self, rule: &Rule) -> bool {
        let level = self.levels.iter().find(|(name, _)| name == rule.id.name).map_or(rule.level, |(_, level)| *level);
        self.asked_for || level >= self.lowest
    }

    /// Whether a rule runs.
    #[must_use]
    pub fn runs(&self, rule: RuleId) -> bool {
        self.running.iter().any(|running| running.id == rule && self.is_heard(running))
    }

    /// Whether a finding is shown.
    #[must_use]
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.level >= self.lowest || self.asked_for
    }
}
