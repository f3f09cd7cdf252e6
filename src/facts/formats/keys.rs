//! Keys of settings: whether one fits a pattern, and what is beside it.

use super::Entry;
use crate::facts::program::Format;

/// How many settings before and after one may be looked at for its sibling.
const NEAR: usize = 1024;

fn ignores_case(format: Format) -> bool {
    matches!(format, Format::Ini | Format::FluentBit | Format::Words | Format::Properties)
}

/// Whether a key fits a pattern: segments joined by `/`, `*` for any one (also as an end: `server.*`), `**` for any
/// number.
#[must_use]
pub fn fits(format: Format, pattern: &str, key: &[String]) -> bool {
    let ignores_case = ignores_case(format);
    let is_same = |a: &str, b: &str| if ignores_case { a.eq_ignore_ascii_case(b) } else { a == b };
    let fits_one = |wanted: &str, segment: &str| match wanted.strip_suffix('*') {
        Some(start) => segment.get(..start.len()).is_some_and(|own| is_same(own, start)),
        None => is_same(wanted, segment),
    };
    let wanted: Vec<&str> = pattern.split('/').collect();
    let (mut at, mut place) = (0, 0);
    // the last `**`, and how far it reaches so far: an earlier one never needs to reach further
    let mut any: Option<(usize, usize)> = None;
    while place < key.len() {
        if wanted.get(at) == Some(&"**") {
            any = Some((at, place));
            at += 1;
        } else if wanted.get(at).is_some_and(|wanted| fits_one(wanted, &key[place])) {
            at += 1;
            place += 1;
        } else if let Some((stars, reach)) = any {
            any = Some((stars, reach + 1));
            (at, place) = (stars + 1, reach + 1);
        } else {
            return false;
        }
    }
    wanted[at..].iter().all(|wanted| *wanted == "**")
}

/// The setting with this last segment that is beside another one: in the same block, with the same segments
/// before it.
#[must_use]
pub fn sibling(format: Format, entries: &[Entry], at: usize, name: &str) -> Option<usize> {
    let own = entries.get(at)?;
    let (_, parent) = own.key.split_last()?;
    let ignores_case = ignores_case(format);
    let is_beside = |entry: &Entry| {
        entry.block == own.block
            && entry.key.len() == own.key.len()
            && entry.key.last().is_some_and(|last| last == name || ignores_case && last.eq_ignore_ascii_case(name))
            && entry.key.starts_with(parent)
    };
    let after = entries[at..].iter().take(NEAR).position(is_beside).map(|distance| at + distance);
    let near = at.saturating_sub(NEAR);
    after.or_else(|| entries[near..at].iter().rposition(is_beside).map(|place| near + place))
}

#[cfg(test)]
mod tests {
    use super::{fits, sibling};
    use crate::facts::formats::read;
    use crate::facts::program::Format;

    #[test]
    fn siblings_stay_in_their_block() {
        let text = "[INPUT]\n Port 5170\n[INPUT]\n listen 127.0.0.1\n Port 9880\n";
        let entries = read(Format::FluentBit, text);
        assert_eq!(sibling(Format::FluentBit, &entries, 0, "Listen"), None);
        assert_eq!(sibling(Format::FluentBit, &entries, 2, "Listen"), Some(1));
        let between: Vec<String> = (0..100).map(|number| format!("k{number}: 1\n")).collect();
        let text = format!("a: 1\n{}z: 2\n", between.concat());
        assert_eq!(sibling(Format::Yaml, &read(Format::Yaml, &text), 0, "z"), Some(101));
    }

    #[test]
    fn patterns_with_many_stars_take_no_time() {
        let key: Vec<String> = (0..64).map(|_| "a".to_owned()).collect();
        assert!(!fits(Format::Yaml, &("**/a/".repeat(20) + "b"), &key));
        assert!(fits(Format::Yaml, &("**/a/".repeat(20) + "**"), &key));
    }
}
