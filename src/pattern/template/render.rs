//! Templates to values. Every hole of a `*.yaml.j2` is written as JSON, so no value can leave its place.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Hole};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value as Json;

use super::fault::Fault;
use super::patience;
use crate::describe::{Spanned, Target, duration_seconds};
use crate::files;
use crate::kube::duration;
use crate::kube::validation::Quantity;
use crate::limits;
use crate::pattern::catalogue::folders::{Folder, shared_template};
use crate::pattern::names::{part_port_name, volume_name};
use crate::yaml::{self, Source, Span};

/// Renders the templates of one pattern folder, which may include the shared ones.
pub(crate) struct Renderer {
    environment: Arc<Environment<'static>>,
    folder: Folder,
}

impl Renderer {
    pub(crate) fn new(folder: &Folder, mounts: Vec<Mount>) -> Self {
        let mut environment = fuelled();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            environment.set_syntax(syntax);
        }
        let own = folder.clone();
        environment.set_loader(move |name| Ok(own.file(name).or_else(|| shared_template(name)).map(str::to_owned)));
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".yaml.j2") { AutoEscape::Json } else { AutoEscape::None }
        });
        environment.set_formatter(|out, state, value| {
            if value.is_undefined() {
                return Err(Error::from(ErrorKind::UndefinedError));
            }
            if value.is_safe() {
                return write!(out, "{value}").map_err(Error::from);
            }
            match state.auto_escape() {
                AutoEscape::Json => write!(out, "{}", json(value)?).map_err(Error::from),
                // for people to read, on a terminal
                _ if state.name().ends_with(".md.j2") => {
                    write!(out, "{}", crate::words::clip(&shown(value)?)).map_err(Error::from)
                }
                _ => plain(value).and_then(|text| write!(out, "{text}").map_err(Error::from)),
            }
        });
        environment.add_filter("verbatim", verbatim);
        environment.add_filter("jq", jq);
        environment.add_filter("target", target);
        environment.add_filter("word", word);
        environment.add_filter("shards", |to: Hole, listed: Hole| shards(&to, &listed));
        environment.add_filter("milliseconds", milliseconds);
        environment.add_filter("regex", regex);
        environment
            .add_filter("shard", |labels: Hole, shard: u32| with_label(&labels, "patterns/shard", &shard.to_string()));
        environment.add_filter("meshed", |labels: Hole, mesh: Hole| {
            if mesh.is_true() { with_label(&labels, "sidecar.istio.io/inject", "true") } else { Ok(labels) }
        });
        environment.add_filter("part", |labels: Hole, role: &str| part(&labels, role));
        environment.add_filter("seconds", |text: &str| {
            duration_seconds(text).map_err(|mistake| Error::new(ErrorKind::InvalidOperation, mistake.message))
        });
        environment.add_filter("owned", |list: Hole, role: &str, common: Hole| owned(&list, role, &common));
        environment.add_filter("as_main", |ports: Hole, from: &str, to: &str| renamed(&ports, from, to));
        environment.add_filter("every", |probe: Hole, seconds: u64, failures: u64| every(&probe, seconds, failures));
        environment.add_filter("folders", move |files: Hole| folders(&mounts, &files));
        environment.add_filter("mebibytes", mebibytes);
        environment.add_filter("port_name", |entry: &str| part_port_name(entry));
        super::quoting::register(&mut environment);
        environment.add_filter("percent", |text: &str| text.trim_end_matches('%').parse::<u32>().unwrap_or(100));
        Self { environment: Arc::new(environment), folder: folder.clone() }
    }

    /// Renders a template and reads what comes out, one value per document.
    ///
    /// # Errors
    /// A template that does not render, or renders to something that is not YAML: a bug of the pattern.
    pub(crate) fn documents(&self, template: &str, context: &Json) -> Result<Vec<Json>, Fault> {
        let text = self.text(template, context)?;
        let name = format!("{} (rendered)", self.folder.display(template));
        let source = Arc::new(Source::from_text(name, text));
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
        if let Some(refusal) = refusal {
            let line = source.position(refusal.span.start).line;
            let quoted = self.environment.get_template(template).is_ok_and(|template| quotes_a_hole(template.source()));
            let hint = if quoted {
                "; a hole is written as JSON, with quotes where it needs them: write {{ … }} without"
            } else {
                ""
            };
            let message = format!("{template} renders to invalid YAML at line {line}: {}{hint}", refusal.message);
            return Err(Fault::at(source, refusal.span, message));
        }
        Ok(documents.iter().map(|document| Spanned::from_node(document, document.root()).to_json()).collect())
    }

    /// Renders a template.
    ///
    /// # Errors
    /// As for [`Renderer::documents`].
    pub(crate) fn text(&self, template: &str, context: &Json) -> Result<String, Fault> {
        let context = context.clone();
        self.patiently(template, move |environment, template| rendered(environment, template, &context))
    }

    /// Does something with a template; if it is not one of ours, only for so long.
    fn patiently<T: Send + 'static>(
        &self,
        template: &str,
        compute: impl FnOnce(&Environment<'_>, &str) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Fault> {
        let (environment, name) = (Arc::clone(&self.environment), template.to_owned());
        if self.folder.path().is_none() {
            return compute(&environment, &name).map_err(|error| self.fault(template, &error));
        }
        match patience::wait_for(move || compute(&environment, &name)) {
            Ok(computed) => computed.map_err(|error| self.fault(template, &error)),
            Err(past_limit) => Err(self.endless(template, &past_limit)),
        }
    }

    /// Compiles a template, without rendering it.
    ///
    /// # Errors
    /// What is wrong with its syntax.
    pub(crate) fn compile(&self, template: &str) -> Result<(), Fault> {
        // The compiler computes what is constant.
        self.patiently(template, |environment, template| environment.get_template(template).map(drop))
    }

    /// A template that was given up.
    fn endless(&self, template: &str, past_limit: &str) -> Fault {
        let text = self.folder.file(template).unwrap_or_default();
        let source = Arc::new(Source::from_text(self.folder.display(template), text));
        let whole = Span::new(0, text.trim_end().len());
        Fault::at(source, whole, format!("this template does not render: {past_limit}"))
    }

    /// The innermost of the errors that an included template nests, with its line.
    fn fault(&self, template: &str, error: &Error) -> Fault {
        let mut innermost = error;
        while let Some(cause) = std::error::Error::source(innermost).and_then(|cause| cause.downcast_ref::<Error>()) {
            innermost = cause;
        }
        let name = innermost.name().unwrap_or(template);
        let (steps, bytes) = (limits::INSTRUCTIONS, limits::RENDERED);
        let past_limit = match innermost.kind() {
            ErrorKind::OutOfFuel => Some(format!("it takes more than {steps} steps (limit {})", steps.name)),
            ErrorKind::WriteFailure => Some(format!("it writes more than {bytes} (limit {})", bytes.name)),
            _ => None,
        };
        let what = past_limit.clone().or_else(|| innermost.detail().map(str::to_owned));
        let what = what.unwrap_or_else(|| innermost.kind().to_string());
        match (self.folder.file(name), innermost.line()) {
            (Some(text), Some(line)) => {
                let source = Arc::new(Source::from_text(self.folder.display(name), text));
                Fault::on_line(source, line, format!("this template does not render: {what}"))
            }
            _ => Fault::from(format!("{template}: {}", past_limit.unwrap_or_else(|| chain(error)))),
        }
    }
}

