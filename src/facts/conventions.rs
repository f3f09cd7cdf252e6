//! What the options and variables of a program that is not described mean by convention. At most
//! [`Certainty::Likely`], but for the URL of a database, which only a client is given.

mod words;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::net::IpAddr;

use super::address::{self, Address, Host};
use super::command::arguments::Arguments;
use super::command::environment::Environment;
use super::command::{Invocation, Word};
use super::endpoints::{Bind, Dial, Listen};
use super::program::{Form, Options};
use super::proof::{Certainty, Proof};
use crate::kube::FastMap;
use words::{ADDRESSES, CLIENT_SCHEMES, FOR_OTHERS, FOR_PEOPLE, KINDS, LISTENS, NEITHER, OWN};

/// A named text: an option's value, or a variable's.
struct Named<'a, 'run> {
    /// In capitals, words joined by `_`.
    name: Cow<'a, str>,
    /// As it is written, without the dashes of an option.
    written: &'a str,
    is_option: bool,
    word: &'a Word<'run>,
}

impl Named<'_, '_> {
    /// As findings write it.
    fn shows(&self) -> String {
        format!("`{}{}`", if self.is_option { "--" } else { "" }, self.written)
    }
}

/// What the command line and the variables say by convention.
#[derive(Debug, Default)]
pub(super) struct Conventions<'run> {
    pub listens: Vec<Listen<'run>>,
    pub dials: Vec<Dial<'run>>,
}

/// Reads a program that is not described. Of a described one only variables count, since its options are known. `own`
/// is what the container is called, in lower case: the variables of a Redis named after Redis are about itself.
pub(super) fn read<'run>(
    invocations: &[&Invocation<'run>],
    environment: &Environment<'run>,
    listens_too: bool,
    own: &str,
) -> Conventions<'run> {
    let options = Options::default();
    let arguments: Vec<Arguments<'run>> =
        invocations.iter().map(|invocation| Arguments::of(invocation, &options, &|_| false)).collect();
    let of_options = arguments.iter().flat_map(Arguments::all).filter_map(|given| {
        let word = given.value.as_ref()?;
        Some(Named { name: in_capitals(given.name()), written: given.name(), is_option: true, word })
    });
    let of_variables =
        environment.all().map(|(name, word)| Named { name: in_capitals(name), written: name, is_option: false, word });
    let named: Vec<Named<'_, 'run>> = of_options.chain(of_variables).filter(|named| named.word.is_known).collect();
    let mut found = Conventions::default();
    let ports = OnceCell::new();
    let port_of = |prefix: &str| ports.get_or_init(|| ports_of(&named)).get(prefix).map(|at| &named[*at]);
    for one in &named {
        if !pair(one, &port_of, &mut found, listens_too, own) {
            whole(one, &mut found, listens_too, own);
        }
    }
    // URLs among the arguments of a program: nothing says what they are for.
    for word in arguments.iter().flat_map(|arguments| &arguments.positional).filter(|word| word.is_known) {
        if let Some((scheme, _)) = word.text.split_once("://")
            && CLIENT_SCHEMES.contains(&scheme)
        {
            let shows = "an argument";
            add_dials(word, shows, Certainty::Said, None, address::read(Form::Url, &word.text), &mut found);
        }
    }
    found
}

/// The first port by what is in front of `PORT` in its name.
fn ports_of<'a>(all: &'a [Named<'_, '_>]) -> FastMap<&'a str, usize> {
    let before = |one: &'a Named<'_, '_>| one.name.strip_suffix("PORT").map(|start| start.trim_end_matches('_'));
    all.iter().enumerate().rev().filter_map(|(at, one)| Some((before(one)?, at))).collect()
}

/// Pairs such as `DB_HOST` and `DB_PORT`, `--host` and `--port`. Whether this is the host of one.
fn pair<'a, 'run: 'a>(
    one: &Named<'_, 'run>,
    port_of: &dyn Fn(&str) -> Option<&'a Named<'a, 'run>>,
    found: &mut Conventions<'run>,
    listens_too: bool,
    own: &str,
) -> bool {
    const HOSTS: [&str; 8] = ["HOSTNAME", "HOST", "ADDRESS", "ADDR", "SERVER", "IP", "INTERFACE", "SERVICE"];
    let Some(prefix) = HOSTS.iter().find_map(|end| one.name.strip_suffix(end)) else { return false };
    let Some(host) = address::read(Form::Host, &one.word.text).pop() else { return false };
    if address::read(Form::Address, &one.word.text).first().is_some_and(|address| address.port.is_some()) {
        return false;
    }
    let prefix = prefix.trim_end_matches('_');
    let Some(port) = port_of(prefix) else { return false };
    let Ok(number) = port.word.text.trim().parse::<u16>() else { return false };
    let kind = kind_of(prefix).filter(|kind| !own.contains(kind));
    let own_server = kind_of(prefix).is_some() && kind.is_none();
    let listens =
        is_listening(&one.name) || own_server || (kind.is_none() && (prefix.is_empty() || OWN.contains(&prefix)));
    if listens {
        if listens_too {
            let proof = Proof::new(port.word.place, port.shows());
            // the JVM listens everywhere, and tells others this name
            let host = if prefix == "JMX" { &Host::Absent } else { &host.host };
            found.listens.push(listen(host, number, Certainty::Likely, proof));
        }
        return true;
    }
    if is_for_others(&one.name) || is_neither(&one.name, kind, None) {
        return true;
    }
    let certainty = if kind.is_some() { Certainty::Said } else { Certainty::Likely };
    let address = Address { port: Some(number), ..host };
    add_dials(port.word, &port.shows(), certainty, kind, vec![address], found);
    true
}

