//! The generator's last step: its own linter over what it is about to print.

use std::io;
use std::sync::Arc;

use crate::describe::Ignore;
use crate::diagnostic::{Finding, Level};
use crate::kube::validation::Target;
use crate::kube::{Object, on_deep_stacks};
use crate::lint::{self, Selection};
use crate::pattern::Made;
use crate::rules;
use crate::words::nearest;
use crate::yaml::{self, Source, emit};

/// Lints the objects. An error is the fault of a `patch` or `extra`, which it then points at, or a bug of a
/// pattern, which is what `bug` says. Ignores of the description take findings away; those that took none are reported.
pub fn verify(made: &[Made], ignored: &[&Ignore], target: Target, bug: &str) -> io::Result<Vec<Finding>> {
    let (objects, blames) = read_back(made)?;
    let found = on_deep_stacks(|| lint::objects(&objects, &Selection::default().for_targets(target)))?;
    let mut used = vec![false; ignored.len()];
    let mut findings = Vec::new();
    for finding in found {
        let rule = finding.rule.map(|rule| rule.name);
        let ignore = ignored.iter().position(|ignored| Some(ignored.rule.as_str()) == rule);
        match ignore {
            Some(at) => used[at] = true,
            None => findings.push(blame(finding, &blames, bug)),
        }
    }
    findings.extend(ignored.iter().zip(used).filter(|(_, used)| !used).filter_map(|(ignored, _)| unused(ignored)));
    Ok(findings)
}

/// What stands for an object in messages, and the part of the description that answers for it.
type Blame<'made> = (Arc<Source>, &'made Made);

fn read_back(made: &[Made]) -> io::Result<(Vec<Object>, Vec<Blame<'_>>)> {
    let mut objects = Vec::new();
    let mut blames = Vec::new();
    for made in made {
        let text = emit::to_yaml(&made.object).map_err(io::Error::other)?;
        let text_of = |pointer| made.object.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
        let name = format!("generated {}/{}", text_of("/kind"), text_of("/metadata/name"));
        let source = Arc::new(Source::from_text(name, text));
        let (documents, _) = yaml::as_kubectl(yaml::read(&source));
        let whole = |document| Object::new(&document, document.root(), false).in_one_unit();
        objects.extend(documents.into_iter().map(Arc::new).map(whole));
        blames.push((source, made));
    }
    Ok((objects, blames))
}

fn blame(mut finding: Finding, blames: &[Blame<'_>], bug: &str) -> Finding {
    let made = blames.iter().find(|(source, _)| Arc::ptr_eq(source, &finding.primary.source)).map(|(_, made)| made);
    match made.and_then(|made| made.blame.as_ref()) {
        Some(place) => {
            finding.primary = place.label("");
            finding.labels.clear();
            finding.fix = None;
            finding.help = None;
            finding
        }
        None if finding.level == Level::Error => Finding { help: Some(bug.to_owned()), ..finding },
        None => finding,
    }
}

/// An ignore that took nothing away; advice is not looked for here, so an ignore of advice may stand.
fn unused(ignored: &Ignore) -> Option<Finding> {
    let label = ignored.place.label("");
    let Some(rule) = rules::find(&ignored.rule) else {
        let meant = nearest(&ignored.rule, rules::all().map(|rule| rule.id.name));
        let help = meant
            .map_or_else(|| "patterns explain RULE prints a rule's page".to_owned(), |name| format!("rule: {name}"));
        return Some(Finding::error(label, format!("no rule is called `{}`", ignored.rule)).help(help));
    };
    (rule.level > Level::Advice).then(|| {
        Finding::error(label, format!("`{}` finds nothing here", ignored.rule))
            .level(Level::Warning)
            .help("remove this entry")
    })
}
