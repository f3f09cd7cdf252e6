//! What is wrong with the documents of a file as a whole.

use std::collections::BTreeSet;

use crate::describe::description::Options;
use crate::describe::params::Setting;
use crate::describe::spanned::Spanned;
use crate::diagnostic::Finding;
use crate::limits;
use crate::words::{list, nearest};
use crate::yaml::Document;

/// That a document is none, and how many others of its file are not.
pub(super) fn not_a_description(document: &Document, others: usize) -> Finding {
    let root = Spanned::from_node(document, document.root());
    let first = root.members().first().map_or(&root.place, |member| &member.key_place);
    let nor = match others {
        0 => String::new(),
        1 => ", nor is another document of this file".to_owned(),
        _ => format!(", nor are {others} other documents of this file"),
    };
    let finding = Finding::error(first.label(""), format!("this is not a pattern description{nor}"));
    if root.get("kind").is_some() {
        return finding.because("it looks like a Kubernetes manifest").help("patterns lint FILE");
    }
    finding.help("begin the document with `patterns: v1`")
}

/// How many there are: each is another description.
pub(super) fn check_environments(roots: &[Spanned]) -> Option<Finding> {
    let mut members = roots.iter().filter_map(|root| root.member("environments")).peekable();
    let first = members.peek().map(|member| member.key_place.clone())?;
    let names: BTreeSet<&str> =
        members.flat_map(|member| member.value.members()).map(|member| member.key.as_str()).collect();
    (names.len() > limits::ENVIRONMENTS.count()).then(|| {
        let message = format!("there are {} environments, more than {}", names.len(), limits::ENVIRONMENTS);
        Finding::error(first.label(""), message)
            .because("each one is checked separately (limit environments, see `patterns explain limits`)")
            .help("split the description, or make the values that differ parameters: --set, --params")
    })
}

/// Parameters that are set and that no document has.
pub(super) fn check_settings(roots: &[Spanned], options: &Options) -> Vec<Finding> {
    let declared: BTreeSet<&str> = roots
        .iter()
        .filter_map(|root| root.get("params"))
        .flat_map(Spanned::members)
        .flat_map(|member| [Some(member.key.as_str()), member.misread()])
        .flatten()
        .collect();
    let known: Vec<&str> = declared.iter().copied().collect();
    let unknown = options.settings.iter().filter(|setting| !declared.contains(setting.name.as_str()));
    let finding = |setting: &Setting| {
        let label = nearest(&setting.name, known.iter().copied())
            .map_or_else(String::new, |name| format!("did you mean `{name}`?"));
        let help = if known.is_empty() {
            "declare it under `params`".to_owned()
        } else {
            format!("declared are {}", list(&known))
        };
        // it may be one that holds a secret, and is misspelt
        Finding::error(setting.place.label(label), format!("no parameter is called `{}`", setting.name))
            .help(help)
            .hide(setting.value.place.span)
    };
    unknown.map(finding).collect()
}
