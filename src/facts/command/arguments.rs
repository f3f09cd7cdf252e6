//! A program's words as options, their values, and arguments.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Invocation, Word};
use crate::facts::program::{Options, Style};

/// A program's words, read in its own way.
#[derive(Clone, Debug, Default)]
pub struct Arguments<'run> {
    options: Vec<Given<'run>>,
    /// Keys of the configuration that are said on the command line.
    settings: Vec<Given<'run>>,
    /// The words that are no options and no values, the program's subcommands among them.
    pub positional: Vec<Word<'run>>,
    /// Which of these follow an option that is not described, and may be its value.
    perhaps_values: BTreeSet<usize>,
}

/// An option that is given.
#[derive(Clone, Debug)]
pub struct Given<'run> {
    /// Its name without dashes.
    name: String,
    /// Whether it has one letter behind one dash.
    is_short: bool,
    /// Its value, if it has one.
    pub value: Option<Word<'run>>,
    /// The word that names it.
    pub word: Word<'run>,
    /// Whether a variable says it, which any option of the command line displaces.
    pub is_from_variable: bool,
}

impl<'run> Arguments<'run> {
    /// Reads the words of a program. `options` are its own ways, `known` names the options that take a value.
    #[must_use]
    pub fn of(invocation: &Invocation<'run>, options: &Options, takes_value: &dyn Fn(&str) -> bool) -> Self {
        let mut all = Self::default();
        if !invocation.from_variables.is_empty() {
            all.read(&invocation.from_variables, options, takes_value);
            // a variable holds options only
            all.positional.clear();
            all.perhaps_values.clear();
            all.options.iter_mut().for_each(|given| given.is_from_variable = true);
        }
        all.read(&invocation.words, options, takes_value);
        for given in all.options.iter().filter(|given| options.settings.iter().any(|name| given.is_called(name))) {
            let Some(value) = &given.value else { continue };
            let of =
                |(name, said)| Given { is_from_variable: given.is_from_variable, ..self::given(value, name, said) };
            all.settings.extend(settings_in(value).map(of));
        }
        // `cfg:server.http_port=3001`
        for word in &all.positional {
            let prefix = options.settings.iter().find(|prefix| prefix.contains(':') && word.text.starts_with(*prefix));
            let Some(setting) = prefix.map(|prefix| after(word, prefix.len())) else { continue };
            all.settings.extend(settings_in(&setting).map(|(name, said)| self::given(word, name, said)));
        }
        all
    }

    fn read(&mut self, words: &[Word<'run>], options: &Options, takes_value: &dyn Fn(&str) -> bool) {
        let all = self;
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            if options.style == Style::Words {
                match word.text.split_once('=') {
                    Some((name, _)) => all.options.push(given(word, name, Some(after(word, name.len() + 1)))),
                    None => all.positional.push(word.clone()),
                }
                continue;
            }
            let is_option = word.text.len() > 1 && word.text.starts_with('-') && !is_number(&word.text);
            if word.text == "--" {
                all.positional.extend(words[at..].iter().cloned());
                break;
            }
            if !is_option {
                all.positional.push(word.clone());
                continue;
            }
            // `-Ehttp.port=9201`
            let is_joined = |name: &&str| is_short(name) && word.text.len() > 2 && word.text.starts_with(*name);
            if let Some(short) = options.settings.iter().find(is_joined) {
                all.options.push(given(word, short, Some(after(word, 2))));
                continue;
            }
            if let Some((name, _)) = word.text.split_once('=') {
                all.options.push(given(word, name, Some(after(word, name.len() + 1))));
                continue;
            }
            let text = word.text.as_ref();
            if options.boolean.iter().any(|name| is_called(name, text)) {
                all.options.push(given(word, text, None));
                continue;
            }
            // `-Nzf /etc/squid.conf`
            if let Some((switches, last)) = clustered(text, options, takes_value) {
                all.options.extend(switches.iter().map(|name| given(word, name, None)));
                if let Some(last) = last {
                    let value = words.get(at).cloned();
                    at += 1;
                    all.options.push(given(word, &last, value));
                }
                continue;
            }
            // `-p6380`
            let is_cluster = !text.starts_with("--") && text.len() > 2 && text.is_char_boundary(2);
            if options.style == Style::Gnu && is_cluster && !takes_value(text) && takes_value(&text[..2]) {
                all.options.push(given(word, &text[..2], Some(after(word, 2))));
                continue;
            }
            let next = words.get(at).filter(|next| !next.text.starts_with('-') || is_number(&next.text));
            // Go's booleans take no word behind them; an option that is not described may take one.
            // Redis's options take all words up to the next one.
            let is_redis = options.style == Style::Redis;
            match next {
                Some(value) if takes_value(text) || is_redis => {
                    at += 1;
                    while is_redis && words.get(at).is_some_and(|word| !word.text.starts_with('-')) {
                        at += 1;
                    }
                    all.options.push(given(word, text, Some(value.clone())));
                }
                Some(value) => {
                    // it may be the option's value, or an argument: both are possible
                    all.perhaps_values.insert(all.positional.len());
                    all.options.push(given(word, text, Some(value.clone())));
                }
                None => all.options.push(given(word, text, None)),
            }
        }
    }

