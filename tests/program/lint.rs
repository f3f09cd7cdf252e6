//! The program `patterns lint` as users run it.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::folder::Folder;
use crate::support::{binary, lint_formats};

const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: clean}\n";
const NORWAY: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: norway}\ndata:\n  country: no\n";
const TWIN_PORTS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: twins}
spec:
  containers:
    - name: blue
      image: registry.example.com/shop:1
      ports: [{containerPort: 8080}]
    - name: green
      image: registry.example.com/shop:2
      ports: [{containerPort: 8080}]
";

trait Lint {
    fn lint(&self, arguments: &[&str]) -> Run;
}

impl Lint for Folder {
    fn lint(&self, arguments: &[&str]) -> Run {
        run(&self.0, arguments, b"")
    }
}

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }

    fn rules(&self) -> Vec<String> {
        let findings = self.json();
        let findings = findings["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }
}

fn run(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Run {
    run_with(folder, arguments, stdin, &[])
}

fn run_with(folder: &Path, arguments: &[&str], stdin: &[u8], env: &[(&str, &str)]) -> Run {
    let mut child = Command::new(binary())
        .current_dir(folder)
        .envs(env.iter().copied())
        .arg("lint")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Run { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() }
}

#[test]
fn messages() {
    insta::glob!("..", "fixtures/terminal/*.yaml", |path| {
        let run =
            run(path.parent().unwrap(), &["--fail-on", "warning", path.file_name().unwrap().to_str().unwrap()], b"");
        insta::assert_snapshot!(format!("{}--- stderr, exit {:?}\n{}", run.out, run.code, run.err));
    });
}

#[test]
fn a_clean_run_says_so() {
    let run = Folder::new("lint", "clean").file("a.yaml", CLEAN).lint(&["."]);
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (Some(0), "", "checked 1 object in 1 file: no findings\n")
    );
}

#[test]
fn exit_codes() {
    let folder = Folder::new("lint", "exit");
    folder.file("norway.yaml", NORWAY).file("ports.yaml", TWIN_PORTS).file("broken.yaml", "a: [\n");
    assert_eq!(folder.lint(&["norway.yaml"]).code, Some(1));
    assert_eq!(folder.lint(&["broken.yaml"]).code, Some(1));
    assert_eq!(folder.lint(&["ports.yaml"]).code, Some(0), "a warning fails only when asked");
    assert_eq!(folder.lint(&["ports.yaml", "--fail-on", "warning"]).code, Some(1));
    let missing = folder.lint(&["missing.yaml", "norway.yaml"]);
    assert_eq!(missing.code, Some(2), "2 wins");
    assert!(missing.err.contains("missing.yaml"), "{}", missing.err);
    assert!(missing.out.contains("norway"), "the rest is linted");
    assert_eq!(folder.lint(&["--nonsense"]).code, Some(2));
}

#[test]
fn unknown_names_are_usage_errors_that_name_the_nearest() {
    let folder = Folder::new("lint", "names");
    for option in ["--select", "--ignore"] {
        let run = folder.lint(&[option, "sidecar-block-job", "."]);
        assert_eq!(run.code, Some(2));
        assert!(run.err.contains("did you mean `sidecar-blocks-job`?"), "{}", run.err);
    }
}

#[test]
fn rules_and_families_are_selected_and_ignored() {
    let folder = Folder::new("lint", "select");
    folder.file("norway.yaml", NORWAY).file("ports.yaml", TWIN_PORTS);
    let rules = |arguments: &[&str]| folder.lint(&[&["--format", "json", "."], arguments].concat()).rules();
    assert_eq!(rules(&[]), ["norway", "duplicate-container-port"]);
    assert_eq!(rules(&["--select", "norway"]), ["norway"]);
    assert_eq!(rules(&["--select", "sidecar,meta"]), ["duplicate-container-port"]);
    assert_eq!(rules(&["--ignore", "sidecar"]), ["norway"]);
    assert_eq!(rules(&["--select", "manifest", "--ignore", "norway"]), [""; 0]);
}

#[test]
fn advice_is_shown_when_asked_for() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: x\n    restartPolicy: Always\n";
    let folder = Folder::new("lint", "advice");
    folder.file("a.yaml", pod);
    assert_eq!(folder.lint(&["."]).out, "");
    assert_eq!(folder.lint(&[".", "--fail-on", "advice"]).code, Some(1));
    assert_ne!(folder.lint(&[".", "--select", "restart-policy-is-not-sidecar"]).out, "");
}

