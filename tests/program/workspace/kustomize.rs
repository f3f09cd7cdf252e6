//! What a kustomization changes is not judged; everything else in its resources is.

use super::{Folder, Lint as _, fs};

/// Mistakes of twelve kinds, each in another field.
const BASE: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
          ports: [{name: web, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: http}}
          env:
            - {name: REDIS_URL, value: "redis://localhost:6380"}
            - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mod}}}
        - name: cache
          image: redis:7
          resources: {limits: {memory: 512m}}
          livenessProbe: {tcpSocket: {host: localhost, port: 6379}}
        - name: proxy
          image: "nginx:1.27:alpine"
          securityContext: {runAsNonRoot: true, runAsUser: 0}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {mode: fast}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: one, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: two, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: htp}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: "registry.example.com/db:1", env: [{name: PEERS, value: "db-0.db,db-3.db"}]}]
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432, targetPort: 5432}]}
"#;

/// The rules that speak of the base.
const ALL: [&str; 12] = [
    "config-map-key-missing",
    "hpa-fights-replicas",
    "hpa-missing-request",
    "memory-below-a-mebibyte",
    "no-such-pod",
    "nothing-listens-there",
    "probe-host",
    "probe-port-not-in-container",
    "root-that-must-not-be",
    "service-port-missing",
    "two-pdbs-one-pod",
    "unpullable-image",
];

const COMPONENT: &str = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";

/// The rules that a kustomization of the base silences.
fn silenced(name: &str, kustomization: &str, beside: &[(&str, &str)]) -> Vec<&'static str> {
    let folder = Folder::new("workspace", &format!("silenced-{name}"));
    folder
        .file("base/all.yaml", BASE)
        .file("base/kustomization.yaml", "resources: [all.yaml]\n")
        .file("prod/kustomization.yaml", format!("resources: [../base]\n{kustomization}"));
    for (path, text) in beside {
        folder.file(path, text);
    }
    let found = folder.found(&["."]);
    let mut of_base: Vec<&str> = found.iter().filter_map(|line| line.strip_prefix("base/all.yaml ")).collect();
    of_base.dedup();
    assert!(of_base.iter().all(|rule| ALL.contains(rule)), "{name}: {found:?}");
    ALL.into_iter().filter(|rule| !of_base.contains(rule)).collect()
}

/// A strategic merge patch of the Deployment's containers.
fn patch(container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: \
         [{container}]}}}}}}\n"
    )
}

#[test]
fn transformers_silence_what_they_change() {
    for (name, kustomization, expected) in [
        ("nothing", "", vec![]),
        ("tag", "images: [{name: registry.example.com/web, newTag: '2'}]\n", vec!["unpullable-image"]),
        ("name", "images: [{name: redis, newName: r}]\n", vec!["nothing-listens-there", "unpullable-image"]),
        ("other-image", "images: [{name: rediss, newName: r}]\n", vec![]),
        ("replicas", "replicas: [{name: web, count: 3}]\n", vec!["hpa-fights-replicas"]),
        ("replicas-of-set", "replicas: [{name: db, count: 4}]\n", vec!["no-such-pod"]),
        ("prefix", "namePrefix: a-\n", vec!["no-such-pod"]),
        ("annotations", "commonAnnotations: {team: shop}\n", vec![]),
        ("injected", "commonAnnotations: {sidecar.istio.io/inject: 'true'}\n", vec!["nothing-listens-there"]),
        ("labels", "commonLabels: {team: shop}\n", vec!["two-pdbs-one-pod"]),
        (
            "merged-map",
            "configMapGenerator: [{name: settings, behavior: merge, literals: [mod=1]}]\n",
            vec!["config-map-key-missing"],
        ),
        (
            "replacement",
            "replacements: [{source: {kind: ConfigMap, name: x, fieldPath: data.a}, targets: [{select: {kind: \
             Deployment}, fieldPaths: ['spec.template.spec.containers.[name=web].env.[name=REDIS_URL].value']}]}]\n",
            vec!["config-map-key-missing", "nothing-listens-there"],
        ),
        ("chart", "helmCharts: [{name: x}]\n", vec![]),
        ("old-chart", "helmChartInflationGenerator: [{chartName: x}]\n", vec![]),
        ("variables", "vars: [{name: A, objref: {kind: Service, name: web, apiVersion: v1}}]\n", vec![]),
        ("lost-configuration", "configurations: [x.yaml]\n", ALL.to_vec()),
        ("no-transformers", "transformers: []\nconfigurations: []\nvars: []\n", vec![]),
        ("transformers", "transformers: [x.yaml]\n", ALL.to_vec()),
        ("lost-component", "components: [../c]\n", ALL.to_vec()),
        ("lost-patch", "patches: [{path: p.yaml}]\n", ALL.to_vec()),
        ("lost-patch-of-one", "patches: [{path: p.yaml, target: {kind: StatefulSet}}]\n", vec!["no-such-pod"]),
    ] {
        assert_eq!(silenced(name, kustomization, &[]), expected, "{name}");
    }
    let namespace = silenced("namespace", "namespace: other\n", &[]);
    assert_eq!(namespace, ["no-such-pod", "service-port-missing", "two-pdbs-one-pod"]);
    let component = [("c/kustomization.yaml", &*format!("{COMPONENT}images: [{{name: nginx, newTag: '1'}}]\n"))];
    assert_eq!(silenced("component", "components: [../c]\n", &component), ["unpullable-image"]);
}

