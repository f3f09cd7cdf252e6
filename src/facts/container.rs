//! The facts of one container.

mod answers;

use super::command::environment::Environment;
use super::command::{CommandLine, Invocation, Kind, Lifetime, lifetime};
use super::config::{Configs, Volumes};
use super::election::{self, Election};
use super::endpoints::{Dial, Listen, PathFact, Reader};
use super::images::{is_plain_image, may_be_another};
use super::program::Program;
use super::programs::{self, Programs};
use super::proof::{Certainty, Proof};
use super::{Role, conventions};
use crate::kube::{ContainerView, FastMap, Index};
use crate::text::Text;
use crate::yaml::NodeId;

/// Why a container is taken for what it is.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The node that shows it, in the object of the container.
    pub node: NodeId,
    /// What it shows, in a few words.
    pub shows: String,
}

/// How sure a role is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// By its name or by what is left over.
    Likely,
    /// By its program, its options or its configuration.
    Certain,
}

/// How many addresses where one container listens are known, and how many that it dials; what more there are is not seen.
pub(super) const MOST_ADDRESSES: usize = 1024;

/// What a container does.
#[derive(Debug)]
pub struct ContainerFacts<'run> {
    /// The container.
    pub container: ContainerView<'run>,
    /// What it is for.
    pub role: Role,
    /// How sure that is.
    pub confidence: Confidence,
    /// What it was recognised by, the strongest first; empty for what is not recognised.
    pub evidence: Vec<Evidence>,
    /// Whether its process exits by itself.
    pub lifetime: Lifetime,
    /// Whether nothing out of sight may say otherwise.
    pub lifetime_is_certain: bool,
    /// What it runs.
    pub line: CommandLine<'run>,
    /// Its variables.
    pub environment: Environment<'run>,
    /// The files that it mounts.
    pub configs: Configs<'run>,
    /// The described program that it runs, or the last of several.
    pub program: Option<&'run Program>,
    /// Where it accepts connections.
    pub listens: Vec<Listen<'run>>,
    /// Whether it listens nowhere else: its programs are described, and all that could move them is seen.
    pub listens_nowhere_else: bool,
    /// Whether its program listens at ports that its description leaves open: those of plugins.
    pub listens_at_more: bool,
    /// Whom it connects to.
    pub dials: Vec<Dial<'run>>,
    /// What it reads.
    pub reads: Vec<PathFact<'run>>,
    /// What it writes.
    pub writes: Vec<PathFact<'run>>,
    /// What shows that it signals processes of other containers.
    pub signals: Option<Proof<'run>>,
    /// Its leader election.
    pub election: Election<'run>,
}

impl<'run> ContainerFacts<'run> {
    /// Reads a container, without its role: what it is alone and beside the others is told later.
    pub(super) fn of(
        container: ContainerView<'run>,
        volumes: &Volumes<'run>,
        index: &Index<'run>,
        programs: &'run Programs,
    ) -> Self {
        let mut environment = Environment::of(&container, index);
        let configs = Configs::of(&container, volumes, index);
        let line = CommandLine::of(&container, &environment, programs);
        for (name, word) in &line.exports {
            environment.set(name.clone().into(), word.clone());
        }
        let variable =
            |name: &str| environment.get(name).filter(|word| word.is_known).map(|word| word.text.to_string());
        let lifetime = line.lifetime(&variable, &|name| {
            programs.of_binary_in(name, container.container.image.as_deref().unwrap_or_default())
        });
        let image = container.container.image.as_deref().unwrap_or_default();
        let program = main_program(&line, image, programs);
        let election = election::election(&line, &environment, &configs, program);
        let mut facts = Self {
            container,
            role: Role::Unknown,
            confidence: Confidence::Certain,
            evidence: Vec::new(),
            lifetime,
            lifetime_is_certain: true,
            line,
            environment,
            configs,
            program,
            listens: Vec::new(),
            listens_nowhere_else: false,
            listens_at_more: false,
            dials: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            signals: None,
            election,
        };
        facts.read(programs);
        facts
    }

