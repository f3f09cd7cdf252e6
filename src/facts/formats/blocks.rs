//! nginx's configuration.

use super::{Collector, range_of, unquoted};
use crate::facts::nginx;

/// Simple directives; the heads around them with their arguments are segments.
pub(super) fn nginx(found: &mut Collector<'_>) {
    let text = found.text;
    let nginx::Reading { directives: all, is_whole, .. } = nginx::read(text);
    found.is_whole &= is_whole;
    // what each head adds to the keys of what is in it
    let heads: Vec<Option<String>> = all
        .iter()
        .map(|head| {
            let arguments = if head.is_block { head.words.get(1..).unwrap_or_default() } else { &[] };
            let arguments = arguments.iter().map(|word| unquoted(word)).collect::<Vec<_>>().join(" ");
            Some(arguments).filter(|arguments| !arguments.is_empty())
        })
        .collect();
    for directive in &all {
        let Some((name, arguments)) = directive.words.split_first() else { continue };
        // a head of a block says nothing itself
        let (false, Some(first), Some(last)) = (directive.is_block, arguments.first(), arguments.last()) else {
            continue;
        };
        let mut key: Vec<&str> = Vec::new();
        for place in &directive.inside {
            let Some(head) = all.get(*place) else { continue };
            key.push(head.name());
            key.extend(heads[*place].as_deref());
        }
        key.push(name);
        let value = arguments.iter().map(|word| unquoted(word)).collect::<Vec<_>>().join(" ");
        let range = match arguments {
            [only] => range_of(text, unquoted(only)),
            _ => range_of(text, first).start..range_of(text, last).end,
        };
        let block = directive.inside.last().map_or(0, |place| place + 1);
        found.add(&key, block, value, range);
    }
}
