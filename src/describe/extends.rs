//! `extends`: a document that changes one of another file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::grammar::grammar;
use super::keys;
use super::merge::merge;
use super::schema::{self, Subject};
use super::spanned::{Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::files;
use crate::files::Shown as _;
use crate::limits;
use crate::yaml::{self, Source};

/// Replaces a document by the one it extends with itself laid over, and says what is wrong on the way. What it says
/// stays where it was written. Nothing if the other cannot be had: what this one lacks would be there.
pub(super) fn resolve(root: Spanned, folder: Option<&Path>, bases: &mut Bases) -> (Option<Spanned>, Vec<Finding>) {
    let mut chain = Chain {
        visited: vec![PathBuf::from(&root.place.source.name)],
        folder: folder.map(Path::to_owned),
        within: within(folder),
        findings: Vec::new(),
        bases,
    };
    let root = chain.follow(root);
    (root, chain.findings)
}

/// Files that documents extend, each read once however many documents extend it.
#[derive(Default)]
pub(super) struct Bases(HashMap<PathBuf, Rc<Base>>);

/// The documents of a file.
struct Base {
    roots: Vec<Spanned>,
    /// The first of each name.
    by_name: HashMap<String, usize>,
    /// What is wrong with its keys.
    findings: Vec<Finding>,
}

/// The files of a chain of `extends`.
struct Chain<'run> {
    /// Those that have been read.
    visited: Vec<PathBuf>,
    /// The folder of the last one; none for standard input.
    folder: Option<PathBuf>,
    /// Where all of them must lie.
    within: PathBuf,
    /// What is wrong with them.
    findings: Vec<Finding>,
    bases: &'run mut Bases,
}

impl Chain<'_> {
    fn follow(&mut self, mut root: Spanned) -> Option<Spanned> {
        while let Some(member) = root.remove("extends") {
            let next = self.next(&member).and_then(|path| {
                let base = self.base(&path, &root, &member.value.place).map_err(|finding| vec![*finding])?;
                Ok((path, base))
            });
            let (path, mut base) = match next {
                Ok(next) => next,
                Err(mistakes) => {
                    self.findings.extend(mistakes);
                    return None;
                }
            };
            merge(&mut base, &root);
            root = base;
            self.folder = path.parent().map(Path::to_owned);
            self.visited.push(path);
        }
        Some(root)
    }

    /// The file that a document extends.
    fn next(&self, member: &Member) -> Result<PathBuf, Vec<Finding>> {
        let place = &member.value.place;
        let Some(target) = member.value.text() else {
            let subject = Subject { name: "`extends`", member: "key", help: None, place: &member.key_place };
            let schema = grammar().pointer("/properties/extends");
            return Err(schema.map_or_else(Vec::new, |schema| schema::check(schema, &member.value, subject)));
        };
        let Some(folder) = &self.folder else {
            let message = "a description from standard input cannot extend anything";
            let finding = Finding::error(place.label(""), message);
            return Err(vec![finding.because("the path is relative to the description's own file")]);
        };
        let path = folder.join(target);
        if self.visited.iter().any(|known| same_file(known, &path)) {
            let chain: Vec<String> = self.visited.iter().map(|path| path.shown()).collect();
            let finding = Finding::error(place.label(""), "this extends itself");
            return Err(vec![finding.because(format!("the chain is {}", chain.join(" → ")))]);
        }
        if self.visited.len() > limits::BASES.count() {
            let message = format!("the chain of `extends` is longer than {} files", limits::BASES);
            let finding = Finding::error(place.label(""), message)
                .because("each one is read and merged (limit bases, see `patterns explain limits`)");
            return Err(vec![finding.help("merge some of the files")]);
        }
        Ok(path)
    }

    /// The document of the same name in a file, or the only one.
    fn base(&mut self, path: &Path, root: &Spanned, place: &Place) -> Result<Spanned, Box<Finding>> {
        let name = path.display().to_string();
        let base = match self.bases.0.get(path) {
            Some(base) => Rc::clone(base),
            None => {
                let base = Rc::new(self.open(path, &name, place)?);
                self.bases.0.insert(path.to_owned(), Rc::clone(&base));
                base
            }
        };
        self.findings.extend(base.findings.iter().cloned());
        let named = match root.get("name").and_then(Spanned::text) {
            Some(wanted) => base.by_name.get(wanted).copied(),
            None => base.roots.iter().position(|root| root.get("name").and_then(Spanned::text).is_none()),
        };
        match (named, base.roots.len()) {
            (Some(at), _) => Ok(base.roots[at].clone()),
            (None, 1) => Ok(base.roots[0].clone()),
            (None, 0) => Err(Box::new(Finding::error(place.label(""), format!("{name} is not a pattern description")))),
            (None, _) => Err(Box::new(
                Finding::error(place.label(""), format!("{name} has several documents, and none has this one's name"))
                    .help("give both the same `name`"),
            )),
        }
    }

    fn open(&self, path: &Path, name: &str, place: &Place) -> Result<Base, Box<Finding>> {
        let source = self.read(path, name, place)?;
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
        if let Some(refusal) = refusal {
            return Err(Box::new(crate::kube::refused(&refusal, &source).label(place.label("read from here"))));
        }
        let findings = documents.iter().flat_map(keys::check).collect();
        let roots: Vec<Spanned> = documents
            .iter()
            .map(|document| Spanned::from_node(document, document.root()))
            .filter(|root| root.get("patterns").is_some())
            .collect();
        let names = roots.iter().enumerate().rev();
        let names = names.filter_map(|(at, root)| Some((root.get("name")?.text()?.to_owned(), at)));
        Ok(Base { by_name: names.collect(), roots, findings })
    }

    fn read(&self, path: &Path, name: &str, place: &Place) -> Result<Arc<Source>, Box<Finding>> {
        let unreadable = |error: std::io::Error| {
            let message = format!("cannot read {name}: {}", files::why(path, &error));
            Box::new(Finding::error(place.label(""), message))
        };
        let real = path.canonicalize().map_err(unreadable)?;
        if !real.starts_with(&self.within) {
            return Err(Box::new(
                Finding::error(place.label(""), format!("{name} is outside {}", self.within.shown()))
                    .because(files::why_root(&self.within))
                    .help(if self.within.join(".git").exists() {
                        "move the file into the repository"
                    } else {
                        "move the file, or put a .patterns.yaml, which may be empty, into the folder that contains both"
                    }),
            ));
        }
        let bytes = files::read_regular(&real, limits::BESIDE).map_err(unreadable)?;
        let source = Source::decode(name, bytes);
        source.map(Arc::new).map_err(|error| Box::new(Finding::error(place.label(""), error.to_string())))
    }
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
