//! Pod Security: what the admission plugin of that name says to Pods by the labels of their namespace
//! (`k8s.io/pod-security-admission`), for a cluster that leaves the plugin's defaults and exemptions as they are.

mod checks;

pub use checks::DEFAULT_CAPABILITIES;

use super::field::{Field, Run};
use super::{Cause, Verdict, dropped};
use crate::apiserver::Knowledge;
use crate::kube::Object;
use crate::kube::versions::Target;

/// How strict a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything is allowed.
    Privileged,
    /// Known ways to more privileges are forbidden.
    Baseline,
    /// Pods are hardened.
    Restricted,
}

/// A level as of a version of Kubernetes; `latest` without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelVersion {
    level: Level,
    /// The minor version, or [`LATEST`].
    version: u32,
}

/// What a namespace's labels ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Pods that violate it are refused.
    pub enforce: LevelVersion,
    /// Pods and templates that violate it are warned about.
    pub warn: LevelVersion,
}

/// The version of whatever server is asked.
const LATEST: u32 = u32::MAX;
const PRIVILEGED: LevelVersion = LevelVersion { level: Level::Privileged, version: LATEST };
const PREFIX: &str = "pod-security.kubernetes.io/";

/// `ParseLevel`
fn level(text: &str) -> Option<Level> {
    match text {
        "privileged" => Some(Level::Privileged),
        "baseline" => Some(Level::Baseline),
        "restricted" => Some(Level::Restricted),
        _ => None,
    }
}

/// `ParseVersion`: `latest` or `v1.x`.
fn version(text: &str) -> Option<u32> {
    if text == "latest" {
        return Some(LATEST);
    }
    let digits = text.strip_prefix("v1.")?;
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    // More digits than a number holds are a version beyond every server, as any large one is.
    let number = digits.parse().ok().filter(|_| digits.len() < 10);
    (canonical && !digits.is_empty()).then(|| number.unwrap_or(LATEST - 1))
}

/// `ValidateNamespace` of the plugin: labels that it cannot read.
pub(super) fn labels(labels: Field) {
    for (key, label) in labels.entries() {
        match key.strip_prefix(PREFIX) {
            Some("enforce" | "audit" | "warn") if level(label.str()).is_none() => {
                label.invalid("must be privileged, baseline or restricted");
            }
            Some("enforce-version" | "audit-version" | "warn-version") if version(label.str()).is_none() => {
                label.invalid("must be latest or v1.x");
            }
            _ => {}
        }
    }
}

impl Policy {
    /// `PolicyToEvaluate`; nothing for a namespace that is not labelled, or whose labels cannot be read.
    #[must_use]
    pub fn of(namespace: &Object) -> Option<Self> {
        let labels = namespace.document.at(namespace.node, &["metadata", "labels"])?;
        let label = |name: &str| namespace.document.get_str(labels, &format!("{PREFIX}{name}"));
        let read = |mode: &str| {
            let level = label(mode).map(level);
            let version = label(&format!("{mode}-version")).map(version);
            if level == Some(None) || version == Some(None) { None } else { Some((level.flatten(), version.flatten())) }
        };
        let (enforce, enforce_version) = read("enforce")?;
        let (warn, warn_version) = read("warn")?;
        let enforce_at =
            LevelVersion { level: enforce.unwrap_or(Level::Privileged), version: enforce_version.unwrap_or(LATEST) };
        // Without its own label, a warning is as strict as what is enforced.
        let warn_at = match warn {
            Some(level) => LevelVersion { level, version: warn_version.unwrap_or(LATEST) },
            None if enforce_at.level > Level::Privileged => {
                LevelVersion { level: enforce_at.level, version: warn_version.unwrap_or(enforce_at.version) }
            }
            None => PRIVILEGED,
        };
        (enforce.is_some() || warn.is_some()).then_some(Self { enforce: enforce_at, warn: warn_at })
    }
}

impl std::fmt::Display for LevelVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.version {
            LATEST => write!(f, "{level}:latest"),
            version => write!(f, "{level}:v1.{version}"),
        }
    }
}

/// Where an object that the plugin looks at has its Pod: the fields before `metadata` and `spec`.
fn template(object: &Object) -> Option<&'static [&'static str]> {
    match (object.id.api_version.as_str(), object.id.kind.as_str()) {
        ("v1", "Pod") => Some(&[]),
        ("v1", "PodTemplate") => Some(&["template"]),
        ("batch/v1", "CronJob") => Some(&["spec", "jobTemplate", "spec", "template"]),
        ("v1", "ReplicationController")
        | ("apps/v1", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch/v1", "Job") => Some(&["spec", "template"]),
        _ => None,
    }
}

/// What the plugin says to an object of a namespace with this policy. Controllers are warned about their templates
/// and not refused: their Pods are, later.
#[must_use]
pub fn judge(object: &Object, policy: Policy, target: Target) -> Verdict {
    let mut verdict = Verdict { knowledge: Knowledge::Full, errors: Vec::new(), warnings: Vec::new() };
    let Some(steps) = template(object) else { return verdict };
    let is_pod = object.id.kind == "Pod";
    if is_pod {
        verdict.errors = violations(object, steps, policy.enforce, target, true);
    }
    if verdict.errors.is_empty() {
        verdict.warnings = violations(object, steps, policy.warn, target, false);
    }
    verdict
}

fn violations(
    object: &Object,
    steps: &[&'static str],
    wanted: LevelVersion,
    target: Target,
    is_refused: bool,
) -> Vec<Cause> {
    if wanted.level == Level::Privileged {
        return Vec::new();
    }
    let run = Run::new(&object.document, object.node, target, dropped::nodes(object, target));
    let template = run.root().at(steps);
    // A server knows the policies up to its own version.
    let version = wanted.version.min(u32::from(target.0));
    let pod =
        checks::Pod { spec: template.child("spec"), annotations: template.at(&["metadata", "annotations"]), version };
    if template.child("spec").is_set() {
        for violation in checks::violations(&pod, wanted.level, steps.is_empty()) {
            let would = if is_refused { "violates" } else { "would violate" };
            let detail = if violation.detail.is_empty() { String::new() } else { format!(" ({})", violation.detail) };
            let message = format!("{would} PodSecurity \"{wanted}\": {}{detail}", violation.reason);
            if is_refused {
                violation.at.refuse(message);
            } else {
                violation.at.warn(message);
            }
        }
    }
    let (errors, warnings) = run.finish();
    if is_refused { errors } else { warnings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, read) in [("latest", Some(LATEST)), ("v1.0", Some(0)), ("v1.36", Some(36))] {
            assert_eq!(version(text), read, "{text}");
        }
        assert_eq!(version("v1.99999999999999999999"), Some(LATEST - 1));
        for text in ["", "v1", "v1.", "1.36", "v1.036", "v1.-1", "v2.0", "v1.36.1", "Latest", "v1.+1"] {
            assert_eq!(version(text), None, "{text}");
        }
        assert!(level("restricted").is_some() && level("Restricted").is_none() && level("").is_none());
    }
}
