//! From an entry of a description to a definition with checked parameters.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::containers;
use super::files;
use super::stage::Known;
use crate::describe::{self, App, Entry, Kind, Member, Spanned, Subject};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::{Check, Definition, Port};
use crate::pattern::catalogue::folders::{Catalogue, Folder};
use crate::pattern::template::expressions;
use crate::words::{list, nearest};

/// An entry that is ready to render.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    /// As it is in the description.
    pub entry: Entry,
    /// The pattern's folder.
    pub folder: Folder,
    /// The pattern's definition.
    pub definition: Definition,
    /// The parameters as a map, with their places.
    pub given: Spanned,
    /// The parameters with defaults.
    pub params: Json,
    /// The parameters under the entry's name, as a member.
    whole: Member,
    /// What the entry's containers ask for and may use, if the description says.
    pub resources: Option<Json>,
    /// The containers of the user's among the parameters.
    pub containers: Vec<App>,
    /// The content of the files that the parameters name, by their key in the `ConfigMap`.
    pub files: Map<String, Json>,
}

/// Finds the pattern of an entry and checks the parameters.
///
/// # Errors
/// Everything that is wrong with them.
pub(crate) fn fill(
    catalogue: &Catalogue,
    document: &str,
    entry: &Entry,
    as_shape: bool,
) -> Result<Filled, Vec<Finding>> {
    let (folder, mut definition) = definition(catalogue, entry, as_shape).map_err(|finding| vec![*finding])?;
    let mut given = as_map(entry, &definition);
    let (resources, mut findings) = take_resources(&mut given, &definition);
    let name = format!("`{}`", entry.pattern);
    let help = format!("patterns explain {}", entry.pattern);
    let subject = Subject { name: &name, member: "parameter", help: Some(&help), place: &entry.place };
    findings.extend(describe::check(&definition.params, &given, subject));
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut params = describe::with_defaults(&definition.params, &given.to_json());
    name_services(&definition, &mut params);
    let containers = containers::fill(&definition, entry, document, &given, &mut params)?;
    if let Err(bug) = choose_variant(&mut definition, &params) {
        return Err(vec![Finding::error(
            entry.place.label(""),
            format!("internal error in a built-in variant: {bug}"),
        )]);
    }
    let (files, mut findings) = files::read_all(&definition, &given);
    let whole = Member { key: entry.name.clone(), key_place: entry.place.clone(), value: given.clone() };
    let filled = Filled {
        entry: entry.clone(),
        folder: folder.clone(),
        definition,
        given,
        params,
        whole,
        resources,
        containers,
        files,
    };
    findings.extend(filled.check(&Known::parameters(&filled.params)));
    findings.extend(filled.definition.flow.iter().flat_map(|flow| flow.check(&filled.given)));
    if findings.is_empty() { Ok(filled) } else { Err(findings) }
}

/// The parameters of an entry that its pattern does not have, at any depth; what else is wrong with it shows where it is
/// used.
pub(crate) fn misspelt(catalogue: &Catalogue, entry: &Entry, as_shape: bool) -> Vec<Finding> {
    // an unknown pattern may be the name of an entry that another environment adds
    let Ok((_, definition)) = definition(catalogue, entry, as_shape) else { return Vec::new() };
    let mut given = as_map(entry, &definition);
    if definition.params["properties"].get("resources").is_none() {
        given.remove("resources");
    }
    let name = format!("`{}`", entry.pattern);
    let help = format!("patterns explain {}", entry.pattern);
    let subject = Subject { name: &name, member: "parameter", help: Some(&help), place: &entry.place };
    describe::check_keys(&definition.params, &given, subject)
}

/// The pattern of an entry, which is a shape or one for `use`.
fn definition<'a>(
    catalogue: &'a Catalogue,
    entry: &Entry,
    as_shape: bool,
) -> Result<(&'a Folder, Definition), Box<Finding>> {
    let Some(folder) = catalogue.folder(&entry.pattern) else {
        return Err(Box::new(unknown(catalogue, entry, as_shape)));
    };
    let definition = folder.definition().map_err(|error| Box::new(Finding::error(entry.place.label(""), error)))?;
    if definition.is_shape() != as_shape {
        let (is, not) = if as_shape { ("something to `use`", "shape") } else { ("a `shape`", "use") };
        return Err(Box::new(
            Finding::error(entry.place.label(""), format!("`{}` is {is}", entry.pattern))
                .help(format!("move it out of `{not}`; patterns explain {}", entry.pattern)),
        ));
    }
    Ok((folder, definition.clone()))
}

