//! Macros over the elements of lists and maps.

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::ast::{Macro, MacroKind};
use super::super::value::{Item, Key, Value};
use super::{Evaluated, Evaluation, Fail, graver, no_overload, placed};

impl<'run> Evaluation<'run> {
    pub(super) fn comprehension(&mut self, of: &'run Macro) -> Evaluated {
        let range = self.eval(&of.range)?;
        if let MacroKind::OptMap | MacroKind::OptFlatMap = of.kind {
            return self.optional_map(of, &range);
        }
        if let Some(why) = range.value.unknown() {
            return Err(Fail::Unknown(why.to_owned()));
        }
        let is_map = matches!(range.value, Value::Map(_));
        let count = self.locals.len();
        let folded = self.fold(of, &range, is_map);
        self.locals.truncate(count);
        folded
    }

    fn fold(&mut self, of: &'run Macro, range: &Item, is_map: bool) -> Evaluated {
        let origin = range.origin;
        let length = match &range.value {
            Value::List(list) => list.items.len(),
            Value::Map(map) => map.entries.len(),
            _ => return Err(no_overload()),
        };
        let mut failure: Option<Fail> = None;
        let mut hits = 0;
        let mut items = Vec::new();
        let mut entries: Vec<(Key, Item)> = Vec::new();
        let mut keyed: Vec<(Value, Item)> = Vec::new();
        let count = self.locals.len();
        for number in 0..length {
            self.locals.truncate(count);
            let Some((first, second)) = pair(range, number) else { break };
            let element = match of.variables.as_slice() {
                [one, two] => {
                    self.locals.push((one, first.clone()));
                    self.locals.push((two, second.clone()));
                    second
                }
                [one] => {
                    let element = if is_map { first.clone() } else { second };
                    self.locals.push((one, element.clone()));
                    element
                }
                _ => return Err(no_overload()),
            };
            if let Some(filter) = &of.filter {
                let kept = self.eval(filter)?;
                let Value::Bool(kept) = kept.value else { return Err(no_overload()) };
                if !kept {
                    continue;
                }
            }
            match of.kind {
                MacroKind::All | MacroKind::Exists => {
                    let decides = of.kind == MacroKind::Exists;
                    match self.eval(&of.body) {
                        Ok(Item { value: Value::Bool(value), origin: place }) if value == decides => {
                            return Ok(Item {
                                value: Value::Bool(decides),
                                origin: place.or(element.origin).or(origin),
                            });
                        }
                        Ok(Item { value: Value::Bool(_), .. }) => {}
                        Ok(_) => failure = Some(graver(failure, no_overload())),
                        Err(Fail::Exhausted) => return Err(Fail::Exhausted),
                        Err(fail) => failure = Some(graver(failure, fail)),
                    }
                }
                MacroKind::ExistsOne | MacroKind::Filter => {
                    let Value::Bool(is_hit) = self.eval(&of.body)?.value else { return Err(no_overload()) };
                    if is_hit {
                        hits += 1;
                        items.push(element);
                    }
                }
                MacroKind::Map | MacroKind::TransformList => items.push(self.eval(&of.body)?),
                MacroKind::TransformMap => {
                    let key = first.value.key().ok_or_else(no_overload)?;
                    let item = self.eval(&of.body)?;
                    entries.push((key, item));
                }
                MacroKind::TransformMapEntry => {
                    let made = self.eval(&of.body)?;
                    let Value::Map(map) = made.value else { return Err(no_overload()) };
                    self.call.spend(map.entries.len())?;
                    for (key, item) in &map.entries {
                        entries.push((key.clone(), item.clone()));
                    }
                }
                MacroKind::SortBy => keyed.push((self.eval(&of.body)?.value, element)),
                MacroKind::OptMap | MacroKind::OptFlatMap => {}
            }
        }
        self.locals.truncate(count);
        if let Some(fail) = failure {
            return Err(fail);
        }
        let value = match of.kind {
            MacroKind::All => Value::Bool(true),
            MacroKind::Exists => Value::Bool(false),
            MacroKind::ExistsOne => Value::Bool(hits == 1),
            MacroKind::TransformMap | MacroKind::TransformMapEntry => {
                let count = entries.len();
                let map = Value::map(entries);
                if of.kind == MacroKind::TransformMapEntry
                    && matches!(&map, Value::Map(map) if map.entries.len() < count)
                {
                    return Err(Fail::Error("insert failed: key already exists".to_owned()));
                }
                map
            }
            MacroKind::SortBy => {
                let mut failed = false;
                keyed.sort_by(|a, b| {
                    a.0.compare(&b.0).unwrap_or_else(|| {
                        failed = true;
                        Ordering::Equal
                    })
                });
                if failed {
                    return Err(no_overload());
                }
                Value::list(keyed.into_iter().map(|(_, item)| item).collect())
            }
            _ => Value::list(items),
        };
        Ok(Item { value, origin })
    }

    fn optional_map(&mut self, of: &'run Macro, range: &Item) -> Evaluated {
        let Value::Optional(inner) = &range.value else { return Err(no_overload()) };
        let (Some(inner), Some(name)) = (inner, of.variables.first()) else {
            return Ok(Item { value: Value::Optional(None), origin: range.origin });
        };
        let count = self.locals.len();
        self.locals.push((name, placed(inner, range.origin)));
        let made = self.eval(&of.body);
        self.locals.truncate(count);
        let made = made?;
        if of.kind == MacroKind::OptFlatMap {
            return Ok(made);
        }
        let origin = made.origin.or(range.origin);
        Ok(Item { value: Value::Optional(Some(Rc::new(made))), origin })
    }
}

/// What the two variables of a macro stand for: index and element, or key and value.
fn pair(range: &Item, number: usize) -> Option<(Item, Item)> {
    match &range.value {
        Value::List(list) => {
            let index = Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
            Some((index.into(), placed(list.items.get(number)?, range.origin)))
        }
        Value::Map(map) => {
            let (key, item) = map.entries.get(number)?;
            let item = placed(item, range.origin);
            Some((Item { value: key.value(), origin: item.origin }, item))
        }
        _ => None,
    }
}
