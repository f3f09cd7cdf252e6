//! Where a program listens and what it connects to, according to its description.

mod addresses;
mod files;
mod filtered;
mod replaced;
mod values;

use std::sync::Arc;

use super::address::{self, Host};
use super::command::arguments::Arguments;
use super::command::environment::Environment;
use super::command::{Invocation, Socket};
use super::config::{ConfigFile, Configs};
use super::formats::{Entry, Reading};
use super::program::{Form, Format, Many, Program, Purpose};
use super::proof::{Certainty, Proof};

pub(super) use files::MOST_FILES;

/// The addresses to which a socket is bound.
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
    /// Whether that is only what it does unless a request names another target, and nothing in the Pod is that target.
    pub is_asked: bool,
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
            is_asked: false,
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
    /// Whether it listens at further ports that its description leaves open.
    pub has_more: bool,
}

/// A program as one container runs it.
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
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
    /// Whether an option or a variable names its configuration in place of the image's own.
    has_told_config: bool,
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
            has_told_config: false,
            is_plain_image,
        };
        reader.open(configs);
        reader
    }

    /// What it does.
    pub fn read(&self) -> Endpoints<'run> {
        let mut found = Endpoints {
            is_whole: self.invocation.is_whole && !self.has_unread_config,
            has_more: self.has_unread_config,
            ..Endpoints::default()
        };
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
}
