//! Agreement with the recorded verdicts of a real API server (tests/apiserver-verdicts/README.md).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read its records has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patterns::apiserver::{Knowledge, Schemas, Verdict, judged_kinds, validate};
use patterns::diagnostic::Level;
use patterns::kube::versions::Target;
use patterns::kube::{File, Object, Workspace};
use patterns::lint::{self, Selection};
use patterns::yaml::{Document, Part, Source, read};
use serde::Deserialize;
use serde_json::json;

/// One recorded answer.
#[derive(Deserialize)]
struct Record {
    base: String,
    mutation: String,
    path: String,
    accepted: bool,
    message: String,
    causes: Vec<(String, String)>,
    warnings: Vec<String>,
    manifest: serde_json::Value,
}

/// Why we say something else, for each record on which we do.
const EXPLAINED: &[(&str, &str)] = &[(
    "service-lb int \"spec.ports.0.nodePort\"",
    "a dry run reserves no node port and so does not look at its range; a server that is asked in earnest refuses",
)];

/// What our verdict has in common with the server's.
#[derive(Default)]
struct Agreement {
    all: usize,
    agreed: usize,
    named: usize,
    located: usize,
    warned: usize,
    disagreements: String,
}

fn judge(text: &str, schemas: &Schemas) -> Verdict {
    let source = Arc::new(Source::decode("manifest.json".to_owned(), text.as_bytes().to_vec()).unwrap());
    let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("unreadable: {text}") };
    let document = Arc::new(document);
    let object = Object::new(&document, document.root(), false);
    validate(&object, Target::default(), schemas)
}

fn compare(file: &Path, schemas: &Schemas) -> Agreement {
    let mut result = Agreement::default();
    let text = std::fs::read_to_string(file).unwrap();
    for record in text.lines().map(|line| serde_json::from_str::<Record>(line).unwrap()) {
        let verdict = judge(&record.manifest.to_string(), schemas);
        let ours: Vec<String> =
            verdict.errors.iter().map(|cause| format!("{}: {}", cause.path, cause.message)).collect();
        let id = format!("{} {} {:?}", record.base, record.mutation, record.path);
        result.all += 1;
        if verdict.errors.is_empty() == record.accepted {
            result.agreed += 1;
        } else {
            let _ = writeln!(result.disagreements, "{id}\n  server: {}\n  ours:   {ours:?}", record.message);
        }
        if !record.causes.is_empty() {
            result.named += 1;
            if verdict.errors.iter().any(|cause| record.causes.iter().any(|(_, field)| *field == cause.path)) {
                result.located += 1;
            } else if !ours.is_empty() {
                let fields: Vec<&str> = record.causes.iter().map(|(_, field)| field.as_str()).collect();
                let _ = writeln!(result.disagreements, "{id}\n  server at: {fields:?}\n  ours:      {ours:?}");
            }
        }
        if record.accepted && verdict.warnings.is_empty() == record.warnings.is_empty() {
            result.warned += 1;
        } else if record.accepted {
            let warnings: Vec<&str> = verdict.warnings.iter().map(|cause| cause.message.as_str()).collect();
            let _ = writeln!(result.disagreements, "{id}\n  warned: {:?}\n  ours:   {warnings:?}", record.warnings);
        }
    }
    result
}

/// The objects of a document: itself, or the items of a list.
fn objects(document: &Arc<Document>) -> Vec<Object> {
    let root = document.root();
    let items =
        document.get(root, "items").filter(|_| document.get_str(root, "kind").is_some_and(|k| k.ends_with("List")));
    let nodes = items.map_or_else(|| vec![root], |items| document.items(items).to_vec());
    nodes.into_iter().map(|node| Object::new(document, node, false)).collect()
}

/// Everything that ends in `.yaml`, `.yml` or `.json` below a directory, sorted.
fn manifests(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ignore::WalkBuilder::new(directory)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json"))
        .collect();
    files.sort();
    files
}

