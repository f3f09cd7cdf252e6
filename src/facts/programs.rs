//! The programs that are known: ours, and those that a project describes in its `.patterns.yaml`.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use super::common_words::{PLAIN, is_common_word};
use super::program::Program;
pub(super) use super::references::ends_with;
pub use super::references::split;
use super::references::{has_tag, last_segment};
use crate::kube::FastMap;
use crate::yaml::{self, Source};

/// A file that describes a program, and the lines of it that it is found by.
struct File {
    name: &'static str,
    binaries: &'static [&'static str],
    images: &'static [&'static str],
    tag: Option<&'static str>,
    text: &'static str,
}

// One file for each program.
include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// The programs of this release.
static BUILT_IN: LazyLock<Programs> = LazyLock::new(|| Programs::of(FILES.iter().map(Entry::of_file).collect()));

/// A name of one of ours, or of a project's.
type Name = Cow<'static, str>;

/// Programs by the names of their executables and images.
#[derive(Debug, Default)]
pub struct Programs {
    all: Vec<Entry>,
    /// By executable: of several the one that is called so, else the first.
    by_binary: FastMap<Name, usize>,
    /// By the last segment of a repository: program and number of its image.
    by_image: FastMap<Name, Vec<(usize, usize)>>,
    /// Those whose last segment holds a `*`, with what that begins and ends with.
    by_pattern: Vec<(Name, Name, (usize, usize))>,
    /// Whether ours count where these say nothing.
    extends: bool,
}

/// A program, read when it is first asked for: there are hundreds, and a run needs a few.
#[derive(Debug)]
struct Entry {
    name: Name,
    binaries: Vec<Name>,
    images: Vec<Name>,
    tag: Option<Name>,
    text: &'static str,
    program: OnceLock<Option<Box<Program>>>,
}

impl Entry {
    fn of_file(file: &'static File) -> Self {
        let names = |names: &'static [&'static str]| names.iter().map(|name| Cow::Borrowed(*name)).collect();
        Self {
            name: Cow::Borrowed(file.name),
            binaries: names(file.binaries),
            images: names(file.images),
            tag: file.tag.map(Cow::Borrowed),
            text: file.text,
            program: OnceLock::new(),
        }
    }

    fn of_program(program: Program) -> Self {
        let names = |names: &[String]| names.iter().cloned().map(Cow::Owned).collect();
        Self {
            name: Cow::Owned(program.program.clone()),
            binaries: names(&program.binaries),
            images: names(&program.images),
            tag: program.tag.clone().map(Cow::Owned),
            text: "",
            program: OnceLock::from(Some(Box::new(program))),
        }
    }

    fn program(&self) -> Option<&Program> {
        self.program.get_or_init(|| parse(&self.name, self.text).ok().map(Box::new)).as_deref()
    }
}

impl Programs {
    /// The programs of this release.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The programs that a project describes, which count before ours.
    ///
    /// # Errors
    /// The first entry that describes no program.
    pub fn own(entries: &[serde_json::Value]) -> Result<Self, String> {
        // As texts, which ours are too: a reader of values besides would double what all these types take in the program.
        let read = |entry: &serde_json::Value| serde_json::from_str(&entry.to_string());
        let all: Result<Vec<Program>, _> = entries.iter().map(read).collect();
        let all = all.map_err(|error| error.to_string().split(" at line ").next().unwrap_or_default().to_owned())?;
        Ok(Self { extends: true, ..Self::of(all.into_iter().map(Entry::of_program).collect()) })
    }

    fn of(all: Vec<Entry>) -> Self {
        let mut programs = Self { all, ..Self::default() };
        programs.by_binary.reserve(2 * programs.all.len());
        programs.by_image.reserve(2 * programs.all.len());
        for (number, entry) in programs.all.iter().enumerate() {
            for binary in entry.binaries.iter().filter(|binary| !is_common_word(binary)) {
                // of several, the one that is called so
                let known = programs.by_binary.entry(binary.clone()).or_insert(number);
                if entry.name == *binary {
                    *known = number;
                }
            }
            for (place, image) in entry.images.iter().enumerate() {
                let last = match image {
                    Cow::Borrowed(image) => Cow::Borrowed(last_segment(image)),
                    Cow::Owned(image) => Cow::Owned(last_segment(image).to_owned()),
                };
                if let Some((start, end)) = last.split_once('*') {
                    let (start, end) = (Cow::Owned(start.to_owned()), Cow::Owned(end.to_owned()));
                    programs.by_pattern.push((start, end, (number, place)));
                } else {
                    programs.by_image.entry(last).or_default().push((number, place));
                }
            }
        }
        programs
    }

