//! `patterns lint --render`, with stand-ins for helm and kustomize that print what a test says. `tests/real/render.rs`
//! does the same with the programs themselves.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::folder::Folder;
use crate::support::{Run, binary, run_of};

const TEMPLATE: &str = "\
{{- $name := .Release.Name }}
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
spec:
  type: clusterIP
  sessionAffinity: {{ .Values.affinity }}
  selector:
    {{- include \"web.labels\" . | nindent 4 }}
  ports:
    - port: 80
";
const RENDERED: &str = "\
---
# Source: web/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: release-name
spec:
  type: clusterIP
  sessionAffinity: Sometimes
  selector:
    app: -bad-
  ports:
    - port: 80
";

/// A repository with a chart and stand-ins that print `output`, and append their arguments to `calls`.
fn repository(name: &str, output: &str) -> Folder {
    let folder = Folder::new("render", name);
    fs::create_dir(folder.0.join(".git")).unwrap();
    folder.file("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    folder.file("web/templates/service.yaml", TEMPLATE).file("output", output).file("bin/.ignore", "*\n");
    for program in ["helm", "kustomize"] {
        let script =
            format!("#!/bin/sh\necho {program} \"$@\" >> '{0}/calls'\n/bin/cat '{0}/output'\n", folder.0.display());
        folder.file(&format!("bin/{program}"), script);
        fs::set_permissions(folder.0.join("bin").join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Runs `patterns lint` there, with the stand-ins in `PATH` alone.
fn lint(folder: &Folder, args: &[&str]) -> Run {
    let mut command = Command::new(binary());
    command.arg("lint").args(args).current_dir(&folder.0);
    run_of(command.env("PATH", folder.0.join("bin")).env("NO_COLOR", "1").output().unwrap())
}

fn calls(folder: &Folder) -> String {
    fs::read_to_string(folder.0.join("calls")).unwrap_or_default()
}

#[test]
fn findings_are_in_the_template() {
    let folder = repository("template", RENDERED);
    let run = lint(&folder, &["--render", "--format", "concise", "web"]);
    let places: Vec<&str> = run.stdout.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(run.code, 1, "{}", run.stderr);
    // as it was rendered: its own bytes; completed by a value: the template's line; from an include: what it is below
    for place in ["web/templates/service.yaml:7:9", "web/templates/service.yaml:8:3", "web/templates/service.yaml:9:3"]
    {
        assert!(places.contains(&place), "{place}: {}", run.stdout);
    }
    let shown = lint(&folder, &["--render", "web"]).stdout;
    assert!(shown.contains("rendered as `sessionAffinity: Sometimes`"), "{shown}");
    assert!(shown.contains("sessionAffinity: {{ .Values.affinity }}"), "{shown}");
}

#[test]
fn charts_are_told_the_kinds_of_the_target() {
    let folder = repository("capabilities", RENDERED);
    let told = |args: &[&str]| {
        let _ = fs::remove_file(folder.0.join("calls"));
        lint(&folder, args);
        calls(&folder)
    };
    let newest = told(&["--render", "--target", "1.36", "web"]);
    let has = |calls: &str, version: &str| calls.contains(&format!(" --api-versions {version} "));
    assert!(newest.contains(" --kube-version 1.36.0 "), "{newest}");
    for version in [
        "v1",
        "v1/Pod",
        "policy/v1",
        "policy/v1/PodDisruptionBudget",
        "networking.k8s.io/v1/Ingress",
        "batch/v1/CronJob",
        "autoscaling/v2/HorizontalPodAutoscaler",
        "resource.k8s.io/v1/ResourceClaim",
    ] {
        assert!(has(&newest, version), "{version}: {newest}");
    }
    for version in ["policy/v1beta1", "policy/v1beta1/PodDisruptionBudget", "extensions/v1beta1/Ingress"] {
        assert!(!has(&newest, version), "{version}: {newest}");
    }
    let older = told(&["--render", "--target", "1.33", "web"]);
    assert!(older.contains(" --kube-version 1.33.0 ") && !has(&older, "resource.k8s.io/v1/ResourceClaim"), "{older}");
}

#[test]
fn a_licence_before_the_separator_hides_nothing() {
    for before in ["# a licence\n---\n", "\n---\n", "# a\n\n# b\n---\n"] {
        let folder = repository("licence", RENDERED);
        folder.file("web/Chart.yaml", format!("{before}apiVersion: v2\nname: web\nversion: 0.1.0\n"));
        folder.file("part/kustomization.yaml", format!("{before}kind: Component\nresources: [gone.yaml]\n"));
        let run = lint(&folder, &["--render", "--format", "concise", "web", "part"]);
        assert!(run.stdout.contains("web/templates/service.yaml:7:9"), "{before}: {} {}", run.stdout, run.stderr);
        assert!(!run.stderr.contains("gone.yaml"), "a component is only a part: {}", run.stderr);
    }
}

#[test]
fn a_missing_file_is_told_from_what_is_fetched() {
    let folder = repository("gone", RENDERED);
    let says = |path: &str| {
        folder.file("top/kustomization.yaml", format!("resources: []\npatches:\n- path: {path}\n"));
        lint(&folder, &["--render", "top"]).stderr
    };
    let local = says("patches/gone.yaml");
    assert!(local.contains("top/kustomization.yaml:3: `patches/gone.yaml` is missing"), "{local}");
    assert!(!local.contains("fetch"), "{local}");
    let remote = says("https://example.com/patch.yaml");
    assert!(remote.contains("kustomize would fetch it"), "{remote}");
    assert_eq!(calls(&folder), "");
}

#[test]
fn a_base_is_not_judged_alone_because_its_overlay_cannot_be_built() {
    let folder = repository("base", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: clusterIP}\n");
    folder.file("part/kustomization.yaml", "resources: [service.yaml]\n");
    folder.file(
        "part/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n",
    );
    folder.file("base/kustomization.yaml", "resources: [../part]\n");
    folder.file("top/kustomization.yaml", "resources: [../base, 'https://example.com/more.yaml']\n");
    folder.file("other/kustomization.yaml", "resources: [service.yaml]\n");
    folder.file("other/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");
    let run = lint(&folder, &["--render", "--format", "concise", "part", "base", "top", "other"]);
    assert!(run.stderr.contains("https://example.com/more.yaml"), "{}", run.stderr);
    assert_eq!(calls(&folder).lines().count(), 1, "{}", calls(&folder));
    assert!(calls(&folder).contains("/other"), "{}", calls(&folder));
}

#[test]
fn what_flux_adds_to_a_rendered_kustomization_counts() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: web}\n\
                   roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n\
                   subjects: [{kind: ServiceAccount, name: web}]\n";
    let folder = repository("flux", binding);
    folder.file("app/kustomization.yaml", "resources: [rbac.yaml]\n").file("app/rbac.yaml", binding);
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\n\
                spec: {path: ./app, prune: true, interval: 1h, sourceRef: {kind: GitRepository, name: web}";
    folder.file("ks.yaml", format!("{flux}}}\n"));
    let alone = lint(&folder, &["--render", "--format", "concise", "app", "ks.yaml"]);
    assert!(alone.stdout.contains("missing-field"), "{}", alone.stdout);
    folder.file("ks.yaml", format!("{flux}, targetNamespace: web}}\n"));
    let run = lint(&folder, &["--render", "--format", "concise", "app", "ks.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
}

/// Flux reads files outside the folder that it applies; they may be in its repository alone.
#[test]
fn what_flux_applies_may_name_files_outside_its_folder() {
    let folder = repository("loose", RENDERED);
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\n\
                spec: {path: ./app, prune: true, interval: 1h, sourceRef: {kind: GitRepository, name: web}}\n";
    folder.file("settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n");
    folder.file("app/kustomization.yaml", "resources: [../settings.yaml]\n");
    let is_loose = |paths: &[&str]| {
        folder.file("calls", "");
        lint(&folder, &[&["--render"], paths].concat());
        assert_eq!(calls(&folder).lines().count(), 1, "{}", calls(&folder));
        calls(&folder).contains("--load-restrictor=LoadRestrictionsNone")
    };
    assert!(!is_loose(&["app"]));
    folder.file("flux.yaml", flux);
    assert!(is_loose(&["app", "flux.yaml"]));
    let another = flux.replace("./app", "./other");
    folder.file("flux.yaml", another);
    assert!(!is_loose(&["app", "flux.yaml"]));
    folder.file("flux.yaml", flux);
    let beside = Folder::new("render", "loose-beside");
    beside.file("settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n");
    let name = beside.0.file_name().unwrap().to_str().unwrap();
    folder.file("app/kustomization.yaml", format!("resources: [../../{name}/settings.yaml]\n"));
    assert!(!is_loose(&["app", "flux.yaml"]));
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let folder = repository("empty", RENDERED);
    folder.file("web/Chart.yaml", "# a chart\n").file("top/kustomization.yaml", "---\n");
    let run = lint(&folder, &["--render", "web", "top"]);
    assert!(run.stderr.contains("Chart.yaml is empty"), "{}", run.stderr);
    assert!(run.stderr.contains("top/kustomization.yaml is empty"), "{}", run.stderr);
    folder.file("web/Chart.yaml", "a: [\n");
    let run = lint(&folder, &["--render", "web"]);
    assert!(run.stderr.contains("Chart.yaml is not YAML"), "{}", run.stderr);
}

#[test]
fn nothing_runs_unasked() {
    let folder = repository("unasked", RENDERED);
    let run = lint(&folder, &["web"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("1 Helm template skipped"), "{}", run.stderr);
    assert_eq!(calls(&folder), "");
    folder.file(".patterns.yaml", "lint: {render: true}\n");
    assert_eq!(lint(&folder, &["web"]).code, 1);
    assert!(calls(&folder).starts_with("helm template release-name "), "{}", calls(&folder));
}

#[test]
fn each_set_of_values_counts_once() {
    let folder = repository("values", RENDERED);
    folder.file("web/ci/a-values.yaml", "affinity: A\n").file("web/ci/b-values.yaml", "affinity: B\n");
    let run = lint(&folder, &["--render", "--format", "concise", "web"]);
    assert_eq!(calls(&folder).lines().count(), 2, "{}", calls(&folder));
    let lines: Vec<&str> = run.stdout.lines().collect();
    let mut once = lines.clone();
    once.dedup();
    assert_eq!(lines, once, "a finding that both have is reported once");
    fs::remove_file(folder.0.join("calls")).unwrap();
    lint(&folder, &["--render", "--values", "web/ci/b-values.yaml", "web"]);
    assert_eq!(calls(&folder).lines().count(), 1, "{}", calls(&folder));
    assert!(calls(&folder).contains("/web/ci/b-values.yaml"), "{}", calls(&folder));
}

#[test]
fn what_would_be_fetched_is_refused_before_the_call() {
    let folder = repository("remote", RENDERED);
    let dependency = "dependencies: [{name: redis, version: 1.0.0, repository: 'https://charts.example.com'}]\n";
    folder.file("web/Chart.yaml", format!("apiVersion: v2\nname: web\nversion: 0.1.0\n{dependency}"));
    for (name, text) in [
        ("url", "resources: ['https://example.com/base?ref=v1']\n"),
        ("git", "resources: ['github.com/example/base']\n"),
        ("patch", "patches: [{path: 'https://example.com/p.yaml'}]\n"),
        ("config", "configMapGenerator: [{name: a, files: ['a=https://example.com/a']}]\n"),
        ("chart", "helmCharts: [{name: redis, repo: 'https://charts.example.com'}]\n"),
        ("below", "resources: [../url]\n"),
    ] {
        folder.file(&format!("{name}/kustomization.yaml"), text);
    }
    let run = lint(&folder, &["--render", "."]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    for word in [
        "error: web: its dependency `redis` is not in charts/",
        "helm dependency build web",
        "error: url: url/kustomization.yaml:1: `https://example.com/base?ref=v1`",
        "error: git: git/kustomization.yaml:1: `github.com/example/base`",
        "error: patch: ",
        "error: config: ",
        "error: chart: chart/kustomization.yaml:1: kustomize would run helm",
        "error: below: url/kustomization.yaml:1",
    ] {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
    assert_eq!(calls(&folder), "");
    folder.file("web/charts/redis-1.0.0.tgz", "");
    lint(&folder, &["--render", "web"]);
    assert!(calls(&folder).starts_with("helm"), "what is there need not be fetched");
}

#[test]
fn a_missing_program_says_what_to_pipe() {
    let folder = repository("missing", RENDERED);
    folder.file("overlay/kustomization.yaml", "resources: [a.yaml]\n").file("overlay/a.yaml", "");
    fs::remove_dir_all(folder.0.join("bin")).unwrap();
    let run = lint(&folder, &["--render", "web", "overlay"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("helm template web | patterns lint -"), "{}", run.stderr);
    assert!(run.stderr.contains("kubectl kustomize overlay | patterns lint -"), "{}", run.stderr);
}

#[test]
fn ignores_and_exceptions_hold_in_templates() {
    let folder = repository("exceptions", RENDERED);
    assert_eq!(lint(&folder, &["--render", "web"]).code, 1);
    folder.file(
        ".patterns.yaml",
        "lint: {exceptions: [{rule: manifest, path: web/templates/service.yaml, why: a test}]}\n",
    );
    let run = lint(&folder, &["--render", "web"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
}

#[test]
fn fields_of_an_overlay_are_followed_to_its_files() {
    let built = "apiVersion: v1\nkind: Service\nmetadata:\n  name: dev-web\nspec:\n  ports:\n  - name: http\n    \
                 port: 80\n  sessionAffinity: Sometimes\n  type: clusterIP\n";
    let folder = repository("overlay", built);
    folder.file(
        "overlays/dev/kustomization.yaml",
        "resources: [../../base]\nnamePrefix: dev-\npatches: [{path: p.yaml}]\n",
    );
    folder.file(
        "overlays/dev/p.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  sessionAffinity: Sometimes\n",
    );
    folder.file("base/kustomization.yaml", "resources: [web.yaml]\n");
    let base = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: \"clusterIP\" # so\n  ports: [{name: http, port: 80}]\n";
    folder.file("base/web.yaml", base);
    let run = lint(&folder, &["--render", "--format", "concise", "overlays", "base"]);
    assert_eq!(calls(&folder).lines().count(), 1, "a base is built with what builds on it: {}", calls(&folder));
    assert!(run.stdout.contains("base/web.yaml:5:"), "{}", run.stdout);
    assert!(run.stdout.contains("overlays/dev/p.yaml:5:"), "{}", run.stdout);
    assert!(!run.stdout.contains("kustomization.yaml"), "{}", run.stdout);
    let ignored = base.replace("# so", "# patterns: ignore[manifest] the server is ours");
    folder.file("base/web.yaml", ignored);
    let run = lint(&folder, &["--render", "--format", "concise", "overlays", "base"]);
    assert!(!run.stdout.contains("base/web.yaml"), "{}", run.stdout);
}

#[test]
fn what_a_kustomization_changes_itself_is_shown_there() {
    let built = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: dev-web\nspec:\n  minReadySeconds: -2\n  \
                 progressDeadlineSeconds: -7\n  replicas: -3\n  revisionHistoryLimit: -5\n  selector:\n    matchLabels:\n      app: web\n  template:\n    \
                 metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - image: nginx:bad tag\n        \
                 name: web\n        ports:\n        - containerPort: 99999\n";
    let folder = repository("edits", built);
    let kustomization = "\
resources: [../base]
namePrefix: dev-
replicas:
  - name: web
    count: -3
images:
  - {name: redis, newTag: \"7\"}
  - {name: nginx, newTag: \"bad tag\"}
patches:
  - patch: |-
      # über dem Patch
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: web
      spec:
        minReadySeconds: -2
  - target: {kind: Deployment, name: web}
    patch: |-
      - op: add
        path: /spec/revisionHistoryLimit
        value: -5
  - target: {kind: Deployment}
    path: port.json
  - {target: {kind: Deployment}, patch: '[{\"op\": \"add\", \"path\": \"/spec/progressDeadlineSeconds\", \"value\": -7}]'}
";
    folder.file("dev/kustomization.yaml", kustomization);
    folder.file(
        "dev/port.json",
        "[\n {\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/ports/0/containerPort\",\n  \"value\": \
         99999}\n]\n",
    );
    folder.file("base/kustomization.yaml", "resources: [web.yaml]\n");
    folder.file(
        "base/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: \
         web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - {name: web, image: \
         'nginx:1.27', ports: [{containerPort: 80}]}\n",
    );
    let run = lint(&folder, &["--render", "--format", "concise", "dev"]);
    for place in [
        "dev/kustomization.yaml:5:12: error[invalid-value]: `replicas`",
        "dev/kustomization.yaml:8:27: error[unpullable-image]",
        "dev/kustomization.yaml:17:26: error[invalid-value]: `minReadySeconds`",
        "dev/kustomization.yaml:22:16: error[invalid-value]: `revisionHistoryLimit`",
        "dev/kustomization.yaml:25:41: error[invalid-value]: `progressDeadlineSeconds`",
        "dev/port.json:3:12: error[invalid-value]: `containerPort`",
    ] {
        assert!(run.stdout.contains(place), "{place}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("base/"), "{}", run.stdout);
}

#[test]
fn a_finding_in_a_base_says_which_overlay_makes_it() {
    let folder = repository("which", "");
    let script = "#!/bin/sh\n/bin/cat \"$2/built\"\n";
    folder.file("bin/kustomize", script);
    let service =
        |kind: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  type: {kind}\n");
    folder.file("base/kustomization.yaml", "resources: [web.yaml]\n").file("base/web.yaml", service("ClusterIP"));
    for name in ["dev", "prod", "test"] {
        folder.file(&format!("{name}/kustomization.yaml"), "resources: [../base]\n");
        folder.file(&format!("{name}/built"), service(if name == "prod" { "ClusterIP" } else { "clusterIP" }));
    }
    let shown = lint(&folder, &["--render", "."]).stdout;
    assert!(shown.contains("(rendered as `type: clusterIP`) in dev, in test"), "{shown}");
    assert_eq!(shown.matches("unsupported-value").count(), 1, "{shown}");
    folder.file("prod/built", service("clusterIP"));
    let shown = lint(&folder, &["--render", "."]).stdout;
    assert!(!shown.contains("in dev"), "what all of them make needs no names: {shown}");
}

#[test]
fn kustomizations_in_a_circle_are_an_error() {
    let folder = repository("circle", RENDERED);
    folder.file("a/kustomization.yaml", "resources: [../b]\n").file("b/kustomization.yaml", "bases: [../a/.]\n");
    folder.file("self/kustomization.yaml", "components: [.]\n");
    let run = lint(&folder, &["--render", "a", "b", "self"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    for word in [
        "a: b/kustomization.yaml:1: `../a/.`",
        "b: a/kustomization.yaml:1: `../b`",
        "self: self/kustomization.yaml:1: `.`",
    ] {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
    assert_eq!(calls(&folder), "");
}

#[test]
fn a_rendered_stream_is_in_its_templates() {
    let folder = repository("stream", RENDERED);
    let run = folder.run_with(&["lint", "--format", "concise", "-"], RENDERED.as_bytes(), &[]);
    assert!(run.stdout.contains("web/templates/service.yaml:7:9"), "{}", run.stdout);
    assert!(!run.stdout.contains("<stdin>"), "{}", run.stdout);
    let elsewhere = RENDERED.replace("# Source: web/", "# Source: ../../web/");
    let run = folder.run_with(&["lint", "--format", "concise", "-"], elsewhere.as_bytes(), &[]);
    assert!(run.stdout.contains("<stdin>:8:9"), "{}", run.stdout);
}

/// A dependency that `helm dependency build` has packed holds no file that a comment could mean.
#[test]
fn a_packed_dependency_leaves_the_rest_of_a_stream_in_its_templates() {
    let folder = repository("packed", RENDERED);
    let packed = RENDERED.replace("# Source: web/", "# Source: web/charts/redis/");
    let (before, after) = (format!("{packed}{RENDERED}"), format!("{RENDERED}{packed}"));
    for (stream, line) in [(before, 8), (after, 8 + RENDERED.lines().count())] {
        let run = folder.run_with(&["lint", "--format", "concise", "-"], stream.as_bytes(), &[]);
        assert!(run.stdout.contains("web/templates/service.yaml:7:9"), "{}", run.stdout);
        assert!(run.stdout.contains(&format!("<stdin>:{line}:9")), "{line}: {}", run.stdout);
    }
}

/// What a chart's author or a mistaken program may print.
#[test]
fn any_output_is_borne() {
    for output in
        ["", "\0\0\0", "---\n---\n", "{{ }}\n: : :\n- - -\n", "# Source: web/templates/service.yaml\n", "a: &a [*a]\n"]
    {
        let folder = repository("any", output);
        let run = lint(&folder, &["--render", "web"]);
        assert!((0..=2).contains(&run.code), "{output:?}: {}", run.stderr);
    }
}

#[test]
fn names_are_relative_to_the_base() {
    let folder = repository("below", RENDERED);
    let run = run_of(
        Command::new(binary())
            .args(["lint", "--render", "--base", "--format", "concise", "--format", "sarif=out.sarif", "."])
            .current_dir(folder.0.join("web"))
            .env("PATH", folder.0.join("bin"))
            .output()
            .unwrap(),
    );
    assert!(run.stdout.starts_with("web/templates/service.yaml:"), "{}{}", run.stdout, run.stderr);
    let sarif: serde_json::Value = serde_json::from_slice(&fs::read(folder.0.join("web/out.sarif")).unwrap()).unwrap();
    let place = sarif.pointer("/runs/0/results/0/locations/0/physicalLocation/artifactLocation").unwrap();
    assert_eq!(place["uri"], "web/templates/service.yaml");
    assert_eq!(place["uriBaseId"], "%SRCROOT%");
}
