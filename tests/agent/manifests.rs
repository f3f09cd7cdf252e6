//! The manifests that `patterns gen` writes, and the real agent: every container that runs it is started with the very
//! flags that the manifest carries, so a flag that drifts fails here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Agent, ask, free_port, scratch, serve, until};
use crate::support::binary;
use axum::Router;
use axum::extract::{self, State};
use axum::routing::any;
use clap::Parser as _;
use patterns_agent::cli::Cli;
use serde::Deserialize as _;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// All descriptions of the project.
fn descriptions() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let patterns = files(root.join("patterns")).flat_map(files).map(|pattern| pattern.join("example.yaml"));
    let mut all: Vec<_> = patterns.chain(files(root.join("examples"))).filter(|file| file.is_file()).collect();
    all.sort();
    all
}

/// What a description becomes, as objects.
fn generated(description: &Path) -> Vec<Value> {
    let output = Command::new(binary()).arg("gen").arg(description).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap())
        .filter(|object| !object.is_null())
        .collect()
}

/// The arguments of every container below that runs the agent.
fn agents(value: &Value, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| agents(item, found)),
        Value::Object(fields) => {
            if fields.get("image").and_then(Value::as_str).is_some_and(|image| image.contains("patterns-agent")) {
                let args = fields.get("args").and_then(Value::as_array).cloned().unwrap_or_default();
                found.push(args.iter().map(|arg| arg.as_str().unwrap().to_owned()).collect());
            }
            fields.values().for_each(|field| agents(field, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_agent_starts_with_the_flags_that_manifests_carry() {
    let mut roles = BTreeSet::new();
    for description in descriptions() {
        let objects = generated(&description);
        let mut found = Vec::new();
        for object in &objects {
            agents(object, &mut found);
        }
        for args in found {
            let words = std::iter::once("patterns-agent").chain(args.iter().map(String::as_str));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{}: {args:?}: {error}", description.display());
            }
            roles.insert(args[0].clone());
            starts(&description, &objects, args).await;
        }
    }
    for role in ["elect", "gather", "health", "introspect", "queue", "join", "reload", "topz"] {
        assert!(roles.contains(role), "no manifest runs {role}; those that do: {roles:?}");
    }
}

/// The containers of every Pod of an object, each with its image, arguments and variables.
fn pods(value: &Value, found: &mut Vec<Vec<Value>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| pods(item, found)),
        Value::Object(fields) => {
            if fields.get("containers").is_some_and(Value::is_array) {
                let of = |field: &str| fields.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
                found.push([of("initContainers"), of("containers")].concat());
            }
            fields.values().for_each(|field| pods(field, found));
        }
        _ => {}
    }
}

/// A variable of a container.
fn variable<'a>(container: &'a Value, name: &str) -> &'a Value {
    let mut env = container["env"].as_array().into_iter().flatten();
    env.find(|variable| variable["name"] == name).unwrap_or(&Value::Null)
}