#[test]
fn folders_hold_yaml_and_json_that_git_does_not_ignore() {
    let folder = Folder::new("lint", "folders");
    folder
        .file(".gitignore", "generated/\n")
        .file("generated/a.yaml", NORWAY)
        .file("k8s/b.yml", NORWAY)
        .file("k8s/c.json", r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": 1}}"#)
        .file("k8s/d.txt", NORWAY)
        .file("compose.yaml", "services: {web: {image: x}}\n---\na: [\n")
        .file("pattern.yaml", "patterns: [a, b]\n");
    let run = folder.lint(&["--format", "json", "."]);
    let files: Vec<_> = run.json()["findings"].as_array().unwrap().iter().map(|f| f["file"].to_string()).collect();
    assert_eq!(files, [r#""k8s/b.yml""#, r#""k8s/c.json""#]);
    assert_eq!(
        folder.lint(&["--format", "json", "k8s/d.txt"]).rules(),
        ["norway"],
        "a file by name may end in anything"
    );
}

/// git ignores only what it does not track.
#[test]
fn what_git_tracks_is_linted_whatever_gitignore_says() {
    let folder = Folder::new("lint", "tracked");
    let entry = |name: &str| {
        let head =
            [&[0; 24][..], &0o100_644_u32.to_be_bytes(), &[0; 32], &[0, u8::try_from(name.len()).unwrap()]].concat();
        let padding = 8 - (head.len() + name.len()) % 8;
        [head, name.as_bytes().to_vec(), vec![0; padding]].concat()
    };
    let names = ["app/manager/a.yaml", "app/manager/b.yaml", "app/testdata/c.yaml", "app/x/d.yaml", "gone.yaml"];
    let entries = names.map(entry).concat();
    let index = [&b"DIRC\0\0\0\x02\0\0\0\x05"[..], &entries, &[0; 20]].concat();
    folder
        .file(".gitignore", "manager\n*.yaml\n")
        .file(".ignore", "x/\nb.yaml\n")
        .file(".git/index", index)
        .file("app/manager/new.yaml", NORWAY);
    for name in &names[..4] {
        folder.file(name, NORWAY);
    }
    let found = |path: &str| {
        let run = folder.lint(&["--format", "json", path]);
        run.json()["findings"].as_array().unwrap().iter().map(|one| one["file"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found("."), [r#""app/manager/a.yaml""#]);
    assert_eq!(found("app"), [r#""app/manager/a.yaml""#]);
    assert_eq!(found("app/manager/new.yaml"), [r#""app/manager/new.yaml""#], "a file by name is read");
    folder.file(".git/index", "DIRC");
    assert_eq!(found("."), [""; 0]);
}

/// What a server refuses by default is not said to be accepted.
#[test]
fn what_depends_on_flags_of_the_server_is_said_to() {
    let folder = Folder::new("lint", "flags");
    folder
        .file(
            "a.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort, selector: {a: b}, ports: \
             [{port: 80, nodePort: 8880}]}\n",
        )
        .file("b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: b, annotations: {kubernetes.io/config.source: x}}\nspec: {containers: [{name: b, image: b, env: [{name: A, value: a}, {name: A, value: b}]}]}\n");
    let run = folder.lint(&["--format", "json", "--select", "server-warning", "."]);
    let why = |file: &str| {
        let findings = run.json()["findings"].as_array().unwrap().clone();
        findings.iter().find(|one| one["file"] == file).map(|one| one["why"].as_str().unwrap_or_default().to_owned())
    };
    assert!(why("a.yaml").is_some_and(|why| why.contains("refuses this unless")), "{}", run.out);
    assert!(why("b.yaml").is_some_and(|why| why.contains("accepts this")), "{}", run.out);
}

#[test]
fn standard_input() {
    let folder = Folder::new("lint", "stdin");
    let run = run(&folder.0, &["-"], NORWAY.as_bytes());
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("<stdin>:5:12"), "{}", run.out);
}

#[test]
fn lists_are_opened_and_items_inherit() {
    let list = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: List
  items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: inner}
    data: {a: yes}
---
apiVersion: v1
kind: ConfigMapList
items:
- metadata: {name: bare}
  data: {b: 5}
";
    let run = run(&Folder::new("lint", "lists").0, &["--format", "json", "-"], list.as_bytes());
    let json = run.json();
    assert_eq!(run.rules(), ["norway", "number-where-string"]);
    assert_eq!(json["findings"][0]["object"]["name"], "inner");
    assert_eq!(json["findings"][1]["object"]["kind"], "ConfigMap");
    assert_eq!(json["findings"][1]["object"]["name"], "bare");
}

#[test]
fn unknown_kinds_are_left_alone() {
    let crd = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\nspec: {on: yes, value: 5}\n";
    let run = run(&Folder::new("lint", "crd").0, &["-"], crd.as_bytes());
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""));
}

#[test]
fn kustomize_patches_are_parts() {
    let patch = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
        - name: shop
          readinessProbe: {httpGet: {path: /, port: http}}
          lifecycle: {preStop: {exec: {command: [sleep, '45']}}}
";
    let folder = Folder::new("lint", "kustomize");
    folder
        .file(
            "overlay/kustomization.yaml",
            "patches:\n  - path: ../patches/probe.yaml\npatchesStrategicMerge:\n  - old.yaml\n",
        )
        .file("patches/probe.yaml", patch)
        .file("overlay/old.yaml", patch)
        .file("overlay/delete.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n$patch: delete\n");
    assert_eq!(folder.lint(&["."]).out, "");
    assert_eq!(folder.lint(&["overlay/old.yaml"]).out, "", "the kustomization beside it is seen");
    folder.file("a/b/c/d/e/clean.yaml", CLEAN).file("overlay/deep/er/patch.yaml", patch);
    folder.file(
        "overlay/kustomization.yaml",
        "patches: [{path: deep/er/patch.yaml}, {path: ../patches/probe.yaml}, {path: old.yaml}]\n",
    );
    assert_eq!(folder.lint(&["."]).out, "");
    fs::remove_dir_all(folder.0.join("overlay/deep")).unwrap();
    folder.file("overlay/kustomization.yaml", "resources: []\n");
    let as_objects = folder.lint(&["--format", "json", "--select", "sidecar,prestop-outlasts-grace", "."]);
    // what has neither selector nor labels nor image is a patch, whoever names it
    assert_eq!(as_objects.rules().len(), 0, "{}", as_objects.out);
    folder.file("overlay/kustomization.yaml", "patches:\n  - path: wrong.yaml\n").file(
        "overlay/wrong.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {replicas: '3'}\n",
    );
    assert_eq!(
        folder.lint(&["--format", "json", "overlay/wrong.yaml"]).rules(),
        ["wrong-type"],
        "what is there is checked"
    );
}

#[test]
fn ytt_templates_are_skipped_and_said_to_be_ytts() {
    let folder = Folder::new("lint", "ytt");
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: #@ name\nspec:\n  ports:\n    - port: #@ port\n";
    folder
        .file("load.yaml", format!("#@ load(\"@ytt:data\", \"data\")\n---\n{service}"))
        .file("plain.yaml", service)
        .file("overlay.yaml", "#@overlay/match by=overlay.all\n---\napiVersion: v1\nkind: Service\nspec: {ports: 1}\n")
        .file("values.yaml", "#@data/values\n---\nname: shop\n");
    let run = folder.lint(&["."]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""));
    assert!(run.err.contains("3 ytt templates skipped (ytt -f FILES | patterns lint -)"), "{}", run.err);
    assert!(!run.err.contains("Helm"), "{}", run.err);
    // a template that is an object's text, and comments that are no code
    let inner = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  country: no\n  app.yml: |\n    #@ load(\"a\", \
                 \"b\")\n    name: #@ b\n";
    folder.file("k8s/app.yaml", inner).file("k8s/b.yaml", format!("#@ the owner: shop\n{NORWAY}"));
    let run = folder.lint(&["--format", "json", "k8s"]);
    assert_eq!(run.rules(), ["norway", "norway"]);
}

#[test]
fn files_that_are_encrypted_as_a_whole_are_skipped() {
    let folder = Folder::new("lint", "encrypted");
    folder.file("locked.yaml", b"\0GITCRYPT\0\x01\xff").file("vault.yaml", "$ANSIBLE_VAULT;1.1;AES256\n3839\n");
    folder.file("plural.yaml", b"CHARTMART-ENCRYPTED\xaa\x14apiVersion: v1\nkind: Pod\n");
    let run = folder.lint(&["."]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
    assert!(run.err.contains("3 encrypted files skipped"), "{}", run.err);
}

#[test]
fn a_pod_monitor_that_gives_a_number_for_a_name_is_shown_the_right_key() {
    let folder = Folder::new("lint", "pod-monitor");
    let app = |ports: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: shop, labels: {{app: shop}}}}\nspec: {{containers: [{{name: shop, \
             image: \"registry.example.com/shop:1\"{ports}}}]}}\n---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\n\
             metadata: {{name: shop}}\nspec:\n  selector: {{matchLabels: {{app: shop}}}}\n  podMetricsEndpoints: [{{port: \
             \"2000\"}}]\n"
        )
    };
    for (ports, help) in [
        ("", "`port` is the name of a port; write `portNumber: 2000`, and declare `containerPort: 2000`"),
        (", ports: [{containerPort: 2000}]", "`port` is the name of a port; write `portNumber: 2000`"),
    ] {
        folder.file("a.yaml", app(ports));
        let json = folder.lint(&["--format", "json", "a.yaml"]).json();
        assert_eq!(json["findings"][0]["rule"], "adapter-scrape-port-mismatch");
        assert_eq!(json["findings"][0]["help"], help);
    }
}

#[test]
fn fields_that_belong_together_are_sent_to_one_place() {
    let folder = Folder::new("lint", "probe-fields");
    let probe = |fields: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: \
             \"registry.example.com/a:1\", livenessProbe: {{{fields}}}}}]}}\n"
        );
        let json = folder.file("a.yaml", text).lint(&["--format", "json", "a.yaml"]).json();
        let helps = json["findings"].as_array().unwrap().iter().map(|one| one["help"].as_str().unwrap().to_owned());
        helps.collect::<Vec<_>>()
    };
    let under = |field: &str, of: &str| format!("write `{field}` under `spec.containers[].livenessProbe.{of}`");
    assert_eq!(probe("path: /, port: 80"), [under("path", "httpGet"), under("port", "httpGet")]);
    assert_eq!(
        probe("port: 80, scheme: HTTPS, periodSeconds: 5"),
        [under("port", "httpGet"), under("scheme", "httpGet")]
    );
    assert_eq!(probe("port: 80, service: a"), [under("port", "grpc"), under("service", "grpc")]);
    assert_eq!(probe("port: 80"), ["kubectl explain pod.spec.containers.livenessProbe"]);
}

#[test]
fn quotas_of_kinds_are_told_their_names() {
    let folder = Folder::new("lint", "quota");
    for (name, help) in [
        ("deployments.apps", Some("write `count/deployments.apps`")),
        ("cronjobs", Some("write `count/cronjobs.batch`")),
        ("deployments.batch", None),
        ("widgets", None),
    ] {
        let text =
            format!("apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: a}}\nspec: {{hard: {{{name}: \"4\"}}}}\n");
        let json = folder.file("a.yaml", text).lint(&["--format", "json", "a.yaml"]).json();
        assert_eq!(json["findings"][0]["rule"], "invalid-value", "{json}");
        assert_eq!(json["findings"][0]["help"].as_str(), help, "{name}");
    }
}

#[test]
fn a_name_of_another_variant_is_not_suggested() {
    let folder = Folder::new("lint", "variants");
    for (variant, port) in [("a", "rpc"), ("b", "http-api")] {
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80, \
             targetPort: http-api}}]}}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  \
             serviceName: web\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: \
             web}}}}\n    spec: {{containers: [{{name: web, image: \"registry.example.com/web:1\", ports: [{{name: {port}, \
             containerPort: 80}}]}}]}}\n"
        );
        folder.file(&format!("{variant}/web.yaml"), text);
    }
    let run = folder.lint(&["."]);
    assert!(run.out.contains("service-port-missing"), "{}", run.out);
    assert!(!run.out.contains("did you mean"), "{}", run.out);
}

#[test]
fn helm_templates_are_skipped_and_counted_once() {
    let folder = Folder::new("lint", "helm");
    folder
        .file("chart/Chart.yaml", "name: chart\n")
        .file("chart/templates/a.yaml", NORWAY)
        .file("chart/templates/deep/b.yaml", "{{- if .Values.x }}\nkind: Pod\n{{- end }}\n")
        .file("loose/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n")
        .file("loose/squid.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .name }}-squid\n")
        .file(
            "alerts.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: \"{{ $value }}\"\n  b: no\n",
        );
    let run = folder.lint(&["."]);
    assert_eq!(
        run.err,
        "1 error in 1 of 2 files (1 fixable with --fix); 3 Helm templates skipped (--render, or helm template CHART | patterns lint -); 1 other template skipped\n"
    );
    assert!(run.out.contains("alerts.yaml:6:6"), "{}", run.out);
    let quiet = folder.lint(&["chart"]);
    assert_eq!(
        (quiet.code, quiet.out.as_str(), quiet.err.as_str()),
        (Some(0), "", "2 Helm templates skipped (--render, or helm template CHART | patterns lint -)\n")
    );
}

#[test]
fn a_workspace_is_read_and_not_reported() {
    let folder = Folder::new("lint", "workspace");
    folder
        .file("a.yaml", NORWAY)
        .file("b.yaml", NORWAY)
        .file("chart/Chart.yaml", "")
        .file("chart/templates/t.yaml", "{{ x }}");
    let run = folder.lint(&["--workspace", ".", "--format", "json", "a.yaml"]);
    let json = run.json();
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    assert_eq!(json["findings"][0]["file"], "a.yaml");
    assert_eq!(json["summary"]["files"], 1);
    assert_eq!(json["summary"]["templatesSkipped"], 0);
}

#[test]
fn one_bad_document_does_not_hide_the_others() {
    let text = format!("{NORWAY}---\nkind: [\n---\n{NORWAY}");
    let run = run(&Folder::new("lint", "documents").0, &["--format", "json", "-"], text.as_bytes());
    assert_eq!(run.rules(), ["norway", "unreadable-yaml", "norway"]);
}

#[test]
fn json_has_a_stable_form() {
    let folder = Folder::new("lint", "json");
    folder.file("ports.yaml", format!("# é\u{1F600}\n{TWIN_PORTS}---\n{NORWAY}"));
    let run = folder.lint(&["--format", "json", "ports.yaml"]);
    let value: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
    assert_eq!(run.err, "", "the numbers are in the report");
}

#[test]
fn positions_are_raw_bytes_and_characters() {
    let mut bytes = vec![0xEF, 0xBB, 0xBF];
    bytes.extend(
        "# \u{e9}\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\ndata: {\"\u{e9}\u{1F600}\": no}\r\n"
            .bytes(),
    );
    let at = bytes.windows(2).rposition(|pair| pair == b"no").unwrap();
    let run = run(&Folder::new("lint", "positions").0, &["--format", "json", "-"], &bytes);
    let start = run.json()["findings"][0]["start"].clone();
    assert_eq!(start["offset"], at);
    assert_eq!(start["line"], 5);
    assert_eq!(start["column"], 14);
}

mod ignores {
    use super::*;

    fn rules(name: &str, text: &str) -> Vec<String> {
        run(&Folder::new("lint", name).0, &["--format", "json", "-"], text.as_bytes()).rules()
    }

    #[test]
    fn on_the_line_and_above_it() {
        let on = NORWAY.replace("no\n", "no # patterns: ignore[norway] the server is patched\n");
        assert_eq!(rules("ignore-on", &on), [""; 0]);
        let above =
            NORWAY.replace("  country", "  # patterns: ignore[norway] the server is patched\n  # more\n\n  country");
        assert_eq!(rules("ignore-above", &above), [""; 0]);
        let elsewhere = NORWAY.replace("\ndata:", "\ndata: # patterns: ignore[norway] too early");
        assert_eq!(rules("ignore-elsewhere", &elsewhere), ["unused-ignore", "norway"]);
    }

    #[test]
    fn on_a_container() {
        let above =
            TWIN_PORTS.replace("    - name: green", "    # patterns: ignore[sidecar] never at once\n    - name: green");
        assert_eq!(rules("ignore-container", &above), [""; 0]);
        let beside = TWIN_PORTS
            .replace("- name: green", "- name: green # patterns: ignore[duplicate-container-port] never at once");
        assert_eq!(rules("ignore-container-name", &beside), [""; 0]);
        let other = TWIN_PORTS
            .replace("- name: blue", "- name: blue # patterns: ignore[duplicate-container-port] never at once");
        assert_eq!(rules("ignore-other", &other), ["unused-ignore", "duplicate-container-port"]);
    }

    #[test]
    fn on_an_object_or_the_file() {
        for (name, text) in [
            ("first", format!("# patterns: ignore[norway] why\n{NORWAY}")),
            ("kind", NORWAY.replace("kind: ConfigMap", "kind: ConfigMap # patterns: ignore[norway] why")),
            ("metadata", NORWAY.replace("metadata:", "# patterns: ignore[norway] why\nmetadata:")),
            ("separator", format!("# patterns: ignore[norway] why\n---\n{NORWAY}")),
            ("file", format!("{CLEAN}---\n{NORWAY}---\n# patterns: ignore-file[norway, duplicate-key] why\n")),
        ] {
            let left = rules(&format!("ignore-{name}"), &text);
            assert!(!left.contains(&"norway".to_owned()), "{name}: {left:?}");
        }
        let only_first = format!("# patterns: ignore[norway] why\n{NORWAY}---\n{NORWAY}");
        assert_eq!(rules("ignore-only-first", &only_first), ["norway"]);
    }

    #[test]
    fn unused_only_where_the_rule_ran() {
        let text = format!("# patterns: ignore[norway] why\n{CLEAN}");
        assert_eq!(rules("ignore-unused", &text), ["unused-ignore"]);
        let run = run(&Folder::new("lint", "ignore-not-run").0, &["--ignore", "norway", "-"], text.as_bytes());
        assert_eq!(run.out, "");
    }

    #[test]
    fn misspelt_and_without_reason() {
        let text = format!("# patterns: ignore[norwey]\n{CLEAN}");
        let run = run(&Folder::new("lint", "ignore-misspelt").0, &["-"], text.as_bytes());
        assert!(run.out.contains("did you mean `norway`?"), "{}", run.out);
        assert!(run.out.contains("ignore-without-reason"), "{}", run.out);
    }

    /// Who accepts an unknown field still wants to know what else is refused.
    #[test]
    fn an_unknown_field_hides_nothing_else() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: c\n      \
                   image: registry.example.com/x:1\n      zzz: 1\n      ports: [{containerPort: 99999}]\n";
        assert_eq!(rules("unknown-field", pod), ["unknown-field"]);
        let ignored = pod.replace("zzz: 1", "zzz: 1 # patterns: ignore[unknown-field] of a fork");
        assert_eq!(rules("unknown-field-ignored", &ignored), ["invalid-value"]);
        let both =
            format!("{pod}      yyy: 2\n").replace("zzz: 1", "zzz: 1 # patterns: ignore[unknown-field] of a fork");
        assert_eq!(rules("unknown-field-of-two", &both), ["unknown-field"]);
        let all = ignored.replace("ports:", "# patterns: ignore[invalid-value] too\n      ports:");
        assert_eq!(rules("unknown-field-and-more", &all), [""; 0]);
        let of_hole = pod.replace("zzz: 1", "\"{{ extra }}\": 1");
        assert_eq!(rules("unknown-field-of-a-template", &of_hole), [""; 0]);
        let folder = Folder::new("lint", "unknown-field-not-run");
        let run = run(&folder.0, &["--format", "json", "--ignore", "unknown-field", "-"], pod.as_bytes());
        assert_eq!(run.rules(), ["invalid-value"]);
        folder
            .file("a.yaml", pod)
            .file(".patterns.yaml", "lint: {exceptions: [{rule: unknown-field, object: Pod/a, why: of a fork}]}\n");
        assert_eq!(folder.lint(&["--format", "json", "a.yaml"]).rules(), ["invalid-value"]);
    }

    #[test]
    fn text_is_no_comment() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    # patterns: ignore[norway] x\n  b: no\n";
        assert_eq!(rules("ignore-text", text), ["norway"]);
    }
}

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    let folder = Folder::new("lint", "threads");
    for number in 0..40 {
        folder.file(&format!("f{number}.yaml"), format!("{TWIN_PORTS}---\n{NORWAY}---\na: [\n"));
    }
    let with = |threads: &str| run_with(&folder.0, &["."], b"", &[("RAYON_NUM_THREADS", threads)]).out;
    let one = with("1");
    assert!(one.len() > 1000);
    assert!(["2", "4", "16"].iter().all(|threads| with(threads) == one));
}

