//! Agreement with the recorded verdicts of a real API server on policies and rules in CEL
//! (tests/policy-verdicts/README.md).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot read its records has failed")]

use crate::support::folder::{OwnFolder, own_folder};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support;
use patterns::apiserver::{Schemas, validate};
use patterns::diagnostic::{Finding, Level};
use patterns::kube::versions::Target;
use patterns::kube::{File, Index, Object, on_deep_stacks};
use patterns::lint::{self, Selection};
use patterns::policy::{CustomRules, Decision, Policies, Policy, Verdict};
use patterns::yaml::Source;

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {env: prod}}\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy-verdicts")
}

fn read(name: &str, text: &str) -> File {
    File::read(&Arc::new(Source::from_text(name, text)))
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap()
}

/// What the policies among some objects say to one of them.
fn judge<'a>(policies: &'a Policies<'a>, objects: &[&'a Object], index: &Index<'a>, name: &str) -> Vec<Verdict<'a>> {
    let judged = policies.judge(objects, index, &|_, _| true);
    judged.into_iter().filter(|(object, _)| object.id.name == name).flat_map(|(_, verdicts)| verdicts).collect()
}

fn letter(verdicts: &[Verdict<'_>]) -> char {
    match verdicts {
        [] => 'y',
        [verdict, ..] if verdict.decision == Decision::Unknown => '?',
        [verdict, ..] if verdict.message == "n" => 'n',
        _ => 'e',
    }
}

/// Each expression as its own policy over each of the objects.
#[test]
fn expressions() {
    let (agreed, unknown, wrong) = on_deep_stacks(|| {
        let file = read("objects.yaml", &text("objects.yaml"));
        let namespace = read("namespace.yaml", NAMESPACE);
        let objects: Vec<&Object> = file.objects.iter().chain(&namespace.objects).collect();
        let index = Index::of(&objects);
        let (mut agreed, mut unknown, mut wrong) = (0, Vec::new(), Vec::new());
        for line in text("expressions.txt").lines().filter(|line| !line.starts_with('#')) {
            let (expression, expected) = line.split_once(" ⇒ ").expect("a verdict");
            let policy = serde_json::json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingAdmissionPolicy",
                "metadata": {"name": "p"},
                "spec": {
                    "matchConstraints": {"resourceRules": [
                        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]},
                    ]},
                    "validations": [{"expression": expression, "message": "n"}],
                },
            });
            let policy = read("policy.json", &policy.to_string());
            let own: Vec<&Object> = policy.objects.iter().collect();
            let policies = Policies::collect(&own, &|_| Target::NEWEST, true);
            let found: String = if policies.all.iter().any(Policy::is_refused) {
                "refused".to_owned()
            } else {
                let judged = policies.judge(&objects, &index, &|_, _| true);
                let of = |object: &Object| {
                    let found = judged.iter().find(|(judged, _)| std::ptr::eq(*judged, object));
                    letter(found.map_or(&[][..], |(_, verdicts)| verdicts))
                };
                file.objects.iter().map(of).collect()
            };
            if found.len() != expected.len() {
                wrong.push(format!("{expression} ⇒ {expected}, not {found}"));
                continue;
            }
            for (found_letter, expected_letter) in found.chars().zip(expected.chars()) {
                match found_letter {
                    '?' => unknown.push(expression.to_owned()),
                    _ if found_letter == expected_letter => agreed += 1,
                    _ => wrong.push(format!("{expression} ⇒ {expected}, not {found}")),
                }
            }
        }
        unknown.dedup();
        wrong.dedup();
        (agreed, unknown, wrong)
    })
    .unwrap();
    assert!(wrong.is_empty(), "{agreed} agree, but\n{}", wrong.join("\n"));
    assert!(agreed > 1000, "{agreed}");
    insta::assert_snapshot!("not_evaluated", unknown.join("\n"));
}