/// Takes `resources` out of the parameters, unless they are the pattern's own, and says what is wrong with them.
fn take_resources(given: &mut Spanned, definition: &Definition) -> (Option<Json>, Vec<Finding>) {
    let own = definition.is_shape()
        || definition.params.get("x-container").is_some()
        || definition.params["properties"].get("resources").is_some();
    if own {
        return (None, Vec::new());
    }
    let Some(member) = given.remove("resources") else { return (None, Vec::new()) };
    let schema = &describe::grammar()["properties"]["app"]["properties"]["resources"];
    let subject = Subject { name: "`resources`", member: "key", help: None, place: &member.key_place };
    let mut findings = describe::check(schema, &member.value, subject);
    if !findings.is_empty() {
        return (None, findings);
    }
    if definition.image.is_none() && definition.images.is_empty() {
        let message = format!("`{}` has no container that `resources` could apply to", definition.name);
        findings.push(Finding::error(member.key_place.label(""), message).help("leave `resources` out"));
    }
    let (resources, mistakes) = describe::read_resources(Some(&member.value));
    findings.extend(mistakes);
    (Some(resources.to_json()), findings)
}

/// A target that is a document's bare name is its Service.
fn name_services(definition: &Definition, params: &mut Json) {
    for (name, schema) in definition.params["properties"].as_object().into_iter().flatten() {
        if schema["format"] == "target"
            && let Some(target) = params.get_mut(name)
            && let Some(text) = target.as_str().filter(|text| !text.contains('/'))
        {
            *target = json!(format!("service/{text}"));
        }
    }
}

/// Gives the definition the form that the parameters ask for.
fn choose_variant(definition: &mut Definition, params: &Json) -> Result<(), String> {
    for variant in std::mem::take(&mut definition.variants) {
        if expressions::holds(&variant.when, &json!({"params": params}))? {
            definition.become_variant(variant);
            break;
        }
    }
    Ok(())
}

/// A bare name is a map without members, a bare scalar or list the main parameter.
fn as_map(entry: &Entry, definition: &Definition) -> Spanned {
    match (&entry.params.kind, &definition.main) {
        (Kind::Null, _) => Spanned { kind: Kind::Map(Vec::new()), place: entry.params.place.clone() },
        (Kind::Map(_), _) | (_, None) => entry.params.clone(),
        (_, Some(main)) => {
            let member = Member { key: main.clone(), key_place: entry.place.clone(), value: entry.params.clone() };
            Spanned { kind: Kind::Map(vec![member]), place: entry.params.place.clone() }
        }
    }
}

fn unknown(catalogue: &Catalogue, entry: &Entry, as_shape: bool) -> Finding {
    let known: Vec<&str> = catalogue
        .folders()
        .filter(|folder| folder.definition().is_ok_and(|definition| definition.is_shape() == as_shape))
        .map(Folder::name)
        .collect();
    let what = if as_shape { "shape" } else { "pattern" };
    let message = format!("no {what} is called `{}`", entry.pattern);
    // what Kubernetes calls a shape, or a pattern that only adds to one, has its form among the keys
    let forms = &describe::grammar()["x-wrong"];
    let form = forms.get(&entry.pattern).or_else(|| forms.get(entry.pattern.to_lowercase())).and_then(Json::as_str);
    match nearest(&entry.pattern, known.iter().copied()) {
        _ if form.is_some() => {
            Finding::error(entry.place.label(""), message).help(format!("write {}", form.unwrap_or_default()))
        }
        Some(name) => Finding::error(entry.place.label(format!("did you mean `{name}`?")), message),
        None => Finding::error(entry.place.label(""), message).help(format!(
            "there are {}; `catalogue` in .patterns.yaml, or --catalogue, adds patterns of your own",
            list(&known)
        )),
    }
}

