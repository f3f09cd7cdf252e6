//! Probes as `health`.

use serde_json::{Map, Value as Json, json};

use super::compare::patience;
use super::container::duration;
use super::values::items;

/// How often the generator has a check by itself, and how many failures count.
#[derive(Clone, Copy)]
struct Timing {
    every: u64,
    failures: u64,
}

const READY: Timing = Timing { every: 5, failures: 3 };
const LIVE: Timing = Timing { every: 10, failures: 6 };

/// What starts up within five minutes needs no `start`.
const START: u64 = 300;

/// Keys of a check that say how often, which a check of the start does by itself.
const REPEATED: [&str; 3] = ["every", "failures", "successes"];

/// `health` of a container whose port is `main`, where `speaks_tls` says whether the app answers HTTPS there; null where
/// nothing is said.
pub(super) fn of(container: &Json, main: Option<u64>, speaks_tls: bool) -> Json {
    let probe = |name: &str| container.get(name).filter(|probe| probe.is_object());
    let number = |port: &Json| number(container, port);
    let (ready, live) = (probe("readinessProbe"), probe("livenessProbe"));
    let form = |one: Option<&Json>, ours| check(one?, (main, speaks_tls), ours, &number);
    let (ready_form, live_form) = (form(ready, READY), form(live, LIVE));
    let delay = [ready, live].into_iter().flatten().filter_map(|one| one["initialDelaySeconds"].as_u64()).max();
    let start = probe("startupProbe").map(patience).into_iter().chain(delay).max();
    let start = start.filter(|start| *start > START).map(duration);
    // what shows that it has started is what its liveness or readiness asks, unless said otherwise
    let started = probe("startupProbe").and_then(|one| asked(form(Some(one), LIVE).as_ref(), main));
    let usual = asked(live_form.as_ref().or(ready_form.as_ref()), main);
    let start = match started.filter(|started| usual.as_ref() != Some(started)) {
        Some(mut started) => {
            started.extend(start.map(|start| ("within".to_owned(), json!(start))));
            Some(Json::Object(started))
        }
        None => start.map(|start| json!(start)),
    };
    let mut health = Map::new();
    match (ready_form, live_form) {
        (None, None) => {}
        (Some(ready), None) if start.is_none() && ready.is_string() => return ready,
        (Some(ready), None) => match ready {
            Json::Object(members) => health = members,
            path => {
                health.insert("ready".to_owned(), path);
            }
        },
        (ready, live) => {
            health.extend(ready.map(|ready| ("ready".to_owned(), ready)));
            health.extend(live.map(|live| ("live".to_owned(), live)));
        }
    }
    health.extend(start.map(|start| ("start".to_owned(), start)));
    if health.is_empty() { Json::Null } else { Json::Object(health) }
}

/// Whether a probe of a container asks one of its ports.
pub(super) fn asks(container: &Json, port: u64) -> bool {
    let probes =
        ["readinessProbe", "livenessProbe", "startupProbe"].into_iter().filter_map(|probe| container.get(probe));
    let handlers = |probe: &Json| ["httpGet", "tcpSocket", "grpc"].map(|handler| probe[handler]["port"].clone());
    let mut asked = probes.flat_map(handlers).filter(|asked| !asked.is_null());
    asked.any(|asked| number(container, &asked) == Some(port))
}

/// What a check asks, without how often; one without a form dials the main port.
fn asked(form: Option<&Json>, main: Option<u64>) -> Option<Map<String, Json>> {
    match form {
        None => main.map(|main| Map::from_iter([("tcp".to_owned(), json!(main))])),
        Some(Json::String(word)) if word == "grpc" => Some(Map::from_iter([("grpc".to_owned(), json!(""))])),
        Some(Json::Object(members)) => {
            let mut members = members.clone();
            members.retain(|key, _| !REPEATED.contains(&key.as_str()));
            let is_timed = !members.keys().all(|key| key == "timeout");
            let dial = main.filter(|_| !is_timed).map(|main| ("tcp".to_owned(), json!(main)));
            members.extend(dial);
            Some(members)
        }
        Some(word) => Some(Map::from_iter([("path".to_owned(), word.clone())])),
    }
}

