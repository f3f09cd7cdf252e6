//! What options, variables and configuration say, and what holds where nothing does.

use std::cell::OnceCell;

use super::super::command::Word;
use super::super::command::arguments::is_false;
use super::super::formats::{self, Entry};
use super::super::program::{Endpoint, Format, Many, Part, Style, When};
use super::super::proof::{Certainty, Location};
use super::Reader;

/// A value and where it is from.
#[derive(Clone)]
pub(super) struct Value<'run> {
    pub(super) text: String,
    pub(super) place: Location<'run>,
    /// The option, variable or key.
    pub(super) by: String,
    pub(super) is_known: bool,
    pub(super) certainty: Certainty,
    /// The configuration's text and entry that it is.
    pub(super) entry: Option<(usize, usize)>,
}

impl<'run> Value<'run> {
    /// What a word says.
    fn said(word: &Word<'run>, by: String) -> Self {
        Self {
            text: word.text.to_string(),
            place: word.place,
            by,
            is_known: word.is_known,
            certainty: Certainty::Said,
            entry: None,
        }
    }
}

impl<'run> Reader<'_, 'run> {
    /// Whether a condition holds; nothing where that is not known.
    pub fn holds(&self, when: &When) -> Option<bool> {
        let subcommand = |word: &str| self.arguments.positional.iter().take(2).any(|given| given.text == word);
        if when.subcommand.iter().any(subcommand) {
            return Some(true);
        }
        let is = |text: &str| {
            if when.is.is_empty() {
                !is_false(text)
            } else {
                when.is.iter().any(|wanted| wanted.eq_ignore_ascii_case(text.trim()))
            }
        };
        let options: Vec<_> = when.option.iter().flat_map(|name| self.arguments.get(name)).collect();
        if let Some(given) = options.last() {
            let takes_value = self.program.options.style == Style::Redis;
            return match (&given.value, when.is.is_empty()) {
                (Some(value), true) if takes_value => value.is_known.then(|| !is_false(&value.text)),
                (_, true) => Some(given.is_on()),
                (Some(value), false) => value.is_known.then(|| is(&value.text)),
                (None, false) => Some(is("true")),
            };
        }
        // a key may be said several times: of several inputs one may be of the kind
        let values = self.values(&Many::default(), &when.env, &when.key);
        if !values.is_empty() {
            let fits = values.iter().any(|value| value.is_known && is(&value.text));
            return if fits || values.iter().all(|value| value.is_known) { Some(fits) } else { None };
        }
        let may_be_hidden = self.has_unread_config
            || !when.key.is_empty() && self.has_unseen_config
            || !when.env.is_empty() && !self.environment.is_whole();
        if may_be_hidden { None } else { Some(when.absent) }
    }

    /// Whether its configuration ends it, by a key of `runs.ends`; nothing where it may, out of sight.
    pub fn ends_by_config(&self) -> Option<bool> {
        let keys: Vec<&str> = self.program.runs.ends.iter().filter_map(|item| item.strip_prefix('@')).collect();
        let holds = |item: &&str| {
            let (key, wanted) = item.split_once('=').map_or((*item, None), |(key, wanted)| (key, Some(wanted)));
            let values = self.values(&Many::default(), &Many::default(), &Many(vec![key.to_owned()]));
            values.iter().any(|value| match wanted {
                Some(wanted) => value.text.eq_ignore_ascii_case(wanted),
                None => !is_false(&value.text),
            })
        };
        if keys.iter().any(holds) {
            return Some(true);
        }
        if !keys.is_empty() && self.has_unseen_config { None } else { Some(false) }
    }

    /// What says something: options, else keys on the command line, else variables, else keys.
    pub(super) fn values(&self, option: &Many, env: &Many, key: &Many) -> Vec<Value<'run>> {
        let mut found = Vec::new();
        let mut of_variables = Vec::new();
        for name in option.iter() {
            if let Some(number) = name.strip_prefix('#') {
                let number = number.parse::<usize>().ok();
                let words = self.arguments.positional.iter().enumerate();
                let words = words.filter(|(at, _)| number.is_none_or(|number| number == at + 1));
                found.extend(words.map(|(_, word)| Value::said(word, self.invocation.name.clone())));
                continue;
            }
            for given in self.arguments.get(name) {
                let Some(value) = &given.value else { continue };
                let list = if given.is_from_variable { &mut of_variables } else { &mut found };
                list.push(Value::said(value, name.to_owned()));
            }
        }
        if found.is_empty() {
            found = key.iter().flat_map(|pattern| self.settings(pattern)).collect();
        }
        if found.is_empty() {
            found = of_variables;
        }
        if !found.is_empty() {
            return found;
        }
        for name in env.iter() {
            let own = self.invocation.variables.iter().find(|(own, _)| own == name).map(|(_, word)| word);
            if let Some(word) = own.or_else(|| self.environment.get(name)) {
                return vec![Value::said(word, name.to_owned())];
            }
        }
        for pattern in key.iter() {
            for (number, text) in self.texts.iter().enumerate() {
                for (at, entry) in text.entries().iter().enumerate() {
                    if formats::fits(text.format, pattern, &entry.key) {
                        found.push(self.entry(number, at, entry));
                    }
                }
            }
        }
        found
    }

    /// The settings of the command line that are this key of the configuration.
    pub(super) fn settings<'b>(&'b self, pattern: &'b str) -> impl Iterator<Item = Value<'run>> + 'b {
        self.arguments.settings().iter().filter_map(move |given| {
            let whole = [given.name().to_owned()];
            let segments: Vec<String> = given.name().split('.').map(str::to_owned).collect();
            let underscored = [given.name().replace('-', "_")];
            let forms: [&[String]; 3] = [&whole, &segments, &underscored];
            let fits = forms.into_iter().any(|key| formats::fits(Format::Properties, pattern, key));
            let value = given.value.as_ref().filter(|_| fits)?;
            Some(Value::said(value, given.name().to_owned()))
        })
    }

    pub(super) fn entry(&self, number: usize, at: usize, entry: &Entry) -> Value<'run> {
        let text = &self.texts[number];
        let is_known = !["${", "{{", "$(", "ENC[", "<path:"].iter().any(|hole| entry.value.contains(hole));
        Value {
            text: entry.value.clone(),
            place: text.file.place(entry.range.clone()),
            // of an item of a list, what the list is called
            by: entry.key.iter().rev().find(|segment| segment.parse::<usize>().is_err()).cloned().unwrap_or_default(),
            is_known,
            certainty: Certainty::Said,
            entry: Some((number, at)),
        }
    }

    /// Another part of an address: what says it beside an entry, else anywhere, which is worked out once, else its default.
    pub(super) fn part(
        &self,
        part: &Part,
        beside: Option<(usize, usize)>,
        anywhere: &OnceCell<Option<Value<'run>>>,
    ) -> Option<Value<'run>> {
        for key in part.key.iter() {
            let Some(name) = key.strip_prefix("./") else { continue };
            if let Some((number, at)) = beside
                && let Some(other) = formats::sibling(self.texts[number].format, self.texts[number].entries(), at, name)
            {
                return Some(self.entry(number, other, &self.texts[number].entries()[other]));
            }
        }
        let find = || {
            let keys = Many(part.key.iter().filter(|key| !key.starts_with("./")).map(str::to_owned).collect());
            self.values(&part.option, &part.env, &keys).pop().or_else(|| {
                let text = part.absent.clone()?;
                Some(self.by_default(text, !part.env.is_empty(), !part.key.is_empty()))
            })
        };
        anywhere.get_or_init(find).clone()
    }

    /// A documented default; how sure it is depends on what may say otherwise out of sight.
    pub(super) fn by_default(&self, text: String, by_env: bool, by_key: bool) -> Value<'run> {
        let hidden = by_env && !self.environment.is_whole()
            || by_key && self.has_unseen_config
            || (by_key || by_env) && !self.is_plain_image
            || !self.invocation.is_whole;
        Value {
            text,
            place: self.invocation.place,
            by: format!("default of {}", self.program.program),
            is_known: true,
            certainty: match hidden {
                // a file that is named and not seen may say anything
                _ if self.has_unread_config || by_key && self.has_unseen_config => Certainty::Unknown,
                true => Certainty::Likely,
                false => Certainty::Default,
            },
            entry: None,
        }
    }

    /// The values of a row, or its defaults.
    pub(super) fn row(&self, row: &Endpoint) -> Vec<Value<'run>> {
        let values = self.values(&row.option, &row.env, &row.key);
        if !values.is_empty() {
            let values = match &row.filtered {
                Some(filtered) => self.filtered(values, filtered, row.replaced.as_ref()),
                None => values,
            };
            return match &row.replaced {
                Some(replaced) => self.replaced(values, replaced),
                None => values,
            };
        }
        let by_env = !row.env.is_empty();
        row.absent.iter().map(|text| self.by_default(text.to_owned(), by_env, !row.key.is_empty())).collect()
    }
}
