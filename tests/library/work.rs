//! How work grows with what is given: counted, not timed, and where nothing counts it, so much that its square would
//! not end.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::cell::Cell;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use patterns::describe::{self, Options, Spanned};
use patterns::expand::expand_text;
use patterns::import::{Input, Known, import};
use patterns::kube::{File, Index, Object, Selector, Typed, Workspace};
use patterns::lint::{Projects, Selection, fix};
use patterns::yaml::{self, Part, Source};

/// Deployments and Services, as many of each. All have one label, and each Deployment one of its own.
fn run(number: usize, namespace: impl Fn(usize) -> String) -> File {
    let mut text = String::new();
    for at in 0..number {
        let namespace = namespace(at);
        write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop-{at}, namespace: {namespace}}}\n\
             spec:\n  selector: {{matchLabels: {{app: shop, at: \"{at}\"}}}}\n  template:\n\
             \x20   metadata: {{labels: {{app: shop, at: \"{at}\"}}}}\n\
             \x20   spec: {{containers: [{{name: shop, image: \"registry.example.com/shop:2\"}}]}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: shop-{at}, namespace: {namespace}}}\n\
             spec: {{selector: {{app: shop}}, ports: [{{port: 80}}]}}\n"
        )
        .expect("a text");
    }
    File::read(&Arc::new(Source::from_text("run.yaml", text)))
}

/// Asks what rules ask, of every object.
fn comparisons(number: usize, namespace: impl Fn(usize) -> String) -> usize {
    let file = run(number, namespace);
    let objects: Vec<&Object> = file.objects.iter().collect();
    assert_eq!(objects.len(), 2 * number, "each is read");
    let index = Index::of(&objects);
    for service in index.kind("Service") {
        let Some(Typed::Service(typed)) = &service.typed else { panic!("a Service") };
        let labels = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref()).expect("a selector");
        let selector = Selector::map(labels);
        assert!(!index.matching(service, &selector).is_empty());
        assert!(!index.selected(service, &selector).is_empty());
    }
    for workload in index.kind("Deployment") {
        assert!(index.service_of(workload).is_some());
    }
    index.comparisons()
}

#[test]
fn what_selectors_match_is_found_once_for_all_that_select_alike() {
    let one_namespace = |number| comparisons(number, |_| "shop".to_owned());
    assert!(one_namespace(400) <= 2 * one_namespace(200), "{} after {}", one_namespace(400), one_namespace(200));
    let many_namespaces = |number| comparisons(number, |at| format!("shop-{at}"));
    let (few, many) = (many_namespaces(50), many_namespaces(100));
    assert!(many <= 2 * few, "{many} after {few}");
}

/// What a rule asks of each workload is asked of Services that select alike together.
#[test]
fn services_that_select_alike_are_asked_once() {
    let file = run(200, |_| "shop".to_owned());
    let objects: Vec<&Object> = file.objects.iter().collect();
    let index = Index::of(&objects);
    let deployments = index.kind("Deployment");
    let groups: Vec<usize> = deployments.iter().map(|workload| index.services_alike(workload).count()).collect();
    assert_eq!(groups, vec![1; 200]);
    assert_eq!(index.services_of(deployments[0]).count(), 200);
}

/// A file is linted twice, however much is wrong with one of its objects, and not once more for each ten thousand.
#[test]
fn fixing_looks_at_a_file_twice() {
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata:\n".to_owned();
    for at in 0..30_000 {
        writeln!(text, "  k{at}: no").expect("a text");
    }
    let mut workspace = Workspace::of(vec![File::read(&Arc::new(Source::from_text("words.yaml", text)))]);
    let fixed = fix::fix(&mut workspace, &Projects::none(Selection::default()), &[], false);
    assert_eq!((fixed.count, fixed.rounds, fixed.findings.len()), (30_000, 1, 0));
}

fn fixed(text: String) -> (usize, usize, usize, String) {
    let mut workspace = Workspace::of(vec![File::read(&Arc::new(Source::from_text("a.yaml", text)))]);
    let fixed = fix::fix(&mut workspace, &Projects::none(Selection::default()), &[], true);
    (fixed.count, fixed.rounds, fixed.findings.len(), workspace.files[0].source.text.clone())
}

fn job(name: usize, containers: &str) -> String {
    format!(
        "---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: j{name}}}\nspec:\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers:\n{containers}"
    )
}

fn container(name: &str, more: &str) -> String {
    format!("        - name: {name}\n          image: registry.example.com/c:1\n{more}")
}

