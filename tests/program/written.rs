//! What is written in a description stays as it is: labels beside an adopted selector, names whatever the order of keys.
//! And what a container beside the app may do.

use crate::support::{documents, generate};
use serde_json::{Value, json};

fn objects(description: &str) -> Vec<Value> {
    let run = generate(description);
    assert_eq!(run.code, 0, "{description}\n{}", run.stderr);
    documents(&run.stdout)
}

fn of(description: &str, kind: &str, pointer: &str) -> Value {
    let objects = objects(description);
    let object = objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    object.pointer(pointer).cloned().unwrap_or_default()
}

#[test]
fn labels_that_are_written_stay_beside_an_adopted_selector() {
    let document = |more: &str| {
        format!(
            "patterns: v1\nname: web\napp: {{image: \"registry.example.com/web:1\", port: 8080, health: /h}}\nadopt: \
             {{selector: {{app: web, tier: front}}}}\n{more}\n"
        )
    };
    let (own, adopted) = (json!({"app.kubernetes.io/name": "web"}), json!({"app": "web", "tier": "front"}));
    let pods = "/spec/template/spec";
    for (more, kind, pointer, expected) in [
        (
            "isolate: {from: [\"pods/app.kubernetes.io/name=web\"]}",
            "NetworkPolicy",
            "/spec/ingress/0/from/0/podSelector/matchLabels".to_owned(),
            &own,
        ),
        (
            "isolate: {to: [\"pods/app.kubernetes.io/name=web:80\"]}",
            "NetworkPolicy",
            "/spec/egress/0/to/0/podSelector/matchLabels".to_owned(),
            &own,
        ),
        (
            "isolate: {from: [\"namespace/a/pods/app.kubernetes.io/name=web\"]}",
            "NetworkPolicy",
            "/spec/ingress/0/from/0/podSelector/matchLabels".to_owned(),
            &own,
        ),
        // the document itself goes by what it has adopted
        (
            "isolate: {from: [web]}",
            "NetworkPolicy",
            "/spec/ingress/0/from/0/podSelector/matchLabels".to_owned(),
            &adopted,
        ),
        ("isolate: true", "NetworkPolicy", "/spec/podSelector/matchLabels".to_owned(), &adopted),
        (
            "place: {apart: [{labels: {app.kubernetes.io/name: web}}]}",
            "Deployment",
            format!(
                "{pods}/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0/labelSelector/matchLabels"
            ),
            &own,
        ),
        (
            "place: {near: [{labels: {app.kubernetes.io/name: web}, prefer: 10}]}",
            "Deployment",
            format!(
                "{pods}/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm/labelSelector/matchLabels"
            ),
            &own,
        ),
        (
            "place: {spread: [{over: zone, labels: {app.kubernetes.io/name: web}}]}",
            "Deployment",
            format!("{pods}/topologySpreadConstraints/0/labelSelector/matchLabels"),
            &own,
        ),
        (
            "place: {spread: [zone]}",
            "Deployment",
            format!("{pods}/topologySpreadConstraints/0/labelSelector/matchLabels"),
            &adopted,
        ),
        ("", "Deployment", format!("{pods}/topologySpreadConstraints/0/labelSelector/matchLabels"), &adopted),
        (
            "place: {apart: true}",
            "Deployment",
            format!(
                "{pods}/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0/labelSelector/matchLabels"
            ),
            &adopted,
        ),
        ("", "Deployment", "/spec/selector/matchLabels".to_owned(), &adopted),
        ("", "Service", "/spec/selector".to_owned(), &adopted),
        ("", "PodDisruptionBudget", "/spec/selector/matchLabels".to_owned(), &adopted),
    ] {
        assert_eq!(of(&document(more), kind, &pointer), *expected, "{more}");
    }
}

/// The names of the objects of a kind that a description makes.
fn names(description: &str, kind: &str) -> Vec<Value> {
    let of_kind = objects(description).into_iter().filter(|object| object["kind"] == kind);
    of_kind.map(|object| object["metadata"]["name"].clone()).collect()
}

