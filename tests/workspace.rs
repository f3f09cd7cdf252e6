//! What is read of a run, where Pod templates are found in it, and what is judged together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Run, patterns_with, run_of};

/// A folder of one test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workspace").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn lint(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(support::binary());
        run_of(command.current_dir(&self.0).env("NO_COLOR", "1").arg("lint").args(arguments).output().unwrap())
    }

    /// The rules that speak, each with the file that it speaks about.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        found(&self.lint(&[&["--format", "json"], arguments].concat()))
    }
}

fn found(run: &Run) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|one| format!("{} {}", text(&one["file"]), text(&one["rule"]))).collect()
}

/// The rules that speak about a text.
fn rules(text: &str) -> Vec<String> {
    let run = patterns_with(&["lint", "--format", "json", "-"], text.as_bytes());
    found(&run).iter().map(|line| line.trim_start_matches("<stdin> ").to_owned()).collect()
}

/// A Pod's spec whose hook outlasts the grace period.
const SLOW: &str = "{containers: [{name: app, image: \"registry.example.com/app:1\", \
                    lifecycle: {preStop: {exec: {command: [sleep, \"60\"]}}}}]}";

fn deployment(name: &str, label: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: \
         {{app: {label}}}}}\n  template:\n    metadata: {{labels: {{app: {label}}}}}\n    spec: {{containers: [{{name: \
         app, image: \"registry.example.com/app:1\"}}]}}\n"
    )
}

fn autoscaler(name: &str, target: &str) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}\n  maxReplicas: 3\n  metrics:\n    - \
         {{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 70}}}}}}\n"
    )
}

mod templates {
    use super::*;