/// Objects that are published and that a server does refuse: the end of the file's path, and the message's part.
const REFUSED: &[(&str, &str)] = &[
    // Ingresses of a version that v1.22 removed.
    ("bank-of-anthos/extras/tls-domain-managedcerts/managed-certificates.yaml", "no longer served"),
    ("bank-of-anthos/extras/tls-ip-selfsigned/frontend-ingress.yaml", "no longer served"),
    // A container whose image is empty.
    ("longhorn/deploy/longhorn-okd.yaml", "`image` is empty"),
];

/// Published manifests, if `PATTERNS_CORPUS` names a directory of them: a server takes them all.
#[test]
#[ignore = "needs PATTERNS_CORPUS, a folder of published manifests"]
fn objects_to_nothing_that_is_in_use() {
    let corpus = std::env::var_os("PATTERNS_CORPUS").unwrap();
    let objects = published(Path::new(&corpus));
    let schemas = Schemas::collect(&objects);
    let (mut full, mut by_schema, mut errors) = (0, 0, String::new());
    for object in &objects {
        let verdict = validate(object, Target::NEWEST, &schemas);
        full += usize::from(verdict.knowledge == Knowledge::Full);
        by_schema += usize::from(verdict.knowledge == Knowledge::Schema);
        let file = &object.document.source.name;
        for cause in verdict.errors {
            if !REFUSED.iter().any(|(end, part)| file.ends_with(end) && cause.message.contains(part)) {
                let (kind, name) = (&object.id.kind, &object.id.name);
                let _ = writeln!(errors, "{file} {kind}/{name}: {}: {}", cause.path, cause.message);
            }
        }
    }
    println!("{} objects, {full} judged in full, {by_schema} by a schema", objects.len());
    assert!(errors.is_empty(), "\n{errors}");
}

/// All objects of a directory's files.
fn published(directory: &Path) -> Vec<Object> {
    let mut found = Vec::new();
    for file in manifests(directory) {
        let Ok(source) = Source::decode(file.display().to_string(), std::fs::read(&file).unwrap()) else { continue };
        for part in read(&Arc::new(source)) {
            let Part::Document(document) = part else { continue };
            found.extend(objects(&Arc::new(document)));
        }
    }
    found.retain(|object| !object.id.kind.is_empty() && !object.id.api_version.is_empty());
    found
}

#[test]
fn agrees_with_the_server() {
    let named = std::env::var_os("PATTERNS_VERDICTS").map(PathBuf::from);
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apiserver-verdicts/verdicts.jsonl");
    // Other records can be named, and definitions for the custom resources among them.
    let corpus = std::env::var_os("PATTERNS_CORPUS").filter(|_| named.is_some());
    let definitions = corpus.map_or_else(Vec::new, |corpus| published(Path::new(&corpus)));
    let schemas = Schemas::collect(&definitions);
    let mut result = compare(named.as_deref().unwrap_or(&recorded), &schemas);
    for (id, why) in EXPLAINED {
        result.disagreements = result.disagreements.replace(&format!("{id}\n"), &format!("{id}\n  because {why}\n"));
    }
    println!(
        "accepted as the server does: {} of {}; places named: {} of {}",
        result.agreed, result.all, result.located, result.named
    );
    if named.is_some() {
        println!("{}", result.disagreements);
        return;
    }
    insta::assert_snapshot!("disagreements", result.disagreements);
    for line in result.disagreements.lines().filter(|line| !line.starts_with(' ')) {
        assert!(EXPLAINED.iter().any(|(id, _)| *id == line), "not explained: {line}");
    }
}

