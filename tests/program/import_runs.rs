//! What runs before `patterns import` runs after it: nothing that is completed stops it.

use crate::support::folder::Folder;
use crate::support::{generate, import_report as report, patterns_with};
use serde_json::{Value, json};

/// All documents of an import in one stream.
fn stream(report: &Value) -> String {
    let documents = report["documents"].as_array().into_iter().flatten();
    documents.filter_map(|document| document["description"].as_str()).collect::<Vec<_>>().join("---\n")
}

/// JSON is often one line: objects are told apart by more than their lines, and so are their facts.
#[test]
fn objects_of_one_line_are_told_apart() {
    let workload = |name: &str, image: &str, port: u16| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": image, "ports": [{"containerPort": port}]}, {"name": "beside", "image": "nginx:1.29"}]},
            }},
        })
    };
    let items = json!([
        workload("a", "redis:8", 6379),
        workload("b", "nginx:1.29", 80),
        workload("c", "registry.example.com/c:1", 3000)
    ]);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let (one, many) = (report(&list.to_string()), report(&serde_json::to_string_pretty(&list).unwrap()));
    assert_eq!(one["imported"], 3, "{one}");
    assert_eq!(stream(&one), stream(&many));
    assert_eq!((&one["plain"], &one["fields"]), (&many["plain"], &many["fields"]));
}

/// What is generated from an import of this, and the descriptions.
fn made(input: &str) -> (String, String) {
    let report = report(input);
    let text = stream(&report);
    let run = generate(&text);
    assert_eq!(run.code, 0, "{input}\n{text}\n{}\n{}", run.stderr, report["left"]);
    assert_eq!(report["fields"]["lost"], 0, "{report}");
    (run.stdout, text)
}

fn workload(kind: &str, name: &str, labels: &str, spec: &str, pod: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n  selector: \
         {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    spec:\n{pod}"
    )
}

fn deployment(name: &str, labels: &str, spec: &str) -> String {
    let pod = format!("      containers: [{{name: {name}, image: \"registry.example.com/{name}:1\"}}]\n");
    workload("Deployment", name, labels, spec, &pod)
}

#[test]
fn no_budget_is_added_over_another_ones_pods() {
    let two =
        deployment("web", "app: web", "replicas: 3") + &deployment("canary", "app: web, track: canary", "replicas: 2");
    let (made, text) = made(&two);
    assert_eq!(made.matches("kind: PodDisruptionBudget").count(), 1, "{made}");
    assert!(
        text.contains("# none is added: it would keep the Pods of Deployment/canary, too\nbudget: false"),
        "{text}"
    );
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: all}\nspec: {maxUnavailable: 1, \
                  selector: ";
    for selector in ["{matchExpressions: [{key: app, operator: In, values: [web, api]}]}", "{}"] {
        let (made, text) = self::made(&(deployment("web", "app: web", "replicas: 3") + budget + selector + "}\n"));
        assert_eq!(made.matches("kind: PodDisruptionBudget").count(), 0, "{made}");
        assert!(text.contains("budget: false"), "{text}");
    }
    let (made, text) =
        self::made(&(deployment("web", "app: web", "replicas: 3") + &deployment("api", "app: api", "replicas: 3")));
    assert_eq!(made.matches("kind: PodDisruptionBudget").count(), 2, "{made}");
    assert!(!text.contains("budget"), "{text}");
}

/// A Deployment with this in its container, and this in its Pod.
fn with(container: &str, pod: &str) -> String {
    let containers =
        format!("      containers:\n      - {{name: web, image: \"registry.example.com/web:1\"{container}}}\n{pod}");
    workload("Deployment", "web", "app: web", "replicas: 1", &containers)
}