    /// Kinds with the way to their Pod template, `SPEC` being the Pod's spec.
    const KINDS: &[(&str, &str, &str)] = &[
        ("argoproj.io/v1alpha1", "Rollout", "{template: {spec: SPEC}}"),
        (
            "argoproj.io/v1alpha1",
            "AnalysisTemplate",
            "{metrics: [{name: m, provider: {job: {spec: {template: {spec: SPEC}}}}}]}",
        ),
        ("serving.knative.dev/v1", "Service", "{template: {spec: SPEC}}"),
        ("serving.knative.dev/v1", "Configuration", "{template: {spec: SPEC}}"),
        ("serving.knative.dev/v1", "Revision", "SPEC"),
        (
            "jobset.x-k8s.io/v1alpha2",
            "JobSet",
            "{replicatedJobs: [{name: a, template: {spec: {template: {spec: SPEC}}}}]}",
        ),
        ("keda.sh/v1alpha1", "ScaledJob", "{jobTargetRef: {template: {spec: SPEC}}}"),
        ("apps.kruise.io/v1alpha1", "CloneSet", "{template: {spec: SPEC}}"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "{template: {spec: SPEC}}"),
        ("apps.kruise.io/v1alpha1", "DaemonSet", "{template: {spec: SPEC}}"),
        ("apps.kruise.io/v1alpha1", "BroadcastJob", "{template: {spec: SPEC}}"),
        ("apps.kruise.io/v1alpha1", "AdvancedCronJob", "{template: {jobTemplate: {spec: {template: {spec: SPEC}}}}}"),
        ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "{leaderWorkerTemplate: {workerTemplate: {spec: SPEC}}}"),
        ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "{leaderWorkerTemplate: {leaderTemplate: {spec: SPEC}}}"),
        ("kubeflow.org/v1", "PyTorchJob", "{pytorchReplicaSpecs: {Worker: {template: {spec: SPEC}}}}"),
        ("kubeflow.org/v1", "TFJob", "{tfReplicaSpecs: {PS: {template: {spec: SPEC}}}}"),
        ("kubeflow.org/v2beta1", "MPIJob", "{mpiReplicaSpecs: {Launcher: {template: {spec: SPEC}}}}"),
        ("kubeflow.org/v1", "XGBoostJob", "{xgbReplicaSpecs: {Master: {template: {spec: SPEC}}}}"),
        ("apps.openshift.io/v1", "DeploymentConfig", "{template: {spec: SPEC}}"),
    ];

    #[test]
    fn are_found_in_many_kinds() {
        for (api_version, kind, spec) in KINDS {
            let spec = spec.replace("SPEC", SLOW);
            let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: app}}\nspec: {spec}\n");
            assert_eq!(rules(&text), ["prestop-outlasts-grace"], "{text}");
        }
    }

    #[test]
    fn of_versions_that_are_gone_are_judged_beside_the_version() {
        for (api_version, kind, spec) in [
            ("extensions/v1beta1", "Deployment", "{template: {spec: SPEC}}"),
            ("v1", "DeploymentConfig", "{template: {spec: SPEC}}"),
            ("apps/v1beta2", "DaemonSet", "{template: {spec: SPEC}}"),
            ("batch/v1beta1", "CronJob", "{schedule: '* * * * *', jobTemplate: {spec: {template: {spec: SPEC}}}}"),
        ] {
            let spec = spec.replace("SPEC", SLOW);
            let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: app}}\nspec: {spec}\n");
            assert_eq!(rules(&text), ["unknown-kind", "prestop-outlasts-grace"], "{text}");
        }
    }

    #[test]
    fn of_a_step_of_a_workflow_are_its_container_and_what_runs_beside_it() {
        let workflow = |template: &str| {
            rules(&format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{generateName: flow-}}\nspec:\n  \
                 entrypoint: main\n  templates:\n    - {template}\n"
            ))
        };
        let proxy = "{name: proxy, image: \"envoyproxy/envoy:v1.31\", args: [-c, /etc/envoy.yaml]}";
        let main = "container: {image: \"registry.example.com/app:1\", command: [work]}";
        assert_eq!(
            workflow(&format!("{{name: main, {main}, initContainers: [{proxy}]}}")),
            ["proxy-as-init-container"]
        );
        assert_eq!(
            workflow(&format!("{{name: main, {main}, sidecars: [{proxy}]}}")),
            [""; 0],
            "killed after the main one"
        );
        assert_eq!(workflow("{name: main, steps: [[{name: a, template: main}]]}"), [""; 0]);
    }

    const SIDECAR: &str = "{restartPolicy: Never, containers: [{name: train, image: \"registry.example.com/train:1\", command: [train]}, \
                           {name: proxy, image: \"gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.0\", args: [\"p:r:i\"]}]}";

    #[test]
    fn that_must_end_are_those_somebody_waits_for() {
        let job_set = |policy: &str| {
            rules(&format!(
                "apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: {{name: train}}\nspec:\n{policy}  \
                 replicatedJobs:\n    - {{name: driver, template: {{spec: {{template: {{spec: {{restartPolicy: Never, \
                 containers: [{{name: d, image: \"registry.example.com/d:1\"}}]}}}}}}}}}}\n    - {{name: workers, \
                 template: {{spec: {{template: {{spec: {SIDECAR}}}}}}}}}\n"
            ))
        };
        assert_eq!(job_set(""), ["sidecar-blocks-job"]);
        let driver = "  successPolicy: {operator: All, targetReplicatedJobs: [driver]}\n";
        assert_eq!(job_set(driver), [""; 0], "done when the driver is");
        let workers = "  successPolicy: {operator: All, targetReplicatedJobs: [workers]}\n";
        assert_eq!(job_set(workers), ["sidecar-blocks-job"]);

        let mpi_job = |replica: &str| {
            rules(&format!(
                "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: {{name: train}}\nspec: {{mpiReplicaSpecs: \
                 {{{replica}: {{template: {{spec: {SIDECAR}}}}}}}}}\n"
            ))
        };
        assert_eq!(mpi_job("Launcher"), ["sidecar-blocks-job"]);
        assert_eq!(mpi_job("Worker"), [""; 0], "deleted when the launcher is done");
    }

    #[test]
    fn are_selected_like_any_other() {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {selector: {app: app}, ports: [{port: \
                       80, targetPort: web}]}\n";
        let rollout = |port: &str| {
            format!(
                "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: app}}\nspec:\n  template:\n    \
                 metadata: {{labels: {{app: app}}}}\n    spec: {{containers: [{{name: app, image: \
                 \"registry.example.com/app:1\", ports: [{{name: {port}, containerPort: 8080}}]}}]}}\n"
            )
        };
        assert_eq!(rules(&format!("{service}{}", rollout("web"))), [""; 0]);
        assert_eq!(rules(&format!("{service}{}", rollout("http"))), ["service-port-missing"]);
    }

    fn definition(spec: &str) -> String {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: \
             machines.example.com}}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {{plural: machines, \
             kind: Machine}}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema: \
             {{openAPIV3Schema: {{type: object, properties: {{spec: {spec}}}}}}}\n---\n"
        )
    }

    /// Only what is written can be wrong there: the operator may add the rest.
    #[test]
    fn of_kinds_in_the_run_are_found_by_their_schema() {
        let pod = "{type: object, x-kubernetes-preserve-unknown-fields: true, required: [containers], properties: \
                   {containers: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true, \
                   properties: {name: {type: string}, image: {type: string}}}}}}";
        let template = format!("{{type: object, properties: {{spec: {pod}}}}}");
        let parts = format!(
            "{{type: object, properties: {{parts: {{type: array, items: {{type: object, properties: {{template: {template}}}}}}}}}}}"
        );
        let bare = format!("{{type: object, properties: {{podSpec: {pod}}}}}");
        let machine =
            |spec: &str| format!("apiVersion: example.com/v1\nkind: Machine\nmetadata: {{name: app}}\nspec: {spec}\n");
        let ports =
            "{containers: [{name: app, image: \"registry.example.com/app:1\", livenessProbe: {httpGet: {port: web}}}]}";
        for (schema, spec) in [
            (&parts, format!("{{parts: [{{template: {{spec: {ports}}}}}]}}")),
            (&bare, format!("{{podSpec: {ports}}}")),
        ] {
            let text = definition(schema) + &machine(&spec);
            assert_eq!(rules(&text), ["probe-port-not-in-container"], "{text}");
        }
        let own = definition(pod) + &machine(ports);
        assert_eq!(rules(&own), [""; 0], "containers right in `spec` are added to the operator's own Pod");
    }

    #[test]
    fn the_nearest_definition_counts() {
        let schema =
            |field: &str| definition(&format!("{{type: object, properties: {{size: {{type: integer}}{field}}}}}"));
        let machine = "apiVersion: example.com/v1\nkind: Machine\nmetadata: {name: app}\nspec: {size: 1, mode: fast}\n";
        let folder = Folder::new("definitions");
        folder.file("v1.9/crd.yaml", schema("")).file("v1.10/crd.yaml", schema(", mode: {type: string}"));
        folder.file("v1.10/machine.yaml", machine).file("app/machine.yaml", machine).file("v1.9/machine.yaml", machine);
        assert_eq!(folder.found(&["."]), ["v1.9/machine.yaml forbidden-field"]);
        folder.file("v1.10/crd.yaml", schema(", speed: {type: string}"));
        let run = folder.lint(&["app", "v1.9", "v1.10", "--format", "concise"]);
        assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
        let run = folder.lint(&["app", "v1.9/crd.yaml", "v1.10/crd.yaml"]);
        let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("by the definition in v1.10/crd.yaml"), "{words}");
    }
}

