//! Every supported version against what its own server said (tests/apiserver-verdicts/README.md), and the data about
//! versions against the API's own types.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read its records has failed")]

use crate::support::folder::own_folder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use patterns::apiserver::{Schemas, Verdict, is_known, pod_security, validate};
use patterns::diagnostic::Level;
use patterns::kube::versions::{FieldHistory, KindHistory};
use patterns::kube::versions::{Target, Targets};
use patterns::kube::{File, Object, Workspace, decode_kind};
use patterns::lint::{self, Selection};
use patterns::policy::{CustomRules, Policy};
use patterns::yaml::{Part, Source, read};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Servers {
    servers: Vec<String>,
}

/// A change of a base, and what the servers said.
#[derive(Deserialize)]
struct Change {
    base: String,
    at: Vec<Value>,
    r#do: String,
    value: Value,
    refused: BTreeMap<String, Vec<String>>,
    warned: Vec<String>,
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apiserver-verdicts")
}

fn object(text: &str) -> Object {
    let source = Arc::new(Source::decode("manifest.yaml".to_owned(), text.as_bytes().to_vec()).unwrap());
    let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("unreadable: {text}") };
    let document = Arc::new(document);
    Object::new(&document, document.root(), false)
}

fn judge(manifest: &Value, minor: u8) -> Verdict {
    validate(&object(&manifest.to_string()), Target(minor), &Schemas::default())
}

/// A valid manifest, and the definitions that are there before it.
struct Base {
    manifest: Value,
    schemas: Schemas,
    definitions: Vec<Object>,
}

impl Base {
    /// Whether the rules in CEL of its definitions refuse an object that the schema takes.
    fn breaks_rules(&self, object: &Object, target: Target) -> bool {
        let mut rules = self.definitions.iter().flat_map(|definition| rules_of(definition, target));
        rules.any(|rules| !rules.judge(object).causes.is_empty())
    }
}

fn bases() -> BTreeMap<String, Base> {
    let folder = std::env::var_os("PATTERNS_BASES").map_or_else(|| recorded().join("bases"), PathBuf::from);
    let base = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let documents = serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap());
        let mut documents: Vec<Value> = documents.collect();
        let manifest = documents.pop().unwrap();
        let definitions: Vec<Object> = documents.iter().map(|one| object(&one.to_string())).collect();
        Base { manifest, schemas: Schemas::collect(&definitions), definitions }
    };
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), base(&path))).collect()
}

/// The rules in CEL of a definition's versions.
fn rules_of(definition: &Object, target: Target) -> Vec<CustomRules> {
    let document = &definition.document;
    let versions = document.at(definition.node, &["spec", "versions"]).map_or(&[][..], |node| document.items(node));
    let schemas = versions.iter().filter_map(|version| document.at(*version, &["schema", "openAPIV3Schema"]));
    schemas.filter_map(|schema| CustomRules::read(definition, schema, target)).collect()
}

/// Whether an expression of a policy, a webhook or a definition does not compile.
fn has_wrong_expression(object: &Object, target: Target) -> bool {
    let problems = match object.id.kind.as_str() {
        "ValidatingAdmissionPolicy" => Policy::compile(object, target).problems,
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => Policy::of_webhooks(object, target),
        "CustomResourceDefinition" => rules_of(object, target).into_iter().flat_map(|rules| rules.problems).collect(),
        _ => return false,
    };
    problems.iter().any(|problem| !problem.is_unsupported)
}

fn child<'a>(owner: &'a mut Value, step: &Value) -> &'a mut Value {
    match step {
        Value::String(key) => &mut owner[key.as_str()],
        step => &mut owner[usize::try_from(step.as_u64().unwrap()).unwrap()],
    }
}

/// The manifest that was sent.
fn changed(base: &Value, change: &Change) -> Value {
    let mut manifest = base.clone();
    let Some((last, steps)) = change.at.split_last() else { return manifest };
    let owner = steps.iter().fold(&mut manifest, child);
    match (change.r#do.as_str(), last) {
        ("put", _) => *child(owner, last) = change.value.clone(),
        ("delete", Value::String(key)) => drop(owner.as_object_mut().unwrap().shift_remove(key)),
        ("delete", index) => {
            owner.as_array_mut().unwrap().remove(usize::try_from(index.as_u64().unwrap()).unwrap());
        }
        ("rename", Value::String(key)) => {
            let moved = owner.as_object_mut().unwrap().shift_remove(key).unwrap();
            owner[change.value.as_str().unwrap()] = moved;
        }
        other => panic!("{other:?}"),
    }
    manifest
}

