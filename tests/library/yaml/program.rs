//! `patterns read` as a user runs it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::support::binary;

/// Runs `patterns read -` on `input`.
fn read(input: &[u8]) -> Output {
    let mut child = Command::new(binary())
        .args(["read", "-", "--color", "never"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn documents_come_out_one_a_line() {
    let output = read(b"b: yes\na: 0644\n---\n# nothing\n---\n- x\n");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output), "{\"a\":420,\"b\":true}\n[\"x\"]\n");
    assert!(output.stderr.is_empty());
}

#[test]
fn documents_before_the_refused_one_come_out_first() {
    let output = read(b"a: 1\n---\nb: [\n---\nc: 3\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out(&output), "{\"a\":1}\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("never closed"));
}

#[test]
fn a_file_that_is_not_there_fails_the_run() {
    let output = Command::new(binary()).args(["read", "no/such/file.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/file.yaml"));
}

#[test]
fn bytes_that_are_not_utf8_are_a_warning() {
    let output = read(b"# caf\xe9\na: 1\n");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output), "{\"a\":1}\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("a byte of this file is not UTF-8"));
}

#[test]
fn refusals_look_like_this() {
    let inputs: [&[u8]; 10] = [
        b"a:\n\t- b\n",
        b"a: \"x\nb: 1\n",
        b"a: [1, 2\nb: 3\n",
        b"key: a: b\n",
        b"host: *.example.com\n",
        b"a:\n    b: 1\n  c: 2\n",
        b"a: {{ .Values.x }}\n",
        b"%YAML 1.2\n---\na: 1\n",
        b"a: 1\n--- {b: 2}\n",
        b"a: \x07\n",
    ];
    let all: Vec<_> = inputs.iter().map(|input| String::from_utf8_lossy(&read(input).stderr).into_owned()).collect();
    insta::assert_snapshot!(all.join("\n"));
}
