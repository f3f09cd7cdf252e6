//! `patterns-agent elect`: the real binary against an API server over real HTTP.

use std::time::{Duration, Instant};

use crate::common::{Agent, ApiServer, Fault, ask, free_port, request, until};
use rustix::process::Signal;
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

/// A participant with short times: lease 3 s, renew deadline 2 s, retry 200 ms.
struct Participant {
    agent: Agent,
    url: String,
    status: String,
}

impl Participant {
    fn start(api: &ApiServer, who: &str, extra: &[&str]) -> Self {
        let (port, status) = (free_port(), free_port());
        let (api_flag, status_flag) = (format!("--api=127.0.0.1:{port}"), format!("--status=127.0.0.1:{status}"));
        let mut args = vec!["elect", "--lease=scheduler", "--lease-duration=3s", "--renew-deadline=2s"];
        args.extend(["--retry-period=200ms", "--release-on-exit", &api_flag, &status_flag]);
        args.extend(extra);
        let config = api.kubeconfig(who);
        let env = [("KUBECONFIG", config.to_str().unwrap()), ("POD_NAME", who), ("POD_NAMESPACE", "default")];
        let agent = Agent::start(&args, &env);
        Self { agent, url: format!("http://127.0.0.1:{port}"), status: format!("http://127.0.0.1:{status}") }
    }

    async fn leader(&self) -> Value {
        ask("GET", &format!("{}/leader", self.url)).await.map_or(Value::Null, |(_, body)| body)
    }

    async fn leads(&self) -> bool {
        self.leader().await["isLeader"] == json!(true)
    }

    async fn until_leads(&self, limit: Duration) {
        until("leads", limit, || self.leads()).await;
    }
}

fn lease(api: &ApiServer) -> Value {
    api.get("leases", "scheduler").unwrap_or_default()
}

fn precreated(api: &ApiServer) {
    api.put("leases", "scheduler", json!({"metadata": {"labels": {"app": "x"}}, "spec": {}}));
}

