//! git-sync and Node in the platform of `git-sync`: after a push the app is on the new commit, and after the next one
//! too. git-sync swaps a symlink and deletes the tree behind it, which is what programs that watch files lose.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::generated::{Generated, replace};
use crate::program::{Running, find, folder, free_port, get, run};

/// Answers with a file of the tree as it was at the start, or at the last POST.
const SERVER: &str = "
const http = require('http'), fs = require('fs');
const read = () => fs.readFileSync(process.env.TREE + '/text', 'utf8');
let text = read();
http.createServer((request, response) => {
  if (request.method === 'POST') text = read();
  response.end(text);
}).listen(Number(process.env.PORT), '127.0.0.1');
";

/// A repository and a clone of it to push from.
struct Repository(PathBuf);

impl Repository {
    fn new(folder: &Path) -> Self {
        let this = Self(folder.to_owned());
        Self::git(folder, &["init", "--quiet", "--bare", "--initial-branch=main", "site.git"]);
        Self::git(folder, &["init", "--quiet", "--initial-branch=main", "work"]);
        std::fs::write(folder.join("work/server.js"), SERVER).expect("written");
        this
    }

    fn git(at: &Path, args: &[&str]) {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        run(Command::new("git").current_dir(at).args(identity).args(args));
    }

    fn push(&self, text: &str) {
        let work = self.0.join("work");
        std::fs::write(work.join("text"), text).expect("written");
        Self::git(&work, &["add", "--all"]);
        Self::git(&work, &["commit", "--quiet", "--message", text]);
        Self::git(&work, &["push", "--quiet", "../site.git", "main"]);
    }

    fn url(&self) -> String {
        format!("file://{}", self.0.join("site.git").display())
    }
}

/// What the kubelet does with a container that ends: it starts it again.
struct Kubelet {
    ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Kubelet {
    fn start(program: PathBuf, tree: PathBuf, port: u16) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ends);
        let start = move || -> Child {
            let mut command = Command::new(&program);
            command.arg(tree.join("server.js")).env("TREE", &tree).env("PORT", port.to_string());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("node starts")
        };
        let thread = std::thread::spawn(move || {
            let mut app = start();
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
                if !matches!(app.try_wait(), Ok(None)) {
                    app = start();
                }
            }
            let _ = app.kill();
            let _ = app.wait();
        });
        Self { ends, thread: Some(thread) }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn answers(port: u16, text: &str) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() && get(port, "/", &[]).ends_with(text)
}

/// The platform of a description, three commits long.
fn three_commits(test: &str, description: &str, node: &Path, git_sync: &Path, agent: Option<&Path>) {
    let folder = folder(test);
    let repository = Repository::new(&folder);
    repository.push("first");
    let made = Generated::from(description);
    let root = folder.join("git");
    std::fs::create_dir_all(&root).expect("a folder of our own");
    let (status, port) = (free_port(), free_port());
    let url = repository.url();
    let mut replacements = vec![
        ("--repo=https://git.example.com/site.git".to_owned(), format!("--repo={url}")),
        ("--root=/git".to_owned(), format!("--root={}", root.display())),
        (":9419".to_owned(), format!("127.0.0.1:{status}")),
    ];
    if agent.is_none() {
        replacements.push(("127.0.0.1:3000".to_owned(), format!("127.0.0.1:{port}")));
    }
    let pairs: Vec<(&str, &str)> = replacements.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let home = folder.join("home");
    std::fs::create_dir_all(&home).expect("a folder of our own");
    let _git_sync =
        Running::start(Command::new(git_sync).args(made.container_args("git-sync", &pairs)).env("HOME", &home), status);
    let current = root.join("current");
    wait_for("the first tree", || current.join("server.js").is_file());
    let _kubelet = Kubelet::start(node.to_owned(), current.clone(), port);
    let watch = format!("--watch={}", current.display());
    let (reload_status, own) = (free_port(), current.clone());
    let _reload = agent.map(|agent| {
        let listen = format!("--status=127.0.0.1:{reload_status}");
        let pairs = [("--watch=/git/current", watch.as_str()), ("--status=0.0.0.0:9533", listen.as_str())];
        Running::start(Command::new(agent).args(made.container_args("git-sync-reload", &pairs)), reload_status)
    });
    wait_for("the first commit", || answers(port, "first"));
    let mut before = std::fs::canonicalize(&own).expect("a link to a tree");
    for text in ["second", "third"] {
        repository.push(text);
        wait_for(&format!("the {text} commit"), || answers(port, text));
        wait_for("the old tree is gone", || !before.exists());
        before = std::fs::canonicalize(&own).expect("a link to a tree");
    }
}

#[test]
fn an_app_that_is_called_serves_each_commit() {
    let (Some(git_sync), Some(node), Some(_)) = (find("git-sync"), find("node"), find("git")) else { return };
    let description = "patterns: v1
name: site
app: {image: \"node:24-slim\", command: [node, /srv/current/server.js], port: 3000, health: /}
use: [{git-sync: {repo: \"https://git.example.com/site.git\", ref: main, period: 1s, mount: /srv, reload: /reload}}]
";
    three_commits("git-sync-reload", description, &node, &git_sync, None);
}

/// The example, `examples/paas.yaml`. The signal goes to every process of that name, so the program goes by a name that
/// nothing else here has.
#[test]
fn an_app_that_is_ended_serves_each_commit() {
    let (Some(git_sync), Some(node), Some(_), Some(agent)) =
        (find("git-sync"), find("node"), find("git"), find("patterns-agent"))
    else {
        return;
    };
    let name = format!("node-{}", std::process::id());
    let program = folder("git-sync-node").join(&name);
    std::os::unix::fs::symlink(node, &program).expect("its own name");
    let example = include_str!("../../examples/paas.yaml");
    let description =
        replace(&replace(example, "process: node", &format!("process: {name}")), "period: 10s", "period: 1s");
    three_commits("git-sync-signal", &description, &program, &git_sync, Some(&agent));
}
