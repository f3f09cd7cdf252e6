//! Environments of a description: the one that is asked for is laid over it.

use std::collections::BTreeSet;

use super::description::{Entry, LeftOut, Options};
use super::entries;
use super::grammar::grammar;
use super::merge::merge;
use super::params::{Origin, Setting};
use super::schema::{self, Subject};
use super::spanned::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::words::{did_you_mean, list, nearest};
use crate::yaml;

/// Merges the environment in; its `params` are bare values, which become settings. Says what is wrong with it.
pub(super) fn apply(
    root: &mut Spanned,
    environments: Option<&Member>,
    options: &Options,
) -> (Vec<Setting>, Vec<Finding>) {
    let Some(environments) = environments else { return (Vec::new(), Vec::new()) };
    let mut findings = check_all(environments, options.environment.as_deref());
    let change = options.environment.as_ref().and_then(|wanted| environments.value.get(wanted));
    let change = change.filter(|change| matches!(change.kind, Kind::Map(_)));
    let Some(mut change) = change.cloned() else { return (Vec::new(), findings) };
    let params = change.remove("params");
    merge(root, &change);
    let declared = root.get("params").cloned();
    let mut settings = Vec::new();
    for member in params.iter().flat_map(|params| params.value.members()) {
        if declared.as_ref().and_then(|declared| declared.get(&member.key)).is_none() {
            findings.push(
                Finding::error(member.key_place.label(""), format!("no parameter is called `{}`", member.key))
                    .help("an environment can only set parameters declared in `params`"),
            );
        }
        settings.push(Setting {
            name: member.key.clone(),
            value: member.value.clone(),
            place: member.key_place.clone(),
            origin: Origin::File,
        });
    }
    (settings, findings)
}

/// Keys of a document that an environment cannot have.
const OF_THE_WHOLE: [&str; 2] = ["environments", "extends"];

/// What is wrong with any of the environments.
fn check_all(environments: &Member, asked: Option<&str>) -> Vec<Finding> {
    let subject = Subject { name: "`environments`", member: "environment", help: None, place: &environments.key_place };
    let schema = grammar().pointer("/properties/environments");
    let mut findings = schema.map_or_else(Vec::new, |schema| schema::check(schema, &environments.value, subject));
    for environment in environments.value.members().iter().filter(|one| asked != Some(one.key.as_str())) {
        findings.extend(unknown_keys(environment));
    }
    for environment in environments.value.members() {
        let of_the_whole = |member: &&Member| OF_THE_WHOLE.contains(&member.key.as_str());
        findings.extend(environment.value.members().iter().filter(of_the_whole).map(|member| {
            Finding::error(member.key_place.label(""), format!("an environment has no `{}`", member.key))
                .because("it is read once for the document, before an environment is chosen; here it would be ignored")
                .help(format!("move `{}` to the document itself", member.key))
        }));
    }
    findings
}

/// Keys of an environment that a description does not have there. Those of the environment that is asked for show when
/// it is applied.
fn unknown_keys(environment: &Member) -> Vec<Finding> {
    let members = environment.value.members().iter();
    let members: Vec<Member> = members.filter(|member| !OF_THE_WHOLE.contains(&member.key.as_str())).cloned().collect();
    let Some(first) = members.first() else { return Vec::new() };
    let subject = Subject { name: "a description", member: "key", help: None, place: &first.key_place };
    let own = Spanned { kind: Kind::Map(members.clone()), place: environment.value.place.clone() };
    schema::check_keys(grammar(), &own, subject)
}

/// The entries of `shape` and `use` in environments other than the one that is asked for: whether each is a shape, and the
/// entry as it is written.
pub(super) fn elsewhere(environments: Option<&Member>, options: &Options) -> Vec<(bool, Entry)> {
    let members = environments.map(|environments| environments.value.members()).unwrap_or_default().iter();
    let others = members.filter(|one| options.environment.as_deref() != Some(one.key.as_str()));
    let entries = others.flat_map(|environment| {
        let (uses, _) = entries::uses(&environment.value);
        let shape = environment.value.member("shape").and_then(|_| entries::shape(&environment.value).ok()?);
        shape.map(|shape| (true, shape)).into_iter().chain(uses.into_iter().map(|entry| (false, entry)))
    });
    entries.collect()
}

/// Whether a document exists in the environment that is asked for: `false` under its name leaves it out.
pub(super) fn holds(root: &Spanned, options: &Options) -> bool {
    let asked = options.environment.as_deref().and_then(|wanted| root.get("environments")?.get(wanted));
    !asked.is_some_and(|environment| matches!(environment.kind, Kind::Bool(false)))
}

