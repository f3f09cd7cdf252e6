//! Files that a test names as what it is about, and which are made for it: wrong on purpose, or parts of objects.

use std::path::{Path, PathBuf};

use super::file::File;
use crate::files::{identity, real_in};
use crate::kube::Object;
use crate::kube::hash::FastMap;
use crate::yaml::NodeId;

/// Files and folders that tests name, each with the folder of its test.
#[derive(Default)]
pub(super) struct Tested(FastMap<PathBuf, PathBuf>);

impl Tested {
    /// What the tests among some files name.
    pub fn of(files: &[File]) -> Self {
        let mut all = Self::default();
        for file in files {
            let Some(folder) = file.path.as_deref().and_then(Path::parent) else { continue };
            for object in &file.objects {
                for named in named(object, folder) {
                    all.0.entry(named).or_insert_with(|| folder.to_path_buf());
                }
            }
        }
        all
    }

    /// Takes the files out that tests name, but for what the user asked for without the test, and returns how many of them
    /// were to be reported on.
    pub fn take_out(&self, files: &mut Vec<File>, asked: &[PathBuf]) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        let asked: Vec<PathBuf> = asked.iter().map(|path| identity(path)).collect();
        let is_asked =
            |path: &Path, test: &Path| asked.iter().any(|asked| path.starts_with(asked) && !test.starts_with(asked));
        let is_tested = |file: &File| {
            let path = file.path.as_deref()?;
            let test = path.ancestors().find_map(|part| self.0.get(part))?;
            (!is_asked(path, test)).then_some(())
        };
        let mut count = 0;
        files.retain(|file| {
            let is_tested = is_tested(file).is_some();
            count += usize::from(is_tested && file.reported);
            !is_tested
        });
        count
    }
}

/// What a test names: the objects that `gator verify` judges, with those that are there already, of which a policy may
/// refuse any (open-policy-agent/gatekeeper: `website/docs/gator.md`), and the files of a step of kuttl: what it applies is
/// merged into what is there, and what it expects are parts of objects (kuttl.dev: docs/testing/steps). A test may apply
/// the project's own manifests: those lie elsewhere.
fn named(object: &Object, folder: &Path) -> Vec<PathBuf> {
    let group = object.id.api_version.split('/').next().unwrap_or_default();
    let of_test = match (group, &*object.id.kind) {
        ("test.gatekeeper.sh", "Suite") => of_suite(object),
        ("kuttl.dev", "TestStep") => of_step(object, folder),
        _ => return Vec::new(),
    };
    of_test.into_iter().filter_map(|path| real_in(folder, Path::new(path)).ok()).collect()
}

fn of_suite(object: &Object) -> Vec<&str> {
    let document = &object.document;
    let list = |node: NodeId, key: &str| document.get(node, key).map_or(&[][..], |list| document.items(list));
    let cases = list(object.node, "tests").iter().flat_map(|test| list(*test, "cases"));
    let named = cases.flat_map(|case| {
        let inventory = list(*case, "inventory").iter().filter_map(|path| document.str(*path));
        document.get_str(*case, "object").into_iter().chain(inventory)
    });
    named.collect()
}

fn of_step<'a>(object: &'a Object, folder: &Path) -> Vec<&'a str> {
    let document = &object.document;
    let list = |key: &str| {
        let list = document.get(object.node, key).map_or(&[][..], |list| document.items(list));
        list.iter().filter_map(|path| document.str(*path))
    };
    let is_beside = |path: &&str| real_in(folder, Path::new(path)).is_ok_and(|path| path.starts_with(folder));
    list("apply").filter(is_beside).chain(list("assert")).chain(list("error")).collect()
}