#[test]
fn what_runs_as_root_stays_root() {
    let root: &[(&str, &str)] = &[
        (", securityContext: {privileged: true}", ""),
        (", securityContext: {capabilities: {add: [NET_ADMIN, SYS_MODULE]}}", ""),
        (", securityContext: {capabilities: {add: [CAP_SYS_TIME]}}", ""),
        (", securityContext: {capabilities: {drop: [ALL], add: [CHOWN, SETGID, SETUID]}}", ""),
        (", volumeMounts: [{name: d, mountPath: /data}]", "      volumes: [{name: d, hostPath: {path: /srv/data}}]\n"),
        (
            ", volumeMounts: [{name: d, mountPath: /logs, readOnly: true}]",
            "      volumes: [{name: d, hostPath: {path: /var/log/pods}}]\n",
        ),
        (", command: [sh, -c, \"chown -R 999 /data && exec web\"]", ""),
        (", command: [bash, -ec], args: [\"if true; then exec gosu web web; fi\"]", ""),
    ];
    for (container, pod) in root {
        let (made, text) = made(&with(container, pod));
        assert!(text.contains("user: 0") && made.contains("runAsUser: 0"), "{container}{pod}\n{text}\n{made}");
        assert!(!made.contains("runAsNonRoot: true"), "{made}");
    }
    let others: &[(&str, &str)] = &[
        (", securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}", ""),
        (", securityContext: {runAsUser: 1000, capabilities: {add: [NET_ADMIN]}}", ""),
        (
            ", volumeMounts: [{name: d, mountPath: /etc/localtime}]",
            "      volumes: [{name: d, hostPath: {path: /etc/localtime}}]\n",
        ),
        (
            ", volumeMounts: [{name: d, mountPath: /host, readOnly: true}]",
            "      volumes: [{name: d, hostPath: {path: /}}]\n",
        ),
        (", args: [mount, chown]", ""),
        (", command: [sh, -c, \"echo never chown this\"]", ""),
    ];
    for (container, pod) in others {
        let (_, text) = made(&with(container, pod));
        assert!(!text.contains("user: 0"), "{container}{pod}\n{text}");
    }
}

#[test]
fn root_keeps_the_rights_that_it_uses() {
    let init = |script: &str| {
        format!(
            "      initContainers:\n      - {{name: own, image: \"registry.example.com/sh:1\", command: [sh, -c, \"{script}\"], \
             securityContext: {{runAsUser: 0}}}}\n"
        )
    };
    for (script, names) in [
        ("chown -R 999:999 /data", "[CHOWN, DAC_OVERRIDE, FOWNER]"),
        ("mkdir -p /data/a; chmod 700 /data/a", "[DAC_OVERRIDE, FOWNER, FSETID]"),
        ("find /data -exec chgrp 5 '{}' +", "[CHOWN, DAC_OVERRIDE, FOWNER]"),
        ("exec su-exec web migrate", "[SETGID, SETUID]"),
    ] {
        let (made, text) = made(&with("", &init(script)));
        assert!(text.contains(&format!("capabilities: {names}")), "{script}\n{text}\n{made}");
    }
    // what an image starts as root is not in the manifest
    let (_, text) = made(&with(", securityContext: {runAsUser: 0}", ""));
    assert!(text.contains("capabilities: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]"), "{text}");
    for container in [
        ", securityContext: {runAsUser: 0, capabilities: {drop: [ALL]}}",
        ", securityContext: {runAsUser: 0, privileged: true}",
        ", securityContext: {runAsUser: 0}, command: [/web, --port, \"80\"]",
        ", securityContext: {runAsUser: 1000}",
    ] {
        let (_, text) = made(&with(container, ""));
        assert!(!text.contains("capabilities"), "{container}\n{text}");
    }
}

