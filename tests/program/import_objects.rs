//! What `patterns import` makes of the objects around a workload: ConfigMaps, rights in the whole cluster, routes on a
//! Gateway and network policies.

use crate::support::{documents, generate, import_report as report, patterns, patterns_with};
use serde_json::{Value, json};

/// The one document of a report.
fn document(report: &Value) -> Value {
    documents(text(report)).remove(0)
}

fn text(report: &Value) -> &str {
    report["documents"][0]["description"].as_str().unwrap_or_else(|| panic!("no document: {report}"))
}

/// What is left, as one text.
fn left(report: &Value) -> String {
    report["left"].to_string()
}

/// A Deployment with a Service, further fields of its container and of its Pod, and objects beside it.
fn shop(container: &str, pod: &str, beside: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: \
         {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         containers:\n      - {{name: web, image: \"registry.example.com/web:1\", ports: [{{name: http, containerPort: \
         8080}}, {{name: metrics, containerPort: 9102}}]{container}}}\n{pod}---\napiVersion: v1\nkind: \
         Service\nmetadata: {{name: web-svc, namespace: shop}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80, \
         targetPort: http}}]}}\n{beside}"
    )
}

fn config(name: &str, rest: &str) -> String {
    format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n{rest}\n")
}

const FROM_MAP: &str = ", envFrom: [{configMapRef: {name: settings}}]";

/// ConfigMaps become `configmaps` under their own names, however the workload reads them.
#[test]
fn config_maps_of_one_workload_are_its_own() {
    let data = "data: {LEVEL: info, web.conf: \"listen ${PORT};\\nroot /srv;\\n\", spaces: \" a \\n\\tb\"}";
    let volume = "      volumes: [{name: conf, configMap: {name: settings}}]\n";
    let several = "      volumes: [{name: conf, projected: {sources: [{configMap: {name: settings}}]}}]\n";
    let mount = ", volumeMounts: [{name: conf, mountPath: /etc/web, readOnly: true}]";
    let key = ", env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}}]";
    for (container, pod) in [(FROM_MAP, ""), (key, ""), (mount, volume), (mount, several)] {
        let report = report(&shop(container, pod, &config("settings", data)));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{container}: {report}");
        assert_eq!(report["left"], json!([]), "{container}: {report}");
        let made = documents(&generate(text(&report)).stdout);
        let map = made.iter().find(|object| object["kind"] == "ConfigMap").expect("a ConfigMap");
        assert_eq!((&map["metadata"]["name"], &map["metadata"]["namespace"]), (&json!("settings"), &json!("shop")));
        let said = documents(&config("settings", data)).remove(0);
        assert_eq!(map["data"], said["data"], "{}", text(&report));
    }
}

/// What cannot be made of a description, or is not one workload's alone, stays, with the reason.
#[test]
fn config_maps_that_stay() {
    let cases = [
        ("binaryData: {a: aGVsbG8=}", "data that is not text"),
        ("data: {A: b}\nimmutable: true", "immutable"),
        ("data: {}", "is empty"),
        ("data: {DB_PASSWORD: hunter2}", "secret"),
        ("data: {app.ini: \"user = a\\npassword=hunter2\\n\"}", "secret"),
        ("data: {url: \"postgres://a:hunter2@db/shop\"}", "secret"),
    ];
    for (data, why) in cases {
        let report = report(&shop(FROM_MAP, "", &config("settings", data)));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{data}: {report}");
        assert_eq!(document(&report)["configmaps"], Value::Null, "{data}");
        assert!(left(&report).contains(why), "{data}: {}", left(&report));
        assert!(!report.to_string().contains("hunter2"), "{report}");
    }
    let annotated =
        config("settings", "data: {A: b}").replace("namespace: shop", "namespace: shop, annotations: {a/b: c}");
    assert!(left(&report(&shop(FROM_MAP, "", &annotated))).contains("annotations"));
    let big = config("settings", &format!("data: {{a: {}}}", "x".repeat(100_000)));
    assert!(left(&report(&shop(FROM_MAP, "", &big))).contains("too long"));
    let nobody = report(&shop("", "", &config("settings", "data: {A: b}")));
    assert!(
        left(&nobody).contains("none, or more than one, of the imported workloads in its namespace reads it"),
        "{nobody}"
    );
    let job = "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: shop}\nspec: {template: {spec: \
               {restartPolicy: Never, containers: [{name: once, image: \"registry.example.com/once:1\", envFrom: \
               [{configMapRef: {name: settings}}]}]}}}\n";
    let both = report(&shop(FROM_MAP, "", &format!("{}{job}", config("settings", "data: {A: b}"))));
    assert_eq!((&both["plain"], &both["fields"]["lost"]), (&json!(2), &json!(0)), "{both}");
    assert!(
        left(&both).contains("none, or more than one, of the imported workloads in its namespace reads it"),
        "{both}"
    );
}

/// `configmaps`: names as they are, the hash of what Pods read on these, and no secret.
#[test]
fn config_maps_have_their_names() {
    let of = |text: &str, app: &str, more: &str| {
        generate(&format!(
            "patterns: v1\nname: web\napp: {{image: \"registry.example.com/web:1\", port: 8080, health: /healthz, {app}}}\n\
             configmaps: {{settings: {{LEVEL: {text}}}}}\n{more}"
        ))
    };
    let hash = |text: &str, app: &str, more: &str| {
        let run = of(text, app, more);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let objects = documents(&run.stdout);
        let map = objects.iter().find(|object| object["kind"] == "ConfigMap").expect("a ConfigMap");
        assert_eq!((&map["metadata"]["name"], &map["data"]), (&json!("settings"), &json!({"LEVEL": text})));
        assert!(map.get("immutable").is_none(), "{map}");
        let pods = objects.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        pods["spec"]["template"]["metadata"]["annotations"]["patterns/configmaps"].clone()
    };
    for app in [
        "envFrom: [configmap/settings]",
        "env: {LEVEL: configmap/settings/LEVEL}",
        "volumes: {conf: {configmap: settings, mount: /etc/web}}",
        "volumes: {conf: {sources: [{configmap: settings}], mount: /etc/web}}",
    ] {
        let one = hash("info", app, "");
        assert!(one.is_string(), "{app}: {one}");
        assert_eq!(one, hash("info", app, ""), "{app}");
        assert_ne!(one, hash("debug", app, ""), "{app}");
    }
    // nothing of the Pods reads it, or something tells the app
    assert_eq!(hash("info", "", ""), Value::Null);
    let watched = "use: [{config: {from: configmap/settings, mount: /etc/web, reload: /reload}}]\n";
    assert_eq!(hash("info", "", watched), Value::Null);
    let secret = generate(
        "patterns: v1\nname: web\napp: {image: \"registry.example.com/web:1\", port: 8080}\nconfigmaps: {settings: \
         {DB_PASSWORD: hunter2}}\n",
    );
    assert_eq!(secret.code, 2, "{}", secret.stdout);
    assert!(
        secret.stderr.contains("this is a plaintext secret") && !secret.stderr.contains("hunter2"),
        "{}",
        secret.stderr
    );
    for (mistake, said) in
        [("{a b: c}", "a key of a ConfigMap is"), ("{a: 5}", "takes a string"), ("{a: {b: c}}", "takes a string")]
    {
        let run = generate(&format!(
            "patterns: v1\nname: web\napp: {{image: \"registry.example.com/web:1\"}}\nconfigmaps: {{settings: {mistake}}}\n"
        ));
        assert_eq!(run.code, 2, "{mistake}: {}", run.stdout);
        assert!(run.stderr.contains(said), "{mistake}: {}", run.stderr);
    }
}

fn cluster_role(rules: &str, metadata: &str, subjects: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: robot, namespace: shop}}\n---\napiVersion: \
         rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: reader{metadata}}}\nrules: \
         {rules}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: \
         reads}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}}\nsubjects: {subjects}\n"
    )
}

