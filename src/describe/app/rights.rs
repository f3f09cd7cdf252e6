//! `rights` and `cluster-rights`: what a container may do in the cluster.

use super::super::spanned::{Kind, Member, Place, Spanned};
use super::text::AppReader;
use crate::diagnostic::Finding;

/// One rule of a Role.
#[derive(Clone, Debug)]
pub struct Right {
    /// The resource's API group.
    pub group: String,
    /// The resource, with a subresource if there is one.
    pub resource: String,
    /// Only objects of these names.
    pub names: Vec<String>,
    /// What it may do.
    pub verbs: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

impl Right {
    /// Whether another one gives the same.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let parts =
            |right: &Self| (right.group.clone(), right.resource.clone(), right.names.clone(), right.verbs.clone());
        parts(self) == parts(other)
    }
}

/// Reads the rules of a Role.
pub(super) fn rights(reader: &mut AppReader, value: Option<&Spanned>) -> Vec<Right> {
    let mut rights = Vec::new();
    for item in value.map(Spanned::items).unwrap_or_default() {
        if let Some(second) = item.members().get(1) {
            reader.findings.push(
                Finding::error(second.key_place.label("one too many"), "a right names exactly one resource")
                    .help("begin a new entry with `-`"),
            );
        }
        let Some(member) = item.members().first() else { continue };
        if matches!(member.value.kind, Kind::Null) {
            reader.findings.push(
                Finding::error(member.key_place.label("without verbs"), "a right needs verbs")
                    .help(format!("write {}: [get, list]", member.key)),
            );
            continue;
        }
        rights.push(right(member));
    }
    rights
}

/// `deployments.apps/scale: [get]`, or the verbs with the names of objects.
fn right(member: &Member) -> Right {
    let texts = |list: &Spanned| list.items().iter().filter_map(Spanned::text).map(str::to_owned).collect();
    let (resource, subresource) = match member.key.split_once('/') {
        Some((resource, subresource)) => (resource, format!("/{subresource}")),
        None => (member.key.as_str(), String::new()),
    };
    let (resource, group) = match resource.split_once('.') {
        Some((resource, group)) => (resource, group),
        None if resource == "*" => ("*", "*"),
        None => (resource, ""),
    };
    Right {
        group: group.to_owned(),
        resource: format!("{resource}{subresource}"),
        names: member.value.get("names").map(texts).unwrap_or_default(),
        verbs: texts(member.value.get("verbs").unwrap_or(&member.value)),
        place: member.key_place.clone(),
    }
}