#[test]
fn no_probe_is_invented_for_a_port_that_shows_no_listener() {
    let beside = "      - {name: side, image: \"registry.example.com/side:1\", ports: [{containerPort: 9901}]}\n";
    for (pod, is_asked) in [
        (beside.to_owned(), false),
        (beside.replace("]}", "], livenessProbe: {exec: {command: [check]}}}"), false),
        (beside.replace("]}", "], readinessProbe: {httpGet: {path: /ready, port: 9901}}}"), true),
    ] {
        let (made, text) = made(&with("", &pod));
        assert_eq!(made.contains("port: 9901") || made.contains("port: side"), is_asked, "{text}\n{made}");
    }
    let set = |declared: &str, service: &str| {
        let pod = format!("      containers: [{{name: git, image: \"registry.example.com/git:1\"{declared}}}]\n");
        let service = format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: git}}\nspec: {{selector: {{app: git}}, {service}}}\n"
        );
        workload("StatefulSet", "git", "app: git", "serviceName: git", &pod) + &service
    };
    let unused = "clusterIP: None, ports: [{name: unused, port: 10811}]";
    for (declared, service, is_asked) in [
        (", ports: [{name: rpc, containerPort: 3178}]", unused, false),
        ("", unused, false),
        (", ports: [{containerPort: 10811}]", unused, true),
        (", readinessProbe: {tcpSocket: {port: 10811}}", unused, true),
        ("", "ports: [{port: 10811}]", true),
    ] {
        let (made, text) = made(&set(declared, service));
        assert_eq!(made.contains("livenessProbe"), is_asked, "{declared}\n{text}\n{made}");
    }
    // a port that is declared goes before one that is not, whatever it is called
    let both = "ports: [{name: amqp, port: 5672}, {name: http, port: 15672}]";
    let (_, text) = made(&set(", ports: [{containerPort: 5672}]", both));
    assert!(text.contains("  port: 5672"), "{text}");
}

#[test]
fn no_limit_of_memory_is_added() {
    for resources in
        ["", ", resources: {requests: {memory: 1Gi}}", ", resources: {requests: {cpu: 250m}, limits: {cpu: 1}}"]
    {
        let (made, text) = made(&with(resources, ""));
        assert!(
            text.contains("false") && !made.contains("limits: {memory") && !made.contains("memory: 256Mi"),
            "{text}\n{made}"
        );
    }
    let (made, text) = made(&with(", resources: {limits: {memory: 1Gi}}", ""));
    assert!(!text.contains("false") && made.contains("1Gi"), "{text}\n{made}");
}

#[test]
fn what_something_scales_has_no_replicas() {
    let one = deployment("web", "app: web", "");
    let scaler = |version: &str, kind: &str, target: &str| {
        format!("---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{{target}}}\n")
    };
    for scaler in [
        scaler("keda.sh/v1alpha1", "ScaledObject", "scaleTargetRef: {name: web}, triggers: []"),
        scaler("example.com/v1", "Scaler", "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"),
        scaler("argoproj.io/v1alpha1", "Rollout", "workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}"),
    ] {
        let (made, text) = made(&(one.clone() + &scaler));
        assert!(!made.contains("replicas:") && text.contains("scaled: true"), "{text}\n{made}");
    }
    let other = scaler("keda.sh/v1alpha1", "ScaledObject", "scaleTargetRef: {name: api}, triggers: []");
    let said = report(&(one + &other));
    assert!(said["check"].to_string().contains("has replicas: 1, which the manifest does not set"), "{said}");
}