/// A name whose value is a whole address.
fn whole<'run>(one: &Named<'_, 'run>, found: &mut Conventions<'run>, listens_too: bool, own: &str) {
    let text = one.word.text.as_ref();
    // What a name ends with says what its value is: `POSTGRES_PASSWORD` and `REDIS_DB` are no addresses.
    let last = last_word(&one.name);
    let is_address = ADDRESSES.contains(&last) || last == "PGHOST";
    // a port takes digits or a scheme
    if !is_address && !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b':') {
        return;
    }
    let mut colons = memchr::memchr_iter(b':', text.as_bytes());
    let scheme = colons.find(|colon| text.as_bytes()[colon + 1..].starts_with(b"//")).map(|colon| &text[..colon]);
    // options beside each other hold URLs, and are none: `-Xmx1g -Da=https://…`
    let scheme = scheme.map(|scheme| scheme.trim_start_matches("jdbc:")).filter(|scheme| is_scheme(scheme));
    let is_client = scheme.is_some_and(|scheme| CLIENT_SCHEMES.contains(&scheme)) || text.starts_with("jdbc:");
    let kind = kind_of(&one.name).filter(|kind| !own.contains(kind));
    if is_for_others(&one.name) {
        return;
    }
    if is_client {
        let form = if text.starts_with("jdbc:") { Form::Text } else { Form::Url };
        add_dials(one.word, &one.shows(), Certainty::Said, kind, address::read(form, text), found);
        return;
    }
    // one that listens binds to an address of its own; the name of another host says where it connects to
    let is_name = |address: &Address| matches!(&address.host, Host::Name(name) if name.parse::<IpAddr>().is_err());
    let is_elsewhere = scheme.is_some() && matches!(one.name.as_ref(), "ADDR" | "ADDRESS") && {
        let read = address::read(Form::Url, text);
        !read.is_empty() && read.iter().all(is_name)
    };
    if is_elsewhere {
        add_dials(one.word, &one.shows(), Certainty::Likely, kind, address::read(Form::Url, text), found);
        return;
    }
    if is_listening(&one.name)
        || matches!(
            one.name.as_ref(),
            "ADDR"
                | "ADDRESS"
                | "HTTP"
                | "HTTP_ADDR"
                | "PORT"
                | "HTTP_PORT"
                | "SERVER_PORT"
                | "P"
                | "METRICS_PORT"
                | "ADMIN_PORT"
                | "HEALTH_PORT"
                | "GRPC_PORT"
                | "ASPNETCORE_URLS"
                | "ASPNETCORE_HTTP_PORTS"
                | "DOTNET_URLS"
        )
    {
        if listens_too && scheme.is_none_or(|scheme| matches!(scheme, "http" | "https" | "tcp")) {
            for address in address::read(Form::Address, text) {
                let Some(port) = address.port.filter(|port| *port != 0) else { continue };
                let proof = Proof::new(one.word.place, one.shows());
                found.listens.push(listen(&address.host, port, Certainty::Likely, proof));
            }
        }
        return;
    }
    // nearly all that is left
    let is_no_address = kind.is_none() && scheme.is_none() && !is_address;
    if is_no_address || is_neither(&one.name, kind, Some(text)) {
        return;
    }
    let has_port = |text: &str| {
        address::read(Form::Address, text).iter().any(|one| one.port.is_some() && one.host != Host::Absent)
    };
    let certainty = match kind {
        // `DATABASE_URL`, `REDIS_ADDR`
        Some(_) if is_address || (last == one.name && has_port(text)) => Certainty::Said,
        _ if scheme.is_some() => Certainty::Likely,
        _ if is_address && text.split(',').all(|part| has_port(part.trim())) => Certainty::Likely,
        _ => return,
    };
    let form = if scheme.is_some() { Form::Url } else { Form::Address };
    let addresses = match text.contains(',') {
        true => text.split(',').flat_map(|part| address::read(form, part.trim())).collect(),
        false if kind.is_some() && scheme.is_none() && text.contains(['@', ';', ' ']) => {
            address::read(Form::Text, text)
        }
        false => address::read(form, text),
    };
    add_dials(one.word, &one.shows(), certainty, kind, addresses, found);
}