/// Whether all of a manifest is judged: not where only the metadata of its kind is, and not the expressions of a
/// policy that mutates.
fn is_judged_in_full(base: &Base, manifest: &Value) -> bool {
    let (version, kind) = (manifest["apiVersion"].as_str().unwrap(), manifest["kind"].as_str().unwrap());
    let is_mutating = kind == "MutatingAdmissionPolicy";
    let has_expressions = |name: &str| manifest["spec"][name] == base.manifest["spec"][name];
    (is_known(version, kind) || !base.schemas.is_empty())
        && (!is_mutating || ["mutations", "variables", "paramKind", "matchConditions"].into_iter().all(has_expressions))
}

/// Acceptance, warnings and the fields named, by version.
#[test]
fn each_version_agrees_with_its_server() {
    let named = std::env::var_os("PATTERNS_CHANGES").map(PathBuf::from);
    let kept = ["changes", "changes-custom", "changes-dense", "changes-plain", "changes-new"];
    let kept = kept.map(|name| recorded().join(name).with_extension("jsonl"));
    let bases = bases();
    for file in named.map_or_else(|| kept.to_vec(), |file| vec![file]) {
        println!("{}", file.display());
        compare(&fs::read_to_string(file).unwrap(), &bases);
    }
}

fn compare(text: &str, bases: &BTreeMap<String, Base>) {
    let (first, lines) = text.split_once('\n').unwrap();
    let servers = serde_json::from_str::<Servers>(first).unwrap().servers;
    for server in &servers {
        let version = server.rsplit_once('.').unwrap().0;
        let minor = version.trim_start_matches("1.").parse().unwrap();
        let (mut all, mut agreed, mut warned, mut accepted, mut named, mut refused) = (0, 0, 0, 0, 0, 0);
        let mut differing = Vec::new();
        for change in lines.lines().map(|line| serde_json::from_str::<Change>(line).unwrap()) {
            let base = &bases[&change.base];
            let manifest = changed(&base.manifest, &change);
            if !is_judged_in_full(base, &manifest) {
                continue;
            }
            let object = object(&manifest.to_string());
            let verdict = validate(&object, Target(minor), &base.schemas);
            let fields = change.refused.get(version);
            all += 1;
            let is_wrong = !verdict.errors.is_empty()
                || has_wrong_expression(&object, Target(minor))
                || base.breaks_rules(&object, Target(minor));
            let is_same = is_wrong == fields.is_some();
            agreed += usize::from(is_same);
            if !is_same {
                differing.push(format!("{} {:?} {} {}", change.base, change.at, change.r#do, change.value));
            }
            if let Some(fields) = fields.filter(|fields| !fields.is_empty() && !verdict.errors.is_empty()) {
                refused += 1;
                named += usize::from(verdict.errors.iter().any(|cause| fields.contains(&cause.path)));
            } else if fields.is_none() {
                accepted += 1;
                let is_warned = change.warned.iter().any(|warned| warned == version);
                warned += usize::from(verdict.warnings.is_empty() != is_warned);
            }
        }
        println!(
            "{server}: {agreed} of {all} accepted as by the server, warnings {warned} of {accepted}, fields {named} of {refused}"
        );
        for line in differing.iter().take(50) {
            println!("  {line}");
        }
        assert!(agreed * 1000 >= all * 995, "{server}: {agreed} of {all}");
        assert!(warned * 100 >= accepted * 99, "{server}: warnings of {warned} of {accepted}");
        assert!(named * 100 >= refused * 95, "{server}: fields of {named} of {refused}");
    }
}

/// What rustc calls the platform that it runs on.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// The sources of the crate whose types are decoded into, of every version that it knows.
fn api_sources() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        // what only other platforms depend on may never have been downloaded
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &host()])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let api = packages.iter().find(|package| package["name"] == "k8s-openapi").unwrap();
    Path::new(api["manifest_path"].as_str().unwrap()).with_file_name("src")
}

