//! `extends`: a document that changes one of another file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::grammar::grammar;
use super::keys;
use super::merge::merge;
use super::schema::{self, Subject};
use super::spanned::{Place, Spanned};
use crate::diagnostic::Finding;
use crate::files;
use crate::limits;
use crate::yaml::{self, Source};

/// Replaces a document by the one it extends with itself laid over. What it says stays where it was written.
/// Nothing if the other cannot be had: what this one lacks would be there.
pub(super) fn resolve(mut root: Spanned, folder: Option<&Path>, findings: &mut Vec<Finding>) -> Option<Spanned> {
    let mut visited = vec![PathBuf::from(&root.place.source.name)];
    let mut folder = folder.map(Path::to_owned);
    let within = within(folder.as_deref());
    while let Some(member) = root.remove("extends") {
        let Some(target) = member.value.text() else {
            let subject = Subject { name: "`extends`", member: "key", help: None, place: &member.key_place };
            if let Some(schema) = grammar().pointer("/properties/extends") {
                schema::check(schema, &member.value, subject, findings);
            }
            return None;
        };
        let Some(base_folder) = &folder else {
            findings.push(
                Finding::error(
                    member.value.place.label(""),
                    "a description from standard input cannot extend anything",
                )
                .because("the path is relative to the description's own file"),
            );
            return None;
        };
        let path = base_folder.join(target);
        if visited.iter().any(|known| same_file(known, &path)) {
            let chain: Vec<String> = visited.iter().map(|path| path.display().to_string()).collect();
            findings.push(
                Finding::error(member.value.place.label(""), "this extends itself")
                    .because(format!("the chain is {}", chain.join(" → "))),
            );
            return None;
        }
        if visited.len() > limits::BASES.count() {
            findings.push(
                Finding::error(
                    member.value.place.label(""),
                    format!("the chain of `extends` is longer than {} files", limits::BASES),
                )
                .because("each one is read and merged (limit bases, see SECURITY.md)")
                .help("merge some of the files"),
            );
            return None;
        }
        match base(&path, &within, &root, &member.value.place, findings) {
            Ok(mut base) => {
                merge(&mut base, &root);
                root = base;
            }
            Err(finding) => {
                findings.push(*finding);
                return None;
            }
        }
        folder = path.parent().map(Path::to_owned);
        visited.push(path);
    }
    Some(root)
}

/// Where the files that a description extends must lie, without links.
fn within(folder: Option<&Path>) -> PathBuf {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    files::root(&folder.canonicalize().unwrap_or_else(|_| folder.to_owned()))
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// The document of the same name, or the only one.
fn base(
    path: &Path,
    within: &Path,
    root: &Spanned,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Result<Spanned, Box<Finding>> {
    let name = path.display().to_string();
    let unreadable =
        |error: std::io::Error| Box::new(Finding::error(place.label(""), format!("cannot read {name}: {error}")));
    let real = path.canonicalize().map_err(unreadable)?;
    if !real.starts_with(within) {
        return Err(Box::new(
            Finding::error(place.label(""), format!("{name} is outside {}", within.display()))
                .because("a description can extend only files in its repository, or, outside a repository, in its own folder")
                .help("move the file, or put a .patterns.yaml, which may be empty, into the folder that contains both"),
        ));
    }
    let bytes = files::read_regular(&real, limits::BESIDE).map_err(unreadable)?;
    let source =
        Source::decode(&name, bytes).map_err(|error| Box::new(Finding::error(place.label(""), error.to_string())))?;
    let source = Arc::new(source);
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    if let Some(refusal) = refusal {
        return Err(Box::new(crate::kube::refused(&refusal, &source).label(place.label("read from here"))));
    }
    for document in &documents {
        keys::check(document, findings);
    }
    let mut roots: Vec<Spanned> = documents
        .iter()
        .map(|document| Spanned::from_node(document, document.root()))
        .filter(|root| root.get("patterns").is_some())
        .collect();
    let wanted = root.get("name").and_then(Spanned::text).map(str::to_owned);
    let named = roots.iter().position(|root| root.get("name").and_then(Spanned::text) == wanted.as_deref());
    match (named, roots.len()) {
        (Some(at), _) => Ok(roots.swap_remove(at)),
        (None, 1) => Ok(roots.swap_remove(0)),
        (None, 0) => Err(Box::new(Finding::error(place.label(""), format!("{name} is not a pattern description")))),
        (None, _) => Err(Box::new(
            Finding::error(place.label(""), format!("{name} has several documents, and none has this one's name"))
                .help("give both the same `name`"),
        )),
    }
}
