//! How secrets are spelt, by where they are written: none is in any output.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::editor::{Editor, uri};
use crate::support::folder::Folder;

/// Values that hold a secret, `MARK`.
const VALUES: [&str; 61] = [
    "https://u:MARK@registry.example.com/x:1",
    "u:MARK@registry.example.com/x:1",
    "https://MARK@o1.example.com/1",
    "postgres://u:MARK@h/d",
    "redis://:MARK@h:6379",
    "mongodb://a:MARK@h,h2/d",
    "amqp://guest:MARK@h",
    "user:MARK@tcp(h:3306)/d",
    "Server=h;User Id=sa;Password=MARK;",
    "host=h user=a password=MARK dbname=d",
    "AccountName=a;AccountKey=MARK==;EndpointSuffix=core",
    "jdbc:mysql://h/d?user=a&password=MARK",
    "https://a.blob.example.com/x?sv=1&sig=MARK",
    "/h?token=MARK",
    "{\"password\": \"MARK\"}",
    "{\"client_secret\":\"MARK\",\"a\":1}",
    "{\"name\":\"DB_PASSWORD\",\"value\":\"MARK\"}",
    "{\"auths\":{\"h\":{\"auth\":\"MARKMARK\"}}}",
    "db: {password: MARK}",
    "spring.datasource.password=MARK",
    "a=b\napi.key=MARK\nc=d",
    "users:\n  - name: a\n    pass: MARK\n",
    "port 1\nrequirepass MARK\n",
    "-----BEGIN RSA PRIVATE KEY-----\nMARK\n-----END RSA PRIVATE KEY-----",
    "ghp_MARKabcdefghijklmnopqrstuvwxyz0",
    "glpat-MARKabcdefghijklmn",
    "https://hooks.slack.com/services/T00/B00/MARK",
    "X-Api-Key: MARK",
    "Authorization: Bearer MARK",
    "redis-cli -a MARK ping",
    "mysql -u root -pMARK shop",
    "python --password=MARK",
    "app --db-password MARK",
    "export AWS_SECRET_ACCESS_KEY=MARK; run",
    "curl -u admin:MARK http://x",
    "wget --header='X-Api-Key: MARK' x",
    "openssl pkcs12 -passin pass:MARK",
    "kubectl create secret generic x --from-literal=user=MARK",
    "sshpass -p MARK ssh h",
    "--set=adminPassword=MARK",
    "db:\n  password: |-\n    MARK\n  user: a\n",
    "db:\n  password:\n    MARK\n",
    "env:\n- name: DB_PASSWORD\n  value: >\n    MARK\n",
    "db.password=a1\\\n  MARK\nuser=a",
    "db.password = \\\n  MARK\nuser=a",
    "CREATE USER a IDENTIFIED BY 'MARK';",
    "CREATE USER a IDENTIFIED WITH caching_sha2_password BY \"MARK\";",
    "CREATE USER a IDENTIFIED BY MARK;",
    "CREATE ROLE a WITH LOGIN PASSWORD 'MARK';",
    "ALTER USER a WITH ENCRYPTED PASSWORD\n  'MARK';",
    "SET PASSWORD FOR 'a'@'h' = 'MARK';",
    "SET PASSWORD FOR a = PASSWORD('MARK');",
    "psql -c \"ALTER USER a PASSWORD 'MARK'\"",
    "machine h.example.com login a password MARK",
    "machine h.example.com\n  login a\n  password MARK\n",
    "db:5432:*:a:MARK",
    "admin:$apr1$abcdefgh$MARKefghijklmnopqrst",
    "admin:$2y$10$MARKefghijklmnopqrstuvwxyzABCDEFGHIJ",
    "password = \"\"\"MARK\"\"\"\n",
    "password = \"\"\"\nMARK\"\"\"\n",
    "password = '''MARK'''",
];

