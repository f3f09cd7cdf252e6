//! What a user is told about text that kubectl refuses, and which bytes are underlined.

use std::fmt::Write as _;
use std::sync::Arc;

use patterns::yaml::{self, Source};

/// The message, the line with its bytes underlined, the mechanism and the help.
fn explain(input: &str) -> String {
    let source = Arc::new(Source::decode("case.yaml", input.as_bytes().to_vec()).unwrap());
    let (_, refusal) = yaml::as_kubectl(yaml::read(&source));
    let refusal = refusal.unwrap_or_else(|| panic!("{input:?} is accepted"));
    let place = source.position(refusal.span.start);
    let line = source.text.lines().nth(place.line - 1).unwrap_or("");
    let width = source.slice(refusal.span).chars().count().max(1);
    let shown: String = line.chars().take(72).map(|c| if c == '\t' { '→' } else { c }).collect();
    let mut out = format!("{}\n", refusal.message);
    let _ = writeln!(out, "{:>5} | {shown}", place.line);
    let _ = writeln!(out, "      | {}{}", " ".repeat(place.column - 1), "^".repeat(width));
    if let Some(why) = refusal.why {
        let _ = writeln!(out, "why:  {why}");
    }
    if let Some(help) = refusal.help {
        let _ = writeln!(out, "help: {help}");
    }
    out
}

#[test]
fn refusals_say_what_why_and_what_to_do() {
    let long_key = format!("{}: 1\n", "k".repeat(1100));
    let inputs = [
        "a:\n\t- b\n",
        "a: 1\n\tb: 2\n",
        "a: |\n\tx\n",
        "a: \"x\nb: 1\n",
        "a: \"x\nb: \"y\"\n",
        "a: 'it's'\nb: 1\n",
        "message: \"he said \"hi\"\"\n",
        "a: [1, 2\nb: 3\n",
        "a: {b: 1,\n",
        "{\"a\": 1,\n \"b\": 2\n \"c\": 3}\n",
        "a: [\"x\" \"y\"]\n",
        "a: {b: ${c}}\n",
        "[a,,b]\n",
        "- name: x\n  command: echo: foo\n",
        "host: *.example.com\n",
        "schedule: */5 * * * *\n",
        "args: [*, b]\n",
        "a: %d\n",
        "a: @daily\n",
        "a: `date`\n",
        "a:\n    b: 1\n  c: 2\n",
        "- a: 1\n b: 2\n",
        "spec:\n  containers:\n  - name: a\n    ports:\n    - port: 1\n - name: b\n",
        "spec:\n  containers:\n - name: a\n",
        "data:\n  a: |\n    x: 1\n    - y\n   # z\n    - y\n",
        "list:\n- |\n  x\n  y: 1\n # z\n\n  y: 2\n",
        "data:\n  a: |\n    x: 1\n   b: 2\n",
        "args:\n- |\n  cat <<EOF > a\n[x]\ny = 1\nEOF\n",
        "data:\n  run.sh: |\n    cat > a <<-'END'\n    b\n   c\n    END\n",
        "data:\n  a: |\n    cat <<EOF\n    b\n    EOF\nc\n",
        "list:\n  - a.conf=|\n      # z\n      b = 1\n",
        "list:\n  - a.conf=|\n      b = 1\n   c: 1\n",
        "a: 1\n b: 2\n",
        "a: b\n- c\n",
        "- a\nb: c\n",
        "a: 1\nb\nc: 2\n",
        "a: 1\nb:2\nc: 3\n",
        "a\nb: 1\n",
        "a: 1\n# │ b │\n│ c │\nd: 1\n",
        "a: 1\n# b\nc d\n# e\nf: 1\n",
        "a: 1\n# b\nc d\nf: 1\n",
        &long_key,
        "a: - b\n",
        "a: |b\n",
        "a: \"C:\\Windows\"\n",
        "a: \"\\u12\"\n",
        "a: \"\\ud800\"\n",
        "a: \"x\\/y\"\n",
        "a: {{ .Values.x }}\n",
        "a: 1\n{{- if .Values.x }}\nb: 1\n",
        "a: *x\n",
        "a: &x [*x]\n",
        "%YAML 1.2\n---\na: 1\n",
        "%YAML 1.1\n---\na: 1\n",
        "a: \u{7}\n",
        "a: 1\n--- {b: 2}\n",
        "a: |\n-----BEGIN CERTIFICATE-----\n",
        "...\na: 1\n",
        "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> feature\n",
        "data:\n  a: |\n    x\n<<<<<<< HEAD\n    y\n||||||| 1a2b3c\n    z\n=======\n>>>>>>> feature\n",
        "a: [\n<<<<<<< HEAD\n  1,\n=======\n  2,\n>>>>>>> feature\n]\n",
        "a: 1\n>>>>>>> feature\n",
        "a: !e!x y\n",
        "a: .inf\n",
        "~: x\n",
        "<<: 1\n",
        "{\"a\": 1}\n{\"b\": 2}\n{\"c\": \n",
        "{\"a\": 1e999}\n",
    ];
    let all: Vec<_> = inputs.iter().map(|input| explain(input)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

/// Whatever the input, a message fits a screen and names bytes of it.
#[test]
fn refusals_of_long_lines_stay_short() {
    let long = "x".repeat(100_000);
    let inputs = [
        "*",
        "@",
        "&",
        "!e!",
        "!{",
        "a: b: ",
        "a: - ",
        "a: |",
        "a: ? ",
        "a: 1\n",
        "- a\n",
        "a: \"x\" ",
        "[\"a\" \"",
        "%",
        "a: *",
        "\ta",
    ];
    for start in inputs {
        let source = Arc::new(Source::decode("x", format!("{start}{long}\n").into_bytes()).unwrap());
        if let (_, Some(refusal)) = yaml::as_kubectl(yaml::read(&source)) {
            assert!(refusal.message.len() < 200, "{start}");
            assert!(refusal.help.is_none_or(|help| help.len() < 300), "{start}");
        }
    }
    let source = Arc::new(Source::decode("x", format!("a: 1\n {long}: 2\n").into_bytes()).unwrap());
    let (_, refusal) = yaml::as_kubectl(yaml::read(&source));
    assert!(refusal.unwrap().message.len() < 200);
}
