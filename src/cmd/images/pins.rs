//! `patterns images --write`: images that the program chose become the project's own choice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Rows;
use crate::cmd::Exit;
use crate::cmd::streams::say;
use crate::describe::Place;
use crate::diagnostic::{Finding, Stop};
use crate::files::Shown as _;
use crate::files::{self, open};
use crate::kube::image::{self, Reference};
use crate::pattern::ImageFrom;
use crate::project;
use crate::words::nearest;
use crate::yaml::{Source, Span};

/// Our own image, whose version is the program's: flags and image change together.
const AGENT: &str = "agent";

pub(super) fn write(rows: &Rows, settings: &[PathBuf], pins: Option<&Path>) -> Result<Exit, Stop> {
    if let [first, second, ..] = settings {
        let message =
            format!("{} and {} belong to different projects; run once for each", first.shown(), second.shown());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message).into());
    }
    let given = pins.map(read).transpose()?.unwrap_or_default();
    let chosen = choose(rows, &given)?;
    for note in &chosen.notes {
        say(format_args!("note: {note}"));
    }
    let path = settings.first().cloned().map_or_else(new_settings, Ok)?;
    if chosen.images.is_empty() {
        let why = if rows.rows.values().all(|row| row.image.from.role().is_none()) {
            ": no pattern in use has an image of its own"
        } else if pins.is_none() {
            ": every role in use has an image there; --pins FILE replaces them"
        } else {
            ""
        };
        say(format_args!("{}: nothing to pin{why}", path.shown()));
        return Ok(Exit::Clean);
    }
    save(&path, &chosen.images)?;
    for (role, reference) in &chosen.images {
        say(format_args!("{}: images.{role} is {reference}", path.shown()));
    }
    Ok(Exit::Clean)
}

/// A reference of the file, in its two halves, and where it is.
struct Given {
    reference: String,
    repository: String,
    tag: Option<String>,
    place: Place,
}

/// One reference a line; empty lines and comments between them.
fn read(path: &Path) -> Result<Vec<Given>, Stop> {
    let source: Arc<Source> = Arc::new(open(path)?);
    let (mut given, mut findings) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<(String, Option<String>), Place> = BTreeMap::new();
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.split(" #").next().unwrap_or_default().trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let start = start + line.find(text).unwrap_or(0);
        let place = Place { source: Arc::clone(&source), span: Span::new(start, start + text.len()) };
        let Reference { repository, tag, .. } = Reference::of(text);
        if image::refusal(text).is_some() || (tag.is_none() && !text.contains('@')) {
            findings.push(
                Finding::error(place.label(""), "this is not an image with a tag or digest")
                    .help("one per line, as printed by `patterns images --format plain`: envoyproxy/envoy:distroless-v1.39.1@sha256:…"),
            );
            continue;
        }
        let key = (repository.to_owned(), tag.map(str::to_owned));
        if let Some(first) = seen.insert(key, place.clone()) {
            findings.push(
                Finding::error(
                    place.label("and again"),
                    format!("two references for {}", text.split('@').next().unwrap_or(text)),
                )
                .label(first.label("here"))
                .help("remove one of them"),
            );
        }
        given.push(Given {
            reference: text.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            place,
        });
    }
    if findings.is_empty() { Ok(given) } else { Err(findings.into()) }
}

/// What is to be written.
struct Chosen {
    images: Vec<(String, String)>,
    notes: Vec<String>,
}

fn choose(rows: &Rows, given: &[Given]) -> Result<Chosen, Vec<Finding>> {
    let mut images: BTreeMap<String, String> = BTreeMap::new();
    let mut used = vec![false; given.len()];
    let (mut findings, mut notes) = (Vec::new(), BTreeSet::new());
    for row in rows.iter() {
        let image = &row.image.image;
        let pinned = match find(image, given) {
            Ok(at) => at.map(|at| {
                used[at] = true;
                &given[at].reference
            }),
            Err(finding) => {
                findings.push(*finding);
                continue;
            }
        };
        match (&row.image.from, pinned) {
            (ImageFrom::BuiltInRole(role), None) if role == AGENT => {
                notes.insert(format!("{image} is not pinned: its version is that of this program; name your own copy with `images: {{agent: …}}`"));
            }
            (ImageFrom::BuiltInRole(role), pinned) => {
                images.insert(role.clone(), pinned.unwrap_or(image).clone());
            }
            (ImageFrom::ProjectRole(role, _) | ImageFrom::CatalogueRole(role), Some(pinned)) if pinned != image => {
                images.insert(role.clone(), pinned.clone());
            }
            (from @ (ImageFrom::Description(_) | ImageFrom::DescriptionRole(..)), Some(pinned)) if pinned != image => {
                notes.insert(format!(
                    "{image} is named by {}; change it there to pin {pinned}",
                    super::list::origin(from)
                ));
            }
            _ => {}
        }
    }
    for (given, _) in given.iter().zip(used).filter(|(_, used)| !used) {
        let known = rows.iter().map(|row| Reference::of(&row.image.image).repository);
        let label = nearest(&given.repository, known).map_or_else(String::new, |name| format!("did you mean {name}?"));
        findings.push(
            Finding::error(given.place.label(label), format!("no description uses an image of {}", given.repository))
                .help(
                    "`patterns images` lists them; images from other repositories go under `images` in .patterns.yaml",
                ),
        );
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(Chosen { images: images.into_iter().collect(), notes: notes.into_iter().collect() })
}

/// The reference for an image: that of its own tag, or the only one of its repository.
fn find(image: &str, given: &[Given]) -> Result<Option<usize>, Box<Finding>> {
    let Reference { repository, tag, .. } = Reference::of(image);
    let all: Vec<usize> = (0..given.len()).filter(|at| given[*at].repository == repository).collect();
    if let Some(exact) = all.iter().find(|at| given[**at].tag.as_deref() == tag) {
        return Ok(Some(*exact));
    }
    match all.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        [first, second, ..] => Err(Box::new(
            Finding::error(given[*second].place.label("or this?"), format!("two references match {image}"))
                .label(given[*first].place.label("this"))
                .help("keep one of them"),
        )),
    }
}

/// Where settings go that are not there yet: the repository's root, or the working directory.
fn new_settings() -> io::Result<PathBuf> {
    let here = std::path::absolute(".")?;
    let root = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here);
    project::from_here(&root.join(project::FILE_NAME))
}

/// Writes the settings, all or nothing.
fn save(path: &Path, images: &[(String, String)]) -> io::Result<()> {
    let named = |error: io::Error| files::named(path, &error);
    // a link stays one
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let source = match fs::read(&path) {
        Ok(bytes) => Source::decode(path.display().to_string(), bytes).map_err(io::Error::other)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Source::from_text(path.display().to_string(), ""),
        Err(error) => return Err(named(error)),
    };
    let edited = if source.is_editable() { project::pin(&source.text, images) } else { None };
    let Some(edited) = edited else {
        let lines: Vec<String> = images.iter().map(|(role, reference)| format!("  {role}: \"{reference}\"")).collect();
        let message = format!("it cannot be edited safely; add this to it:\nimages:\n{}", lines.join("\n"));
        return Err(named(io::Error::other(message)));
    };
    if fs::metadata(&path).is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err(named(io::ErrorKind::PermissionDenied.into()));
    }
    files::remove_abandoned(path.parent().unwrap_or(Path::new("")));
    files::write(&path, source.with_text(edited).bytes()).map_err(named)
}
