//! What validating admission policies say: the rules that users write themselves.

use std::sync::Arc;

use super::{Check, Findings, FindingsAnywhere, Rule, SharedCheck, SharedPass};
use crate::apiserver::{Reason, Schemas, validate};
use crate::diagnostic::{Family, Label, Level};
use crate::kube::versions::Target;
use crate::kube::{FastMap, FastSet, FolderScope, Index, Object};
use crate::policy::{Decision, Policies, Policy, Problem, Verdict};
use crate::yaml::Source;

/// A policy refuses the object, or warns about it.
pub static VIOLATION: Rule = rule!(FAMILY; "policy_violation.md", Error, Check::Elsewhere);

/// A policy does not compile.
pub static INVALID: Rule = rule!(FAMILY; "policy_invalid.md", Error, Check::Elsewhere);

/// Only a cluster can evaluate it.
pub static NOT_EVALUATED: Rule = rule!(FAMILY; "policy_not_evaluated.md", Warning, Check::Elsewhere);

/// What rules of this folder belong to.
const FAMILY: Family = Family::Policy;

/// The family's rules.
pub const RULES: &[&Rule] = &[&INVALID, &NOT_EVALUATED, &VIOLATION];

/// The policies of the run.
pub static SOURCE: SharedCheck = SharedCheck { rules: RULES, check: SharedPass::Together(check) };

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for webhooks in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        for object in index.kind(webhooks).iter().filter(|object| !object.is_patch) {
            report_problems(object, &Policy::of_webhooks(object, found.targets(object).last()), found);
        }
    }
    for object in index.kind("MutatingAdmissionPolicy").iter().filter(|object| !object.is_patch) {
        report_problems(object, &Policy::compile(object, found.targets(object).last()).problems, found);
    }
    let policies = Policies::collect(&of_run(index), &|policy| found.targets(policy).last(), false);
    if policies.is_empty() {
        return;
    }
    let alternatives = Alternatives::of(&policies, index.all());
    let holds = |policy: &Object, object: &Object| is_near(index, policy, object) && !alternatives.are(policy, object);
    report(&policies, index.all(), index, &holds, found);
}

fn of_run<'run>(index: &Index<'run>) -> Vec<&'run Object> {
    let kinds = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
    kinds.iter().flat_map(|kind| index.kind(kind)).copied().collect()
}

/// A policy that is found among manifests holds for what is applied with it, and for what is in its folder and below:
/// elsewhere in a repository may be another cluster.
fn is_near(index: &Index<'_>, policy: &Object, object: &Object) -> bool {
    let (own, other) = (FolderScope::of(policy).folder, FolderScope::of(object).folder);
    let is_below =
        own.is_empty() || other.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_below || index.reach(policy, object).is_some_and(|reach| reach < crate::kube::Reach::Run)
}

/// The files of policies, each with the others that hold one of its objects once more: bundles that lie side by side are
/// alternatives, and what one of them brings is not applied with a policy of another.
struct Alternatives(FastSet<(*const Source, *const Source)>);

/// The group, kind, name and namespace of an object.
type Identity<'run> = (&'run str, &'run str, &'run str, Option<&'run str>);

impl Alternatives {
    /// Compares the files. A Namespace is often repeated in files that are applied together.
    fn of(policies: &Policies<'_>, objects: &[&Object]) -> Self {
        let files: FastSet<_> = policies.all.iter().map(|policy| file(policy.object)).collect();
        let counts = |object: &&&Object| object.id.kind != "Namespace" && !object.id.name.is_empty();
        let mut holding: FastMap<Identity<'_>, Vec<*const Source>> = FastMap::default();
        for object in objects.iter().filter(counts).filter(|object| files.contains(&file(object))) {
            let holders = holding.entry(identity(object)).or_default();
            if holders.last() != Some(&file(object)) {
                holders.push(file(object));
            }
        }
        let mut found = FastSet::default();
        for object in objects.iter().filter(counts) {
            let others = holding.get(&identity(object)).into_iter().flatten().filter(|other| **other != file(object));
            found.extend(others.map(|other| (*other, file(object))));
        }
        Self(found)
    }

    fn are(&self, policy: &Object, object: &Object) -> bool {
        self.0.contains(&(file(policy), file(object)))
    }
}

