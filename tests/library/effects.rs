//! Every key of the language, wherever a description may have it, changes what is made or is refused. A key that is
//! taken and heeded by nothing is a promise that nobody keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use patterns::describe::{self, Spanned};
use patterns::kube::on_deep_stacks;
use patterns::yaml::{self, Source, emit};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::keys::expand;
use crate::matrix::{Examples, examples};

/// Keys of containers, no value the default: all of the grammar's below `app`.
const OF_CONTAINERS: &[&str] = &[
    "port: 7007",
    "protocol: grpc",
    "protocol: udp",
    "host-port: 31999",
    "ports: {extra: {port: 7001, service: 7101}, quiet: {port: 7002, private: true, host-port: 31002}, names: 7003/udp}",
    "health: {path: /zzz, port: 7999, headers: {A: b}, scheme: https}",
    "health: {path: /zzz, every: 31s, timeout: 7s, failures: 9, successes: 2}",
    "health: {grpc: zzz}",
    "health: {grpc: zzz, port: 7999}",
    "health: {command: [zzz]}",
    "health: {tcp: 7999}",
    "health: {ready: {path: /zzz, port: 7999, headers: {A: b}, scheme: https}}",
    "health: {ready: {path: /zzz, every: 31s, timeout: 7s, failures: 9, successes: 2}}",
    "health: {ready: {grpc: zzz}}",
    "health: {ready: {command: [zzz]}}",
    "health: {ready: {tcp: 7999}}",
    "health: {live: {path: /zzz, port: 7999, headers: {A: b}, scheme: https}}",
    "health: {live: {path: /zzz, every: 31s, timeout: 7s, failures: 9}}",
    "health: {live: {grpc: zzz}}",
    "health: {live: {command: [zzz]}}",
    "health: {live: {tcp: 7999}}",
    "health: {path: /zzz, start: 17m}",
    "health: {path: /zzz, start: {path: /started, port: 7999, within: 17m, timeout: 7s, headers: {A: b}, scheme: https}}",
    "health: {path: /zzz, start: {grpc: zzz}}",
    "health: {path: /zzz, start: {command: [zzz]}}",
    "health: {path: /zzz, start: {tcp: 7999}}",
    "command: [zzz]",
    "args: [zzz]",
    "workdir: /srv",
    "env: {A: b, KEY: {from: secret/api/key, optional: true}}",
    "env: {A: {text: secret/b}}",
    "envFrom: [{secret: api, prefix: A_, optional: true}, {configmap: api, prefix: B_}]",
    "user: 7",
    "group: 8",
    "volume-group: 9",
    "privileged: true",
    "capabilities: [CHOWN]",
    "writable: [/k7, {/k8: 2Gi}]",
    "writable: all",
    "resources: {cpu: 77m, memory: 77Mi, disk: 2Gi, limit: {cpu: 7, memory: 2Gi, disk: 3Gi}}",
    "resources: {cpu: 77m, memory: 77Mi, limit: false}",
    "resources: {cpu: 77m, memory: 77Mi, limit: {cpu: 7, memory: false}}",
    "bind: localhost",
    "drain: 17s",
    "stop: 17m",
    "stop: {within: 77s}",
    "before-stop: [zzz]",
    "after-start: [zzz]",
    "rights: [{pods: {names: [a], verbs: [get]}}]",
    "cluster-rights: [{nodes: {names: [a], verbs: [get]}}]",
    "account: robot",
    "tty: true",
    "stdin: true",
    "termination-message: log",
    "termination-message: /k7",
    "groups: [44]",
    "selinux: {level: s0, type: spc_t, user: u, role: r}",
    "new-privileges: true",
    "ports: {extra: {port: 7001, speaks: http}}",
    "volumes: {k7: {sources: [{secret: a, items: {a: {path: b, mode: \"0755\"}}, optional: true}, {configmap: b}], mount: /k7}}",
    "volumes: {k7: {sources: [{token: vault, expires: 2h, file: a}], mount: /k7}}",
    "volumes: {k7: {claim: api, mount: /k7, create: {size: 1Gi, access: ReadWriteMany, class: fast}, readOnly: true, sub: a}}",
    "volumes: {k7: {secret: api, mount: /k7, mode: \"0400\", items: {a: b}, optional: true, readOnly: false}}",
    "volumes: {k7: {configmap: api, mount: /k7, file: a}}",
    "volumes: {k7: {size: 7Gi, mount: /k7}}",
    "volumes: {k7: {memory: 7Mi, mount: /k7}}",
    "volumes: {k7: {ephemeral: {size: 7Gi, class: fast, access: ReadWriteMany, labels: {a: b}}, mount: /k7}}",
    "volumes: {k7: {image: \"registry.example.com/data:1\", mount: /k7}}",
    "volumes: {k7: {token: vault, expires: 2h, mount: /k7}}",
    "volumes: {k7: {csi: secrets-store.csi.k8s.io, attributes: {a: b}, mount: /k7}}",
    "volumes: {k7: {nfs: \"nas.example.com:/a\", mount: /k7}}",
    "volumes: {k7: {host: /var/log, type: Directory, propagation: HostToContainer, mount: /k7}}",
];

