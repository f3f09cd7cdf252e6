//! What SECURITY.md promises of files that somebody else has written: none of them hangs, ends or leads astray a run.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::folder::Folder;

const BAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  country: no\n";

fn folder(name: &str) -> Folder {
    let folder = Folder::new("foreign-files", name);
    folder.file("repository/.git/HEAD", "");
    folder
}

fn text(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.0.join(name)).unwrap()
}

/// A commit may put a link in the place of a folder.
#[test]
fn fixes_leave_what_a_linked_folder_leads_to() {
    let folder = folder("linked-folder");
    folder.file("out/a.yaml", BAD).file("out/deep/a.yaml", BAD);
    symlink("../out", folder.0.join("repository/k8s")).unwrap();
    symlink("../../out/a.yaml", folder.file("repository/own/b.yaml", BAD).0.join("repository/own/a.yaml")).unwrap();
    for path in ["repository/k8s", "repository/k8s/a.yaml", "repository/k8s/deep", "repository/own/a.yaml"] {
        let run = folder.run(&["lint", "--fix", path]);
        assert_eq!(run.code, 2, "{path}: {}", run.stderr);
        assert!(run.stderr.contains("outside the repository"), "{path}: {}", run.stderr);
    }
    assert_eq!([text(&folder, "out/a.yaml"), text(&folder, "out/deep/a.yaml")], [BAD, BAD]);
    // the file itself may be named, and a link within the repository is followed
    symlink("own", folder.0.join("repository/same")).unwrap();
    assert_eq!(folder.run(&["lint", "--fix", "repository/same/b.yaml"]).code, 0);
    assert_eq!(folder.run(&["lint", "--fix", "out/a.yaml"]).code, 0);
    assert!(text(&folder, "out/a.yaml").contains("\"no\""), "{}", text(&folder, "out/a.yaml"));
}

