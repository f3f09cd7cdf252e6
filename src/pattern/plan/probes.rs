//! How the kubelet asks whether a container is well.

use serde_json::{Map, Value as Json, json};

use crate::describe::{App, Handler, Member, Probe, Spanned};

/// Where the kubelet dials for a container's own port.
pub(crate) struct Dial {
    /// Port number or name.
    pub port: Json,
    /// `HTTPS`, or nothing.
    pub scheme: Json,
}

/// Five minutes for what the liveness probe would otherwise end after one: a recovery, a first start, a cold JVM.
const START: u64 = 300;

pub(super) fn probes(app: &App, dial: &Dial, readiness: Option<Json>) -> Json {
    let health = &app.health;
    let mut probes = Map::new();
    let dialled = app.port.is_some() && app.protocol.as_deref() != Some("udp");
    let has = |probe: Option<&Probe>| probe.is_some() || dialled;
    let timing = |probe: Option<&Probe>, every: u64, failures: Option<u64>| {
        let own = |of: fn(&Probe) -> Option<u64>, all: Option<u64>| probe.and_then(of).or(all);
        let mut timing =
            Map::from_iter([("periodSeconds".to_owned(), json!(own(|p| p.every, health.every).unwrap_or(every)))]);
        if let Some(timeout) = own(|p| p.timeout, health.timeout) {
            timing.insert("timeoutSeconds".to_owned(), json!(timeout));
        }
        if let Some(failures) = own(|p| p.failures, health.failures).or(failures) {
            timing.insert("failureThreshold".to_owned(), json!(failures));
        }
        timing
    };
    let probe = |form: Option<&Probe>, timing: Map<String, Json>| {
        let mut probe = handler(form, app, dial);
        probe.extend(timing);
        Json::Object(probe)
    };
    let ready = health.ready.as_ref();
    if let Some(readiness) = readiness {
        let mut answered =
            json!({"httpGet": {"path": readiness["path"], "port": readiness["port"]}, "periodSeconds": 5});
        if !readiness["timeout"].is_null() {
            answered["timeoutSeconds"] = readiness["timeout"].clone();
        }
        probes.insert("readinessProbe".to_owned(), answered);
    } else if has(ready) {
        let mut timing = timing(ready, 5, None);
        let successes = ready.and_then(|ready| ready.request.successes).or(health.request.successes);
        timing.extend(successes.map(|successes| ("successThreshold".to_owned(), json!(successes))));
        probes.insert("readinessProbe".to_owned(), probe(ready, timing));
    }
    // Dialled, the pattern in front of a loopback app would answer for it, and its own death would restart the app.
    let live = health.live.as_ref().or(ready.filter(|_| app.loopback));
    let dials_front = app.loopback && live.is_none();
    let first = health.started.as_ref().or(health.live.as_ref()).or(ready);
    if has(first) && !dials_front {
        let slow = first.is_some_and(|probe| matches!(probe.handler, Handler::Command(_)));
        let every = if slow { 10 } else { 2 };
        let mut timing = timing(first, every, None);
        timing.insert("periodSeconds".to_owned(), json!(every));
        timing.insert("failureThreshold".to_owned(), json!(health.start.unwrap_or(START).div_ceil(every).max(1)));
        probes.insert("startupProbe".to_owned(), probe(first, timing));
    }
    if has(live) && !dials_front {
        probes.insert("livenessProbe".to_owned(), probe(live, timing(live, 10, Some(6))));
    }
    Json::Object(probes)
}

/// What one probe asks; without a form the port is dialled.
fn handler(probe: Option<&Probe>, app: &App, dial: &Dial) -> Map<String, Json> {
    let all = &app.health.request;
    // an app that is asked at one address is dialled there, too
    let asked = probe.or(app.health.ready.as_ref());
    let host = asked.and_then(|probe| probe.request.host.as_ref()).or(all.host.as_ref()).map(|(host, _)| host);
    let http = |path: &str, port: Json, scheme: &Json| {
        let mut http = Map::from_iter([("path".to_owned(), json!(path)), ("port".to_owned(), port)]);
        let said = asked.and_then(|probe| probe.request.scheme.as_ref()).or(all.scheme.as_ref());
        match said.map(|said| said.to_ascii_uppercase()) {
            Some(said) if said == "HTTPS" => http.insert("scheme".to_owned(), json!(said)),
            None if !scheme.is_null() => http.insert("scheme".to_owned(), scheme.clone()),
            _ => None,
        };
        if let Some(host) = host {
            http.insert("host".to_owned(), json!(host));
        }
        let own = probe.map(|probe| &probe.request.headers).filter(|own| !own.is_empty());
        let headers: Vec<Json> =
            own.unwrap_or(&all.headers).iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        if !headers.is_empty() {
            http.insert("httpHeaders".to_owned(), json!(headers));
        }
        json!({"httpGet": http})
    };
    let handler = match probe.map(|probe| &probe.handler) {
        None => host.map_or_else(
            || json!({"tcpSocket": {"port": dial.port}}),
            |host| json!({"tcpSocket": {"port": app.port, "host": host}}),
        ),
        // in the node's network a loopback listener answers the kubelet itself, not what is in front of it
        Some(Handler::Path(path, None)) if host.is_some() => http(path, json!(app.port), &scheme(app)),
        Some(Handler::Path(path, None)) => http(path, dial.port.clone(), &dial.scheme),
        // another port than the app's speaks plain HTTP
        Some(Handler::Path(path, Some(port))) => http(path, json!(port), &Json::Null),
        Some(Handler::Grpc(service, port)) => {
            let mut grpc = Map::from_iter([("port".to_owned(), json!(port.or(app.port)))]);
            if let Some(service) = service {
                grpc.insert("service".to_owned(), json!(service));
            }
            json!({"grpc": grpc})
        }
        Some(Handler::Command(command)) => json!({"exec": {"command": command}}),
        Some(Handler::Tcp(port)) => json!({"tcpSocket": {"port": port}}),
    };
    handler.as_object().cloned().unwrap_or_default()
}

/// What is said of a health check, by key, wherever it is said.
pub(crate) fn health_keys(health: &Spanned) -> Vec<&str> {
    match health.text() {
        Some("grpc") => vec!["grpc"],
        Some(_) => vec!["path"],
        None => health
            .members()
            .iter()
            .flat_map(|member| std::iter::once(member.key.as_str()).chain(health_keys_below(member)))
            .collect(),
    }
}

fn health_keys_below(member: &Member) -> Vec<&str> {
    if matches!(member.key.as_str(), "ready" | "live") { health_keys(&member.value) } else { Vec::new() }
}

/// How the kubelet's HTTP probes speak to an app.
pub(crate) fn scheme(app: &App) -> Json {
    json!((app.protocol.as_deref() == Some("https")).then_some("HTTPS"))
}