/// Asks all of them in turn until what is expected has happened, and a little longer, so that one that led before could
/// lead again. Never two: an answer holds from when it was asked for until its remainingMs, a later one that is complete
/// before then contradicts it. And one: most of the last rounds have a leader.
async fn never_two_until<F>(what: &str, participants: &[&Participant], mut happened: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    const LIMIT: Duration = Duration::from_secs(20);
    const LONGER: Duration = Duration::from_millis(400);
    const MORE: usize = 10;
    let start = Instant::now();
    let mut ended: Option<Instant> = None;
    let mut promised: Option<(usize, Instant)> = None;
    let (mut led, mut more) = (0, 0);
    while ended.is_none_or(|at| at.elapsed() < LONGER || more < MORE) {
        for (index, participant) in participants.iter().enumerate() {
            let asked = Instant::now();
            let answer = participant.leader().await;
            if answer["isLeader"] == json!(true) {
                led += usize::from(ended.is_some());
                if let Some((other, until)) = promised.filter(|(other, _)| *other != index) {
                    assert!(Instant::now() >= until, "{other} and {index} both lead: {answer}");
                }
                let remaining = Duration::from_millis(answer["remainingMs"].as_u64().unwrap());
                promised = Some((index, asked + remaining));
            }
        }
        match ended {
            Some(_) => more += 1,
            None => ended = happened().await.then(Instant::now),
        }
        assert!(ended.is_some() || start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(led > MORE / 2, "{led} answers of a leader in {more} rounds after this: {what}");
}

/// Whether each of these has called the API server so often since it had got so many calls.
fn have_called(api: &ApiServer, since: usize, times: usize, who: &[&str]) -> bool {
    let calls = api.calls();
    who.iter().all(|who| calls[since..].iter().filter(|call| call.who == *who).count() >= times)
}

#[tokio::test]
async fn a_killed_leader_is_replaced_and_returns_as_standby() {
    let api = ApiServer::start().await;
    precreated(&api);
    api.faults(|call| (call.verb == "create").then_some(Fault::Refuse(403)));
    let mut first = Participant::start(&api, "pod-1", &[]);
    first.until_leads(5 * SECOND).await;
    let term = first.leader().await["term"].as_u64().unwrap();
    let second = Participant::start(&api, "pod-2", &[]);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    first.agent.signal(Signal::KILL);
    first.agent.end(SECOND).await;
    let killed = Instant::now();
    second.until_leads(8 * SECOND).await;
    assert!(killed.elapsed() > Duration::from_millis(800), "the last answer of the killed leader was still good");
    assert!(second.leader().await["term"].as_u64().unwrap() > term);
    // The same Pod's container starts again: another process, a standby.
    let again = Participant::start(&api, "pod-1", &[]);
    until("follows", 5 * SECOND, || async { again.leader().await["leader"] == "pod-2" }).await;
    let before = api.calls().len();
    let rounds = || async { have_called(&api, before, 4, &["pod-1", "pod-2"]) };
    never_two_until("each has called", &[&second, &again], rounds).await;
    assert!(second.leads().await && !again.leads().await);
    assert_eq!(lease(&api)["metadata"]["labels"]["app"], "x", "labels of the pre-created Lease stay");
    assert!(!api.calls().iter().any(|call| call.verb == "create"), "a pre-created Lease needs no create");
}

#[tokio::test]
async fn a_frozen_leader_wakes_up_as_follower() {
    let api = ApiServer::start().await;
    let first = Participant::start(&api, "pod-1", &[]);
    first.until_leads(5 * SECOND).await;
    let second = Participant::start(&api, "pod-2", &[]);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    let frozen = first.leader().await;
    first.agent.signal(Signal::STOP);
    second.until_leads(8 * SECOND).await;
    let term = frozen["term"].as_u64().unwrap();
    first.agent.signal(Signal::CONT);
    // The very first answer after waking is computed anew, before any call to the API server.
    assert!(!first.leads().await);
    let lost = ask("POST", &format!("{}/renewLeadership?term={term}", first.url)).await.unwrap();
    assert_eq!(lost.0, 410);
    let before = api.calls().len();
    let rounds = || async { have_called(&api, before, 4, &["pod-1", "pod-2"]) };
    never_two_until("each has called", &[&first, &second], rounds).await;
}

#[tokio::test]
async fn a_leader_that_is_cut_off_stops_in_time() {
    let api = ApiServer::start().await;
    let first = Participant::start(&api, "pod-1", &[]);
    first.until_leads(5 * SECOND).await;
    let second = Participant::start(&api, "pod-2", &[]);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    api.faults(|call| (call.who == "pod-1").then_some(Fault::Hang));
    never_two_until("the other leads", &[&first, &second], || second.leads()).await;
    assert!(second.leads().await && !first.leads().await);
    until("not ready", 5 * SECOND, || async {
        ask("GET", &format!("{}/readyz", first.status)).await.unwrap().0 == 503
    })
    .await;
    assert_eq!(ask("GET", &format!("{}/healthz", first.status)).await.unwrap().0, 200);
}

#[tokio::test]
async fn bad_answers_of_the_api_server_do_no_harm() {
    let api = ApiServer::start().await;
    let mut count = 0;
    api.faults(move |_| {
        count += 1;
        match count % 11 {
            1 => Some(Fault::Refuse(500)),
            3 => Some(Fault::Lose(500)),
            5 => Some(Fault::Refuse(429)),
            6 => Some(Fault::Refuse(410)),
            8 => Some(Fault::Refuse(409)),
            9 => Some(Fault::Slow(Duration::from_millis(700))),
            _ => None,
        }
    });
    let first = Participant::start(&api, "pod-1", &[]);
    let second = Participant::start(&api, "pod-2", &[]);
    // twice through the faults
    let rounds = || async { api.calls().len() >= 22 && (first.leads().await || second.leads().await) };
    never_two_until("22 calls and a leader", &[&first, &second], rounds).await;
}

#[tokio::test]
async fn a_deleted_lease_is_made_again_with_a_higher_term() {
    let api = ApiServer::start().await;
    let first = Participant::start(&api, "pod-1", &[]);
    first.until_leads(5 * SECOND).await;
    let second = Participant::start(&api, "pod-2", &[]);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    let term = first.leader().await["term"].as_u64().unwrap();
    api.delete("leases", "scheduler");
    let higher = || async { first.leader().await["term"].as_u64().is_some_and(|later| later > term) };
    never_two_until("leads with a higher term", &[&first, &second], higher).await;
    assert!(first.leads().await);
    assert!(first.leader().await["term"].as_u64().unwrap() > term);
    assert!(first.agent.log().contains("deleted by hand"), "{}", first.agent.log());
    let metrics = request("GET", &format!("{}/metrics", first.status), "").await.unwrap().2;
    assert!(metrics.contains("patterns_agent_elect_deletions_total{lease=\"scheduler\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_deleted_lease_that_nobody_may_create_is_led_again_when_it_is_applied() {
    let api = ApiServer::start().await;
    precreated(&api);
    api.faults(|call| (call.verb == "create").then_some(Fault::Refuse(403)));
    let first = Participant::start(&api, "pod-1", &[]);
    first.until_leads(5 * SECOND).await;
    let second = Participant::start(&api, "pod-2", &[]);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    let term = first.leader().await["term"].as_u64().unwrap();
    api.delete("leases", "scheduler");
    until("says what is missing", 5 * SECOND, || async { first.agent.log().contains("needs get, update (and create") })
        .await;
    until("stops", 3 * SECOND, || async { !first.leads().await }).await;
    precreated(&api);
    let leads = || async { first.leads().await || second.leads().await };
    never_two_until("one leads again", &[&first, &second], leads).await;
    assert!(lease(&api)["spec"]["leaseTransitions"].as_u64().unwrap() > term, "those who knew it keep the term rising");
}

#[tokio::test]
async fn sigterm_lets_the_last_answer_run_out_and_then_releases() {
    let api = ApiServer::start().await;
    let mut first = Participant::start(&api, "pod-1", &[]);
    first.until_leads(5 * SECOND).await;
    let second = Participant::start(&api, "pod-2", &[]);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    let asked = Instant::now();
    let remaining = first.leader().await["remainingMs"].as_u64().unwrap();
    first.agent.signal(Signal::TERM);
    until("stops saying leader", SECOND, || async { !first.leads().await }).await;
    let holder = lease(&api)["spec"]["holderIdentity"].as_str().unwrap().to_owned();
    assert!(holder.starts_with("pod-1_"), "not released before the last answer ran out: {holder}");
    assert!(first.agent.end(5 * SECOND).await.success());
    assert!(asked.elapsed() >= Duration::from_millis(remaining));
    second.until_leads(SECOND).await;
    assert_eq!(lease(&api)["spec"]["leaseTransitions"], 2);
}

/// With the times that gen writes.
#[tokio::test]
async fn a_sidecar_hands_over_within_two_seconds() {
    let api = ApiServer::start().await;
    precreated(&api);
    let start = |who: &'static str| {
        let (port, status) = (free_port(), free_port());
        let (api_flag, status_flag) = (format!("--api=127.0.0.1:{port}"), format!("--status=127.0.0.1:{status}"));
        let config = api.kubeconfig(who);
        let env = [("KUBECONFIG", config.to_str().unwrap()), ("POD_NAME", who), ("POD_NAMESPACE", "default")];
        let agent = Agent::start(&["elect", "--lease=scheduler", "--sidecar", &api_flag, &status_flag], &env);
        Participant { agent, url: format!("http://127.0.0.1:{port}"), status: format!("http://127.0.0.1:{status}") }
    };
    let mut first = start("pod-1");
    first.until_leads(5 * SECOND).await;
    let mut second = start("pod-2");
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    let stepped_down = async |first: &Participant, second: &Participant| {
        let term = second.leader().await["term"].as_u64().unwrap();
        let down = ask("POST", &format!("{}/stepDown", second.url)).await.unwrap().1;
        assert!(down["remainingMs"].as_u64().unwrap() > 5000, "its app lives: {down}");
        let asked = Instant::now();
        first.until_leads(15 * SECOND).await;
        assert!(asked.elapsed() > 4 * SECOND, "{:?}", asked.elapsed());
        assert!(first.leader().await["term"].as_u64().unwrap() > term);
    };
    for names in [["pod-1", "pod-2"], ["pod-2", "pod-1"]] {
        let remaining = first.leader().await["remainingMs"].as_u64().unwrap();
        assert!(remaining > 5000, "{remaining}: it does not wait for that");
        let stopped = Instant::now();
        first.agent.signal(Signal::TERM);
        second.until_leads(5 * SECOND).await;
        assert!(stopped.elapsed() < 4 * SECOND, "{:?}", stopped.elapsed());
        assert!(first.agent.end(5 * SECOND).await.success());
        first = start(names[0]);
        until("follows", 5 * SECOND, || async { first.leader().await["leader"] == names[1] }).await;
        std::mem::swap(&mut first, &mut second);
    }
    stepped_down(&second, &first).await;
}

/// An eviction stops the sidecar while its app has its last seconds; the app's open connection says so.
#[tokio::test]
async fn a_sidecar_with_a_client_lets_the_last_answer_run_out() {
    let api = ApiServer::start().await;
    precreated(&api);
    let flags = ["--sidecar"];
    let first = Participant::start(&api, "pod-1", &flags);
    first.until_leads(5 * SECOND).await;
    let second = Participant::start(&api, "pod-2", &flags);
    until("follows", 5 * SECOND, || async { second.leader().await["leader"] == "pod-1" }).await;
    let app = tokio::net::TcpStream::connect(first.url.trim_start_matches("http://")).await.unwrap();
    let remaining = first.leader().await["remainingMs"].as_u64().unwrap();
    let stopped = Instant::now();
    first.agent.signal(Signal::TERM);
    second.until_leads(15 * SECOND).await;
    assert!(stopped.elapsed().as_millis() >= u128::from(remaining), "{:?} of {remaining} ms", stopped.elapsed());
    drop(app);
}

#[tokio::test]
async fn three_dialects_and_a_watch() {
    let api = ApiServer::start().await;
    let first = Participant::start(&api, "pod-1", &["--campaign=on-request", "--lease=reports"]);
    let second = Participant::start(&api, "pod-2", &["--campaign=on-request", "--lease=reports"]);
    for participant in [&first, &second] {
        until("starts", 5 * SECOND, || async { participant.leader().await.is_object() }).await;
    }
    tokio::time::sleep(SECOND).await;
    assert_eq!(ask("GET", &first.url).await.unwrap(), (200, json!({"name": ""})));
    assert_eq!(ask("GET", &format!("{}/locks/reports", first.url)).await.unwrap().0, 404);
    let (status, won) = ask("POST", &format!("{}/becomeLeader", first.url)).await.unwrap();
    assert_eq!((status, &won["isLeader"], &won["leader"]), (200, &json!(true), &json!("pod-1")));
    assert_eq!(won["lease"], "scheduler");
    let remaining = won["remainingMs"].as_u64().unwrap();
    assert!((1..=2000).contains(&remaining), "{remaining}");
    let term = won["term"].as_u64().unwrap();
    let renew = format!("{}/renewLeadership", first.url);
    assert_eq!(ask("POST", &format!("{renew}?term={term}")).await.unwrap().0, 200);
    let body = json!({"term": term - 1}).to_string();
    assert_eq!(request("POST", &renew, &body).await.unwrap().0, 410);
    assert_eq!(request("POST", &renew, "{").await.unwrap().0, 400);
    until("follows", 5 * SECOND, || async {
        ask("GET", &second.url).await.unwrap() == (200, json!({"name": "pod-1"}))
    })
    .await;
    assert_eq!(ask("POST", &format!("{}/becomeLeader", second.url)).await.unwrap().0, 409);
    assert_eq!(ask("POST", &format!("{}/renewLeadership", second.url)).await.unwrap().0, 409);
    // The other lease is its own election, here as a lock.
    assert_eq!(ask("PUT", &format!("{}/locks/reports", second.url)).await.unwrap().0, 200);
    assert_eq!(ask("PUT", &format!("{}/locks/reports", first.url)).await.unwrap().0, 409);
    assert_eq!(ask("GET", &format!("{}/locks/reports", first.url)).await.unwrap().0, 200);
    assert_eq!(ask("GET", &format!("{}/leases/reports/leader", second.url)).await.unwrap().1["isLeader"], true);
    assert_eq!(ask("GET", &format!("{}/leases/reports", first.url)).await.unwrap().1["name"], "pod-2");
    assert_eq!(ask("GET", &format!("{}/locks/other", first.url)).await.unwrap().0, 404);
    // A watcher of the second hears that the first has stepped down and that the second leads.
    let url = format!("{}/watch", second.url);
    let watcher = tokio::spawn(async move { watch_until_leader(&url).await });
    let (status, down) = ask("POST", &format!("{}/stepDown", first.url)).await.unwrap();
    assert_eq!((status, &down["isLeader"]), (200, &json!(false)));
    assert!(down["remainingMs"].as_u64().unwrap() > 0, "how long its last answer may still be in use");
    let events = watcher.await.unwrap();
    assert_eq!(events.first().unwrap()["leader"], "pod-1");
    assert_eq!(events.last().unwrap()["leader"], "pod-2");
    assert!(events.last().unwrap()["term"].as_u64().unwrap() > term);
}

async fn watch_until_leader(url: &str) -> Vec<Value> {
    use http_body_util::BodyExt as _;
    let client: hyper_util::client::legacy::Client<_, http_body_util::Empty<bytes::Bytes>> =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let mut body = client.get(url.parse().unwrap()).await.unwrap().into_body();
    let mut events: Vec<Value> = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        let text = String::from_utf8(data.to_vec()).unwrap();
        events.extend(
            text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|d| serde_json::from_str(d).unwrap()),
        );
        if events.last().is_some_and(|event| event["isLeader"] == json!(true)) {
            break;
        }
    }
    events
}

#[tokio::test]
async fn missing_rights_are_named() {
    let api = ApiServer::start().await;
    api.faults(|_| Some(Fault::Refuse(403)));
    let participant = Participant::start(&api, "pod-1", &[]);
    until("says so", 5 * SECOND, || async { participant.agent.log().contains("forbidden") }).await;
    let (status, _, reason) = request("GET", &format!("{}/readyz", participant.status), "").await.unwrap();
    assert_eq!(status, 503);
    assert!(
        reason.contains(
            "leases.coordination.k8s.io \"scheduler\" is forbidden: the ServiceAccount needs get, update on \
             leases.coordination.k8s.io in namespace \"default\""
        ),
        "{reason}"
    );
    assert!(!participant.agent.log().contains("Bearer"));
}

#[tokio::test]
async fn impossible_flags_end_with_2() {
    let cases: [(&[&str], &str); 6] = [
        (&["--lease=a", "--lease-duration=10s", "--renew-deadline=10s"], "greater than --renew-deadline"),
        (&["--lease=a", "--renew-deadline=2s", "--retry-period=2s"], "1.2"),
        (&["--lease=a", "--lease-duration=1500ms"], "whole seconds"),
        (&["--lease=a", "--lease=a"], "twice"),
        (&["--lease=A_b"], "cannot name an object"),
        (&["--lease=a", "--leese=b"], "--leese"),
    ];
    for (flags, complaint) in cases {
        let mut agent = Agent::start(&[&["elect"], flags].concat(), &[]);
        let status = agent.end(5 * SECOND).await;
        assert_eq!(status.code(), Some(2), "{flags:?}");
        assert!(agent.log().contains(complaint), "{flags:?}: {}", agent.log());
    }
    let mut agent = Agent::start(&["elect", "--lease=a"], &[]);
    assert_eq!(agent.end(5 * SECOND).await.code(), Some(2));
    assert!(agent.log().contains("no API server to connect to"), "{}", agent.log());
}
