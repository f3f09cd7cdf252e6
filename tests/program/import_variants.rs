//! `patterns import` of runs that have objects several times: variants of an installation, stages of a system, parts
//! that something else completes.

use std::path::Path;

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{documents, patterns, patterns_with};
use serde_json::Value;

/// A folder with these files, empty before.
fn folder(name: &str, files: &[(&str, String)]) -> OwnFolder {
    let folder = own_folder(name);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn workload(kind: &str, name: &str, image: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: \
         {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: {name}, image: \
         \"registry.example.com/{image}\"}}]}}\n"
    )
}

fn report(path: &Path) -> Value {
    let run = patterns(&["import", "--format", "json", path.to_str().unwrap()]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// What each document makes of its workload.
fn images(path: &Path) -> Vec<String> {
    let run = patterns(&["gen", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let workloads = documents(&run.stdout).into_iter().filter_map(|object| {
        object.pointer("/spec/template/spec/containers/0/image").and_then(Value::as_str).map(str::to_owned)
    });
    workloads.collect()
}

#[test]
fn variants_of_an_installation_are_folders() {
    let plain = workload("DaemonSet", "agent", "agent:1") + &workload("Deployment", "web", "web:1");
    let large = workload("DaemonSet", "agent", "agent:2")
        + &["a", "b", "c"].map(|name| workload("Deployment", name, "typha:1")).concat();
    let inputs = folder("import-installs", &[("plain.yaml", plain), ("with-typha.yaml", large)]);
    let said = report(&inputs);
    assert_eq!((&said["workloads"], &said["imported"]), (&6.into(), &6.into()), "{said}");
    let output = folder("import-installs-out", &[]);
    let run = patterns(&["import", inputs.to_str().unwrap(), "-o", output.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("DIR/with-typha"), "{}", run.stderr);
    assert_eq!(images(&output.join("agent.yaml")), ["registry.example.com/agent:1"]);
    assert_eq!(images(&output.join("with-typha/agent.yaml")), ["registry.example.com/agent:2"]);
    assert!(output.join("with-typha/b.yaml").exists() && !output.join("b.yaml").exists());
}

/// What is printed can be generated: documents that have the names of others are written into folders alone.
#[test]
fn what_is_printed_of_variants_is_generated() {
    let inputs = folder(
        "import-printed",
        &[
            ("first/web.yaml", workload("Deployment", "web", "web:1") + &workload("Deployment", "a", "a:1")),
            ("second/web.yaml", workload("Deployment", "web", "web:2") + &workload("Deployment", "b", "b:1")),
            ("second/c.yaml", workload("Deployment", "c", "c:1") + &workload("Deployment", "d", "d:1")),
        ],
    );
    let run = patterns(&["import", inputs.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("4 documents are not printed; -o DIR writes each into a folder, such as DIR/second"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout.matches("name: web").count(), 1, "{}", run.stdout);
    let printed = inputs.join("printed.yaml");
    std::fs::write(&printed, &run.stdout).unwrap();
    let run = patterns(&["gen", printed.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// Examples that lie in folders of their own use one name for different things; what is beside a workload is its own.
#[test]
fn folders_of_examples_do_not_mix() {
    let service = |port: u16| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: {port}}}]}}\n"
        )
    };
    let inputs = folder(
        "import-examples",
        &[
            ("first/deploy.yaml", workload("Deployment", "web", "web:1")),
            ("first/other.yaml", workload("Deployment", "other", "other:1")),
            ("first/third.yaml", workload("Deployment", "third", "third:1")),
            ("first/service.yaml", service(81)),
            ("second/deploy.yaml", workload("Deployment", "web", "web:2")),
            ("second/service.yaml", service(82)),
        ],
    );
    let said = report(&inputs);
    assert_eq!((&said["workloads"], &said["plain"]), (&4.into(), &4.into()), "{said}");
    assert!(said["left"].as_array().unwrap().is_empty(), "{}", said["left"]);
    let second = said["documents"].as_array().unwrap().iter().find(|document| document["variant"] == "second");
    assert!(second.unwrap()["description"].as_str().unwrap().contains("port: 82"), "{said}");
}

/// Two files of one folder, each with the Service that lies beside both.
#[test]
fn files_of_one_folder_share_what_is_beside_them() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
    let blue = workload("Deployment", "web", "web:1");
    let green = workload("Deployment", "web", "web:2")
        + &["a", "b", "c"].map(|name| workload("Deployment", name, "more:1")).concat();
    let inputs =
        folder("import-files", &[("blue.yaml", blue), ("green.yaml", green), ("service.yaml", service.to_owned())]);
    let said = report(&inputs);
    assert_eq!((&said["workloads"], &said["plain"]), (&5.into(), &5.into()), "{said}");
    let documents = said["documents"].as_array().unwrap();
    let of_web: Vec<&Value> = documents.iter().filter(|document| document["name"] == "web").collect();
    assert_eq!(of_web.len(), 2, "{said}");
    assert!(of_web.iter().all(|one| one["description"].as_str().unwrap().contains("port: 80")), "{said}");
}

/// Stages of one system are its environments, whatever else the run holds.
#[test]
fn stages_beside_other_things_are_environments() {
    let inputs = folder(
        "import-stages",
        &[
            ("shop/overlays/dev/web.yaml", workload("Deployment", "web", "web:2")),
            ("shop/overlays/prod/web.yaml", workload("Deployment", "web", "web:1")),
            ("tools/a.yaml", workload("Deployment", "a", "tool:1")),
            ("tools/b.yaml", workload("Deployment", "b", "tool:1")),
            ("others/c.yaml", workload("Deployment", "a", "tool:2")),
        ],
    );
    let said = report(&inputs);
    assert_eq!((&said["workloads"], &said["imported"]), (&5.into(), &5.into()), "{said}");
    let web = said["documents"].as_array().unwrap().iter().find(|document| document["name"] == "web").unwrap();
    assert_eq!(web["environments"], serde_json::json!(["prod", "dev"]), "{said}");
    assert!(web["variant"].is_null(), "{said}");
}

/// Of one file that says an object twice, an apply leaves the last; of two that say the same, one is enough.
#[test]
fn what_is_said_twice_is_imported_once() {
    let twice = workload("Deployment", "web", "web:1") + &workload("Deployment", "web", "web:2");
    let run = patterns_with(&["import", "--format", "json", "-"], twice.as_bytes());
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(said["documents"][0]["description"].as_str().unwrap().contains("web:2"), "{said}");
    assert!(said["left"][0]["why"].as_str().unwrap().contains("that is what an apply leaves"), "{said}");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// A name, an image or an account that has to be filled in first is no workload, and does not stop its neighbours.
#[test]
fn templates_are_named_and_not_counted() {
    let web = workload("Deployment", "web", "web:1");
    let named = |from: &str, to: &str| workload("Deployment", "other", "other:1").replace(from, to);
    let account = named("spec: {containers", "spec: {serviceAccountName: \"<account>\", containers");
    for template in [
        named("metadata: {name: other}", "metadata: {name: \"${APP}\"}"),
        named("metadata: {name: other}", "metadata: {name: other, namespace: $NAMESPACE}"),
        named("registry.example.com/other:1", "REGION-docker.pkg.dev/PROJECT/other"),
        named("registry.example.com/other:1", "{{ .Values.image }}"),
        named("registry.example.com/other:1", "<your image>"),
        named("labels: {app: other}", "labels: {app: \"${APP}\"}"),
        account,
    ] {
        let input = format!("{web}{template}");
        let run = patterns_with(&["import", "--format", "json", "-"], input.as_bytes());
        let said: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
        assert_eq!((run.code, &said["workloads"], &said["imported"]), (1, &1.into(), &1.into()), "{said}");
        let why = said["unread"][0]["why"].as_str().unwrap_or_default();
        assert!(why.contains("has to be filled in first"), "{template}{said}");
    }
}

#[test]
fn nothing_to_write_leaves_no_folder() {
    let output = folder("import-nothing", &[]);
    let _ = std::fs::remove_dir_all(&output);
    let input = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let run = patterns_with(&["import", "-", "-o", output.to_str().unwrap()], input);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!output.exists());
}

/// A Job that the server names has a name that what is made ends in its hash.
#[test]
fn jobs_may_have_generated_names() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: import-}\nspec:\n  template:\n    metadata: {labels: \
               {job-name: mine, controller-uid: a}}\n    spec: {restartPolicy: Never, containers: [{name: import, image: \
               \"registry.example.com/import:1\"}]}\n";
    let run = patterns_with(&["import", "-"], job.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("name: import\n") && !run.stdout.contains("job-name"), "{}", run.stdout);
    let made = patterns_with(&["gen", "-"], run.stdout.as_bytes());
    assert!(made.stdout.contains("name: import-"), "{}{}", made.stdout, made.stderr);
}

/// A Service that leads nowhere does not keep its workload where it is.
#[test]
fn a_service_that_leads_nowhere_stays() {
    let sleeper = workload("Deployment", "curl", "curl:1")
        .replace("containers: [{name: curl,", "containers: [{name: curl, command: [/bin/sleep, infinity],")
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: curl}\nspec: {selector: {app: curl}, ports: [{name: http, port: 80}]}\n";
    let run = patterns_with(&["import", "--format", "json", "-"], sleeper.as_bytes());
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said["plain"], 1, "{said}");
    assert_eq!(said["left"][0]["object"], "Service/curl", "{said}");
}
