//! Running the real binary, as users do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses what it needs")]

pub mod editor;
pub mod folder;
pub mod objects;
pub mod port;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run left behind.
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The `patterns` binary under test: the one that `PATTERNS_BINARY` names by its absolute path, or the one that cargo
/// built for the tests.
///
/// `.ci/run` names the one that `cargo build --release` makes, which is not quite the same: cargo builds the binary of a
/// test run with the features that development dependencies ask of shared dependencies.
pub fn binary() -> PathBuf {
    std::env::var_os("PATTERNS_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_patterns").into(), PathBuf::from)
}

/// Runs `patterns` with `args` in the project's root, `stdin` on standard input.
pub fn patterns_with(args: &[&str], stdin: &[u8]) -> Run {
    patterns_in(".", args, stdin)
}

/// The same in a folder of the project.
pub fn patterns_in(folder: &str, args: &[&str], stdin: &[u8]) -> Run {
    let mut child = Command::new(binary())
        .args(args)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut pipe = child.stdin.take().expect("stdin is piped");
    let bytes = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = pipe.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the writer ends");
    run_of(output)
}

/// Runs `patterns` with `args` and nothing on standard input.
pub fn patterns(args: &[&str]) -> Run {
    patterns_with(args, b"")
}

/// The formats of `patterns lint`, by what it says of an unknown one, so that each test of all formats has a new one.
pub fn lint_formats() -> Vec<String> {
    let refusal = patterns(&["lint", "--format", "none", "."]).stderr;
    let names = refusal.split("known are ").nth(1).unwrap().lines().next().unwrap();
    let all: Vec<String> = names.split(", ").map(str::to_owned).collect();
    assert_eq!(all[..2], ["terminal", "concise"]);
    all
}

/// Expands a description given as text.
pub fn generate(description: &str) -> Run {
    patterns_with(&["gen", "-"], description.as_bytes())
}

/// What `patterns import --format json` says of manifests given as text.
pub fn import_report(manifests: &str) -> serde_json::Value {
    let run = patterns_with(&["import", "--format", "json", "-"], manifests.as_bytes());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// The documents of a YAML stream as kubectl reads them.
pub fn documents(yaml: &str) -> Vec<serde_json::Value> {
    let run = patterns_with(&["read", "-"], yaml.as_bytes());
    assert_eq!(run.code, 0, "kubectl would refuse this: {}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).expect("one JSON value a line")).collect()
}

/// All files below `folder` whose name ends so, sorted.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no {ending} below {folder}");
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// A path relative to the project's root, with `/`.
pub fn relative(path: &Path) -> String {
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path);
    path.to_string_lossy().trim_start_matches('/').replace('\\', "/")
}

/// What a finished program left behind.
pub fn run_of(output: Output) -> Run {
    Run {
        code: output.status.code().expect("not killed by a signal"),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}