/// The fields of every type of a stable API version, as its deserializer lists them.
fn fields_of(folder: &Path) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for entry in ignore::WalkBuilder::new(folder.join("api")).build().filter_map(Result::ok) {
        let path = entry.path();
        let steps: Vec<&str> =
            path.strip_prefix(folder.join("api")).unwrap().iter().filter_map(|one| one.to_str()).collect();
        let [group, version, _] = steps[..] else { continue };
        if version.contains("alpha") || version.contains("beta") || !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let Some(name) = text.split("pub struct ").nth(1).and_then(|rest| rest.split([' ', '<']).next()) else {
            continue;
        };
        let Some(list) = text.split("deserialize_struct(").nth(1) else { continue };
        let list = list.split("&[").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
        let fields = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        found.insert((group.to_owned(), name.to_owned()), fields);
    }
    found
}

/// A field that a version has and another has not is in the data, with its times; nothing else is.
#[test]
fn no_field_is_forgotten() {
    let sources = api_sources();
    let beyond = sources.join(format!("v1_{}", Target::NEWEST.0 + 1));
    assert!(!beyond.exists(), "k8s-openapi has v1.{}: add it as docs/versions.md says", Target::NEWEST.0 + 1);
    let (types, wrong) = forgotten(&sources, Target::NEWEST.0);
    assert!(types > 400, "{types} types read");
    assert!(wrong.is_empty(), "run recorder/differences.py:\n{}", wrong.join("\n"));
}

/// The same for a version after the newest: a field that came with it is missed in all before it, and one that went is
/// missed in itself.
#[test]
fn a_forgotten_field_is_noticed() {
    let sources = own_folder("versions-next");
    let next = Target::NEWEST.0 + 1;
    for minor in Target::OLDEST.0..=next {
        let folder = sources.join(format!("v1_{minor}/api/core/v1"));
        fs::create_dir_all(&folder).unwrap();
        let other = if minor == next { "moonPhase" } else { "tidePool" };
        let text =
            format!("pub struct PodSpec {{}}\ndeserialize_struct(\"PodSpec\", &[\"containers\", \"{other}\"], v)");
        fs::write(folder.join("pod_spec.rs"), text).unwrap();
    }
    let (types, wrong) = forgotten(&sources, next);
    assert_eq!(types, 1);
    let mut expected: Vec<String> =
        (Target::OLDEST.0..next).map(|minor| format!("v1.{minor} core PodSpec: moonPhase does not")).collect();
    expected.push(format!("v1.{next} core PodSpec: tidePool does not"));
    assert_eq!(wrong, expected);
}

/// How many types the versions up to one have, and where the data says something else of a field than they do.
fn forgotten(sources: &Path, newest: u8) -> (usize, Vec<String>) {
    let known: Vec<u8> = (Target::OLDEST.0..=newest).collect();
    let of: BTreeMap<u8, _> =
        known.iter().map(|minor| (*minor, fields_of(&sources.join(format!("v1_{minor}"))))).collect();
    let types: BTreeSet<_> = of.values().flat_map(BTreeMap::keys).collect();
    let count = types.len();
    let mut wrong = Vec::new();
    for key in types {
        let has_type: Vec<u8> = known.iter().copied().filter(|minor| of[minor].contains_key(key)).collect();
        let fields: BTreeSet<&String> = has_type.iter().flat_map(|minor| &of[minor][key]).collect();
        for field in fields {
            let history = FieldHistory::of(&key.1, field);
            for minor in &has_type {
                let has = of[minor][key].contains(field);
                if has != history.is_none_or(|history| history.exists_in(Target(*minor))) {
                    wrong.push(format!(
                        "v1.{minor} {} {}: {field} {}",
                        key.0,
                        key.1,
                        if has { "exists" } else { "does not" }
                    ));
                }
            }
        }
    }
    (count, wrong)
}

