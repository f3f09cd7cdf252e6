//! What `gen` refuses because it would do nothing, or something else than it seems to: each with what to write.

use crate::support::{documents, generate, patterns, patterns_with};

/// A description of an app with more keys, and further documents.
fn shop(app: &str, more: &str) -> String {
    format!("patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1\", port: 8080{app}}}\n{more}\n")
}

/// Each is one error that says this.
fn refused(cases: &[(String, &str)]) {
    for (text, message) in cases {
        let run = generate(text);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{text}\n{}", run.stderr);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{text}\n{}", run.stderr);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(message), "{text}\n{}", run.stderr);
    }
}

fn taken(texts: &[String]) {
    for text in texts {
        let run = generate(text);
        assert_eq!(run.code, 0, "{text}\n{}", run.stderr);
    }
}

#[test]
fn images_that_no_registry_can_have() {
    let of = |image: &str| format!("patterns: v1\nname: shop\napp: {{image: \"{image}\"}}\n");
    let beside = |image: &str| shop("", &format!("use: [{{container: {{as: a, image: \"{image}\"}}}}]"));
    refused(&[
        (of("a.example.com/a:<tag>"), "`<tag>` has to be filled in"),
        (of("a.example.com/a:%TAG%"), "`%TAG%` has to be filled in"),
        (of("a.example.com/a:$(TAG)"), "`$(TAG)` has to be filled in"),
        (of("a.example.com/a:$${TAG}"), "`${TAG}` has to be filled in"),
        (of("a.example.com/a:%s"), "`%s` cannot be a tag"),
        (of("a.example.com/a:"), "`` cannot be a tag"),
        (of("a.example.com/a/:1"), "cannot have an empty part"),
        (beside("<registry>/a:1"), "`<registry>` has to be filled in"),
        (shop("", "init: [{m: {image: \"a.example.com/m:{{ .Tag }}\"}}]"), "an image is a reference such as"),
        (shop("", "init: [{m: {image: \"a.example.com/m:{{.Tag}}\"}}]"), "`{{.Tag}}` has to be filled in"),
    ]);
    let set = "patterns: v1\nname: shop\nparams: {tag: {type: string}}\napp: {image: \"a.example.com/a:${tag}\"}\n";
    let run = patterns_with(&["gen", "-", "--set", "tag=${s}"], set.as_bytes());
    assert!(run.code == 2 && run.stderr.contains("`${s}` has to be filled in"), "{}", run.stderr);
    assert_eq!(patterns_with(&["gen", "-", "--set", "tag=1.7.0"], set.as_bytes()).code, 0);
}

#[test]
fn init_containers_that_run_the_app() {
    let message = "`m` needs `command`, `args` or another `image`";
    refused(&[
        (shop("", "init: [{m: {}}]"), message),
        (shop("", "init: [m: ]"), message),
        (shop("", "init: [{m: {user: 7, resources: {cpu: 100m, memory: 64Mi}}}]"), message),
        (shop("", "init: [{m: {image: \"registry.example.com/shop:1\"}}]"), message),
        (shop(", args: [serve]", "init: [{m: {}}]"), message),
    ]);
    taken(&[
        shop("", "init: [{m: {command: [migrate]}}]"),
        shop("", "init: [{m: {args: [migrate]}}]"),
        shop("", "init: [{m: {image: \"registry.example.com/migrate:1\"}}]"),
        shop("", "init: [{m: {env: {MODE: migrate}}}]"),
        shop(", command: [serve]", "init: [{m: {}}]"),
    ]);
}

#[test]
fn routes_to_names_that_are_nothing() {
    let gateway = "expose: {host: shop.example.com, gateway: public";
    let cache =
        |to: &str| format!("patterns: v1\nname: cache\nshape: {{replicated: {{role: http-cache, to: {to}}}}}\n");
    let message = "no document of this file is called `zzzz`";
    refused(&[
        (shop("", "expose: {host: shop.example.com, paths: {/: shop, /api: zzzz}}"), message),
        (shop("", "expose: {host: shop.example.com, paths: {/: shop, /api: \"zzzz:81\"}}"), "write service/zzzz:81"),
        (shop("", "expose: {host: shop.example.com, paths: {/: shop, /api: zzzz}}"), "write service/zzzz:<port>"),
        (shop("", &format!("{gateway}, paths: {{/: shop, /api: zzzz}}}}")), message),
        (shop("", &format!("{gateway}, canary: {{to: zzzz, header: {{x-canary: a}}}}}}")), message),
        (cache("zzzz"), message),
    ]);
    taken(&[
        shop("", "expose: {host: shop.example.com, paths: {/: shop, /api: \"service/zzzz:81\"}}"),
        shop("", &format!("{gateway}, canary: {{to: \"service/zzzz\", header: {{x-canary: a}}}}}}")),
        cache("\"service/zzzz:80\""),
        // a Service by its name is one of the forms of these
        shop("", &format!("{gateway}, split: {{shop: 90, zzzz: 10}}}}")),
        shop("", &format!("{gateway}, mirror: {{to: zzzz, percent: 1}}}}")),
    ]);
}