mod units {
    use super::*;

    #[test]
    fn files_of_a_folder_are_not_compared() {
        let folder = Folder::new("alternatives");
        folder.file("small.yaml", deployment("small", "web")).file("large.yaml", deployment("large", "web"));
        assert_eq!(folder.found(&["."]), [""; 0]);
        folder.file("kustomization.yaml", "resources: [small.yaml, large.yaml]\n");
        assert_eq!(folder.found(&["."]), ["large.yaml overlapping-selectors"], "now they are applied together");
    }

    #[test]
    fn an_autoscaler_judges_its_own_folder_alone() {
        let folder = Folder::new("autoscalers");
        folder.file("one/web.yaml", deployment("web", "web")).file("two/scaler.yaml", autoscaler("web", "web"));
        assert_eq!(folder.found(&["."]), [""; 0]);
        folder.file("one/scaler.yaml", autoscaler("web", "web"));
        assert_eq!(folder.found(&["."]), ["one/web.yaml hpa-missing-request"]);
        folder.file("one/web-large.yaml", deployment("web", "web"));
        assert_eq!(folder.found(&["."]), [""; 0], "which of the two is meant nobody knows");
    }

    #[test]
    fn an_overlay_and_its_base_are_one() {
        let folder = Folder::new("overlays");
        folder
            .file("base/web.yaml", deployment("web", "web"))
            .file("base/kustomization.yaml", "resources: [web.yaml]\n")
            .file("prod/scaler.yaml", autoscaler("web", "web"))
            .file("prod/kustomization.yaml", "resources: [../base, scaler.yaml]\n")
            .file("test/scaler.yaml", autoscaler("web-test", "web"))
            .file("test/kustomization.yaml", "resources: [../base, scaler.yaml]\n");
        assert_eq!(folder.found(&["."]), ["base/web.yaml hpa-missing-request"; 2], "two overlays, two autoscalers");
        folder.file("all/kustomization.yaml", "resources: [../prod, ../test]\n");
        let both = folder.found(&["--select", "two-hpas-one-target", "."]);
        assert_eq!(both, ["prod/scaler.yaml two-hpas-one-target"], "one finding, although three kustomizations exist");
    }

