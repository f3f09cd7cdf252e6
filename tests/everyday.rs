//! The keys that everyday applications need: what each makes, and what is said of a wrong one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Run, documents, generate, patterns};

fn objects(description: &str) -> Vec<Value> {
    let run = generate(description);
    assert_eq!(run.code, 0, "{description}\n{}", run.stderr);
    documents(&run.stdout)
}

fn of<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

/// A document with an app of these further keys, and what follows the app.
fn app(keys: &str, more: &str) -> String {
    let keys = if keys.is_empty() { String::new() } else { format!(", {keys}") };
    format!("patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1\"{keys}}}\n{more}\n")
}

/// What a description makes at a JSON pointer below the first object of a kind; `~` begins at the app's container,
/// `^` at its Pod.
fn check(description: &str, kind: &str, pointer: &str, expected: &Value) {
    let objects = objects(description);
    let object = of(&objects, kind);
    let at = match pointer.split_at_checked(1) {
        Some(("~", rest)) => format!("/spec/template/spec/containers/0{rest}"),
        Some(("^", rest)) => format!("/spec/template/spec{rest}"),
        _ => pointer.to_owned(),
    };
    assert_eq!(object.pointer(&at).unwrap_or(&Value::Null), expected, "{description}\n{kind} {at}");
}

