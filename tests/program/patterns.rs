//! What holds for every pattern of the catalogue, shown on its examples.

use std::fmt::Write as _;

use crate::support::objects::{inner_jobs, problems};
use crate::support::{documents, files, patterns, relative};
use serde_json::Value;

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

/// All that is made of a pattern's example. Of further examples only what the pattern itself makes, and the templates of
/// the Pods: a shape's own objects are in the snapshot of its example, and the tests below hold for all of them.
#[test]
fn snapshots() {
    for path in example_files() {
        let name = relative(&path);
        let run = patterns(&["gen", &name]);
        assert_eq!(run.code, 0, "{name}");
        assert!(run.stderr.is_empty() || run.stderr.starts_with("note: "), "{name}: {}", run.stderr);
        let snapshot =
            name.trim_start_matches("patterns/").trim_end_matches(".yaml").replace("/example", "").replace('/', "-");
        let pattern = path.parent().and_then(|folder| folder.file_name()).expect("a folder").to_string_lossy();
        let shown = if path.ends_with("example.yaml") { run.stdout } else { of_pattern(&pattern, &run.stdout) };
        insta::with_settings!({description => name, omit_expression => true}, {
            insta::assert_snapshot!(snapshot, shown);
        });
    }
}

/// The objects that a pattern makes, and the templates of Pods of all others.
fn of_pattern(pattern: &str, yaml: &str) -> String {
    let field = |object: &str, start: &str| {
        let line = object.lines().find_map(|line| line.strip_prefix(start));
        line.unwrap_or_default().to_owned()
    };
    let mut shown = String::new();
    for object in yaml.trim_end().split("\n---\n") {
        if field(object, "    patterns/from: ").ends_with(&format!(".{pattern}")) {
            let _ = write!(shown, "---\n{object}\n");
            continue;
        }
        let template = template(object);
        if !template.is_empty() {
            let _ = write!(shown, "---\n# {} {}\n{template}", field(object, "kind: "), field(object, "  name: "));
        }
    }
    shown
}

/// The lines of a Pod's template.
fn template(object: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = object.lines().skip_while(|line| line.trim_start() != "template:");
    let Some(first) = lines.next() else { return String::new() };
    let inside = lines.take_while(|line| indent(line) > indent(first));
    inside.fold(format!("{first}\n"), |shown, line| shown + line + "\n")
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
        let run = crate::support::patterns_with(&["lint", "-"], yaml.as_bytes());
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.contains("no findings")),
            (0, "", true),
            "{name}: {}",
            run.stderr
        );
    }
}

/// Of what the strict profile looks for, only digests are left to the user, and each page says so.
#[test]
fn output_is_clean_at_the_strict_profile_but_for_digests() {
    for path in example_files() {
        let name = relative(&path);
        let yaml = patterns(&["gen", &name]).stdout;
        // a Job over a list stays forever: see `keep` on the page of work-queue
        let explained = if name.ends_with("work-queue/example-items.yaml") { ",job-never-cleaned" } else { "" };
        let ignored = format!("image-without-digest{explained}");
        let arguments = ["lint", "--profile", "strict", "--ignore", &ignored, "-"];
        let run = crate::support::patterns_with(&arguments, yaml.as_bytes());
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.contains("no findings")),
            (0, "", true),
            "{name}: {}",
            run.stderr
        );
    }
}

/// Servers do not know the kinds of KEDA and `JobSet` by themselves; what those make of them they do.
#[test]
fn jobs_inside_custom_resources_are_valid() {
    for (name, objects) in examples() {
        for spec in inner_jobs(&objects) {
            let job = serde_json::json!({
                "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "inner"}, "spec": spec,
            });
            let run = crate::support::patterns_with(&["lint", "--select", "manifest", "-"], job.to_string().as_bytes());
            assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{name}");
        }
    }
}

/// Pod Security restricted, unique names and ports, mounted volumes, references that lead somewhere.
#[test]
fn objects_hold_together() {
    for (name, objects) in examples() {
        assert_eq!(problems(&objects), Vec::<String>::new(), "{name}");
    }
}