#[test]
fn secrets_are_never_shown() {
    let word = "hunter2";
    let block = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  first: |\n    {word}\n  pin: 4711\n  on: {word}\n  pin: {word}\ndata: {{a: {word}, b: 815}}\n"
    );
    let broken = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  password: {word}\n  bad: *{word}\n  more: [\n"
    );
    let key = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  key: |\n-----BEGIN {word}\n{word}\n"
    );
    let typed = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {{\"name\": \"s\"}}, \"data\": {{\"a\": \"{word}\"}}, \"typo\": 1}}"
    );
    for (name, text) in [("block", block), ("broken", broken), ("key", key), ("typed", typed)] {
        for format in ["terminal", "json"] {
            let run = run(&Folder::new("lint", "secrets").0, &["--format", format, "-"], text.as_bytes());
            assert_eq!(run.code, Some(1), "{name}");
            for secret in [word, "4711", "815"] {
                let leaks = run.out.contains(&format!("\"{secret}"))
                    || run.out.contains(&format!(" {secret}"))
                    || run.out.contains(word);
                assert!(!leaks, "{name}, {format}:\n{}", run.out);
            }
        }
    }
}

#[test]
fn hostile_input() {
    let deep = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, managedFields: [{{fieldsV1: {}1{}}}]}}\n",
        "{a: ".repeat(4000),
        "}".repeat(4000)
    );
    let deep_labels =
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {}{}}}\n", "[".repeat(9000), "]".repeat(9000));
    let long = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: \"{}\", b: no, c: \"{}\"}}\n",
        "x".repeat(1_000_000),
        "y".repeat(1_000_000)
    );
    let names = format!("apiVersion: v1\nkind: \"P\\e[31m\"\nmetadata: {{name: \"\\u202e\"}}\n{CLEAN}");
    let lists = format!("{}{}", "{apiVersion: v1, kind: List, items: [".repeat(3000), "]}".repeat(3000));
    for (name, text) in [
        ("deep", deep),
        ("labels", deep_labels),
        ("long", long),
        ("names", names),
        ("lists", lists),
        ("empty", String::new()),
    ] {
        for format in ["terminal", "json"] {
            let run = run(&Folder::new("lint", "hostile").0, &["--format", format, "-"], text.as_bytes());
            assert!(matches!(run.code, Some(0 | 1)), "{name}, {format}: {:?} {}", run.code, run.err);
            if format == "terminal" {
                let longest = run.out.lines().map(|line| line.chars().count()).max().unwrap_or(0);
                assert!(longest < 300, "{name}: a line of {longest}");
                assert!(!run.out.contains('\u{1b}') && !run.out.contains('\u{202e}'), "{name}");
            }
        }
    }
}

