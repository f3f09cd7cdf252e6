//! Templates to values. Every hole of a `*.yaml.j2` is written as JSON, so no value can leave its place.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Hole};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value as Json;

use super::fault::Fault;
use super::filters::{self, Mount};
use super::patience;
use super::values::{Bounded, chain, fuelled, json, plain, shown};
use crate::describe::Spanned;
use crate::limits;
use crate::pattern::catalogue::folders::{Folder, shared_template};
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
        environment.set_loader(move |name| {
            let text = own.file(name).or_else(|| shared_template(name));
            let limit = limits::TEMPLATE;
            match text.filter(|text| text.len() as u64 > limit.most) {
                Some(_) => {
                    let message =
                        format!("`{name}` has more than {limit} (limit {}, see `patterns explain limits`)", limit.name);
                    Err(Error::new(ErrorKind::InvalidOperation, message))
                }
                None => Ok(text.map(str::to_owned)),
            }
        });
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
        filters::register(&mut environment, mounts);
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

    /// Renders a template whose documents are maps.
    ///
    /// # Errors
    /// As for [`Renderer::documents`], and a document that is something else.
    pub(crate) fn maps(&self, template: &str, context: &Json) -> Result<Vec<Json>, Fault> {
        let documents = self.documents(template, context)?;
        match documents.iter().find_map(other_than_map) {
            Some(other) => Err(self.whole(template, format!("{template} renders to {other}, not to a map"))),
            None => Ok(documents),
        }
    }

    /// A template that was given up.
    fn endless(&self, template: &str, past_limit: &str) -> Fault {
        self.whole(template, format!("this template does not render: {past_limit}"))
    }

    /// Something about a whole template.
    pub(crate) fn whole(&self, template: &str, message: String) -> Fault {
        let text = self.folder.file(template).unwrap_or_default();
        let source = Arc::new(Source::from_text(self.folder.display(template), text));
        Fault::at(source, Span::new(0, text.trim_end().len()), message)
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
            ErrorKind::OutOfFuel => {
                Some(format!("it takes more than {steps} steps (limit {}, see `patterns explain limits`)", steps.name))
            }
            ErrorKind::WriteFailure => {
                Some(format!("it writes more than {bytes} (limit {}, see `patterns explain limits`)", bytes.name))
            }
            _ => None,
        };
        let is_limit = past_limit.is_some();
        let what = past_limit.clone().or_else(|| innermost.detail().map(str::to_owned));
        let what = what.unwrap_or_else(|| innermost.kind().to_string());
        let what = ["confined", "resources"]
            .iter()
            .find(|name| what == format!("{name} is unknown"))
            .map_or(what.clone(), |name| {
                format!("{what}: write {{% from \"macros.yaml.j2\" import {name} %}} above it")
            });
        match (self.folder.file(name), innermost.line()) {
            (Some(text), Some(line)) => {
                let source = Arc::new(Source::from_text(self.folder.display(name), text));
                Fault::on_line(source, line, format!("this template does not render: {what}")).by_limit(is_limit)
            }
            _ => {
                let what = past_limit.unwrap_or_else(|| chain(error));
                Fault::from(format!("{template}: {what}")).by_limit(is_limit)
            }
        }
    }
}

/// What a value is that is neither a map nor nothing.
pub(crate) fn other_than_map(value: &Json) -> Option<&'static str> {
    match value {
        Json::Null | Json::Object(_) => None,
        Json::Array(_) => Some("a list"),
        Json::String(_) => Some("a text"),
        Json::Bool(_) => Some("a boolean"),
        Json::Number(_) => Some("a number"),
    }
}

/// What a template writes.
fn rendered(environment: &Environment<'_>, template: &str, context: &Json) -> Result<String, Error> {
    let mut out = Bounded(Vec::new());
    environment.get_template(template)?.render_captured_to(Hole::from(Serde(context)), &mut out)?;
    String::from_utf8(out.0).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// Whether a template has quotes around a hole.
fn quotes_a_hole(template: &str) -> bool {
    template.match_indices("{{").any(|(at, _)| template[..at].ends_with(['"', '\'']))
}
