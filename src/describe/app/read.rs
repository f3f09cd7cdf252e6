//! Reading `app`. The grammar has checked the types; what it cannot express is checked here.

use serde_json::Value as Json;

use super::super::formats::duration_seconds;
use super::super::spanned::{Member, Place, Spanned};
use super::ports::{check_ports, named_ports, port_number};
use super::rights::rights;
use super::text::AppReader;
use super::{App, env, files, health, object, resources, scalar, volumes};
use crate::diagnostic::Finding;

/// Reads `app`, as far as it can be read, and says what is wrong with it.
pub fn read(member: &Member) -> (App, Vec<Finding>) {
    let mut reader = AppReader::default();
    let app = read_keys(&mut reader, member);
    reader.findings.extend(check_needs_port(&app));
    reader.findings.extend(check_ports(&app));
    reader.findings.extend(check_stop(&app));
    (app, reader.findings)
}

/// The values of a container's keys.
struct Keys<'a>(&'a Spanned);

impl<'a> Keys<'a> {
    fn get(&self, key: &str) -> Option<&'a Spanned> {
        self.0.get(key)
    }

    fn place(&self, key: &str) -> Option<Place> {
        self.get(key).map(|value| value.place.clone())
    }

    fn items(&self, key: &str) -> &'a [Spanned] {
        self.get(key).map(Spanned::items).unwrap_or_default()
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Spanned::text).map(str::to_owned)
    }

    fn seconds(&self, key: &str) -> Option<u64> {
        duration_seconds(self.get(key)?.text()?).ok()
    }

    fn whole(&self, key: &str) -> Option<i64> {
        self.get(key)?.to_json().as_i64()
    }

    fn is(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.to_json() == true)
    }
}

fn read_keys(reader: &mut AppReader, member: &Member) -> App {
    let app = Keys(&member.value);
    let port = app.get("port").and_then(port_number);
    let ports = named_ports(app.get("ports"));
    let loopback = app.get("bind").and_then(Spanned::text) == Some("localhost");
    let (health, mistakes) = health::read(app.get("health"), &ports, port, loopback);
    reader.findings.extend(mistakes);
    let command = reader.texts(app.get("command"));
    let args = reader.texts(app.get("args"));
    let before_stop = reader.texts(app.get("before-stop"));
    let after_start = reader.texts(app.get("after-start"));
    let env = env::read(reader, app.get("env"));
    let (resources, mistakes) = resources::read(app.get("resources"));
    reader.findings.extend(mistakes);
    reader.findings.extend(env::check_limits(&env, &resources));
    App {
        image: app.text("image").unwrap_or_default(),
        image_place: app.place("image"),
        port,
        port_place: app.place("port"),
        host_port: app.get("host-port").and_then(port_number),
        protocol: app.text("protocol"),
        protocol_place: app.place("protocol"),
        health,
        command,
        args,
        env,
        env_from: env::from(reader, app.get("envFrom")),
        files: files::read(reader, app.get("files")),
        workdir: app.text("workdir"),
        more: more(&app),
        groups: app.items("groups").iter().filter_map(|group| group.to_json().as_i64()).collect(),
        selinux: app.get("selinux").map(selinux).unwrap_or_default(),
        new_privileges: app.get("new-privileges").and_then(|allowed| allowed.to_json().as_bool()),
        user: app.whole("user").unwrap_or(10001),
        group: app.whole("group"),
        volume_group: app.whole("volume-group"),
        privileged: app.is("privileged"),
        capabilities: app.items("capabilities").iter().map(scalar).collect(),
        writable: volumes::writable(reader, app.get("writable")),
        writable_root: app.get("writable").is_some_and(|all| all.text() == Some("all")),
        shared: volumes::shared(app.get("shared")),
        resources,
        loopback,
        drain: app.seconds("drain").unwrap_or(if port.is_some() { 10 } else { 0 }),
        stop: app.seconds("stop"),
        within: app.get("stop").and_then(|stop| Keys(stop).seconds("within")),
        before_stop,
        after_start,
        rights: rights(reader, app.get("rights")),
        cluster_rights: rights(reader, app.get("cluster-rights")),
        account: app.get("account").and_then(|account| Some((account.text()?.to_owned(), account.place.clone()))),
        volumes: volumes::read(reader, app.get("volumes")),
        written: member.value.clone(),
        ports,
        place: member.key_place.clone(),
    }
}

/// Keys about the app's port, which it does not name.
fn check_needs_port(app: &App) -> impl Iterator<Item = Finding> {
    let needs_port = |key: &&str| *key != "bind" || app.ports.is_empty();
    let keys = ["bind", "protocol", "host-port"].into_iter().filter(|_| app.port.is_none()).filter(needs_port);
    keys.filter_map(|key| {
        let member = app.written.member(key)?;
        Some(
            Finding::error(member.key_place.label(""), format!("`{key}` needs `port`"))
                .help("app: {image: …, port: 8080, …}"),
        )
    })
}

/// A Pod that is killed while it still waits for its last clients.
fn check_stop(app: &App) -> Option<Finding> {
    let within = app.within.filter(|within| *within < app.drain)?;
    let message = format!("a Pod has {within}s to stop, but `drain` alone takes {}s", app.drain);
    Some(
        Finding::error(app.written.get("stop")?.place.label(""), message)
            .because(
                "the kubelet kills whatever still runs after terminationGracePeriodSeconds, which includes the wait",
            )
            .help("drain: 0s, or more time"),
    )
}

/// Fields of a container that are there if the description says so, and not otherwise.
fn more(app: &Keys<'_>) -> Json {
    let is = |key: &str| app.is(key).then_some(Json::Bool(true));
    let message = app.get("termination-message").and_then(Spanned::text);
    let (log, path) = (message.filter(|text| *text == "log"), message.filter(|text| *text != "log"));
    object([
        ("stdin", is("stdin").unwrap_or_default()),
        ("tty", is("tty").unwrap_or_default()),
        ("terminationMessagePath", path.map(Json::from).unwrap_or_default()),
        ("terminationMessagePolicy", log.map(|_| Json::from("FallbackToLogsOnError")).unwrap_or_default()),
    ])
}

/// A level alone, or any parts of the label.
fn selinux(value: &Spanned) -> Json {
    match value.text() {
        Some(level) => object([("level", Json::from(level))]),
        None => value.to_json(),
    }
}