    /// All programs, ours left out where these are a project's.
    pub fn all(&self) -> impl Iterator<Item = &Program> {
        self.all.iter().filter_map(Entry::program)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|entry| entry.name.as_ref())
    }

    /// The description of one of ours, as it is written.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'static str> {
        self.all.iter().find(|entry| entry.name == name).map(|entry| entry.text).filter(|text| !text.is_empty())
    }

    /// The program that an executable is, by its name without folder.
    #[must_use]
    pub fn of_binary(&self, name: &str) -> Option<&Program> {
        let own = self.by_binary.get(name).and_then(|number| self.all.get(*number)?.program());
        own.or_else(|| if self.extends { Self::built_in().of_binary(name) } else { None })
    }

    /// The program that an executable is in a container of this image: what the image says of its own executables counts
    /// before what a name says.
    #[must_use]
    pub fn of_binary_in(&self, name: &str, image: &str) -> Option<&Program> {
        let of_image = self.of_image(image).filter(|program| program.binaries.iter().any(|binary| binary == name));
        of_image.or_else(|| self.of_binary(name))
    }

    /// Whether only a name that any program may have tells which one an executable is: one of plain words, in an image that
    /// is not known for it.
    #[must_use]
    pub fn is_told_by_plain_words(&self, name: &str, image: &str) -> bool {
        let is_plain = name.split(['-', '_']).all(|word| PLAIN.contains(&word));
        is_plain && !self.of_image(image).is_some_and(|program| program.binaries.iter().any(|binary| binary == name))
    }

    /// The program that an image starts, by the end of its repository: of several that fit the longest.
    #[must_use]
    pub fn of_image(&self, reference: &str) -> Option<&Program> {
        let (repository, tag) = split(reference);
        let plain = match repository.rsplit_once('-') {
            Some((plain, "amd64" | "arm64" | "arm" | "ppc64le" | "s390x")) => plain,
            _ => repository,
        };
        let by_whole = self.named(last_segment(repository));
        let by_name = (plain.len() < repository.len()).then(|| self.named(last_segment(plain))).into_iter().flatten();
        let fits = |(number, place): &&(usize, usize)| {
            let entry = &self.all[*number];
            let image = &entry.images[*place];
            let is_called_so =
                ends_with(repository, image) || plain.len() < repository.len() && ends_with(plain, image);
            is_called_so && entry.tag.as_ref().is_none_or(|wanted| has_tag(tag, wanted))
        };
        let candidates = by_whole.chain(by_name).filter(fits);
        let weight = |(number, place): &&(usize, usize)| {
            let entry = &self.all[*number];
            (entry.images[*place].len(), entry.tag.is_some(), std::cmp::Reverse(*number))
        };
        let own = candidates.max_by_key(weight).and_then(|(number, _)| self.all[*number].program());
        own.or_else(|| if self.extends { Self::built_in().of_image(reference) } else { None })
    }

    /// Programs and numbers of the images whose last segment may be this one.
    fn named(&self, last: &str) -> impl Iterator<Item = &(usize, usize)> {
        let is_like = |start: &str, end: &str| last.starts_with(start) && last.ends_with(end);
        let like = self.by_pattern.iter().filter(move |(start, end, _)| is_like(start, end));
        self.by_image.get(last).into_iter().flatten().chain(like.map(|(_, _, image)| image))
    }

    /// Whether another tag of this image may mean another program.
    #[must_use]
    pub fn depend_on_tag(&self, reference: &str) -> bool {
        let (repository, _) = split(reference);
        let own = self.named(last_segment(repository)).any(|(number, place)| {
            let entry = &self.all[*number];
            entry.tag.is_some() && ends_with(repository, &entry.images[*place])
        });
        own || self.extends && Self::built_in().depend_on_tag(reference)
    }
}

/// Reads one file.
fn parse(name: &str, text: &str) -> Result<Program, serde_json::Error> {
    let source = Arc::new(Source::from_text(name, text));
    let (documents, _) = yaml::as_kubectl(yaml::read(&source));
    let json = documents.first().map_or_else(String::new, |document| document.to_json(document.root()));
    serde_json::from_str(&json)
}

#[cfg(test)]
mod tests {
    use super::{FILES, Programs, ends_with, has_tag, parse, split};

    #[test]
    fn every_file_is_read_and_named_as_its_program() {
        let mut names = Vec::new();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facts/programs");
        for file in FILES {
            let (name, text) = (file.name, file.text);
            let program = parse(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(name, program.program);
            assert!(folder.join(format!("{name}.yaml")).exists(), "{name}: a file is called as its program");
            assert!(!program.binaries.is_empty(), "{name}: no binary");
            assert!(!program.source.is_empty(), "{name}: says not where it is from");
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let found_by = (owned(file.binaries), owned(file.images), file.tag);
            let read = (program.binaries.clone(), program.images.clone(), program.tag.as_deref());
            assert_eq!(found_by, read, "{name}: lists of names are on one line each");
            names.push(program.program);
        }
        assert!(names.len() > 100, "{}", names.len());
        assert_eq!(Programs::built_in().all().count(), names.len());
    }

    #[test]
    fn defaults_have_the_form_of_their_row() {
        for program in Programs::built_in().all() {
            let rows = program.listens.iter().chain(&program.dials);
            for row in rows.filter(|row| row.form == super::super::program::Form::Port) {
                for text in row.absent.iter().filter(|text| !text.contains('$')) {
                    assert!(text.parse::<u16>().is_ok(), "{}: `{text}` is not a port", program.program);
                }
            }
        }
    }

    #[test]
    fn no_image_is_two_programs() {
        let mut seen = std::collections::HashMap::new();
        for program in Programs::built_in().all() {
            for image in &program.images {
                let key = (image.clone(), program.tag.clone());
                if let Some(other) = seen.insert(key, &program.program) {
                    panic!("{image} is {other} and {}", program.program);
                }
            }
        }
    }

    #[test]
    fn tags() {
        for tag in ["v1.18.2", "1.9", "v1.22.17-eks.3", "0.4"] {
            assert!(has_tag(tag, "<1.23"), "{tag}");
        }
        for tag in ["v1.23.0", "1.30", "2.0", "latest", "", "v1", "1", "99999999999999999999999.1"] {
            assert!(!has_tag(tag, "<1.23"), "{tag}");
        }
        assert!(has_tag("8.3-fpm-alpine", "fpm") && !has_tag("8.3-apache", "fpm"));
    }

    #[test]
    fn repositories() {
        assert_eq!(split("registry:5000/a/b:1@sha256:0"), ("registry:5000/a/b", "1"));
        assert!(ends_with("quay.io/bitnami/nginx", "bitnami/nginx") && !ends_with("a/mynginx", "nginx"));
        assert!(ends_with("gcr.io/x/csi-provisioner", "csi-*") && !ends_with("x/acsi-a", "csi-*"));
    }
}
