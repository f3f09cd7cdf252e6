//! `patterns-agent gather`: the real binary against slow, dead and lying leaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::common::{Agent, ask, free_port, request, serve, until};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use rustix::process::Signal;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

struct Root {
    agent: Agent,
    url: String,
    status: String,
}

impl Root {
    async fn start(flags: &[&str]) -> Self {
        let (port, status) = (free_port(), free_port());
        let own = [format!("--listen=127.0.0.1:{port}"), format!("--status=127.0.0.1:{status}")];
        let mut args = vec!["gather"];
        args.extend(own.iter().map(String::as_str));
        args.extend(flags);
        let agent = Agent::start(&args, &[]);
        let root =
            Self { agent, url: format!("http://127.0.0.1:{port}"), status: format!("http://127.0.0.1:{status}") };
        until("listens", LIMIT, || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() }).await;
        root
    }

    async fn post(&self, body: &str) -> (u16, HeaderMap, Value) {
        let (status, headers, body) = request("POST", &format!("{}/search?q=1", self.url), body).await.unwrap();
        (status, headers, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }
}

/// Leaves by the first part of the path: `/3/search` is leaf 3's. Some are special.
async fn leaves() -> SocketAddr {
    async fn leaf(Path((leaf, _)): Path<(String, String)>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
        match leaf.as_str() {
            "slow" => tokio::time::sleep(Duration::from_secs(60)).await,
            "error" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            "liar" => return ([("content-type", "application/json")], "{not json").into_response(),
            "short" => return ([("content-length", "100")], breaks_off()).into_response(),
            "huge" => return vec![b'1'; 3_000_000].into_response(),
            "bytes" => return vec![0xff, 0xfe].into_response(),
            "text" => return "plain words".into_response(),
            "part" => return ([("x-patterns-missing", "1,2.0")], "{}").into_response(),
            "number" => return "12345678901234567890.123456789012345".into_response(),
            _ => {}
        }
        let text = String::from_utf8(body.to_vec()).unwrap();
        Json(json!({"leaf": leaf, "uri": uri.to_string(), "got": text, "header": headers["x-patterns-leaf"].to_str().unwrap(),
            "of": headers["x-patterns-leaves"].to_str().unwrap()}))
        .into_response()
    }
    serve(Router::new().route("/{leaf}/{*rest}", axum::routing::any(leaf))).await
}

/// Two bytes, and then the connection ends. Only a body of unknown length breaks off: of one whose length hyper knows, it
/// trusts the header, sends the two bytes and waits for the next request, unless it is built to panic there instead.
fn breaks_off() -> Body {
    Body::from_stream(futures_util::stream::iter([Ok::<_, std::convert::Infallible>("[]")]))
}

/// A merge container that tells what it was given.
async fn merge() -> SocketAddr {
    async fn merge(Json(given): Json<Value>) -> Json<Value> {
        let leaves: Vec<_> = given["responses"].as_array().unwrap().iter().map(|one| one["leaf"].clone()).collect();
        Json(json!({"merged": leaves, "missing": given["missing"], "first": given["responses"][0]["body"]}))
    }
    serve(Router::new().route("/merge", axum::routing::post(merge))).await
}

#[tokio::test]
async fn broadcasts_and_lists_the_answers_in_order() {
    let leaves = leaves().await;
    let root = Root::start(&["--leaves=3", &format!("--leaf-url=http://{leaves}/{{i}}/")]).await;
    let (status, headers, body) = root.post("{\"a\":1}").await;
    assert_eq!(status, 200, "{body}");
    assert!(headers.get("x-patterns-missing").is_none());
    for leaf in 0..3 {
        assert_eq!(body[leaf]["uri"], format!("/{leaf}/search?q=1"));
        assert_eq!(body[leaf]["got"], "{\"a\":1}");
        assert_eq!((&body[leaf]["header"], &body[leaf]["of"]), (&json!(leaf.to_string()), &json!("3")));
    }
    assert_eq!(ask("GET", &format!("{}/search", root.url)).await.unwrap().1[2]["leaf"], "2");
}