/// Where the last of two equal keys has all of the first, nothing is lost; else something is.
#[test]
fn a_duplicate_within_the_other_loses_nothing() {
    let level = |first: &str, last: &str| {
        let text =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  labels: {first}\n  labels: {last}\n");
        let run = run(
            &Folder::new("lint", "within").0,
            &["--select", "duplicate-key", "--format", "json", "-"],
            text.as_bytes(),
        );
        let report: serde_json::Value =
            serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.out));
        let finding = &report["findings"][0];
        let message = finding["message"].as_str().unwrap_or_else(|| panic!("{report}")).to_owned();
        (finding["level"].as_str().unwrap_or_default().to_owned(), message.ends_with("nothing is lost"))
    };
    for (first, last) in [
        ("{a: \"1\"}", "{a: \"1\", b: x}"),
        ("{b: x}", "{a: \"1\", b: x}"),
        ("{b: 'x'}", "{a: \"1\", b: x}"),
        ("{a: {b: c}}", "{a: {b: c, d: e}}"),
        ("{a: {b: {}, f: [1]}}", "{a: {b: {}, d: e, f: [1]}, g: h}"),
        ("{a: b}", "{a: b}"),
        ("", "{a: b}"),
        ("{}", "{a: b}"),
        ("{a: {}}", "{a: {b: c}}"),
    ] {
        assert_eq!(level(first, last), ("warning".to_owned(), true), "{first} {last}");
    }
    for (first, last) in [
        ("{a: \"1\", b: x}", "{a: \"1\"}"),
        ("{a: \"1\"}", "{a: \"2\", b: x}"),
        ("{a: \"1\"}", "{a: 1, b: x}"),
        ("{a: {b: c, x: y}}", "{a: {b: c, d: e}}"),
        ("{a: [1]}", "{a: [1, 2]}"),
        ("{a: b}", "{}"),
        ("{a: b}", ""),
        ("{a: {}}", "{a: b}"),
    ] {
        assert_eq!(level(first, last), ("error".to_owned(), false), "{first} {last}");
    }
}