/// A configuration adds fields to what kustomize changes everywhere, and takes none away.
#[test]
fn configurations_silence_the_fields_that_they_name() {
    let of_ports = ["nothing-listens-there", "probe-port-not-in-container", "service-port-missing", "two-pdbs-one-pod"];
    for (name, configuration, expected) in [
        ("references", "nameReference: [{kind: Service, fieldSpecs: [{kind: Deployment, path: spec/x}]}]", vec![]),
        ("variables", "varReference: [{kind: Deployment, path: spec/template/spec/containers/env/value}]", vec![]),
        ("elsewhere", "namespace: [{kind: DaemonSet, path: spec/template/spec/containers/ports}]", vec![]),
        ("absent", "commonLabels: [{kind: Deployment, path: spec/strategy/x}]", vec![]),
        ("made", "commonLabels: [{path: metadata/tags, create: true}]", vec![]),
        ("ports", "images: [{kind: Deployment, path: 'spec/template/spec/containers[]/ports'}]", of_ports.to_vec()),
        ("replicas", "replicas: [{kind: Deployment, path: spec/replicas}]", vec!["hpa-fights-replicas"]),
        ("empty", "", vec![]),
        ("unreadable", "a: [", ALL.to_vec()),
    ] {
        let beside = [("prod/c.yaml", configuration)];
        assert_eq!(silenced(&format!("configured-{name}"), "configurations: [c.yaml]\n", &beside), expected, "{name}");
    }
}