#[test]
fn the_order_of_keys_names_no_other_job() {
    let job = |app: &str, more: &str| {
        format!(
            "patterns: v1\nname: migrate\napp: {{image: \"registry.example.com/shop:1\", command: [rake, \"db:migrate\"]{app}}}\n\
             shape: {{job: {{}}}}\n{more}"
        )
    };
    let (a, b) = ("a: {secret: keys, mount: /a}", "b: {configmap: conf, mount: /b}");
    for (one, other) in [
        (job(&format!(", volumes: {{{a}, {b}}}"), ""), job(&format!(", volumes: {{{b}, {a}}}"), "")),
        (job(", writable: [/a, /b]", ""), job(", writable: [/b, /a]", "")),
        (job(", env: {A: u, B: v}", ""), job(", env: {B: v, A: u}", "")),
        // written in the order in which they refer to each other
        (job(", env: {A: u, B: $(A)}", ""), job(", env: {B: $(A), A: u}", "")),
        (job("", "labels: {a: u, b: v}\n"), job("", "labels: {b: v, a: u}\n")),
        (job("", "annotations: {pod: {a/b: u, c/d: v}}\n"), job("", "annotations: {pod: {c/d: v, a/b: u}}\n")),
        (
            job(", resources: {cpu: 1, memory: 1Gi, limit: {cpu: 1, memory: 2Gi}}", ""),
            job(", resources: {limit: {memory: 2Gi, cpu: 1000m}, memory: 1024Mi, cpu: 1}", ""),
        ),
    ] {
        assert_eq!(names(&one, "Job"), names(&other, "Job"), "{one}\n{other}");
        // a server takes a Job of a known name only if it is the same to the last item; quantities are compared by value
        let jobs = |description: &str| -> Vec<Value> {
            let mut jobs = objects(description);
            jobs.retain(|object| object["kind"] == "Job");
            for job in &mut jobs {
                job["spec"]["template"]["spec"]["containers"][0]["resources"].take();
            }
            jobs
        };
        assert_eq!(jobs(&one), jobs(&other), "{one}\n{other}");
    }
    for (one, other) in [
        (job(", args: [a, b]", ""), job(", args: [b, a]", "")),
        (job(&format!(", volumes: {{{a}}}"), ""), job(&format!(", volumes: {{{b}}}"), "")),
    ] {
        assert_ne!(names(&one, "Job"), names(&other, "Job"), "{one}\n{other}");
    }
}

#[test]
fn the_order_of_keys_names_no_other_configmap() {
    let web = |more: &str| {
        format!(
            "patterns: v1\nname: web\napp: {{image: \"registry.example.com/web:1\", port: 8080, health: /h}}\n{more}"
        )
    };
    let (a, b) = ("/var/log/web/a.log: json", "/var/log/shop/b.log: text");
    let (x, y) = ("x: {a: \"1\", b: \"2\"}", "z: {c: \"3\"}");
    let config = |maps: &str| {
        web("").replace("health: /h", "health: /h, envFrom: [configmap/x, configmap/z]")
            + &format!("configmaps: {{{maps}}}\n")
    };
    for engine in ["fluent-bit", "fluentd"] {
        let logs = |files: &str| web(&format!("use: [{{logs: {{files: {{{files}}}, engine: {engine}}}}}]\n"));
        let (one, other) = (logs(&format!("{a}, {b}")), logs(&format!("{b}, {a}")));
        assert_eq!(names(&one, "ConfigMap"), names(&other, "ConfigMap"), "{engine}");
        assert_eq!(generate(&one).stdout, generate(&other).stdout, "{engine}");
    }
    let hash = |description: &str| of(description, "Deployment", "/spec/template/metadata/annotations");
    assert_eq!(hash(&config(&format!("{x}, {y}"))), hash(&config(&format!("{y}, {x}"))));
    assert_eq!(hash(&config(&format!("{x}, {y}"))), hash(&config(&format!("x: {{b: \"2\", a: \"1\"}}, {y}"))));
    let more = "x: {a: \"1\", b: \"3\"}";
    assert_ne!(hash(&config(&format!("{x}, {y}"))), hash(&config(&format!("{more}, {y}"))));
}

fn shop(app: &str, container: &str) -> String {
    format!(
        "patterns: v1\nname: shop\nnamespace: shop\napp: {{image: \"registry.example.com/shop:1\", port: 8080, health: \
         /h{app}}}\nuse: [{{container: {{as: helper, image: \"registry.example.com/helper:1\"{container}}}}}]\n"
    )
}

