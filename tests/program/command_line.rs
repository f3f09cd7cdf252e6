//! What people expect of a command line before they have read anything.

use std::fs;

use crate::support::folder::Folder;
use crate::support::{Run, patterns};
use serde_json::Value as Json;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: \"registry.example.com/shop:1\", ports: [{name: http, containerPort: 8080}]}]}
";
const NORWAY: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: norway}\ndata:\n  country: no\n";

fn service(port: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: shop}}\nspec:\n  selector: {{app: shop}}\n  ports: [{{port: 80, \
         targetPort: {port}}}]\n"
    )
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new("command_line", name);
    // Without it, the settings of this repository would be looked for.
    fs::create_dir(folder.0.join(".git")).unwrap();
    folder
}

fn json(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr))
}

#[test]
fn lint_without_a_path_looks_here() {
    let folder = folder("here");
    folder.file("k8s/shop.yaml", DEPLOYMENT).file("k8s/service.yaml", service("http"));
    let run = folder.run(&["lint"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert_eq!(run.stderr, "checked 2 objects in 2 files: no findings\n");
    assert_eq!(folder.run(&["lint", "--quiet"]).stderr, "");
}

#[test]
fn nothing_to_lint_is_said() {
    let folder = folder("nothing");
    folder.file("notes.yaml", "a: 1\n");
    let run = folder.run(&["lint", "."]);
    assert_eq!((run.code, run.stderr.as_str()), (0, "warning: no Kubernetes objects to lint in .\n"));
    assert_eq!(folder.run(&["lint", "-q", "."]).stderr, "");
    let run = folder.run(&["explain", "."]);
    assert_eq!((run.code, run.stderr.as_str()), (0, "warning: no Kubernetes objects to explain in .\n"));
}

#[test]
fn verbose_says_what_was_read() {
    let folder = folder("verbose");
    folder.file("k8s/shop.yaml", DEPLOYMENT).file("k8s/service.yaml", service("http"));
    folder.file(".patterns.yaml", "lint: {profile: default}\n");
    let run = folder.run(&["lint", "-v", "--workspace", ".", "k8s/service.yaml"]);
    assert!(run.stderr.contains("settings: .patterns.yaml\n"), "{}", run.stderr);
    assert!(run.stderr.contains("linted: k8s/service.yaml: 1 object\n"), "{}", run.stderr);
    assert!(run.stderr.contains("read for references: k8s/shop.yaml: 1 object\n"), "{}", run.stderr);
}

/// A commit that renames a port breaks the Service in another file.
#[test]
fn a_finding_elsewhere_that_speaks_of_a_named_file_is_reported() {
    let folder = folder("elsewhere");
    folder.file("shop.yaml", DEPLOYMENT).file("service.yaml", service("web")).file("other.yaml", NORWAY);
    let run = folder.run(&["lint", "--format", "json", "--workspace", ".", "shop.yaml"]);
    let found = json(&run)["findings"].as_array().unwrap().clone();
    let found: Vec<_> =
        found.iter().map(|one| (one["file"].as_str().unwrap(), one["rule"].as_str().unwrap())).collect();
    assert_eq!(found, [("service.yaml", "service-port-missing")]);
    let junit = folder.run(&["lint", "--format", "junit", "--workspace", ".", "shop.yaml"]).stdout;
    assert!(junit.contains("name=\"service.yaml\""), "{junit}");
}

/// The ignore that is beside a finding holds, whichever file the run was about.
#[test]
fn ignores_elsewhere_hold() {
    let folder = folder("elsewhere-ignored");
    let ignored =
        service("web").replace("  ports:", "  # patterns: ignore[service-port-missing] comes later\n  ports:");
    folder.file("shop.yaml", DEPLOYMENT).file("service.yaml", ignored);
    let run = folder.run(&["lint", "--workspace", ".", "shop.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    folder.file("service.yaml", service("web"));
    folder.file(".patterns.yaml", "lint: {exceptions: [{rule: service-port-missing, why: comes later}]}\n");
    assert_eq!(folder.run(&["lint", "--workspace", ".", "shop.yaml"]).stdout, "");
}

#[test]
fn standard_input_can_be_a_file_of_the_workspace() {
    let folder = folder("stdin");
    folder.file("k8s/shop.yaml", DEPLOYMENT).file("k8s/service.yaml", service("http"));
    let lint = |text: &str, name: &str| {
        folder.run_with(&["lint", "--workspace", ".", "--stdin-filename", name, "-"], text.as_bytes(), &[])
    };
    assert_eq!(lint(&service("http"), "k8s/service.yaml").stdout, "");
    let run = lint(&service("web"), "k8s/service.yaml");
    assert!(run.stdout.contains("k8s/service.yaml:6:"), "{}", run.stdout);
    // The file on disk does not count beside its unsaved state, even by another way of writing its name.
    assert_eq!(lint(&service("http"), "./k8s/../k8s/service.yaml").stderr, "checked 1 object in 1 file: no findings\n");
    // A file that is not there yet.
    assert!(lint(&service("web"), "k8s/new.yaml").stdout.contains("k8s/new.yaml:6:"));
    let run = folder.run(&["lint", "--stdin-filename", "a.yaml", "k8s"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("but no PATH is `-`"), "{}", run.stderr);
}

#[test]
fn settings_say_how_a_run_fails_and_reports() {
    let folder = folder("settings");
    folder.file("a.yaml", DEPLOYMENT).file("b.yaml", service("web"));
    assert_eq!(folder.run(&["lint"]).code, 0);
    folder.file(".patterns.yaml", "lint: {fail-on: warning, format: concise}\n");
    let run = folder.run(&["lint"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("b.yaml:6:34: warning[service-port-missing]: "), "{}", run.stdout);
    let run = folder.run(&["lint", "--fail-on", "error", "--format", "json"]);
    assert_eq!((run.code, json(&run)["findings"].as_array().unwrap().len()), (0, 1));
    folder.file(".patterns.yaml", "lint: {format: xml}\n");
    let run = folder.run(&["lint"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("terminal"), "{}", run.stderr);
}

#[test]
fn a_baseline_that_is_missing_is_reported_where_it_is_named() {
    let folder = folder("baseline");
    folder.file("a.yaml", NORWAY).file(".patterns.yaml", "lint:\n  baseline: lint/baseline.json\n");
    let run = folder.run(&["lint"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(".patterns.yaml:2:13"), "{}", run.stderr);
    assert!(run.stderr.contains("--write-baseline"), "{}", run.stderr);
}

#[test]
fn exceptions_for_nothing_are_reported_where_everything_was_looked_at() {
    let folder = folder("exceptions");
    let settings = "lint:\n  exceptions:\n    - {rule: norway, path: gone/, why: moved}\n    - {rule: norway, object: \
                    ConfigMap/gone, why: moved}\n";
    folder.file("a.yaml", DEPLOYMENT).file(".patterns.yaml", settings).file("sub/b.yaml", service("http"));
    let run = folder.run(&["lint", "--format", "concise"]);
    assert_eq!(run.stdout.matches("[unused-ignore]").count(), 2, "{}", run.stdout);
    // A hook that names files cannot know.
    assert_eq!(folder.run(&["lint", "a.yaml"]).stdout, "");
    assert_eq!(folder.run(&["lint", "sub"]).stdout, "");
}

#[test]
fn an_ignore_without_a_rule_is_reported() {
    let folder = folder("ignores");
    for comment in ["# patterns: ignore", "# patterns: ignore norway it is a country", "# patterns: ignore-file"] {
        folder.file("a.yaml", NORWAY.replace("\ndata:", &format!("\n{comment}\ndata:")));
        let run = folder.run(&["lint", "--format", "concise"]);
        assert!(run.stdout.contains("a.yaml:4:1: warning[unused-ignore]: this ignore names no rule"), "{}", run.stdout);
    }
    for comment in ["# patterns: ignored by the deployer", "# patterns ignore", "# patterns: ignoreme"] {
        folder.file("a.yaml", NORWAY.replace("\ndata:", &format!("\n{comment}\ndata:")));
        assert!(!folder.run(&["lint"]).stdout.contains("unused-ignore"), "{comment}");
    }
}

/// A rule may have had another name when an ignore was written.
#[test]
fn ignores_of_former_names_hold() {
    let folder = folder("former-names");
    for rule in ["nothing-listens-there", "ambassador-port-mismatch", "adapter-target-mismatch"] {
        folder.file(
            "pod.yaml",
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: r, image: 'redis:7'}}\n  \
                 # patterns: ignore[{rule}] it comes later\n  - {{name: e, image: 'oliver006/redis_exporter:v1', \
                 args: ['--redis.addr=redis://localhost:6390']}}\n"
            ),
        );
        assert_eq!(folder.run(&["lint", "--format", "concise"]).stdout, "", "{rule}");
    }
}

/// Help names what is to be written, in the form of the place.
#[test]
fn help_fits_the_place() {
    let folder = folder("fitting-help");
    let role = |resource: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: a, namespace: b}}\nrules:\n- \
             {{apiGroups: [''], resources: ['{resource}'], verbs: [get]}}\n"
        )
    };
    let affinity = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: redis-master}\nspec:\n  selector: {matchLabels: {app: r, component: redis}}\n  template:\n    metadata: {labels: {app: r, component: redis}}\n    spec: {containers: [{name: r, image: 'example/r:1'}]}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: redis-slave}\nspec:\n  selector: {matchLabels: {app: r, component: redis-slave}}\n  template:\n    metadata: {labels: {app: r, component: redis-slave}}\n    spec:\n      affinity:\n        podAntiAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n          - labelSelector: {matchExpressions: [{key: component, operator: In, values: [redis-master]}]}\n            topologyKey: kubernetes.io/hostname\n      containers: [{name: r, image: 'example/r:1'}]\n";
    let scaled = "apiVersion: example.com/v1\nkind: Cluster\nmetadata: {name: c}\nspec: {replicas: 2}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: c}\nspec:\n  scaleTargetRef: {apiVersion: example.com/v1, kind: Cluster, name: c}\n  minReplicas: 2\n  maxReplicas: 5\n";
    let sleeps = "apiVersion: v1\nkind: Pod\nmetadata: {name: db}\nspec:\n  containers:\n  - {name: db, image: 'postgres:16', command: [sh, -c, sleep 30m], readinessProbe: {tcpSocket: {port: 5432}}}\n";
    for (manifest, says, does_not) in [
        (role("persistantvolumeclaims/status"), "use `persistentvolumeclaims/status`", "plural"),
        (role("deployment"), "", "use `deployment`"),
        (role("pod"), "use `pods`: resources are plural and lower case", "/"),
        (role("pods/logs"), "did you mean `pods/log`?", "did you mean `log`?"),
        (affinity.to_owned(), "do not have `component: redis-master`", "write `component: redis`"),
        (scaled.to_owned(), "remove `replicas`, if its definition lets you", "scales to 1 once"),
        (sleeps.to_owned(), "the container runs this, not its image's program", "make sleep listen"),
    ] {
        folder.file("a.yaml", &manifest);
        let out = folder.run(&["lint", "--format", "terminal"]).stdout;
        assert!(
            out.contains(says) && !out.lines().any(|line| line.contains("help") && line.contains(does_not)),
            "{manifest}\n{out}"
        );
    }
}