/// The second bind would fail, and its container loop.
#[test]
fn agents_of_one_pod_have_ports_of_their_own() {
    let agent = "localhost/patterns-agent:0.1.0";
    let own = scratch("agents.yaml");
    let descriptions_of_users = format!(
        "patterns: v1\nname: thumbs\nshape:\n  work-queue:\n    source: {{image: \"{agent}\", port: 8080, args: [source-dir, --dir=/media]}}\n    \
         worker: {{image: \"registry.example.com/w:1\"}}\n---\n\
         patterns: v1\nname: demo\napp: {{image: \"{agent}\", port: 3000, args: [demo, leaf]}}\nuse: [topz, introspect]\n---\n\
         patterns: v1\nname: renamed\nimages: {{agent: \"registry.example.com/team/runtime:7\"}}\n\
         app: {{image: \"registry.example.com/team/runtime:7\", port: 3000, args: [demo, leaf]}}\nuse: [topz]\n---\n\
         patterns: v1\nname: told\napp: {{image: \"{agent}\", port: 3000, args: [demo, leaf, \"--status=0.0.0.0:5000\"]}}\nuse: [topz]\n"
    );
    std::fs::write(&own, descriptions_of_users).unwrap();
    let mut several = BTreeSet::new();
    for description in descriptions().into_iter().chain([own]) {
        let mut found = Vec::new();
        for object in &generated(&description) {
            pods(object, &mut found);
        }
        for containers in found {
            let agents = containers.iter().filter(|container| {
                let image = container["image"].as_str().unwrap_or_default();
                (image == agent || image.ends_with("/runtime:7")) && container["args"][0] != "join"
            });
            let status = |container: &Value| {
                let mut args = container["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let flag = args.find_map(|arg| arg.strip_prefix("--status=")).map(str::to_owned);
                let told = || variable(container, "PATTERNS_AGENT_STATUS")["value"].as_str().map(str::to_owned);
                flag.or_else(told).unwrap_or_else(|| "0.0.0.0:4041".to_owned())
            };
            let all: Vec<_> = agents.map(status).collect();
            let different: BTreeSet<_> = all.iter().collect();
            assert_eq!(different.len(), all.len(), "{}: {all:?}", description.display());
            if all.len() > 1 {
                several.insert(all);
            }
        }
    }
    assert!(several.len() >= 4, "{several:?}");
}

/// The literature's demonstration, from its description: what the leaves are told makes them draw different numbers.
#[tokio::test]
async fn the_histogram_of_the_example_comes_out_right() {
    let objects = generated(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/histogram.yaml"));
    let of = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap();
    let container = |object: &Value, field: &str| object["spec"]["template"]["spec"][field][0].clone();
    let args = |container: &Value| -> Vec<String> {
        container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()).collect()
    };
    let start = |mut args: Vec<String>, own: Vec<String>, env: &[(&str, &str)]| {
        args.retain(|arg| !own.iter().any(|own| arg.split('=').next() == own.split('=').next()));
        args.extend(own);
        Agent::start(&args.iter().map(String::as_str).collect::<Vec<_>>(), env)
    };
    let status = || format!("--status=127.0.0.1:{}", free_port());
    let leaf = container(of("StatefulSet"), "containers");
    let index = variable(&leaf, "LEAF_INDEX");
    assert_eq!(index["valueFrom"]["fieldRef"]["fieldPath"], "metadata.labels['apps.kubernetes.io/pod-index']");
    assert_eq!(variable(&leaf, "LEAVES")["value"], "10");
    let free =
        |decade: &u16| (0..10).all(|last| std::net::TcpListener::bind(("127.0.0.1", decade * 10 + last)).is_ok());
    let decade = (1200 + u16::try_from(std::process::id() % 500).unwrap()..3200).find(free).unwrap();
    let leaves: Vec<_> = (0..10)
        .map(|index| {
            let own = vec![format!("--listen=127.0.0.1:{decade}{index}"), status()];
            start(args(&leaf), own, &[("LEAF_INDEX", &index.to_string())])
        })
        .collect();
    let (merge, root) = (free_port(), free_port());
    let pod = of("Deployment");
    let own = vec![format!("--listen=127.0.0.1:{merge}"), status()];
    let _merge = start(args(&container(pod, "initContainers")), own, &[]);
    let leaf_url = format!("--leaf-url=http://127.0.0.1:{decade}{{i}}/");
    let own =
        vec![format!("--listen=127.0.0.1:{root}"), status(), leaf_url, format!("--merge=http://127.0.0.1:{merge}/")];
    let _root = start(args(&container(pod, "containers")), own, &[]);
    let url = format!("http://127.0.0.1:{root}/");
    let mut bars = Value::Null;
    for _ in 0..200 {
        match ask("GET", &url).await {
            Some((200, answer))
                if answer.as_array().is_some_and(|bars| bars.iter().filter_map(Value::as_u64).sum::<u64>() > 950) =>
            {
                bars = answer;
                break;
            }
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    assert_eq!(leaves.len(), 10);
    let bars: Vec<u64> = serde_json::from_value(bars).unwrap();
    let total: u64 = bars.iter().sum();
    assert!((990..=1000).contains(&total), "{bars:?}");
    // Around 100 with sigma 25: 0.4 % of all below 34, 31 % between 100 and 120.
    for (bar, expected) in bars.iter().zip([1, 8, 47, 157, 288, 288, 157, 47, 8, 1]) {
        assert!(bar.abs_diff(expected) <= 45, "{bars:?}");
    }
    assert!(bars.iter().any(|bar| bar % 10 != 0), "all leaves draw the same numbers: {bars:?}");
    let picture: String = (0..)
        .zip(&bars)
        .map(|(at, bar)| {
            format!(
                "{:>3} to {:>3} {:>4} {}\n",
                at * 20,
                at * 20 + 20,
                bar,
                "#".repeat(usize::try_from(bar / 6).unwrap())
            )
        })
        .map(|line| line.replace(" \n", "\n"))
        .collect();
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/agent.md")).unwrap_or_default();
    assert!(page.contains(&picture), "docs/agent.md has another picture than\n{picture}");
}

/// `hedge` of a description, with a leaf whose first answer never comes.
#[tokio::test]
async fn a_generated_root_asks_a_slow_leaf_again() {
    let file = scratch("hedge.yaml");
    let text = "patterns: v1\nname: search\nshape:\n  scatter-gather: {leaves: 2, hedge: 200ms, timeout: 20s, leaf: {image: leaf, port: 3000}}\n";
    std::fs::write(&file, text).unwrap();
    let objects = generated(&file);
    let root = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
    let mut args = Vec::new();
    agents(root, &mut args);
    let asked = Arc::new(AtomicUsize::new(0));
    let leaf = |extract::Path((leaf, _)): extract::Path<(u32, String)>, State(asked): State<Arc<AtomicUsize>>| async move {
        if leaf == 1 && asked.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        leaf.to_string()
    };
    let leaves = serve(Router::new().route("/{leaf}/{*rest}", any(leaf)).with_state(Arc::clone(&asked))).await;
    let (listen, status) = (free_port(), free_port());
    for arg in &mut args[0] {
        match arg.split_once('=') {
            Some(("--listen", _)) => *arg = format!("--listen=127.0.0.1:{listen}"),
            Some(("--status", _)) => *arg = format!("--status=127.0.0.1:{status}"),
            Some(("--leaf-url", _)) => *arg = format!("--leaf-url=http://{leaves}/{{i}}/"),
            _ => {}
        }
    }
    let agent = Agent::start(&args[0].iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let ready = format!("http://127.0.0.1:{status}/readyz");
    until("is ready", LIMIT, || async { ask("GET", &ready).await.is_some_and(|answer| answer.0 == 200) }).await;
    let answer = ask("GET", &format!("http://127.0.0.1:{listen}/words")).await;
    assert_eq!(answer, Some((200, json!([0, 1]))), "{}", agent.log());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// Roles that need a cluster check everything else before they miss it.
async fn starts(description: &Path, objects: &[Value], mut args: Vec<String>) {
    let status = free_port();
    for arg in &mut args {
        match arg.split_once('=') {
            Some(("--listen" | "--api", _)) => {
                *arg = format!("{}127.0.0.1:{}", &arg[..=arg.find('=').unwrap()], free_port());
            }
            Some(("--status", _)) => *arg = format!("--status=127.0.0.1:{status}"),
            Some(("--watch", _)) => *arg = format!("--watch={}", watched().display()),
            Some(("--job" | "--create", path)) if path.starts_with('/') => *arg = mounted(objects, arg),
            _ => {}
        }
    }
    // A container of the user's is told by variables, or nothing.
    if !args.iter().any(|arg| arg.starts_with("--status=")) && args[0] != "join" {
        args.push(format!("--status=127.0.0.1:{status}"));
        args.push(format!("--listen=127.0.0.1:{}", free_port()));
    }
    let words: Vec<_> = args.iter().map(String::as_str).collect();
    let mut agent = Agent::start(&words, &[("POD_NAME", "pod-x"), ("POD_NAMESPACE", "default")]);
    if ["elect", "queue", "join"].contains(&words[0]) {
        agent.end(LIMIT).await;
        assert!(
            agent.log().contains("no API server to connect to"),
            "{}: {args:?}: {}",
            description.display(),
            agent.log()
        );
    } else {
        let ready = format!("http://127.0.0.1:{status}/readyz");
        until(&format!("{} {args:?} is ready", description.display()), LIMIT, || async {
            ask("GET", &ready).await.is_some_and(|answer| answer.0 == 200)
        })
        .await;
    }
}

/// A folder with a file in it.
fn watched() -> PathBuf {
    let folder = scratch("watched");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("limits.conf"), "all\n").unwrap();
    folder
}

/// The file of a ConfigMap that the flag's path is mounted from, as a file of this machine.
fn mounted(objects: &[Value], flag: &str) -> String {
    let (name, path) = flag.split_once('=').unwrap();
    let key = path.rsplit('/').next().unwrap();
    let mut maps = objects.iter().filter(|object| object["kind"] == "ConfigMap");
    let text = maps.find_map(|map| map["data"][key].as_str()).unwrap_or_else(|| panic!("no ConfigMap has {key}"));
    let file = scratch(key);
    std::fs::write(&file, text).unwrap();
    format!("{name}={}", file.display())
}
