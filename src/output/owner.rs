//! Whose a file is: every generated object names its description in the annotation `patterns/source`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kube::Globs;
use crate::origin::SOURCE;
use crate::project::FILE_NAME;
use crate::yaml::{self, Source};

/// Nothing larger is a generated object: etcd takes 1.5 MiB for a request by default
/// (etcd-io/etcd: server/embed/config.go, `DefaultMaxRequestBytes`).
const LARGEST: u64 = 8 * 1024 * 1024;

/// The descriptions that a run generates, and which files it may therefore replace and remove.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    origins: BTreeSet<String>,
    /// The project's folder and what it generates, if the run generates all of that.
    project: Option<(PathBuf, Globs)>,
}

/// What is at the place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing.
    Nothing,
    /// A file of the run's own descriptions, or of one that is gone, with its text.
    Own(String),
    /// A file that the generator wrote for another description.
    Of(String),
    /// A file that it did not write, a link, a folder.
    Foreign(&'static str),
}

impl Owner {
    /// A run over some descriptions that leaves all others alone. The files show which they are.
    #[must_use]
    pub fn of(files: &[(String, String)]) -> Self {
        Self { origins: files.iter().filter_map(|(name, text)| origin(name, text)).collect(), project: None }
    }

    /// A run over everything that a project generates: what comes from a description that was one of `descriptions`,
    /// and is gone, is its own too. Manifests that another repository generated may lie beside its own.
    #[must_use]
    pub fn of_project<'a>(
        files: impl Iterator<Item = &'a (String, String)>,
        project: &Path,
        descriptions: Globs,
    ) -> Self {
        let mut origins: BTreeSet<String> = files.filter_map(|(name, text)| origin(name, text)).collect();
        // kustomizations come from the settings
        origins.insert(FILE_NAME.to_owned());
        Self { origins, project: Some((project.to_owned(), descriptions)) }
    }

    fn owns(&self, value: &str) -> bool {
        let path = path_of(value);
        let is_older =
            || value.contains("@sha256:") && self.origins.iter().any(|own| own.rsplit('/').next() == Some(path));
        let was_one = |(project, descriptions): &(PathBuf, Globs)| {
            let path = project.join(path);
            !path.exists() && descriptions.match_file(&path)
        };
        self.origins.contains(path) || is_older() || self.project.as_ref().is_some_and(was_one)
    }

    /// Whether the project has a description that the run leaves out.
    pub(super) fn leaves_out(&self, origin: &str) -> bool {
        self.project.as_ref().is_some_and(|(project, _)| project.join(origin).is_file())
    }

    /// Whether the project does not have such a description: it was moved, or it is another repository's.
    pub(super) fn lacks(&self, origin: &str) -> bool {
        self.project.as_ref().is_some_and(|(project, _)| !project.join(origin).exists())
    }

    /// Looks at the place of a file.
    pub(super) fn look(&self, path: &Path) -> io::Result<There> {
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
            Err(error) => return Err(error),
        };
        if kind.is_dir() {
            return Ok(There::Foreign("it is a folder"));
        }
        if kind.is_symlink() {
            return Ok(There::Foreign("it is a symbolic link"));
        }
        if !kind.is_file() {
            return Ok(There::Foreign("it is not a regular file"));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(text) = read(path)? else { return Ok(There::Foreign("`patterns gen` did not write it")) };
        Ok(match source(&name, &text) {
            Some(value) if self.owns(&value) => There::Own(text),
            Some(value) => There::Of(path_of(&value).to_owned()),
            None => There::Foreign("`patterns gen` did not write it"),
        })
    }
}

/// A file's text, if it is one and not too large.
fn read(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > LARGEST { None } else { String::from_utf8(bytes).ok() })
}

/// The description that a file comes from.
fn origin(name: &str, text: &str) -> Option<String> {
    source(name, text).map(|value| path_of(&value).to_owned())
}

/// `apps/shop.yaml` of `apps/shop.yaml#shop`.
fn path_of(value: &str) -> &str {
    let value = value.split_once("@sha256:").map_or(value, |(path, _)| path);
    // a path may have one, too, and a document's name has none
    value.rsplit_once('#').map_or(value, |(path, _)| path)
}

/// The annotation of a file's object, if the file is one that the generator would write: one object, under the name
/// that follows from it. Objects under other names are copies made by hand.
fn source(name: &str, text: &str) -> Option<String> {
    // reading all YAML of a folder would take long
    if !text.contains(SOURCE) {
        return None;
    }
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&Arc::new(Source::from_text(name, text))));
    let [document] = documents.as_slice() else { return None };
    if refusal.is_some() {
        return None;
    }
    let root = document.root();
    let kind = document.get_str(root, "kind")?;
    let metadata = document.get(root, "metadata")?;
    let value = document.get_str(document.get(metadata, "annotations")?, SOURCE)?;
    let is_named = if kind == "Kustomization" {
        name == super::kustomization::FILE
    } else {
        let (stem, _) = name.rsplit_once('.')?;
        let object = document.get_str(metadata, "name")?;
        stem.strip_prefix(&format!("{}-", kind.to_ascii_lowercase()))
            .and_then(|rest| rest.strip_suffix(object))
            .is_some_and(|between| between.is_empty() || between.ends_with('-'))
    };
    is_named.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_generator_would_write_has_a_source() {
        let object = |name: &str| {
            format!("kind: Service\nmetadata:\n  name: {name}\n  annotations:\n    patterns/source: apps/a.yaml#a\n")
        };
        assert_eq!(origin("service-a.yaml", &object("a")).as_deref(), Some("apps/a.yaml"));
        assert_eq!(origin("service-team-a.yaml", &object("a")).as_deref(), Some("apps/a.yaml"));
        assert_eq!(origin("service-a.yaml", &format!("# a comment\n{}", object("a"))).as_deref(), Some("apps/a.yaml"));
        assert_eq!(path_of("apps/@a#b.yaml#shop"), "apps/@a#b.yaml");
        for (name, text) in [
            ("service-b.yaml", object("a")),
            ("all.yaml", object("a")),
            ("service-a.yaml", format!("{0}---\n{0}", object("a"))),
            ("service-a.yaml", "kind: Service\nmetadata: {name: a}\ndata: {x: \"patterns/source: a\"}\n".to_owned()),
            ("service-a.yaml", "patterns/source: [\n".to_owned()),
        ] {
            assert_eq!(origin(name, &text), None, "{name}: {text}");
        }
    }

    #[test]
    fn descriptions_were_once_known_by_their_base_names() {
        let owner = Owner { origins: BTreeSet::from(["apps/a.yaml".to_owned()]), project: None };
        assert!(owner.owns("apps/a.yaml#b") && owner.owns("a.yaml@sha256:00"));
        assert!(!owner.owns("a.yaml#a") && !owner.owns("apps/b.yaml#b"));
    }
}