#[test]
fn statistics_in_formats_for_programs() {
    let folder = folder("statistics");
    folder.file("a.yaml", NORWAY).file("b.yaml", NORWAY.replace("norway", "sweden"));
    let counts = json(&folder.run(&["lint", "--statistics", "--format", "json"]));
    assert_eq!(counts["statistics"][0]["rule"], "norway");
    assert_eq!(counts["statistics"][0]["count"], 2);
    assert_eq!(counts["summary"]["errors"], 2);
    let run = folder.run(&["lint", "--statistics", "--format", "markdown"]);
    assert!(run.stdout.contains("| 2 | error | norway | 2 |"), "{}", run.stdout);
    let run = folder.run(&["lint", "--statistics", "--format", "sarif"]);
    assert_eq!(json(&run)["runs"][0]["results"].as_array().unwrap().len(), 2);
    assert!(run.stderr.contains("2  error    norway (fixable)"), "{}", run.stderr);
}

#[test]
fn junit_fails_for_what_fails_the_run() {
    let folder = folder("junit");
    folder.file("a.yaml", DEPLOYMENT).file("b.yaml", service("web")).file("c.yaml", NORWAY);
    let report = |fail_on: &str| folder.run(&["lint", "--format", "junit", "--fail-on", fail_on]).stdout;
    assert!(report("error").contains("tests=\"3\" failures=\"1\""));
    assert!(report("error").contains("<system-out>\n6:34: warning[service-port-missing]"), "{}", report("error"));
    assert!(report("warning").contains("tests=\"3\" failures=\"2\""));
    // a line of a file's name is no line of the report
    folder.file("c.yaml\n::error::d.yaml", NORWAY);
    assert!(!report("error").contains("\n::error"), "{}", report("error"));
}

