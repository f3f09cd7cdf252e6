//! `patterns-agent` demo, source-dir and introspect; and the flags that manifests carry.

use std::time::Duration;

use crate::common::{Agent, ask, free_port, request, scratch, until};
use clap::Parser as _;
use patterns_agent::cli::Cli;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(15);

fn start(args: &[&str]) -> (Agent, String) {
    let port = free_port();
    let own = [format!("--listen=127.0.0.1:{port}"), format!("--status=127.0.0.1:{}", free_port())];
    let args: Vec<_> = args.iter().copied().chain(own.iter().map(String::as_str)).collect();
    (Agent::start(&args, &[]), format!("http://127.0.0.1:{port}"))
}

/// Ten ports that differ in their last digit only.
fn free_decade() -> u16 {
    let free =
        |decade: &u16| (0..10).all(|last| std::net::TcpListener::bind(("127.0.0.1", decade * 10 + last)).is_ok());
    (1200 + u16::try_from(std::process::id() % 500).unwrap()..3200).find(free).unwrap()
}

#[tokio::test]
async fn the_histogram_is_served_by_real_leaves_and_merge() {
    let decade = free_decade();
    let leaves: Vec<_> = (0..10)
        .map(|leaf| {
            let (listen, status) =
                (format!("--listen=127.0.0.1:{decade}{leaf}"), format!("--status=127.0.0.1:{}", free_port()));
            Agent::start(&["demo", "leaf", "--seed=7", &listen, &status], &[("LEAF_INDEX", &leaf.to_string())])
        })
        .collect();
    let (_merge, merge) = start(&["demo", "merge"]);
    let leaf_url = format!("--leaf-url=http://127.0.0.1:{decade}{{i}}/");
    let (_plain, plain) = start(&["gather", "--leaves=10", &leaf_url, &format!("--merge={merge}/")]);
    let (_rpc, rpc) = start(&["gather", "--leaves=10", &leaf_url, &format!("--merge={merge}/"), "--protocol=jsonrpc"]);
    until("answers", LIMIT, || async { ask("POST", &plain).await.is_some_and(|answer| answer.0 == 200) }).await;
    let histogram = ask("POST", &plain).await.unwrap().1;
    let total: u64 = histogram.as_array().unwrap().iter().map(|bar| bar.as_u64().unwrap()).sum();
    assert!((990..=1000).contains(&total), "{histogram}");
    assert_eq!(ask("POST", &plain).await.unwrap().1, histogram, "a seed repeats the numbers");
    // A Metaparticle client gets the same.
    let call = json!({"jsonrpc": "2.0", "method": "histogram-service", "params": [{}], "id": "1"}).to_string();
    let (_, _, body) = request("POST", &rpc, &call).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["result"], histogram);
    assert_eq!(ask("GET", &format!("http://127.0.0.1:{decade}0/healthz")).await.unwrap().0, 200);
    drop(leaves);
}

