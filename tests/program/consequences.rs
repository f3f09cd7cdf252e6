//! What a description's keys do to each other, and is said beside the output or in its place.

use crate::support::folder::Folder;
use crate::support::{documents, generate, patterns_with};

const APP: &str = "app: {image: \"registry.example.com/shop:1\", port: 8080, health: /healthz}";

/// What `isolate.to` blocks although the document needs it is named, each with the way to open it.
#[test]
fn what_a_policy_blocks_is_named() {
    let cache = "---\npatterns: v1\nname: cache\napp: {image: \"redis:8.2.1\", port: 6379, user: 999, writable: [/data]}\nshape: {sharded: 3}\n";
    for (keys, to, blocked) in [
        ("use: [{shard: {as: c, protocol: redis, to: cache}}]", "[dns]", Some("access to cache,")),
        ("use: [{shard: {as: c, protocol: redis, to: cache}}]", "[cache]", Some("the cluster's DNS")),
        ("use: [{shard: {as: c, protocol: redis, to: cache}}]", "[cache, dns]", None),
        ("use: [{shard: {as: c, protocol: redis, to: cache}}]", "[dns, \"pods:6379\"]", None),
        ("use: [{shard: {as: c, protocol: redis, to: cache}}]", "[anyone]", None),
        ("use: [{git-sync: {repo: \"https://git.example.com/x.git\"}}]", "[dns]", Some("git.example.com:443")),
        ("use: [{git-sync: {repo: \"https://git.example.com/x.git\"}}]", "[dns, \"192.0.2.0/24:443\"]", None),
        (
            "use: [{broker: {as: db, protocol: postgres, to: external/db.example.com:5432}}]",
            "[dns]",
            Some("db.example.com:5432"),
        ),
        ("use: [{broker: {as: db, protocol: postgres, to: service/db}}]", "[dns]", Some("the Service db")),
        ("use: [{auth: {issuer: \"https://login.example.com\"}}]", "[dns]", Some("login.example.com:443")),
        (
            "use: [{logs: {files: {/var/log/a.log: json}, to: forward/logs.example.com:24224}}]",
            "[dns]",
            Some("logs.example.com:24224"),
        ),
        ("shape: {elected: {}}", "[dns]", Some("the API server")),
        ("shape: {elected: {}}", "[dns, \"192.0.2.1/32:6443\"]", None),
        ("use: [topz]", "[]", None),
    ] {
        let run = generate(&format!("patterns: v1\nname: shop\n{APP}\n{keys}\nisolate: {{to: {to}}}\n{cache}"));
        assert_eq!(run.code, 0, "{keys} {}", run.stderr);
        let notes: Vec<&str> = run.stderr.lines().filter(|line| line.contains("`isolate.to` of shop")).collect();
        match blocked {
            Some(what) => assert!(notes.len() == 1 && notes[0].contains(what), "{keys} {to}: {}", run.stderr),
            None => assert!(notes.is_empty(), "{keys} {to}: {}", run.stderr),
        }
    }
}

/// So is a document that another one's `from` keeps out.
#[test]
fn who_is_kept_out_is_named() {
    for (from, namespace, is_out) in [
        ("namespace/other", "", true),
        ("namespace/other", "namespace: shop\n", true),
        ("namespace/shop", "namespace: shop\n", false),
        ("front", "", false),
        ("anyone", "", false),
        ("pods/app=x", "", false),
        ("10.0.0.0/8", "", false),
        ("{front: [memcached]}", "", false),
    ] {
        let run = generate(&format!(
            "patterns: v1\nname: front\n{namespace}{APP}\nuse: [{{shard: {{as: c, protocol: memcached, to: mc}}}}]\n---\n\
             patterns: v1\nname: mc\n{namespace}app: {{image: \"memcached:1.6.39\", port: 11211, protocol: memcached, user: \
             11211}}\nshape: {{sharded: 4}}\nisolate: {{from: [{from}]}}\n"
        ));
        assert_eq!(run.code, 0, "{from} {}", run.stderr);
        assert_eq!(run.stderr.contains("keeps out front"), is_out, "{from} {namespace} {}", run.stderr);
    }
}