/// Stable kinds of the newest version that people write are decoded.
#[test]
fn no_kind_is_forgotten() {
    // Requests and reports rather than objects that are kept in files, or kinds of nodes and controllers.
    const NOT_KEPT: [&str; 16] = [
        "ComponentStatus",
        "Event",
        "Eviction",
        "LocalSubjectAccessReview",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "TokenReview",
        "ClusterTrustBundle",
        "PodCertificateRequest",
        "DeviceTaintRule",
        "ResourceSlice",
        "StorageVersionMigration",
        "Binding",
        "List",
    ];
    let document = object("apiVersion: v1\nkind: Pod").document;
    for kind in KindHistory::all().iter().filter(|kind| kind.is_served_by(Target::NEWEST)) {
        let is_decoded = decode_kind(kind.api_version, kind.kind, &document, document.root()).is_some();
        assert_eq!(is_decoded, !NOT_KEPT.contains(&kind.kind), "{} {}", kind.api_version, kind.kind);
    }
}

#[test]
fn kinds_come_and_go() {
    let refused = |version: &str, kind: &str| -> Vec<u8> {
        let manifest = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}});
        (33..=37).filter(|minor| judge(&manifest, *minor).errors.iter().any(|c| c.path == "apiVersion")).collect()
    };
    assert_eq!(refused("resource.k8s.io/v1", "DeviceClass"), [33]);
    assert_eq!(refused("storage.k8s.io/v1", "VolumeAttributesClass"), [33]);
    assert_eq!(refused("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy"), [33, 34, 35]);
    assert_eq!(refused("networking.k8s.io/v1beta1", "ServiceCIDR"), [37]);
    assert_eq!(refused("storage.k8s.io/v1alpha1", "VolumeAttributesClass"), [35, 36, 37]);
    assert_eq!(refused("batch/v2alpha1", "CronJob"), [33, 34, 35, 36, 37]);
    // What --runtime-config turns on is not known to be missing, and what is not built in neither.
    assert_eq!(refused("resource.k8s.io/v1beta2", "ResourceClaim"), [0_u8; 0]);
    assert_eq!(refused("example.com/v1", "Shop"), [0_u8; 0]);
}

#[test]
fn deprecations_are_said_in_time() {
    let manifest = json!({"apiVersion": "resource.k8s.io/v1beta2", "kind": "ResourceClaim", "metadata": {"name": "a"}});
    let warned = |minor| judge(&manifest, minor).warnings.iter().map(|cause| cause.message.clone()).collect::<Vec<_>>();
    assert!(warned(35).is_empty());
    assert_eq!(
        warned(36),
        [
            "`resource.k8s.io/v1beta2` of ResourceClaim is deprecated since v1.36, is served only with --runtime-config and goes in v1.39; use ResourceClaim of `resource.k8s.io/v1`"
        ]
    );
}

/// A field that its version drops says nothing, whatever it holds; in a version that reads it, it counts.
#[test]
fn dropped_fields_are_not_judged() {
    let pod = |spec: Value| {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec});
        pod["spec"]["containers"] = json!([{"name": "main", "image": "registry.example.com/a:1", "volumeMounts": [{"name": "m", "mountPath": "/m"}]}]);
        pod
    };
    let refusing =
        |manifest: &Value| (33..=37).filter(|minor| !judge(manifest, *minor).errors.is_empty()).collect::<Vec<u8>>();
    // The volume goes with its mount.
    let image = pod(json!({"volumes": [{"name": "m", "image": {"reference": ""}}]}));
    assert_eq!(refusing(&image), [35, 36, 37]);
    // And those after it move up.
    let moved =
        pod(json!({"volumes": [{"name": "m", "image": {"reference": "a"}}, {"name": "b", "hostPath": {"path": ""}}]}));
    let paths = |minor| judge(&moved, minor).errors[0].path.clone();
    assert_eq!(
        (paths(34), paths(35)),
        ("spec.volumes[0].hostPath.path".to_owned(), "spec.volumes[1].hostPath.path".to_owned())
    );
    // The type is judged even if the value is not.
    let wrong = pod(json!({"volumes": [{"name": "m", "emptyDir": {}}], "schedulingGroup": {"podGroupName": 3}}));
    assert_eq!(refusing(&wrong), [33, 34, 35, 36, 37]);
    let dropped = pod(json!({"volumes": [{"name": "m", "emptyDir": {}}], "schedulingGroup": {"podGroupName": "_"}}));
    assert_eq!(refusing(&dropped), [33, 34, 35]);
    let gone = pod(json!({"volumes": [{"name": "m", "emptyDir": {}}], "workloadRef": {"name": "_", "podGroup": ""}}));
    assert_eq!(refusing(&gone), [33, 34, 36, 37]);
    // Also of what the newest version has no more.
    for wrong in [json!("a"), json!([]), json!({"namex": "w"}), json!({"name": 3}), json!({"podGroup": ["a"]})] {
        let gone = pod(json!({"volumes": [{"name": "m", "emptyDir": {}}], "workloadRef": wrong}));
        assert_eq!(refusing(&gone), [33, 34, 35, 36, 37]);
    }
    for right in [json!({}), json!(null), json!({"podGroupReplicaKey": "_"})] {
        let gone = pod(json!({"volumes": [{"name": "m", "emptyDir": {}}], "workloadRef": right}));
        assert_eq!(refusing(&gone), [33, 34, 36, 37]);
    }
}

