//! A folder of one test's own, and `patterns` run in it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use super::{Run, binary, run_of};

/// The folder that cargo has for the files of tests.
const ALL: &str = env!("CARGO_TARGET_TMPDIR");

/// Who has taken a folder, and how many [`OwnFolder`]s there are of it.
struct Taken {
    by: ThreadId,
    count: usize,
}

/// All that were ever taken. What makes or removes folders holds this: a folder is not removed while another is made in
/// it.
fn taken() -> MutexGuard<'static, BTreeMap<PathBuf, Taken>> {
    static TAKEN: Mutex<BTreeMap<PathBuf, Taken>> = Mutex::new(BTreeMap::new());
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder of one test's own. It is removed in the end, and stays to be looked at if the test has failed.
#[must_use = "it is removed when this is dropped"]
pub struct OwnFolder(PathBuf);

/// An empty folder with this name for the test that asks, below the one that cargo has for the files of tests.
///
/// # Panics
/// If another test of this run has taken the folder, or one in it or around it: tests run at the same time, and these
/// would now and then empty it for each other.
pub fn own_folder(name: impl AsRef<Path>) -> OwnFolder {
    let path = Path::new(ALL).join(name);
    let ours = thread::current().id();
    let mut all = taken();
    let meets =
        |(other, taken): &(&PathBuf, &Taken)| taken.by != ours && (path.starts_with(other) || other.starts_with(&path));
    let other = all.iter().find(meets).map(|(other, _)| other.clone());
    if other.is_none() {
        all.entry(path.clone()).or_insert(Taken { by: ours, count: 0 }).count += 1;
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
    }
    drop(all);
    assert_eq!(other, None, "another test uses this folder: give {} a name that no other has", path.display());
    OwnFolder(path)
}

impl OwnFolder {
    /// Its path. The folder stays.
    pub fn keep(self) -> PathBuf {
        ManuallyDrop::new(self).0.clone()
    }
}

impl Deref for OwnFolder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for OwnFolder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        let mut all = taken();
        let Some(taken) = all.get_mut(&self.0) else { return };
        taken.count -= 1;
        if taken.count > 0 || thread::panicking() {
            return;
        }
        let _ = fs::remove_dir_all(&self.0);
        let above = self.0.ancestors().skip(1).take_while(|above| *above != Path::new(ALL));
        for folder in above {
            // which is only possible once it is empty
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A folder that is emptied before the test.
pub struct Folder(pub OwnFolder);

impl Folder {
    /// The folder of a test: `suite` and `name` together are unique.
    pub fn new(suite: &str, name: &str) -> Self {
        Self(own_folder(Path::new(suite).join(name)))
    }

    /// Writes a file, and the folders above it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Runs `patterns` here.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"", &[])
    }

    /// Runs `patterns` here with something on standard input and in the environment.
    pub fn run_with(&self, arguments: &[&str], stdin: &[u8], environment: &[(&str, &str)]) -> Run {
        let mut child = Command::new(binary())
            .current_dir(&self.0)
            .envs(environment.iter().copied())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin);
        run_of(child.wait_with_output().unwrap())
    }
}