#[test]
fn colour_follows_the_environment() {
    let folder = folder("colour");
    folder.file("a.yaml", NORWAY);
    let is_coloured = |environment: &[(&str, &str)]| {
        let unset =
            [("NO_COLOR", ""), ("FORCE_COLOR", ""), ("CLICOLOR_FORCE", ""), ("CLICOLOR", ""), ("TERM", "xterm")];
        let environment: Vec<_> = unset.iter().chain(environment).copied().collect();
        folder.run_with(&["lint"], b"", &environment).stdout.contains("\x1b[")
    };
    assert!(!is_coloured(&[]), "a pipe is not a terminal");
    assert!(is_coloured(&[("FORCE_COLOR", "1")]));
    assert!(is_coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured(&[("FORCE_COLOR", "0")]));
    assert!(!is_coloured(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn the_rules_are_listed() {
    let all = json(&patterns(&["rules", "--format", "json"]));
    let all = all.as_array().unwrap();
    assert!(all.iter().any(|rule| rule["name"] == "norway" && rule["fixable"] == true && rule["level"] == "error"));
    let table = patterns(&["rules"]).stdout;
    assert!(all.iter().all(|rule| table.contains(rule["name"].as_str().unwrap())), "{table}");
    let family = patterns(&["rules", "election"]).stdout;
    assert!(family.starts_with("election\n  ") && !family.contains("norway"), "{family}");
    assert_eq!(patterns(&["explain", "election"]).stdout, family);
    let unknown = patterns(&["rules", "electoin"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `election`?"), "{}", unknown.stderr);
}

#[test]
fn help_completions_and_manual_pages() {
    assert_eq!(patterns(&["help", "lint"]).stdout, patterns(&["lint", "--help"]).stdout);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = patterns(&["completions", shell]);
        assert!(run.code == 0 && run.stdout.contains("write-baseline"), "{shell}");
    }
    let folder = folder("manual");
    assert_eq!(folder.run(&["man", "man1"]).code, 0);
    assert!(fs::read_to_string(folder.0.join("man1/patterns-lint.1")).unwrap().contains("write\\-baseline"));
}

const DESCRIPTION: &str = "patterns: v1\nname: shop\napp: {image: \"registry.example.com/shop:1\", port: 8080}\n";

/// What `gen` refuses, `lint` finds, at the same place and in every format.
#[test]
fn descriptions_are_linted_as_gen_would_read_them() {
    let folder = folder("descriptions");
    folder.file("apps/shop.yaml", DESCRIPTION);
    assert_eq!(folder.run(&["lint"]).stdout, "");
    folder.file("apps/shop.yaml", DESCRIPTION.replace("port:", "prot:"));
    let run = folder.run(&["lint", "--format", "concise"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.starts_with("apps/shop.yaml:3:"), "{}", run.stdout);
    assert!(run.stdout.contains("error[invalid-description]: "), "{}", run.stdout);
    let found = json(&folder.run(&["lint", "--format", "sarif"]));
    assert_eq!(found["runs"][0]["results"][0]["ruleId"], "invalid-description");
    assert_eq!(folder.run(&["lint", "--ignore", "invalid-description"]).stdout, "");
}

#[test]
fn a_description_is_linted_in_each_environment() {
    let folder = folder("descriptions-environments");
    let environments = "environments:\n  dev: {}\n  prod:\n    shape: {replicated: {replicas: many}}\n";
    folder.file("shop.yaml", format!("{DESCRIPTION}{environments}"));
    let run = folder.run(&["lint", "--format", "concise"]);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.starts_with("shop.yaml:7:"), "{}", run.stdout);
}

/// Both would be lost: they are read before an environment is chosen.
#[test]
fn an_environment_neither_extends_nor_has_environments() {
    let folder = folder("environments-within");
    for key in ["environments: {dev: {name: other}}", "extends: base.yaml"] {
        folder.file("shop.yaml", format!("{DESCRIPTION}environments:\n  dev: {{}}\n  prod:\n    {key}\n"));
        let name = key.split(':').next().unwrap();
        for environment in ["dev", "prod"] {
            let run = folder.run(&["gen", "shop.yaml", "-e", environment]);
            assert_eq!((run.code, run.stdout.as_str()), (2, ""));
            assert!(run.stderr.contains(&format!("error: an environment has no `{name}`")), "{}", run.stderr);
            assert!(run.stderr.contains("shop.yaml:7:5"), "{}", run.stderr);
        }
    }
}

#[test]
fn what_a_pipeline_gives_a_description_is_no_mistake() {
    let folder = folder("descriptions-values");
    let text = DESCRIPTION.replace(":1\"", ":${tag}\"") + "params: {tag: {type: string}}\n";
    folder.file("shop.yaml", &text);
    assert_eq!(folder.run(&["lint"]).stdout, "");
    // The rest of it is judged.
    folder.file("shop.yaml", text.clone() + "use: [{https: {sercet: tls}}]\n");
    assert!(folder.run(&["lint"]).stdout.contains("sercet"));
    folder.file("shop.yaml", text.replace("${tag}", "${tga}"));
    assert!(folder.run(&["lint"]).stdout.contains("did you mean `${tag}`?"));
}

/// A base lacks what its extensions bring, and has what breaks them.
#[test]
fn bases_are_judged_where_they_are_extended() {
    let folder = folder("descriptions-bases");
    folder.file("base.yaml", "patterns: v1\nname: shop\napp: {port: 8080}\n");
    folder.file(
        "prod.yaml",
        "patterns: v1\nname: shop\nextends: base.yaml\napp: {image: \"registry.example.com/shop:1\"}\n",
    );
    assert_eq!(folder.run(&["lint"]).stdout, "");
    folder.file("base.yaml", "patterns: v1\nname: shop\napp: {port: http}\n");
    let run = folder.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.starts_with("base.yaml:3:"), "{}", run.stdout);
    // Other programs' files are not ours.
    folder.file("base.yaml", "patterns: [a, b]\n").file("prod.yaml", "kind: X\napiVersion: v1\npatterns: v1\n");
    assert!(!folder.run(&["lint"]).stdout.contains("invalid-description"));
}

/// A report in the place of a manifest would be the end of the manifest.
#[test]
fn reports_do_not_replace_manifests() {
    let folder = folder("overwrite");
    folder.file("a.yaml", NORWAY);
    for arguments in [["--write-baseline", "a.yaml"], ["--format", "sarif=./a.yaml"]] {
        let run = folder.run(&[&["lint"], &arguments[..]].concat());
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains("one of the linted manifests"), "{}", run.stderr);
        assert_eq!(fs::read_to_string(folder.0.join("a.yaml")).unwrap(), NORWAY);
    }
    let run = folder.run(&["lint", "--format", "json=out", "--format", "sarif=out"]);
    assert!(run.code == 2 && run.stderr.contains("would be written to out"), "{}", run.stderr);
    assert_eq!(folder.run(&["lint", "--write-baseline", "new.json"]).code, 0);
    assert_eq!(folder.run(&["lint", "--write-baseline", "new.json"]).code, 0);
}

/// The flag of a list holds for what is in its items.
#[test]
fn lists_of_custom_resources_may_keep_unknown_fields() {
    let folder = folder("preserve");
    let lint = |keeps: &str| {
        let definition = format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: \
             things.example.com}}\nspec:\n  group: example.com\n  names: {{kind: Thing, plural: things, singular: \
             thing, listKind: ThingList}}\n  scope: Namespaced\n  versions:\n    - name: v1\n      served: true\n      \
             storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            \
             spec: {{type: object, properties: {{l: {{type: array{keeps}, items: {{type: object}}}}}}}}\n---\napiVersion: \
             example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {{l: [{{b: 1}}]}}\n"
        );
        folder.file("a.yaml", definition);
        folder.run(&["lint", "--format", "concise"]).stdout
    };
    assert_eq!(lint(", x-kubernetes-preserve-unknown-fields: true"), "");
    assert!(lint("").contains("here"), "{}", lint(""));
}