const AS_ROBOT: &str = "      serviceAccountName: robot\n";
const ROBOT: &str = "[{kind: ServiceAccount, name: robot, namespace: shop}]";
const NODES: &str = "[{apiGroups: [\"\"], resources: [nodes, pods], verbs: [get, list]}]";

/// A `ClusterRole` of one account is `cluster-rights`, and the names stay.
#[test]
fn a_cluster_role_of_ones_own_is_cluster_rights() {
    let report = report(&shop("", AS_ROBOT, &cluster_role(NODES, ", labels: {team: a}", ROBOT)));
    assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!(report["left"], json!([]), "{report}");
    let document = document(&report);
    assert_eq!(document["app"]["cluster-rights"], json!([{"nodes": ["get", "list"]}, {"pods": ["get", "list"]}]));
    let names = &document["adopt"]["names"];
    assert_eq!((&names["ClusterRole"], &names["ClusterRoleBinding"]), (&json!("reader"), &json!("reads")));
    let made = documents(&generate(text(&report)).stdout);
    let binding = made.iter().find(|object| object["kind"] == "ClusterRoleBinding").expect("a binding");
    assert_eq!(binding["metadata"]["name"], "reads");
    assert_eq!((&binding["roleRef"]["name"], &binding["subjects"]), (&json!("reader"), &documents(ROBOT)[0]));
    let role = made.iter().find(|object| object["kind"] == "ClusterRole").expect("a role");
    assert_eq!((&role["metadata"]["name"], &role["metadata"]["labels"]["team"]), (&json!("reader"), &json!("a")));
}

/// Such roles that others have too, are part of others, or say what no right can stay.
#[test]
fn cluster_roles_of_others_stay() {
    let also = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: also, namespace: \
                ops}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}\nsubjects: [{kind: \
                ServiceAccount, name: other, namespace: ops}]\n";
    let cases = [
        cluster_role(NODES, "", ROBOT) + also,
        cluster_role(NODES, "", "[{kind: ServiceAccount, name: robot, namespace: ops}]"),
        cluster_role(
            NODES,
            "",
            "[{kind: ServiceAccount, name: robot, namespace: shop}, {kind: Group, name: a, apiGroup: rbac.authorization.k8s.io}]",
        ),
        cluster_role(NODES, ", labels: {rbac.authorization.k8s.io/aggregate-to-view: \"true\"}", ROBOT),
        cluster_role("[{nonResourceURLs: [/metrics], verbs: [get]}]", "", ROBOT),
        cluster_role("[]", "", ROBOT),
    ];
    for beside in cases {
        let report = report(&shop("", AS_ROBOT, &beside));
        assert_eq!((&report["imported"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{beside}: {report}");
        let document = document(&report);
        assert_eq!(document["app"]["cluster-rights"], Value::Null, "{beside}");
        assert!(left(&report).contains("ClusterRoleBinding"), "{}", left(&report));
    }
}

fn route(spec: &str) -> String {
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: www, namespace: shop}}\nspec: {spec}\n"
    )
}

/// A route on a Gateway is `expose.gateway`, also where what the server fills in is left out.
#[test]
fn a_route_on_a_gateway_is_expose() {
    let cases = [
        (
            "{parentRefs: [{name: public}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web-svc, port: 80}]}]}",
            json!({"host": "a.example.com", "gateway": "public"}),
        ),
        (
            "{parentRefs: [{name: public, namespace: gateways}], hostnames: [a.example.com, b.example.com], rules: [{matches: \
             [{path: {type: PathPrefix, value: /api}}, {path: {value: /v2}}], backendRefs: [{name: api, port: 8080}]}, \
             {backendRefs: [{name: web-svc, port: 80, weight: 1}]}]}",
            json!({"hosts": ["a.example.com", "b.example.com"], "gateway": "gateways/public",
                "paths": {"/api": "service/api:8080", "/v2": "service/api:8080", "/": "web"}}),
        ),
        (
            "{parentRefs: [{name: public}], hostnames: [a.example.com], rules: [{timeouts: {request: 10s}, backendRefs: \
             [{name: web-svc, port: 80, weight: 95}, {name: next, port: 80, weight: 5}]}]}",
            json!({"host": "a.example.com", "gateway": "public", "split": {"web": 95, "service/next:80": 5}, "timeout": "10s"}),
        ),
    ];
    for (spec, expose) in cases {
        let report = report(&shop("", "", &route(spec)));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{spec}: {report}");
        assert_eq!(report["left"], json!([]), "{spec}: {report}");
        let document = document(&report);
        assert_eq!(document["expose"], expose, "{}", text(&report));
        assert_eq!(document["adopt"]["names"]["HTTPRoute"], "www");
    }
}

/// Routes that no key says stay, and cost no patch.
#[test]
fn routes_that_stay() {
    let cases = [
        "{parentRefs: [{name: a}, {name: b}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web-svc, port: 80}]}]}",
        "{parentRefs: [{name: a, sectionName: https}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web-svc, port: 80}]}]}",
        "{parentRefs: [{name: a}], rules: [{backendRefs: [{name: web-svc, port: 80}]}]}",
        "{parentRefs: [{name: a}], hostnames: [a.example.com], rules: [{matches: [{path: {type: Exact, value: /a}}], backendRefs: [{name: web-svc, port: 80}]}]}",
        "{parentRefs: [{name: a}], hostnames: [a.example.com], rules: [{matches: [{method: GET}], backendRefs: [{name: web-svc, port: 80}]}]}",
        "{parentRefs: [{name: a}], hostnames: [a.example.com], rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]}",
        "{parentRefs: [{name: a}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web-svc, port: 80, namespace: ops}]}]}",
        "{parentRefs: [{name: a}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web-svc, port: 81}]}]}",
        "{parentRefs: [{name: a}], hostnames: [a.example.com], rules: [{backendRefs: [{name: other, port: 80}]}]}",
    ];
    for spec in cases {
        let report = report(&shop("", "", &route(spec)));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{spec}: {report}");
        assert_eq!(document(&report)["expose"], Value::Null, "{spec}");
        assert!(left(&report).contains("HTTPRoute/www"), "{spec}: {report}");
    }
}

fn policy(spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: closed, namespace: shop}}\nspec: \
         {{podSelector: {{matchLabels: {{app: web}}}}, {spec}}}\n"
    )
}