#[test]
fn patches_that_change_nothing() {
    let patch = |object: &str, what: &str| shop("", &format!("patch: [{{object: {object}/shop, {what}}}]"));
    let pod = |what: &str| patch("Deployment", &format!("merge: {{spec: {{template: {{spec: {{{what}}}}}}}}}"));
    let nothing = "this patch changes nothing";
    refused(&[
        (patch("Deployment", "merge: {}"), nothing),
        (patch("Deployment", "merge: {spec: {}}"), nothing),
        (patch("Deployment", "merge: {spec: {foo: null}}"), nothing),
        (patch("Deployment", "set: {}"), nothing),
        (patch("Deployment", "remove: []"), nothing),
        (pod("containers: []"), "an empty list changes nothing in `containers`"),
        (pod("containers: [{name: shop}]"), nothing),
        (pod("containers: [{name: shop, image: b, ports: []}]"), "an empty list changes nothing in `ports`"),
        (patch("Deployment", "merge: {$patch: delete}"), "a patch cannot remove an object"),
        (patch("ServiceAccount", "merge: {$patch: delete}"), "app: {account: default}"),
        (patch("PodDisruptionBudget", "merge: {$patch: delete}"), "budget: false"),
        (patch("Service", "merge: {$patch: delete}"), "leave out the app's `port`"),
        (
            patch("Deployment", "merge: {metadata: {annotations: {patterns/source: zzz}}}"),
            "the annotation `patterns/source`",
        ),
        (patch("Deployment", "set: {/metadata/annotations/patterns~1source: zzz}"), "the annotation `patterns/source`"),
        (patch("Deployment", "remove: [/metadata/annotations/patterns~1source]"), "the annotation `patterns/source`"),
        (patch("Deployment", "merge: {metadata: {namespace: q}}"), "another namespace"),
        (patch("Service", "set: {/metadata/namespace: q}"), "namespace: <name> beside `app`"),
        (patch("Deployment", "merge: {status: {replicas: 3}}"), "a patch cannot set `status`"),
        (patch("Deployment", "set: {/status: {}}"), "a patch cannot set `status`"),
    ]);
    taken(&[
        // what is said may be there already, today
        patch("Deployment", "merge: {spec: {replicas: 2}}"),
        pod("containers: [{name: shop, $patch: replace, image: \"registry.example.com/other:1\"}]"),
        pod("volumes: [{name: more, emptyDir: {}}]"),
        patch("Deployment", "merge: {metadata: {annotations: {example.com/a: b}}}"),
    ]);
    let run = generate(&patch("Deployment", "merge: {spec: {strategy: {$patch: delete}}}"));
    let objects = documents(&run.stdout);
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
    assert!(run.code == 0 && deployment["spec"]["strategy"].is_null(), "{deployment} {}", run.stderr);
}

#[test]
fn ports_that_lead_elsewhere_than_they_seem_to() {
    let use_metrics = "use: [{container: {as: metrics, image: \"registry.example.com/m:1\", port: 9394}}]\n";
    let of =
        |ports: &str| shop("", &format!("{use_metrics}expose: {{type: ClusterIP, port: 3000, ports: {{{ports}}}}}"));
    refused(&[
        (of("metrics: 9394"), "this port leads to `app` (8080), although `metrics` listens on 9394"),
        (of("m: {port: 9394}"), "m: {port: 9394, to: metrics}, or m: {port: 9394, to: app} if that is meant"),
        (of("m: {port: 9394, speaks: https}"), "although `metrics` listens on 9394"),
    ]);
    taken(&[of("metrics: {port: 9394, to: metrics}"), of("m: {port: 9394, to: app}"), of("m: 8080"), of("m: 9395")]);
    let run = generate(&of("m: {port: 9394, to: app}"));
    let objects = documents(&run.stdout);
    let service = objects.iter().find(|object| object["kind"] == "Service").unwrap();
    assert_eq!(service["spec"]["ports"][1]["targetPort"], "app", "{service}");
}

#[test]
fn metrics_by_the_names_that_the_server_takes() {
    let of = |name: &str| {
        shop(", health: /", &format!("use: [{{autoscale: {{max: 5, metric: {{name: \"{name}\", average: 20}}}}}}]"))
    };
    taken(&[
        of("requests_per_second"),
        of("prometheus.googleapis.com|custom_prometheus|gauge"),
        of("a:b"),
        of("2xx"),
        of("s0-kafka-orders"),
        of("a b"),
        of("é"),
    ]);
    refused(&[
        (of("custom.googleapis.com/a/b"), "custom.googleapis.com|a|b"),
        (of("a%b"), "a metric's name has no `%`"),
        (of(".."), "cannot be the name of a metric"),
        (of(""), "cannot be the name of a metric"),
    ]);
}