/// What the linter says of manifests for some versions: rule and message.
fn linted(text: &str, targets: &str) -> Vec<String> {
    let source = Arc::new(Source::decode("manifest.yaml", text.as_bytes().to_vec()).unwrap());
    let workspace = Workspace { files: vec![File::read(&source)], ..Workspace::default() };
    let selection = Selection::new(&["manifest".to_owned()], &[], Level::Error).unwrap();
    let selection = selection.for_targets(Targets::parse(targets).unwrap());
    let findings = lint::workspace(&workspace, &selection);
    findings.into_iter().map(|finding| format!("{}: {}", finding.rule.unwrap().name, finding.message)).collect()
}

/// What differs between the versions of an upgrade is said with the versions; what does not, is said as ever.
#[test]
fn an_upgrade_is_checked() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: 1shop}\nspec: {externalIPs: [010.0.0.1], ports: [{port: 0}]}\n";
    let port = [
        "invalid-value: `port` is 0, outside 1 to 65535",
        "invalid-value: `targetPort` is taken from `port`, which is not a port number",
    ];
    let digit =
        "invalid-value: `name` starts with a digit, which names of Services may do only since v1.36 (before v1.36)";
    let zero =
        "invalid-value: `externalIPs[0]` has a number with a leading 0, which readers disagree on (from v1.36 on)";
    let said = linted(service, "1.33,1.37");
    for line in port.iter().chain([&digit, &zero]) {
        assert!(said.iter().any(|one| one == line), "{line}: {said:#?}");
    }
    assert_eq!(said.len(), 4, "{said:#?}");
    // Within versions that agree, the times say nothing.
    assert_eq!(linted(service, "1.36,1.37").len(), 3);
    assert!(linted(service, "1.36,1.37").iter().all(|line| !line.contains("v1.37")));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostnameOverride: a, containers: [{name: a, image: 'b:1'}]}\n";
    let dropped =
        "dropped-field: `hostnameOverride` is dropped in v1.34: the feature gate HostnameOverride is off by default";
    assert_eq!(
        linted(pod, "1.33,1.37"),
        [dropped, "forbidden-field: `PodSpec` has a field `hostnameOverride` only since v1.34 (before v1.34)"]
    );
    assert_eq!(linted(pod, "1.34"), [dropped]);
    assert!(linted(pod, "1.36").is_empty());
    let claim = "apiVersion: resource.k8s.io/v1beta1\nkind: ResourceClaim\nmetadata: {name: a}\n";
    assert_eq!(
        linted(claim, "1.33,1.37"),
        [
            "server-warning: `resource.k8s.io/v1beta1` of ResourceClaim is deprecated since v1.35, is served only with --runtime-config and goes in v1.38; use ResourceClaim of `resource.k8s.io/v1` (from v1.35 on)"
        ]
    );
}

