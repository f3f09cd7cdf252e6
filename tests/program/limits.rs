//! What hostile input, full disks and closed pipes do to the program: as `SECURITY.md` promises.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{binary, lint_formats};

const NORWAY: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: norway}\ndata:\n  country: no\n";
const DESCRIPTION: &str = "patterns: v1\nname: shop\napp: {image: registry.example.com/shop:1.2, port: 8080}\nshape: {replicated: {replicas: 2}}\n";

/// Longer than anything here takes on a busy machine, and shorter than forever.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder in one of the test's own, which looks like a repository.
struct Folder(PathBuf, #[expect(dead_code, reason = "it is there until this is dropped")] OwnFolder);

impl Folder {
    fn new(name: &str) -> Self {
        let path = own_folder(Path::new("limits").join(name));
        fs::create_dir_all(path.join("repository/.git")).unwrap();
        Self(path.join("repository"), path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(&self.0).env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    /// Runs a command line that must come to an end.
    fn run(&self, arguments: &[&str]) -> Ended {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let out = std::thread::spawn(move || read(&mut out));
        let err = std::thread::spawn(move || read(&mut err));
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{arguments:?} did not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ended { code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() }
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// The names of all files in the folder, hidden ones included.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn read(from: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// A failed run whose message says this.
    #[track_caller]
    fn fails(&self, with: &str) {
        assert_eq!(self.code, Some(2), "{}{}", self.out, self.err);
        assert!(self.err.contains(with), "{}", self.err);
    }
}

#[test]
fn what_aliases_copy_is_limited_in_bytes() {
    let folder = Folder::new("aliases");
    let copies: String = (0..11_000).fold(String::new(), |text, at| text + &format!("  k{at}: *a\n"));
    let bomb = format!("{}  a: &a \"{}\"\n{copies}", NORWAY, "x".repeat(170_000));
    folder.file("bomb.yaml", bomb).file("few.yaml", format!("{NORWAY}  a: &a \"{}\"\n  b: *a\n", "x".repeat(400_000)));
    let run = folder.run(&["read", "bomb.yaml"]);
    assert!(run.code == Some(1) && run.err.contains("aliases copy more than 16 MiB"), "{}", run.err);
    assert_eq!(folder.run(&["read", "few.yaml"]).code, Some(0));
}

#[cfg_attr(debug_assertions, ignore = "reads two million lines: ten seconds of a debug build")]
#[test]
fn documents_of_a_file_are_limited() {
    let folder = Folder::new("documents");
    folder.file("many.yaml", "---\n".repeat(2_000_010));
    let run = folder.run(&["read", "many.yaml"]);
    assert!(run.code == Some(1) && run.err.contains("more than 1000000 documents"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_that_files_name_are_not_read() {
    let folder = Folder::new("devices");
    assert!(Command::new("mkfifo").arg(folder.0.join("pipe")).status().unwrap().success());
    for target in ["/dev/zero", "pipe"] {
        folder.file("shop.yaml", format!("{DESCRIPTION}extends: {target}\n"));
        folder.run(&["gen", "shop.yaml"]).fails(if target == "pipe" { "not a regular file" } else { "is outside" });
        folder.file("manifests/norway.yaml", NORWAY);
        folder.file("manifests/.patterns.yaml", format!("lint: {{baseline: {}}}\n", target.replace("pipe", "../pipe")));
        folder.run(&["lint", "manifests"]).fails("not a regular file");
        fs::remove_file(folder.0.join("manifests/.patterns.yaml")).unwrap();
        let to = || if target == "pipe" { folder.0.join("pipe") } else { target.into() };
        let [kustomization, settings] =
            ["kustomization.yaml", ".patterns.yaml"].map(|name| folder.0.join("manifests").join(name));
        std::os::unix::fs::symlink(to(), &kustomization).unwrap();
        assert_eq!(folder.run(&["lint", "manifests"]).code, Some(1));
        fs::remove_file(kustomization).unwrap();
        std::os::unix::fs::symlink(to(), &settings).unwrap();
        folder.run(&["lint", "manifests"]).fails("not a regular file");
        fs::remove_file(settings).unwrap();
    }
}

/// A pipe with a name waits for a program that may never come; what a shell makes for `<(…)` is open already.
#[cfg(target_os = "linux")]
#[test]
fn pipes_with_a_name_are_refused() {
    let folder = Folder::new("pipes");
    folder.file("shop.yaml", DESCRIPTION).file("a.yaml", NORWAY);
    assert!(Command::new("mkfifo").arg(folder.0.join("pipe.yaml")).status().unwrap().success());
    std::os::unix::fs::symlink("pipe.yaml", folder.0.join("link.yaml")).unwrap();
    for command in ["lint", "import", "gen", "explain", "read"] {
        for name in ["pipe.yaml", "link.yaml"] {
            let run = folder.run(&[command, name]);
            let said = format!("{}{}", run.out, run.err);
            assert!(
                run.code.is_some_and(|code| code != 0) && said.contains("this is a named pipe"),
                "{command}: {said}"
            );
        }
    }
    let program = folder.command(&[]).get_program().to_owned();
    let mut shell = Command::new("bash");
    shell.current_dir(&folder.0).arg("-c").arg("\"$0\" lint --format concise <(cat a.yaml)").arg(program);
    let run = shell.output().unwrap();
    assert!(String::from_utf8_lossy(&run.stdout).contains("norway"), "{}", String::from_utf8_lossy(&run.stderr));
}

/// Without them the run would seem to have checked what it has not.
#[cfg(unix)]
#[test]
fn settings_that_cannot_be_read_are_an_error() {
    let folder = Folder::new("settings");
    folder.file("manifests/norway.yaml", NORWAY).file("shop.yaml", DESCRIPTION);
    let settings = folder.0.join(".patterns.yaml");
    let commands: [&[&str]; 3] = [&["lint", "manifests"], &["gen", "shop.yaml"], &["lint", "manifests/norway.yaml"]];
    fs::create_dir(&settings).unwrap();
    for command in commands {
        folder.run(command).fails(".patterns.yaml: not a regular file");
    }
    fs::remove_dir(&settings).unwrap();
    assert!(Command::new("mkfifo").arg(&settings).status().unwrap().success());
    for command in commands {
        folder.run(command).fails(".patterns.yaml: not a regular file");
    }
    fs::remove_file(&settings).unwrap();
    std::os::unix::fs::symlink("nowhere", &settings).unwrap();
    for command in commands {
        folder.run(command).fails(".patterns.yaml: this link's target does not exist");
    }
}

#[cfg(unix)]
#[test]
fn what_the_command_line_names_may_be_a_pipe_and_has_a_size() {
    let folder = Folder::new("named");
    folder.run(&["lint", "/dev/zero"]).fails("larger than 128 MiB, the most that is read (limit input-bytes");
    let mut child = folder
        .command(&["lint", "--format", "concise", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(NORWAY.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    folder.file("norway.yaml", NORWAY).file("baseline.json", "");
    assert_eq!(folder.run(&["lint", "--write-baseline", "baseline.json", "norway.yaml"]).code, Some(0));
    let baseline = fs::read(folder.0.join("baseline.json")).unwrap();
    let mut child = folder
        .command(&["lint", "--baseline", "/dev/stdin", "norway.yaml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&baseline).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// What hundreds of containers mount is read once, and what is written in one script costs no square of its length.
#[test]
fn one_configuration_of_many_containers_and_long_scripts_take_little_time() {
    let folder = Folder::new("shared");
    let servers = (0..1000).fold(String::new(), |text, at| {
        text + &format!("      server {{ listen {}; location / {{ proxy_pass http://h{at}:80; }} }}\n", 8000 + at)
    });
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  nginx.conf: |\n    events {{}}\n    http {{\n{servers}    }}\n"
    );
    let pods = (0..100).fold(map, |text, at| {
        text + &format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{at}}}\nspec:\n  containers: [{{name: web, image: \"nginx:1.27\", \
             volumeMounts: [{{name: conf, mountPath: /etc/nginx}}]}}]\n  volumes: [{{name: conf, configMap: {{name: conf}}}}]\n"
        )
    });
    let asks = (0..20_000).fold(String::new(), |text, at| text + &format!("nc -z h{at} 80 && "));
    let script = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers: [{{name: c, image: busybox, command: [sh, -c, \"{asks}true\"]}}]\n"
    );
    folder.file("pods.yaml", pods).file("script.yaml", script);
    for file in ["pods.yaml", "script.yaml"] {
        let start = Instant::now();
        folder.run(&["lint", file]);
        assert!(start.elapsed() < Duration::from_secs(60), "{file}: {:?}", start.elapsed());
    }
}

#[test]
fn what_costs_more_than_the_server_spends_is_no_silence() {
    let folder = Folder::new("costly");
    let list: Vec<String> = (0..400).map(|at: u32| at.to_string()).collect();
    let list = format!("[{}]", list.join(","));
    folder.file("costly.yaml", format!("apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: costly}}\nspec:\n  matchConstraints: {{resourceRules: [{{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}}]}}\n  validations: [{{expression: \"{list}.all(a, {list}.all(b, {list}.all(c, true)))\"}}]\n"));
    folder.file("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let run = folder.run(&["lint", "--policy", "costly.yaml", "--format", "concise", "--fail-on", "warning", "a.yaml"]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("warning[policy-not-evaluated]: the policy costly was not evaluated: its cost is above or close"),
        "{}",
        run.out
    );
}

/// Each took the square of its length, or the cube.
#[test]
fn what_is_found_many_times_takes_little_time() {
    let folder = Folder::new("square");
    let one_line = (0..40_000).fold(String::new(), |text, at| text + &format!("k{at}: no, "));
    folder.file("line.yaml", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{{one_line}}}\n"));
    let services = (0..600).fold(String::new(), |text, at| {
        text + &format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{at}, labels: {{app: w{at}}}}}\nspec: {{containers: [{{name: c, image: \"e.com/a:1\"}}]}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{at}}}\nspec: {{selector: {{app: w{at}}}, ports: [{{port: 80}}]}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: x{at}}}\nspec: {{selector: {{app: gone{at}}}, ports: [{{port: 80}}]}}\n"
        )
    });
    folder.file("services.yaml", services);
    let maps = (0..1500).fold(String::new(), |text, at| {
        text + &format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{at}}}\n")
    });
    let exceptions = (0..8000)
        .fold(String::new(), |text, at| text + &format!("{{rule: norway, why: so, object: ConfigMap/x{at}}}, "));
    folder.file("excepted/maps.yaml", maps);
    folder.file("excepted/.patterns.yaml", format!("lint: {{exceptions: [{exceptions}]}}\n"));
    let rules = (0..10_000).fold(String::new(), |text, at| text + &format!("norway{at}: skip, "));
    folder.file("rules/a.yaml", NORWAY).file("rules/.patterns.yaml", format!("lint: {{rules: {{{rules}}}}}\n"));
    for (path, code) in [("line.yaml", 1), ("services.yaml", 0), ("excepted", 0), ("rules", 2)] {
        let start = Instant::now();
        let run = folder.run(&["lint", path]);
        assert!(start.elapsed() < Duration::from_secs(60), "{path}: {:?}", start.elapsed());
        assert_eq!(run.code, Some(code), "{path}: {}", run.err);
    }
}

/// Each variable was looked for among all that come after it.
#[test]
fn variables_without_references_take_little_time() {
    let folder = Folder::new("variables");
    let variables = (0..40_000).fold(String::new(), |text, at| text + &format!("    V{at}: x\n"));
    let app = "patterns: v1\nname: shop\napp:\n  image: registry.example.com/shop:1.2\n  port: 8080\n  env:\n";
    folder.file("shop.yaml", format!("{app}{variables}"));
    let start = Instant::now();
    let run = folder.run(&["gen", "shop.yaml"]);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!(run.code, Some(0), "{}", run.err);
}

/// A catalogue makes any object: it is the repository's own, as its descriptions are.
#[test]
fn a_catalogue_is_in_its_repository() {
    let folder = Folder::new("catalogue");
    fs::create_dir_all(folder.0.join("../out/sidecar")).unwrap();
    folder.file("shop.yaml", DESCRIPTION).file(".patterns.yaml", "catalogue: [../out]\n");
    for command in [&["gen", "shop.yaml"][..], &["lint", "shop.yaml"], &["explain", "shop.yaml"]] {
        folder.run(command).fails("this folder is outside");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../out", folder.0.join("patterns")).unwrap();
        folder.file(".patterns.yaml", "catalogue: [patterns]\n");
        folder.run(&["gen", "shop.yaml"]).fails("this folder is outside");
    }
}

#[test]
fn names_that_no_file_system_takes_are_refused_before_anything_is_written() {
    let folder = Folder::new("long-names");
    let name = "a".repeat(253);
    folder.file(
        "shop.yaml",
        format!("{DESCRIPTION}extra: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}]\n"),
    );
    assert_eq!(folder.run(&["gen", "shop.yaml"]).code, Some(0));
    let run = folder.run(&["gen", "shop.yaml", "-o", "out"]);
    run.fails("more than the 255");
    assert!(!folder.0.join("out").exists());
}

#[test]
fn a_description_extends_nothing_outside_of_its_repository() {
    let folder = Folder::new("outside");
    folder.file("../secret.yaml", "password: hunter2\n");
    folder.file("apps/shop.yaml", format!("{DESCRIPTION}extends: ../../secret.yaml\n"));
    let run = folder.run(&["gen", "apps/shop.yaml"]);
    run.fails("is outside");
    assert!(!run.err.contains("hunter2"), "{}", run.err);
    folder.file("base.yaml", DESCRIPTION).file("apps/shop.yaml", "patterns: v1\nname: shop\nextends: ../base.yaml\n");
    let run = folder.run(&["gen", "apps/shop.yaml"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret.yaml", folder.0.join("link.yaml")).unwrap();
        folder.file("apps/shop.yaml", format!("{DESCRIPTION}extends: ../link.yaml\n"));
        let run = folder.run(&["gen", "apps/shop.yaml"]);
        run.fails("is outside");
        assert!(!run.err.contains("hunter2"), "{}", run.err);
    }
}

/// Variables that repeat each other double at each step.
#[test]
fn what_is_expanded_does_not_grow_without_end() {
    let pod = |rest: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    image: nginx:1.29\n{rest}\n"
        )
    };
    let lines = |line: &dyn Fn(usize) -> String, count: usize| (1..=count).map(line).collect::<Vec<_>>().concat();
    let doubled = lines(&|step| format!("    - {{name: E{step}, value: \"$(E{0})$(E{0})\"}}\n", step - 1), 39);
    let script = format!("a=aaaaaaaa; {}exec nginx -c $a", "a=$a$a; ".repeat(40));
    let exported = format!("export A=aaaaaaaa; {}nginx -c $A", "export A=\"$A$A\"; ".repeat(40));
    let braced = format!("a=aaaaaaaa; {}exec nginx -c ${{a}}", "a=${a}${a}; ".repeat(40));
    let many = lines(&|key| format!("  K{key}: http://db{key}:80\n"), 1000);
    let sources = lines(&|at| format!("    - {{prefix: P{at}, configMapRef: {{name: many}}}}\n"), 1000);
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: many}}\ndata:\n{many}---\n");
    let texts = [
        pod(&format!("    env:\n    - {{name: E0, value: aaaaaaaa}}\n{doubled}    args: ['$(E39)']")),
        pod(&format!("    command: [sh, -c, '{script}']")),
        pod(&format!("    command: [sh, -c, '{exported}']")),
        pod(&format!("    command: [bash, -ec, '{braced}']")),
        pod(&format!("    command: [sh, -c, 'sh -c \"{script}\"']")),
        pod(&format!(
            "    env: [{{name: E, value: {}}}]\n    args: ['{}']",
            "x".repeat(100_000),
            "$(E)".repeat(20_000)
        )),
        map + &pod(&format!("    envFrom:\n{sources}")),
    ];
    for (at, text) in texts.iter().enumerate() {
        let folder = Folder::new(&format!("expanded-{at}"));
        folder.file("a.yaml", text);
        for command in ["lint", "explain", "diagram", "import"] {
            let before = Instant::now();
            let run = folder.run(&[command, "a.yaml"]);
            assert!(run.code == Some(0) || run.code == Some(1), "{command} {at}: {:?} {}", run.code, run.err);
            assert!(before.elapsed() < PATIENCE && run.out.len() + run.err.len() < 4 << 20, "{command} {at}");
        }
    }
}

#[test]
fn mistakes_and_boxes_without_end_are_not_shown() {
    let folder = Folder::new("mistakes-and-boxes");
    let keys = "  A: 1\n".repeat(5_000);
    folder.file(
        "app.yaml",
        format!("patterns: v1\nname: shop\napp:\n  image: a:1\n  env:\n{}", keys.replace("  A", "    A")),
    );
    let run = folder.run(&["gen", "app.yaml"]);
    assert!(
        run.code != Some(0) && run.err.contains("more (limit mistakes: 200)"),
        "{}",
        &run.err[run.err.len() - 300..]
    );
    let both = "apiVersion: v1\nkind: Service\nmetadata: {name: sN}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n---\n\
                apiVersion: v1\nkind: Pod\nmetadata: {name: pN, labels: {app: a}}\nspec: {containers: [{name: a, image: a}]}\n---\n";
    folder.file("all.yaml", (0..300).map(|at| both.replace('N', &at.to_string())).collect::<String>());
    folder.run(&["diagram", "all.yaml"]).fails("limit diagram-parts, see `patterns explain limits`)");
    assert_eq!(folder.run(&["diagram", "--format", "dot", "all.yaml"]).code, Some(0));
}

/// `.gitignore` and `.ignore` are read by whatever walks a folder, and git can carry a link.
#[cfg(unix)]
#[test]
fn ignore_files_that_never_end_are_not_read() {
    type Make<'a> = &'a dyn Fn(&Path);
    let cases: [(&str, Make<'_>); 4] = [
        ("device", &|path| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
        ("fifo", &|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("large", &|path| fs::write(path, "*.a\n".repeat(400_000)).unwrap()),
        ("link", &|path| std::os::unix::fs::symlink("/dev/stdin", path).unwrap()),
    ];
    for (name, make) in cases {
        for place in [".gitignore", ".ignore", "k8s/.gitignore", "k8s/deep/.ignore"] {
            let folder = Folder::new(&format!("ignore-{name}-{}", place.replace('/', "-")));
            folder.file("a.yaml", NORWAY).file("k8s/deep/b.yaml", NORWAY).file("k8s/app.yaml", DESCRIPTION);
            make(&folder.0.join(place));
            for command in ["lint", "explain", "import", "gen"] {
                let run = folder.run(&[command, "."]);
                assert!(run.code.is_some() && run.code != Some(0), "{command} {name} {place}: {:?}", run.code);
                let says = run.err.contains("not a regular file") || run.err.contains("limit named-file-bytes");
                assert!(says || name == "link", "{command} {name} {place}: {}", run.err);
            }
        }
    }
    // a link to a file of the repository is as good as the file
    let folder = Folder::new("ignore-plain");
    folder.file("rules", "b.yaml\n").file("a.yaml", NORWAY).file("b.yaml", NORWAY);
    std::os::unix::fs::symlink("rules", folder.0.join(".ignore")).unwrap();
    let run = folder.run(&["lint", "--format", "concise", "."]);
    assert!(run.out.contains("a.yaml") && !run.out.contains("b.yaml"), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn settings_show_and_read_nothing_outside_of_their_repository() {
    let folder = Folder::new("settings-outside");
    folder.file("../auths.json", "{\"auths\": {\"registry\": {\"auth\": \"hunter2\"}}}\n").file("a.yaml", NORWAY);
    std::os::unix::fs::symlink("../auths.json", folder.0.join(".patterns.yaml")).unwrap();
    let run = folder.run(&["lint", "a.yaml"]);
    run.fails("is a link that leads out of");
    assert!(!run.err.contains("hunter2") && !run.err.contains("auths:"), "{}", run.err);
    fs::remove_file(folder.0.join(".patterns.yaml")).unwrap();
    folder.file("../policy/a.yaml", NORWAY);
    for outside in ["/dev/stdin", "/dev/zero", "/", "../policy", "../policy/a.yaml", "k8s/../../policy"] {
        folder.file(".patterns.yaml", format!("lint: {{policies: [{outside}]}}\n")).file("k8s/b.yaml", NORWAY);
        folder.run(&["lint", "a.yaml"]).fails("not a file or folder in the repository");
    }
}

#[test]
fn a_report_takes_no_manifests_place() {
    let folder = Folder::new("report-over-manifest");
    let clean = NORWAY.replace("no\n", "'no'\n");
    for arguments in [
        &["lint", "--write-baseline", "a.yaml", "b.yaml"][..],
        &["lint", "--format", "json=a.yaml", "b.yaml"],
        &["lint", "--format", "sarif=a.yaml", "."],
        &["diagram", "a.yaml", "-o", "a.yaml", "--format", "svg"],
    ] {
        folder.file("a.yaml", &clean).file("b.yaml", NORWAY);
        assert_eq!(folder.run(arguments).code, Some(2), "{arguments:?}");
        assert_eq!(fs::read_to_string(folder.0.join("a.yaml")).unwrap(), clean, "{arguments:?}");
    }
    // a baseline is replaced by a new one, and an empty file may be replaced
    folder.file("baseline.json", "");
    for _ in 0..2 {
        assert_eq!(folder.run(&["lint", "--write-baseline", "baseline.json", "b.yaml"]).code, Some(0));
    }
}

#[test]
fn parameters_do_not_grow_without_end() {
    let folder = Folder::new("parameters");
    let holes = "${p}".repeat(20_000);
    folder.file(
        "a.yaml",
        format!(
            "patterns: v1\nname: a\nparams: {{p: {{type: string, default: {}}}}}\napp: {{image: a:1, env: {{E: \"{holes}\"}}}}\n",
            "x".repeat(100_000)
        ),
    );
    for command in ["gen", "lint", "explain"] {
        let run = folder.run(&[command, "a.yaml"]);
        let said = run.out.clone() + &run.err;
        assert!(run.code != Some(0) && said.contains("limit parameter-bytes"), "{command}: {said}");
    }
}

#[test]
fn templates_of_a_projects_own_come_to_an_end() {
    let pattern = "\
name: busy
family: sidecar
summary: does a lot
literature: none
image: config
params:
  type: object
  properties:
    text: {type: string, description: what to say}
";
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let prints = "{% for a in range(99999) %}{{ params.text }}{% endfor %}";
    let steps = "more than 1000000 steps";
    let patience = "limit template-";
    let doubled = "{% set a = params.text %}".to_owned() + &"{% set a = a ~ a %}".repeat(60);
    let grown = |from: &str, by: &str, then: &str| {
        let begin = format!("{{% set all = namespace(a={from}) %}}");
        format!("{begin}{{% for i in range(60) %}}{{% set all.a = {by} %}}{{% endfor %}}{then}")
    };
    let text = |by: &str| grown("params.text", by, "");
    let nested = |then: &str| grown("[1]", "[all.a, all.a]", then);
    let many = |then: &str| format!("{{% set all = [1] * 99999999 %}}{then}");
    for (name, template, message) in [
        ("steps", loops.to_owned(), steps),
        ("output", prints.to_owned(), "writes more than 8 MiB"),
        ("doubled", doubled, steps),
        ("added", text("all.a ~ all.a"), steps),
        ("joined", text("[all.a, all.a] | join"), steps),
        ("replaced", text("all.a | replace('x', 'xx')"), steps),
        ("multiplied", text("all.a * 1000"), steps),
        (
            "calls",
            "{% macro f(a, n) %}{% if n %}{{ f(a ~ a, n - 1) }}{% endif %}{% endmacro %}{{ f(params.text, 60) }}"
                .to_owned(),
            steps,
        ),
        // What the engine's fuel does not count: lists that are longer than what made them.
        ("list-written", many("a: {{ all }}"), patience),
        ("list-of-ours", many("a: {{ all | owned('x', []) }}"), patience),
        ("list-shared", nested("a: {{ all.a }}"), patience),
        ("folders", many("a: {{ all | folders }}"), "more than 100000 elements"),
        ("list-added", grown("[1]", "all.a + all.a", ""), patience),
        ("list-text", many("a: {{ all ~ '' }}"), patience),
        ("constant", "a: {{ 2 in [1] * 99999999 }}".to_owned(), patience),
        ("list-compared", many("{% if all == [1] * 99999999 %}{% endif %}"), patience),
        ("shared-json", nested("a: {{ all.a | tojson }}"), patience),
    ] {
        let folder = Folder::new(name);
        folder.file("own/sidecar/busy/pattern.yaml", pattern).file("own/sidecar/busy/pod.yaml.j2", template);
        folder.file("shop.yaml", format!("{DESCRIPTION}use: [{{busy: {{text: {}}}}}]\n", "x".repeat(1000)));
        let run = folder.run(&["gen", "--catalogue", "own", "shop.yaml"]);
        assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
        // on a busy machine the time may be up first
        assert!(run.err.contains(message) || run.err.contains(patience), "{}", run.err);
    }
}

#[test]
fn expressions_of_a_projects_own_come_to_an_end() {
    let folder = Folder::new("expression");
    let pattern = "\
name: busy
family: sidecar
summary: does a lot
literature: none
image: config
params: {type: object, properties: {text: {type: string, description: what to say}}}
checks: [{that: '[1] * 99999999 == [1] * 99999999', at: text, message: never}]
";
    folder.file("own/sidecar/busy/pattern.yaml", pattern).file("own/sidecar/busy/pod.yaml.j2", "metadata: {}\n");
    folder.file("shop.yaml", format!("{DESCRIPTION}use: [busy]\n"));
    folder.run(&["gen", "--catalogue", "own", "shop.yaml"]).fails("limit template-");
}

#[cfg(unix)]
#[test]
fn a_fix_keeps_mode_and_link_and_leaves_nothing_beside() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = Folder::new("fix");
    folder.file("a.yaml", NORWAY).file("../outside.yaml", NORWAY).file("deep/b.yaml", NORWAY);
    fs::set_permissions(folder.0.join("a.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("deep/b.yaml", folder.0.join("inside.yaml")).unwrap();
    std::os::unix::fs::symlink("../outside.yaml", folder.0.join("outside.yaml")).unwrap();
    assert_eq!(folder.run(&["lint", "--fix", "a.yaml", "inside.yaml"]).code, Some(0));
    assert_eq!(fs::metadata(folder.0.join("a.yaml")).unwrap().mode() & 0o777, 0o640);
    assert!(folder.text("a.yaml").contains("country: \"no\"") && folder.text("deep/b.yaml").contains("\"no\""));
    assert!(folder.0.join("inside.yaml").is_symlink());
    folder.run(&["lint", "--fix", "outside.yaml"]).fails("a link to");
    assert_eq!(folder.text("../outside.yaml"), NORWAY);
    assert_eq!(folder.names(), [".git", "a.yaml", "deep", "inside.yaml", "outside.yaml"]);
}

/// A file-size limit of the shell stands for a full disk: a write fails half way.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let folder = Folder::new("full");
    let long = format!("{NORWAY}  long: \"{}\"\n", "x".repeat(8 << 10));
    folder.file("long.yaml", &long).file("shop.yaml", DESCRIPTION);
    let limited = |command: &str| {
        let script = format!("trap '' XFSZ; ulimit -f 1; exec \"$0\" {command}");
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).arg(binary()).current_dir(&folder.0).output().unwrap()
    };
    let output = limited("lint --fix long.yaml");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(folder.text("long.yaml"), long);
    let output = limited("lint --format json=report.json long.yaml");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = limited("diagram -o shop.svg shop.yaml");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(folder.names(), [".git", "long.yaml", "shop.yaml"]);
    let output = limited("man pages");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("pages/patterns-"), "{said}");
    let pages = fs::read_dir(folder.0.join("pages")).unwrap();
    assert!(pages.map(|page| page.unwrap().metadata().unwrap().len()).all(|length| length > 0));
}

/// What a disk without room for the second file leaves is nothing, and the next run works.
#[cfg(unix)]
#[test]
fn an_import_that_fails_half_way_leaves_nothing() {
    let folder = Folder::new("full-import");
    let workload = |name: &str, value: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: \
             {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers: [{{name: {name}, \
             image: \"registry.example.com/{name}:1\", args: [\"{value}\"]}}]\n"
        )
    };
    folder.file("m.yaml", format!("{}---\n{}", workload("a", "short"), workload("b", &"x".repeat(8 << 10))));
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" import m.yaml -o made > /dev/null";
    let mut shell = Command::new("bash");
    let output = shell.args(["-c", script]).arg(binary()).current_dir(&folder.0).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("made/b.yaml"), "{said}");
    assert_eq!(folder.names(), [".git", "m.yaml"]);
    let run = folder.run(&["import", "m.yaml", "-o", "made"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

/// A run that was ended while it wrote leaves files that wait; the next one removes them, and only them.
#[cfg(unix)]
#[test]
fn what_an_ended_run_left_goes_with_the_next() {
    let folder = Folder::new("abandoned");
    folder.file("shop.yaml", DESCRIPTION);
    let mut ended = Command::new("true").spawn().unwrap();
    let (gone, there) = (ended.id(), std::process::id());
    ended.wait().unwrap();
    let others = [format!(".patterns-{there}-0.new"), ".patterns-x-0.new".to_owned(), ".new".to_owned()];
    folder
        .file("fixed/a.yaml", NORWAY)
        .file("pinned.yaml", format!("{DESCRIPTION}use: [{{https: {{secret: tls}}}}]\n"));
    for into in ["made", "imported", "fixed", "."] {
        for name in [format!(".patterns-{gone}-0.new"), format!(".patterns-{gone}-17.new")].iter().chain(&others) {
            folder.file(&format!("{into}/{name}"), "half");
        }
    }
    assert_eq!(folder.run(&["gen", "shop.yaml", "-o", "made"]).code, Some(0));
    let run = folder.run(&["import", "made", "-o", "imported"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    for args in [&["lint", "--fix", "fixed"][..], &["images", "pinned.yaml", "--write"]] {
        let run = folder.run(args);
        assert_eq!(run.code, Some(0), "{args:?}: {}{}", run.out, run.err);
    }
    for into in ["made", "imported", "fixed", "."] {
        let names = fs::read_dir(folder.0.join(into)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        left.retain(|name| name.contains(".new"));
        left.sort();
        let mut expected = others.to_vec();
        expected.sort();
        assert_eq!(left, expected, "{into}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn exit_codes_do_not_depend_on_who_reads() {
    let folder = Folder::new("streams");
    folder.file("norway.yaml", NORWAY).file("shop.yaml", DESCRIPTION).file("bad.yaml", "a: [\n");
    let closed = |command: &str| -> Output {
        let mut shell = Command::new("bash");
        let script = format!("\"$0\" {command} | true; exit \"${{PIPESTATUS[0]}}\"");
        shell.args(["-c", &script]).arg(binary()).current_dir(&folder.0).output().unwrap()
    };
    // More than a pipe holds, so that the program meets its end.
    let all = (0..3_000).fold(String::new(), |text, at| text + &format!("  k{at}: no\n"));
    folder.file("many.yaml", format!("{NORWAY}{all}"));
    for (command, code) in [("lint many.yaml", 1), ("lint --format json many.yaml", 1), ("gen shop.yaml", 0)] {
        assert_eq!(closed(command).status.code(), Some(code), "{command}");
    }
    for (command, code) in [("lint norway.yaml", 1), ("gen missing.yaml", 2), ("read bad.yaml", 1), ("gen bad.yaml", 2)]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let arguments: Vec<&str> = command.split(' ').collect();
        let status = folder.command(&arguments).stdout(Stdio::null()).stderr(full).status().unwrap();
        assert_eq!(status.code(), Some(code), "{command}");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = folder.command(&["gen", "shop.yaml"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn no_format_lets_through_what_a_terminal_obeys() {
    let folder = Folder::new("controls");
    let signs = "\\e[31m\\0\\u009b\\u202e\\u2066\\u2028";
    let broken = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {\u{1b}[31m\u{9b}\u{202e}\n";
    folder
        .file("a.yaml", format!("apiVersion: v1\nkind: \"Po{signs}d\"\nmetadata: {{name: \"{signs}\", labels: {{\"{signs}\": no}}}}\n"))
        .file("b.yaml", format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{containers: [{{name: \"{signs}\", image: \"{signs}\"}}]}}\n"))
        .file("c.yaml", broken);
    for format in lint_formats() {
        let run = folder.run(&["lint", "--profile", "strict", "--format", &format, "."]);
        let obeyed = |sign: char| {
            sign.is_control() && !matches!(sign, '\n' | '\t')
                || ('\u{2028}'..='\u{202E}').contains(&sign)
                || ('\u{2066}'..='\u{2069}').contains(&sign)
        };
        assert!(
            run.code == Some(1) && !run.out.contains(obeyed) && !run.err.contains(obeyed),
            "{format}: {:?}",
            run.out
        );
    }
    for command in [&["read", "a.yaml"][..], &["explain", "--format", "json", "b.yaml"]] {
        let run = folder.run(command);
        assert!(run.out.contains("\\u202e") && !run.out.contains(['\u{202e}', '\u{9b}']), "{command:?}: {:?}", run.out);
        let _: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    }
}

/// A line break in a file's name begins no line: what follows it could be a command to a CI server.
#[cfg(unix)]
#[test]
fn no_name_of_a_file_begins_a_line() {
    let folder = Folder::new("names");
    let name = |what: &str, end: &str| format!("{what}\n::error file=y::injected\n{end}");
    folder.file(&name("manifest", ".yaml"), NORWAY).file(&name("description", ".yaml"), DESCRIPTION);
    folder.file(&name("broken", ".yaml"), "a: [\n");
    let workload =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"nginx:1.27.3\"}]}\n";
    folder.file(&name("pod", ".yaml"), workload);
    fs::create_dir(folder.0.join(name("folder", ""))).unwrap();
    let (description, gone) = (name("description", ".yaml"), name("gone", ""));
    let mut runs: Vec<Vec<String>> = vec![vec!["lint".to_owned(), "-v".to_owned(), ".".to_owned()]];
    for format in ["github", "concise", "terminal"] {
        runs.push(["lint", "-v", "--format", format, "."].map(str::to_owned).to_vec());
    }
    for command in ["lint", "gen", "import", "explain", "read", "diagram", "new", "images"] {
        for file in ["manifest", "description", "broken", "pod", "gone"] {
            let file = if file == "gone" { gone.clone() } else { name(file, ".yaml") };
            runs.push(vec![command.to_owned(), file]);
        }
        runs.push(vec![command.to_owned(), name("folder", "")]);
    }
    for options in [
        ["-o", &name("made", "")],
        ["-o", &description],
        ["--check", &gone],
        ["--catalogue", &gone],
        ["--params", &gone],
    ] {
        let mut run = vec!["gen".to_owned(), description.clone()];
        run.extend(options.map(str::to_owned));
        runs.push(run);
    }
    for run in runs {
        let ended = folder.run(&run.iter().map(String::as_str).collect::<Vec<_>>());
        let said = format!("{}{}", ended.out, ended.err);
        assert!(!said.lines().any(|line| line.starts_with("::error file=y")), "{run:?}: {said}");
    }
}

#[test]
fn a_damaged_file_in_a_folder_is_reported() {
    let folder = Folder::new("damaged");
    let wide: Vec<u8> = NORWAY.bytes().flat_map(|byte| [byte, 0]).collect();
    folder.file("zeros.yaml", vec![0; 700]).file("wide.yaml", wide).file("other.json", "{\"a\": }");
    let run = folder.run(&["lint", "--format", "concise", "."]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.out.contains("zeros.yaml:1:1") && run.out.contains("wide.yaml:1:2"), "{}", run.out);
    assert_eq!(run.out.lines().count(), 2, "{}", run.out);
}

#[test]
fn findings_of_a_rule_are_limited_and_counted() {
    let folder = Folder::new("findings");
    let keys = (0..12_000).fold(String::new(), |text, at| text + &format!("  k{at}: no\n"));
    folder.file("many.yaml", format!("{NORWAY}{keys}"));
    let run = folder.run(&["lint", "--format", "concise", "many.yaml"]);
    assert_eq!(run.out.lines().count(), 10_000);
    let cut = "1 rule has more findings than the 10000 listed (limit findings, see `patterns explain limits`)";
    assert!(run.err.contains(cut), "{}", run.err);
    for format in lint_formats().into_iter().filter(|format| !matches!(format.as_str(), "terminal" | "concise")) {
        let run = folder.run(&["lint", "-q", "--format", &format, "many.yaml"]);
        assert!(run.err.contains(&format!("warning: {cut}")), "{format}: {}", run.err);
        let says_so = matches!(format.as_str(), "sarif" | "github" | "json" | "markdown");
        let said = if format == "json" { "\"rulesCut\":1" } else { cut };
        assert_eq!(run.out.contains(said), says_so, "{format}");
    }
}

/// More findings of a rule than are listed, of which the second ten thousand come to light when the first are gone.
#[test]
fn fixing_does_not_stop_at_what_is_listed() {
    let folder = Folder::new("fixing");
    let keys = (0..12_000).fold(String::new(), |text, at| text + &format!("  k{at}: no\n"));
    folder.file("many.yaml", format!("{NORWAY}{keys}"));
    let run = folder.run(&["lint", "--fix", "many.yaml"]);
    assert!(run.code == Some(0) && run.err.contains("fixed 12001 findings in 1 file"), "{}", run.err);
    assert_eq!(folder.text("many.yaml").matches(": \"no\"\n").count(), 12_001);
}

#[test]
fn fixing_takes_few_runs_whatever_the_number_of_files() {
    let folder = Folder::new("many");
    for at in 0..300 {
        folder.file(&format!("m/{at}.yaml"), format!("{NORWAY}  port: 80\n").replace("norway", &format!("n{at}")));
    }
    let start = Instant::now();
    let run = folder.run(&["lint", "--fix", "m"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("fixed 600 findings in 300 files"), "{}", run.err);
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(folder.run(&["lint", "--diff", "m"]).out, "");
}

#[test]
fn a_split_to_a_service_elsewhere_is_accepted_by_both() {
    let folder = Folder::new("split");
    folder.file(
        "shop.yaml",
        format!(
            "{DESCRIPTION}expose: {{host: shop.example.com, gateway: edge, split: {{shop: 90, service/other: 10}}}}\n"
        ),
    );
    let made = folder.run(&["gen", "shop.yaml"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    folder.file("made.yaml", made.out);
    let run = folder.run(&["lint", "made.yaml"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
}

#[test]
fn environments_and_bases_are_limited() {
    let folder = Folder::new("environments");
    let environments = |number: usize| {
        let all: Vec<String> = (0..number).map(|at| format!("e{at}: {{namespace: n{at}}}")).collect();
        format!("{DESCRIPTION}environments: {{{}}}\n", all.join(", "))
    };
    folder.file("many.yaml", environments(501)).file("some.yaml", environments(20));
    for command in [&["lint", "many.yaml"][..], &["gen", "many.yaml"], &["gen", "-e", "e7", "many.yaml"]] {
        let run = folder.run(command);
        let said = "there are 501 environments, more than 500";
        let told = run.out + &run.err;
        assert!(run.code == Some(if command[0] == "lint" { 1 } else { 2 }), "{told}");
        assert_eq!(told.matches(said).count(), 1, "{told}");
    }
    assert_eq!(folder.run(&["lint", "some.yaml"]).code, Some(0));
    for at in 0..70 {
        folder.file(&format!("c/{at}.yaml"), format!("patterns: v1\nname: shop\nextends: {}.yaml\n", at + 1));
    }
    folder.file("c/70.yaml", DESCRIPTION);
    assert_eq!(folder.run(&["gen", "c/6.yaml"]).code, Some(0));
    let run = folder.run(&["gen", "c/5.yaml"]);
    assert!(run.code == Some(2) && run.err.contains("the chain of `extends` is longer than 64 files"), "{}", run.err);
}