#[test]
fn each_key_makes_what_it_says() {
    let limit = "resources: {cpu: 1, memory: 512Mi, limit: {cpu: 2, memory: 1Gi}}";
    let cases = [
        (
            "port: 6379, protocol: redis",
            "Service",
            "/spec/ports/0",
            json!({"name": "redis", "port": 6379, "targetPort": "redis", "appProtocol": "redis"}),
        ),
        ("port: 8443, protocol: https", "Service", "/spec/ports/0/port", json!(443)),
        ("port: 9000, protocol: grpc", "Service", "/spec/ports/0/appProtocol", json!("kubernetes.io/h2c")),
        ("port: 53, protocol: udp", "Service", "/spec/ports/0/protocol", json!("UDP")),
        ("port: 53, protocol: udp", "Deployment", "~/livenessProbe", Value::Null),
        (
            "port: 80, ports: {admin: {port: 9901, private: true}, dns: 53/udp}",
            "Service",
            "/spec/ports/1",
            json!({"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"}),
        ),
        ("port: 80, ports: {admin: {port: 9901, private: true}}", "Service", "/spec/ports/1", Value::Null),
        ("ports: {metrics: 9000}", "Service", "/spec/ports/0/port", json!(9000)),
        (
            "port: 80, ports: {admin: {port: 9901, private: true}}",
            "Deployment",
            "~/ports/1",
            json!({"name": "admin", "containerPort": 9901}),
        ),
        ("env: {A: pod/ip}", "Deployment", "~/env/0/valueFrom/fieldRef/fieldPath", json!("status.podIP")),
        (
            "env: {A: pod/labels/example.com/team}",
            "Deployment",
            "~/env/0/valueFrom/fieldRef/fieldPath",
            json!("metadata.labels['example.com/team']"),
        ),
        (
            "env: {A: limits/memory}",
            "Deployment",
            "~/env/0/valueFrom/resourceFieldRef/resource",
            json!("limits.memory"),
        ),
        (
            "envFrom: [secret/api, {configmap: db, prefix: DB_}]",
            "Deployment",
            "~/envFrom",
            json!([{"secretRef": {"name": "api"}}, {"prefix": "DB_", "configMapRef": {"name": "db"}}]),
        ),
        (
            "volumes: {k: {secret: keys, mount: /k, mode: \"0400\", file: id}}",
            "Deployment",
            "^/volumes/0",
            json!({"name": "k", "secret": {"secretName": "keys", "defaultMode": 0o400, "items": [{"key": "id", "path": "id"}]}}),
        ),
        (
            "volumes: {k: {secret: keys, mount: /k, file: id}}",
            "Deployment",
            "~/volumeMounts/0",
            json!({"name": "k", "mountPath": "/k", "subPath": "id", "readOnly": true}),
        ),
        (
            "volumes: {c: {configmap: conf, mount: /c, items: {a: b.ini}}}",
            "Deployment",
            "^/volumes/0/configMap/items",
            json!([{"key": "a", "path": "b.ini"}]),
        ),
        ("volumes: {w: {size: 20Gi, mount: /w}}", "Deployment", "^/volumes/0/emptyDir", json!({"sizeLimit": "20Gi"})),
        ("volumes: {w: {memory: 1Gi, mount: /dev/shm}}", "Deployment", "^/volumes/0/emptyDir/medium", json!("Memory")),
        (
            "volumes: {w: {ephemeral: {size: 5Gi, class: fast}, mount: /w}}",
            "Deployment",
            "^/volumes/0/ephemeral/volumeClaimTemplate/spec/storageClassName",
            json!("fast"),
        ),
        ("writable: [/var/cache/app, {/tmp: 1Gi}]", "Deployment", "^/volumes/1/emptyDir/sizeLimit", json!("1Gi")),
        (
            "port: 80, health: {path: /up, start: 20m}",
            "Deployment",
            "~/startupProbe",
            json!({"httpGet": {"path": "/up", "port": "http"}, "periodSeconds": 2, "failureThreshold": 600}),
        ),
        ("port: 80, health: grpc", "Deployment", "~/readinessProbe/grpc", json!({"port": 80})),
        (
            "port: 80, health: {live: {grpc: shop.Health}}",
            "Deployment",
            "~/livenessProbe/grpc/service",
            json!("shop.Health"),
        ),
        (
            "health: {command: [ping], every: 30s, timeout: 9s, failures: 2}",
            "Deployment",
            "~/readinessProbe",
            json!({"exec": {"command": ["ping"]}, "periodSeconds": 30, "timeoutSeconds": 9, "failureThreshold": 2}),
        ),
        ("health: {command: [ping]}", "Deployment", "~/livenessProbe", Value::Null),
        (
            "port: 80, ports: {h: 81}, health: {ready: {path: /r, port: h}, live: {tcp: h}}",
            "Deployment",
            "~/livenessProbe/tcpSocket/port",
            json!(81),
        ),
        (limit, "Deployment", "~/resources/limits", json!({"cpu": "2", "memory": "1Gi"})),
        (
            "resources: {cpu: 1, memory: 1Gi, nvidia.com/gpu: 1}",
            "Deployment",
            "~/resources/limits/nvidia.com~1gpu",
            json!("1"),
        ),
        ("account: robot", "Deployment", "^/serviceAccountName", json!("robot")),
        ("stop: 10m", "Deployment", "^/terminationGracePeriodSeconds", json!(605)),
        ("stop: 10m", "Deployment", "~/lifecycle", Value::Null),
        ("port: 80, drain: 1m, stop: 30s", "Deployment", "^/terminationGracePeriodSeconds", json!(95)),
        (
            "rights: [{deployments.apps/status: {names: [a], verbs: [get]}}]",
            "Role",
            "/rules/0",
            json!({"apiGroups": ["apps"], "resources": ["deployments/status"], "resourceNames": ["a"], "verbs": ["get"]}),
        ),
        ("rights: [{pods: [get]}]", "Deployment", "~/volumeMounts/1/name", json!("app-token")),
        ("rights: [{namespaces: [get, patch]}]", "Role", "/rules/0/resources", json!(["namespaces"])),
        (
            "rights: [{certificaterequests.cert-manager.io/status: [update]}]",
            "Role",
            "/rules/0/apiGroups",
            json!(["cert-manager.io"]),
        ),
        ("user: 0", "Deployment", "^/securityContext/runAsNonRoot", json!(false)),
    ];
    for (keys, kind, pointer, expected) in cases {
        let more = if keys == "user: 0" { "ignore: [{rule: runs-as-root, why: tested}]" } else { "" };
        check(&app(keys, more), kind, pointer, &expected);
    }
}

