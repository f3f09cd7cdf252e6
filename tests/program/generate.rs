//! `patterns gen` as users run it.

use crate::support::{documents, files, generate, patterns, patterns_with, relative};
use serde::Deserialize as _;
use serde_json::{Value, json};

fn object<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

/// Every description below `tests/errors` is refused as a whole: nothing on stdout, exit code 2, and a message
/// that is a snapshot.
#[test]
fn mistakes() {
    for path in files("tests/errors", ".yaml") {
        let name = relative(&path);
        let run = patterns(&["gen", &name]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        let snapshot = name.trim_start_matches("tests/errors/").trim_end_matches(".yaml").to_owned();
        insta::with_settings!({description => std::fs::read_to_string(&path).unwrap(), omit_expression => true}, {
            insta::assert_snapshot!(format!("error-{snapshot}"), run.stderr);
        });
    }
}

#[test]
fn environment_and_parameters() {
    let dev = documents(&patterns(&["gen", "examples/paas.yaml"]).stdout);
    let prod = documents(&patterns(&["gen", "examples/paas.yaml", "-e", "prod"]).stdout);
    let set = documents(&patterns(&["gen", "examples/paas.yaml", "-e", "prod", "--set", "ref=hotfix"]).stdout);
    let reference = |objects: &[Value]| {
        let args = object(objects, "Deployment")["spec"]["template"]["spec"]["initContainers"][0]["args"].clone();
        args[1].as_str().unwrap().to_owned()
    };
    assert_eq!(reference(&dev), "--ref=main");
    assert_eq!(reference(&prod), "--ref=release");
    assert_eq!(reference(&set), "--ref=hotfix", "--set wins over the environment");
    assert_eq!(object(&dev, "Deployment")["spec"]["replicas"], 2);
    assert_eq!(object(&prod, "Deployment")["spec"]["replicas"], 4);
    assert_eq!(object(&dev, "Ingress")["spec"]["rules"][0]["host"], "site.example.test");
    assert_eq!(object(&prod, "HTTPRoute")["spec"]["parentRefs"][0]["name"], "public");
}

/// Numbers with all their digits: `serde_json` reads some of them as their neighbour unless its feature
/// `float_roundtrip` is on, and once it was on for tests alone, so that what shipped refused them. Whole numbers may be
/// written as fractions.
#[test]
fn fractions_arrive_to_the_last_digit() {
    let mixed = (1..=300_u64).map(|step| f64::from_bits(step.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let edges = [0.1 + 0.2, f64::MAX, f64::MIN_POSITIVE, 5e-324, 123_456_789.123_456_79, 0.0, 1.0, 250.0, 1e16, 1e21];
    let numbers: Vec<f64> = mixed.filter(|number| number.is_finite()).chain(edges).collect();
    let written: Vec<String> = numbers.iter().map(|number| format!("{number:e}")).collect();
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1\", port: 8080}}\nextra:\n  \
         - {{apiVersion: example.com/v1, kind: Sampler, metadata: {{name: shop}}, spec: {{rates: [{}]}}}}\n",
        written.join(", ")
    );
    let run = generate(&description);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let read: Vec<f64> = serde_yaml::Deserializer::from_str(&run.stdout)
        .map(|document| serde_yaml::Value::deserialize(document).unwrap())
        .find(|document| document["kind"] == "Sampler")
        .map(|document| serde_yaml::from_value(document["spec"]["rates"].clone()).unwrap())
        .expect("the object of `extra`");
    assert_eq!(read, numbers);
}

#[test]
fn a_hole_keeps_its_type_and_other_dollars_stay() {
    let description = r#"
patterns: v1
name: shop
params: {port: {type: integer, default: 9000}, tag: {type: string, default: 1.10}}
app:
  image: "registry.example.com/shop:${tag}"
  port: "${port}"
  args: ["--listen=${port}", "$(POD_IP)", "$${tag}", "plain $ sign"]
"#;
    let run = generate(description);
    assert_eq!(run.code, 2, "1.10 is a number, and the parameter a string");
    let run = generate(&description.replace("1.10", "\"1.10\""));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let objects = documents(&run.stdout);
    let app = &object(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(app["image"], "registry.example.com/shop:1.10");
    assert_eq!(app["ports"][0]["containerPort"], 9000);
    assert_eq!(app["args"], json!(["--listen=9000", "$(POD_IP)", "${tag}", "plain $ sign"]));
    let set = patterns_with(
        &["gen", "-", "--set", "port=9100", "--set", "tag=1.20"],
        description.replace("1.10", "\"1.10\"").as_bytes(),
    );
    assert!(set.stdout.contains("--listen=9100") && set.stdout.contains("shop:1.20"), "{}", set.stderr);
}

#[test]
fn namespace_output_and_check() {
    let folder = std::env::temp_dir().join(format!("patterns-gen-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let dir = folder.to_str().unwrap();
    let base = ["gen", "examples/legacy-https.yaml", "-n", "team"];
    let with = |more: &[&str]| patterns(&[&base[..], more].concat());
    let missing = with(&["--check", dir]);
    assert!(missing.code == 1 && missing.stdout.starts_with("--- /dev/null\n+++ b/"), "missing files differ");
    assert_eq!(with(&["-o", dir]).code, 0);
    let clean = with(&["--check", dir]);
    assert_eq!((clean.code, clean.stdout.as_str(), clean.stderr.as_str()), (0, "", "4 files are up to date\n"));
    let again = with(&["-o", dir]);
    let said = "nothing to write; 4 files are up to date\n";
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (0, "", said));
    let service = folder.join("service-legacy.yaml");
    let text = std::fs::read_to_string(&service).unwrap();
    assert!(text.contains("namespace: team"));
    std::fs::write(&service, text.replace("port: 443", "port: 444")).unwrap();
    let changed = with(&["--check", dir]);
    assert_eq!(changed.code, 1);
    assert!(
        changed.stdout.contains("-  - name: https\n") || changed.stdout.contains("-    port: 444"),
        "{}",
        changed.stdout
    );
    assert_eq!(with(&["-o", dir]).code, 0);
    // what an earlier run wrote for this description is stale; other files are nobody's business
    let old = text.replace("  name: legacy\n", "  name: old\n");
    std::fs::write(folder.join("service-old.yaml"), &old).unwrap();
    // a copy under a name that the generator would not choose is somebody's own
    std::fs::write(folder.join("service-copy.yaml"), &old).unwrap();
    std::fs::write(folder.join("kustomization.yaml"), "resources: []\n").unwrap();
    let stale = with(&["--check", dir]);
    assert!(
        stale.code == 1 && stale.stderr.contains("service-old.yaml") && !stale.stderr.contains("kustomization"),
        "{}",
        stale.stderr
    );
    assert_eq!(with(&["-o", dir]).code, 0);
    assert!(!folder.join("service-old.yaml").exists() && folder.join("kustomization.yaml").exists());
    assert!(folder.join("service-copy.yaml").exists());
    assert_eq!(with(&["--check", dir]).code, 0);
    std::fs::create_dir(folder.join("configmap-x.yaml")).unwrap();
    let blocked = patterns_with(
        &["gen", "-", "-o", dir],
        b"patterns: v1\nname: other\napp: {image: registry.example.com/y}\nextra: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}]\n",
    );
    assert!(blocked.code == 2 && blocked.stderr.contains("configmap-x.yaml"), "{}", blocked.stderr);
    assert!(!folder.join("deployment-other.yaml").exists(), "all or nothing");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn json_is_a_list_of_the_same_objects() {
    let yaml = documents(&patterns(&["gen", "examples/paas.yaml"]).stdout);
    let json: Value =
        serde_json::from_str(&patterns(&["gen", "examples/paas.yaml", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["kind"], "List");
    assert_eq!(json["items"], Value::Array(yaml));
}

#[test]
fn app_with_everything() {
    let description = r#"
patterns: v1
name: worker
namespace: jobs
app:
  image: registry.example.com/worker@sha256:5f0c0ae1c7c9a7b3f0f3f0a4e7d1a2a7f1d6f6e1a9a8b7c6d5e4f3a2b1c0d9e8
  command: [/bin/worker]
  args: [--save, "", --level, 3]
  env: {MODE: fast, LIMIT: 5, DEBUG: true, DB_PASSWORD: secret/worker-db/password, REGION: configmap/site/region}
  user: 999
  writable: [/var/cache/worker]
  resources: {cpu: 250m, memory: 300Mi, limit: 1Gi}
  drain: 1m
  volumes:
    media: {claim: media, mount: /media, create: {size: 10Gi, access: ReadWriteMany, class: fast}}
shape: {replicated: {min: 2, max: 6, cpu: 65%}}
"#;
    let run = generate(description);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("app-with-everything", run.stdout);
}

#[test]
fn private_repository() {
    let run = generate(
        r#"
patterns: v1
name: site
app: {image: registry.example.com/site, port: 80}
use:
  - git-sync: {repo: "https://git.example.com/site.git", username: bot, password: secret/git/token}
"#,
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let objects = documents(&run.stdout);
    let pod = &object(&objects, "Deployment")["spec"]["template"]["spec"];
    let args = pod["initContainers"][0]["args"].as_array().unwrap();
    assert!(
        args.contains(&json!("--username=bot")) && args.contains(&json!("--password-file=/etc/git-password/token"))
    );
    let secret =
        pod["volumes"].as_array().unwrap().iter().find(|volume| volume["name"] == "git-sync-password").unwrap();
    assert_eq!(
        secret["secret"],
        json!({"secretName": "git", "defaultMode": 0o440, "items": [{"key": "token", "path": "token"}]})
    );
}

#[test]
fn parameters_from_a_file() {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("patterns-params-{}.yaml", std::process::id()));
    std::fs::write(
        &path, "ref: v9
",
    )
    .unwrap();
    let file = path.to_str().unwrap();
    let run = patterns(&["gen", "examples/paas.yaml", "--params", file]);
    assert!(run.stdout.contains("--ref=v9"), "{}", run.stderr);
    let run = patterns(&["gen", "examples/paas.yaml", "--params", file, "--set", "ref=v10"]);
    assert!(run.stdout.contains("--ref=v10"), "--set wins");
    std::fs::write(
        &path,
        "reff: v9
",
    )
    .unwrap();
    let run = patterns(&["gen", "examples/paas.yaml", "--params", file]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("did you mean `ref`?"), "{}", run.stderr);
    let run = patterns(&["gen", "examples/paas.yaml", "-e", "prdo"]);
    assert!(run.code == 2 && run.stderr.contains("-e prod"), "{}", run.stderr);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn hatches() {
    let folder = std::env::temp_dir().join(format!("patterns-hatches-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let base = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/legacy-https.yaml")).unwrap();
    std::fs::write(folder.join("base.yaml"), base).unwrap();
    let over = folder.join("over.yaml");
    let write = |text: &str| {
        std::fs::write(
            &over,
            format!(
                "patterns: v1
name: legacy
extends: base.yaml
{text}"
            ),
        )
        .unwrap();
    };
    let run = |text: &str| {
        write(text);
        patterns(&["gen", over.to_str().unwrap()])
    };
    let good = run(r#"
images: {https: registry.internal/ghostunnel:1}
patch:
  - object: Deployment/legacy
    merge: {spec: {template: {spec: {nodeSelector: {disk: ssd}}}}}
    remove: [/spec/strategy]
  - object: Service/legacy
    set: {/metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-type: nlb}
    merge: {spec: {ports: [{port: 443, $patch: delete}, {port: 8443, name: https, targetPort: https}]}}
extra:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: legacy-conf}, data: {app.ini: "mode = tls"}}
namespace: team
"#);
    assert_eq!((good.code, good.stderr.as_str()), (0, ""));
    let objects = documents(&good.stdout);
    let deployment = object(&objects, "Deployment");
    assert_eq!(deployment["spec"]["template"]["spec"]["nodeSelector"], json!({"disk": "ssd"}));
    assert!(deployment["spec"]["strategy"].is_null());
    assert_eq!(deployment["spec"]["template"]["spec"]["initContainers"][0]["image"], "registry.internal/ghostunnel:1");
    assert_eq!(object(&objects, "Service")["spec"]["ports"][0]["port"], 8443);
    assert_eq!(
        object(&objects, "Service")["metadata"]["annotations"]["service.beta.kubernetes.io/aws-load-balancer-type"],
        "nlb"
    );
    assert_eq!(object(&objects, "ConfigMap")["metadata"]["namespace"], "team", "extra objects follow the namespace");
    for (text, message) in [
        ("patch: [{object: Deployment/legac, merge: {}}]", "did you mean `Deployment/legacy`?"),
        ("patch: [{object: Deployment/legacy, remove: [/spec/nothing]}]", "nothing there to remove"),
        (
            "patch: [{object: Deployment/legacy, set: {/spec/template/spec/containers/7/image: x}}]",
            "containers: [{name: …, image: ",
        ),
        ("patch: [{object: Deployment/legacy, merge: {spec: {replica: 3}}}]", "DeploymentSpec has no field `replica`"),
        ("patch: [{object: Deployment/legacy, merge: {spec: {replicas: three}}}]", "`replicas` wants a whole number"),
        ("patch: [{object: Deployment/legacy, merge: {metadata: {name: other}}}]", "cannot rename"),
        ("extra: [{apiVersion: v1, kind: Service, metadata: {name: legacy}}]", "generated twice"),
        ("extra: [{kind: Service, metadata: {name: x}}]", "needs `apiVersion`"),
        ("images: {htps: x}", "did you mean `https`?"),
    ] {
        let bad = run(text);
        assert_eq!((bad.code, bad.stdout.as_str()), (2, ""), "{text}");
        assert!(bad.stderr.contains(message), "{text}: {}", bad.stderr);
    }
    std::fs::write(
        folder.join("base.yaml"),
        "patterns: v1
name: legacy
extends: over.yaml
",
    )
    .unwrap();
    let cycle = run("");
    assert!(cycle.code == 2 && cycle.stderr.contains("extends itself"), "{}", cycle.stderr);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn ignores_need_a_rule_that_finds_something() {
    let description = |patch: &str| {
        format!(
            "patterns: v1\nname: a\napp: {{image: registry.example.com/a, port: 80}}\n\
             patch: [{{object: Deployment/a, merge: {{spec: {{template: {{spec: {{terminationGracePeriodSeconds: 30, \
             volumes: [{{name: tmp, emptyDir: {{}}}}]{patch}}}}}}}}}}}]\n"
        )
    };
    let prestop =
        ", containers: [{name: a, lifecycle: {preStop: {$patch: replace, exec: {command: [sleep, \"60\"]}}}}]";
    let warned = generate(&description(prestop));
    assert_eq!(warned.code, 0, "a warning fails nothing: {}", warned.stderr);
    assert!(warned.stderr.contains("prestop-outlasts-grace"), "{}", warned.stderr);
    let ignored =
        generate(&format!("{}ignore: [{{rule: prestop-outlasts-grace, why: the app knows}}]\n", description(prestop)));
    assert_eq!((ignored.code, ignored.stderr.as_str()), (0, ""));
    let unused =
        generate(&format!("{}ignore: [{{rule: prestop-outlasts-grace, why: the app knows}}]\n", description("")));
    assert!(unused.code == 0 && unused.stderr.contains("reports nothing here"), "{}", unused.stderr);
    let unknown = generate(&format!("{}ignore: [{{rule: nonsense, why: x}}]\n", description("")));
    assert!(unknown.code == 2 && unknown.stderr.contains("no rule is called"), "{}", unknown.stderr);
}

/// The value of an option is hidden, the option itself is shown.
#[test]
fn the_option_of_a_secret_is_shown() {
    for args in ["[run, --client-secret=hunter2-hunter2]", "[run, \"--client-secret=hunter2-hunter2\"]"] {
        let run = generate(&format!("patterns: v1\nname: a\napp: {{image: \"a.example/a:1\", args: {args}}}\n"));
        assert_ne!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("--client-secret=•") && !run.stderr.contains("hunter2"), "{}", run.stderr);
    }
}

/// What a trial by users found; each was once accepted, or said the wrong thing.
#[test]
fn refused_with_a_reason() {
    let base = "patterns: v1\nname: x\napp: {image: registry.example.com/x, port: 8080}\n";
    let app =
        |more: &str| format!("patterns: v1\nname: x\napp: {{image: registry.example.com/x, port: 8080, {more}}}\n");
    let cases = [
        (format!("{base}extra: [{{apiVersion: e.x/v1, kind: /tmp/evil, metadata: {{name: a}}}}]\n"), "a kind is letters"),
        (format!("{base}extra: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: ../../evil}}}}]\n"), "part of a path"),
        (app("env: {DB_PWD: hunter2}"), "plaintext secret"),
        (app("env: {URL: \"postgres://u:hunter2@db/x\"}"), "plaintext secret"),
        (app("args: [--password=hunter2]"), "plaintext secret"),
        (app("args: [sh, -c, \"until PGPASSWORD=hunter2 psql -h db; do :; done\"]"), "behind `PGPASSWORD=`"),
        (app("args: [sh, -c, \"PGPASSWORD='hunter2' psql -h db\"]"), "behind `PGPASSWORD=`"),
        (app("args: [sh, -c, \"redis-cli -a hunter2 ping\"]"), "behind `-a`"),
        (app("env: {FLOWER_BASIC_AUTH: \"admin:hunter2\"}"), "plaintext secret"),
        (app("env: {A: secret/a}"), "looks like a reference"),
        (app("resources: {cpu: 1, memory: 1Gi, limit: 512Mi}"), "below the request"),
        (app("writable: [/]"), "would hide the whole image"),
        (format!("{base}shape: {{replicated: {{replicas: 99999999999}}}}\n"), "at most 10000"),
        (format!("{base}params: foo\n"), "takes a map"),
        (format!("{base}params: {{a: {{type: strin}}}}\n"), "did you mean `string`?"),
        (format!("{base}use: [{{git-sync: {{repo: x, password: secret/a/b}}}}]\n"), "belong together"),
        (format!("{base}shape: {{sharded: {{shards: 2}}}}\nexpose: {{host: a.example.com}}\n"), "has nothing to expose"),
        (format!("{base}schedule: \"0 3 * * *\"\n"), "does not run on a schedule"),
        ("patterns: v1\nname: s\nshape: {scatter-gather: {leaves: 2, timeout: 10m, leaf: {image: a, port: 1}}}\n".to_owned(), "effectively no timeout"),
        ("patterns: v1\nname: s\nshape: {scatter-gather: {leaves: 2, timeout: 0s, leaf: {image: a, port: 1}}}\n".to_owned(), "effectively no timeout"),
        ("patterns: v1\nname: s\nshape: {scatter-gather: {leaves: 2, leaf: {image: a, port: 1}}}\nuse: [{https: s}]\nexpose: {host: a.b}\n".to_owned(), "same protocol"),
    ];
    for (description, message) in cases {
        let run = generate(&description);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{description}");
        assert!(run.stderr.contains(message), "{description}: {}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "a secret is shown: {}", run.stderr);
        assert!(!run.stderr.contains("report it"), "the user's mistake, not ours: {}", run.stderr);
    }
    let namespace = patterns(&["gen", "examples/paas.yaml", "-n", "Foo_Bar"]);
    assert_eq!((namespace.code, namespace.stdout.as_str()), (2, ""));
}

#[test]
fn documents_that_could_select_each_others_pods() {
    let run = generate(
        "patterns: v1\nname: search\nshape: {scatter-gather: {leaves: 2, leaf: {image: a, port: 1}}}\n---\n\
         patterns: v1\nname: search-leaf\napp: {image: b, port: 80}\n",
    );
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("Service/search-leaf would be generated twice"), "{}", run.stderr);
}

#[test]
fn deep_nesting_ends_in_a_message() {
    let deep = format!("{}{}", "[".repeat(9000), "]".repeat(9000));
    let run = generate(&format!(
        "patterns: v1\nname: a\napp: {{image: a}}\nextra: [{{apiVersion: v1, kind: X, metadata: {{name: a}}, spec: {deep}}}]\n"
    ));
    assert!(run.code == 0 || (run.code == 2 && run.stdout.is_empty()), "{}", run.code);
}

#[test]
fn secrets_on_the_command_line_stay_there() {
    let description =
        "patterns: v1\nname: a\nparams: {db_password: {type: integer}}\napp: {image: registry.example.com/a}\n";
    let run = patterns_with(&["gen", "-", "--set", "db_password=hunter2"], description.as_bytes());
    assert!(run.code == 2 && !run.stderr.contains("hunter2"), "{}", run.stderr);
}

/// Text that tries to leave its place in YAML is refused or arrives as it was.
#[test]
fn hostile_text() {
    let long = "x".repeat(64 * 1024);
    let hostile = [
        "\"",
        "'",
        "\n",
        "a\nb: c",
        "{{ name }}",
        "{% raw %}",
        "---",
        "\n---\nkind: Pod\n",
        "#",
        "- a",
        "${",
        "$(HOME)",
        "$$",
        "\\",
        "\u{85}",
        "\u{2028}",
        "\u{7f}",
        "\u{0}",
        "é😀",
        "yes",
        "0x1F",
        "1_000",
        "<<",
        "~",
        "*a",
        "&a",
        "!!binary",
        "%",
        "@",
        "`",
        "]",
        "}",
        ": ",
        &long,
    ];
    for text in hostile {
        let quoted = serde_json::to_string(text)
            .unwrap()
            .replace('\u{85}', "\\u0085")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{7f}', "\\u007f");
        // as an argument, where any text is allowed
        let description = format!(
            "patterns: v1\nname: a\napp: {{image: registry.example.com/a, args: [{quoted}], env: {{V: {quoted}}}}}\n"
        );
        let run = generate(&description);
        if text.contains("${") || text.contains('\0') {
            assert_eq!(run.code, 2, "{text:?}");
            continue;
        }
        assert_eq!(run.code, 0, "{text:.99?}: {:.999}", run.stderr);
        let objects = documents(&run.stdout);
        assert_eq!(objects.len(), 3, "{text:?}");
        let app = &object(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(app["args"][0], text);
        assert_eq!(app["env"][0]["value"], text);
        // as a parameter of each pattern: carried through, or refused with a message and nothing on stdout
        let entries = [
            format!("https: {{secret: {quoted}}}"),
            format!("https: {{secret: s, reload: {quoted}}}"),
            format!("git-sync: {{repo: {quoted}}}"),
            format!("git-sync: {{repo: x, ref: {quoted}, username: {quoted}}}"),
            format!("git-sync: {{repo: x, mount: {quoted}}}"),
            format!("logs: {{files: {{{quoted}: text}}}}"),
            format!("logs: {{files: {{/var/log/a/a.log: {quoted}}}}}"),
            format!("{{as: {quoted}}}"),
        ];
        for entry in entries {
            let run = generate(&format!(
                "patterns: v1\nname: a\napp: {{image: registry.example.com/a, port: 80}}\nuse:\n  - {entry}\n"
            ));
            match run.code {
                0 => {
                    let text = serde_json::to_string(&text.replace('$', "$$")).unwrap();
                    let all = serde_json::to_string(&documents(&run.stdout)).unwrap();
                    assert!(all.contains(text.trim_matches('"')), "{entry:.200} is lost");
                }
                2 => assert!(run.stdout.is_empty(), "{entry:.200}"),
                code => panic!("{entry:.200}: {code}"),
            }
        }
    }
}

#[test]
fn megabyte_values() {
    let long = "y".repeat(1024 * 1024);
    let run =
        generate(&format!("patterns: v1\nname: a\napp: {{image: registry.example.com/a, env: {{V: \"{long}\"}}}}\n"));
    assert_eq!(run.code, 0);
    let run = generate(&format!("patterns: v1\nname: {long}\napp: {{image: registry.example.com/a}}\n"));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.len() < 10_000, "a message is not a megabyte");
}

/// What kubectl would refuse, the generator refuses too, with the place.
#[test]
fn not_yaml() {
    for text in ["a: [", "\tname: x", "patterns: v1\nname: {a: ${b}}\n", "", "- a", "kind: Pod\n", "\u{0}"] {
        let run = generate(text);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{text:?}");
        assert!(run.stderr.starts_with("error: "), "{text:?}: {}", run.stderr);
    }
}

#[test]
fn the_edge_divides_and_copies_requests() {
    let run = generate(
        "
patterns: v1
name: frontend
app: {image: 'registry.example.com/frontend:3', port: 8080, health: /healthz}
expose:
  host: www.example.com
  gateway: infra/public
  split: {frontend: 95, next: 4, service/old: 1}
  mirror: {to: frontend-shadow, percent: 1}
---
patterns: v1
name: next
app: {image: 'registry.example.com/frontend:4', port: 8080, health: /healthz}
",
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let objects = documents(&run.stdout);
    let expected = json!({
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "infra"}],
        "hostnames": ["www.example.com"],
        "rules": [{
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "backendRefs": [
                {"group": "", "kind": "Service", "name": "frontend", "port": 80, "weight": 95},
                {"group": "", "kind": "Service", "name": "next", "port": 80, "weight": 4},
                {"group": "", "kind": "Service", "name": "old", "port": 80, "weight": 1},
            ],
            "filters": [{
                "type": "RequestMirror",
                "requestMirror": {"backendRef": {"group": "", "kind": "Service", "name": "frontend-shadow", "port": 80}, "percent": 1},
            }],
        }],
    });
    assert_eq!(object(&objects, "HTTPRoute")["spec"], expected);
}

#[test]
fn a_service_open_to_the_outside_needs_no_route() {
    let document = |expose: &str| {
        let run = generate(&format!(
            "patterns: v1\nname: shop\napp: {{image: 'registry.example.com/shop:3', port: 8080}}\nexpose: {expose}\nuse: [https: shop-tls]\n"
        ));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        documents(&run.stdout)
    };
    let objects = document("{type: LoadBalancer, host: shop.example.com}");
    assert_eq!(object(&objects, "Service")["spec"]["type"], "LoadBalancer");
    assert_eq!(object(&objects, "Service")["spec"]["ports"][0]["port"], 443);
    assert!(objects.iter().all(|object| object["kind"] != "Ingress"));
    assert_eq!(object(&document("{type: ClusterIP}"), "Service")["spec"]["type"], Value::Null);
}

#[test]
fn an_ingress_names_its_certificate() {
    let run = generate(
        "patterns: v1\nname: shop\napp: {image: 'registry.example.com/shop:3', port: 8080}\nexpose: {host: shop.example.com, tls: shop-tls}\n",
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]);
    assert_eq!(object(&documents(&run.stdout), "Ingress")["spec"]["tls"], tls);
}

/// What a condition says stays a condition: Bento would expand `${NAME}` before it reads its configuration, and a
/// comment would swallow what is behind it.
#[test]
fn conditions_of_a_stream_stay_in_their_place() {
    let run = generate(
        r#"
patterns: v1
name: photos
shape:
  stream:
    bus: kafka://kafka:9092
    external: [uploads]
    steps:
      one: {filter: uploads, where: ".path == \"$${HOME}\" # why", to: kept}
"#,
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let objects = documents(&run.stdout);
    let config = object(&objects, "ConfigMap")["data"]["bento.yaml"].as_str().unwrap();
    assert!(!config.contains("${HOME"), "{config}");
    let config = &documents(config)[0];
    let query = &config["pipeline"]["processors"][1]["branch"]["processors"][0]["jq"]["query"];
    assert_eq!(query, "[(.path == \"\\u0024{HOME}\" # why\n)] | any");
}

#[test]
fn isolation_admits_declared_ports_alone() {
    let run = generate(
        "
patterns: v1
name: shop
isolate: true
namespace: team-a
app: {image: 'registry.example.com/shop:3', port: 8080}
use: [https: shop-tls]
---
patterns: v1
name: report
isolate: true
shape:
  coordinated: {map: {image: 'registry.example.com/count:1', shards: 4}, reduce: {image: 'registry.example.com/sum:1'}}
",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("note: `isolate` needs a network plugin"), "{}", run.stderr);
    let objects = documents(&run.stdout);
    let policies: Vec<&Value> = objects.iter().filter(|object| object["kind"] == "NetworkPolicy").collect();
    let names: Vec<&Value> = policies.iter().map(|policy| &policy["metadata"]["name"]).collect();
    assert_eq!(names, ["shop", "report-map", "report-reduce"]);
    assert_eq!(policies[0]["metadata"]["namespace"], "team-a");
    let ports = json!([{"ports": [{"protocol": "TCP", "port": 8443}]}]);
    assert_eq!(policies[0]["spec"]["ingress"], ports, "the app's own port lies behind the pattern");
    assert_eq!(policies[1]["spec"]["ingress"], json!([]), "nothing listens there");
    for policy in policies {
        let chosen = &policy["spec"]["podSelector"]["matchLabels"];
        let pods = objects.iter().filter_map(|object| object.pointer("/spec/template/metadata/labels"));
        let found = pods.filter(|labels| chosen.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value));
        assert_eq!(found.count(), 1, "{chosen}");
    }
}

/// Status, metrics and views of the Pod are for those who are named.
#[test]
fn isolation_closes_what_is_not_for_clients() {
    let open = |isolate: &str, rest: &str| {
        let run = generate(&format!(
            "patterns: v1\nname: shop\nisolate: {isolate}\napp: {{image: 'registry.example.com/shop:3', port: 8080, \
             ports: {{admin: {{port: 9000, private: true}}, prom: 9500}}}}\n{rest}\n"
        ));
        assert_eq!(run.code, 0, "{}", run.stderr);
        let policy = object(&documents(&run.stdout), "NetworkPolicy").clone();
        let rules = policy["spec"]["ingress"].as_array().unwrap().iter().map(|rule| {
            let ports = rule["ports"].as_array().unwrap().iter().map(|port| port["port"].as_u64().unwrap());
            (rule.get("from").is_some(), ports.collect::<Vec<_>>())
        });
        (rules.collect::<Vec<_>>(), run.stderr)
    };
    let watched = "use: [https: shop-tls, topz, introspect, metrics: {from: statsd}, \
                   container: {as: side, image: 'registry.example.com/side:1', port: 7000}]";
    let (rules, notes) = open("true", watched);
    assert_eq!(rules, [(false, vec![8443, 7000, 9000, 9500])], "6060, 9080, 4041, 4042 and 9102 are for operators");
    let way_out = "isolate: {from: [anyone, {namespace/monitoring: [metrics]}]}";
    assert!(notes.contains(way_out), "{notes}");
    let (rules, notes) = open("{from: [anyone, {namespace/monitoring: [metrics]}]}", watched);
    assert_eq!(rules, [(false, vec![8443]), (true, vec![9102])]);
    assert!(!notes.contains("closes the metrics"), "{notes}");
    let (rules, notes) = open("true", "shape: {elected: {}}\nuse: [metrics: {from: app, port: prom}]");
    assert_eq!(rules, [(false, vec![8080, 9000])], "its metrics and the elector's status");
    assert!(notes.contains("{namespace/monitoring: [prom]}"), "{notes}");
    // what is for clients stays open, whatever it is called and whoever reads it
    let (rules, _) =
        open("true", "use: [metrics: {from: app}, container: {as: x-status, front: true, image: 'a:1', port: 7000}]");
    assert_eq!(rules, [(false, vec![7000, 9000, 9500])]);
}

#[test]
fn isolation_reaches_pods_that_are_made_later() {
    let run = generate(
        "
patterns: v1
name: thumbs
isolate: true
namespace: team-a
shape:
  work-queue:
    source: {image: 'registry.example.com/source:1', port: 8080}
    worker: {image: 'registry.example.com/worker:1'}
---
patterns: v1
name: mails
isolate: true
mesh: istio
shape:
  work-queue:
    broker: {kafka: 'kafka:9092', topic: mails}
    worker: {image: 'registry.example.com/worker:1'}
use:
  - broker: {as: db, protocol: postgres, to: 'external/db.example.com:5432'}
---
patterns: v1
name: nightly
isolate: true
schedule: '0 3 * * *'
shape:
  coordinated: {map: {image: 'registry.example.com/count:1', shards: 4}, reduce: {image: 'registry.example.com/sum:1'}}
---
patterns: v1
name: set
isolate: true
shape:
  coordinated:
    engine: jobset
    map: {image: 'registry.example.com/count:1', shards: 4}
    reduce: {image: 'registry.example.com/sum:1'}
",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let policies = objects.iter().filter(|object| object["kind"] == "NetworkPolicy");
    let told = policies.map(|policy| {
        let metadata = &policy["metadata"];
        assert!(metadata["annotations"]["patterns/from"].is_string(), "{policy}");
        let pods = &policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"];
        (metadata["name"].as_str().unwrap(), pods.as_str().unwrap(), policy["spec"]["ingress"] == json!([]))
    });
    let expected = [
        ("thumbs", "thumbs", false),
        ("thumbs-worker", "thumbs.worker", true),
        ("mails", "mails.worker", true),
        ("nightly", "nightly.reduce", true),
        ("nightly-map", "nightly.map", true),
        ("set-map", "set.map", true),
        ("set-reduce", "set.reduce", true),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let worker = objects.iter().find(|object| object["metadata"]["name"] == "thumbs-worker").unwrap();
    assert_eq!(worker["metadata"]["namespace"], "team-a");
    let mails = &object(&objects, "ScaledJob")["spec"]["jobTargetRef"]["template"]["metadata"];
    assert_eq!(mails["annotations"]["traffic.sidecar.istio.io/excludeInboundPorts"], "9090");
}

#[test]
fn isolation_leaves_no_way_past_a_decorator() {
    let run = generate(
        "
patterns: v1
name: thumbs
isolate: true
app: {image: 'registry.example.com/thumbs:1', port: 8080}
shape:
  function:
    decorators:
      login: {image: 'registry.example.com/login:1', port: 9000}
      limit: {image: 'registry.example.com/limit:1', port: 9001}
",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let ports = json!([{"ports": [{"protocol": "TCP", "port": 9000}]}]);
    assert_eq!(object(&objects, "NetworkPolicy")["spec"]["ingress"], ports);
}

#[test]
fn a_variable_is_defined_before_it_is_spoken_of() {
    let run = generate(
        "
patterns: v1
name: shop
app:
  image: registry.example.com/shop:1
  port: 8080
  env: {ROUND: '$(TRIP)', TRIP: '$(ROUND)', URL: 'mysql://$(DB_HOST):$(DB_PORT)/shop'}
use:
  - broker: {as: db, protocol: mysql, to: service/mysql}
",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let env = &object(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"];
    let names: Vec<&str> = env.as_array().unwrap().iter().filter_map(|variable| variable["name"].as_str()).collect();
    let at = |name: &str| names.iter().position(|other| *other == name).unwrap();
    assert_eq!(names.len(), 5);
    assert!(at("DB_HOST") < at("URL") && at("DB_PORT") < at("URL"), "{names:?}");
}

#[test]
fn a_low_port_needs_no_rights() {
    let document =
        |port: u16| format!("patterns: v1\nname: web\napp: {{image: 'registry.example.com/web:1', port: {port}}}\n");
    let sysctls = |port: u16| {
        let objects = documents(&generate(&document(port)).stdout);
        object(&objects, "Deployment")["spec"]["template"]["spec"]["securityContext"]["sysctls"].clone()
    };
    assert_eq!(sysctls(80), json!([{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]));
    assert_eq!(sysctls(1024), Value::Null);
}

#[test]
fn a_mesh_is_labels_and_annotations() {
    let document = "
patterns: v1
name: shop
app: {image: 'registry.example.com/shop:3', port: 8080}
use: [topz, https: shop-tls]
";
    let plain = documents(&generate(document).stdout);
    let run = generate(&format!("{document}mesh: istio\n"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let meshed = documents(&run.stdout);
    let metadata = &object(&meshed, "Deployment")["spec"]["template"]["metadata"];
    assert_eq!(metadata["labels"]["sidecar.istio.io/inject"], "true");
    assert_eq!(metadata["annotations"]["sidecar.istio.io/nativeSidecar"], "true");
    assert_eq!(metadata["annotations"]["traffic.sidecar.istio.io/excludeInboundPorts"], "9080,4041,6060");
    assert_eq!(
        object(&meshed, "Deployment")["spec"]["template"]["spec"],
        object(&plain, "Deployment")["spec"]["template"]["spec"],
        "no proxy is copied"
    );
    assert_eq!(object(&meshed, "Service")["spec"], object(&plain, "Service")["spec"]);
    assert_eq!(generate(&format!("{document}mesh: isto\n")).code, 2);
}

/// A probe that cannot succeed is a Pod that never becomes ready: `gen` says so beforehand, and only then.
#[test]
fn a_health_query_without_its_database() {
    let said = |health: &str| {
        let run = generate(&format!(
            "patterns: v1\nname: orders\napp: {{image: 'mysql:8.4.11', port: 3306, user: 999, writable: [/var/run/mysqld], env: {{MYSQL_ALLOW_EMPTY_PASSWORD: '1'}}}}\nuse:\n  - health: {{user: probe, password: secret/orders/password, {health}}}\n"
        ));
        assert_eq!(run.code, 0, "{health}: {}", run.stderr);
        run.stderr.lines().filter(|line| line.contains("database")).map(str::to_owned).collect::<Vec<_>>()
    };
    let mysql = said("from: mysql, query: SELECT COUNT(*) FROM orders");
    insta::assert_snapshot!(
        "note-health-database",
        [mysql, said("from: postgres, query: SELECT 1")].concat().join("\n")
    );
    for health in [
        "from: mysql",
        "from: mysql, query: SELECT 1",
        "from: mysql, query: SELECT 1 FROM DUAL",
        "from: mysql, query: SELECT COUNT(*) FROM shop.orders",
        "from: mysql, database: shop, query: SELECT COUNT(*) FROM orders",
        "from: postgres, database: shop",
    ] {
        assert_eq!(said(health), Vec::<String>::new(), "{health}");
    }
}

/// Documents of one file may be for clusters of several versions: each is checked for its own.
#[test]
fn each_document_is_checked_for_its_own_target() {
    let run = generate(
        "patterns: v1\nname: java\ntarget: \"1.36\"\napp: {image: \"registry.example.com/java:1\", port: 8080}\nuse:\n  - metrics: \
         {from: jmx, agent: \"registry.example.com/jmx-agent:1\"}\n---\npatterns: v1\nname: web\napp: {image: \
         \"registry.example.com/web:1\", port: 8080}\n",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("v1.33"), "{}", run.stderr);
}

/// Metrics that a policy closes are named, unless it opens them.
#[test]
fn metrics_behind_a_policy_are_named() {
    let text = |isolate: &str| {
        format!(
            "patterns: v1\nname: db\napp: {{image: \"postgres:17.2\", port: 5432, protocol: postgres, user: 999, writable: \
             [/var/run/postgresql]}}\nshape: {{single: {{storage: {{size: 1Gi, mount: /var/lib/postgresql/data}}}}}}\nuse: \
             [{{metrics: {{from: postgres, user: e, password: secret/db/e}}}}]\nisolate: {isolate}\n"
        )
    };
    for (isolate, is_closed) in [
        ("{from: [namespace/shop]}", true),
        ("{to: [dns]}", true),
        ("{from: [namespace/shop, {namespace/monitoring: [metrics]}]}", false),
        ("{from: [{namespace/monitoring: [9187]}]}", false),
        ("{from: [{namespace/monitoring: [\"*\"]}]}", false),
    ] {
        let run = generate(&text(isolate));
        assert_eq!(run.code, 0, "{isolate} {}", run.stderr);
        assert_eq!(
            run.stderr.contains("blocks all access to the metrics of db"),
            is_closed,
            "{isolate} {}",
            run.stderr
        );
    }
}

/// What is wrong with a claim that the app's volume makes is shown there, and the help says what a description has.
#[test]
fn a_claim_for_many_is_shown_where_it_is_made() {
    let run = generate(
        "patterns: v1\nname: web\napp:\n  image: registry.example.com/web:1\n  port: 8080\n  volumes:\n    data: {claim: \
         web-data, mount: /data, create: {size: 5Gi}}\nshape: {replicated: {replicas: 3}}\n",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines: Vec<&str> = run.stderr.lines().collect();
    let mark = lines.iter().position(|line| line.contains("one node at a time")).unwrap();
    let shape = lines.iter().position(|line| line.contains("shape:")).unwrap();
    assert!(mark < shape && run.stderr.contains("ReadWriteMany"), "{}", run.stderr);
}