/// What the pages say of the verdict in numbers.
#[test]
fn pages_have_the_right_figures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let thousands = |number: usize| format!("{},{:03}", number / 1000, number % 1000);
    let all = text("tests/apiserver-verdicts/verdicts.jsonl").lines().count();
    let kinds = format!("{} kinds", judged_kinds().len());
    let agreed = format!("{} of {} recorded answers", thousands(all - EXPLAINED.len()), thousands(all));
    for (page, figure) in [("README.md", &kinds), ("docs/lint.md", &kinds), ("docs/lint.md", &agreed)] {
        assert!(text(page).contains(figure.as_str()), "{page} does not say \"{figure}\"");
    }
}

/// Every sentence that the records bring out, once: to be read when one changes.
#[test]
fn says_it_in_these_words() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apiserver-verdicts/verdicts.jsonl");
    let mut words = BTreeMap::new();
    for record in std::fs::read_to_string(recorded).unwrap().lines() {
        let record: Record = serde_json::from_str(record).unwrap();
        let verdict = judge(&record.manifest.to_string(), &Schemas::default());
        for cause in verdict.errors.into_iter().chain(verdict.warnings) {
            let help = cause.help.map_or_else(String::new, |help| format!("\n    help: {help}"));
            let shape = cause.message.split('`').step_by(2).collect::<Vec<_>>().join("…");
            let entry = words.entry((format!("{:?}", cause.reason), shape));
            entry.or_insert_with(|| format!("{}: {}{help}", cause.path, cause.message));
        }
    }
    let text: Vec<String> = words.iter().map(|((reason, _), sentence)| format!("{reason} {sentence}")).collect();
    insta::assert_snapshot!("words", text.join("\n"));
}

/// What is written instead of a name that the server does not take for what it seems to be.
#[test]
fn says_what_is_meant_instead() {
    let pod = |rest: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{rest}");
    let field = |path: &str| {
        pod(&format!(
            "  containers: [{{name: a, image: b, env: [{{name: E, valueFrom: {{fieldRef: {{fieldPath: \"{path}\"}}}}}}]}}]"
        ))
    };
    let mount = |volumes: &str| {
        pod(&format!(
            "  containers: [{{name: a, image: b, volumeMounts: [{{name: d, mountPath: /d}}]}}]\n  volumes: {volumes}"
        ))
    };
    let old = |version: &str| {
        format!(
            "apiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\nspec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: a}}, maxReplicas: 2}}"
        )
    };
    let cases = [
        (
            field("metadata.labels"),
            vec![
                "`fieldPath` is `metadata.labels`, and a variable holds one value of it; write `metadata.labels['KEY']`, or mount all of them as a file: volumes.downwardAPI",
            ],
        ),
        (
            field("metadata.annotations"),
            vec![
                "`fieldPath` is `metadata.annotations`, and a variable holds one value of it; write `metadata.annotations['KEY']`, or mount all of them as a file: volumes.downwardAPI",
            ],
        ),
        (field("metadata.labels['app']"), vec![]),
        (
            mount("[{name: d, hostPath: {path: ''}}]"),
            vec!["`path` is empty", "there is no `d` that can be used: the volume of this name is refused itself"],
        ),
        (
            mount("[{name: d, emptyDir: {}, configMap: {name: c}}]"),
            vec![
                "`configMap` is a second source, but a volume has only one",
                "there is no `d` that can be used: the volume of this name is refused itself",
            ],
        ),
        (mount("[{name: e, emptyDir: {}}]"), vec!["there is no `d` among the Pod's volumes"]),
        (
            old("v2beta1"),
            vec!["HorizontalPodAutoscaler is no longer served in `autoscaling/v2beta1`; write `autoscaling/v2`"],
        ),
        (
            old("v2beta2"),
            vec!["HorizontalPodAutoscaler is no longer served in `autoscaling/v2beta2`; write `autoscaling/v2`"],
        ),
        (old("v1"), vec![]),
        (
            old("v2").replace("maxReplicas", "minReplicas: 0, metrics: [{type: External, external: {metric: {name: q}, target: {type: Value, value: 1}}}], maxReplicas"),
            vec![
                "`minReplicas` must be at least 1; write 1, or turn on the feature gate `HPAScaleToZero` of the API server and the controller manager",
            ],
        ),
        (
            old("v2").replace("maxReplicas", "minReplicas: 0, maxReplicas"),
            vec![
                "`minReplicas` must be at least 1; write 1; 0 needs an Object or External metric and the feature gate `HPAScaleToZero`",
                "`metrics` needs an Object or External metric for zero replicas",
            ],
        ),
        (old("v2").replace("maxReplicas", "minReplicas: -1, maxReplicas"), vec!["`minReplicas` must be at least 1"]),
    ];
    for (text, wanted) in cases {
        let said: Vec<String> = judge(&text, &Schemas::default())
            .errors
            .into_iter()
            .map(|cause| cause.message + &cause.help.map_or_else(String::new, |help| format!("; {help}")))
            .collect();
        assert_eq!(said, wanted, "{text}");
    }
}

