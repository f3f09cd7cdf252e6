//! From an entry of a description to a definition with checked parameters.

use serde_json::{Map, Value as Json};

use super::catalogue::{Catalogue, Folder};
use super::definition::Definition;
use crate::describe::{self, Entry, Kind, Member, Spanned, Subject, list, nearest};
use crate::diagnostic::Finding;

/// An entry that is ready to render.
#[derive(Clone, Debug)]
pub(super) struct Filled {
    /// As it stands in the description.
    pub entry: Entry,
    /// The pattern's folder.
    pub folder: Folder,
    /// The pattern's definition.
    pub definition: Definition,
    /// The parameters as a map, with their places.
    pub given: Spanned,
    /// The parameters with defaults.
    pub params: Json,
}

/// Finds the pattern of an entry and checks the parameters.
pub(super) fn fill(catalogue: Catalogue, entry: &Entry, as_shape: bool, findings: &mut Vec<Finding>) -> Option<Filled> {
    let Some(folder) = catalogue.folder(&entry.pattern) else {
        findings.push(unknown(catalogue, entry, as_shape));
        return None;
    };
    let definition = match folder.definition() {
        Ok(definition) => definition,
        Err(error) => {
            findings.push(Finding::error(entry.place.label(""), error));
            return None;
        }
    };
    if definition.is_shape() != as_shape {
        let (is, not) = if as_shape { ("something to `use`", "shape") } else { ("a `shape`", "use") };
        findings.push(
            Finding::error(entry.place.label(""), format!("`{}` is {is}", entry.pattern))
                .help(format!("move it out of `{not}`; patterns explain {}", entry.pattern)),
        );
        return None;
    }
    let given = as_map(entry, &definition);
    let before = findings.len();
    let name = format!("`{}`", entry.pattern);
    let help = format!("patterns explain {}", entry.pattern);
    let subject = Subject { name: &name, member: "parameter", help: Some(&help), place: &entry.place };
    describe::check(&definition.params, &given, subject, findings);
    if findings.len() > before {
        return None;
    }
    let params = describe::with_defaults(&definition.params, &given.to_json());
    Some(Filled { entry: entry.clone(), folder, definition, given, params })
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

fn unknown(catalogue: Catalogue, entry: &Entry, as_shape: bool) -> Finding {
    let known: Vec<&str> = catalogue
        .folders()
        .filter(|folder| folder.definition().is_ok_and(|definition| definition.is_shape() == as_shape))
        .map(Folder::name)
        .collect();
    let label = nearest(&entry.pattern, known.iter().copied())
        .map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let what = if as_shape { "shape" } else { "pattern" };
    Finding::error(entry.place.label(label), format!("no {what} is called `{}`", entry.pattern))
        .help(format!("there are {}", list(&known)))
}

impl Filled {
    /// The place of a parameter's value, or of the entry if it was left to its default.
    pub(super) fn place_of(&self, param: &str) -> &describe::Place {
        self.given.get(param).map_or(&self.entry.place, |value| &value.place)
    }

    /// A whole-number parameter that the user set.
    pub(super) fn given_port(&self, param: &str) -> Option<u16> {
        self.given.get(param).and_then(|value| value.to_json().as_u64()).and_then(|port| u16::try_from(port).ok())
    }

    /// Whether the entry, as it is filled, talks to the app's port.
    pub(super) fn needs_port(&self) -> bool {
        let given = |param: &String| self.params.get(param).is_some_and(|value| !value.is_null());
        self.definition.claims.is_some() || self.definition.needs_port_for.iter().any(given)
    }

    /// The parameters as a map.
    pub(super) fn params_map(&self) -> Map<String, Json> {
        self.params.as_object().cloned().unwrap_or_default()
    }
}