/// A policy about the Pods of one workload is `isolate`, however its rules are put together.
#[test]
fn a_policy_of_one_workload_is_isolate() {
    let cases = [
        ("ingress: []", json!({"from": []})),
        ("ingress: [{ports: [{port: http}]}]", json!({"from": ["anyone"]})),
        ("ingress: [{}]", json!({"from": [{"anyone": ["*"]}]})),
        (
            "ingress: [{from: [{podSelector: {matchLabels: {app: front, tier: a}}}, {ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 8080, protocol: TCP}]}]",
            json!({"from": ["pods/app=front,tier=a", "10.0.0.0/8"]}),
        ),
        (
            "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}], ports: [{port: metrics}, {port: 8080}]}, \
             {from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app.kubernetes.io/name: a}}}]}, \
             {from: [{podSelector: {}}], ports: [{port: 9102}]}]",
            json!({"from": [{"namespace/ops": [9102, 8080]}, {"namespace/ops/pods/app.kubernetes.io/name=a": ["*"]}, {"pods": [9102]}]}),
        ),
        (
            "policyTypes: [Egress, Ingress], ingress: [{ports: [{port: 8080}]}], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: \
             [{port: 5432}, {port: 53, protocol: UDP}]}, {to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]",
            json!({"from": ["anyone"], "to": ["pods/app=db:5432", "pods/app=db:53/udp", "10.0.0.0/8:*"]}),
        ),
        ("ingress: [{ports: [{port: 8080}]}], egress: [{}]", json!({"from": ["anyone"], "to": ["anyone"]})),
        ("ingress: [{ports: [{port: 8080}]}], egress: []", json!({"from": ["anyone"], "to": []})),
    ];
    for (spec, isolate) in cases {
        let report = report(&shop("", "", &policy(spec)));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{spec}: {report}");
        assert_eq!(report["left"], json!([]), "{spec}: {report}");
        let document = document(&report);
        assert_eq!(document["isolate"], isolate, "{}", text(&report));
        assert_eq!(document["adopt"]["names"]["NetworkPolicy"], "closed");
    }
}

/// Policies that no key says, or that are about other Pods, stay: they hold beside what is made.
#[test]
fn policies_that_stay() {
    let cases = [
        policy("policyTypes: [Egress], egress: []"),
        policy("ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]"),
        policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 8080}]}]"),
        policy("ingress: [{ports: [{port: 8000, endPort: 9000}]}]"),
        policy("ingress: [{ports: [{protocol: TCP}]}]"),
        policy("ingress: [{ports: [{port: 7777}]}]"),
        policy("ingress: [{ports: [{port: 8080}]}], egress: [{ports: [{port: 53, protocol: UDP}]}]"),
        policy("ingress: []").replace("matchLabels: {app: web}", ""),
        policy("ingress: []").replace("{app: web}", "{app: web, tier: a}"),
        policy("ingress: []").replace("namespace: shop", "namespace: ops"),
    ];
    for beside in cases {
        let report = report(&shop("", "", &beside));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{beside}: {report}");
        assert_eq!(document(&report)["isolate"], Value::Null, "{beside}");
        assert!(left(&report).contains("NetworkPolicy/closed"), "{beside}: {report}");
    }
}

/// Peers of `isolate` by labels, and what is nearly one.
#[test]
fn pods_are_peers_by_their_labels() {
    let of = |isolate: &str| {
        generate(&format!(
            "patterns: v1\nname: web\napp: {{image: \"registry.example.com/web:1\", port: 8080, health: /healthz}}\nisolate: {isolate}\n"
        ))
    };
    for wrong in ["pods/app", "pods/app=a b", "pods/=a", "pod/app=a", "namespace/ops/app=a", "pods/app=a,"] {
        let run = of(&format!("{{from: [\"{wrong}\"]}}"));
        assert_eq!(run.code, 2, "{wrong}: {}", run.stdout);
        assert!(run.stderr.contains("neither a document of this file nor"), "{wrong}: {}", run.stderr);
    }
    for wrong in ["pods/app=a", "pods/app=a:0", "pods/app=a:http", "pods:99999"] {
        assert_eq!(of(&format!("{{to: [\"{wrong}\"]}}")).code, 2, "{wrong}");
    }
    assert_eq!(of("{from: [{pods: [8081]}]}").code, 2);
    assert_eq!(of("{from: [{pods: [8080]}]}").code, 0);
    // Pods of a document that keeps the selector that it had
    let both = generate(
        "patterns: v1\nname: db\napp: {image: \"registry.example.com/db:1\", port: 5432, protocol: tcp}\nadopt: {selector: \
         {app: db}}\nisolate: {from: [web]}\n---\npatterns: v1\nname: web\napp: {image: \"registry.example.com/web:1\", \
         port: 8080, health: /healthz}\nadopt: {selector: {app: web}}\n",
    );
    assert_eq!(both.code, 0, "{}", both.stderr);
    let objects = documents(&both.stdout);
    let policy = objects.iter().find(|object| object["kind"] == "NetworkPolicy").expect("a policy");
    assert_eq!(policy["spec"]["ingress"][0]["from"], json!([{"podSelector": {"matchLabels": {"app": "web"}}}]));
}

/// Kinds of others that are called like Kubernetes' own are no workloads and no Services.
#[test]
fn kinds_of_others_are_theirs() {
    let beside = "---\napiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: train, namespace: shop}\nspec: \
                  {minAvailable: 3, tasks: []}\n---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: \
                  fn, namespace: shop}\nspec: {template: {spec: {containers: [{image: \"registry.example.com/fn:1\"}]}}}\n";
    let report = report(&shop("", "", beside));
    assert_eq!((&report["workloads"], &report["plain"]), (&json!(1), &json!(1)), "{report}");
    assert!(left(&report).matches("import does not support its kind").count() == 2, "{report}");
}