/// What all versions share has the paths of the whole definition, as the server compares what it has read.
#[test]
fn versions_share_what_has_other_orders_of_keys() {
    let version = |name: &str, parts: [&str; 3]| {
        let [subresources, columns, schema] = parts;
        format!(
            "  - name: {name}\n    served: true\n    storage: {}\n    subresources: {subresources}\n    \
             additionalPrinterColumns: {columns}\n    schema: {{openAPIV3Schema: {schema}}}\n",
            name == "v1"
        )
    };
    let definition = || {
        let one = [
            "{status: {}, scale: {specReplicasPath: spec, statusReplicasPath: .status.a}}",
            "[{name: A, type: text, jsonPath: .spec.a}]",
            "{type: object, properties: {spec: {type: objct, description: x}, status: {type: object}}}",
        ];
        let other = [
            "{scale: {statusReplicasPath: .status.a, specReplicasPath: spec}, status: {}}",
            "[{jsonPath: .spec.a, name: A, type: text}]",
            "{properties: {status: {type: object}, spec: {description: x, type: objct}}, type: object}",
        ];
        let (one, other) = (version("v1", one), version("v2", other));
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: as.example.com}}\nspec:\n  \
             group: example.com\n  scope: Namespaced\n  names: {{kind: A, plural: as, listKind: AList, singular: a}}\n  \
             versions:\n{one}{other}"
        )
    };
    let paths = |text: &str| {
        let verdict = judge(text, &Schemas::default());
        let mut paths: Vec<String> = verdict.errors.into_iter().map(|cause| cause.path).collect();
        paths.sort();
        paths.dedup();
        paths
    };
    let text = definition();
    let shared = [
        "spec.additionalPrinterColumns[0].type",
        "spec.subresources.scale.specReplicasPath",
        "spec.validation.openAPIV3Schema.properties[spec].type",
    ];
    assert_eq!(paths(&text), shared);
    let text = text.replace("name: A, type: text}]", "name: B, type: text}]");
    assert!(paths(&text).iter().any(|path| path.starts_with("spec.versions[1].additionalPrinterColumns")), "{text}");
}

#[test]
fn takes_anything_for_an_object() {
    let whole = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n";
    let cases = [
        ("3", "apiVersion"),
        ("- a", "apiVersion"),
        ("kind: Pod", "apiVersion"),
        ("apiVersion: v1", "kind"),
        ("apiVersion: v1\nkind: Pods", "kind"),
        ("apiVersion: extensions/v1beta1\nkind: Ingress", "apiVersion"),
        ("apiVersion: v1\nkind: Pod\nspec: 3", "spec"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\nspec:", "spec.containers"),
        (whole, ""),
    ];
    for (text, path) in cases {
        let source = Arc::new(Source::decode("a.yaml".to_owned(), text.as_bytes().to_vec()).unwrap());
        let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("unreadable: {text}") };
        let document = Arc::new(document);
        let verdict = validate(&Object::new(&document, document.root(), false), Target::default(), &Schemas::default());
        let paths: Vec<&str> = verdict.errors.iter().map(|cause| cause.path.as_str()).collect();
        assert_eq!(paths.contains(&path), !path.is_empty(), "{text}: {paths:?}");
    }
}

