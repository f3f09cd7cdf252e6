//! The keys that everyday applications need: what each makes, and what is said of a wrong one.

use std::path::Path;

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{Run, documents, generate, patterns};
use serde_json::{Value, json};

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
            "env: {A: {from: secret/api/a, optional: true}}",
            "Deployment",
            "~/env/0/valueFrom/secretKeyRef",
            json!({"name": "api", "key": "a", "optional": true}),
        ),
        (
            "envFrom: [{configmap: api, optional: true}, {secret: db, optional: true}]",
            "Deployment",
            "~/envFrom",
            json!([{"configMapRef": {"name": "api", "optional": true}}, {"secretRef": {"name": "db", "optional": true}}]),
        ),
        (
            "volumes: {d: {claim: db, mount: /var/lib/db, sub: pgdata}}",
            "Deployment",
            "~/volumeMounts/0",
            json!({"name": "d", "mountPath": "/var/lib/db", "subPath": "pgdata"}),
        ),
        (
            "volumes: {k: {secret: keys, mount: /k, optional: true}}",
            "Deployment",
            "^/volumes/0/secret",
            json!({"secretName": "keys", "optional": true}),
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
        ("writable: [{/var/cache/app: }, {/tmp: 1Gi}]", "Deployment", "^/volumes/0/emptyDir/sizeLimit", json!("64Mi")),
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
            "/spec/rules/1/backendRefs/0",
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
fn an_autoscaler_from_none() {
    let zero = "use: [{autoscale: {min: 0, max: 3, external: {name: waiting, average: 30}}}]\ntarget: \"1.37\"";
    let made = objects(&app("", zero));
    let spec = &of(&made, "HorizontalPodAutoscaler")["spec"];
    assert_eq!(spec["minReplicas"], 0);
    assert_eq!(spec["metrics"][0]["type"], "External");
    for (more, message) in [
        ("use: [{autoscale: {min: 0, max: 3}}]\ntarget: \"1.37\"", "`min: 0` needs `external`"),
        ("use: [{autoscale: {min: 0, max: 3, external: {name: waiting, average: 30}}}]", "needs target: \"1.37\""),
    ] {
        let run = generate(&app("", more));
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message), "{said}");
    }
}

const SEARCH: &str = "patterns: v1\nname: search\nshape:\n  scatter-gather:\n    leaves: 3\n    copies: 2\n    quorum: 2\n    partial: allow\n    protocol: jsonrpc\n    storage: {size: 10Gi, mount: /index, class: fast}\n    leaf: {image: \"registry.example.com/leaf:1\", port: 3000, health: /up, env: {A: b}}\n";