/// Keys of documents, in the same way.
const OF_DOCUMENTS: &[&str] = &[
    "system: store",
    "labels: {team: a}",
    "annotations: {pod: {a/b: c}, service: {a/b: c}, account: {a/b: c}, workload: {a/b: c}}",
    "annotations: {pod: {a/b: c}}",
    "annotations: {workload: {a/b: c}}",
    "{budget: {unavailable: 2}, annotations: {budget: {a/b: c}}}",
    "annotations: {account: {a/b: c}}",
    "{expose: {host: a.example.com}, annotations: {route: {a/b: c}}}",
    "{app: {volumes: {k7: {claim: api, mount: /k7, create: {size: 1Gi}}}}, annotations: {claim: {a/b: c}}}",
    "init: [{prepare: {image: \"registry.example.com/prepare:1\", command: [zzz], env: {A: b}, user: 7}}]",
    "place: {nodes: {disk: ssd}, prefer: {disk: big}, tolerate: [a, {taint: b, for: 30s}], runtime: gvisor, spread: [zone]}",
    "place: {apart: [{labels: {a: b}, over: zone, prefer: 7}], near: [{labels: {c: d}, over: zone, prefer: 7}]}",
    "place: {apart: true}",
    "place: {prefer: [{nodes: {disk: big}, weight: 7}, {nodes: {disk: small}, weight: 8}], scheduler: k7}",
    "place: {node: k7}",
    "place: {nodes: [{a: b}, {c: {exists: true}}, {d: {not: [e]}}, {f: {exists: false}}]}",
    "place: {spread: [{over: zone, skew: 7, always: true, least: 3}, {over: host, labels: {a: b}}]}",
    "host: [pid]",
    "share-processes: true",
    "dns: node",
    "dns: {from: none, servers: [192.0.2.53], searches: [example.com], options: {ndots: 2}}",
    "rollout: {settle: 7s, history: 3}",
    "rollout: {deadline: 7m, surge: 7, unavailable: 7}",
    "rollout: {recreate: true}",
    "pull: [regcred]",
    "expose: {hosts: [a.example.com], class: nginx, paths: {/a: \"service/a:80\"}, tls: a}",
    "expose: {host: a.example.com, path-type: Exact, tls: true}",
    "expose: {host: a.example.com, gateway: public, timeout: 3s, retries: 7}",
    "expose: {host: a.example.com, gateway: public, canary: {to: \"service/b:80\", header: {A: b}}}",
    "expose: {host: a.example.com, gateway: public, mirror: {to: \"service/b:80\", percent: 7}}",
    "expose: {type: LoadBalancer, port: 7777, class: a/b, address: 192.0.2.10, sources: [10.0.0.0/8], local: true, sticky: 1h}",
    "expose: {type: NodePort, node-port: 30777}",
    "expose: {type: ClusterIP, address: 10.0.0.10}",
    "expose: {type: Headless, unready: true}",
    "services: {k7: {type: LoadBalancer, class: a/b, address: 192.0.2.10, sources: [10.0.0.0/8], local: true, sticky: 1h}}",
    "services: {k7: {unready: true, labels: {a: b}, annotations: {a/b: c}}}",
    "{app: {port: 7007}, services: {k7: {type: NodePort, ports: {a: {port: 77, to: 7007, node-port: 30777}}}}}",
    "{app: {port: 7007}, services: {k7: {type: NodePort, node-port: 30777}}}",
    "isolate: {from: [namespace/a, {10.0.0.0/8: [status]}], to: [dns]}",
    "isolate: {from: [{pods/k7=a: [\"*\"]}, namespace/a/pods/k8=b], to: [\"pods/k7=a:7\", anyone]}",
    "{isolate: true, adopt: {names: {NetworkPolicy: k7}, labels: {policy: {k7: a}}}}",
    "configmaps: {k7: {A: b}}",
    "{shape: {single: {storage: {size: 1Gi, mount: /k7}}}, init: [{prepare: {image: \"registry.example.com/prepare:1\", shared: {data: {mount: /k8, sub: a, readOnly: true}}}}]}",
    "{app: {envFrom: [configmap/k7]}, configmaps: {k7: {A: b}}}",
    "{configmaps: {k7: {A: b}}, adopt: {labels: {configmap: {k8: a}}}}",
    "{app: {cluster-rights: [{nodes: [get]}]}, adopt: {names: {ClusterRole: k7, ClusterRoleBinding: k8}, labels: {cluster-role: {k9: a}}}}",
    "adopt: {selector: {app: k7}, container: k7, image-pull: Always, token: true}",
    "adopt: {port: k7, service-port: k8}",
    "adopt: {names: {Deployment: k7, Service: k8}}",
    "adopt: {names: {DaemonSet: k7}}",
    "{app: {rights: [{pods: [get]}]}, adopt: {names: {Role: k7, RoleBinding: k8}}}",
    "adopt: {names: {PodDisruptionBudget: k7}}",
    "{schedule: \"0 3 * * *\", adopt: {names: {CronJob: k7}}}",
    "{use: [{autoscale: {max: 5}}], adopt: {names: {HorizontalPodAutoscaler: k7}}}",
    "{expose: {host: a.example.com}, adopt: {names: {Ingress: k7}}}",
    "{expose: {host: a.example.com, gateway: g}, adopt: {names: {HTTPRoute: k7}}}",
    "{app: {port: 7007, protocol: grpc, health: grpc}, expose: {host: a.example.com, gateway: g}, adopt: {names: {GRPCRoute: k7}}}",
    "{expose: {host: a.example.com}, adopt: {labels: {route: {k7: a}}}}",
    "{app: {volumes: {k7: {claim: api, mount: /k7, create: {size: 1Gi}}}}, adopt: {labels: {claim: {k7: a}}}}",
    "{app: {ports: {extra: 7001}}, adopt: {service-ports: {extra: k7}}}",
    "{shape: {single: {storage: {size: 1Gi, mount: /k7}}}, adopt: {claim: k7, ordered: true}}",
    "hostname: k7",
    "subdomain: k7",
    "adopt: {scaled: true}",
    "{shape: {replicated: {replicas: 3}}, budget: false}",
    "budget: {unavailable: 7}",
    "budget: {available: 7}",
    "dns: {hosts: {a.example.com: 192.0.2.7}}",
    "place: {nodes: {a: {exists: true}, b: {exists: false}, c: {not: [d]}}, prefer: {e: {exists: true}, f: {not: [g]}}}",
    "expose: {type: LoadBalancer, ip: dual, speaks: k7, ports: {k7: {port: 7778, speaks: k8, node-port: 30778}}}",
    "{app: {port: 7007}, services: {k7: {ip: IPv6, ports: {a: {port: 77, to: 7007, speaks: k8}}}}}",
    "adopt: {names: {StatefulSet: k7, ServiceAccount: k8}}",
    "adopt: {labels: {pod: {k7: a}, workload: {k7: b}, service: {k7: c}, account: {k7: d}}}",
    "mesh: istio",
    "{mesh: {role: gateway}, expose: {host: a.example.com}}",
    "{app: {ports: {extra: {port: 7001, node-port: 30701}}}, expose: {type: NodePort}}",
    "{app: {health: {path: /zzz, host: 127.0.0.1}}, host: [network]}",
    "{app: {health: {ready: {path: /zzz, host: 127.0.0.1}}}, host: [network]}",
    "{app: {health: {live: {path: /zzz, host: 127.0.0.1}}}, host: [network]}",
    "{app: {health: {path: /zzz, start: {path: /started, host: 127.0.0.1}}}, host: [network]}",
    "{app: {shared: {pub: {mount: /pub, size: 2Gi, memory: true, readOnly: true, sub: a}}}, init: [{prepare: {image: \"registry.example.com/prepare:1\", shared: {pub: /pub}}}]}",
    "{init: [{prepare: {image: \"registry.example.com/prepare:1\", before: zzz}}], use: [{container: {as: zzz, image: \"registry.example.com/zzz:1\"}}]}",
    "priority: {name: high, value: 7}",
    "schedule: {at: \"0 3 * * *\", zone: Europe/Berlin, overlap: allow, start-within: 7m, history: {done: 7, failed: 8}, suspend: true}",
];