#[test]
fn what_the_cluster_makes_is_not_imported() {
    let owned = |version: &str, kind: &str, spec: &str| {
        format!(
            "---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: web-1, ownerReferences: [{{apiVersion: batch/v1, kind: \
             CronJob, name: web, uid: a, controller: true}}]}}\n{spec}\n"
        )
    };
    let volume = |name: &str, more: &str| {
        format!(
            "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: {name}, annotations: \
             {{pv.kubernetes.io/provisioned-by: csi.example.com}}{more}}}\nspec: {{capacity: {{storage: 1Gi}}, accessModes: \
             [ReadWriteOnce], csi: {{driver: csi.example.com, volumeHandle: {name}}}}}\n"
        )
    };
    let pod = "{containers: [{name: a, image: \"registry.example.com/a:1\"}], restartPolicy: Never}";
    let input = deployment("web", "app: web", "replicas: 1")
        + &owned("batch/v1", "Job", &format!("spec: {{template: {{spec: {pod}}}}}"))
        + &owned("v1", "Pod", &format!("spec: {pod}"))
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
        + "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\n"
        + "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: outside}\nsubsets: [{addresses: [{ip: 192.0.2.7}], ports: [{port: 80}]}]\n"
        + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-root-ca.crt}\ndata: {ca.crt: x}\n"
        + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n"
        + &volume("pvc-1", ", uid: b")
        + &volume("kept", "");
    let said = report(&input);
    assert_eq!((&said["workloads"], &said["imported"]), (&1.into(), &1.into()), "{said}");
    assert_eq!(said["cluster"].as_array().map(Vec::len), Some(6), "{said}");
    let left = said["left"].to_string();
    assert!(
        left.contains("Endpoints/outside") && !left.contains("Endpoints/web") && !left.contains("default"),
        "{left}"
    );
    assert!(
        left.contains("PersistentVolume/kept") && !left.contains("pvc-1"),
        "written to find its data again: {left}"
    );
    let run = patterns_with(&["import", "-"], input.as_bytes());
    assert!(run.stderr.contains("made by the cluster, and nothing to apply: 6 objects"), "{}", run.stderr);
}

#[test]
fn secrets_are_known_by_their_names_and_switches_are_none() {
    let env = |name: &str, value: &str| with(&format!(", env: [{{name: {name}, value: \"{value}\"}}]"), "");
    for (name, value) in [
        ("DATASOURCEPASSWORD", "hunter2"),
        ("AUTHTOKEN", "hunter2"),
        ("CLIENTSECRET", "hunter2"),
        ("STRIPEAPIKEY", "hunter2"),
        ("DSN", "shop:hunter2@tcp(db:3306)/shop"),
    ] {
        let said = report(&env(name, value));
        let document = said["documents"][0]["description"].as_str().unwrap_or_default().to_owned();
        assert!(
            !said.to_string().contains("hunter2") && document.contains(&format!("secret/web-env/{name}")),
            "{said}"
        );
        assert!(said["documents"][0]["create"].to_string().contains(name), "{said}");
    }
    for (name, value) in [
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("RANDOM_ROOT_PASSWORD", "1"),
        ("USE_TOKEN", "true"),
        ("ASK_PASSWORD", "Off"),
        ("IMAGEPULLSECRET", "regcred"),
        ("PASSWORD_FILE", "/run/password"),
        ("TOKENS", "4096"),
        ("DSN", "shop@tcp(db:3306)/shop"),
    ] {
        let said = report(&env(name, value));
        let document = said["documents"][0]["description"].as_str().unwrap_or_default().to_owned();
        assert!(document.contains(name) && !document.contains("secret/"), "{said}");
        assert_eq!(said["documents"][0]["create"].as_array().map(Vec::len), Some(0), "{said}");
    }
}

#[test]
fn the_nodes_dns_and_the_time_to_end_are_said_as_they_are() {
    let (made, text) = made(&with("", "      hostNetwork: true\n"));
    assert!(text.contains("dns: node") && made.contains("dnsPolicy: Default"), "{text}\n{made}");
    let (made, _) = self::made(&with("", "      hostNetwork: true\n      dnsPolicy: ClusterFirstWithHostNet\n"));
    assert!(made.contains("dnsPolicy: ClusterFirstWithHostNet"), "{made}");
    for seconds in [1, 5, 10, 120, 3600] {
        let (made, text) = self::made(&with("", &format!("      terminationGracePeriodSeconds: {seconds}\n")));
        assert!(
            made.contains(&format!("terminationGracePeriodSeconds: {seconds}")) && text.contains("within:"),
            "{text}"
        );
    }
}