#[test]
fn environments_that_are_misspelt() {
    let with = |environment: &str| {
        shop("", "environments: {prod: {}}")
            + &shop("", &format!("environments: {{{environment}: {{shape: {{replicated: {{replicas: 5}}}}}}}}"))
                .replace("name: shop", "name: cart")
                .replacen("patterns", "---\npatterns", 1)
    };
    for (environment, code) in [("prd", 2), ("Prod", 2), ("prodd", 2), ("prod", 0), ("preprod", 0), ("dev", 0)] {
        let run = patterns_with(&["gen", "-e", "prod", "-"], with(environment).as_bytes());
        assert_eq!(run.code, code, "{environment} {}", run.stderr);
        assert_eq!(run.stderr.contains("did you mean `prod`?"), code == 2, "{environment} {}", run.stderr);
    }
    // what follows from it is not said
    let text = "patterns: v1\nname: shop\nparams: {tag: {type: string}}\napp: {image: \"registry.example.com/a:${tag}\"}\nenvironments: {prod: {params: {tag: 1.7.0}}}\n";
    let run = patterns_with(&["gen", "-e", "prdo", "-"], text.as_bytes());
    assert!(run.code == 2 && run.stderr.contains("no document has an environment `prdo`"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
}

/// Which folder bounds what a description extends, and what to do about it.
#[test]
fn the_boundary_of_extends_is_named() {
    let base = shop("", "");
    for (mark, why, help) in [
        (None, "no folder above this one contains either", "put a .patterns.yaml"),
        (Some("apps/.patterns.yaml"), "this is the folder that contains .patterns.yaml", "put a .patterns.yaml"),
        (Some("apps/.git/HEAD"), "this is the folder that contains .git", "move the file into the repository"),
    ] {
        // outside of this repository
        let root = std::env::temp_dir().join(format!("patterns-extends-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(root.join("apps")).unwrap();
        std::fs::write(root.join("base.yaml"), &base).unwrap();
        let file = root.join("apps/shop.yaml");
        std::fs::write(&file, "patterns: v1\nname: shop\nextends: ../base.yaml\n").unwrap();
        if let Some(mark) = mark {
            let path = root.join(mark);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let run = patterns(&["gen", file.to_str().unwrap()]);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(why) && said.contains(help), "{mark:?} {}", run.stderr);
        std::fs::remove_dir_all(&root).unwrap();
    }
}

/// One error for a file, however many manifests are in it.
#[test]
fn what_is_no_description_is_said_once() {
    for (number, said) in [
        (1, "this is not a pattern description\n"),
        (2, "this is not a pattern description, nor is another document of this file\n"),
        (3000, "this is not a pattern description, nor are 2999 other documents of this file\n"),
    ] {
        let run = generate(&"apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n---\n".repeat(number));
        assert!(run.code == 2 && run.stderr.contains(said), "{}", run.stderr);
        assert!(run.stderr.lines().count() < 20 && run.stderr.contains("patterns lint FILE"), "{}", run.stderr);
    }
    // beside a description, whose own mistakes are said as well
    let run = generate("patterns: v1\nname: shop\napp: {imge: x}\n---\nkind: Service\n");
    let all = ["this is not a pattern description\n", "did you mean `image`?"];
    assert!(all.iter().all(|said| run.stderr.contains(said)), "{}", run.stderr);
}

/// Keys of the description or of its app among the parameters of a pattern.
#[test]
fn keys_of_the_description_among_parameters() {
    refused(&[
        (shop("", "shape: {replicated: {schedule: \"@daily\"}}"), "no parameter `schedule`: the description has"),
        (shop("", "shape: {job: {cron: \"@daily\"}}"), "schedule: \"0 3 * * *\", beside `app`"),
        (shop("", "shape: {replicated: {autoscale: {max: 5}}}"), "min: 2, max: 10, cpu: 65%"),
        (shop("", "shape: {replicated: {env: {A: b}}}"), "no parameter `env`: `app` has"),
        (shop("", "shape: {single: {volumes: {a: {size: 1Gi}}}}"), "in `app`: volumes: {data: {claim: data, "),
        (shop("", "use: [{https: {secret: a, labels: {a: b}}}]"), "no parameter `labels`: the description has"),
        // each description has a name already
        (shop("", "use: [{https: {secret: a, name: b}}]"), "help: it has `secret`, "),
        // a word of Kubernetes may be another's
        (shop("", "use: [{metrics: {from: redis, kind: x}}]"), "help: it has `from`, "),
        // `host` of a description is something else
        (shop("", "use: [{https: {secret: a, host: a.example.com}}]"), "help: it has `secret`, "),
    ]);
}
