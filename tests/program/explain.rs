//! `patterns explain` as users run it.

use crate::support::folder::own_folder;
use crate::support::{files, patterns, patterns_with, relative};

#[test]
fn a_description_shows_who_listens_where() {
    let description = "
patterns: v1
name: legacy
app: {image: 'registry.example.com/legacy:2.3', port: 8443, health: /health, env: {MODE: fast}}
use:
  - https: {secret: legacy-tls}
  - topz: {port: 9000}
---
patterns: v1
name: scheduler
app: {image: 'registry.example.com/scheduler:5', port: 8080}
shape: {elected: {leases: [scheduler]}}
";
    let run = patterns_with(&["explain", "-"], description.as_bytes());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("description", run.stdout);
}

/// What a shape's numbers mean: stragglers, keys that move, time without a leader, memory.
#[test]
fn shapes_do_their_arithmetic() {
    let description = "
patterns: v1
name: search
shape:
  scatter-gather:
    leaves: 100
    leaf: {image: 'registry.example.com/leaf:1', port: 3000}
    quorum: 98
    partial: allow
    timeout: 1s
    hedge: 200ms
---
patterns: v1
name: strict
shape: {scatter-gather: {leaves: 1, leaf: {image: 'registry.example.com/leaf:1', port: 3000}}}
---
patterns: v1
name: tiles
app: {image: 'registry.example.com/tiles:1', port: 8080}
shape: {sharded: {shards: 9, replicas: 2, router: {protocol: http}}}
---
patterns: v1
name: store
app: {image: 'registry.example.com/store:1', port: 8080}
shape: {sharded: 1}
---
patterns: v1
name: scheduler
app: {image: 'registry.example.com/scheduler:1', port: 8080}
shape: {elected: {lease: 30s}}
---
patterns: v1
name: front
shape: {replicated: {role: http-cache, to: service/web, memory: 2Gi, min: 2, max: 6}}
---
patterns: v1
name: plain
app: {image: 'registry.example.com/plain:1', port: 8080}
---
patterns: v1
name: signup
app: {image: 'registry.example.com/signup:1', port: 8080}
shape: {function: {engine: knative, decorators: {defaults: {image: 'registry.example.com/defaults:1', port: 8081}}}}
";
    let run = patterns_with(&["explain", "-"], description.as_bytes());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let remarks: Vec<&str> = run.stdout.split("\n\n").filter(|part| !part.contains("  ServiceAccount/")).collect();
    insta::assert_snapshot!("arithmetic", remarks.join("\n\n"));
}

