//! Laying one partial document over another: `extends`, then environments.
//!
//! Maps merge deep, scalars and lists replace, null removes; `use` entries merge by the name they go by
//! (`- topz: null` removes one), new ones at the end.

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
    for change in changes {
        let at = members.iter().position(|member| member.key == change.key);
        match (at, &change.value.kind) {
            (Some(at), Kind::Null) => {
                members.remove(at);
            }
            (None, Kind::Null) => {}
            (Some(at), _) if top && matches!(change.key.as_str(), "use" | "init") => {
                merge_uses(&mut members[at].value, &change.value);
            }
            // a shape is one choice: another shape replaces, the same one merges
            (Some(at), _) if top && change.key == "shape" && !same_keys(&members[at].value, &change.value) => {
                members[at] = change.clone();
            }
            (Some(at), _) => merge_at(&mut members[at].value, &change.value, false),
            (None, _) => members.push(change.clone()),
        }
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
    for change in changes {
        let Some(name) = use_name(change) else {
            entries.push(change.clone());
            continue;
        };
        match entries.iter().position(|entry| use_name(entry) == Some(name)) {
            Some(at) if removes(change) => {
                entries.remove(at);
            }
            Some(at) => lay_over_use(&mut entries[at], change),
            None => entries.push(change.clone()),
        }
    }
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