const ALWAYS: &str = "          restartPolicy: Always\n";

/// Containers are moved to one place together, those of one Pod in their order.
#[test]
fn sidecars_are_fixed_together() {
    for init in ["", "      initContainers:\n        - name: i\n          image: registry.example.com/i:1\n"] {
        let sidecars: String = (0..150).map(|at| container(&format!("s{at}"), ALWAYS)).collect();
        let text = job(0, &(container("main", "") + &sidecars + &container("last", "")));
        let text = text.replace("      containers:\n", &format!("{init}      containers:\n"));
        let (count, rounds, left, text) = fixed(text);
        assert_eq!((count, rounds, left), (150, 1, 0), "{text}");
        assert_eq!(text.matches("initContainers:").count(), 1);
        let names: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("- name: s")).collect();
        assert_eq!(names, (0..150).map(|at| at.to_string()).collect::<Vec<_>>());
    }
}

/// A Pod keeps one of its containers.
#[test]
fn the_last_container_stays() {
    let all = container("a", ALWAYS) + &container("b", ALWAYS);
    let (count, rounds, left, text) = fixed((0..150).map(|at| job(at, &all)).collect());
    assert_eq!((count, rounds, left), (150, 1, 150), "{text}");
}

/// Fixes that do not go together are tried again by object, all objects at once.
#[test]
fn what_fails_in_many_objects_is_tried_again_together() {
    // both rules would take the container that has to stay
    let envoy = "        - {name: proxy, image: envoyproxy/envoy:v1.30.0}\n"
        .replace("{name: proxy, image:", "name: proxy\n          image:");
    let envoy = envoy.replace("v1.30.0}", "v1.30.0");
    let both = container("main", ALWAYS) + &envoy;
    let (count, rounds, left, text) = fixed((0..100).map(|at| job(at, &both)).collect());
    assert!(count == 100 && rounds < 8, "{count} fixes in {rounds} rounds, {left} findings left in {text}");
}