#[tokio::test]
async fn splits_an_array() {
    let leaves = leaves().await;
    let root = Root::start(&["--leaves=3", "--mode=split", &format!("--leaf-url=http://{leaves}/{{i}}")]).await;
    let (_, _, body) = root.post("[1, 2, 3, 4]").await;
    assert_eq!([&body[0]["got"], &body[1]["got"], &body[2]["got"]], ["[1]", "[2]", "[3,4]"]);
    let (status, headers, body) = root.post("[7]").await;
    assert_eq!((status, body.as_array().unwrap().len()), (200, 1), "only leaves with a part are asked");
    assert!(headers.get("x-patterns-missing").is_none());
    let (_, _, body) = root.post("{\"from\": 0, \"to\": 9}").await;
    assert_eq!(body[1]["got"], "{\"from\":3,\"to\":6}");
}

#[tokio::test]
async fn missing_leaves_are_named_and_the_merge_container_is_told() {
    let (leaves, merge) = (leaves().await, merge().await);
    let kinds = ["0", "liar", "slow", "error", "short", "huge", "bytes", "7", "8", "dead"];
    let proxy = kinds_router(leaves, kinds).await;
    let url = format!("--leaf-url=http://{proxy}/{{i}}/");
    let to_merge = format!("--merge=http://{merge}/merge");
    let flags = ["--leaves=10", &url, &to_merge, "--timeout=2s", "--quorum=3", "--on-partial=allow"];
    let root = Root::start(&flags).await;
    let start = Instant::now();
    let (status, headers, body) = root.post("x").await;
    assert_eq!(status, 200, "{body}");
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_eq!(body["merged"], json!([0, 7, 8]));
    assert_eq!(body["missing"], json!([1, 2, 3, 4, 5, 6, 9]));
    assert_eq!(headers["x-patterns-missing"], "1,2,3,4,5,6,9");
    let metrics = request("GET", &format!("{}/metrics", root.status), "").await.unwrap().2;
    assert!(metrics.contains("leaves_missing_total{reason=\"late\"} 1"), "{metrics}");
    assert!(metrics.contains("leaves_missing_total{reason=\"bad\"} 6"), "{metrics}");
    for (leaf, quick) in [(0, 1), (2, 0)] {
        let line = format!("leaf_seconds_bucket{{le=\"1.0\",leaf=\"{leaf}\"}} {quick}\n");
        assert!(metrics.contains(&line), "leaf {leaf} is slow or is not: {metrics}");
    }
    // One more than answer: not enough.
    let flags = ["--leaves=10", &url, &to_merge, "--timeout=2s", "--quorum=4", "--on-partial=allow"];
    let (status, headers, body) = Root::start(&flags).await.post("x").await;
    assert_eq!((status, &body["error"]), (502, &json!("3 of 10 leaves answered")));
    assert_eq!(headers["x-patterns-missing"], "1,2,3,4,5,6,9");
    // Partial answers are errors unless allowed.
    let flags = ["--leaves=10", &url, "--timeout=2s", "--quorum=3"];
    assert_eq!(Root::start(&flags).await.post("x").await.0, 502);
    let slow = format!("--leaf-url=http://{leaves}/slow/");
    assert_eq!(Root::start(&["--leaves=1", &slow, "--timeout=100ms"]).await.post("x").await.0, 504);
}