    /// Whether an argument may be the value of the option before it.
    pub fn may_be_a_value(&self, at: usize) -> bool {
        self.perhaps_values.contains(&at)
    }

    /// The keys of the configuration that are said on the command line, in their order.
    pub fn settings(&self) -> &[Given<'run>] {
        &self.settings
    }

    /// The options of that name (`--http-address`, `-p`), in their order.
    pub fn get<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Given<'run>> + 'a {
        let is_short = is_short(name);
        let name = name.trim_start_matches('-');
        self.options.iter().filter(move |given| {
            given.is_short == is_short
                && (given.name == name || (given.name.contains('_') && given.name.replace('_', "-") == name))
        })
    }

    /// All options, in their order.
    pub fn all(&self) -> impl Iterator<Item = &Given<'run>> {
        self.options.iter()
    }

    /// Whether a switch is on: given, and not `=false`.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).last().is_some_and(Given::is_on)
    }
}

impl Given<'_> {
    /// The name without dashes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is an option of that name, as it is written with its dashes.
    fn is_called(&self, name: &str) -> bool {
        self.is_short == is_short(name) && self.name == name.trim_start_matches('-')
    }

    /// Whether it is on, as a switch.
    #[must_use]
    pub fn is_on(&self) -> bool {
        let joined = self.word.text.split_once('=').map(|(_, value)| value);
        !joined.is_some_and(is_false)
    }
}

/// Whether a text switches something off.
#[must_use]
pub fn is_false(text: &str) -> bool {
    ["", "false", "0", "off", "no", "f", "disabled", "none"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

fn given<'run>(word: &Word<'run>, name: &str, value: Option<Word<'run>>) -> Given<'run> {
    Given {
        name: name.trim_start_matches('-').to_owned(),
        is_short: is_short(name),
        value,
        word: word.clone(),
        is_from_variable: false,
    }
}

/// The keys that a word sets, with their values: `port=5433`, or nginx's directives, `daemon off; pid /tmp/nginx.pid;`.
fn settings_in<'a, 'run>(word: &'a Word<'run>) -> impl Iterator<Item = (&'a str, Option<Word<'run>>)> {
    let text = word.text.as_ref();
    let is_directives = text.trim_end().ends_with(';');
    let parts = text.split(move |letter| is_directives && letter == ';');
    let mut at = 0;
    parts.filter_map(move |part| {
        let start = at;
        at += part.len() + 1;
        let sign = if is_directives { ' ' } else { '=' };
        let (name, _) = part.trim_start().split_once(sign)?;
        let value = start + (part.len() - part.trim_start().len()) + name.len() + 1;
        let mut said = after(word, value);
        let len = (start + part.len()).saturating_sub(value).min(said.text.len());
        if len < said.text.len() {
            said = Word { text: Cow::Owned(said.text[..len].to_owned()), ..said };
        }
        Some((name, Some(said)))
    })
}

/// The options of one letter that are joined in a word, the last one apart if it takes the next word; nothing where one
/// of the letters is no switch of the program.
fn clustered(
    text: &str,
    options: &Options,
    takes_value: &dyn Fn(&str) -> bool,
) -> Option<(Vec<String>, Option<String>)> {
    let letters = text.strip_prefix('-').filter(|letters| letters.len() > 1 && !letters.starts_with('-'))?;
    if options.style != Style::Gnu || takes_value(text) {
        return None;
    }
    let mut names: Vec<String> = letters.chars().map(|letter| format!("-{letter}")).collect();
    let is_switch = |name: &String| options.boolean.iter().any(|known| known == name);
    let last = names.pop_if(|name| !is_switch(name));
    let is_known = last.as_ref().is_none_or(|name| takes_value(name)) && !names.is_empty();
    (is_known && names.iter().all(is_switch)).then_some((names, last))
}

fn is_short(name: &str) -> bool {
    name.len() == 2 && name.starts_with('-')
}

/// Whether an option as it is written has this name; one dash or two make no difference for long ones.
fn is_called(name: &str, written: &str) -> bool {
    is_short(name) == is_short(written) && name.trim_start_matches('-') == written.trim_start_matches('-')
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// The rest of a word from a byte on.
fn after<'run>(word: &Word<'run>, at: usize) -> Word<'run> {
    let text = word.text.get(at..).unwrap_or_default().to_owned();
    let text_len = text.len();
    let place = match word.place.piece {
        // quotes may be between; the whole word is right in any case
        Some((start, len)) if len == word.text.len() => word.place.piece(start + at, text_len),
        Some(_) => word.place,
        None => word.place.piece(at, text_len),
    };
    Word { text: Cow::Owned(text), place, is_known: word.is_known }
}