/// Kustomize's own transformers change what their configuration says, and other programs may change anything.
#[test]
fn transformers_in_files_silence_what_they_change() {
    let of_ports = ["nothing-listens-there", "probe-port-not-in-container", "service-port-missing", "two-pdbs-one-pod"];
    for (name, kind, transformer, expected) in [
        (
            "annotations",
            "AnnotationsTransformer",
            "annotations: {a: b}\nfieldSpecs: [{path: metadata/annotations, create: true}]",
            vec![],
        ),
        ("labels", "LabelTransformer", "labels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]", vec![]),
        (
            "selectors",
            "LabelTransformer",
            "labels: {a: b}\nfieldSpecs: [{kind: Service, path: spec/selector, create: true}]",
            vec!["service-port-missing"],
        ),
        ("nothing-listed", "LabelTransformer", "labels: {a: b}", vec![]),
        ("prefix", "PrefixTransformer", "prefix: a-\nfieldSpecs: [{path: metadata/name}]", vec!["no-such-pod"]),
        ("suffix", "SuffixTransformer", "suffix: -a\nfieldSpecs: [{path: metadata/name}]", vec!["no-such-pod"]),
        ("both", "PrefixSuffixTransformer", "suffix: -a\nfieldSpecs: [{path: metadata/name}]", vec!["no-such-pod"]),
        (
            "tag",
            "ImageTagTransformer",
            "imageTag: {name: registry.example.com/web, newTag: '2'}",
            vec!["unpullable-image"],
        ),
        (
            "image",
            "ImageTagTransformer",
            "imageTag: {name: redis, newName: r}",
            vec!["nothing-listens-there", "unpullable-image"],
        ),
        (
            "namespace",
            "NamespaceTransformer",
            "metadata: {name: a, namespace: other}",
            vec!["no-such-pod", "service-port-missing", "two-pdbs-one-pod"],
        ),
        (
            "replicas",
            "ReplicaCountTransformer",
            "replica: {name: web, count: 3}\nfieldSpecs: [{kind: Deployment, path: spec/replicas, create: true}]",
            vec!["hpa-fights-replicas"],
        ),
        (
            "replicas-of-another",
            "ReplicaCountTransformer",
            "replica: {name: shop, count: 3}\nfieldSpecs: [{kind: Deployment, path: spec/replicas, create: true}]",
            vec![],
        ),
        (
            "patch",
            "PatchTransformer",
            "target: {kind: Deployment, name: web}\npatch: |-\n  - {op: replace, path: /spec/replicas, value: 3}",
            vec!["hpa-fights-replicas"],
        ),
        ("patch-in-a-file", "PatchTransformer", "path: p.yaml", of_ports.to_vec()),
        ("lost-patch", "PatchTransformer", "path: q.yaml\ntarget: {kind: StatefulSet}", vec!["no-such-pod"]),
        (
            "operations",
            "PatchJson6902Transformer",
            "target: {kind: Deployment, name: web}\njsonOp: '[{\"op\": \"remove\", \"path\": \"/spec/replicas\"}]'",
            vec!["hpa-fights-replicas"],
        ),
        ("merge", "PatchStrategicMergeTransformer", "paths: [p.yaml]", of_ports.to_vec()),
        (
            "merge-in-a-text",
            "PatchStrategicMergeTransformer",
            "patches: |-\n  {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}",
            vec!["hpa-fights-replicas"],
        ),
        (
            "replacement",
            "ReplacementTransformer",
            "replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]}]",
            vec!["hpa-fights-replicas"],
        ),
        (
            "value",
            "ValueAddTransformer",
            "value: a\ntargets: [{selector: {kind: Deployment}, fieldPath: /spec/replicas}]",
            vec!["hpa-fights-replicas"],
        ),
        ("value-of-a-file", "ValueAddTransformer", "targetFilePath: t.yaml", vec!["hpa-fights-replicas"]),
        ("value-of-a-lost-file", "ValueAddTransformer", "targetFilePath: u.yaml", ALL.to_vec()),
        ("hash", "HashTransformer", "", vec!["no-such-pod"]),
        ("unknown", "SizeTransformer", "size: 1", ALL.to_vec()),
    ] {
        let text = format!("apiVersion: builtin\nkind: {kind}\nmetadata: {{name: a}}\n{transformer}\n");
        let text = text.replace("metadata: {name: a}\nmetadata", "metadata");
        let ports = patch("{name: web, ports: [{name: http, containerPort: 8080}]}");
        let targets = "targets: [{selector: {kind: Deployment}, fieldPath: /spec/replicas}]\n";
        let beside = [("prod/x.yaml", &*text), ("prod/p.yaml", &ports), ("prod/t.yaml", targets)];
        let in_file = silenced(&format!("transformed-{name}"), "transformers: [x.yaml]\n", &beside);
        assert_eq!(in_file, expected, "{name}");
        let inline = text.lines().fold(String::new(), |inline, line| inline + "  " + line + "\n");
        let inline = silenced(&format!("inline-{name}"), &format!("transformers:\n- |-\n{inline}"), &beside[1..]);
        assert_eq!(inline, expected, "{name}, in the kustomization");
    }
    let other = [("prod/x.yaml", "apiVersion: shop.example.com/v1\nkind: PrefixTransformer\nmetadata: {name: a}\n")];
    assert_eq!(silenced("transformed-by-another-program", "transformers: [x.yaml]\n", &other), ALL);
    assert_eq!(silenced("transformed-by-a-folder", "transformers: [../base]\n", &[]), ALL);
}

