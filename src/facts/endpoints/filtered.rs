//! Addresses in a configuration that it leaves out itself.

use regex_lite::Regex;

use super::super::formats::{self, Entry};
use super::super::program::{Filtered, Replaced};
use super::Reader;
use super::replaced::item;
use super::values::Value;
use crate::go;
use crate::kube::FastMap;

/// Entries on both sides of a step that may belong to it.
const NEAR: usize = 16;

/// Steps of one item that are looked at.
const MOST: usize = 64;

/// A step that leaves addresses out.
struct Step {
    is_keep: bool,
    expression: Regex,
}

impl Step {
    fn keeps(&self, address: &str) -> bool {
        self.expression.is_match(address) == self.is_keep
    }
}

impl<'run> Reader<'_, 'run> {
    /// The addresses that no step leaves out. Steps that look at something else are not known to leave out any.
    pub(super) fn filtered(
        &self,
        mut values: Vec<Value<'run>>,
        by: &Filtered,
        replaced: Option<&Replaced>,
    ) -> Vec<Value<'run>> {
        let mut steps: FastMap<(usize, &[String]), Vec<Step>> = FastMap::default();
        for (number, text) in self.texts.iter().enumerate() {
            let mut last_replaced: Option<&[String]> = None;
            for (at, entry) in text.entries().iter().enumerate() {
                let puts_another =
                    |one: &Replaced| entry.value == one.is && formats::fits(text.format, &one.key, &entry.key);
                if replaced.is_some_and(puts_another) {
                    last_replaced = Some(item(entry));
                }
                let is_step = entry.value == by.keep || entry.value == by.drop;
                // after it the address is another one
                if !is_step || !formats::fits(text.format, &by.key, &entry.key) || last_replaced == Some(item(entry)) {
                    continue;
                }
                if let Some(expression) = expression(text.entries(), at, by) {
                    let step = Step { is_keep: entry.value == by.keep, expression };
                    let of_item = steps.entry((number, item(entry))).or_default();
                    of_item.extend((of_item.len() < MOST).then_some(step));
                }
            }
        }
        if !steps.is_empty() {
            values.retain(|value| {
                let Some((number, at)) = value.entry else { return true };
                let Some(entry) = self.texts[number].entries().get(at) else { return true };
                let steps = steps.get(&(number, item(entry)));
                steps.is_none_or(|steps| steps.iter().all(|step| step.keeps(&entry.value)))
            });
        }
        values
    }
}

/// The expression of a step that looks at nothing but the address.
fn expression(entries: &[Entry], at: usize, by: &Filtered) -> Option<Regex> {
    let (_, parent) = entries.get(at)?.key.split_last()?;
    let near = &entries[at.saturating_sub(NEAR)..(at + NEAR).min(entries.len())];
    let beside = |name: &str| {
        let name = name.to_owned();
        near.iter().filter(move |entry| {
            entry.key.strip_prefix(parent).is_some_and(|rest| rest.first().is_some_and(|first| *first == name))
        })
    };
    let mut of = beside(&by.of);
    let is_address = of.next().is_some_and(|entry| entry.value == by.is) && of.next().is_none();
    let text = beside(&by.by).next().map_or(".*", |entry| entry.value.as_str());
    // as a whole (prometheus/common: model/relabel, `NewRegexp`)
    if is_address { go::regex::compile(&format!("^(?s:{text})$")) } else { None }
}