#[test]
fn each_key_of_a_document_makes_what_it_says() {
    let gateway = "expose: {host: a.example.com, gateway: public";
    let cases = [
        ("", "labels: {team: a}", "Deployment", "^^/metadata/labels/team", json!("a")),
        (
            "",
            "labels: {team: a}",
            "Deployment",
            "/spec/selector/matchLabels",
            json!({"app.kubernetes.io/name": "shop"}),
        ),
        ("", "system: store", "Deployment", "/metadata/labels/app.kubernetes.io~1part-of", json!("store")),
        ("", "annotations: {pod: {a/b: c}}", "Deployment", "^^/metadata/annotations/a~1b", json!("c")),
        ("", "annotations: {account: {a/b: c}}", "ServiceAccount", "/metadata/annotations/a~1b", json!("c")),
        (
            "",
            "place: {nodes: {disk: [ssd, nvme]}}",
            "Deployment",
            "^/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/0/values",
            json!(["ssd", "nvme"]),
        ),
        (
            "",
            "place: {tolerate: [\"*\", gpu=yes]}",
            "Deployment",
            "^/tolerations",
            json!([{"operator": "Exists"}, {"key": "gpu", "operator": "Equal", "value": "yes"}]),
        ),
        (
            "",
            "place: {spread: [zone]}",
            "Deployment",
            "^/topologySpreadConstraints/0/topologyKey",
            json!("topology.kubernetes.io/zone"),
        ),
        (
            "",
            "place: {apart: true}",
            "Deployment",
            "^/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0/topologyKey",
            json!("kubernetes.io/hostname"),
        ),
        ("", "pull: [regcred]", "Deployment", "^/imagePullSecrets", json!([{"name": "regcred"}])),
        (
            "",
            "shape: {daemon: {unavailable: 10%}}",
            "DaemonSet",
            "/spec/updateStrategy/rollingUpdate",
            json!({"maxSurge": 0, "maxUnavailable": "10%"}),
        ),
        ("", "shape: {daemon: {surge: 1}}", "DaemonSet", "/spec/updateStrategy/rollingUpdate/maxUnavailable", json!(0)),
        (
            "stop: 1m",
            "shape: {job: {retries: 0, deadline: 2h, keep: 1h}}",
            "Job",
            "^/terminationGracePeriodSeconds",
            json!(65),
        ),
        ("", "shape: {job: {retries: 0, deadline: 2h, keep: 1h}}", "Job", "/spec/ttlSecondsAfterFinished", json!(3600)),
        (
            "",
            "shape: job_\nschedule: {at: \"0 3 * * *\", zone: Europe/Berlin, overlap: replace, history: {failed: 3}}",
            "CronJob",
            "/spec/timeZone",
            json!("Europe/Berlin"),
        ),
        (
            "",
            "shape: job_\nschedule: {at: \"0 3 * * *\", overlap: replace, start-within: 5m, suspend: true}",
            "CronJob",
            "/spec/startingDeadlineSeconds",
            json!(300),
        ),
        (
            "port: 80",
            "expose: {hosts: [a.example.com, b.example.com], class: nginx, tls: t}",
            "Ingress",
            "/spec/tls/0/hosts",
            json!(["a.example.com", "b.example.com"]),
        ),
        ("port: 80", "expose: {host: a.example.com, port: 8080}", "Service", "/spec/ports/0/port", json!(8080)),
        (
            "port: 80, protocol: grpc",
            "expose: {host: a.example.com, gateway: public}",
            "GRPCRoute",
            "/spec/rules/0/backendRefs/0/port",
            json!(80),
        ),
        (
            "port: 80",
            &format!("{gateway}, timeout: 30s, retries: 2}}"),
            "HTTPRoute",
            "/spec/rules/0/timeouts/request",
            json!("30s"),
        ),
        (
            "port: 80",
            &format!("{gateway}, canary: {{to: service/next, header: {{x-canary: \"1\"}}}}}}"),
            "HTTPRoute",
            "/spec/rules/0/matches/0/headers/0/name",
            json!("x-canary"),
        ),
        (
            "port: 80",
            &format!("{gateway}, paths: {{/api: \"service/api:81\", /: shop}}}}"),
            "HTTPRoute",
            "/spec/rules/0/backendRefs/0",
            json!({"group": "", "kind": "Service", "name": "api", "port": 81, "weight": 1}),
        ),
        (
            "port: 80, ports: {m: 81}",
            "use: [{metrics: {from: app, port: m, path: /stats}}]",
            "Deployment",
            "^^/metadata/annotations/prometheus.io~1port",
            json!("81"),
        ),
        (
            "port: 80, writable: [/var/log/a]",
            "use: [{logs: {files: {/var/log/a/a.log: text}}}]",
            "Deployment",
            "^/volumes/0/emptyDir/sizeLimit",
            json!("1Gi"),
        ),
        (
            "port: 80, writable: [{/var/log/a: 2Gi}]",
            "use: [{logs: {files: {/var/log/a/a.log: text}}}]",
            "Deployment",
            "^/volumes/0/emptyDir/sizeLimit",
            json!("2Gi"),
        ),
        (
            "port: 80",
            "use: [{topz: {resources: {cpu: 7m, memory: 77Mi}}}]",
            "Deployment",
            "^/initContainers/0/resources/requests/cpu",
            json!("7m"),
        ),
        (
            "port: 80",
            "isolate: {from: [{namespace/m: [app]}, 10.0.0.0/8], to: [\"10.1.0.0/16:5432\", dns]}",
            "NetworkPolicy",
            "/spec/ingress/1/from/0/ipBlock/cidr",
            json!("10.0.0.0/8"),
        ),
        (
            "port: 80",
            "use: [{broker: {protocol: redis, to: cache}}]\n---\npatterns: v1\nname: cache\napp: {image: \"redis:8\", port: 6379, protocol: redis}",
            "Deployment",
            "~/env/0/value",
            json!("cache"),
        ),
    ];
    for (keys, more, kind, pointer, expected) in cases {
        let more = more.replace("job_", "{job: {}}");
        let pointer = pointer.replace("^^", "/spec/template");
        check(&app(keys, &more), kind, &pointer, &expected);
    }
}