#[test]
fn rights_that_every_container_has_need_no_reason() {
    for names in ["NET_BIND_SERVICE", "CHOWN, SETGID, SETUID"] {
        let (_, text) = made(&with(&format!(", securityContext: {{capabilities: {{add: [{names}]}}}}"), ""));
        assert!(!text.contains("ignore"), "{text}");
    }
    let (_, text) = made(&with(", securityContext: {capabilities: {add: [NET_ADMIN]}}", ""));
    assert!(text.contains("host-namespaces"), "{text}");
    // a folder of the node that no container mounts is left out
    let folder = "      volumes: [{name: h, hostPath: {path: /var/log}}]\n";
    for (mounts, reaches) in [("", false), (", volumeMounts: [{name: h, mountPath: /logs}]", true)] {
        let (_, text) = made(&with(mounts, folder));
        assert_eq!(text.contains("host-namespaces"), reaches, "{text}");
    }
}

#[test]
fn settings_that_cannot_be_read_are_the_reason_that_is_given() {
    let folder = Folder::new("import-runs", "unreadable-settings");
    let elsewhere = Folder::new("import-runs", "manifests");
    elsewhere.file("web.yaml", deployment("web", "app: web", "replicas: 1"));
    std::fs::create_dir_all(folder.0.join(".patterns.yaml")).unwrap();
    let manifest = elsewhere.0.join("web.yaml");
    let run = folder.run(&["import", manifest.to_str().unwrap()]);
    assert!(run.stderr.contains("a file that cannot be read: .patterns.yaml: "), "{}", run.stderr);
}

/// Each object that stays has the reason that is true of it.
#[test]
fn reasons_are_those_of_each_object() {
    let deployment = |name: &str, image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: \"{name}\"}}\nspec:\n  selector: {{matchLabels: {{app: \
             a}}}}\n  template:\n    metadata: {{labels: {{app: a}}}}\n    spec: {{containers: [{{name: a, image: \
             \"{image}\"}}]}}\n"
        )
    };
    let object =
        |api: &str, kind: &str, rest: &str| format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}\n");
    let claim = |size: &str| {
        object(
            "v1",
            "PersistentVolumeClaim",
            &format!("spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: \"{size}\"}}}}}}"),
        )
    };
    for (text, why) in [
        (deployment("a", "ghcr.io/Acme/a:1"), "not a valid image reference"),
        (deployment("a", "ghcr.io/<you>/a:1"), "has to be filled in first"),
        (deployment("a", "ENC[AES256_GCM,data:x]"), "SOPS has to decrypt it first"),
        (deployment("java-AlwaysPreTouch", "a:1"), "the API server refuses its"),
        (deployment("${NAME}", "a:1"), "has to be filled in first"),
        (claim("${CAPACITY:-1Gi}"), "it has to be filled in first (line"),
        (claim("ENC[AES256_GCM,data:x]"), "SOPS has to decrypt it first (line"),
        (claim("1Gx"), "kubectl would refuse it (line"),
        (object("keda.sh/v1alpha1", "ScaledObject", "spec: {scaleTargetRef: {name: a}}"), "does not support its kind"),
        (object("v1", "Endpoints", "subsets: []"), "does not support its kind"),
        (object("v1", "ServiceAccount", ""), "no imported workload of its namespace runs as it"),
        (
            object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec: {group: a.example.com}"),
            "does not support its kind",
        ),
    ] {
        let input = format!("{}---\n{text}", deployment("web", "registry.example.com/web:1"));
        let run = patterns_with(&["import", "--format", "json", "-"], input.as_bytes());
        let said: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
        let reasons = format!("{}{}", said["left"], said["unread"]);
        assert!(reasons.contains(why), "{text}{reasons}");
        assert_eq!(said["imported"], 1, "{said}");
    }
    let run = patterns_with(&["import", "-"], deployment("a", "").as_bytes());
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
}