/// A workload that only some of several variants have is a document that is left out of the others; what they say of it in
/// another order is the same.
#[test]
fn what_one_variant_has_alone_is_a_document() {
    let run = patterns(&["import", "tests/import/variants"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("5 of 5 workloads imported"), "{}", run.stderr);
    let all = documents(&run.stdout);
    let names: Vec<&str> = all.iter().filter_map(|document| document["name"].as_str()).collect();
    assert_eq!(names, ["site", "debug"]);
    assert_eq!(all[0]["environments"].as_object().expect("environments").len(), 3, "{}", run.stdout);
    assert_eq!(all[1]["environments"]["prod"], false, "{}", run.stdout);
    let of = |environment: &str| {
        let run = patterns_with(&["gen", "-e", environment, "-"], run.stdout.as_bytes());
        assert_eq!(run.code, 0, "{environment}: {}", run.stderr);
        let objects = documents(&run.stdout).into_iter().filter(|object| object["kind"] == "Deployment");
        objects.map(|object| object["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("prod"), ["site"]);
    assert_eq!(of("dev"), ["site", "debug"]);
}

/// A further port of the Service may be called as the app's port is by default, or as its container calls it.
#[test]
fn further_ports_keep_their_names() {
    let web = |ports: &str, service: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
             template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: web, image: \
             \"registry.example.com/web:1\", ports: {ports}}}\n      - {{name: helper, image: \"registry.example.com/helper:1\", \
             ports: [{{name: stats, containerPort: 9102}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: \
             {{selector: {{app: web}}, ports: {service}}}\n"
        )
    };
    let plain = "[{containerPort: 8080}, {containerPort: 8081}]";
    let called = "[{name: http, containerPort: 8080}, {containerPort: 8081}]";
    let cases = [
        (plain, "[{name: main, port: 80, targetPort: 8080}, {name: app, port: 9100, targetPort: stats}]"),
        (plain, "[{name: main, port: 80, targetPort: 8080}, {name: app, port: 81, targetPort: 8080}]"),
        (plain, "[{name: main, port: 80, targetPort: 8080}, {name: app, port: 9100, targetPort: 8081}]"),
        (plain, "[{name: web, port: 80, targetPort: 8080}, {name: http, port: 9100, targetPort: 9102}]"),
        (called, "[{name: web, port: 80, targetPort: 8080}, {name: http, port: 9100, targetPort: 8081}]"),
        (called, "[{name: web, port: 80, targetPort: http}, {name: app, port: 9100, targetPort: stats}]"),
    ];
    for (ports, service) in cases {
        let report = report(&web(ports, service));
        assert_eq!(
            (&report["plain"], &report["fields"]["lost"]),
            (&json!(1), &json!(0)),
            "{ports} {service}: {report}"
        );
        let made = documents(&generate(text(&report)).stdout);
        let made = made.iter().find(|object| object["kind"] == "Service").expect("a Service");
        let names = |ports: &Value| {
            let ports = ports.as_array().cloned().unwrap_or_default();
            ports.iter().map(|port| format!("{} {}", port["name"], port["port"])).collect::<Vec<_>>()
        };
        assert_eq!(names(&made["spec"]["ports"]), names(&documents(service)[0]), "{}", text(&report));
    }
}

/// A container that prepares the storage, or reads it, mounts the claim of the set.
#[test]
fn others_mount_the_storage() {
    let set = |mount: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  serviceName: db\n  selector: {{matchLabels: \
             {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:\n      initContainers:\n      - {{name: \
             prepare, image: \"registry.example.com/prepare:1\", volumeMounts: [{mount}]}}\n      containers:\n      - {{name: db, \
             image: \"registry.example.com/db:1\", volumeMounts: [{{name: files, mountPath: /srv}}]}}\n  volumeClaimTemplates: \
             [{{metadata: {{name: files}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}}}]\n"
        )
    };
    let cases = [
        ("{name: files, mountPath: /work}", json!("/work")),
        ("{name: files, mountPath: /work, readOnly: true}", json!({"mount": "/work", "readOnly": true})),
        ("{name: files, mountPath: /work, subPath: a/b}", json!({"mount": "/work", "sub": "a/b"})),
    ];
    for (mount, shared) in cases {
        let report = report(&set(mount));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{mount}: {report}");
        let document = document(&report);
        assert_eq!(document["init"][0]["prepare"]["shared"]["data"], shared, "{}", text(&report));
    }
    let of = |shared: &str, shape: &str| {
        generate(&format!(
            "patterns: v1\nname: db\napp: {{image: \"registry.example.com/db:1\"}}\nshape: {shape}\ninit: [{{prepare: {{image: \
             \"registry.example.com/prepare:1\", shared: {{data: {shared}}}}}}}]\n"
        ))
    };
    let storage = "{single: {storage: {size: 1Gi, mount: /srv}}}";
    assert_eq!(of("/work", storage).code, 0, "{}", of("/work", storage).stderr);
    let sized = of("{mount: /work, size: 2Gi}", storage);
    assert!(sized.code == 2 && sized.stderr.contains("is the storage"), "{}", sized.stderr);
    assert_eq!(of("/work", "{replicated: {replicas: 1}}").code, 2);
}

/// A workload without an account of its own stays without one, where another has the account of its name.
#[test]
fn accounts_of_others_stay_theirs() {
    let other = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n";
    for more in ["", "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: shop}\n"] {
        let report = report(&shop("", "", &format!("{other}{more}")));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{report}");
        assert_eq!(document(&report)["app"]["account"], "default", "{}", text(&report));
        assert!(left(&report).contains("ServiceAccount/web"), "{report}");
    }
    let elsewhere = report(&shop("", "", &other.replace("namespace: shop", "namespace: ops")));
    assert_eq!(document(&elsewhere)["app"]["account"], Value::Null, "{}", text(&elsewhere));
}

/// Pods of the own namespace are those that an affinity means where it names none.
#[test]
fn the_own_namespace_of_an_affinity_goes_without_saying() {
    let near = |namespace: &str| {
        format!(
            "      affinity: {{podAntiAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{{weight: 100, podAffinityTerm: \
             {{labelSelector: {{matchExpressions: [{{key: app, operator: In, values: [web]}}]}}, namespaces: [{namespace}], \
             topologyKey: kubernetes.io/hostname}}}}]}}}}\n"
        )
    };
    let own = report(&shop("", &near("shop"), ""));
    assert_eq!((&own["plain"], &own["fields"]["lost"]), (&json!(1), &json!(0)), "{own}");
    assert_eq!(document(&own)["place"], json!({"apart": [{"labels": {"app": "web"}, "prefer": 100}]}));
    let other = report(&shop("", &near("ops"), ""));
    assert_eq!((&other["plain"], &other["fields"]["lost"]), (&json!(0), &json!(0)), "{other}");
}

/// An autoscaler's quantities say the same as numbers and as texts, in any order of the metrics.
#[test]
fn quantities_may_be_numbers() {
    let scaler = |metrics: &str| {
        shop(", resources: {requests: {cpu: 0.1, memory: 134217728}, limits: {memory: 134217728}}", "", "")
            + &format!(
                "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web, namespace: \
                 shop}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: \
                 1\n  maxReplicas: 5\n  metrics: [{metrics}]\n"
            )
    };
    let of = |kind: &str, average: &str| {
        let field = kind.to_lowercase();
        format!(
            "{{type: {kind}, {field}: {{metric: {{name: q}}, target: {{type: AverageValue, averageValue: {average}}}}}}}"
        )
    };
    let cpu = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}";
    let cpu_of = |name: &str| cpu.replace("cpu", name);
    for metrics in [
        of("Pods", "20"),
        of("Pods", "\"20\""),
        of("Pods", "20.0"),
        of("Pods", "20000m"),
        of("Pods", "1000"),
        of("External", "2"),
        of("External", "0.5"),
        of("External", "1k"),
        format!("{cpu}, {}", of("External", "2")),
        format!("{}, {cpu}", of("External", "2")),
        format!("{}, {}", of("External", "2"), of("Pods", "3")),
        format!("{}, {cpu}", cpu_of("memory")),
    ] {
        let report = report(&scaler(&metrics));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{metrics}: {report}");
        assert!(report["left"] == json!([]) && !text(&report).contains("patch:"), "{metrics}: {}", text(&report));
    }
    let sized = "      volumes: [{name: tmp, emptyDir: {sizeLimit: 1073741824}}]\n";
    let report = report(&shop(", volumeMounts: [{name: tmp, mountPath: /tmp/x}]", sized, ""));
    assert!(report["plain"] == 1 && !text(&report).contains("patch:"), "{}", text(&report));
}

/// One object that no key can say does not keep its workload out: it stays where it is.
#[test]
fn what_no_key_takes_stays_alone() {
    let scaler = |spec: &str| {
        format!(
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web, namespace: \
             shop}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  {spec}\n"
        )
    };
    let gmp = "{type: External, external: {metric: {name: \"prometheus.googleapis.com|orders|gauge\"}, target: {type: \
               AverageValue, averageValue: \"20\"}}}";
    let report_of = |objects: &str| report(&shop("", "", objects));
    let known = report_of(&scaler(&format!("maxReplicas: 5\n  metrics: [{gmp}]")));
    assert!(known["plain"] == 1 && known["left"] == json!([]), "{known}");
    let budget = |least: &str| {
        format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web, namespace: shop}}\nspec: \
             {{selector: {{matchLabels: {{app: web}}}}, minAvailable: {least}}}\n"
        )
    };
    let large = scaler("maxReplicas: 20000");
    for (objects, kinds) in [
        (large.clone(), vec!["HorizontalPodAutoscaler"]),
        (budget("200000"), vec!["PodDisruptionBudget"]),
        (large.clone() + &budget("200000"), vec!["PodDisruptionBudget", "HorizontalPodAutoscaler"]),
        (large + &budget("50%"), vec!["HorizontalPodAutoscaler"]),
    ] {
        let report = report_of(&objects);
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{objects} {report}");
        let left: Vec<&str> =
            report["left"].as_array().unwrap().iter().filter_map(|one| one["object"].as_str()).collect();
        assert_eq!(left.len(), kinds.len(), "{left:?}");
        assert!(kinds.iter().all(|kind| left.contains(&format!("{kind}/web").as_str())), "{left:?}");
        assert_eq!(text(&report).contains("scaled: true"), kinds.contains(&"HorizontalPodAutoscaler"), "{report}");
        assert_eq!(text(&report).contains("budget: {available: 50%}"), objects.contains("50%"), "{report}");
    }
}

