//! Laying one partial document over another: `extends`, then environments.
//!
//! Maps merge deep, scalars and lists replace, null removes; `use` entries merge by the name they go by
//! (`- topz: null` removes one), new ones at the end.

use std::collections::HashMap;

use super::spanned::{Kind, Member, Spanned};

/// Lays `over` on `base`.
pub fn merge(base: &mut Spanned, over: &Spanned) {
    merge_at(base, over, true);
}

fn merge_at(base: &mut Spanned, over: &Spanned, top: bool) {
    let (Kind::Map(members), Kind::Map(changes)) = (&mut base.kind, &over.kind) else {
        *base = over.clone();
        return;
    };
    let mut merged = ByName::of(std::mem::take(members), |member| Some(&member.key));
    for change in changes {
        match (merged.get(&change.key), &change.value.kind) {
            (Some(_), Kind::Null) => merged.remove(&change.key),
            (None, Kind::Null) => {}
            (Some(member), _) if top && matches!(change.key.as_str(), "use" | "init") => {
                merge_uses(&mut member.value, &change.value);
            }
            // a shape is one choice: another shape replaces, the same one merges
            (Some(member), _) if top && change.key == "shape" && !same_keys(&member.value, &change.value) => {
                *member = change.clone();
            }
            (Some(member), _) => merge_at(&mut member.value, &change.value, false),
            (None, _) => merged.add(&change.key, change.clone()),
        }
    }
    *members = merged.into_list();
}

/// The elements of a list, found by their names: each is looked up once for each change, and there may be thousands.
struct ByName<T> {
    elements: Vec<Option<T>>,
    at: HashMap<String, usize>,
}

impl<T> ByName<T> {
    fn of(list: Vec<T>, name: impl Fn(&T) -> Option<&str>) -> Self {
        let mut at = HashMap::new();
        for (number, element) in list.iter().enumerate() {
            if let Some(name) = name(element) {
                // of several of one name the first counts
                at.entry(name.to_owned()).or_insert(number);
            }
        }
        Self { elements: list.into_iter().map(Some).collect(), at }
    }

    fn get(&mut self, name: &str) -> Option<&mut T> {
        self.elements.get_mut(*self.at.get(name)?)?.as_mut()
    }

    fn remove(&mut self, name: &str) {
        if let Some(element) = self.at.remove(name).and_then(|at| self.elements.get_mut(at)) {
            *element = None;
        }
    }

    fn add(&mut self, name: &str, element: T) {
        self.at.entry(name.to_owned()).or_insert(self.elements.len());
        self.push(element);
    }

    fn push(&mut self, element: T) {
        self.elements.push(Some(element));
    }

    fn into_list(self) -> Vec<T> {
        self.elements.into_iter().flatten().collect()
    }
}

fn same_keys(a: &Spanned, b: &Spanned) -> bool {
    a.members().first().map(|member| &member.key) == b.members().first().map(|member| &member.key)
}

fn merge_uses(base: &mut Spanned, over: &Spanned) {
    let (Kind::List(entries), Kind::List(changes)) = (&mut base.kind, &over.kind) else {
        *base = over.clone();
        return;
    };
    let mut merged = ByName::of(std::mem::take(entries), use_name);
    for change in changes {
        let Some(name) = use_name(change) else {
            merged.push(change.clone());
            continue;
        };
        match merged.get(name) {
            Some(_) if removes(change) => merged.remove(name),
            Some(entry) => lay_over_use(entry, change),
            None => merged.add(name, change.clone()),
        }
    }
    *entries = merged.into_list();
}

/// `- topz: null`, where `- topz` asks for it.
fn removes(change: &Spanned) -> bool {
    change.members().first().is_some_and(|member| matches!(member.value.kind, Kind::Null))
}

/// The base entry keeps its pattern; the change may name it by `as`, and gives parameters.
fn lay_over_use(entry: &mut Spanned, change: &Spanned) {
    let Some(changed) = change.members().first() else { return };
    match &mut entry.kind {
        Kind::Text(pattern) => {
            let member = Member { key: pattern.clone(), key_place: entry.place.clone(), value: changed.value.clone() };
            entry.kind = Kind::Map(vec![member]);
        }
        Kind::Map(members) => {
            if let Some(member) = members.first_mut() {
                merge_at(&mut member.value, &changed.value, false);
            }
        }
        _ => {}
    }
}

/// The name that a `use` entry goes by: its `as`, or its pattern's name.
#[must_use]
pub fn use_name(entry: &Spanned) -> Option<&str> {
    match &entry.kind {
        Kind::Text(name) => Some(name),
        Kind::Map(members) => {
            let member = members.first()?;
            Some(member.value.get("as").and_then(Spanned::text).unwrap_or(&member.key))
        }
        _ => None,
    }
}
