//! Keys of what reaches its node, of hooks, checks, rollouts and volumes: what each makes, and what is said of a wrong one.

use crate::support::{documents, generate};
use serde_json::{Value, json};

const DAEMON: &str = "shape: {daemon: {}}";

fn app(keys: &str, more: &str) -> String {
    let keys = if keys.is_empty() { String::new() } else { format!(", {keys}") };
    format!("patterns: v1\nname: agent\napp: {{image: \"registry.example.com/agent:1\"{keys}}}\n{more}\n")
}

/// The first controller that a description makes.
fn controller(description: &str) -> Value {
    let run = generate(description);
    assert_eq!(run.code, 0, "{description}\n{}", run.stderr);
    let is_controller = |object: &Value| object.pointer("/spec/template").is_some();
    documents(&run.stdout).into_iter().find(is_controller).unwrap_or_else(|| panic!("{description}"))
}

#[test]
fn each_key_makes_what_it_says() {
    let pod = "/spec/template/spec";
    let main = "/spec/template/spec/containers/0";
    let cases = [
        ("", "shape: {daemon: {}}\nhost: [network, pid, ipc]", format!("{pod}/hostNetwork"), json!(true)),
        ("", "shape: {daemon: {}}\nhost: [network, pid, ipc]", format!("{pod}/hostPID"), json!(true)),
        ("", "shape: {daemon: {}}\nhost: [network, pid, ipc]", format!("{pod}/hostIPC"), json!(true)),
        ("", "host: [network]", format!("{pod}/dnsPolicy"), json!("ClusterFirstWithHostNet")),
        ("", "host: [pid]", format!("{pod}/dnsPolicy"), Value::Null),
        ("port: 80", "host: [network]", format!("{pod}/securityContext/sysctls"), Value::Null),
        ("privileged: true, user: 0", DAEMON, format!("{main}/securityContext/privileged"), json!(true)),
        ("privileged: true, user: 0", DAEMON, format!("{main}/securityContext/allowPrivilegeEscalation"), Value::Null),
        ("privileged: true, user: 0", DAEMON, format!("{main}/securityContext/capabilities"), Value::Null),
        (
            "capabilities: [NET_ADMIN], user: 0",
            DAEMON,
            format!("{main}/securityContext/capabilities"),
            json!({"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        ),
        (
            "capabilities: [NET_ADMIN], user: 0",
            DAEMON,
            format!("{main}/securityContext/allowPrivilegeEscalation"),
            json!(false),
        ),
        ("capabilities: [NET_RAW]", DAEMON, format!("{main}/securityContext/allowPrivilegeEscalation"), json!(true)),
        (
            "capabilities: [NET_BIND_SERVICE]",
            "",
            format!("{main}/securityContext/allowPrivilegeEscalation"),
            json!(false),
        ),
        ("port: 9100, host-port: 9101", DAEMON, format!("{main}/ports/0/hostPort"), json!(9101)),
        (
            "ports: {dns: {port: 53/udp, host-port: 53}}",
            DAEMON,
            format!("{main}/ports/0"),
            json!({"name": "dns", "containerPort": 53, "protocol": "UDP", "hostPort": 53}),
        ),
        ("user: 7, group: 8", "", format!("{pod}/securityContext/runAsGroup"), json!(8)),
        ("user: 7, group: 8", "", format!("{pod}/securityContext/fsGroup"), json!(8)),
        ("workdir: /srv/app", "", format!("{main}/workingDir"), json!("/srv/app")),
        ("workdir: /", "", format!("{main}/workingDir"), json!("/")),
        (
            "workdir: /srv/app",
            "init: [{prepare: {command: [a], workdir: /srv}}]",
            format!("{pod}/initContainers/0/workingDir"),
            json!("/srv"),
        ),
        (
            "user: 7, group: 8",
            "init: [{prepare: {command: [a], user: 7}}]",
            format!("{pod}/initContainers/0/securityContext/runAsGroup"),
            Value::Null,
        ),
        (
            "port: 80, before-stop: [leave, now]",
            "",
            format!("{main}/lifecycle"),
            json!({"preStop": {"exec": {"command": ["leave", "now"]}}}),
        ),
        (
            "port: 80, after-start: [join]",
            "",
            format!("{main}/lifecycle"),
            json!({"postStart": {"exec": {"command": ["join"]}}, "preStop": {"sleep": {"seconds": 10}}}),
        ),
        (
            "after-start: [join]",
            "shape: {job: {}}",
            format!("{main}/lifecycle/postStart/exec/command"),
            json!(["join"]),
        ),
        ("port: 80, before-stop: [leave], drain: 1m", "", format!("{pod}/terminationGracePeriodSeconds"), json!(95)),
        (
            "port: 80, health: {path: /h, headers: {Host: a.example.com}}",
            "",
            format!("{main}/readinessProbe/httpGet/httpHeaders"),
            json!([{"name": "Host", "value": "a.example.com"}]),
        ),
        (
            "port: 80, health: {path: /h, host: 127.0.0.1}",
            "host: [network]",
            format!("{main}/livenessProbe/tcpSocket"),
            json!({"port": 80, "host": "127.0.0.1"}),
        ),
        (
            "port: 80, env: {discovery.type: single-node}",
            "isolate: null",
            format!("{main}/env/0/name"),
            json!("discovery.type"),
        ),
        ("port: 80", "host: [network]", "/spec/strategy/rollingUpdate/maxSurge".to_owned(), json!(0)),
        (
            "port: 80",
            "shape: {replicated: {replicas: 3}}",
            "/spec/strategy/rollingUpdate/maxSurge".to_owned(),
            json!(1),
        ),
        (
            "port: 80, health: {path: /h, headers: {Cookie: shop_session-id=x-readiness-probe}}",
            "",
            format!("{main}/readinessProbe/httpGet/httpHeaders/0/value"),
            json!("shop_session-id=x-readiness-probe"),
        ),
        (
            "port: 80, health: {ready: {path: /h, successes: 2}, live: /l}",
            "",
            format!("{main}/readinessProbe/successThreshold"),
            json!(2),
        ),
        (
            "port: 80, health: {path: /h, successes: 2}",
            "",
            format!("{main}/startupProbe/successThreshold"),
            Value::Null,
        ),
        (
            "port: 80, health: {path: /h, successes: 2}",
            "",
            format!("{main}/livenessProbe/successThreshold"),
            Value::Null,
        ),
        (
            "port: 8080, health: {path: /h, host: 127.0.0.1}",
            "shape: {daemon: {}}\nhost: [network]",
            format!("{main}/livenessProbe/tcpSocket/port"),
            json!(8080),
        ),
        (
            "port: 8080, health: {path: /h, host: 127.0.0.1}",
            "shape: {daemon: {}}\nhost: [network]",
            format!("{main}/readinessProbe/httpGet"),
            json!({"path": "/h", "port": 8080, "host": "127.0.0.1"}),
        ),
        (
            "resources: {cpu: 1, memory: 1Gi, disk: 2Gi}",
            "",
            format!("{main}/resources/limits/ephemeral-storage"),
            json!("2Gi"),
        ),
        (
            "resources: {cpu: 1, memory: 1Gi, disk: 2Gi, limit: {memory: 2Gi, disk: 4Gi}}",
            "",
            format!("{main}/resources"),
            json!({"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "2Gi"},
                "limits": {"memory": "2Gi", "ephemeral-storage": "4Gi"}}),
        ),
        (
            "volumes: {t: {token: vault, mount: /t, expires: 10m}}",
            "",
            format!("{pod}/volumes/0/projected/sources"),
            json!([{"serviceAccountToken": {"audience": "vault", "expirationSeconds": 600, "path": "token"}}]),
        ),
        (
            "volumes: {s: {csi: secrets-store.csi.k8s.io, attributes: {secretProviderClass: api}, mount: /s}}",
            "",
            format!("{pod}/volumes/0/csi"),
            json!({"driver": "secrets-store.csi.k8s.io", "readOnly": true, "volumeAttributes": {"secretProviderClass": "api"}}),
        ),
        (
            "volumes: {l: {host: /var/log, mount: /l, type: Directory, propagation: HostToContainer}}",
            DAEMON,
            format!("{pod}/volumes/0/hostPath"),
            json!({"path": "/var/log", "type": "Directory"}),
        ),
        (
            "volumes: {l: {host: /var/log, mount: /l, propagation: HostToContainer}}",
            DAEMON,
            format!("{main}/volumeMounts/0/mountPropagation"),
            json!("HostToContainer"),
        ),
        (
            "",
            "place: {prefer: {disk: [ssd, nvme]}}",
            format!("{pod}/affinity/nodeAffinity"),
            json!({"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100,
                "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}]}}]}),
        ),
        (
            "",
            "place: {tolerate: [\"a=b:NoSchedule\", \"c:NoExecute\", {taint: d, for: 30s}]}",
            format!("{pod}/tolerations"),
            json!([
                {"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"},
                {"key": "c", "operator": "Exists", "effect": "NoExecute"},
                {"key": "d", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
            ]),
        ),
        ("", "rollout: {settle: 10s}", "/spec/minReadySeconds".to_owned(), json!(10)),
        ("port: 80", "rollout: {surge: 25%}", "/spec/strategy/rollingUpdate/maxSurge".to_owned(), json!("25%")),
        ("port: 80", "rollout: {surge: 25%}", "/spec/strategy/rollingUpdate/maxUnavailable".to_owned(), json!(0)),
        (
            "port: 80",
            "rollout: {surge: 0, unavailable: 1}",
            "/spec/strategy/rollingUpdate".to_owned(),
            json!({"maxUnavailable": 1, "maxSurge": 0}),
        ),
        // what takes a port of its node gives way by itself, unless told otherwise
        (
            "port: 80, host-port: 80",
            "ignore: [{rule: host-namespaces, why: a test}]\nrollout: {surge: 1, unavailable: 0}",
            "/spec/strategy/rollingUpdate".to_owned(),
            json!({"maxUnavailable": 0, "maxSurge": 1}),
        ),
        ("user: 7, volume-group: 9", "", format!("{pod}/securityContext/fsGroup"), json!(9)),
        ("user: 7, volume-group: 9", "", format!("{pod}/securityContext/runAsGroup"), json!(7)),
        (
            "volumes: {media: {nfs: \"nas.example.com:/exports/media\", mount: /media}}",
            "",
            format!("{pod}/volumes/0/nfs"),
            json!({"server": "nas.example.com", "path": "/exports/media"}),
        ),
        ("", "shape: {job: {restart: container}}", format!("{pod}/restartPolicy"), json!("OnFailure")),
        ("", "shape: {job: {restart: container}}", "/spec/podFailurePolicy".to_owned(), Value::Null),
        ("", "shape: {job: {}}", format!("{pod}/restartPolicy"), json!("Never")),
        ("", "place: {runtime: nvidia}", format!("{pod}/runtimeClassName"), json!("nvidia")),
        ("", "share-processes: true", format!("{pod}/shareProcessNamespace"), json!(true)),
        ("", "dns: node", format!("{pod}/dnsPolicy"), json!("Default")),
        ("port: 80, drain: 0s, stop: {within: 2s}", "", format!("{pod}/terminationGracePeriodSeconds"), json!(2)),
        ("stop: {within: 0s}", "shape: {job: {}}", format!("{pod}/terminationGracePeriodSeconds"), json!(0)),
        ("writable: all", "", format!("{main}/securityContext/readOnlyRootFilesystem"), json!(false)),
        ("writable: all", "", format!("{pod}/volumes"), Value::Null),
        (
            "shared: {work: {mount: /work, readOnly: true}}",
            "init: [{prepare: {shared: {work: /out}}}]",
            format!("{main}/volumeMounts/0"),
            json!({"name": "work", "mountPath": "/work", "readOnly": true}),
        ),
        (
            "port: 80, health: {ready: /r, start: {path: /s, within: 1m, timeout: 5s}}",
            "",
            format!("{main}/startupProbe"),
            json!({"httpGet": {"path": "/s", "port": "http"}, "periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 30}),
        ),
        (
            "port: 80, health: {ready: /r, start: {path: /s, within: 1m}}",
            "",
            format!("{main}/readinessProbe/httpGet/path"),
            json!("/r"),
        ),
        (
            "port: 80, ports: {tls: 8443}, health: {path: /h, port: tls, scheme: https}",
            "",
            format!("{main}/readinessProbe/httpGet/scheme"),
            json!("HTTPS"),
        ),
        ("", "host: [network]\ndns: node", format!("{pod}/dnsPolicy"), json!("Default")),
        ("tty: true, stdin: true", "", format!("{main}/tty"), json!(true)),
        ("termination-message: log", "", format!("{main}/terminationMessagePolicy"), json!("FallbackToLogsOnError")),
        (
            "",
            "init: [{a: {command: [a], termination-message: log}}]",
            format!("{pod}/initContainers/0/terminationMessagePolicy"),
            json!("FallbackToLogsOnError"),
        ),
        ("groups: [44, 109]", "", format!("{pod}/securityContext/supplementalGroups"), json!([44, 109])),
        ("selinux: \"s0:c1,c2\"", "", format!("{main}/securityContext/seLinuxOptions"), json!({"level": "s0:c1,c2"})),
        ("selinux: {type: spc_t}", "", format!("{main}/securityContext/seLinuxOptions"), json!({"type": "spc_t"})),
        (
            "capabilities: [CHOWN], new-privileges: false",
            "",
            format!("{main}/securityContext/allowPrivilegeEscalation"),
            json!(false),
        ),
        ("new-privileges: true", "", format!("{main}/securityContext/allowPrivilegeEscalation"), json!(true)),
        ("", "hostname: media", format!("{pod}/hostname"), json!("media")),
        (
            "",
            "dns: {hosts: {a.example.com: 192.0.2.7, b: 192.0.2.8, c: 192.0.2.7}}",
            format!("{pod}/hostAliases"),
            json!([{"ip": "192.0.2.7", "hostnames": ["a.example.com", "c"]}, {"ip": "192.0.2.8", "hostnames": ["b"]}]),
        ),
        (
            "",
            "place: {nodes: {a: {exists: true}, b: {exists: false}, c: {not: [v, w]}}}",
            format!(
                "{pod}/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions"
            ),
            json!([{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "DoesNotExist"}, {"key": "c", "operator": "NotIn", "values": ["v", "w"]}]),
        ),
        (
            "volumes: {c: {sources: [{secret: s, items: {a: b}}, {configmap: m, optional: true}, {token: vault, file: t}], mount: /c, mode: \"0400\"}}",
            "",
            format!("{pod}/volumes/0/projected"),
            json!({"defaultMode": 0o400, "sources": [
                {"secret": {"name": "s", "items": [{"key": "a", "path": "b"}]}},
                {"configMap": {"name": "m", "optional": true}},
                {"serviceAccountToken": {"audience": "vault", "expirationSeconds": 3600, "path": "t"}},
            ]}),
        ),
        (
            "volumes: {c: {configmap: m, items: {run.sh: {path: run.sh, mode: \"0755\"}}, mount: /c}}",
            "",
            format!("{pod}/volumes/0/configMap/items"),
            json!([{"key": "run.sh", "path": "run.sh", "mode": 0o755}]),
        ),
        (
            "",
            "dns: {from: none, servers: [192.0.2.53], searches: [example.com], options: {ndots: 2, edns0: true}}",
            format!("{pod}/dnsConfig"),
            json!({
                "nameservers": ["192.0.2.53"],
                "searches": ["example.com"],
                "options": [{"name": "edns0"}, {"name": "ndots", "value": "2"}],
            }),
        ),
        ("", "dns: {options: {ndots: 2}}", format!("{pod}/dnsPolicy"), Value::Null),
        (
            "",
            "place: {tolerate: [\"node-role.kubernetes.io/control-plane=:NoSchedule\"]}",
            format!("{pod}/tolerations"),
            json!([{"key": "node-role.kubernetes.io/control-plane", "operator": "Equal", "effect": "NoSchedule"}]),
        ),
        (
            "",
            "place: {apart: [{labels: {app: batch}}]}",
            format!("{pod}/affinity/podAntiAffinity"),
            json!({"requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": {"matchLabels": {"app": "batch"}}, "topologyKey": "kubernetes.io/hostname"},
            ]}),
        ),
        (
            "",
            "place: {nodes: {disk: ssd}, near: [{labels: {app: cache}, over: zone, prefer: 50}]}",
            format!("{pod}/affinity/podAffinity"),
            json!({"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 50, "podAffinityTerm": {
                "labelSelector": {"matchLabels": {"app": "cache"}}, "topologyKey": "topology.kubernetes.io/zone",
            }}]}),
        ),
        ("", "adopt: {image-pull: {agent: Always}}", format!("{main}/imagePullPolicy"), json!("Always")),
        (
            "",
            "adopt: {labels: {pod: {app.kubernetes.io/component: api}}}",
            "/spec/template/metadata/labels/app.kubernetes.io~1component".to_owned(),
            json!("api"),
        ),
        ("", "rollout: {deadline: 20m}", "/spec/progressDeadlineSeconds".to_owned(), json!(1200)),
        ("", "shape: {single: {}}\nrollout: {history: 3}", "/spec/revisionHistoryLimit".to_owned(), json!(3)),
        ("", "shape: {daemon: {}}\nrollout: {settle: 1m}", "/spec/minReadySeconds".to_owned(), json!(60)),
    ];
    for (keys, more, pointer, expected) in cases {
        let description = app(keys, more);
        let made = controller(&description);
        assert_eq!(made.pointer(&pointer).unwrap_or(&Value::Null), &expected, "{description}{pointer}\n{made:#}");
    }
}

#[test]
fn what_reaches_a_node_says_why() {
    let reaching = [
        ("privileged: true", ""),
        ("capabilities: [NET_ADMIN]", ""),
        ("port: 80, host-port: 80", ""),
        ("ports: {dns: {port: 53/udp, host-port: 53}}", ""),
        ("volumes: {l: {host: /var/log, mount: /l}}", ""),
        ("port: 80", "init: [{prepare: {command: [a], privileged: true}}]"),
        ("port: 80", "use: [{container: {as: beside, image: \"registry.example.com/a:1\", privileged: true}}]"),
    ];
    let reason = "ignore: [{rule: host-namespaces, why: the only node}]";
    for (keys, more) in reaching {
        let refused = generate(&app(keys, more));
        assert_eq!(refused.code, 2, "{keys} {more}");
        assert!(refused.stderr.contains("not declared to be a node agent"), "{}", refused.stderr);
        for excuse in [DAEMON, reason, "host: [pid]"] {
            let admitted = generate(&app(keys, &format!("{more}\n{excuse}")));
            assert_eq!(admitted.code, 0, "{keys} {more} {excuse}\n{}", admitted.stderr);
        }
    }
    let harmless = generate(&app("port: 80, capabilities: [NET_BIND_SERVICE]", ""));
    assert_eq!(harmless.code, 0, "{}", harmless.stderr);
}

#[test]
fn explain_shows_what_is_reached() {
    let description = app(
        "port: 80, user: 0, capabilities: [NET_RAW], volumes: {l: {host: /var/log, mount: /l}}",
        "shape: {daemon: {}}\nhost: [network]",
    );
    let run = crate::support::patterns_with(&["explain", "-"], description.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    for row in ["Of its node", "the Pod  its network", "agent    capability NET_RAW", "agent    /var/log"] {
        assert!(run.stdout.contains(row), "{row}\n{}", run.stdout);
    }
}

#[test]
fn wrong_forms_are_refused() {
    let cases = [
        ("privileged: true, capabilities: [SYS_ADMIN]", DAEMON, "has SYS_ADMIN already"),
        ("capabilities: [NET_ADMN]", DAEMON, "did you mean `NET_ADMIN`?"),
        ("host-port: 80", DAEMON, "`host-port` needs `port`"),
        ("port: 80, host-port: 81", "shape: {daemon: {}}\nhost: [network]", "cannot be port 81 of the node"),
        ("", "host: network", "takes a list"),
        ("", "host: [net]", "must be one of `network`"),
        ("", "shape: {daemon: {}}\nhost: [network]\nisolate: true", "no NetworkPolicy applies"),
        ("port: 80", "host: [network]\nmesh: istio", "a mesh cannot intercept the traffic"),
        ("port: 80", "shape: {function: {engine: knative}}\nhost: [network]", "the Pods of this shape cannot"),
        (
            "port: 80, privileged: true",
            "shape: {function: {engine: knative}}\nhost: [network]",
            "Knative refuses privileged",
        ),
        ("port: 80", "use: [{introspect: {}}]\nhost: [pid]", "two process namespaces"),
        ("port: 80, health: {path: /, host: 127.0.0.1}", "", "the app does not listen there"),
        ("port: 80, health: {path: /, headers: {Authorization: Bearer hunter2}}", "", "is a plaintext secret"),
        ("port: 80, health: {ready: /, headers: {X-Api-Token: hunter2}}", "", "is a plaintext secret"),
        ("port: 80, health: {path: /, headers: {Cookie: \"a=b; auth_token=hunter2\"}}", "", "is a plaintext secret"),
        ("port: 80, health: {path: /, headers: {A: \"x\\ny\"}}", "", "a header's value is one line"),
        ("port: 80, health: {command: [a], headers: {A: b}}", "", "`headers` belongs to an HTTP check"),
        ("port: 80, health: {live: {path: /, successes: 2}}", "", "`successes` belongs to `ready`"),
        (
            "volumes: {l: {host: /a, mount: /l, propagation: Bidirectional}}",
            DAEMON,
            "only a privileged container can propagate",
        ),
        ("volumes: {l: {size: 1Gi, mount: /l, propagation: HostToContainer}}", "", "`propagation` belongs to `host`"),
        ("volumes: {t: {token: vault, mount: /t, expires: 1m}}", "", "at least 10 minutes"),
        ("volumes: {t: {secret: s, mount: /t, expires: 10m}}", "", "`expires` belongs to `token`"),
        ("volumes: {t: {secret: s, mount: /t, attributes: {a: b}}}", "", "`attributes` belongs to `csi`"),
        ("resources: {cpu: 1, memory: 1Gi, disk: 2Gi, limit: {disk: 1Gi}}", "", "below the request of 2Gi"),
        ("", "place: {tolerate: [\"a:NoSchedul\"]}", "there is no such taint effect"),
        ("", "place: {tolerate: [{taint: \"a:NoSchedule\", for: 30s}]}", "tolerated for a limited time"),
        ("", "rollout: {minReadySeconds: 10}", "settle: 10s"),
        ("port: 80", "rollout: {surge: 0, unavailable: 0%}", "none could be replaced"),
        ("port: 80", "rollout: {surge: 0}", "none could be replaced"),
        ("", "rollout: {recreate: true, surge: 1}", "all old Pods stop before new ones start"),
        ("", "shape: {daemon: {}}\nrollout: {surge: 1}", "shape: {daemon: {surge: 1}}"),
        ("", "rollout: {maxSurge: 1}", "surge: 25%"),
        ("fsGroup: 7", "", "volume-group: 2000"),
        ("volumes: {m: {nfs: /exports, mount: /m}}", "", "nas.example.com:/exports/media"),
        ("volumes: {m: {nfs: \"a:/b\", mount: /m, optional: true}}", "", "`optional` belongs to"),
        ("", "shape: {job: {restart: Always}}", "must be one of `pod`"),
        ("", "dns: {from: none}", "would have no nameserver"),
        ("", "host: [pid]\nshare-processes: true", "two process namespaces"),
        ("", "shareProcessNamespace: true", "share-processes: true"),
        ("port: 80, stop: {within: 2s}", "", "`drain` alone takes 10s"),
        ("port: 80, health: {tcp: 80, scheme: https}", "", "`scheme` belongs to an HTTP check"),
        ("port: 80, health: {start: {within: 1m}}", "", "not what to check"),
        ("writable: [all]", "", "a path in a container begins with"),
        ("", "dns: {servers: [ns.example.com]}", "a nameserver is an IP address"),
        ("", "dns: {hosts: {a: b.example.com}}", "maps a name to an IP address"),
        ("", "place: {nodes: {a: {exists: true, not: [b]}}}", "either `exists` or `not`"),
        ("", "place: {nodes: {a: {}}}", "either `exists` or `not`"),
        ("", "shape: {single: {}}\nhostname: a", "gives each Pod its own name"),
        ("", "hostname: A", "hostname"),
        ("", "hostAliases: []", "dns: {hosts: {ldap.example.com: 192.0.2.7}}"),
        ("", "budget: {}", "a budget sets how many"),
        ("", "budget: {available: 1, unavailable: 1}", "either `unavailable` or `available`"),
        ("", "shape: {job: {}}\nbudget: {available: 1}", "there are no Pods that this budget could protect"),
        ("", "budget: {maxUnavailable: 1}", "budget: {unavailable: 25%}"),
        ("volumes: {c: {sources: [{}], mount: /c}}", "", "one of a Secret, a ConfigMap and a token"),
        (
            "volumes: {c: {sources: [{secret: a, configmap: b}], mount: /c}}",
            "",
            "one of a Secret, a ConfigMap and a token",
        ),
        ("volumes: {c: {sources: [{secret: a, file: b}], mount: /c}}", "", "`file` belongs to `token`"),
        ("volumes: {c: {sources: [{token: a, items: {b: c}}], mount: /c}}", "", "`items` belongs to"),
        ("volumes: {c: {sources: [{token: a, expires: 1m}], mount: /c}}", "", "at least 10 minutes"),
        ("volumes: {c: {sources: [{secret: a}], mount: /c, sub: d}}", "", "`sub` belongs to"),
        ("seLinuxOptions: {}", "", "selinux: "),
        ("terminationMessagePolicy: File", "", "termination-message: log"),
        ("port: 80, ports: {a: {port: 81, private: true, speaks: http}}", "", "is on no Service"),
        ("port: 80, ports: {a: 81}", "expose: {type: ClusterIP, ports: {b: 81}}", "has this number"),
        ("port: 80, ports: {a: 81}", "expose: {type: ClusterIP, ports: {a: 82}}", "has this name"),
        ("port: 80", "expose: {type: ClusterIP, ports: {b: {port: 82, node-port: 30082}}}", "only a Service of type"),
        ("port: 80", "expose: {type: Headless, ports: {b: 82}}", "a headless Service has the ports of its Pods"),
        (
            "port: 80",
            "use: [{container: {as: h, image: \"a.example.com/h:1\", volume-group: 7}}]",
            "does not support `volume-group`",
        ),
        (
            "port: 80",
            "use: [{container: {as: h, image: \"a.example.com/h:1\", groups: [7]}}]",
            "does not support `groups`",
        ),
        ("", "dns: Default", "must be one of `cluster`"),
        ("", "dnsPolicy: Default", "dns: node"),
        ("port: 80", "shape: {function: {engine: knative}}\ndns: node", "the Pods of this shape cannot"),
        ("", "place: {apart: [{over: zone}]}", "`labels`"),
        ("", "place: {near: [{labels: {a: b}, weight: 5}]}", "prefer: 50"),
        ("", "adopt: {image-pull: {other: Always}}", "no container is called `other`"),
        ("", "adopt: {labels: {pod: {app.kubernetes.io/name: other}}}", "selected by a different"),
        ("", "adopt: {labels: {route: {a: b}}}", "this document generates none"),
        ("", "adopt: {labels: {workload: {app.kubernetes.io/part-of: b}}}", "is set by `patterns gen`"),
        ("", "minReadySeconds: 10", "rollout: {settle: 10s}"),
        ("", "rollout: {settle: 10m}", "before the rollout's deadline of 600s"),
        ("", "shape: {daemon: {}}\nrollout: {deadline: 10m}", "only the rollout of a Deployment"),
        ("", "shape: {job: {}}\nrollout: {history: 3}", "nothing here is rolled out"),
    ];
    let mut wrong = Vec::new();
    for (keys, more, message) in cases {
        let description = app(keys, more);
        let run = generate(&description);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        if run.code != 2 || !run.stdout.is_empty() || !said.contains(message) || said.contains("internal error") {
            wrong.push(format!("{description}wants: {message}\n{}", run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Where a finding points: the first line and column that are reported.
fn pointed_at(stderr: &str) -> (usize, usize) {
    let place = stderr.split("╭─[").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    let mut numbers = place.rsplit(':').filter_map(|number| number.parse().ok());
    let column = numbers.next().unwrap_or_default();
    (numbers.next().unwrap_or_default(), column)
}

#[test]
fn findings_underline_the_key_that_is_wrong() {
    // `«` is where the finding points
    let cases = [
        ("privileged: «true", ""),
        ("capabilities: [CHOWN, «NET_ADMIN]", ""),
        ("port: 80, host-port: «80", ""),
        ("ports: {dns: {port: 53/udp, host-port: «53}}", ""),
        ("volumes: {l: {mount: /l, host: «/var/log}}", ""),
        ("", "init: [{prepare: {command: [a], privileged: «true}}]"),
        ("", "use: [{container: {as: beside, image: \"registry.example.com/a:1\", privileged: «true}}]"),
        (
            "",
            "shape: {daemon: {}}\nuse: [{container: {as: beside, image: \"registry.example.com/a:1\", privileged: true, capabilities: [«CHOWN]}}]",
        ),
        ("privileged: true, capabilities: [«SYS_ADMIN]", DAEMON),
        ("volumes: {l: {host: /a, mount: /l, propagation: «Bidirectional}}", DAEMON),
        ("port: 80, host-port: «81", "shape: {daemon: {}}\nhost: [network]"),
        ("port: 80, host-port: 80, ports: {a: {port: 81, host-port: «80}}", DAEMON),
        ("port: 80, bind: «localhost", ""),
        ("volumes: {a: {secret: s, mount: /a}, b: {secret: t, mount: «/a}}", ""),
        ("volumes: {a: {secret: s, mount: /b}}, writable: [«/a]", ""),
        (
            "port: 80",
            "use: [{container: {as: beside, image: a, ports: {debug: 9000}}}, {container: {as: more, image: a, ports: {«debug: 9001}}}]",
        ),
    ];
    let mut wrong = Vec::new();
    for (keys, more) in cases {
        let marked = app(keys, more);
        let (before, _) = marked.split_once('«').expect("a mark");
        let line = before.lines().count();
        let column = before.lines().last().unwrap().chars().count() + 1;
        let run = generate(&marked.replace('«', ""));
        if run.code != 2 || pointed_at(&run.stderr) != (line, column) {
            wrong.push(format!("{marked}wants {line}:{column}\n{}", run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn lint_says_which_environments_are_wrong() {
    let description = app(
        "port: 80",
        "environments: {dev: {app: {privileged: true}}, stage: {}, prod: {app: {resources: {cpu: 0, memory: 1Gi}}}, live: {app: {resources: {cpu: 0, memory: 1Gi}}}}",
    );
    let run = crate::support::patterns_with(&["lint", "--format", "concise", "-"], description.as_bytes());
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("a node agent (in the environment `dev`)"), "{}", run.stdout);
    assert!(run.stdout.contains("this must be above 0 (in the environment `prod`)"), "{}", run.stdout);
    let shared = app("port: 80", "environments: {dev: {host: [network], mesh: istio}, prod: {}}");
    let run = crate::support::patterns_with(&["lint", "--format", "concise", "-"], shared.as_bytes());
    assert!(run.stdout.contains("(in the environment `dev`)"), "{}", run.stdout);
    // what is wrong without an environment is wrong, whatever environments there are
    let own = app("privileged: true", "environments: {dev: {}, prod: {}}");
    let run = crate::support::patterns_with(&["lint", "--format", "concise", "-"], own.as_bytes());
    assert!(run.stdout.contains("a node agent") && !run.stdout.contains("environment `"), "{}", run.stdout);
}

#[test]
fn sets_hold_an_entry_once() {
    let cases = [
        ("capabilities: [CHOWN, CHOWN]", ""),
        ("envFrom: [secret/a, configmap/a, secret/a]", ""),
        ("envFrom: [{secret: a, prefix: B_}, {prefix: C_, secret: a}, {secret: a, prefix: B_}]", ""),
        ("rights: [{pods: [get]}, {nodes.example.com: [get]}, {pods: [get]}]", ""),
        ("rights: [{pods: [get, list, get]}]", ""),
        ("rights: [{pods: {names: [a, a], verbs: [get]}}]", ""),
        ("port: 80", "isolate: {from: [anyone, 10.0.0.0/8, anyone]}"),
        ("port: 80", "isolate: {from: [{namespace/a: [app]}, {namespace/a: [app]}]}"),
        ("port: 80", "isolate: {from: [{namespace/a: [app, app]}]}"),
        ("port: 80", "isolate: {to: [dns, dns]}"),
        ("port: 80", "expose: {hosts: [a.example.com, a.example.com]}"),
        ("", "place: {spread: [zone, zone]}"),
        ("", "place: {nodes: {disk: [ssd, ssd]}}"),
        ("", "place: {prefer: {disk: [ssd, ssd]}}"),
        ("", "place: {tolerate: [a, a]}"),
        ("", "host: [network, network]"),
        ("", "pull: [a, a]"),
        ("port: 80", "shape: {elected: {leases: [a, a]}}"),
        ("port: 80", "use: [{shard: {as: cache, protocol: redis, to: [\"a:1\", \"a:1\"]}}]"),
        ("port: 80", "use: [{introspect: {logs: [/var/log/a.log, /var/log/a.log]}}]"),
    ];
    let mut wrong = Vec::new();
    for (keys, more) in cases {
        let description = app(keys, more);
        let run = generate(&description);
        let underlined = run.stderr.contains("again") && run.stderr.contains("here");
        if run.code != 2 || !run.stderr.contains(" twice\n") || !underlined {
            wrong.push(format!("{description}{}", run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // one peer at the app's own port, and at another
    let run = generate(&app("port: 80, ports: {admin: 81}", "isolate: {from: [namespace/a, {namespace/a: [admin]}]}"));
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn the_node_s_disk_holds_the_folders() {
    let sizes = |disk: &str| format!("resources: {{cpu: 1, memory: 1Gi, disk: {disk}}}");
    let cases = [
        (sizes("0"), "", "must be above 0"),
        (sizes("-1"), "", "a quantity is a number with a unit"),
        (sizes("512"), "", "write it with a unit, such as 512Mi"),
        (sizes("63Mi"), "", "may hold 64Mi"),
        (sizes("127Mi") + ", writable: [/a]", "", "may use 128Mi"),
        (sizes("1Gi") + ", writable: [{/a: 1Gi}]", "", "may use 1088Mi"),
        (sizes("1Gi") + ", volumes: {a: {size: 1Gi, mount: /a}}", "", "may use 1088Mi"),
        (sizes("1Gi") + ", shared: {a: /a}", "init: [{b: {shared: {a: /a}}}]", "may use 1152Mi"),
        (sizes("100Mi"), "use: [{logs: {files: {/var/log/app/a.log: json}}}]", "but its limit is 100Mi"),
        ("writable: [{/a: 512}]".to_owned(), "", "such as 512Mi"),
        ("volumes: {a: {size: 0, mount: /a}}".to_owned(), "", "must be above 0"),
        ("volumes: {a: {memory: 1, mount: /a}}".to_owned(), "", "such as 1Mi"),
    ];
    for (keys, more, message) in cases {
        let run = generate(&app(&keys, more));
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(message), "{keys} {more}\n{}", run.stderr);
    }
    for keys in [
        sizes("64Mi"),
        sizes("1Gi") + ", volumes: {a: {memory: 2Gi, mount: /a}}",
        sizes("1Gi") + ", volumes: {a: {ephemeral: {size: 2Gi}, mount: /a}}",
        "resources: {cpu: 1, memory: 1Gi, limit: {disk: 128Mi}}, writable: [/a]".to_owned(),
    ] {
        let run = generate(&app(&keys, ""));
        assert_eq!(run.code, 0, "{keys}\n{}", run.stderr);
    }
}

#[test]
fn peers_that_cannot_be_named_say_what_may_be() {
    let cases = [
        ("10.0.0.0/8", "with its port, such as 10.0.0.0/8:5432"),
        ("service/database", "write the document of that Service"),
        ("namespace/data", "with its port, such as namespace/data:5432"),
        ("pods/app=db", "with its port, such as pods/app=db:5432"),
        ("pods/app", "pods/<label>=<value>:5432"),
        ("dnss", "did you mean `dns`?"),
    ];
    for (peer, help) in cases {
        let run = generate(&app("port: 80", &format!("isolate: {{to: [{peer}]}}")));
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(run.code == 2 && said.contains(help), "{peer}\n{}", run.stderr);
    }
}
