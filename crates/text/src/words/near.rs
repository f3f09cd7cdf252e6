//! Names that are nearly another: what a message suggests, and slips of the pen.

use std::collections::HashMap;

/// The name most like `name`, if one is like it at all.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let likeness = |other: &str| {
        if other.to_lowercase() == lower { 1.0 } else { strsim::normalized_damerau_levenshtein(name, other) }
    };
    let best =
        known.into_iter().map(|other| (likeness(other), other)).fold(
            None,
            |best: Option<(f64, &str)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            },
        );
    best.filter(|(likeness, _)| *likeness > 0.55).map(|(_, other)| other)
}

/// Names to look up slips of the pen in: what is one edit away, in time that does not grow with their number.
#[derive(Debug, Default)]
pub struct Slips<'a> {
    /// Names by themselves and by what is left of them without one letter.
    known: HashMap<String, Vec<&'a str>>,
}

impl<'a> Slips<'a> {
    /// So many names that differ in one letter only are looked at.
    const MOST: usize = 8;

    /// Adds a name.
    pub fn add(&mut self, name: &'a str) {
        for form in forms(name) {
            let names = self.known.entry(form).or_default();
            if names.len() < Self::MOST && !names.contains(&name) {
                names.push(name);
            }
        }
    }

    /// A name that another becomes with one letter more, less, changed or swapped with its neighbour. Names that
    /// differ in digits alone are different names, and short ones are one edit from anything.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&'a str> {
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
        let is_slip = |known: &&str| {
            *known != name
                && known.len().min(name.len()) >= 4
                && letters(known) != letters(name)
                && strsim::osa_distance(known, name) == 1
        };
        forms(name).filter_map(|form| self.known.get(&form)).flatten().copied().filter(is_slip).min()
    }
}

/// A text, and the same without one of its letters. Kubernetes' names have at most 253.
fn forms(text: &str) -> impl Iterator<Item = String> {
    let without = text.char_indices().take(253).map(|(at, letter)| {
        let mut form = text.to_owned();
        form.replace_range(at..at + letter.len_utf8(), "");
        form
    });
    std::iter::once(text.to_owned()).chain(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_one_edit_away() {
        let mut slips = Slips::default();
        for name in ["postgres", "shop-config", "web-1", "db"] {
            slips.add(name);
        }
        for name in ["postgress", "postgre", "postgrse", "pastgres"] {
            assert_eq!(slips.of(name), Some("postgres"), "{name}");
        }
        for name in ["postgres", "postgresql", "shop-conf", "web-2", "dc", ""] {
            assert_eq!(slips.of(name), None, "{name}");
        }
    }
}
