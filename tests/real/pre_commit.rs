//! The real pre-commit, with the hooks of this repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::program::{find, folder};
use super::support::binary;

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n";
const BAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata:\n  country: no\n";

struct Repositories {
    pre_commit: PathBuf,
    /// Holds the hooks, as a clone of ours would.
    hooks: PathBuf,
    /// A user's.
    user: PathBuf,
    /// What is first in `PATH`: the binary under test as `patterns`.
    bin: PathBuf,
    home: PathBuf,
}

impl Repositories {
    fn new(test: &str) -> Option<Self> {
        let (pre_commit, _git) = (find("pre-commit")?, find("git")?);
        let root = folder(test);
        let at = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let all = Self { pre_commit, hooks: at("hooks"), user: at("user"), bin: at("bin"), home: at("home") };
        std::os::unix::fs::symlink(binary(), all.bin.join("patterns")).unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        std::fs::copy(ours, all.hooks.join(".pre-commit-hooks.yaml")).unwrap();
        for repository in [&all.hooks, &all.user] {
            all.git(repository, &["init", "-q"]);
        }
        all.git(&all.hooks, &["add", "."]);
        all.git(&all.hooks, &["commit", "-q", "-m", "Hooks"]);
        all.git(&all.hooks, &["tag", "v1"]);
        Some(all)
    }

    fn git(&self, repository: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        let output = self.command("git", repository).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        let path = std::env::join_paths(
            std::iter::once(self.bin.clone())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        command.current_dir(folder).env("PATH", path.unwrap()).env("HOME", &self.home);
        command.env("PRE_COMMIT_HOME", self.home.join("cache")).env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE");
        command
    }

    /// Commits files to the user's index and runs a hook on them.
    fn run(&self, hook: &str, files: &[(&str, &str)]) -> (bool, String) {
        let hooks = self.hooks.display();
        let config = format!("repos:\n  - repo: {hooks}\n    rev: v1\n    hooks: [{hook}]\n");
        std::fs::write(self.user.join(".pre-commit-config.yaml"), config).unwrap();
        for (name, text) in files {
            let path = self.user.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.git(&self.user, &["add", "."]);
        let Output { status, stdout, stderr } =
            self.command(&self.pre_commit, &self.user).args(["run", "--color=never"]).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        (status.success(), text)
    }
}

#[test]
fn lints_what_is_committed() {
    let Some(repositories) = Repositories::new("pre-commit") else { return };
    let (passed, text) = repositories.run("{id: patterns-lint-system}", &[("k8s/good.yaml", GOOD)]);
    assert!(passed, "{text}");
    let (passed, text) = repositories.run("{id: patterns-lint-system}", &[("k8s/bad.yaml", BAD)]);
    assert!(!passed && text.contains("error[norway]") && text.contains("k8s/bad.yaml:5:"), "{text}");
    // A user's arguments add to what the hook says, and do not replace it.
    let (passed, text) = repositories.run("{id: patterns-lint-system, args: [--ignore, norway]}", &[]);
    assert!(passed, "{text}");
}

/// A commit that renames a port is stopped by the Service that names it, which it does not touch.
#[test]
fn a_service_elsewhere_stops_a_commit() {
    let Some(repositories) = Repositories::new("pre-commit-elsewhere") else { return };
    let pod = |port: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: shop, labels: {{app: shop}}}}\nspec: {{containers: [{{name: \
             shop, image: \"registry.example.com/shop:1\", ports: [{{name: {port}, containerPort: 8080}}]}}]}}\n"
        )
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  selector: {app: shop}\n  ports: \
                   [{port: 80, targetPort: http}]\n";
    let hook = "{id: patterns-lint-system, args: [--fail-on, warning]}";
    let (passed, text) = repositories.run(hook, &[("pod.yaml", &pod("http")), ("service.yaml", service)]);
    assert!(passed, "{text}");
    repositories.git(&repositories.user, &["commit", "-q", "--no-verify", "-m", "First"]);
    let (passed, text) = repositories.run(hook, &[("pod.yaml", &pod("web"))]);
    assert!(!passed && text.contains("service.yaml:6:"), "{text}");
}
