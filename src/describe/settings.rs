//! Parameters from the command line: `--set name=value` and `--params FILE`.

use std::sync::Arc;

use super::formats;
use super::params::{Origin, Setting};
use super::spanned::{Kind, Place, Spanned};
use crate::diagnostic::Finding;
use crate::kube::versions::Target;
use crate::yaml::{self, Source, Span};

/// Reads one `--set name=value`. The value is YAML: `3` is a number, `"3"` a string.
pub fn from_flag(flag: &str) -> Result<Setting, Vec<Finding>> {
    let source = Arc::new(Source::from_text(format!("--set {}", flag.split('=').next().unwrap_or(flag)), flag));
    let whole = Place { source: Arc::clone(&source), span: Span::new(0, flag.len()) };
    let Some((name, value)) = flag.split_once('=') else {
        return Err(vec![Finding::error(whole.label(""), "`--set` takes name=value").help("--set tag=1.7.1")]);
    };
    let span = Span::new(name.len() + 1, flag.len());
    let place = Place { source: Arc::clone(&source), span };
    let setting = |value: Spanned| Setting { name: name.to_owned(), value, place: whole.clone(), origin: Origin::Flag };
    let inner = Arc::new(Source::from_text("--set", value));
    match yaml::as_kubectl(yaml::read(&inner)) {
        (documents, None) if documents.len() == 1 => {
            let mut value = Spanned::from_node(&documents[0], documents[0].root());
            value.place = place.clone();
            if matches!(value.kind, Kind::List(_) | Kind::Map(_)) {
                value = relocate(value, &place);
            }
            Ok(setting(value))
        }
        // Text that is not YAML, such as `*`, is simply text.
        _ => Ok(setting(Spanned { kind: Kind::Text(value.to_owned()), place })),
    }
}

/// Checks a namespace from the command line.
#[must_use]
pub fn check_namespace(name: &str) -> Option<Finding> {
    let mistake = formats::check("namespace", name)?;
    let source = Arc::new(Source::from_text("--namespace", name));
    let place = Place { source, span: Span::new(0, name.len()) };
    Some(Finding::error(place.label(""), mistake.message))
}

/// Reads `target`, which YAML takes for a number unless it is quoted; none for what the grammar has refused.
///
/// # Errors
/// A version that is not supported.
pub fn kubernetes_version(value: &Spanned) -> Result<Option<Target>, Box<Finding>> {
    let text = match &value.kind {
        Kind::Text(text) => text,
        Kind::Number(_) => value.place.source.slice(value.place.span),
        _ => return Ok(None),
    };
    Target::parse(text).map(Some).map_err(|known| {
        let finding = Finding::error(value.place.label(""), "this is not a supported version of Kubernetes");
        Box::new(finding.help(format!("{known}; write target: \"1.{}\"", Target::OLDEST.0)))
    })
}

/// A folder that the command line names.
#[must_use]
pub fn named_by_flag(flag: &str, value: &str) -> Place {
    Place { source: Arc::new(Source::from_text(flag, value)), span: Span::new(0, value.len()) }
}

/// Reads a file of names and values.
pub fn from_file(source: &Arc<Source>) -> Result<Vec<Setting>, Vec<Finding>> {
    let (documents, refusal) = yaml::as_kubectl(yaml::read(source));
    if let Some(refusal) = refusal {
        return Err(vec![crate::kube::refused(&refusal, source)]);
    }
    let mut settings = Vec::new();
    for document in &documents {
        let root = Spanned::from_node(document, document.root());
        let Kind::Map(members) = root.kind else {
            return Err(vec![Finding::error(
                root.place.label(""),
                "a file of parameters is a map of names and values",
            )]);
        };
        settings.extend(members.into_iter().map(|member| Setting {
            name: member.key,
            value: member.value,
            place: member.key_place,
            origin: Origin::File,
        }));
    }
    Ok(settings)
}

/// Points everything below a value at one place, for values that are in no file.
fn relocate(value: Spanned, place: &Place) -> Spanned {
    let kind = match value.kind {
        Kind::List(items) => Kind::List(items.into_iter().map(|item| relocate(item, place)).collect()),
        Kind::Map(members) => Kind::Map(
            members
                .into_iter()
                .map(|mut member| {
                    member.key_place = place.clone();
                    member.value = relocate(member.value, place);
                    member
                })
                .collect(),
        ),
        other => other,
    };
    Spanned { kind, place: place.clone() }
}