/// Policies with bindings, parameters, namespaces, variables and conditions.
#[test]
fn cases() {
    let mut wrong = Vec::new();
    let verdicts = text("cases.txt");
    for (case, kind, name, expected, message) in verdicts.lines().map(record) {
        let content = format!("{}---\n{NAMESPACE}", text(format!("cases/{case}.yaml")));
        let file = read("case.yaml", &content);
        let objects: Vec<&Object> = file.objects.iter().collect();
        let index = Index::of(&objects);
        let policies = Policies::collect(&objects, &|_| Target::NEWEST, false);
        if expected == "refused" {
            let policy = policies.all.iter().find(|policy| policy.object.id.name == name);
            if !policy.is_some_and(Policy::is_refused) {
                wrong.push(format!("{case}: {kind} {name} is refused, and nothing is found: {message}"));
            }
            continue;
        }
        let found = judge(&policies, &objects, &index, name);
        let of = |decision: Decision| found.iter().filter(move |verdict| verdict.decision == decision);
        let is_right = match expected {
            "denied" => of(Decision::Deny).any(|verdict| message.contains(&verdict.message)),
            "warned" => {
                of(Decision::Deny).count() == 0 && of(Decision::Warn).any(|verdict| message.contains(&verdict.message))
            }
            // a note in the audit log is not a warning
            _ => of(Decision::Deny).count() == 0 && (case == "audit" || found.is_empty()),
        };
        if !is_right {
            let found: Vec<_> = found.iter().map(|verdict| (&verdict.decision, &verdict.message)).collect();
            wrong.push(format!("{case}: {kind} {name} is {expected} ({message}), not {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(verdicts.lines().count() >= 85);
}

/// Custom resources by their definitions with rules in CEL.
#[test]
fn definitions() {
    let mut wrong = Vec::new();
    let verdicts = text("definitions.txt");
    for (case, kind, name, expected, message) in verdicts.lines().map(record) {
        let file = read("case.yaml", &text(format!("definitions/{case}.yaml")));
        let objects = file.objects;
        let findings = on_deep_stacks(|| lint::objects(&objects, &Selection::default())).unwrap();
        let of_object = |finding: &&Finding| finding.object.as_ref().is_some_and(|object| object.name == name);
        let errors: Vec<&Finding> =
            findings.iter().filter(of_object).filter(|finding| finding.level == Level::Error).collect();
        let is_right = match expected {
            "accepted" => errors.is_empty(),
            "refused" => errors.iter().any(|finding| finding.rule.is_some_and(|rule| rule.name == "policy-invalid")),
            _ => !errors.is_empty() && is_said(&message, &errors),
        };
        if !is_right {
            let found: Vec<&String> = errors.iter().map(|finding| &finding.message).collect();
            wrong.push(format!("{case}: {kind} {name} is {expected} ({message}), not {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(verdicts.lines().count() > 60);
}

/// A policy and its binding, which warns, as a line of `matched.txt` says them.
fn composed(line: &str) -> File {
    let said: serde_json::Value = serde_json::from_str(line).unwrap();
    let over = |mut base: serde_json::Value, key: &str| {
        for (key, value) in said[key].as_object().into_iter().flatten() {
            base[key] = value.clone();
        }
        base
    };
    let all =
        serde_json::json!([{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}]);
    let rules = said.get("rules").cloned().unwrap_or(all);
    let constraints = over(serde_json::json!({"resourceRules": rules}), "match");
    let validations = serde_json::json!([{"expression": "false", "message": "n"}]);
    let spec = over(serde_json::json!({"matchConstraints": constraints, "validations": validations}), "policy");
    let binding = over(serde_json::json!({"policyName": "p", "validationActions": ["Warn"]}), "binding");
    let object = |kind: &str, spec: &serde_json::Value| {
        serde_json::json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "p"}, "spec": spec,
        })
    };
    let (policy, binding) =
        (object("ValidatingAdmissionPolicy", &spec), object("ValidatingAdmissionPolicyBinding", &binding));
    read("policy.yaml", &format!("{policy}\n---\n{binding}\n"))
}

/// Rules, selectors, conditions, messages, parameters and annotations: each line over each object.
#[test]
fn matched() {
    const DEFAULT: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
    let (agreed, unknown, wrong) = on_deep_stacks(|| {
        let file = read("matched.yaml", &text("matched.yaml"));
        let others = read("others.yaml", &format!("{}\n---\n{NAMESPACE}---\n{DEFAULT}", text("matched-params.yaml")));
        let objects: Vec<&Object> = file.objects.iter().chain(&others.objects).collect();
        let index = Index::of(&objects);
        let (mut agreed, mut unknown, mut wrong) = (0, Vec::new(), Vec::new());
        for line in text("matched.txt").lines().filter(|line| !line.starts_with('#')) {
            let (said, expected) = line.split_once(" ⇒ ").expect("a verdict");
            let own = composed(said);
            let target = Target::NEWEST;
            let policies = Policies::collect(&own.objects.iter().collect::<Vec<_>>(), &|_| target, false);
            let is_invalid = |object: &Object| !validate(object, target, &Schemas::default()).errors.is_empty();
            let found: String = if policies.all.iter().any(Policy::is_refused) || own.objects.iter().any(is_invalid) {
                "refused".to_owned()
            } else {
                let judged = policies.judge(&objects, &index, &|_, _| true);
                let of = |object: &Object| {
                    let verdicts = judged.iter().find(|(judged, _)| std::ptr::eq(*judged, object));
                    let verdicts = verdicts.map_or(&[][..], |(_, verdicts)| verdicts);
                    let is_denied = verdicts.iter().any(|verdict| verdict.decision == Decision::Deny);
                    if is_denied { 'd' } else { letter(verdicts) }
                };
                file.objects.iter().map(of).collect()
            };
            let is_like = |(found, expected): (char, char)| found == '?' || found == expected;
            if found.len() != expected.len() || !found.chars().zip(expected.chars()).all(is_like) {
                wrong.push(format!("{said} ⇒ {expected}, not {found}"));
            } else if found.contains('?') {
                unknown.push(format!("{said} ⇒ {found}"));
            } else {
                agreed += found.len();
            }
        }
        (agreed, unknown, wrong)
    })
    .unwrap();
    assert!(wrong.is_empty(), "{agreed} agree, but\n{}", wrong.join("\n"));
    assert!(agreed > 1000, "{agreed}");
    insta::assert_snapshot!("not_matched", unknown.join("\n"));
}

/// Whether the server takes expressions of mutating policies.
#[test]
fn mutations() {
    let records = text("mutations.txt");
    let mut wrong = Vec::new();
    for line in records.lines().filter(|line| !line.starts_with('#')) {
        let (rule, expected) = line.split_once(" ⇒ ").expect("a verdict");
        let (kind, expression) = rule.split_once(' ').expect("a kind and an expression");
        let one = serde_json::json!([{"name": "more", "expression": expression}]);
        let mutation = match kind {
            "apply" => serde_json::json!({"applyConfiguration": {"expression": expression}}),
            "patch" => serde_json::json!({"jsonPatch": {"expression": expression}}),
            _ => serde_json::json!({}),
        };
        let policy = serde_json::json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": "p"},
            "spec": {
                "matchConditions": if kind == "condition" { one.clone() } else { serde_json::json!([]) },
                "variables": if kind == "variable" { one } else { serde_json::json!([{"name": "count", "expression": "3"}]) },
                "mutations": [mutation],
            },
        });
        let file = read("policy.yaml", &policy.to_string());
        let object = file.objects.first().expect("a policy");
        let problems = on_deep_stacks(|| Policy::compile(object, Target(37)).problems).unwrap();
        let is_refused = problems.iter().any(|problem| !problem.is_unsupported);
        if is_refused != (expected == "refused") {
            wrong.push(format!("{rule}: {expected} by the server, and here {problems:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(records.lines().count() > 80);
}

/// Chains in parentheses nest as deep as an expression is long: they end neither a stack nor a patience.
#[test]
fn deep_expressions_are_left_alone() {
    let chain = (0..200).fold("dyn(object)".to_owned(), |text, _| format!("({text}{})", ".b".repeat(200)));
    let sum = (0..150).fold("1".to_owned(), |text, _| format!("({text}{})", "+1".repeat(200)));
    for expression in [format!("{chain} == 1"), format!("{sum} == 1")] {
        let policy = serde_json::json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "p"},
            "spec": {"validations": [{"expression": expression}]},
        });
        let file = read("policy.yaml", &policy.to_string());
        let object = file.objects.first().expect("a policy");
        let problems = on_deep_stacks(|| Policy::compile(object, Target(37)).problems).unwrap();
        assert!(problems.iter().any(|problem| problem.is_unsupported), "{problems:?}");
    }
}

/// What the estimate of one rule comes to, as the records write it.
fn estimated(line: &str, template: &str, target: Target) -> String {
    let mut words = line.splitn(4, ' ');
    let mut word = || words.next().expect("TEXT, ITEMS, place and expression");
    let (text, items, place, expression) = (word(), word(), word(), word());
    let (kind, place) = place.split_once(':').unwrap_or(("", place));
    let rule = match kind {
        "message" => serde_json::json!({"rule": "true", "messageExpression": expression}),
        _ => serde_json::json!({"rule": expression}),
    };
    let rules = serde_json::Value::from(vec![rule; if kind == "all" { 12 } else { 1 }]);
    let mut schema = String::new();
    for line in template.lines() {
        let line = match line.split_once("# ") {
            Some((indent, name)) if name == place => format!("{indent}x-kubernetes-validations: {rules}"),
            _ => line.replace("TEXT", text).replace("ITEMS", items),
        };
        schema.push_str(&line);
        schema.push('\n');
    }
    let file = read("schema.yaml", &format!("apiVersion: v1\nkind: Schema\nmetadata: {{name: a}}\n{schema}"));
    let object = file.objects.first().expect("an object");
    let rules = CustomRules::read(object, object.node, target).expect("rules");
    let (mut all, mut each) = (Vec::new(), Vec::new());
    for problem in &rules.problems {
        let factor =
            problem.message.strip_prefix("the API server estimates ").and_then(|rest| rest.split_once(" times"));
        let Some((factor, rest)) = factor else { return "invalid".to_owned() };
        if rest.contains("all rules of a schema") {
            all.push(format!("all {factor}"));
        } else {
            each.push(format!("rule {factor}"));
        }
    }
    each.sort();
    each.dedup();
    all.extend(each);
    if all.is_empty() { "accepted".to_owned() } else { all.join(" ") }
}

/// Estimates of costs at their limits, to six digits, by the servers of some versions.
#[test]
fn costs() {
    let template = text("costs.yaml");
    for (name, minor) in [("costs.txt", 37), ("costs-36.txt", 36), ("costs-33.txt", 33)] {
        let records = text(name);
        let target = Target(minor);
        let lines: Vec<&str> = records.lines().filter(|line| !line.starts_with('#')).collect();
        let mut wrong = Vec::new();
        for line in &lines {
            let (rule, expected) = line.split_once(" ⇒ ").expect("a verdict");
            let found = on_deep_stacks(|| estimated(rule, &template, target)).unwrap();
            if found != expected {
                wrong.push(format!("{rule}: {expected} on the server, {found} here"));
            }
        }
        assert!(wrong.is_empty(), "{name}: {} of {}\n{}", wrong.len(), lines.len(), wrong.join("\n"));
        assert!(lines.len() > 60, "{name}");
    }
}

/// Whether the server says what we say, where it is about rules in CEL: what the schema says has words of our own.
fn is_said(message: &str, errors: &[&Finding]) -> bool {
    let is_schema =
        ["Required value\"", "must be of type", "Required value,"].iter().any(|word| message.contains(word));
    is_schema || errors.iter().all(|finding| message.contains(&finding.message) || message.contains("Duplicate value"))
}

/// A line of the records: the case, kind and name of the object, what became of it, and the server's message.
fn record(line: &str) -> (&str, &str, &str, &str, String) {
    let (object, verdict) = line.split_once(" ⇒ ").expect("a verdict");
    let mut words = object.split(' ');
    let mut word = || words.next().expect("case, kind and name");
    let (case, kind, name) = (word(), word(), word());
    let (verdict, message) = verdict.split_once(' ').unwrap_or((verdict, "\"\""));
    (case, kind, name, verdict, serde_json::from_str(message).unwrap())
}

/// The blocks of all rules' pages, bad and good.
fn twins() -> Vec<File> {
    let pages = patterns::rules::all().map(patterns::rules::Rule::page);
    let blocks = pages.flat_map(|page| page.split("```yaml").skip(1)).filter_map(|block| block.split("```").next());
    blocks.map(|block| read("twin.yaml", block.split_once('\n').map_or("", |(_, text)| text))).collect()
}

/// Each exported policy says to each object of all twins what its rule says.
#[test]
fn exported_rules_agree_with_their_policies() {
    let names: Vec<String> = patterns::policy::export::names().map(str::to_owned).collect();
    let (judged, refused, wrong) = on_deep_stacks(|| {
        let selection = Selection::new(&names, &[], Level::Advice).unwrap();
        let (mut judged, mut refused, mut wrong) = (0, 0, Vec::new());
        let policies: Vec<(&String, File)> = names
            .iter()
            .map(|name| (name, read("policy.yaml", &patterns::policy::export::policy(name, "Deny").unwrap())))
            .collect();
        for twin in twins() {
            let findings = lint::objects(&twin.objects, &selection);
            let objects: Vec<&Object> = twin.objects.iter().filter(|object| object.typed.is_some()).collect();
            let index = Index::of(&objects);
            for (rule, file) in &policies {
                let own: Vec<&Object> = file.objects.iter().collect();
                let policies = Policies::collect(&own, &|_| Target::default(), false);
                assert!(policies.all.iter().all(|policy| policy.problems.is_empty()), "{:?}", policies.all[0].problems);
                let verdicts = policies.judge(&objects, &index, &|_, _| true);
                // kustomize changes a base, and a patch is a part of an object
                for object in objects.iter().filter(|object| object.keeps(&["spec"])) {
                    let said = findings.iter().any(|finding| {
                        finding.rule.is_some_and(|id| id.name == rule.as_str())
                            && finding.object.as_ref() == Some(&object.id)
                    });
                    let found = verdicts.iter().find(|(judged, _)| std::ptr::eq(*judged, *object));
                    let denied =
                        found.is_some_and(|(_, all)| all.iter().any(|verdict| verdict.decision == Decision::Deny));
                    // a bare Pod gets a token and a priority from its cluster
                    if found.is_some_and(|(_, all)| all.iter().any(|verdict| verdict.decision == Decision::Unknown)) {
                        assert_eq!(object.id.kind, "Pod", "{rule}");
                        continue;
                    }
                    judged += 1;
                    refused += usize::from(denied);
                    if said != denied {
                        let said = if said { "finds it" } else { "is silent" };
                        let messages =
                            found.map(|(_, all)| all.iter().map(|verdict| &verdict.message).collect::<Vec<_>>());
                        wrong.push(format!(
                            "{rule} {said}, the policy says {messages:?}:\n{}",
                            object.document.source.slice(object.document.span(object.node))
                        ));
                    }
                }
            }
        }
        (judged, refused, wrong)
    })
    .unwrap();
    assert!(wrong.is_empty(), "{judged} judged\n{}", wrong.join("\n---\n"));
    assert!(judged > 1000 && refused > 100, "{judged} judged, {refused} refused");
}

/// A folder of one test's own, without what an earlier run has left.
fn scratch(test: &str) -> OwnFolder {
    own_folder(format!("policies-{test}"))
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Exit code, standard output and standard error of the program, run in a folder.
fn patterns(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let run = std::process::Command::new(support::binary()).args(args).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (run.status.code().unwrap(), text(run.stdout), text(run.stderr))
}

const POLICY: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: owners}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
    - expression: |
        has(object.metadata.labels) &&
        object.metadata.labels.team.startsWith('team-')
      message: a team owns every ConfigMap
";

fn config_map(name: &str, team: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  labels:\n    team: {team}\n")
}

/// Settings and the command line name policies that hold without a binding; the finding is at the label.
#[test]
fn named_policies_hold_without_a_binding() {
    let folder = scratch("named");
    write(&folder, "policy/owners.yaml", POLICY);
    write(&folder, "k8s/a.yaml", &config_map("a", "store"));
    write(&folder, "k8s/b.yaml", &config_map("b", "team-store"));
    let (code, out, _) = patterns(&folder, &["lint", "--format", "concise", "k8s"]);
    assert_eq!((code, out.as_str()), (0, ""), "a policy that nobody has named");
    let (code, out, _) = patterns(&folder, &["lint", "--format", "concise", "--policy", "policy", "k8s"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("k8s/a.yaml:6:11: error[policy-violation]: a team owns every ConfigMap"), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
    write(&folder, ".patterns.yaml", "lint:\n  policies: [policy/]\n");
    let (code, settings, _) = patterns(&folder, &["lint", "--format", "concise", "k8s"]);
    assert_eq!((code, settings), (1, out));
}

/// A policy that does not compile is found at the word, whether it is linted or only named.
#[test]
fn a_policy_that_does_not_compile() {
    let folder = scratch("invalid");
    write(&folder, "policy/owners.yaml", &POLICY.replace("startsWith", "startWith"));
    write(&folder, "k8s/a.yaml", &config_map("a", "store"));
    for args in [
        vec!["lint", "--format", "concise", "policy"],
        vec!["lint", "--format", "concise", "--policy", "policy", "k8s"],
    ] {
        let (code, out, _) = patterns(&folder, &args);
        assert_eq!(code, 1, "{out}");
        assert!(
            out.starts_with("policy/owners.yaml:11:9: error[policy-invalid]: unknown function `startWith`; did you mean `startsWith`?"),
            "{out}"
        );
        assert_eq!(out.lines().count(), 1, "{out}");
    }
}

/// Policies are tested like the rules' own pages.
#[test]
fn policy_test() {
    let folder = scratch("test");
    write(&folder, "policy/owners.yaml", POLICY);
    write(&folder, "policy/good/a.yaml", &config_map("a", "team-a"));
    write(&folder, "policy/bad/b.yaml", &config_map("b", "store"));
    let (code, out, error) = patterns(&folder, &["policy", "test", "policy"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "policy: ok (1 policy, 1 bad example refused, 1 good example accepted)\n"),
        "{error}"
    );
    write(&folder, "policy/good/c.yaml", &config_map("c", "store"));
    write(&folder, "policy/bad/b.yaml", &config_map("b", "team-b"));
    let (code, out, _) = patterns(&folder, &["policy", "test", "policy"]);
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "policy/bad/b.yaml: no policy refuses this\n\
         policy/good/c.yaml: owners refuses this: a team owns every ConfigMap\n\
         policy: owners refuses none of the examples in bad/\n"
    );
    let (code, _, error) = patterns(&folder, &["policy", "test", "nowhere"]);
    assert_eq!((code, error.as_str()), (2, "error: nowhere: there is no such file or folder\n"));
}

/// Rules that policies cannot express are named with the reason.
#[test]
fn rules_export() {
    let folder = scratch("export");
    let (code, out, _) = patterns(&folder, &["rules", "--export", "vap", "privileged", "--action", "warn"]);
    assert_eq!(code, 0);
    assert!(out.contains("name: patterns-privileged") && out.contains("validationActions: [Warn]"), "{out}");
    let (code, _, error) = patterns(&folder, &["rules", "--export", "vap", "no-pdb"]);
    assert_eq!(code, 2);
    assert!(error.contains("it looks at more than one object"), "{error}");
}
