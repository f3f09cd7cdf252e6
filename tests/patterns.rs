//! What holds for every pattern of the catalogue, shown on its examples.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{documents, files, patterns, relative};

/// Every pattern's `example.yaml`, and its further ones: `example-<what>.yaml`.
fn example_files() -> Vec<std::path::PathBuf> {
    let is_example = |path: &std::path::PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name == "example.yaml" || name.starts_with("example-")
    };
    files("patterns", ".yaml").into_iter().filter(is_example).collect()
}

fn examples() -> Vec<(String, Vec<Value>)> {
    let all = example_files().into_iter().chain(files("examples", ".yaml"));
    all.filter_map(|path| {
        let name = relative(&path);
        let text = std::fs::read_to_string(&path).expect("readable");
        if !text.contains("patterns: v1") {
            return None;
        }
        let run = patterns(&["gen", &name]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        Some((name, documents(&run.stdout)))
    })
    .collect()
}

/// The Pod templates among some objects, with the kind and name of their owner.
fn pods(objects: &[Value]) -> Vec<(String, Value)> {
    let templates = |object: &Value| {
        let kind = object["kind"].as_str().unwrap_or_default();
        let templates: Vec<&Value> = match kind {
            "CronJob" => object.pointer("/spec/jobTemplate/spec/template").into_iter().collect(),
            "ScaledJob" => object.pointer("/spec/jobTargetRef/template").into_iter().collect(),
            "JobSet" => {
                let jobs = object["spec"]["replicatedJobs"].as_array().into_iter().flatten();
                jobs.filter_map(|job| job.pointer("/template/spec/template")).collect()
            }
            "Pod" => vec![object],
            _ => object.pointer("/spec/template").into_iter().collect(),
        };
        let owner = format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap_or_default());
        templates.into_iter().map(|template| (owner.clone(), template["spec"].clone())).collect::<Vec<_>>()
    };
    objects.iter().flat_map(templates).collect()
}

/// Volumes that a `StatefulSet` makes for each of its Pods.
fn claim_templates<'a>(objects: &'a [Value], owner: &'a str) -> impl Iterator<Item = String> + 'a {
    let is_owner = move |object: &&Value| {
        format!("StatefulSet/{}", object["metadata"]["name"].as_str().unwrap_or_default()) == owner
    };
    let claims =
        objects.iter().filter(is_owner).filter_map(|object| object.pointer("/spec/volumeClaimTemplates")?.as_array());
    claims.flatten().map(|claim| claim["metadata"]["name"].to_string())
}

fn containers(pod: &Value) -> Vec<&Value> {
    let list = |field: &str| pod[field].as_array().map(Vec::as_slice).unwrap_or_default();
    list("initContainers").iter().chain(list("containers")).collect()
}

#[test]
fn snapshots() {
    for path in example_files() {
        let name = relative(&path);
        let run = patterns(&["gen", &name]);
        assert_eq!(run.code, 0, "{name}");
        assert!(run.stderr.is_empty() || run.stderr.starts_with("note: "), "{name}: {}", run.stderr);
        let snapshot =
            name.trim_start_matches("patterns/").trim_end_matches(".yaml").replace("/example", "").replace('/', "-");
        insta::with_settings!({description => name, omit_expression => true}, {
            insta::assert_snapshot!(snapshot, run.stdout);
        });
    }
}

#[test]
fn same_input_same_bytes() {
    for path in example_files() {
        let name = relative(&path);
        assert_eq!(patterns(&["gen", &name]).stdout, patterns(&["gen", &name]).stdout, "{name}");
    }
}

#[test]
fn output_is_lint_clean() {
    for path in example_files() {
        let name = relative(&path);
        let yaml = patterns(&["gen", &name]).stdout;
        let run = support::patterns_with(&["lint", "-"], yaml.as_bytes());
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{name}");
    }
}

/// Of what the strict profile looks for, only digests are left to the user, and each page says so.
#[test]
fn output_is_clean_at_the_strict_profile_but_for_digests() {
    for path in example_files() {
        let name = relative(&path);
        let yaml = patterns(&["gen", &name]).stdout;
        // a Job over a list stays for ever: see `keep` on the page of work-queue
        let explained = if name.ends_with("work-queue/example-items.yaml") { ",job-never-cleaned" } else { "" };
        let ignored = format!("image-without-digest{explained}");
        let arguments = ["lint", "--profile", "strict", "--ignore", &ignored, "-"];
        let run = support::patterns_with(&arguments, yaml.as_bytes());
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{name}");
    }
}