/// Keys without an own effect, and why that is right.
const EXPLAINED: &[(&str, &str)] = &[
    ("/stop/within", "`stop` is then a time to the second; without it the map is no value"),
    ("/ports/quiet/private", "a port of a container beside the app is on no Service in any case, and that may be said"),
];

fn read(text: &str) -> Value {
    let source = Arc::new(Source::from_text("sample.yaml", text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    assert!(refusal.is_none(), "{text}");
    Spanned::from_node(&documents[0], documents[0].root()).to_json()
}

/// The pointers of all members of a value.
fn members(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut below = |step: String, value: &Value, is_member: bool| {
        let at = format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"));
        if is_member {
            found.push(at.clone());
        }
        members(value, &at, found);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key.clone(), value, true)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(at.to_string(), value, false)),
        _ => {}
    }
}

fn without(document: &Value, pointer: &str) -> Value {
    let (way, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let mut document = document.clone();
    document.pointer_mut(way).unwrap().as_object_mut().unwrap().shift_remove(&key).unwrap();
    document
}

fn lay_over(target: &mut Value, more: &Value) {
    match (target, more) {
        (Value::Object(there), Value::Object(more)) => {
            for (key, value) in more {
                match there.get_mut(key) {
                    Some(target) if key == "app" => lay_over(target, value),
                    _ => {
                        there.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (target, more) => target.clone_from(more),
    }
}

/// Where a document has containers of the user's.
fn containers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.contains_key("image") {
                found.push(path.to_owned());
            }
            members.iter().for_each(|(key, value)| containers(value, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| containers(value, &format!("{path}/{at}"), found));
        }
        _ => {}
    }
}

/// One document of each shape and engine, each with a container beside the app and one before it where it has an app.
fn bases(examples: &Examples) -> Vec<(String, Value)> {
    let mut seen = BTreeSet::new();
    let mut bases = Vec::new();
    for shape in &examples.shapes {
        let (form, params) = shape.document["shape"].as_object().and_then(|shape| shape.iter().next()).unwrap();
        let front = params.get("decorators").is_some();
        if !seen.insert((form, params["engine"].as_str(), front)) {
            continue;
        }
        let mut base = shape.document.clone();
        // what reaches the node says why
        base["ignore"] = json!([{"rule": "host-namespaces", "why": "a test"}]);
        base["namespace"] = json!("store");
        bases.push((shape.label.clone(), base.clone()));
        if front {
            let mut knative = base.clone();
            knative["shape"][form.as_str()]["engine"] = json!("knative");
            bases.push((format!("{} by Knative", shape.label), knative));
        }
        if base["app"].is_object() && form == "replicated" {
            base["use"] = json!([{"container": {"as": "helper", "image": "registry.example.com/helper:1"}}]);
            base["init"] = json!([{"prepare": {"image": "registry.example.com/prepare:1"}}]);
            bases.push((format!("{} with other containers", shape.label), base));
        }
    }
    bases
}

/// The label of what has no effect, beside those keys that have one.
fn silent(examples: &Examples, label: &str, document: &Value, at: &str, sample: &Value) -> (Vec<String>, Vec<String>) {
    let made = |document: &Value| expand(examples, &emit::to_stream(std::slice::from_ref(document)).unwrap()).ok();
    let (mut silent, mut heeded) = (Vec::new(), Vec::new());
    let Some(with) = made(document) else { return (silent, heeded) };
    let mut pointers = Vec::new();
    members(sample, "", &mut pointers);
    for pointer in pointers.iter().filter(|pointer| pointer.as_str() != "/app" && document != sample) {
        if made(&without(document, &format!("{at}{pointer}"))) == Some(with.clone()) {
            silent.push(format!("{pointer} at {at} of {label}"));
        } else {
            heeded.push(pointer.clone());
        }
    }
    (silent, heeded)
}

#[test]
#[ignore = "thousands of descriptions, minutes in a debug build: cargo test --release --test library effects -- --ignored"]
fn every_key_changes_something_or_is_refused() {
    let examples = examples("effects");
    let mut cases = Vec::new();
    for (label, base) in bases(&examples) {
        let mut paths = Vec::new();
        for key in ["app", "shape", "use", "init"] {
            containers(&base[key], &format!("/{key}"), &mut paths);
        }
        let of_containers = paths.iter().flat_map(|path| OF_CONTAINERS.iter().map(move |text| (path.as_str(), text)));
        for (path, text) in of_containers.chain(OF_DOCUMENTS.iter().map(|text| ("", text))) {
            let (mut document, sample) = (base.clone(), read(text));
            lay_over(document.pointer_mut(path).unwrap(), &sample);
            cases.push((label.clone(), document, path.to_owned(), sample));
        }
    }
    let judge =
        |(label, document, at, sample): &(String, Value, String, Value)| silent(&examples, label, document, at, sample);
    let outcomes: Vec<_> = on_deep_stacks(|| cases.par_iter().map(judge).collect()).unwrap();
    let is_explained = |one: &String| EXPLAINED.iter().any(|(key, _)| one.starts_with(key));
    let silent: BTreeSet<&String> =
        outcomes.iter().flat_map(|(silent, _)| silent).filter(|one| !is_explained(one)).collect();
    assert!(silent.is_empty(), "{} of {}: {silent:#?}", silent.len(), cases.len());
    let heeded: BTreeSet<&String> = outcomes.iter().flat_map(|(_, heeded)| heeded).collect();
    let samples = OF_CONTAINERS.iter().chain(OF_DOCUMENTS).map(|text| read(text));
    let mut all = Vec::new();
    samples.for_each(|sample| members(&sample, "", &mut all));
    let idle: Vec<&String> = all.iter().filter(|key| *key != "/app" && !heeded.contains(key)).collect();
    assert!(idle.is_empty(), "samples that no shape takes: {idle:#?}");
    let _ = std::fs::remove_dir_all(&examples.folder);
}

/// The names of the grammar's keys, by the key that they are below.
fn named(schema: &Value, above: &str, found: &mut BTreeSet<String>) {
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(format!("{above}.{key}"));
        named(value, key, found);
    }
    for more in ["additionalProperties", "items"] {
        schema.get(more).into_iter().for_each(|schema| named(schema, above, found));
    }
    schema["anyOf"].as_array().into_iter().flatten().for_each(|form| named(form, above, found));
}

#[test]
fn samples_have_every_key_of_the_grammar() {
    // checked elsewhere: what a document is, and what goes into it as it is
    const OTHER: &[&str] = &[
        "",
        "patterns",
        "name",
        "namespace",
        "app",
        "image",
        "files",
        "split",
        "extends",
        "target",
        "images",
        "patch",
        "extra",
        "ignore",
        "params",
        "environments",
        "shape",
        "use",
    ];
    let mut keys = BTreeSet::new();
    for (key, schema) in describe::grammar()["properties"].as_object().unwrap() {
        if key == "app" || !OTHER.contains(&key.as_str()) {
            keys.insert(format!("document.{key}"));
            named(schema, key, &mut keys);
        }
    }
    let mut pointers = Vec::new();
    OF_CONTAINERS.iter().chain(OF_DOCUMENTS).for_each(|text| members(&read(text), "", &mut pointers));
    let last = |pointer: &String| pointer.rsplit('/').next().unwrap().to_owned();
    let sampled: BTreeSet<String> = pointers.iter().map(last).collect();
    let name = |key: &&String| key.rsplit('.').next().unwrap_or_default().to_owned();
    let missing: Vec<&String> =
        keys.iter().filter(|key| !OTHER.contains(&name(key).as_str()) && !sampled.contains(&name(key))).collect();
    assert!(missing.is_empty(), "no sample of {missing:#?}");
}
