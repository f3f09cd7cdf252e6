//! A folder of one test's own, and `patterns` run in it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use super::{Run, binary, run_of};

/// An empty folder with this name for the test that asks, below the one that cargo has for the files of tests.
///
/// # Panics
/// If another test of this run has taken the folder, or one in it or around it: tests run at the same time, and these
/// would now and then empty it for each other.
pub fn own_folder(name: impl AsRef<Path>) -> PathBuf {
    static TAKEN: Mutex<BTreeMap<PathBuf, ThreadId>> = Mutex::new(BTreeMap::new());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let ours = thread::current().id();
    let other = {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let meets =
            |(other, by): &(&PathBuf, &ThreadId)| **by != ours && (path.starts_with(other) || other.starts_with(&path));
        let other = taken.iter().find(meets).map(|(other, _)| other.clone());
        taken.entry(path.clone()).or_insert(ours);
        other
    };
    assert_eq!(other, None, "another test uses this folder: give {} a name that no other has", path.display());
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// A folder that is emptied before the test.
pub struct Folder(pub PathBuf);

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