    #[test]
    fn many_controllers_with_one_selector_are_one_finding() {
        let mut text = String::new();
        for number in 0..1000 {
            text += &deployment(&format!("web-{number}"), "web");
        }
        assert_eq!(rules(&text), ["overlapping-selectors"]);
        let mut text = String::new();
        for number in 0..1000 {
            let _ = write!(
                text,
                "{}{}",
                deployment(&format!("web-{number}"), &format!("web-{}", number % 500)),
                autoscaler(&format!("web-{number}"), "web")
            );
        }
        let found = rules(&text);
        assert_eq!(found.iter().filter(|rule| *rule == "overlapping-selectors").count(), 500);
        assert_eq!(found.iter().filter(|rule| *rule == "two-hpas-one-target").count(), 1);
    }

    #[test]
    fn what_a_kustomization_generates_is_known() {
        let app = |key: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: app}}\nspec:\n  containers:\n    - name: app\n      image: \
                 registry.example.com/app:1\n      env: [{{name: A, valueFrom: {{configMapKeyRef: {{name: settings, \
                 key: {key}}}}}}}]\n"
            )
        };
        let folder = Folder::new("generators");
        folder
            .file("kustomization.yaml", "resources: [app.yaml]\nconfigMapGenerator:\n  - {name: settings, literals: [a=1], files: [b.txt, c=b.txt, ../secret.txt], envs: [d.env]}\n")
            .file("b.txt", "text")
            .file("d.env", "# comment\nd=1\n");
        for (key, rules) in [
            ("a", vec![]),
            ("b.txt", vec![]),
            ("c", vec![]),
            ("d", vec![]),
            ("e", vec!["app.yaml config-map-key-missing"]),
        ] {
            assert_eq!(folder.file("app.yaml", app(key)).found(&["."]), rules, "{key}");
        }
        let run = folder.lint(&["."]);
        assert!(run.stdout.contains("kustomization.yaml (generated)"), "{}", run.stdout);
        folder.file(
            "kustomization.yaml",
            "resources: [app.yaml]\nconfigMapGenerator:\n  - {name: settings, behavior: merge, literals: [a=1]}\n",
        );
        assert_eq!(folder.found(&["."]), [""; 0], "the rest is generated elsewhere");
    }
}
