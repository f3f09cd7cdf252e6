//! Regular expressions as the API server reads them: the syntax of Go's `regexp/syntax`, which is that of RE2.
//!
//! What Go refuses is told apart from what the engine here does not know, so that neither is taken for the other.

mod escapes;

use std::collections::HashSet;
use std::sync::LazyLock;

use regex_lite::{Regex, RegexBuilder};

/// So many copies of a part repetitions within repetitions may ask for.
const COPIES: u32 = 1000;
/// So deep groups that capture may be in each other.
const DEPTH: usize = 1000;
/// So large a compiled expression may be.
const SIZE: usize = 1 << 18;

/// Compiles an expression that Go takes, to match as Go does; nothing if the engine here knows less than Go's.
#[must_use]
pub fn compile(pattern: &str) -> Option<Regex> {
    // read by the engine, and otherwise than by Go
    const OTHERWISE: [&str; 4] = ["\\<", "\\>", "\\b{", "\\B{"];
    if OTHERWISE.iter().any(|part| pattern.contains(part)) || refusal(pattern).is_some() {
        return None;
    }
    RegexBuilder::new(pattern).size_limit(SIZE).build().ok()
}

/// Why Go refuses an expression, but for its limits on memory.
#[must_use]
pub fn refusal(pattern: &str) -> Option<String> {
    let after_names = pattern.rfind(":]").map_or(usize::MAX - 2, |at| pattern.len() - at);
    Reader { rest: pattern, groups: vec![Group::default()], depth: 0, is_repeated: false, after_names }.read().err()
}

/// What is read of a group, or of the whole.
#[derive(Default)]
struct Group {
    /// How many copies of its parts the last operand asks for; nothing where there is none to repeat.
    last: Option<u32>,
    /// The most copies of all operands.
    most: u32,
    captures: bool,
}

struct Reader<'text> {
    rest: &'text str,
    groups: Vec<Group>,
    /// How many of them capture.
    depth: usize,
    /// Whether the operand before was repeated already.
    is_repeated: bool,
    /// How much is left behind the last `:]`, which ends names of classes.
    after_names: usize,
}

/// The names of classes of Unicode.
static CLASSES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("unicode_classes.txt").lines().skip(1);
    lines.flat_map(str::split_whitespace).map(canonical).collect()
});

