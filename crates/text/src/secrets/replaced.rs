//! Placeholders that a script replaces itself: `sed -i "s/#DB_PASSWORD/$DB_PASSWORD/" init.sql`.

use std::collections::HashSet;

/// The words in capitals that a `sed` of a script replaces by a variable.
pub(super) fn by_sed(text: &str) -> HashSet<&str> {
    let mut found = HashSet::new();
    if memchr::memmem::find(text.as_bytes(), b"sed ").is_none() {
        return found;
    }
    let mut is_of_sed = false;
    for line in text.lines() {
        // a command goes on behind a `\`, and in quotes
        let mut rest = line;
        if !is_of_sed {
            let Some(at) = begin(line) else { continue };
            rest = &line[at..];
        }
        found.extend(rest.match_indices('s').filter_map(|(at, _)| replaced(rest, at)));
        is_of_sed = line.trim_end().ends_with('\\');
    }
    found
}

/// Where the words of a `sed` begin.
fn begin(line: &str) -> Option<usize> {
    let is_word = |at: usize| !line[..at].ends_with(|letter: char| letter.is_alphanumeric() || "-_.".contains(letter));
    line.match_indices("sed ").map(|(at, _)| at).find(|at| is_word(*at)).map(|at| at + "sed ".len())
}

/// The placeholder of `s/PLACEHOLDER/$VARIABLE/`, which begins at `at`.
fn replaced(line: &str, at: usize) -> Option<&str> {
    let is_begin = line[..at].ends_with([' ', '\t', '\'', '"', ';', '{']) || at == 0;
    let rest = &line[at + 1..];
    let sign = rest.chars().next().filter(|sign| is_begin && "/|#,@:~!%^+_".contains(*sign))?;
    let (pattern, with) = rest[sign.len_utf8()..].split_once(sign)?;
    let is_variable = with.trim_start_matches(['\'', '"', '\\']).starts_with('$');
    (is_variable && is_placeholder(pattern)).then_some(pattern)
}

/// Whether a text is a word in capitals that a text is written with to be replaced.
fn is_placeholder(pattern: &str) -> bool {
    let word = pattern.trim_matches(|sign: char| "#@%_{}<>:!~&".contains(sign));
    let is_word = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte == b'-');
    word.len() >= 4 && is_word
}

#[cfg(test)]
mod tests {
    use super::by_sed;

    #[test]
    fn what_a_variable_takes_the_place_of_is_no_secret() {
        for script in [
            "sed -i 's/#DB_PASSWORD/'${DB_PASSWORD}'/g' init.sql",
            "sed -i \"s/#DB_PASSWORD/$DB_PASSWORD/\" init.sql",
            "sed -e \"s|#DB_PASSWORD|${P}|g\" a > b",
            "cat a | sed \"s/#DB_PASSWORD/$(cat /run/p)/\"",
            "sed -i s,#DB_PASSWORD,$P, a",
            "sed -i -e \"s/A/$B/\" \\\n  -e \"s/#DB_PASSWORD/$P/\" a",
            "sed \"s/A/b/;s/#DB_PASSWORD/$P/\" a",
        ] {
            assert!(by_sed(script).contains("#DB_PASSWORD"), "{script}");
        }
        for script in [
            "sed -i 's/#DB_PASSWORD/hunter2/' a",
            "echo s/#DB_PASSWORD/$P/",
            "sed -i \"s/a#DB_PASSWORD/$P/\" a",
            "used \"s/#DB_PASSWORD/$P/\"",
            "sed -i \"s/hunter2/$P/\" a",
            "sed -n 1p a\ns/#DB_PASSWORD/$P/",
            "sed -i \"s/#DB_PASSWORD$/$P/\" a",
        ] {
            assert!(!by_sed(script).contains("#DB_PASSWORD"), "{script}");
            assert!(!by_sed(script).contains("hunter2"), "{script}");
        }
    }
}
