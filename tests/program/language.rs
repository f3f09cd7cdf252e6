//! The description language where files, environments and parameters meet.

use std::path::Path;

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{Run, documents, generate, patterns, patterns_with};
use serde_json::Value;

/// A folder of this test run's own with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> OwnFolder {
    let folder = own_folder(name);
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn gen_file(folder: &Path, file: &str, more: &[&str]) -> Run {
    let path = folder.join(file);
    patterns(&[&["gen", path.to_str().unwrap()], more].concat())
}

fn deployment(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.stderr);
    documents(&run.stdout).into_iter().find(|object| object["kind"] == "Deployment").expect("a Deployment")
}

/// The names of a Pod's containers, sidecars first.
fn containers(deployment: &Value) -> Vec<&str> {
    let pod = &deployment["spec"]["template"]["spec"];
    let lists = ["initContainers", "containers"].map(|list| pod[list].as_array().cloned().map_or(0, |list| list.len()));
    let name = |list: &str, at: usize| pod[list][at]["name"].as_str().unwrap();
    let sidecars = (0..lists[0]).map(|at| name("initContainers", at));
    sidecars.chain((0..lists[1]).map(|at| name("containers", at))).collect()
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

const BASE: &str = r#"patterns: v1
name: shop
app: {image: "registry.example.com/shop:1.7.0", port: 8080}
params: {count: {type: integer, default: 3}}
shape: {replicated: {replicas: "${count}"}}
use:
  - metrics: {from: statsd, map: map.yaml}
  - git-sync: {repo: "https://git.example.com/shop.git", mount: /srv}
environments:
  prod: {params: {count: 5}}
"#;

#[test]
fn what_a_base_declares_is_there_for_who_extends_it() {
    let over =
        "patterns: v1\nname: shop\nextends: base/shop.yaml\nuse: [topz]\nenvironments: {dev: {params: {count: 1}}}\n";
    let map = "mappings: [{match: \"shop.*\", name: shop}]\n";
    let folder = folder("language-extends", &[("base/shop.yaml", BASE), ("base/map.yaml", map), ("over.yaml", over)]);
    let run = gen_file(&folder, "over.yaml", &[]);
    let made = deployment(&run);
    assert_eq!(made["spec"]["replicas"], 3);
    assert_eq!(containers(&made), ["metrics", "git-sync", "topz", "shop"], "new entries come last");
    assert!(run.stdout.contains("shop.*"), "base/map.yaml lies beside the base");
    for (more, replicas) in [
        (&["-e", "prod"][..], 5),
        (&["-e", "dev"], 1),
        (&["--set", "count=8"], 8),
        (&["-e", "prod", "--set", "count=8"], 8),
    ] {
        assert_eq!(deployment(&gen_file(&folder, "over.yaml", more))["spec"]["replicas"], replicas, "{more:?}");
    }
    let run = gen_file(&folder, "over.yaml", &["-e", "prdo"]);
    assert!(run.code == 2 && run.stderr.contains("-e prod"), "{}", run.stderr);
}

#[test]
fn a_base_that_cannot_be_had_is_the_only_mistake() {
    let two = format!("{BASE}---\n{}", BASE.replace("name: shop", "name: other"));
    let over = |target: &str| format!("patterns: v1\nname: web\nextends: {target}\napp: {{port: 9090}}\n");
    let (several, list, gone) = (over("two.yaml"), over("[two.yaml]"), over("gone.yaml"));
    let folder = folder(
        "language-no-base",
        &[("two.yaml", &two), ("several.yaml", &several), ("list.yaml", &list), ("lost.yaml", &gone)],
    );
    for (file, message) in [
        ("several.yaml", "none has this one's name"),
        ("list.yaml", "`extends` takes a string, not a list"),
        ("lost.yaml", "cannot read"),
    ] {
        let run = gen_file(&folder, file, &[]);
        assert_eq!((run.code, count(&run.stderr, "error:")), (2, 1), "{file}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{file}: {}", run.stderr);
    }
}

#[test]
fn an_environment_changes_adds_and_removes_uses_by_name() {
    let description = r#"patterns: v1
name: shop
app: {image: "registry.example.com/shop:1.7.0", port: 8080}
use:
  - topz
  - git-sync: {as: site, repo: "https://git.example.com/site.git", mount: /srv}
environments:
  changed: {use: [site: {ref: release}]}
  gone: {use: [topz: null, site: null]}
  moved: {use: [topz: null, topz: {port: 9999}]}
  added: {use: [introspect, git-sync: {as: docs, repo: "https://git.example.com/docs.git", mount: /docs}]}
"#;
    let folder = folder("language-uses", &[("shop.yaml", description)]);
    let made = |environment: &str| deployment(&gen_file(&folder, "shop.yaml", &["-e", environment]));
    assert!(made("changed").to_string().contains("--ref=release"));
    assert_eq!(containers(&made("changed")), ["topz", "site", "shop"]);
    assert_eq!(containers(&made("gone")), ["shop"]);
    assert_eq!(containers(&made("moved")), ["site", "topz", "shop"]);
    assert_eq!(containers(&made("added")), ["topz", "site", "introspect", "docs", "shop"]);
}

/// `N: 1` would set a variable called `false`.
#[test]
fn keys_that_yaml_reads_as_something_else() {
    let description = |env: &str, extra: &str| {
        format!(
            "patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1.7.0\", port: 8080, env: {env}}}\n\
             extra: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x}}, data: {extra}}}]\n"
        )
    };
    let run = generate(&description("{N: \"1\"}", "{a: b}"));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("YAML reads the key `N` as `false`"), "{}", run.stderr);
    assert!(run.stderr.contains("quote it: \"N\""), "{}", run.stderr);
    let run = generate(&description("{\"N\": \"1\", true: \"2\"}", "{a: b}"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("name: \"N\""), "{}", run.stdout);
}

#[test]
fn what_only_follows_from_a_parameter_is_not_said_beside_it() {
    let description = |hole: &str| {
        format!(
            "patterns: v1\nname: shop\nparams: {{count: {{type: integer, default: 3}}}}\n\
             app: {{image: \"registry.example.com/shop:1.7.0\", port: 8080}}\n\
             shape: {{replicated: {{replicas: \"{hole}\"}}}}\n"
        )
    };
    let folder =
        folder("language-params", &[("good.yaml", &description("${count}")), ("bad.yaml", &description("${cuont}"))]);
    for (file, more, message) in [
        ("bad.yaml", &[][..], "did you mean `${count}`?"),
        ("good.yaml", &["--set", "count=7.5"], "takes a whole number, not a fraction"),
        ("good.yaml", &["--set", "count=many"], "takes a whole number, not a string"),
    ] {
        let run = gen_file(&folder, file, more);
        assert_eq!((run.code, count(&run.stderr, "error:")), (2, 1), "{file} {more:?}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{file} {more:?}: {}", run.stderr);
    }
}

/// `false` under an environment's name leaves the document out of it; anything else that is no map is refused.
#[test]
fn a_document_may_be_left_out_of_an_environment() {
    let shop = |value: &str| {
        format!(
            "patterns: v1\nname: web\napp: {{image: \"registry.example.com/web:1\", port: 8080, health: /}}\nenvironments: \
             {{dev: {{}}}}\n---\npatterns: v1\nname: report\napp: {{image: \"registry.example.com/report:1\"}}\nenvironments: \
             {{dev: {value}, prod: {{}}}}\n"
        )
    };
    let workloads = |args: &[&str]| {
        let run = patterns_with(&[&["gen", "-"], args].concat(), shop("false").as_bytes());
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout.matches("\nkind: Deployment\n").count()
    };
    assert_eq!((workloads(&[]), workloads(&["-e", "dev"]), workloads(&["-e", "prod"])), (2, 1, 2));
    for wrong in ["true", "no-such", "[]", "1"] {
        let run = patterns_with(&["gen", "-", "-e", "dev"], shop(wrong).as_bytes());
        assert_eq!(run.code, 2, "{wrong}: {}", run.stdout);
        assert!(run.stderr.contains("dev"), "{wrong}: {}", run.stderr);
    }
}

/// What nests deeper than is written has a place and a limit; what is less deep is written.
#[test]
fn what_nests_deep_is_written_or_has_a_place() {
    let description = |depth: usize| {
        let nested = format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
        format!(
            "patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1.7.0\", port: 8080}}\nextra:\n- \
             {{apiVersion: example.com/v1, kind: Deep, metadata: {{name: x}}, spec: {nested}}}\n"
        )
    };
    for depth in [120, 130, 900] {
        let run = generate(&description(depth));
        assert_eq!(run.code, 0, "{depth}: {}", run.stderr);
        assert!(run.stdout.contains(&format!("{}a: 1\n", "  ".repeat(depth))), "{depth}");
    }
    for depth in [1_000, 5_000] {
        let run = generate(&description(depth));
        assert_eq!(run.code, 2, "{depth}");
        assert!(
            run.stderr.contains("Deep/x nests more than 1000 lists and maps (limit written-depth"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("<stdin>:5:3") && run.stderr.contains("why:"), "{}", run.stderr);
    }
}

/// `<<` brings keys that those behind it replace, also from several maps; a key that is written twice is a
/// mistake.
#[test]
fn a_key_beside_a_merge_replaces_it() {
    let description = |entry: &str| {
        format!(
            "patterns: v1\nname: web\napp: &a {{image: \"registry.example.com/a:1\", port: 8080}}\nuse:\n- container: \
             {entry}\n"
        )
    };
    for entry in ["{<<: *a, as: b, port: 8081}", "{<<: [*a, {port: 7000, as: c}], as: b, port: 8081}"] {
        let run = generate(&description(entry));
        assert_eq!(run.code, 0, "{entry}: {}", run.stderr);
        assert!(run.stdout.contains("containerPort: 8081"), "{entry}: {}", run.stdout);
    }
    for entry in ["{<<: *a, as: b, port: 8081, port: 8082}", "{as: b, as: c, <<: *a, port: 8081}"] {
        let run = generate(&description(entry));
        assert!(run.code == 2 && run.stderr.contains("is duplicated"), "{entry}: {}", run.stderr);
    }
}

/// A mistake in a file that a description mounts is shown in that file, with the entry that mounts it.
#[test]
fn mistakes_in_mounted_files_are_in_the_file() {
    let app =
        "patterns: v1\nname: blog\napp: {image: \"registry.example.com/blog:1.2.0\", port: 8000, health: /healthz}\n";
    let cache = |files: &str| {
        format!(
            "{app}use:\n- container:\n    as: cache\n    image: nginxinc/nginx-unprivileged:1.31.3\n    front: true\n    \
             port: 8080\n    files: {files}\n    writable: [/var/cache/nginx]\n"
        )
    };
    let conf = "server {\n  listen 8080;\n  location / {\n    proxy_pass http://127.0.0.1:8000\n  }\n  # password: hunter2secret\n}\n";
    let good = conf.replace("8000\n", "8000;\n").replace("  # password: hunter2secret\n", "");
    let settings = "[server]\nport = 80\n\n[db]\npassword = hunter2secret\n";
    let web = "patterns: v1\nname: web\napp: {image: \"registry.example.com/web:1\", port: 8080, health: /h, files: {/etc/web: conf}}\n";
    let folder = folder(
        "language-mounted",
        &[
            ("a.yaml", &cache("{/etc/nginx/conf.d/default.conf: nginx.conf}")),
            ("b.yaml", &cache("{/etc/nginx/conf.d: sites}")),
            ("good.yaml", &cache("{/etc/nginx/conf.d/default.conf: good.conf}")),
            ("web.yaml", web),
            ("nginx.conf", conf),
            ("good.conf", &good),
            ("sites/default.conf", conf),
            ("conf/app.ini", settings),
            ("conf/other.ini", "[a]\nb = 1\n"),
        ],
    );
    for (description, file) in [("a.yaml", "nginx.conf:4:"), ("b.yaml", "sites/default.conf:4:")] {
        let run = gen_file(&folder, description, &[]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains("error[nginx-config]") && run.stderr.contains(file), "{}", run.stderr);
        assert!(run.stderr.contains("proxy_pass http://127.0.0.1:8000"), "{}", run.stderr);
        assert!(run.stderr.contains("cache") && !run.stderr.contains("hunter2secret"), "{}", run.stderr);
    }
    let run = gen_file(&folder, "web.yaml", &[]);
    assert!(run.code == 2 && run.stderr.contains("line 5 of"), "{}", run.stderr);
    assert!(run.stderr.contains("conf/app.ini") && run.stderr.contains("web.yaml:3:"), "{}", run.stderr);
    assert!(!run.stderr.contains("hunter2secret") && !run.stdout.contains("hunter2secret"), "{}", run.stderr);
    let run = gen_file(&folder, "good.yaml", &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let made = objects.iter().find(|object| object["kind"] == "ConfigMap").expect("a ConfigMap");
    assert_eq!(made["metadata"]["annotations"]["patterns/from"], "use[0].cache");
}

/// Sidecars start first, but for those that a container of `init` runs before.
#[test]
fn init_runs_before_a_sidecar_that_it_names() {
    let description = |before: [&str; 3], more: &str| {
        let init = |(name, before): (&str, &str)| {
            let before = if before.is_empty() { String::new() } else { format!(", before: {before}") };
            format!("  - {name}: {{image: \"registry.example.com/{name}:1\"{before}}}\n")
        };
        let inits: String = ["one", "two", "three"].into_iter().zip(before).map(init).collect();
        let beside = |name: &str, more: &str| {
            format!("  - container: {{as: {name}, image: \"registry.example.com/{name}:1\"{more}}}\n")
        };
        let uses = ["vpn", "dns"].map(|name| beside(name, "")).concat() + &beside("late", ", before: false");
        format!(
            "patterns: v1\nname: shop\nparams: {{first: {{type: string, default: vpn}}}}\napp: {{image: \
             \"registry.example.com/shop:1\", port: 8080}}\ninit:\n{inits}use:\n{uses}  - git-sync: {{repo: \
             \"https://git.example.com/shop.git\", mount: /srv}}\n  - autoscale: {{max: 5}}\n{more}"
        )
    };
    for (before, order) in [
        (["", "", ""], "vpn dns git-sync one two three shop late"),
        (["vpn", "", ""], "one vpn dns git-sync two three shop late"),
        (["vpn", "vpn", "vpn"], "one two three vpn dns git-sync shop late"),
        (["vpn", "dns", ""], "one vpn two dns git-sync three shop late"),
        (["dns", "vpn", ""], "two vpn one dns git-sync three shop late"),
        (["git-sync", "", "git-sync"], "vpn dns one three git-sync two shop late"),
        (["\"${first}\"", "", ""], "one vpn dns git-sync two three shop late"),
        (["", "", "vpn"], "three vpn dns git-sync one two shop late"),
    ] {
        let deployment = deployment(&generate(&description(before, "")));
        assert_eq!(containers(&deployment).join(" "), order, "{before:?}");
    }
    for (before, message) in [
        ("late", "`late` has no container that starts before the app"),
        ("autoscale", "`autoscale` has no container that starts before the app"),
        ("vnp", "did you mean `vpn`?"),
        ("shop", "`use` has no entry called `shop`"),
        ("two", "`use` has no entry called `two`"),
        ("[vpn]", "`before` takes a string"),
        ("true", "`before` takes a string"),
    ] {
        let run = generate(&description([before, "", ""], ""));
        assert!(run.code == 2 && run.stderr.contains(message), "{before}: {}", run.stderr);
    }
    // in an environment without the sidecar
    let run = patterns_with(
        &["gen", "-", "--environment", "dev"],
        description(["vpn", "", ""], "environments: {dev: {use: [{vpn: null}]}}\n").as_bytes(),
    );
    assert!(run.code == 2 && run.stderr.contains("`use` has no entry called `vpn`"), "{}", run.stderr);
    // where it would wait for what starts after it
    let asks = "  - ask: {image: \"busybox:1.37\", command: [sh, -c, \"until nc -z localhost 9000; do sleep 1; done\"], before: side}\n";
    let run = generate(&format!(
        "patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1\", port: 8080}}\ninit:\n{asks}use:\n  - container: \
         {{as: side, image: \"registry.example.com/side:1\", port: 9000}}\n"
    ));
    assert!(run.stderr.contains("init-needs-what-starts-later"), "{}{}", run.stdout, run.stderr);
}