#[tokio::test]
async fn a_folder_is_a_source() {
    let folder = scratch("items");
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    for name in ["b & c.mp4", "a.mp4", ".hidden"] {
        std::fs::write(folder.join(name), "x").unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", folder.join("link")).unwrap();
    let (_agent, url) = start(&["source-dir", &format!("--dir={}", folder.display()), "--settle=300ms"]);
    until("serves", LIMIT, || async { ask("GET", &format!("{url}/healthz")).await.is_some() }).await;
    until("lists settled files", LIMIT, || async {
        let list = ask("GET", &format!("{url}/api/v1/items")).await.unwrap().1;
        list == json!({"kind": "ItemList", "apiVersion": "v1", "items": ["a.mp4", "b & c.mp4"]})
    })
    .await;
    let item = ask("GET", &format!("{url}/items/b%20%26%20c.mp4")).await.unwrap().1;
    assert_eq!((&item["kind"], &item["data"]["bytes"]), (&json!("Item"), &json!(1)));
    for outside in ["link", "sub", "..%2F..%2Fetc%2Fpasswd", ".hidden"] {
        assert_eq!(ask("GET", &format!("{url}/items/{outside}")).await.unwrap().0, 404, "{outside}");
    }
    let mut agent = start(&["source-dir", "--dir=/nowhere"]).0;
    assert_eq!(agent.end(LIMIT).await.code(), Some(2));
}

#[tokio::test]
async fn introspection_tells_without_secrets() {
    let folder = scratch("config");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("app.conf"), "workers: 4\npassword: hunter2\n").unwrap();
    let log = folder.with_extension("log");
    std::fs::write(&log, "one\ntwo\nGET /?token=hunter2\n").unwrap();
    let flags = [format!("--config={}", folder.display()), format!("--logs={}", log.display())];
    let (agent, url) = start(&["introspect", &flags[0], &flags[1]]);
    until("serves", LIMIT, || async { ask("GET", &url).await.is_some() }).await;
    let config = ask("GET", &format!("{url}/config")).await.unwrap().1.to_string();
    assert!(config.contains("workers: 4") && !config.contains("hunter2"), "{config}");
    let logs = ask("GET", &format!("{url}/logs?lines=2")).await.unwrap().1;
    let lines = &logs[log.display().to_string()];
    assert_eq!((lines[0].as_str(), lines.as_array().unwrap().len()), (Some("two"), 2));
    assert!(lines[1].as_str().unwrap().starts_with("GET /?token=(7 bytes, "), "{lines}");
    let network = ask("GET", &format!("{url}/network")).await.unwrap().1;
    assert!(network["lo"]["receivedBytes"].is_u64(), "{network}");
    let processes = ask("GET", &format!("{url}/processes")).await.unwrap().1;
    let own = processes.as_array().unwrap().iter().find(|process| process["pid"] == agent.id());
    assert!(!own.unwrap()["threadList"].as_array().unwrap().is_empty());
    assert_eq!(ask("GET", &format!("{url}/app")).await.unwrap().0, 404);
}

/// The flags that generated Pods carry, as the contract names them.
#[test]
fn flags_of_manifests_are_understood() {
    for args in [
        "elect --lease=scheduler --lease=reports --api=127.0.0.1:4040 --status=0.0.0.0:4041 --lease-duration=15s \
         --renew-deadline=10s --retry-period=2s --release-on-exit --sidecar --campaign=on-request --identity=a",
        "gather --listen=0.0.0.0:3000 --leaves=10 --leaf-url=http://histogram-leaf-{i}.histogram-leaf:3000/ \
         --replica-url=http://b-{i}/ --mode=split --merge=http://127.0.0.1:3100/ --timeout=2s --deadline=3s \
         --hedge-after=500ms --quorum=9 --on-partial=allow --max-body=1Mi --protocol=jsonrpc --status=0.0.0.0:4041",
        "queue --source=http://127.0.0.1:8080 --source-path=/api/v1 --job=/etc/queue/job.yaml --max-parallel=8 \
         --interval=10s --keep-done=24h --status=0.0.0.0:4041",
        "source-dir --dir=/media --listen=0.0.0.0:8080",
        "join --job=wordcount-map --job=b --timeout=3600s",
        "join --selector=a=b,c=d --create=/etc/jobs.yaml",
        "topz --listen=0.0.0.0:9080",
        "introspect --listen=127.0.0.1:9081 --config=/etc/app --logs=/var/log/a --logs=/var/log/b",
        "health --listen=0.0.0.0:8090 --target=redis://127.0.0.1:6379 --interval=5s",
        "reload --watch=/etc/app --url=http://127.0.0.1:9090/-/reload",
        "reload --watch=/etc/app --signal=HUP --process=nginx",
        "demo leaf --kind=last-digit --seed=3",
    ] {
        let words = std::iter::once("patterns-agent").chain(args.split_whitespace());
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{args}: {error}");
        }
    }
}
