//! Which process a container signals, by its options, scripts and tools.

use super::command::Word;
use super::container::ContainerFacts;
use super::proof::Location;

impl<'run> ContainerFacts<'run> {
    /// The process of another container that it signals, and where that is written.
    #[must_use]
    pub fn signalled_process(&self) -> Option<(String, Location<'run>)> {
        let raw = self.raw_words();
        for word in &raw {
            for flag in ["--process-executable-name=", "--process-name=", "--process="] {
                let names = word.text.strip_prefix(flag).map(|name| name.rsplit('/').next().unwrap_or(name));
                if let Some(name) = names.filter(|name| !name.is_empty()) {
                    return Some((name.to_owned(), word.place));
                }
            }
            if let Some(name) = signalled(&word.text).filter(|name| *name != self.name()) {
                let first = |line: &str| line.split_whitespace().next().is_some_and(|program| program.ends_with(name));
                // a script that starts the process itself, as entry points do
                let starts = |line: &str| first(line.trim_start().trim_start_matches("exec "));
                if !word.text.split(['\n', ';', '&', '|']).any(starts) {
                    return Some((name.to_owned(), word.place));
                }
            }
        }
        let tool = |word: &Word<'_>| matches!(word.text.rsplit('/').next(), Some("pkill" | "killall"));
        let named = raw.windows(2).find(|pair| matches!(pair[0].text.as_ref(), "--process" | "--process-name"));
        let direct = raw.first().filter(|word| tool(word)).and_then(|_| raw.last());
        named.map(|pair| &pair[1]).or(direct).map(|word| (word.text.to_string(), word.place))
    }
}

/// The process that a script's `pkill`, `killall` or `kill $(pidof …)` means.
fn signalled(script: &str) -> Option<&str> {
    let mut words = script.split(|letter: char| letter.is_whitespace() || "();&|`\"'$".contains(letter));
    let kills = || script.contains("kill ") || script.contains("kill\t");
    while let Some(word) = words.next() {
        let tool = word.rsplit('/').next().unwrap_or(word);
        let is_lookup = matches!(tool, "pidof" | "pgrep") && kills();
        if !matches!(tool, "pkill" | "killall") && !is_lookup {
            continue;
        }
        let mut skip = false;
        for argument in words.by_ref() {
            let is_option = argument.starts_with('-') || argument.is_empty();
            if !is_option && !skip {
                return Some(argument.rsplit('/').next().unwrap_or(argument))
                    .filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()));
            }
            skip = matches!(argument, "-s" | "--signal" | "-u" | "-P");
        }
    }
    None
}