fn number(container: &Json, port: &Json) -> Option<u64> {
    let name = match port {
        Json::Number(number) => return number.as_u64(),
        Json::String(name) => name,
        _ => return None,
    };
    let named = items(&container["ports"]).iter().find(|port| port["name"] == **name);
    named.and_then(|port| port["containerPort"].as_u64()).or_else(|| name.parse().ok())
}

/// One check: a word where that says all of it.
fn check(
    probe: &Json,
    (main, speaks_tls): (Option<u64>, bool),
    ours: Timing,
    number: &dyn Fn(&Json) -> Option<u64>,
) -> Option<Json> {
    let (mut form, mut more) = (Map::new(), Map::new());
    let mut word = None;
    if let Some(http) = probe.get("httpGet") {
        let path = http["path"].as_str().filter(|path| !path.is_empty()).unwrap_or("/");
        // the query of a path has no other place
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let path = super::container::escaped(&path);
        form.insert("path".to_owned(), json!(path));
        let port = number(&http["port"])?;
        if http["scheme"] == "HTTPS" && !(speaks_tls && Some(port) == main) {
            more.insert("scheme".to_owned(), json!("https"));
        }
        if Some(port) == main {
            word = Some(json!(path));
        } else {
            form.insert("port".to_owned(), json!(port));
        }
        let headers = items(&http["httpHeaders"]).iter();
        let headers: Map<String, Json> = headers
            .filter_map(|header| {
                Some((header["name"].as_str()?.to_owned(), json!(super::container::escaped(header["value"].as_str()?))))
            })
            .collect();
        more.extend((!headers.is_empty()).then(|| ("headers".to_owned(), Json::Object(headers))));
        let host = http["host"].as_str().filter(|host| matches!(*host, "127.0.0.1" | "::1" | "localhost"));
        more.extend(host.map(|host| ("host".to_owned(), json!(host))));
    } else if let Some(tcp) = probe.get("tcpSocket") {
        let port = number(&tcp["port"])?;
        form.insert("tcp".to_owned(), json!(port));
    } else if let Some(exec) = probe.get("exec") {
        let command: Vec<Json> = items(&exec["command"])
            .iter()
            .filter_map(Json::as_str)
            .map(|word| json!(super::container::escaped(word)))
            .collect();
        form.insert("command".to_owned(), Json::Array(command));
    } else if let Some(grpc) = probe.get("grpc") {
        let service = grpc["service"].as_str().unwrap_or_default();
        form.insert("grpc".to_owned(), json!(service));
        let port = grpc["port"].as_u64()?;
        if Some(port) != main {
            form.insert("port".to_owned(), json!(port));
        } else if service.is_empty() {
            word = Some(json!("grpc"));
        }
    } else {
        return None;
    }
    let bare = form.len();
    let is_dial = bare == 1 && main.is_some() && form.get("tcp").and_then(Json::as_u64) == main;
    // what the server or the generator takes by itself needs no word
    let of =
        |key: &str, defaults: [u64; 2]| probe[key].as_u64().filter(|number| !defaults.contains(number) && *number > 0);
    form.extend(more);
    // of liveness the server admits 1 alone
    form.extend(of("successThreshold", [1, 1]).map(|successes| ("successes".to_owned(), json!(successes))));
    form.extend(of("periodSeconds", [10, ours.every]).map(|every| ("every".to_owned(), json!(duration(every)))));
    form.extend(of("timeoutSeconds", [1, 1]).map(|timeout| ("timeout".to_owned(), json!(duration(timeout)))));
    form.extend(of("failureThreshold", [3, ours.failures]).map(|failures| ("failures".to_owned(), json!(failures))));
    match word {
        Some(word) if form.len() == bare => Some(word),
        _ if is_dial && form.len() == bare => None,
        _ => Some(Json::Object(form)),
    }
}

/// Whether an HTTP check of the app's own port is said by its path alone or with timing: then the port is called `http`.
pub(super) fn is_word(probe: &Json) -> bool {
    probe["httpGet"].is_object()
}