#[test]
fn overriding_a_merged_key_is_no_duplicate() {
    let text = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
x-base: &base {a: '1', b: '2'}
data:
  <<: *base
  b: '3'
";
    let run = run(&Folder::new("lint", "merge").0, &["--select", "duplicate-key", "-"], text.as_bytes());
    assert_eq!(run.out, "");
}

#[test]
fn placeholders_of_other_programs_are_left_alone() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: \"${REPLICAS:=2}\"}\n";
    let run = run(&Folder::new("lint", "placeholders").0, &["-"], text.as_bytes());
    assert_eq!(run.out, "");
}

#[test]
fn a_closed_pipe_is_no_error_and_hides_none() {
    let folder = Folder::new("lint", "pipe");
    folder.file("a.yaml", format!("{NORWAY}---\n").repeat(2000));
    let mut child = Command::new(binary())
        .current_dir(&folder.0)
        .args(["lint", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(1), "2000 errors in 1 file (2000 fixable with --fix)\n"));
}

#[test]
fn the_pre_commit_hook_runs_as_written() {
    let hooks = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: serde_json::Value = serde_yaml::from_str(&hooks).unwrap();
    let entry = hooks[0]["entry"].as_str().unwrap();
    assert_eq!((&hooks[0]["id"], &hooks[1]["id"]), (&"patterns-lint".into(), &"patterns-lint-system".into()));
    assert_eq!(hooks[1]["entry"], entry);
    let arguments: Vec<&str> = entry.strip_prefix("patterns lint").unwrap().split_whitespace().collect();
    let folder = Folder::new("lint", "pre-commit");
    folder.file("changed.yaml", NORWAY).file("other.yaml", NORWAY).file("tsconfig.json", "{ // not ours\n}\n");
    let run = folder.lint(&[&arguments[..], &["changed.yaml", "tsconfig.json"]].concat());
    assert_eq!(run.code, Some(1));
    assert_eq!(run.err, "1 error in 1 of 2 files (1 fixable with --fix)\n");
}

