//! What help says can be done, and then works; what only follows from another mistake is not said.

use crate::support::folder::Folder;
use crate::support::{generate, patterns, patterns_with};

const APP: &str = "patterns: v1\nname: d\napp: {image: \"registry.example.com/a:1\", port: 8080}\n";

/// What a shape by its bare name is answered with is a shape that generates, or names the command that prints one.
#[test]
fn a_shape_by_its_name_is_told_how_it_is_written() {
    for shape in ["job", "daemon", "single", "sharded", "elected", "function", "work-queue", "stream", "coordinated"] {
        let run = generate(&format!("{APP}shape: {shape}\n"));
        assert_eq!(run.code, 2, "{shape}");
        let help = run.stderr.split("help: ").nth(1).unwrap_or_else(|| panic!("{shape}: {}", run.stderr)).trim();
        if let Some(command) = help.strip_prefix("take what `patterns ") {
            let words: Vec<&str> = command.split('`').next().unwrap().split(' ').collect();
            let starter = patterns(&words);
            assert_eq!(starter.code, 0, "{help}: {}", starter.stderr);
            assert_eq!(generate(&starter.stdout).code, 0, "{help}");
        } else {
            let run = generate(&format!("{APP}{help}\n"));
            assert!(!run.stderr.contains("error: `"), "{help}: {}", run.stderr);
        }
    }
    let run = generate(&format!("{APP}shape: {{single: {{storage: 20Gi}}}}\n"));
    assert!(run.code == 2 && run.stderr.contains("help: storage: {size: 20Gi, mount: …}"), "{}", run.stderr);
}

#[test]
fn a_mistake_in_a_parameter_is_the_only_one() {
    let queue = "patterns: v1\nname: d\nparams: {items: {type: array, items: {type: string}, default: [a]}}\nshape: {work-queue: \
                 {items: \"${items}\", worker: {image: \"registry.example.com/a:1\"}}}\n";
    assert_eq!(generate(queue).code, 0);
    let run = patterns_with(&["gen", "-", "--set", "items=a"], queue.as_bytes());
    assert_eq!((run.code, run.stderr.matches("error:").count()), (2, 1), "{}", run.stderr);
    assert!(run.stderr.contains("takes a list, not a string"), "{}", run.stderr);
}