/// The documents that the environment that is asked for leaves out.
pub(super) fn left_out(roots: &[Spanned], options: &Options) -> LeftOut {
    let names = roots.iter().filter(|root| !holds(root, options)).filter_map(|root| {
        let name = root.get("name")?;
        Some((name.text()?.to_owned(), name.place.clone()))
    });
    LeftOut { environment: options.environment.clone().unwrap_or_default(), documents: names.collect() }
}

/// Whether one name is the other with a slip: a letter is missing, or two are swapped. Another letter or digit in its
/// place may be another environment: `blue` and `blur`, `eu1` and `eu2`.
fn is_slip(name: &str, other: &str) -> bool {
    let letters = |name: &str| {
        let mut letters: Vec<char> = name.to_lowercase().chars().filter(|c| !c.is_ascii_digit()).collect();
        letters.sort_unstable();
        letters
    };
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let (one, two) = (letters(name), letters(other));
    let is_other_case = name != other && name.to_lowercase() == other.to_lowercase();
    let is_near = name.len() > 2 && other.len() > 2 && strsim::osa_distance(name, other) == 1;
    is_other_case
        || is_near
            && digits(name) == digits(other)
            && (one.len() != two.len() || one == two && name.len() == other.len())
}

/// An environment whose name is nearly the one that is asked for, in a document that does not have that one. A name
/// that other documents have, too, is meant.
fn misspelt(roots: &[Spanned], wanted: &str) -> Option<Finding> {
    let members = |root: &Spanned| root.get("environments").map(Spanned::members).unwrap_or_default().to_vec();
    let count = |name: &str| roots.iter().filter(|root| members(root).iter().any(|one| one.key == name)).count();
    let of_document = |root: &Spanned| {
        let own = members(root);
        if own.iter().any(|one| one.key == wanted) {
            return None;
        }
        own.into_iter().find(|one| is_slip(&one.key, wanted) && count(&one.key) == 1)
    };
    let member = roots.iter().find_map(of_document)?;
    let message = format!("this document has an environment `{}`, and others have `{wanted}`", member.key);
    Some(
        Finding::error(member.key_place.label(did_you_mean(wanted)), message)
            .because("a document that lacks the environment is generated without it")
            .help(format!("call it `{wanted}`; if both are meant, add `{wanted}: {{}}` here, too")),
    )
}

/// That no document has the environment that is asked for.
pub(super) fn check(roots: &[Spanned], options: &Options) -> Option<Finding> {
    let wanted = options.environment.as_ref()?;
    let names: BTreeSet<&str> = roots
        .iter()
        .filter_map(|root| root.get("environments"))
        .flat_map(Spanned::members)
        .map(|member| member.key.as_str())
        .collect();
    if names.contains(wanted.as_str()) {
        return misspelt(roots, wanted);
    }
    let names: Vec<&str> = names.into_iter().collect();
    let root = roots.first()?;
    let place = root.member("environments").map_or(&root.place, |member| &member.key_place);
    let place = if root.member("environments").is_some() {
        place.clone()
    } else {
        Place { span: yaml::Span::empty(root.place.span.start as usize), ..place.clone() }
    };
    let finding = Finding::error(place.label(""), format!("no document has an environment `{wanted}`"));
    if let Some(asked) = &options.environment_place {
        let has = if names.is_empty() { String::new() } else { format!(" (there are {})", list(&names)) };
        return Some(finding.label(asked.label("asked for here")).help(format!(
            "add `{wanted}: {{}}` under `environments` if nothing differs there, or give this description its own output{has}"
        )));
    }
    Some(match (nearest(wanted, names.iter().copied()), names.is_empty()) {
        (Some(name), _) => finding.help(format!("-e {name}")),
        (None, true) => finding.help("leave -e out, or add `environments`"),
        (None, false) => finding.help(format!("there are {}", list(&names))),
    })
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips_are_told_from_other_names() {
        for (one, two) in
            [("prd", "prod"), ("prodd", "prod"), ("porduction", "production"), ("Prod", "prod"), ("stagng", "staging")]
        {
            assert!(is_slip(one, two) && is_slip(two, one), "{one} {two}");
        }
        for (one, two) in [
            ("prod", "preprod"),
            ("prod", "prod-eu"),
            ("eu1", "eu2"),
            ("eu1", "eu12"),
            ("eu12", "eu21"),
            ("eu-west", "us-west"),
            ("stage-a", "stage-b"),
            ("qa", "qaa"),
            ("prod", "prod"),
        ] {
            assert!(!is_slip(one, two) && !is_slip(two, one), "{one} {two}");
        }
    }
}