fn file(object: &Object) -> *const Source {
    Arc::as_ptr(&object.document.source)
}

fn identity(object: &Object) -> Identity<'_> {
    let id = &object.id;
    let group = id.api_version.rsplit_once('/').map_or("", |(group, _)| group);
    (group, &id.kind, &id.name, id.namespace.as_deref())
}

/// Reports what does not compile, and what policies say to objects.
pub fn report<'a>(
    policies: &'a Policies<'a>,
    objects: &[&'a Object],
    index: &Index<'a>,
    holds: &dyn Fn(&Object, &Object) -> bool,
    found: &mut FindingsAnywhere<'_>,
) {
    for policy in &policies.all {
        report_problems(policy.object, &policy.problems, found);
    }
    for (object, verdicts) in policies.judge(objects, index, holds) {
        let mut seen = std::collections::HashSet::new();
        for verdict in verdicts {
            // one policy may have several bindings
            let key = (verdict.policy.id.name.clone(), verdict.expression, verdict.decision, verdict.message.clone());
            if seen.insert(key) {
                say(object, &verdict, &mut found.about(object));
            }
        }
    }
}

/// Reports the expressions of an object that do not compile. The server compiles what it could decode: where a field
/// has another name or type than it should, an expression may only miss what that field would say.
pub fn report_problems(object: &Object, problems: &[Problem], found: &mut FindingsAnywhere<'_>) {
    if problems.is_empty() || !is_decoded(object, found.targets(object).last()) {
        return;
    }
    for problem in problems {
        let mut found = found.about(object);
        if problem.is_unsupported {
            let message = format!("not evaluated: {}", problem.message);
            found.under(&NOT_EVALUATED).at_span(problem.span, message).level(Level::Advice);
        } else {
            found.under(&INVALID).at_span(problem.span, problem.message.clone()).because(
                "the API server compiles expressions when they are created, and refuses the object that holds them",
            );
        }
    }
}

fn is_decoded(object: &Object, target: Target) -> bool {
    let verdict = validate(object, target, &Schemas::default());
    let comes_first = [Reason::UnknownField, Reason::WrongType, Reason::Malformed, Reason::UnknownKind];
    !verdict.errors.iter().any(|cause| comes_first.contains(&cause.reason))
}

fn say(object: &Object, verdict: &Verdict<'_>, found: &mut Findings<'_>) {
    let document = &object.document;
    let name = || {
        document
            .at(object.node, &["metadata", "name"])
            .or_else(|| document.get(object.node, "kind"))
            .unwrap_or(object.node)
    };
    let is_whole = |node: &crate::yaml::NodeId| *node == object.node;
    let mark = verdict.mark.filter(|node| !is_whole(node)).unwrap_or_else(name);
    let policy = &verdict.policy.id.name;
    let by = verdict.binding.map_or_else(String::new, |binding| format!(" (bound by {})", binding.id.name));
    let (rule, message, why) = match verdict.decision {
        Decision::Deny => (
            &VIOLATION,
            verdict.message.clone(),
            format!("the policy {policy}{by} makes the API server refuse the object"),
        ),
        Decision::Warn => (
            &VIOLATION,
            verdict.message.clone(),
            format!(
                "the policy {policy}{by} makes the API server warn about the object, or record it in the audit log"
            ),
        ),
        Decision::Unknown => (
            &NOT_EVALUATED,
            format!("the policy {policy} was not evaluated: {}", verdict.message),
            "only a cluster knows the result".to_owned(),
        ),
        Decision::TooCostly => (
            &NOT_EVALUATED,
            format!("the policy {policy} was not evaluated: {}", verdict.message),
            "the API server refuses an object when an expression exceeds its cost limit".to_owned(),
        ),
    };
    let mut under = found.under(rule);
    let mut saying = under.at(mark, message).because(why);
    saying = match verdict.decision {
        Decision::Warn => saying.level(Level::Warning),
        Decision::Unknown => saying.level(Level::Advice),
        Decision::Deny | Decision::TooCostly => saying,
    };
    if let Some(node) = verdict.expression {
        saying.label(Label::node(&verdict.policy.document, node, "the expression"));
    }
}