/// `kubectl apply -f DIR` reads a file that a link in it leads to.
#[test]
fn a_linked_manifest_of_the_repository_is_linted() {
    let folder = folder("linked-manifest");
    folder.file("repository/real/a.txt", BAD).file("out.txt", BAD);
    folder.file("repository/k8s/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    symlink("../real/a.txt", folder.0.join("repository/k8s/b.yaml")).unwrap();
    symlink("../../out.txt", folder.0.join("repository/k8s/out.yaml")).unwrap();
    symlink("/dev/zero", folder.0.join("repository/k8s/zero.yaml")).unwrap();
    symlink("nowhere", folder.0.join("repository/k8s/gone.yaml")).unwrap();
    symlink("..", folder.0.join("repository/k8s/up")).unwrap();
    let run = folder.run(&["lint", "--format", "concise", "repository/k8s"]);
    assert_eq!((run.code, run.stdout.lines().count()), (1, 1), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("repository/k8s/b.yaml:5:"), "{}", run.stdout);
}

/// The engine reads signs before a value by recursion.
#[test]
fn signs_without_end_are_an_error() {
    let folder = folder("signs");
    let (minus, not) = ("-".repeat(200_000), "not ".repeat(60_000));
    let definition =
        "name: own\nfamily: sidecar\nsummary: one\nliterature: none\nparams: {type: object, properties: {}}\n";
    folder.file("repository/.patterns.yaml", "catalogue: [own]\n");
    folder.file("repository/own/sidecar/own/pattern.yaml", definition);
    folder.file("repository/shop.yaml", "patterns: v1\nname: shop\napp: {image: \"r/x:1\"}\nuse: [own]\n");
    for text in [format!("{{{{ {minus}1 }}}}"), format!("{{{{ {not}1 }}}}"), format!("{{% if {not}1 %}}{{% endif %}}")]
    {
        folder.file("repository/own/sidecar/own/pod.yaml.j2", text);
        let run = folder.run(&["gen", "repository/shop.yaml"]);
        assert!(run.code == 2 && run.stderr.contains("limit template-length"), "{}: {}", run.code, run.stderr);
    }
    // below the limit the stack suffices
    for text in [format!("{{{{ {}1 }}}}", "-".repeat(65_000)), format!("{{{{ {}1 }}}}", "not ".repeat(16_000))] {
        folder.file("repository/own/sidecar/own/pod.yaml.j2", text);
        assert_eq!(folder.run(&["gen", "repository/shop.yaml"]).code, 2);
    }
    folder.file("repository/own/sidecar/own/pod.yaml.j2", "");
    for long in [minus, not] {
        let checks = format!("checks: [{{that: '{long}1', at: as, message: never}}]\n");
        folder.file("repository/own/sidecar/own/pattern.yaml", definition.to_owned() + &checks);
        let run = folder.run(&["gen", "repository/shop.yaml"]);
        assert!(run.code == 2 && run.stderr.contains("limit expression-length"), "{}: {}", run.code, run.stderr);
    }
}

#[test]
fn settings_name_regular_files() {
    let folder = folder("pipe");
    assert!(
        std::process::Command::new("mkfifo").arg(folder.0.join("repository/pipe.yaml")).status().unwrap().success()
    );
    folder.file("repository/.patterns.yaml", "outputs: [{descriptions: pipe.yaml, into: out}]\n");
    for command in ["gen", "images"] {
        let run = std::process::Command::new("timeout")
            .args(["20", crate::support::binary().to_str().unwrap(), command])
            .current_dir(folder.0.join("repository"))
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(2), "{command}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

/// A file's name is somebody else's text.
#[test]
fn names_of_files_bring_no_controls_to_a_terminal() {
    let folder = folder("names");
    let name = "\x1b[31mred\u{202e}\u{9b}.yaml";
    symlink("nowhere", folder.0.join(name)).unwrap();
    let commands: [&[&str]; 10] = [
        &["lint", name],
        &["read", name],
        &["explain", name],
        &["diagram", name],
        &["gen", name],
        &["images", name],
        &["import", name],
        &["policy", "test", name],
        &["lint", "--policy", name, "."],
        &["lint", "--baseline", name, "."],
    ];
    for arguments in commands {
        let run = folder.run(arguments);
        let is_control = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert_ne!(run.code, 0, "{arguments:?}");
        assert!(
            !run.stderr.contains(is_control) && !run.stdout.contains(is_control),
            "{arguments:?}: {:?}",
            run.stderr
        );
    }
    fs::remove_file(folder.0.join(name)).unwrap();
}

/// What people see of a catalogue or a policy that came with a repository.
#[test]
fn no_catalogue_and_no_policy_speaks_to_the_terminal() {
    let folder = Folder::new("foreign-files", "escapes");
    folder.file(".git/HEAD", "");
    folder.file(".patterns.yaml", "catalogue: [pat]\n");
    folder.file(
        "pat/sidecar/loop/pattern.yaml",
        "name: loop\nfamily: sidecar\nsummary: \"s\\e[31m\\u202e\"\nliterature: \"l\\e[31m\"\n\
         params: {type: object, properties: {a: {type: string, default: \"\\e[31m\", description: \"d\\e[31m\"}}}\n",
    );
    folder.file("pat/sidecar/loop/pod.yaml.j2", "{# \u{1b}[31m #}\nspec: {containers: []}\n");
    let policy = |message: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\nspec:\n  \
             matchConstraints: {{resourceRules: [{{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: \
             [pods, secrets]}}]}}\n  validations:\n  - expression: \"false\"\n    messageExpression: {message}\n"
        )
    };
    let text = "'\"\\u001b[31m\\u202e\" + (has(object.stringData) ? object.stringData.foo : object.spec.containers[0].env[0].value)'";
    folder.file("policy/p.yaml", policy(text));
    folder.file(
        "policy/good/o.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: \"nginx:1.27\", env: [{name: \
         DB_PASSWORD, value: hunter2abc}]}]}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {foo: hunter2abd}\n",
    );
    for arguments in [
        &["new"][..],
        &["explain", "loop"],
        &["explain", "loop", "--source"],
        &["new", "loop"],
        &["policy", "test", "policy"],
    ] {
        let run = folder.run(arguments);
        let all = run.stdout + &run.stderr;
        assert!(!all.is_empty() && !all.contains(['\u{1b}', '\u{202e}']), "{arguments:?}: {all:?}");
        assert!(!all.contains("hunter"), "{arguments:?}: {all}");
    }
}