/// The containers that have the token of the Pod's account.
fn holders(description: &str) -> Vec<String> {
    let spec = of(description, "Deployment", "/spec/template/spec");
    let lists = ["initContainers", "containers"].into_iter().filter_map(|list| spec[list].as_array());
    let has_token = |container: &&Value| {
        let mounts = container["volumeMounts"].as_array().into_iter().flatten();
        mounts.filter(|mount| mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount").count() == 1
    };
    lists.flatten().filter(has_token).map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_container_with_rights_has_the_token() {
    let (reviews, pods) =
        ("cluster-rights: [{tokenreviews.authentication.k8s.io: [create]}]", "rights: [{pods: [get]}]");
    for (app, container, expected) in [
        ("", "", vec![]),
        ("", pods, vec!["helper"]),
        ("", reviews, vec!["helper"]),
        (pods, "", vec!["shop"]),
        (pods, pods, vec!["helper", "shop"]),
        (pods, reviews, vec!["helper", "shop"]),
        ("", "before: false, rights: [{pods: [get]}]", vec!["helper"]),
        ("", "rights: [{pods: [get]}], user: 65532", vec!["helper"]),
    ] {
        let with = |keys: &str| if keys.is_empty() { String::new() } else { format!(", {keys}") };
        assert_eq!(holders(&shop(&with(app), &with(container))), expected, "{app} | {container}");
    }
    let both = shop(", rights: [{pods: [get]}]", ", rights: [{pods: [get]}, {services: [list]}]");
    let rules = of(&both, "Role", "/rules");
    assert_eq!(rules.as_array().unwrap().len(), 2, "{rules}");
    let bound = of(&shop("", &format!(", {reviews}")), "ClusterRoleBinding", "/subjects/0");
    assert_eq!(bound, json!({"kind": "ServiceAccount", "name": "shop", "namespace": "shop"}));
}

#[test]
fn wrong_rights_of_a_container_are_shown() {
    for (description, word) in [
        (shop("", ", account: robot"), "adopt: {token: true} mounts its token in all containers"),
        (shop(", account: robot", ", rights: [{pods: [get]}]"), "`account` names an account that is not created here"),
        (shop("", ", rights: [{pod: [get]}]"), "did you mean `pods`?"),
        (shop("", ", rights: [{nodes: [get]}]"), "write it under `cluster-rights`"),
        (
            shop("", ", cluster-rights: [{nodes: [get]}]").replace("namespace: shop\n", ""),
            "`cluster-rights` needs `namespace`",
        ),
    ] {
        let run = generate(&description);
        assert!(run.code == 2 && run.stderr.contains(word), "{description}\n{}", run.stderr);
    }
}

#[test]
fn a_program_without_the_token_that_it_needs_is_named() {
    let proxy = |keys: &str| {
        let image = "image: \"quay.io/brancz/kube-rbac-proxy:v0.18.0\"";
        shop("", keys).replace("image: \"registry.example.com/helper:1\"", image)
    };
    let warned = |description: &str| {
        let run = generate(description);
        assert_eq!(run.code, 0, "{description}\n{}", run.stderr);
        run.stderr.contains("needs a token for the API server")
    };
    assert!(warned(&proxy("")));
    assert!(warned(&proxy(", args: [\"--upstream=http://127.0.0.1:8080/\"]")));
    assert!(warned(&proxy(", before: false")));
    assert!(!warned(&proxy(", rights: [{pods: [get]}]")));
    assert!(!warned(&proxy(", args: [\"--kubeconfig=/etc/k\"]")));
    assert!(!warned(&proxy(", args: [--kubeconfig, /etc/k]")));
    assert!(!warned(&(proxy("") + "adopt: {token: true}\n")));
    assert!(!warned(&shop("", "")));
    let app = |image: &str, keys: &str| {
        format!("patterns: v1\nname: a\nnamespace: shop\napp: {{image: \"{image}\", writable: all{keys}}}\n")
    };
    for (image, keys, expected) in [
        ("bitnami/kubectl:1.33", ", args: [get, pods, -w]", true),
        ("bitnami/kubectl:1.33", ", command: [kubectl, get, pods]", true),
        ("bitnami/kubectl:1.33", ", command: [/bin/sh, -c, 'kubectl delete pod -l a=b && echo done']", true),
        ("alpine/k8s:1.33.1", ", command: [sh, -c, 'set -e; kubectl rollout restart deployment/a']", true),
        ("bitnami/kubectl:1.33", ", args: [--kubeconfig=/k/config, get, pods]", false),
        ("bitnami/kubectl:1.33", ", args: [get, pods], env: {KUBECONFIG: /k/config}", false),
        ("bitnami/kubectl:1.33", ", args: [kustomize, /work]", false),
        ("bitnami/kubectl:1.33", ", args: [version, --client]", false),
        ("bitnami/kubectl:1.33", ", args: [get, pods], volumes: {k: {secret: k, mount: /.kube}}", false),
        (
            "bitnami/kubectl:1.33",
            ", command: [sh, -c, 'aws eks update-kubeconfig --name a && kubectl get pods']",
            false,
        ),
        ("bitnami/kubectl:1.33", ", args: [get, pods], rights: [{pods: [get, list]}]", false),
        ("registry.k8s.io/external-dns/external-dns:v0.17.0", ", args: [--source=service, --provider=aws]", true),
        ("registry.k8s.io/external-dns/external-dns:v0.17.0", ", args: [--source=fake, --provider=inmemory]", false),
        ("registry.k8s.io/external-dns/external-dns:v0.17.0", ", args: [--server=https://k, --source=service]", false),
        (
            "registry.k8s.io/descheduler/descheduler:v0.33.0",
            ", command: [/bin/descheduler, --descheduling-interval=5m]",
            true,
        ),
        ("registry.k8s.io/descheduler/descheduler:v0.33.0", ", args: [/bin/descheduler, --kubeconfig, /k]", false),
    ] {
        assert_eq!(warned(&app(image, keys)), expected, "{image} {keys}");
    }
    let prometheus = |config: &str| {
        app("prom/prometheus:v3.4.0", ", port: 9090, volumes: {conf: {configmap: conf, mount: /etc/prometheus}}")
            + &format!("configmaps: {{conf: {{prometheus.yml: '{{scrape_configs: [{{job_name: a, {config}}}]}}'}}}}\n")
    };
    assert!(warned(&prometheus("kubernetes_sd_configs: [{role: pod}]")));
    assert!(!warned(&prometheus("kubernetes_sd_configs: [{role: pod, api_server: \"https://k\"}]")));
    assert!(!warned(&prometheus("kubernetes_sd_configs: [{role: pod, kubeconfig_file: /k}]")));
    assert!(!warned(&prometheus("static_configs: [{targets: [\"a:80\"]}]")));
    assert!(!warned(&(prometheus("kubernetes_sd_configs: [{role: pod}]") + "adopt: {token: true}\n")));
}

/// A CronJob that only people start has a schedule that never comes.
#[test]
fn a_schedule_may_never_come() {
    let description = "patterns: v1\nname: j\napp: {image: \"registry.example.com/j:1\"}\nshape: {job: {}}\nschedule: ";
    let run = generate(&format!("{description}\"0 0 31 2 *\"\n"));
    assert!(run.code == 0 && run.stdout.contains("0 0 31 2 *"), "{}", run.stderr);
}

#[test]
fn everyday_slips_name_what_to_write() {
    let cases = [
        (
            "patterns: v1\nname: j\nparams: {tag: {type: string, default: \"1\"}}\napp: {image: \"registry.example.com/j:${tag}\", \
             env: {A: \"${NAME}\"}}\n",
            "declared are `tag`; write $${ for a literal ${",
        ),
        (
            "patterns: v1\nname: j\napp: {image: \"registry.example.com/j:1\", writable: [{/a: 3008Mi}], resources: {cpu: 1, \
             memory: 1Gi, disk: 1Gi}}\n",
            "the folders of this Pod may use 3Gi, but its limit is 1Gi",
        ),
        (
            "patterns: v1\nname: j\napp: {image: \"registry.example.com/j:1\", volumes: {d: {claim: d, create: {size: 1Gi, class: \
             gp3}, mount: /d}}}\nshape: {replicated: {replicas: 1}}\n",
            "rollout: {recreate: true}",
        ),
    ];
    for (description, word) in cases {
        let run = generate(description);
        assert!(run.stderr.contains(word), "{description}\n{}", run.stderr);
    }
}
