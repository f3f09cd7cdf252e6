//! Custom resources, by the definitions of the run.

use std::collections::HashMap;
use std::sync::Arc;

use super::say::say_all;
use super::{Wrong, comes_first};
use crate::apiserver::{Cause, Reason, Schemas, custom_warnings, misspelt_metadata, validate};
use crate::diagnostic::Level;
use crate::kube::versions::Target;
use crate::kube::{Definition, Index, Object, Typed};
use crate::policy::{CustomRules, Said, Unjudged};
use crate::rules::manifest::unknown_field;
use crate::rules::{FindingsAnywhere, policy};
use crate::words::clip;
use crate::yaml::NodeId;

pub(super) fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let schemas = Schemas::collect(index.all().iter().copied());
    for object in index.all() {
        misspelt(object, &schemas, found);
    }
    if schemas.is_empty() {
        return;
    }
    let mut rules = DefinitionRules::default();
    rules.compile(index, found);
    for object in index.all() {
        if let Some(cause) = schemas.unserved(object) {
            say_all(object, &[Wrong::of(cause, None)], &mut found.about(object));
            continue;
        }
        let Some((causes, definition)) =
            schemas.judge_by(object, found.targets(object).last()).filter(|_| !object.is_encrypted)
        else {
            continue;
        };
        // the server looks at rules in CEL once the schema takes the object
        let said = if causes.is_empty() { rules.judge(object, definition) } else { Said::default() };
        let by = &definition.document.source.name;
        let by = (*by != object.document.source.name).then_some(by.as_str());
        rules.note(&said, definition);
        let is_taken = causes.is_empty() && said.causes.is_empty();
        let warnings = if is_taken { custom_warnings(object, found.targets(object).last()) } else { Vec::new() };
        let lasts = |cause: &Cause| cause.reason != Reason::Required || !is_filled(index, object);
        let causes = said.causes.into_iter().chain(causes.into_iter().filter(lasts));
        let wrong = causes
            .map(|cause| Wrong::of(cause, by))
            .chain(warnings.into_iter().map(|warning| Wrong::of(warning, None)));
        say_all(object, &wrong.collect::<Vec<_>>(), &mut found.about(object));
    }
    rules.say_unknown(found);
}

/// Says which fields of metadata are misspelt where no definition in the run says it. Whether a server gets the object
/// at all is not known of such kinds.
fn misspelt(object: &Object, schemas: &Schemas, found: &mut FindingsAnywhere<'_>) {
    for (key, meant) in misspelt_metadata(object) {
        if schemas.knows(object) {
            return;
        }
        let name = object.document.key_text(key);
        let mut about = found.about(object);
        let mut under = about.under(&unknown_field::RULE);
        under
            .at(key, format!("ObjectMeta has no field `{}`", clip(&name)))
            .here(format!("did you mean `{meant}`?"))
            .because(
                "the metadata of every kind is an ObjectMeta, and the API server refuses unknown fields in it \
                 (`fieldValidation=Strict`, kubectl's default since 1.25)",
            )
            .help(format!("write `{meant}`"))
            .level(Level::Warning);
    }
}

/// The rules in CEL of the definitions of a run, by document and node of the schema.
#[derive(Default)]
struct DefinitionRules<'run> {
    rules: HashMap<(usize, NodeId), (&'run Object, CustomRules)>,
    unknown: HashMap<(usize, NodeId), (&'run Object, Unjudged)>,
}

impl<'run> DefinitionRules<'run> {
    fn compile(&mut self, index: &Index<'run>, found: &mut FindingsAnywhere<'_>) {
        for object in index.kind("CustomResourceDefinition") {
            let document = &object.document;
            let target = found.targets(object).last();
            let versions = document.at(object.node, &["spec", "versions"]).map_or(&[][..], |node| document.items(node));
            let read = |version: &NodeId| {
                let node = document.at(*version, &["schema", "openAPIV3Schema"])?;
                Some((node, CustomRules::read(object, node, target)?))
            };
            let read: Vec<_> = versions.iter().filter_map(read).collect();
            if read.is_empty() {
                continue;
            }
            // The server looks at expressions once the schema is right; before, their types are unknown.
            let is_accepted = || target == Target::default() && object.is_accepted.get() == Some(&true);
            let is_wrong = |cause: &Cause| comes_first(cause.reason) || cause.path.contains("openAPIV3Schema");
            if !is_accepted() && validate(object, target, Schemas::none()).errors.iter().any(is_wrong) {
                continue;
            }
            for (node, rules) in read {
                policy::report_problems(object, &rules.problems, found);
                self.rules.insert((Arc::as_ptr(document).addr(), node), (object, rules));
            }
        }
    }

    fn judge(&self, object: &Object, definition: &Definition) -> Said {
        if !object.changes.is_empty() {
            return Said::default();
        }
        let key = (Arc::as_ptr(&definition.document).addr(), definition.node);
        self.rules.get(&key).map(|(_, rules)| rules.judge(object)).unwrap_or_default()
    }

    /// Remembers what was not evaluated: it is said once, at the rule.
    fn note(&mut self, said: &Said, definition: &Definition) {
        let address = Arc::as_ptr(&definition.document).addr();
        let Some((object, _)) = self.rules.get(&(address, definition.node)) else { return };
        for unjudged in &said.unknown {
            let entry = self.unknown.entry((address, unjudged.node)).or_insert_with(|| (*object, unjudged.clone()));
            if unjudged.is_too_costly && !entry.1.is_too_costly {
                entry.1 = unjudged.clone();
            }
        }
    }

    fn say_unknown(self, found: &mut FindingsAnywhere<'_>) {
        for ((_, node), (object, unjudged)) in self.unknown {
            let mut about = found.about(object);
            let mut under = about.under(&policy::NOT_EVALUATED);
            let saying = under.at(node, format!("this rule was not evaluated: {}", unjudged.why));
            if unjudged.is_too_costly {
                saying.because("the API server refuses an object when a rule exceeds its cost limit");
            } else {
                saying.level(Level::Advice);
            }
        }
    }
}

/// Whether a webhook fills in what is missing before the server looks at it: one of the run, or one that kinds of this
/// group always have.
fn is_filled(index: &Index<'_>, object: &Object) -> bool {
    const GROUPS: [&str; 7] = [
        "jobset.x-k8s.io",
        "tekton.dev",
        "triggers.tekton.dev",
        "serving.knative.dev",
        "eventing.knative.dev",
        "leaderworkerset.x-k8s.io",
        "kueue.x-k8s.io",
    ];
    let group = object.id.group();
    let is_of_run = || {
        index.kind("MutatingWebhookConfiguration").iter().filter(|webhooks| !webhooks.is_patch).any(|webhooks| {
            let Some(Typed::MutatingWebhookConfiguration(typed)) = &webhooks.typed else { return false };
            typed.webhooks.iter().flatten().any(|webhook| match webhook.rules.as_deref() {
                // a program fills the rules in when it starts, with what it knows to be missing (knative.dev/pkg:
                // webhook/resourcesemantics/defaulting/defaulting.go)
                None | Some([]) => true,
                Some(rules) => {
                    rules.iter().flat_map(|rule| rule.api_groups.iter().flatten()).any(|one| one == group || one == "*")
                }
            })
        })
    };
    GROUPS.contains(&group) || is_of_run()
}