/// What a server fills into the elements of lists that `kubectl apply` replaces as a whole (no patchMergeKey, or a custom
/// resource): missing there, every apply sends the list again and says `configured`. Paths from the object; a star is
/// every element. Defaults: pkg/apis/core/v1, pkg/apis/networking/v1 and pkg/apis/apps/v1 of kubernetes/kubernetes, and
/// the schema of `HTTPRoute` in kubernetes-sigs/gateway-api.
const FILLED_IN: [(&str, &str, &[&str]); 13] = [
    ("", "volumes/*/projected/sources/*/downwardAPI/items/*/fieldRef", &["apiVersion"]),
    ("", "volumes/*/projected/sources/*/serviceAccountToken", &["expirationSeconds"]),
    ("", "volumes/*/downwardAPI/items/*/fieldRef", &["apiVersion"]),
    ("StatefulSet", "spec/volumeClaimTemplates/*", &["apiVersion", "kind", "status"]),
    ("StatefulSet", "spec/volumeClaimTemplates/*/spec", &["volumeMode"]),
    ("NetworkPolicy", "spec/ingress/*/ports/*", &["protocol"]),
    ("NetworkPolicy", "spec/egress/*/ports/*", &["protocol"]),
    ("HTTPRoute", "spec/parentRefs/*", &["group", "kind"]),
    ("HTTPRoute", "spec/rules/*", &["matches"]),
    ("HTTPRoute", "spec/rules/*/matches/*/path", &["type", "value"]),
    ("HTTPRoute", "spec/rules/*/backendRefs/*", &["group", "kind", "weight"]),
    ("HTTPRoute", "spec/rules/*/filters/*/requestMirror/backendRef", &["group", "kind"]),
    ("", "podFailurePolicy/rules/*/onPodConditions/*", &["status"]),
];

/// All values at a path.
fn at<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    let Some((first, rest)) = path.split_once('/').or(if path.is_empty() { None } else { Some((path, "")) }) else {
        found.push(value);
        return;
    };
    match (first, value) {
        ("*", Value::Array(items)) => items.iter().for_each(|item| at(item, rest, found)),
        (key, Value::Object(fields)) => fields.get(key).into_iter().for_each(|field| at(field, rest, found)),
        _ => {}
    }
}

/// The path anywhere below: Pods are at many.
fn below<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    at(value, path, found);
    match value {
        Value::Array(items) => items.iter().for_each(|item| below(item, path, found)),
        Value::Object(fields) => fields.values().for_each(|field| below(field, path, found)),
        _ => {}
    }
}

#[test]
fn applying_again_changes_nothing() {
    let extra = "patterns: v1\nname: shop\napp: {image: \"registry.example.com/shop:1\", port: 8080}\n\
                 expose: {host: shop.example.com, gateway: public, mirror: {to: trial, percent: 5}}\nisolate: true\n---\n\
                 patterns: v1\nname: trial\napp: {image: \"registry.example.com/shop:2\", port: 8080}\n---\n\
                 patterns: v1\nname: store\napp: {image: \"redis:8.10.1\", port: 6379, user: 999}\n\
                 shape: {sharded: {shards: 2, storage: {size: 1Gi, mount: /data}}}\nisolate: true\n";
    let run = crate::support::patterns_with(&["gen", "-"], extra.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut seen = std::collections::BTreeSet::new();
    for (name, objects) in examples().into_iter().chain([("extra".to_owned(), documents(&run.stdout))]) {
        for object in objects {
            for (kind, path, fields) in FILLED_IN {
                if !kind.is_empty() && object["kind"] != kind {
                    continue;
                }
                let mut found = Vec::new();
                if kind.is_empty() {
                    below(&object, path, &mut found);
                } else {
                    at(&object, path, &mut found);
                }
                for value in found {
                    seen.insert(path);
                    for field in fields {
                        assert!(!value[field].is_null(), "{name}: {} {path} lacks {field}", object["kind"]);
                    }
                }
            }
        }
    }
    assert!(seen.len() >= 11, "{seen:?}");
}