fn add_dials<'run>(
    word: &Word<'run>,
    shows: &str,
    certainty: Certainty,
    kind: Option<&str>,
    addresses: Vec<Address>,
    found: &mut Conventions<'run>,
) {
    for address in addresses {
        let (host, is_loopback) = match address.host {
            Host::Loopback => ("localhost".to_owned(), true),
            Host::Name(name) => (name, false),
            _ => continue,
        };
        found.dials.push(Dial {
            host,
            is_loopback,
            port: address.port,
            speaks: kind.map(str::to_owned).or(address.scheme),
            path: address.path,
            is_asked: false,
            is_needed: true,
            certainty,
            proof: Proof::new(word.place, shows),
        });
    }
}

fn listen<'run>(host: &Host, port: u16, certainty: Certainty, proof: Proof<'run>) -> Listen<'run> {
    let bind = match host {
        Host::Absent | Host::Any => Bind::All,
        Host::Loopback => Bind::Loopback,
        Host::Name(name) => Bind::Named(name.clone()),
        Host::Unknown => Bind::Unknown,
    };
    Listen { bind, port, udp: false, speaks: None, certainty, proof }
}

fn is_listening(name: &str) -> bool {
    // from each word of the name on
    let name_at = |at: usize| &name.as_bytes()[at..];
    let begins = |rest: &[u8], word: &str| {
        rest.first() == word.as_bytes().first()
            && rest.strip_prefix(word.as_bytes()).is_some_and(|after| matches!(after.first(), None | Some(b'_')))
    };
    let mut rests = std::iter::once(0).chain(memchr::memchr_iter(b'_', name.as_bytes()).map(|at| at + 1)).map(name_at);
    rests.any(|rest| LISTENS.iter().any(|word| begins(rest, word)))
        || name == "LISTENADDRESS"
        || name.ends_with("BIND_ADDRESS")
}

/// Whether an address of this name, which is not plainly for others, is not one to connect to. One that names a kind of
/// server mostly is.
fn is_neither(name: &str, kind: Option<&str>, text: Option<&str>) -> bool {
    let is_for_people = || is_for_people(name) && text.is_some_and(may_be_page);
    kind.is_none() && (words(name).any(|word| NEITHER.iter().any(|one| one.as_bytes() == word)) || is_for_people())
}

/// The words of a name in capitals.
fn words(name: &str) -> impl Iterator<Item = &[u8]> {
    name.as_bytes().split(|byte| *byte == b'_')
}

/// The last of them.
fn last_word(name: &str) -> &str {
    memchr::memrchr(b'_', name.as_bytes()).map_or(name, |before| &name[before + 1..])
}

/// Whether a text may be the URL of a page: of a host on the internet, at its usual port.
fn may_be_page(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_inside = host.split('.').any(|label| label == "svc") || host.starts_with("127.");
    host.contains('.') && !host.contains(':') && !is_inside
}

fn is_for_people(name: &str) -> bool {
    let mut words = name.rsplit('_');
    let last = words.next().filter(|last| !matches!(*last, "URL" | "URI" | "URLS"));
    last.or_else(|| words.next()).is_some_and(|word| FOR_PEOPLE.contains(&word))
}

/// Whether a text can be the scheme of a URL (RFC 3986), and not what precedes a URL.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

fn is_for_others(name: &str) -> bool {
    words(name).any(|word| FOR_OTHERS.iter().any(|one| one.as_bytes() == word))
}

/// What kind of server a variable is named after.
fn kind_of(name: &str) -> Option<&'static str> {
    let find = |word: &[u8]| KINDS.iter().find(|(kind, _)| kind.as_bytes() == word).map(|(_, speaks)| *speaks);
    // `PGHOST`
    words(name).find_map(find).or_else(|| (name == "PG" || name.starts_with("PGHOST")).then_some("postgres"))
}

/// `--httpAddr` and `http-addr` as `HTTP_ADDR`.
fn in_capitals(name: &str) -> Cow<'_, str> {
    let bytes = name.as_bytes();
    let is_capital = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let is_split = |pair: &[u8]| pair[0].is_ascii_digit() && pair[1].is_ascii_uppercase();
    if bytes.iter().all(is_capital) && !bytes.windows(2).any(is_split) {
        return Cow::Borrowed(name);
    }
    let mut capitals = String::with_capacity(name.len() + 4);
    let mut before_is_lower = false;
    for sign in name.chars() {
        if matches!(sign, '-' | '.' | '_') {
            capitals.push('_');
            before_is_lower = false;
            continue;
        }
        if sign.is_ascii_uppercase() && before_is_lower {
            capitals.push('_');
        }
        before_is_lower = sign.is_ascii_lowercase() || sign.is_ascii_digit();
        capitals.push(sign.to_ascii_uppercase());
    }
    Cow::Owned(capitals)
}