/// A token that a container beside the app has, and the app has not, stays where it is.
#[test]
fn rights_go_to_the_container_that_has_the_token() {
    let token = "[{serviceAccountToken: {path: token}}, {configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}}, \
                 {downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}}]";
    let manifest = |volume: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: \
             {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
             serviceAccountName: web\n      automountServiceAccountToken: false\n      containers:\n      - {{name: web, image: \
             \"registry.example.com/web:1\", ports: [{{containerPort: 8080}}]}}\n      - {{name: watcher, image: \
             \"registry.example.com/watcher:1\", volumeMounts: [{{name: {volume}, mountPath: \
             /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}}]}}\n      volumes: [{{name: {volume}, projected: \
             {{sources: {token}}}}}]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: \
             shop}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: web, namespace: \
             shop}}\nrules: [{{apiGroups: [\"\"], resources: [secrets], verbs: [get, list]}}]\n---\napiVersion: \
             rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: web, namespace: shop}}\nroleRef: {{apiGroup: \
             rbac.authorization.k8s.io, kind: Role, name: web}}\nsubjects: [{{kind: ServiceAccount, name: web, namespace: shop}}]\n"
        )
    };
    let holders = |manifests: &str| {
        let run = patterns_with(&["read", "-"], manifests.as_bytes());
        let objects: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let pod = objects.iter().find_map(|object| object.pointer("/spec/template/spec")).expect("a Pod").clone();
        assert_eq!(pod["automountServiceAccountToken"], false);
        let lists = [&pod["initContainers"], &pod["containers"]];
        let containers = lists.into_iter().filter_map(Value::as_array).flatten();
        let is_holder = |container: &&Value| container["volumeMounts"].to_string().contains("serviceaccount\"");
        containers.filter(is_holder).map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for volume in ["sa", "app-token"] {
        let said = report(&manifest(volume));
        let described = document(&said);
        assert!(described["app"]["rights"].is_null(), "{described}");
        assert_eq!(described["use"][0]["container"]["rights"], json!([{"secrets": ["get", "list"]}]), "{described}");
        let run = generate(text(&said));
        assert_eq!(run.code, 0, "{}\n{}", text(&said), run.stderr);
        assert_eq!(holders(&run.stdout), ["watcher"], "{}", run.stdout);
        let again = report(&run.stdout);
        assert_eq!(holders(&generate(text(&again)).stdout), ["watcher"]);
    }
    // what is generated comes back without a patch
    let made = generate(
        "patterns: v1\nname: shop\nnamespace: shop\napp: {image: \"registry.example.com/web:1\", port: 8080}\nuse:\n  - container: \
         {as: watcher, image: \"registry.example.com/watcher:1\", rights: [{pods: [get]}]}\n",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let said = report(&made.stdout);
    assert_eq!(said["plain"], 1, "{said}");
    assert_eq!(holders(&generate(text(&said)).stdout), ["watcher"]);
}

/// One volume that a container mounts in several folders shows other files in each: newer charts of Bitnami have one for
/// all that an app writes.
#[test]
fn folders_of_one_volume_are_volumes() {
    let volumes = "      volumes: [{name: empty-dir, emptyDir: {}}]\n";
    let mounts = |subs: &str| {
        format!(
            ", volumeMounts: [{{name: empty-dir, mountPath: /tmp, subPath: tmp-dir}}, {{name: empty-dir, mountPath: \
             /opt/web/conf, subPath: {subs}}}]"
        )
    };
    for sub in ["conf-dir", "tmp-dir2", "a/tmp-dir"] {
        let report = report(&shop(&mounts(sub), volumes, ""));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{sub}: {report}");
        assert_eq!(report["left"], json!([]), "{sub}: {report}");
        let made = documents(&generate(text(&report)).stdout);
        let own = made.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        let mounted = &own["spec"]["template"]["spec"]["containers"][0]["volumeMounts"];
        let at = |path: &str| {
            let mount = mounted.as_array().unwrap().iter().find(|mount| mount["mountPath"] == path);
            (mount.unwrap()["name"].clone(), mount.unwrap()["subPath"].clone())
        };
        let (tmp, conf) = (at("/tmp"), at("/opt/web/conf"));
        assert!(tmp != conf && conf.1 == sub, "{sub}: {mounted}");
    }
    // `${…}` is another program's here, too
    let report_of_hole = report(&shop(&mounts("\"a${V}\""), volumes, ""));
    assert_eq!(report_of_hole["left"], json!([]), "{report_of_hole}");
    assert!(generate(text(&report_of_hole)).stdout.contains("subPath: a${V}"), "{report_of_hole}");
    // beside a folder that two containers share
    let init = "      initContainers: [{name: first, image: \"registry.example.com/first:1\", volumeMounts: [{name: empty-dir, \
                mountPath: /out, subPath: tmp-dir}]}]\n";
    let report_of_shared = report(&shop(&mounts("conf-dir"), &format!("{init}{volumes}"), ""));
    assert_eq!(report_of_shared["left"], json!([]), "{report_of_shared}");
    // the same files in two folders
    for sub in ["tmp-dir", "tmp-dir/inside", "./tmp-dir", "tmp-dir//", "tmp-dir/./inside"] {
        let report = report(&shop(&mounts(sub), volumes, ""));
        assert!(left(&report).contains("Deployment/web"), "{sub}: {report}");
    }
}

/// `${…}` is filled in by another program, wherever it is.
#[test]
fn variables_of_other_programs_stay() {
    let pod = "      dnsConfig: {searches: [\"svc.${DOMAIN}\"]}\n";
    // some of them no key of a description may hold
    let patched = "      schedulerName: \"${SCHEDULER}\"\n      hostname: \"${HOST}\"\n";
    let budget = |name: &str| {
        format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}, namespace: shop, annotations: \
             {{example.com/at: \"${{DOMAIN}}\"}}}}\nspec: {{maxUnavailable: 1, selector: {{matchLabels: {{app: web}}}}}}\n"
        )
    };
    let budgets = budget("one") + &budget("two");
    for (pod, beside) in [(pod, ""), (patched, ""), ("", &budgets)] {
        let report = report(&shop(", args: [\"--domain=${DOMAIN}\"]", pod, beside));
        assert_eq!((&report["left"], &report["fields"]["lost"]), (&json!([]), &json!(0)), "{report}");
        let run = generate(text(&report));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("${") && !run.stdout.contains("$${"), "{}", run.stdout);
    }
    // a label's value, whose form is checked, has to be there
    for (pod, hole) in [
        ("      nodeSelector: {zone: \"${ZONE}\"}\n", "`${ZONE}` has to be filled in first"),
        (
            "      tolerations: [{key: pool, value: \"a.${POOL}\", effect: NoSchedule}]\n",
            "`${POOL}` has to be filled in",
        ),
    ] {
        let report = report(&shop("", pod, ""));
        assert!(left(&report).contains(hole), "{report}");
    }
    let named = ", env: [{name: A, valueFrom: {secretKeyRef: {name: $(SECRET), key: a}}}]";
    let report = report(&shop(named, "", ""));
    assert!(left(&report).contains("`$(SECRET)` has to be filled in first"), "{report}");
}

/// A number in TCP and in UDP is two ports, whichever of them the container declares: DNS, and servers of games.
#[test]
fn one_number_in_tcp_and_udp_is_two_ports() {
    let tcp = "{containerPort: 7777}";
    let both = "{containerPort: 7777}, {containerPort: 7777, protocol: UDP}";
    let udp = "{containerPort: 7777, protocol: UDP}";
    let named = "{containerPort: 7777, name: main}, {containerPort: 7777, protocol: UDP, name: other}";
    for kind in ["Deployment", "StatefulSet"] {
        for declared in ["", tcp, udp, both, named] {
            for ports in [
                "[{port: 7777, name: tcp}, {port: 7777, protocol: UDP, name: udp}]",
                "[{port: 7777, protocol: UDP, name: one}, {port: 7777, name: two}]",
            ] {
                let manifests = format!(
                    "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n  selector: {{matchLabels: {{app: a}}}}\n  \
                     template:\n    metadata: {{labels: {{app: a}}}}\n    spec:\n      containers: [{{name: a, image: \
                     \"registry.example.com/a:1\", ports: [{declared}]}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: \
                     a}}\nspec: {{selector: {{app: a}}, ports: {ports}}}\n"
                );
                let report = report(&manifests);
                let result = (&report["left"], &report["fields"]["lost"], &report["imported"]);
                assert_eq!(result, (&json!([]), &json!(0), &json!(1)), "{manifests}{report}");
                let made = documents(&generate(text(&report)).stdout);
                let service = made.iter().find(|object| object["kind"] == "Service").expect("a Service");
                let protocols: Vec<&str> = service["spec"]["ports"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|port| port["protocol"].as_str().unwrap_or("TCP"))
                    .collect();
                assert!(protocols.contains(&"TCP") && protocols.contains(&"UDP"), "{service}");
            }
        }
    }
}

/// Of two variables of one name the kubelet gives the last, and a limit of zero is none.
#[test]
fn what_has_no_effect_keeps_nothing_from_being_imported() {
    let env = ", env: [{name: A, value: one}, {name: B, value: x}, {name: A, value: two}]";
    let report_of = |container: &str| report(&shop(container, "", ""));
    let twice = report_of(env);
    assert_eq!((&twice["left"], &twice["imported"]), (&json!([]), &json!(1)), "{twice}");
    assert_eq!(document(&twice)["app"]["env"], json!({"A": "two", "B": "x"}), "{twice}");
    // the first one is what the variable between them gets
    let between = report_of(", env: [{name: A, value: one}, {name: B, value: $(A)}, {name: A, value: two}]");
    assert_eq!(between["imported"], json!(0), "{between}");
    for resources in [
        "limits: {cpu: \"0\", memory: \"0\"}, requests: {cpu: \"0\", memory: \"0\"}",
        "limits: {cpu: 0}, requests: {cpu: 100m, memory: 1Gi}",
    ] {
        let zero = report_of(&format!(", resources: {{{resources}}}"));
        assert_eq!((&zero["left"], &zero["imported"]), (&json!([]), &json!(1)), "{zero}");
        assert!(document(&zero)["app"]["resources"]["limit"] == json!(false), "{zero}");
    }
    for resources in [
        "limits: {nvidia.com/gpu: 0}",
        "limits: {nvidia.com/gpu: \"0\", cpu: \"2\", memory: 1Gi}, requests: {cpu: \"1\", memory: 1Gi}",
        "limits: {amd.com/gpu: 0}, requests: {amd.com/gpu: 0}",
        "limits: {habana.ai/gaudi: 0k}",
        "limits: {example.com/a: 0, example.com/b: 0}",
    ] {
        let none = report_of(&format!(", resources: {{{resources}}}"));
        assert_eq!((&none["left"], &none["imported"]), (&json!([]), &json!(1)), "{none}");
        let resources = document(&none)["app"]["resources"].to_string();
        assert!(none.to_string().contains("a container has none of it anyway") && !resources.contains('/'), "{none}");
    }
    let beside = report_of(", resources: {limits: {example.com/a: 0, example.com/b: 2}}");
    let document = document(&beside);
    let resources = &document["app"]["resources"];
    assert_eq!((&resources["example.com/a"], &resources["example.com/b"]), (&Value::Null, &json!(2)), "{beside}");
}

/// A Service with ports of the nodes governs a StatefulSet of several replicas: all of it is said.
#[test]
fn a_service_on_the_nodes_governs_a_set() {
    for (kind, replicas, first, second) in [
        ("NodePort", 3, ", nodePort: 31672", ", nodePort: 30672"),
        ("NodePort", 3, "", ", nodePort: 30672"),
        ("NodePort", 2, ", nodePort: 31672", ""),
        ("LoadBalancer", 3, ", nodePort: 31672", ", nodePort: 30672"),
        ("LoadBalancer", 3, "", ""),
        ("NodePort", 1, ", nodePort: 31672", ", nodePort: 30672"),
    ] {
        let manifests = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: queue}}\nspec:\n  type: {kind}\n  selector: {{app: queue}}\n  \
             ports:\n  - {{name: http, port: 15672, targetPort: 15672{first}}}\n  - {{name: amqp, port: 5672, targetPort: \
             amqp{second}}}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: queue}}\nspec:\n  serviceName: \
             queue\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: queue}}}}\n  template:\n    metadata: {{labels: \
             {{app: queue}}}}\n    spec:\n      containers:\n      - {{name: queue, image: \"registry.example.com/queue:1\", \
             ports: [{{name: http, containerPort: 15672}}, {{name: amqp, containerPort: 5672}}]}}\n"
        );
        let report = report(&manifests);
        assert_eq!((&report["left"], &report["fields"]["lost"]), (&json!([]), &json!(0)), "{manifests}{report}");
        let made = documents(&generate(text(&report)).stdout);
        let service = made.iter().find(|object| object["kind"] == "Service").unwrap_or_else(|| panic!("{made:?}"));
        assert_eq!(service["spec"]["type"], kind, "{service}");
        assert!(service["spec"]["clusterIP"].is_null(), "{service}");
        let ports = service["spec"]["ports"].as_array().cloned().unwrap_or_default();
        for (number, node) in [(15672, first), (5672, second)] {
            let port = ports.iter().find(|port| port["port"] == number).unwrap_or_else(|| panic!("{service}"));
            let node = node.rsplit(' ').next().and_then(|node| node.parse::<u64>().ok());
            assert_eq!(port["nodePort"].as_u64(), node, "{service}");
        }
    }
}

