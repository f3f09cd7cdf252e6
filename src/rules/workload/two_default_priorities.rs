use std::collections::BTreeMap;

use super::scaling::name_node;
use crate::kube::{Index, Object, Typed, Unit, units};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// Two priority classes of one unit that are both the default.
pub static RULE: Rule = rule!("two_default_priorities.md", Error, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut first: BTreeMap<Unit<'_>, &Object> = BTreeMap::new();
    for object in index.kind("PriorityClass").iter().copied().filter(|object| is_default(object)) {
        let ones: Vec<&Object> = units(object).map(|unit| *first.entry(unit).or_insert(object)).collect();
        // several versions of one class are one
        let Some(one) = ones.into_iter().find(|one| one.id.name != object.id.name) else { continue };
        let node =
            |object: &Object| object.document.get(object.node, "globalDefault").unwrap_or_else(|| name_node(object));
        let (a, b) = (clip(&one.id.name), clip(&object.id.name));
        found
            .about(object)
            .at(node(object), format!("`{a}` and `{b}` are both the default priority"))
            .here("so is this")
            .label(one.label(node(one), format!("`{a}` is the default")))
            .because("the API server refuses a second class with `globalDefault: true` (admission plugin Priority)")
            .help("remove `globalDefault` from one of them");
    }
}

fn is_default(object: &Object) -> bool {
    matches!(&object.typed, Some(Typed::PriorityClass(class)) if class.global_default == Some(true))
}
