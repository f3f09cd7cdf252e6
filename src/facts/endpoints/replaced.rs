//! Addresses in a configuration in whose place it puts others.

use super::super::formats::{self, Entry};
use super::super::program::Replaced;
use super::Reader;
use super::values::Value;
use crate::kube::{FastMap, FastSet};

impl<'run> Reader<'_, 'run> {
    /// The addresses that count in place of those that are written: each replacement once, and none where it is made of
    /// something else.
    pub(super) fn replaced(&self, values: Vec<Value<'run>>, by: &Replaced) -> Vec<Value<'run>> {
        // where in each text the addresses of an item are replaced
        let mut replacing: FastMap<(usize, &[String]), Vec<usize>> = FastMap::default();
        for (number, text) in self.texts.iter().enumerate() {
            for (at, entry) in text.entries().iter().enumerate() {
                if entry.value == by.is && formats::fits(text.format, &by.key, &entry.key) {
                    replacing.entry((number, item(entry))).or_default().push(at);
                }
            }
        }
        if replacing.is_empty() {
            return values;
        }
        let mut found = Vec::new();
        let mut seen = FastSet::default();
        for value in values {
            let at = value.entry.and_then(|(number, at)| Some((number, item(self.texts[number].entries().get(at)?))));
            let Some((key, others)) = at.and_then(|key| Some((key, replacing.get(&key)?))) else {
                found.push(value);
                continue;
            };
            // the last one counts
            let Some(last) = others.last().filter(|_| seen.insert(key)) else { continue };
            let text = &self.texts[key.0];
            let beside = |name: &str| formats::sibling(text.format, text.entries(), *last, name);
            let other = beside(&by.by).filter(|_| beside(&by.some).is_none());
            let other = other.and_then(|at| Some((at, text.entries().get(at)?)));
            // `$1:9100` is made of what is matched
            found.extend(
                other.filter(|(_, entry)| !entry.value.contains('$')).map(|(at, entry)| self.entry(key.0, at, entry)),
            );
        }
        found
    }
}

/// The item of the outermost list that an entry is in.
pub(super) fn item(entry: &Entry) -> &[String] {
    let is_number = |segment: &String| !segment.is_empty() && segment.bytes().all(|digit| digit.is_ascii_digit());
    let end = entry.key.iter().position(is_number).map_or(0, |at| at + 1);
    &entry.key[..end]
}