/// What a template writes.
fn rendered(environment: &Environment<'_>, template: &str, context: &Json) -> Result<String, Error> {
    let mut out = Bounded(Vec::new());
    environment.get_template(template)?.render_captured_to(Hole::from(Serde(context)), &mut out)?;
    String::from_utf8(out.0).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// A volume of the app and where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Mount {
    /// The volume's name.
    pub volume: String,
    /// The path in the app's container.
    pub path: String,
}

/// The folders that hold the files named by a map's keys: `{volume, path, new}` each. A file below one of the
/// app's mounts is shared through that; any other folder becomes a volume of its own (`new`).
fn folders(mounts: &[Mount], files: &Hole) -> Result<Hole, Error> {
    let mut folders: Vec<Json> = Vec::new();
    let mut seen = HashSet::new();
    for file in elements(files)? {
        let file = file.to_string();
        let folder = file.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let holds = |mount: &&Mount| {
            folder == mount.path || folder.strip_prefix(&mount.path).is_some_and(|rest| rest.starts_with('/'))
        };
        let folder = match mounts.iter().filter(holds).max_by_key(|mount| mount.path.len()) {
            Some(mount) => serde_json::json!({"volume": mount.volume, "path": mount.path, "new": false}),
            None => serde_json::json!({"volume": volume_name(folder), "path": folder, "new": true}),
        };
        if seen.insert(folder.to_string()) {
            folders.push(folder);
        }
    }
    Ok(Hole::from(Serde(folders)))
}