/// Nothing leads to a document that the environment leaves out, and only that is said.
#[test]
fn nothing_leads_to_what_is_left_out() {
    let left_out = "---\npatterns: v1\nname: cache\napp: {image: \"redis:8.2.1\", port: 6379, user: 999, writable: [/data]}\nshape: {sharded: 3}\nenvironments: {dev: false}\n";
    for keys in [
        "use: [{shard: {as: c, protocol: redis, to: cache}}]",
        "expose: {host: shop.example.com, paths: {/: shop, /c: cache}}",
        "isolate: {to: [cache]}",
        "isolate: {from: [cache]}",
    ] {
        let text = format!("patterns: v1\nname: shop\n{APP}\n{keys}\n{left_out}");
        assert!(!generate(&text).stderr.contains("left out"), "{keys}");
        let run = patterns_with(&["gen", "-e", "dev", "-"], text.as_bytes());
        assert_eq!(run.code, 2, "{keys}");
        assert!(run.stderr.contains("`cache` is left out in dev"), "{keys} {}", run.stderr);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{keys} {}", run.stderr);
    }
}

#[test]
fn what_is_suspended_has_no_replicas_though_something_else_scales_it() {
    let run = generate(&format!("patterns: v1\nname: shop\n{APP}\nadopt: {{scaled: true}}\nuse: [suspend]\n"));
    let objects = documents(&run.stdout);
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
    assert_eq!(deployment["spec"]["replicas"], 0, "{}", run.stderr);
}

#[test]
fn namespaces_may_begin_with_a_digit() {
    let text = format!("patterns: v1\nname: shop\nnamespace: 3scale\n{APP}\nisolate: {{from: [namespace/3ds]}}\n");
    let run = generate(&text);
    assert!(run.code == 0 && run.stdout.contains("namespace: 3scale"), "{}", run.stderr);
    let run = patterns_with(&["gen", "-n", "9", "-"], text.as_bytes());
    assert!(run.code == 0 && run.stdout.contains("namespace: \"9\""), "{}", run.stderr);
    for name in ["a.b", "-a", "a-", "A", "a_b"] {
        assert_eq!(patterns_with(&["gen", &format!("--namespace={name}"), "-"], text.as_bytes()).code, 2, "{name}");
    }
}

/// A page that everybody sees without a login is named.
#[test]
fn the_front_page_is_not_opened_in_silence() {
    let of = |health: &str| {
        generate(&format!(
            "patterns: v1\nname: admin\napp: {{image: \"registry.example.com/admin:1\", port: 3000, bind: localhost, \
             health: {health}}}\nuse: [{{auth: {{issuer: \"https://login.example.com\"}}}}]\n"
        ))
        .stderr
    };
    assert!(of("/").contains("its page is open to everybody"));
    let said = of("/healthz");
    assert!(said.contains("lets GET /healthz pass") && !said.contains("open to everybody"), "{said}");
}

/// One mistake is one error.
#[test]
fn what_leads_nowhere_is_said_once() {
    let of = |keys: &str| {
        let next = "---\npatterns: v1\nname: shop-next\napp: {image: \"redis:8.2.1\", port: 6379, user: 999, writable: [/data]}\nshape: {sharded: 3}\n";
        generate(&format!("patterns: v1\nname: shop\n{APP}\n{keys}\n{next}")).stderr
    };
    for keys in [
        "use: [{shard: {as: c, protocol: redis, to: shop-nxt}}]",
        "use: [{split: {as: r, to: {shop-a: 90, shop-nextt: 10}}}]",
    ] {
        let said = of(keys);
        assert!(said.contains("did you mean `shop-next`?"), "{keys} {said}");
        let errors = said.matches("error: ").count();
        assert_eq!(errors, keys.matches("shop-n").count() + keys.matches("shop-a").count(), "{keys} {said}");
    }
    let run = patterns_with(&["gen", "--set", "pw=x", "-"], b"patterns: v1\nname: a\napp: {image: \"x\"\n");
    assert!(!run.stderr.contains("no parameter"), "{}", run.stderr);
}

/// What Kubernetes calls it shows how it is written here.
#[test]
fn words_of_kubernetes_have_their_form() {
    for (keys, form) in [
        ("shape: deployment", "shape: {replicated: {replicas: 3}}"),
        ("shape: {Deployment: {}}", "shape: {replicated: {replicas: 3}}"),
        ("shape: {statefulset: {}}", "shape: {sharded: {shards: 3}}"),
        ("shape: {cronjob: {}}", "schedule: \"0 3 * * *\""),
        ("hpa: {max: 3}", "use: [{autoscale:"),
        ("pdb: {}", "budget: {unavailable: 1}"),
        ("networkPolicy: {}", "isolate: {from:"),
        ("use: [sidecar]", "use: [{container:"),
        ("use: [{autoscale: {max: 3, metric: x}}]", "metric: {name: requests_per_second, average: 100}"),
        ("use: [{metrics: {from: redis, kind: x}}]", "it has `from`"),
    ] {
        let said = generate(&format!("patterns: v1\nname: shop\n{APP}\n{keys}\n")).stderr;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(form), "{keys}: {said}");
    }
}

