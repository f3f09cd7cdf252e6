//! No report shows what is secret by its place or its name, in manifests and in descriptions.

use crate::support::folder::Folder;

/// Runs commands over a file in which each secret is `hunter` and a number, and looks for one in what they print.
fn shows_none(name: &str, text: &str) {
    let folder = Folder::new("secrets", name);
    folder.file("a.yaml", text);
    let runs: [&[&str]; 10] = [
        &["lint", "--profile", "strict", "a.yaml"],
        &["lint", "--diff", "--unsafe-fixes", "a.yaml"],
        &["lint", "--format", "json", "a.yaml"],
        &["lint", "--format", "sarif", "a.yaml"],
        &["lint", "--format", "markdown", "a.yaml"],
        &["lint", "--format", "github", "a.yaml"],
        &["gen", "a.yaml"],
        &["explain", "a.yaml"],
        &["import", "a.yaml"],
        &["diagram", "a.yaml"],
    ];
    let is_description = text.starts_with("patterns:");
    let mut findings = 0;
    for arguments in runs {
        // what a description or manifest says rightly is what is made of it
        if matches!(arguments[0], "import" | "diagram") && is_description {
            continue;
        }
        let run = folder.run(arguments);
        findings += usize::from(run.code != 0);
        let out = if arguments[0] == "import" { String::new() } else { run.stdout };
        assert!(!out.contains("hunter") && !run.stderr.contains("hunter"), "{arguments:?}: {out}{}", run.stderr);
    }
    assert!(findings > 0, "something is found, and shown");
}

#[test]
fn secrets_of_descriptions_are_hidden_beside_a_mistake() {
    let head = "patterns: v1\nname: shop\napp:\n  image: r/x:1\n";
    let extra = "extra:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: s}\n    stringData:\n      q: hunter2\nlables: {a: b}\n";
    shows_none("extra", &format!("{head}{extra}"));
    let data = extra.replace("stringData:\n      q: hunter2", "data: {q: hunter3,\n      r: hunter4}");
    shows_none("extra-data", &format!("{head}{data}"));
    let patch = "patch:\n  - object: Secret/x\n    merge:\n      stringData:\n        q: hunter2\nlables: {a: b}\n";
    shows_none("patch", &format!("{head}{patch}"));
    shows_none("env-list", &format!("{head}  env:\n    DB_PASSWORD: [hunter2]\n"));
    shows_none("env-map", &format!("{head}  env:\n    API_TOKEN:\n      value: hunter2\n"));
    let params = "params:\n  dbPassword:\n    type: integer\n    default: hunter2\n";
    shows_none("params", &format!("{head}{params}"));
    for (name, lines) in [
        ("configmaps", "configmaps:\n  s:\n    DB_PASSWORD: hunter2\n"),
        ("settings", "configmaps:\n  s:\n    app.properties: |\n      db.password=hunter2\n"),
        ("command", "  command: [sh, -c, 'mysql -phunter2']\n"),
        ("args", "  command: [redis-cli]\n  args: [-a, hunter2]\n"),
        ("health", "  health: {command: [redis-cli, -a, hunter2, ping]}\n"),
        ("before-stop", "  before-stop: [mysqladmin, -phunter2, shutdown]\n"),
        ("init", "init:\n  - migrate: {command: [mysql, -phunter2]}\n"),
    ] {
        shows_none(name, &format!("{head}{lines}lables: {{a: b}}\n"));
    }
    let environment = "params: {apiKey: {type: integer}}\nenvironments:\n  prod:\n    params:\n      apiKey: hunter5\n";
    shows_none("environment", &format!("{head}{environment}"));
}

#[test]
fn every_occurrence_of_a_key_is_hidden() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n";
    shows_none("twice", &format!("{map}  DB_PASSWORD: hunter2\n  country: no\n  DB_PASSWORD: hunter3\n"));
    shows_none("thrice", &format!("{map}  API_KEY: hunter2\n  API_KEY: hunter3\n  country: no\n  API_KEY: hunter4\n"));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - name: x\n      image: r/x:1\n      env:\n";
    shows_none("value", &format!("{pod}        - name: TOKEN\n          value: hunter2\n          value: b\n"));
    shows_none(
        "value-first",
        &format!("{pod}        - value: hunter2\n          value: hunter3\n          name: TOKEN\n"),
    );
}