/// An entry of `ignore` holds for its own document.
#[test]
fn a_document_ignores_for_itself() {
    let folder = folder("ignore");
    let document = |name: &str, ignore: &str| {
        format!("patterns: v1\nname: {name}\napp: {{image: \"nginx:1.27\", port: 80, health: /}}\n{ignore}")
    };
    let ignore = "ignore: [{rule: read-only-root-needs-volume, why: tried}]\n";
    let both = |first: &str, second: &str| {
        folder.file("a.yaml", format!("{}---\n{}", document("one", first), document("two", second)));
        folder.run(&["gen", "a.yaml"])
    };
    let run = both(ignore, "");
    assert!(run.code == 2 && run.stderr.contains("[read-only-root-needs-volume]: `two`"), "{}", run.stderr);
    let run = both(ignore, ignore);
    assert!(run.code == 0 && !run.stderr.contains("reports nothing here"), "{}", run.stderr);
}

/// A misspelt parameter may be one that holds a secret.
#[test]
fn the_value_of_an_unknown_parameter_is_not_shown() {
    let folder = folder("unknown-parameter");
    folder.file("a.yaml", DESCRIPTION.to_owned() + "params: {db_password: {type: string, default: \"\"}}\n");
    let run = folder.run(&["gen", "a.yaml", "--set", "db_pasword=hunter2Xyzzy"]);
    assert!(run.code == 2 && !run.stderr.contains("hunter2"), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `db_password`?"), "{}", run.stderr);
}

/// What kubectl would not be given is other programs'; what has the key of a description is ours.
#[test]
fn a_description_that_cannot_be_read_is_found() {
    let folder = folder("descriptions-broken");
    let broken = [
        ("brackets.yaml", "patterns: v1\nname: s\napp: {image: \"r/x:1\", port: 8080\n"),
        ("tabs.yaml", "# the shop\npatterns: v1\nname: s\napp:\n\timage: r/x:1\n"),
        ("quoted.yml", "patterns: \"v1\"\nname: s\n app: {}\n"),
        ("a.json", "{\"patterns\": \"v1\", \"name\": \"x\", \"app\": {\"image\": \"a:1\""),
        ("b.json", "{\n  \"patterns\": \"v1\",\n  \"name\": \"x\",\n"),
        ("c.json", "{\"name\": \"x\", \"patterns\": \"v1\""),
        ("flow.yaml", "{patterns: v1, name: [}\n"),
        ("mark.yaml", "\u{feff}patterns: v1\r\nname: [\r\n"),
        ("single.yaml", "---\n'patterns' : 'v1'\nname: [\n"),
    ];
    for (name, text) in broken {
        folder.file(name, text);
    }
    // not ours: a list of patterns, a word in a text, and what only resembles the key
    folder.file("globs.yaml", "patterns:\n  - \"*.js\"\n bad: [\n");
    folder.file("text.yaml", "about: patterns v1 {\n\t- [\n");
    folder.file("nested.yaml", "grok:\n  patterns: v1\n\t- [\n");
    let run = folder.run(&["lint", "--format", "concise"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let found: Vec<&str> = run.stdout.lines().filter_map(|line| line.split(':').next()).collect();
    let mut names = broken.map(|(name, _)| name);
    names.sort_unstable();
    assert_eq!(found, names, "{}", run.stdout);
}

#[test]
fn descriptions_that_extend_each_other_in_a_circle_are_found() {
    let folder = folder("descriptions-circle");
    folder.file("own.yaml", "patterns: v1\nname: own\nextends: own.yaml\n");
    folder.file("one.yaml", "patterns: v1\nname: pair\nextends: two.yaml\n");
    folder.file("two.yaml", "patterns: v1\nname: pair\nextends: one.yaml\n");
    folder.file("base.yaml", "patterns: v1\nname: shop\napp: {image: \"r/x:1\"}\n");
    folder.file("good.yaml", "patterns: v1\nname: shop\nextends: base.yaml\n");
    let run = folder.run(&["lint", "--format", "concise"]);
    assert_eq!(run.stdout.matches("this extends itself").count(), 3, "{}", run.stdout);
    assert!(!run.stdout.contains("base.yaml") && !run.stdout.contains("good.yaml"), "{}", run.stdout);
}

/// A commit may change a base alone.
#[test]
fn a_base_is_judged_where_it_is_extended() {
    let folder = folder("descriptions-base");
    folder.file("base.yaml", "patterns: v1\nname: shop\napp: {image: \"r/x:1\", prot: 8080}\n");
    folder.file("prod.yaml", "patterns: v1\nname: shop\nextends: base.yaml\nnonsense: 1\n");
    let run = folder.run(&["lint", "--format", "concise", "--workspace", ".", "base.yaml"]);
    assert_eq!((run.code, run.stdout.lines().count()), (1, 1), "{}", run.stdout);
    assert!(run.stdout.starts_with("base.yaml:3:"), "{}", run.stdout);
    let run = folder.run(&["lint", "--format", "concise", "--workspace", ".", "prod.yaml"]);
    assert!(run.stdout.contains("nonsense"), "{}", run.stdout);
}

/// Levels, exceptions, comments and baselines are for whatever is found.
#[test]
fn settings_hold_for_descriptions() {
    let folder = folder("descriptions-settings");
    let extra = "extra:\n  - apiVersion: v1\n    kind: Service\n    metadata: {name: other}\n    spec:\n      \
        selector: {app.kubernetes.io/name: shop}\n      ports: [{port: 80, targetPort: nope}]\n";
    let shop = "patterns: v1\nname: shop\napp: {image: \"r/x:1\", port: 8080}\n";
    folder.file("shop.yaml", format!("{shop}{extra}"));
    let lint = |settings: &str| {
        folder.file(".patterns.yaml", settings);
        folder.run(&["lint", "--format", "concise"])
    };
    let run = lint("lint: {}\n");
    assert!(run.code == 0 && run.stdout.contains("warning[service-port-missing]"), "{}", run.stdout);
    let run = lint("lint: {rules: {service-port-missing: error}}\n");
    assert!(run.code == 1 && run.stdout.contains("error[service-port-missing]"), "{}", run.stdout);
    let run = lint("lint: {exceptions: [{rule: service-port-missing, path: shop.yaml, why: soon}]}\n");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let run = lint("lint: {exceptions: [{rule: service-port-missing, path: shops.yaml, why: soon}]}\n");
    assert!(run.stdout.contains("service-port-missing"), "{}", run.stdout);
    let ignoring = extra.replace("  - apiVersion", "  # patterns: ignore[service-port-missing] soon\n  - apiVersion");
    folder.file("shop.yaml", format!("{shop}{ignoring}"));
    assert_eq!(lint("lint: {}\n").stdout, "");
    folder.file("shop.yaml", shop.replace("port:", "prot:"));
    let run = folder.run(&["lint", "--write-baseline", "base.json"]);
    assert!(run.code == 0 && run.stderr.contains("1 finding in the baseline"), "{}", run.stderr);
    let run = folder.run(&["lint", "--baseline", "base.json", "--format", "concise"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
}

#[test]
fn completions_know_names_and_no_hidden_command() {
    let folder = folder("completions");
    for shell in ["bash", "zsh", "fish"] {
        let text = folder.run(&["completions", shell]).stdout;
        // clap's completions of fish know no values of positional arguments
        let names = ["service-port-missing", "sarif", "scatter-gather"];
        for name in &names[..if shell == "fish" { 2 } else { 3 }] {
            assert!(text.contains(name), "{shell} completes {name}");
        }
        if shell == "bash" {
            let names = text.lines().find(|line| line.contains("sidecar-blocks-job")).unwrap();
            assert_eq!(names.split_whitespace().filter(|name| *name == "sidecar").count(), 1, "{names}");
        }
        assert!(
            !text.contains("subcmd__reference") && !text.contains("Write the pages of the book"),
            "{shell}: hidden"
        );
    }
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  \
    ports: [{port: 80, targetPort: http}]\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: \
    {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: \"r/w:1\", \
    ports: [{name: http, containerPort: 80}]}]}\n";

/// A file has one folder, however it and the files around it are named.
#[test]
fn neighbours_are_found_however_paths_are_spelt() {
    let folder = folder("spelling");
    folder.file("k8s/svc.yaml", SERVICE).file("k8s/web.yaml", WEB.replace("name: http", "name: web"));
    let whole = folder.0.join("k8s").canonicalize().unwrap();
    let whole = whole.to_str().unwrap();
    let named = |name: &str| format!("{whole}/{name}");
    for arguments in [
        vec!["k8s"],
        vec!["./k8s/svc.yaml", "k8s/web.yaml"],
        vec!["k8s/../k8s/web.yaml", "--workspace", "."],
        vec!["k8s/web.yaml", "--workspace", whole],
        vec![&named("svc.yaml"), "k8s/web.yaml"],
        vec![&named("web.yaml"), "--workspace", "k8s"],
    ] {
        let arguments: Vec<&str> = ["lint", "--format", "concise"].into_iter().chain(arguments).collect();
        let run = folder.run(&arguments);
        assert!(run.stdout.contains("warning[service-port-missing]"), "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
}

/// Copies for another environment excuse nothing; another app with these labels may be what a Service is for.
#[test]
fn a_variant_elsewhere_has_no_port_for_this_service() {
    let folder = folder("variants");
    let renamed = WEB.replace("name: http", "name: web");
    folder.file("dev/svc.yaml", SERVICE).file("dev/web.yaml", &renamed);
    folder.file("prod/svc.yaml", SERVICE).file("prod/web.yaml", WEB);
    let run = folder.run(&["lint", "--format", "concise"]);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.starts_with("dev/svc.yaml:6:"), "{}", run.stdout);
    folder.file("prod/web.yaml", WEB.replace("metadata: {name: web}", "metadata: {name: gate}"));
    assert_eq!(folder.run(&["lint", "--format", "concise"]).stdout, "");
}

#[test]
fn diffs_name_files_from_the_root_of_the_repository() {
    let folder = folder("diffs");
    folder.file("k8s/bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata: {a: 1}\n");
    let shown = ["--- a/k8s/bad.yaml", "+++ b/k8s/bad.yaml"];
    let from = |inside: &str, arguments: &[&str]| {
        let run = std::process::Command::new(crate::support::binary())
            .args(arguments)
            .current_dir(folder.0.join(inside))
            .output();
        String::from_utf8(run.unwrap().stdout).unwrap()
    };
    for (inside, path) in [(".", "k8s"), ("k8s", "."), ("k8s", "../k8s/bad.yaml")] {
        let diff = from(inside, &["lint", "--diff", path]);
        assert_eq!(diff.lines().take(2).collect::<Vec<_>>(), shown, "{inside} {path}");
    }
    folder.file("apps/shop.yaml", "patterns: v1\nname: shop\napp: {image: \"r/x:1\"}\n");
    from(".", &["gen", "apps/shop.yaml", "-o", "out"]);
    folder.file("apps/shop.yaml", "patterns: v1\nname: shop\napp: {image: \"r/x:2\"}\nshape: {job: {}}\n");
    let diff = from("apps", &["gen", "shop.yaml", "--check", "../out"]);
    let heads: Vec<&str> = diff.lines().filter(|line| line.starts_with("--- ") || line.starts_with("+++ ")).collect();
    assert!(heads.contains(&"--- a/out/deployment-shop.yaml"), "{heads:?}");
    assert!(heads.contains(&"+++ /dev/null"), "what is gone is in the diff: {heads:?}");
}

/// Each says which path, what is wrong with it, and what was meant, in words and without the system's numbers.
#[test]
fn a_wrong_path_is_said_in_words() {
    let folder = folder("wrong-paths");
    folder
        .file("shop.yaml", "patterns: v1\nname: shop\napp: {image: \"registry.example.com/shop:1\", port: 8080}\n")
        .file("deployment.yaml", DEPLOYMENT)
        .file("sub/notes.txt", "");
    for (command, code, said) in [
        ("gen 0.yaml", 2, "error: 0.yaml: there is no such file or folder\n"),
        ("lint shp.yaml", 2, "error: shp.yaml: there is no such file or folder; did you mean shop.yaml?\n"),
        ("explain sbu/notes.txt", 2, "error: sbu/notes.txt: there is no folder sbu; did you mean sub?\n"),
        ("gen shop.yaml -o deployment.yaml", 2, "deployment.yaml is a file, not a folder\n"),
        ("gen shop.yaml --check deployment.yaml", 2, "deployment.yaml is a file, not a folder\n"),
        ("gen shop.yaml --catalogue shop.yaml", 2, "error: cannot read shop.yaml: this is a file, not a folder\n"),
        ("gen shop.yaml --params sub", 2, "error: sub: this is a folder, not a file\n"),
        ("man shop.yaml", 2, "error: shop.yaml: this is a file, not a folder\n"),
        ("policy test policies", 2, "error: policies: there is no such file or folder\n"),
        ("lint deployment.yaml --policy sub", 2, "error: sub: there is no ValidatingAdmissionPolicy\n"),
        ("lint deployment.yaml --write-baseline 0/known.json", 2, "error: 0/known.json: there is no folder 0\n"),
        ("diagram shop.yaml -o 0/shop.svg", 2, "error: 0/shop.svg: there is no folder 0\n"),
        ("diagram sub", 0, "warning: no Kubernetes objects to draw in sub\n"),
        ("import 0.yaml", 1, "  0.yaml: there is no such file or folder\n"),
        ("explain wordpress-frontend", 2, "`patterns new` lists the patterns"),
    ] {
        let run = folder.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(run.code, code, "{command}: {}", run.stderr);
        assert!(run.stderr.contains(said) && !run.stderr.contains("os error"), "{command}: {}", run.stderr);
    }
}
