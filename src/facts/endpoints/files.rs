//! The configuration that a program reads: its files, and those that they include.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::config::{ConfigFile, Configs};
use super::super::formats;
use super::super::formats::Entry;
use super::super::program::{Config, Format, Many};
use super::{Reader, Text};

/// How many files one program may read; what more there is is not seen.
pub(in crate::facts) const MOST_FILES: usize = 256;

impl<'a, 'run> Reader<'a, 'run> {
    /// Finds and reads the program's configuration.
    pub(super) fn open(&mut self, configs: &'a Configs<'run>) {
        // A program may read one file in several formats: it is read whole if one of them fits.
        let mut is_whole: HashMap<&'a str, bool> = HashMap::new();
        for config in self.program.config.iter().filter(|config| config.key.is_empty()) {
            let first = config.first.then(|| self.arguments.positional.first()).flatten();
            let first = first.map(|word| (word.text.to_string(), word.is_known));
            let told = self.values(&config.option, &config.env, &Many::default());
            let told: Vec<_> = told.into_iter().map(|value| (value.text, value.is_known)).chain(first).collect();
            let is_told = !told.is_empty();
            self.has_told_config |= is_told;
            let paths = if is_told { told } else { config.absent.iter().map(|path| (path.to_owned(), true)).collect() };
            for (path, is_known) in paths {
                let files = if is_known { configs.at(&path) } else { Vec::new() };
                // The image's own file holds the program's defaults; any other file may say anything.
                if config.format == Format::Unread {
                    self.has_unread_config |= is_told || !files.is_empty() || configs.may_hold(&path);
                    continue;
                }
                let is_there = is_told || !is_known || configs.hides(&path);
                self.has_unseen_config |= match files.as_slice() {
                    [] => is_there,
                    // a file by itself displaces the image's; one in a folder comes beside what is there
                    [only] if only.path == path.trim_end_matches('/') => false,
                    _ => configs.may_hold(&path) || self.keeps_own(configs, config.into.as_deref().unwrap_or(&path)),
                };
                for file in files {
                    self.add(configs, config.format, file, &[], &mut is_whole);
                }
            }
        }
        self.include(configs, &mut is_whole);
        self.has_unseen_config |= is_whole.values().any(|whole| !whole);
    }

    /// The files that are encrypted, or in which more than a value has yet to be put.
    pub fn to_be_filled_in(&self) -> Vec<&'a ConfigFile<'run>> {
        let texts = self.texts.iter().filter(|text| formats::is_to_be_filled_in(text.format, text.file.text()));
        let mut files: Vec<&ConfigFile<'run>> = texts.map(|text| text.file).collect();
        files.dedup_by_key(|file| file.path.as_str());
        files
    }

    /// Whether a folder of configuration still holds files of the image that say something: no mount covers it, nor all
    /// that the image is known to bring.
    fn keeps_own(&self, configs: &Configs<'run>, folder: &str) -> bool {
        let folder = folder.trim_end_matches('/');
        let is_it = |path: &str| path.trim_end_matches('/') == folder;
        let rows = || self.program.config.iter();
        let is_made = |name: &str| {
            let makers = rows().filter(|row| row.into.as_deref().is_some_and(is_it));
            makers.flat_map(|maker| maker.absent.iter()).any(|from| {
                let template = format!("{}/{name}.template", from.trim_end_matches('/'));
                configs.files.iter().any(|file| file.path == template)
            })
        };
        let is_kept = |own: &str| !configs.covers(own) && !own.rsplit_once('/').is_some_and(|(_, name)| is_made(name));
        let mut own = rows().filter(|row| row.absent.iter().any(is_it)).flat_map(|row| row.own.iter());
        !configs.covers(folder) && (!self.is_plain_image || own.any(is_kept))
    }

    /// Reads a file. Its settings count as written below `above`.
    fn add(
        &mut self,
        configs: &'a Configs<'run>,
        format: Format,
        file: &'a ConfigFile<'run>,
        above: &[String],
        is_whole: &mut HashMap<&'a str, bool>,
    ) {
        let mut reading = configs.reading(format, file);
        *is_whole.entry(file.path.as_str()).or_default() |= reading.is_whole;
        if !above.is_empty() {
            for entry in &mut Arc::make_mut(&mut reading).entries {
                entry.key.splice(0..0, above.iter().cloned());
            }
        }
        self.texts.push(Text { format, file, reading });
    }

    /// Reads the files that settings name: those of the command line, then those of the files read so far, each once.
    fn include(&mut self, configs: &'a Configs<'run>, is_whole: &mut HashMap<&'a str, bool>) {
        let rows: Vec<_> = self.program.config.iter().filter(|config| !config.key.is_empty()).collect();
        if rows.is_empty() {
            return;
        }
        for config in &rows {
            let said = config.key.iter().flat_map(|key| self.settings(key)).collect::<Vec<_>>();
            for value in said {
                let files = if value.is_known { configs.at(&value.text) } else { Vec::new() };
                self.has_unseen_config |= files.is_empty();
                for file in files {
                    self.add(configs, config.format, file, &[], is_whole);
                }
            }
        }
        let mut at = 0;
        while let Some(text) = self.texts.get(at) {
            at += 1;
            if self.texts.len() > MOST_FILES {
                // no more is read: what one more names is not seen
                let names = |config: &&Config| text.entries().iter().any(|entry| is_named(config, text.format, entry));
                if rows.iter().any(names) {
                    self.has_unseen_config = true;
                    break;
                }
                continue;
            }
            let folder = text.file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            // nginx looks below the main file's folder, others beside the file that names it
            let main = self.texts[0].file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut named: Vec<(Format, String, Vec<String>)> = Vec::new();
            for config in &rows {
                for entry in text.entries() {
                    if let (true, Some((_, above))) = (is_named(config, text.format, entry), entry.key.split_last()) {
                        let value = entry.value.trim_start_matches("./");
                        let beside = format!("{folder}/{value}");
                        let path = match value.starts_with('/') {
                            true => value.to_owned(),
                            false if configs.matching(&beside).is_empty() => format!("{main}/{value}"),
                            false => beside,
                        };
                        named.push((config.format, path, if config.apart { Vec::new() } else { above.to_vec() }));
                    }
                }
            }
            for (format, path, above) in named {
                let files = configs.matching(&path);
                // a single file that nothing mounts is the image's own, like nginx's `mime.types`
                let is_of_image = self.is_plain_image && !path.contains(['*', '?']) && !configs.hides(&path);
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let is_beside = !files.is_empty() && path.contains(['*', '?']) && self.keeps_own(configs, folder);
                self.has_unseen_config |=
                    files.is_empty() && !is_of_image || is_beside || self.texts.len() > MOST_FILES;
                for file in files {
                    if self.texts.len() > MOST_FILES || is_whole.contains_key(file.path.as_str()) {
                        continue;
                    }
                    self.add(configs, format, file, &above, is_whole);
                }
            }
        }
    }
}

/// Whether a setting names more of the configuration.
fn is_named(config: &Config, format: Format, entry: &Entry) -> bool {
    config.key.iter().any(|key| formats::fits(format, key, &entry.key))
        && !config.except.iter().any(|end| entry.value.ends_with(end))
        && !entry.key.is_empty()
}
