//! Where a program listens and whom it dials, by its description.

use std::collections::HashMap;
use std::sync::Arc;

use super::address::{self, Host};
use super::command::arguments::{Arguments, is_false};
use super::command::environment::Environment;
use super::command::{Invocation, Socket, Word};
use super::config::{ConfigFile, Configs};
use super::formats::{self, Entry, Reading};
use super::program::{Endpoint, Form, Format, Many, Part, Place as PlaceRow, Program, Purpose, When};
use super::proof::{Certainty, Place, Proof};

/// To which addresses a socket is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// All of the Pod's.
    All,
    /// Loopback only.
    Loopback,
    /// One that is named.
    Named(String),
    /// Not known.
    Unknown,
}

/// A port where a container accepts connections.
#[derive(Clone, Debug)]
pub struct Listen<'run> {
    /// To which addresses it is bound.
    pub bind: Bind,
    /// The port.
    pub port: u16,
    /// Whether it is UDP.
    pub udp: bool,
    /// The protocol above it, if that is known.
    pub speaks: Option<String>,
    /// How sure it is.
    pub certainty: Certainty,
    /// What shows it.
    pub proof: Proof<'run>,
}

/// An address that a container connects to.
#[derive(Clone, Debug)]
pub struct Dial<'run> {
    /// The host as written.
    pub host: String,
    /// Whether that is the Pod itself.
    pub is_loopback: bool,
    /// The port; none where it is not said.
    pub port: Option<u16>,
    /// The protocol, if that is known.
    pub speaks: Option<String>,
    /// The path of a URL.
    pub path: String,
    /// Whether what runs here goes on only when the connection has succeeded.
    pub is_needed: bool,
    /// How sure it is.
    pub certainty: Certainty,
    /// What shows it.
    pub proof: Proof<'run>,
}

impl<'run> Dial<'run> {
    /// A socket that a shell opens by redirection.
    pub(super) fn of_socket(socket: &Socket<'run>) -> Option<Self> {
        let (host, port) = socket.address.text.split_once('/').filter(|_| socket.address.is_known)?;
        let (host, is_loopback) = match address::read(Form::Host, host).pop()?.host {
            Host::Name(name) => (name, false),
            Host::Loopback | Host::Any => ("localhost".to_owned(), true),
            Host::Absent | Host::Unknown => return None,
        };
        Some(Self {
            host,
            is_loopback,
            port: Some(port.parse().ok()?),
            speaks: None,
            path: String::new(),
            is_needed: socket.is_needed,
            certainty: if socket.always || socket.is_needed { Certainty::Said } else { Certainty::Likely },
            proof: Proof::new(socket.address.place, "`/dev/tcp`"),
        })
    }
}

/// A file or folder that a container reads or writes.
#[derive(Clone, Debug)]
pub struct PathFact<'run> {
    /// Its path.
    pub path: String,
    /// What for.
    pub purpose: Purpose,
    /// How sure it is.
    pub certainty: Certainty,
    /// What shows it.
    pub proof: Proof<'run>,
}

/// How many files one program may read; what more there is is not seen.
const MOST_FILES: usize = 256;

/// What an invocation of a described program does.
#[derive(Debug, Default)]
pub(super) struct Endpoints<'run> {
    pub listens: Vec<Listen<'run>>,
    pub dials: Vec<Dial<'run>>,
    pub reads: Vec<PathFact<'run>>,
    pub writes: Vec<PathFact<'run>>,
    pub signals: Option<Proof<'run>>,
    /// Whether all that could change where it listens is seen.
    pub is_whole: bool,
}

/// A program as one container runs it.
pub(super) struct Reader<'a, 'run> {
    program: &'run Program,
    invocation: &'a Invocation<'run>,
    arguments: Arguments<'run>,
    environment: &'a Environment<'run>,
    /// What its configuration says.
    texts: Vec<Text<'a, 'run>>,
    /// Whether it reads configuration that the run does not hold.
    has_unseen_config: bool,
    /// Whether some of that is in a form that is not read: it may say anything.
    has_unread_config: bool,
    /// Whether an image of the program's own names decides its defaults; a derived one may bring configuration.
    is_plain_image: bool,
}