/// What is not seen may hold what advice asks for.
#[test]
fn advice_asks_for_nothing_that_may_be_among_unseen_objects() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: \
                {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: \
                'registry.example.com/web:1'}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: \
                {app: web}, ports: [{port: 80}]}\n";
    let folder = Folder::new("workspace", "kustomize-advice");
    folder.file("all.yaml", text);
    for (chart, is_said) in [("", true), ("helmCharts: [{name: budgets}]\n", false)] {
        folder.file("kustomization.yaml", format!("resources: [all.yaml]\n{chart}"));
        let found = folder.found(&[".", "--profile", "strict", "--select", "no-pdb"]);
        assert_eq!(!found.is_empty(), is_said, "{chart}: {found:?}");
    }
}

/// Variables are filled in last, in all objects that are brought together, and nothing else is changed.
#[test]
fn variables_silence_the_texts_that_hold_them() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: cache}\nspec:\n  containers:\n    - name: redis\n      image: \
               redis:7\n      args: [--port, $(PORT)]\n      env: [{name: PORT, value: '6380'}]\n      livenessProbe: \
               {tcpSocket: {port: 6379}}\n      resources: {requests: {memory: 512m}}\n      portz: []\n";
    let folder = Folder::new("workspace", "kustomize-variables");
    folder
        .file("a/a.yaml", pod)
        .file("a/kustomization.yaml", "resources: [a.yaml]\n")
        .file("b/b.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n")
        .file("all/kustomization.yaml", "resources: [../a, ../b]\n");
    let rules = || {
        let mut found = folder.found(&["."]);
        found.sort_unstable();
        found.iter().filter_map(|line| Some(line.strip_prefix("a/a.yaml ")?.to_owned())).collect::<Vec<_>>()
    };
    let others = ["memory-below-a-mebibyte", "unknown-field"];
    for (variables, is_filled) in [
        ("", false),
        ("vars: [{name: PORTS}]\n", false),
        ("vars: []\n", false),
        ("vars: [{name: PORT, objref: {kind: Service, name: x, apiVersion: v1}}]\n", true),
    ] {
        folder.file("b/kustomization.yaml", format!("resources: [b.yaml]\n{variables}"));
        let of_port: &[&str] = if is_filled { &[] } else { &["probe-port-not-served"] };
        assert_eq!(rules(), [&others[..1], of_port, &others[1..]].concat(), "{variables}");
    }
}

/// What is left unjudged is counted.
#[test]
fn objects_that_may_be_changed_anywhere_are_counted() {
    let folder = Folder::new("workspace", "kustomize-open");
    folder.file("base/all.yaml", BASE).file("base/kustomization.yaml", "resources: [all.yaml]\n");
    let said = |kustomization: &str| {
        folder.file("prod/kustomization.yaml", format!("resources: [../base]\n{kustomization}"));
        let run = folder.run(&["lint", "."]);
        format!("{}{}", run.stdout, run.stderr)
    };
    let counted = "8 objects whose fields are not checked because kustomize may change any";
    assert!(said("transformers: [x.yaml]\n").contains(counted), "{}", said("transformers: [x.yaml]\n"));
    assert!(!said("vars: [{name: A}]\nhelmCharts: [{name: x}]\n").contains("not checked because"));
}