#[test]
fn invalid_utf8_is_a_warning() {
    let run =
        run(&Folder::new("lint", "utf8").0, &["--format", "json", "-"], &[CLEAN.as_bytes(), b"# caf\xe9\n"].concat());
    assert_eq!(run.rules(), ["invalid-utf8"]);
    assert_eq!(run.code, Some(0));
}

#[test]
fn explain_prints_the_page() {
    let explain = |name: &str| Command::new(binary()).args(["explain", name]).output().unwrap();
    let page = explain("norway");
    assert!(page.status.success());
    assert_eq!(String::from_utf8(page.stdout).unwrap(), include_str!("../../src/rules/manifest/norway.md"));
    let unknown = explain("norwey");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("did you mean `norway`?"));
}

/// Repository, path, line, rule and verdict of each finding that was judged.
fn judged() -> Vec<Vec<&'static str>> {
    let rows = include_str!("../corpus/findings.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').collect()).collect()
}

#[test]
fn judged_findings_are_of_rules_that_there_are() {
    for row in &judged() {
        assert_eq!(row.len(), 5, "{row:?}");
        let page = Command::new(binary()).args(["explain", row[3]]).output().unwrap();
        assert!(page.status.success(), "no such rule: {row:?}");
        assert!(row[4].starts_with("true: ") || row[4].starts_with("arguable: "), "{row:?}");
    }
}