/// Tools write annotations and labels, and read others with the same beginning that people write.
#[test]
fn what_people_tell_flux_stays() {
    const TOLD: [(&str, &str); 7] = [
        ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
        ("kustomize.toolkit.fluxcd.io/reconcile", "disabled"),
        ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent"),
        ("kustomize.toolkit.fluxcd.io/force", "enabled"),
        ("kustomize.toolkit.fluxcd.io/substitute", "disabled"),
        ("helm.toolkit.fluxcd.io/driftDetection", "disabled"),
        // no label has such a value
        ("config.kubernetes.io/depends-on", "/namespaces/a/Service/b"),
    ];
    const OWN: [(&str, &str); 5] = [
        ("kustomize.toolkit.fluxcd.io/checksum", "abc"),
        ("kustomize.toolkit.fluxcd.io/name", "apps"),
        ("helm.toolkit.fluxcd.io/namespace", "flux-system"),
        ("config.kubernetes.io/index", "0"),
        ("reconcile.fluxcd.io/requestedAt", "2026-01-01"),
    ];
    for (map, told, own) in [("annotations", &TOLD[..], &OWN[..]), ("labels", &TOLD[..6], &OWN[1..3])] {
        let pairs: Vec<String> = told.iter().chain(own).map(|(key, value)| format!("{key}: \"{value}\"")).collect();
        let marked = format!("metadata: {{{map}: {{{}}}, name: web", pairs.join(", "));
        let said = report(&shop("", "", "").replace("metadata: {name: web", &marked));
        assert_eq!((&said["imported"], &said["fields"]["lost"]), (&json!(1), &json!(0)), "{said}");
        let made = documents(&generate(text(&said)).stdout);
        for kind in ["Deployment", "Service"] {
            let object = made.iter().find(|object| object["kind"] == kind).expect(kind);
            let there = &object["metadata"][map];
            for (key, value) in told {
                assert_eq!(there[key], *value, "{kind} {key}: {object}");
            }
            for (key, _) in own {
                assert_eq!(there[key], Value::Null, "{kind} {key}: {object}");
            }
        }
    }
}

