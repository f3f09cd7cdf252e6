//! What is read of a run, where Pod templates are found in it, and what is judged together.

mod kustomize;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::support::folder::Folder;
use crate::support::{Run, patterns_with, run_of};

/// What a run in a folder says.
trait Lint {
    fn lint(&self, arguments: &[&str]) -> Run;

    /// The rules that speak, each with the file that it speaks about.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        found(&self.lint(&[&["--format", "json"], arguments].concat()))
    }
}

impl Lint for Folder {
    fn lint(&self, arguments: &[&str]) -> Run {
        self.run_with(&[&["lint"], arguments].concat(), b"", &[("NO_COLOR", "1")])
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
        let probed =
            "{containers: [{name: app, image: \"registry.example.com/app:1\", livenessProbe: {httpGet: {port: web}}}]}";
        for (schema, spec) in [
            (&parts, format!("{{parts: [{{template: {{spec: {probed}}}}}]}}")),
            (&bare, format!("{{podSpec: {probed}}}")),
        ] {
            let text = definition(schema) + &machine(&spec);
            assert_eq!(rules(&text), ["probe-port-not-in-container"], "{text}");
        }
        let own = definition(pod) + &machine(probed);
        assert_eq!(rules(&own), [""; 0], "containers right in `spec` are added to the operator's own Pod");
    }

