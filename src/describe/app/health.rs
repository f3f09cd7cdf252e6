//! How a container's health is checked.

use super::super::formats::duration_seconds;
use super::super::spanned::{Kind, Member, Place, Spanned};
use super::text::check_command;
use super::{NamedPort, scalar};
use crate::diagnostic::Finding;
use crate::secret_texts::{holds_secret, is_secret_in_header};
use crate::words::{is_secret_header, nearest};

/// How health is checked; without a form the port is dialled.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Readiness.
    pub ready: Option<Probe>,
    /// Liveness.
    pub live: Option<Probe>,
    /// Seconds that starting may take.
    pub start: Option<u64>,
    /// What shows that it has started, if that is another check.
    pub started: Option<Probe>,
    /// Seconds between two checks, for all of them.
    pub every: Option<u64>,
    /// Seconds that an answer may take, for all of them.
    pub timeout: Option<u64>,
    /// Failed checks in a row, for all of them.
    pub failures: Option<u64>,
    /// What all of them say beside, where they say nothing themselves.
    pub request: Request,
}

/// What an HTTP check sends, to which address, and how many answers make a Pod ready.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// HTTP headers.
    pub headers: Vec<(String, String)>,
    /// The loopback address of the node's network.
    pub host: Option<(String, Place)>,
    /// Answers in a row after which a Pod is ready again.
    pub successes: Option<u64>,
    /// `http` or `https`, if not as the app.
    pub scheme: Option<String>,
}

/// One check.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What is asked.
    pub handler: Handler,
    /// Seconds between two checks.
    pub every: Option<u64>,
    /// Seconds that an answer may take.
    pub timeout: Option<u64>,
    /// Failed checks in a row that count.
    pub failures: Option<u64>,
    /// What it sends, and where to.
    pub request: Request,
}

/// What a check asks.
#[derive(Clone, Debug)]
pub enum Handler {
    /// An HTTP path at another port than the app's, if one is named.
    Path(String, Option<u16>),
    /// gRPC's health protocol, with the service if one is named.
    Grpc(Option<String>, Option<u16>),
    /// A command that ends with 0.
    Command(Vec<String>),
    /// A port that is dialled.
    Tcp(u16),
}

impl Health {
    /// The HTTP paths of readiness and liveness at the app's own port.
    #[must_use]
    pub fn paths(&self) -> (Option<&str>, Option<&str>) {
        (self.ready.as_ref().and_then(Probe::path), self.live.as_ref().and_then(Probe::path))
    }
}

impl Probe {
    /// The HTTP path, if it is one of the app's own port.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match &self.handler {
            Handler::Path(path, None) => Some(path),
            _ => None,
        }
    }
}

/// The keys that a check has beside its form.
const OF_A_CHECK: [&str; 9] =
    ["port", "every", "timeout", "failures", "successes", "headers", "host", "scheme", "within"];

/// The keys of one form of a check.
const FORMS: [&str; 4] = ["path", "grpc", "command", "tcp"];

/// Reads `health`, and says what is wrong with it.
pub(super) fn read(
    value: Option<&Spanned>,
    ports: &[NamedPort],
    main: Option<u16>,
    loopback: bool,
) -> (Health, Vec<Finding>) {
    let Some(value) = value else { return (Health::default(), Vec::new()) };
    let mut reader = HealthReader { ports, main, loopback, findings: Vec::new() };
    let health = reader.health(value);
    (health, reader.findings)
}

fn seconds(value: &Spanned, key: &str) -> Option<u64> {
    duration_seconds(value.get(key)?.text()?).ok()
}

/// `health` is one check, or one for each question.
fn check_defined_once(value: &Spanned, form: &Member) -> Option<Finding> {
    let both = value.member("ready").or_else(|| value.member("live"))?;
    Some(
        Finding::error(both.key_place.label("this is one check"), "`health` defines the check twice")
            .label(form.key_place.label("this is another"))
            .help("health: {ready: /readyz, live: /livez}"),
    )
}

/// What a check of liveness cannot have.
fn check_live(value: &Spanned) -> Option<Finding> {
    let successes = value.get("live")?.member("successes")?;
    Some(
        Finding::error(successes.key_place.label(""), "`successes` belongs to `ready`")
            .because("for liveness Kubernetes allows only 1: one answer shows that a container is alive"),
    )
}