    /// The files of its program's configuration that are encrypted, or in which more than a value has yet to be put:
    /// nothing is concluded from them.
    #[must_use]
    pub fn to_be_filled_in(&self) -> Vec<&super::config::ConfigFile<'run>> {
        let Some(program) = self.program else { return Vec::new() };
        let runs = |invocation: &&Invocation<'run>| program.binaries.contains(&invocation.name);
        let Some(invocation) = self.line.invocations.iter().find(runs) else { return Vec::new() };
        Reader::new(program, invocation, &self.environment, &self.configs, false).to_be_filled_in()
    }

    fn read(&mut self, known: &'run Programs) {
        let is_plain = is_plain_image(self.image(), known);
        let mut described = 0;
        let mut is_whole = matches!(self.line.kind, Kind::Program | Kind::Script);
        let mut unknown: Vec<&Invocation<'run>> = Vec::new();
        let mut written: FastMap<*const Program, bool> = FastMap::default();
        for invocation in &self.line.invocations {
            let Some(program) = known.of_binary_in(&invocation.name, self.image()) else {
                is_whole &= lifetime::is_plain(&invocation.name);
                if invocation.name == "kill" || invocation.name == "pkill" || invocation.name == "killall" {
                    self.signals.get_or_insert_with(|| Proof::new(invocation.place, format!("`{}`", invocation.name)));
                }
                // a watcher's own arguments: `reflex -- sh -c "pkill -HUP nginx"`
                let signals =
                    invocation.words.iter().find(|word| word.text.contains("pkill ") || word.text.contains("killall "));
                if let Some(word) = signals {
                    self.signals.get_or_insert_with(|| Proof::new(word.place, "signals a process"));
                }
                unknown.push(invocation);
                continue;
            };
            described += 1;
            let reader = Reader::new(program, invocation, &self.environment, &self.configs, is_plain);
            let found = reader.read();
            if self.lifetime == Lifetime::Serves {
                match reader.ends_by_config() {
                    Some(true) => self.lifetime = Lifetime::Ends,
                    Some(false) => {}
                    None => self.lifetime_is_certain = false,
                }
            }
            let may_write = || self.may_write_configuration(program);
            let is_written = *written.entry(std::ptr::from_ref(program)).or_insert_with(may_write);
            // another program may be called so
            let is_said = found.listens.iter().any(|listen| listen.certainty == Certainty::Said);
            let may_be_another = !is_said && may_be_another(self.image(), program, known);
            let is_told_by_words = may_be_another || known.is_told_by_plain_words(&invocation.name, self.image());
            is_whole &= (found.is_whole && !program.listens.is_empty() && !is_written || program.is_tool())
                && !is_told_by_words;
            // a server is there to listen, though nothing says where
            let is_mute = found.listens.is_empty() && program.role == Some(Role::Server);
            self.listens_at_more |= found.has_more || is_written || is_mute;
            let guessed = |mut listen: Listen<'run>| {
                if is_told_by_words && listen.certainty == Certainty::Default {
                    listen.certainty = Certainty::Likely;
                }
                listen
            };
            self.listens.extend(found.listens.into_iter().map(guessed));
            let dials = found.dials.into_iter().map(|mut dial| {
                if may_be_another && dial.certainty < Certainty::Said {
                    dial.certainty = Certainty::Unknown;
                }
                dial
            });
            self.dials.extend(dials);
            self.reads.extend(found.reads);
            self.writes.extend(found.writes);
            self.signals = self.signals.take().or(found.signals);
            // what compares each with each must come to an end
            is_whole &= self.listens.len() <= MOST_ADDRESSES;
            self.listens.truncate(MOST_ADDRESSES);
            self.dials.truncate(MOST_ADDRESSES);
        }
        self.listens_nowhere_else = described > 0 && is_whole;
        self.dials.extend(self.line.sockets.iter().filter_map(Dial::of_socket));
        let (repository, _) = programs::split(self.image());
        let own = format!("{} {}", self.name(), repository.rsplit('/').next().unwrap_or_default()).to_ascii_lowercase();
        // The options of a described program are known; what is in its variables may be for its plugins.
        let conventions = conventions::read(&unknown, &self.environment, described == 0, &own);
        let is_new = |dial: &Dial<'run>, known: &[Dial<'run>]| {
            !known.iter().any(|other| other.port == dial.port && other.host == dial.host)
        };
        // A program's own image holds nothing that would read a variable of the user's.
        let is_unread = is_plain && described > 0 && unknown.is_empty() || self.line.is_idle();
        let mut dials = if is_unread { Vec::new() } else { conventions.dials };
        if dials.iter().any(|dial| dial.is_loopback) && self.uses_a_connector() {
            dials.retain(|dial| !dial.is_loopback);
        }
        for dial in dials {
            if self.dials.len() < MOST_ADDRESSES && is_new(&dial, &self.dials) {
                self.dials.push(dial);
            }
        }
        for listen in conventions.listens {
            let is_new = || !self.listens.iter().any(|other| other.port == listen.port);
            if self.listens.len() < MOST_ADDRESSES && is_new() {
                self.listens.push(listen);
            }
        }
    }

    /// Whether its variables choose Google's connector, which reaches a database from inside the app: a host and port
    /// beside it are for elsewhere (`GoogleCloudPlatform/cloud-sql-python-connector`).
    fn uses_a_connector(&self) -> bool {
        let is_on = |text: &str| !matches!(text.to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off");
        // `project:region:instance`
        let is_instance =
            |text: &str| text.split(':').filter(|part| part.len() > 1 && !part.contains('/')).count() == 3;
        self.variables().any(|(name, word)| {
            let name = name.to_ascii_uppercase();
            let chooses = name.contains("CLOUD_SQL_CONNECTOR") || name.contains("CLOUDSQL_CONNECTOR");
            let names = name.contains("CLOUD_SQL_INSTANCE") || name.contains("CLOUD_SQL_CONNECTION");
            let names = names || name.contains("INSTANCE_CONNECTION_NAME");
            chooses && is_on(&word.text) || names && (!word.is_known || is_instance(&word.text))
        })
    }

    /// Whether something is mounted where its program keeps its configuration, and what it holds is not in the run.
    #[must_use]
    pub fn has_other_configuration(&self) -> bool {
        let places =
            self.program.into_iter().flat_map(|program| &program.config).flat_map(|config| config.absent.iter());
        places.into_iter().any(|path| self.configs.may_hold(path))
    }

    /// Whether a script or a hook of the container may write the configuration of a program that it starts: it names the
    /// folder, or a file or folder of that name.
    fn may_write_configuration(&self, program: &Program) -> bool {
        let hook = self.container.container.lifecycle.as_ref().and_then(|hooks| hooks.post_start.as_ref());
        let hook = hook.and_then(|hook| hook.exec.as_ref()?.command.as_ref()).into_iter().flatten().map(Text::as_str);
        let script = self.line.script.as_ref().and_then(|script| {
            let place = &script.place;
            place.object.document.str(place.node)
        });
        let texts: Vec<&str> = hook.chain(script).collect();
        let paths = program.config.iter().flat_map(|config| config.absent.iter()).filter(|path| path.starts_with('/'));
        paths.into_iter().any(|path| {
            let (folder, file) = path.rsplit_once('/').unwrap_or_default();
            let last = folder.rsplit('/').next().unwrap_or_default();
            // relative to a folder that is not seen
            let begins = |text: &str, name: &str| {
                text.match_indices(name).any(|(at, _)| {
                    text[..at].chars().next_back().is_none_or(|sign| sign.is_whitespace() || "'\">=".contains(sign))
                })
            };
            texts.iter().any(|text| {
                text.contains(folder) || begins(text, &format!("{last}/")) || !file.is_empty() && begins(text, file)
            })
        })
    }
}

/// The program that a container is there for: its only one, or of a script the last that serves.
fn main_program<'run>(line: &CommandLine<'run>, image: &str, programs: &'run Programs) -> Option<&'run Program> {
    let known = |invocation: &Invocation<'run>| programs.of_binary_in(&invocation.name, image);
    let mut all = line.invocations.iter().rev().filter_map(known);
    let first = all.clone().find(|program| !program.is_tool());
    first.or_else(|| all.next())
}