/// Real manifests, named by `PATTERNS_CORPUS`: what the default profile says of them is what was read and judged.
#[test]
#[ignore = "needs PATTERNS_CORPUS, a folder of published manifests"]
fn findings_on_a_corpus_of_real_manifests_are_the_judged_ones() {
    let corpus = std::env::var_os("PATTERNS_CORPUS").unwrap();
    let mut judged: Vec<String> = judged().iter().map(|row| row[..4].join("\t")).collect();
    let json = run(Path::new(&corpus), &["--format", "json", "."], b"").json();
    let found = json["findings"].as_array().unwrap().iter().map(|finding| {
        let file = finding["file"].as_str().unwrap().trim_start_matches("./");
        let (repository, path) = file.split_once('/').unwrap();
        let line = finding["start"]["line"].as_u64().unwrap();
        format!("{}\t{path}\t{line}\t{}", repository.replacen('+', "/", 1), finding["rule"].as_str().unwrap())
    });
    let mut found: Vec<String> = found.collect();
    found.sort();
    judged.sort();
    assert_same(&found, &judged);
}

/// Prints what one list has and the other has not.
fn assert_same(found: &[String], judged: &[String]) {
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(found == judged, "new:\n{}\ngone:\n{}", only(found, judged), only(judged, found));
}

/// A value under a name that says secret is not shown, whatever is wrong with it.
#[test]
fn values_under_secret_names_are_hidden() {
    let folder = Folder::new("lint", "secret-names");
    folder.file(
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: x\n    env:\n    - {name: DB_PASSWORD, value: 31337}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  db-password: 31338\n",
    );
    for format in ["terminal", "json"] {
        let run = folder.lint(&["--format", format, "."]);
        assert_eq!(run.code, Some(1));
        assert!(!run.out.contains("31337") && !run.out.contains("31338"), "{}", run.out);
    }
}

/// What a kustomization changes is not yet what the API server gets.
#[test]
fn bases_of_kustomize_may_be_incomplete() {
    let base = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {}\n  template:\n    spec:\n      containers:\n      - {name: a, image: \"\"}\n";
    let folder = Folder::new("lint", "kustomize-base");
    folder.file("base/a.yaml", base);
    assert_eq!(folder.lint(&["."]).code, Some(1), "on its own it is refused");
    folder.file(
        "base/kustomization.yaml",
        "resources: [a.yaml]\ncommonLabels: {app: a}\nimages: [{name: \"\", newName: x}]\n",
    );
    let run = folder.lint(&["."]);
    assert_eq!(run.code, Some(0), "{}", run.out);
}

/// The server says a warning for each field of a definition, and kubectl prints each text once.
#[test]
fn a_definition_is_warned_about_once_for_each_text() {
    let folder = Folder::new("lint", "definition");
    let properties = "a: {type: string, format: int64}, b: {type: string, format: int64}, c: {type: string, format: x}";
    let definition = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: crews.example.com}}\n\
         spec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: Crew, plural: crews}}\n  versions:\n    \
         - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: {{{properties}}}}}}}}}\n"
    );
    let run = folder.file("crew.yaml", definition).lint(&["--format", "concise", "crew.yaml"]);
    assert_eq!(run.out.matches("`int64`").count(), 1, "{}", run.out);
    assert_eq!(run.out.matches("`x`").count(), 1, "{}", run.out);
}