/// Maps leaf numbers to kinds of leaves; `dead` is a connection that is refused.
async fn kinds_router(leaves: SocketAddr, kinds: [&'static str; 10]) -> SocketAddr {
    let client: hyper_util::client::legacy::Client<_, http_body_util::Full<Bytes>> =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let proxy = move |Path((leaf, rest)): Path<(usize, String)>, headers: HeaderMap, body: Bytes| {
        let client = client.clone();
        async move {
            let target = if kinds[leaf] == "dead" { "127.0.0.1:1".to_owned() } else { leaves.to_string() };
            let mut request = hyper::Request::post(format!("http://{target}/{}/{rest}", kinds[leaf]));
            request.headers_mut().unwrap().extend(headers);
            let answer = client.request(request.body(http_body_util::Full::new(body)).unwrap()).await;
            answer.map_or(StatusCode::BAD_GATEWAY.into_response(), |answer| answer.map(Body::new))
        }
    };
    serve(Router::new().route("/{leaf}/{*rest}", axum::routing::any(proxy))).await
}

#[tokio::test]
async fn bodies_are_passed_on_as_they_are() {
    let leaves = leaves().await;
    let leaf = |kind: &str| format!("--leaf-url=http://{leaves}/{kind}/");
    let of = |kind: String| async move {
        let root = Root::start(&["--leaves=1", &kind]).await;
        request("POST", &format!("{}/x", root.url), "").await.unwrap()
    };
    assert_eq!(of(leaf("text")).await.2, "[\"plain words\"]");
    assert_eq!(of(leaf("number")).await.2, "[12345678901234567890.123456789012345]", "no digit is lost");
    let (_, headers, body) = of(leaf("part")).await;
    assert_eq!((body.as_str(), headers["x-patterns-missing"].to_str().unwrap()), ("[{}]", "0.1,0.2.0"));
}

#[tokio::test]
async fn a_root_may_be_a_leaf() {
    let leaves = leaves().await;
    let below = Root::start(&["--leaves=2", &format!("--leaf-url=http://{leaves}/{{i}}/")]).await;
    let above = Root::start(&["--leaves=1", &format!("--leaf-url={}/{{i}}/", below.url)]).await;
    let (_, _, body) = above.post("1").await;
    assert_eq!(body[0][1]["uri"], "/1/0/search?q=1");
}

#[tokio::test]
async fn slow_and_failed_leaves_are_asked_elsewhere() {
    async fn count(State(count): State<Arc<AtomicUsize>>) -> &'static str {
        count.fetch_add(1, Ordering::SeqCst);
        "1"
    }
    let leaves = leaves().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let replica = serve(Router::new().fallback(count).with_state(Arc::clone(&asked))).await;
    let replica = format!("--replica-url=http://{replica}/{{i}}/");
    for (kind, flags) in [
        ("slow", vec!["--hedge-after=100ms", "--timeout=8s"]),
        ("error", vec![]),
        ("error", vec!["--hedge-after=6s", "--timeout=8s"]),
    ] {
        let leaf = format!("--leaf-url=http://{leaves}/{kind}/");
        let root = Root::start(&[&["--leaves=1", leaf.as_str(), replica.as_str()], flags.as_slice()].concat()).await;
        let start = Instant::now();
        assert_eq!(root.post("x").await.2, json!([1]), "{kind}");
        assert!(start.elapsed() < 5 * SECOND, "{kind}: {:?}", start.elapsed());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let leaf = format!("--leaf-url=http://{leaves}/0/");
    Root::start(&["--leaves=1", &leaf, &replica, "--hedge-after=1500ms"]).await.post("x").await;
    assert_eq!(asked.load(Ordering::SeqCst), 3, "a quick leaf is not asked twice");
}

#[tokio::test]
async fn the_deadline_holds_and_bodies_are_bounded() {
    let (leaves, merge) = (leaves().await, merge().await);
    let proxy = kinds_router(leaves, ["0", "slow", "2", "3", "4", "5", "6", "7", "8", "9"]).await;
    let (leaf, merge) = (format!("--leaf-url=http://{proxy}/{{i}}/"), format!("--merge=http://{merge}/merge"));
    let flags = ["--leaves=2", &leaf, &merge, "--timeout=30s", "--deadline=4s", "--quorum=1", "--on-partial=allow"];
    let root = Root::start(&[&flags[..], &["--max-body=1Ki"]].concat()).await;
    let start = Instant::now();
    let (status, _, body) = root.post("x").await;
    assert_eq!((status, &body["missing"]), (200, &json!([1])), "{body}");
    assert!(start.elapsed() < 15 * SECOND, "{:?}", start.elapsed());
    assert_eq!(root.post(&"x".repeat(2000)).await.0, 413);
    let dead = Root::start(&["--leaves=1", &leaf, "--merge=http://127.0.0.1:1/"]).await;
    let (status, _, body) = dead.post("x").await;
    assert_eq!(status, 502);
    assert!(body["error"].as_str().unwrap().contains("merge container"), "{body}");
}

#[tokio::test]
async fn speaks_metaparticles_json_rpc() {
    async fn leaf(Json(call): Json<Value>) -> Json<Value> {
        if call["params"][0] == json!("fail") && call["id"] == json!(1) {
            return Json(json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}}));
        }
        Json(json!({"jsonrpc": "2.0", "id": call["id"], "result": {"m": call["method"], "p": call["params"]}}))
    }
    let leaves = serve(Router::new().route("/{leaf}", axum::routing::post(leaf))).await;
    let root = Root::start(&["--leaves=2", "--protocol=jsonrpc", &format!("--leaf-url=http://{leaves}/{{i}}")]).await;
    let post = |body: Value| {
        let url = root.url.clone();
        async move { request("POST", &url, &body.to_string()).await.unwrap() }
    };
    let (_, _, body) = post(json!({"jsonrpc": "2.0", "method": "histogram", "params": [{"a": 1}], "id": "x"})).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["id"], "x");
    assert_eq!(body["result"][1], json!({"m": "histogram.scatter", "p": [{"a": 1}]}));
    let (_, _, body) = post(json!({"jsonrpc": "2.0", "method": "histogram", "params": ["fail"], "id": 2})).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["error"]["data"], json!({"missing": [1]}), "{body}");
    assert_eq!(post(json!({"jsonrpc": "2.0", "method": "histogram", "params": [1]})).await.0, 204);
    for (bad, code) in [(json!([]), -32600), (json!({"jsonrpc": "1.0", "method": "a", "id": 1}), -32600)] {
        let body: Value = serde_json::from_str(&post(bad).await.2).unwrap();
        assert_eq!(body["error"]["code"], code);
    }
    let (_, _, body) = request("POST", &root.url, "{").await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["error"]["code"], -32700);
}

