//! What a pattern that checks who is asking cannot keep out: clients that dial the Pod's own address.

use std::io;

use super::verify::read_back;
use crate::describe::Description;
use crate::facts::{Bind, PodFacts, Programs};
use crate::kube::{Index, Object};
use crate::pattern::{Catalogue, Made};

/// A note for each document whose app can be reached past a guard, or where that is not known.
///
/// # Errors
/// An object that cannot be written, which [`super::verify::verify`] has refused.
pub fn notes(made: &[Made], descriptions: &[Description], catalogue: &Catalogue) -> io::Result<Vec<String>> {
    let guarded: Vec<(&Description, &str)> =
        descriptions.iter().filter_map(|description| Some((description, guard(description, catalogue)?))).collect();
    if guarded.is_empty() {
        return Ok(Vec::new());
    }
    let (objects, _) = read_back(made, descriptions)?;
    let objects: Vec<&Object> = objects.iter().collect();
    let index = Index::of(&objects);
    let note = |(description, guard): &(&Description, &str)| note(description, guard, &index);
    Ok(guarded.iter().filter_map(note).collect())
}

/// The entry that guards the app, where nothing else closes the way around it: `bind: localhost`, or a policy that
/// admits no port behind a pattern.
fn guard<'a>(description: &'a Description, catalogue: &Catalogue) -> Option<&'a str> {
    let app = description.app.as_ref()?;
    if app.loopback || description.isolate.is_some() {
        return None;
    }
    let guards = |pattern: &str| {
        catalogue
            .folder(pattern)
            .and_then(|folder| folder.definition().ok())
            .is_some_and(|definition| definition.guards)
    };
    description.uses.iter().find(|entry| guards(&entry.pattern)).map(|entry| entry.name.as_str())
}

fn note(description: &Description, guard: &str, index: &Index<'_>) -> Option<String> {
    let port = description.app.as_ref()?.port?;
    let name = &description.name;
    let workloads = index.all().iter().filter(|object| object.id.name == *name);
    let pods = workloads.flat_map(|object| object.pods());
    let facts: Vec<PodFacts<'_>> = pods.map(|pod| PodFacts::of(pod, index, Programs::built_in())).collect();
    let app = facts.iter().flat_map(|pod| &pod.members).find(|member| member.name() == name);
    if app.is_some_and(|app| app.only_on_loopback(port).is_some()) {
        return None;
    }
    let listen = app.and_then(|app| app.listen_at(port));
    let is_open = listen.is_some_and(|listen| listen.bind == Bind::All && listen.certainty.is_certain());
    let how =
        if is_open { "listens on all addresses" } else { "may listen on all addresses: its command does not say" };
    Some(format!(
        "note: `{name}` {how}; clients that dial a Pod's IP at {port} bypass `{guard}`. Have it listen on 127.0.0.1 and \
         say `bind: localhost`, or add `isolate: true`"
    ))
}