#[test]
fn commands_of_probes_and_hooks_are_hidden() {
    for (name, command) in [
        ("redis", "[redis-cli, -a, hunter2, ping]"),
        ("mysql", "[mysqladmin, -uroot, -phunter2, ping]"),
        ("shell", "[sh, -c, \"MYSQL_PWD=hunter2 mysqladmin ping\"]"),
        ("flag", "[check, --password=hunter2]"),
        ("next", "[check, --api-token, hunter2]"),
    ] {
        for (place, around) in [
            ("liveness", "livenessProbe: {exec: {command: COMMAND}}"),
            ("readiness", "readinessProbe: {exec: {command: COMMAND}}"),
            ("startup", "startupProbe: {exec: {command: COMMAND}}"),
            ("stop", "lifecycle: {preStop: {exec: {command: COMMAND}}}"),
            ("start", "lifecycle: {postStart: {exec: {command: COMMAND}}}"),
        ] {
            let around = around.replace("COMMAND", command);
            let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - name: x\n      image: ''\n";
            shows_none(&format!("{name}-{place}"), &format!("{pod}      {around}\n      imagePulPolicy: Always\n"));
        }
    }
}

/// What was meant to be a Secret holds what one holds.
#[test]
fn secrets_of_a_misspelt_kind_are_hidden() {
    for (name, head, map) in [
        ("kind-key", "apiVersion: v1\nKind: Secret\nmetadata: {name: s}\n", "stringData"),
        ("kind-plural", "apiVersion: v1\nkind: Secrets\nmetadata: {name: s}\n", "stringData"),
        ("kind-short", "apiVersion: v1\nkind: Secre\nmetadata: {name: s}\n", "data"),
        ("kind-swapped", "apiVersion: v1\nkind: Secert\nmetadata: {name: s}\n", "data"),
        ("no-kind", "apiVersion: v1\nmetadata: {name: s}\n", "stringData"),
        ("map-key", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", "stringdata"),
        ("other-kind", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\n", "stringData"),
    ] {
        shows_none(name, &format!("{head}{map}: {{q: hunter2, r: \"hunter3\"}}\ntpye: Opaque\n"));
        shows_none(
            &format!("{name}-block"),
            &format!("{head}tpye: Opaque\n{map}:\n  q: hunter2\n  r: |\n    hunter3\n"),
        );
    }
}

/// Wherever a parameter is put, its name says that it is a secret.
#[test]
fn parameters_hold_no_secrets() {
    let head = "patterns: v1\nname: shop\napp: {image: \"r/x:1\", port: 8080, env: {X: \"${db-password}\"}}\n";
    let param = "params: {db-password: {type: string, default: hunter2abc}}\n";
    let environments =
        "params: {db-password: {type: string}}\nenvironments: {prod: {params: {db-password: hunter2abc}}}\n";
    let folder = Folder::new("secrets", "parameters");
    for (text, arguments) in [
        (format!("{head}{param}"), &["gen", "a.yaml"][..]),
        (format!("{head}{environments}"), &["gen", "a.yaml", "-e", "prod"]),
        (
            format!("{head}params: {{db-password: {{type: string}}}}\n"),
            &["gen", "a.yaml", "--set", "db-password=hunter2abc"],
        ),
    ] {
        folder.file("a.yaml", &text);
        let run = folder.run(arguments);
        assert!(run.code == 2 && run.stderr.contains("`db-password` is a plaintext secret"), "{text}: {}", run.stderr);
        assert!(!run.stderr.contains("hunter"), "{}", run.stderr);
    }
    for value in ["secret/shop/password", "changeme"] {
        folder.file("a.yaml", format!("{head}{}", param.replace("hunter2abc", value)));
        let run = folder.run(&["gen", "a.yaml"]);
        assert_eq!(run.code, 0, "{value}: {}", run.stderr);
    }
    let names =
        "params: {tls-secret: {type: string, default: shop-tls}}\nuse: [{https: {secret: \"${tls-secret}\"}}]\n";
    folder.file("a.yaml", format!("{}{names}", head.replace(", env: {X: \"${db-password}\"}", "")));
    let run = folder.run(&["gen", "a.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}