/// Fields of a container, known or not, that hold one by their names.
const FIELDS: [&str; 32] = [
    "env: [{name: DB_PASSWORD, value: MARK}]",
    "env: [{value: MARK, name: API_KEY}]",
    "env: [{name: A, value: &a MARK}, {name: PGPASS, value: *a}]",
    "env: [{name: PGPASS, value: &a MARK}, {name: A, value: *a}]",
    "env: [{name: A, value: &a MARK}]\n      args: [--password, *a]",
    "env: [{name: A, value: '{password: ''MARK''}'}]",
    "x: &a {b: MARK}\n      credentials: *a",
    "args:\n      - |\n        db:\n          password: |-\n            MARK",
    "env: [{name: PGPASS, valeu: MARK}]",
    "env: [{name: MYSQL_ROOT_PW, value: [MARK]}]",
    "env: [{name: CREDENTIALS, value: {a: MARK}}]",
    "env: [{name: SIGNING_KEY, value: MARK, bogus: 1}]",
    "env: {DB_PASSWORD: MARK}",
    "enviroment: [{name: DB_PASSWORD, value: MARK}]",
    "Env: [{name: DB_PASSWORD, value: MARK}]",
    "environment: {DB_PASSWORD: MARK}",
    "environment: [DB_PASSWORD=MARK]",
    "env: DB_PASSWORD=MARK",
    "password: MARK",
    "unknownKey: {password: MARK}",
    "secret: {DB_PASSWORD: MARK}",
    "list: [{deeper: {api-token: MARK}}]",
    "args: [--password, MARK]",
    "args: [--requirepass, MARK]",
    "args: [--basic-auth, 'admin:MARK']",
    "args: [--from-literal=apiKey=MARK]",
    "command: [redis-cli]\n      args: [-a, MARK]",
    "readinessProbe: {exec: {command: ['redis-cli -a MARK ping']}}",
    "livenessProbe: {httpGet: {port: 80, path: '/h?token=MARK'}}",
    "livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Authorization, value: 'Basic MARK'}]}}",
    "image: 'https://u:MARK@registry.example.com/x:1'",
    "image: 'u:MARK@registry.example.com/X:1'",
];

/// Parts of objects that are no fields of containers.
const OBJECTS: [&str; 9] = [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {db: {password: MARK}}",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {users: [{name: a, password: MARK}]}",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {client-secret: MARK}",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, annotations: {example.com/api-key: MARK}}",
    "apiVersion: v1\nkind: secret\nmetadata: {name: NAME}\nstringData: {a: MARK}",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\nstringdata: {a: MARK}",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: a, image: r/x:1}], imagePullSecrets: [{name: r, password: MARK}]}",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: a, image: r/x:1}], volumes: [{name: a, csi: {driver: x.y, volumeAttributes: {password: MARK}}}]}",
    "apiVersion: example.com/v1\nkind: Shop\nmetadata: {name: NAME}\nspec: {parameters: [{name: ADMIN_PASSWORD, value: MARK}]}",
];

/// Numbers the secrets of a run, so that a failure tells which one is shown.
struct Marks(usize);

impl Marks {
    fn fill(&mut self, text: &str) -> String {
        self.0 += 1;
        text.replace("MARK", &format!("MARK{}x", self.0)).replace("NAME", &format!("n{}", self.0))
    }
}

/// Each value in each of these places, and each field and object, with something to report on every line.
fn manifests() -> String {
    let mut marks = Marks(0);
    let mut out = String::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n  containers:\n    - name: a\n";
    for value in VALUES {
        let quoted = json!(value).to_string();
        for field in ["env: [{name: A, value: VALUE}]", "args: [VALUE]", "command: [sh, -c, VALUE]"] {
            let field = format!("{pod}      image: r/x:1\n      {}", field.replace("VALUE", &quoted));
            let _ = writeln!(out, "{}\n---", marks.fill(&field));
        }
        for place in ["data: {a.conf: VALUE}", "metadata: {name: NAME, annotations: {a: VALUE}}"] {
            let map = format!("apiVersion: v1\nkind: ConfigMap\n{}", place.replace("VALUE", &quoted));
            let _ = writeln!(out, "{}\n---", marks.fill(&map));
        }
    }
    for field in FIELDS {
        let _ = writeln!(out, "{}\n---", marks.fill(&format!("{pod}      {field}")));
    }
    for object in OBJECTS {
        let _ = writeln!(out, "{}\n---", marks.fill(object));
    }
    let noise = |line: &str| match line {
        "---" => "---\n".to_owned(),
        line => format!("{line} # patterns: ignore[mutable-tag] x\n"),
    };
    out.lines().map(noise).collect()
}

