//! What to do about a generated object that no line of the description explains.

use std::sync::Arc;

use crate::describe::{Description, Entry, Place};
use crate::pattern::{Catalogue, Folder};

/// What made an object that the server would refuse: a pattern of the user's own, with the templates to correct, or one
/// of ours.
pub fn of(part: &Place, description: &Description, catalogue: &Catalogue) -> String {
    let entries = || description.uses.iter().chain([&description.shape]);
    let own = |entry: &Entry| catalogue.folder(&entry.pattern).filter(|folder| folder.path().is_some());
    let is_part = |entry: &&Entry| entry.place.span == part.span && Arc::ptr_eq(&entry.place.source, &part.source);
    if let Some(folder) = entries().find(is_part).and_then(own) {
        return format!("your pattern `{}` generated this: correct {}", folder.name(), templates(folder));
    }
    let own: Vec<String> =
        entries().filter_map(own).map(|folder| format!("`{}` ({})", folder.name(), templates(folder))).collect();
    if own.is_empty() {
        return "a pattern generated this; this is a bug, please report it".to_owned();
    }
    format!("a pattern generated this; unless it is your own {}, this is a bug, please report it", own.join(", "))
}

/// The files that a pattern's objects are from.
fn templates(folder: &Folder) -> String {
    let names = folder.files().map(|(name, _)| name).filter(|name| name.ends_with(".yaml.j2"));
    names.map(|name| folder.display(name)).collect::<Vec<_>>().join(", ")
}