/// Where `kubectl logs` and `kubectl exec` go, if that is not the app.
#[test]
fn the_container_that_kubectl_chooses_stays() {
    const DEFAULT: &str = "kubectl.kubernetes.io/default-container";
    const LOGS: &str = "kubectl.kubernetes.io/default-logs-container";
    let template = |kind: &str, metadata: &str| {
        let template = format!(
            "template: {{metadata: {{labels: {{app: web}}{metadata}}}, spec: {{containers: [{{name: main, image: \
             \"registry.example.com/web:1\", ports: [{{containerPort: 8080}}]}}, {{name: beside, image: \
             \"registry.example.com/beside:1\"}}]RESTART}}}}"
        );
        let (version, spec) = match kind {
            "CronJob" => ("batch/v1", format!("{{schedule: \"0 3 * * *\", jobTemplate: {{spec: {{{template}}}}}}}")),
            "Job" => ("batch/v1", format!("{{{template}}}")),
            "StatefulSet" => {
                ("apps/v1", format!("{{serviceName: web, selector: {{matchLabels: {{app: web}}}}, {template}}}"))
            }
            _ => ("apps/v1", format!("{{selector: {{matchLabels: {{app: web}}}}, {template}}}")),
        };
        let restart = if version == "batch/v1" { ", restartPolicy: Never" } else { "" };
        let spec = spec.replace("RESTART", restart);
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {spec}\n")
    };
    let annotations = |pairs: &[(&str, &str)]| {
        let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!(", annotations: {{{}}}", pairs.join(", "))
    };
    let app = json!("main");
    let cases = [
        (annotations(&[(DEFAULT, "beside")]), json!("beside"), Value::Null),
        (annotations(&[(DEFAULT, "main")]), app.clone(), Value::Null),
        // what is injected later
        (annotations(&[(DEFAULT, "istio-proxy")]), json!("istio-proxy"), Value::Null),
        // the newer one counts
        (annotations(&[(DEFAULT, "beside"), (LOGS, "main")]), json!("beside"), app.clone()),
        (annotations(&[(DEFAULT, "main"), (LOGS, "beside")]), app.clone(), json!("beside")),
        (annotations(&[(LOGS, "main")]), app.clone(), app.clone()),
        // beside one that names the app, this would not be looked at
        (annotations(&[(LOGS, "beside")]), Value::Null, json!("beside")),
        (String::new(), app, Value::Null),
    ];
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"] {
        for (metadata, default, logs) in &cases {
            let said = report(&template(kind, metadata));
            assert_eq!((&said["imported"], &said["fields"]["lost"]), (&json!(1), &json!(0)), "{said}");
            let run = generate(text(&said));
            let made = documents(&run.stdout);
            let object = made.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("{}", run.stderr));
            let way = if kind == "CronJob" { "/spec/jobTemplate/spec/template" } else { "/spec/template" };
            let there = &object.pointer(way).unwrap()["metadata"]["annotations"];
            assert_eq!((&there[DEFAULT], &there[LOGS]), (default, logs), "{kind} {metadata}: {there}\n{}", text(&said));
        }
    }
    // on the workload, no program looks at it
    let named = format!("metadata: {{annotations: {{{DEFAULT}: beside}}, name: web}}");
    let said = report(&template("Deployment", "").replace("metadata: {name: web}", &named));
    assert_eq!(document(&said)["annotations"]["workload"][DEFAULT], "beside", "{said}");
}

