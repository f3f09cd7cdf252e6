//! The formats of `patterns lint`, fixes and baselines, as a user sees them.

use std::fs;
use std::process::Command;

use crate::support::folder::Folder;
use crate::support::folder::own_folder;
use crate::support::{binary, lint_formats};

/// An error with a safe fix, an error with an unsafe one, and text that formats have to escape.
const REPORT: &str = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: report
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: report # does the \"work\"
          image: registry.example.com/report:1.4
          env:
            - name: COUNTRY
              value: no # <Norway> & `others`
        - name: proxy
          image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1
          args: [\"shop:europe-west1:orders\"]
";
const BAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata: {a: 1}\n";
const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: clean}\n";

/// All formats but the one for terminals.
fn formats() -> Vec<String> {
    lint_formats().into_iter().skip(1).collect()
}

/// The names of rules, where a terminal follows links, and nowhere else.
#[test]
fn names_of_rules_lead_to_their_pages() {
    let folder = Folder::new("report", "links");
    folder.file("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: no}\n");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = Command::new(binary());
        for name in ["NO_COLOR", "TERM", "FORCE_COLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK"] {
            command.env_remove(name);
        }
        command.env("PATTERNS_BOOK", "https://docs.example.com/patterns").envs(variables.iter().copied());
        let output = command.current_dir(&folder.0).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let page =
        "\x1b]8;;https://docs.example.com/patterns/reference/rules/manifest.html#norway\x1b\\norway\x1b]8;;\x1b\\";
    let force = ("FORCE_HYPERLINK", "1");
    let lint = ["lint", "--format", "terminal", "--format", "json=out.json", "a.yaml"];
    let shown = run(&lint, &[force]);
    assert!(shown.contains(&format!("error[{page}]: ")), "{shown:?}");
    assert!(run(&["rules", "norway"], &[force]).contains(page));
    assert!(run(&["explain", "manifest"], &[force]).contains(page));
    for none in [&[][..], &[force, ("NO_COLOR", "1")], &[force, ("TERM", "dumb")], &[("FORCE_HYPERLINK", "0")]] {
        for arguments in [&lint[..], &["rules", "norway"]] {
            let shown = run(arguments, none);
            assert!(shown.contains("norway") && !shown.contains('\x1b'), "{none:?}: {shown:?}");
        }
    }
    assert!(!run(&["--color", "never", "lint", "a.yaml"], &[force]).contains('\x1b'));
    for format in &formats() {
        let shown = run(&["lint", "--format", format, "a.yaml"], &[force]);
        assert!(shown.contains("norway") && !shown.contains('\x1b'), "{format}: {shown:?}");
    }
    assert!(!folder.text("out.json").contains("docs.example.com"));
}