#[test]
fn every_pattern_and_example_has_a_page() {
    for path in files("patterns", "pattern.yaml") {
        let name = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let page = patterns(&["explain", &name]);
        assert_eq!((page.code, page.stderr.as_str()), (0, ""), "{name}");
        assert!(page.stdout.starts_with(&format!("{name} (")), "{name}: {}", page.stdout);
        let source = patterns(&["explain", &name, "--source"]);
        let example = std::fs::read_to_string(path.with_file_name("example.yaml")).unwrap();
        assert!(source.stdout.contains(&example), "{name}");
        let run = patterns(&["explain", &relative(&path.with_file_name("example.yaml"))]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
    }
}

#[test]
fn the_image_table_has_every_role_and_where_it_was_seen() {
    let run = patterns(&["explain", "--images"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let table = std::fs::read_to_string("patterns/images.yaml").unwrap();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (role, rest) = line.split_once(':').unwrap();
        let (_, evidence) = rest.split_once('#').unwrap_or_else(|| panic!("`{role}` has no evidence"));
        let row = run.stdout.lines().find(|row| row.split_whitespace().next() == Some(role)).unwrap();
        assert!(row.ends_with(evidence.trim()), "{row}");
    }
}

#[test]
fn a_name_is_a_file_then_a_pattern_then_a_rule() {
    let run = patterns(&["explain", "examples"]);
    let said = "warning: no Kubernetes objects to explain in examples\n";
    assert_eq!((run.code, run.stderr.as_str()), (0, said), "a folder needs no `/`");
    let run = patterns(&["explain", "no/such/file"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("no/such/file"), "{}", run.stderr);
    let run = patterns(&["explain", "sidecar-blocks-job"]);
    assert_eq!(run.code, 0);
    let run = patterns(&["explain", "htps"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.stderr, "error: no pattern, key, rule or program is called `htps`; did you mean `https`?\n");
    let run = patterns_with(&["explain", "-"], b"patterns: v1\nname: Shop\n");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "a mistake is shown as gen shows it: {}", run.stderr);
}

/// Every key of the language and of every pattern, by the path that it has in a description.
#[test]
fn a_key_is_explained_by_its_path() {
    for (key, expected) in [
        ("isolate", "  isolate: true, or {from: [namespace/gateways], to: [dns]}\n"),
        ("app.health", "app.health (a key of descriptions)\n"),
        ("app.volumes.claim", "\nname of the PersistentVolumeClaim\n"),
        ("app.volumes.data.create.size", "\nhow much to ask for\n"),
        ("sharded.router", "  protocol  http or redis or memcached, required: "),
        ("mount", "  sharded.storage.mount "),
        ("shape.sharded", "sharded (serving, under `shape`)\n"),
        ("use.https", "https (sidecar, under `use`)\n"),
        ("shape.sharded.router", "sharded.router (a parameter of the pattern sharded)"),
        ("outputs", "outputs (a key of .patterns.yaml)\n"),
        ("outputs.into", "outputs.into (a key of .patterns.yaml)\n"),
        ("lint.rules", "lint.rules (a key of .patterns.yaml)\n"),
        ("limits", "\n  depth                     10000  nested lists and maps\n"),
        ("container", "\n  any  main (the number in `port`)\n"),
        ("metrics", "\n  9121  main (the next free one if taken, or `port`; only with `from: redis`)\n"),
        ("nodeSelector", "descriptions have no key `nodeSelector`; write\n\n  place: {nodes: "),
    ] {
        let run = patterns(&["explain", key]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{key}");
        assert!(run.stdout.contains(expected), "{key}: {}", run.stdout);
    }
    for (key, expected) in [
        ("islate", "did you mean `isolate`?"),
        ("app.zzz", "app.zzz"),
        ("sharded.zzz", "sharded.zzz"),
        ("catalog", "`catalogue`"),
        ("lint.zzz", "lint.zzz"),
        ("nginx-cache", "patterns explain replicated"),
    ] {
        let run = patterns(&["explain", key]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{key}");
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    // parameters that are maps show their keys
    let page = patterns(&["explain", "sharded"]).stdout;
    assert!(page.contains("\n  storage     map: ") && page.contains("\n    size      quantity, required: "), "{page}");
}

/// Manifests of anybody's: each workload's patterns, each container's role and the lines that say so.
#[test]
fn manifests_show_their_patterns() {
    let run = patterns(&["explain", "tests/fixtures/roles.yaml"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("roles", run.stdout);
    let json = patterns(&["explain", "--format", "json", "tests/fixtures/roles.yaml"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let shop = &json["workloads"][1];
    assert_eq!((&shop["kind"], &shop["name"], &shop["line"]), (&"Deployment".into(), &"shop".into(), &33.into()));
    let proxy = &shop["containers"][3];
    assert_eq!((&proxy["role"], &proxy["kind"]), (&"ambassador".into(), &"shard".into()));
    assert!(proxy["evidence"].as_array().unwrap().iter().all(|evidence| evidence["line"].as_u64() > Some(30)));
    let mermaid = patterns(&["explain", "--format", "mermaid", "tests/fixtures/roles.yaml"]);
    assert!(mermaid.stdout.contains("flowchart") && mermaid.stdout.contains("twemproxy"), "{}", mermaid.stdout);
    let unknown = &json["workloads"][2]["containers"][0];
    assert_eq!((&unknown["role"], &unknown["confidence"]), (&"unknown".into(), &serde_json::Value::Null));
}

/// What `gen` makes is read back from standard input and from a folder as what it is.
#[test]
fn manifests_may_come_from_standard_input_and_folders() {
    let made = patterns(&["gen", "examples/legacy-https.yaml"]);
    let run = patterns_with(&["explain", "-"], made.stdout.as_bytes());
    assert!(run.stdout.contains("https   sidecar, tls (native)"), "{}", run.stdout);
    let run = patterns(&["explain", "tests/fixtures/", "tests/fixtures/roles.yaml"]);
    assert_eq!(run.stdout.matches("roles.yaml:33)").count(), 1, "each file once: {}", run.stdout);
}

/// What settings say of a project's programs holds for whatever reads its manifests.
#[test]
fn programs_of_a_project_are_known() {
    let folder = own_folder("explain-programs");
    std::fs::create_dir_all(folder.join("k8s")).unwrap();
    let settings = "lint:\n  programs:\n  - {program: gate, binaries: [gate], role: sidecar/auth, listens: [{option: --listen}]}\n";
    std::fs::write(folder.join(".patterns.yaml"), settings).unwrap();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: registry.example.com/a:1}\n\
               \x20 - {name: gate, image: registry.example.com/gate:1, command: [gate, --listen, ':9443']}\n";
    let file = folder.join("k8s/a.yaml");
    std::fs::write(&file, pod).unwrap();
    let (file, folder) = (file.to_str().unwrap(), folder.to_str().unwrap());
    for path in [file, folder] {
        let run = patterns(&["explain", path]);
        assert!(run.stdout.contains("gate  sidecar, auth") && run.stdout.contains(":9443"), "{}", run.stdout);
        let run = patterns(&["diagram", "--format", "mermaid", path]);
        assert!(run.stdout.contains("authenticating proxy"), "{}", run.stdout);
    }
}

/// The container that prints a server's slow log listens nowhere: what the exporter asks is the server.
#[test]
fn a_slow_log_is_no_server() {
    let text = "patterns: v1\nname: kv\napp: {image: \"redis:8.10.1\", port: 6379, user: 999, writable: [/data]}\nuse:\n  - \
                metrics: redis\n  - logs: {slowlog: redis}\n";
    let made = patterns_with(&["gen", "-"], text.as_bytes());
    assert_eq!(made.code, 0, "{}", made.stderr);
    let said = patterns_with(&["explain", "-"], made.stdout.as_bytes()).stdout;
    assert!(said.contains("it talks to `kv` on port 6379"), "{said}");
    assert_eq!(said.matches("listens on :6379").count(), 1, "{said}");
    let drawn = patterns_with(&["explain", "--format", "json", "-"], made.stdout.as_bytes()).stdout;
    assert!(!drawn.contains("talks to `logs`"), "{drawn}");
}

/// A container that may listen on a port by its variable's name gives way to the one that declares it.
#[test]
fn who_only_may_listen_gives_way() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: kv}\nspec:\n  containers:\n  - name: reader\n    image: \
               registry.example.com/reader:1\n    env: [{name: PORT, value: \"6379\"}]\n  - name: exporter\n    image: \
               oliver006/redis_exporter:v1.62.0\n    args: [--redis.addr=redis://localhost:6379]\n  - name: kv\n    image: \
               redis:7.4\n    ports: [{containerPort: 6379}]\n";
    let said = patterns_with(&["explain", "-"], pod.as_bytes()).stdout;
    assert!(said.contains("it talks to `kv` on port 6379") && !said.contains("talks to `reader`"), "{said}");
    let drawn = patterns_with(&["diagram", "--format", "mermaid", "-"], pod.as_bytes()).stdout;
    let node = |name: &str| {
        let line =
            drawn.lines().find(|line| line.contains(&format!("{name}<br/>app"))).unwrap_or_else(|| panic!("{drawn}"));
        line.trim().split(['[', '(', '{']).next().unwrap_or_default().to_owned()
    };
    let arrow = drawn.lines().find(|line| line.contains("-->|\":6379\"")).unwrap_or_else(|| panic!("{drawn}"));
    assert!(arrow.trim().ends_with(&node("kv")), "{drawn}");
}

/// Where only a Job is made later, nothing listens, and no port is told.
#[test]
fn ports_are_those_where_something_listens() {
    for source in ["broker: {rabbitmq: secret/mq/url, queue: mails}", "items: [a, b]"] {
        let text = format!(
            "patterns: v1\nname: mailer\nshape: {{work-queue: {{{source}, worker: {{image: \"registry.example.com/mailer:1\"}}}}}}\n"
        );
        let said = patterns_with(&["explain", "-"], text.as_bytes());
        assert!(said.stdout.contains("Made of") && !said.stdout.contains("4041"), "{}{}", said.stdout, said.stderr);
    }
}

/// A variable of a shard says where its value comes from.
#[test]
fn variables_say_where_their_values_come_from() {
    let text = "patterns: v1\nname: kv\napp: {image: \"registry.example.com/kv:1\", port: 8080}\nshape: {sharded: {shards: 2}}\n";
    let said = patterns_with(&["explain", "-"], text.as_bytes()).stdout;
    assert!(said.contains("the Pod's index") && !said.contains("from elsewhere"), "{said}");
}

fn explained(name: &str, spec: &str) -> String {
    let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: {spec}}}\n");
    let run = patterns_with(&["explain", "-"], pod.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout
}

/// Prometheus connects to what its relabelling puts in the place of a target, not to the target.
#[test]
fn targets_that_are_relabelled_are_not_connected_to() {
    let explained = |relabelling: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: p}}\ndata:\n  prometheus.yml: |\n    scrape_configs:\n    - \
             job_name: a\n      static_configs:\n      - targets: ['one.example.com:443', 'two.example.com:443']\n      \
             relabel_configs:\n      - {{source_labels: [__address__], target_label: __param_target}}\n{relabelling}    - \
             job_name: b\n      static_configs:\n      - targets: ['three.example.com:80']\n---\napiVersion: v1\nkind: \
             Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: p\n    image: prom/prometheus:v2.53.0\n    \
             volumeMounts: [{{name: c, mountPath: /etc/prometheus}}]\n  volumes: [{{name: c, configMap: {{name: p}}}}]\n"
        );
        let run = patterns_with(&["explain", "-"], text.as_bytes());
        let dials = run.stdout.lines().filter_map(|line| line.trim().strip_prefix("connects to "));
        dials.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(explained(""), ["one.example.com:443", "two.example.com:443", "three.example.com:80"]);
    let fixed = "      - {target_label: __address__, replacement: 'blackbox:9115'}\n";
    assert_eq!(explained(fixed), ["blackbox:9115", "three.example.com:80"]);
    let written = "      - replacement: blackbox:9115\n        target_label: __address__\n";
    assert_eq!(explained(written), ["blackbox:9115", "three.example.com:80"]);
    for unknown in [
        "      - {source_labels: [__address__], regex: '(.*):443', replacement: '$1:9100', target_label: __address__}\n",
        "      - {source_labels: [__param_target], target_label: __address__}\n",
        "      - {source_labels: [job], regex: a, replacement: 'a:1', target_label: __address__}\n",
    ] {
        assert_eq!(explained(unknown), ["three.example.com:80"], "{unknown}");
    }
    // and not to what it leaves out
    let (all, first) = (["one.example.com:443", "two.example.com:443", "three.example.com:80"], "one.example.com:443");
    for kept in [
        "      - {source_labels: [__address__], action: keep, regex: 'one\\..*'}\n",
        "      - action: drop\n        regex: two.example.com:443\n        source_labels:\n        - __address__\n",
    ] {
        assert_eq!(explained(kept), [first, "three.example.com:80"], "{kept}");
    }
    assert_eq!(explained("      - {source_labels: [__address__], action: drop}\n"), ["three.example.com:80"]);
    for unknown in [
        "      - {source_labels: [job], action: drop, regex: a}\n",
        "      - {source_labels: [__address__, job], action: drop, regex: 'one.*'}\n",
        "      - {source_labels: [__address__], action: drop, regex: one}\n",
        "      - {source_labels: [__address__], action: replace, regex: 'one.*', target_label: x}\n",
        "      - {source_labels: [__address__], action: keep, regex: '('}\n",
    ] {
        assert_eq!(explained(unknown), all, "{unknown}");
    }
    let after = format!("{fixed}      - {{source_labels: [__address__], action: keep, regex: 'one.*'}}\n");
    assert_eq!(explained(&after), ["blackbox:9115", "three.example.com:80"]);
}

/// A URL in an option of something else, and one for people, is not connected to.
#[test]
fn urls_that_are_only_mentioned_are_no_connections() {
    let container = |env: &str| format!("[{{name: a, image: registry.example.com/a:1, env: [{env}]}}]");
    for env in [
        "{name: JVM_OPTS, value: \"-Xmx1g -Dusing.aikars.flags=https://mcflags.emc.gs -Da=true\"}",
        "{name: JAVA_TOOL_OPTIONS, value: \"-Dusing.aikars.flags=https://mcflags.emc.gs\"}",
        "{name: EXTRA_ARGS, value: \"--motd see https://example.com/rules\"}",
        "{name: SUPPORT_URL, value: \"https://example.com/help\"}",
        "{name: APP_TERMS, value: \"https://example.com/terms\"}",
        "{name: LOGO_URI, value: \"https://example.com/logo.svg\"}",
        "{name: JMX_HOST, value: 127.0.0.1}, {name: JMX_PORT, value: \"7091\"}",
    ] {
        let said = explained("a", &container(env));
        assert!(!said.contains("connects to"), "{env}: {said}");
    }
    let option = "[{name: a, image: registry.example.com/a:1, command: [java, \"-Dusing.aikars.flags=https://x.example.com\", -jar, a.jar]}]";
    assert!(!explained("a", option).contains("connects to"));
    for env in [
        "{name: SUPPORT_SERVICE_URL, value: \"http://support:8080\"}",
        "{name: AUTH, value: \"https://auth.example.com\"}",
        "{name: FEATURE_FLAGS_URL, value: \"http://127.0.0.1:9999\"}",
        "{name: HELP_URL, value: \"http://help.shop.svc/api\"}",
        "{name: DOCS_URL, value: \"http://docs\"}",
        "{name: DATABASE_URL, value: \"postgres://db:5432/a\"}",
        "{name: JDBC_URL, value: \"jdbc:postgresql://db:5432/a\"}",
    ] {
        assert!(explained("a", &container(env)).contains("connects to"), "{env}");
    }
}

/// `--address` says where a server listens, but for the URL of another host, which a client connects to.
#[test]
fn an_address_of_another_host_is_connected_to() {
    let container = |option: &str| {
        format!("[{{name: a, image: registry.example.com/a:1, command: [tool], args: [\"--address={option}\"]}}]")
    };
    for url in ["http://gateway.shop.svc.cluster.local:8080", "https://api.example.com", "http://shop:8080"] {
        let said = explained("a", &container(url));
        assert!(said.contains("connects to") && !said.contains("listens on"), "{url}: {said}");
    }
    for own in ["http://0.0.0.0:8080", "http://localhost:8080", "http://10.0.0.1:8080", ":8080"] {
        let said = explained("a", &container(own));
        assert!(said.contains("listens on") && !said.contains("connects to"), "{own}: {said}");
    }
}

/// Of programs that nothing is known of the one that another asks is what the Pod is there for.
#[test]
fn what_others_connect_to_is_the_app() {
    let controller = "{name: controller, image: registry.example.com/controller:1, env: [{name: ADMIN_URL, value: \"https://127.0.0.1:8444\"}]}";
    let proxy = "{name: gate, image: registry.example.com/gate:1, ports: [{containerPort: 8444}]}";
    let said = explained("ingress", &format!("[{controller}, {proxy}]"));
    assert!(said.contains("gate        app, likely") && said.contains("the others connect to it"), "{said}");
    // both ask each other
    let asks = proxy.replace("ports:", "env: [{name: BACK_URL, value: \"http://localhost:9000\"}], ports:");
    let asked = controller.replace("env:", "ports: [{containerPort: 9000}], env:");
    let said = explained("ingress", &format!("[{asked}, {asks}]"));
    assert!(!said.contains("app"), "{said}");
}

#[test]
fn agents_of_consul_without_a_server_are_ambassadors() {
    let role = |args: &str, env: &str| {
        let consul = format!("{{name: consul, image: hashicorp/consul:1.19, args: [{args}], env: [{env}]}}");
        explained("web", &format!("[{{name: web, image: registry.example.com/web:1}}, {consul}]"))
    };
    for args in ["agent, -retry-join=consul", "agent, -server=false, -retry-join=consul", "agent, -join, consul"] {
        assert!(role(args, "").contains("ambassador"), "{args}: {}", role(args, ""));
    }
    let local = "{name: CONSUL_LOCAL_CONFIG, value: '{\"server\": true}'}";
    for (args, env) in [
        ("agent, -server, -retry-join=consul", ""),
        ("agent, -dev", ""),
        ("agent, -config-dir=/consul/config", ""),
        ("agent, -retry-join=consul", local),
    ] {
        assert!(!role(args, env).contains("ambassador"), "{args}: {}", role(args, env));
    }
}

/// Patroni and stolon's sentinels elect a leader, in Kubernetes or outside. Keepers and proxies follow it.
#[test]
fn databases_that_elect_a_leader_are_known() {
    let of = |image: &str, command: &str, env: &str| {
        explained("db", &format!("[{{name: db, image: {image}, {command}env: [{env}]}}]"))
    };
    let spilo = "ghcr.io/zalando/spilo-16:3.2-p3";
    for (image, command, env) in [
        (spilo, "", "{name: PATRONI_KUBERNETES_LABELS, value: '{app: db}'}"),
        (spilo, "", "{name: PATRONI_KUBERNETES_USE_ENDPOINTS, value: 'true'}"),
        (spilo, "", "{name: DCS_ENABLE_KUBERNETES_API, value: 'true'}"),
        ("registry.example.com/patroni:4", "", "{name: PATRONI_KUBERNETES_SCOPE_LABEL, value: cluster}"),
        (
            "sorintlab/stolon:v0.17.0-pg16",
            "command: [stolon-sentinel], ",
            "{name: STSENTINEL_STORE_BACKEND, value: kubernetes}",
        ),
        ("sorintlab/stolon:v0.17.0-pg16", "command: [stolon-sentinel, --store-backend=kubernetes], ", ""),
    ] {
        let said = of(image, command, env);
        assert!(said.contains("elects a leader ("), "{image} {env}: {said}");
    }
    for (image, command, env) in [
        (spilo, "", "{name: ETCD_HOST, value: etcd}"),
        ("registry.example.com/patroni:4", "", "{name: PATRONI_ETCD3_HOSTS, value: 'etcd-0:2379,etcd-1:2379'}"),
        ("registry.example.com/patroni:4", "", "{name: PATRONI_ZOOKEEPER_HOSTS, value: 'zookeeper:2181'}"),
        ("sorintlab/stolon:v0.17.0-pg16", "command: [stolon-sentinel, --store-backend=etcdv3], ", ""),
        (
            "sorintlab/stolon:v0.17.0-pg16",
            "command: [stolon-sentinel], ",
            "{name: STSENTINEL_STORE_BACKEND, value: consul}",
        ),
    ] {
        let said = of(image, command, env);
        assert!(said.contains("elects a leader, who is kept outside of Kubernetes"), "{image} {env}: {said}");
    }
    for (image, command, env) in [
        (spilo, "", ""),
        ("registry.example.com/patroni:4", "", "{name: PATRONI_ETCD3_CACERT, value: /etc/ca.crt}"),
        ("sorintlab/stolon:v0.17.0-pg16", "command: [stolon-keeper, --store-backend=etcdv3], ", ""),
        ("sorintlab/stolon:v0.17.0-pg16", "command: [stolon-proxy, --store-backend=kubernetes], ", ""),
    ] {
        assert!(!of(image, command, env).contains("elects a leader"), "{image} {env}");
    }
}

/// What has yet to be filled in or decrypted is named, because nothing is concluded from it.
#[test]
fn configuration_that_cannot_be_read_is_named() {
    let told = |text: &str| {
        let manifests = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{default.conf: '{text}'}}\n---\napiVersion: v1\nkind: \
             Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: nginx\n    image: nginx:1.27\n    volumeMounts: [{{name: \
             c, mountPath: /etc/nginx/conf.d}}]\n  volumes: [{{name: c, configMap: {{name: c}}}}]\n"
        );
        patterns_with(&["explain", "-"], manifests.as_bytes()).stdout
    };
    let said = "its configuration /etc/nginx/conf.d/default.conf is encrypted, or has yet to be filled in (`default.conf`, line 4)";
    for text in ["${NGINX_CONF}", "ENC[AES256_GCM,data:YWJj,iv:YQ==,tag:Yg==,type:str]"] {
        assert!(told(text).contains(said), "{text}: {}", told(text));
    }
    let whole = told("server { listen 8080; }");
    assert!(whole.contains("listens on :8080") && !whole.contains("filled in"), "{whole}");
}
