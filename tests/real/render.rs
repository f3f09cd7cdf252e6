//! `patterns lint --render` with Helm, kustomize and kubectl themselves.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program::{find, folder};
use crate::support::{Run, binary, run_of};

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Runs with the one program in `PATH`.
fn lint(folder: &Path, program: &Path, args: &[&str]) -> Run {
    let mut command = Command::new(binary());
    command.arg("lint").args(args).current_dir(folder).env("NO_COLOR", "1").env("PATH", program.parent().unwrap());
    run_of(command.output().unwrap())
}

#[test]
fn helm_renders_a_chart() {
    let Some(helm) = find("helm") else { return };
    let folder = folder("render-helm");
    let template = "{{- range .Values.apps }}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .name }}\n  \
                    labels: {{- include \"web.labels\" $ | nindent 4 }}\nspec:\n  selector:\n    matchLabels: {app: {{ .name \
                    }}}\n  template:\n    metadata:\n      labels: {app: {{ .name }}}\n    spec:\n      containers:\n        \
                    - name: app\n          image: {{ .image | quote }}\n          imagePullPolicy: always\n          \
                    {{- with .env }}\n          env:\n            {{- toYaml . | nindent 12 }}\n          {{- end }}\n{{- end }}\n";
    write(
        &folder,
        &[
            ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
            ("web/values.yaml", "apps: [{name: one, image: 'web:1'}]\n"),
            (
                "web/ci/two-values.yaml",
                "apps:\n- {name: a, image: 'web:1'}\n- {name: b, image: 'web:1', env: [{name: A, value: b, valu: c}]}\n",
            ),
            ("web/templates/_helpers.tpl", "{{- define \"web.labels\" }}app.kubernetes.io/name: web{{ end }}\n"),
            ("web/templates/deployment.yaml", template),
        ],
    );
    let run = lint(&folder, &helm, &["--render", "--format", "concise", "web"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("web/templates/deployment.yaml:18:28"), "{}", run.stdout);
    assert!(
        run.stdout.lines().any(|line| line.starts_with("web/templates/deployment.yaml:20:11") && line.contains("valu")),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains('<'), "{}", run.stdout);
    fs::write(folder.join("web/templates/broken.yaml"), "{{ fail \"no such thing\" }}\n").unwrap();
    let run = lint(&folder, &helm, &["--render", "web"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("helm fails") && run.stderr.contains("no such thing"), "{}", run.stderr);
}

#[test]
fn kustomize_or_kubectl_build_an_overlay() {
    for name in ["kustomize", "kubectl"] {
        let Some(program) = find(name) else { continue };
        let folder = folder(&format!("render-{name}"));
        let base = "# the web\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: \
                    web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          \
                    image: \"web:1\"\n          imagePullPolicy: always # wrong\n";
        let patch =
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  strategy: {type: Rolling}\n";
        write(
            &folder,
            &[
                ("base/web.yaml", base),
                ("base/kustomization.yaml", "resources: [web.yaml]\n"),
                ("dev/strategy.yaml", patch),
                (
                    "dev/kustomization.yaml",
                    "resources: [../base]\nnamePrefix: dev-\npatches: [{path: strategy.yaml}]\nconfigMapGenerator: [{name: settings, literals: [a=b]}]\n",
                ),
            ],
        );
        let bin = folder.join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(&program, bin.join(name)).unwrap();
        let run = lint(&folder, &bin.join(name), &["--render", "--format", "concise", "dev"]);
        assert_eq!(run.code, 1, "{name}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("base/web.yaml:13:"), "{name}: {}", run.stdout);
        assert!(run.stdout.contains("dev/strategy.yaml:5:"), "{name}: {}", run.stdout);
    }
}