#[test]
fn patches_silence_what_they_change() {
    let of_ports = ["nothing-listens-there", "probe-port-not-in-container", "service-port-missing", "two-pdbs-one-pod"];
    let of_pods: Vec<&str> =
        ALL.into_iter().filter(|rule| !["hpa-fights-replicas", "no-such-pod"].contains(rule)).collect();
    let of_object: Vec<&str> = ALL.into_iter().filter(|rule| *rule != "no-such-pod").collect();
    for (name, text, expected) in [
        ("ports", patch("{name: web, ports: [{name: http, containerPort: 8080}]}"), of_ports.to_vec()),
        (
            "env",
            patch("{name: web, env: [{name: A, value: b}]}"),
            vec!["config-map-key-missing", "nothing-listens-there"],
        ),
        (
            "resources",
            patch("{name: web, resources: {requests: {cpu: 1}}}"),
            vec!["hpa-missing-request", "memory-below-a-mebibyte"],
        ),
        ("probes", patch("{name: web, readinessProbe: null}"), vec!["probe-host", "probe-port-not-in-container"]),
        ("security", patch("{name: web, securityContext: {privileged: true}}"), vec!["root-that-must-not-be"]),
        ("pull-policy", patch("{name: web, imagePullPolicy: Always}"), vec![]),
        ("more", patch("{name: more, image: x}"), of_pods.clone()),
        ("less", patch("{name: proxy, $patch: delete}"), of_pods.clone()),
        (
            "replicas-patch",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}".into(),
            vec!["hpa-fights-replicas"],
        ),
        (
            "deleted",
            "{$patch: delete, apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}".into(),
            of_object.clone(),
        ),
        ("other-name", patch("{name: web, env: []}").replace("{name: web}\n", "{name: web-2}\n"), vec![]),
        ("other-kind", patch("{name: web, env: []}").replace("Deployment", "DaemonSet"), vec![]),
        ("unreadable", "a: [".into(), ALL.to_vec()),
        (
            "budget",
            "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: two}, spec: {selector: null}}".into(),
            vec!["two-pdbs-one-pod"],
        ),
    ] {
        let inline = format!("\n  - |-\n    {}\n", text.replace('\n', "\n    "));
        let forms = [
            "patches: [{path: p.yaml}]\n".to_owned(),
            "patches: [p.yaml]\n".to_owned(),
            "patchesStrategicMerge: [p.yaml]\n".to_owned(),
            format!("patchesStrategicMerge:{inline}"),
        ];
        // each form meets several of them
        let form = name.len() % forms.len();
        assert_eq!(silenced(name, &forms[form], &[("prod/p.yaml", &text)]), expected, "{name}");
    }
}

#[test]
fn operations_silence_what_they_change() {
    let of_pods: Vec<&str> =
        ALL.into_iter().filter(|rule| !["hpa-fights-replicas", "no-such-pod"].contains(rule)).collect();
    for (name, target, operation, expected) in [
        (
            "image",
            "kind: Deployment, name: web",
            "op: replace, path: /spec/template/spec/containers/2/image, value: x",
            vec!["nothing-listens-there", "unpullable-image"],
        ),
        ("add", "kind: Deployment", "op: add, path: /spec/template/spec/containers/-, value: {name: x}", of_pods),
        ("regex", "kind: 'Stateful.*', name: 'd.'", "op: add, path: /spec/replicas, value: 5", vec!["no-such-pod"]),
        ("other", "kind: Deployment, name: 'd.'", "op: add, path: /spec/replicas, value: 5", vec![]),
        (
            "escaped",
            "kind: Deployment",
            "op: add, path: /spec/template/metadata/annotations/sidecar.istio.io~1inject, value: 'true'",
            vec!["nothing-listens-there"],
        ),
        (
            "annotation",
            "kind: Deployment",
            "op: add, path: /spec/template/metadata/annotations/team, value: shop",
            vec![],
        ),
        ("test", "kind: Deployment", "op: test, path: /spec/replicas, value: 2", vec![]),
        (
            "moved",
            "kind: Deployment",
            "op: move, from: /spec/replicas, path: /metadata/annotations/was",
            vec!["hpa-fights-replicas"],
        ),
    ] {
        let patches = format!("patches: [{{target: {{{target}}}, patch: \"[{{{operation}}}]\"}}]\n");
        assert_eq!(silenced(&format!("op-{name}"), &patches, &[]), expected, "{name}");
        let old = format!("patchesJson6902: [{{target: {{version: v1, {target}}}, path: p.yaml}}]\n");
        let file = format!("- {{{operation}}}\n");
        assert_eq!(silenced(&format!("op-{name}-old"), &old, &[("prod/p.yaml", &file)]), expected, "{name}");
    }
}

