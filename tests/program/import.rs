//! `patterns import` as users run it.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::support::folder::Folder;
use crate::support::folder::own_folder;
use crate::support::{documents, generate, import_report as report, patterns, patterns_with};
use serde_json::{Value, json};

/// What is printed for a folder of manifests: the descriptions, then the report.
fn shown(folder: &str) -> String {
    let run = patterns(&["import", folder]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    format!("{}\n{}", run.stdout, run.stderr)
}

#[test]
fn imports_that_one_would_be_glad_to_get() {
    for folder in ["shop", "database", "backup", "overlays"] {
        insta::assert_snapshot!(folder, shown(&format!("tests/import/{folder}")));
    }
}

/// A Deployment with these further fields of its container and its Pod.
fn deployment(container: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: web, image: \
         \"registry.example.com/web:1\"{container}}}\n{pod}"
    )
}

fn description(report: &Value) -> &str {
    report["documents"][0]["description"].as_str().unwrap_or_else(|| panic!("no document: {report}"))
}

/// The proof from outside: what the description generates has each of these values where the manifest has it.
#[test]
fn what_is_said_is_generated() {
    let cases = [
        ("", "      hostAliases: [{ip: 10.0.0.9, hostnames: [ldap.example.com]}]\n"),
        ("", "      dnsPolicy: Default\n"),
        ("", "      terminationGracePeriodSeconds: 3\n"),
        ("", "      terminationGracePeriodSeconds: 5\n"),
        ("", "      terminationGracePeriodSeconds: 300\n"),
        ("", "      shareProcessNamespace: true\n"),
        ("", "      securityContext: {fsGroup: 42, supplementalGroups: [7]}\n"),
        ("", "      tolerations: [{key: a, operator: Exists, effect: NoSchedule}]\n"),
        ("", "      priorityClassName: high\n"),
        (", imagePullPolicy: Always", ""),
        (", workingDir: /srv", ""),
        (", tty: true", ""),
        (", lifecycle: {preStop: {exec: {command: [drain]}}}", ""),
        (", securityContext: {privileged: true}", ""),
        (", securityContext: {capabilities: {add: [NET_ADMIN]}}", ""),
        (", securityContext: {readOnlyRootFilesystem: false}", ""),
        (", command: [sh, -c, \"echo ${HOME}; exec web\"]", ""),
        (", resources: {limits: {cpu: 2, memory: 1Gi, nvidia.com/gpu: 1}}", ""),
        (", env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}]", ""),
        (", env: [{name: A, value: \"secret/a/b\"}]", ""),
        (", envFrom: [{prefix: X_, secretRef: {name: s}}]", ""),
        (", livenessProbe: {grpc: {port: 9000}}", ""),
        (", readinessProbe: {httpGet: {path: /, port: 8080, httpHeaders: [{name: Host, value: a}]}}", ""),
        (", ports: [{containerPort: 53, protocol: UDP, name: dns}, {containerPort: 53, name: dns-tcp}]", ""),
        (", ports: [{containerPort: 80, hostPort: 80}]", ""),
        (", volumeMounts: [{name: d, mountPath: /d, subPath: a}]", "      volumes: [{name: d, emptyDir: {}}]\n"),
        (", volumeMounts: [{name: d, mountPath: /d/}]", "      volumes: [{name: d, hostPath: {path: /d}}]\n"),
        (", volumeMounts: [{name: d, mountPath: /d}]", "      volumes: [{name: d, nfs: {server: a, path: /}}]\n"),
        (
            ", volumeMounts: [{name: d, mountPath: /d}]",
            "      volumes: [{name: d, secret: {secretName: s, defaultMode: 256}}]\n",
        ),
    ];
    for (container, pod) in cases {
        let input = deployment(container, pod);
        let report = report(&input);
        assert_eq!((&report["imported"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{input}\n{report}");
        let run = generate(description(&report));
        assert_eq!(run.code, 0, "{input}\n{}\n{}", description(&report), run.stderr);
        let made = documents(&run.stdout);
        let made = made.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        let said = &documents(&input)[0];
        let template = |object: &Value| object["spec"]["template"]["spec"].clone();
        let (said, made) = (template(said), template(made));
        for (field, value) in said.as_object().unwrap() {
            match field.as_str() {
                "containers" => {
                    for (field, value) in value[0].as_object().unwrap() {
                        let made = &made["containers"][0][field];
                        assert!(
                            holds(made, value) || is_elsewhere(field, &said),
                            "{input}\n{field}: {made}\n{}",
                            run.stdout
                        );
                    }
                }
                "volumes" => {}
                _ => assert!(holds(&made[field], value), "{input}\n{field}: {}\n{}", made[field], run.stdout),
            }
        }
    }
}

/// A label's value in a selector and its name in `matchLabelKeys` select the same Pods, and servers refuse both at once.
#[test]
fn selectors_are_the_same_with_the_names_of_labels() {
    let own = "labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [shard]";
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    let hosts = "topologyKey: kubernetes.io/hostname";
    let zones = "topologyKey: topology.kubernetes.io/zone";
    let spread = |over: &str, selector: &str| {
        format!(
            "      topologySpreadConstraints: [{{maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, {over}, {selector}}}]\n"
        )
    };
    for pod in [
        spread(hosts, own),
        spread(zones, own),
        spread(zones, "labelSelector: {matchLabels: {tier: front}}, matchLabelKeys: [shard, app]"),
        spread(zones, "labelSelector: {}, matchLabelKeys: [app, shard]"),
        format!(
            "      affinity: {{podAffinity: {{{preferred}: [{{weight: 5, podAffinityTerm: {{{zones}, {own}}}}}]}}}}\n"
        ),
        format!(
            "      affinity: {{podAntiAffinity: {{{preferred}: [{{weight: 5, podAffinityTerm: {{{hosts}, {own}}}}}]}}}}\n"
        ),
    ] {
        for of in ["Deployment", "StatefulSet"] {
            let labels = "{app: web, shard: \"0\", tier: front}";
            let input = deployment("", &pod)
                .replace("kind: Deployment", &format!("kind: {of}"))
                .replace("\nspec:\n", if of == "Deployment" { "\nspec:\n" } else { "\nspec:\n  serviceName: web\n" })
                .replace("labels: {app: web}}\n    spec", &format!("labels: {labels}}}\n    spec"))
                .replace("matchLabels: {app: web}}\n  template", "matchLabels: {app: web, shard: \"0\"}}\n  template");
            let report = report(&input);
            assert_eq!((&report["imported"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{input}\n{report}");
            assert!(!description(&report).contains("patch:"), "{input}\n{}", description(&report));
            let run = generate(description(&report));
            assert_eq!(run.code, 0, "{input}\n{}\n{}", description(&report), run.stderr);
        }
    }
}

/// Whether one value has all of the other, elements of lists by their names.
fn holds(made: &Value, said: &Value) -> bool {
    match (made, said) {
        (Value::Object(made), Value::Object(said)) => {
            said.iter().all(|(key, value)| made.get(key).is_some_and(|made| holds(made, value)))
        }
        (Value::Array(made), Value::Array(said)) => said.iter().all(|value| made.iter().any(|made| holds(made, value))),
        (made, said) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text(made).trim_end_matches('/') == text(said).trim_end_matches('/')
        }
    }
}

/// A volume's name is the Pod's own affair: its mounts are compared by what they mount, in the import's own proof.
fn is_elsewhere(field: &str, said: &Value) -> bool {
    field == "volumeMounts" && said["volumes"].is_array()
}

/// Applying the result changes the objects that are there: names and selectors are theirs.
#[test]
fn names_and_selectors_stay() {
    let run = patterns(&["import", "tests/import/shop"]);
    let made = documents(&generate(&run.stdout).stdout);
    let of = |kind: &str| made.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    assert_eq!(of("Deployment")["spec"]["selector"], json!({"matchLabels": {"app": "shop"}}));
    assert_eq!(of("Deployment")["spec"]["template"]["metadata"]["labels"]["app"], "shop");
    assert_eq!(of("Service")["metadata"]["name"], "shop-web");
    assert_eq!(of("Service")["spec"]["selector"], json!({"app": "shop"}));
    let backend = of("Ingress").pointer("/spec/rules/0/http/paths/0/backend/service").unwrap();
    assert_eq!(*backend, json!({"name": "shop-web", "port": {"name": "web"}}));
    assert_eq!(of("PodDisruptionBudget")["spec"]["selector"], json!({"matchLabels": {"app": "shop"}}));
    let run = patterns(&["import", "tests/import/database"]);
    let made = documents(&generate(&run.stdout).stdout);
    let set = made.iter().find(|object| object["kind"] == "StatefulSet").expect("a StatefulSet");
    assert_eq!(set["spec"]["serviceName"], "orders-db-headless");
    assert_eq!(set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"], "pgdata");
    assert_eq!(set["spec"]["podManagementPolicy"], "OrderedReady");
}

/// What `gen` makes of a description is that description again, up to what is default.
#[test]
fn import_of_gen_is_the_description() {
    let descriptions = [
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 8080, health: /healthz}}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 8080, health: {ready: /r, live: /l}, env: {A: b, C: secret/s/k}, resources: {cpu: 1, memory: 1Gi, limit: 2Gi}}, shape: {replicated: {replicas: 3}}}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 6379, protocol: redis, user: 999}, shape: {single: {storage: {size: 5Gi, mount: /data}}}}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 8080, health: /}, shape: {replicated: {max: 9}}, expose: {host: shop.example.com}}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 3000, health: /h, user: 1000}, shape: {single: {storage: {size: 5Gi, mount: /data}}}, expose: {host: shop.example.com, tls: shop-tls}}",
        "{patterns: v1, name: shop, namespace: ops, app: {image: \"registry.example.com/shop:1\", command: [work]}, shape: {job: {}}, schedule: \"0 3 * * *\"}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", command: [work], writable: [/work]}, shape: {daemon: {}}, place: {tolerate: [\"*\"]}}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 8080, health: /h, ports: {admin: {port: 9901, private: true}}}, expose: {type: LoadBalancer, address: 192.0.2.10, sticky: true}, services: {shop-admin: {ports: {admin: 9901}}}, dns: node}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", port: 8080, health: /h}, expose: {type: Headless}, rollout: {surge: 25%, unavailable: 1}, share-processes: true, place: {near: [{labels: {app: cache}, over: zone, prefer: 7}]}}",
        "{patterns: v1, name: shop, app: {image: \"registry.example.com/shop:1\", command: [work], stop: {within: 2s}}, shape: {job: {restart: container}}, schedule: \"0 3 * * *\"}",
    ];
    for description in descriptions {
        let made = generate(description);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let report = report(&made.stdout);
        let text = self::description(&report);
        let (mut imported, original) = (documents(text).remove(0), documents(description).remove(0));
        let app = imported["app"].as_object_mut().expect("an app");
        // what is said now, and was a default: user and resources; and /tmp, which every app has
        for (key, default) in [
            ("user", json!(10001)),
            ("resources", json!({"cpu": "100m", "memory": "128Mi", "limit": "256Mi"})),
            ("writable", json!(["/tmp"])),
        ] {
            if original["app"].get(key).is_none() {
                assert_eq!(app.shift_remove(key).unwrap_or_else(|| default.clone()), default, "{key}\n{text}");
            }
        }
        if let Some(paths) = app.get_mut("writable").and_then(Value::as_array_mut) {
            paths.retain(|path| path != "/tmp");
        }
        let made_again = documents(&generate(text).stdout);
        assert_eq!(without_source(made_again), without_source(documents(&made.stdout)), "{text}");
        for key in [
            "shape",
            "expose",
            "services",
            "schedule",
            "place",
            "rollout",
            "dns",
            "share-processes",
            "namespace",
            "use",
            "init",
        ] {
            assert_eq!(imported.get(key), original.get(key), "{key}\n{text}");
        }
        assert!(imported.get("patch").is_none() && imported.get("adopt").is_none(), "{text}");
    }
}

