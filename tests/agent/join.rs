//! `patterns-agent join`: the real binary against an API server over real HTTP.

use std::time::Duration;

use crate::common::{Agent, ApiServer, Fault, scratch, until};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

fn start(api: &ApiServer, flags: &[&str]) -> Agent {
    let config = api.kubeconfig("join");
    let args = [&["join", "--interval=50ms"], flags].concat();
    Agent::start(&args, &[("KUBECONFIG", config.to_str().unwrap()), ("POD_NAME", "run-1-x7x2p")])
}

fn job(condition: Option<&str>) -> Value {
    let conditions: Vec<_> = condition
        .map(|kind| json!({"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": "no luck"}))
        .into_iter()
        .collect();
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"labels": {"step": "map"}},
        "spec": {"completions": 8, "template": {"spec": {"containers": []}}},
        "status": {"succeeded": 3, "conditions": conditions}})
}

#[tokio::test]
async fn opens_when_all_are_complete() {
    let api = ApiServer::start().await;
    api.put("jobs", "map", job(None));
    let mut agent = start(&api, &["--job=map", "--job=other"]);
    until("waits", LIMIT, || async { agent.log().contains("map (3 of 8 done), other (not there yet)") }).await;
    api.put("jobs", "map", job(Some("Complete")));
    until("goes on", LIMIT, || async { agent.log().contains("waiting for other") }).await;
    // Complete, seen and collected by its TTL: that is not a failure.
    api.delete("jobs", "map");
    api.put("jobs", "other", job(Some("SuccessCriteriaMet")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(agent.running(), "SuccessCriteriaMet comes before the Pods have ended");
    api.put("jobs", "other", job(Some("Complete")));
    assert!(agent.end(LIMIT).await.success(), "{}", agent.log());
    assert!(api.calls().iter().all(|call| call.verb == "get"), "named Jobs need only get");
}

#[tokio::test]
async fn fails_with_the_reason() {
    let api = ApiServer::start().await;
    api.put("jobs", "map", job(Some("Failed")));
    let mut agent = start(&api, &["--job=map"]);
    assert_eq!(agent.end(LIMIT).await.code(), Some(3));
    assert!(agent.log().contains("Job map failed: BackoffLimitExceeded: no luck"), "{}", agent.log());
    let mut agent = start(&api, &["--job=none", "--timeout=300ms"]);
    assert_eq!(agent.end(LIMIT).await.code(), Some(3));
    assert!(agent.log().contains("not complete within 300ms"), "{}", agent.log());
    api.put("jobs", "gone", job(None));
    let mut agent = start(&api, &["--job=gone"]);
    until("waits", LIMIT, || async { agent.log().contains("waiting for gone") }).await;
    api.delete("jobs", "gone");
    assert_eq!(agent.end(LIMIT).await.code(), Some(3));
    assert!(agent.log().contains("Job gone was deleted"), "{}", agent.log());
}

#[tokio::test]
async fn a_signal_says_nothing_of_the_jobs() {
    let api = ApiServer::start().await;
    api.put("jobs", "map", job(None));
    let mut agent = start(&api, &["--job=map"]);
    until("waits", LIMIT, || async { agent.log().contains("waiting for map") }).await;
    agent.signal(rustix::process::Signal::TERM);
    assert_eq!(agent.end(LIMIT).await.code(), Some(1));
}

#[tokio::test]
async fn a_selector_means_all_but_its_own_job() {
    let api = ApiServer::start().await;
    api.put("jobs", "run-1", job(None));
    api.put("jobs", "a", job(Some("Complete")));
    api.put("jobs", "b", job(None));
    let mut agent = start(&api, &["--selector=step=map"]);
    until("waits", LIMIT, || async { agent.log().contains("waiting for b (3 of 8 done)") }).await;
    api.put("jobs", "b", job(Some("Complete")));
    assert!(agent.end(LIMIT).await.success());
}

#[tokio::test]
async fn creates_jobs_owned_by_its_own_and_finds_them_after_a_restart() {
    let api = ApiServer::start().await;
    api.put("jobs", "run-1", job(None));
    let manifest = scratch("map.yaml");
    std::fs::write(
        &manifest,
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: map}\nspec: {template: {spec: {containers: []}}, newField: 1}\n",
    )
    .unwrap();
    let flag = format!("--create={}", manifest.display());
    // The answer to the create is lost.
    let mut first = true;
    api.faults(move |call| (call.verb == "create" && std::mem::take(&mut first)).then_some(Fault::Lose(500)));
    let agent = start(&api, &[&flag]);
    until("creates", LIMIT, || async { agent.log().contains("waiting for run-1-map (0 done)") }).await;
    drop(agent);
    let mut agent = start(&api, &[&flag]);
    until("waits", LIMIT, || async { agent.log().contains("waiting for run-1-map") }).await;
    let mut made = api.get("jobs", "run-1-map").unwrap();
    assert_eq!(made["metadata"]["ownerReferences"][0]["uid"], api.get("jobs", "run-1").unwrap()["metadata"]["uid"]);
    assert_eq!(made["spec"]["newField"], 1, "what this build does not know is the API server's to judge");
    made["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    api.put("jobs", "run-1-map", made);
    assert!(agent.end(LIMIT).await.success());
    assert_eq!(api.list("jobs").len(), 2);
}

#[tokio::test]
async fn bad_input_ends_with_2() {
    let api = ApiServer::start().await;
    let manifest = scratch("pod.yaml");
    std::fs::write(&manifest, "apiVersion: v1\nkind: Pod\n").unwrap();
    let create = format!("--create={}", manifest.display());
    for (flags, complaint) in [
        (vec![], "required"),
        (vec!["--job=a", "--timeout=yes"], "expected number"),
        (vec![create.as_str()], "only Jobs of batch/v1"),
        (vec!["--create=/nowhere"], "No such file"),
    ] {
        let mut agent = start(&api, &flags);
        assert_eq!(agent.end(LIMIT).await.code(), Some(2), "{flags:?} {}", agent.log());
        assert!(agent.log().contains(complaint), "{flags:?} {}", agent.log());
    }
    api.faults(|_| Some(Fault::Refuse(403)));
    let mut agent = start(&api, &["--job=a"]);
    assert_eq!(agent.end(LIMIT).await.code(), Some(2));
    assert!(agent.log().contains("forbidden: the ServiceAccount needs get on jobs.batch"), "{}", agent.log());
}
