//! Variables that tell the app where its ambassadors listen.

use serde_json::{Value as Json, json};

use super::fill::Filled;
use crate::describe::{Description, Place};
use crate::diagnostic::Finding;
use crate::pattern::template::expressions;

/// What the variables of an entry begin with: `as` in upper case, `-` as `_`.
#[must_use]
pub(crate) fn prefix(entry: &str) -> String {
    entry.to_ascii_uppercase().replace('-', "_")
}

/// The Pod's part that gives an entry's variables to the container `main`; null where it provides none.
///
/// # Errors
/// An expression that does not evaluate: a bug of the pattern.
pub(crate) fn fragment(filled: &Filled, main: &str, context: &Json) -> Result<Json, String> {
    let mut env = Vec::new();
    for (suffix, expression) in &filled.definition.provides {
        let name = format!("{}_{suffix}", prefix(&filled.entry.name));
        env.push(json!({"name": name, "value": expressions::text_of(expression, context)?}));
    }
    Ok(if env.is_empty() { Json::Null } else { json!({"spec": {"containers": [{"name": main, "env": env}]}}) })
}

/// A variable that two set: the app itself, or another entry.
pub(crate) fn check(description: &Description, uses: &[Filled]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = description.app.iter().flat_map(|app| &app.env);
    let mut known: Vec<(String, &Place, String)> =
        own.map(|variable| (variable.name.clone(), &variable.place, "`app.env` sets it".to_owned())).collect();
    for filled in uses {
        for suffix in filled.definition.provides.keys() {
            let name = format!("{}_{suffix}", prefix(&filled.entry.name));
            let place = &filled.entry.place;
            if let Some((_, other, text)) = known.iter().find(|(known, ..)| *known == name) {
                findings.push(
                    Finding::error(
                        place.label(format!("and so does `{}`", filled.entry.name)),
                        format!("two parts of this Pod set {name}"),
                    )
                    .label(other.label(text.clone()))
                    .because("the app finds the pattern through this variable; one of the two would be lost")
                    .help(format!(
                        "remove one of them, or name the pattern with `as`: {}: {{as: {}-2, …}}",
                        filled.entry.pattern, filled.entry.name
                    )),
                );
            }
            known.push((name, place, format!("`{}` sets it", filled.entry.name)));
        }
    }
    findings
}

/// What the user should know about an entry, by its pattern's notes.
///
/// # Errors
/// As for [`fragment`].
pub(crate) fn notes(filled: &Filled, app: &Json, document: &Json) -> Result<Vec<String>, String> {
    let name = &filled.entry.name;
    let context =
        json!({"params": filled.params, "app": app, "document": document, "entry": name, "prefix": prefix(name)});
    let mut notes = Vec::new();
    for note in &filled.definition.notes {
        if expressions::holds(&note.when, &context)? {
            notes.push(format!("note: {}", expressions::text_of(&note.say, &context)?));
        }
    }
    Ok(notes)
}