#[test]
fn an_alias_with_an_anchor_is_called_so() {
    for text in ["a: &a *a\n", "b: &b 1\na: &a *b\n", "- &a *b\n"] {
        let run = patterns_with(&["read", "-"], text.as_bytes());
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == 1 && said.contains("an alias cannot have an anchor"), "{text}: {said}");
        assert!(!said.contains("quote"), "{said}");
    }
    let run = patterns_with(&["read", "-"], b"a: \"b\" c\n");
    assert!(run.stderr.contains("the closing quote or bracket ends the value"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn subresources_that_are_named_exist() {
    for (resource, help) in [("services/*", "`services/proxy`"), ("pods/*", "`pods/"), ("nodes/*", "`nodes/")] {
        let role = |resource: &str| {
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: a}}\nrules:\n- {{apiGroups: [\"\"], \
                 resources: [\"{resource}\"], verbs: [get]}}\n"
            )
        };
        let run = patterns_with(&["lint", "-"], role(resource).as_bytes());
        let said = format!("{}{}", run.stdout, run.stderr);
        let named = said.split("as in `").nth(1).and_then(|rest| rest.split('`').next()).unwrap_or_default().to_owned();
        assert!(said.contains(help), "{resource}: {said}");
        let run = patterns_with(&["lint", "-"], role(&named).as_bytes());
        assert!(!run.stdout.contains("does not exist"), "{named}: {}", run.stdout);
    }
}

#[test]
fn words_of_kubernetes_and_of_books_lead_to_patterns() {
    for (command, word, meant) in [
        ("new", "deployment", "write shape:"),
        ("new", "cronjob", "schedule"),
        ("new", "leader", "elected"),
        ("explain", "leader-election", "patterns explain elected"),
        ("explain", "ELECTION_URL", "patterns explain elected"),
        ("explain", "shardd", "did you mean"),
        ("new", "shardd", "did you mean"),
    ] {
        let run = patterns(&[command, word]);
        assert!(run.code == 2 && run.stderr.contains(meant), "{command} {word}: {}", run.stderr);
    }
}

#[test]
fn what_is_wrong_in_a_pattern_of_ones_own_is_said_in_its_words() {
    let folder = Folder::new("helps", "own");
    let definition = |more: &str| {
        format!(
            "name: hello\nfamily: sidecar\nsummary: says hello\nliterature: a book\nparams: {{type: object}}\nimage: agent\n{more}"
        )
    };
    let pod = "spec: {containers: [{name: {{ entry }}, image: {{ image.image }}, securityContext: {{ confined(image.user) }}}]}\n";
    folder.file("d.yaml", format!("{APP}use: [hello]\n"));
    for (name, text, pod, said) in [
        (
            "map",
            definition("").replace("literature: a book", "literature: {a: b}"),
            "{}\n",
            "`literature` takes a text, not a map",
        ),
        (
            "params",
            definition("").replace("params: {type: object}", "params: {greeting: {type: string}}"),
            "{}\n",
            "properties: {greeting: …}",
        ),
        ("confined", definition(""), pod, "import confined"),
    ] {
        folder.file(&format!("{name}/sidecar/hello/pattern.yaml"), text);
        folder.file(&format!("{name}/sidecar/hello/pod.yaml.j2"), pod);
        let run = folder.run(&["gen", "--catalogue", name, "d.yaml"]);
        assert!(run.code == 2 && run.stderr.contains(said), "{name}: {}", run.stderr);
    }
    let run = folder.run(&["gen", "d.yaml"]);
    assert!(run.code == 2 && run.stderr.contains("--catalogue"), "{}", run.stderr);
}

#[test]
fn nothing_to_pin_says_why() {
    let folder = Folder::new("helps", "pins");
    folder.file("d.yaml", APP);
    let run = folder.run(&["images", "d.yaml", "--write"]);
    assert!(run.stderr.contains("no pattern in use has an image of its own"), "{}", run.stderr);
}

/// What is set or used by that name is no second mistake.
#[test]
fn a_parameter_that_yaml_reads_as_something_else_is_one_mistake() {
    for name in ["n", "on", "010"] {
        let folder = Folder::new("helps", "misread");
        let text = APP.replace("port: 8080", &format!("port: 8080, env: {{A: \"${{{name}}}\"}}"));
        folder.file("d.yaml", format!("{text}params: {{{name}: {{type: integer}}}}\n"));
        folder.file("p.yaml", format!("\"{name}\": [1]\n"));
        for args in [
            &["gen", "d.yaml"][..],
            &["gen", "d.yaml", "--set", &format!("{name}=3")],
            &["gen", "d.yaml", "--params", "p.yaml"],
        ] {
            let run = folder.run(args);
            let said = format!("YAML reads the key `{name}`");
            assert!(run.code == 2 && run.stderr.contains(&said), "{args:?}: {}", run.stderr);
            assert_eq!(run.stderr.matches("error:").count(), 1, "{args:?}: {}", run.stderr);
        }
    }
}

#[test]
fn a_picture_of_no_workload_says_so() {
    let folder = Folder::new("helps", "picture");
    folder.file("m/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n");
    for path in ["m/a.yaml", "m"] {
        let run = folder.run(&["diagram", path]);
        let said = format!("note: {path} contains no workload: nothing to draw\n");
        assert_eq!((run.code, run.stderr.as_str()), (0, said.as_str()));
    }
}

#[test]
fn what_is_no_editor_is_told_so() {
    for text in ["hello world\n", "hello: world\n", "{\"jsonrpc\": \"2.0\"}\n", "\n"] {
        let run = patterns_with(&["lsp"], text.as_bytes());
        assert!(run.code == 2 && run.stderr.contains("`Content-Length: BYTES`"), "{text}: {} {}", run.code, run.stderr);
    }
    assert_eq!(patterns_with(&["lsp"], b"").code, 1);
}
