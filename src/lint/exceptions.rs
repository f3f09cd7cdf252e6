//! Places where a project may break a rule: `exceptions` of its settings, found by what they name.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::gitignore::Gitignore;

use crate::describe::Place;
use crate::diagnostic::{Finding, ObjectRef};
use crate::kube::File;

/// A place where a rule may be broken.
#[derive(Debug)]
pub(super) struct Exception {
    pub(super) rule: String,
    pub(super) place: Place,
    pub(super) paths: Option<Gitignore>,
    pub(super) object: Option<String>,
    /// Whether it has covered a file of this run, and a finding.
    reached: AtomicBool,
    used: AtomicBool,
}

impl Exception {
    pub(super) fn new(rule: String, place: Place, paths: Option<Gitignore>, object: Option<String>) -> Self {
        Self { rule, place, paths, object, reached: AtomicBool::new(false), used: AtomicBool::new(false) }
    }

    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn is_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    fn is_path(&self, path: Option<&Path>) -> bool {
        match (&self.paths, path) {
            (None, _) => true,
            (Some(paths), Some(path)) => {
                path.starts_with(paths.path()) && paths.matched_path_or_any_parents(path, false).is_ignore()
            }
            (Some(_), None) => false,
        }
    }
}

/// The exceptions of one project.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    all: Vec<Exception>,
    /// Where their paths begin.
    root: PathBuf,
    /// Those whose paths are one file or lie in one folder, by that.
    by_path: HashMap<PathBuf, Vec<usize>>,
    /// Others of one object, by its kind and name.
    by_object: HashMap<String, Vec<usize>>,
    anywhere: Vec<usize>,
}

/// An object as exceptions name it.
fn name(id: &ObjectRef) -> String {
    format!("{}/{}", id.kind, id.name)
}