/// Mounts or volumes of a container whose volumes are its own in a Pod that has others: their names begin with its
/// role, unless containers share them.
fn owned(list: &Hole, role: &str, common: &Hole) -> Result<Hole, Error> {
    let common: Vec<String> = elements(common)?.map(|name| name.to_string()).collect();
    let mut list = json_of(list)?;
    for element in list.as_array_mut().into_iter().flatten() {
        let name = element["name"].as_str().unwrap_or_default().to_owned();
        if !common.contains(&name) {
            element["name"] = Json::String(format!("{role}-{name}"));
        }
    }
    Ok(Hole::from(Serde(list)))
}

/// Ports with one of them under another name.
fn renamed(ports: &Hole, from: &str, to: &str) -> Result<Hole, Error> {
    let mut ports = json_of(ports)?;
    for port in ports.as_array_mut().into_iter().flatten().filter(|port| port["name"] == from) {
        port["name"] = Json::String(to.to_owned());
    }
    Ok(Hole::from(Serde(ports)))
}

/// A probe in other time.
fn every(probe: &Hole, seconds: u64, failures: u64) -> Result<Hole, Error> {
    let mut probe = json_of(probe)?;
    probe["periodSeconds"] = seconds.into();
    probe["failureThreshold"] = failures.into();
    Ok(Hole::from(Serde(probe)))
}

/// A value as a filter of ours looks at it: no larger than what a template may write.
fn json_of(value: &Hole) -> Result<Json, Error> {
    let bytes = written(value)?;
    serde_json::from_slice(&bytes).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// No Kubernetes object holds as many of anything.
const MAX_ELEMENTS: usize = 100_000;

/// The elements of a list, or the keys of a map.
fn elements(value: &Hole) -> Result<impl Iterator<Item = Hole>, Error> {
    let elements: Vec<Hole> = value.try_iter()?.take(MAX_ELEMENTS + 1).collect();
    if elements.len() > MAX_ELEMENTS {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("a list of more than {MAX_ELEMENTS} elements")));
    }
    Ok(elements.into_iter())
}

/// Whether a template has quotes around a hole.
fn quotes_a_hole(template: &str) -> bool {
    template.match_indices("{{").any(|(at, _)| template[..at].ends_with(['"', '\'']))
}

/// A value as JSON.
fn written(value: &Hole) -> Result<Vec<u8>, Error> {
    let mut out = Bounded(Vec::new());
    serde_json::to_writer(&mut out, value).map_err(|error| {
        let kind = if error.is_io() { ErrorKind::WriteFailure } else { ErrorKind::BadSerialization };
        Error::new(kind, error.to_string())
    })?;
    Ok(out.0)
}

/// A value for people to read.
fn shown(value: &Hole) -> Result<String, Error> {
    let mut out = Bounded(Vec::new());
    write!(out, "{value}").map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))?;
    String::from_utf8(out.0).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Labels and one more.
