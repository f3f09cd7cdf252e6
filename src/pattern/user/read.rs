//! Folders of patterns of the user's own: `<folder>/<family>/<name>/`, in the form of the built-in ones, and an
//! `images.yaml` beside the families.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::check::check;
use crate::describe::Place;
use crate::diagnostic::Finding;
use crate::files;
use crate::files::Shown as _;
use crate::limits;
use crate::pattern::catalogue::folders::{Catalogue, Folder};
use crate::pattern::catalogue::images::parse_images;
use crate::sort;

/// What one folder of patterns may hold, so that a wrong path fills no memory.
const MOST_FILES: usize = 10_000;

impl Catalogue {
    /// Adds a folder of patterns. `place` is where it is named.
    ///
    /// # Errors
    /// Everything that is wrong with the folder.
    pub fn add(&mut self, folder: &Path, place: &Place) -> Result<(), Vec<Finding>> {
        let wrong = |message: String| vec![Finding::error(place.label(""), message)];
        let mut found = read_all(folder)
            .map_err(|(path, error)| wrong(format!("cannot read {}: {}", path.shown(), files::why(&path, &error))))?;
        sort::by(&mut found, |a, b| (a.family(), a.name()).cmp(&(b.family(), b.name())));
        if found.is_empty() {
            let finding = Finding::error(place.label(""), format!("{} contains no patterns", folder.shown()))
                .because("a pattern is a folder with a pattern.yaml, in a folder named after its family")
                .help(format!("{}/sidecar/<name>/pattern.yaml", folder.shown()));
            return Err(vec![finding]);
        }
        let mut findings = Vec::new();
        if let Some(text) = read_text(&folder.join("images.yaml")).map_err(|error| wrong(error.to_string()))? {
            match parse_images(&text) {
                Ok(images) => {
                    for (role, image) in images {
                        if self.images.contains_key(&role) {
                            findings.extend(wrong(format!(
                                "the image role `{role}` of {} already exists; `images` in .patterns.yaml replaces an image",
                                folder.shown()
                            )));
                        }
                        self.images.entry(role).or_insert(image);
                    }
                }
                Err(error) => findings.extend(wrong(format!("{}/images.yaml: {error}", folder.shown()))),
            }
        }
        for pattern in found {
            let before = findings.len();
            if let Some(other) = self.folder(pattern.name()) {
                let whose = other.path().map_or_else(|| "built in".to_owned(), |path| format!("in {}", path.shown()));
                findings.push(
                    Finding::error(place.label(""), format!("a pattern called `{}` is {whose}", pattern.name()))
                        .because(format!("{} would hide it", pattern.display("pattern.yaml")))
                        .help("give the folder and its `name` another name"),
                );
            }
            findings.extend(check(&pattern, &self.images));
            if findings.len() == before {
                self.folders.push(pattern);
            }
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }
}

/// What went wrong, and with which file.
type Unreadable = (PathBuf, io::Error);

/// The folders two levels down that have a `pattern.yaml`.
fn read_all(folder: &Path) -> Result<Vec<Folder>, Unreadable> {
    let mut found = Vec::new();
    for family in folders(folder)? {
        for pattern in folders(&family)? {
            if !pattern.join("pattern.yaml").is_file() {
                continue;
            }
            let mut files = BTreeMap::new();
            collect(&pattern, &pattern, 0, &mut files)?;
            found.push(Folder::new(&files::name(&family), &files::name(&pattern), files, Some(pattern.clone())));
            if found.len() > MOST_FILES {
                return Err((folder.to_owned(), io::Error::other("it holds too many folders")));
            }
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let mut found = files::sorted(folder).map_err(|error| (folder.to_owned(), error))?;
    found.retain(|path| path.is_dir() && !hidden(path));
    Ok(found)
}

fn hidden(path: &Path) -> bool {
    files::name(path).starts_with('.')
}

/// All texts of a pattern's folder; what is not text is none of the pattern's.
fn collect(
    folder: &Path,
    root: &Path,
    depth: usize,
    texts: &mut BTreeMap<String, Cow<'static, str>>,
) -> Result<(), Unreadable> {
    for path in files::sorted(folder).map_err(|error| (folder.to_owned(), error))? {
        if hidden(&path) {
            continue;
        }
        if path.is_dir() && depth < 3 {
            collect(&path, root, depth + 1, texts)?;
        } else if path.is_file() {
            let text = read_text(&path).map_err(|error| (path.clone(), error))?;
            let below = path.strip_prefix(root).ok().and_then(Path::to_str);
            if let (Some(text), Some(below)) = (text, below) {
                texts.insert(below.replace(std::path::MAIN_SEPARATOR, "/"), Cow::Owned(text));
            }
        }
        if texts.len() > MOST_FILES {
            return Err((root.to_owned(), io::Error::other("it holds too many files")));
        }
    }
    Ok(())
}

/// The text of a file; none if it is not there or is not text.
fn read_text(path: &Path) -> io::Result<Option<String>> {
    match files::read_found(path, limits::BESIDE) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