    #[test]
    fn the_definition_of_a_test_judges_nothing_beyond_it() {
        let folder = Folder::new("workspace", "fixtures");
        let strict = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: \
                      crews.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Crew, plural: \
                      crews, singular: crew, listKind: CrewList}\n  versions:\n    - name: v1\n      served: true\n      \
                      storage: true\n      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, \
                      properties: {size: {type: integer}}}}}}\n";
        let crew = |version: &str| {
            format!("apiVersion: example.com/{version}\nkind: Crew\nmetadata: {{name: a}}\nspec: {{size: large}}\n")
        };
        for (at, name) in ["tests", "e2e/fixtures", "src/testing"].into_iter().enumerate() {
            let root = format!("r{at}");
            folder
                .file(&format!("{root}/{name}/crd.yaml"), strict)
                .file(&format!("{root}/deploy/crew.yaml"), crew("v1"));
            folder.file(&format!("{root}/deploy/new.yaml"), crew("v2"));
            assert_eq!(folder.found(&[&root]), [""; 0], "{name}");
            folder.file(&format!("{root}/{name}/crew.yaml"), crew("v1"));
            assert_eq!(folder.found(&[&root]), [format!("{root}/{name}/crew.yaml invalid-value")], "{name}");
        }
        folder.file("plain/crd.yaml", strict).file("plain/deploy/crew.yaml", crew("v1"));
        assert_eq!(folder.found(&["plain"]), ["plain/deploy/crew.yaml invalid-value"]);
    }

    /// Gateway API and its like are installed from their releases: a copy in one folder says nothing of another.
    #[test]
    fn the_definition_of_a_kind_that_every_cluster_installs_judges_what_is_installed_with_it() {
        let folder = Folder::new("workspace", "everybodys");
        let definition = |group: &str, version: &str| {
            format!(
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: lanes.{group}, \
                 annotations: {{api-approved.kubernetes.io: unapproved}}}}\nspec:\n  group: {group}\n  scope: \
                 Namespaced\n  names: {{kind: Lane, plural: lanes, singular: lane, listKind: LaneList}}\n  versions:\n    \
                 - name: {version}\n      served: true\n      storage: true\n      schema: {{openAPIV3Schema: {{type: \
                 object, properties: {{spec: {{type: object, properties: {{speed: {{type: integer}}}}}}}}}}}}\n"
            )
        };
        let lane = |group: &str, version: &str, spec: &str| {
            format!("apiVersion: {group}/{version}\nkind: Lane\nmetadata: {{name: a}}\nspec: {spec}\n")
        };
        for (at, group) in ["gateway.networking.k8s.io", "networking.istio.io", "monitoring.coreos.com", "keda.sh"]
            .into_iter()
            .enumerate()
        {
            let root = format!("r{at}");
            folder.file(&format!("{root}/mesh/install/crds/crd.yaml"), definition(group, "v1"));
            folder.file(&format!("{root}/app/lane.yaml"), lane(group, "v1", "{speed: 1, width: 2}"));
            folder.file(&format!("{root}/app/new.yaml"), lane(group, "v2", "{speed: 1}"));
            folder.file(&format!("{root}/app/slow.yaml"), lane(group, "v1", "{speed: slow}"));
            assert_eq!(folder.found(&[&root]), [""; 0], "{group}");
            folder.file(&format!("{root}/mesh/install/lane.yaml"), lane(group, "v1", "{speed: 1, width: 2}"));
            folder.file(&format!("{root}/mesh/install/new/lane.yaml"), lane(group, "v2", "{speed: 1}"));
            let wrong = [
                format!("{root}/mesh/install/lane.yaml forbidden-field"),
                format!("{root}/mesh/install/new/lane.yaml unknown-kind"),
            ];
            assert_eq!(folder.found(&[&root]), wrong, "{group}");
        }
        let group = "gateway.networking.k8s.io";
        folder
            .file("together/mesh/crd.yaml", definition(group, "v1"))
            .file("together/app/lane.yaml", lane(group, "v1", "{width: 2}"))
            .file("together/all/kustomization.yaml", "resources: [../mesh/crd.yaml, ../app/lane.yaml]\n");
        assert_eq!(folder.found(&["together"]), ["together/app/lane.yaml forbidden-field"]);
        folder
            .file("root/crds/crd.yaml", definition(group, "v1"))
            .file("root/app/lane.yaml", lane(group, "v1", "{width: 2}"));
        assert_eq!(folder.found(&["root"]), ["root/app/lane.yaml forbidden-field"], "`crds` holds those of its folder");
        let inside = Command::new(crate::support::binary())
            .current_dir(folder.0.join("root"))
            .args(["lint", "--format", "json", "."])
            .output()
            .unwrap();
        assert_eq!(found(&run_of(inside)), ["app/lane.yaml forbidden-field"], "what the user lints is one whole");
        folder
            .file("own/config/crd/bases/crd.yaml", definition("lanes.example.com", "v1"))
            .file("own/docs/lane.yaml", lane("lanes.example.com", "v1", "{width: 2}"));
        assert_eq!(folder.found(&["own"]), ["own/docs/lane.yaml forbidden-field"], "a project's own kind");
    }

    #[test]
    fn the_nearest_definition_counts() {
        let schema =
            |field: &str| definition(&format!("{{type: object, properties: {{size: {{type: integer}}{field}}}}}"));
        let machine = "apiVersion: example.com/v1\nkind: Machine\nmetadata: {name: app}\nspec: {size: 1, mode: fast}\n";
        let folder = Folder::new("workspace", "definitions");
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
        let folder = Folder::new("workspace", "alternatives");
        folder.file("small.yaml", deployment("small", "web")).file("large.yaml", deployment("large", "web"));
        assert_eq!(folder.found(&["."]), [""; 0]);
        folder.file("kustomization.yaml", "resources: [small.yaml, large.yaml]\n");
        assert_eq!(folder.found(&["."]), ["large.yaml overlapping-selectors"], "now they are applied together");
    }

    #[test]
    fn a_dangling_service_shows_the_set_that_names_it() {
        let set = deployment("broker", "broker")
            .replace("Deployment", "StatefulSet")
            .replace("spec:\n  selector", "spec:\n  serviceName: discovery\n  selector");
        let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: discovery}\nspec: {clusterIP: None, selector: \
                       {app: kafka}, ports: [{port: 9092}]}\n";
        let text = deployment("scheduler", "scheduler") + &set + service;
        let run = patterns_with(&["lint", "--format", "json", "-"], text.as_bytes());
        assert_eq!(found(&run), ["<stdin> dangling-service"]);
        assert!(run.stdout.contains("`broker` does not have this label"), "{}", run.stdout);
    }

    #[test]
    fn an_autoscaler_judges_its_own_folder_alone() {
        let folder = Folder::new("workspace", "autoscalers");
        folder.file("one/web.yaml", deployment("web", "web")).file("two/scaler.yaml", autoscaler("web", "web"));
        assert_eq!(folder.found(&["."]), [""; 0]);
        folder.file("one/scaler.yaml", autoscaler("web", "web"));
        assert_eq!(folder.found(&["."]), ["one/web.yaml hpa-missing-request"]);
        folder.file("one/scaler-2.yaml", autoscaler("web-2", "web"));
        assert_eq!(folder.found(&["."]), [""; 0], "alternatives of one autoscaler");
        fs::remove_file(folder.0.join("one/scaler-2.yaml")).unwrap();
        folder.file("one/web-large.yaml", deployment("web", "web"));
        assert_eq!(folder.found(&["."]), [""; 0], "which of the two is meant nobody knows");
    }

    #[test]
    fn an_overlay_and_its_base_are_one() {
        let folder = Folder::new("workspace", "overlays");
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
        let folder = Folder::new("workspace", "generators");
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

mod reading {
    use super::*;

    #[test]
    fn the_server_makes_a_name_before_it_looks_at_it() {
        let job = |metadata: &str, spec: &str| {
            rules(&format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {metadata}\nspec: {{{spec}template: {{spec: {{restartPolicy: \
                 Never, containers: [{{name: a, image: \"registry.example.com/a:1\", command: [work]}}]}}}}}}\n"
            ))
        };
        let indexed = "completionMode: Indexed, completions: 9, parallelism: 9, ";
        for metadata in ["{generateName: work-}", "{generateName: work}", "{generateName: \"9-\"}"] {
            assert_eq!(job(metadata, ""), [""; 0], "{metadata}");
            assert_eq!(job(metadata, indexed), [""; 0], "{metadata}");
        }
        assert_eq!(job("{generateName: a.b-}", ""), ["server-warning"], "no DNS label");
        assert_eq!(job("{generateName: a.b-}", indexed), ["invalid-value"]);
        let long = format!("{{generateName: {}-}}", "a".repeat(60));
        assert_eq!(job(&long, ""), [""; 0], "58 letters are taken");
        assert_eq!(job(&long, indexed), ["invalid-value"], "`-8` does not fit behind 63 letters");
        assert_eq!(job("{}", ""), ["missing-field"]);

        let cron = |prefix: usize| {
            rules(&format!(
                "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{generateName: {}-}}\nspec: {{schedule: '0 4 * * *', \
                 jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: \
                 \"registry.example.com/a:1\"}}]}}}}}}}}}}\n",
                "a".repeat(prefix)
            ))
        };
        assert_eq!(
            (cron(46), cron(47)),
            (vec![], vec!["invalid-value".to_owned()]),
            "52 letters with five of the server's"
        );
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {containers: [{name: a, image: \
                   \"registry.example.com/a:1\"}]}\n";
        assert_eq!(rules(pod), [""; 0]);
    }

    #[test]
    fn what_another_program_fills_in_is_left_alone() {
        for hole in ["\"${name}\"", "__NAME__", "\"@NAME@\"", "<your-name>", "\"{{ name }}\""] {
            let text = format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {hole}, namespace: {hole}, labels: {{a: {hole}}}}}\nspec: \
                 {{parallelism: {hole}, template: {{spec: {{restartPolicy: Never, containers: [{{name: {hole}, image: \
                 registry.example.com/a:1, ports: [{{containerPort: {hole}}}]}}]}}}}}}\n"
            );
            assert_eq!(rules(&text), [""; 0], "{text}");
            let job = "kind: Job\nmetadata: {name: MY_JOB}";
            let wrong = text.replace(&format!("kind: Job\nmetadata: {{name: {hole}"), job.trim_end_matches('}'));
            assert_eq!(rules(&wrong), ["invalid-value"], "{wrong}");
        }
    }

    #[test]
    fn sops_decrypts_before_anything_is_applied() {
        let secret = |sops: &str| {
            rules(&format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata: {{a: 'ENC[AES256_GCM,data:x,type:str]'}}\n{sops}"
            ))
        };
        assert_eq!(secret("sops: {kms: [], mac: 'ENC[AES256_GCM,data:y]', version: 3.9.1}\n"), [""; 0]);
        assert_eq!(secret("sop: {mac: a}\n"), ["unknown-field"]);
    }

    #[test]
    fn configuration_of_programs_is_no_object() {
        let kubeconfig = "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n";
        let policy = "{kind: Policy, apiVersion: v1, predicates: [{name: PodFitsPorts}], priorities: []}\n";
        assert_eq!((rules(kubeconfig), rules(policy)), (vec![], vec![]));
        assert_eq!(rules("apiVersion: v1\nkind: Server\nmetadata: {name: a}\n"), [""; 0]);
        assert_eq!(rules("apiVersion: v1\nkind: Servicee\nmetadata: {name: a}\n"), ["unknown-kind"]);
    }

    #[test]
    fn a_component_is_for_others_to_complete() {
        let folder = Folder::new("workspace", "component");
        folder
            .file(
                "kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [namespace.yaml]\n",
            )
            .file("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n");
        assert_eq!(folder.found(&["."]), [""; 0]);
        folder.file("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {labels: {a: b}}\n");
        assert_eq!(folder.found(&["."]), [""; 0]);
        folder.file("kustomization.yaml", "resources: [namespace.yaml]\n");
        assert_eq!(folder.found(&["."]), ["namespace.yaml missing-field"]);
    }

    #[test]
    fn a_component_changes_what_it_says_it_changes() {
        let folder = Folder::new("workspace", "components");
        let work = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: \
                    a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: [{name: a, image: \
                    \"alpine:3.20\", command: [sh, -c, cp /a /b; sleep 9]}]}\n";
        let component = |more: &str| {
            format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [map.yaml]\n{more}")
        };
        folder
            .file("base/kustomization.yaml", "resources: [a.yaml]\ncomponents: [../more]\n")
            .file("base/a.yaml", work)
            .file("more/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n")
            .file("deep/kustomization.yaml", component("patches: [{path: p.yaml}]\n"))
            .file("deep/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\n");
        for (more, is_changed) in [
            ("", false),
            ("patches: [{path: p.yaml}]\n", true),
            ("labels: [{pairs: {a: b}}]\n", false),
            ("images: [{name: alpine, newTag: \"3\"}]\n", false),
            ("images: [{name: alpine, newName: a}]\n", true),
            ("components: [../deep]\n", true),
            ("components: [\"https://example.com/a\"]\n", true),
        ] {
            folder.file("more/kustomization.yaml", component(more));
            let wanted: &[&str] = if is_changed { &[] } else { &["base/a.yaml worker-as-deployment"] };
            assert_eq!(folder.found(&["."]), wanted, "{more}");
        }
        for components in ["[../gone]", "[\"https://example.com/a?ref=v1\"]"] {
            let text = format!("resources: [a.yaml]\ncomponents: {components}\n");
            folder.file("base/kustomization.yaml", text);
            assert_eq!(folder.found(&["."]), [""; 0], "{components}");
        }
    }

    #[test]
    fn patches_may_be_plain_names() {
        let folder = Folder::new("workspace", "patches");
        let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n";
        folder.file("web.yaml", deployment("web", "web")).file("more.yaml", patch);
        folder.file("kustomization.yaml", "resources: [web.yaml]\npatches: [more.yaml]\n");
        assert_eq!(folder.found(&["."]), [""; 0]);
    }

    #[test]
    fn a_label_of_who_leads_is_given_at_run_time() {
        let run = |label: &str| {
            let service = format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: db}}\nspec: {{selector: {{app: db, {label}}}, ports: [{{port: 80}}]}}\n"
            );
            rules(&(service + &deployment("db", "db")))
        };
        for label in [
            "leaderworkerset.sigs.k8s.io/name: db",
            "role: master",
            "vault-active: \"true\"",
            "spilo-role: replica",
            "cnpg.io/instanceRole: primary",
            "is-leader: \"true\"",
            "isLeader: \"true\"",
            "vault-perf-standby: \"true\"",
        ] {
            assert_eq!(run(label), [""; 0], "{label}");
        }
        for label in ["tier: backend", "role: backend", "ready: \"true\"", "resource: \"true\"", "domain: \"true\""] {
            assert_eq!(run(label), ["dangling-service"], "{label}");
        }
    }

    /// An Argo Rollout's experiment labels its Pods otherwise.
    #[test]
    fn a_label_may_be_given_by_a_custom_kind() {
        let rollout = |label: &str| {
            rules(&format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  template: {{metadata: \
                 {{labels: {{app: web-stable}}}}, spec: {{containers: [{{name: a, image: \"registry.example.com/a:1\"}}]}}}}\n  \
                 strategy: {{canary: {{steps: [{{experiment: {{templates: [{{metadata: {{labels: {{app: {label}}}}}}}]}}}}]}}}}\n---\n\
                 apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web-stabel}}, ports: [{{port: 80}}]}}\n"
            ))
        };
        assert_eq!(rollout("web-stabel"), [""; 0]);
        assert_eq!(rollout("web-preview"), ["dangling-service"]);
    }

    #[test]
    fn names_of_ports_matter_to_who_asks_for_them() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: a}}\nspec:\n  containers:\n    - {name: a, \
                   image: \"registry.example.com/a:1\", ports: [{name: web, containerPort: 80}]}\n    - {name: b, image: \
                   \"registry.example.com/b:1\", ports: [{name: web, containerPort: 81}]}\n";
        let service = |port: &str| {
            format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{selector: {{app: a}}, ports: [{{port: 80, targetPort: {port}}}]}}\n"
            )
        };
        assert_eq!(rules(pod), [""; 0]);
        assert_eq!(rules(&format!("{pod}{}", service("80"))), [""; 0]);
        assert_eq!(rules(&format!("{pod}{}", service("web"))), ["duplicate-port-name"]);
    }

    /// The AWS controller takes such a backend from an annotation.
    #[test]
    fn a_port_may_stand_for_an_annotation() {
        let text = |port: &str| {
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: a}}\nspec: {{rules: [{{http: {{paths: [{{path: \
                 /, pathType: Prefix, backend: {{service: {{name: redirect, port: {{name: {port}}}}}}}}}]}}}}]}}\n---\n\
                 apiVersion: v1\nkind: Service\nmetadata: {{name: redirect-app}}\nspec: {{ports: [{{port: 80}}]}}\n"
            )
        };
        assert_eq!(rules(&text("use-annotation")), [""; 0]);
        assert_eq!(rules(&text("web")), ["dangling-reference"]);
    }

    #[test]
    fn a_missing_name_is_a_warning_if_it_is_a_slip() {
        let text = |name: &str| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{a: b}}\n---\napiVersion: v1\nkind: \
                 Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: \"registry.example.com/a:1\", envFrom: \
                 [{{configMapRef: {{name: {name}}}}}]}}]}}\n"
            )
        };
        assert_eq!(rules(&text("setings")), ["dangling-reference"]);
        assert_eq!(rules(&text("other")), [""; 0], "advice");
        assert_eq!(rules(&text("setting-s2")), [""; 0]);
    }
}

mod files {
    use super::*;

    const WRONG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {country: no}\n";

    #[test]
    fn of_tests_and_vendors_are_left_out_unless_named() {
        let folder = Folder::new("workspace", "left-out");
        folder.file("a/testdata/b/c.yaml", WRONG).file("vendor/d.yaml", WRONG).file("testdata.yaml", WRONG);
        let run = folder.lint(&["."]);
        assert_eq!(run.stderr, "1 error in 1 file (1 fixable with --fix); 2 folders left out (testdata, vendor)\n");
        folder
            .file("shop/src/test/resources/e.yaml", WRONG)
            .file("shop/src/e.yaml", WRONG)
            .file("shop/test/e.yaml", WRONG);
        assert_eq!(folder.found(&["shop"]), ["shop/src/e.yaml norway", "shop/test/e.yaml norway"]);
        assert_eq!(folder.found(&["shop/src/test/resources"]), ["shop/src/test/resources/e.yaml norway"]);
        assert_eq!(folder.found(&["vendor"]), ["vendor/d.yaml norway"]);
        assert_eq!(folder.found(&["a/testdata/b"]), ["a/testdata/b/c.yaml norway"]);
        assert_eq!(folder.found(&["a/testdata/b/c.yaml"]), ["a/testdata/b/c.yaml norway"]);
        folder
            .file("tests/fixtures/a.yaml", WRONG)
            .file("e/.kyverno-test/a.yaml", WRONG)
            .file("fixtures/a.yaml", WRONG);
        folder.file("f/chainsaw-test.yaml", "").file("f/00-install.yaml", WRONG).file("f/g/a.yaml", WRONG);
        folder.file("e/e2e-tests/limits/compare/a.yaml", WRONG).file("compare/a.yaml", WRONG);
        let all = folder.found(&["."]);
        assert!(all.contains(&"fixtures/a.yaml norway".to_owned()), "{all:?}");
        assert!(!all.iter().any(|one| ["tests/", "e/", "f/"].iter().any(|left| one.starts_with(left))), "{all:?}");
        assert!(all.contains(&"compare/a.yaml norway".to_owned()), "{all:?}");
        assert_eq!(folder.found(&["f"]).len(), 2, "a test is linted where it is named");
        assert_eq!(folder.found(&["e/e2e-tests/limits/compare"]).len(), 1, "so is what a test compares");
        folder.file("k/tests/scale/00-assert.yaml", "").file("k/tests/scale/01-scale.yaml", WRONG);
        folder.file("k/tests/gone/12-errors.yml", "").file("k/tests/gone/conf/a.yaml", WRONG);
        folder.file("k/kuttl-test.yaml", "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\n").file("k/a.yaml", WRONG);
        folder.file("k/odd/assert.yaml", "").file("k/odd/00-asserted.yaml", WRONG);
        assert_eq!(folder.found(&["k"]), ["k/a.yaml norway", "k/odd/00-asserted.yaml norway"], "tests of kuttl");
        let run = folder.lint(&["k"]);
        assert!(run.stderr.contains("2 folders left out (00-assert.yaml)"), "{}", run.stderr);
        assert_eq!(folder.found(&["k/tests/scale"]), ["k/tests/scale/01-scale.yaml norway"], "one that is named");
        folder.file("a/testdata/vendor/e.yaml", WRONG);
        assert_eq!(folder.found(&["a/testdata"]).len(), 2, "below a named path nothing is left out");
    }

    #[test]
    fn that_tests_compare_are_left_out() {
        let folder = Folder::new("workspace", "compared");
        folder.file("tests/__snapshot__/a.yaml", WRONG).file("test/helm/a.out.yaml", WRONG);
        folder.file("test/helm/a.in.yaml", "labels: {a: b}\n").file("test/helm/b.out.yaml", WRONG);
        folder.file("tests/upgrade/fixtures/a.yaml", WRONG).file("tests/expected/deep/a.yaml", WRONG);
        folder.file("expected/a.yaml", WRONG).file("fixtures/a.yaml", WRONG).file("snapshot/a.yaml", WRONG);
        let wrong = ["expected/a.yaml", "fixtures/a.yaml", "snapshot/a.yaml", "test/helm/b.out.yaml"];
        assert_eq!(folder.found(&["."]), wrong.map(|file| format!("{file} norway")));
        let run = folder.lint(&["."]);
        let left_out =
            "3 folders left out (__snapshot__, test/**/expected, test/**/fixtures); 1 assertion of a test left out";
        assert!(run.stderr.contains(left_out), "{}", run.stderr);
        assert_eq!(folder.found(&["tests/upgrade/fixtures"]).len(), 1, "one that is named");
    }

    #[test]
    fn that_a_test_of_gatekeeper_judges_are_left_out() {
        let folder = Folder::new("workspace", "gatekeeper");
        let suite = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\nmetadata: {name: a}\ntests:\n  - name: a\n    \
                     template: template.yaml\n    constraint: samples/constraint.yaml\n    cases:\n      - name: a\n        \
                     object: samples/bad.yaml\n        inventory: [samples/there.yaml, gone.yaml]\n";
        folder.file("a/suite.yaml", suite).file("a/samples/bad.yaml", WRONG).file("a/samples/there.yaml", WRONG);
        folder.file("a/samples/constraint.yaml", WRONG).file("a/template.yaml", WRONG).file("a/other.yaml", WRONG);
        let kept = ["a/other.yaml", "a/samples/constraint.yaml", "a/template.yaml"];
        assert_eq!(folder.found(&["."]), kept.map(|file| format!("{file} norway")));
        assert!(folder.lint(&["a"]).stderr.contains("2 assertions of tests left out"));
        assert_eq!(folder.found(&["a/samples"]).len(), 3, "a folder that is named");
        assert_eq!(folder.found(&["a/suite.yaml", "a/samples/bad.yaml"]), ["a/samples/bad.yaml norway"]);
    }

    #[test]
    fn that_a_step_of_kuttl_names_are_left_out() {
        let folder = Folder::new("workspace", "kuttl-steps");
        let step = "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\napply: [files/create.yaml, more, ../app/app.yaml]\nassert: \
                    [files/created.yaml]\nerror: [../expected.yaml]\n";
        folder.file("t/00-cluster.yaml", step).file("t/files/create.yaml", WRONG).file("t/files/created.yaml", WRONG);
        folder.file("t/more/a.yaml", WRONG).file("expected.yaml", WRONG).file("app/app.yaml", WRONG);
        folder.file("t/files/other.yaml", WRONG);
        assert_eq!(folder.found(&["."]), ["app/app.yaml norway", "t/files/other.yaml norway"]);
        assert_eq!(folder.found(&["t/more"]).len(), 1, "a folder that is named");
    }

    #[test]
    fn of_helm_unittest_are_left_out_in_charts() {
        let suite = "suite: web\nasserts:\n- containsDocument:\n    kind: ConfigMap\n    apiVersion: v1\ntests:\n- it: \"a\\s\"\n";
        let folder = Folder::new("workspace", "unittest");
        folder.file("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
        folder.file("web/tests/web_test.yaml", suite).file("web/tests/more/web_test.yml", suite);
        folder.file("other/tests/web_test.yaml", suite);
        let all = folder.found(&["."]);
        assert_eq!(all, ["other/tests/web_test.yaml unreadable-yaml"], "which no chart has");
        let run = folder.lint(&["."]);
        assert!(run.stderr.contains("2 assertions of tests left out"), "{}", run.stderr);
    }

    #[test]
    fn are_left_out_by_ignore_files_settings_and_the_command_line() {
        let folder = Folder::new("workspace", "exclude");
        folder.file("a/b.yaml", WRONG).file("c/b.yaml", WRONG).file("d.yaml", WRONG);
        assert_eq!(folder.found(&["."]).len(), 3);
        folder.file(".ignore", "a/\n");
        assert_eq!(folder.found(&["."]), ["c/b.yaml norway", "d.yaml norway"]);
        assert_eq!(folder.found(&["--exclude", "c/", "."]), ["d.yaml norway"]);
        assert_eq!(folder.found(&["--exclude", "**/b.yaml,/d.yaml", "."]), [""; 0]);
        assert_eq!(
            folder.found(&["--exclude", "d.yaml", "d.yaml", "c/b.yaml"]),
            ["c/b.yaml norway"],
            "also when named"
        );
        folder.file(".patterns.yaml", "lint: {exclude: [\"c/*.yaml\"]}\n");
        assert_eq!(folder.found(&["."]), ["d.yaml norway"]);
        assert_eq!(folder.found(&["c/b.yaml"]), [""; 0], "as a hook names changed files");
        let run = folder.lint(&["--exclude", "a{", "."]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("`a{` is not a valid glob"), "{}", run.stderr);
        let run = folder.file(".patterns.yaml", "lint: {exclude: [\"a{\"]}\n").lint(&["."]);
        assert_eq!(run.code, 2);
        assert!(run.stdout.contains("`a{` is not a valid glob") || run.stderr.contains("`a{`"), "{}", run.stderr);
    }

    #[test]
    fn what_is_left_out_proves_nothing() {
        let folder = Folder::new("workspace", "excluded-definitions");
        folder.file("web.yaml", deployment("web", "web")).file("scaler.yaml", autoscaler("web", "web"));
        assert_eq!(folder.found(&["."]), ["web.yaml hpa-missing-request"]);
        folder.file(".patterns.yaml", "lint: {exclude: [scaler.yaml]}\n");
        assert_eq!(folder.found(&["."]), [""; 0]);
    }
}