impl Exceptions {
    /// Adds an exception, with its path as it is written.
    pub(super) fn add(&mut self, exception: Exception, path: Option<&str>) {
        let at = self.all.len();
        if let Some(paths) = &exception.paths {
            paths.path().clone_into(&mut self.root);
        }
        match (path.and_then(beginning), &exception.object) {
            (Some(path), _) => self.by_path.entry(PathBuf::from(path)).or_default().push(at),
            (None, Some(object)) => self.by_object.entry(object.clone()).or_default().push(at),
            (None, None) => self.anywhere.push(at),
        }
        self.all.push(exception);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Exception> {
        self.all.iter()
    }

    /// Those for a path that name nothing, or one of these objects.
    fn of(&self, path: Option<&Path>, objects: &HashSet<String>) -> Vec<&Exception> {
        let has_object = |exception: &&Exception| exception.object.as_ref().is_none_or(|name| objects.contains(name));
        let near = self.near(path, objects);
        near.into_iter().filter(has_object).filter(|exception| exception.is_path(path)).collect()
    }

    /// Those that may be for a path and these objects, by what they name.
    fn near(&self, path: Option<&Path>, objects: &HashSet<String>) -> Vec<&Exception> {
        let below = path.and_then(|path| path.strip_prefix(&self.root).ok());
        let by_path = below.into_iter().flat_map(Path::ancestors).filter_map(|path| self.by_path.get(path));
        let by_object = objects.iter().filter_map(|object| self.by_object.get(object));
        by_path.chain(by_object).flatten().chain(&self.anywhere).map(|at| &self.all[*at]).collect()
    }

    /// Takes out the findings of a file that are excepted.
    pub(super) fn apply(&self, file: &File, findings: &mut Vec<Finding>) {
        if self.all.is_empty() {
            return;
        }
        let objects: HashSet<String> = file.objects.iter().map(|object| name(&object.id)).collect();
        let mut covering: HashMap<(&str, Option<&str>), Vec<&Exception>> = HashMap::new();
        for exception in self.of(file.path.as_deref(), &objects) {
            exception.reached.store(true, Ordering::Relaxed);
            covering.entry((&exception.rule, exception.object.as_deref())).or_default().push(exception);
        }
        findings.retain(|finding| {
            let Some(rule) = finding.rule else { return true };
            let object = finding.object.as_ref().map(name);
            let rules = [rule.name, rule.family.name()];
            let places = [None, object.as_deref()];
            let places = &places[..if object.is_some() { 2 } else { 1 }];
            let keys = rules.iter().flat_map(|rule| places.iter().map(move |place| (*rule, *place)));
            let mut is_kept = true;
            for exception in keys.filter_map(|key| covering.get(&key)).flatten() {
                exception.used.store(true, Ordering::Relaxed);
                is_kept = false;
            }
            is_kept
        });
    }

    /// Forgets which exceptions were of use to an earlier run.
    pub(super) fn forget_uses(&self) {
        for exception in &self.all {
            exception.reached.store(false, Ordering::Relaxed);
            exception.used.store(false, Ordering::Relaxed);
        }
    }

    /// Whether a finding that comes from the file at `path`, which something else was rendered from, is excepted there.
    pub(super) fn has(&self, finding: &Finding, path: &Path) -> bool {
        let Some(rule) = finding.rule else { return false };
        let mut is_excepted = false;
        for exception in self.of(Some(path), &finding.object.iter().map(name).collect()) {
            if exception.rule == rule.name || exception.rule == rule.family.name() {
                exception.used.store(true, Ordering::Relaxed);
                is_excepted = true;
            }
        }
        is_excepted
    }

    /// Notes that the run looked at a file that something else was rendered from.
    pub(super) fn looked_at(&self, path: &Path) {
        for exception in self.of(Some(path), &HashSet::new()) {
            exception.reached.store(true, Ordering::Relaxed);
        }
    }
}

/// The file or folder that all of a pattern's paths are, or lie in, as far as it says so in letters; none for one that
/// fits at any depth.
fn beginning(pattern: &str) -> Option<&str> {
    let pattern = pattern.trim_end().trim_end_matches('/');
    if pattern.starts_with(['!', '#']) || pattern.contains('\\') || !pattern.contains('/') {
        return None;
    }
    let pattern = pattern.trim_start_matches('/');
    let letters = match pattern.find(['*', '?', '[', '{']) {
        Some(at) => &pattern[..pattern[..at].rfind('/')?],
        None => pattern,
    };
    (!letters.is_empty()).then_some(letters)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;
    use std::sync::Arc;

    use ignore::gitignore::GitignoreBuilder;

    use super::{Exception, Exceptions, beginning};
    use crate::describe::Place;
    use crate::yaml::{Source, Span};

    /// However many there are, few are compared with a file.
    #[test]
    fn exceptions_are_found_by_what_they_name() {
        let mut exceptions = Exceptions::default();
        let place = Place { source: Arc::new(Source::from_text("a", "")), span: Span::default() };
        for at in 0..1000 {
            let path = format!("x/a{at}.yaml");
            let mut builder = GitignoreBuilder::new("/r");
            let paths = builder.add_line(None, &path).unwrap().build().unwrap();
            exceptions.add(Exception::new("norway".to_owned(), place.clone(), Some(paths), None), Some(&path));
            let object = Some(format!("ConfigMap/c{at}"));
            exceptions.add(Exception::new("norway".to_owned(), place.clone(), None, object), None);
        }
        let objects = HashSet::from(["ConfigMap/c7".to_owned()]);
        let path = Some(Path::new("/r/x/a7.yaml"));
        assert_eq!(exceptions.near(path, &objects).len(), 2);
        assert_eq!(exceptions.of(path, &objects).len(), 2);
        assert_eq!(exceptions.of(Some(Path::new("/r/y/a7.yaml")), &objects).len(), 1);
        assert_eq!(exceptions.of(Some(Path::new("/other/x/a7.yaml")), &HashSet::new()).len(), 0);
        assert_eq!(exceptions.of(None, &objects).len(), 1);
    }

    #[test]
    fn patterns_begin_in_letters_or_fit_at_any_depth() {
        let anywhere = ["a.yaml", "legacy/", "**/vendor/*.yaml", "*/a.yaml", "/*.yaml", "!a/b", "a\\/b", "#a/b", "/"];
        for pattern in anywhere {
            assert_eq!(beginning(pattern), None, "{pattern}");
        }
        for (pattern, path) in [
            ("x/a.yaml", "x/a.yaml"),
            ("/a.yaml", "a.yaml"),
            ("/legacy/", "legacy"),
            ("x/y/*.yaml", "x/y"),
            ("x/y*/a.yaml", "x"),
            ("x/**", "x"),
            ("x/{a,b}.yaml", "x"),
            ("x/a.yaml ", "x/a.yaml"),
        ] {
            assert_eq!(beginning(pattern), Some(path), "{pattern}");
        }
    }
}