fn request(value: &Spanned) -> Request {
    let headers = value.get("headers").map(Spanned::members).unwrap_or_default();
    Request {
        headers: headers.iter().map(|member| (member.key.clone(), scalar(&member.value))).collect(),
        host: value.get("host").and_then(|host| Some((host.text()?.to_owned(), host.place.clone()))),
        successes: value.get("successes").and_then(|successes| successes.to_json().as_u64()),
        scheme: value.get("scheme").and_then(Spanned::text).map(str::to_owned),
    }
}

/// Reads checks, and goes on after a mistake, so that all of them show in one run.
struct HealthReader<'a> {
    ports: &'a [NamedPort],
    main: Option<u16>,
    loopback: bool,
    findings: Vec<Finding>,
}

impl HealthReader<'_> {
    fn health(&mut self, value: &Spanned) -> Health {
        if matches!(value.kind, Kind::Text(_)) {
            return Health { ready: self.probe(value), ..Health::default() };
        }
        let form = value.members().iter().find(|member| FORMS.contains(&member.key.as_str()));
        self.findings.extend(form.and_then(|form| check_defined_once(value, form)));
        let ready = match form {
            Some(_) => self.probe(value),
            None => value.get("ready").and_then(|ready| self.probe(ready)),
        };
        let live = value.get("live").and_then(|live| self.probe(live));
        self.findings.extend(check_live(value));
        let started = value.get("start").filter(|start| start.text().is_none());
        let within = started.and_then(|start| seconds(start, "within"));
        let started = started.and_then(|start| self.probe(start));
        if form.is_none() {
            self.check_headers(value);
            let checks: Vec<&Probe> = ready.iter().chain(&live).chain(&started).collect();
            for member in ["headers", "host", "scheme"].iter().filter_map(|key| value.member(key)) {
                self.needs_path(member, &checks);
            }
        }
        Health {
            ready,
            live,
            start: seconds(value, "start").or(within),
            started,
            every: seconds(value, "every"),
            timeout: seconds(value, "timeout"),
            failures: value.get("failures").and_then(|failures| failures.to_json().as_u64()),
            request: request(value),
        }
    }

    fn probe(&mut self, value: &Spanned) -> Option<Probe> {
        let handler = self.handler(value)?;
        let dials = match &handler {
            Handler::Path(_, port) => port.is_some(),
            Handler::Grpc(..) | Handler::Tcp(_) => true,
            Handler::Command(_) => false,
        };
        if self.loopback && dials && value.get("host").is_none() {
            self.findings.push(
                Finding::error(value.place.label(""), "the kubelet cannot reach this check")
                    .because(
                        "with `bind: localhost` the app listens only on 127.0.0.1, but the kubelet connects to the Pod's IP",
                    )
                    .help("health: {command: […]}, or an HTTP path, which goes through the pattern in front"),
            );
        }
        let failures = value.get("failures").and_then(|failures| failures.to_json().as_u64());
        let (every, timeout) = (seconds(value, "every"), seconds(value, "timeout"));
        let probe = Probe { handler, every, timeout, failures, request: request(value) };
        self.check_headers(value);
        for member in ["headers", "host", "scheme"].iter().filter_map(|key| value.member(key)) {
            self.needs_path(member, &[&probe]);
        }
        Some(probe)
    }

    /// A Pod's spec takes no Secret for a header of a probe, so what would log in is written nowhere.
    fn check_headers(&mut self, value: &Spanned) {
        for header in value.get("headers").map(Spanned::members).unwrap_or_default() {
            let Some(text) = header.value.text().filter(|text| !text.is_empty()) else { continue };
            // nothing is filled in for `$(TOKEN)` there
            let logs_in = is_secret_header(&header.key) && !header.key.eq_ignore_ascii_case("cookie");
            if logs_in || is_secret_in_header(&header.key, text) || holds_secret(text) {
                self.findings.push(
                    Finding::error(
                        header.key_place.label(""),
                        format!("the header `{}` is a plaintext secret", header.key),
                    )
                    .hide(header.value.place.span)
                    .because("anyone who can read Pods can read it")
                    .help("ask a path that needs no login, or have a command log in: health: {command: […]}"),
                );
            }
        }
    }

    /// Only an HTTP check has headers and its own host.
    fn needs_path(&mut self, member: &Member, checks: &[&Probe]) {
        if !checks.iter().any(|probe| matches!(probe.handler, Handler::Path(..))) {
            let message = format!("`{}` belongs to an HTTP check", member.key);
            let finding = Finding::error(member.key_place.label(""), message);
            self.findings.push(finding.help(format!("{{path: /healthz, {0}: …}}, or leave `{0}` out", member.key)));
        }
    }

    fn handler(&mut self, value: &Spanned) -> Option<Handler> {
        match &value.kind {
            Kind::Text(text) if text == "grpc" => {
                self.needs_main(value);
                return Some(Handler::Grpc(None, None));
            }
            Kind::Text(path) => {
                self.check_path(value);
                self.needs_main(value);
                return Some(Handler::Path(path.clone(), None));
            }
            Kind::Map(_) => {}
            _ => return None,
        }
        let form = self.form(value)?;
        let port = value.get("port").map(|port| self.port(port));
        if port.is_none() && matches!(form.key.as_str(), "path" | "grpc") {
            self.needs_main(value);
        }
        let port = match port {
            Some(None) => return None,
            Some(port) => port.filter(|port| Some(*port) != self.main),
            None => None,
        };
        if let Some(member) = value.member("port").filter(|_| matches!(form.key.as_str(), "command" | "tcp")) {
            self.findings.push(Finding::error(member.key_place.label(""), format!("`{}` takes no `port`", form.key)));
        }
        match form.key.as_str() {
            "path" => {
                self.check_path(&form.value);
                Some(Handler::Path(form.value.text()?.to_owned(), port))
            }
            "grpc" => Some(Handler::Grpc(form.value.text().map(str::to_owned).filter(|text| !text.is_empty()), port)),
            "command" => {
                self.findings.extend(check_command(form.value.items()));
                Some(Handler::Command(form.value.items().iter().map(scalar).collect()))
            }
            _ => self.port(&form.value).map(Handler::Tcp),
        }
    }

    /// A path shows in the Pod's spec, as headers do.
    fn check_path(&mut self, path: &Spanned) {
        if path.text().is_some_and(holds_secret) {
            self.findings.push(
                Finding::error(path.place.label(""), "this is a plaintext secret")
                    .hide(path.place.span)
                    .because("anyone who can read Pods can read it")
                    .help("ask a path that needs no login, or have a command log in: health: {command: […]}"),
            );
        }
    }

    /// The key that says what is checked.
    fn form<'a>(&mut self, value: &'a Spanned) -> Option<&'a Member> {
        let mut forms = value.members().iter().filter(|member| FORMS.contains(&member.key.as_str()));
        let Some(first) = forms.next() else {
            // a key of another form has been refused by the grammar, and is probably what is checked
            if value.members().iter().all(|member| OF_A_CHECK.contains(&member.key.as_str())) {
                self.findings.push(
                    Finding::error(value.place.label(""), "this sets how often, but not what to check")
                        .help("one of path, grpc, command and tcp: {path: /healthz, port: 8081}"),
                );
            }
            return None;
        };
        if let Some(second) = forms.next() {
            self.findings.push(
                Finding::error(second.key_place.label("this is another"), "a check has exactly one form")
                    .label(first.key_place.label("this is one"))
                    .help("{path: /healthz}, {grpc: service}, {command: […]} or {tcp: port}"),
            );
            return None;
        }
        Some(first)
    }

    fn needs_main(&mut self, value: &Spanned) {
        if self.main.is_none() {
            self.findings.push(
                Finding::error(value.place.label(""), "`health` needs `port`").help("app: {image: …, port: 8080, …}"),
            );
        }
    }

    /// A number, or the name of one of `ports`.
    fn port(&mut self, value: &Spanned) -> Option<u16> {
        let Some(name) = value.text() else {
            return value.to_json().as_u64().and_then(|port| u16::try_from(port).ok());
        };
        let found = self.ports.iter().find(|port| port.name == name);
        if found.is_none() {
            self.unknown(name, &value.place);
        }
        found.map(|port| port.number)
    }

    fn unknown(&mut self, name: &str, place: &Place) {
        let names = self.ports.iter().map(|port| port.name.as_str());
        let label = nearest(name, names).map_or_else(String::new, |name| format!("did you mean `{name}`?"));
        self.findings.push(
            Finding::error(place.label(label), format!("no port is called `{name}`"))
                .help("name it under `ports`: {health: {port: 8081, private: true}}"),
        );
    }
}
