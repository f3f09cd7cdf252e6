//! Lists and sets: `library/lists.go` of the server, `cel-go/ext/lists.go` and `sets.go`.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Budget, Called, Fail, Item, Origin, Value, arithmetic, contains, count, equal, error, made, no_overload};
use crate::cel::value::List;
use crate::sort;

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, _: bool, args: &[Item], budget: &mut Budget) -> Called {
    if let ("lists.range", [Item { value: Value::Int(most), .. }]) = (function, args) {
        let most = *most;
        budget.spend(usize::try_from(most).unwrap_or(0).saturating_mul(8))?;
        return made(Value::list((0..most).map(|number| Value::Int(number).into()).collect()));
    }
    let [Item { value: Value::List(list), origin }, rest @ ..] = args else { return Ok(None) };
    let items = &list.items;
    if let ("sets.contains" | "sets.equivalent" | "sets.intersects", [Item { value: Value::List(other), .. }]) =
        (function, rest)
    {
        return made(Value::Bool(sets(function, list, other, budget)?));
    }
    budget.spend(items.len())?;
    let value = match (function, rest) {
        ("isSorted", []) => Value::Bool(is_sorted(items)?),
        ("sum", []) => sum(items, budget)?,
        ("min" | "max", []) => return extreme(function, items, *origin).map(Some),
        ("indexOf" | "lastIndexOf", [wanted]) => {
            let mut found = -1;
            for (number, item) in items.iter().enumerate() {
                if equal(&item.value, &wanted.value, budget)? {
                    found = count(number);
                    if function == "indexOf" {
                        break;
                    }
                }
            }
            Value::Int(found)
        }
        ("slice", [Item { value: Value::Int(start), .. }, Item { value: Value::Int(end), .. }]) => {
            slice(items, *start, *end)?
        }
        ("flatten", [] | [Item { value: Value::Int(_), .. }]) => {
            let depth = match rest.first().map(|item| &item.value) {
                Some(Value::Int(depth)) => *depth,
                _ => 1,
            };
            if depth < 0 {
                return error("level must be non-negative");
            }
            let mut out = Vec::new();
            flatten(list, depth, *origin, &mut out, budget)?;
            Value::list(out)
        }
        ("sort", []) => Value::list(sorted(items)?),
        ("first" | "last", []) => {
            let item = if function == "first" { items.first() } else { items.last() };
            let found = item.map(|item| Rc::new(Item { value: item.value.clone(), origin: item.origin.or(*origin) }));
            Value::Optional(found)
        }
        ("optional.unwrap" | "unwrapOpt", []) => {
            let mut out = Vec::new();
            for item in items {
                let Value::Optional(inner) = &item.value else { return Err(no_overload()) };
                out.extend(inner.iter().map(|inner| (**inner).clone()));
            }
            Value::list(out)
        }
        ("reverse", []) => Value::list(items.iter().rev().cloned().collect()),
        ("distinct", []) => {
            let mut out = List::default();
            for item in items {
                if !contains(&out, &item.value, budget)? {
                    out.items.push(item.clone());
                }
            }
            Value::list(out.items)
        }
        _ => return Ok(None),
    };
    made(value)
}

fn sets(function: &str, list: &List, other: &List, budget: &mut Budget) -> Result<bool, Fail> {
    Ok(match function {
        "sets.contains" => all_in(other, list, budget)?,
        "sets.equivalent" => all_in(other, list, budget)? && all_in(list, other, budget)?,
        _ => {
            let mut intersects = false;
            for item in &list.items {
                intersects = intersects || contains(other, &item.value, budget)?;
            }
            intersects
        }
    })
}

fn is_sorted(items: &[Item]) -> Result<bool, Fail> {
    let mut is_sorted = true;
    for pair in items.windows(2) {
        let order = pair[0].value.compare(&pair[1].value).ok_or_else(no_overload)?;
        is_sorted = is_sorted && order != Ordering::Greater;
    }
    Ok(is_sorted)
}

fn sum(items: &[Item], budget: &mut Budget) -> Result<Value, Fail> {
    let mut sum = match items.first().map(|item| &item.value) {
        None | Some(Value::Int(_)) => Value::Int(0),
        Some(Value::Uint(_)) => Value::Uint(0),
        Some(Value::Double(_)) => Value::Double(0.0),
        Some(Value::Duration(_)) => Value::Duration(0),
        Some(_) => return Err(no_overload()),
    };
    for item in items {
        sum = arithmetic("_+_", &sum, &item.value, budget)?;
    }
    Ok(sum)
}

/// `min` or `max`.
fn extreme(function: &str, items: &[Item], origin: Origin) -> Result<Item, Fail> {
    let wanted = if function == "min" { Ordering::Less } else { Ordering::Greater };
    let Some(mut best) = items.first() else { return error(format!("{function} called on empty list")) };
    for item in items {
        if item.value.compare(&best.value).ok_or_else(no_overload)? == wanted {
            best = item;
        }
    }
    Ok(Item { value: best.value.clone(), origin: best.origin.or(origin) })
}

fn slice(items: &[Item], start: i64, end: i64) -> Result<Value, Fail> {
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else {
        return error(format!("cannot slice({start}, {end}), negative indexes not supported"));
    };
    if from > to {
        return error(format!("cannot slice({start}, {end}), start index must be less than or equal to end index"));
    }
    let Some(part) = items.get(from..to) else {
        return error(format!("cannot slice({start}, {end}), list is length {}", items.len()));
    };
    Ok(Value::list(part.to_vec()))
}

fn sorted(items: &[Item]) -> Result<Vec<Item>, Fail> {
    let mut sorted = items.to_vec();
    let mut is_mixed = false;
    sort::by(&mut sorted, |a, b| {
        a.value.compare(&b.value).unwrap_or_else(|| {
            is_mixed = true;
            Ordering::Equal
        })
    });
    if is_mixed { Err(no_overload()) } else { Ok(sorted) }
}

fn all_in(some: &List, all: &List, budget: &mut Budget) -> Result<bool, Fail> {
    for item in &some.items {
        if !contains(all, &item.value, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn flatten(list: &List, depth: i64, outer: Origin, out: &mut Vec<Item>, budget: &mut Budget) -> Result<(), Fail> {
    for item in &list.items {
        budget.spend(1)?;
        match &item.value {
            Value::List(inner) if depth > 0 => flatten(inner, depth - 1, item.origin.or(outer), out, budget)?,
            _ => out.push(Item { value: item.value.clone(), origin: item.origin.or(outer) }),
        }
    }
    Ok(())
}
