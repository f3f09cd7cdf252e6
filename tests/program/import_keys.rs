//! What `patterns import` says with a key, and what is the same in other words: none of it needs a patch.

use crate::support::{generate, import_report as report};

fn deployment(container: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web, tier: front}}}}\n    spec:\n      containers:\n      - {{name: web, \
         image: \"registry.example.com/web:1\"{container}}}\n{pod}"
    )
}

fn served(container: &str, pod: &str, service: &str) -> String {
    deployment(container, pod)
        + &format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{{service}}}\n")
}

/// Imports each, and says of which no plain description with these words comes, or none that generates.
fn check(cases: &[(String, &str)]) {
    let mut wrong = Vec::new();
    for (input, part) in cases {
        let said = report(input);
        let document = said["documents"][0]["description"].as_str().unwrap_or_default();
        let is_plain = said["plain"] == 1 && said["fields"]["lost"] == 0;
        if !is_plain || !document.contains(part) || generate(document).code != 0 {
            let left = format!("{}{}{}", said["left"], said["unread"], generate(document).stderr);
            wrong.push(format!("{part}:\n{input}\n{document}{left}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n======\n"));
}

#[test]
fn places_have_keys() {
    let pod = |spec: &str| deployment("", spec);
    let preferred = |terms: &str| {
        pod(&format!(
            "      affinity: {{nodeAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{terms}]}}}}\n"
        ))
    };
    let spread = |rest: &str| pod(&format!("      topologySpreadConstraints: [{{{rest}}}]\n"));
    let own = "labelSelector: {matchLabels: {app: web}}";
    let disk = "preference: {matchExpressions: [{key: disk, operator: In, values: [ssd]}]}";
    check(&[
        (pod("      schedulerName: volcano\n"), "scheduler: volcano"),
        (pod("      schedulerName: default-scheduler\n"), "image:"),
        (pod("      nodeName: worker-1\n"), "node: worker-1"),
        (preferred(&format!("{{weight: 1, {disk}}}")), "prefer: {disk: ssd}"),
        (
            preferred(&format!(
                "{{weight: 80, {disk}}}, {{weight: 20, preference: {{matchExpressions: [{{key: gpu, operator: Exists}}]}}}}"
            )),
            "weight: 80",
        ),
        (
            spread(&format!(
                "maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, {own}"
            )),
            "{over: zone, always: true}",
        ),
        (
            spread(&format!(
                "maxSkew: 2, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, {own}"
            )),
            "{over: host, skew: 2}",
        ),
        (spread(&format!("maxSkew: 1, topologyKey: rack, whenUnsatisfiable: ScheduleAnyway, {own}")), "{over: rack}"),
        (
            spread(
                "maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, minDomains: 3, labelSelector: {matchLabels: {tier: front}}",
            ),
            "labels: {tier: front}",
        ),
        (pod("      tolerations: [{key: a, operator: Exists}, {key: a, operator: Exists}]\n"), "tolerate: [a]"),
        (
            pod(
                "      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}, {matchExpressions: [{key: gpu, operator: Exists}]}]}}}\n",
            ),
            "nodes: [{disk: ssd}, {gpu: {exists: true}}]",
        ),
        (pod("      subdomain: workers\n"), "subdomain: workers"),
    ]);
}

#[test]
fn containers_have_keys() {
    let two = |volume: &str| {
        deployment(
            ", volumeMounts: [{name: d, mountPath: /d}]",
            &format!(
                "      - {{name: b, image: \"registry.example.com/b:1\", volumeMounts: [{{name: d, mountPath: /e}}]}}\n      \
                 volumes: [{{name: d, {volume}}}]\n"
            ),
        )
    };
    let mounted = |volume: &str| {
        deployment(", volumeMounts: [{name: d, mountPath: /d}]", &format!("      volumes: [{{name: d, {volume}}}]\n"))
    };
    let resize =
        |policy: &str| deployment(&format!(", resizePolicy: [{{resourceName: cpu, restartPolicy: {policy}}}]"), "");
    check(&[
        (deployment(", terminationMessagePath: /var/run/why", ""), "termination-message: /var/run/why"),
        (resize("NotRequired"), "image:"),
        (two("emptyDir: {medium: Memory}"), "memory: true"),
        (
            mounted(
                "ephemeral: {volumeClaimTemplate: {metadata: {labels: {type: scratch}}, spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}}}",
            ),
            "labels: {type: scratch}",
        ),
        (deployment(", env: [{name: TARGET, value: secret/web}]", ""), "TARGET: {text: secret/web}"),
        (deployment(", env: [{name: TARGET, value: secret/web/key}]", ""), "TARGET: {text: secret/web/key}"),
        (deployment(", env: [{name: TARGET, value: pod/ip}]", ""), "TARGET: {text: pod/ip}"),
        (deployment("", "      serviceAccountName: \"\"\n"), "image:"),
        (deployment(", resources: {limits: {ephemeral-storage: 15Mi, memory: 1Gi}}", ""), "/tmp:"),
    ]);
}

#[test]
fn variables_mean_what_they_mean_in_their_order() {
    let env = |list: &str| deployment(&format!(", env: [{list}]"), "");
    let (a, b) = ("{name: A, value: \"x-$(B)\"}", "{name: B, value: b}");
    check(&[
        (env(&format!("{b}, {a}")), "A: x-$(B)"),
        (env(&format!("{a}, {b}")), "A: x-$$(B)"),
        (env(&format!("{a}, {{name: B, value: \"$(A)\"}}")), "A: x-$$(B), B: \"$(A)\"}"),
        (env(&format!("{{name: A, value: \"$(B)$(Z)$$(B)\"}}, {b}")), "A: \"$$(B)$(Z)$$(B)\""),
        (env(&format!("{{name: A, value: \"$$$(B) $(A)\"}}, {b}")), "A: \"$$$$(B) $(A)\""),
        (env(a), "A: x-$(B)"),
        (env(&format!("{{name: A, value: \"$(B\"}}, {b}")), "A: \"$(B\""),
        (env(&format!("{a}, {{name: B, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}")), "A: x-$$(B)"),
        (deployment(", envFrom: [{configMapRef: {name: c}}], env: [{name: A, value: \"x-$(B)\"}]", ""), "A: x-$(B)"),
    ]);
    let pod = |input: &str| {
        let made = generate(report(input)["documents"][0]["description"].as_str().unwrap_or_default());
        let objects = crate::support::documents(&made.stdout);
        let own = objects.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        own["spec"]["template"]["spec"].clone()
    };
    // of a circle, only the second one is expanded
    let circle = pod(&env(&format!("{a}, {{name: B, value: \"$(A)\"}}")));
    let made = circle["containers"][0]["env"].clone();
    assert_eq!(made, serde_json::json!([{"name": "A", "value": "x-$$(B)"}, {"name": "B", "value": "$(A)"}]));
    // the value may be one of the ConfigMap, and is never that of the variable after it
    for from in [", envFrom: [{configMapRef: {name: c}}]", ", envFrom: [{secretRef: {name: c}}]"] {
        let said = report(&deployment(&format!("{from}, env: [{a}, {b}]"), ""));
        assert!(
            said["left"][0]["why"].as_str().is_some_and(|why| why.contains("a variable refers to one after it")),
            "{said}"
        );
    }
    // what the kubelet makes of a Service stays
    for (text, is_kept) in
        [("http://$(DB_SERVICE_HOST):80", true), ("$(KUBERNETES_SERVICE_HOST)", false), ("see DB_SERVICE_HOST", false)]
    {
        let spec = pod(&env(&format!("{{name: A, value: \"{text}\"}}")));
        assert_eq!(spec["enableServiceLinks"], is_kept, "{text}");
    }
}

#[test]
fn requests_of_nothing_stay_beside_limits() {
    let limits = "limits: {cpu: \"4\", memory: 2Gi}";
    let resources = [
        (format!("requests: {{cpu: 0, memory: 0}}, {limits}"), "0", "0"),
        (format!("requests: {{cpu: 0m, memory: 0Mi}}, {limits}"), "0m", "0Mi"),
        (format!("requests: {{cpu: \"0\", memory: 1Gi}}, {limits}"), "0", "1Gi"),
        (format!("requests: {{memory: \"0\"}}, {limits}"), "4", "0"),
        ("requests: {cpu: 0, memory: 0}, limits: {cpu: 50m, memory: 64Mi}".to_owned(), "0", "0"),
        ("requests: {cpu: 0, memory: 0}".to_owned(), "100m", "128Mi"),
        (limits.to_owned(), "4", "2Gi"),
    ];
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (resources, cpu, memory) in resources {
        let said = report(&deployment(&format!(", resources: {{{resources}}}"), ""));
        let made = generate(said["documents"][0]["description"].as_str().unwrap_or_default());
        let objects = crate::support::documents(&made.stdout);
        let own = objects.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        let requests = &own["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"];
        assert_eq!((&*text(&requests["cpu"]), &*text(&requests["memory"])), (cpu, memory), "{resources}: {own}");
    }
}

#[test]
fn volumes_are_not_called_like_those_that_are_made() {
    let with = |name: &str, mount: &str, more: &str| {
        deployment(
            &format!(", volumeMounts: [{{name: {name}, mountPath: {mount}}}]{more}"),
            &format!("      volumes: [{{name: {name}, configMap: {{name: c}}}}]\n"),
        )
    };
    let shared = |name: &str| {
        let mount = |at: &str| format!("volumeMounts: [{{name: {name}, mountPath: {at}}}]");
        deployment(
            &format!(", {}", mount("/work")),
            &format!(
                "      - {{name: helper, image: \"registry.example.com/helper:1\", {}}}\n      volumes: [{{name: {name}, emptyDir: \
                 {{sizeLimit: 2Gi}}}}]\n",
                mount("/shared")
            ),
        )
    };
    let rights = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n---\napiVersion: \
                  rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web, namespace: shop}\nrules: [{apiGroups: [\"\"], \
                  resources: [pods], verbs: [get]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: \
                  RoleBinding\nmetadata: {name: web, namespace: shop}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: \
                  Role, name: web}\nsubjects: [{kind: ServiceAccount, name: web, namespace: shop}]\n";
    let privileged = |manifest: String| {
        manifest
            .replace("metadata: {name: web}\nspec:", "metadata: {name: web, namespace: shop}\nspec:")
            .replace("    spec:\n", "    spec:\n      serviceAccountName: web\n")
            + rights
    };
    check(&[
        (with("tmp", "/etc/tmp", ""), "v-tmp: {configmap: c"),
        (with("tmp", "/tmp", ""), " {tmp: {configmap: c"),
        (with("tmp", "/etc/tmp", ", securityContext: {readOnlyRootFilesystem: false}"), " {tmp: {configmap: c"),
        (shared("tmp"), "v-tmp: {mount: /work, size: 2Gi}"),
        (privileged(with("app-token", "/etc/token", "")), "v-app-token: {configmap: c"),
        (privileged(with("app-token", "/etc/token", "")), "{pods: [get]}"),
        (privileged(shared("app-token")), "v-app-token: {mount: /work, size: 2Gi}"),
        (with("app-token", "/etc/token", ""), " {app-token: {configmap: c"),
    ]);
}

#[test]
fn start_scripts_that_need_root_and_a_writable_root_keep_both() {
    let of = |image: &str, more: &str| deployment(more, "").replace("registry.example.com/web:1", image);
    let env = |names: &str| format!(", env: [{names}]");
    let (puid, uid) = ("{name: PUID, value: \"1000\"}", "{name: USER_UID, value: \"1000\"}");
    let redis = "{name: REDIS_HOST, value: cache}";
    let both = "user: 0\n  capabilities: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]\n  writable: all";
    check(&[
        (of("lscr.io/linuxserver/sonarr:4.0.9", &env(puid)), both),
        (of("gitea/gitea:1.22.6", &env(uid)), both),
        (of("nextcloud:30.0.4-apache", &env(redis)), both),
        (of("nextcloud:30.0.4-apache", ""), "    - {/var/run/apache2: 1Gi}"),
        (of("quay.io/keycloak/keycloak:26.0.7", ", args: [start]"), "args: [start]\n  writable: all"),
        (
            of("quay.io/keycloak/keycloak:26.0.7", ", args: [start, --optimized]"),
            "args: [start, --optimized]\n  resources",
        ),
    ]);
    let said = of("lscr.io/linuxserver/sonarr:4.0.9", &format!("{}, securityContext: {{runAsUser: 7}}", env(puid)));
    check(&[(said, "user: 7")]);
}

#[test]
fn empty_texts_are_absent() {
    check(&[
        (deployment(", imagePullPolicy: \"\"", ""), "image:"),
        (deployment(", terminationMessagePolicy: \"\", terminationMessagePath: \"\"", ""), "image:"),
        (deployment(", ports: [{containerPort: 80, protocol: \"\"}]", ""), "port-80"),
        (deployment("", "      restartPolicy: \"\"\n      dnsPolicy: \"\"\n      schedulerName: \"\"\n"), "image:"),
        (deployment("", "      hostname: \"\"\n      nodeName: \"\"\n      priorityClassName: \"\"\n"), "image:"),
        (
            deployment(
                ", livenessProbe: {httpGet: {path: /h, port: 80, scheme: \"\"}}, ports: [{containerPort: 80, hostIP: \"\"}]",
                "",
            ),
            "{live: {path: /h, port: 80}}",
        ),
        (
            served(
                ", ports: [{containerPort: 80}]",
                "",
                "selector: {app: web}, ports: [{port: 80, protocol: \"\"}], sessionAffinity: \"\", clusterIP: \"\"",
            ),
            "port: 80",
        ),
        (deployment(", env: [{name: A, value: \"\"}]", ""), "A: \"\""),
        (deployment("", "      nodeSelector: {protocol: \"\"}\n"), "protocol: \"\""),
    ]);
}

#[test]
fn services_and_routes_have_keys() {
    let ingress = |tls: &str, kind: &str| {
        served(
            ", ports: [{containerPort: 8080}]",
            "",
            "selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]",
        ) + &format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web}}\nspec: {{{tls}rules: [{{host: \
                 www.example.com, http: {{paths: [{{path: /, pathType: {kind}, backend: {{service: {{name: web, port: {{number: \
                 80}}}}}}}}]}}}}]}}\n"
        )
    };
    let account = served("", "      serviceAccountName: web\n", "selector: {app: web}, ports: [{port: 80}]")
        + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\nimagePullSecrets: [{name: regcred}]\n";
    check(&[
        (ingress("", "ImplementationSpecific"), "path-type: ImplementationSpecific"),
        (ingress("", "Exact"), "path-type: Exact"),
        (ingress("tls: [{hosts: [www.example.com]}], ", "Prefix"), "tls: true"),
        (ingress("tls: [{hosts: [www.example.com], secretName: www}], ", "Prefix"), "tls: www"),
        (account, "pull: [regcred]"),
        // all Pods of the workload have the label, so that both select the same
        (served(", ports: [{containerPort: 80}]", "", "selector: {tier: front}, ports: [{port: 80}]"), "image:"),
        (
            served(
                ", ports: [{containerPort: 80}]",
                "",
                "clusterIP: 10.0.0.10, selector: {app: web}, ports: [{port: 80}]",
            ),
            "type: ClusterIP, address: \"10.0.0.10\"",
        ),
        (
            served(
                ", ports: [{containerPort: 9001}]",
                "",
                "selector: {app: web}, ports: [{name: \"9001\", port: 9001}]",
            ),
            "service-port: \"9001\"",
        ),
        (
            served(
                ", ports: [{name: ui, containerPort: 5000}, {name: in, containerPort: 42069}]",
                "",
                "selector: {app: web}, ports: [{name: ui, port: 80, targetPort: 5000}, {name: in-tcp, port: 42069}, {name: in-udp, port: 42069, protocol: UDP}]",
            ),
            "42069/udp",
        ),
        // a further number of the app, on which another container listens
        (
            served(
                ", ports: [{name: web, containerPort: 3000}]",
                "      - {name: metrics, image: \"registry.example.com/m:1\", ports: [{name: metrics, containerPort: 9394}]}\n",
                "selector: {app: web}, ports: [{name: web, port: 3000}, {name: metrics, port: 9394, targetPort: 3000}]",
            ),
            "metrics: {port: 9394, to: 3000}",
        ),
        // one port in both protocols
        (
            served(
                ", ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 53}]",
                "",
                "selector: {app: web}, ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}]",
            ),
            "53/udp",
        ),
    ]);
}

#[test]
fn more_at_once_than_have_to_succeed_is_as_many() {
    let job = |spec: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: load}}\nspec:\n  {spec}\n  template: {{spec: {{restartPolicy: \
             Never, containers: [{{name: load, image: \"registry.example.com/load:1\"}}]}}}}\n"
        )
    };
    check(
        &[
            (job("{completionMode: Indexed, completions: 2, parallelism: 5}"), "parallel: 2, completions: 2}"),
            (job("{completions: 2, parallelism: 5}"), "parallel: 2, completions: 2, numbered: false}"),
            (job("{completions: 1, parallelism: 5}"), "shape: {job: {retries: 6}}"),
            (job("{completions: 5, parallelism: 2}"), "parallel: 2, completions: 5, numbered: false}"),
            (job("{parallelism: 5}"), "parallel: 5}"),
        ]
        .map(|(input, part)| {
            (
                input
                    .replace("  {", "  ")
                    .replace("}\n  template", "\n  template")
                    .replace(", completions", "\n  completions")
                    .replace(", parallelism", "\n  parallelism"),
                part,
            )
        }),
    );
    let queue = "patterns: v1\nname: load\nshape: {work-queue: {items: [a, b], worker: {image: \"registry.example.com/load:1\"}}}\n";
    let made = generate(queue);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let said = report(&made.stdout);
    assert_eq!((&said["imported"], &said["fields"]["lost"]), (&1.into(), &0.into()), "{said}");
}

#[test]
fn jobs_and_autoscalers_have_keys() {
    let job = |spec: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: once}}\nspec:\n  {spec}\n  template:\n    spec: {{restartPolicy: \
             Never, containers: [{{name: once, image: \"registry.example.com/once:1\"}}]}}\n"
        )
    };
    let scaled = |spec: &str| {
        deployment("", "")
            + &format!(
                "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: \
                 {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}, minReplicas: 2, maxReplicas: 5, \
                 {spec}}}\n"
            )
    };
    let cpu = "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]";
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  selector: \
               {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, \
               image: \"registry.example.com/db:1\", ports: [{containerPort: 5432}], volumeMounts: [{name: d, mountPath: /d, \
               subPath: pg}]}]}\n  volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteMany], \
               resources: {requests: {storage: 1Gi}}}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: \
               {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}\n";
    check(&[
        (job("completions: 6"), "completions: 6, numbered: false"),
        (job("completions: 6\n  parallelism: 2"), "parallel: 2"),
        (job("completions: 6\n  completionMode: Indexed"), "completions: 6}"),
        (
            scaled(&format!(
                "{cpu}, behavior: {{scaleDown: {{stabilizationWindowSeconds: 60, policies: [{{type: Percent, value: 10, periodSeconds: 60}}]}}}}"
            )),
            "down: {wait: 1m, steps: [{percent: 10, every: 1m}]}",
        ),
        (
            scaled(&format!(
                "{cpu}, behavior: {{scaleUp: {{stabilizationWindowSeconds: 0, selectPolicy: Min, policies: [{{type: Pods, value: 4, periodSeconds: 15}}, {{type: Percent, value: 100, periodSeconds: 15}}]}}, scaleDown: {{selectPolicy: Disabled}}}}"
            )),
            "choose: least",
        ),
        (
            scaled(
                "metrics: [{type: Pods, pods: {metric: {name: requests}, target: {type: AverageValue, averageValue: \"10\"}}}]",
            ),
            "metric: {name: requests, average: \"10\"}",
        ),
        (
            scaled(
                "metrics: [{type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: \"30\"}}}]",
            ),
            "external: {name: queue",
        ),
        (set.to_owned(), "access: ReadWriteMany, sub: pg"),
    ]);
}