#[test]
fn knows_fields_by_version() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostnameOverride: b, containers: [{name: a, image: b}]}\n";
    let source = Arc::new(Source::decode("a.yaml".to_owned(), text.as_bytes().to_vec()).unwrap());
    let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("unreadable: {text}") };
    let document = Arc::new(document);
    let object = Object::new(&document, document.root(), false);
    let errors = |minor| validate(&object, Target(minor), &Schemas::default()).errors.len();
    assert_eq!((errors(33), errors(34), errors(36)), (1, 0, 0));
}

/// What users run, `patterns lint --select manifest`: an error-level finding wherever the server refuses, and
/// nowhere else.
#[test]
fn the_linter_says_the_same() {
    let selection = Selection::new(&["manifest".to_owned()], &[], Level::Error).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apiserver-verdicts/verdicts.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let mut differing = Vec::new();
    let mut all = 0;
    for record in text.lines().map(|line| serde_json::from_str::<Record>(line).unwrap()) {
        let source = Arc::new(Source::decode("manifest.json", record.manifest.to_string().into_bytes()).unwrap());
        let workspace = Workspace { files: vec![File::read(&source)], ..Workspace::default() };
        let findings = lint::workspace(&workspace, &selection);
        let refused = findings.iter().any(|finding| finding.level == Level::Error);
        all += 1;
        if refused == record.accepted {
            differing.push(format!("{} {} {:?}", record.base, record.mutation, record.path));
        }
    }
    println!("{} of {all} agree", all - differing.len());
    let unexplained = differing.iter().filter(|id| !EXPLAINED.iter().any(|(known, _)| known == id));
    assert_eq!(unexplained.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Every error for one object, as `path: message`.
fn errors(manifest: &serde_json::Value) -> Vec<String> {
    let verdict = judge(&manifest.to_string(), &Schemas::default());
    verdict.errors.iter().map(|cause| format!("{}: {}", cause.path, cause.message)).collect()
}

/// A Pod with these fields in its spec, and one container with these fields.
fn pod(spec: &serde_json::Value, container: &serde_json::Value) -> serde_json::Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec});
    let mut main = container.clone();
    main["name"] = "main".into();
    main["image"] = "registry.example.com/app:1".into();
    pod["spec"]["containers"] = json!([main]);
    pod
}

/// What the release build of rustc 1.95 took for zero (rust-lang/rust#158206): all 32 sets of sources, with and
/// without a value beside them.
#[test]
fn a_variable_has_one_source() {
    let sources = [
        ("fieldRef", json!({"fieldPath": "metadata.name"})),
        ("resourceFieldRef", json!({"resource": "limits.cpu"})),
        ("configMapKeyRef", json!({"name": "settings", "key": "color"})),
        ("secretKeyRef", json!({"name": "login", "key": "password"})),
        ("fileKeyRef", json!({"volumeName": "made", "path": "app.env", "key": "COLOR"})),
    ];
    for set in 0..1_u32 << sources.len() {
        let chosen = sources.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1).map(|(_, source)| source);
        let source: serde_json::Value = chosen.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let expected = match set.count_ones() {
            0 => Some("names no source"),
            1 => None,
            _ => Some("more than one source"),
        };
        for value in ["", "blue"] {
            let expected = if set != 0 && !value.is_empty() { Some("excludes `value`") } else { expected };
            let env = json!([{"name": "COLOR", "value": value, "valueFrom": source}]);
            let found = errors(&pod(&json!({"volumes": [{"name": "made", "emptyDir": {}}]}), &json!({"env": env})));
            assert_eq!(found.len(), usize::from(expected.is_some()), "{source} with {value:?}: {found:?}");
            for (error, expected) in found.iter().zip(expected) {
                assert!(error.starts_with("spec.containers[0].env[0].valueFrom: "), "{error}");
                assert!(error.contains(expected), "{source} with {value:?}: {error}, expected {expected}");
            }
        }
    }
}

