//! `oneOf` in a schema: maps of several forms, told apart by the member that each form requires first.

use serde_json::Value as Json;

use super::super::spanned::Spanned;
use super::subject::Subject;
use crate::diagnostic::Finding;
use crate::words::{list, nearest};

/// The form that a value has; the schema itself if it has no forms.
///
/// # Errors
/// A value that has none of the forms, or several.
pub(super) fn choose<'schema>(
    schema: &'schema Json,
    value: &Spanned,
    subject: Subject<'_>,
) -> Result<&'schema Json, Box<Finding>> {
    let forms = forms(schema);
    if forms.is_empty() {
        return Ok(schema);
    }
    let there: Vec<&(&str, &Json)> = forms.iter().filter(|(mark, _)| value.get(mark).is_some()).collect();
    match there.as_slice() {
        [(_, form)] => Ok(form),
        [] => {
            let marks: Vec<&str> = forms.iter().map(|(mark, _)| *mark).collect();
            let meant =
                value.members().iter().find_map(|member| Some((member, nearest(&member.key, marks.iter().copied())?)));
            let (place, label) = meant.map_or((subject.place, String::new()), |(member, name)| {
                (&member.key_place, format!("did you mean `{name}`?"))
            });
            Err(Box::new(Finding::error(place.label(label), format!("{} needs one of {}", subject.name, list(&marks)))))
        }
        [(first, _), (second, _), ..] => {
            let place = |key: &str| value.member(key).map_or(&value.place, |member| &member.key_place);
            let message = format!("{} has `{first}` and `{second}`, but can have only one of them", subject.name);
            Err(Box::new(Finding::error(place(second).label("and this"), message).label(place(first).label("this"))))
        }
    }
}

/// The form of a value that has been checked.
#[must_use]
pub fn form<'schema>(schema: &'schema Json, value: &Spanned) -> &'schema Json {
    forms(schema).into_iter().find(|(mark, _)| value.get(mark).is_some()).map_or(schema, |(_, form)| form)
}

/// The same for a value without places, and the members that only the other forms have.
pub(super) fn of_json<'schema>(schema: &'schema Json, value: &Json) -> (&'schema Json, Vec<&'schema str>) {
    let forms = forms(schema);
    let Some((_, form)) = forms.iter().find(|(mark, _)| value.get(mark).is_some()) else { return (schema, Vec::new()) };
    let names =
        |form: &'schema Json| form["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    let others = forms.iter().flat_map(|(_, other)| names(other)).map(String::as_str);
    (form, others.filter(|name| form["properties"].get(name).is_none()).collect())
}

fn forms(schema: &Json) -> Vec<(&str, &Json)> {
    let list = schema.get("oneOf").and_then(Json::as_array);
    list.into_iter().flatten().filter_map(|form| Some((form.pointer("/required/0")?.as_str()?, form))).collect()
}