/// Servers do not know the kinds of KEDA and `JobSet` by themselves; what those make of them they do.
#[test]
fn jobs_inside_custom_resources_are_valid() {
    for (name, objects) in examples() {
        let inner = objects.iter().flat_map(|object| {
            let jobs = object["spec"]["replicatedJobs"].as_array().into_iter().flatten();
            let specs = jobs.filter_map(|job| job.pointer("/template/spec")).chain(object["spec"].get("jobTargetRef"));
            specs.map(|spec| serde_json::json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "inner"}, "spec": spec}))
        });
        for job in inner {
            let run = support::patterns_with(&["lint", "--select", "manifest", "-"], job.to_string().as_bytes());
            assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{name}");
        }
    }
}

/// Pod Security Standards, profile restricted
/// (kubernetes/website: content/en/docs/concepts/security/pod-security-standards.md).
#[test]
fn pods_are_restricted() {
    for (name, objects) in examples() {
        for (owner, pod) in pods(&objects) {
            let context = format!("{name}: {owner}");
            for field in ["hostNetwork", "hostPID", "hostIPC"] {
                assert!(pod[field].is_null(), "{context}: {field}");
            }
            // Knative admits no security context of the Pod, and keeps /tmp for itself: each container says it all
            let knative = owner.starts_with("Service/");
            for container in containers(&pod) {
                let security = &container["securityContext"];
                let whole = if knative { security } else { &pod["securityContext"] };
                assert_eq!(whole["seccompProfile"]["type"], "RuntimeDefault", "{context}");
                assert!(whole["runAsUser"].as_i64().is_some_and(|user| user > 0), "{context}");
                let context = format!("{context}: {}", container["name"]);
                assert_eq!(security["runAsNonRoot"], true, "{context}");
                assert_eq!(security["allowPrivilegeEscalation"], false, "{context}");
                assert!(knative || security["readOnlyRootFilesystem"] == true, "{context}");
                assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]), "{context}");
                assert!(container["resources"]["requests"]["memory"].is_string(), "{context}");
                assert!(container["resources"]["limits"]["memory"].is_string(), "{context}");
            }
            let allowed = [
                "configMap",
                "csi",
                "downwardAPI",
                "emptyDir",
                "ephemeral",
                "persistentVolumeClaim",
                "projected",
                "secret",
                "image",
            ];
            for volume in pod["volumes"].as_array().into_iter().flatten() {
                let kinds: Vec<&String> =
                    volume.as_object().expect("a map").keys().filter(|key| *key != "name").collect();
                assert!(kinds.len() == 1 && allowed.contains(&kinds[0].as_str()), "{context}: {volume}");
            }
        }
    }
}

#[test]
fn names_and_ports_are_unique_and_references_resolve() {
    for (name, objects) in examples() {
        let mut identities = BTreeSet::new();
        for object in &objects {
            let id = (object["kind"].to_string(), object["metadata"]["name"].to_string());
            assert!(identities.insert(id.clone()), "{name}: {id:?} twice");
        }
        let has = |kind: &str, name: &Value| identities.contains(&(format!("\"{kind}\""), name.to_string()));
        for (owner, pod) in pods(&objects) {
            let context = format!("{name}: {owner}");
            assert!(has("ServiceAccount", &pod["serviceAccountName"]), "{context}: service account");
            let (mut ports, mut port_names, mut container_names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            let mut mounted = BTreeSet::new();
            for container in containers(&pod) {
                assert!(container_names.insert(container["name"].to_string()), "{context}: {container}");
                for port in container["ports"].as_array().into_iter().flatten() {
                    assert!(ports.insert(port["containerPort"].to_string()), "{context}: {port}");
                    let port_name = port["name"].as_str().expect("ports have names");
                    assert!(port_name.len() <= 15 && port_names.insert(port_name.to_owned()), "{context}: {port}");
                }
                for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                    mounted.insert(mount["name"].to_string());
                }
            }
            let mut volumes: BTreeSet<String> = claim_templates(&objects, &owner).collect();
            for volume in pod["volumes"].as_array().into_iter().flatten() {
                assert!(volumes.insert(volume["name"].to_string()), "{context}: {volume} twice");
                if let Some(config) = volume.pointer("/configMap/name") {
                    assert!(has("ConfigMap", config), "{context}: {volume}");
                }
            }
            assert_eq!(volumes, mounted, "{context}: every volume is mounted, every mount has its volume");
        }
    }
}