#[test]
fn volumes_that_people_write_are_named() {
    let volume = |metadata: &str, claim: &str, rest: &str| {
        format!(
            "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: web, annotations: \
             {{pv.kubernetes.io/provisioned-by: driver.longhorn.io}}{metadata}}}\nspec: {{capacity: {{storage: 5Gi}}, \
             accessModes: [ReadWriteOnce], claimRef: {{name: web, namespace: shop{claim}}}, csi: {{driver: \
             driver.longhorn.io, volumeHandle: web}}}}\n{rest}"
        )
    };
    let own = left(&report(&shop("", "", &volume("", "", ""))));
    assert!(own.contains("PersistentVolume/web"), "{own}");
    let uid = ", uid: 0b7a3c1e-0000-4000-8000-000000000001";
    for of_cluster in [volume(uid, "", ""), volume("", uid, ""), volume("", "", "status: {phase: Bound}\n")] {
        let said = report(&shop("", "", &of_cluster));
        assert!(!left(&said).contains("PersistentVolume"), "{said}");
    }
}

/// What Flux or `envsubst` fills in later stays as it is where the API server takes any text.
#[test]
fn storage_that_is_filled_in_later_stays() {
    let set = |class: &str, mount: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db, namespace: shop}}\nspec:\n  serviceName: db\n  \
             selector: {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec: \
             {{containers: [{{name: db, image: \"registry.example.com/db:1\", volumeMounts: [{{name: data, {mount}}}]}}]}}\n  \
             volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], storageClassName: \
             \"{class}\", resources: {{requests: {{storage: 1Gi}}}}}}}}{more}]\n"
        )
    };
    let second = ", {metadata: {name: more}, spec: {accessModes: [ReadWriteOnce], storageClassName: \"${B}\", resources: \
                  {requests: {storage: 2Gi}}}}";
    let claim = |class: &str| {
        shop(
            ", volumeMounts: [{name: d, mountPath: /d}]",
            "      volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]\n",
            &format!(
                "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: d, namespace: shop}}\nspec: \
                 {{accessModes: [ReadWriteOnce], storageClassName: \"{class}\", resources: {{requests: {{storage: 1Gi}}}}}}\n"
            ),
        )
    };
    for (manifests, holes) in [
        (set("${CLASS}", "mountPath: /data", ""), vec!["${CLASS}"]),
        (set("${CLASS:-fast}", "mountPath: /data", ""), vec!["${CLASS:-fast}"]),
        (set("pre-${CLASS}", "mountPath: /data", ""), vec!["pre-${CLASS}"]),
        (set("${A}-${B}", "mountPath: /data", ""), vec!["${A}-${B}"]),
        (set("fast", "mountPath: \"/data/${SUB}\"", ""), vec!["/data/${SUB}"]),
        (set("fast", "mountPath: /data, subPath: \"${SUB}\"", ""), vec!["subPath: ${SUB}"]),
        (set("${A}", "mountPath: /data, subPath: \"x/${SUB}\"", ""), vec!["${A}", "x/${SUB}"]),
        (set("fast", "mountPath: /data", second), vec!["${B}"]),
        (set("${A}", "mountPath: /data", second), vec!["${A}", "${B}"]),
        (claim("${CLASS}"), vec!["${CLASS}"]),
    ] {
        let report = report(&manifests);
        assert_eq!((&report["left"], &report["fields"]["lost"]), (&json!([]), &json!(0)), "{report}");
        let run = generate(text(&report));
        assert!(run.code == 0 && !run.stdout.contains("$${"), "{}{}", run.stdout, run.stderr);
        for hole in holes {
            assert!(run.stdout.contains(hole), "{hole}: {}", run.stdout);
        }
    }
}

/// The kubelet begins a path with `/` that has none.
#[test]
fn a_mount_without_a_slash_is_at_the_root() {
    for (path, absolute) in [
        ("usr/share/web", "/usr/share/web"),
        ("data", "/data"),
        ("data/", "/data"),
        ("etc/web.conf", "/etc/web.conf"),
        (".config", "/.config"),
        ("0", "/0"),
        ("/data", "/data"),
        ("data/${SUB}", "/data/${SUB}"),
    ] {
        for volume in [
            "configMap: {name: settings}",
            "emptyDir: {}",
            "persistentVolumeClaim: {claimName: d}",
            "secret: {secretName: s}",
        ] {
            let mounts = format!(", volumeMounts: [{{name: v, mountPath: \"{path}\"}}]");
            let pod = format!("      volumes: [{{name: v, {volume}}}]\n");
            let report = report(&shop(&mounts, &pod, ""));
            assert_eq!((&report["left"], &report["fields"]["lost"]), (&json!([]), &json!(0)), "{report}");
            let run = generate(text(&report));
            assert!(run.stdout.contains(&format!("mountPath: {absolute}\n")), "{path}: {}{}", run.stdout, run.stderr);
        }
    }
    // what begins with a variable may be absolute, and Windows has drives
    for path in ["${DIR}/x", "C:\\\\data"] {
        let mounts = format!(", volumeMounts: [{{name: v, mountPath: \"{path}\"}}]");
        let report = report(&shop(&mounts, "      volumes: [{name: v, configMap: {name: settings}}]\n", ""));
        assert!(left(&report).contains("Deployment/web") || text(&report).contains(path), "{report}");
    }
}

/// What has no namespace beside workloads of `default` is applied to that, too.
#[test]
fn objects_without_a_namespace_are_with_workloads_of_the_default_one() {
    let workload = |kind: &str, namespace: &str| {
        let service = if kind == "StatefulSet" { "serviceName: web, " } else { "" };
        format!(
            "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web{namespace}}}\nspec: {{{service}selector: {{matchLabels: \
             {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: web, image: \
             \"registry.example.com/web:1\", ports: [{{containerPort: 8080}}], envFrom: [{{configMapRef: {{name: \
             settings}}}}]}}]}}}}}}\n"
        )
    };
    let around = |namespace: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web{namespace}}}\nspec: {{type: LoadBalancer, selector: {{app: web}}, \
             ports: [{{port: 80, targetPort: 8080}}]}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: \
             settings{namespace}}}\ndata: {{A: b}}\n"
        )
    };
    for kind in ["Deployment", "StatefulSet", "DaemonSet"] {
        let default = ", namespace: default";
        for (own, others) in [(default, ""), (default, default), ("", "")] {
            let said = report(&(workload(kind, own) + &around(others)));
            assert_eq!((&said["left"], &said["fields"]["lost"]), (&json!([]), &json!(0)), "{said}");
            let made = documents(&generate(text(&said)).stdout);
            let services: Vec<&Value> = made.iter().filter(|object| object["kind"] == "Service").collect();
            let [service] = services.as_slice() else { panic!("{kind}: {}", text(&said)) };
            assert_eq!(service["spec"]["type"], "LoadBalancer", "{service}");
            let namespace = if own.is_empty() { Value::Null } else { json!("default") };
            assert_eq!(service["metadata"]["namespace"], namespace, "{service}");
            assert_eq!(made.iter().filter(|object| object["kind"] == "ConfigMap").count(), 1, "{}", text(&said));
        }
        // of another namespace it may be anyone's, and is wherever it is applied
        let said = report(&(workload(kind, ", namespace: shop") + &around("")));
        assert!(left(&said).contains("Service/web") && left(&said).contains("ConfigMap/settings"), "{said}");
    }
}