#[test]
fn leaves_have_copies_and_storage() {
    let made = objects(SEARCH);
    let sets: Vec<&Value> = made.iter().filter(|object| object["kind"] == "StatefulSet").collect();
    let names: Vec<&str> = sets.iter().map(|set| set["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["search-leaf", "search-leaf-b"]);
    for (set, name) in sets.iter().zip(names) {
        assert_eq!(set["spec"]["serviceName"], name);
        assert_eq!(set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"], "10Gi");
        let leaf = &set["spec"]["template"]["spec"]["containers"][0];
        assert!(leaf["volumeMounts"].as_array().unwrap().contains(&json!({"name": "data", "mountPath": "/index"})));
        let env: Vec<&str> = leaf["env"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(env, ["A", "LEAF_INDEX", "LEAVES"]);
        assert!(made.iter().any(|object| object["kind"] == "Service" && object["metadata"]["name"] == name));
        assert!(
            made.iter().any(|object| object["kind"] == "PodDisruptionBudget" && object["metadata"]["name"] == name)
        );
    }
    let args = of(&made, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert!(args.contains("--replica-url=http://search-leaf-b-{i}.search-leaf-b:3000/"), "{args}");
    assert!(args.contains("--protocol=jsonrpc"), "{args}");
    let placed = objects(&format!("{SEARCH}place: {{nodes: {{disk: ssd}}}}\n"));
    let affinity = &of(&placed, "StatefulSet")["spec"]["template"]["spec"]["affinity"];
    assert!(affinity["nodeAffinity"].is_object() && affinity["podAntiAffinity"].is_object(), "{affinity}");
    for (keys, message) in [
        ("writable: [/index]", "a volume of the leaf have the same path"),
        ("volumes: {data: {size: 1Gi, mount: /x}}", "is called `data`"),
    ] {
        let run = generate(&SEARCH.replace("env: {A: b}", keys));
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message), "{said}");
    }
}

#[test]
fn kafka_that_asks_who_is_there() {
    let login = "user: secret/kafka/user, password: secret/kafka/password, tls: true, ca: secret/kafka-ca/ca.crt";
    let trigger = format!("{{brokers: \"kafka:9093\", topic: t, group: g, {login}}}");
    let made = objects(&app("", &format!("shape: {{function: {{engine: keda, trigger: {{kafka: {trigger}}}}}}}")));
    let parameters: Vec<&str> = of(&made, "TriggerAuthentication")["spec"]["secretTargetRef"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["parameter"].as_str().unwrap())
        .collect();
    assert_eq!(parameters, ["username", "password", "ca"]);
    let trigger = &of(&made, "ScaledObject")["spec"]["triggers"][0];
    assert_eq!((&trigger["metadata"]["sasl"], &trigger["metadata"]["tls"]), (&json!("scram_sha512"), &json!("enable")));
    assert_eq!(trigger["authenticationRef"]["name"], "shop");
    let stream = format!(
        "patterns: v1\nname: photos\nshape:\n  stream:\n    bus: kafka://kafka:9093\n    external: [uploads]\n    kafka: {{{login}}}\n    steps:\n      \
         both: {{copy: uploads, to: [a, b], scale: {{max: 3}}}}\n      own: {{from: a, run: \"registry.example.com/own:2\"}}\n      \
         web: {{from: b, run: {{image: \"registry.example.com/web:2\", port: 8080}}}}\n"
    );
    let made = objects(&stream);
    let config = of(&made, "ConfigMap")["data"]["bento.yaml"].as_str().unwrap();
    assert_eq!(config.matches("mechanism: SCRAM-SHA-512").count(), 3, "the input and both outputs log in: {config}");
    assert!(config.contains("root_cas_file: /etc/kafka-ca/ca.crt") && !config.contains("secret/"), "{config}");
    for step in ["both", "own", "web"] {
        let name = format!("photos-{step}");
        let deployment = made
            .iter()
            .find(|object| object["kind"] == "Deployment" && object["metadata"]["name"] == *name)
            .unwrap_or_else(|| panic!("no {name}"));
        let pod = &deployment["spec"]["template"]["spec"];
        let talks = if step == "web" { &pod["initContainers"][0] } else { &pod["containers"][0] };
        let env = talks["env"].to_string();
        assert!(env.contains("STREAM_USER") && env.contains("secretKeyRef"), "{step}: {env}");
        assert!(talks["volumeMounts"].to_string().contains("/etc/kafka-ca"), "{step}");
    }
    for (from, to, message) in [
        ("password: secret/kafka/password, ", "", "`user` and `password` belong together"),
        ("tls: true, ", "", "`ca` is for `tls: true`"),
        ("kafka://kafka:9093", "nats://nats:4222", "`bus` is not Kafka"),
    ] {
        let run = generate(&stream.replace(from, to));
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message), "{said}");
    }
}

#[test]
fn a_gateway_of_its_own() {
    let expose = "expose: {hosts: [a.example.com, b.example.com], tls: cert, timeout: 3s}";
    let made = objects(&app("port: 80, health: /", &format!("mesh: {{role: gateway}}\n{expose}")));
    let gateway = of(&made, "Gateway");
    assert_eq!(gateway["spec"]["gatewayClassName"], "istio");
    let listeners = gateway["spec"]["listeners"].as_array().unwrap();
    assert_eq!(listeners.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["https", "https-2"]);
    assert_eq!(listeners[1]["hostname"], "b.example.com");
    assert_eq!(listeners[0]["tls"]["certificateRefs"][0]["name"], "cert");
    assert_eq!(of(&made, "HTTPRoute")["spec"]["parentRefs"][0]["name"], "shop");
    let plain = objects(&app("port: 80", "mesh: {role: gateway}\nexpose: {host: a.example.com}"));
    assert_eq!(of(&plain, "Gateway")["spec"]["listeners"][0]["port"], 80);
    for (expose, message) in [
        ("", "this Gateway would have no listeners"),
        ("expose: {host: a.example.com, gateway: other}", "this document is exposed in two ways"),
        ("expose: {host: a.example.com, class: nginx}", "this document is exposed in two ways"),
        ("expose: {type: LoadBalancer}", "this document is exposed in two ways"),
    ] {
        let run = generate(&app("port: 80", &format!("mesh: {{role: gateway}}\n{expose}")));
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message), "{expose}: {said}");
    }
}

/// A document called like another's part: `q-worker` beside the workers of `q`.
#[test]
fn no_selector_takes_the_pods_of_anothers_part() {
    let part = "patterns: v1\nname: q\nshape: {work-queue: {source: {image: \"registry.example.com/s:1\", port: 80}, worker: {image: \"registry.example.com/w:1\"}}}\n";
    let leaf = "---\npatterns: v1\nname: r\nshape: {scatter-gather: {leaves: 2, quorum: 1, partial: allow, leaf: {image: \"registry.example.com/l:1\", port: 80}}}\n";
    let alike = "---\npatterns: v1\nname: q-worker\napp: {image: \"registry.example.com/a:1\", port: 80}\n";
    let made = objects(&format!("{part}{leaf}{alike}"));
    let text = serde_json::to_string(&made).unwrap();
    assert!(text.contains("q.worker"), "{text}");
    let mut selectors = Vec::new();
    for object in &made {
        let spec = &object["spec"];
        for selector in [&spec["selector"], &spec["selector"]["matchLabels"], &spec["podSelector"]["matchLabels"]] {
            if selector["app.kubernetes.io/name"].is_string() {
                selectors.push((format!("{}/{}", object["kind"], object["metadata"]["name"]), selector));
            }
        }
    }
    let labels: Vec<&Value> =
        made.iter().filter_map(|object| object.pointer("/spec/template/metadata/labels")).collect();
    for (owner, selector) in &selectors {
        let takes = |labels: &&&Value| selector.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value);
        let pods_taken: Vec<_> = labels.iter().filter(takes).collect();
        assert_eq!(pods_taken.len(), 1, "{owner} {selector}");
    }
    let worker = json!({"app.kubernetes.io/name": "q.worker", "app.kubernetes.io/component": "worker"});
    for (owner, selector) in &selectors {
        let takes = selector.as_object().unwrap().iter().all(|(key, value)| worker[key] == *value);
        assert!(!takes, "{owner} takes the workers of q");
    }
}