/// An overlay of an overlay, a base that is one file, and a name that was changed on the way.
#[test]
fn changes_reach_down_to_the_base() {
    let folder = Folder::new("workspace", "kustomize-deep");
    folder
        .file("apps/base/all.yaml", BASE)
        .file("apps/base/kustomization.yaml", "resources: [all.yaml]\nnamePrefix: a-\n")
        .file("apps/prod/kustomization.yaml", "resources: [../base]\n")
        .file("sites/one/kustomization.yaml", "resources: [../../apps/prod]\npatches: [{path: p.yaml}]\n")
        .file(
            "sites/one/p.yaml",
            patch("{name: cache, resources: {limits: {memory: 1Gi}}}").replace("{name: web}\n", "{name: a-web}\n"),
        );
    let has = |folder: &Folder, rule: &str| folder.found(&["."]).iter().any(|line| line.ends_with(rule));
    assert!(!has(&folder, "memory-below-a-mebibyte") && has(&folder, "probe-host"));
    fs::remove_file(folder.0.join("sites/one/p.yaml")).unwrap();
    assert!(!has(&folder, "probe-host"), "a patch that is not there may change anything");
    folder.file("sites/one/kustomization.yaml", "resources: [../../apps/prod]\n");
    assert!(has(&folder, "memory-below-a-mebibyte") && has(&folder, "probe-host"));
}

/// kustomize renames Namespaces too, and takes the parts that kubebuilder makes for definitions of its own.
#[test]
fn parts_that_kustomize_completes_are_left_alone() {
    let folder = Folder::new("workspace", "kustomize-parts");
    let part = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.example.com, \
                annotations: {cert-manager.io/inject-ca-from: a/b}}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes}\nspec: {ipFamilies: [IPv4, IPv6]}\n";
    folder
        .file("base/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n")
        .file("base/kustomization.yaml", "resources: [namespace.yaml]\nnamespace: shop\n")
        .file("crd/kustomization.yaml", "resources: []\n# - patches/cainjection_in_a.yaml\n")
        .file("crd/patches/cainjection_in_a.yaml", part)
        .file("dual-stack/kubernetes-patch.yaml", service)
        .file(
            "volume/kustomization.yaml",
            "resources: [c.yaml]\npatches: [{patch: '[{op: replace, path: \
               /spec/resources/requests/storage, value: 1Gi}]', target: {kind: PersistentVolumeClaim}}]\n",
        )
        .file(
            "volume/c.yaml",
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: \
               [ReadWriteOnce], resources: {requests: {storage: FROM_OVERLAY}}}\n",
        );
    assert_eq!(folder.found(&["."]), [""; 0]);
    folder.file("dual-stack/web.yaml", service.replace("kubernetes", "web"));
    let found = folder.found(&["dual-stack/web.yaml"]);
    assert!(found.contains(&"dual-stack/web.yaml missing-field".to_owned()), "{found:?}");
}

/// The API server's own refusals: those that a change of another field may mend are silenced with it.
#[test]
fn refusals_are_silenced_where_they_may_be_mended() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodPort, ports: [{port: 80, nodePort: 9}]}\n";
    let folder = Folder::new("workspace", "kustomize-refusals");
    folder.file("base/web.yaml", text).file("base/kustomization.yaml", "resources: [web.yaml]\n");
    let count = |kustomization: &str| {
        folder.file("prod/kustomization.yaml", format!("resources: [../base]\n{kustomization}"));
        folder.found(&["."]).iter().filter(|line| line.starts_with("base/web.yaml ")).count()
    };
    let all = count("");
    assert!(all > 0);
    for harmless in ["commonLabels: {a: b}\n", "namePrefix: a-\n", "commonAnnotations: {a: b}\n", "images: []\n"] {
        assert_eq!(count(harmless), all, "{harmless}");
    }
    let patch =
        "patches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort}}'}]\n";
    assert!(count(patch) < all);
}