fn with_label(labels: &Hole, name: &str, value: &str) -> Result<Hole, Error> {
    let mut labels = labels_of(labels)?;
    labels.insert(name.to_owned(), Json::String(value.to_owned()));
    Ok(Hole::from(Serde(labels)))
}

/// Labels or selector of one part of a document that runs several kinds of Pods: its own name, so that no selector
/// finds the others, and its role as component.
fn part(labels: &Hole, role: &str) -> Result<Hole, Error> {
    let mut labels = labels_of(labels)?;
    let name = labels.get("app.kubernetes.io/name").and_then(Json::as_str).unwrap_or_default();
    // no document's name holds a dot, so no selector of another document is about these Pods
    let own = format!("{name}.{role}");
    labels.insert("app.kubernetes.io/name".to_owned(), Json::String(own));
    labels.insert("app.kubernetes.io/component".to_owned(), Json::String(role.to_owned()));
    labels.shift_remove("app.kubernetes.io/version");
    Ok(Hole::from(Serde(labels)))
}

fn labels_of(labels: &Hole) -> Result<serde_json::Map<String, Json>, Error> {
    let Json::Object(labels) = json_of(labels)? else { return Ok(serde_json::Map::new()) };
    Ok(labels)
}

/// An environment in which no template runs forever.
fn fuelled() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(limits::INSTRUCTIONS.most));
    environment
}

/// What a template writes, up to a limit.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > limits::RENDERED.count() {
            return Err(files::too_large(limits::RENDERED));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a text is an expression.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compiles(expression: &str) -> Result<(), String> {
    patiently(expression, |text| fuelled().compile_expression(text).map(drop))
}

/// The variables that an expression speaks of; none where it is no expression.
pub(crate) fn names(expression: &str) -> HashSet<String> {
    let names = patiently(expression, |text| Ok(fuelled().compile_expression(text)?.undeclared_variables(false)));
    names.unwrap_or_default()
}

/// Whether an expression over a context is true.
///
/// # Errors
/// An expression that does not compile or evaluate: a bug of the pattern.
pub(crate) fn holds(expression: &str, context: &Json) -> Result<bool, String> {
    value(expression, context, |value| Ok(value.is_true()))
}

/// The value of an expression over a context.
///
/// # Errors
/// As for [`holds`].
pub(crate) fn evaluate(expression: &str, context: &Json) -> Result<Json, String> {
    value(expression, context, json_of)
}

/// The same as text.
///
/// # Errors
/// As for [`holds`].
pub(crate) fn text_of(expression: &str, context: &Json) -> Result<String, String> {
    value(expression, context, shown)
}

/// What is read of the value of an expression.
fn value<T: Send + 'static>(
    expression: &str,
    context: &Json,
    read: fn(&Hole) -> Result<T, Error>,
) -> Result<T, String> {
    let context = context.clone();
    patiently(expression, move |text| evaluated(text, &context).and_then(|value| read(&value)))
}

/// Does something with an expression. Without loops and variables only a product can be larger than what it is made
/// from, so others need no limit of time.
fn patiently<T: Send + 'static>(
    expression: &str,
    compute: impl FnOnce(&str) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    if !expression.contains('*') {
        return compute(expression).map_err(|error| chain(&error));
    }
    let text = expression.to_owned();
    let computed = patience::wait_for(move || compute(&text));
    computed?.map_err(|error| chain(&error))
}

fn evaluated(expression: &str, context: &Json) -> Result<Hole, Error> {
    let mut environment = fuelled();
    environment.add_filter("target", target);
    environment.add_filter("mebibytes", mebibytes);
    environment.add_filter("milliseconds", milliseconds);
    environment.compile_expression(expression)?.eval(Hole::from(Serde(context)))
}

/// Where an ambassador leads, in parts: `kind`, `host`, `port`; or `instance`.
fn target(text: &str) -> Result<Hole, Error> {
    let target = Target::parse(text).map_err(|mistake| Error::new(ErrorKind::InvalidOperation, mistake.message))?;
    Ok(Hole::from(Serde(serde_json::json!({
        "kind": target.kind, "host": target.host, "port": target.port, "instance": target.instance,
    }))))
}