struct Text<'a, 'run> {
    format: Format,
    file: &'a ConfigFile<'run>,
    reading: Arc<Reading>,
}

impl Text<'_, '_> {
    fn entries(&self) -> &[Entry] {
        &self.reading.entries
    }
}

/// A value and where it is from.
struct Value<'run> {
    text: String,
    place: Place<'run>,
    /// The option, variable or key.
    by: String,
    is_known: bool,
    certainty: Certainty,
    /// The configuration's text and entry that it is.
    entry: Option<(usize, usize)>,
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

impl<'a, 'run> Reader<'a, 'run> {
    pub fn new(
        program: &'run Program,
        invocation: &'a Invocation<'run>,
        environment: &'a Environment<'run>,
        configs: &'a Configs<'run>,
        is_plain_image: bool,
    ) -> Self {
        let arguments = Arguments::of(invocation, &program.options, &|name| program.takes_value(name));
        let has_unread_config = program.is_told_more(&arguments);
        let mut reader = Self {
            program,
            invocation,
            arguments,
            environment,
            texts: Vec::new(),
            has_unseen_config: false,
            has_unread_config,
            is_plain_image,
        };
        reader.open(configs);
        reader
    }

    /// Finds and reads the program's configuration.
    fn open(&mut self, configs: &'a Configs<'run>) {
        // A program may read one file in several formats: it is read whole if one of them fits.
        let mut is_whole: HashMap<&'a str, bool> = HashMap::new();
        for config in self.program.config.iter().filter(|config| config.key.is_empty()) {
            let first = config.first.then(|| self.arguments.positional.first()).flatten();
            let first = first.map(|word| (word.text.to_string(), word.is_known));
            let told = self.values(&config.option, &config.env, &Many::default());
            let told: Vec<_> = told.into_iter().map(|value| (value.text, value.is_known)).chain(first).collect();
            let is_told = !told.is_empty();
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
            let folder = text.file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            // nginx looks below the main file's folder, others beside the file that names it
            let main = self.texts[0].file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut named: Vec<(Format, String, Vec<String>)> = Vec::new();
            for config in &rows {
                for entry in text.entries() {
                    let fits = config.key.iter().any(|key| formats::fits(text.format, key, &entry.key))
                        && !config.except.iter().any(|end| entry.value.ends_with(end));
                    if let (true, Some((_, above))) = (fits, entry.key.split_last()) {
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

    /// What it does.
    pub fn read(&self) -> Endpoints<'run> {
        let mut found =
            Endpoints { is_whole: self.invocation.is_whole && !self.has_unread_config, ..Endpoints::default() };
        for row in &self.program.listens {
            self.listens(row, &mut found);
        }
        for row in &self.program.dials {
            self.dials(row, &mut found);
        }
        self.places(&self.program.reads, &mut found.reads);
        self.places(&self.program.writes, &mut found.writes);
        for signal in &self.program.signals {
            if let Some(value) = self.values(&signal.option, &signal.env, &Many::default()).first() {
                found.signals = Some(Proof::new(value.place, format!("`{}`", value.by)));
            }
        }
        found
    }

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
            return match (&given.value, when.is.is_empty()) {
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
    fn values(&self, option: &Many, env: &Many, key: &Many) -> Vec<Value<'run>> {
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
    fn settings<'b>(&'b self, pattern: &'b str) -> impl Iterator<Item = Value<'run>> + 'b {
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

    fn entry(&self, number: usize, at: usize, entry: &Entry) -> Value<'run> {
        let text = &self.texts[number];
        let is_known = !entry.value.contains("${") && !entry.value.contains("{{") && !entry.value.contains("$(");
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

    /// Another part of an address: what says it, else its default.
    fn part(&self, part: &Part, beside: Option<(usize, usize)>) -> Option<Value<'run>> {
        for key in part.key.iter() {
            let Some(name) = key.strip_prefix("./") else { continue };
            if let Some((number, at)) = beside
                && let Some(other) = formats::sibling(self.texts[number].format, self.texts[number].entries(), at, name)
            {
                return Some(self.entry(number, other, &self.texts[number].entries()[other]));
            }
        }
        let keys = Many(part.key.iter().filter(|key| !key.starts_with("./")).map(str::to_owned).collect());
        self.values(&part.option, &part.env, &keys).pop().or_else(|| {
            let text = part.absent.clone()?;
            Some(self.by_default(text, !part.env.is_empty(), !part.key.is_empty()))
        })
    }

    /// A documented default; how sure it is depends on what may say otherwise out of sight.
    fn by_default(&self, text: String, by_env: bool, by_key: bool) -> Value<'run> {
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
    fn row(&self, row: &Endpoint) -> Vec<Value<'run>> {
        let values = self.values(&row.option, &row.env, &row.key);
        if !values.is_empty() {
            return values;
        }
        let by_env = !row.env.is_empty();
        row.absent.iter().map(|text| self.by_default(text.to_owned(), by_env, !row.key.is_empty())).collect()
    }

    /// Each address that a row comes to: host, port, scheme, and what shows it.
    fn addresses(&self, row: &Endpoint, is_whole: &mut bool) -> Vec<Found<'run>> {
        let mut found = Vec::new();
        let switch = row.when.as_ref().map_or(Some(true), |when| self.holds(when));
        if switch == Some(false) {
            return found;
        }
        *is_whole &= switch.is_some();
        // an image that somebody made of the program's may bring configuration of its own
        let is_derived = !self.is_plain_image && self.texts.is_empty();
        let may_be_hidden = !row.key.is_empty() && (self.has_unseen_config || is_derived);
        *is_whole &= !may_be_hidden && (row.env.is_empty() || self.environment.is_whole());
        for value in self.row(row) {
            let mut all = address::read(row.form, &value.text);
            if !value.is_known {
                // `$(POD_IP):8091`: the port is known all the same
                *is_whole &= !all.is_empty() && all.iter().all(|one| one.port.is_some());
                all.retain(|one| one.port.is_some() && one.host == Host::Unknown);
            }
            if !row.list && row.form != Form::Text {
                all.truncate(1);
            }
            for one in all {
                let mut certainty = value.certainty;
                if switch.is_none() {
                    certainty = certainty.min(Certainty::Unknown);
                }
                let mut shown = None;
                let mut host = match &one.host {
                    Host::Absent => None,
                    host => Some(host.clone()),
                };
                if host.is_none()
                    && let Some(part) = &row.host
                    && let Some(said) = self.part(part, value.entry)
                {
                    // a default beside what is written is no weaker for it
                    certainty = if said.is_known {
                        certainty.min(said.certainty.max(Certainty::Default))
                    } else {
                        Certainty::Unknown
                    };
                    if said.certainty == Certainty::Likely {
                        certainty = certainty.min(Certainty::Likely);
                    }
                    host = address::read(Form::Host, &said.text).pop().map(|address| address.host);
                    // what is written shows more than a default
                    if said.certainty == Certainty::Said && value.certainty != Certainty::Said {
                        shown = Some((said.place, said.by));
                    }
                }
                let mut port = one.port;
                let (mut place, mut by) = shown.unwrap_or_else(|| (value.place, value.by.clone()));
                if let Some(said) = row.port.as_ref().and_then(|part| self.part(part, value.entry))
                    && (one.port.is_none() || said.certainty == Certainty::Said)
                {
                    if !said.is_known {
                        *is_whole = false;
                        continue;
                    }
                    port = said.text.trim().parse().ok().or(port);
                    if said.certainty == Certainty::Said {
                        (place, by) = (said.place, said.by);
                        certainty = certainty.max(Certainty::Default);
                    } else {
                        certainty = certainty.min(said.certainty.max(Certainty::Likely));
                    }
                }
                if !self.invocation.always {
                    certainty = certainty.min(Certainty::Likely);
                }
                let is_default = value.certainty != Certainty::Said && place.piece.is_none() && by == value.by;
                let reason = if is_default { by } else { format!("`{by}`") };
                let scheme = one.scheme.clone();
                found.push(Found {
                    host,
                    port,
                    scheme,
                    certainty,
                    proof: Proof::new(place, reason),
                    is_unknown: one.is_unknown,
                    path: one.path.clone(),
                });
            }
        }
        found
    }

    fn listens(&self, row: &Endpoint, found: &mut Endpoints<'run>) {
        let mut is_whole = found.is_whole;
        for one in self.addresses(row, &mut is_whole) {
            let Some(port) = one.port.filter(|port| *port != 0) else {
                is_whole &= !one.is_unknown;
                continue;
            };
            let bind = match one.host {
                None | Some(Host::Absent | Host::Any) => Bind::All,
                Some(Host::Loopback) => Bind::Loopback,
                Some(Host::Unknown) => Bind::Unknown,
                Some(Host::Name(name)) => Bind::Named(name),
            };
            let several = if row.counts_up { self.arguments.positional.len().clamp(1, 64) } else { 1 };
            // an argument may say its own port, too
            is_whole &= !row.counts_up || !self.arguments.positional.iter().any(|word| word.text.contains('?'));
            for port in (port..=u16::MAX).take(several) {
                found.listens.push(Listen {
                    bind: bind.clone(),
                    port,
                    udp: row.udp,
                    speaks: row.speaks.clone(),
                    certainty: one.certainty,
                    proof: one.proof.clone(),
                });
            }
        }
        found.is_whole = is_whole;
    }

    fn dials(&self, row: &Endpoint, found: &mut Endpoints<'run>) {
        let mut ignored = true;
        for one in self.addresses(row, &mut ignored) {
            let (host, is_loopback) = match one.host {
                Some(Host::Name(name)) => (name, false),
                // 0.0.0.0 as a target reaches loopback, too
                Some(Host::Loopback | Host::Any) => ("localhost".to_owned(), true),
                // `:8080` as a target is the Pod itself for Go's dialler
                None | Some(Host::Absent) if one.port.is_some() => ("localhost".to_owned(), true),
                _ => continue,
            };
            found.dials.push(Dial {
                host,
                is_loopback,
                port: one.port,
                speaks: row.speaks.clone().or(one.scheme),
                path: one.path,
                is_needed: self.invocation.is_needed,
                certainty: one.certainty,
                proof: one.proof,
            });
        }
    }

    fn places(&self, rows: &[PlaceRow], found: &mut Vec<PathFact<'run>>) {
        for row in rows {
            let mut values = self.values(&row.option, &row.env, &row.key);
            if values.is_empty() {
                let by_env = !row.env.is_empty();
                values = row
                    .absent
                    .iter()
                    .map(|text| self.by_default(text.to_owned(), by_env, !row.key.is_empty()))
                    .collect();
            }
            for mut value in values.into_iter().filter(|value| value.is_known) {
                if let Some(property) = &row.property {
                    let Some((_, path)) =
                        value.text.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case(property))
                    else {
                        continue;
                    };
                    value.text = path.to_owned();
                }
                let paths: Vec<&str> = if row.list { value.text.split(',').collect() } else { vec![&value.text] };
                for path in paths.into_iter().map(str::trim).filter(|path| !path.is_empty()) {
                    // nginx has a directive for each of several folders below one
                    let is_known = |known: &PathFact<'_>| {
                        known.path == path && known.purpose == row.purpose && known.certainty == value.certainty
                    };
                    if found.iter().any(is_known) {
                        continue;
                    }
                    found.push(PathFact {
                        path: path.to_owned(),
                        purpose: row.purpose,
                        certainty: value.certainty,
                        proof: Proof::new(
                            value.place,
                            if value.certainty == Certainty::Said {
                                format!("`{}`", value.by)
                            } else {
                                value.by.clone()
                            },
                        ),
                    });
                }
            }
        }
    }
}

struct Found<'run> {
    host: Option<Host>,
    port: Option<u16>,
    scheme: Option<String>,
    certainty: Certainty,
    proof: Proof<'run>,
    /// Whether a part of it could not be read.
    is_unknown: bool,
    path: String,
}