/// Each hook is given its time by one change.
#[test]
fn hooks_of_one_pod_are_given_time_together() {
    let hook = |at: usize| format!("          lifecycle: {{preStop: {{exec: {{command: [sleep, '{}']}}}}}}\n", 40 + at);
    let containers: String = (0..100).map(|at| container(&format!("c{at}"), &hook(at))).collect();
    for grace in ["", "  terminationGracePeriodSeconds: 40\n"] {
        let spec = containers.replace("        - ", "  - ").replace("          ", "    ");
        let (count, rounds, left, text) =
            fixed(format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{grace}  containers:\n{spec}"));
        assert_eq!((count, rounds, left), (100, 1, 0), "{text}");
        assert!(text.contains("terminationGracePeriodSeconds: 169\n"), "{text}");
    }
}

/// What is wrong twice for one cause is mended once.
#[test]
fn one_change_for_several_findings_is_made_once() {
    let shell = |at: usize| {
        let command = format!("          command: [sh, -c, 'while true; do pkill -HUP app{at}; sleep 9; done']\n");
        container(&format!("c{at}"), &command)
    };
    let containers: String = (0..60).map(shell).collect();
    let (_, rounds, _, text) = fixed(job(0, &containers).replace("restartPolicy: Never", "restartPolicy: OnFailure"));
    assert!(rounds < 3, "{rounds} rounds for {text}");
}

#[test]
fn handles_of_tags_are_looked_up() {
    let mut text = String::new();
    for at in 0..200_000 {
        writeln!(text, "%TAG !e{at}! tag:example.com,{at}:").expect("a text");
    }
    let read = yaml::read(&Arc::new(Source::from_text("tags.yaml", text)));
    assert!(matches!(read.as_slice(), [Part::Refused(refusal)] if refusal.message.contains("has no document")));
}

/// Selectors that share a label are found by the one that tells them apart.
#[test]
fn services_are_found_by_the_rarest_of_their_labels() {
    let comparisons = |number: usize| {
        let mut text = String::new();
        for at in 0..number {
            write!(
                text,
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop-{at}}}\n\
                 spec:\n  selector: {{matchLabels: {{app: shop, at: \"{at}\"}}}}\n  template:\n\
                 \x20   metadata: {{labels: {{app: shop, at: \"{at}\"}}}}\n\
                 \x20   spec: {{containers: [{{name: shop, image: \"registry.example.com/shop:2\"}}]}}\n\
                 ---\napiVersion: v1\nkind: Service\nmetadata: {{name: shop-{at}}}\n\
                 spec: {{selector: {{app: shop, at: \"{at}\"}}, ports: [{{port: 80}}]}}\n"
            )
            .expect("a text");
        }
        let file = File::read(&Arc::new(Source::from_text("run.yaml", text)));
        let objects: Vec<&Object> = file.objects.iter().collect();
        let index = Index::of(&objects);
        for workload in index.kind("Deployment") {
            assert_eq!(index.services_of(workload).count(), 1);
        }
        index.comparisons()
    };
    assert!(comparisons(200) <= 2 * comparisons(100), "{} after {}", comparisons(200), comparisons(100));
}

/// Environments, entries of `use` and patches find what they change by its name, however much there is: these are so
/// many that to look through all of them for each would not end.
#[test]
fn what_is_laid_over_is_looked_up() {
    const MANY: usize = 20_000;
    let read = |text: String| {
        let source = Arc::new(Source::from_text("merge.yaml", text));
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
        assert!(refusal.is_none());
        Spanned::from_node(&documents[0], documents[0].root())
    };
    let named = |value: &str| (0..MANY).fold(String::new(), |all, at| format!("{all}  KEY_{at}: {value}\n"));
    let mut base = read(format!("env:\n{}", named("a")));
    describe::lay_over(&mut base, &read(format!("env:\n{}", named("b"))));
    assert_eq!(base.get("env").map(|env| env.members().len()), Some(MANY));
    let entries = |value: &str| {
        (0..MANY).fold(String::new(), |all, at| format!("{all}  - container: {{as: c-{at}, image: {value}}}\n"))
    };
    let mut base = read(format!("use:\n{}", entries("a")));
    describe::lay_over(&mut base, &read(format!("use:\n{}", entries("b"))));
    assert_eq!(base.get("use").map(|uses| uses.items().len()), Some(MANY));
}

/// Annotations that kustomize reads as texts are looked up.
#[test]
fn annotations_under_kustomize_take_linear_time() {
    const MANY: usize = 150_000;
    let folder = std::env::temp_dir().join(format!("patterns-annotations-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n  annotations:\n".to_owned();
    for at in 0..MANY {
        writeln!(text, "    k{at}: {at}").expect("a text");
    }
    std::fs::write(folder.join("shop.yaml"), text).expect("written");
    std::fs::write(folder.join("kustomization.yaml"), "resources: [shop.yaml]\n").expect("written");
    let begin = std::time::Instant::now();
    let workspace = Workspace::load(std::slice::from_ref(&folder), None);
    let took = begin.elapsed();
    std::fs::remove_dir_all(&folder).expect("removed");
    assert_eq!(workspace.objects().map(|object| object.problems.len()).sum::<usize>(), 0);
    assert!(workspace.objects().count() == 1 && took.as_secs() < 30, "{took:?}");
}

/// What all variants share is described once, and not once for each of them.
#[test]
fn what_variants_share_is_imported_once() {
    let deployment = |name: &str, image: usize| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: \
             {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: shop, \
             image: 'registry.example.com/shop:{image}'}}]}}\n"
        )
    };
    let calls = |number: usize| {
        let file = |name: String, text: String| File::read(&Arc::new(Source::from_text(name, text)));
        let shared = (0..number).map(|at| deployment(&format!("s{at}"), 1)).collect();
        let own = (0..number).map(|at| file(format!("overlays/v{at}/a.yaml"), deployment("own", at)));
        let files: Vec<File> = own.chain([file("base/b.yaml".to_owned(), shared)]).collect();
        let inputs = files.iter().flat_map(|file| &file.objects).map(Input::of).collect();
        let calls = Cell::new(0_usize);
        let generate = |text: &str, environment: Option<&str>| {
            calls.set(calls.get() + 1);
            let source = Arc::new(Source::from_text("imported.yaml", text));
            let options = Options { environment: environment.map(str::to_owned), ..Options::default() };
            let expanded = expand_text(&source, Path::new("-"), &[], options)?;
            Ok(expanded.made.into_iter().map(|made| made.object).collect())
        };
        let import = import(inputs, &|_| Known::default(), &generate);
        assert!(import.refused.is_empty(), "{:?}", import.refused);
        assert_eq!(import.documents.len(), number + 1);
        assert!(import.documents.iter().all(|document| document.environments.len() == number));
        calls.get()
    };
    let (one, three) = (calls(4), calls(12));
    assert!(three <= 4 * one, "{three} documents are generated after {one}");
}