/// The least and the most times; no most where there is no end.
type Counts = (u32, Option<u32>);

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn read(mut self) -> Read<()> {
        while let Some(letter) = self.rest.chars().next() {
            let was_repeated = std::mem::take(&mut self.is_repeated);
            match letter {
                '(' if self.rest.starts_with("(?") => self.flags()?,
                '(' => self.open(true, 1)?,
                ')' => self.close()?,
                '|' => {
                    self.skip(1);
                    self.group().last = None;
                }
                '[' => self.class()?,
                '*' | '+' | '?' => self.repeat(1, 1, was_repeated)?,
                '{' => match self.counts() {
                    Some((counts, length)) => {
                        let (least, most) = counts
                            .filter(|(least, most)| {
                                *least <= COPIES && most.is_none_or(|most| most <= COPIES && *least <= most)
                            })
                            .ok_or_else(|| {
                                format!(
                                    "`{}` is not a repetition count between 0 and {COPIES}",
                                    short(&self.rest[..length])
                                )
                            })?;
                        self.repeat_counted(least, most, length, was_repeated)?;
                    }
                    None => self.literal(1),
                },
                '\\' => self.escape_outside()?,
                other => self.literal(other.len_utf8()),
            }
        }
        if self.groups.len() > 1 { Err("a `(` has no `)`".to_owned()) } else { Ok(()) }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn literal(&mut self, bytes: usize) {
        self.skip(bytes);
        self.operand(1);
    }

    fn operand(&mut self, copies: u32) {
        let group = self.group();
        group.last = Some(copies);
        group.most = group.most.max(copies);
    }

    fn open(&mut self, captures: bool, bytes: usize) -> Read<()> {
        self.skip(bytes);
        self.groups.push(Group { captures, ..Group::default() });
        self.depth += usize::from(captures);
        if self.depth > DEPTH { Err(format!("its groups are nested more than {DEPTH} deep")) } else { Ok(()) }
    }

    fn close(&mut self) -> Read<()> {
        self.skip(1);
        let inner = self.groups.pop().filter(|_| !self.groups.is_empty());
        let inner = inner.ok_or_else(|| "a `)` has no `(`".to_owned())?;
        self.depth -= usize::from(inner.captures);
        self.operand(inner.most.max(1));
        Ok(())
    }

    /// `(?i)`, `(?:`, `(?P<name>`
    fn flags(&mut self) -> Read<()> {
        let text = self.rest;
        let named = text.strip_prefix("(?P<").or_else(|| text.strip_prefix("(?<"));
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            let wrong =
                || "a group's name has letters, digits and `_`, between `<` and `>`; Go has no lookbehind".to_owned();
            let (name, _) = named.split_once('>').ok_or_else(wrong)?;
            if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                return Err(wrong());
            }
            return self.open(true, text.len() - named.len() + name.len() + 1);
        }
        let (mut is_negated, mut has_flag) = (false, false);
        for (at, letter) in text.char_indices().skip(2) {
            match letter {
                'i' | 'm' | 's' | 'U' => has_flag = true,
                '-' if !is_negated => (is_negated, has_flag) = (true, false),
                ':' | ')' if !is_negated || has_flag => {
                    if letter == ':' {
                        return self.open(false, at + 1);
                    }
                    self.skip(at + 1);
                    return Ok(());
                }
                _ => {
                    return Err(format!(
                        "Go does not know the group `{}`; it has (?:…), (?P<name>…) and the flags i, m, s and U",
                        &text[..at + letter.len_utf8()]
                    ));
                }
            }
        }
        Err("a `(?` has no `)`".to_owned())
    }

    /// `{1}`, `{1,}`, `{1,2}`: the counts unless a number is too big, and how long it is. Nothing where `{` is a letter.
    fn counts(&self) -> Option<(Option<Counts>, usize)> {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let body = &self.rest[1..];
        let (least, after) = body.split_at(digits(body));
        let (most, end) = match after.strip_prefix(',') {
            Some(after) => (Some(&after[..digits(after)]), &after[digits(after)..]),
            None => (None, after),
        };
        let inner = &body[..body.len() - end.strip_prefix('}').map(|_| end.len())?];
        let number = |text: &str| {
            // no leading zeroes
            let is_number = !text.is_empty() && (text.len() == 1 || !text.starts_with('0'));
            is_number.then(|| text.parse::<u32>().ok())
        };
        let counts = match most {
            None => number(least)?.map(|count| (count, Some(count))),
            Some("") => number(least)?.map(|least| (least, None)),
            Some(most) => number(least)?.zip(number(most)?).map(|(least, most)| (least, Some(most))),
        };
        Some((counts, inner.len() + 2))
    }

    fn repeat_counted(&mut self, least: u32, most: Option<u32>, length: usize, was_repeated: bool) -> Read<()> {
        let before = self.rest;
        self.repeat(most.unwrap_or(least), length, was_repeated)?;
        let copies = self.group().last.unwrap_or(1);
        if (least >= 2 || most.is_some_and(|most| most >= 2)) && copies > COPIES {
            return Err(format!(
                "`{}` expands to more than {COPIES} copies, including nested repetitions",
                &before[..length]
            ));
        }
        Ok(())
    }

    fn repeat(&mut self, copies: u32, length: usize, was_repeated: bool) -> Read<()> {
        let operator = &self.rest[..length];
        self.skip(length);
        // not greedy
        if self.rest.starts_with('?') {
            self.skip(1);
        }
        if was_repeated {
            return Err(format!("`{operator}` repeats a repetition: put the inner one into (?:…)"));
        }
        let Some(last) = self.group().last else { return Err(format!("`{operator}` has nothing before it to repeat")) };
        // what is repeated no times asks for no copies
        self.operand(if copies == 0 { 1 } else { last.saturating_mul(copies) });
        self.is_repeated = true;
        Ok(())
    }
}

/// The beginning of a text, for a message.
fn short(text: &str) -> &str {
    const MOST: usize = 40;
    text.char_indices().nth(MOST).map_or(text, |(end, _)| &text[..end])
}

/// `canonicalName`: names of classes are compared without case, `_`, `-` and blanks.
fn canonical(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' ')).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Go 1.26's `regexp.Compile` says: a `-` before those that it refuses.
    #[test]
    fn agrees_with_go() {
        let wrong: Vec<&str> = include_str!("regex.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter(|line| refusal(&line[1..]).is_some() != line.starts_with('-'))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn says_why() {
        let why = |pattern: &str| refusal(pattern).unwrap_or_default();
        assert_eq!(
            why("(?=a)b"),
            "Go does not know the group `(?=`; it has (?:…), (?P<name>…) and the flags i, m, s and U"
        );
        assert_eq!(why("a**"), "`*` repeats a repetition: put the inner one into (?:…)");
        assert_eq!(why("a{1001}"), "`{1001}` is not a repetition count between 0 and 1000");
        assert_eq!(why("(a{100}){11}"), "`{11}` expands to more than 1000 copies, including nested repetitions");
        assert_eq!(why(&"(".repeat(2000)), "its groups are nested more than 1000 deep");
        assert!(why(&"(?:".repeat(200_000)).starts_with("a `(` has no"));
    }

    /// What the engine would read otherwise than Go is not matched.
    #[test]
    fn matches_as_go_or_not_at_all() {
        assert!(compile(r"^[a-z]+\.example\.com$").is_some_and(|regex| regex.is_match("a.example.com")));
        assert!(compile(r"\<a").is_none() && compile(r"\b{start}a").is_none());
        assert!(compile("(?x) a").is_none() && compile(r"\p{Greek}").is_none());
    }
}
