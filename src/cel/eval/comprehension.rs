//! Macros over the elements of lists and maps.

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::ast::{Macro, MacroKind};
use super::super::value::{Item, Key, Value};
use super::{Evaluated, Evaluation, Fail, graver, no_overload, placed};
use crate::sort;

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
        let mut folded = Folded::default();
        let count = self.locals.len();
        for number in 0..length {
            self.locals.truncate(count);
            let Some((first, second)) = pair(range, number) else { break };
            let element = self.bind(of, &first, second, is_map)?;
            if !self.is_kept(of)? {
                continue;
            }
            if let Some(decided) = self.step(of, &first, element, &mut folded)? {
                return Ok(Item { origin: decided.origin.or(origin), ..decided });
            }
        }
        self.locals.truncate(count);
        Ok(Item { value: folded.result(of.kind)?, origin })
    }

    /// Gives the macro's variables their values for one element, and returns the element.
    fn bind(&mut self, of: &'run Macro, first: &Item, second: Item, is_map: bool) -> Evaluated {
        match of.variables.as_slice() {
            [one, two] => {
                self.locals.push((one, first.clone()));
                self.locals.push((two, second.clone()));
                Ok(second)
            }
            [one] => {
                let element = if is_map { first.clone() } else { second };
                self.locals.push((one, element.clone()));
                Ok(element)
            }
            _ => Err(no_overload()),
        }
    }

    fn is_kept(&mut self, of: &'run Macro) -> Result<bool, Fail> {
        let Some(filter) = &of.filter else { return Ok(true) };
        match self.eval(filter)?.value {
            Value::Bool(is_kept) => Ok(is_kept),
            _ => Err(no_overload()),
        }
    }

    /// Evaluates the macro's body for one element. Returns the result if this element decides it.
    fn step(
        &mut self,
        of: &'run Macro,
        first: &Item,
        element: Item,
        folded: &mut Folded,
    ) -> Result<Option<Item>, Fail> {
        match of.kind {
            MacroKind::All | MacroKind::Exists => {
                let decides = of.kind == MacroKind::Exists;
                match self.eval(&of.body) {
                    Ok(Item { value: Value::Bool(value), origin }) if value == decides => {
                        return Ok(Some(Item { value: Value::Bool(decides), origin: origin.or(element.origin) }));
                    }
                    Ok(Item { value: Value::Bool(_), .. }) => {}
                    Ok(_) => folded.fail(no_overload()),
                    Err(Fail::Exhausted) => return Err(Fail::Exhausted),
                    Err(fail) => folded.fail(fail),
                }
            }
            MacroKind::ExistsOne | MacroKind::Filter => {
                let Value::Bool(is_hit) = self.eval(&of.body)?.value else { return Err(no_overload()) };
                if is_hit {
                    folded.items.push(element);
                }
            }
            MacroKind::Map | MacroKind::TransformList => folded.items.push(self.eval(&of.body)?),
            MacroKind::TransformMap => {
                let key = first.value.key().ok_or_else(no_overload)?;
                let item = self.eval(&of.body)?;
                folded.entries.push((key, item));
            }
            MacroKind::TransformMapEntry => {
                let made = self.eval(&of.body)?;
                let Value::Map(map) = made.value else { return Err(no_overload()) };
                self.call.spend(map.entries.len())?;
                for (key, item) in &map.entries {
                    folded.entries.push((key.clone(), item.clone()));
                }
            }
            MacroKind::SortBy => folded.keyed.push((self.eval(&of.body)?.value, element)),
            MacroKind::OptMap | MacroKind::OptFlatMap => {}
        }
        Ok(None)
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

/// What the elements so far have come to.
#[derive(Default)]
struct Folded {
    /// The gravest failure, which counts only if no element decides.
    failure: Option<Fail>,
    items: Vec<Item>,
    entries: Vec<(Key, Item)>,
    /// Elements with what they are sorted by.
    keyed: Vec<(Value, Item)>,
}

impl Folded {
    fn fail(&mut self, fail: Fail) {
        self.failure = Some(graver(self.failure.take(), fail));
    }

    /// What a macro returns that no single element has decided.
    fn result(self, kind: MacroKind) -> Result<Value, Fail> {
        if let Some(fail) = self.failure {
            return Err(fail);
        }
        Ok(match kind {
            MacroKind::All => Value::Bool(true),
            MacroKind::Exists => Value::Bool(false),
            MacroKind::ExistsOne => Value::Bool(self.items.len() == 1),
            MacroKind::TransformMap => Value::map(self.entries),
            MacroKind::TransformMapEntry => {
                let count = self.entries.len();
                let map = Value::map(self.entries);
                if matches!(&map, Value::Map(map) if map.entries.len() < count) {
                    return Err(Fail::Error("insert failed: key already exists".to_owned()));
                }
                map
            }
            MacroKind::SortBy => Value::list(sorted(self.keyed)?),
            _ => Value::list(self.items),
        })
    }
}

fn sorted(mut keyed: Vec<(Value, Item)>) -> Result<Vec<Item>, Fail> {
    let mut is_mixed = false;
    sort::by(&mut keyed, |a, b| {
        a.0.compare(&b.0).unwrap_or_else(|| {
            is_mixed = true;
            Ordering::Equal
        })
    });
    if is_mixed {
        return Err(no_overload());
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
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