#[test]
fn what_auth_cannot_keep_out_is_said() {
    let notes = |keys: &str, more: &str| {
        let run = generate(&app(keys, &format!("use: [{{auth: \"https://id.example.com\"}}]\n{more}")));
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let may = notes("port: 8080", "expose: {host: a.example.com}");
    assert!(may.contains("`shop` may listen on all addresses: its command does not say"), "{may}");
    assert!(may.contains("this Ingress has no `tls`"), "{may}");
    let does = notes("port: 8080, command: [gunicorn, \"--bind=0.0.0.0:8080\", app]", "expose: {type: LoadBalancer}");
    assert!(does.contains("`shop` listens on all addresses"), "{does}");
    assert!(does.contains("this Service uses plain HTTP"), "{does}");
    let closed = notes("port: 8080, bind: localhost", "expose: {host: a.example.com, tls: cert}");
    assert!(!closed.contains("addresses") && !closed.contains("cookie"), "{closed}");
    let isolated = notes("port: 8080", "isolate: true");
    assert!(!isolated.contains("addresses"), "{isolated}");
    let checked = notes("port: 8080, bind: localhost, health: /health", "expose: {host: a.example.com}");
    assert!(checked.contains("lets GET /health pass without a login, for the health checks"), "{checked}");
    assert!(checked.contains("this Ingress has no `tls`"), "{checked}");
}

#[test]
fn what_is_wrong_with_the_output_is_shown_in_the_description() {
    let cases = [
        ("image_: nginx:1.27, port: 80", "", "runs nginx", "`writable: […]` with these folders"),
        (
            "image_: nginx:1.27, port: 8080, writable: [/var/cache/nginx, /var/run]",
            "",
            "listens on 80",
            "set `port` to the port",
        ),
        ("port: 80, resources: {cpu: 1, memory: 100}", "", "less than a mebibyte", "such as 100Mi"),
        ("port: 80, writable: [{/a: 1e3}]", "", "is 1000 bytes, less than a mebibyte", "such as 1000Mi"),
        ("port: 80, resources: {cpu: 1, memory: 100Ki}", "", "less than a mebibyte", "the amount with a unit"),
        (
            "port: 80, resources: {cpu: 1, memory: 1Gi, hugepages-2Mi/x: 1}",
            "",
            "no DNS name",
            "refuses the resulting object",
        ),
        (
            "port: 80",
            "use: [{container: {as: web, image: \"nginx:1.27\", port: 81}}]",
            "`web` cannot start",
            "`writable: […]` with these folders",
        ),
    ];
    for (keys, more, message, advice) in cases {
        let description = match keys.strip_prefix("image_: nginx:1.27") {
            Some(rest) => app("", more).replace("\"registry.example.com/shop:1\"", &format!("\"nginx:1.27\"{rest}")),
            None => app(keys, more),
        };
        let run = generate(&description);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message) && said.contains(advice), "{description}{}", run.stderr);
        assert!(!said.contains("generated ") && !said.contains("this is a bug"), "{description}{}", run.stderr);
        assert!(said.contains("<stdin>"), "{description}{}", run.stderr);
    }
}

/// Null is no value: a key with it says as much as a key that is not there.
#[test]
fn a_null_is_no_value() {
    let app_keys = ["resources", "writable", "rights", "env", "volumes", "stop", "args", "user", "protocol", "ports"];
    let keys = ["expose", "use", "init", "labels", "annotations", "place", "rollout", "isolate", "priority", "system"];
    let plain = generate(&app("port: 80", "")).stdout;
    for key in app_keys {
        let run = generate(&app(&format!("port: 80, {key}: null"), ""));
        assert_eq!((run.code, run.stdout.as_str()), (0, plain.as_str()), "{key}: {}", run.stderr);
    }
    // in maps whose keys are free, too
    for (key, value) in [("labels", "{a: }"), ("annotations", "{pod: {a/b: }}"), ("place", "{nodes: {disk: }}")] {
        let run = generate(&app("port: 80", &format!("{key}: {value}")));
        assert!(run.code == 0 && !run.stdout.contains("null"), "{key}: {}{}", run.stderr, run.stdout);
    }
    let run = generate(&app("port: 80, resources: {cpu: 1, memory: 1Gi, nvidia.com/gpu: }", ""));
    assert!(run.code == 0 && !run.stdout.contains("nvidia"), "{}{}", run.stderr, run.stdout);
    for key in keys {
        let run = generate(&app("port: 80", &format!("{key}: null")));
        assert_eq!((run.code, run.stdout.as_str()), (0, plain.as_str()), "{key}: {}", run.stderr);
    }
    let (without, with) = (app("", "shape: {job: {}}"), app("", "shape: {job: {}}\nschedule: null"));
    assert_eq!(generate(&with).stdout, generate(&without).stdout);
}