/// Every secret that an output shows, with what is around the first.
fn assert_none(what: &str, output: &str) {
    let shown: Vec<&str> = output.lines().filter(|line| line.contains("MARK")).take(400).collect();
    let first: Vec<String> = shown
        .iter()
        .map(|line| {
            let at = line.find("MARK").unwrap_or_default();
            line[..].chars().skip(line[..at].chars().count().saturating_sub(90)).take(180).collect()
        })
        .collect();
    assert!(shown.is_empty(), "{what} shows {} lines:\n{}", shown.len(), first.join("\n"));
}

#[test]
fn no_report_of_manifests_shows_a_secret() {
    let folder = Folder::new("secret-spellings", "manifests");
    folder.file("a.yaml", manifests());
    for format in ["terminal", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let run = folder.run(&["lint", "--profile", "strict", "--format", format, "a.yaml"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert_none(format, &(run.stdout + &run.stderr));
    }
    for arguments in [
        &["lint", "--diff", "--unsafe-fixes", "a.yaml"] as &[&str],
        &["lint", "--write-baseline", "base.json", "a.yaml"],
        &["explain", "a.yaml"],
        &["explain", "--format", "json", "a.yaml"],
        &["diagram", "a.yaml"],
        &["diagram", "--format", "mermaid", "a.yaml"],
        &["diagram", "--format", "dot", "a.yaml"],
        &["import", "-o", "out", "a.yaml"],
    ] {
        let run = folder.run(arguments);
        assert_none(&arguments.join(" "), &(run.stdout + &run.stderr));
    }
    assert_none("the baseline", &std::fs::read_to_string(folder.0.join("base.json")).unwrap());
}

/// The files that `gen --check` compares may hold what no description may.
#[test]
fn no_difference_of_a_check_shows_a_secret() {
    let folder = Folder::new("secret-spellings", "check");
    folder.file("a.yaml", "patterns: v1\nname: a\napp:\n  image: r.example.com/x:1\n  port: 8080\n");
    assert_eq!(folder.run(&["gen", "a.yaml", "-o", "out"]).code, 0);
    let service = std::fs::read_to_string(folder.0.join("out/service-a.yaml")).unwrap();
    let mut marks = Marks(0);
    for value in VALUES {
        let annotations = format!("metadata:\n  annotations:\n    a: {}\n", marks.fill(&json!(value).to_string()));
        let changed = service.replacen("metadata:\n", &annotations, 1);
        assert_ne!(changed, service);
        folder.file("out/service-a.yaml", changed);
        let run = folder.run(&["gen", "a.yaml", "--check", "out"]);
        assert_eq!(run.code, 1, "{value}: {}", run.stderr);
        assert_none(value, &(run.stdout + &run.stderr));
    }
}

#[test]
fn no_diagnostic_in_an_editor_shows_a_secret() {
    let folder = Folder::new("secret-spellings", "editor");
    let text = manifests();
    folder.file("a.yaml", &text);
    let mut editor = Editor::start(&folder.0, json!({}));
    let file = uri(&folder.0.join("a.yaml"));
    editor.open(&file, &text);
    assert!(!editor.rules_of(&file, 1).is_empty());
    assert_none("the editor", &format!("{:#?}", editor.diagnostics));
    editor.stop();
}

/// A number, and a shell's line as a program's name: messages used to quote both.
#[test]
fn messages_quote_no_secret() {
    let folder = Folder::new("secret-spellings", "messages");
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"registry.example.com/x:1\", \
                args: [--password, 918273645], readinessProbe: {exec: {command: [\"redis-cli -a hunter2 ping\"]}}}]}\n";
    folder.file("a.yaml", text);
    for format in ["terminal", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let run = folder.run(&["lint", "--profile", "strict", "--format", format, "a.yaml"]);
        assert!(!run.stdout.contains("918273645") && !run.stdout.contains("hunter2"), "{format}: {}", run.stdout);
    }
    let run = folder.run(&["lint", "--format", "concise", "a.yaml"]);
    assert!(run.stdout.contains("`…` is a number"), "{}", run.stdout);
    assert!(run.stdout.contains("`redis-cli -a … ping`"), "{}", run.stdout);
}

/// What newcomers write first, and each key that is none.
const FORMS: [&str; 22] = [
    "env: [{name: DB_PASSWORD, value: MARK}]",
    "env:\n    - name: DB_PASSWORD\n      value: MARK\n    - name: B\n      value: c",
    "env: {DB_PASSWORD: MARK}",
    "env: {API_TOKEN: {value: MARK}}",
    "env: DB_PASSWORD=MARK",
    "environment: [DB_PASSWORD=MARK]",
    "environment: {DB_PASSWORD: MARK}",
    "enviroment: {DB_PASSWORD: MARK}",
    "Env: {DB_PASSWORD: MARK}",
    "envFrom: [{DB_PASSWORD: MARK}]",
    "password: MARK",
    "secret: {DB_PASSWORD: MARK}",
    "secrets: {DB_PASSWORD: MARK}",
    "db: {password: MARK}",
    "pull: [{password: MARK}]",
    "command: [redis-cli, -a, MARK, ping]",
    "args: [--requirepass, MARK]",
    "args: [--password, MARK]",
    "before-stop: [mysqladmin, -pMARK, shutdown]",
    "health: {command: [redis-cli, -a, MARK, ping]}",
    "health: '/h?token=MARK'",
    "image: 'https://u:MARK@registry.example.com/x:1'",
];

/// The same at the top of a description.
const TOPS: [&str; 7] = [
    "password: MARK",
    "pull: [{password: MARK}]",
    "patch: [{object: Deployment/NAME, merge: {spec: {password: MARK}}}]",
    "init: [{m: {command: [sh, -c, 'mysql -pMARK']}}]",
    "params: {dbPassword: {type: integer, default: MARK}}",
    "configmaps: {s: {DB_PASSWORD: MARK}}",
    "secret: {DB_PASSWORD: MARK}",
];

#[test]
fn no_mistake_of_a_description_shows_a_secret() {
    let folder = Folder::new("secret-spellings", "descriptions");
    let mut marks = Marks(0);
    let mut all = Vec::new();
    let head = "patterns: v1\nname: NAME\napp:\n  image: r.example.com/x:1\n  port: 8080\n";
    let of_values = VALUES.iter().map(|value| format!("env: {{A: {}}}", json!(value)));
    for form in FORMS.iter().map(|form| (*form).to_owned()).chain(of_values) {
        all.push(marks.fill(&format!("{head}  {form}\nlables: {{a: b}}\n")));
    }
    for top in TOPS {
        all.push(marks.fill(&format!("{head}{top}\nlables: {{a: b}}\n")));
    }
    for (number, text) in all.iter().enumerate() {
        let name = format!("{number}.yaml");
        folder.file(&name, text);
        let run = folder.run(&["gen", &name]);
        assert_ne!(run.code, 0, "{text}{}", run.stderr);
        assert_none(text, &(run.stdout + &run.stderr));
    }
    let settings = Folder::new("secret-spellings", "settings");
    settings.file(".patterns.yaml", "password: MARK\nlint: {token: MARK}\n").file("a.yaml", "a: b\n");
    let run = settings.run(&["lint", "a.yaml"]);
    assert_ne!(run.code, 0);
    assert_none("settings", &(run.stdout + &run.stderr));
}

/// `gen` refuses in the open what `import` replaces and reports hide.
#[test]
fn a_description_holds_no_secret_however_it_is_spelt() {
    let folder = Folder::new("secret-spellings", "refused");
    let forms = [
        "health: {command: [redis-cli, -a, MARK, ping]}",
        "health: '/h?token=MARK'",
        "args: [--requirepass, MARK]",
        "env: {PGPASS: MARK}",
        "env: {MYSQL_ROOT_PW: MARK}",
        "command: [sh, -c, 'mysql -pMARK']",
    ];
    let head = "patterns: v1\nname: a\napp:\n  image: r.example.com/x:1\n  port: 8080\n";
    let of_values = VALUES.iter().map(|value| format!("env: {{A: {}}}", json!(value)));
    for (number, form) in forms.iter().map(|form| (*form).to_owned()).chain(of_values).enumerate() {
        let name = format!("{number}.yaml");
        folder.file(&name, format!("{head}  {form}\n").replace("MARK", "MARK9x"));
        let run = folder.run(&["gen", &name]);
        assert_ne!(run.code, 0, "{form}: {}", run.stdout);
        assert!(run.stderr.contains("a plaintext secret"), "{form}: {}", run.stderr);
        assert_none(&form, &(run.stdout + &run.stderr));
    }
}

/// Places of a description whose texts come into objects as they are.
const PLACES: [&str; 6] = [
    "patch: [{object: Deployment/a, merge: {spec: {template: {spec: {containers: [{name: a, env: [{name: A, value: VALUE}]}]}}}}}]",
    "patch: [{object: Deployment/a, set: {/metadata/annotations/a: VALUE}}]",
    "extra: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a.conf: VALUE}}]",
    "annotations: {pod: {a: VALUE}}",
    "services: {a-b: {annotations: {a: VALUE}}}",
    "configmaps: {s: {a: VALUE}}",
];

/// The same by their names.
const NAMED: [&str; 6] = [
    "patch: [{object: Deployment/a, merge: {spec: {template: {spec: {containers: [{name: a, env: [{name: PASSWORD, value: MARK}]}]}}}}}]",
    "patch: [{object: Deployment/a, set: {/metadata/annotations/password: MARK}}]",
    "extra: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {password: MARK}}]",
    "extra: [{apiVersion: example.com/v1, kind: Shop, metadata: {name: c}, spec: {password: MARK}}]",
    "annotations: {pod: {password: MARK}}",
    "use: [{git-sync: {repo: \"https://git.example.com/x.git?token=MARK\", mount: /g}}]",
];

/// Whatever way a secret takes into what is generated, it is refused, and shown by no message.
#[test]
fn nothing_that_is_generated_holds_a_secret() {
    let folder = Folder::new("secret-spellings", "generated");
    let head = "patterns: v1\nname: a\napp:\n  image: r.example.com/x:1\n  port: 8080\n";
    let of_values =
        PLACES.iter().flat_map(|place| VALUES.iter().map(|value| place.replace("VALUE", &json!(value).to_string())));
    let named = NAMED.iter().map(|form| (*form).to_owned());
    let csi = "  volumes: {v: {csi: x.example.com, attributes: {password: MARK}, mount: /x}}".to_owned();
    let all: Vec<String> = named.chain([csi]).chain(of_values).collect();
    for (number, form) in all.iter().enumerate() {
        let name = format!("{number}.yaml");
        folder.file(&name, format!("{head}{form}\n").replace("MARK", "MARK9x"));
        let run = folder.run(&["gen", &name]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{form}: {}", run.stderr);
        assert!(
            run.stderr.contains("plaintext secret") || run.stderr.contains("secret in plain text"),
            "{form}: {}",
            run.stderr
        );
        assert_none(form, &run.stderr);
    }
    // what a file holds is shown by its object's name
    folder
        .file("conf/app.ini", "password = MARK9x\n")
        .file("files.yaml", format!("{head}  files: {{/etc/a: conf/app.ini}}\n"));
    let run = folder.run(&["gen", "files.yaml"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("ConfigMap/a-files-") && run.stderr.contains("would hold a secret"), "{}", run.stderr);
    assert_none("files", &run.stderr);
    // and says that it is none where it is none
    folder.file(
        "meant.yaml",
        format!(
            "{head}annotations: {{pod: {{password: MARK9x}}}}\nignore: [{{rule: plaintext-secret, why: a test}}]\n"
        ),
    );
    let run = folder.run(&["gen", "meant.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// What only refers to a secret, or is public, is neither hidden nor refused.
#[test]
fn references_stay_readable() {
    let folder = Folder::new("secret-spellings", "readable");
    let text = "patterns: v1\nname: a\napp:\n  image: r.example.com/x:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n  \
                port: 8080\n  health: /healthz?full=1\n  env:\n    DB_PASSWORD: secret/db/password\n    DB_PASSWORD_FILE: /run/db\n    \
                URL: postgres://shop:$(DB_PASSWORD)@db/shop\n    PASSWORD_POLICY: strict\n    USE_TOKEN: 'true'\n    \
                CONTACT: mailto:a@example.com\n    HELP: 'enter your password: please'\n  args: [--password=$(DB_PASSWORD), --token-file, /run/t]\n";
    folder.file("a.yaml", text);
    let run = folder.run(&["gen", "a.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    folder.file("b.yaml", text.replace("port: 8080", "prot: 8080"));
    let run = folder.run(&["gen", "b.yaml"]);
    assert!(run.stderr.contains("prot: 8080") && !run.stderr.contains('•'), "{}", run.stderr);
}
