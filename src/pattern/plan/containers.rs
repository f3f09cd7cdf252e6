//! Parameters that are containers of the user's: `x-container` in a pattern's schema.

use serde_json::{Map, Value as Json, json};

use super::container;
use crate::describe::{self, App, Entry, Kind, Member, Place, Spanned, Subject};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Definition;

/// A container among the parameters.
pub(crate) struct Given<'a> {
    /// Its schema, with the mark.
    schema: &'a Json,
    /// As it was given: a map, or the image alone.
    member: &'a Member,
    /// The keys that lead to it.
    path: Vec<&'a str>,
}

/// All containers among the parameters, wherever they are; `whole` is the parameters under the entry's name.
pub(crate) fn given<'a>(definition: &'a Definition, whole: &'a Member) -> Vec<Given<'a>> {
    if definition.params.get("x-container").is_some() {
        return vec![Given { schema: &definition.params, member: whole, path: Vec::new() }];
    }
    let mut found = Vec::new();
    collect(&definition.params, &whole.value, &[], &mut found);
    found
}

fn collect<'a>(schema: &'a Json, value: &'a Spanned, path: &[&'a str], found: &mut Vec<Given<'a>>) {
    let schema = describe::form(schema, value);
    for member in value.members() {
        let own = schema["properties"].get(&member.key).or_else(|| schema.get("additionalProperties"));
        let Some(own) = own else { continue };
        let path: Vec<&str> = path.iter().copied().chain([member.key.as_str()]).collect();
        if own.get("x-container").is_some() {
            found.push(Given { schema: own, member, path });
        } else {
            collect(own, &member.value, &path, found);
        }
    }
}

/// A container has all the keys of `app` and those that its mark names; templates see it as they see the app.
pub(crate) fn fill(
    definition: &Definition,
    entry: &Entry,
    document: &str,
    given: &Spanned,
    params: &mut Json,
    findings: &mut Vec<Finding>,
) -> Vec<App> {
    let mut containers = Vec::new();
    let whole = Member { key: entry.name.clone(), key_place: entry.place.clone(), value: given.clone() };
    for found in self::given(definition, &whole) {
        // a pattern that is itself the container has given it its own volumes already
        let shared = given.get("volumes").filter(|_| !found.path.is_empty());
        let mut member = with_volumes(&with_image(found.member), shared);
        let before = findings.len();
        let more = take_more(&found.schema["x-container"], &mut member, findings);
        let name = format!("`{}`", member.key);
        let subject = Subject { name: &name, member: "key", help: None, place: &member.key_place };
        describe::check_app(&member.value, subject, findings);
        check_keys(found.schema, &member, &entry.pattern, findings);
        check_ports(&member, findings);
        let container = describe::read_app(&member, findings);
        let place = found.path.iter().try_fold(&mut *params, |value, key| value.get_mut(*key));
        if let (Some(place), true) = (place, findings.len() == before) {
            *place = container::container(&container, document, &member.key);
            if let (Some(container), Json::Object(more)) = (place.as_object_mut(), more) {
                container.extend(more);
            }
        }
        containers.push(container);
    }
    containers
}

/// Keys that mean something for an app alone: the account is the Pod's, and so is its token.
pub(crate) const OF_THE_APP: [&str; 3] = ["account", "rights", "cluster-rights"];

/// Keys of `app` that the pattern has no use for (`x-without`): what nothing heeds is refused.
fn check_keys(schema: &Json, container: &Member, pattern: &str, findings: &mut Vec<Finding>) {
    let without = schema["x-without"].as_array().into_iter().flatten().filter_map(Json::as_str);
    for key in OF_THE_APP.into_iter().chain(without) {
        let Some(member) = container.value.member(key) else { continue };
        let message = format!("`{}` of `{pattern}` does not support `{key}`", container.key);
        let finding = Finding::error(member.key_place.label(""), message);
        findings.push(if OF_THE_APP.contains(&key) {
            let finding = finding.because("rights belong to the Pod's account, whose token is mounted only in the app");
            finding.help("remove it, and give the rights to a document whose `app` needs them")
        } else {
            finding.help("leave it out")
        });
    }
}

/// What a port is on its Service: only ports of the app are on one.
fn check_ports(container: &Member, findings: &mut Vec<Finding>) {
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
}

/// Keys of a port that are about its Service.
pub(crate) const OF_A_SERVICE: [&str; 3] = ["service", "node-port", "speaks"];

/// Ports of containers that run in the woven Pod (`x-beside`), and where they are written.
pub(crate) fn ports_beside<'a>(definition: &'a Definition, whole: &'a Member) -> Vec<(u16, &'a Place)> {
    let beside = given(definition, whole).into_iter().filter(|found| found.schema["x-beside"] == true);
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

/// Takes the keys that only this container has out of it, checked and with their defaults.
fn take_more(mark: &Json, member: &mut Member, findings: &mut Vec<Finding>) -> Json {
    let Some(properties) = mark.as_object() else { return Json::Object(Map::new()) };
    let taken: Vec<Member> = properties.keys().filter_map(|key| member.value.remove(key)).collect();
    let schema = json!({"type": "object", "properties": properties});
    let more = Spanned { kind: Kind::Map(taken), place: member.value.place.clone() };
    let name = format!("`{}`", member.key);
    let subject = Subject { name: &name, member: "key", help: None, place: &member.key_place };
    describe::check(&schema, &more, subject, findings);
    describe::with_defaults(&schema, &more.to_json())
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