/// A quantity in whole mebibytes, rounded down.
fn mebibytes(quantity: &Hole) -> i64 {
    let text = quantity.as_str().map_or_else(|| quantity.to_string(), str::to_owned);
    let bytes = Quantity::parse(&text).map_or(0, Quantity::value);
    i64::try_from(bytes >> 20).unwrap_or(i64::MAX)
}

/// An error of an included template says little without its cause.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A value as JSON that YAML 1.1 reads back the same: what YAML takes for a line break or refuses is escaped.
fn json(value: &Hole) -> Result<String, Error> {
    let text = String::from_utf8(written(value)?)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    let special = |character: char| {
        matches!(character, '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    if !text.contains(special) {
        return Ok(text);
    }
    let escape = |character: char| {
        if special(character) { format!("\\u{:04x}", character as u32) } else { character.to_string() }
    };
    Ok(text.chars().map(escape).collect())
}

/// Outside of YAML each format has its own escapes: text must go through a filter that knows them.
fn plain(value: &Hole) -> Result<String, Error> {
    if value.is_number() || matches!(value.kind(), minijinja::value::ValueKind::Bool) {
        return Ok(value.to_string());
    }
    Err(Error::new(ErrorKind::BadEscape, "text in a template that is not YAML needs a filter of its format"))
}

/// The shards of a reference, or those listed as `host:port`: `{key, host, port}` each. Clients hash by the key, so
/// it is the same in every namespace and never an address that changes.
fn shards(to: &Hole, listed: &Hole) -> Result<Hole, Error> {
    let mut shards: Vec<Json> = Vec::new();
    if to.is_none() || to.is_undefined() {
        for address in elements(listed)? {
            let address = address.to_string();
            let Some((host, port)) = address.rsplit_once(':') else { continue };
            let port =
                port.parse::<u16>().map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
            shards.push(serde_json::json!({"key": address, "host": host, "port": port}));
        }
    } else {
        let port = to.get_attr("port")?;
        for host in elements(&to.get_attr("shards")?)? {
            let host = host.to_string();
            let key = host.split('.').next().unwrap_or_default();
            shards.push(serde_json::json!({"key": key, "host": host, "port": port}));
        }
    }
    Ok(Hole::from(Serde(shards)))
}

/// A time in milliseconds: `800ms` is 800, `5s` is 5000.
fn milliseconds(text: &str) -> Result<u64, Error> {
    duration::milliseconds(text)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("`{text}` is not a time")))
}

/// A regular expression (RE2) that matches this text alone, without the characters at which oauth2-proxy divides its
/// flags: `,` and `"` of lists, `=` of method and path.
fn regex(text: &str) -> String {
    regex_lite::escape(text).replace('=', r"\x3D").replace(',', r"\x2C").replace('"', r"\x22")
}

/// A text that is one word in every configuration language: checked formats let nothing else through, and this
/// keeps it so.
fn word(text: &str) -> Result<Hole, Error> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b'@');
    if !text.is_empty() && text.bytes().all(ok) {
        return Ok(Hole::from_safe_string(text.to_owned()));
    }
    Err(Error::new(ErrorKind::BadEscape, "this text is not one word"))
}

/// An expression of jq in a file whose reader expands `${NAME}` before anything else: within jq's texts, the only
/// place where `${` can be, `\u0024` is `$`. A comment in it ends with its line.
fn jq(text: &str) -> String {
    let end = if text.contains('#') { "\n" } else { "" };
    format!("({}{end})", text.replace("${", "\\u0024{"))
}

/// Keeps the kubelet from expanding `$(NAME)` in a command or argument: `$$` stands for `$`
/// (kubernetes/website: tasks/inject-data-application/define-command-argument-container).
fn verbatim(text: &str) -> String {
    text.replace('$', "$$")
}