/// A policy that no server takes guards nothing: that is never silent.
#[test]
fn what_the_server_says_in_one_sentence_is_one_finding() {
    let folder = Folder::new("lint", "said-once");
    folder.file(
        "a.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/warn: restricted}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec:\n  hostNetwork: true\n  containers:\n    \
         - {name: a, image: \"registry.example.com/a:1\"}\n    - {name: b, image: \"registry.example.com/b:1\"}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {x: z}, ports: [{port: 1}, {port: 2}, {port: 3}]}\n",
    );
    let run = folder.lint(&["--format", "json", "a.yaml"]);
    assert_eq!(run.rules(), ["pod-security", "missing-field"], "{}", run.out);
    let findings = run.json();
    let (of_pod, of_service) = (&findings["findings"][0], &findings["findings"][1]);
    let message = of_pod["message"].as_str().unwrap();
    for part in
        ["would violate PodSecurity \"restricted:latest\": host namespaces", ", allowPrivilegeEscalation != false"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(message.matches("PodSecurity").count(), 1, "{message}");
    assert_eq!(of_service["labels"].as_array().unwrap().len(), 3, "{of_service}");
}

#[test]
fn policies_that_guard_nothing_are_an_error() {
    let folder = Folder::new("lint", "unusable-policies");
    let policy = |operation: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\nspec:\n  \
             matchConstraints: {{resourceRules: [{{apiGroups: [''], apiVersions: [v1], operations: [{operation}], \
             resources: [configmaps]}}]}}\n  validations: [{{expression: \"object.metadata.name != 'clean'\"}}]\n"
        )
    };
    folder.file("clean.yaml", CLEAN).file("good.yaml", policy("CREATE"));
    assert_eq!(folder.lint(&["--policy", "good.yaml", "clean.yaml"]).code, Some(1));
    for (text, why) in [
        (policy("create"), "would refuse ValidatingAdmissionPolicy/p"),
        (policy("CREATE").replace("metadata", "metdata"), "would refuse"),
        (policy("CREATE").replace("\"object.metadata.name != 'clean'\"", "false"), "would refuse"),
        (policy("CREATE") + "  x: [\n", "kubectl would refuse this file"),
        (String::new(), "there is no ValidatingAdmissionPolicy"),
        ("a: 1\n".to_owned(), "there is no ValidatingAdmissionPolicy"),
    ] {
        let run = folder.file("bad.yaml", &text).lint(&["--policy", "bad.yaml", "clean.yaml"]);
        assert!(run.code == Some(2) && run.err.contains(why), "{text}\n{}", run.err);
    }
}

/// Reports hide what `gen` hides.
#[test]
fn secrets_of_descriptions_are_hidden() {
    let folder = Folder::new("lint", "secret-in-description");
    let text =
        "patterns: v1\nname: shop\napp: {image: registry.example.com/shop:1, port: 8080, env: {PASSWORD: hunter2}}\n";
    folder.file("shop.yaml", text);
    for format in lint_formats() {
        let run = folder.lint(&["--format", &format, "shop.yaml"]);
        assert!(run.out.contains("secret") && !run.out.contains("hunter2"), "{format}\n{}", run.out);
    }
}

/// Servers before v1.34 take a StatefulSet whose Pods they refuse: what is wrong is said for each version, with what
/// happens there.
#[test]
fn pods_of_a_stateful_set_are_judged_for_every_version() {
    let folder = Folder::new("lint", "pods-of-a-set");
    let set = |claims: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: kv}}\nspec:\n  serviceName: kv\n  selector: \
             {{matchLabels: {{app: kv}}}}\n  template:\n    metadata: {{labels: {{app: kv}}}}\n    spec:\n      containers: \
             [{{name: kv, image: \"registry.example.com/kv:1\", volumeMounts: [{{name: data, mountPath: /data}}]}}]\n{claims}"
        )
    };
    let claim = |size: &str| {
        format!(
            "  volumeClaimTemplates:\n  - metadata: {{name: data}}\n    spec: {{accessModes: [ReadWriteOnce], resources: \
             {{requests: {{storage: {size}}}}}}}\n"
        )
    };
    for (claims, rule) in [(String::new(), "dangling-name"), (claim("-1Gi"), "invalid-value")] {
        folder.file("set.yaml", set(&claims));
        for (target, why) in [
            ("1.33", "accepts the StatefulSet but refuses each of its Pods"),
            ("1.36", "validation refuses the object"),
            ("1.33,1.37", "validation refuses the object"),
        ] {
            let run = folder.lint(&["--target", target, "--format", "json", "set.yaml"]);
            assert_eq!((run.code, run.rules()), (Some(1), vec![rule.to_owned()]), "{target} {}", run.out);
            let finding = run.json()["findings"][0].to_string();
            assert!(finding.contains(why) && !finding.contains("v1.34 on)"), "{target} {finding}");
        }
    }
    folder.file("set.yaml", set(&claim("1Gi")));
    assert_eq!(folder.lint(&["--target", "1.33", "--format", "json", "set.yaml"]).rules(), Vec::<String>::new());
}

/// A kind of another group under its own name comes before one of this group with a similar name.
#[test]
fn a_kind_of_another_group_is_named_before_a_similar_one() {
    for (version, kind, other) in [
        ("v1", "Role", "`Role` of `rbac.authorization.k8s.io/v1`"),
        ("v1", "Job", "`Job` of `batch/v1`"),
        ("apps/v1", "Job", "`Job` of `batch/v1`"),
        ("apps/v1", "Pod", "`Pod` of `v1`"),
        ("v1", "Deployment", "`Deployment` of `apps/v1`"),
        ("v1", "Servise", "`Service` of `v1`"),
    ] {
        let object = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        let run = run(Path::new("."), &["-"], object.as_bytes());
        assert!(run.out.contains(&format!("did you mean {other}?")), "{object}{}", run.out);
    }
}