/// The plugin's own sentence for each check, as `k8s.io/pod-security-admission` words it.
#[test]
fn pod_security_speaks_as_the_plugin() {
    let namespace = |labels: Value| {
        object(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": labels}}).to_string(),
        )
    };
    let policy = |level: &str| {
        pod_security::Policy::of(&namespace(json!({"pod-security.kubernetes.io/enforce": level}))).unwrap()
    };
    let said = |spec: Value, level: &str, minor: u8| {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec});
        if pod["spec"]["containers"].is_null() {
            pod["spec"]["containers"] = json!([{"name": "a", "image": "b:1"}]);
        }
        let verdict = pod_security::judge(&object(&pod.to_string()), policy(level), Target(minor));
        verdict.errors.iter().map(|cause| cause.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        said(json!({}), "restricted", 36),
        [
            "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false)",
            "violates PodSecurity \"restricted:latest\": unrestricted capabilities (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"])",
            "violates PodSecurity \"restricted:latest\": runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)",
            "violates PodSecurity \"restricted:latest\": seccompProfile (pod or container \"a\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
        ]
    );
    assert!(said(json!({}), "baseline", 36).is_empty() && said(json!({"hostPID": true}), "privileged", 36).is_empty());
    let one = |spec: Value, minor: u8| {
        said(spec, "baseline", minor).join("\n").replace("violates PodSecurity \"baseline:latest\": ", "")
    };
    let container = |context: Value| json!({"containers": [{"name": "a", "image": "b:1", "securityContext": context}]});
    let cases = [
        (json!({"hostNetwork": true, "hostIPC": true}), "host namespaces (hostNetwork=true, hostIPC=true)"),
        (json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}), "hostPath volumes (volume \"v\")"),
        (
            container(json!({"privileged": true})),
            "privileged (container \"a\" must not set securityContext.privileged=true)",
        ),
        (
            container(json!({"capabilities": {"add": ["SYS_ADMIN", "KILL", "BPF"]}})),
            "non-default capabilities (container \"a\" must not include \"BPF\", \"SYS_ADMIN\" in securityContext.capabilities.add)",
        ),
        (
            container(json!({"seccompProfile": {"type": "Unconfined"}})),
            "seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
        ),
        (
            json!({"securityContext": {"seLinuxOptions": {"type": "spc_t", "user": "u"}}}),
            "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may not be set)",
        ),
        (
            json!({"securityContext": {"windowsOptions": {"hostProcess": true}}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            json!({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}),
            "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")",
        ),
        (
            json!({"containers": [{"name": "a", "image": "b:1", "ports": [{"containerPort": 80, "hostPort": 80}]}]}),
            "hostPort (container \"a\" uses hostPort 80)",
        ),
    ];
    for (spec, expected) in cases {
        assert_eq!(one(spec, 36), expected);
    }
    // By version: probes' hosts since 1.34, sysctls since 1.37, and user namespaces since 1.35.
    let probe =
        json!({"containers": [{"name": "a", "image": "b:1", "livenessProbe": {"httpGet": {"host": "h", "port": 80}}}]});
    assert_eq!(one(probe.clone(), 33), "");
    assert_eq!(one(probe, 34), "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"h\")");
    let sysctl = json!({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat", "value": "1"}]}});
    assert_eq!(one(sysctl.clone(), 36), "forbidden sysctls (net.ipv4.tcp_notsent_lowat)");
    assert_eq!(one(sysctl, 37), "");
    let rootless = json!({"hostUsers": false, "securityContext": {"runAsUser": 0}});
    let names_user =
        |minor| said(rootless.clone(), "restricted", minor).iter().any(|line| line.contains("runAsUser=0"));
    assert!(names_user(34) && !names_user(35));
    // Templates are warned about, and an older policy stays what it was.
    let old = namespace(
        json!({"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/enforce-version": "v1.33"}),
    );
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
        "spec": {"template": {"spec": {"hostPID": true, "containers": [{"name": "a", "image": "b:1"}]}}},
    });
    let verdict =
        pod_security::judge(&object(&deployment.to_string()), pod_security::Policy::of(&old).unwrap(), Target(37));
    let warnings: Vec<_> = verdict.warnings.iter().map(|cause| (cause.path.as_str(), cause.message.as_str())).collect();
    assert_eq!(
        warnings,
        [(
            "spec.template.spec.hostPID",
            "would violate PodSecurity \"baseline:v1.33\": host namespaces (hostPID=true)"
        )]
    );
    assert!(verdict.errors.is_empty());
}