/// The layout of docs/policies.md: what a policy must refuse is no manifest of the project.
#[test]
fn examples_of_policies_are_left_to_the_test_of_policies() {
    let folder = Folder::new("report", "examples");
    for name in ["policy/bad", "policy/good", "bad"] {
        fs::create_dir_all(folder.0.join(name)).unwrap();
    }
    let policy = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: few}\nspec:\n  matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}\n  validations: [{expression: \"object.metadata.name != 'bad'\"}]\n";
    let bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\n";
    folder.file("policy/few.yaml", policy).file("policy/bad/bad.yaml", bad).file("policy/good/a.yaml", CLEAN);
    folder.file("clean.yaml", CLEAN);
    for (settings, option) in [
        ("lint: {policies: [policy/]}\n", &[][..]),
        ("lint: {policies: [policy/few.yaml]}\n", &[]),
        ("{}\n", &["--policy", "policy"]),
    ] {
        folder.file(".patterns.yaml", settings);
        let lint = |paths: &[&str]| folder.lint(&[&["--format", "concise"], option, paths].concat());
        assert_eq!(lint(&["."]).0, Some(0), "{settings}: {}", lint(&["."]).1);
        for named in ["policy/bad", "policy/bad/bad.yaml"] {
            let (code, out, err) = lint(&[named]);
            assert!(code == Some(1) && out.contains("policy-violation"), "{settings} {named}: {out}{err}");
        }
        folder.file("bad/bad.yaml", bad);
        assert!(
            lint(&["."]).1.starts_with("bad/bad.yaml:"),
            "{settings}: another folder of that name is the project's"
        );
        fs::remove_file(folder.0.join("bad/bad.yaml")).unwrap();
    }
}

/// The project's folder itself may hold them.
#[test]
fn policies_of_the_whole_project_hold() {
    let folder = Folder::new("report", "policies-here");
    let policy = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: few}\nspec:\n  matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}\n  validations: [{expression: \"object.metadata.name != 'bad'\"}]\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: few}\nspec: {policyName: few, validationActions: [Deny]}\n";
    folder.file("rules/few.yaml", policy);
    folder.file("bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\n");
    for here in [".", "./", "rules/.."] {
        folder.file(".patterns.yaml", format!("lint: {{policies: [\"{here}\"]}}\n"));
        let (code, out, err) = folder.lint(&["--format", "concise", "."]);
        assert!(code == Some(1) && out.contains("policy-violation"), "{here}: {out}{err}");
    }
}

/// Each with the right form, at its place.
#[test]
fn mistakes_of_settings_say_what_to_write() {
    let folder = Folder::new("report", "meant");
    folder.file("a.yaml", CLEAN);
    for (settings, said) in [
        ("lint: {rules: {norway: off}}", "help: write skip"),
        ("lint: {rules: {norway: \"off\"}}", "help: write skip"),
        ("lint: {rules: {norway: false}}", "help: write skip"),
        ("lint: {rules: {norway: Warn}}", "help: write warning"),
        ("lint: {rules: {norway: warnin}}", "did you mean `warning`?"),
        ("lint: {baseline: [}", "expected `]` before this"),
        ("lint: {baseline: (]}", "expected `,` or `}` before this"),
        ("lint: {programs: [{program: a, binaries: [a], listen: []}]}", "did you mean `listens`?"),
        ("lint: {programs: [{program: a, binaries: [a], listens: [{optin: x}]}]}", "did you mean `option`?"),
        ("lint: {programs: [{program: a, binaries: [a], role: sidecar/log}]}", "did you mean `sidecar/logs`?"),
        ("lint: {images: [{image: a, role: sidecar/foo}]}", "help: roles are `app`, "),
    ] {
        folder.file(".patterns.yaml", format!("{settings}\n"));
        let (code, _, err) = folder.lint(&["a.yaml"]);
        assert!(code == Some(2) && err.contains(said), "{settings}: {err}");
        assert!(!err.contains("write \"off\""), "{err}");
    }
    folder.file(".patterns.yaml", "lint: {baseline: old.json}\n");
    let err = folder.lint(&["a.yaml"]).2;
    assert!(err.contains("the baseline old.json does not exist"), "{err}");
}

/// What a run in a folder says and writes.
trait Lint {
    /// Exit code, standard output, standard error.
    fn lint(&self, arguments: &[&str]) -> (Option<i32>, String, String);

    fn text(&self, name: &str) -> String;
}

impl Lint for Folder {
    fn lint(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let run = self.run(&[&["lint"], arguments].concat());
        (Some(run.code), run.stdout, run.stderr)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

#[test]
fn every_format_says_the_same() {
    let folder = Folder::new("report", "formats");
    folder.file("a,b: 100%.yaml", REPORT).file("clean.yaml", CLEAN);
    for format in &formats() {
        let (code, out, _) = folder.lint(&["--format", format, "."]);
        assert_eq!(code, Some(1), "{format}");
        let shown = match format.as_str() {
            "gitlab" | "sarif" | "json" => {
                let value: serde_json::Value = serde_json::from_str(&out).unwrap();
                serde_json::to_string_pretty(&value).unwrap()
            }
            _ => out,
        };
        // a rule's page is in its own folder already
        let lines: Vec<&str> = shown.lines().filter(|line| !line.trim_start().starts_with("\"markdown\"")).collect();
        insta::assert_snapshot!(format.as_str(), lines.join("\n"));
    }
}

#[test]
fn a_clean_run_in_every_format() {
    let folder = Folder::new("report", "clean");
    folder.file("clean.yaml", CLEAN);
    for format in ["concise", "github"] {
        assert_eq!(folder.lint(&["--quiet", "--format", format, "."]), (Some(0), String::new(), String::new()));
    }
    assert_eq!(folder.lint(&["--format", "gitlab", "."]).1, "[]\n");
    assert_eq!(
        folder.lint(&["--format", "markdown", "."]).1,
        "No findings.\n\nchecked 1 object in 1 file: no findings\n"
    );
    assert!(folder.lint(&["--format", "junit", "."]).1.contains("tests=\"1\" failures=\"0\""));
    let sarif: serde_json::Value = serde_json::from_str(&folder.lint(&["--format", "sarif", "."]).1).unwrap();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
}

/// A path that begins with a slash would be taken for one below the base.
#[test]
fn sarif_names_files_outside_of_the_folder_by_a_whole_uri() {
    let folder = Folder::new("report", "outside#1");
    folder.file("a.yaml", BAD).file("inside/b.yaml", BAD);
    let path = folder.0.join("a.yaml");
    let (_, text, _) = folder.lint(&["--base=inside", "--format", "sarif", path.to_str().unwrap(), "inside/b.yaml"]);
    let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
    let places = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let places: Vec<&serde_json::Value> =
        places.map(|result| result.pointer("/locations/0/physicalLocation/artifactLocation").unwrap()).collect();
    let uri = format!("file://{}", path.to_str().unwrap().replace("outside#1", "outside%231"));
    assert!(places.contains(&&serde_json::json!({"uri": uri})), "{places:?}");
    assert!(places.contains(&&serde_json::json!({"uri": "b.yaml", "uriBaseId": "%SRCROOT%"})), "{places:?}");
}

#[test]
fn several_formats_in_one_run() {
    let folder = Folder::new("report", "several");
    folder.file("a.yaml", REPORT);
    let (code, out, _) =
        folder.lint(&["--format", "sarif=out.sarif", "--format", "concise", "--format", "junit=out.xml", "a.yaml"]);
    assert_eq!(code, Some(1));
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(folder.text("out.sarif").contains("\"2.1.0\""));
    assert!(folder.text("out.xml").starts_with("<?xml"));
    let (code, _, err) = folder.lint(&["--format", "sarif", "--format", "concise", "a.yaml"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("two formats write to standard output"), "{err}");
    assert!(folder.lint(&["--format", "xml", "a.yaml"]).2.contains("known are terminal, concise"));
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let folder = Folder::new("report", "fingerprints");
    let prints = |text: &str| {
        folder.file("a.yaml", text);
        let report: serde_json::Value =
            serde_json::from_str(&folder.lint(&["--format", "gitlab", "a.yaml"]).1).unwrap();
        report.as_array().unwrap().iter().map(|entry| entry["fingerprint"].clone()).collect::<Vec<_>>()
    };
    let before = prints(REPORT);
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1]);
    assert_eq!(before, prints(&format!("# a line more\n{REPORT}")));
}

#[test]
fn fixes_change_bytes_in_place() {
    let folder = Folder::new("report", "fix");
    folder.file("a.yaml", REPORT).file("clean.yaml", CLEAN).file(".git/HEAD", "");
    let (code, out, _) = folder.lint(&["--diff", "."]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("diff", out);
    assert_eq!(folder.text("a.yaml"), REPORT, "--diff writes nothing");

    let (code, _, err) = folder.lint(&["--fix", "."]);
    assert_eq!(code, Some(1), "an error is left");
    assert!(err.starts_with("fixed 1 finding in 1 file\n"), "{err}");
    assert_eq!(folder.text("a.yaml"), REPORT.replace("value: no", "value: \"no\""));

    let (code, out, err) = folder.lint(&["--diff", "."]);
    let review = "1 fix needs review: show it with --unsafe-fixes\n";
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", review));

    let (code, out, err) = folder.lint(&["--fix", "--unsafe-fixes", "."]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (Some(0), "", "fixed 1 finding in 1 file\nchecked 2 objects in 2 files: no findings\n")
    );
    insta::assert_snapshot!("fixed", folder.text("a.yaml"));
    assert_eq!(folder.text("clean.yaml"), CLEAN);
    assert_eq!(folder.lint(&["--diff", "--unsafe-fixes", "."]).0, Some(0), "nothing is left to change");
}

/// What the decoder refuses is not judged any further: what comes to light then is not the fix's doing.
#[test]
fn fixes_are_kept_when_more_comes_to_light() {
    let fixed = |name: &str, text: &str| {
        let folder = own_folder(name);
        fs::write(folder.join("a.yaml"), text).unwrap();
        let run = crate::support::patterns(&["lint", "--fix", folder.join("a.yaml").to_str().unwrap()]);
        assert_eq!(run.code, 1, "the rest is for people: {}", run.stderr);
        fs::read_to_string(folder.join("a.yaml")).unwrap()
    };
    let keys = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  on: yes\n  a b: no\n  x: 1\n";
    let expected = keys.replace("on: yes", "\"on\": \"yes\"").replace("no\n", "\"no\"\n").replace("x: 1", "x: \"1\"");
    assert_eq!(fixed("keys-come-to-light", keys), expected);
    let names = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: A_b\n    image: \"a:1\"\n    \
                 env:\n    - {name: A, value: yes}\n    - {name: \"1=\", value: 3}\n";
    assert_eq!(fixed("names-come-to-light", names), names.replace("yes", "\"yes\"").replace("3}", "\"3\"}"));
    // and what a selector does not select is seen only when all of it can be read
    let selector = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: \"2\"\n  \
                    selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: b}}\n    \
                    spec: {containers: [{name: a, image: \"a:1\"}]}\n";
    assert_eq!(fixed("selector-comes-to-light", selector), selector.replace("\"2\"", "2"));
}

#[test]
fn fixes_keep_marks_and_missing_line_breaks() {
    let folder = Folder::new("report", "bytes");
    let text = "\u{FEFF}apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\ndata:\r\n  country: no";
    folder.file("a.yaml", text);
    assert_eq!(folder.lint(&["--fix", "a.yaml"]).0, Some(0));
    assert_eq!(folder.text("a.yaml"), text.replace(": no", ": \"no\""));
}

#[test]
fn a_fix_of_each_of_many_sidecars() {
    let folder = Folder::new("report", "many");
    let proxy = REPORT.split_inclusive('\n').skip(14).collect::<String>();
    folder.file(
        "a.yaml",
        format!("{REPORT}{}{}", proxy.replace("proxy\n", "second\n"), proxy.replace("proxy\n", "third\n")),
    );
    assert_eq!(folder.lint(&["--fix", "--unsafe-fixes", "."]).0, Some(0), "{}", folder.text("a.yaml"));
    let text = folder.text("a.yaml");
    let places: Vec<_> = ["- name: proxy", "- name: second", "- name: third", "containers:\n"]
        .map(|part| text.find(part).unwrap())
        .into();
    assert!(places[..3].is_sorted(), "{text}");
    assert_eq!(text.matches("initContainers:").count(), 1, "{text}");
}

/// What is announced is what happens: a fix that is not kept is not announced again, and its reason is said.
#[test]
fn a_fix_that_is_withheld_says_why() {
    let folder = Folder::new("report", "withheld");
    let probe = "apiVersion: v1\nkind: Pod\nmetadata: {name: metrics}\nspec:\n  containers:\n    - name: metrics\n      image: \
                 prom/node-exporter:v1.8.0\n      args: [\"--web.listen-address=127.0.0.1:9100\"]\n      \
                 readinessProbe:\n        tcpSocket: {port: 9100, host: 127.0.0.1}\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: no}\n";
    folder.file("probe.yaml", probe).file("map.yaml", map);
    let withheld = "probe.yaml:10: probe-host is not fixed: it would cause probe-on-loopback\n";
    let (code, out, err) = folder.lint(&["--diff", "."]);
    assert_eq!((code, err.as_str()), (Some(1), withheld));
    assert!(out.contains("+data: {a: \"no\"}") && out.matches("+++").count() == 1, "{out}");
    let (code, out, err) = folder.lint(&["--fix", "."]);
    let said = format!("fixed 1 finding in 1 file\n{withheld}1 error in 1 of 2 files\n");
    assert_eq!((code, err.as_str()), (Some(1), said.as_str()));
    assert!(out.contains("error[probe-host]") && !out.contains("fix: "), "{out}");
    assert_eq!(folder.text("probe.yaml"), probe);
}

#[test]
fn standard_input_is_not_fixed_in_place() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: no}\n";
    let run = crate::support::patterns_with(&["lint", "-"], text.as_bytes());
    assert!(run.stdout.contains("fix:  quote it (patterns lint --diff)"), "{}", run.stdout);
    assert_eq!(run.stderr, "1 error in 1 file (1 fixable, see --diff)\n");
    let (code, _, err) = Folder::new("report", "stdin").lint(&["--fix", "-"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--diff"), "{err}");
}

#[test]
fn a_diff_hides_what_a_secret_holds() {
    let folder = Folder::new("report", "secret");
    folder.file("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  labels:\n    on-call: yes\nstringData:\n  token: hunter2\n");
    let (code, out, _) = folder.lint(&["--diff", "a.yaml"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("+    on-call: \"yes\"") && !out.contains("hunter2"), "{out}");
}

/// What a mistake near a secret shows: in no format, and by no command.
#[test]
fn a_mistake_beside_a_secret_does_not_show_it() {
    let secret = |values: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{values}\n");
    let container = |rest: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    image: a\n{rest}\n"
        )
    };
    let texts = [
        secret("stringData:\n  password: @hunter2"),
        secret("stringData:\n  password: %hunter2"),
        secret("stringData:\n  password: `hunter2"),
        secret("stringData:\n  password: *hunter2"),
        secret("stringData:\n  password: \"x\" hunter2"),
        secret("stringData:\n  password: 'it's hunter2"),
        secret("stringData: {password: a: hunter2}"),
        secret("stringdata:\n  password: hunter2"),
        secret("data:\n  password: hunter2\ntpye: hunter2"),
        container("    env:\n    - {name: DB_PASSWORD, value: \"hunter2}"),
        container("    env:\n    - name: DB_PASSWORD\n      value: @hunter2"),
        container("    env:\n    - value: @hunter2\n      name: API_TOKEN"),
        container("    env:\n    - name: API_TOKEN\n      value: a: hunter2"),
        container("    env:\n    - name: API_TOKEN\n      valeu: hunter2"),
        container("    env:\n    - {name: URL, valeu: \"postgres://u:hunter2@db/x\"}"),
        container("    enw: [\n    \"amqp://u:hunter2@mq\"]"),
        container("    args: [curl, -H, 'Authorization: Bearer hunter2', 1]"),
        container("    livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: authorization, value: hunter2}], pat: a}}"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.properties: |\n    spring.datasource.password=hunter2\nx: 1\n"
            .to_owned(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  DB_PASSWORD: @hunter2\n".to_owned(),
        "patterns: v1\nname: a\napp:\n  image: nginx\n  env:\n    DB_PASSWORD: @hunter2\n".to_owned(),
    ];
    let folder = Folder::new("report", "beside-a-secret");
    let formats = lint_formats();
    for text in texts {
        folder.file("a.yaml", &text);
        let others: [&[&str]; 5] = [
            &["lint", "--diff", "a.yaml"],
            &["explain", "a.yaml"],
            &["diagram", "--format", "mermaid", "a.yaml"],
            &["gen", "a.yaml"],
            &["import", "a.yaml"],
        ];
        let lints = formats.iter().map(|format| vec!["lint", "--format", format, "a.yaml"]);
        for arguments in lints.chain(others.map(<[&str]>::to_vec)) {
            let output = Command::new(binary()).current_dir(&folder.0).args(&arguments).output().unwrap();
            let shown = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
            assert!(!shown.contains("hunter2"), "{arguments:?} shows it:\n{text}\n{shown}");
        }
    }
}

#[test]
fn statistics_count_rules() {
    let folder = Folder::new("report", "statistics");
    folder.file("a.yaml", REPORT).file("b.yaml", REPORT);
    let (code, out, err) = folder.lint(&["--statistics", "--format", "sarif=out.sarif", "."]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(out + &err);
    assert!(folder.0.join("out.sarif").exists());
}

#[test]
fn a_baseline_leaves_only_what_is_new() {
    let folder = Folder::new("report", "baseline");
    folder.file("a.yaml", REPORT);
    assert_eq!(folder.lint(&["--write-baseline", "baseline.json", "."]).0, Some(0));
    insta::assert_snapshot!("baseline", folder.text("baseline.json"));
    let judge = |paths: &[&str]| folder.lint(&[&["--quiet", "--baseline", "baseline.json"], paths].concat());
    assert_eq!(judge(&["a.yaml"]), (Some(0), String::new(), String::new()));
    // moved lines are not new
    folder.file("a.yaml", format!("# why\n{REPORT}"));
    assert_eq!(judge(&["./a.yaml"]).0, Some(0));
    // another finding is
    folder.file("b.yaml", REPORT.replace("name: report\n", "name: other\n"));
    assert_eq!(judge(&["."]).0, Some(1));
    fs::remove_file(folder.0.join("b.yaml")).unwrap();
    // what was mended is stale, and said to be, where it was looked at
    folder.file("a.yaml", REPORT.replace("value: no", "value: nothing"));
    let (code, out, _) = judge(&["a.yaml"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("stale", out);
    assert_eq!(judge(&["a.yaml", "--select", "election"]).1, "");
    folder.file("clean.yaml", CLEAN);
    assert_eq!(judge(&["clean.yaml"]).1, "");
    let (code, _, err) = folder.lint(&["--baseline", "a.yaml", "."]);
    assert_eq!(code, Some(2));
    assert!(err.contains("not a baseline") && err.contains("--write-baseline"), "{err}");
}

#[test]
fn the_strict_profile_shows_advice() {
    let folder = Folder::new("report", "profile");
    folder.file(
        "a.yaml",
        REPORT.replace("value: no ", "value: none ").replace("cloud-sql-connectors/cloud-sql-proxy:2.14.1", "job:1"),
    );
    assert_eq!(folder.lint(&["a.yaml"]).1, "");
    let (code, out, _) = folder.lint(&["--profile", "strict", "a.yaml"]);
    assert_eq!(code, Some(0), "advice fails only when asked");
    assert!(out.contains("advice[image-without-digest]"), "{out}");
    assert_eq!(folder.lint(&["--profile", "strict", "--fail-on", "advice", "a.yaml"]).0, Some(1));
}

#[test]
fn a_project_sets_levels_and_exceptions() {
    let folder = Folder::new("report", "project");
    fs::create_dir_all(folder.0.join("legacy")).unwrap();
    fs::create_dir_all(folder.0.join(".git")).unwrap();
    folder.file("legacy/a.yaml", REPORT).file("b.yaml", REPORT);
    let rules = |settings: &str, arguments: &[&str]| {
        folder.file(".patterns.yaml", settings);
        folder.lint(&[&["--format", "concise"], arguments].concat()).1
    };
    let all = rules("lint: {}", &["."]);
    assert_eq!(all.lines().count(), 4, "{all}");
    // a rule's level, and a family's
    assert_eq!(rules("lint: {rules: {norway: skip}}", &["."]).matches("norway").count(), 0);
    assert_eq!(rules("lint: {rules: {sidecar: warning}}", &["."]).matches("warning[sidecar-blocks-job]").count(), 2);
    let rule_first = rules("lint: {rules: {sidecar: skip, sidecar-blocks-job: error}}", &["."]);
    assert_eq!(rule_first.matches("error[sidecar-blocks-job]").count(), 2);
    // exceptions by path and by object
    let legacy = "lint: {exceptions: [{rule: norway, path: legacy/, why: rewritten next year}]}";
    assert_eq!(rules(legacy, &["."]).matches("norway").count(), 1);
    assert_eq!(rules(legacy, &["legacy/a.yaml"]).matches("norway").count(), 0, "the same whatever is named");
    assert_eq!(rules(legacy, &["b.yaml"]).matches("norway").count(), 1);
    let job = "lint: {exceptions: [{rule: sidecar, object: Job/report, why: it is killed}]}";
    assert_eq!(rules(job, &["."]).matches("sidecar").count(), 0);
    assert_eq!(rules("lint: {profile: strict}", &["."]).matches("advice[image-without-digest]").count(), 4);
    assert_eq!(rules("lint: {profile: strict}", &["--profile", "default", "."]).matches("advice").count(), 0);
    // an exception that excepts nothing is reported where it was looked for
    let unused = "lint: {exceptions: [{rule: dropped-after-dots, path: legacy/, why: old}]}";
    assert!(rules(unused, &["."]).contains(".patterns.yaml:1:28: warning[unused-ignore]"), "{}", rules(unused, &["."]));
    assert_eq!(rules(unused, &["b.yaml"]).matches("unused-ignore").count(), 0);
    // a baseline of the project's
    folder.lint(&["--write-baseline", "baseline.json", "."]);
    assert_eq!(rules("lint: {baseline: baseline.json}", &["."]), "");
    let below = Command::new(binary()).current_dir(folder.0.join("legacy")).args(["lint", "."]).output();
    assert_eq!(below.unwrap().stdout, b"");
    // an image of the project's own plays a known role
    folder.file(
        "b.yaml",
        REPORT.replace("gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1", "registry.example.com/tunnel:1"),
    );
    assert_eq!(rules("lint: {}", &["b.yaml"]).lines().count(), 1);
    let tunnel = rules("lint: {images: [{image: registry.example.com/tunnel, role: ambassador/broker}]}", &["b.yaml"]);
    assert!(tunnel.contains("error[sidecar-blocks-job]"), "{tunnel}");
    // the project's version of Kubernetes is judged for, unless another was asked for
    assert_eq!(rules("target: \"1.33\"", &["--select", "norway", "b.yaml"]).lines().count(), 1);
}

#[test]
fn mistakes_in_settings_are_shown_where_they_are() {
    let folder = Folder::new("report", "settings");
    folder.file("a.yaml", CLEAN).file(
        ".patterns.yaml",
        "lint:\n  rules: {norwey: skip, norway: off}\n  exceptions:\n    - {rule: norway}\n  profil: strict\n",
    );
    let (code, out, err) = folder.lint(&["."]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(err);
}