/// Counts and alternatives over lists of fields, none, one and several of each.
#[test]
fn counts_what_is_written() {
    let reference = json!({"name": "settings"});
    let windows = |of_pod: Option<bool>, of_container: Option<bool>, of_second: Option<bool>| {
        let options = |on: Option<bool>| on.map_or(json!({}), |on| json!({"windowsOptions": {"hostProcess": on}}));
        let mut pod = pod(
            &json!({"os": {"name": "windows"}, "hostNetwork": true, "securityContext": options(of_pod)}),
            &json!({"securityContext": options(of_container)}),
        );
        let second = json!({
            "name": "second", "image": "registry.example.com/app:1", "securityContext": options(of_second),
        });
        pod["spec"]["containers"].as_array_mut().unwrap().push(second);
        pod
    };
    let pages = |limits: serde_json::Value| pod(&json!({}), &json!({"resources": {"limits": limits}}));
    let requests = |requests: serde_json::Value| {
        pod(&json!({}), &json!({"resources": {"limits": {"hugepages-2Mi": "4Mi"}, "requests": requests}}))
    };
    let finalizers = |list: serde_json::Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": list}});
    let env_from = |source: serde_json::Value| pod(&json!({}), &json!({"envFrom": [source]}));
    let cases = [
        (env_from(json!({})), "without `configMapRef` or `secretRef`"),
        (env_from(json!({"configMapRef": reference})), ""),
        (env_from(json!({"secretRef": reference})), ""),
        (env_from(json!({"configMapRef": reference, "secretRef": reference})), "with two sources"),
        (windows(None, None, None), ""),
        (windows(Some(true), None, None), ""),
        (windows(Some(false), None, None), ""),
        (windows(None, Some(true), Some(true)), ""),
        (windows(Some(true), Some(true), None), ""),
        (windows(None, Some(false), Some(false)), ""),
        (windows(None, Some(true), None), "mixes host process containers with others"),
        (windows(None, Some(true), Some(false)), "mixes host process containers with others"),
        (windows(Some(true), Some(false), None), "mixes host process containers with others"),
        (windows(Some(false), Some(true), None), "mixes host process containers with others"),
        (pages(json!({"hugepages-2Mi": "4Mi"})), "neither cpu nor memory"),
        (pages(json!({"hugepages-2Mi": "4Mi", "cpu": "1"})), ""),
        (pages(json!({"memory": "1Gi", "hugepages-2Mi": "4Mi"})), ""),
        (pages(json!({"ephemeral-storage": "1Gi", "hugepages-2Mi": "4Mi"})), "neither cpu nor memory"),
        (pages(json!({"cpu": "1"})), ""),
        (requests(json!({"hugepages-2Mi": "4Mi"})), "neither cpu nor memory"),
        (requests(json!({"hugepages-2Mi": "4Mi", "cpu": "1"})), ""),
        (requests(json!({"memory": "1Gi"})), ""),
        (finalizers(json!(["orphan"])), ""),
        (finalizers(json!(["foregroundDeletion"])), ""),
        (finalizers(json!(["orphan", "example.com/keep", "foregroundDeletion"])), "both `orphan` and"),
        (finalizers(json!(["orphan", "orphan"])), ""),
    ];
    for (manifest, expected) in cases {
        let found = errors(&manifest);
        if expected.is_empty() {
            assert!(found.is_empty(), "{manifest}: {found:?}");
        } else {
            assert!(found.iter().any(|error| error.contains(expected)), "{manifest}: {found:?}");
        }
    }
}