/// An environment's misspelt key is a mistake in every run, wherever in it.
#[test]
fn keys_of_environments_are_checked_always() {
    let wrong = [
        ("{naem: x}", "naem"),
        ("{app: {resuorces: {cpu: 1}}}", "resuorces"),
        ("{app: {schedule: \"@daily\"}}", "schedule"),
        ("{app: {resources: {requests: {cpu: 1}}}}", "requests"),
        ("{app: {volumes: {data: {sise: 1Gi}}}}", "sise"),
        ("{app: {ports: {admin: {prot: 9901}}}}", "prot"),
        ("{expose: {hots: a.example.com}}", "hots"),
        ("{init: [{migrate: {comand: [a]}}]}", "comand"),
        ("{rollout: {surje: 1}}", "surje"),
    ];
    for (keys, key) in wrong {
        let text = format!("patterns: v1\nname: shop\n{APP}\nenvironments: {{prod: {keys}, test: {{}}}}\n");
        for arguments in [&["gen", "-"][..], &["gen", "-e", "prod", "-"], &["gen", "-e", "test", "-"], &["lint", "-"]] {
            let run = patterns_with(arguments, text.as_bytes());
            let said = run.stdout + &run.stderr;
            assert_eq!(said.matches(&format!("has no key `{key}`")).count(), 1, "{keys} {arguments:?} {said}");
        }
    }
    let patterns = [
        ("{use: [{https: {secrets: a}}]}", "secrets"),
        ("{use: [{tls: {secret: b, secrets: a}}]}", "secrets"),
        ("{use: [{topz: {prot: 9001}}]}", "prot"),
        ("{shape: {replicated: {replica: 2}}}", "replica"),
    ];
    for (keys, name) in patterns {
        let text = format!(
            "patterns: v1\nname: shop\n{APP}\nuse: [{{https: {{as: tls, secret: a}}}}]\nenvironments: {{prod: {keys}, \
             test: {{use: [{{tls: {{port: \"${{port}}\"}}}}]}}}}\nparams: {{port: {{type: integer, default: 8443}}}}\n"
        );
        for arguments in [&["gen", "-"][..], &["gen", "-e", "prod", "-"], &["gen", "-e", "test", "-"], &["lint", "-"]] {
            let run = patterns_with(arguments, text.as_bytes());
            let said = run.stdout + &run.stderr;
            assert_eq!(said.matches(&format!("has no parameter `{name}`")).count(), 1, "{keys} {arguments:?} {said}");
        }
    }
    // only the whole says whether anything is missing, and what a parameter will be
    let part =
        "{app: {volumes: {data: {size: 2Gi}}, health: null, port: \"${port}\"}, use: [{https: null}], budget: false}";
    let text = "patterns: v1\nname: shop\nparams: {port: {type: integer, default: 8080}}\napp: {image: \"a.example.com/a:1\", \
                port: 8080, volumes: {data: {size: 1Gi, mount: /data}}, health: /up}\nuse: [{https: {secret: a}}]\n";
    let text = format!("{text}environments: {{prod: {part}}}\n");
    for arguments in [&["gen", "-"][..], &["gen", "-e", "prod", "-"]] {
        let run = patterns_with(arguments, text.as_bytes());
        assert_eq!(run.code, 0, "{arguments:?} {}", run.stderr);
    }
}

/// Settings under another name are not left out in silence, and a glob that means nothing is a mistake.
#[test]
fn settings_that_mean_nothing_are_refused() {
    let folder = Folder::new("consequences", "settings");
    folder.file(".patterns.yml", "lint: {profile: strict}\n").file("a.yaml", "apiVersion: v1\n");
    let run = folder.run(&["lint", "."]);
    assert!(run.code == 2 && run.stderr.contains(".patterns.yml is not read"), "{}", run.stderr);
    let folder = Folder::new("consequences", "globs");
    folder.file("a.yaml", "apiVersion: v1\n");
    let run = folder.run(&["lint", "--exclude", "[", "."]);
    assert!(run.code == 2 && run.stderr.contains("not a valid glob"), "{}", run.stderr);
}