fn without_source(mut objects: Vec<Value>) -> Vec<Value> {
    for object in &mut objects {
        object["metadata"]["annotations"].as_object_mut().expect("annotations").shift_remove("patterns/source");
    }
    objects
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_imported() {
    let run = patterns(&["import", "tests/import/broken"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("name: good"), "{}", run.stdout);
    assert!(run.stderr.contains("half.yaml:11: Deployment/bad: kubectl would refuse it"), "{}", run.stderr);
    assert!(run.stderr.contains("not imported; fix these or fill them in first:"), "{}", run.stderr);
    let run = patterns_with(&["import", "-"], b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("no workload to import"), "{}", run.stderr);
}

/// What a Secret holds is in no form of the output, and a password that is written in the open stays in its file.
#[test]
fn secrets_stay_in_their_files() {
    for args in [&[][..], &["--diff"], &["--format", "json"]] {
        let run = patterns(&[&["import"][..], args, &["tests/import/shop"]].concat());
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("never-shown"), "{args:?}");
    }
    let open = deployment(", env: [{name: DB_PASSWORD, value: hunter2-in-the-open}]", "");
    for args in [&[][..], &["--diff"], &["--format", "json"]] {
        let run = patterns_with(&[&["import"][..], args, &["-"]].concat(), open.as_bytes());
        let all = format!("{}{}", run.stdout, run.stderr);
        let place = "Secret/web-env with DB_PASSWORD, which is in plaintext at <stdin>:10";
        assert!(!all.contains("hunter2") && all.contains(place), "{args:?}\n{all}");
    }
    assert!(description(&report(&open)).contains("DB_PASSWORD: secret/web-env/DB_PASSWORD"));
}

/// In a script a secret has no reference that could take its place, and no description repeats it.
#[test]
fn a_secret_in_a_script_is_named_by_its_line() {
    for container in [
        "command: [sh, -c, \"mysqldump -phunter2 shop\"]",
        "command: [sh, -c, \"API_TOKEN=hunter2 work\"]",
        "args: [\"curl -H 'Authorization: Bearer hunter2hunter2' example.com\"]",
    ] {
        let input = deployment(&format!(", {container}"), "");
        let run = patterns_with(&["import", "-"], input.as_bytes());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{container}\n{}", run.stderr);
        let list = container.split(':').next().unwrap_or_default();
        let why = format!("a word of its `{list}` (line 10) is a plaintext secret: put it into a Secret first");
        assert!(run.stderr.contains(&why) && !run.stderr.contains("hunter2"), "{container}\n{}", run.stderr);
        let diff = patterns_with(&["import", "--diff", "-"], input.as_bytes());
        assert!(!diff.stdout.contains("hunter2"), "{container}\n{}", diff.stdout);
    }
    let plain =
        deployment(", command: [sh, -c, \"mkdir -p/data; TOKEN=$TOKEN KEY=a work\"], args: [--token-file, /t]", "");
    let run = patterns_with(&["import", "-"], plain.as_bytes());
    assert!(run.code == 0 && !run.stderr.contains("plaintext secret"), "{}", run.stderr);
}

fn stateful_set(claims: &[&str], service_port: u16) -> String {
    let (mut mounts, mut templates) = (String::new(), String::new());
    for name in claims {
        write!(mounts, "\n        - {{name: {name}, mountPath: /{name}}}").unwrap();
        write!(
            templates,
            "\n  - metadata: {{name: {name}, labels: {{of: {name}}}}}\n    spec: {{accessModes: [ReadWriteOnce], \
             resources: {{requests: {{storage: 1Gi}}}}}}"
        )
        .unwrap();
    }
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  serviceName: db\n  replicas: 2\n  \
         selector: {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:\n      \
         containers:\n      - name: db\n        image: registry.example.com/db:1\n        ports: [{{containerPort: 8080}}]\n        \
         volumeMounts:{mounts}\n  volumeClaimTemplates:{templates}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: db}}\n\
         spec: {{clusterIP: None, selector: {{app: db}}, ports: [{{port: {service_port}, targetPort: 8080}}]}}\n"
    )
}