impl Filled {
    /// Makes the checks whose time has come.
    pub(crate) fn check(&self, known: &Known<'_>) -> Vec<Finding> {
        let due = self.definition.checks.iter().filter(|check| known.is_time_for(check));
        self.make(due, known)
    }

    /// Checks what must hold for it to run on a schedule.
    pub(crate) fn check_scheduled(&self) -> Vec<Finding> {
        self.make(self.definition.scheduled_checks.iter(), &Known::parameters(&self.params))
    }

    fn make<'a>(&self, checks: impl Iterator<Item = &'a Check>, known: &Known<'_>) -> Vec<Finding> {
        let context = json!(known);
        let finding = |check: &Check| match expressions::holds(&check.that, &context) {
            Ok(true) => None,
            Ok(false) => Some(
                Finding::error(self.place_of(&check.at).label(""), check.message.clone())
                    .help(format!("patterns explain {}", self.entry.pattern)),
            ),
            Err(bug) => {
                let message = format!("internal error in a built-in check: {bug}");
                Some(Finding::error(self.entry.place.label(""), message))
            }
        };
        // what is missing for a mistake that has been reported is no other one
        let lost: Vec<String> = self
            .given
            .members()
            .iter()
            .filter(|member| matches!(member.value.kind, Kind::Lost))
            .map(|member| format!("params.{}", member.key))
            .collect();
        checks.filter(|check| !lost.iter().any(|name| check.that.contains(name))).filter_map(finding).collect()
    }

    /// The place of a parameter's value, or of the entry if it was left to its default.
    pub(super) fn place_of(&self, param: &str) -> &describe::Place {
        self.given.get(param).map_or(&self.entry.place, |value| &value.place)
    }

    /// A whole-number parameter that the user set.
    pub(crate) fn given_port(&self, param: &str) -> Option<u16> {
        self.given.get(param).and_then(|value| value.to_json().as_u64()).and_then(|port| u16::try_from(port).ok())
    }

    /// Its ports, as far as its parameters ask for them.
    pub(crate) fn ports(&self) -> impl Iterator<Item = &Port> {
        let is_there = |port: &&Port| {
            port.when
                .as_ref()
                .is_none_or(|when| expressions::holds(when, &json!({"params": self.params})).unwrap_or(true))
        };
        self.definition.ports.iter().filter(is_there)
    }

    /// The probe of the app's readiness, if it goes to this entry: by number, for it is another container.
    pub(crate) fn answers_readiness(&self, ports: &BTreeMap<String, u16>) -> Option<Json> {
        let readiness = self.definition.answers_readiness.as_ref()?;
        let timeout = self.params.get(&readiness.timeout)?.as_str()?;
        let timeout = describe::duration_seconds(timeout).ok()? + 1;
        Some(json!({"path": "/", "port": ports.get(&readiness.port)?, "scheme": null, "timeout": timeout}))
    }

    /// Whether the entry, as it is filled, connects to the app's port.
    pub(crate) fn needs_port(&self) -> bool {
        let needs = |that: &String| expressions::holds(that, &json!({"params": self.params})).unwrap_or(true);
        self.definition.claims.is_some() || self.definition.needs_port.as_ref().is_some_and(needs)
    }

    /// Ports of the user's containers that run in the woven Pod, and where they are written.
    pub(crate) fn ports_beside(&self) -> Vec<(u16, &describe::Place)> {
        containers::ports_beside(&self.definition, &self.whole)
    }

    /// The containers that are in front of the app, the outermost first: name and port.
    pub(crate) fn front(&self) -> Vec<(&str, u16)> {
        let members = self.definition.front.as_ref().and_then(|param| self.given.get(param)).map(Spanned::members);
        let port = |member: &Member| u16::try_from(member.value.get("port")?.to_json().as_u64()?).ok();
        let front = members.into_iter().flatten().filter_map(|member| Some((member.key.as_str(), port(member)?)));
        front.collect()
    }

    /// The parameters as a map.
    pub(crate) fn params_map(&self) -> Map<String, Json> {
        self.params.as_object().cloned().unwrap_or_default()
    }
}