#[test]
fn explain_shows_what_may_be_written() {
    let description = app(
        "port: 80, ports: {admin: {port: 81, private: true}}, writable: [{/cache: 2Gi}], volumes: {shm: {memory: 1Gi, mount: /dev/shm}}",
        "use: [topz]",
    );
    let run = crate::support::patterns_with(&["explain", "-"], description.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for row in
        ["/cache 2Gi, shop", "/tmp 64Mi, shop", "/dev/shm 1Gi of memory, shop", "81 the app, admin, not on the Service"]
    {
        assert!(said.contains(row), "no {row} in\n{}", run.stdout);
    }
}

#[test]
fn explain_says_who_shares_rights() {
    let elected = "shape: {elected: {lease: 15s}}";
    let said = |keys: &str| {
        let run = crate::support::patterns_with(&["explain", "-"], app(keys, elected).as_bytes());
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout
    };
    assert!(said("port: 80, rights: [{pods: [get]}]").contains("App and elector share one ServiceAccount"));
    assert!(!said("port: 80").contains("ServiceAccount: with"));
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
    // neither a port nor a check: nothing says when it is up
    let silent = "use: [{container: {as: helper, image: \"registry.example.com/helper:1\"}}]";
    let made = objects(&app("port: 80", silent));
    let helper = &of(&made, "Deployment")["spec"]["template"]["spec"]["initContainers"][0];
    assert!(helper["restartPolicy"] == "Always" && helper["startupProbe"].is_null(), "{helper}");
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
fn folder(name: &str, files: &[(&str, &[u8])]) -> OwnFolder {
    let folder = own_folder(name);
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
        ("conf", "is a folder, and a ConfigMap cannot contain folders"),
        ("big", "larger than 1 MiB"),
        ("none", "none is empty"),
        ("../x", "in the description's folder or below"),
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
        ("volumes: [data]", "", "volumes: {data: {claim: data, create: "),
        ("envFrom: [api]", "", "secret/<name>, configmap/<name>"),
        ("volumes: {a: {mount: /a}}", "", "the volume `a` has no kind"),
        ("volumes: {a: {mount: /a, secret: s, size: 1Gi}}", "", "has two kinds"),
        ("volumes: {a: {mount: /a, size: 1Gi, mode: \"0400\"}}", "", "`mode` belongs to"),
        ("env: {A: {from: pod/ip, optional: true}}", "", "only a key of a Secret or ConfigMap can be optional"),
        ("env: {A: {optional: true}}", "", "`A` needs `from`, or `text`"),
        ("volumes: {a: {mount: /a, size: 1Gi, optional: true}}", "", "`optional` belongs to"),
        ("volumes: {a: {mount: /a, size: 1Gi, sub: ../b}}", "", "a folder of a volume has no `/`"),
        ("volumes: {a: {mount: /a, secret: s, sub: b}}", "", "`sub` belongs to volumes that contain folders"),
        ("volumes: {a: {mount: /a, secret: s, mode: \"999\"}}", "", "octal digits"),
        ("writable: [/a, {/a: 1Gi}]", "", "is in `writable` twice"),
        ("shared: {a: /a}", "", "only one container names the shared volume `a`"),
        ("port: 80, health: {path: /a, tcp: 80}", "", "a check has exactly one form"),
        ("port: 80, health: {path: /a, port: admn}, ports: {admin: 81}", "", "did you mean `admin`?"),
        ("health: /a", "", "`health` needs `port`"),
        ("port: 80, bind: localhost, health: grpc", "use: [{https: tls}]", "the kubelet cannot reach this check"),
        ("resources: {cpu: 1, memory: 512m}", "", "write 512Mi"),
        ("resources: {cpu: 1, memory: 2Gi, limit: 1Gi}", "", "the limit is below the request"),
        ("stop: 10", "", "10s for seconds"),
        ("port: 80, health: {path: /, every: 0s}", "", "this takes at least a second"),
        ("", "shape: {job: {deadline: 0s}}", "this takes at least a second"),
        ("port: 80, env: {A: pod/labels/a b}", "", "write pod/labels/team"),
        ("rights: [{pods: }]", "", "write pods: [get, list]"),
        ("rights: [{deployments: [get]}]", "", "did you mean `deployments.apps`?"),
        ("rights: [{pods: [gte]}]", "", "is not a verb of Kubernetes"),
        ("rights: [{nodes: [get]}]", "", "are not namespaced"),
        ("rights: [{deviceclasses.resource.k8s.io: [get]}]", "", "are not namespaced"),
        ("rights: [{namespaces: [list]}]", "", "are not namespaced"),
        ("rights: [{resourceclaim.resource.k8s.io: [get]}]", "", "did you mean `resourceclaims`?"),
        ("rights: [{leases: [get]}]", "", "did you mean `leases.coordination.k8s.io`?"),
        ("cluster-rights: [{nodes: [get]}]", "", "`cluster-rights` needs `namespace`"),
        ("account: robot, rights: [{pods: [get]}]", "", "names an account that is not created here"),
        ("account: robot", "annotations: {account: {a/b: c}}", "names an account that is not created here"),
        ("", "annotations: {a/b: c}", "annotations: {pod:"),
        ("", "labels: {app.kubernetes.io/part-of: x}", "system: <name>"),
        ("", "place: {spread: [rack]}", "must be one of"),
        ("", "init: [{a: {image: \"https://registry.example.com/a\"}}]", "an image reference has no scheme"),
        ("", "init: [{shop: {}}]", "two containers would be called `shop`"),
        ("port: 80", "use: [topz]\ninit: [{topz: {}}]", "two containers would be called `topz`"),
        ("", "shape: {job: {}}\nschedule: {at: \"0 25 * * *\"}", "an hour outside 0 to 23"),
        ("", "shape: {job: {}}\nschedule: {at: \"0 3 * * *\", zone: Berlin}", "unknown time zone"),
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
        ("port: 80, bind: localhost, ports: {admin: 81}", "use: [{https: tls}]", "admin: {port: 81, private: true}"),
        (
            "port: 80",
            "shape: {function: {engine: knative}}\ninit: [{a: {command: [a]}}]",
            "Knative refuses init containers",
        ),
        ("", "shape: {job: {}}\nannotations: {service: {a/b: c}}", "leave `service` out"),
        ("port: 80", "use: [{metrics: {from: app, port: admin}}]", "no port of `app.ports` has this name"),
        ("port: 80", "use: [{autoscale: {max: 3, resources: small}}]", "has no container that `resources`"),
        (
            "port: 80",
            "use: [{container: {as: a, image: \"registry.example.com/a:1\", front: true}}]",
            "`front` needs `port`",
        ),
        ("port: 80", "use: [{git-sync: {repo: \"git@example.com:a.git\", mount: /srv}}]", "this repository uses SSH"),
        ("port: 80", "use: [{git-sync: {repo: example.com/a.git, mount: /srv}}]", "without a scheme"),
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

/// What a key or a pattern takes from the app or from the shape is not always there.
#[test]
fn what_a_shape_does_not_have_is_said() {
    let queue = "work-queue: {worker: {image: \"registry.example.com/w:1\"}, source: {image: \"registry.example.com/s:1\", port: 9000}}";
    let gather = "scatter-gather: {leaves: 2, leaf: {image: \"registry.example.com/leaf:1\", port: 3000}}";
    let cache = "replicated: {role: http-cache, to: \"service/origin:80\"}";
    let cases = [
        (cache, "use: [metrics: {from: app}]", "no `app` here serves metrics"),
        (queue, "rollout: {surge: 1}", "all old Pods stop before new ones start"),
        (queue, "rollout: {surge: 0, unavailable: 1}", "leave `surge` out"),
        (queue, "rollout: {unavailable: \"50%\", settle: 5s}", "leave `unavailable` out"),
        (queue, "rollout: {recreate: true, surge: 1}", "the shape is `work-queue`"),
        (queue, "use: [metrics: {from: app}]", "has nothing to connect to"),
        (gather, "use: [metrics: {from: app}]", "no `app` here serves metrics"),
        (gather, "use: [metrics: {from: app, scheme: http}]", "no `app` here serves metrics"),
        (gather, "use: [metrics: {from: app, scheme: https, path: /m}]", "no `app` here serves metrics"),
        (gather, "use: [metrics: {from: app, monitor: true}]", "no `app` here serves metrics"),
        (gather, "use: [metrics: {from: app, monitor: true, port: web}]", "no port of `app.ports` has this name"),
    ];
    for (shape, more, message) in cases {
        let description = format!("patterns: v1\nname: shop\nshape:\n  {shape}\n{more}\n");
        let run = generate(&description);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message), "{description}wants: {message}\n{}", run.stderr);
        assert_eq!(run.stderr.matches("error:").count(), 1, "{description}\n{}", run.stderr);
    }
    for (shape, more) in [
        (queue, "rollout: {recreate: true}"),
        (queue, "rollout: {settle: 5s, deadline: 2m, history: 3}"),
        (gather, "rollout: {surge: 1}"),
        (gather, "use: [metrics: {from: app, port: 3100}]"),
        (gather, "use: [metrics: {from: app, monitor: true, port: 3100}]"),
    ] {
        let run = generate(&format!("patterns: v1\nname: shop\nshape:\n  {shape}\n{more}\n"));
        assert_eq!(run.code, 0, "{more}\n{}", run.stderr);
    }
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

#[test]
fn what_is_asked_of_a_run_is_asked_of_those_that_have_it() {
    let folder = folder(
        "asked",
        &[
            ("a.yaml", app("", "environments: {prod: {shape: {replicated: {replicas: 5}}}}").as_bytes()),
            ("b.yaml", b"patterns: v1\nname: other\nparams: {tag: {type: string, default: '1'}}\napp: {image: \"registry.example.com/other:${tag}\"}\n"),
        ],
    );
    let run = gen_in(&folder, ".", &["-e", "prod", "--set", "tag=7"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let replicas: Vec<&Value> =
        objects.iter().filter(|object| object["kind"] == "Deployment").map(|one| &one["spec"]["replicas"]).collect();
    assert!(replicas.contains(&&json!(5)) && replicas.contains(&&json!(2)), "{replicas:?}");
    assert!(run.stdout.contains("other:7"), "{}", run.stdout);
    for (flag, value, message) in [("-e", "prd", "-e prod"), ("--set", "tga=7", "did you mean `tag`?")] {
        let run = gen_in(&folder, ".", &[flag, value]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_description_is_judged_without_its_environments_too() {
    let description = app("port: 8080, health: healthz", "environments: {prod: {app: {health: /healthz}}}");
    let folder = folder("judged", &[("a.yaml", description.as_bytes())]);
    let run = patterns(&["lint", &folder.join("a.yaml").display().to_string()]);
    assert_eq!((run.code, run.stdout.matches("invalid-description").count()), (1, 1), "{}{}", run.stdout, run.stderr);
    let everywhere = app("port: 8080, health: healthz", "environments: {dev: {}, prod: {}}");
    std::fs::write(folder.join("a.yaml"), everywhere).unwrap();
    let run = patterns(&["lint", &folder.join("a.yaml").display().to_string()]);
    assert_eq!((run.code, run.stdout.matches("invalid-description").count()), (1, 1), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_secret_of_extra_holds_no_values() {
    let secret = |kind: &str, more: &str| {
        generate(&app("", &format!("extra: [{{apiVersion: v1, kind: {kind}, metadata: {{name: s}}, {more}}}]")))
    };
    for more in [
        "stringData: {password: hunter2}",
        "data: {password: aHVudGVyMg==}",
        "data: {a: \"\"}, stringData: {b: hunter2}",
    ] {
        let run = secret("Secret", more);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{more}");
        assert!(run.stderr.contains("is a plaintext secret"), "{}", run.stderr);
        assert!(!run.stderr.contains("hunter2") && !run.stderr.contains("aHVudGVyMg"), "{}", run.stderr);
    }
    assert_eq!(secret("Secret", "type: Opaque").code, 0, "something else fills it in");
    assert_eq!(secret("ConfigMap", "data: {password: hunter2}").code, 2, "nor does a ConfigMap");
    assert_eq!(secret("ConfigMap", "data: {hint: see-the-secret}").code, 0);
}

#[test]
fn a_document_in_isolate_is_all_of_its_pods() {
    let search = "patterns: v1\nname: search\nshape:\n  scatter-gather:\n    leaves: 2\n    leaf: {image: \"registry.example.com/leaf:1\", port: 3000}\n";
    let run = generate(&format!(
        "{}---\n{search}---\n{}",
        app("port: 8080", "isolate: {from: [search]}"),
        "patterns: v1\nname: plain\napp: {image: \"registry.example.com/plain:1\"}\nisolate: {to: [search, shop]}\n"
    ));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let objects = documents(&run.stdout);
    let policy = |name: &str| {
        objects.iter().find(|object| object["kind"] == "NetworkPolicy" && object["metadata"]["name"] == name).unwrap()
    };
    let all = json!({"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": ["search", "search.leaf"]}]});
    assert_eq!(policy("shop")["spec"]["ingress"][0]["from"], json!([{"podSelector": all}]));
    assert_eq!(policy("plain")["spec"]["egress"][0]["to"], json!([{"podSelector": all}]));
    let one = json!({"matchLabels": {"app.kubernetes.io/name": "shop"}});
    assert_eq!(policy("plain")["spec"]["egress"][1]["to"], json!([{"podSelector": one}]));
}

const SHOP: &str = "port: 8080, ports: {admin: 9901, metrics: {port: 9102, private: true}, dns: 53/udp}";

#[test]
fn claims_have_annotations_of_their_own() {
    let claim = "volumes: {data: {claim: data, create: {size: 1Gi}, mount: /data}}";
    let objects = objects(&app(claim, "annotations: {claim: {a/b: c}}"));
    assert_eq!(of(&objects, "PersistentVolumeClaim")["metadata"]["annotations"]["a/b"], "c");
    let run = generate(&app("", "annotations: {claim: {a/b: c}}"));
    assert!(run.stderr.contains("no volume has `create`"), "{}", run.stderr);
}

#[test]
fn what_a_service_is_has_keys() {
    let spec = |more: &str| of(&objects(&app(SHOP, more)), "Service")["spec"].clone();
    let node = spec("expose: {type: NodePort, node-port: 30080, local: true}");
    assert_eq!((&node["type"], &node["ports"][0]["nodePort"]), (&json!("NodePort"), &json!(30080)));
    assert_eq!(node["externalTrafficPolicy"], "Local");
    let balancer = spec(
        "expose: {type: LoadBalancer, address: 192.0.2.10, class: example.com/internal, sources: [10.0.0.0/8], sticky: 1h}",
    );
    assert_eq!(balancer["loadBalancerIP"], "192.0.2.10");
    assert_eq!(balancer["loadBalancerClass"], "example.com/internal");
    assert_eq!(balancer["loadBalancerSourceRanges"], json!(["10.0.0.0/8"]));
    assert_eq!(balancer["sessionAffinity"], "ClientIP");
    assert_eq!(balancer["sessionAffinityConfig"], json!({"clientIP": {"timeoutSeconds": 3600}}));
    let headless = spec("expose: {type: Headless, unready: true}");
    assert_eq!((&headless["clusterIP"], &headless["publishNotReadyAddresses"]), (&json!("None"), &json!(true)));
    // clients have the Pods' addresses, and dial the Pods' port
    assert_eq!((&headless["ports"][0]["port"], &headless["type"]), (&json!(8080), &Value::Null));
    let routed = spec("expose: {host: www.example.com, sticky: true}");
    assert_eq!((&routed["sessionAffinity"], &routed["sessionAffinityConfig"]), (&json!("ClientIP"), &Value::Null));
    let single = spec("shape: {single: {}}\nexpose: {type: ClusterIP}");
    assert_eq!((&single["clusterIP"], &single["ports"][0]["port"]), (&Value::Null, &json!(80)));
    let ports = app("port: 8080, ports: {admin: {port: 9901, service: 81}}", "");
    assert_eq!(of(&objects(&ports), "Service")["spec"]["ports"][1]["port"], 81);
    let ports = app("port: 8080, ports: {admin: {port: 9901, node-port: 30901}}", "expose: {type: NodePort}");
    assert_eq!(of(&objects(&ports), "Service")["spec"]["ports"][1]["nodePort"], 30901);
}

/// Ports of a Service that lead to one port of the Pods, what is spoken at a port, and the kind of addresses.
#[test]
fn a_service_has_several_ports_for_one() {
    let keys = "port: 8080, health: /h, ports: {tls: {port: 8443, speaks: https}}";
    let also = "expose: {type: LoadBalancer, ip: dual, ports: {https: 443, other: {port: 81, node-port: 30081, speaks: http}}}";
    let cases = [
        ("/spec/ports/1", json!({"name": "https", "port": 443, "targetPort": "http"})),
        (
            "/spec/ports/2",
            json!({"name": "other", "port": 81, "targetPort": "http", "appProtocol": "http", "nodePort": 30081}),
        ),
        ("/spec/ports/3", json!({"name": "tls", "port": 8443, "targetPort": "tls", "appProtocol": "https"})),
        ("/spec/ipFamilyPolicy", json!("PreferDualStack")),
    ];
    for (pointer, expected) in cases {
        check(&app(keys, also), "Service", pointer, &expected);
    }
    let families = [("IPv6", json!(["IPv6"])), ("require-dual", Value::Null)];
    for (ip, expected) in families {
        check(&app(keys, &format!("expose: {{type: ClusterIP, ip: {ip}}}")), "Service", "/spec/ipFamilies", &expected);
    }
    let further =
        objects(&app(keys, "services: {shop-tls: {ip: IPv4, ports: {tls: {port: 443, to: 8443, speaks: https}}}}"));
    let further = further.iter().find(|object| object["metadata"]["name"] == "shop-tls").unwrap();
    assert_eq!(further["spec"]["ports"][0]["appProtocol"], "https");
    assert_eq!(further["spec"]["ipFamilies"], json!(["IPv4"]));
}

/// A budget is the one that the shape makes, with another share, or one that it would not make.
#[test]
fn a_budget_has_its_share() {
    let cases = [
        ("budget: {unavailable: 25%}", "maxUnavailable", json!("25%")),
        ("budget: {available: 1}", "minAvailable", json!(1)),
        ("shape: {replicated: {replicas: 1}}\nbudget: {unavailable: 0}", "maxUnavailable", json!(0)),
        ("shape: {single: {}}\nbudget: {unavailable: 1}", "maxUnavailable", json!(1)),
    ];
    for (more, field, share) in cases {
        let objects = objects(&app("port: 80", more));
        let budgets: Vec<_> = objects.iter().filter(|object| object["kind"] == "PodDisruptionBudget").collect();
        assert_eq!(budgets.len(), 1, "{more}");
        let spec = &budgets[0]["spec"];
        assert_eq!(spec[field], share, "{more}");
        assert_eq!(spec.as_object().unwrap().len(), 3, "{spec}");
        let workload = objects.iter().find(|object| object["spec"].get("replicas").is_some()).unwrap();
        assert_eq!(spec["selector"], workload["spec"]["selector"], "{more}");
    }
}

#[test]
fn further_services_lead_to_the_same_pods() {
    let more = "annotations: {service: {a/b: main}}\nexpose: {type: NodePort, node-port: 30080}\nservices:\n  \
                shop-metrics: {ports: {metrics: 9102}, labels: {monitored: \"yes\"}, annotations: {a/b: c}}\n  \
                shop-all: {type: Headless}\n  \
                shop-public: {type: LoadBalancer, ports: {https: {port: 443, to: admin, node-port: 30443}, dns: 53/udp}}\n";
    for adopt in ["", "adopt: {selector: {app: shop}, names: {Service: web}, port: web}\n"] {
        let objects = objects(&app(SHOP, &format!("{more}{adopt}")));
        let named = |name: &str| {
            let is = |object: &&Value| object["kind"] == "Service" && object["metadata"]["name"] == name;
            objects.iter().find(is).unwrap_or_else(|| panic!("no {name}")).clone()
        };
        let own = named(if adopt.is_empty() { "shop" } else { "web" });
        let metrics = named("shop-metrics");
        assert_eq!(metrics["spec"]["selector"], own["spec"]["selector"]);
        assert_eq!(metrics["spec"]["ports"], json!([{"name": "metrics", "port": 9102, "targetPort": "metrics"}]));
        assert_eq!(metrics["metadata"]["labels"]["monitored"], "yes");
        assert_eq!(
            (&metrics["metadata"]["annotations"]["a/b"], &own["metadata"]["annotations"]["a/b"]),
            (&json!("c"), &json!("main"))
        );
        let all = named("shop-all");
        assert_eq!(all["spec"]["clusterIP"], "None");
        assert_eq!(all["spec"]["ports"].as_array().unwrap().len(), own["spec"]["ports"].as_array().unwrap().len());
        // a port of the nodes leads to one Service
        assert_eq!(
            (&all["spec"]["ports"][0]["nodePort"], &own["spec"]["ports"][0]["nodePort"]),
            (&Value::Null, &json!(30080))
        );
        let public = named("shop-public");
        assert_eq!(
            public["spec"]["ports"],
            json!([
                {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"},
                {"name": "https", "port": 443, "targetPort": "admin", "nodePort": 30443},
            ])
        );
    }
}

#[test]
fn services_that_cannot_be_say_why() {
    let cases = [
        ("expose: {host: a.example.com, node-port: 30080}", "only a Service of type NodePort or LoadBalancer"),
        ("expose: {type: NodePort, address: 192.0.2.1}", "only a Service of type LoadBalancer"),
        ("expose: {type: LoadBalancer, address: here}", "not an IP address"),
        ("expose: {type: LoadBalancer, sources: [10.0.0.1]}", "not a range of addresses"),
        ("expose: {type: Headless, port: 80}", "the ports of its Pods"),
        ("expose: {host: a.example.com, class: a/b}", "the name of an IngressClass"),
        ("expose: {type: NodePort, class: nginx}", "`class` is of a route"),
        ("expose: {nodePort: 30080}", "type: NodePort, node-port: 30080"),
        (
            "expose: {type: NodePort, node-port: 30080}\nservices: {b: {type: NodePort, node-port: 30080}}",
            "want port 30080 of the nodes",
        ),
        ("services: {shop: {ports: {admin: 9901}}}", "already generates a Service `shop`"),
        ("services: {b: {ports: {admin: 9902}}}", "has the port 9902"),
        ("services: {b: {ports: {admin: {port: 80, to: admn}}}}", "has the port `admn`"),
        ("services: {b: {ports: {dns: 53}}}", "has the port 53"),
        ("services: {b: {selector: {a: b}}}", "leave it out"),
        ("services: {b: {ports: {admin: 9901}, labels: {app.kubernetes.io/part-of: a}}}", "set by `patterns gen`"),
        ("services: {b: {node-port: 30080}}", "only a Service of type NodePort or LoadBalancer"),
        ("shape: {sharded: {shards: 3}}\nexpose: {type: LoadBalancer}", "has nothing to expose in `sharded`"),
    ];
    for (more, message) in cases {
        let run = generate(&app(SHOP, more));
        assert!(run.code == 2 && run.stderr.contains(message), "{more}\n{message}\n{}", run.stderr);
        assert!(!run.stderr.contains("bug"), "{more}\n{}", run.stderr);
    }
    let run = generate(&app("", "shape: {job: {}}\nservices: {b: {ports: {admin: 9901}}}"));
    assert!(run.stderr.contains("no Pods that this Service could lead to"), "{}", run.stderr);
    let run =
        generate(&app("port: 80, ports: {a: {port: 81, private: true, node-port: 30081}}", "expose: {type: NodePort}"));
    assert!(run.stderr.contains("is on no Service"), "{}", run.stderr);
}
