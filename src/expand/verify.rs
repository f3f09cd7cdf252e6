//! The generator's last step: its own linter over what it is about to print.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::blame::{Origin, blame, blame_secret};
use crate::describe::{Description, Ignore};
use crate::diagnostic::{Finding, Level};
use crate::kube::versions::Targets;
use crate::kube::{Object, on_deep_stacks};
use crate::lint::{self, Selection};
use crate::pattern::{Catalogue, Made};
use crate::rules;
use crate::words::nearest;
use crate::yaml::{self, Document, Source, emit};

/// Lints the objects. What is wrong with them is shown where the description says it: a `patch` or `extra`, a value of
/// a key, an entry of `use`. What nothing in the description explains is a bug of a pattern of `catalogue`.
/// Ignores of the description take findings away; those that took none are reported.
pub fn verify(made: &[Made], descriptions: &[Description], catalogue: &Catalogue) -> io::Result<Vec<Finding>> {
    let mut ignored: Vec<(*const Description, &Ignore)> = Vec::new();
    for description in descriptions {
        ignored.extend(description.ignores.iter().map(|ignore| (std::ptr::from_ref(description), ignore)));
    }
    let (objects, origins) = read_back(made, descriptions)?;
    let targets: HashMap<usize, Targets> = origins
        .iter()
        .filter_map(|(document, _, description)| {
            Some((Arc::as_ptr(document).addr(), description.as_ref()?.target.into()))
        })
        .collect();
    // each document's objects for the servers that it is for
    let target_of = |object: &Object| targets.get(&Arc::as_ptr(&object.document).addr()).copied().unwrap_or_default();
    let mut found = on_deep_stacks(|| lint::objects_at(&objects, &Selection::default(), &target_of))?;
    found.extend(secrets_in(&objects));
    let origins: Vec<Origin<'_>> = origins
        .iter()
        .filter_map(|(document, made, description)| Some(Origin { document, made, description: (*description)? }))
        .collect();
    let mut used = vec![false; ignored.len()];
    let mut findings: Vec<Finding> = Vec::new();
    for finding in found {
        let rule = finding.rule.map(|rule| rule.name);
        // An entry holds for its own document.
        let is_in = |origin: &&Origin<'_>| Arc::ptr_eq(&origin.document.source, &finding.primary.source);
        let whose = origins.iter().find(is_in).map(|origin| std::ptr::from_ref(origin.description));
        let ignore = ignored.iter().position(|(document, ignored)| {
            Some(rules::current(&ignored.rule)) == rule && whose.is_none_or(|whose| whose == *document)
        });
        match ignore {
            Some(at) => used[at] = true,
            None => add(&mut findings, blamed(finding, &origins, catalogue)),
        }
    }
    findings.extend(ignored.iter().zip(used).filter(|(_, used)| !used).filter_map(|((_, ignored), _)| unused(ignored)));
    Ok(findings)
}

/// The rule about secrets that are in no Secret.
const PLAINTEXT: &str = "plaintext-secret";

/// Secrets in plain text. What others write may hold a test's password; what is generated is applied.
fn secrets_in(objects: &[Object]) -> Vec<Finding> {
    let Ok(selection) = Selection::new(&[PLAINTEXT.to_owned()], &[], Level::Advice) else { return Vec::new() };
    let mut found = lint::objects_at(objects, &selection, &|_| Targets::default());
    for finding in &mut found {
        finding.level = Level::Error;
        if let Some(object) = &finding.object {
            finding.message = format!("{}/{} would hold a secret in plain text", object.kind, object.name);
        }
    }
    found
}

/// Adds a finding, unless the same line has one of its rule: three probes ask one port. The worse of two stays.
fn add(findings: &mut Vec<Finding>, finding: Finding) {
    let is_same = |other: &Finding| {
        other.rule.is_some()
            && other.rule == finding.rule
            && other.primary.span == finding.primary.span
            && Arc::ptr_eq(&other.primary.source, &finding.primary.source)
    };
    match findings.iter().position(is_same) {
        Some(at) if findings[at].level < finding.level => findings[at] = finding,
        Some(_) => {}
        None => findings.push(finding),
    }
}

fn blamed(finding: Finding, origins: &[Origin<'_>], catalogue: &Catalogue) -> Finding {
    let is_in = |origin: &&Origin<'_>| Arc::ptr_eq(&origin.document.source, &finding.primary.source);
    match origins.iter().find(is_in) {
        Some(origin) if finding.rule.is_some_and(|rule| rule.name == PLAINTEXT) => blame_secret(finding, origin),
        Some(origin) => blame(finding, origin, origins, catalogue),
        None => finding,
    }
}

/// An object as it was linted, with what it is from.
pub type Whence<'made> = (Arc<Document>, &'made Made, Option<&'made Description>);

/// The objects as they will be read, and what each is from.
pub fn read_back<'made>(
    made: &'made [Made],
    descriptions: &'made [Description],
) -> io::Result<(Vec<Object>, Vec<Whence<'made>>)> {
    let mut objects = Vec::new();
    let mut origins = Vec::new();
    for made in made {
        let text = emit::to_yaml(&made.object).map_err(io::Error::other)?;
        let text_of = |pointer| made.object.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
        let name = format!("generated {}/{}", text_of("/kind"), text_of("/metadata/name"));
        let source = Arc::new(Source::from_text(name, text));
        let (documents, _) = yaml::as_kubectl(yaml::read(&source));
        let is_from = |description: &&Description| {
            description.name_place.span == made.origin.span
                && Arc::ptr_eq(&description.name_place.source, &made.origin.source)
        };
        let description = descriptions.iter().find(is_from);
        for document in documents.into_iter().map(Arc::new) {
            objects.push(Object::new(&document, document.root(), false).in_one_unit());
            origins.push((document, made, description));
        }
    }
    Ok((objects, origins))
}

/// An ignore that took nothing away; advice is not looked for here, so an ignore of advice may stay.
fn unused(ignored: &Ignore) -> Option<Finding> {
    let label = ignored.place.label("");
    let Some(rule) = rules::find(&ignored.rule) else {
        let meant = nearest(&ignored.rule, rules::all().map(|rule| rule.id.name));
        let help = meant
            .map_or_else(|| "patterns explain RULE prints a rule's page".to_owned(), |name| format!("rule: {name}"));
        return Some(Finding::error(label, format!("no rule is called `{}`", ignored.rule)).help(help));
    };
    (rule.level > Level::Advice).then(|| {
        Finding::error(label, format!("`{}` reports nothing here", ignored.rule))
            .level(Level::Warning)
            .help("remove this entry")
    })
}