#[test]
fn an_init_container_takes_from_the_app_what_it_does_not_say() {
    let description = app(
        "port: 80, env: {A: b}, envFrom: [secret/s], user: 7, volumes: {data: {size: 1Gi, mount: /data}}, shared: {pub: /pub}",
        "init: [{migrate: {command: [migrate], shared: {pub: /out}}}, {fetch: {image: \"registry.example.com/fetch:1\", env: {}}}]\nuse: [{broker: {as: db, protocol: postgres, to: \"cloudsql/a:b:c\"}}]",
    );
    let objects = objects(&description);
    let pod = &of(&objects, "Deployment")["spec"]["template"]["spec"];
    let names: Vec<&str> =
        pod["initContainers"].as_array().unwrap().iter().map(|init| init["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["db", "migrate", "fetch"], "after the patterns, in the order of the list");
    let migrate = &pod["initContainers"][1];
    assert_eq!(migrate["image"], "registry.example.com/shop:1");
    let env: Vec<&str> = migrate["env"].as_array().unwrap().iter().map(|env| env["name"].as_str().unwrap()).collect();
    assert_eq!(env, ["A", "DB_HOST", "DB_PORT"]);
    assert_eq!(migrate["envFrom"], json!([{"secretRef": {"name": "s"}}]));
    let mounts = migrate["volumeMounts"].as_array().unwrap();
    assert!(mounts.contains(&json!({"name": "data", "mountPath": "/data"})), "{mounts:?}");
    assert!(mounts.contains(&json!({"name": "pub", "mountPath": "/out"})), "{mounts:?}");
    let shared: Vec<&Value> =
        pod["volumes"].as_array().unwrap().iter().filter(|volume| volume["name"] == "pub").collect();
    assert_eq!(shared, [&json!({"name": "pub", "emptyDir": {"sizeLimit": "1Gi"}})]);
    assert!(migrate["restartPolicy"].is_null() && migrate["readinessProbe"].is_null());
}

#[test]
fn a_container_of_ones_own_stands_beside_the_app_or_in_front() {
    let front = "use: [{container: {as: web, image: \"registry.example.com/web:1\", port: 8080, front: true, user: 101, health: /up}}]";
    let made = objects(&app("port: 9000, protocol: fastcgi, bind: localhost", front));
    assert_eq!(of(&made, "Service")["spec"]["ports"][0]["targetPort"], "web");
    let pod = &of(&made, "Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["initContainers"][0]["startupProbe"]["tcpSocket"]["port"], 8080, "what is behind it starts later");
    assert_eq!(pod["initContainers"][0]["readinessProbe"]["httpGet"]["path"], "/up");
    assert_eq!(pod["initContainers"][0]["securityContext"]["runAsUser"], 101);
    let beside =
        "use: [{container: {as: helper, image: \"registry.example.com/helper:1\", before: false, writable: [/w]}}]";
    let made = objects(&app("port: 80", beside));
    let pod = &of(&made, "Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][1]["name"], "helper");
    assert_eq!(pod["containers"][1]["volumeMounts"][0]["name"], "helper-w");
    assert!(pod["initContainers"].is_null());
}

#[test]
fn a_changed_job_is_another_job() {
    let name = |description: &str| of(&objects(description), "Job")["metadata"]["name"].as_str().unwrap().to_owned();
    let one = name(&app("", "shape: {job: {}}"));
    assert_eq!(one, name(&app("", "shape: {job: {}}  # a comment")));
    assert_ne!(one, name(&app("args: [--all]", "shape: {job: {}}")));
    assert_eq!(one, name(&app("", "shape: {job: {}}\nuse: [suspend]")), "a suspended Job is resumed, not run again");
    let patched = app("", "shape: {job: {}}\npatch: [{object: Job/shop, merge: {spec: {backoffLimit: 9}}}]");
    assert_ne!(one, name(&patched), "what a patch changes counts");
    let both = "patterns: v1\nname: report\nshape: {coordinated: {map: {image: \"registry.example.com/m:VERSION\", shards: 2}, reduce: {image: \"registry.example.com/r:1\"}}}\n";
    let made = objects(&both.replace("VERSION", "1"));
    let jobs: Vec<&str> = made
        .iter()
        .filter(|object| object["kind"] == "Job")
        .map(|job| job["metadata"]["name"].as_str().unwrap())
        .collect();
    let map = jobs.iter().find(|name| name.starts_with("report-map-")).expect("the map Job");
    assert_eq!(of(&made, "Role")["rules"][0]["resourceNames"], json!([map]), "the barrier may look at this Job");
    assert!(serde_json::to_string(&made).unwrap().contains(&format!("--job={map}")));
    let other = objects(&both.replace("VERSION", "2"));
    assert!(!serde_json::to_string(&other).unwrap().contains(map));
}

/// A folder of this test run's own with these files.
fn folder(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    for (file, bytes) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn gen_in(folder: &Path, file: &str, more: &[&str]) -> Run {
    patterns(&[&["gen", folder.join(file).to_str().unwrap()], more].concat())
}

#[test]
fn files_beside_the_description_become_a_config_map() {
    let text = app("files: {/etc/app.ini: app.ini, /etc/conf.d: conf}", "");
    let folder = folder(
        "everyday-files",
        &[
            ("a.yaml", text.as_bytes()),
            ("app.ini", b"a = 1\n"),
            ("conf/x.conf", b"x"),
            ("conf/logo.bin", &[0xff, 0, 1]),
        ],
    );
    let run = gen_in(&folder, "a.yaml", &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let config = of(&objects, "ConfigMap");
    assert_eq!(config["data"], json!({"app.ini": "a = 1\n", "x.conf": "x"}));
    assert_eq!(config["binaryData"], json!({"logo.bin": "/wAB"}));
    let mounts = of(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"].clone();
    assert_eq!(
        mounts[0],
        json!({"name": "files", "mountPath": "/etc/app.ini", "subPath": "app.ini", "readOnly": true})
    );
    assert_eq!(mounts[1], json!({"name": "files-1", "mountPath": "/etc/conf.d", "readOnly": true}));
    std::fs::create_dir(folder.join("conf/deeper")).unwrap();
    std::fs::write(folder.join("big"), vec![b'x'; 1_100_000]).unwrap();
    std::fs::write(folder.join("none"), "").unwrap();
    for (file, message) in [
        ("conf", "is a folder, and a ConfigMap has none"),
        ("big", "larger than 1024 KiB"),
        ("none", "none is empty"),
        ("../x", "beside the description or below it"),
        ("gone", "cannot read gone"),
    ] {
        std::fs::write(folder.join("b.yaml"), app(&format!("files: {{/etc/x: {file}}}"), "")).unwrap();
        let run = gen_in(&folder, "b.yaml", &[]);
        assert!(run.code == 2 && run.stderr.contains(message), "{file}: {}", run.stderr);
    }
}

#[test]
fn descriptions_of_one_name_do_not_prune_each_other() {
    let text = |name: &str| format!("patterns: v1\nname: {name}\napp: {{image: \"registry.example.com/a:1\"}}\n");
    let (one, two) = (text("one"), text("two"));
    let folder = folder(
        "everyday-two",
        &[(".patterns.yaml", b"target: \"1.33\"\n"), ("a/app.yaml", one.as_bytes()), ("b/app.yaml", two.as_bytes())],
    );
    let out = folder.join("out");
    let dir = out.to_str().unwrap();
    assert_eq!(gen_in(&folder, "a/app.yaml", &["-o", dir]).code, 0);
    assert_eq!(gen_in(&folder, "b/app.yaml", &["-o", dir]).code, 0);
    assert!(out.join("deployment-one.yaml").exists() && out.join("deployment-two.yaml").exists());
    assert!(
        std::fs::read_to_string(out.join("deployment-one.yaml")).unwrap().contains("patterns/source: a/app.yaml#one")
    );
    std::fs::write(folder.join("b/app.yaml"), &one).unwrap();
    let taken = gen_in(&folder, "b/app.yaml", &["-o", dir]);
    assert!(taken.code == 2 && taken.stderr.contains("it comes from a/app.yaml"), "{}", taken.stderr);
    std::fs::write(out.join("deployment-two.yaml"), "kind: Mine\n").unwrap();
    std::fs::write(folder.join("b/app.yaml"), &two).unwrap();
    let foreign = gen_in(&folder, "b/app.yaml", &["-o", dir]);
    assert!(foreign.code == 2 && foreign.stderr.contains("did not write it"), "{}", foreign.stderr);
    std::fs::write(folder.join("a/app.yaml"), format!("# a comment\n{one}")).unwrap();
    assert_eq!(gen_in(&folder, "a/app.yaml", &["--check", dir]).code, 0, "a comment changes no object");
}

#[test]
fn wrong_keys_are_refused_with_the_right_form() {
    let cases = [
        ("port: 80, protocol: htp", "", "did you mean `http`?"),
        ("protocol: redis", "", "`protocol` needs `port`"),
        ("port: \"8080\"", "", "port: 8080"),
        ("port: 80, ports: {a: 80}", "", "port 80 is named twice"),
        ("port: 80, ports: {Admin: 81}", "", "at most 15 lower-case letters"),
        ("port: 80, ports: {a: 81/sctp}", "", "write 9000, or 53/udp"),
        ("env: {A: pod/adress}", "", "a Pod has no field `adress`"),
        ("env: {A: limits/cpu}", "", "would hold the node's cpu"),
        ("env: [A]", "", "env: {MODE: fast"),
        ("command: run", "", "command: [python, main.py]"),
        ("volumes: [data]", "", "volumes: {keys: {secret: app-keys"),
        ("envFrom: [api]", "", "secret/<name>, configmap/<name>"),
        ("volumes: {a: {mount: /a}}", "", "the volume `a` has no kind"),
        ("volumes: {a: {mount: /a, secret: s, size: 1Gi}}", "", "has two kinds"),
        ("volumes: {a: {mount: /a, size: 1Gi, mode: \"0400\"}}", "", "`mode` belongs to"),
        ("volumes: {a: {mount: /a, secret: s, mode: \"999\"}}", "", "octal digits"),
        ("writable: [/a, {/a: 1Gi}]", "", "is in `writable` twice"),
        ("shared: {a: /a}", "", "only one container names the shared volume `a`"),
        ("port: 80, health: {path: /a, tcp: 80}", "", "one check has one form"),
        ("port: 80, health: {path: /a, port: admn}, ports: {admin: 81}", "", "did you mean `admin`?"),
        ("health: /a", "", "`health` needs `port`"),
        ("port: 80, bind: localhost, health: grpc", "use: [{https: tls}]", "the kubelet cannot reach this check"),
        ("resources: {cpu: 1, memory: 512m}", "", "write 512Mi"),
        ("resources: {cpu: 1, memory: 2Gi, limit: 1Gi}", "", "the limit is below the request"),
        ("stop: 10", "", "10s for seconds"),
        ("rights: [{deployments: [get]}]", "", "did you mean `deployments.apps`?"),
        ("rights: [{pods: [gte]}]", "", "is not a verb of Kubernetes"),
        ("rights: [{nodes: [get]}]", "", "belong to no namespace"),
        ("rights: [{deviceclasses.resource.k8s.io: [get]}]", "", "belong to no namespace"),
        ("rights: [{namespaces: [list]}]", "", "belong to no namespace"),
        ("rights: [{resourceclaim.resource.k8s.io: [get]}]", "", "did you mean `resourceclaims`?"),
        ("rights: [{leases: [get]}]", "", "did you mean `leases.coordination.k8s.io`?"),
        ("cluster-rights: [{nodes: [get]}]", "", "`cluster-rights` needs `namespace`"),
        ("account: robot, rights: [{pods: [get]}]", "", "names an account that is not made here"),
        ("account: robot", "annotations: {account: {a/b: c}}", "names an account that is not made here"),
        ("", "annotations: {a/b: c}", "annotations: {pod:"),
        ("", "labels: {app.kubernetes.io/part-of: x}", "system: <name>"),
        ("", "place: {spread: [rack]}", "must be one of"),
        ("", "init: [{a: {image: \"https://registry.example.com/a\"}}]", "an image has no scheme"),
        ("", "init: [{shop: {}}]", "two containers would be called `shop`"),
        ("port: 80", "use: [topz]\ninit: [{topz: {}}]", "two containers would be called `topz`"),
        ("", "shape: {job: {}}\nschedule: {at: \"0 25 * * *\"}", "an hour outside 0 to 23"),
        ("", "shape: {job: {}}\nschedule: {at: \"0 3 * * *\", zone: Berlin}", "this time zone is not known"),
        ("port: 80, health: /", "shape: {job: {}}", "a Job has no probes"),
        ("", "shape: {daemon: {surge: 1, unavailable: 1}}", "set one of them"),
        ("port: 80", "expose: {host: a.example.com, hosts: [b.example.com]}", "`host` and `hosts`"),
        ("port: 80", "expose: {host: a.example.com, gateway: g, class: nginx}", "has no `class`"),
        ("port: 80", "expose: {host: a.example.com, timeout: 3s}", "`timeout` needs `gateway`"),
        (
            "port: 80, protocol: grpc",
            "expose: {host: a.example.com, gateway: g, timeout: 3s}",
            "a GRPCRoute has no `timeout`",
        ),
        ("port: 80, protocol: grpc", "expose: {host: a.example.com}", "no portable way to carry gRPC"),
        ("port: 80, protocol: redis", "expose: {host: a.example.com}", "a route cannot carry redis"),
        ("port: 80", "isolate: {from: [nobody]}", "neither a document of this file nor"),
        ("port: 80", "isolate: {from: [{namespace/m: [admin]}]}", "no port of these Pods is called `admin`"),
        (
            "port: 80, writable: [/data]",
            "shape: {single: {storage: {size: 1Gi, mount: /data}}}",
            "the shape's claim is called `data`",
        ),
        (
            "port: 80, volumes: {data: {size: 1Gi, mount: /x}}",
            "shape: {single: {storage: {size: 1Gi, mount: /data}}}",
            "the shape's claim is called `data`",
        ),
        ("port: 80", "use: [{metrics: {from: app, port: admin}}]", "no port of `app.ports` has this name"),
        ("port: 80", "use: [{autoscale: {max: 3, resources: small}}]", "runs no container"),
        (
            "port: 80",
            "use: [{container: {as: a, image: \"registry.example.com/a:1\", front: true}}]",
            "`front` needs `port`",
        ),
        ("port: 80", "use: [{git-sync: {repo: \"git@example.com:a.git\", mount: /srv}}]", "reached by SSH"),
        (
            "",
            "patch: [{object: Deployment/shop, merge: {spec: {template: {spec: {containers: [{name: shopp, image: x}]}}}}}]",
            "did you mean `shop`?",
        ),
        (
            "",
            "patch: [{object: Deployment/shop, set: {/spec/template/spec/containers/0/image: x}}]",
            "containers: [{name: shop, image: ",
        ),
    ];
    let mut wrong = Vec::new();
    for (keys, more, message) in cases {
        let description = app(keys, more);
        let run = generate(&description);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_refused = run.code == 2 && run.stdout.is_empty();
        if !is_refused || !said.contains(message) || said.contains("internal error") {
            wrong.push(format!("{description}wants: {message}\n{}", run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_patch_merges_as_kubernetes_does() {
    let patch = "patch: [{object: Deployment/shop, merge: {spec: {template: {spec: {hostAliases: [{ip: 10.0.0.9, hostnames: [a]}], containers: [{name: shop, env: [{name: A, $patch: delete}, {name: C, value: d}]}]}}}}}]";
    let made = objects(&app("env: {A: x, B: z}", patch));
    let pod = &of(&made, "Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["env"], json!([{"name": "B", "value": "z"}, {"name": "C", "value": "d"}]));
    assert_eq!(pod["containers"][0]["image"], "registry.example.com/shop:1", "what the patch does not name stays");
    assert_eq!(pod["hostAliases"], json!([{"ip": "10.0.0.9", "hostnames": ["a"]}]));
}
