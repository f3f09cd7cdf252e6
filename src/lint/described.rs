//! What is wrong with a program that settings describe.

use crate::describe::{Member, Spanned};
use crate::diagnostic::Finding;
use crate::facts::Role;
use crate::words::{clip, did_you_mean, list, nearest};

/// In words and at its place what the description's reader says of an entry.
pub fn refused(item: &Spanned, error: &str) -> Finding {
    let form = "`patterns explain programs` prints the form";
    let mut quoted = error.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    if error.starts_with("unknown field") {
        let known: Vec<&str> = quoted.collect();
        let place = key(item, first).map_or(&item.place, |member| &member.key_place);
        let label = nearest(first, known.iter().copied()).map(did_you_mean);
        let message = format!("a program description has no key `{}` here", clip(first));
        return Finding::error(place.label(label.unwrap_or_default()), message)
            .help(format!("it has {}; {form}", list(&known)));
    }
    if error.starts_with("unknown variant") {
        let known: Vec<&str> = quoted.collect();
        let place = text(item, first).map_or(&item.place, |value| &value.place);
        let label = nearest(first, known.iter().copied()).map(did_you_mean);
        return Finding::error(place.label(label.unwrap_or_default()), format!("`{}` is not known here", clip(first)))
            .help(format!("there are {}; {form}", list(&known)));
    }
    if error.starts_with("no role is called") {
        let roles: Vec<&str> = Role::names_in_data().collect();
        let place = text(item, first).map_or(&item.place, |value| &value.place);
        let label = nearest(first, roles.iter().copied()).map(did_you_mean);
        return Finding::error(place.label(label.unwrap_or_default()), format!("no role is called `{}`", clip(first)))
            .help(format!("roles are {}", list(&roles)));
    }
    Finding::error(item.place.label(""), format!("not a program description: {error}")).help(form)
}

/// The first key of that name, in the entry or in what it holds.
fn key<'item>(value: &'item Spanned, name: &str) -> Option<&'item Member> {
    let own = value.members().iter().find(|member| member.key == name);
    own.or_else(|| parts(value).find_map(|part| key(part, name)))
}

/// The first text that says that.
fn text<'item>(value: &'item Spanned, wanted: &str) -> Option<&'item Spanned> {
    if value.text() == Some(wanted) { Some(value) } else { parts(value).find_map(|part| text(part, wanted)) }
}

fn parts(value: &Spanned) -> impl Iterator<Item = &Spanned> {
    value.members().iter().map(|member| &member.value).chain(value.items())
}
