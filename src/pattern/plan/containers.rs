//! Parameters that are containers of the user's: `x-container` in a pattern's schema.

use serde_json::{Map, Value as Json, json};

use super::container;
use crate::describe::{self, App, Entry, Kind, Member, Place, Spanned, Subject};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Definition;

/// A container among the parameters.
pub(crate) struct GivenContainer<'a> {
    /// Its schema, with the mark.
    schema: &'a Json,
    /// As it was given: a map, or the image alone.
    member: &'a Member,
    /// The keys that lead to it.
    path: Vec<&'a str>,
}

/// All containers among the parameters, wherever they are; `whole` is the parameters under the entry's name.
pub(crate) fn given_containers<'a>(definition: &'a Definition, whole: &'a Member) -> Vec<GivenContainer<'a>> {
    if definition.params.get("x-container").is_some() {
        return vec![GivenContainer { schema: &definition.params, member: whole, path: Vec::new() }];
    }
    let mut found = Vec::new();
    collect(&definition.params, &whole.value, &[], &mut found);
    found
}

fn collect<'a>(schema: &'a Json, value: &'a Spanned, path: &[&'a str], found: &mut Vec<GivenContainer<'a>>) {
    let schema = describe::form(schema, value);
    for member in value.members() {
        let own = schema["properties"].get(&member.key).or_else(|| schema.get("additionalProperties"));
        let Some(own) = own else { continue };
        let path: Vec<&str> = path.iter().copied().chain([member.key.as_str()]).collect();
        if own.get("x-container").is_some() {
            found.push(GivenContainer { schema: own, member, path });
        } else {
            collect(own, &member.value, &path, found);
        }
    }
}

/// Fills in the containers among the parameters: templates see each of them as they see the app.
///
/// # Errors
/// Everything that is wrong with them.
pub(crate) fn fill(
    definition: &Definition,
    entry: &Entry,
    document: &str,
    given: &Spanned,
    params: &mut Json,
) -> Result<Vec<App>, Vec<Finding>> {
    let (mut containers, mut findings) = (Vec::new(), Vec::new());
    let whole = Member { key: entry.name.clone(), key_place: entry.place.clone(), value: given.clone() };
    for found in given_containers(definition, &whole) {
        // a pattern that is itself the container has given it its own volumes already
        let shared = given.get("volumes").filter(|_| !found.path.is_empty());
        match found.read(&entry.pattern, document, shared) {
            Ok((container, context)) => {
                let place = found.path.iter().try_fold(&mut *params, |value, key| value.get_mut(*key));
                if let Some(place) = place {
                    *place = context;
                }
                containers.push(container);
            }
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    if findings.is_empty() { Ok(containers) } else { Err(findings) }
}

impl GivenContainer<'_> {
    /// The container and what templates see of it. It has all the keys of `app` and those that its mark names.
    fn read(&self, pattern: &str, document: &str, shared: Option<&Spanned>) -> Result<(App, Json), Vec<Finding>> {
        let mut member = with_volumes(&with_image(self.member), shared);
        let (more, mut findings) = take_more(&self.schema["x-container"], &mut member);
        let name = format!("`{}`", member.key);
        let subject = Subject { name: &name, member: "key", help: None, place: &member.key_place };
        findings.extend(describe::check_app(&member.value, subject));
        findings.extend(check_keys(self.schema, &member, pattern));
        findings.extend(check_ports(&member));
        let (container, mistakes) = describe::read_app(&member);
        findings.extend(mistakes);
        if !findings.is_empty() {
            return Err(findings);
        }
        let mut context = container::container(&container, document, &member.key);
        if let (Some(context), Json::Object(more)) = (context.as_object_mut(), more) {
            context.extend(more);
        }
        Ok((container, context))
    }
}

/// Keys of `app` that the pattern has no use for (`x-without`): what nothing heeds is refused.
fn check_keys(schema: &Json, container: &Member, pattern: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let without = schema["x-without"].as_array().into_iter().flatten().filter_map(Json::as_str);
    for key in of_the_app(schema).chain(without) {
        let Some(member) = container.value.member(key) else { continue };
        let message = format!("`{}` of `{pattern}` does not support `{key}`", container.key);
        let finding = Finding::error(member.key_place.label(""), message);
        findings.push(match key {
            "account" => finding
                .because("a Pod has one account, which `app` names")
                .help("app: {account: …}, and adopt: {token: true} mounts its token in all containers"),
            "rights" | "cluster-rights" => finding
                .because("rights belong to the Pod's account, whose token is mounted only in the app")
                .help("remove it, and give the rights to a document whose `app` needs them"),
            _ => finding.help("leave it out"),
        });
    }
    findings
}

/// Keys that mean something for the app alone: the account is the Pod's, and so is its token, but for a container that may
/// have rights, too (`x-rights`).
pub(crate) fn of_the_app(schema: &Json) -> impl Iterator<Item = &str> {
    let has_rights = schema["x-rights"] == true;
    ["account", "rights", "cluster-rights"].into_iter().filter(move |key| *key == "account" || !has_rights)
}

/// What a port is on its Service: only ports of the app are on one.
fn check_ports(container: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    for port in container.value.get("ports").map(Spanned::members).unwrap_or_default() {
        for member in OF_A_SERVICE.iter().filter_map(|key| port.value.member(key)) {
            findings.push(
                Finding::error(
                    member.key_place.label(""),
                    format!("the port `{}` of `{}` is on no Service", port.key, container.key),
                )
                .because("the document's Service exposes only the ports of the app")
                .help(format!("leave `{}` out; a Service for it: services: {{…: {{ports: {{…}}}}}}", member.key)),
            );
        }
    }
    findings
}

/// Keys of a port that are about its Service.
pub(crate) const OF_A_SERVICE: [&str; 3] = ["service", "node-port", "speaks"];

/// Ports of containers that run in the woven Pod (`x-beside`), and where they are written.
pub(crate) fn ports_beside<'a>(definition: &'a Definition, whole: &'a Member) -> Vec<(u16, &'a Place)> {
    let beside = given_containers(definition, whole).into_iter().filter(|found| found.schema["x-beside"] == true);
    beside.flat_map(|found| ports_of(&found.member.value)).collect()
}