/// A list of claims is one value to the API server, and immutable: it is all there, as it was.
#[test]
fn claims_and_ports_of_a_stateful_set_stay() {
    for (claims, port) in [(&["data", "wal"][..], 8080), (&["data"], 80), (&["a", "b", "c"], 80)] {
        let input = stateful_set(claims, port);
        let report = report(&input);
        assert_eq!((&report["imported"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{input}\n{report}");
        assert_eq!(report["documents"][0]["delete"], json!([]), "{report}");
        let made = documents(&generate(description(&report)).stdout);
        let of = |kind: &str| made.iter().find(|object| object["kind"] == kind).expect("an object").clone();
        let said = &documents(&input)[0];
        // beside what the server fills in
        let templates = |set: &Value| set["spec"]["volumeClaimTemplates"].as_array().unwrap().clone();
        let (made, said_claims) = (templates(&of("StatefulSet")), templates(said));
        assert_eq!(made.len(), said_claims.len(), "{claims:?}");
        for (made, said) in made.iter().zip(&said_claims) {
            assert_eq!(made["metadata"], said["metadata"], "{claims:?}");
            assert!(holds(&made["spec"], &said["spec"]), "{made}\n{said}");
        }
        let ports = of("Service")["spec"]["ports"].clone();
        assert_eq!((ports.as_array().map(Vec::len), &ports[0]["port"]), (Some(1), &json!(port)), "{ports}");
    }
}

/// What the API server would not change in place is named: it has to be deleted first.
#[test]
fn what_cannot_be_changed_in_place_is_named() {
    let input = deployment("", "")
        .replace("matchLabels: {app: web}", "matchExpressions: [{key: app, operator: In, values: [web]}]");
    let delete = report(&input)["documents"][0]["delete"].to_string();
    assert!(delete.contains("Deployment/web: spec.selector"), "{delete}");
    let input = stateful_set(&["data"], 8080).replace("  serviceName: db\n", "");
    let delete = report(&input)["documents"][0]["delete"].to_string();
    assert!(
        delete.contains("StatefulSet/db (with --cascade=orphan its Pods keep running): spec.serviceName"),
        "{delete}"
    );
}

#[test]
fn no_replicas_are_suspend() {
    let stopped = |input: &str| input.replacen("spec:\n", "spec:\n  replicas: 0\n", 1).replace("  replicas: 2\n", "");
    for input in [stopped(&deployment("", "")), stopped(&stateful_set(&["data"], 8080))] {
        let report = report(&input);
        assert!(description(&report).contains("use: [suspend]"), "{input}\n{report}");
        let made = documents(&generate(description(&report)).stdout);
        let workload = made.iter().find(|object| object["spec"]["template"].is_object()).expect("a workload");
        assert_eq!(workload["spec"]["replicas"], 0);
    }
}

/// Documents have their own names; objects keep theirs.
#[test]
fn workloads_of_one_name_are_several_documents() {
    let long = format!("a{}", "b".repeat(50));
    let input = [
        deployment("", ""),
        deployment("", "").replacen("metadata: {name: web}", "metadata: {name: web, namespace: other}", 1),
        deployment("", "").replace("kind: Deployment", "kind: DaemonSet"),
        deployment("", "").replacen("metadata: {name: web}", "metadata: {name: web.example.com}", 1),
        deployment("", "").replacen("metadata: {name: web}", &format!("metadata: {{name: {long}}}"), 1),
    ]
    .join("---\n");
    let report = report(&input);
    assert_eq!((&report["imported"], &report["left"]), (&json!(5), &json!([])), "{report}");
    let run = patterns_with(&["import", "-"], input.as_bytes());
    let made = generate(&run.stdout);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let made = documents(&made.stdout);
    let mut names: Vec<String> = made
        .iter()
        .filter(|object| object["spec"]["template"].is_object())
        .map(|object| format!("{} {}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap()))
        .collect();
    names.sort();
    let long = format!("Deployment {long}");
    assert_eq!(names, ["DaemonSet web", &long, "Deployment web", "Deployment web", "Deployment web.example.com"]);
    let own = own_folder("import-names");
    let folder = own.join("apps");
    let run = patterns_with(&["import", "-", "-o", folder.to_str().unwrap()], input.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 5);
}

/// What is written and is the server's default is the same, or it is changed: never silence that we complete.
#[test]
fn a_default_that_is_written_is_the_same_or_changed() {
    let report =
        report(&deployment(", terminationMessagePath: /dev/termination-log", "      enableServiceLinks: true\n"));
    let changed = report["documents"][0]["changed"].to_string();
    assert!(changed.contains("enableServiceLinks") && !changed.contains("terminationMessagePath"), "{changed}");
    assert!(!report["documents"][0]["completed"].to_string().contains("enableServiceLinks"), "{report}");
}

/// A workload that two environments take from one file is one.
#[test]
fn no_more_workloads_are_imported_than_there_are() {
    let report = patterns(&["import", "--format", "json", "tests/import/layers"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!((&report["workloads"], &report["imported"]), (&json!(3), &json!(3)), "{report}");
}

#[test]
fn an_existing_file_is_not_replaced() {
    let own = own_folder("import-existing");
    let folder = own.join("apps");
    let folder = folder.to_str().unwrap();
    let first = patterns(&["import", "tests/import/shop", "-o", folder]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let file = format!("{folder}/shop.yaml");
    assert_eq!(patterns(&["gen", &file]).code, 0);
    std::fs::write(&file, "mine").unwrap();
    let second = patterns(&["import", "tests/import/shop", "-o", folder]);
    assert_eq!(second.code, 2);
    assert!(second.stderr.contains("this file already exists"), "{}", second.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

/// Each environment generates what its folder holds.
#[test]
fn folders_of_the_same_objects_are_environments() {
    let run = patterns(&["import", "tests/import/overlays"]);
    let of = |args: &[&str]| {
        let run = patterns_with(&[&["gen", "-"][..], args].concat(), run.stdout.as_bytes());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let objects = documents(&run.stdout);
        let find = |kind: &str| objects.iter().find(|object| object["kind"] == kind).expect("an object").clone();
        (
            find("Deployment")["spec"]["replicas"].clone(),
            find("Ingress")["spec"]["rules"][0]["host"].clone(),
            find("Deployment")["metadata"]["namespace"].clone(),
        )
    };
    assert_eq!(of(&[]), (json!(4), json!("www.example.com"), json!("prod")));
    assert_eq!(of(&["-e", "prod"]), of(&[]));
    assert_eq!(of(&["-e", "dev"]), (json!(1), json!("dev.example.com"), json!("dev")));
}

/// Two files are variants of one app; a third has another app, whose Service has the name of theirs.
#[test]
fn what_another_app_has_of_the_same_name_is_not_lost_in_silence() {
    let folder = Folder::new("import", "another-app-of-the-same-name");
    let app = |name: &str, image: &str, namespace: &str, service: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: \
             {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: \
             {{containers: [{{name: a, image: \"registry.example.com/{image}\", ports: [{{containerPort: 8080}}]}}]}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: {service}, namespace: {namespace}}}\nspec: {{selector: \
             {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}\n"
        )
    };
    folder.file("a.yaml", app("a", "a:1", "shop", "web")).file("a-vpc.yaml", app("a", "a:2", "shop", "web"));
    let left = |namespace: &str, service: &str| {
        folder.file("b.yaml", app("b", "a:1", namespace, service));
        let run = folder.run(&["import", "--format", "json", "."]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).expect("a report");
        report["left"].as_array().expect("a list").iter().map(|one| one["why"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(left("shop", "web"), ["\"a.yaml:10 has its kind and name; import one of them at a time\""]);
    assert_eq!(left("shop", "web-b"), [""; 0]);
    assert_eq!(left("other", "web"), [""; 0]);
}

#[test]
fn adopting_what_is_not_made_is_an_error() {
    let cases = [
        ("port: 80", "adopt: {names: {Ingress: a}}", "generates no Ingress"),
        ("port: 80", "adopt: {claim: a}", "has no `storage`"),
        ("port: 80", "adopt: {ordered: true}", "generates no StatefulSet"),
        ("user: 5", "adopt: {port: web}", "no container declares the app's `port`"),
        ("port: 80", "adopt: {names: {Job: a}}", "Job"),
    ];
    for (app, adopt, message) in cases {
        let run = generate(&format!(
            "patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1\", {app}}}\n{adopt}\n"
        ));
        assert_eq!(run.code, 2, "{adopt}");
        assert!(run.stderr.contains(message), "{adopt}: {}", run.stderr);
    }
}

/// Descriptions in the form in which they come back: everything that was a default and is now said is in them.
const ROUND_TRIPS: &[(&str, &str)] = &[
    ("https", "port: 8080}\nuse: [{https: shop-tls}]"),
    ("https", "port: 8080, bind: localhost}\nuse: [{https: {secret: shop-tls, port: 9443, reload: 1m}}]"),
    (
        "auth",
        "port: 8080}\nuse: [{https: shop-tls}, {auth: {issuer: \"https://id.example.com\", domains: [example.com], open: [/status]}}]",
    ),
    ("metrics", "port: 6379, protocol: redis}\nuse: [{metrics: redis}]"),
    (
        "metrics",
        "port: 5432, protocol: postgres}\nuse: [{metrics: {as: stats, from: postgres, user: pg, password: secret/pg/password, database: shop}}]",
    ),
    ("metrics", "port: 8080}\nuse: [{metrics: statsd}]"),
    (
        "metrics",
        "port: 8080, ports: {admin: {port: 9000, private: true}}}\nuse: [{metrics: {from: app, port: admin, path: /stats}}]",
    ),
    ("topz", "port: 8080}\nuse: [topz]"),
    (
        "git-sync",
        "port: 8080}\nuse: [{git-sync: {repo: \"https://git.example.com/site.git\", ref: main, reload: /reload}}]",
    ),
    ("config", "port: 8080}\nuse: [{config: {from: configmap/shop, mount: /etc/shop, signal: shop}}]"),
    ("introspect", "port: 8080}\nuse: [{introspect: {config: [configmap/shop], app: /debug}}]"),
    ("health", "port: 5432, protocol: postgres}\nuse: [{health: {from: postgres, timeout: 2s}}]"),
];

/// What a pattern brought is that pattern again, and makes the same objects.
#[test]
fn sidecars_that_a_pattern_brings_are_that_pattern() {
    for (pattern, rest) in ROUND_TRIPS {
        let original = format!("patterns: v1\nname: shop\napp: {{image: \"registry.example.com/shop:1\", {rest}\n");
        let made = generate(&original);
        assert_eq!(made.code, 0, "{original}\n{}", made.stderr);
        let report = report(&made.stdout);
        let text = description(&report);
        assert_eq!(report["plain"], 1, "{original}\n{text}");
        assert_eq!(documents(text)[0]["use"], documents(&original)[0]["use"], "{pattern}\n{text}");
        let again = generate(text);
        assert_eq!(again.code, 0, "{text}\n{}", again.stderr);
        assert_eq!(without_source(documents(&again.stdout)), without_source(documents(&made.stdout)), "{text}");
    }
}

/// A container that only looks like one of the catalogue's stays what it is, and one that stood beside the app and
/// agrees becomes native, which the report says.
#[test]
fn sidecars_are_recognised_where_they_agree() {
    let with = |args: &str| {
        let sidecar = format!(
            "      - {{name: stats, image: \"oliver006/redis_exporter:v1.70.0\", ports: [{{containerPort: 9121}}], args: [{args}]}}\n"
        );
        report(&(deployment(", ports: [{containerPort: 6379}]", &sidecar) + SERVICE))
    };
    let agrees = with("\"--web.listen-address=0.0.0.0:9121\", \"--redis.addr=redis://127.0.0.1:6379\"");
    let text = description(&agrees);
    assert!(text.contains("metrics: {as: stats, from: redis}"), "{text}");
    assert!(text.contains("images: {redis-exporter: \"oliver006/redis_exporter:v1.70.0\"}"), "{text}");
    assert!(agrees["documents"][0]["changed"].to_string().contains("a native sidecar"), "{agrees}");
    let other = with("\"--redis.addr=redis://elsewhere.example.com:6379\"");
    let text = description(&other);
    assert!(
        text.contains("as: stats") && text.contains("elsewhere.example.com") && text.contains("container:"),
        "{text}"
    );
    assert_eq!(other["plain"], 1, "{text}");
}

const SERVICE: &str =
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 6379}]}\n";

/// The descriptions below some folders that are there as examples, in order.
pub fn examples(folders: &[&str]) -> Vec<String> {
    let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    let mut files: Vec<String> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml")
                && (name.starts_with("example") || folder.ends_with("examples") || folder.ends_with("diagram"))
            {
                files.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// All examples: whatever they make can be imported, nothing is lost, and what needs no hatch makes the same again.
#[test]
#[cfg_attr(debug_assertions, ignore = "generates and imports each example of the catalogue: a minute in a debug build")]
fn what_the_catalogue_makes_comes_back() {
    let files = examples(&["patterns", "examples"]);
    let mut seen = 0;
    for file in files {
        let made = patterns(&["gen", &file]);
        if made.code != 0 {
            // files beside descriptions
            continue;
        }
        let report = report(&made.stdout);
        assert_eq!(report["fields"]["lost"], 0, "{file}: {report}");
        assert_eq!(report["imported"], report["workloads"], "{file}: {}", report["left"]);
        let run = patterns_with(&["import", "-"], made.stdout.as_bytes());
        if report["workloads"] != 0 {
            assert_eq!(generate(&run.stdout).code, 0, "{file}: {}", run.stdout);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// Hostile input ends in a message.
#[test]
fn nothing_makes_it_panic() {
    let base = deployment(", ports: [{containerPort: 80}]", "      volumes: [{name: a, emptyDir: {}}]\n");
    for (from, to) in [
        ("name: web}", "name: ~}"),
        ("labels: {app: web}", "labels: 5"),
        ("containers:", "containers: []\n      unknown:"),
        ("emptyDir: {}", "emptyDir: 7"),
        ("containerPort: 80", "containerPort: 99999999999"),
        ("matchLabels: {app: web}", "matchLabels: ~"),
        ("name: web}", "name: \"../../etc\"}"),
        ("registry.example.com/web:1", ""),
    ] {
        let run = patterns_with(&["import", "-"], base.replacen(from, to, 1).as_bytes());
        assert!(matches!(run.code, 0 | 1), "{from} {to}: {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }
}

/// Every part of a manifest left out, and every text in it replaced: each of that is imported or left where it is.
#[test]
fn no_part_of_a_manifest_is_taken_for_granted() {
    let base = std::fs::read_to_string("tests/import/shop/shop.yaml").unwrap();
    let objects = documents(&base);
    let workload = objects.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
    let mut paths = Vec::new();
    pointers(workload, "", &mut paths);
    // without them this is not an object, as any other file that lies around
    paths.retain(|path| path != "/apiVersion" && path != "/kind");
    let texts = ["", "${x}", "../..", "a\nb: {", "ß\u{7f}", "$(X)", "0", "-"];
    let mut mutants = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let mut mutant = workload.clone();
        let (above, last) = path.rsplit_once('/').unwrap();
        let above = mutant.pointer_mut(above).unwrap();
        let text = texts[number % texts.len()];
        match above {
            Value::Object(members) if number % 2 == 0 => {
                members.shift_remove(&last.replace("~1", "/"));
            }
            Value::Array(elements) if number % 2 == 0 => {
                elements.remove(last.parse().unwrap());
            }
            _ => *mutant.pointer_mut(path).unwrap() = json!(text),
        }
        if mutant["metadata"]["name"] == workload["metadata"]["name"] {
            mutant["metadata"]["name"] = json!(format!("shop-{number}"));
        }
        mutants.push(mutant.to_string());
    }
    assert!(mutants.len() > 60, "{}", mutants.len());
    let run = patterns_with(&["import", "--format", "json", "-"], mutants.join("\n---\n").as_bytes());
    assert!(matches!(run.code, 0 | 1), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let all = |key: &str| report[key].as_array().unwrap().len();
    let known = all("documents") + all("left") + all("unread");
    assert_eq!(known, mutants.len(), "{} {}", report["left"], report["unread"]);
    assert_eq!(report["fields"]["lost"], 0);
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in below {
        let path = format!("{at}/{step}");
        pointers(value, &path, found);
        found.push(path);
    }
}

/// Aliases that unfold to more than anybody writes, and a value as deep as it is long, end in a message.
#[test]
fn hostile_streams_end() {
    let mut aliases = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (of, name) in ('a'..='i').zip('b'..='j') {
        let all = vec![format!("*{of}"); 9].join(", ");
        writeln!(aliases, "{name}: &{name} [{all}]").unwrap();
    }
    let bomb = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n{aliases}");
    let deep = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {}{}\n",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    for input in [bomb, deep, "\u{feff}{{ template }}\n---\n- a\n".to_owned()] {
        let run = patterns_with(&["import", "-"], input.as_bytes());
        assert!(matches!(run.code, 1 | 2), "{}", run.code);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }
}

fn left(input: &str) -> String {
    report(input)["left"].to_string()
}

/// The root filesystem is read-only because we made it so: what the program writes to becomes writable, and nothing is
/// ignored.
#[test]
fn a_completion_that_would_break_the_program_is_mended() {
    let nginx = deployment("", "").replace("registry.example.com/web:1", "nginx:1.27");
    assert!(description(&report(&nginx)).contains("/var/cache/nginx"), "{}", report(&nginx));
    let beside = deployment("", "      - {name: proxy, image: \"nginx:1.27\"}\n");
    assert!(description(&report(&beside)).contains("as: proxy"), "{}", report(&beside));
    assert!(description(&report(&beside)).contains("/var/cache/nginx"), "{}", report(&beside));
    assert!(!report(&nginx).to_string().contains("as the imported manifest has it"));
}

/// A written address is not the server's choice.
#[test]
fn an_address_that_is_written_is_kept_or_named() {
    let with = |service: &str| {
        let text = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n";
        report(&format!("{}{text}  {service}\n", deployment("", ""))).to_string()
    };
    assert!(with("clusterIP: 10.96.0.10").contains("10.96.0.10"), "{}", with("clusterIP: 10.96.0.10"));
    assert!(with("ipFamilies: [IPv6]").contains("IPv6"));
    let filled_in = with("clusterIP: 10.96.0.10\n  clusterIPs: [10.96.0.10]\n  ipFamilies: [IPv4]");
    assert!(!filled_in.contains("10.96.0.10"), "{filled_in}");
}

/// A StatefulSet may say of its Service that it has none.
#[test]
fn an_empty_name_of_a_service_is_none() {
    let with = |line: &str| {
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: \
                   a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: [{name: a, image: \
                   \"registry.example.com/a:1\"}]}\n";
        report(&set.replace("spec:\n  selector", &format!("spec:\n{line}  selector")))
    };
    assert_eq!(description(&with("  serviceName: \"\"\n")), description(&with("")));
}

/// What runs before a sidecar starts, and after it.
#[test]
fn init_containers_keep_their_place_among_the_sidecars() {
    let container = |name: &str| {
        let kind = if name.starts_with('s') { ", restartPolicy: Always" } else { "" };
        format!("      - {{name: {name}, image: \"registry.example.com/{name}:1\"{kind}}}\n")
    };
    for names in [
        vec!["a"],
        vec!["s1"],
        vec!["a", "s1"],
        vec!["s1", "a"],
        vec!["a", "b", "s1"],
        vec!["a", "s1", "b"],
        vec!["s1", "a", "s2"],
        vec!["a", "s1", "s2"],
        vec!["a", "s1", "b", "s2", "c"],
        vec!["s2", "a", "b", "s1", "c"],
        vec!["a", "s2", "b", "s1"],
        vec!["s1", "s2", "a", "b"],
    ] {
        let list: String = names.iter().map(|name| container(name)).collect();
        for beside in ["", "      shareProcessNamespace: true\n"] {
            let report = report(&deployment("", &format!("      initContainers:\n{list}{beside}")));
            assert_eq!(
                (&report["left"], &report["fields"]["lost"]),
                (&serde_json::json!([]), &serde_json::json!(0)),
                "{report}"
            );
            let run = generate(description(&report));
            let made = documents(&run.stdout);
            let workload =
                made.iter().find(|object| object["kind"] == "Deployment").unwrap_or_else(|| panic!("{}", run.stderr));
            let order = workload["spec"]["template"]["spec"]["initContainers"].as_array().unwrap();
            let order: Vec<&str> = order.iter().map(|container| container["name"].as_str().unwrap()).collect();
            assert_eq!(order, names, "{}", description(&report));
        }
    }
}

/// Nothing is made in the place of an object that stays where it is.
#[test]
fn what_stays_is_not_overwritten() {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, annotations: {a: b}}\n";
    let kept = report(&(deployment("", "") + account));
    assert_eq!(kept["plain"], 1, "{kept}");
    let made = documents(&generate(description(&kept)).stdout);
    assert!(made.iter().all(|object| object["kind"] != "ServiceAccount"), "{kept}");
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {maxUnavailable: 1, \
                  selector: {matchLabels: {app: other}}}\n";
    let two = deployment("", "").replacen("spec:\n", "spec:\n  replicas: 2\n", 1);
    let left = report(&(two + budget));
    assert!(left["left"].to_string().contains("it would generate PodDisruptionBudget/web"), "{left}");
}

/// A token by its form, as a word of an address, and the copy that `kubectl apply` keeps.
#[test]
fn secrets_are_known_by_their_values_too() {
    let env = "env: [{name: GH, value: ghp_0123456789abcdefhunter2}, {name: DB, value: 'jdbc:mysql://h/d?user=a&password=hunter2'}]";
    let input = deployment(&format!(", {env}"), "").replacen(
        "metadata: {",
        "metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: 'a hunter2'}, ",
        1,
    );
    for args in [&[][..], &["--diff"], &["--format", "json"]] {
        let run = patterns_with(&[&["import"][..], args, &["-"]].concat(), input.as_bytes());
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("hunter2"), "{args:?}\n{}{}", run.stdout, run.stderr);
    }
    assert!(description(&report(&input)).contains("GH: secret/web-env/GH"));
}

/// What answers the liveness probe answers the start-up probe that is added.
#[test]
fn an_added_start_up_probe_asks_what_the_liveness_probe_asks() {
    let asked = |probes: &str| {
        let said = report(&deployment(&format!(", {probes}"), ""));
        let made = documents(&generate(description(&said)).stdout);
        let deployment = made.into_iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        deployment["spec"]["template"]["spec"]["containers"][0]["startupProbe"]["httpGet"].clone()
    };
    let of = |path: &str, scheme: &str| format!("{{httpGet: {{path: {path}, port: 80, scheme: {scheme}}}}}");
    let https = json!({"path": "/h", "port": 80, "scheme": "HTTPS"});
    assert_eq!(asked(&format!("readinessProbe: {}", of("/h", "HTTPS"))), https);
    assert_eq!(asked(&format!("livenessProbe: {}", of("/h", "HTTPS"))), https);
    let both = format!("livenessProbe: {}, readinessProbe: {}", of("/h", "HTTPS"), of("/r", "HTTP"));
    assert_eq!(asked(&both), https);
    let started = format!("livenessProbe: {}, startupProbe: {}", of("/h", "HTTPS"), of("/s", "HTTP"));
    assert_eq!(asked(&started), json!({"path": "/s", "port": 80}));
}

/// Of each of these a stranger's manifests lost something, or kept something of theirs out.
#[test]
fn what_others_share_stays_theirs() {
    let track = |track: &str| {
        deployment(", ports: [{containerPort: 8080}]", "")
            .replace("name: web}", &format!("name: {track}}}"))
            .replace("{app: web}", &format!("{{app: web, track: {track}}}"))
    };
    let common = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, \
                  targetPort: 8080}]}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: \
                  {maxUnavailable: 1, selector: {matchLabels: {app: web}}}\n";
    let both = report(&format!("{}---\n{}---\n{common}", track("stable"), track("canary")));
    let why = |object: &str| {
        let of = |one: &&Value| one["object"] == object;
        both["left"].as_array().unwrap().iter().find(of).map(|one| one["why"].clone())
    };
    assert_eq!(why("Service/web"), Some(json!("it selects the Pods of several workloads")), "{both}");
    assert_eq!(why("PodDisruptionBudget/web"), why("Service/web"), "{both}");
    // of one workload alone it is narrowed, and the report says so
    let one = report(&format!("{}---\n{common}", track("stable")));
    assert!(one["documents"][0]["changed"].to_string().contains("selects the Pods of this workload alone"), "{one}");
}

#[test]
fn a_volume_of_two_containers_is_one() {
    for source in [
        "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}",
        "csi: {driver: secrets.example.com}",
        "emptyDir: {sizeLimit: 1Gi}",
    ] {
        let pod = format!(
            "      initContainers: [{{name: fill, image: \"registry.example.com/i:1\", volumeMounts: [{{name: e, mountPath: \
             /out}}]}}]\n      volumes: [{{name: e, {source}}}]\n"
        );
        let said = report(&deployment(", volumeMounts: [{name: e, mountPath: /in}]", &pod));
        let Some(text) = said["documents"][0]["description"].as_str() else { continue };
        let made = documents(&generate(text).stdout);
        let spec = &made.iter().find(|one| one["kind"] == "Deployment").unwrap()["spec"]["template"]["spec"];
        let name = |container: &Value, path: &str| {
            let mounts = container["volumeMounts"].as_array().unwrap();
            mounts.iter().find(|one| one["mountPath"] == path).unwrap()["name"].clone()
        };
        assert_eq!(name(&spec["initContainers"][0], "/out"), name(&spec["containers"][0], "/in"), "{source}: {text}");
    }
}

#[test]
fn labels_that_something_reads_stay() {
    let reads = ", env: [{name: R, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['release']\"}}}]";
    let labelled = |container: &str, labels: &str| {
        deployment(container, "").replace("labels: {app: web}", &format!("labels: {{app: web, {labels}}}"))
    };
    let rule = "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\nspec: {host: web, \
                subsets: [{name: one, labels: {app.kubernetes.io/version: \"1.2\"}}]}\n";
    for (input, label, value) in [
        (labelled(reads, "release: canary"), "release", "canary"),
        (labelled("", "release: canary"), "release", "canary"),
        (labelled("", "app.kubernetes.io/version: \"1.2\"") + rule, "app.kubernetes.io/version", "1.2"),
    ] {
        let said = report(&input);
        let made = documents(&generate(description(&said)).stdout);
        let made = made.iter().find(|one| one["kind"] == "Deployment").unwrap();
        assert_eq!(made["spec"]["template"]["metadata"]["labels"][label], value, "{}", description(&said));
    }
}

#[test]
fn secrets_in_other_forms_are_known() {
    for value in [
        "Server=db;User=a;Password=kX9fQ2vLm4T;",
        "AccountName=a;AccountKey=kX9fQ2vLm4T==",
        "{\"user\":\"a\",\"password\":\"kX9fQ2vLm4T\"}",
        "password: kX9fQ2vLm4T",
        "run --requirepass kX9fQ2vLm4T --password kX9fQ2vLm4T",
    ] {
        let input = deployment(&format!(", env: [{{name: SETTINGS, value: {}}}]", json!(value)), "");
        let run = patterns_with(&["import", "--diff", "-"], input.as_bytes());
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("kX9fQ2"), "{value}: {}{}", run.stdout, run.stderr);
    }
    for words in [
        json!(["serve", "--password", "kX9fQ2vLm4T"]),
        json!(["serve", "--db-password=kX9fQ2vLm4T"]),
        json!(["redis-server", "--requirepass", "kX9fQ2vLm4T"]),
        json!(["mysql", "-u", "root", "-pkX9fQ2vLm4T"]),
        json!(["curl", "-u", "a:kX9fQ2vLm4T", "http://web"]),
    ] {
        let input = deployment(&format!(", command: {words}"), "");
        let run = patterns_with(&["import", "--diff", "-"], input.as_bytes());
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("kX9fQ2"), "{words}: {}{}", run.stdout, run.stderr);
        assert!(left(&input).contains("is a plaintext secret: put it into a Secret first"), "{}", left(&input));
    }
    // what names no secret
    for words in [
        json!(["serve", "--password", "$(PASSWORD)"]),
        json!(["serve", "--token", "/run/token"]),
        json!(["ssh", "-p", "22"]),
    ] {
        assert_eq!(report(&deployment(&format!(", command: {words}"), ""))["imported"], 1, "{words}");
    }
}

#[test]
fn everyday_manifests_need_no_hatch() {
    let nginx = deployment(", ports: [{containerPort: 80}]", "").replace("registry.example.com/web:1", "nginx:1.27");
    let cases = [
        (nginx, "writable:"),
        (deployment("", "  strategy: {type: Recreate}\n"), "rollout: {recreate: true}"),
        (deployment("", "      securityContext: {supplementalGroups: [], sysctls: []}\n"), "image:"),
        (
            deployment(
                ", volumeMounts: [{name: d, mountPath: \"/${A}\"}]",
                "      volumes: [{name: d, hostPath: {path: /d}}]\n",
            ),
            "$${A}",
        ),
    ];
    for (input, part) in cases {
        let said = report(&input);
        assert_eq!(said["imported"], 1, "{input}{said}");
        assert!(description(&said).contains(part), "{part}: {}", description(&said));
        assert!(!description(&said).contains("patch:"), "{}", description(&said));
    }
}

/// A Deployment and a Service with these further fields of its spec, and of its port.
fn with_service(service: &str, port: &str) -> String {
    let web = deployment(", ports: [{name: web, containerPort: 8080}, {name: admin, containerPort: 9901}]", "");
    format!(
        "{web}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  selector: {{app: web}}\n  \
         ports: [{{name: web, port: 8080, targetPort: web{port}}}]\n{service}"
    )
}

/// What the language has a key for needs no patch: each of these, with what the description then has.
#[test]
fn what_has_a_key_needs_no_hatch() {
    let pod = |spec: &str| deployment("", spec);
    let strategy = |rolling: &str| deployment("", &format!("  strategy: {{rollingUpdate: {{{rolling}}}}}\n"));
    let mounted = |volume: &str| {
        deployment(", volumeMounts: [{name: d, mountPath: /d}]", &format!("      volumes: [{{name: d, {volume}}}]\n"))
    };
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec:\n  template:\n    spec: {restartPolicy: \
               OnFailure, containers: [{name: once, image: \"registry.example.com/once:1\"}]}\n";
    let anti = "      affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, \
                podAffinityTerm: {topologyKey: topology.kubernetes.io/zone, labelSelector: {matchExpressions: [{key: \
                app, operator: In, values: [web]}]}}}]}}\n";
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  selector: \
               {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, \
               image: \"registry.example.com/db:1\", ports: [{containerPort: 5432}]}]}\n---\napiVersion: v1\nkind: \
               Service\nmetadata: {name: db}\nspec: {selector: {app: db}, ports: [{port: 5432}]}\n";
    let further = with_service("", "")
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web-admin, labels: {monitored: \"yes\"}}\nspec: {type: \
           LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 9901}]}\n---\napiVersion: example.com/v1\nkind: \
           Monitor\nmetadata: {name: m}\nspec: {selector: {matchLabels: {monitored: \"yes\"}}}\n";
    let budget = |share: &str| {
        deployment("", "")
            + &format!(
                "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec: {{{share}, selector: {{matchLabels: {{app: web}}}}}}\n"
            )
    };
    let nodes = |expression: &str| {
        pod(&format!(
            "      affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{matchExpressions: [{expression}]}}]}}}}}}\n"
        ))
    };
    let cases = [
        (budget("maxUnavailable: 1"), "budget: {unavailable: 1}"),
        (budget("minAvailable: 50%"), "budget: {available: 50%}"),
        (
            budget("minAvailable: 50%").replace("{name: web}\nspec: {min", "{name: web, annotations: {a: b}}\nspec: {min"),
            "budget: {a: b}",
        ),
        (
            with_service("", "").replace("port: 8080, targetPort: web", "port: 8080, targetPort: web}, {name: manage, port: 9901"),
            "service-ports: {admin: manage}",
        ),
        (
            with_service("", "").replace("port: 8080, targetPort: web", "port: 8080, targetPort: web, appProtocol: TCP"),
            "speaks: TCP",
        ),
        (
            deployment("", "").replace("metadata: {name: web}", "metadata: {name: web, labels: {app: shop}}"),
            "labels: {workload: {app: shop}}",
        ),
        (
            deployment("", "      initContainers: [{name: i, image: \"registry.example.com/i:1\", volumeMounts: [{name: d, mountPath: /d}]}]\n      volumes: [{name: d, emptyDir: {}}]\n"),
            "d: {size: 1Gi, mount: /d}",
        ),
        (
            set.replace("---\n", "  volumeClaimTemplates: [{metadata: {name: d, labels: {app: db}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]\n---\n")
                .replace("ports: [{containerPort: 5432}]", "ports: [{containerPort: 5432}], volumeMounts: [{name: d, mountPath: /d}]"),
            "labels: {claim: {app: db}}",
        ),
        (
            deployment(", resources: {limits: {ephemeral-storage: 200Mi}}", "").replace("registry.example.com/web:1", "nginx:1.27.1"),
            "/var/cache/nginx",
        ),
        (
            nodes("{key: a, operator: Exists}, {key: b, operator: NotIn, values: [c]}"),
            "{a: {exists: true}, b: {not: [c]}}",
        ),
        (nodes("{key: a, operator: DoesNotExist}"), "a: {exists: false}"),
        (pod("      hostname: media\n"), "hostname: media"),
        (set.replace("    spec: {containers", "    spec: {hostname: media, containers"), "image:"),
        (
            pod("      hostAliases: [{ip: 192.0.2.7, hostnames: [a.example.com, b]}]\n"),
            "hosts: {a.example.com: \"192.0.2.7\", b: \"192.0.2.7\"}",
        ),
        (pod("      securityContext: {supplementalGroups: [44]}\n"), "groups: [44]"),
        (pod("      securityContext: {seLinuxOptions: {level: \"s0:c1\"}}\n"), "selinux: s0:c1"),
        (deployment(", securityContext: {seLinuxOptions: {type: spc_t}}", ""), "selinux: {type: spc_t}"),
        (
            deployment(
                ", securityContext: {runAsUser: 7, allowPrivilegeEscalation: false, capabilities: {add: [NET_RAW]}}",
                "",
            ),
            "new-privileges: false",
        ),
        (deployment(", tty: true, stdin: true, stdinOnce: false", ""), "tty: true"),
        (deployment(", terminationMessagePolicy: FallbackToLogsOnError", ""), "termination-message: log"),
        (deployment(", terminationMessagePolicy: File, terminationMessagePath: /dev/termination-log", ""), "image:"),
        (
            mounted(
                "projected: {defaultMode: 256, sources: [{secret: {name: s, items: [{key: a, path: b}]}}, {configMap: {name: m}}, {serviceAccountToken: {audience: vault, path: t}}]}",
            ),
            "- {secret: s, items: {a: b}}\n        - {configmap: m}\n        - {token: vault, file: t}",
        ),
        (
            mounted("projected: {sources: [{configMap: {name: m, optional: false}}], defaultMode: 420}"),
            "sources: [{configmap: m}]",
        ),
        (mounted("configMap: {name: m, items: [{key: a, path: a, mode: 493}]}"), "mode: \"0755\""),
        (with_service("  ipFamilyPolicy: SingleStack\n  ipFamilies: [IPv4]\n", ""), "ip: IPv4"),
        (with_service("  ipFamilyPolicy: PreferDualStack\n", ""), "ip: dual"),
        (
            with_service(
                "  sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}\n",
                "",
            ),
            "sticky: true",
        ),
        (
            with_service("", "").replace(
                "ports: [{name: web, port",
                "ports: [{name: https, port: 443, targetPort: web}, {name: web, port",
            ),
            "ports: {https: 443}",
        ),
        (with_service("  type: NodePort\n", ", nodePort: 30080"), "node-port: 30080"),
        (with_service("  clusterIP: None\n", ""), "type: Headless"),
        (
            with_service("  type: LoadBalancer\n  loadBalancerIP: 192.0.2.9\n  externalTrafficPolicy: Local\n", ""),
            "address: \"192.0.2.9\", local: true",
        ),
        (with_service("  sessionAffinity: ClientIP\n", ""), "sticky: true"),
        (set.to_owned(), "expose: {type: ClusterIP}"),
        (further, "type: LoadBalancer\n    ports: {admin: {port: 80, to: 9901}}\n    labels: {monitored: \"yes\"}"),
        (strategy("maxUnavailable: 1"), "surge: 25%, unavailable: 1"),
        (strategy("maxSurge: 25%, maxUnavailable: 25%"), "image:"),
        (job.to_owned(), "restart: container"),
        (pod("      securityContext: {runAsUser: 7, fsGroup: 9}\n"), "volume-group: 9"),
        (mounted("nfs: {server: nas.example.com, path: /exports}"), "nfs: \"nas.example.com:/exports\""),
        (pod("      tolerations: [{key: a, effect: NoSchedule}]\n"), "a=:NoSchedule"),
        (pod("      tolerations: []\n      imagePullSecrets: []\n      hostAliases: []\n"), "image:"),
        (pod(anti), "apart: [{labels: {app: web}, over: zone, prefer: 7}]"),
        (pod("      dnsPolicy: Default\n"), "dns: node"),
        (pod("      dnsPolicy: ClusterFirstWithHostNet\n"), "image:"),
        (pod("      dnsConfig: {options: [{name: ndots, value: \"2\"}]}\n"), "options: {ndots: \"2\"}"),
        (
            pod("      volumes: [{name: idle, emptyDir: {}}, {name: gone, persistentVolumeClaim: {claimName: c}}]\n"),
            "image:",
        ),
        (
            with_service("", "").replace("ports: [{name: web, port", "ports: [{name: a-name-of-many-letters, port"),
            "service-port: a-name-of-many-letters",
        ),
        (pod("      runtimeClassName: nvidia\n"), "runtime: nvidia"),
        (deployment(", resources: {requests: {cpu: 0}}", ""), "image:"),
        (
            deployment(
                ", resources: {limits: {memory: 1Gi}}, env: [{name: M, valueFrom: {resourceFieldRef: {containerName: \
                 web, resource: limits.memory, divisor: \"1\"}}}]",
                "",
            ),
            "limits/memory",
        ),
        (
            deployment("", "      - {name: b, image: \"registry.example.com/b:1\", imagePullPolicy: Always}\n"),
            "image-pull: {b: Always}",
        ),
        (
            deployment(
                ", ports: [{name: web, containerPort: 80}]",
                "      - {name: b, image: \"registry.example.com/b:1\", ports: [{name: web, containerPort: 81}]}\n",
            ),
            "port-81",
        ),
        (
            deployment("", "")
                .replace("apps/v1", "extensions/v1beta1")
                .replace("  selector: {matchLabels: {app: web}}\n", ""),
            "image:",
        ),
        (
            mounted("persistentVolumeClaim: {claimName: web}")
                + "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: web, labels: {app: web}}\nspec: \
                   {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
            "labels: {claim: {app: web}}",
        ),
        (
            deployment(
                ", volumeMounts: [{name: d, mountPath: /etc/app.ini, subPath: b.ini}]",
                "      volumes: [{name: d, configMap: {name: c, items: [{key: a.ini, path: b.ini}]}}]\n",
            ),
            "file: a.ini",
        ),
    ];
    let mut wrong = Vec::new();
    for (input, part) in cases {
        let said = report(&input);
        let document = said["documents"][0]["description"].as_str().unwrap_or_default();
        let is_plain = said["plain"] == 1 && said["fields"]["lost"] == 0;
        if !is_plain || !document.contains(part) || generate(document).code != 0 {
            wrong.push(format!("{part}:\n{input}\n{document}{}\n{}", said["left"], generate(document).stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n======\n"));
}

/// One port in TCP and in UDP, which one Service offers, and two Services of a load balancer.
#[test]
fn one_number_for_two_protocols() {
    let input = deployment(
        ", ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 53}]",
        "",
    ) + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{name: dns, port: \
           53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}\n";
    let said = report(&input);
    assert_eq!((&said["imported"], &said["fields"]["lost"]), (&json!(1), &json!(0)), "{said}");
    let made = documents(&generate(description(&said)).stdout);
    let service = made.iter().find(|object| object["kind"] == "Service").expect("a Service");
    let ports = service["spec"]["ports"].as_array().unwrap();
    let has = |protocol: &str| {
        ports.iter().any(|port| port["port"] == 53 && port["protocol"].as_str().unwrap_or("TCP") == protocol)
    };
    assert!(ports.len() == 2 && has("TCP") && has("UDP"), "{service}");
}

/// A container beside the app that listens, as its arguments say, on a port that it does not declare.
fn behind(helper: &str, port: u16) -> Value {
    let service = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: {port}}}]}}\n"
    );
    let app = deployment(", ports: [{containerPort: 3000}]", &format!("      - {helper}\n"));
    report(&format!("{app}---\n{service}"))
}

#[test]
fn the_port_of_a_helper_is_not_the_apps() {
    let helpers = [
        (
            "{name: oauth, image: \"quay.io/oauth2-proxy/oauth2-proxy:v7.6.0\", args: [--http-address=0.0.0.0:4180, --upstream=http://localhost:3000, --email-domain=*]}",
            4180,
        ),
        ("{name: exporter, image: \"prom/statsd-exporter:v0.27.1\", args: [--web.listen-address=:9102]}", 9102),
        (
            "{name: tunnel, image: \"ghostunnel/ghostunnel:v1.8.4\", args: [server, --listen=0.0.0.0:8443, --target=127.0.0.1:3000, --cert=/c, --key=/k, --allow-all]}",
            8443,
        ),
        (
            "{name: socat, image: \"alpine/socat:1.8.0.0\", args: [\"TCP-LISTEN:7000,fork\", \"TCP:127.0.0.1:3000\"]}",
            7000,
        ),
    ];
    for (helper, port) in helpers {
        let report = behind(helper, port);
        let text = description(&report);
        assert_eq!(report["documents"][0]["lost"], json!([]), "{text}");
        let objects = documents(&generate(text).stdout);
        let workload = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
        let spec = &workload["spec"]["template"]["spec"];
        let containers = spec["initContainers"].as_array().into_iter().chain(spec["containers"].as_array()).flatten();
        for container in containers {
            let ports: Vec<&Value> =
                container["ports"].as_array().into_iter().flatten().map(|one| &one["containerPort"]).collect();
            let is_app = container["name"] == "web";
            assert_eq!(ports.contains(&&json!(port)), !is_app, "{}: {ports:?}\n{text}", container["name"]);
            assert!(!is_app || !container["livenessProbe"].to_string().contains(&port.to_string()), "{text}");
        }
        assert_eq!(report["documents"][0]["patches"], json!(0), "{text}");
    }
    // what nothing is known of may be the app's
    let report = behind("{name: helper, image: \"registry.example.com/helper:1\"}", 4180);
    assert!(description(&report).contains("port: 4180"), "{report}");
}

/// A Deployment whose account has these rules by a Role and a binding; `more` is in the stream too.
fn with_rights(rules: &str, subjects: &str, more: &str) -> String {
    format!(
        "{}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: robot}}\n---\napiVersion: \
         rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: reader, labels: {{app: web}}}}\nrules: {rules}\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: reads}}\nroleRef: {{apiGroup: \
         rbac.authorization.k8s.io, kind: Role, name: reader}}\nsubjects: {subjects}\n{more}",
        deployment(", args: [watch]", "      serviceAccountName: robot\n")
    )
}

const ROBOT: &str = "[{kind: ServiceAccount, name: robot}]";

/// What one account may do is `rights`, however the rules are put together; the names stay.
#[test]
fn a_role_of_ones_own_is_rights() {
    let cases = [
        ("[{apiGroups: [\"\"], resources: [pods], verbs: [get, list]}]", json!([{"pods": ["get", "list"]}])),
        (
            "[{apiGroups: [\"\"], resources: [pods], verbs: [get]}, {apiGroups: [\"\"], resources: [pods], verbs: [list, get]}]",
            json!([{"pods": ["get", "list"]}]),
        ),
        (
            "[{apiGroups: [\"\", apps], resources: [deployments/scale, pods], verbs: [get]}]",
            json!([{"deployments.apps/scale": ["get"]}, {"pods": ["get"]}]),
        ),
        (
            "[{apiGroups: [example.com], resources: [widgets], resourceNames: [a, b], verbs: [get]}]",
            json!([{"widgets.example.com": {"names": ["a", "b"], "verbs": ["get"]}}]),
        ),
        ("[{apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}]", json!([{"*": ["*"]}])),
    ];
    for (rules, rights) in cases {
        let report = report(&with_rights(rules, ROBOT, ""));
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{rules}: {report}");
        assert_eq!(report["left"], json!([]), "{rules}: {report}");
        let text = description(&report);
        let document = documents(text).remove(0);
        assert_eq!(document["app"]["rights"], rights, "{text}");
        assert_eq!(
            document["adopt"]["names"],
            json!({"ServiceAccount": "robot", "Role": "reader", "RoleBinding": "reads"})
        );
        let made = documents(&generate(text).stdout);
        let of = |kind: &str| made.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        assert_eq!(of("RoleBinding")["metadata"]["name"], "reads");
        assert_eq!(of("RoleBinding")["roleRef"]["name"], "reader");
        assert_eq!(of("RoleBinding")["subjects"], json!([{"kind": "ServiceAccount", "name": "robot"}]));
        assert_eq!(of("Role")["metadata"]["labels"]["app"], "web");
    }
}

/// Rights that others have too, or that no word says, stay where they are, and so does the account.
#[test]
fn rights_of_others_stay_theirs() {
    let rules = "[{apiGroups: [\"\"], resources: [pods], verbs: [get]}]";
    let other = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: also}\nroleRef: \
                 {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}\nsubjects: [{kind: User, name: ann, \
                 apiGroup: rbac.authorization.k8s.io}]\n";
    let elsewhere = "[{kind: ServiceAccount, name: robot, namespace: ops}]";
    let two = "[{kind: ServiceAccount, name: robot}, {kind: ServiceAccount, name: ann}]";
    let cases = [
        with_rights(rules, ROBOT, other),
        with_rights(rules, two, ""),
        with_rights(rules, elsewhere, ""),
        with_rights("[]", ROBOT, ""),
        with_rights("[{apiGroups: [\"\"], resources: [nodes], verbs: [get]}]", ROBOT, ""),
        with_rights("[{apiGroups: [\"\"], resources: [pods], verbs: [teach]}]", ROBOT, ""),
        with_rights("[{apiGroups: [apps], resources: [\"*\"], verbs: [get]}]", ROBOT, ""),
        with_rights("[{apiGroups: [\"*\"], resources: [pods], verbs: [get]}]", ROBOT, ""),
        with_rights("[{apiGroups: [extensions], resources: [deploymints], verbs: 5}]", ROBOT, ""),
    ];
    for input in cases {
        let report = report(&input);
        assert_eq!((&report["imported"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{input}\n{report}");
        let document = documents(description(&report)).remove(0);
        assert_eq!(
            (&document["app"]["rights"], &document["app"]["account"]),
            (&Value::Null, &json!("robot")),
            "{input}"
        );
        let left = report["left"].to_string();
        assert!(left.contains("ServiceAccount") && left.contains("RoleBinding"), "{left}");
    }
}

/// A Role gives nothing on what belongs to no namespace: such rights are left out, with the reason, and the others stay.
#[test]
fn rights_that_no_role_can_give_are_left_out() {
    let leases = "{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}";
    let kept = json!({"leases.coordination.k8s.io": ["get", "create", "update"]});
    for (rule, more) in [
        ("{apiGroups: [networking.k8s.io], resources: [ingressclasses], verbs: [get, list, watch]}", None),
        ("{apiGroups: [networking.k8s.io], resources: [ingressclasses], resourceNames: [web], verbs: [get]}", None),
        ("{apiGroups: [\"\"], resources: [nodes, persistentvolumes], verbs: [list]}", None),
        ("{apiGroups: [\"\"], resources: [nodes/proxy, nodes/status], verbs: [get]}", None),
        ("{apiGroups: [\"\"], resources: [nodes, pods], verbs: [get]}", Some(json!({"pods": ["get"]}))),
        ("{apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [\"*\"]}", None),
        ("{apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get]}", None),
        ("{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [get, deletecollection]}", None),
        ("{apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}", None),
        ("{apiGroups: [\"\"], resources: [namespaces], verbs: [list, watch]}", None),
        // a request for one namespace belongs to that namespace
        ("{apiGroups: [\"\"], resources: [namespaces], verbs: [get]}", Some(json!({"namespaces": ["get"]}))),
        ("{apiGroups: [\"\"], resources: [namespaces], verbs: [get, list]}", Some(json!({"namespaces": ["get"]}))),
    ] {
        for rules in [format!("[{leases}, {rule}]"), format!("[{rule}, {leases}]")] {
            let report = report(&with_rights(&rules, ROBOT, ""));
            assert_eq!((&report["left"], &report["fields"]["lost"]), (&json!([]), &json!(0)), "{rules}: {report}");
            let text = description(&report);
            let mut rights: Vec<Value> = vec![kept.clone()];
            rights.extend(more.clone());
            let said = documents(text).remove(0)["app"]["rights"].as_array().cloned().unwrap_or_default();
            assert!(said.len() == rights.len() && rights.iter().all(|right| said.contains(right)), "{rules}: {text}");
            let is_told = report.to_string().contains("a Role gives no rights on what belongs to no namespace");
            assert_eq!(is_told, !rule.contains("verbs: [get]}") || !rule.contains("[namespaces]"), "{rules}: {report}");
        }
    }
    // that a ClusterRole may be bound is asked for in the namespace of the binding, and all of what `*` allows is not known
    for rule in [
        "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}",
        "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [\"*\"]}",
        "{apiGroups: [\"\"], resources: [namespaces], verbs: [\"*\"]}",
    ] {
        let report = report(&with_rights(&format!("[{leases}, {rule}]"), ROBOT, ""));
        assert!(report["left"].to_string().contains("\"Role"), "{rule}: {report}");
    }
    let nothing = report(&with_rights("[{apiGroups: [\"\"], resources: [nodes], verbs: [get]}]", ROBOT, ""));
    let reason = "the Role allows nothing: what it names is cluster-wide, or does not exist";
    assert_eq!(nothing["left"].to_string().matches(reason).count(), 2, "the Role and its binding: {nothing}");
}

/// A helper that needs the token too keeps it.
#[test]
fn a_helper_keeps_the_token() {
    let rules = "[{apiGroups: [\"\"], resources: [pods], verbs: [get]}]";
    let input = with_rights(rules, ROBOT, "").replacen(
        "      serviceAccountName",
        "      - {name: helper, image: \"registry.example.com/helper:1\"}\n      serviceAccountName",
        1,
    );
    let report = report(&input);
    let text = description(&report);
    let document = documents(text).remove(0);
    assert_eq!((&document["adopt"]["token"], &report["fields"]["lost"]), (&json!(true), &json!(0)), "{text}");
    assert_eq!(document["app"]["rights"], json!([{"pods": ["get"]}]), "{text}");
}

/// A port of the document's Service that leads to a container beside the app, by number and by name.
#[test]
fn a_port_of_the_service_leads_to_a_helper() {
    for target in ["9102", "stats"] {
        let service = format!(
            "{{selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: 8080}}, {{name: metrics, port: 9100, \
             targetPort: {target}}}]}}"
        );
        let input = format!(
            "{}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {service}\n",
            deployment(
                ", ports: [{containerPort: 8080}]",
                "      - {name: helper, image: \"registry.example.com/helper:1\", ports: [{name: stats, containerPort: 9102}]}\n"
            )
        );
        let report = report(&input);
        assert_eq!((&report["plain"], &report["fields"]["lost"]), (&json!(1), &json!(0)), "{report}");
        let text = description(&report);
        let document = documents(text).remove(0);
        assert_eq!(document["expose"]["ports"], json!({"metrics": {"port": 9100, "to": 9102}}), "{text}");
        let made = documents(&generate(text).stdout);
        let service = made.iter().find(|object| object["kind"] == "Service").expect("a Service");
        assert_eq!(service["spec"]["ports"][1]["port"], 9100, "{service}");
        assert_eq!(service["spec"]["ports"][1]["targetPort"], "stats", "{service}");
    }
}

/// A port that leads nowhere is an error that names those that there are.
#[test]
fn a_port_of_the_service_leads_to_one_that_is_there() {
    let with = |to: &str| {
        generate(&format!(
            "{{patterns: v1, name: shop, app: {{image: \"registry.example.com/shop:1\", port: 8080}}, use: [{{container: \
             {{as: helper, image: \"registry.example.com/helper:1\", ports: {{stats: {{port: 9102, private: true}}}}}}}}], \
             expose: {{type: ClusterIP, ports: {{metrics: {{port: 9100, to: {to}}}}}}}}}"
        ))
    };
    for to in ["9102", "stats"] {
        assert_eq!(with(to).code, 0, "{}", with(to).stderr);
    }
    for to in ["9103", "stat"] {
        let run = with(to);
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains("has the port") && run.stderr.contains("stats (9102)"), "{}", run.stderr);
    }
}

/// A rule is ignored with the reason that is true: the manifest breaks it, or other manifests handle it.
#[test]
fn what_other_manifests_see_to_is_no_fault_of_the_workload() {
    let role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: leader, namespace: kube-system}\nrules: \
                [{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update, patch]}]\n---\napiVersion: \
                rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: leader, namespace: kube-system}\nroleRef: \
                {apiGroup: rbac.authorization.k8s.io, kind: Role, name: leader}\nsubjects: [{kind: ServiceAccount, name: ctl, \
                namespace: ops}]\n";
    let own = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ctl, namespace: ops}\n---\napiVersion: \
               rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: ctl, namespace: ops}\nrules: [{apiGroups: [\"\"], \
               resources: [configmaps], verbs: [get]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: \
               RoleBinding\nmetadata: {name: ctl, namespace: ops}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, \
               name: ctl}\nsubjects: [{kind: ServiceAccount, name: ctl, namespace: ops}]\n---\napiVersion: apps/v1\nkind: \
               Deployment\nmetadata: {name: ctl, namespace: ops}\nspec:\n  selector: {matchLabels: {app: ctl}}\n  template:\n    \
               metadata: {labels: {app: ctl}}\n    spec:\n      serviceAccountName: ctl\n      containers:\n      - name: \
               ctl\n        image: quay.io/jetstack/cert-manager-controller:v1.6.1\n        args: \
               [--leader-election-namespace=kube-system]\n        env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: \
               {fieldPath: metadata.namespace}}}]\n";
    let with = report(&format!("{own}{role}"));
    assert!(description(&with).contains("election-without-lease-rbac"), "{with}");
    assert!(description(&with).contains("not imported handle this"), "{with}");
    let without = report(own);
    assert!(description(&without).contains("as the imported manifest has it"), "{without}");
}

/// Files that only programs read are nothing to keep applying.
#[test]
fn files_of_programs_are_not_to_be_applied() {
    let files = "---\napiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: [{role: control-plane}]\n---\napiVersion: \
                 skaffold/v2beta19\nkind: Config\nmetadata: {name: app}\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: \
                 a\n---\napiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: a}\n---\napiVersion: \
                 kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    assert_eq!(left(&(deployment("", "") + files)), "[]");
    let flux = "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n";
    assert!(left(&(deployment("", "") + flux)).contains("a controller in the cluster applies what it names"));
}

/// An argument that keeps its workload from being imported is named, with its line.
#[test]
fn a_secret_argument_is_named() {
    for (args, what) in [
        ("[redis-server, --requirepass, redis_local]", "its argument `--requirepass`"),
        ("[serve, \"--password=hunter2hunter\"]", "its argument `--password`"),
    ] {
        let said = left(&deployment(&format!(", args: {args}"), ""));
        let line = "(line 10) is a plaintext secret: put it into a Secret first";
        assert!(said.contains(what) && said.contains(line), "{said}");
        assert!(!said.contains("redis_local") && !said.contains("hunter2"), "{said}");
    }
}

/// The reason of what is completed belongs to it: only new mounts are what the app writes to.
#[test]
fn mounts_are_completed_for_their_own_reasons() {
    let input = deployment(
        ", volumeMounts: [{name: c, mountPath: /etc/web.yaml, subPath: web.yaml}]",
        "      volumes: [{name: c, configMap: {name: web}}]\n",
    );
    let said = report(&input);
    let why = |field: &str| {
        let completed = said["documents"][0]["completed"].as_array().unwrap();
        let is_it = |one: &&Value| one["field"].as_str().is_some_and(|name| name.ends_with(field));
        completed.iter().find(is_it).unwrap_or_else(|| panic!("{field}: {said}"))["why"].as_str().unwrap().to_owned()
    };
    assert!(why("[mountPath=/etc/web.yaml].readOnly").contains("read-only anyway"));
    assert!(why("[mountPath=/etc/web.yaml].volume.configMap.items").contains("the file that is mounted"));
    assert!(why("[mountPath=/tmp].mountPath").contains("what the app writes to"));
}

/// A file that is a template is said to be one, not left out in silence.
#[test]
fn templates_that_cannot_be_read_are_named() {
    for name in ["@app_name", "@app_name@", "%APP%"] {
        let said =
            report(&deployment("", "").replacen("metadata: {name: web}", &format!("metadata:\n  name: {name}"), 1));
        let why = said["unread"][0]["why"].as_str().unwrap_or_default();
        assert!(why.contains("template") && why.contains("has to be filled in first"), "{name}: {said}");
    }
}