#[tokio::test]
async fn sigterm_ends_after_the_last_answer() {
    let leaves = leaves().await;
    let proxy = kinds_router(leaves, ["slow", "1", "2", "3", "4", "5", "6", "7", "8", "9"]).await;
    let mut root = Root::start(&["--leaves=1", &format!("--leaf-url=http://{proxy}/{{i}}/"), "--timeout=800ms"]).await;
    let url = root.url.clone();
    let running = tokio::spawn(async move { request("POST", &format!("{url}/x"), "").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    root.agent.signal(Signal::TERM);
    until("not ready", LIMIT, || async {
        ask("GET", &format!("{}/readyz", root.status)).await.is_none_or(|a| a.0 == 503)
    })
    .await;
    assert_eq!(running.await.unwrap().unwrap().0, 504);
    assert!(root.agent.end(LIMIT).await.success());
}

#[tokio::test]
async fn bad_flags_end_with_2() {
    for (flags, complaint) in [
        (vec!["--leaves=2", "--leaf-url=http://a/"], "it needs {i}"),
        (vec!["--leaves=2", "--leaf-url=http://a-{i}/", "--quorum=3"], "must be 1 to 2"),
        (vec!["--leaves=2", "--leaf-url=https://a-{i}/"], "must begin with http://"),
        (vec!["--leaves=0", "--leaf-url=http://a/"], "leaves"),
        (vec!["--leaves=1", "--leaf-url=http://a/", "--max-body=1Zi"], "1Mi"),
        (vec!["--leaves=1", "--leaf-url=http://a/", "--timeout=1s", "--hedge-after=1s"], "never happens"),
    ] {
        let mut agent = Agent::start(&[&["gather"], flags.as_slice()].concat(), &[]);
        assert_eq!(agent.end(LIMIT).await.code(), Some(2), "{flags:?}");
        assert!(agent.log().contains(complaint), "{flags:?}: {}", agent.log());
    }
}