/// The ports that a container names, and where.
fn ports_of(container: &Spanned) -> Vec<(u16, &Place)> {
    let number = |value: &'_ Spanned| match value.text() {
        Some(text) => describe::port_of(text).map(|(number, _)| number),
        None => value.to_json().as_u64().and_then(|number| u16::try_from(number).ok()),
    };
    let further = container.get("ports").map(Spanned::members).unwrap_or_default().iter();
    let further = further.map(|member| member.value.get("port").unwrap_or(&member.value));
    let all = container.get("port").into_iter().chain(further);
    all.filter_map(|value| Some((number(value)?, &value.place))).collect()
}

/// The image alone is a container with nothing else to say.
fn with_image(member: &Member) -> Member {
    let mut member = member.clone();
    if matches!(member.value.kind, Kind::Text(_)) {
        let place = member.value.place.clone();
        let image = Member { key: "image".to_owned(), key_place: place.clone(), value: member.value };
        member.value = Spanned { kind: Kind::Map(vec![image]), place };
    }
    member
}

/// Takes the keys that only this container has out of it, with their defaults, and says what is wrong with them.
fn take_more(mark: &Json, member: &mut Member) -> (Json, Vec<Finding>) {
    let Some(properties) = mark.as_object() else { return (Json::Object(Map::new()), Vec::new()) };
    let taken: Vec<Member> = properties.keys().filter_map(|key| member.value.remove(key)).collect();
    let schema = json!({"type": "object", "properties": properties});
    let more = Spanned { kind: Kind::Map(taken), place: member.value.place.clone() };
    let name = format!("`{}`", member.key);
    let subject = Subject { name: &name, member: "key", help: None, place: &member.key_place };
    (describe::with_defaults(&schema, &more.to_json()), describe::check(&schema, &more, subject))
}

/// Volumes of the shape itself are volumes of each of its containers.
fn with_volumes(container: &Member, shared: Option<&Spanned>) -> Member {
    let mut container = container.clone();
    let (Some(shared), Kind::Map(members)) = (shared, &mut container.value.kind) else { return container };
    match members.iter_mut().find(|member| member.key == "volumes") {
        Some(own) => {
            if let Kind::Map(volumes) = &mut own.value.kind {
                volumes.extend(shared.members().iter().cloned());
            }
        }
        None => {
            members.push(Member { key: "volumes".to_owned(), key_place: shared.place.clone(), value: shared.clone() });
        }
    }
    container
}
